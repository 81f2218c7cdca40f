/* SPDX-License-Identifier: BSD-2-Clause */
/* space.c - regions of physical memory; contracts in granmem/space.h. */
#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>
#include <granmem/space.h>

/* A table's own type, from its first member. */
static struct gm_compound *as_compound(const struct gm_table *table)
{
	return (struct gm_compound *)(uintptr_t)table;
}

static struct gm_folio *as_folio(const struct gm_table *table)
{
	return (struct gm_folio *)(uintptr_t)table;
}

static struct gm_adhoc *as_adhoc(const struct gm_table *table)
{
	return (struct gm_adhoc *)(uintptr_t)table;
}

void gm_space_init(struct gm_space *space, struct gm_region *regions, unsigned max_regions)
{
	space->regions = regions;
	space->nr_regions = 0;
	space->max_regions = max_regions;
}

static int check_region(const struct gm_region *region)
{
	uint64_t base = region->base.value;
	int err;

	if (region->kind < GM_REGION_COMPOUND || region->kind > GM_REGION_RESERVED ||
	    gm_space_is_ram(region->kind) != (region->table != NULL) || region->node < 0)
		return -GM_EINVAL;
	err = gm_granule_check_range(base, region->size, 0, GM_PADDR_END);
	if (err != 0)
		return err;
	if (region->table != NULL &&
	    (region->table->base != base || region->table->size != region->size))
		return -GM_ERANGE;
	return 0;
}

/* Is region a before region b in line for claims? */
static int claims_before(const struct gm_region *a, const struct gm_region *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return a->base.value < b->base.value;
}

/* Regions are few and added once, so each add ranks all of them anew. */
static void rank_regions(struct gm_space *space)
{
	unsigned i, place;

	for (i = 0; i < space->nr_regions; i++) {
		for (place = i; place > 0; place--) {
			unsigned before = space->regions[place - 1].ranked;

			if (claims_before(&space->regions[before], &space->regions[i]))
				break;
			space->regions[place].ranked = before;
		}
		space->regions[place].ranked = i;
	}
}

/* Field by field, as all over this file: compilers turn the copy of a whole
 * struct into memcpy, and there is none. `ranked` belongs to the place. */
static void place_region(struct gm_region *to, const struct gm_region *from)
{
	to->base = from->base;
	to->size = from->size;
	to->table = from->table;
	to->kind = from->kind;
	to->node = from->node;
	to->priority = from->priority;
	to->attributes = from->attributes;
}

int gm_space_add(struct gm_space *space, const struct gm_region *region)
{
	uint64_t base = region->base.value;
	unsigned place = space->nr_regions;
	int err = check_region(region);
	unsigned i;

	if (err != 0)
		return err;
	for (i = 0; i < space->nr_regions; i++) {
		const struct gm_region *other = &space->regions[i];

		if (base < other->base.value + other->size &&
		    other->base.value < base + region->size)
			return -GM_EEXIST;
	}
	if (space->nr_regions >= space->max_regions)
		return -GM_ENOMEM;
	for (; place > 0 && space->regions[place - 1].base.value > base; place--)
		place_region(&space->regions[place], &space->regions[place - 1]);
	place_region(&space->regions[place], region);
	space->nr_regions++;
	rank_regions(space);
	return 0;
}

int gm_space_find_get(const struct gm_space *space, struct gm_paddr paddr, unsigned type,
		      struct gm_desc **out)
{
	const struct gm_region *region = gm_space_find(space, paddr);

	if (region == NULL)
		return -GM_ENOENT;
	switch (region->kind) {
	case GM_REGION_COMPOUND:
		return gm_compound_find_get(as_compound(region->table), paddr, type, out);
	case GM_REGION_FOLIO:
		return gm_folio_find_get(as_folio(region->table), paddr, type, out);
	case GM_REGION_ADHOC:
		return gm_adhoc_find_get(as_adhoc(region->table), paddr, type, out);
	case GM_REGION_DEVICE:
	case GM_REGION_RESERVED:
		break;
	}
	return -GM_ENOTRAM;
}

struct gm_desc *gm_space_find_object(const struct gm_space *space, struct gm_paddr paddr)
{
	const struct gm_region *region = gm_space_find(space, paddr);

	if (region == NULL)
		return NULL;
	switch (region->kind) {
	case GM_REGION_COMPOUND:
		return gm_compound_find(as_compound(region->table), paddr);
	case GM_REGION_FOLIO:
		return gm_folio_find(as_folio(region->table), paddr);
	case GM_REGION_ADHOC:
		return gm_adhoc_find(as_adhoc(region->table), paddr);
	case GM_REGION_DEVICE:
	case GM_REGION_RESERVED:
		break;
	}
	return NULL;
}

int gm_space_create(const struct gm_space *space, const struct gm_object *object,
		    struct gm_desc **out)
{
	const struct gm_region *region = gm_space_find(space, object->base);

	if (region == NULL)
		return -GM_ENOENT;
	switch (region->kind) {
	case GM_REGION_COMPOUND:
		return gm_compound_create(as_compound(region->table), object, out);
	case GM_REGION_FOLIO:
		return gm_folio_create(as_folio(region->table), object, out);
	case GM_REGION_ADHOC:
		return gm_adhoc_create(as_adhoc(region->table), object, out);
	case GM_REGION_DEVICE:
	case GM_REGION_RESERVED:
		break;
	}
	return -GM_ENOTRAM;
}

