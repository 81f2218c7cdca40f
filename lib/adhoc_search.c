/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * adhoc_search.c - finding free memory in the ad-hoc table; contracts in
 * adhoc_internal.h.
 *
 * A search walks the tree from the lane's hint, gathers runs of empty slots, and
 * tries to link each place in them where the claim would fit. It reads without
 * holding anything: what it believes free is tried, and who is too late goes on.
 * The first pass skips what counts say is full. Only the second, which looks at
 * every slot, may say that there is no memory; and if it met anything in the
 * middle of a change, it says busy instead.
 */
#include <granmem/trace.h>

#include "adhoc_internal.h"

/* Where the search reads: a node, or the root, at one slot. */
struct cursor {
	const volatile gm_word *slots;
	gm_word *node;
	gm_word word; /* of the node, when it was entered */
	uint64_t nr;
	uint64_t index;
	unsigned level;
};

static int is_mine(const struct gm_adhoc_search *s, uint64_t offset)
{
	uint64_t paddr = s->adhoc->origin + offset;

	return s->mine != NULL && paddr >= s->mine->base && paddr < s->mine->end;
}

/* Can a slot in use hide free memory that matters? Then enter the node. */
static int worth_entering(struct gm_adhoc_search *s, gm_word value, unsigned level, uint64_t offset,
			  gm_word *word)
{
	const struct gm_radix *radix = &s->adhoc->radix;
	const struct gm_radix_record *record;

	if ((value & GM_RADIX_NODE) == 0) {
		const struct gm_desc *desc = (const struct gm_desc *)value;

		if (!s->skip && (value & GM_RADIX_TAGS) == 0 && !gm_ref_is_live(desc) &&
		    !is_mine(s, offset))
			s->conflict = 1;
		return 0;
	}
	record = gm_radix_record(radix, level - 1, gm_radix_node(value));
	/* acquire: pairs with the release that made the node LIVE */
	*word = gm_atomic_load_acquire(&record->word);
	if ((*word & GM_NODE_LIVE) == 0 || (*word & GM_NODE_REFS_MASK) == 0 ||
	    gm_atomic_load_acquire(&record->place) != gm_radix_place(radix, level - 1, offset)) {
		s->conflict = 1;
		return 0;
	}
	/* The second pass looks everywhere for what is in the middle of a change. */
	if (!s->skip)
		return 1;
	return level > s->min_level &&
	       (level - 1 != s->min_level ||
		(*word & GM_NODE_REFS_MASK) < radix->store->slots[level - 1]);
}

/* On the first pass: does this group of 512 root slots have nothing to offer? */
static int group_is_full(const struct gm_adhoc_search *s, uint64_t root_index)
{
	const struct gm_radix *radix = &s->adhoc->radix;
	gm_word counts;

	if (!s->skip || root_index % GM_RADIX_NODE_SLOTS != 0 ||
	    s->min_level + 1 < radix->root_level)
		return 0;
	counts = gm_atomic_load_relaxed(&radix->summary[root_index / GM_RADIX_NODE_SLOTS]);
	if (s->min_level + 1 == radix->root_level)
		counts /= GM_RADIX_SUMMARY_FULL;
	return (counts & GM_RADIX_SUMMARY_MASK) >= GM_RADIX_NODE_SLOTS;
}

/* Was the node the same from when it was entered until now? */
static void check_still_there(struct gm_adhoc_search *s, const struct cursor *at)
{
	gm_word word;

	if (at->node == NULL || s->skip)
		return;
	word = gm_atomic_load_relaxed(
		&gm_radix_record(&s->adhoc->radix, at->level, at->node)->word);
	if (((word ^ at->word) & ~GM_NODE_REFS_MASK) != 0)
		s->conflict = 1;
}

static void enter_root(const struct gm_adhoc_search *s, struct cursor *at, uint64_t offset)
{
	const struct gm_radix *radix = &s->adhoc->radix;

	at->node = NULL;
	at->word = 0;
	at->level = radix->root_level;
	at->slots = radix->root;
	at->nr = radix->nr_root;
	at->index = offset >> radix->store->shift[at->level];
}

static void enter_node(const struct gm_adhoc_search *s, struct cursor *at, gm_word value,
		       gm_word word, uint64_t offset)
{
	at->node = gm_radix_node(value);
	at->word = word;
	at->level--;
	at->slots = at->node;
	at->nr = s->adhoc->nodes.slots[at->level];
	at->index = gm_radix_index(&s->adhoc->radix, at->level, offset);
}

/* The end of the empty slots that follow offset in the node, as far as matters. */
static uint64_t end_of_run(const struct gm_adhoc_search *s, const struct cursor *at,
			   uint64_t offset, uint64_t to)
{
	unsigned shift = s->adhoc->nodes.shift[at->level];
	uint64_t index = at->index;
	uint64_t slack = s->claim.align - 1;

	/* Enough for one place, wherever the alignment puts it. */
	if (slack < to - offset && s->claim.size < to - offset - slack)
		to = offset + s->claim.size + slack;

	/* relaxed: linking finds out whether they still are */
	do {
		offset = gm_granule_down(offset, shift) + gm_granule_size(shift);
	} while (++index < at->nr && offset < to && gm_atomic_load_relaxed(&at->slots[index]) == 0);
	return offset;
}

/* The next empty slots side by side at or after *from, and their end. Returns 0
 * if there are none below `to`. */
