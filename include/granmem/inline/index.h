/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/index.h. */
#ifndef GM_INLINE_INDEX_H
#define GM_INLINE_INDEX_H

GM_BEGIN_DECLS

GM_INLINE gm_word gm_index_unit(const struct gm_index *index, uint64_t offset)
{
	return (gm_word)(offset >> index->store->unit_shift);
}

GM_INLINE volatile gm_word *gm_index_place(const struct gm_index *index, const struct gm_desc *desc)
{
	return (volatile gm_word *)((uintptr_t)desc + index->store->place_offset);
}

GM_INLINE uint64_t gm_index_start(const struct gm_index *index, gm_word place)
{
	return (uint64_t)(place - 1) << index->store->unit_shift;
}

GM_INLINE int gm_index_covers(const struct gm_index *index, const struct gm_desc *desc,
			      gm_word place, gm_word unit)
{
	return gm_desc_owner(desc) == index->owner && place != 0 &&
	       unit + 1 - place < gm_index_unit(index, gm_desc_size(desc));
}

GM_INLINE int gm_index_has(const struct gm_index *index, gm_word kinds)
{
	unsigned kind;

	for (kind = 0; kind < GM_INDEX_KINDS; kind++)
		if ((kinds >> kind & 1) != 0 && gm_atomic_load_relaxed(&index->top[kind]) != 0)
			return 1;
	return 0;
}

GM_INLINE int gm_index_is_empty(const struct gm_index *index)
{
	return gm_atomic_load_relaxed(&index->top[GM_INDEX_KINDS]) == 0;
}

GM_INLINE gm_word gm_index_lookup(const struct gm_index *index, gm_word unit)
{
	/* acquire: pairs with the release of gm_index_publish, here and below */
	gm_word value = gm_atomic_load_acquire(&index->top[GM_INDEX_KINDS]);
	unsigned shift;

	if ((value & GM_INDEX_NODE) == 0)
		return unit == 0 ? value : 0;
	shift = (unsigned)((value & GM_INDEX_LEVEL_MASK) >> GM_INDEX_LEVEL_SHIFT) * GM_INDEX_BITS;
	if (unit >> shift >> GM_INDEX_BITS != 0)
		return 0;
	for (;;) {
		const gm_word *node = (const gm_word *)(value & ~(gm_word)(GM_INDEX_SLOTS - 1));

		value = gm_atomic_load_acquire(
			&node[GM_INDEX_KINDS + (unit >> shift) % GM_INDEX_SLOTS]);
		/* At the lowest level a node is that of another place, where this one has
		 * gone. */
		if ((value & GM_INDEX_NODE) == 0 || shift == 0)
			return value;
		shift -= GM_INDEX_BITS;
	}
}

GM_INLINE struct gm_desc *gm_index_find(const struct gm_index *index, uint64_t offset)
{
	gm_word value = 0;

	if (GM_LIKELY(offset < index->store->end))
		value = gm_index_lookup(index, gm_index_unit(index, offset));
	return GM_LIKELY((value & GM_INDEX_TAGS) == 0) ? (struct gm_desc *)value : NULL;
}

GM_INLINE int gm_index_find_get(const struct gm_index *index, uint64_t offset,
				struct gm_desc **out)
{
	struct gm_desc *desc = gm_index_find(index, offset);
	int err = 0;

	if (GM_LIKELY(desc != NULL)) {
		err = gm_ref_try_get(desc);
		/* relaxed: the place was written before the slot that led here */
		if (GM_LIKELY(err == 0) &&
		    GM_LIKELY(gm_index_covers(
			    index, desc, gm_atomic_load_relaxed(gm_index_place(index, desc)),
			    gm_index_unit(index, offset)))) {
			*out = desc;
			return 0;
		}
	}
	return gm_index_find_get_rest(index, offset, desc, err, out);
}

GM_INLINE int gm_index_pfn(const struct gm_index *index, uint64_t offset, unsigned shift,
			   struct gm_pfn *out)
{
	const struct gm_desc *desc = gm_index_find(index, offset);

	if (GM_UNLIKELY(desc == NULL))
		return -GM_ENOENT;
	/* relaxed: it stays as the caller knows it */
	return gm_run_pfn(
		desc,
		offset - gm_index_start(index, gm_atomic_load_relaxed(gm_index_place(index, desc))),
		shift, out);
}

GM_END_DECLS

#endif
