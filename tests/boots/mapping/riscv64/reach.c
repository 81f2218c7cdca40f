/* SPDX-License-Identifier: BSD-2-Clause */
/* reach.c - riscv64: Sv39 in S mode; in HS mode Sv39x4, as a guest without a first stage. */
#include "../reach.h"

#define HGATP_SV39X4 ((uint64_t)8 << 60)
#define HSTATUS_SPVP 0x100 /* HLV and HSV act as the guest's supervisor */

int guest_read(uint64_t address, uint64_t *value);
int guest_write(uint64_t address, uint64_t value);
extern const char guest_failed[];

struct fault reach_fault;
static int is_guest;

static int hook(struct fault *fault)
{
	reach_fault = *fault;
	if ((fault->flags & FAULT_GUEST) == 0)
		return 0;
	fault->pc = (uintptr_t)guest_failed;
	return 1;
}

int reach_format(unsigned n, struct gm_pte_format *format, const char **name)
{
	if (n > 0)
		return -1;
	support_fault_hook = hook;
	is_guest = machine.name[7] == '-'; /* riscv64-hs */
	format->kind = is_guest ? GM_PTE_RISCV64_STAGE2 : GM_PTE_RISCV64;
	format->input_bits = is_guest ? 41 : 39;
	*name = is_guest ? "Sv39x4, 4 KiB" : "Sv39, 4 KiB";
	return 0;
}

void reach_start(const struct gm_pte_format *format, uint64_t root)
{
	if (!is_guest) {
		paging_start(root, format->granule_shift);
		return;
	}
	__asm__ volatile("csrs 0x600, %0" : : "r"((uint64_t)HSTATUS_SPVP)); /* hstatus */
	__asm__ volatile("csrw 0x280, zero");                               /* vsatp */
	__asm__ volatile("csrw 0x680, %0" : : "r"(HGATP_SV39X4 | root >> 12) : "memory");
	reach_flush();
}

/* hfence.gvma, or sfence.vma: what was cached of all guests, or of this hart. */
void reach_flush(void)
{
	if (is_guest)
		__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory");
	else
		paging_flush();
}

/* Svadu is in no register that may be read here. */
int reach_sets(void)
{
	return -1;
}

int reach_read(uint64_t address, uint64_t *value)
{
	if (is_guest)
		return guest_read(address, value);
	return probe_read((const volatile uint64_t *)(uintptr_t)address, value);
}

int reach_write(uint64_t address, uint64_t value)
{
	if (is_guest)
		return guest_write(address, value);
	return probe_write((volatile uint64_t *)(uintptr_t)address, value);
}
