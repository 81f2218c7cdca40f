/* SPDX-License-Identifier: BSD-2-Clause */
/* radix.c - walking, filling and emptying the tree; contracts in granmem/radix.h. */
#include "memory_internal.h"
#include "radix_internal.h"

/*
 * The node word as values. Only the word decides whether a node is in the tree;
 * its slots are all zero whenever it is not LIVE.
 */
static gm_word node_live(gm_word word, gm_word refs)
{
	return GM_NODE_LIVE | (word & ~GM_NODE_REFS_MASK) | refs;
}

static __attribute__((__noinline__)) void start_at_root(const struct gm_radix *radix, uint64_t offset,
						     struct gm_radix_at *at)
{
	at->node = NULL;
	at->level = gm_radix_top(radix, offset, &at->index);
	at->slot = &radix->root[at->index];
}

/*
 * The walk reads each node's word before its slot and, at the end, once more.
 * Without that a zero, or a value, may be one of a node that was retired and
 * perhaps recycled for another place since its parent's slot was read. Both
 * reads showing the same life and `place` being right, the slot was read while
 * the node stood here. Otherwise the parent's slot tells: if it changed, a new
 * walk will see something else; if not, the node is just being retired.
 */
int gm_radix_walk(const struct gm_radix *radix, uint64_t offset, unsigned stop_level,
		  struct gm_radix_at *at)
{
	volatile gm_word *parent;
	struct gm_radix_record *record;
	gm_word parent_value, word;

again:
	parent = NULL;
	record = NULL;
	parent_value = word = 0;
	start_at_root(radix, offset, at);
	/* acquire: pairs with the release of link and cut, here and below */
	at->value = gm_atomic_load_acquire(at->slot);
	while ((at->value & GM_RADIX_NODE) && at->level > stop_level) {
		parent = at->slot;
		parent_value = at->value;
		at->level--;
		at->node = gm_radix_node(at->value);
		record = gm_radix_record(radix, at->level, at->node);
		/* acquire: pairs with the release that made the node LIVE */
		word = gm_atomic_load_acquire(&record->word);
		at->index = gm_radix_index(radix, at->level, offset);
		at->slot = &at->node[at->index];
		at->value = gm_atomic_load_acquire(at->slot);
	}
	if (at->node == NULL)
		return 0;
	/* The slot's acquire keeps the second read of the word behind it. */
	if (gm_radix_stood(radix, at->level, record, word, offset))
		return 0;
	/* relaxed: it is only compared */
	if (gm_atomic_load_relaxed(parent) != parent_value)
		goto again;
	return -GM_EBUSY;
}

/*
 * Unlink a node that the caller froze from its parent. Its slot there holds a
 * reference on the parent, and so on up: nothing on the way can change. relaxed:
 * it was linked before the node was LIVE.
 */
static void unlink_node(struct gm_radix *radix, unsigned level, gm_word *node, uint64_t offset,
			gm_word **parent)
{
	struct gm_radix_at at;

	start_at_root(radix, offset, &at);
	while (at.level > level + 1) {
		at.node = gm_radix_node(gm_atomic_load_relaxed(at.slot));
		at.level--;
		at.slot = &at.node[gm_radix_index(radix, at.level, offset)];
	}
	(void)GM_CHECK(gm_atomic_load_relaxed(at.slot) == (((gm_word)node) | GM_RADIX_NODE),
		       "radix: a node is not where it should be", node);
	/* release: who finds the slot empty finds the node frozen */
	gm_atomic_store_release(at.slot, 0);
	if (at.node == NULL)
		gm_radix_summarise(radix, at.index, (gm_word)0 - GM_RADIX_SUMMARY_USED);
	*parent = at.node;
}

/* Unlink first, then the pool, then the parent: who finds the node by a stale
 * pointer finds it frozen, or of another generation. */
void gm_radix_retire(struct gm_radix *radix, unsigned level, gm_word *node, uint64_t offset,
		     unsigned lane)
{
	gm_word *parent;

	unlink_node(radix, level, node, offset, &parent);
	gm_pool_return(&radix->store->nodes[level], node, lane);
	/* At most once for each level of the tree. */
	gm_radix_drop(radix, level + 1, parent, offset, 1, lane);
}

/* Off the everyday way, where it is smaller to call than to repeat. */
int gm_radix_keep(struct gm_radix *radix, const struct gm_radix_at *at, uint64_t offset, gm_word nr)
{
	return at->node != NULL ? gm_radix_hold(radix, at->level, at->node, offset, nr) : 0;
}

static __attribute__((__noinline__)) void drop(struct gm_radix *radix, unsigned level,
					       gm_word *node, uint64_t offset, gm_word nr,
					       unsigned lane)
{
	gm_radix_drop(radix, level, node, offset, nr, lane);
}

