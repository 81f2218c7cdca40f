/* SPDX-License-Identifier: BSD-2-Clause */
/* scan.h - comes first where a goal is about more than logarithms: they are one
 * instruction for all targets. The loop elsewhere answers the same (prove_log2). */
#ifndef GOALS_SCAN_H
#define GOALS_SCAN_H

#include "goals.h"

#include <granmem/config.h>

#undef GM_CONFIG_BIT_SCAN
#define GM_CONFIG_BIT_SCAN 1

#include <granmem/granule.h>

#define SHIFT_OK(shift) ((shift) >= GM_GRANULE_SHIFT_MIN && (shift) <= GM_GRANULE_SHIFT_MAX)

/* One granule at a time, so that shifts are by what is known. */
static inline unsigned any_granule(void)
{
	unsigned shift = (unsigned)any();
	unsigned known;

	ASSUME(SHIFT_OK(shift));
	for (known = GM_GRANULE_SHIFT_MIN; known < GM_GRANULE_SHIFT_MAX; known++)
		if (known == shift)
			break;
	return known;
}

/* A region that there may be. */
static inline void any_region(uint64_t *base, uint64_t *size, unsigned shift)
{
	*base = any();
	*size = any();
	ASSUME(all(*base <= GM_PADDR_END, *size != 0, *size <= GM_PADDR_END - *base));
	ASSUME(((*base | *size) & (gm_granule_size(shift) - 1)) == 0);
}

/* Is [base, base + size) wholly in the outer range? No sum overflows here. */
static inline int is_inside(uint64_t base, uint64_t size, uint64_t outer, uint64_t outer_size)
{
	return both(base >= outer, (wide)base + size <= (wide)outer + outer_size);
}

#endif
