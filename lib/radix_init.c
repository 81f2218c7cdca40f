/* SPDX-License-Identifier: BSD-2-Clause */
/* radix_init.c - the shape of a tree, and an empty one; contracts in granmem/radix.h. */
#include <granmem/radix.h>

GM_COLD void gm_radix_shape(struct gm_radix *radix, unsigned granule_shift)
{
	size_t level;

	for (level = 0; level < GM_RADIX_LEVELS; level++) {
		unsigned shift = 6;

		if (level > 0)
			shift = granule_shift + (unsigned)(level - 1) * GM_RADIX_NODE_BITS;
		radix->shift[level] = (unsigned char)shift;
		radix->bytes[level] = gm_granule_size(shift);
		radix->slots[level] = GM_RADIX_NODE_SLOTS;
		radix->record_shift[level] = GM_RADIX_NODE_BITS - 1;
	}
	radix->slots[0] = (uint32_t)1 << (granule_shift - 6);
	/* A slot is a word, and a record two. */
	radix->record_shift[0] = (unsigned char)(granule_shift - 7);
}

GM_COLD int gm_radix_init(struct gm_radix *radix, size_t root_level, gm_word *root,
			  uint64_t nr_root, gm_word *full, unsigned slab_shift,
			  struct gm_pool_lane *lanes, unsigned nr_lanes)
{
	size_t level;

	radix->root = root;
	radix->nr_root = nr_root;
	radix->slots[root_level] = 0;
	radix->root_level = root_level;
	radix->below_root = radix->shift[root_level - 1];
	radix->full = full;
	radix->group_shift = radix->shift[root_level] + GM_RADIX_NODE_BITS;
	if (radix->group_shift > 63)
		radix->group_shift = 63; /* all there is, and no offset reaches it */
	radix->slab_mask = ((uintptr_t)1 << slab_shift) - 1;
	for (level = 0; level < root_level; level++) {
		struct gm_pool *pool = &radix->nodes[level];
		int err = gm_pool_init(pool, radix->slots[level] * (uint32_t)sizeof(gm_word),
				       sizeof(struct gm_radix_record), slab_shift,
				       lanes + (size_t)level * nr_lanes, nr_lanes);

		if (err != 0)
			return err;
		radix->records[level] =
			pool->records - ((uintptr_t)pool->first >> radix->record_shift[level]);
		radix->reserve[level] = 0;
	}
	return 0;
}
