/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/granmem.h. */
#ifndef GM_INLINE_GRANMEM_H
#define GM_INLINE_GRANMEM_H

GM_BEGIN_DECLS

GM_INLINE int gm_find_get(const struct gm_space *space, struct gm_paddr paddr, unsigned type,
			  struct gm_desc **out)
{
	return gm_space_find_get(space, paddr, type, out);
}

GM_INLINE void gm_get(struct gm_desc *desc)
{
	gm_ref_get(desc);
}

GM_INLINE int gm_pin(struct gm_desc *desc)
{
	return gm_ref_try_pin(desc);
}

GM_INLINE int gm_put(const struct gm_space *space, struct gm_desc *desc)
{
	return gm_space_put(space, desc);
}

GM_INLINE int gm_unpin(const struct gm_space *space, struct gm_desc *desc)
{
	struct gm_object gone;
	int last = gm_ref_unpin(desc, &gone);

	if (last)
		gm_space_remove(space, desc);
	return last;
}

GM_INLINE int gm_pfn_at(const struct gm_desc *desc, uint64_t offset, unsigned shift,
			struct gm_pfn *out)
{
	return gm_run_pfn(desc, offset, shift, out);
}

GM_END_DECLS

#endif
