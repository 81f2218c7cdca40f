/* SPDX-License-Identifier: BSD-2-Clause */
/* arch.c - aarch64: a guest at EL1 below EL2 (Arm ARM, DDI 0487: D1 exceptions, D8 stage 2). */
#include "../arch.h"

#define HCR_VM ((uint64_t)1 << 0)   /* the second stage translates */
#define HCR_FMO ((uint64_t)1 << 3)  /* interrupts come here, */
#define HCR_IMO ((uint64_t)1 << 4)
#define HCR_AMO ((uint64_t)1 << 5)
#define HCR_DC ((uint64_t)1 << 12)  /* there is no first stage, and memory is cached */
#define HCR_TSC ((uint64_t)1 << 19) /* and calls of the firmware */
#define HCR_RW ((uint64_t)1 << 31)  /* EL1 is AArch64 */

/* ESR_EL2, D17: the class of an exception, and of aborts whether a store did it. */
#define ESR_CLASS(esr) ((esr) >> 26 & 0x3f)
#define CLASS_HVC 0x16
#define CLASS_FETCH 0x20 /* of a lower level; of the same one it is one more */
#define CLASS_DATA 0x24
#define ESR_IL ((uint64_t)1 << 25)
#define ESR_STORE ((uint64_t)1 << 6)
#define ESR_EXTERNAL 0x10 /* memory answered with an error */

/* SPSR, of which EL1 with its own stack and no interrupts is where handlers begin. */
#define SPSR_MODE(spsr) ((spsr) & 0x1f)
#define SPSR_EL0 0
#define SPSR_EL1T 4
#define SPSR_EL1H 5
#define SPSR_MASKED 0x3c0

/* VTCR_EL2: T0SZ; SL0, a walk begins at level 1, in two tables side by side; walks are
 * cached; 40 bits of output. */
#define BITS 40
#define VTCR ((64 - BITS) | 1u << 6 | 1u << 8 | 1u << 10 | 3u << 12 | 2u << 16 | 1u << 31)

#define FORGET_PAGES 512 /* more than that are forgotten by forgetting all */

#define WRITE(name, value) __asm__ volatile("msr " #name ", %0" ::"r"((uint64_t)(value)) : "memory")
#define READ(name, value) __asm__ volatile("mrs %0, " #name : "=r"(value)::"memory")

uint64_t arch_enter(struct arch_vcpu *vcpu);

static uint64_t vttbr(struct gm_paddr root, unsigned id)
{
	return root.value | (uint64_t)id << 48;
}

void arch_format(struct gm_pte_format *format)
{
	format->kind = GM_PTE_AARCH64_STAGE2;
	format->input_bits = BITS;
	format->output_bits = BITS;
}

void arch_begin(struct gm_paddr root, unsigned id)
{
	WRITE(vtcr_el2, VTCR);
	WRITE(vttbr_el2, vttbr(root, id));
	WRITE(sctlr_el1, 0x30d00800); /* the bits that are one */
	WRITE(vbar_el1, 0);
	WRITE(hcr_el2, HCR_VM | HCR_FMO | HCR_IMO | HCR_AMO | HCR_DC | HCR_TSC | HCR_RW);
	__asm__ volatile("isb" ::: "memory");
}

void arch_end(void)
{
	WRITE(hcr_el2, HCR_RW);
	__asm__ volatile("isb" ::: "memory");
}

void arch_start(struct arch_vcpu *vcpu, uint64_t pc, uint64_t argument)
{
	vcpu->registers[0] = argument;
	vcpu->pc = pc;
	vcpu->status = SPSR_MASKED | SPSR_EL1H;
}

void arch_run(struct arch_vcpu *vcpu, struct arch_exit *exit)
{
	uint64_t reason, esr;
	unsigned i;

	reason = arch_enter(vcpu);
	READ(esr_el2, esr);
	exit->reason = ARCH_OTHER;
	exit->what = reason << 32 | esr;
	if (reason == 0 && ESR_CLASS(esr) == CLASS_HVC) {
		exit->reason = ARCH_CALL;
		for (i = 0; i < 4; i++)
			exit->arguments[i] = vcpu->registers[i];
	} else if (reason == 0 &&
		   (ESR_CLASS(esr) == CLASS_FETCH || ESR_CLASS(esr) == CLASS_DATA)) {
		exit->reason = ARCH_FAULT;
		exit->prot = ESR_CLASS(esr) == CLASS_FETCH ? GM_PROT_EXEC :
			     (esr & ESR_STORE) != 0 ? GM_PROT_WRITE : GM_PROT_READ;
		READ(far_el2, exit->address); /* there is no first stage: a physical one */
	}
}

void arch_answer(struct arch_vcpu *vcpu, int64_t value)
{
	vcpu->registers[0] = (uint64_t)value; /* ELR is behind the HVC already */
}

/* D1.3.1: where the vector is, by the level that the exception comes from. */
static uint64_t vector(uint64_t mode)
{
	if (mode == SPSR_EL1H)
		return 0x200;
	if (mode == SPSR_EL1T)
		return 0;
	return mode == SPSR_EL0 ? 0x400 : 0x600; /* 0x600: EL0 in AArch32 */
}

void arch_tell(struct arch_vcpu *vcpu, const struct arch_exit *exit)
{
	uint64_t mode = SPSR_MODE(vcpu->status), base;
	uint64_t same = mode == SPSR_EL1H || mode == SPSR_EL1T;
	uint64_t class = (exit->prot == GM_PROT_EXEC ? CLASS_FETCH : CLASS_DATA) + same;
	uint64_t store = exit->prot == GM_PROT_WRITE ? ESR_STORE : 0;

	READ(vbar_el1, base);
	WRITE(elr_el1, vcpu->pc);
	WRITE(spsr_el1, vcpu->status);
	WRITE(far_el1, exit->address);
	WRITE(esr_el1, class << 26 | ESR_IL | store | ESR_EXTERNAL);
	vcpu->pc = base + vector(mode);
	vcpu->status = SPSR_MASKED | SPSR_EL1H;
}

/* To the point of unification by the shortest lines that there are, then all processors'
 * instruction caches. */
void arch_publish_code(const void *from, uint64_t bytes)
{
	uint64_t line = (uintptr_t)from & ~(uint64_t)15;

	for (; line < (uintptr_t)from + bytes; line += 16)
		__asm__ volatile("dc cvau, %0" ::"r"(line) : "memory");
	__asm__ volatile("dsb ish\n\tic ialluis\n\tdsb ish\n\tisb" ::: "memory");
}

void arch_publish(void)
{
	__asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}

/* D8.14: the second stage's entries by address, then all that was made of them together
 * with a first stage; or everything at once. The instructions are about the guest whose
 * VMID is loaded, and reach all processors. */
void arch_forget(struct gm_paddr root, unsigned id, uint64_t address, uint64_t bytes)
{
	uint64_t own, page, nr = bytes >> 12;

	READ(vttbr_el2, own);
	WRITE(vttbr_el2, vttbr(root, id));
	__asm__ volatile("dsb ishst\n\tisb" ::: "memory");
	if (nr > FORGET_PAGES) {
		__asm__ volatile("tlbi vmalls12e1is\n\tdsb ish" ::: "memory");
	} else {
		for (page = address >> 12; nr > 0; page++, nr--)
			__asm__ volatile("tlbi ipas2e1is, %0" ::"r"(page) : "memory");
		__asm__ volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish" ::: "memory");
	}
	WRITE(vttbr_el2, own);
	__asm__ volatile("isb" ::: "memory");
}
