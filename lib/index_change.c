/* SPDX-License-Identifier: BSD-2-Clause */
/* index_change.c - changes, under the index's lock; contracts in granmem/index.h. */
#include "index_internal.h"

/* Nodes that a call took before it changed anything. Each boundary of an object needs at
 * most one a level, and so does a tree that becomes higher. */
struct spare {
	gm_word *nodes[3 * GM_INDEX_LEVELS];
	unsigned nr;
};

/* Is a tree of this height high enough for [first, end)? */
static int holds(unsigned height, gm_word first, gm_word end)
{
	gm_word all = (gm_word)1 << gm_index_shift(height);

	/* Nothing but one unit may fill the slot of top: a lookup would not know its level. */
	return end < all || (end == all && (first != 0 || height == 0));
}

/* How many nodes lack for the slots of `level` at a unit, of those whose slots are below
 * level `cap`. */
static unsigned count_lacking(struct gm_index *index, gm_word unit, unsigned level, unsigned cap)
{
	struct gm_index_path path;

	if (!gm_index_is_empty(index)) {
		if (unit >> gm_index_shift(index->height) == 0) {
			(void)gm_index_walk(index, unit, level, &path);
			cap = path.level < cap ? path.level : cap;
		} else {
			/* In the nodes that make the tree higher. */
			while (unit >> gm_index_shift(cap) == 0)
				cap--;
		}
	}
	return cap > level ? cap - level : 0;
}

/* Take all nodes that [first, end) needs in a tree of `height`. */
static int prepare(struct gm_index *index, gm_word first, gm_word end, unsigned height,
		   struct spare *spare)
{
	gm_word nr = end - first;
	unsigned apart = height;

	spare->nr = gm_index_is_empty(index) ? 0 : height - index->height;
	spare->nr += count_lacking(index, first, gm_index_fit(first, nr), height);
	/* From where the last unit has other nodes than the first. */
	while (apart > 0 && (first ^ (end - 1)) >> gm_index_shift(apart) == 0)
		apart--;
	spare->nr += count_lacking(index, end - 1, gm_index_fit(end, nr), apart);
	return gm_index_take_nodes(index->store, spare->nodes, spare->nr);
}

static gm_word link_to(const gm_word *node, unsigned level)
{
	return (gm_word)node | (gm_word)level << GM_INDEX_LEVEL_SHIFT | GM_INDEX_NODE;
}

static void raise(struct gm_index *index, unsigned height, struct spare *spare)
{
	volatile gm_word *slot = gm_index_slot(index->top, 0);
	gm_word value = gm_atomic_load_relaxed(slot);
	unsigned kind;

	for (; index->height < height; index->height++) {
		gm_word *node;

		if (value == 0)
			continue;
		node = spare->nodes[--spare->nr];
		for (kind = 0; kind < GM_INDEX_KINDS; kind++)
			gm_atomic_store_relaxed(&node[kind],
						gm_atomic_load_relaxed(&index->top[kind]));
		gm_atomic_store_relaxed(gm_index_slot(node, 0), value);
		value = link_to(node, index->height);
		gm_index_publish(slot, value);
	}
}

/* A node in the slot where the way ends; a shadow there goes on in all its slots. */
static void add_node(struct gm_index_path *path, gm_word value, struct spare *spare)
{
	gm_word *node = spare->nodes[--spare->nr];
	unsigned i;

	for (i = 0; value != 0 && i < GM_INDEX_SLOTS; i++)
		gm_atomic_store_relaxed(gm_index_slot(node, i), value);
	if (value != 0)
		gm_atomic_store_relaxed(&node[GM_INDEX_KIND_SHADOWS], ~(gm_word)0);
	gm_index_publish(gm_index_slot(path->node[path->level],
				       gm_index_slot_of(path, path->level)),
			 link_to(node, path->level - 1));
	path->node[--path->level] = node;
}

