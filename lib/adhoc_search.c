/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * adhoc_search.c - finding free memory in the ad-hoc table; contracts in
 * adhoc_internal.h.
 *
 * A search walks the tree from the lane's hint, gathers runs of empty slots, and
 * tries each place in them where the claim would fit. It reads without holding
 * anything: what it believes free is tried, and who is too late goes on. The first
 * pass skips what counts and marks say is full. Only the second, which looks at every slot,
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

/* On the first pass: has this node nothing to offer? */
static int node_is_full(const struct gm_adhoc_search *s, const struct gm_radix_at *at)
{
	return s->skip && at->node != NULL && at->level == s->min_level &&
	       (at->word & GM_NODE_REFS_MASK) > s->adhoc->radix.levels[at->level].mask;
}

/*
 * Walk to the slot at *paddr. Returns how many slots to look at from there on, which
 * are side by side; or 0, and *paddr is behind what need not be looked at.
 */
static uint64_t enter(struct gm_adhoc_search *s, uint64_t *paddr, struct gm_radix_at *at)
{
	const struct gm_radix *radix = &s->adhoc->radix;
	unsigned shift;

	if (gm_radix_walk(radix, *paddr, s->stop_level, at) != 0) {
		s->conflict = 1;
		s->missed = 1;
	} else if (!node_is_full(s, at)) {
		return gm_radix_left(radix, at);
	}
	shift = radix->levels[at->level + 1].shift;
	*paddr = gm_granule_down(*paddr, shift) + gm_granule_size(shift);
	return 0;
}

/* Where one place lacks a node, those up to the end of the next larger slots most likely lack
 * it, too. */
static uint64_t step_over(const struct gm_adhoc_search *s)
{
	const struct gm_radix *radix = &s->adhoc->radix;
	uint64_t slot = radix->levels[s->min_level + (s->min_level < radix->root_level)].bytes;

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
		s->missed = 1;
		if (err != -GM_ENOMEM)
			s->conflict = 1;
		else
			step = step_over(s);
	}
	*from = base;
	return 0;
}

/* Search [from, to); returns 1 and the place, or 0 and where the free run at the end of
 * it begins that has not been tried. */
static GM_NOINLINE int search_range(struct gm_adhoc_search *s, uint64_t from, uint64_t to,
				    uint64_t *found)
{
	while (from < to) {
		struct gm_radix_at at;
		uint64_t nr = enter(s, &from, &at);

		if (nr == 0) {
			*found = from;
			continue;
		}
		for (;;) {
			uint64_t start = from;

			from = (from | (s->adhoc->radix.levels[at.level].bytes - 1)) + 1;
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

/*
 * The same, for each 512 root slots. Where they have been searched as a whole for a slot
 * of some level, in vain, a mark says so, and the first pass leaves them out until
 * something is emptied there. A mark may be late: what is emptied while a search is
 * about to set it is found by the second pass.
 */
static int search_groups(struct gm_adhoc_search *s, uint64_t from, uint64_t to, uint64_t *found)
{
	const struct gm_table *table = &s->adhoc->table;
	unsigned shift = s->adhoc->radix.group_shift;

	*found = from;
	while (from < to) {
		uint64_t start = gm_granule_down(from, shift);
		uint64_t end = start + gm_granule_size(shift);
		volatile gm_word *full = gm_radix_full(&s->adhoc->radix, from);
		gm_word level = gm_atomic_load_relaxed(full) - 1; /* the highest of all: no mark */

		if (s->skip && level <= s->min_level) {
			*found = end;
		} else {
			s->missed = !s->exact || (from != start && from != table->base) ||
				    (end > to && to != table->base + table->size);
			if (search_range(s, from, end < to ? end : to, found))
				return 1;
			if (!s->missed && level > s->min_level)
				gm_atomic_store_relaxed(full, s->min_level + 1);
		}
		from = end;
	}
	return 0;
}

int gm_adhoc_search(struct gm_adhoc_search *s, const struct gm_adhoc_range *bounds, uint64_t start,
		    uint64_t *found)
{
	const struct gm_radix *radix = &s->adhoc->radix;
	uint64_t again;

	GM_TRACE(search, s->adhoc, start, s->claim.size);
	s->min_level = gm_radix_level_at(radix, s->claim.size | s->claim.align, ~(uint64_t)0);
	s->exact = s->claim.size == radix->levels[s->min_level].bytes &&
		   s->claim.align <= s->claim.size && s->claim.accept == NULL;
	if (start < bounds->base || start >= bounds->end)
		start = bounds->base;
	/* A run may begin before the start and end behind it. */
	again = bounds->end - start < s->claim.size ? bounds->end : start + s->claim.size;
	for (s->skip = 1; s->skip >= s->quick; s->skip--) {
		s->conflict = 0;
		s->stop_level = s->skip ? s->min_level : 0;
		if (search_groups(s, start, bounds->end, found) ||
		    search_groups(s, bounds->base, again, found))
			return 0;
	}
	return s->conflict ? -GM_EBUSY : -GM_ENOMEM;
}
