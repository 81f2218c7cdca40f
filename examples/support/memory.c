/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.c - a list of ranges: RAM, less what is taken. */
#include "support.h"

#define PAGE_MASK ((uint64_t)SUPPORT_PAGE - 1)

struct machine machine;

static void append(uint64_t base, uint64_t end, enum memory_kind kind)
{
	struct memory_range *range = &machine.memory[machine.nr_ranges];

	if (base >= end)
		return;
	if (machine.nr_ranges == MEMORY_RANGES)
		fatal("more ranges of memory than there is room for");
	range->base = base;
	range->size = end - base;
	range->kind = kind;
	machine.nr_ranges++;
}

void memory_add(uint64_t base, uint64_t size)
{
	append((base + PAGE_MASK) & ~PAGE_MASK, (base + size) & ~PAGE_MASK, MEMORY_USABLE);
}

void memory_reserve(uint64_t base, uint64_t size)
{
	uint64_t end = (base + size + PAGE_MASK) & ~PAGE_MASK;
	unsigned i, nr = machine.nr_ranges;

	base &= ~PAGE_MASK;
	append(base, end, MEMORY_RESERVED);
	for (i = 0; i < nr; i++) {
		struct memory_range *range = &machine.memory[i];
		uint64_t range_end = range->base + range->size;

		if (range->kind != MEMORY_USABLE || range->base >= end || range_end <= base)
			continue;
		if (range->base < base) {
			/* What is before it stays here, what is behind it is a range more. */
			range->size = base - range->base;
			append(end, range_end, MEMORY_USABLE);
		} else {
			range->base = end;
			range->size = range_end > end ? range_end - end : 0;
		}
	}
}