gm_word *gm_radix_take_node(struct gm_radix *radix, unsigned level, unsigned flags, unsigned lane)
{
	gm_word *node = gm_pool_take(&radix->store->nodes[level], lane,
				     (flags & GM_RADIX_THOROUGH) != 0);
	gm_word reserved;

	if (node != NULL || (flags & GM_RADIX_FROM_RESERVE) == 0)
		return node;
	reserved = gm_atomic_load_relaxed(&radix->store->reserve[level]);
	/* acquire: pairs with the release of who set it aside */
	if (reserved == 0 || !gm_atomic_cas_acquire(&radix->store->reserve[level], reserved, 0))
		return NULL;
	return (gm_word *)reserved;
}

void gm_radix_return_node(struct gm_radix *radix, unsigned level, gm_word *node, unsigned lane)
{
	gm_pool_return(&radix->store->nodes[level], node, lane);
}

/*
 * It becomes LIVE only when it is linked (I10): a stale walker that knew the
 * same node at the same place in an earlier life could otherwise fill it, and
 * what it filled would be lost if linking fails.
 */
int gm_radix_insert_node(struct gm_radix_link *link, const struct gm_radix_at *at, uint64_t offset,
			 gm_word *node, gm_word refs)
{
	struct gm_radix *radix = link->radix;
	struct gm_radix_record *record = gm_radix_record(radix, at->level - 1, node);

	gm_radix_settle(radix, at->level - 1, record, offset);
	if (gm_radix_keep(radix, at, offset, 1) != 0)
		return 0;
	/* release: pairs with the acquire of walks and lookups; the next walk of the
	 * caller acquires with this what emptied the slot */
	if (!gm_atomic_cas_release(at->slot, at->value, (gm_word)node | GM_RADIX_NODE)) {
		drop(radix, at->level, at->node, offset, 1, link->lane);
		return 0;
	}
	/* release: pairs with the acquire of walk and hold */
	gm_atomic_store_release(&record->word,
				node_live(gm_atomic_load_relaxed(&record->word), refs));
	if (at->node == NULL)
		gm_radix_summarise(radix, at->index, GM_RADIX_SUMMARY_USED);
	link->made[at->level - 1] = node;
	return 1;
}

/* Put a new node into the empty slot that was walked to. After 0 walk again. */
static int add_node(struct gm_radix_link *link, const struct gm_radix_at *at, uint64_t offset)
{
	gm_word *node = gm_radix_take_node(link->radix, at->level - 1, link->flags, link->lane);

	if (node == NULL) {
		*link->short_of = at->level - 1;
		return -GM_ENOMEM;
	}
	if (!gm_radix_insert_node(link, at, offset, node, 1))
		gm_radix_return_node(link->radix, at->level - 1, node, link->lane);
	return 0;
}

/* What is in the way of a slot. A node that holds nothing will soon be gone. */
static int conflict(const struct gm_radix *radix, unsigned level, gm_word value)
{
	gm_word word;

	if ((value & GM_RADIX_NODE) == 0)
		return -GM_EEXIST;
	word = gm_atomic_load_relaxed(
		&gm_radix_record(radix, level - 1, gm_radix_node(value))->word);
	return (word & GM_NODE_LIVE) != 0 && (word & GM_NODE_REFS_MASK) != 0 ? -GM_EEXIST :
									       -GM_EBUSY;
}

/* Fill the slots of one node from `*from` on, as many as [*from, end) covers. */
static int fill(struct gm_radix_link *link, const struct gm_radix_at *at, uint64_t *from,
		uint64_t end)
{
	struct gm_radix *radix = link->radix;
	unsigned shift = radix->store->shift[at->level];
	uint64_t start = *from;
	uint64_t nr = (end - start) >> shift;
	uint64_t in_node = gm_radix_end_index(radix, at) - at->index;
	uint64_t i;

	if (nr > in_node)
		nr = in_node;
	if (gm_radix_keep(radix, at, start, (gm_word)nr) != 0)
		return 0; /* walk again: it has moved, or says busy */
	for (i = 0; i < nr; i++) {
		/*
		 * release: pairs with the acquire of lookups; acquire: with the
		 * release of the unlink that emptied the slot, so that the memory's
		 * last user comes before its next.
		 */
		if (!gm_atomic_cas_acq_rel(at->slot + i, 0, link->value)) {
			gm_word value = gm_atomic_load_acquire(at->slot + i);

			drop(radix, at->level, at->node, start, (gm_word)(nr - i), link->lane);
			/* 0: emptied since then; the next try will tell */
			return value == 0 ? -GM_EBUSY : conflict(radix, at->level, value);
		}
		if (at->node == NULL)
			gm_radix_summarise(radix, at->index + i, GM_RADIX_SUMMARY_WHOLE);
		*from += gm_granule_size(shift);
	}
	return 0;
}

