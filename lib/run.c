/* SPDX-License-Identifier: BSD-2-Clause */
/* run.c - translation with the run that follows; contract in granmem/run.h. */
#include <granmem/run.h>

/* The largest leaf that begins at both addresses and is not longer than bytes;
 * first and bytes are multiples of the mapping granule, bytes is not 0. */
static unsigned largest_leaf(uint64_t first, uint64_t va, uint64_t bytes, unsigned shift,
			     uint64_t leaves)
{
	unsigned aligned = gm_granule_trailing(first | va);
	unsigned fits = gm_granule_log2(bytes);
	unsigned limit = aligned < fits ? aligned : fits;

	/* bytes is below 2^53, so the shift by limit + 1 is defined. */
	leaves &= ((uint64_t)2 << limit) - gm_granule_size(shift);
	return leaves != 0 ? gm_granule_log2(leaves) : 0;
}

int gm_run_at(const struct gm_desc *desc, uint64_t offset, uint64_t va, unsigned shift,
	      uint64_t leaves, struct gm_run *out)
{
	uint64_t base = gm_desc_base(desc);
	uint64_t end = base + gm_desc_size(desc);
	struct gm_pfn pfn;
	uint64_t first;
	int err = gm_run_pfn(desc, offset, shift, &pfn);

	if (err != 0)
		return err;
	first = pfn.value << shift;
	out->paddr.value = base + offset;
	out->pfn = pfn;
	out->granule_offset = base + offset - first;
	out->bytes = end - (base + offset);
	out->nr_granules = first < base ? 0 : (end - first) >> shift;
	out->leaf_shift = 0;
	va -= out->granule_offset;
	if (out->nr_granules != 0 && gm_granule_aligned(va, shift))
		out->leaf_shift = largest_leaf(first, va, out->nr_granules << shift, shift, leaves);
	return 0;
}
