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

/* May a mapping have a leaf of 2^n at va and first, and bytes more? */
static int is_usable(unsigned n, uint64_t leaves, uint64_t first, uint64_t va, uint64_t bytes)
{
	uint64_t size = gm_granule_size(n & 63);

	return all(n < 64, (leaves >> (n & 63) & 1) == 1,
		   both(((first | va) & (size - 1)) == 0, size <= bytes));
}

void prove_run_at(void)
{
	struct gm_desc desc;
	struct gm_run run;
	uint64_t offset = any(), va = any(), leaves = any();
	unsigned shift = any_granule();
	unsigned other = (unsigned)any();
	uint64_t base, paddr, end, first, bytes;

	any_desc(&desc);
	ASSUME(offset < gm_desc_size(&desc));
	base = gm_desc_base(&desc);
	paddr = base + offset;
	end = base + gm_desc_size(&desc);
	first = gm_granule_down(paddr, shift);
	MUST(gm_run_at(&desc, offset, va, shift, leaves, &run) == 0);
	MUST(all(run.paddr.value == paddr, run.bytes == end - paddr, run.bytes >= 1));
	MUST(both(run.pfn.value == paddr >> shift, run.granule_offset == paddr - first));
	bytes = run.nr_granules << shift;
	MUST(either(both(first < base, bytes == 0),
		    both(first >= base, bytes == gm_granule_down(end - first, shift))));
	MUST(run.nr_granules == bytes >> shift);
	/* The leaf is one of those there are, is aligned in both, and fits; and no
	 * larger one would have done. */
	va -= run.granule_offset;
	MUST(either(run.leaf_shift == 0, both(run.leaf_shift >= shift, is_usable(run.leaf_shift, leaves, first, va, bytes))));
	MUST(implies(both(other >= shift, is_usable(other, leaves, first, va, bytes)), run.leaf_shift >= other));
}

void prove_run_at_refuses(void)
{
	struct gm_desc desc;
	struct gm_run run;
	uint64_t offset = any(), va = any(), leaves = any();
	unsigned shift = (unsigned)any();

	run.bytes = 0;
	any_desc(&desc);
	ASSUME(either(!SHIFT_OK(shift), offset >= gm_desc_size(&desc)));
	MUST(gm_run_at(&desc, offset, va, shift, leaves, &run) ==
	     (SHIFT_OK(shift) ? -GM_ERANGE : -GM_EINVAL));
	MUST(run.bytes == 0);
}
