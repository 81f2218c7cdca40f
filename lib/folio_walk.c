/* SPDX-License-Identifier: BSD-2-Clause */
/* folio_walk.c - visiting, figures and checks; contracts in granmem/folio.h. */
#include <granmem/folio.h>
#include "pool_internal.h"

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

/*
 * Each live descriptor is linked where it says (I10). Returns how many of the
 * pool's taken descriptors are linked; its lanes may keep some that are not.
 */
static uint64_t check_taken(const struct gm_folio *folio, struct gm_verify *out)
{
	struct gm_desc *desc = NULL;
	uint64_t nr_linked = 0;

	while ((desc = (struct gm_desc *)gm_pool_next(&folio->descs, desc)) != NULL) {
		uint64_t base = gm_desc_base(desc);

		if (gm_folio_find(folio, gm_paddr(base)) == desc)
			nr_linked++;
		else if (gm_ref_is_live(desc))
			gm_blocks_broken(out, "I10: a live object is not linked", base);
	}
	return nr_linked;
}

int gm_folio_verify(struct gm_folio *folio, struct gm_verify *out)
{
	uint64_t base = folio->blocks.table.base;
	uint64_t nr_linked;

	gm_blocks_verify(&folio->blocks, out, &nr_linked);
	if (check_taken(folio, out) != nr_linked)
		gm_blocks_broken(out, "I6: a granule leads to a free descriptor", base);
	if (gm_pool_used(&folio->descs) != nr_linked)
		gm_blocks_broken(out, "I8: descriptors in use and linked ones differ", base);
	return out->nr_errors != 0 ? -GM_ECORRUPT : 0;
}
