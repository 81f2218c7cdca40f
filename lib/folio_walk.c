/* SPDX-License-Identifier: BSD-2-Clause */
/* folio_walk.c - visiting, figures and checks; contracts in granmem/folio.h. */
#include <granmem/folio.h>

int gm_folio_for_each(struct gm_folio *folio, gm_visit *visit, void *ctx)
{
	return gm_blocks_for_each(&folio->blocks, visit, ctx);
}

void gm_folio_stats(const struct gm_folio *folio, struct gm_stats *out)
{
	const struct gm_table *table = &folio->blocks.table;

	out->region_bytes = table->size;
	out->free_bytes = gm_table_free_bytes(table);
	out->hosted_bytes = (uint64_t)gm_atomic_load_relaxed(&table->hosted_bytes) << GM_UNIT_SHIFT;
	out->nr_objects = gm_pool_used(&folio->descs);
	out->nr_nodes = 0;
	out->static_bytes = table->static_bytes;
	out->desc_bytes = gm_pool_bytes(&folio->descs);
	out->node_bytes = 0;
	out->used_bytes = table->static_bytes + out->nr_objects * table->desc_size;
	out->total_bytes = table->static_bytes + out->desc_bytes;
	out->desc_size = table->desc_size;
	out->node_size = 0;
}

/* Each live descriptor is linked where it says (I10). Those in use are as many as
 * those linked, so no other is lost; the pool's lanes may keep some besides. */
static void check_taken(const struct gm_folio *folio, struct gm_verify *out)
{
	struct gm_desc *desc = NULL;

	while ((desc = (struct gm_desc *)gm_pool_next(&folio->descs, desc)) != NULL) {
		uint64_t base = gm_desc_base(desc);

		if (gm_ref_is_live(desc) && gm_folio_find(folio, gm_paddr(base)) != desc)
			gm_blocks_broken(out, "I10: a live object is not linked", base);
	}
}

/* No free descriptor is live (I9), nor linked (I6). */
static void check_free(const struct gm_folio *folio, struct gm_verify *out)
{
	const struct gm_pool *pool = &folio->descs;
	uint32_t bits = 8 * sizeof(gm_word);
	gm_word at;
	uint32_t i;

	for (at = gm_atomic_load_relaxed(&pool->head); at != 0;
	     at = gm_atomic_load_relaxed(&((struct gm_slab *)at)->next)) {
		const struct gm_slab *slab = (const struct gm_slab *)at;

		for (i = 0; i < pool->nr_elements; i++) {
			gm_word free = gm_atomic_load_relaxed(&slab->free[i / bits]);
			const struct gm_desc *desc =
				(const struct gm_desc *)(at + pool->first +
							 (gm_word)i * pool->element_size);

			if (((free >> (i % bits)) & 1) == 0)
				continue;
			if (gm_ref_is_live(desc))
				gm_blocks_broken(out, "I9: a free descriptor is live",
						 gm_desc_base(desc));
			if (gm_folio_find(folio, gm_paddr(gm_desc_base(desc))) == desc)
				gm_blocks_broken(out, "I6: a granule leads to a free descriptor",
						 gm_desc_base(desc));
		}
	}
}

int gm_folio_verify(struct gm_folio *folio, struct gm_verify *out)
{
	uint64_t nr_linked;

	gm_blocks_verify(&folio->blocks, out, &nr_linked);
	if (nr_linked != gm_pool_used(&folio->descs))
		gm_blocks_broken(out, "I8: descriptors in use and linked ones differ",
				 folio->blocks.table.base);
	check_taken(folio, out);
	check_free(folio, out);
	return out->nr_errors != 0 ? -GM_ECORRUPT : 0;
}
