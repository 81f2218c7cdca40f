/* SPDX-License-Identifier: BSD-2-Clause */
/* arch.c - riscv64: a guest in VS mode below HS mode (RISC-V privileged architecture,
 * chapter "H" extension), Sv39x4. */
#include "../arch.h"

#include "machine.h"
#include "support.h"

#define HSTATUS_SPV ((uint64_t)1 << 7)     /* sret goes to a guest, */
#define HSTATUS_SPVP ((uint64_t)1 << 8)    /* to its supervisor mode, */
#define HSTATUS_VSXL_64 ((uint64_t)2 << 32) /* of 64 bits */
#define HGATP_SV39X4 ((uint64_t)8 << 60)

#define STATUS_SIE ((uint64_t)1 << 1)
#define STATUS_SPIE ((uint64_t)1 << 5)
#define STATUS_SPP ((uint64_t)1 << 8)

/* scause, of HS and of VS mode. */
#define CAUSE_FETCH_ACCESS 1
#define CAUSE_LOAD_ACCESS 5
#define CAUSE_STORE_ACCESS 7
#define CAUSE_GUEST_CALL 10
#define CAUSE_GUEST_FETCH 20
#define CAUSE_GUEST_LOAD 21
#define CAUSE_GUEST_STORE 23

#define SBI_RFENCE 0x52464e43 /* "RFNC" */
#define RFENCE_GUESTS 4       /* remote_hfence_gvma: second stages of all guests */

/* By number, since not every assembler knows the names. */
#define VSSTATUS "0x200"
#define VSTVEC "0x205"
#define VSEPC "0x241"
#define VSCAUSE "0x242"
#define VSTVAL "0x243"
#define VSATP "0x280"
#define HSTATUS "0x600"
#define HEDELEG "0x602"
#define HIDELEG "0x603"
#define HCOUNTEREN "0x606"
#define HTVAL "0x643"
#define HGATP "0x680"

#define WRITE(csr, value) __asm__ volatile("csrw " csr ", %0" ::"r"((uint64_t)(value)) : "memory")
#define READ(csr, value) __asm__ volatile("csrr %0, " csr : "=r"(value)::"memory")

uint64_t arch_enter(struct arch_vcpu *vcpu);

void arch_format(struct gm_pte_format *format)
{
	format->kind = GM_PTE_RISCV64_STAGE2;
	format->input_bits = 41;
}

void arch_begin(struct gm_paddr root, unsigned id)
{
	WRITE(HGATP, HGATP_SV39X4 | (uint64_t)id << 44 | root.value >> 12);
	arch_publish();
	WRITE(HEDELEG, 0); /* all exceptions of a guest come here */
	WRITE(HIDELEG, 0);
	WRITE(HCOUNTEREN, 0);
	WRITE(VSATP, 0);
	WRITE(VSTVEC, 0);
	WRITE(VSSTATUS, 0);
}

void arch_end(void)
{
	WRITE(HGATP, 0);
	arch_publish();
}

void arch_start(struct arch_vcpu *vcpu, uint64_t pc, uint64_t argument)
{
	vcpu->registers[10] = argument;
	vcpu->pc = pc;
	vcpu->status = STATUS_SPP;
}

void arch_run(struct arch_vcpu *vcpu, struct arch_exit *exit)
{
	uint64_t cause, low;
	unsigned i;

	WRITE(HSTATUS, HSTATUS_VSXL_64 | HSTATUS_SPVP | HSTATUS_SPV);
	cause = arch_enter(vcpu);
	exit->reason = ARCH_OTHER;
	exit->what = cause;
	if (cause == CAUSE_GUEST_CALL) {
		exit->reason = ARCH_CALL;
		for (i = 0; i < 4; i++)
			exit->arguments[i] = vcpu->registers[10 + i];
		vcpu->pc += 4;
	} else if (cause == CAUSE_GUEST_FETCH || cause == CAUSE_GUEST_LOAD ||
		   cause == CAUSE_GUEST_STORE) {
		exit->reason = ARCH_FAULT;
		exit->prot = cause == CAUSE_GUEST_FETCH ? GM_PROT_EXEC :
			     cause == CAUSE_GUEST_STORE ? GM_PROT_WRITE : GM_PROT_READ;
		/* htval has all bits but the two lowest, which are those of stval. */
		READ(HTVAL, exit->address);
		READ("stval", low);
		exit->address = exit->address << 2 | (low & 3);
	}
}

void arch_answer(struct arch_vcpu *vcpu, int64_t value)
{
	vcpu->registers[10] = (uint64_t)value;
}

/* As hardware takes an exception to VS mode: where from, whether with interrupts, why. */
void arch_tell(struct arch_vcpu *vcpu, const struct arch_exit *exit)
{
	uint64_t status, vector;

	READ(VSSTATUS, status);
	READ(VSTVEC, vector);
	status &= ~(STATUS_SPP | STATUS_SPIE);
	status |= vcpu->status & STATUS_SPP;
	if ((status & STATUS_SIE) != 0)
		status |= STATUS_SPIE;
	WRITE(VSSTATUS, status & ~STATUS_SIE);
	WRITE(VSEPC, vcpu->pc);
	WRITE(VSCAUSE, exit->prot == GM_PROT_EXEC ? CAUSE_FETCH_ACCESS :
		       exit->prot == GM_PROT_WRITE ? CAUSE_STORE_ACCESS : CAUSE_LOAD_ACCESS);
	WRITE(VSTVAL, exit->address);
	vcpu->pc = vector & ~(uint64_t)3;
	vcpu->status |= STATUS_SPP;
}

void arch_publish_code(const void *from, uint64_t bytes)
{
	(void)from, (void)bytes;
	__asm__ volatile("fence.i" ::: "memory"); /* the guest runs on this hart */
}

/* hfence.gvma: this hart may have cached that nothing was there. */
void arch_publish(void)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" ::: "memory");
}

/* The firmware interrupts the other harts. The mask's base of -1 stands for all. */
void arch_forget(struct gm_paddr root, unsigned id, uint64_t address, uint64_t bytes)
{
	(void)root, (void)id;
	if (machine_sbi(SBI_RFENCE, RFENCE_GUESTS, 0, ~(uint64_t)0, address, bytes) != 0)
		fatal("the firmware has no remote fences");
}
