/* SPDX-License-Identifier: BSD-2-Clause */
/* index_verify.c - the checks of an index; contracts in granmem/index.h. */
#include "index_internal.h"

/* A walk through all slots, in ascending order of their units. */
struct walk {
	const struct gm_index *index;
	struct gm_index_verify *out;
	const gm_word *node[GM_INDEX_LEVELS + 1];
	unsigned slot[GM_INDEX_LEVELS + 1];
	unsigned level;
	gm_word unit; /* where the slot begins */

	/* The object that slots are being passed of, or 0. */
	gm_word object;
	gm_word at, end; /* its next unit, and where it ends */
	gm_word kinds;   /* its marks, and that it is an object */
};

static void require(struct walk *walk, int cond, const char *text)
{
	if (cond)
		return;
	if (walk->out->nr_errors++ == 0) {
		walk->out->first = text;
		walk->out->where = (uint64_t)walk->unit << walk->index->store->unit_shift;
	}
}

/* The kinds in whose sets the slot is. */
static gm_word kinds_of(const struct walk *walk)
{
	gm_word kinds = 0;
	unsigned kind;

	for (kind = 0; kind < GM_INDEX_KINDS; kind++) {
		gm_word set = gm_atomic_load_relaxed(&walk->node[walk->level][kind]);

		kinds |= (set >> walk->slot[walk->level] & 1) << kind;
	}
	return kinds;
}

/* The kinds of which a node has any. */
static gm_word kinds_below(const gm_word *node)
{
	gm_word kinds = 0;
	unsigned kind;

	for (kind = 0; kind < GM_INDEX_KINDS; kind++)
		kinds |= (gm_word)(gm_atomic_load_relaxed(&node[kind]) != 0) << kind;
	return kinds;
}

static void begin_object(struct walk *walk, gm_word value, gm_word kinds)
{
	const struct gm_desc *desc = (const struct gm_desc *)value;
	gm_word place = gm_atomic_load_relaxed(gm_index_place(walk->index, desc));

	require(walk, gm_desc_owner(desc) == walk->index->owner, "another owner's object");
	require(walk, place == walk->unit + 1, "an object with another place");
	require(walk, (kinds & ~GM_INDEX_MARKS) == GM_INDEX_OBJECTS, "an object in wrong sets");
	walk->object = value;
	walk->at = walk->unit;
	walk->end = walk->unit + gm_index_unit(walk->index, gm_desc_size(desc));
	walk->kinds = kinds;
	walk->out->nr_objects++;
}

static void check_object(struct walk *walk, gm_word value, gm_word kinds)
{
	if (value != walk->object)
		begin_object(walk, value, kinds);
	require(walk, kinds == walk->kinds, "the slots of an object have different marks");
	require(walk, walk->level == gm_index_fit(walk->unit, walk->end - walk->unit),
		"a slot of a level that does not fit the object");
	walk->at = walk->unit + ((gm_word)1 << gm_index_shift(walk->level));
	if (walk->at == walk->end)
		walk->object = 0;
}

/* Returns 1 if the walk goes down. */
static int check_node(struct walk *walk, gm_word value, gm_word kinds)
{
	const gm_word *node = gm_index_node_of(value);

	if (walk->level == 0 || gm_index_level_of(value) != walk->level - 1) {
		require(walk, 0, "a node of a wrong level");
		return 0;
	}
	require(walk, kinds == kinds_below(node), "a node whose sets its parent does not have");
	require(walk, (kinds & (GM_INDEX_OBJECTS | GM_INDEX_SHADOWS)) != 0, "an empty node");
	walk->node[--walk->level] = node;
	walk->slot[walk->level] = 0;
	walk->out->nr_nodes++;
	return 1;
}

/* Returns 1 if the walk goes down. */
static int check_slot(struct walk *walk)
{
	gm_word value = gm_atomic_load_relaxed(
		&walk->node[walk->level][GM_INDEX_KINDS + walk->slot[walk->level]]);
	gm_word kinds = kinds_of(walk);

	if (value & GM_INDEX_NODE)
		return check_node(walk, value, kinds);
	require(walk, value == 0 || walk->level != walk->index->height || walk->level == 0,
		"no node where the tree begins");
	require(walk, walk->object == 0 || walk->object == value, "an object has no end");
	if (gm_index_is_object(value)) {
		check_object(walk, value, kinds);
		return 0;
	}
	walk->object = 0;
	require(walk, kinds == (value != 0 ? GM_INDEX_SHADOWS : 0), "a slot in wrong sets");
	walk->out->nr_shadows += value != 0;
	return 0;
}

/* To the slot that begins where this one ends. Returns 0 at the end. */
static int advance(struct walk *walk)
{
	unsigned top = walk->index->height;

	while (walk->level < top && walk->slot[walk->level] == GM_INDEX_SLOTS - 1)
		walk->level++;
	if (walk->level == top)
		return 0;
	walk->slot[walk->level]++;
	walk->unit = ((walk->unit >> gm_index_shift(walk->level)) + 1)
		     << gm_index_shift(walk->level);
	return 1;
}

int gm_index_verify(const struct gm_index *index, struct gm_index_verify *out)
{
	struct walk walk;

	out->nr_errors = 0;
	out->first = NULL;
	out->where = 0;
	out->nr_objects = 0;
	out->nr_shadows = 0;
	out->nr_nodes = 0;
	walk.index = index;
	walk.out = out;
	walk.level = index->height;
	walk.node[walk.level] = index->top;
	walk.slot[walk.level] = 0;
	walk.unit = 0;
	walk.object = 0;
	do {
		while (check_slot(&walk))
			;
	} while (advance(&walk));
	require(&walk, walk.object == 0, "an object has no end");
	require(&walk, index->height == 0 || !gm_index_is_empty(index), "an empty tree is high");
	return out->nr_errors == 0 ? 0 : -GM_ECORRUPT;
}
