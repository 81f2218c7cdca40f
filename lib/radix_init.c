/* SPDX-License-Identifier: BSD-2-Clause */
/* radix_init.c - the shape of a tree, and an empty one; contracts in granmem/radix.h. */
#include <granmem/radix.h>

GM_COLD void gm_radix_shape(struct gm_radix *radix, unsigned granule_shift)
{
	unsigned level;

	for (level = 0; level < GM_RADIX_LEVELS; level++) {
		unsigned shift = 6;

		if (level > 0)
			shift = granule_shift + (level - 1) * GM_RADIX_NODE_BITS;
		radix->shift[level] = (unsigned char)shift;
		radix->bytes[level] = gm_granule_size(shift);
		radix->slots[level] = GM_RADIX_NODE_SLOTS;
	}
	radix->slots[0] = (uint32_t)1 << (granule_shift - 6);
}

GM_COLD int gm_radix_init(struct gm_radix *radix, unsigned root_level, gm_word *root,
			  uint64_t nr_root, gm_word *summary, unsigned slab_shift,
			  struct gm_pool_lane *lanes, unsigned nr_lanes)
{
	unsigned level;

	radix->root = root;
	radix->nr_root = nr_root;
	radix->root_level = root_level;
	radix->below_root = radix->shift[root_level - 1];
	radix->summary = summary;
	for (level = 0; level < root_level; level++) {
		int err = gm_pool_init(&radix->nodes[level],
				       radix->slots[level] * (uint32_t)sizeof(gm_word),
				       sizeof(struct gm_radix_record), slab_shift,
				       lanes + (size_t)level * nr_lanes, nr_lanes);

		if (err != 0)
			return err;
		radix->reserve[level] = 0;
	}
	return 0;
}
