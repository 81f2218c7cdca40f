/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch.h - all that differs between the architectures: run a guest until it wants
 * something, tell it of a fault, forget what processors remember of its memory.
 *
 *   aarch64   EL2 above EL1; stage 2 with addresses of 40 bits
 *   riscv64   HS mode above VS mode; Sv39x4
 *
 * A guest stays on the processor that it began on, so what it does to registers of its
 * own level that are not in struct arch_vcpu concerns nobody else.
 */
#ifndef HYPERVISOR_ARCH_H
#define HYPERVISOR_ARCH_H

#include <granmem/pte.h>

/* A guest that is not running. enter.S knows the offsets. */
struct arch_vcpu {
	uint64_t registers[32]; /* x0 .. x30; or x1 .. x31, each at its number */
	uint64_t pc;
	uint64_t status;   /* SPSR_EL2; sstatus */
	uint64_t host[16]; /* the hypervisor's, while the guest runs */
};

enum arch_reason {
	ARCH_CALL,  /* a hypercall: arguments */
	ARCH_FAULT, /* what the second stage does not allow: address, prot */
	ARCH_OTHER, /* anything else: what */
};

struct arch_exit {
	enum arch_reason reason;
	uint64_t arguments[4]; /* [0] is the number of the call */
	uint64_t address;      /* the guest's physical one */
	uint32_t prot;         /* what the access needs: GM_PROT_READ, _WRITE or _EXEC */
	uint64_t what;         /* the processor's own word for it */
};

/* The format of a guest's tables. */
void arch_format(struct gm_pte_format *format);

/* This processor is for guest `id`, whose tables are at root, */
void arch_begin(struct gm_paddr root, unsigned id);

/* and is no more, and looks at no guest's tables. */
void arch_end(void);

/* A guest that has not run begins at pc, with an argument. */
void arch_start(struct arch_vcpu *vcpu, uint64_t pc, uint64_t argument);

/* The processor's guest runs until it comes out. */
void arch_run(struct arch_vcpu *vcpu, struct arch_exit *exit);

/* What the hypercall returns that the guest has come out with. */
void arch_answer(struct arch_vcpu *vcpu, int64_t value);

/* The access that the guest has come out with failed: it goes on in its own handler of
 * exceptions, as if its memory had answered with an error. */
void arch_tell(struct arch_vcpu *vcpu, const struct arch_exit *exit);

/* What was written to memory at `from` can be executed by this processor's guest. */
void arch_publish_code(const void *from, uint64_t bytes);

/* Entries that became present are seen by this processor's guest. */
void arch_publish(void);

/* When it returns no processor knows a translation of guest `id`'s [address, address +
 * bytes) from before. */
void arch_forget(struct gm_paddr root, unsigned id, uint64_t address, uint64_t bytes);

#endif
