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
	return (volatile gm_word *)(void *)(blocks->words + (size_t)index * blocks->stride);
}

GM_INLINE gm_word gm_blocks_load(const struct gm_blocks *blocks, uint64_t index)
{
	/* acquire: pairs with the release of gm_blocks_store and gm_blocks_free */
	return gm_atomic_load_acquire(gm_blocks_word(blocks, index)) & blocks->word_mask;
}

GM_INLINE struct gm_desc *gm_blocks_own(const struct gm_blocks *blocks, uint64_t index)
{
	return (struct gm_desc *)(void *)(blocks->descs + (size_t)index * blocks->stride);
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
	/* An order's low bits are clear, as an object's are. */
	if (word == 0 || (word & GM_BLOCKS_KIND_MASK) != GM_BLOCKS_OBJECT)
		return NULL;
	return gm_blocks_led(blocks, index, word);
}

GM_INLINE uint64_t gm_blocks_index(const struct gm_blocks *blocks, uint64_t paddr)
{
	return (paddr - blocks->table.base) >> blocks->table.granule_shift;
}

GM_INLINE int gm_blocks_check(const struct gm_blocks *blocks, const struct gm_object *object,
			      uint64_t *first, uint64_t *nr)
{
	uint64_t base = object->base.value;
	uint64_t size = object->size;
	int err;

	if (object->type == 0 || object->type > GM_TYPE_MAX)
		return -GM_EINVAL;
	*nr = size >> blocks->table.granule_shift;
	if (*nr == 0 || (size & (size - 1)) != 0)
		return -GM_ESIZE;
	err = gm_granule_check_range(base, size, blocks->table.base, blocks->table.size);
	if (err != 0)
		return err;
	if ((base & (size - 1)) != 0)
		return -GM_EALIGN;
	*first = gm_blocks_index(blocks, base);
	return *first + *nr > blocks->nr_usable ? -GM_EEXIST : 0;
}

GM_INLINE gm_word gm_blocks_order_word(uint64_t nr)
{
	gm_word order1 = 1;

	/* Fewer steps than the words that the caller writes. */
	while ((nr >>= 1) != 0)
		order1++;
	return order1 << GM_DESC_ORDER_SHIFT;
}

GM_INLINE int gm_blocks_check_removal(const struct gm_blocks *blocks, const struct gm_desc *desc,
				      uint64_t *first, uint64_t *nr)
{
	uint64_t base = gm_desc_base(desc);
	gm_word word;

	*first = gm_blocks_index(blocks, base);
	*nr = gm_desc_size(desc) >> blocks->table.granule_shift;
	/* Destroyed, and still linked; a life that is over has no type. */
	return GM_CHECK(gm_ref_type(desc) == 0 && gm_table_contains(&blocks->table, base) &&
				gm_blocks_look(blocks, *first, &word) == desc,
			"remove: not an object that the caller ended", desc);
}

GM_END_DECLS

#endif
