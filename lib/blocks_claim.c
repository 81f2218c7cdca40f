/* SPDX-License-Identifier: BSD-2-Clause */
/* blocks_claim.c - searching for free blocks; contracts in granmem/blocks.h. */
#include <granmem/blocks.h>

#include "blocks_internal.h"
#include "memory_internal.h"

int gm_blocks_check_claim(const struct gm_blocks *blocks, const struct gm_claim *claim,
			  uint64_t each, struct gm_blocks_request *out)
{
	unsigned shift = blocks->table.granule_shift;
	struct gm_claim full;
	uint64_t first, end;
	int err;

	if (claim->type == 0 || claim->type > GM_TYPE_MAX)
		return -GM_EINVAL;
	if (each > GM_PADDR_END >> shift)
		return -GM_EOVERFLOW;
	gm_memory_copy(&full, claim, sizeof(full));
	if (each != 0)
		full.size = each << shift;
	else if (!gm_granule_is_power_of_two(full.size) || full.size < gm_granule_size(shift))
		return -GM_ESIZE;
	err = gm_table_check_claim(&blocks->table, &full, &full, &first, &end);
	if (err != 0)
		return err;
	out->nr = full.size >> shift;
	out->first = gm_granule_up(first, shift) >> shift;
	out->end = end >> shift;
	if (out->end > blocks->nr_usable)
		out->end = blocks->nr_usable;
	out->step = full.align >> shift;
	if (out->step < (each != 0 ? 1 : out->nr))
		out->step = each != 0 ? 1 : out->nr;
	out->accept = full.accept;
	out->accept_ctx = full.accept_ctx;
	out->mine.first = 0;
	out->mine.end = 0;
	return 0;
}

/* The first index from `index` on whose address is a multiple of step. */
static uint64_t align(const struct gm_blocks *blocks, uint64_t index, uint64_t step)
{
	return ((index + blocks->first_granule + step - 1) & ~(step - 1)) - blocks->first_granule;
}

/*
 * Is the run [index, index + nr) free, as far as can be seen? If not, *used is a
 * granule in the way; with hints it may be the last one of a group that is too
 * full. They judge whole groups by their summary, and believe a free word's
 * order; both may be wrong, either way.
 */
static int seems_free(const struct gm_blocks *blocks, uint64_t index, uint64_t nr, int hints,
		      uint64_t *used)
{
	uint64_t end = index + nr;
	uint64_t i = index;

	while (i < end) {
		uint64_t group_end = (i | (GM_BLOCKS_GROUP - 1)) + 1;
		uint64_t stop = end < group_end ? end : group_end;
		gm_word count =
			gm_atomic_load_relaxed(&blocks->summary[i >> GM_BLOCKS_GROUP_SHIFT]);

		*used = group_end - 1;
		if (hints && count + (gm_word)(stop - i) > (gm_word)GM_BLOCKS_GROUP)
			return 0;
		for (; i < stop; i++) {
			gm_word word = gm_blocks_load(blocks, i);

			*used = i;
			if ((word & blocks->used_mask) != 0)
				return 0;
			if (hints && i == index &&
			    gm_granule_size((unsigned)(word >> GM_BLOCKS_KIND_SHIFT)) >= nr)
				return 1;
		}
	}
	return 1;
}

/* Is granule `index` used by something that may soon be free or live? */
static int in_transition(const struct gm_blocks *blocks, const struct gm_blocks_request *request,
			 uint64_t index)
{
	gm_word word;
	struct gm_desc *desc = gm_blocks_look(blocks, index, &word);

	if (index >= request->mine.first && index < request->mine.end)
		return 0;
	if (desc != NULL)
		return !gm_ref_is_live(desc);
	return gm_blocks_is_passing(blocks, word);
}

static int accepted(const struct gm_blocks *blocks, const struct gm_blocks_request *request,
		    uint64_t index)
{
	return request->accept == NULL ||
	       request->accept(request->accept_ctx, gm_blocks_paddr(blocks, index));
}

/*
 * Lock the first run that begins in [from, to). Returns 0, or -GM_ENOMEM;
 * -GM_EBUSY if a run was lost to something in transition (without hints only).
 */
static int search(struct gm_blocks *blocks, const struct gm_blocks_request *request, uint64_t from,
		  uint64_t to, int hints, gm_word value, uint64_t *first)
{
	uint64_t at = align(blocks, from, request->step);
	int err = -GM_ENOMEM;

	while (at < to && request->nr <= request->end - at) {
		uint64_t used;

		if (!seems_free(blocks, at, request->nr, hints, &used)) {
			if (!hints && in_transition(blocks, request, used))
				err = -GM_EBUSY;
			at = align(blocks, used + 1, request->step);
			continue;
		}
		if (accepted(blocks, request, at)) {
			if (gm_blocks_lock(blocks, at, request->nr, value) == 0) {
				*first = at;
				return 0;
			}
			err = -GM_EBUSY;
		}
		at += request->step;
	}
	return err;
}

int gm_blocks_claim(struct gm_blocks *blocks, const struct gm_blocks_request *request,
		    gm_word value, uint64_t *first)
{
	unsigned shift = blocks->table.granule_shift - GM_UNIT_SHIFT;
	struct gm_lane *lane = gm_table_lane(&blocks->table);
	volatile gm_word *hint = &lane->hints[request->nr >= GM_BLOCKS_GROUP];
	uint64_t start = (uint64_t)gm_atomic_load_relaxed(hint) >> shift;
	int err;

	if (start < request->first || start >= request->end)
		start = request->first;
	err = search(blocks, request, start, request->end, 1, value, first);
	if (err != 0)
		err = search(blocks, request, request->first, start, 1, value, first);
	/* The hints may have hidden something: only a pass without them tells. */
	if (err != 0)
		err = search(blocks, request, request->first, request->end, 0, value, first);
	if (err == 0)
		/* relaxed: a hint */
		gm_atomic_store_relaxed(hint, (gm_word)((*first + request->nr) << shift));
	return err;
}

/* The last index up to `index` whose address is a multiple of step; there is one. */
static uint64_t align_down(const struct gm_blocks *blocks, uint64_t index, uint64_t step)
{
	return ((index + blocks->first_granule) & ~(step - 1)) - blocks->first_granule;
}

/* Lock the last run that ends at or before `end`. Returns like search. */
static int search_down(struct gm_blocks *blocks, const struct gm_blocks_request *request,
		       uint64_t end, int hints, gm_word value, uint64_t *first)
{
	uint64_t lowest = align(blocks, request->first, request->step);
	int err = -GM_ENOMEM;
	uint64_t at;

	if (end < request->nr || lowest > end - request->nr)
		return -GM_ENOMEM;
	at = align_down(blocks, end - request->nr, request->step);
	for (;;) {
		uint64_t used;

		if (seems_free(blocks, at, request->nr, hints, &used)) {
			if (gm_blocks_lock(blocks, at, request->nr, value) == 0) {
				*first = at;
				return 0;
			}
			err = -GM_EBUSY;
		} else if (!hints && in_transition(blocks, request, used)) {
			err = -GM_EBUSY;
		}
		if (at < lowest + request->step)
			return err;
		at -= request->step;
	}
}

int gm_blocks_claim_last(struct gm_blocks *blocks, const struct gm_blocks_request *request,
			 gm_word value, uint64_t hint, uint64_t *first)
{
	int err = -GM_ENOMEM;

	if (hint < request->end)
		err = search_down(blocks, request, hint, 1, value, first);
	if (err != 0)
		err = search_down(blocks, request, request->end, 0, value, first);
	return err;
}
