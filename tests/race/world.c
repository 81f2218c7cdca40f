/* SPDX-License-Identifier: BSD-2-Clause */
/* world.c - the table under test, its start, and what must be true at the end. */
#include "world.h"

#include <string.h>

#define BUFFER ((size_t)512 << 10)
#define SLABS ((size_t)512 << 10)

struct world world;
const struct table_ops *world_ops;
uint64_t world_unit, world_region;

static struct world world_start;
static _Alignas(1 << 21) unsigned char region[REGION_MAX];
static _Alignas(1 << 16) unsigned char buffer[BUFFER], slabs[SLABS];
static unsigned char region_start[REGION_MAX], buffer_start[BUFFER], slabs_start[SLABS];
static size_t region_first, region_used; /* metadata in the region: now, at the start */
static size_t buffer_bytes, slabs_bytes;

static void *grow(void *ctx, size_t bytes, size_t align)
{
	size_t at = (world.slabs_used + (align - 1)) & ~(align - 1);

	(void)ctx;
	if (!world.grows || at + bytes > SLABS)
		return NULL;
	world.slabs_used = at + bytes;
	memset(slabs + at, 0x5a, bytes);
	return slabs + at;
}

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	(void)ctx;
	race_check(base.value >= BASE && base.value + size <= BASE + world_region,
		   "to_virtual of what is not in the region");
	if (base.value - BASE < region_first)
		region_first = (size_t)(base.value - BASE);
	return region + (base.value - BASE);
}

void world_make(const struct table_ops *ops, const struct setup *setup)
{
	struct gm_table_config config = { .base = gm_paddr(BASE),
					  .granule_shift = GRANULE_SHIFT,
					  .nr_lanes = 2,
					  .grow = grow };
	struct gm_metadata need;

	config.size = world_region = ops->any_multiple || (setup->options & SETUP_LARGE) != 0 ?
					     REGION_MAX :
					     16 * GRANULE;
	world_ops = ops;
	world_unit = setup->unit;
	memset(&world, 0, sizeof(world));
	memset(buffer, 0x5a, BUFFER);
	memset(region, 0x5a, sizeof(region));
	region_first = (size_t)world_region;
	buffer_bytes = 0;
	if ((setup->options & SETUP_FEW) != 0)
		config.desc_size = 1024;
	if ((setup->options & SETUP_HOSTED) != 0) {
		config.to_virtual = to_virtual;
		race_check(ops->init(&world.table, &config, NULL, 0) == 0, "init");
	} else {
		race_check(ops->metadata_size(&config, setup->nr_objects, &need) == 0,
			   "metadata_size");
		buffer_bytes = (size_t)need.bytes;
		race_check(buffer_bytes <= BUFFER, "the buffer is too short for the setup");
		race_check(ops->init(&world.table, &config, buffer, buffer_bytes) == 0, "init");
	}
	/* For what is made at the start. */
	world.grows = (setup->options & SETUP_HOSTED) == 0;
	setup->fill();
	world.grows = (setup->options & SETUP_GROWS) != 0;
	slabs_bytes = world.slabs_used;
	memcpy(&world_start, &world, sizeof(world));
	region_used = region_first;
	memcpy(region_start + region_used, region + region_used, world_region - region_used);
	memcpy(buffer_start, buffer, buffer_bytes);
	memcpy(slabs_start, slabs, slabs_bytes);
}

void world_reset(void)
{
	memcpy(&world, &world_start, sizeof(world));
	memcpy(region + region_used, region_start + region_used, world_region - region_used);
	memcpy(buffer, buffer_start, buffer_bytes);
	memcpy(slabs, slabs_start, slabs_bytes);
}

static void verify(uint64_t covered)
{
	struct gm_verify found;

	if (world_ops->verify(&world.table, &found) != 0)
		race_fail(found.first, "verify", 0);
	race_check(found.covered_bytes == covered, "the objects are not those that were made");
}

/* Objects from base on, side by side: each is its owner's alone, and goes. */
static void put_all(const struct owned *owned)
{
	uint64_t at = owned->base;

	while (at < owned->base + owned->size) {
		struct gm_desc *desc = world_ops->find(&world.table, gm_paddr(at));

		race_check(desc != NULL && gm_desc_base(desc) == at, "an object is lost");
		race_check(gm_ref_is_sole(desc) && gm_ref_type(desc) == TYPE,
			   "an object has other references than its owner's");
		at += gm_desc_size(desc);
		race_check(at <= owned->base + owned->size, "an object grew");
		race_check(world_ops->put(&world.table, desc) == 1, "a last put was not the last");
	}
}

static void let_go(void)
{
	unsigned i;

	for (i = 0; i < NR_OWNED; i++) {
		struct owned *owned = &world.owned[i];

		race_check(!owned->taken || owned->frozen, "a call has not ended");
		if (owned->size != 0 && owned->frozen)
			gm_ref_thaw(world_ops->find(&world.table, gm_paddr(owned->base)), 1);
	}
	while (world.nr_held > 0)
		(void)world_ops->put(&world.table, world.held[--world.nr_held]);
	(void)world_ops->reap(&world.table, NULL, NULL);
}

void world_check(void)
{
	struct gm_stats stats;
	uint64_t covered = 0;
	unsigned i;

	let_go();
	for (i = 0; i < NR_OWNED; i++)
		if (!world.owned[i].marked)
			covered += world.owned[i].size;
	verify(covered);
	for (i = 0; i < NR_OWNED; i++) {
		const struct owned *owned = &world.owned[i];

		if (!owned->marked)
			put_all(owned);
		else if (owned->size != 0)
			race_check(gm_folio_unmark(&world.table.folio, gm_paddr(owned->base),
						   owned->size) == 0,
				   "a mark is lost");
	}
	verify(0);
	world_ops->stats(&world.table, &stats);
	race_check(stats.nr_objects == 0, "a descriptor is lost");
	/* Marks for metadata in the region are in nodes, too. */
	race_check(stats.nr_nodes == 0 || stats.hosted_bytes != 0, "a node is lost");
	race_check(stats.free_bytes == world_region - stats.hosted_bytes, "free memory is lost");
}