/* Fill the first run of [first, end). Returns where the next begins. */
static gm_word fill(struct gm_index *index, gm_word first, gm_word end, gm_word object,
		    struct spare *spare)
{
	unsigned level = gm_index_fit(first, end - first);
	unsigned shift = gm_index_shift(level);
	struct gm_index_run run;
	gm_word value = gm_index_walk(index, first, level, &run.path);
	gm_word next;
	unsigned i;

	while (run.path.level > level)
		add_node(&run.path, value, spare);
	next = gm_index_measure(&run, end);
	for (i = 0; i < run.nr; i++) {
		volatile gm_word *slot = gm_index_slot(run.path.node[level], run.first + i);

		if (gm_atomic_load_relaxed(slot) & GM_INDEX_NODE)
			(void)gm_index_drop_shadows(index, first + ((gm_word)i << shift),
						    first + ((gm_word)(i + 1) << shift), level);
		gm_index_publish(slot, object);
	}
	gm_index_set(&run.path, GM_INDEX_KIND_OBJECTS, run.slots);
	gm_index_clear(&run.path, GM_INDEX_KIND_SHADOWS, run.slots);
	return next;
}

static int check(const struct gm_index *index, uint64_t offset, uint64_t size)
{
	unsigned shift = index->store->unit_shift;
	uint64_t end = index->store->end;

	if (!gm_granule_aligned(size, shift))
		return -GM_ESIZE;
	if (!gm_granule_aligned(offset, shift))
		return -GM_EALIGN;
	return offset >= end || size > end - offset ? -GM_ERANGE : 0;
}

/* May this object come in? */
static int check_object(const struct gm_index *index, const struct gm_desc *desc)
{
	return gm_desc_owner(desc) != index->owner ||
			       gm_atomic_load_relaxed(gm_index_place(index, desc)) != 0 ?
		       -GM_EINVAL :
		       0;
}

/* The first object, or shadow, in [first, end); or 0. */
static gm_word first_of(const struct gm_index *index, gm_word first, gm_word end, gm_word kinds)
{
	gm_word value = 0;
	unsigned level;

	while (value == 0 && first < end)
		value = gm_index_seek(index, &first, end, kinds, &level);
	return value;
}

int gm_index_insert(struct gm_index *index, uint64_t offset, struct gm_desc *desc, gm_word *shadow)
{
	gm_word first = gm_index_unit(index, offset);
	gm_word end = first + gm_index_unit(index, gm_desc_size(desc));
	unsigned height = index->height;
	struct spare spare;
	int err = check(index, offset, gm_desc_size(desc));

	if (err == 0)
		err = check_object(index, desc);
	if (err != 0)
		return err;
	if (first_of(index, first, end, GM_INDEX_OBJECTS) != 0)
		return -GM_EEXIST;
	while (!holds(height, first, end))
		height++;
	err = prepare(index, first, end, height, &spare);
	if (err != 0)
		return err;
	if (shadow != NULL)
		*shadow = first_of(index, first, end, GM_INDEX_SHADOWS) >> 2;
	/* relaxed: comes before the slots, whose release it goes with */
	gm_atomic_store_relaxed(gm_index_place(index, desc), first + 1);
	raise(index, height, &spare);
	while (first < end)
		first = fill(index, first, end, (gm_word)desc, &spare);
	return 0;
}

/* Where an object is in this index: its place, and its end in units. Returns 0 if it is
 * not. */
static gm_word locate(const struct gm_index *index, const struct gm_desc *desc, gm_word *end)
{
	gm_word place = gm_atomic_load_relaxed(gm_index_place(index, desc));

	if (gm_desc_owner(desc) != index->owner || place == 0)
		return 0;
	*end = place - 1 + gm_index_unit(index, gm_desc_size(desc));
	return place;
}

/* The first run of what is left of an object. Returns where the next begins. */
static gm_word next_run(struct gm_index *index, gm_word first, gm_word end,
			struct gm_index_run *run)
{
	(void)gm_index_walk(index, first, gm_index_fit(first, end - first), &run->path);
	return gm_index_measure(run, end);
}

