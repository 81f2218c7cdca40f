/* SPDX-License-Identifier: BSD-2-Clause */
/* radix.c - walking, filling and emptying the tree; contracts in granmem/radix.h. */
#include "memory_internal.h"
#include "pool_internal.h"
#include "radix_internal.h"

/*
 * The node word as values. Only the word decides whether a node is in the tree;
 * its slots are all zero whenever it is not LIVE.
 */
static gm_word node_live(gm_word word, gm_word refs)
{
	return GM_NODE_LIVE | (word & ~GM_NODE_REFS_MASK) | refs;
}

/* LIVE, and of one generation: what two reads of the word must agree in. */
static gm_word node_life(gm_word word)
{
	return word & ~GM_NODE_REFS_MASK;
}

/* Frozen: not LIVE, next generation. */
static gm_word node_frozen(gm_word word)
{
	return (node_life(word) + ((gm_word)1 << GM_NODE_REFS_BITS)) & ~GM_NODE_LIVE;
}

/* A slot by its index; the root's from radix->top on, hence of integers. */
static volatile gm_word *slot_of(uintptr_t slots, uint64_t index)
{
	return (gm_word *)(slots + (uintptr_t)index * sizeof(gm_word));
}

/*
 * The walk reads each node's word before its slot and, at the end, once more.
 * Without that a zero, or a value, may be one of a node that was retired and
 * perhaps recycled for another place since its parent's slot was read. Both
 * reads showing the same life and `place` being right, the slot was read while
 * the node stood here. Otherwise the parent's slot tells: if it changed, a new
 * walk will see something else; if not, the node is just being retired.
 */
int gm_radix_walk(const struct gm_radix *radix, uint64_t offset, size_t stop_level,
		  struct gm_radix_at *at)
{
	volatile gm_word *parent;
	struct gm_radix_record *record;
	gm_word parent_value;
	uintptr_t slots;

again:
	parent = NULL;
	record = NULL;
	parent_value = at->word = 0;
	at->node = NULL;
	at->level = radix->root_level;
	slots = radix->top;
	for (;;) {
		at->index = gm_radix_index(radix, at->level, offset);
		at->slot = slot_of(slots, at->index);
		/* acquire: pairs with the release of link and cut */
		at->value = gm_atomic_load_acquire(at->slot);
		if ((at->value & GM_RADIX_NODE) == 0 || at->level == stop_level)
			break;
		parent = at->slot;
		parent_value = at->value;
		at->level--;
		at->node = gm_radix_node(at->value);
		slots = (uintptr_t)at->node;
		record = gm_radix_record(radix, at->level, at->node);
		/* acquire: pairs with the release that made the node LIVE */
		at->word = gm_atomic_load_acquire(&record->word);
	}
	if (at->node == NULL)
		return 0;
	/* The slot's acquire keeps the second read of the word behind it. */
	if ((at->word & GM_NODE_LIVE) != 0 &&
	    gm_atomic_load_acquire(&record->place) == gm_radix_place(radix, at->level, offset) &&
	    node_life(gm_atomic_load_relaxed(&record->word)) == node_life(at->word))
		return 0;
	/* relaxed: it is only compared */
	if (gm_atomic_load_relaxed(parent) != parent_value)
		goto again;
	return -GM_EBUSY;
}

/*
 * The slot, of stop_level at least, where nobody else can change what the walk meets:
 * the caller's own value, or a node that it froze, whose slot holds a reference on its
 * parent, and so on up. relaxed: it was linked before the caller had it.
 */
static void walk_own(const struct gm_radix *radix, uint64_t offset, size_t stop_level,
		     struct gm_radix_at *at)
{
	uintptr_t slots = radix->top;

	at->node = NULL;
	at->level = radix->root_level;
	for (;;) {
		at->index = gm_radix_index(radix, at->level, offset);
		at->slot = slot_of(slots, at->index);
		at->value = gm_atomic_load_relaxed(at->slot);
		if ((at->value & GM_RADIX_NODE) == 0 || at->level == stop_level)
			return;
		at->node = gm_radix_node(at->value);
		slots = (uintptr_t)at->node;
		at->level--;
	}
}

/* gm_radix_take_off, off the everyday way. */
static GM_NOINLINE gm_word take_off(const struct gm_radix *radix, size_t level, const gm_word *node,
				    uint64_t offset, gm_word nr)
{
	return gm_radix_take_off(radix, level, node, offset, nr);
}

/* Unlink first, then the pool, then the parent: who finds the node by a stale pointer
 * finds it frozen, or of another generation. Once for each level of the tree at most. */
