/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * adhoc_claim.c - finding free memory in the ad-hoc table; contracts in
 * granmem/adhoc.h.
 *
 * A search walks the tree from the lane's hint, gathers runs of empty slots, and
 * tries to link each place in them where the claim would fit. It reads without
 * holding anything: what it believes free is tried, and who is too late goes on.
 * The first pass skips what counts say is full. Only the second, which looks at
 * every slot, may say that there is no memory; and if it met anything in the
 * middle of a change, it says busy instead.
 */
#include "adhoc_internal.h"

struct search {
	struct gm_adhoc *adhoc;
	struct gm_claim claim;  /* with the defaults filled in; size is of the whole run */
	struct gm_desc **descs; /* to place side by side, piece bytes each */
	size_t nr;
	uint64_t piece;
	unsigned min_level; /* slots below this are too small to matter */
	int skip;           /* trust the counts */
	int conflict;       /* something was in the middle of a change */
};

/* Where the search reads: a node, or the root, at one slot. */
struct cursor {
	const volatile gm_word *slots;
	gm_word *node;
	gm_word word; /* of the node, when it was entered */
	uint64_t nr;
	uint64_t index;
	unsigned level;
};

/* Can a slot in use hide free memory that matters? Then enter the node. */
static int worth_entering(struct search *s, gm_word value, unsigned level, gm_word *word)
{
	const struct gm_radix *radix = &s->adhoc->radix;

	if ((value & GM_RADIX_NODE) == 0) {
		const struct gm_desc *desc = (const struct gm_desc *)value;

		if (!s->skip && (value & GM_RADIX_TAGS) == 0 && !gm_ref_is_live(desc))
			s->conflict = 1;
		return 0;
	}
	/* acquire: pairs with the release that made the node LIVE */
	*word = gm_atomic_load_acquire(
		&gm_radix_record(radix, level - 1, gm_radix_node(value))->word);
	if ((*word & GM_NODE_LIVE) == 0 || (*word & GM_NODE_REFS_MASK) == 0) {
		s->conflict = 1;
		return 0;
	}
	if (level <= s->min_level)
		return 0;
	return !s->skip || level - 1 != s->min_level ||
	       (*word & GM_NODE_REFS_MASK) < radix->slots[level - 1];
}

/* On the first pass: does this group of 512 root slots have nothing to offer? */
static int group_is_full(const struct search *s, uint64_t root_index)
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
static void check_still_there(struct search *s, const struct cursor *at)
{
	gm_word word;

	if (at->node == NULL || s->skip)
		return;
	word = gm_atomic_load_relaxed(
		&gm_radix_record(&s->adhoc->radix, at->level, at->node)->word);
	if (((word ^ at->word) & ~GM_NODE_REFS_MASK) != 0)
		s->conflict = 1;
}

static void enter_root(const struct search *s, struct cursor *at, uint64_t offset)
{
	const struct gm_radix *radix = &s->adhoc->radix;

	at->node = NULL;
	at->word = 0;
	at->level = radix->root_level;
	at->slots = radix->root;
	at->nr = radix->nr_root;
	at->index = gm_radix_index(radix, at->level, offset);
}

static void enter_node(const struct search *s, struct cursor *at, gm_word value, gm_word word,
		       uint64_t offset)
{
	at->node = gm_radix_node(value);
	at->word = word;
	at->level--;
	at->slots = at->node;
	at->nr = s->adhoc->radix.slots[at->level];
	at->index = gm_radix_index(&s->adhoc->radix, at->level, offset);
}

