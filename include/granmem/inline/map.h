/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/map.h. */
#ifndef GM_INLINE_MAP_H
#define GM_INLINE_MAP_H

GM_BEGIN_DECLS

GM_INLINE gm_word gm_map_count(const struct gm_desc *desc)
{
	const struct gm_mapped *mapped = (const struct gm_mapped *)desc;

	/* acquire: pairs with the release of finish, behind its reports */
	return gm_atomic_load_acquire(&mapped->maps);
}

GM_INLINE int gm_map_is_mapped(const struct gm_desc *desc)
{
	return gm_map_count(desc) != 0;
}

GM_INLINE int gm_map_is_shared(const struct gm_desc *desc)
{
	return gm_map_count(desc) > 1;
}

GM_INLINE int gm_map_gather_is_full(const struct gm_map_gather *gather)
{
	return gather->nr == gather->max;
}

GM_INLINE void gm_map_set_prot(const struct gm_map_space *as, struct gm_pte *leaf, uint32_t prot)
{
	if ((leaf->prot & ~prot & GM_PROT_WRITE) != 0)
		leaf->flags |= as->unnoted & GM_PTE_DIRTY;
	leaf->prot = prot;
}

GM_END_DECLS

#endif