void gm_radix_retire(struct gm_radix *radix, size_t level, gm_word *node, uint64_t offset,
		     gm_word word)
{
	struct gm_radix_at at;

	do {
		struct gm_radix_record *record = gm_radix_record(radix, level, node);

		/* acquire: pairs with the release of take_off */
		if (!gm_atomic_cas_acquire(&record->word, word, node_frozen(word)))
			return;
		walk_own(radix, offset, level + 1, &at);
		(void)GM_CHECK(at.value == ((gm_word)node | GM_RADIX_NODE),
			       "radix: a node is not where it should be", node);
		/* release: who finds the slot empty finds the node frozen */
		gm_atomic_store_release(at.slot, 0);
		gm_radix_return_node(radix, level, node);
		level = at.level;
		node = at.node;
		word = take_off(radix, level, node, offset, 1);
	} while ((word & GM_NODE_REFS_MASK) == 0);
}

GM_NOINLINE void gm_radix_drop_rarely(struct gm_radix *radix, size_t level, gm_word *node,
				      uint64_t offset, gm_word nr)
{
	gm_word now = take_off(radix, level, node, offset, nr);

	if ((now & GM_NODE_REFS_MASK) == 0)
		gm_radix_retire(radix, level, node, offset, now);
}

/* gm_radix_hold, off the everyday way. */
static GM_NOINLINE int hold(struct gm_radix *radix, size_t level, const gm_word *node,
			    uint64_t offset, gm_word nr)
{
	return gm_radix_hold(radix, level, node, offset, nr);
}

gm_word *gm_radix_take_node(struct gm_radix *radix, size_t level, unsigned flags)
{
	int thorough = (flags & GM_RADIX_THOROUGH) != 0;
	gm_word *node = gm_pool_take_rarely(&radix->nodes[level], thorough);
	gm_word reserved;

	if (node != NULL || (flags & GM_RADIX_FROM_RESERVE) == 0)
		return node;
	reserved = gm_atomic_load_relaxed(&radix->reserve[level]);
	/* acquire: pairs with the release of who set it aside */
	if (reserved == 0 || !gm_atomic_cas_acquire(&radix->reserve[level], reserved, 0))
		return NULL;
	return (gm_word *)reserved;
}

void gm_radix_return_node(struct gm_radix *radix, size_t level, gm_word *node)
{
	gm_pool_return_rarely(&radix->nodes[level], node);
}

/* What link works on. */
struct link {
	struct gm_radix *radix;
	gm_word value;
	unsigned flags;
	size_t *short_of;
	/* A node made on the way to the place that is filled next, or NULL: it has one
	 * reference more, so that it cannot be retired before it is used. */
	gm_word *made;
	size_t made_level;
};

/*
 * Put a new node into the empty slot that was walked to. After 0 walk again.
 *
 * It becomes LIVE only when it is linked (I10): a stale walker that knew the
 * same node at the same place in an earlier life could otherwise fill it, and
 * what it filled would be lost if linking fails.
 */
static int add_node(struct link *link, const struct gm_radix_at *at, uint64_t offset)
{
	struct gm_radix *radix = link->radix;
	size_t level = at->level - 1;
	gm_word *node = gm_radix_take_node(radix, level, link->flags);
	struct gm_radix_record *record;

	if (node == NULL) {
		*link->short_of = level;
		return -GM_ENOMEM;
	}
	record = gm_radix_record(radix, level, node);
	/* release: pairs with the acquire of walk and hold */
	gm_atomic_store_release(&record->place, gm_radix_place(radix, level, offset));
	if (hold(radix, at->level, at->node, offset, 1) != 0) {
		gm_radix_return_node(radix, level, node);
		return 0;
	}
	/* release: pairs with the acquire of walks and lookups; the next walk of the
	 * caller acquires with this what emptied the slot */
	if (!gm_atomic_cas_release(at->slot, 0, (gm_word)node | GM_RADIX_NODE)) {
		gm_radix_return_node(radix, level, node);
		gm_radix_drop_rarely(radix, at->level, at->node, offset, 1);
		return 0;
	}
	/* release: pairs with the acquire of walk and hold */
	gm_atomic_store_release(&record->word, node_live(gm_atomic_load_relaxed(&record->word), 1));
	link->made = node;
	link->made_level = level;
	return 0;
}