static int claim_in(const struct gm_region *region, const struct gm_claim *claim,
		    struct gm_desc **out)
{
	switch (region->kind) {
	case GM_REGION_COMPOUND:
		return gm_compound_claim(as_compound(region->table), claim, out);
	case GM_REGION_FOLIO:
		return gm_folio_claim(as_folio(region->table), claim, out);
	case GM_REGION_ADHOC:
		return gm_adhoc_claim(as_adhoc(region->table), claim, out);
	case GM_REGION_DEVICE:
	case GM_REGION_RESERVED:
		break;
	}
	return -GM_ERANGE;
}

/* How much hope an error leaves: the request may work later, or with less in
 * use, or in another shape, or not at all. */
static unsigned hope(int err)
{
	switch (-err) {
	case GM_EBUSY:
		return 3;
	case GM_ENOMEM:
		return 2;
	case GM_ERANGE:
		return 0;
	default:
		return 1;
	}
}

int gm_space_claim(const struct gm_space *space, const struct gm_claim *claim, int node,
		   struct gm_desc **out)
{
	int best = -GM_ERANGE;
	unsigned rank;

	for (rank = 0; rank < space->nr_regions; rank++) {
		const struct gm_region *region = &space->regions[space->regions[rank].ranked];
		int err;

		if (node != GM_NODE_ANY && node != region->node)
			continue;
		err = claim_in(region, claim, out);
		if (err == 0)
			return 0;
		if (hope(err) > hope(best))
			best = err;
	}
	return best;
}

/* The region of a descriptor that the caller holds, or whose destruction it owns. */
static const struct gm_region *region_of(const struct gm_space *space, const struct gm_desc *desc)
{
	const struct gm_region *region = gm_space_find(space, gm_paddr(gm_desc_base(desc)));

	if (!GM_CHECK(region != NULL && gm_space_is_ram(region->kind),
		      "a descriptor of no region of this space", desc))
		return NULL;
	return region;
}

int gm_space_put(const struct gm_space *space, struct gm_desc *desc)
{
	const struct gm_region *region = region_of(space, desc);

	if (region == NULL)
		return -GM_ENOENT;
	switch (region->kind) {
	case GM_REGION_COMPOUND:
		return gm_compound_put(as_compound(region->table), desc);
	case GM_REGION_FOLIO:
		return gm_folio_put(as_folio(region->table), desc);
	case GM_REGION_ADHOC:
		return gm_adhoc_put(as_adhoc(region->table), desc);
	case GM_REGION_DEVICE:
	case GM_REGION_RESERVED:
		break;
	}
	return -GM_ENOENT;
}

void gm_space_remove(const struct gm_space *space, struct gm_desc *desc)
{
	const struct gm_region *region = region_of(space, desc);

	if (region == NULL)
		return;
	switch (region->kind) {
	case GM_REGION_COMPOUND:
		gm_compound_remove(as_compound(region->table), desc);
		break;
	case GM_REGION_FOLIO:
		gm_folio_remove(as_folio(region->table), desc);
		break;
	case GM_REGION_ADHOC:
		gm_adhoc_remove(as_adhoc(region->table), desc);
		break;
	case GM_REGION_DEVICE:
	case GM_REGION_RESERVED:
		break;
	}
}

void gm_space_orphan(const struct gm_space *space, struct gm_desc *desc)
{
	const struct gm_region *region = region_of(space, desc);

	if (region == NULL)
		return;
	if (region->kind == GM_REGION_ADHOC)
		gm_adhoc_orphan(as_adhoc(region->table), desc);
	else
		gm_blocks_orphan((struct gm_blocks *)(uintptr_t)region->table, desc);
}

size_t gm_space_reap(const struct gm_space *space, gm_reaped *reaped, void *ctx)
{
	size_t total = 0;
	unsigned i;

	for (i = 0; i < space->nr_regions; i++) {
		const struct gm_region *region = &space->regions[i];

		switch (region->kind) {
		case GM_REGION_COMPOUND:
			total += gm_compound_reap(as_compound(region->table), reaped, ctx);
			break;
		case GM_REGION_FOLIO:
			total += gm_folio_reap(as_folio(region->table), reaped, ctx);
			break;
		case GM_REGION_ADHOC:
			total += gm_adhoc_reap(as_adhoc(region->table), reaped, ctx);
			break;
		case GM_REGION_DEVICE:
		case GM_REGION_RESERVED:
			break;
		}
	}
	return total;
}

int gm_space_for_each(const struct gm_space *space, gm_visit *visit, void *ctx)
{
	int answer = 0;
	unsigned i;

	for (i = 0; i < space->nr_regions && answer == 0; i++) {
		const struct gm_region *region = &space->regions[i];

		switch (region->kind) {
		case GM_REGION_COMPOUND:
			answer = gm_compound_for_each(as_compound(region->table), visit, ctx);
			break;
		case GM_REGION_FOLIO:
			answer = gm_folio_for_each(as_folio(region->table), visit, ctx);
			break;
		case GM_REGION_ADHOC:
			answer = gm_adhoc_for_each(as_adhoc(region->table), visit, ctx);
			break;
		case GM_REGION_DEVICE:
		case GM_REGION_RESERVED:
			break;
		}
	}
	return answer;
}
