/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/adhoc.h. */
#ifndef GM_INLINE_ADHOC_H
#define GM_INLINE_ADHOC_H

GM_BEGIN_DECLS

/* The root begins at a multiple of what one of its slots stands for, so that
 * offsets and addresses are aligned alike. Requires an address in the region. */
GM_INLINE uint64_t gm_adhoc_offset(const struct gm_adhoc *adhoc, uint64_t paddr)
{
	return paddr - adhoc->origin;
}

GM_INLINE struct gm_desc *gm_adhoc_find(const struct gm_adhoc *adhoc, struct gm_paddr paddr)
{
	uint64_t offset = gm_adhoc_offset(adhoc, paddr.value);
	gm_word value;

	/* Between the origin and the region's base there is never anything. */
	if (GM_UNLIKELY(offset >= adhoc->span))
		return NULL;
	value = gm_radix_lookup_top(&adhoc->radix, offset);
	if (GM_LIKELY((value & GM_RADIX_TAGS) == 0))
		return (struct gm_desc *)value;
	return gm_adhoc_find_below(adhoc, value, offset);
}

GM_INLINE int gm_adhoc_find_get(struct gm_adhoc *adhoc, struct gm_paddr paddr, unsigned type,
				struct gm_desc **out)
{
	struct gm_desc *desc = gm_adhoc_find(adhoc, paddr);
	int err = 1;

	if (GM_LIKELY(desc != NULL)) {
		err = gm_ref_try_get_type(desc, type);
		if (GM_LIKELY(err == 0 && gm_desc_covers(desc, paddr.value))) {
			*out = desc;
			return 0;
		}
	}
	return gm_adhoc_find_get_rest(adhoc, paddr, type, desc, err, out);
}

GM_INLINE int gm_adhoc_put(struct gm_adhoc *adhoc, struct gm_desc *desc)
{
	struct gm_object sole, gone; /* two: nobody reads the first, so nobody need write it */

	if (!gm_ref_put_sole(desc, &sole) && !gm_ref_put(desc, &gone))
		return 0;
	gm_adhoc_remove(adhoc, desc);
	return 1;
}

GM_END_DECLS

#endif
