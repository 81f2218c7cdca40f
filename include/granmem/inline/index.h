/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/index.h. */
#ifndef GM_INLINE_INDEX_H
#define GM_INLINE_INDEX_H

GM_BEGIN_DECLS

/* The nodes are its first member. */
GM_INLINE struct gm_index_store *gm_index_store_of(const struct gm_index *index)
{
	return (struct gm_index_store *)(void *)index->tree.store;
}

GM_INLINE volatile gm_word *gm_index_place(const struct gm_index *index, const struct gm_desc *desc)
{
	return (volatile gm_word *)((uintptr_t)desc + gm_index_store_of(index)->place_offset);
}

GM_INLINE uint64_t gm_index_start(const struct gm_index *index, gm_word place)
{
	return (uint64_t)(place >> GM_PLACE_UNITS_SHIFT) << gm_index_store_of(index)->unit_shift;
}

GM_INLINE int gm_index_covers(const struct gm_index *index, const struct gm_desc *desc,
			      gm_word place, uint64_t offset)
{
	return gm_desc_owner(desc) == index->owner &&
	       offset - gm_index_start(index, place) < gm_desc_size(desc);
}

GM_INLINE struct gm_desc *gm_index_find(const struct gm_index *index, uint64_t offset)
{
	gm_word value;

	if (GM_UNLIKELY(offset >= index->span))
		return NULL;
	value = gm_radix_find(&index->tree, offset);
	return GM_LIKELY((value & GM_RADIX_TAGS) == 0) ? (struct gm_desc *)value : NULL;
}

GM_INLINE int gm_index_find_get(struct gm_index *index, uint64_t offset, struct gm_desc **out)
{
	struct gm_desc *desc = gm_index_find(index, offset);
	int err = 1;

	if (GM_LIKELY(desc != NULL)) {
		err = gm_ref_try_get(desc);
		if (GM_LIKELY(err == 0)) {
			/* acquire: pairs with the release of insert, replace and mark */
			gm_word place = gm_atomic_load_acquire(gm_index_place(index, desc));

			if (GM_LIKELY((place & GM_PLACE_STATE) == GM_PLACE_HERE &&
				      gm_index_covers(index, desc, place, offset))) {
				*out = desc;
				return 0;
			}
		}
	}
	return gm_index_find_get_rest(index, offset, desc, err, out);
}

GM_INLINE int gm_index_pfn(const struct gm_index *index, uint64_t offset, unsigned shift,
			   struct gm_pfn *out)
{
	const struct gm_desc *desc = gm_index_find(index, offset);
	gm_word place;

	if (GM_UNLIKELY(desc == NULL))
		return -GM_ENOENT;
	/* relaxed: it stays as the caller knows it */
	place = gm_atomic_load_relaxed(gm_index_place(index, desc));
	return gm_run_pfn(desc, offset - gm_index_start(index, place), shift, out);
}

GM_END_DECLS

#endif
