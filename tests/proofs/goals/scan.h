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

	ASSUME(SHIFT_OK(shift));
	return each(shift);
}

#endif