/* The level of the largest slot that begins at offset and ends by end. */
static unsigned fitting_level(const struct gm_radix *radix, uint64_t offset, uint64_t end)
{
	unsigned level = radix->root_level;

	while (level > 0 && (!gm_granule_aligned(offset, radix->store->shift[level]) ||
			     end - offset < gm_granule_size(radix->store->shift[level])))
		level--;
	return level;
}

void gm_radix_drop_made(struct gm_radix_link *link, uint64_t offset)
{
	unsigned level;

	for (level = 0; level < link->radix->root_level; level++) {
		drop(link->radix, level, link->made[level], offset, 1, link->lane);
		link->made[level] = NULL;
	}
}

/* Walk to where *from goes, and fill there, or make the node that lacks. */
static __attribute__((__noinline__)) int link_step(struct gm_radix_link *link, uint64_t *from,
						   uint64_t end)
{
	unsigned level = fitting_level(link->radix, *from, end);
	uint64_t start = *from;
	struct gm_radix_at at;
	int err = gm_radix_walk(link->radix, start, level, &at);

	if (err == 0 && at.value != 0)
		err = conflict(link->radix, at.level, at.value);
	if (err == 0 && at.level > level) {
		err = add_node(link, &at, start);
		if (err == 0)
			return 0;
	}
	if (err == 0)
		err = fill(link, &at, from, end);
	gm_radix_drop_made(link, start);
	return err;
}

void gm_radix_begin_link(struct gm_radix_link *link, struct gm_radix *radix, gm_word value,
			 unsigned flags, unsigned lane, unsigned *short_of)
{
	gm_memory_clear(link, sizeof(*link));
	link->radix = radix;
	link->value = value;
	link->flags = flags;
	link->lane = lane;
	link->short_of = short_of;
}

int gm_radix_link(struct gm_radix *radix, uint64_t first, uint64_t end, gm_word value,
		  unsigned flags, unsigned lane, unsigned *short_of)
{
	struct gm_radix_link link;
	uint64_t from = first;
	int err = 0;

	gm_radix_begin_link(&link, radix, value, flags, lane, short_of);
	while (err == 0 && from < end)
		err = link_step(&link, &from, end);
	if (err != 0 && from != first)
		gm_radix_unlink(radix, first, from, value, lane);
	return err;
}

/* The slot that holds the caller's own value, which nobody else can move. relaxed:
 * it was linked by the caller, or before the caller had it. */
static void walk_own(const struct gm_radix *radix, uint64_t offset, struct gm_radix_at *at)
{
	start_at_root(radix, offset, at);
	at->value = gm_atomic_load_relaxed(at->slot);
	while (at->value & GM_RADIX_NODE) {
		at->node = gm_radix_node(at->value);
		at->level--;
		at->index = gm_radix_index(radix, at->level, offset);
		at->slot = &at->node[at->index];
		at->value = gm_atomic_load_relaxed(at->slot);
	}
}

/*
 * Store `to` in the slots that hold `from`, from the one at *offset to the end of
 * its node or of the range. Returns how many; *offset moves behind them.
 */
static gm_word store_run(const struct gm_radix *radix, const struct gm_radix_at *at,
			 uint64_t *offset, uint64_t end, gm_word from, gm_word to)
{
	uint64_t slots = gm_radix_end_index(radix, at);
	gm_word nr = 0;

	while (*offset < end && at->index + nr < slots &&
	       gm_atomic_load_relaxed(at->slot + nr) == from) {
		/* release: pairs with the acquire of lookups, and of the link that
		 * fills the slot next */
		gm_atomic_store_release(at->slot + nr, to);
		*offset = gm_radix_end_of(radix, at, *offset);
		nr++;
	}
	return nr;
}

void gm_radix_unlink(struct gm_radix *radix, uint64_t first, uint64_t end, gm_word value,
		     unsigned lane)
{
	while (first < end) {
		uint64_t start = first;
		struct gm_radix_at at;
		gm_word nr, i;

		walk_own(radix, first, &at);
		if (!GM_CHECK(at.value == value, "radix: unlink of what is not there", radix))
			return;
		nr = store_run(radix, &at, &first, end, value, 0);
		for (i = 0; at.node == NULL && i < nr; i++)
			gm_radix_summarise(radix, at.index + i,
					   (gm_word)0 - GM_RADIX_SUMMARY_WHOLE);
		drop(radix, at.level, at.node, start, nr, lane);
	}
}

void gm_radix_relabel(struct gm_radix *radix, uint64_t first, uint64_t end, gm_word from,
		      gm_word to)
{
	while (first < end) {
		struct gm_radix_at at;

		walk_own(radix, first, &at);
		if (!GM_CHECK(at.value == from, "radix: relabel of what is not there", radix))
			return;
		(void)store_run(radix, &at, &first, end, from, to);
	}
}
