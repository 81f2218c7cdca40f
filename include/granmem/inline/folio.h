/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/folio.h. */
#ifndef GM_INLINE_FOLIO_H
#define GM_INLINE_FOLIO_H

GM_BEGIN_DECLS

GM_INLINE int gm_folio_init(struct gm_folio *folio, const struct gm_table_config *config,
			    void *buffer, uint64_t bytes)
{
	return buffer != NULL ? gm_folio_init_buffer(folio, config, buffer, bytes) :
				gm_folio_init_hosted(folio, config);
}

GM_INLINE struct gm_desc *gm_folio_find(const struct gm_folio *folio, struct gm_paddr paddr)
{
	const struct gm_blocks *blocks = &folio->blocks;
	uint64_t granule = paddr.value >> blocks->table.granule_shift;
	gm_word word;

	/* Of the granule, not of what is shifted: a random lookup takes 2 % less on x86-64, where
	 * a shift by a register may also have to wait for the flags of a comparison. */
	if (GM_UNLIKELY(granule - blocks->first_granule >= blocks->nr_granules))
		return NULL;
	/* From where the word of address 0 would be, as the word then need not wait for a
	 * subtraction. Of integers: what is there is not the table's.
	 * acquire: pairs with the release of gm_blocks_store and gm_blocks_free */
	word = gm_atomic_load_acquire(
		(const gm_word *)(folio->top + (size_t)granule * sizeof(gm_word)));
	/* A word that is all zero is NULL already. */
	if (GM_UNLIKELY((word & GM_BLOCKS_KIND_MASK) != GM_BLOCKS_OBJECT))
		return NULL;
	return (struct gm_desc *)word;
}

GM_INLINE int gm_folio_find_get(struct gm_folio *folio, struct gm_paddr paddr, unsigned type,
				struct gm_desc **out)
{
	struct gm_desc *desc = gm_folio_find(folio, paddr);
	int err = -GM_ENOENT;

	if (GM_LIKELY(desc != NULL)) {
		err = gm_ref_try_get_type(desc, type);
		if (GM_LIKELY(err == 0) && GM_LIKELY(gm_desc_covers(desc, paddr.value))) {
			*out = desc;
			return 0;
		}
	}
	return gm_blocks_look_again(&folio->blocks, paddr, type, desc, err, out);
}

GM_INLINE int gm_folio_put(struct gm_folio *folio, struct gm_desc *desc)
{
	struct gm_object gone;

	if (!gm_ref_put(desc, &gone))
		return 0;
	gm_folio_remove(folio, desc);
	return 1;
}

GM_END_DECLS

#endif
