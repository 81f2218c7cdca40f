/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/adhoc.h. */
#ifndef GM_INLINE_ADHOC_H
#define GM_INLINE_ADHOC_H

GM_BEGIN_DECLS

GM_INLINE struct gm_desc *gm_adhoc_find(const struct gm_adhoc *adhoc, struct gm_paddr paddr)
{
	gm_word value;

	if (GM_UNLIKELY(!gm_table_contains(&adhoc->table, paddr.value)))
		return NULL;
	value = gm_radix_lookup_top(&adhoc->radix, paddr.value);
	if (GM_LIKELY((value & GM_RADIX_TAGS) == 0))
		return (struct gm_desc *)value;
	return gm_adhoc_find_below(adhoc, value, paddr.value);
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
	struct gm_object gone;

	if (!gm_ref_put(desc, &gone))
		return 0;
	gm_adhoc_remove(adhoc, desc);
	return 1;
}

GM_INLINE int gm_adhoc_put_sole(struct gm_adhoc *adhoc, struct gm_desc *desc)
{
	struct gm_object gone;

	if (!gm_ref_put_sole(desc, &gone))
		return gm_adhoc_put(adhoc, desc);
	gm_adhoc_remove(adhoc, desc);
	return 1;
}

GM_END_DECLS

#endif
