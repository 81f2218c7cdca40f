/* SPDX-License-Identifier: BSD-2-Clause */
/* run.c - translation: the frame of a byte, and the largest leaf that a run allows. */
#include "desc.h"

#include "lib/run.c"

#define SHIFT_OK(shift) ((shift) >= GM_GRANULE_SHIFT_MIN && (shift) <= GM_GRANULE_SHIFT_MAX)

void prove_run_pfn(void)
{
	struct gm_desc desc;
	struct gm_pfn pfn;
	uint64_t offset = any();
	unsigned shift = (unsigned)any();
	int err;

	pfn.value = 1;
	any_desc(&desc);
	err = gm_run_pfn(&desc, offset, shift, &pfn);
	if (!SHIFT_OK(shift))
		MUST(err == -GM_EINVAL);
	else if (offset >= gm_desc_size(&desc))
		MUST(err == -GM_ERANGE);
	else
		MUST(err == 0 && pfn.value == (gm_desc_base(&desc) + offset) >> shift);
	MUST(err == 0 || pfn.value == 1);
}

/* One granule at a time, so that shifts are by what is known. */
static unsigned any_granule(void)
{
	unsigned shift = (unsigned)any();
	unsigned known;

	ASSUME(SHIFT_OK(shift));
	for (known = GM_GRANULE_SHIFT_MIN; known < GM_GRANULE_SHIFT_MAX; known++)
		if (known == shift)
			break;
	return known;
}

/* The leaf is one of those there are, aligned in both, and fits; and no larger one
 * would have done. */
void prove_run_largest_leaf(void)
{
	uint64_t first = any(), va = any(), leaves = any();
	uint64_t bytes = any();
	unsigned shift = any_granule();
	unsigned other = (unsigned)any();
	unsigned leaf;

	ASSUME(bytes != 0 && bytes <= GM_PADDR_END && first <= GM_PADDR_END);
	ASSUME(((first | va | bytes) & (gm_granule_size(shift) - 1)) == 0);
	leaf = largest_leaf(first, va, bytes, shift, leaves);
	MUST(leaf == 0 || (leaf >= shift && leaf < 64 && (leaves >> leaf & 1) == 1));
	MUST(leaf == 0 || ((first | va) & (gm_granule_size(leaf) - 1)) == 0);
	MUST(leaf == 0 || gm_granule_size(leaf) <= bytes);
	ASSUME(other >= shift && other < 64 && (leaves >> other & 1) == 1);
	ASSUME(((first | va) & (gm_granule_size(other) - 1)) == 0);
	ASSUME(gm_granule_size(other) <= bytes);
	MUST(leaf >= other);
}
