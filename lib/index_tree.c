/* SPDX-License-Identifier: BSD-2-Clause */
/* index_tree.c - ways down the tree, and what changes along them; contracts in
 * index_internal.h. Everything here is for who has the index's lock, so loads are relaxed;
 * so are stores but gm_index_publish, see there. */
#include "index_internal.h"

gm_word gm_index_walk(struct gm_index *index, gm_word unit, unsigned stop_level,
		      struct gm_index_path *path)
{
	unsigned level = index->height;
	gm_word value;

	path->unit = unit;
	path->height = level;
	path->node[level] = index->top;
	for (;;) {
		value = gm_atomic_load_relaxed(
			gm_index_slot(path->node[level], gm_index_slot_of(path, level)));
		if (level == stop_level || (value & GM_INDEX_NODE) == 0)
			break;
		path->node[--level] = gm_index_node_of(value);
	}
	path->level = level;
	return value;
}

unsigned gm_index_fit(gm_word unit, gm_word nr)
{
	unsigned level = 0;

	while (nr >> gm_index_shift(level + 1) != 0 &&
	       gm_granule_aligned(unit, gm_index_shift(level + 1)))
		level++;
	return level;
}

gm_word gm_index_measure(struct gm_index_run *run, gm_word end)
{
	unsigned shift = gm_index_shift(run->path.level);
	gm_word nr = (end - run->path.unit) >> shift;

	run->first = gm_index_slot_of(&run->path, run->path.level);
	if (nr > GM_INDEX_SLOTS - run->first)
		nr = GM_INDEX_SLOTS - run->first;
	run->nr = (unsigned)nr;
	run->slots = ~(gm_word)0 >> (GM_INDEX_SLOTS - run->nr) << run->first;
	return run->path.unit + (nr << shift);
}

void gm_index_set(const struct gm_index_path *path, unsigned kind, gm_word slots)
{
	unsigned level = path->level;

	for (;;) {
		volatile gm_word *set = &path->node[level][kind];
		gm_word before = gm_atomic_load_relaxed(set);

		gm_atomic_store_relaxed(set, before | slots);
		/* Where there was one the nodes above know already. */
		if (before != 0 || level == path->height)
			return;
		slots = (gm_word)1 << gm_index_slot_of(path, ++level);
	}
}

void gm_index_clear(const struct gm_index_path *path, unsigned kind, gm_word slots)
{
	unsigned level = path->level;

	for (;;) {
		volatile gm_word *set = &path->node[level][kind];
		gm_word before = gm_atomic_load_relaxed(set);

		if ((before & slots) == 0)
			return;
		gm_atomic_store_relaxed(set, before & ~slots);
		if ((before & ~slots) != 0 || level == path->height)
			return;
		slots = (gm_word)1 << gm_index_slot_of(path, ++level);
	}
}

/*
 * Only from the bottom, and only what is empty: a tree is not made lower when its upper
 * nodes lead to one alone. Lookups rely on it (index.h).
 */
void gm_index_prune(struct gm_index *index, struct gm_index_path *path, unsigned stop_level)
{
	unsigned level;

	for (level = path->level; level < stop_level; level++) {
		gm_word *node = path->node[level];

		if ((gm_atomic_load_relaxed(&node[GM_INDEX_KIND_OBJECTS]) |
		     gm_atomic_load_relaxed(&node[GM_INDEX_KIND_SHADOWS])) != 0)
			return;
		gm_atomic_store_relaxed(gm_index_slot(path->node[level + 1],
						      gm_index_slot_of(path, level + 1)),
					0);
		gm_pool_return(&index->store->nodes, node, GM_CPU_HINT());
	}
	if (stop_level == path->height)
		index->height = 0;
}

uint64_t gm_index_drop_shadows(struct gm_index *index, gm_word first, gm_word end,
			       unsigned stop_level)
{
	struct gm_index_path path;
	uint64_t nr = 0;
	unsigned level;

	while (first < end) {
		unsigned slot;

		if (gm_index_seek(index, &first, end, GM_INDEX_SHADOWS, &level) == 0)
			continue;
		(void)gm_index_walk(index, first, level, &path);
		slot = gm_index_slot_of(&path, level);
		gm_index_clear(&path, GM_INDEX_KIND_SHADOWS, (gm_word)1 << slot);
		gm_atomic_store_relaxed(gm_index_slot(path.node[level], slot), 0);
		gm_index_prune(index, &path, stop_level);
		first = ((first >> gm_index_shift(level)) + 1) << gm_index_shift(level);
		nr++;
	}
	return nr;
}