/* The slots of a run become `value`, which is 0 or a shadow. */
static void empty(const struct gm_index_run *run, gm_word value)
{
	unsigned i;

	for (i = 0; i < GM_INDEX_KINDS; i++)
		if (i != GM_INDEX_KIND_SHADOWS)
			gm_index_clear(&run->path, i, run->slots);
	if (value != 0)
		gm_index_set(&run->path, GM_INDEX_KIND_SHADOWS, run->slots);
	for (i = 0; i < run->nr; i++)
		gm_atomic_store_relaxed(gm_index_slot(run->path.node[run->path.level],
						      run->first + i),
					value);
}

int gm_index_erase(struct gm_index *index, struct gm_desc *desc, gm_word shadow)
{
	struct gm_index_run run;
	gm_word first, end;

	if (shadow > GM_INDEX_SHADOW_MAX)
		return -GM_EINVAL;
	first = locate(index, desc, &end);
	if (first-- == 0)
		return -GM_ENOENT;
	while (first < end) {
		first = next_run(index, first, end, &run);
		empty(&run, shadow != 0 ? shadow << 2 | GM_INDEX_SHADOW : 0);
		gm_index_prune(index, &run.path, index->height);
	}
	/* relaxed: who still finds it in a slot finds it here too, or looks again */
	gm_atomic_store_relaxed(gm_index_place(index, desc), 0);
	return 0;
}

int gm_index_replace(struct gm_index *index, struct gm_desc *old, struct gm_desc *desc)
{
	struct gm_index_run run;
	gm_word end;
	gm_word first = locate(index, old, &end);
	unsigned i;

	if (first-- == 0)
		return -GM_ENOENT;
	if (check_object(index, desc) != 0)
		return -GM_EINVAL;
	if (gm_desc_size(old) != gm_desc_size(desc))
		return -GM_ESIZE;
	/* relaxed, both: as in insert and erase */
	gm_atomic_store_relaxed(gm_index_place(index, desc), first + 1);
	while (first < end) {
		first = next_run(index, first, end, &run);
		for (i = 0; i < run.nr; i++)
			gm_index_publish(gm_index_slot(run.path.node[run.path.level],
						       run.first + i),
					 (gm_word)desc);
	}
	gm_atomic_store_relaxed(gm_index_place(index, old), 0);
	return 0;
}

int gm_index_mark(struct gm_index *index, struct gm_desc *desc, gm_word set, gm_word clear)
{
	struct gm_index_run run;
	gm_word first, end, kinds;

	if (((set | clear) & ~GM_INDEX_MARKS) != 0)
		return -GM_EINVAL;
	first = locate(index, desc, &end);
	if (first-- == 0)
		return -GM_ENOENT;
	while (first < end) {
		first = next_run(index, first, end, &run);
		for (kinds = set; kinds != 0; kinds &= kinds - 1)
			gm_index_set(&run.path, gm_granule_trailing(kinds), run.slots);
		for (kinds = clear & ~set; kinds != 0; kinds &= kinds - 1)
			gm_index_clear(&run.path, gm_granule_trailing(kinds), run.slots);
	}
	return 0;
}

gm_word gm_index_marks(struct gm_index *index, const struct gm_desc *desc)
{
	struct gm_index_run run;
	gm_word first, end;
	gm_word marks = 0;
	unsigned kind;

	first = locate(index, desc, &end);
	if (first-- == 0)
		return 0;
	(void)next_run(index, first, end, &run);
	for (kind = GM_INDEX_KIND_MARKS; kind < GM_INDEX_KINDS; kind++)
		if (gm_atomic_load_relaxed(&run.path.node[run.path.level][kind]) & run.slots)
			marks |= (gm_word)1 << kind;
	return marks;
}

uint64_t gm_index_forget(struct gm_index *index, uint64_t first, uint64_t end)
{
	if (end > index->store->end)
		end = index->store->end;
	if (first >= end)
		return 0;
	return gm_index_drop_shadows(index, gm_index_unit(index, first),
				     gm_index_unit(index, end - 1) + 1, index->height);
}
