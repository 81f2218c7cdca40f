/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/blocks.h. */
#ifndef GM_INLINE_BLOCKS_H
#define GM_INLINE_BLOCKS_H

GM_BEGIN_DECLS

GM_INLINE uint64_t gm_blocks_nr_summary(uint64_t nr_granules)
{
	return (nr_granules + GM_BLOCKS_GROUP - 1) >> GM_BLOCKS_GROUP_SHIFT;
}

GM_INLINE volatile gm_word *gm_blocks_word(const struct gm_blocks *blocks, uint64_t index)
{
	return (volatile gm_word *)(void *)(blocks->words + (size_t)index * blocks->word_stride);
}

GM_INLINE gm_word gm_blocks_load(const struct gm_blocks *blocks, uint64_t index)
{
	/* acquire: pairs with the release of gm_blocks_store and gm_blocks_free */
	return gm_atomic_load_acquire(gm_blocks_word(blocks, index)) & blocks->word_mask;
}

GM_INLINE struct gm_desc *gm_blocks_own(const struct gm_blocks *blocks, uint64_t index)
{
	return (struct gm_desc *)(void *)(blocks->descs + (size_t)index * blocks->table.desc_size);
}

GM_INLINE struct gm_desc *gm_blocks_led(const struct gm_blocks *blocks, uint64_t index,
					gm_word word)
{
	uint64_t granule = blocks->first_granule + index;
	unsigned order;

	if (blocks->descs == NULL)
		return (struct gm_desc *)word;
	order = (unsigned)(word >> GM_DESC_ORDER_SHIFT) - 1;
	granule &= ~(uint64_t)0 << order;
	return gm_blocks_own(blocks, granule - blocks->first_granule);
}

GM_INLINE struct gm_desc *gm_blocks_desc(const struct gm_blocks *blocks, uint64_t index,
					 gm_word word)
{
	int leads = blocks->descs == NULL ? (word & GM_BLOCKS_KIND_MASK) == GM_BLOCKS_OBJECT :
					    (word & GM_DESC_ORDER_MASK) != 0;

	return leads ? gm_blocks_led(blocks, index, word) : NULL;
}

GM_INLINE uint64_t gm_blocks_index(const struct gm_blocks *blocks, uint64_t paddr)
{
	return (paddr - blocks->table.base) >> blocks->table.granule_shift;
}

GM_INLINE gm_word gm_blocks_order_word(uint64_t nr)
{
	return (gm_word)(gm_granule_log2(nr) + 1) << GM_DESC_ORDER_SHIFT;
}

GM_END_DECLS

#endif
