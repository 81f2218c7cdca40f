/* SPDX-License-Identifier: BSD-2-Clause */
/* radix_init.c - the shape of a tree, and an empty one; contracts in granmem/radix.h. */
#include <granmem/radix.h>

#include "pool_internal.h"
#include "radix_internal.h"

GM_COLD void gm_radix_shape(struct gm_radix *radix, unsigned granule_shift)
{
	size_t level;

	for (level = 0; level < GM_RADIX_LEVELS; level++) {
		unsigned shift = 6;

		if (level > 0)
			shift = granule_shift + (unsigned)(level - 1) * GM_RADIX_NODE_BITS;
		radix->levels[level].shift = shift;
		radix->levels[level].bytes = gm_granule_size(shift);
		radix->levels[level].mask = GM_RADIX_NODE_SLOTS - 1;
		radix->levels[level].record_shift = GM_RADIX_NODE_BITS - 1;
	}
	radix->levels[0].mask = ((uint64_t)1 << (granule_shift - 6)) - 1;
	/* A slot is a word, and a record two. */
	radix->levels[0].record_shift = granule_shift - 7;
}

GM_COLD void gm_radix_set_up_pool(struct gm_pool *pool, const struct gm_radix *radix, size_t level,
				  unsigned slab_shift, struct gm_pool_lane *lanes, size_t nr_lanes)
{
	gm_pool_set_up(pool, (uint32_t)gm_radix_slots(radix, level) * (uint32_t)sizeof(gm_word),
		       sizeof(struct gm_radix_record), slab_shift, lanes, nr_lanes);
}

GM_COLD void gm_radix_init(struct gm_radix *radix, gm_word *words, unsigned slab_shift,
			   struct gm_pool_lane *lanes, size_t nr_lanes)
{
	size_t root_level = radix->root_level;
	size_t level;

	radix->full = (uintptr_t)words -
		      (uintptr_t)(radix->first >> GM_RADIX_NODE_BITS) * sizeof(gm_word);
	radix->top = (uintptr_t)(words + (size_t)gm_radix_nr_groups(radix)) -
		     (uintptr_t)radix->first * sizeof(gm_word);
	radix->levels[root_level].mask = ~(uint64_t)0;
	radix->below_root = radix->levels[root_level - 1].shift;
	radix->group_shift = radix->levels[root_level].shift + GM_RADIX_NODE_BITS;
	if (radix->group_shift > 63)
		radix->group_shift = 63; /* all there is, and no offset reaches it */
	radix->slab_mask = ((uintptr_t)1 << slab_shift) - 1;
	for (level = 0; level < root_level; level++) {
		struct gm_pool *pool = &radix->nodes[level];

		gm_radix_set_up_pool(pool, radix, level, slab_shift,
				     lanes + (size_t)level * nr_lanes, nr_lanes);
		radix->levels[level].records = pool->records - ((uintptr_t)pool->first >>
								radix->levels[level].record_shift);
		radix->reserve[level] = 0;
	}
}
