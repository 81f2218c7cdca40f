/* SPDX-License-Identifier: BSD-2-Clause */
/* aarch64.c - a guest at EL1 below a hypervisor at EL2 (Arm ARM: D8 stage 2, D1 traps). */
#include "arch.h"

#define HCR_VM ((uint64_t)1 << 0)    /* the second stage is on */
#define HCR_SWIO ((uint64_t)1 << 1)  /* set and way operations are harmless */
#define HCR_FMO ((uint64_t)1 << 3)   /* interrupts come here */
#define HCR_IMO ((uint64_t)1 << 4)
#define HCR_AMO ((uint64_t)1 << 5)
#define HCR_TWI ((uint64_t)1 << 13)  /* waiting for interrupts comes here */
#define HCR_TSC ((uint64_t)1 << 19)  /* calls to firmware, too */
#define HCR_RW ((uint64_t)1 << 31)   /* the guest is AArch64 */

#define ESR_CLASS(esr) ((esr) >> 26 & 0x3f)
#define CLASS_HVC 0x16
#define CLASS_INSTRUCTION 0x20 /* an abort of a lower level */
#define CLASS_DATA 0x24
#define ESR_WRITE ((uint64_t)1 << 6)

#define SPSR_EL1H_MASKED 0x3c5 /* EL1 with its own stack, all interrupts masked */

/* 40 bits of addresses, tables of 4 KiB, from level 1 with two tables side by side. */
#define INPUT_BITS 40
#define VTCR                                                                                   \
	((uint64_t)(64 - INPUT_BITS) | 1u << 6 /* SL0: level 1 */ | 1u << 8 | 1u << 10 /* WB */ \
	 | 3u << 12 /* inner shareable */ | 2u << 16 /* 40 bits of output */ | 1u << 31)

#define WRITE(name, value) __asm__ volatile("msr " #name ", %0" ::"r"((uint64_t)(value)) : "memory")
#define READ(name)                                                        \
	__extension__({                                                   \
		uint64_t value_;                                          \
		__asm__ volatile("mrs %0, " #name : "=r"(value_)::"memory"); \
		value_;                                                   \
	})

uint64_t arch_enter(struct arch_vcpu *vcpu);

void arch_init(void)
{
	WRITE(hcr_el2, HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_TWI | HCR_TSC | HCR_RW);
	WRITE(vtcr_el2, VTCR);
	WRITE(sctlr_el1, 0x30d00800); /* the bits that are one, and no first stage */
	WRITE(cptr_el2, 0x33ff);      /* traps nothing but what there may not be */
	__asm__ volatile("isb" ::: "memory");
}

void arch_format(struct gm_pte_format *format)
{
	format->kind = GM_PTE_AARCH64_STAGE2;
	format->granule_shift = 12;
	format->input_bits = INPUT_BITS;
	format->output_bits = 40;
}

void arch_start(struct arch_vcpu *vcpu, uint64_t pc, uint64_t argument)
{
	vcpu->registers[0] = argument;
	vcpu->pc = pc;
	vcpu->status = SPSR_EL1H_MASKED;
}

/* HPFAR_EL2 has the page, FAR_EL2 what is inside it: without a first stage the guest's
 * virtual addresses are its physical ones. */
static uint64_t fault_address(void)
{
	return (READ(hpfar_el2) & ~(uint64_t)0xf) << 8 | (READ(far_el2) & 0xfff);
}

void arch_run(struct arch_vcpu *vcpu, struct gm_paddr root, unsigned id, struct arch_exit *exit)
{
	uint64_t reason, esr;
	unsigned i;

	WRITE(vttbr_el2, root.value | (uint64_t)id << 48);
	__asm__ volatile("isb" ::: "memory");
	reason = arch_enter(vcpu);
	esr = READ(esr_el2);
	exit->reason = ARCH_OTHER;
	exit->what = reason << 56 | esr;
	if (reason == 0 && ESR_CLASS(esr) == CLASS_HVC) {
		exit->reason = ARCH_CALL;
		for (i = 0; i < 4; i++)
			exit->arguments[i] = vcpu->registers[i];
	} else if (reason == 0 &&
		   (ESR_CLASS(esr) == CLASS_DATA || ESR_CLASS(esr) == CLASS_INSTRUCTION)) {
		exit->reason = ARCH_FAULT;
		exit->address = fault_address();
		exit->is_write = ESR_CLASS(esr) == CLASS_DATA && (esr & ESR_WRITE) != 0;
	}
}

void arch_answer(struct arch_vcpu *vcpu, uint64_t value)
{
	vcpu->registers[0] = value; /* ELR is behind the HVC already */
}

/* Stage-2 entries by address, then what stage 1 made of them (D8.14). The instructions
 * work on the current VMID, so the guest's is loaded for the time. */
void arch_forget(struct gm_paddr root, unsigned id, uint64_t address, uint64_t bytes)
{
	uint64_t own = READ(vttbr_el2);
	uint64_t page;

	WRITE(vttbr_el2, root.value | (uint64_t)id << 48);
	__asm__ volatile("isb\n\tdsb ishst" ::: "memory");
	for (page = address >> 12; page <= (address + bytes - 1) >> 12; page++)
		__asm__ volatile("tlbi ipas2e1is, %0" ::"r"(page) : "memory");
	__asm__ volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	WRITE(vttbr_el2, own);
	__asm__ volatile("isb" ::: "memory");
}
