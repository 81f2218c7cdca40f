/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch.h - what the hypervisor needs of an architecture: run a guest until it wants
 * something, and forget what the processor remembers of its memory.
 *
 * aarch64: EL2 and stage 2. riscv64: HS mode and the second stage of Sv39x4.
 */
#ifndef HYPERVISOR_ARCH_H
#define HYPERVISOR_ARCH_H

#include <granmem/pte.h>

/* Registers of a guest that does not run; offsets are known to enter.S. */
struct arch_vcpu {
	uint64_t registers[32]; /* x0 .. x30, or x1 .. x31 at their numbers */
	uint64_t pc;
	uint64_t status; /* SPSR_EL2, or sstatus */
	uint64_t host[16]; /* the hypervisor's own, while the guest runs */
};

enum arch_reason {
	ARCH_CALL,  /* a hypercall: number and arguments */
	ARCH_FAULT, /* an access that the second stage does not allow: address, is_write */
	ARCH_OTHER, /* anything else: what */
};

struct arch_exit {
	enum arch_reason reason;
	uint64_t arguments[4]; /* [0]: the number of the call */
	uint64_t address;      /* the guest's physical address, as the guest gave it */
	int is_write;
	uint64_t what; /* the processor's own word for it */
};

/* arch_init - this processor is ready to run guests. Each calls it once. */
void arch_init(void);

/* arch_format - the format of second-stage tables, and how wide a guest's addresses are. */
void arch_format(struct gm_pte_format *format);

/* arch_start - a guest that has not run: it begins at pc, with `argument`. */
void arch_start(struct arch_vcpu *vcpu, uint64_t pc, uint64_t argument);

/* arch_run - the guest `id` runs on this processor, on the table at root, until it exits. */
void arch_run(struct arch_vcpu *vcpu, struct gm_paddr root, unsigned id, struct arch_exit *exit);

/* arch_answer - what the hypercall that the guest has just made returns. */
void arch_answer(struct arch_vcpu *vcpu, uint64_t value);

/* arch_forget - no processor knows any translation of guest `id`'s [address, address +
 * bytes) any more when it returns. */
void arch_forget(struct gm_paddr root, unsigned id, uint64_t address, uint64_t bytes);

#endif
