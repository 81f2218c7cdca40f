/* SPDX-License-Identifier: BSD-2-Clause */
/* riscv64.c - a guest in VS mode below a hypervisor in HS mode (RISC-V privileged
 * architecture, "H" extension), Sv39x4. */
#include "arch.h"

#define HSTATUS_SPVP ((uint64_t)1 << 8)
#define HSTATUS_SPV ((uint64_t)1 << 7)
#define HSTATUS_VSXL_64 ((uint64_t)2 << 32)
#define HSTATUS_VTW ((uint64_t)1 << 21) /* waiting for interrupts comes here */
#define SSTATUS_SPP ((uint64_t)1 << 8)
#define HGATP_SV39X4 ((uint64_t)8 << 60)

#define CAUSE_VS_CALL 10
#define CAUSE_GUEST_FETCH 20
#define CAUSE_GUEST_LOAD 21
#define CAUSE_GUEST_STORE 23

#define SBI_RFENCE 0x52464e43
#define SBI_RFENCE_HFENCE_GVMA_VMID 3

/* By number, since not every assembler knows the names of the H extension. */
#define CSR_HSTATUS "0x600"
#define CSR_HEDELEG "0x602"
#define CSR_HIDELEG "0x603"
#define CSR_HCOUNTEREN "0x606"
#define CSR_HTVAL "0x643"
#define CSR_HGATP "0x680"
#define CSR_VSATP "0x280"

#define WRITE(csr, value) __asm__ volatile("csrw " csr ", %0" ::"r"((uint64_t)(value)) : "memory")
#define READ(csr)                                                      \
	__extension__({                                                \
		uint64_t value_;                                       \
		__asm__ volatile("csrr %0, " csr : "=r"(value_)::"memory"); \
		value_;                                                \
	})

uint64_t arch_enter(struct arch_vcpu *vcpu);

void arch_init(void)
{
	WRITE(CSR_HEDELEG, 0); /* everything that the guest does wrong comes here */
	WRITE(CSR_HIDELEG, 0);
	WRITE(CSR_HCOUNTEREN, 0);
	WRITE(CSR_VSATP, 0);
	WRITE("sie", 0);
}

void arch_format(struct gm_pte_format *format)
{
	format->kind = GM_PTE_RISCV64_STAGE2;
	format->granule_shift = 12;
	format->input_bits = 41;
}

void arch_start(struct arch_vcpu *vcpu, uint64_t pc, uint64_t argument)
{
	vcpu->registers[10] = argument;
	vcpu->pc = pc;
	vcpu->status = SSTATUS_SPP;
}

static void forget_own(void)
{
	/* hfence.gvma zero, zero */
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" ::: "memory");
}

void arch_run(struct arch_vcpu *vcpu, struct gm_paddr root, unsigned id, struct arch_exit *exit)
{
	uint64_t table = HGATP_SV39X4 | (uint64_t)id << 44 | root.value >> 12;
	uint64_t cause;
	unsigned i;

	if (READ(CSR_HGATP) != table) {
		WRITE(CSR_HGATP, table);
		forget_own();
	}
	WRITE(CSR_HSTATUS, HSTATUS_VSXL_64 | HSTATUS_VTW | HSTATUS_SPVP | HSTATUS_SPV);
	cause = arch_enter(vcpu);
	exit->reason = ARCH_OTHER;
	exit->what = cause;
	if (cause == CAUSE_VS_CALL) {
		exit->reason = ARCH_CALL;
		exit->arguments[0] = vcpu->registers[17];
		for (i = 1; i < 4; i++)
			exit->arguments[i] = vcpu->registers[9 + i];
		vcpu->pc += 4;
	} else if (cause == CAUSE_GUEST_FETCH || cause == CAUSE_GUEST_LOAD ||
		   cause == CAUSE_GUEST_STORE) {
		exit->reason = ARCH_FAULT;
		exit->address = READ(CSR_HTVAL) << 2 | (READ("stval") & 3);
		exit->is_write = cause == CAUSE_GUEST_STORE;
	}
}

void arch_answer(struct arch_vcpu *vcpu, uint64_t value)
{
	vcpu->registers[10] = value;
}

/* The firmware interrupts the other processors (RISC-V SBI, chapter RFENCE). */
void arch_forget(struct gm_paddr root, unsigned id, uint64_t address, uint64_t bytes)
{
	register uint64_t a0 __asm__("a0") = 0;
	register uint64_t a1 __asm__("a1") = ~(uint64_t)0; /* all of them */
	register uint64_t a2 __asm__("a2") = address;
	register uint64_t a3 __asm__("a3") = bytes;
	register uint64_t a4 __asm__("a4") = id;
	register uint64_t a6 __asm__("a6") = SBI_RFENCE_HFENCE_GVMA_VMID;
	register uint64_t a7 __asm__("a7") = SBI_RFENCE;

	(void)root;
	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
			 : "memory");
}
