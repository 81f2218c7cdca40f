/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/radix.h. */
#ifndef GM_INLINE_RADIX_H
#define GM_INLINE_RADIX_H

GM_BEGIN_DECLS

GM_INLINE uint64_t gm_radix_nr_slots(const struct gm_radix *radix, size_t level, uint64_t base,
				     uint64_t end)
{
	unsigned shift = radix->levels[level].shift;

	return ((end - 1) >> shift) - (base >> shift) + 1;
}

GM_INLINE uint64_t gm_radix_nr_groups(const struct gm_radix *radix)
{
	return ((radix->end - 1) >> GM_RADIX_NODE_BITS) - (radix->first >> GM_RADIX_NODE_BITS) + 1;
}

GM_INLINE gm_word *gm_radix_root_slot(const struct gm_radix *radix, uint64_t index)
{
	/* Of integers: what is before the first slot is not the root's. */
	return (gm_word *)(radix->top + (uintptr_t)index * sizeof(gm_word));
}

GM_INLINE struct gm_radix_record *gm_radix_record(const struct gm_radix *radix, size_t level,
						  const gm_word *node)
{
	/* gm_pool_record, where the elements are as large as a power of two and aligned
	 * to that: then a shift finds it. */
	uintptr_t offset = (uintptr_t)node & radix->slab_mask;

	return (struct gm_radix_record *)((uintptr_t)node - offset + radix->levels[level].records +
					  (offset >> radix->levels[level].record_shift));
}

GM_INLINE gm_word *gm_radix_node(gm_word value)
{
	return (gm_word *)(value - GM_RADIX_NODE);
}

GM_INLINE uint64_t gm_radix_index(const struct gm_radix *radix, size_t level, uint64_t offset)
{
	return (offset >> radix->levels[level].shift) & radix->levels[level].mask;
}

GM_INLINE gm_word gm_radix_slots(const struct gm_radix *radix, size_t level)
{
	return (gm_word)radix->levels[level].mask + 1;
}

GM_INLINE uint64_t gm_radix_left(const struct gm_radix *radix, const struct gm_radix_at *at)
{
	return (at->node == NULL ? radix->end : gm_radix_slots(radix, at->level)) - at->index;
}

GM_INLINE gm_word gm_radix_place(const struct gm_radix *radix, size_t level, uint64_t offset)
{
	return (gm_word)(offset >> radix->levels[level + 1].shift) << 3 | level;
}

GM_INLINE size_t gm_radix_level_of(const struct gm_radix *radix, uint64_t size)
{
	size_t level;

	for (level = 0; level <= radix->root_level; level++)
		if (size == radix->levels[level].bytes)
			return level;
	return GM_RADIX_LEVELS;
}

/* A root is at level 2 at least, so each of its slots stands for as many of the
 * level below as a node has, and one variable shift serves both. */
GM_INLINE gm_word gm_radix_lookup_top(const struct gm_radix *radix, uint64_t offset)
{
	uint64_t at = offset >> radix->below_root;
	/* acquire: pairs with the release of link, here and below */
	gm_word value = gm_atomic_load_acquire(gm_radix_root_slot(radix, at >> GM_RADIX_NODE_BITS));

	/* Likely: the way with the second load is the one to keep straight. */
	if (GM_LIKELY((value & GM_RADIX_NODE) != 0))
		value = gm_atomic_load_acquire(
			&gm_radix_node(value)[at & (GM_RADIX_NODE_SLOTS - 1)]);
	return value;
}

GM_INLINE gm_word gm_radix_lookup_below(const struct gm_radix *radix, gm_word value,
					uint64_t offset)
{
	size_t level = radix->root_level - 1;

	while (value & GM_RADIX_NODE) {
		level--;
		value = gm_atomic_load_acquire(
			&gm_radix_node(value)[gm_radix_index(radix, level, offset)]);
	}
	return value;
}

GM_INLINE gm_word gm_radix_lookup(const struct gm_radix *radix, uint64_t offset)
{
	return gm_radix_lookup_below(radix, gm_radix_lookup_top(radix, offset), offset);
}

GM_END_DECLS

#endif
