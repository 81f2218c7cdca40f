/* SPDX-License-Identifier: BSD-2-Clause */
/* space_stats.c - figures of regions; contracts in granmem/space.h. */
#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>
#include <granmem/space.h>

#include "memory_internal.h"

int gm_space_table_stats(enum gm_region_kind kind, const struct gm_table *table,
			 struct gm_stats *out)
{
	if (table == NULL || !gm_space_is_ram(kind))
		return -GM_EINVAL;
	switch (kind) {
	case GM_REGION_COMPOUND:
		gm_compound_stats((const struct gm_compound *)(const void *)table, out);
		break;
	case GM_REGION_FOLIO:
		gm_folio_stats((const struct gm_folio *)(const void *)table, out);
		break;
	case GM_REGION_ADHOC:
		gm_adhoc_stats((const struct gm_adhoc *)(const void *)table, out);
		break;
	case GM_REGION_DEVICE:
	case GM_REGION_RESERVED:
		break;
	}
	return 0;
}

static void add_stats(struct gm_stats *sum, const struct gm_stats *part)
{
	sum->region_bytes += part->region_bytes;
	sum->free_bytes += part->free_bytes;
	sum->hosted_bytes += part->hosted_bytes;
	sum->nr_objects += part->nr_objects;
	sum->nr_nodes += part->nr_nodes;
	sum->static_bytes += part->static_bytes;
	sum->desc_bytes += part->desc_bytes;
	sum->node_bytes += part->node_bytes;
	sum->used_bytes += part->used_bytes;
	sum->total_bytes += part->total_bytes;
	if (sum->desc_size != part->desc_size)
		sum->desc_size = 0;
	if (sum->node_size != part->node_size)
		sum->node_size = 0;
}

void gm_space_stats(const struct gm_space *space, struct gm_stats *out)
{
	struct gm_stats part;
	unsigned nr_tables = 0;
	unsigned i;

	gm_memory_clear(out, sizeof(*out));
	for (i = 0; i < space->nr_regions; i++) {
		const struct gm_region *region = &space->regions[i];

		if (gm_space_table_stats(region->kind, region->table, &part) != 0)
			continue;
		if (nr_tables++ == 0) {
			out->desc_size = part.desc_size;
			out->node_size = part.node_size;
		}
		add_stats(out, &part);
	}
}
