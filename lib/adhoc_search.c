/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * adhoc_search.c - finding free memory in the ad-hoc table; contracts in
 * adhoc_internal.h.
 *
 * A search walks the tree from the lane's hint, gathers runs of empty slots, and
 * tries each place in them where the claim would fit. It reads without holding
 * anything: what it believes free is tried, and who is too late goes on. The first
 * pass skips what counts say is full. Only the second, which looks at every slot,
 * may say that there is no memory; and if it met anything in the middle of a
 * change, it says busy instead.
 */
#include <granmem/trace.h>

#include "adhoc_internal.h"

/* A slot in use below which there is nothing free: may it be free in a moment? */
static void note_used(struct gm_adhoc_search *s, gm_word value, uint64_t paddr)
{
	if (s->skip || (value & GM_RADIX_TAGS) != 0 ||
	    gm_ref_is_live((const struct gm_desc *)value))
		return;
	if (s->mine == NULL || s->mine->is != GM_ADHOC_FROZEN || paddr < s->mine->base ||
	    paddr >= s->mine->end)
		s->conflict = 1;
}

/* On the first pass: has this group of 512 root slots nothing to offer? */
static int group_is_full(const struct gm_adhoc_search *s, uint64_t root_index)
{
	const struct gm_radix *radix = &s->adhoc->radix;
	gm_word counts;

	if (!s->skip || s->min_level + 1 < radix->root_level)
		return 0;
	counts = gm_atomic_load_relaxed(&radix->summary[root_index / GM_RADIX_NODE_SLOTS]);
	if (s->min_level + 1 == radix->root_level)
		counts /= GM_RADIX_SUMMARY_FULL;
	return (counts & GM_RADIX_SUMMARY_MASK) >= GM_RADIX_NODE_SLOTS;
}

/* On the first pass: has this node nothing to offer? */
static int node_is_full(const struct gm_adhoc_search *s, const struct gm_radix_at *at)
{
	return s->skip && at->node != NULL && at->level == s->min_level &&
	       (at->word & GM_NODE_REFS_MASK) >= s->adhoc->radix.slots[at->level];
}

/*
 * Walk to the slot at *paddr. Returns how many slots to look at from there on, which
 * are side by side; or 0, and *paddr is behind what need not be looked at.
 */
static uint32_t enter(struct gm_adhoc_search *s, uint64_t *paddr, struct gm_radix_at *at)
{
	const struct gm_radix *radix = &s->adhoc->radix;
	uint64_t offset = gm_adhoc_offset(s->adhoc, *paddr);
	uint64_t group = offset >> radix->shift[radix->root_level];
	unsigned shift;

	if (group_is_full(s, group)) {
		shift = radix->shift[radix->root_level] + GM_RADIX_NODE_BITS;
	} else if (gm_radix_walk(radix, offset, s->stop_level, at) != 0) {
		s->conflict = 1;
		shift = radix->shift[at->level + 1];
	} else if (node_is_full(s, at)) {
		shift = radix->shift[at->level + 1];
	} else if (at->node != NULL) {
		return radix->slots[at->level] - at->index;
	} else {
		/* The root, group by group. */
		group = (group | (GM_RADIX_NODE_SLOTS - 1)) + 1;
		return (uint32_t)(group < radix->nr_root ? group : radix->nr_root) - at->index;
	}
	*paddr = s->adhoc->origin + gm_granule_down(offset, shift) + gm_granule_size(shift);
	return 0;
}

/* Where one place lacks a node, those up to the end of the next larger slots most likely lack
 * it, too. */
static uint64_t step_over(const struct gm_adhoc_search *s)
{
	const struct gm_radix *radix = &s->adhoc->radix;
	uint64_t slot = radix->bytes[s->min_level + (s->min_level < radix->root_level)];

	return slot > s->claim.align ? slot : s->claim.align;
}

/*
 * Try the places in the free run [*from, end) where the claim fits. Returns 1 when it is
 * placed at *from; else *from is where a place could begin next. One that lacks a node has an
 * end in the middle of a slot; one that begins at the next slot may lack none.
 */
static int try_run(struct gm_adhoc_search *s, uint64_t *from, uint64_t end)
{
	uint64_t align = s->claim.align;
	uint64_t base = (*from + align - 1) & ~(align - 1);
	uint64_t step;

	for (; base < end && s->claim.size <= end - base; base = (base + step) & ~(step - 1)) {
		int err;

		step = align;
		if (s->claim.accept != NULL &&
		    !s->claim.accept(s->claim.accept_ctx, gm_paddr(base)))
			continue;
		*from = base;
		err = s->place(s, base);
		if (err == 0)
			return 1;
		if (err != -GM_ENOMEM)
			s->conflict = 1;
		else
			step = step_over(s);
	}
	*from = base;
	return 0;
}

/* Search [from, to); returns 1 and the place. */
static int search_range(struct gm_adhoc_search *s, uint64_t from, uint64_t to, uint64_t *found)
{
	*found = from; /* from here on all is free, and untried */
	while (from < to) {
		struct gm_radix_at at;
		uint32_t nr = enter(s, &from, &at);

		if (nr == 0) {
			*found = from;
			continue;
		}
		for (;;) {
			uint64_t start = from;

			from = (from | (s->adhoc->radix.bytes[at.level] - 1)) + 1;
			if (at.value != 0) {
				note_used(s, at.value, start);
				*found = from;
			} else if (try_run(s, found, from < to ? from : to)) {
				return 1;
			}
			if (--nr == 0 || from >= to)
				break;
			/* relaxed: whether it is still empty, linking finds out; what seems
			 * used, or is entered, is walked to, in case the node has moved */
			at.value = gm_atomic_load_relaxed(++at.slot);
			if (at.value != 0 && (!s->skip || ((at.value & GM_RADIX_NODE) != 0 &&
							   at.level > s->stop_level)))
				break;
		}
	}
	return 0;
}

int gm_adhoc_search(struct gm_adhoc_search *s, uint64_t first, uint64_t end, uint64_t start,
		    uint64_t *found)
{
	uint64_t base = s->adhoc->table.base;
	uint64_t again;

	GM_TRACE(search, s->adhoc, start, s->claim.size);
	s->min_level =
		gm_radix_level_at(&s->adhoc->radix, s->claim.size | s->claim.align, ~(uint64_t)0);
	if (start < first || start >= end)
		start = first;
	/* A run may begin before the start and end behind it. */
	again = end - start < s->claim.size ? end : start + s->claim.size;
	for (s->skip = 1; s->skip >= s->quick; s->skip--) {
		s->conflict = 0;
		s->stop_level = s->skip ? s->min_level : 0;
		if (search_range(s, base + start, base + end, found) ||
		    search_range(s, base + first, base + again, found))
			return 0;
	}
	return s->conflict ? -GM_EBUSY : -GM_ENOMEM;
}
