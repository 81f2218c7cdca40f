/* SPDX-License-Identifier: BSD-2-Clause */
/* verify.c - one entry to the tables' own checks; contracts in granmem/verify.h. */
#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>
#include <granmem/verify.h>

#include "memory_internal.h"

int gm_verify_table(enum gm_region_kind kind, struct gm_table *table, struct gm_verify *out)
{
	gm_memory_clear(out, sizeof(*out));
	if (table == NULL)
		return -GM_EINVAL;
	switch (kind) {
	case GM_REGION_COMPOUND:
		return gm_compound_verify((struct gm_compound *)table, out);
	case GM_REGION_FOLIO:
		return gm_folio_verify((struct gm_folio *)table, out);
	case GM_REGION_ADHOC:
		return gm_adhoc_verify((struct gm_adhoc *)table, out);
	case GM_REGION_DEVICE:
	case GM_REGION_RESERVED:
		break;
	}
	return -GM_EINVAL;
}

static void found(struct gm_verify *out, const char *what, struct gm_paddr where)
{
	if (out->nr_errors++ == 0) {
		out->first = what;
		out->where = where;
	}
}

/* The array of regions itself: what gm_space_add made sure of. */
static void verify_region(const struct gm_space *space, unsigned i, struct gm_verify *out)
{
	const struct gm_region *region = &space->regions[i];
	uint64_t base = region->base.value;

	if (gm_granule_check_range(base, region->size, 0, GM_PADDR_END) != 0)
		found(out, "a region is not a range of physical memory", region->base);
	else if (i > 0 && base < space->regions[i - 1].base.value + space->regions[i - 1].size)
		found(out, "regions overlap or are not sorted", region->base);
	if (gm_space_is_ram(region->kind) != (region->table != NULL))
		found(out, "a region of RAM has no table, or another one has", region->base);
	else if (region->table != NULL &&
		 (region->table->base != base || region->table->size != region->size))
		found(out, "a region is not the one of its table", region->base);
}

static void add(struct gm_verify *sum, const struct gm_verify *part)
{
	if (sum->nr_errors == 0) {
		sum->first = part->first;
		sum->where = part->where;
	}
	sum->nr_errors += part->nr_errors;
	sum->nr_objects += part->nr_objects;
	sum->nr_references += part->nr_references;
	sum->nr_saturated += part->nr_saturated;
	sum->covered_bytes += part->covered_bytes;
}

int gm_verify_space(const struct gm_space *space, struct gm_verify *out)
{
	struct gm_verify part;
	unsigned i;

	gm_memory_clear(out, sizeof(*out));
	for (i = 0; i < space->nr_regions; i++) {
		const struct gm_region *region = &space->regions[i];

		verify_region(space, i, out);
		if (gm_verify_table(region->kind, region->table, &part) != -GM_EINVAL)
			add(out, &part);
	}
	return out->nr_errors != 0 ? -GM_ECORRUPT : 0;
}
