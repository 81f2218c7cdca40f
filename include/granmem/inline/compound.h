/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/compound.h. */
#ifndef GM_INLINE_COMPOUND_H
#define GM_INLINE_COMPOUND_H

GM_BEGIN_DECLS

GM_INLINE struct gm_desc *gm_compound_find(const struct gm_compound *compound,
					   struct gm_paddr paddr)
{
	const struct gm_blocks *blocks = &compound->blocks;
	unsigned shift = blocks->table.granule_shift;
	size_t stride = blocks->table.desc_size;
	struct gm_desc *desc;
	uint64_t granule, head;
	unsigned order1;

	if (GM_UNLIKELY(!gm_table_contains(&blocks->table, paddr.value)))
		return NULL;
	granule = paddr.value >> shift;
	desc = (struct gm_desc *)(void *)(blocks->descs +
					  (size_t)(granule - blocks->first_granule) * stride);
	/* relaxed: it leads to one of the descriptors that are always there, and
	 * the state word has the order */
	order1 = (unsigned)(gm_atomic_load_relaxed(gm_desc_flags_word(desc)) >>
			    GM_DESC_ORDER_SHIFT);
	if (GM_UNLIKELY(order1 == 0))
		return NULL;
	head = granule & (~(uint64_t)0 << (order1 - 1));
	return (struct gm_desc *)(void *)(blocks->descs +
					  (size_t)(head - blocks->first_granule) * stride);
}

GM_INLINE int gm_compound_find_get(struct gm_compound *compound, struct gm_paddr paddr,
				   unsigned type, struct gm_desc **out)
{
	struct gm_desc *desc = gm_compound_find(compound, paddr);
	int err = 0;

	if (GM_LIKELY(desc != NULL)) {
		err = gm_ref_try_get_type(desc, type);
		if (GM_LIKELY(err == 0) && GM_LIKELY(gm_desc_covers(desc, paddr.value))) {
			*out = desc;
			return 0;
		}
	}
	return gm_blocks_look_again(&compound->blocks, paddr, type, desc, err, out);
}

GM_END_DECLS

#endif
