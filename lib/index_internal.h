/* SPDX-License-Identifier: BSD-2-Clause */
/* index_internal.h - the tree from the inside, for the files of the index. */
#ifndef GM_INDEX_INTERNAL_H
#define GM_INDEX_INTERNAL_H

#include <granmem/index.h>

/* The kinds by their number. */
#define GM_INDEX_KIND_OBJECTS 0u
#define GM_INDEX_KIND_SHADOWS 1u
#define GM_INDEX_KIND_MARKS 2u /* the first of them */

/* What a slot of this level stands for is 2^shift units. */
static inline unsigned gm_index_shift(unsigned level)
{
	return level * GM_INDEX_BITS;
}

static inline unsigned gm_index_level_of(gm_word value)
{
	return (unsigned)((value & GM_INDEX_LEVEL_MASK) >> GM_INDEX_LEVEL_SHIFT);
}

static inline gm_word *gm_index_node_of(gm_word value)
{
	return (gm_word *)(value & ~(gm_word)(GM_INDEX_SLOTS - 1));
}

static inline volatile gm_word *gm_index_slot(gm_word *node, unsigned index)
{
	return &node[GM_INDEX_KINDS + index];
}

static inline int gm_index_is_object(gm_word value)
{
	return value != 0 && (value & GM_INDEX_TAGS) == 0;
}

static inline int gm_index_is_shadow(gm_word value)
{
	return (value & GM_INDEX_TAGS) == GM_INDEX_SHADOW;
}

/* gm_index_publish - an object or a node into a slot; what is only emptied, or gets a
 * shadow, tells nobody anything and needs no order. */
static inline void gm_index_publish(volatile gm_word *slot, gm_word value)
{
	/* release: pairs with the acquire of gm_index_lookup and gm_index_seek */
	gm_atomic_store_release(slot, value);
}

/*
 * The way to a unit, for who has the lock: node[level] is the one whose slots are of that
 * level; node[height] is top. Those below where the way ended are not written.
 */
struct gm_index_path {
	gm_word *node[GM_INDEX_LEVELS + 1];
	gm_word unit;
	unsigned height;
	unsigned level; /* where it ended */
};

/* gm_index_walk - down to stop_level, or to the last node before. Returns the slot's word. */
gm_word gm_index_walk(struct gm_index *index, gm_word unit, unsigned stop_level,
		      struct gm_index_path *path);

/* gm_index_slot_of - which slot of its node the way goes through. */
static inline unsigned gm_index_slot_of(const struct gm_index_path *path, unsigned level)
{
	if (level == path->height)
		return 0;
	return (unsigned)(path->unit >> gm_index_shift(level)) % GM_INDEX_SLOTS;
}

/*
 * gm_index_seek - one way down to the first slot that has any of the kinds.
 *
 * Returns the object in it, or the shadow if that is what is looked for; *unit moved to
 * where the slot begins, or stayed inside it, and *level is the slot's. Or 0: there was
 * nothing from *unit as it was to *unit as it is; go on there.
 */
gm_word gm_index_seek(const struct gm_index *index, gm_word *unit, gm_word end, gm_word kinds,
		      unsigned *level);

/* gm_index_set, gm_index_clear - put slots of the node where a way ended into the set of a
 * kind, or take them out, and its nodes above into and out of theirs. */
void gm_index_set(const struct gm_index_path *path, unsigned kind, gm_word slots);
void gm_index_clear(const struct gm_index_path *path, unsigned kind, gm_word slots);

/* gm_index_prune - return the nodes from the end of a way up, below stop_level, in which
 * nothing is left. */
void gm_index_prune(struct gm_index *index, struct gm_index_path *path, unsigned stop_level);

/* gm_index_drop_shadows - remove those that cover any of [first, end), and the nodes below
 * stop_level that have nothing else. Returns the number of slots. */
uint64_t gm_index_drop_shadows(struct gm_index *index, gm_word first, gm_word end,
			       unsigned stop_level);

/* gm_index_take_nodes - nr nodes, or none. Returns 0, -GM_EBUSY or -GM_ENOMEM. */
GM_MUST_CHECK int gm_index_take_nodes(struct gm_index_store *store, gm_word **nodes, unsigned nr);

/* The slots of one node that an object fills. */
struct gm_index_run {
	struct gm_index_path path;
	unsigned first;
	unsigned nr;
	gm_word slots; /* the same as a set */
};

/* gm_index_fit - the level of the largest slots that begin, or end, at a unit and are no
 * longer than an object of so many. */
unsigned gm_index_fit(gm_word unit, gm_word nr);

/* gm_index_measure - the run of an object that ends at `end`, from where the way led: to
 * the level that fits. Returns where the run ends. */
gm_word gm_index_measure(struct gm_index_run *run, gm_word end);

#endif