/* The end of the empty slots that follow offset in the node, as far as matters. */
static uint64_t end_of_run(const struct search *s, const struct cursor *at, uint64_t offset,
			   uint64_t to)
{
	unsigned shift = s->adhoc->radix.shift[at->level];
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
static int next_free(struct search *s, uint64_t *from, uint64_t to, uint64_t *end)
{
	const struct gm_radix *radix = &s->adhoc->radix;
	uint64_t offset = *from;
	struct cursor at;

	for (enter_root(s, &at, offset); offset < to; at.index++) {
		unsigned shift = radix->shift[at.level];
		gm_word value, word;

		if (at.index == at.nr) {
			check_still_there(s, &at);
			enter_root(s, &at, offset);
			shift = radix->shift[at.level];
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
			*from = offset;
			*end = end_of_run(s, &at, offset, to);
			return 1;
		}
		if (worth_entering(s, value, at.level, &word)) {
			enter_node(s, &at, value, word, offset);
			at.index--;
			continue;
		}
		offset = gm_granule_down(offset, shift) + gm_granule_size(shift);
	}
	return 0;
}

/* Link all pieces at base, or none. */
static int place(struct search *s, uint64_t base)
{
	struct gm_object object = { .size = s->piece, .owner = s->claim.owner };
	gm_word met;
	size_t i;
	int err = 0;

	for (i = 0; i < s->nr; i++) {
		object.base = gm_paddr(base + i * s->piece);
		gm_desc_set(s->descs[i], &object);
		err = gm_adhoc_link(s->adhoc, object.base.value, s->piece, s->descs[i], &met);
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

/*
 * Try the places in the free run [*from, end) (offsets) where the claim fits.
 * Returns 1 when it is placed; *from is where a place could begin next.
 */
static int try_run(struct search *s, uint64_t *from, uint64_t end)
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
		err = place(s, base);
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
static int search_range(struct search *s, uint64_t from, uint64_t to, uint64_t *found)
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

static int search(struct search *s, uint64_t first, uint64_t end, uint64_t *found)
{
	const struct gm_table *table = &s->adhoc->table;
	const struct gm_lane *lane = gm_table_lane(table);
	gm_word hint = gm_atomic_load_relaxed(&lane->hints[gm_adhoc_hint(s->adhoc, s->piece)]);
	uint64_t base = gm_adhoc_offset(s->adhoc, table->base);
	uint64_t start = (uint64_t)hint << GM_UNIT_SHIFT;
	uint64_t again;

	if (start < first || start >= end)
		start = first;
	/* A run may begin before the hint and end behind it. */
	again = end - start < s->claim.size ? end : start + s->claim.size;
	for (s->skip = 1; s->skip >= 0; s->skip--) {
		s->conflict = 0;
		if (search_range(s, base + start, base + end, found) ||
		    search_range(s, base + first, base + again, found))
			return 0;
	}
	return s->conflict ? -GM_EBUSY : -GM_ENOMEM;
}

/* The largest level of which both size and alignment are multiples. */
static unsigned level_of(const struct gm_radix *radix, uint64_t bits)
{
	unsigned level = radix->root_level;

	while (level > 0 && !gm_granule_aligned(bits, radix->shift[level]))
		level--;
	return level;
}

/*
 * The everyday claim: one slot of some level, anywhere, and the lane's hint is at
 * or just before a free one. Returns 1 if that was so.
 */
static int claim_slot(struct gm_adhoc *adhoc, const struct gm_claim *claim, struct gm_desc *desc)
{
	struct gm_table *table = &adhoc->table;
	unsigned level = gm_radix_level_of(&adhoc->radix, claim->size);
	uint64_t base = gm_adhoc_offset(adhoc, table->base);
	struct gm_object object = { .size = claim->size, .owner = claim->owner };
	struct gm_lane *lane = gm_table_lane(table);
	gm_word hint;
	uint64_t at;

	if (level == GM_RADIX_LEVELS || claim->type - 1 >= GM_TYPE_MAX || claim->accept != NULL ||
	    claim->min.value != 0 || claim->max.value != 0 || claim->align > claim->size ||
	    (claim->align & (claim->align - 1)) != 0)
		return 0;
	hint = gm_atomic_load_relaxed(&lane->hints[gm_adhoc_hint(adhoc, claim->size)]);
	at = gm_granule_up(base + ((uint64_t)hint << GM_UNIT_SHIFT), adhoc->radix.shift[level]);
	if (at - base >= table->size)
		return 0;
	gm_table_lane_take(lane, claim->size);
	/* The object's base is known only when a slot is taken; until it is
	 * published nobody looks at it. */
	if (!gm_radix_link_free(&adhoc->radix, level, &at, base + table->size, (gm_word)desc,
				GM_CPU_HINT())) {
		gm_table_lane_give(lane, claim->size);
		return 0;
	}
	object.base = gm_paddr(adhoc->origin + at);
	gm_desc_set(desc, &object);
	gm_ref_publish(desc, claim->type, 1);
	gm_adhoc_aim(adhoc, lane, claim->size, object.base.value + claim->size);
	return 1;
}

static size_t take_descs(struct gm_adhoc *adhoc, struct gm_desc **descs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		descs[i] = gm_adhoc_take_desc(adhoc);
		if (descs[i] == NULL)
			break;
	}
	return i;
}

static void return_descs(struct gm_adhoc *adhoc, struct gm_desc **descs, size_t nr)
{
	while (nr-- > 0)
		gm_pool_return(&adhoc->descs, descs[nr], GM_CPU_HINT());
}

/* Claim nr pieces of claim->size / nr bytes, side by side. */
static int claim_pieces(struct gm_adhoc *adhoc, const struct gm_claim *claim, uint64_t piece,
			size_t nr, struct gm_desc **out)
{
	struct search s = { .adhoc = adhoc, .descs = out, .nr = nr, .piece = piece };
	uint64_t first, end, found;
	size_t taken, i;
	int err;

	err = gm_table_check_claim(&adhoc->table, claim, &s.claim, &first, &end);
	if (err != 0)
		return err;
	s.min_level = level_of(&adhoc->radix, s.claim.size | s.claim.align);
	taken = take_descs(adhoc, out, nr);
	gm_table_take_free(&adhoc->table, s.claim.size);
	err = taken == nr ? search(&s, first, end, &found) : -GM_ENOMEM;
	if (err != 0) {
		gm_table_give_free(&adhoc->table, s.claim.size);
		return_descs(adhoc, out, taken);
		return err;
	}
	for (i = 0; i < nr; i++)
		gm_ref_publish(out[i], s.claim.type, 1);
	gm_adhoc_aim(adhoc, gm_table_lane(&adhoc->table), piece,
		     adhoc->origin + found + s.claim.size);
	return 0;
}

int gm_adhoc_claim(struct gm_adhoc *adhoc, const struct gm_claim *claim, struct gm_desc **out)
{
	struct gm_desc *desc = gm_pool_take(&adhoc->descs, GM_CPU_HINT(), 0);
	int err;

	if (desc != NULL) {
		if (claim_slot(adhoc, claim, desc)) {
			*out = desc;
			return 0;
		}
		gm_pool_return(&adhoc->descs, desc, GM_CPU_HINT());
	}
	err = claim_pieces(adhoc, claim, claim->size, 1, &desc);
	if (err == 0)
		*out = desc;
	return err;
}

int gm_adhoc_claim_each(struct gm_adhoc *adhoc, const struct gm_claim *claim, size_t nr,
			struct gm_desc **out)
{
	uint64_t granule = gm_granule_size(adhoc->table.granule_shift);
	struct gm_claim whole = *claim;

	if (nr > adhoc->table.size >> adhoc->table.granule_shift)
		return nr > GM_PADDR_END / granule ? -GM_EOVERFLOW : -GM_ERANGE;
	whole.size = nr * granule;
	if (claim->align != 0 && claim->align < granule)
		return -GM_EALIGN;
	return claim_pieces(adhoc, &whole, granule, nr, out);
}