/* What is in the way of a slot. A node that holds nothing will soon be gone. */
static int conflict(const struct gm_radix *radix, size_t level, gm_word value)
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
static int fill(struct link *link, const struct gm_radix_at *at, uint64_t *from, uint64_t end)
{
	struct gm_radix *radix = link->radix;
	unsigned shift = radix->levels[at->level].shift;
	uint64_t start = *from;
	uint64_t nr = (end - start) >> shift;
	uint64_t in_node = gm_radix_left(radix, at);
	uint64_t i;

	if (nr > in_node)
		nr = in_node;
	if (hold(radix, at->level, at->node, start, (gm_word)nr) != 0)
		return 0; /* walk again: it has moved, or says busy */
	for (i = 0; i < nr; i++) {
		/*
		 * release: pairs with the acquire of lookups; acquire: with the
		 * release of the unlink that emptied the slot, so that the memory's
		 * last user comes before its next.
		 */
		if (!gm_atomic_cas_acq_rel(at->slot + i, 0, link->value)) {
			gm_word value = gm_atomic_load_acquire(at->slot + i);

			gm_radix_drop_rarely(radix, at->level, at->node, start, (gm_word)(nr - i));
			/* 0: emptied since then; the next try will tell */
			return value == 0 ? -GM_EBUSY : conflict(radix, at->level, value);
		}
		*from += gm_granule_size(shift);
	}
	return 0;
}

GM_NOINLINE size_t gm_radix_level_at(const struct gm_radix *radix, uint64_t offset, uint64_t end)
{
	size_t level = radix->root_level;

	while (level > 0 && ((offset & (radix->levels[level].bytes - 1)) != 0 ||
			     end - offset < radix->levels[level].bytes))
		level--;
	return level;
}

/* Walk to where *from goes, and fill there, or make the node that lacks. */
static GM_NOINLINE int link_step(struct link *link, uint64_t *from, uint64_t end)
{
	struct gm_radix *radix = link->radix;
	size_t level = gm_radix_level_at(radix, *from, end);
	gm_word *made = link->made;
	size_t made_level = link->made_level;
	uint64_t start = *from;
	struct gm_radix_at at;
	int err = gm_radix_walk(radix, start, level, &at);

	link->made = NULL;
	if (err == 0 && at.value != 0)
		err = conflict(radix, at.level, at.value);
	if (err == 0)
		err = at.level > level ? add_node(link, &at, start) : fill(link, &at, from, end);
	/* By now something else keeps it, or nothing needs it. */
	if (made != NULL)
		gm_radix_drop_rarely(radix, made_level, made, start, 1);
	return err;
}

int gm_radix_link(struct gm_radix *radix, uint64_t first, uint64_t end, gm_word value,
		  unsigned flags, size_t *short_of)
{
	struct link link = { radix, value, flags, short_of, NULL, 0 };
	uint64_t from = first;
	int err = 0;

	while (err == 0 && from < end)
		err = link_step(&link, &from, end);
	if (err != 0 && from != first)
		gm_radix_unlink(radix, first, from, value);
	return err;
}

/*
 * Store `to` in the slots that hold `from`, from the one at *offset to the end of
 * its node, or 512 of the root, or of the range. Returns how many; *offset moves behind them.
 */
static gm_word store_run(const struct gm_radix *radix, const struct gm_radix_at *at,
			 uint64_t *offset, uint64_t end, gm_word from, gm_word to)
{
	uint64_t mask = at->node == NULL ? GM_RADIX_NODE_SLOTS - 1 : radix->levels[at->level].mask;
	uint64_t most = mask + 1 - (at->index & mask);
	unsigned shift = radix->levels[at->level].shift;
	gm_word nr = 0;

	while (*offset < end && nr < most &&
	       gm_atomic_load_relaxed(at->slot + nr) == from) {
		/* release: pairs with the acquire of lookups, and of the link that
		 * fills the slot next */
		gm_atomic_store_release(at->slot + nr, to);
		*offset = gm_granule_down(*offset, shift) + gm_granule_size(shift);
		nr++;
	}
	return nr;
}

int gm_radix_unlink(struct gm_radix *radix, uint64_t first, uint64_t end, gm_word value)
{
	while (first < end) {
		uint64_t start = first;
		struct gm_radix_at at;
		gm_word nr;

		walk_own(radix, first, 0, &at);
		if (!GM_CHECK(at.value == value, "radix: unlink of what is not there", radix))
			return 0;
		nr = store_run(radix, &at, &first, end, value, 0);
		gm_radix_drop_rarely(radix, at.level, at.node, start, nr);
	}
	return 1;
}

void gm_radix_relabel(struct gm_radix *radix, uint64_t first, uint64_t end, gm_word from,
		      gm_word to)
{
	while (first < end) {
		struct gm_radix_at at;

		walk_own(radix, first, 0, &at);
		if (!GM_CHECK(at.value == from, "radix: relabel of what is not there", radix))
			return;
		(void)store_run(radix, &at, &first, end, from, to);
	}
}