static int next_free(struct gm_adhoc_search *s, uint64_t *from, uint64_t to, uint64_t *end)
{
	const struct gm_radix *radix = &s->adhoc->radix;
	uint64_t offset = *from;
	struct cursor at;

	for (enter_root(s, &at, offset); offset < to; at.index++) {
		unsigned shift = radix->store->shift[at.level];
		gm_word value, word;

		if (at.index == at.nr) {
			check_still_there(s, &at);
			enter_root(s, &at, offset);
			shift = radix->store->shift[at.level];
		}
		if (at.node == NULL && group_is_full(s, at.index)) {
			offset = gm_granule_down(offset, shift) +
				 gm_granule_size(shift + GM_RADIX_NODE_BITS);
			at.index += GM_RADIX_NODE_SLOTS - 1;
			continue;
		}
		/* acquire: pairs with the release of link, the node is complete */
		value = gm_atomic_load_acquire(&at.slots[at.index]);
		if (value == 0) {
			check_still_there(s, &at);
			*from = offset;
			*end = end_of_run(s, &at, offset, to);
			return 1;
		}
		if (worth_entering(s, value, at.level, offset, &word)) {
			check_still_there(s, &at);
			enter_node(s, &at, value, word, offset);
			at.index--;
			continue;
		}
		offset = gm_granule_down(offset, shift) + gm_granule_size(shift);
	}
	check_still_there(s, &at);
	return 0;
}

/* Link all pieces at base, or none. */
static int place_objects(struct gm_adhoc_search *s, uint64_t base)
{
	struct gm_object object;
	size_t i;
	int err = 0;

	object.size = s->piece;
	object.type = s->claim.type;
	object.owner = s->claim.owner;
	for (i = 0; i < s->nr; i++) {
		object.base = gm_paddr(base + i * s->piece);
		gm_desc_set(s->descs[i], &object);
		err = gm_adhoc_link(s->adhoc, object.base.value, s->piece, s->descs[i],
				    &s->may_grow);
		if (err != 0)
			break;
	}
	if (err == 0)
		return 0;
	while (i-- > 0) {
		uint64_t first = gm_adhoc_offset(s->adhoc, base + i * s->piece);

		gm_radix_unlink(&s->adhoc->radix, first, first + s->piece, (gm_word)s->descs[i],
				GM_CPU_HINT());
	}
	return err;
}

/* Metadata: no growth for growth, but what was set aside. */
static int place_mark(struct gm_adhoc_search *s, uint64_t base)
{
	uint64_t first = gm_adhoc_offset(s->adhoc, base);
	unsigned short_of;

	return gm_radix_link(&s->adhoc->radix, first, first + s->claim.size, GM_RADIX_MARK,
			     GM_RADIX_THOROUGH | GM_RADIX_FROM_RESERVE, GM_CPU_HINT(), &short_of);
}

/*
 * Try the places in the free run [*from, end) (offsets) where the claim fits.
 * Returns 1 when it is placed; *from is where a place could begin next.
 */
static int try_run(struct gm_adhoc_search *s, uint64_t *from, uint64_t end)
{
	uint64_t origin = s->adhoc->origin;
	uint64_t mask = s->claim.align - 1;
	uint64_t base = (origin + *from + mask) & ~mask;

	for (; base <= origin + end && s->claim.size <= origin + end - base;
	     base += s->claim.align) {
		int err;

		if (s->claim.accept != NULL &&
		    !s->claim.accept(s->claim.accept_ctx, gm_paddr(base)))
			continue;
		err = s->descs != NULL ? place_objects(s, base) : place_mark(s, base);
		if (err == 0) {
			*from = base - origin;
			return 1;
		}
		if (err == -GM_ENOMEM) {
			/* All of this run lacks the same node. */
			base = origin + end;
			break;
		}
		s->conflict = 1;
	}
	*from = base - origin < end ? base - origin : end;
	return 0;
}

/* Search offsets [from, to); returns 1 and the place. */
static int search_range(struct gm_adhoc_search *s, uint64_t from, uint64_t to, uint64_t *found)
{
	uint64_t run = from; /* where the current free run begins, untried */
	uint64_t run_end = from;
	uint64_t offset = from;
	uint64_t end;

	while (offset < to && next_free(s, &offset, to, &end)) {
		if (end > to)
			end = to;
		if (offset != run_end)
			run = offset;
		run_end = end;
		if (try_run(s, &run, run_end)) {
			*found = run;
			return 1;
		}
		offset = end;
	}
	return 0;
}

/* The largest level of which both size and alignment are multiples. */
static unsigned level_of(const struct gm_radix *radix, uint64_t bits)
{
	unsigned level = radix->root_level;

	while (level > 0 && !gm_granule_aligned(bits, radix->store->shift[level]))
		level--;
	return level;
}

int gm_adhoc_search(struct gm_adhoc_search *s, uint64_t first, uint64_t end, uint64_t start,
		    uint64_t *found)
{
	uint64_t base = gm_adhoc_offset(s->adhoc, s->adhoc->table.base);
	uint64_t again;

	GM_TRACE(search, s->adhoc, start, s->claim.size);
	s->min_level = level_of(&s->adhoc->radix, s->claim.size | s->claim.align);
	if (start < first || start >= end)
		start = first;
	/* A run may begin before the start and end behind it. */
	again = end - start < s->claim.size ? end : start + s->claim.size;
	for (s->skip = 1; s->skip >= s->quick; s->skip--) {
		s->conflict = 0;
		if (search_range(s, base + start, base + end, found) ||
		    search_range(s, base + first, base + again, found)) {
			*found += s->adhoc->origin;
			return 0;
		}
	}
	return s->conflict ? -GM_EBUSY : -GM_ENOMEM;
}
