/* SPDX-License-Identifier: BSD-2-Clause */
/* run.c - translation: the frame of a byte, and the largest leaf that a run allows. */
#include "scan.h"

#include "desc.h"

#include "lib/run.c"

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

/* All of gm_run_at, for one granule at a time. The leaf is what largest_leaf says of
 * numbers that it may be asked about. */
void prove_run_at(void)
{
	struct gm_desc desc;
	struct gm_run run;
	uint64_t offset = any(), va = any(), leaves = any();
	unsigned shift = any_granule();
	uint64_t paddr, end, first, bytes;

	any_desc(&desc);
	ASSUME(offset < gm_desc_size(&desc));
	paddr = gm_desc_base(&desc) + offset;
	end = gm_desc_base(&desc) + gm_desc_size(&desc);
	first = gm_granule_down(paddr, shift);
	MUST(gm_run_at(&desc, offset, va, shift, leaves, &run) == 0);
	MUST(run.paddr.value == paddr && run.bytes == end - paddr && run.bytes >= 1);
	MUST(run.pfn.value == paddr >> shift && run.granule_offset == paddr - first);
	MUST(run.nr_granules == (first < gm_desc_base(&desc) ? 0 : (end - first) >> shift));
	bytes = run.nr_granules << shift;
	va -= run.granule_offset;
	if (run.nr_granules == 0 || !gm_granule_aligned(va, shift)) {
		MUST(run.leaf_shift == 0);
		return;
	}
	MUST(all(bytes != 0, bytes <= end - first, first <= GM_PADDR_END));
	MUST(((first | va | bytes) & (gm_granule_size(shift) - 1)) == 0);
	MUST(run.leaf_shift == largest_leaf(first, va, bytes, shift, leaves));
}

void prove_run_at_refuses(void)
{
	struct gm_desc desc;
	struct gm_run run;
	uint64_t offset = any(), va = any(), leaves = any();
	unsigned shift = (unsigned)any();

	run.bytes = 0;
	any_desc(&desc);
	ASSUME(either(!both(shift >= GM_GRANULE_SHIFT_MIN, shift <= GM_GRANULE_SHIFT_MAX),
		      offset >= gm_desc_size(&desc)));
	MUST(gm_run_at(&desc, offset, va, shift, leaves, &run) ==
	     (SHIFT_OK(shift) ? -GM_ERANGE : -GM_EINVAL));
	MUST(run.bytes == 0);
}
