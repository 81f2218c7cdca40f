/* SPDX-License-Identifier: BSD-2-Clause */
/* reach.c - x86-64: this CPU's own tables. */
#include "../reach.h"

struct fault reach_fault;

static int hook(struct fault *fault)
{
	reach_fault = *fault;
	return 0;
}

int reach_format(unsigned n, struct gm_pte_format *format, const char **name)
{
	if (n > 0)
		return -1;
	format->kind = GM_PTE_X86_64;
	format->input_bits = PAGING_BITS;
	format->features = GM_PTE_HAS_NX;
	*name = "x86-64, 4 KiB";
	support_fault_hook = hook;
	return 0;
}

void reach_start(const struct gm_pte_format *format, uint64_t root)
{
	paging_start(root, format->granule_shift);
}

void reach_flush(void)
{
	paging_flush();
}

int reach_sets(void)
{
	return 2;
}

int reach_read(uint64_t address, uint64_t *value)
{
	return probe_read((const volatile uint64_t *)(uintptr_t)address, value);
}

int reach_write(uint64_t address, uint64_t value)
{
	return probe_write((volatile uint64_t *)(uintptr_t)address, value);
}
