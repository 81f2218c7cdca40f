/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/compound.h. */
#ifndef GM_INLINE_COMPOUND_H
#define GM_INLINE_COMPOUND_H

GM_BEGIN_DECLS

GM_INLINE int gm_compound_init(struct gm_compound *compound, const struct gm_table_config *config,
			       void *buffer, uint64_t bytes)
{
	return buffer != NULL ? gm_compound_init_buffer(compound, config, buffer, bytes) :
				gm_compound_init_hosted(compound, config);
}

GM_INLINE struct gm_desc *gm_compound_find(const struct gm_compound *compound,
					   struct gm_paddr paddr)
{
	const struct gm_blocks *blocks = &compound->blocks;
	uint64_t offset = paddr.value - blocks->table.base;
	uint64_t index, head;
	struct gm_desc *desc;
	unsigned order1;

	if (GM_UNLIKELY(offset >= blocks->table.size))
		return NULL;
	index = offset >> blocks->table.granule_shift;
	desc = gm_blocks_own(blocks, index);
	/* relaxed: it leads to one of the descriptors that are always there, and
	 * the state word has the order */
	order1 =
		(unsigned)(gm_atomic_load_relaxed(gm_desc_flags_word(desc)) >> GM_DESC_ORDER_SHIFT);
	/* Predicted where objects are single granules: nobody waits for the order. */
	if (GM_LIKELY(order1 == 1))
		return desc;
	if (order1 == 0)
		return NULL;
	head = (blocks->first_granule + index) & (~(uint64_t)0 << (order1 - 1));
	return gm_blocks_own(blocks, head - blocks->first_granule);
}

GM_INLINE int gm_compound_find_get(struct gm_compound *compound, struct gm_paddr paddr,
				   unsigned type, struct gm_desc **out)
{
	struct gm_desc *desc = gm_compound_find(compound, paddr);
	int err = -GM_ENOENT;

	if (GM_LIKELY(desc != NULL)) {
		err = gm_ref_try_get_type(desc, type);
		if (GM_LIKELY(err == 0) && GM_LIKELY(gm_desc_covers(desc, paddr.value))) {
			*out = desc;
			return 0;
		}
	}
	return gm_blocks_look_again(&compound->blocks, paddr, type, desc, err, out);
}

GM_INLINE int gm_compound_put(struct gm_compound *compound, struct gm_desc *desc)
{
	struct gm_object gone;

	if (!gm_ref_put(desc, &gone))
		return 0;
	gm_compound_remove(compound, desc);
	return 1;
}

GM_END_DECLS

#endif
