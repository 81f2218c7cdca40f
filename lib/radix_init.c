/* SPDX-License-Identifier: BSD-2-Clause */
/* radix_init.c - the shape of a tree, and an empty one; contracts in granmem/radix.h. */
#include <granmem/radix.h>

#define OFFSET_BITS 64
#define LINE_SHIFT 6 /* of a cache line */

void gm_radix_shape(struct gm_radix_store *store, unsigned unit_shift, unsigned first_bits,
		    unsigned bits)
{
	unsigned shift = unit_shift;
	unsigned level;

	store->nr_levels = 0;
	for (level = 0; level < GM_RADIX_LEVELS; level++) {
		int fits = shift < OFFSET_BITS;

		store->nr_levels += (unsigned)fits;
		store->shift[level] = (unsigned char)(fits ? shift : OFFSET_BITS - 1);
		store->bytes[level] = fits ? gm_granule_size(shift) : 0;
		store->slots[level] = (uint32_t)1 << (level == 0 ? first_bits : bits);
		shift += level == 0 ? first_bits : bits;
	}
}

/* Words of one label. */
static uint64_t label_words(uint64_t slots)
{
	return (slots + GM_RADIX_LABEL_SLOTS - 1) / GM_RADIX_LABEL_SLOTS;
}

uint32_t gm_radix_node_bytes(const struct gm_radix_store *store, unsigned level)
{
	uint32_t slots = store->slots[level];
	uint32_t words = slots + store->nr_labels * (uint32_t)label_words(slots);
	uint32_t bytes = words * (uint32_t)sizeof(gm_word);

	return store->nr_labels != 0 ? (uint32_t)gm_granule_up(bytes, LINE_SHIFT) : bytes;
}

uint64_t gm_radix_root_labels(const struct gm_radix_store *store, uint64_t nr_root)
{
	return store->nr_labels * label_words(nr_root);
}

int gm_radix_init_store(struct gm_radix_store *store, unsigned nr_pools, unsigned nr_labels,
			unsigned slab_shift, struct gm_pool_lane *lanes, unsigned nr_lanes)
{
	unsigned level;

	store->nr_labels = nr_labels;
	for (level = 0; level < nr_pools; level++) {
		int err = gm_pool_init(&store->nodes[level], gm_radix_node_bytes(store, level),
				       sizeof(struct gm_radix_record), slab_shift,
				       lanes + (size_t)level * nr_lanes, nr_lanes);

		if (err != 0)
			return err;
		store->reserve[level] = 0;
	}
	return 0;
}

void gm_radix_init(struct gm_radix *radix, struct gm_radix_store *store, unsigned root_level,
		   gm_word *root, uint64_t nr_root, gm_word *summary, gm_word *labels)
{
	radix->store = store;
	radix->root = root;
	radix->nr_root = nr_root;
	radix->root_level = root_level;
	radix->below_root = root_level != 0 ? store->shift[root_level - 1] : 0;
	radix->summary = summary;
	radix->labels = labels;
}
