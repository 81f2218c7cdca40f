/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/radix.h. */
#ifndef GM_INLINE_RADIX_H
#define GM_INLINE_RADIX_H

GM_BEGIN_DECLS

GM_INLINE uint64_t gm_radix_nr_root(const struct gm_radix_store *store, unsigned level,
				    uint64_t end)
{
	return ((end - 1) >> store->shift[level]) + 1;
}

GM_INLINE struct gm_radix_record *gm_radix_record(const struct gm_radix *radix, unsigned level,
						  const gm_word *node)
{
	const struct gm_pool *pool = &radix->store->nodes[level];
	uintptr_t records = (uintptr_t)gm_pool_slab_of(pool, node) + pool->records;

	return (struct gm_radix_record *)records + gm_pool_index_of(pool, node);
}

GM_INLINE gm_word *gm_radix_node(gm_word value)
{
	return (gm_word *)(value - GM_RADIX_NODE);
}

GM_INLINE uint32_t gm_radix_index(const struct gm_radix *radix, unsigned level, uint64_t offset)
{
	return (uint32_t)(offset >> radix->store->shift[level]) & (radix->store->slots[level] - 1);
}

GM_INLINE unsigned gm_radix_top(const struct gm_radix *radix, uint64_t offset, uint32_t *index)
{
	unsigned level = radix->root_level;

	if (radix->nr_root != 0) {
		*index = (uint32_t)(offset >> radix->store->shift[level]);
		return level;
	}
	level = 0;
	while (offset >> radix->store->shift[level] != 0)
		level++;
	*index = level;
	return level;
}

GM_INLINE gm_word gm_radix_place(const struct gm_radix *radix, unsigned level, uint64_t offset)
{
	return (gm_word)(offset >> radix->store->shift[level + 1]) << 4 | level;
}

GM_INLINE unsigned gm_radix_level_of(const struct gm_radix *radix, uint64_t size)
{
	unsigned level;

	for (level = 0; level <= radix->root_level; level++)
		if (size == radix->store->bytes[level])
			return level;
	return GM_RADIX_LEVELS;
}

/* A root is at level 2 at least, so each of its slots stands for as many of the
 * level below as a node has, and one variable shift serves both. */
GM_INLINE gm_word gm_radix_lookup_top(const struct gm_radix *radix, uint64_t offset)
{
	uint64_t at = offset >> radix->below_root;
	/* acquire: pairs with the release of link, here and below */
	gm_word value = gm_atomic_load_acquire(&radix->root[at >> GM_RADIX_NODE_BITS]);

	/* Likely: the way with the second load is the one to keep straight. */
	if (GM_LIKELY((value & GM_RADIX_NODE) != 0))
		value = gm_atomic_load_acquire(
			&gm_radix_node(value)[at & (GM_RADIX_NODE_SLOTS - 1)]);
	return value;
}

GM_INLINE gm_word gm_radix_lookup(const struct gm_radix *radix, uint64_t offset)
{
	unsigned level = radix->root_level - 1;
	gm_word value = gm_radix_lookup_top(radix, offset);

	while (value & GM_RADIX_NODE) {
		uint64_t index;

		level--;
		index = (offset >> radix->store->shift[level]) & (radix->store->slots[level] - 1);
		value = gm_atomic_load_acquire(&gm_radix_node(value)[index]);
	}
	return value;
}

GM_INLINE gm_word gm_radix_find(const struct gm_radix *radix, uint64_t offset)
{
	uint32_t index;
	unsigned level = gm_radix_top(radix, offset, &index);
	/* acquire: pairs with the release of link, here and below */
	gm_word value = gm_atomic_load_acquire(&radix->root[index]);

	while (value & GM_RADIX_NODE) {
		index = gm_radix_index(radix, --level, offset);
		value = gm_atomic_load_acquire(&gm_radix_node(value)[index]);
	}
	return value;
}

GM_END_DECLS

#endif
