/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * starts.c - what fails before there is a table: buffers and regions that are too
 * short, a pool without memory, a space without room.
 */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

static unsigned char *region; /* what to_virtual leads into, from WORLD_BASE */

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	const struct gm_table_config *config = ctx;

	REQUIRE(base.value >= config->base.value);
	REQUIRE(base.value + size <= config->base.value + config->size);
	return region + (size_t)(base.value - WORLD_BASE);
}

static struct gm_table_config configure(unsigned kind, uint64_t size)
{
	struct gm_table_config config;

	memset(&config, 0, sizeof(config));
	config.base = gm_paddr(WORLD_BASE);
	config.size = size;
	config.root_shift = (1u << kind) == ON_ADHOC ? 30 : 0;
	return config;
}

/* After a refusal the same call with enough makes an empty table that works. */
static void check_empty(struct world *w, const struct gm_table_config *config)
{
	struct gm_verify found;
	struct gm_stats stats;

	REQUIRE(w->ops->verify(&w->any, &found) == 0 && found.nr_objects == 0);
	w->ops->stats(&w->any, &stats);
	REQUIRE(stats.nr_objects == 0);
	REQUIRE(stats.free_bytes + stats.hosted_bytes == config->size);
}

/* A buffer that is too short by anything from one byte to all of it. */
static void short_buffers(unsigned kind)
{
	static struct world world;
	struct gm_table_config config = configure(kind, WORLD_SIZE);
	struct gm_metadata need;
	uint64_t missing[7];
	unsigned n;

	world_begin(&world, kind, HOOK_FROM, 0); /* for the calls of the kind */
	REQUIRE(world.ops->metadata_size(&config, 0, &need) == 0);
	for (n = 0; n < 4; n++)
		missing[n] = (uint64_t)1 << (3 * n); /* 1 .. 512 bytes */
	missing[4] = need.bytes / 2;
	missing[5] = need.bytes - 1;
	missing[6] = need.bytes;
	for (n = 0; n < 7; n++) {
		unsigned off = n % 2 ? 8 : 0; /* unaligned, too */
		unsigned char *buffer = malloc((size_t)(need.bytes + need.align + 8));
		uintptr_t lost;

		point_begin("init in a short buffer", kind_names[kind], "missing case", n);
		if (!REQUIRE(buffer != NULL))
			return;
		lost = (0 - (uintptr_t)(buffer + off)) & (uintptr_t)(need.align - 1);
		REQUIRE(world.ops->init(&world.any, &config, buffer + off,
					need.bytes + lost - missing[n]) == -GM_ENOMEM);
		REQUIRE(world.ops->init(&world.any, &config, buffer + off, need.bytes + lost) == 0);
		check_empty(&world, &config);
		free(buffer);
	}
	point_begin("init in no buffer", kind_names[kind], "case", 0);
	REQUIRE(world.ops->init(&world.any, &config, NULL, 0) == -GM_EINVAL);
	for (n = 0; n < world.nr_memories; n++)
		free(world.memories[n]);
}

/* A region that keeps its own metadata, of n granules, until there is room. */
static void short_regions(unsigned kind)
{
	static struct world world;
	unsigned n, i;
	int err = -GM_ENOMEM;

	world_begin(&world, kind, HOOK_FROM, 0);
	for (n = 1; n < 512 && err != 0; n++) {
		struct gm_table_config config = configure(kind, n * GRANULE);

		config.to_virtual = to_virtual;
		config.to_virtual_ctx = &config;
		err = world.ops->init(&world.any, &config, NULL, 0);
		if (err == 0) {
			check_empty(&world, &config);
			continue;
		}
		point_begin("init in a short region", kind_names[kind], "granules", n);
		REQUIRE(err == -GM_ENOMEM);
	}
	REQUIRE(err == 0 && n > 2);
	for (i = 0; i < world.nr_memories; i++)
		free(world.memories[i]);
}

/* A pool of one slab runs out at the n-th take, and goes on when it gets another. */
static void pool_runs_out(unsigned element, unsigned record)
{
	struct gm_pool_lane lanes[4];
	unsigned char *memory = aligned_alloc(4096, 8192);
	struct gm_pool pool;
	void *taken[64];
	unsigned n, nr = 0;

	point_begin("take from a pool", "elements of", "bytes", element);
	memset(lanes, 0, sizeof(lanes));
	if (!REQUIRE(memory != NULL) ||
	    !REQUIRE(gm_pool_init(&pool, element, record, 12, lanes, 4) == 0))
		return;
	REQUIRE(gm_pool_take(&pool, 0, 0) == NULL && gm_pool_take(&pool, 0, 1) == NULL);
	REQUIRE(gm_pool_add(&pool, memory, 4095, 0) == 0 && gm_pool_bytes(&pool) == 0);
	REQUIRE(gm_pool_add(&pool, memory, 4096, 0) == 1 && gm_pool_bytes(&pool) == 4096);
	while (nr < 64 && (taken[nr] = gm_pool_take(&pool, nr, 1)) != NULL)
		nr++;
	REQUIRE(nr == pool.nr_elements && gm_pool_used(&pool) == nr);
	/* n free ones: the next take but n fails, whichever lane asks. */
	for (n = 0; n <= nr; n++) {
		unsigned i;

		point_begin("take from a pool", "all but", "elements", n);
		for (i = 0; i < n; i++)
			gm_pool_return(&pool, taken[i], i);
		REQUIRE(gm_pool_used(&pool) == nr - n);
		for (i = 0; i < n; i++)
			REQUIRE((taken[i] = gm_pool_take(&pool, i + 1, 1)) != NULL);
		REQUIRE(gm_pool_take(&pool, 2, 1) == NULL && gm_pool_take(&pool, 3, 0) == NULL);
		REQUIRE(gm_pool_used(&pool) == nr);
	}
	REQUIRE(gm_pool_add(&pool, memory + 4096, 4096, 0) == 1);
	REQUIRE((taken[0] = gm_pool_take(&pool, 0, 0)) != NULL);
	free(memory);
}

/* A space of n regions is full; and one that is not takes the same region. */
static void spaces_fill(void)
{
	struct gm_region regions[4], region_of[4];
	struct gm_space space;
	unsigned n, i;

	memset(region_of, 0, sizeof(region_of));
	for (i = 0; i < 4; i++) {
		region_of[i].base = gm_paddr(i * GRANULE);
		region_of[i].size = GRANULE;
		region_of[i].kind = GM_REGION_DEVICE;
	}
	for (n = 0; n < 4; n++) {
		point_begin("add to a full space", "space", "regions", n);
		gm_space_init(&space, regions, n);
		for (i = 0; i < n; i++)
			REQUIRE(gm_space_add(&space, &region_of[i]) == 0);
		REQUIRE(gm_space_add(&space, &region_of[n]) == -GM_ENOMEM);
		REQUIRE(space.nr_regions == n);
		for (i = 0; i < 4; i++)
			REQUIRE((gm_space_find(&space, region_of[i].base) != NULL) == (i < n));
		space.max_regions++;
		REQUIRE(gm_space_add(&space, &region_of[n]) == 0);
		REQUIRE(gm_space_find(&space, region_of[n].base) != NULL);
	}
}

void starts_all(void)
{
	unsigned kind;

	region = aligned_alloc((size_t)2 << 20, (size_t)WORLD_SIZE);
	if (!REQUIRE(region != NULL))
		return;
	for (kind = 0; kind < KINDS_NR; kind++) {
		short_buffers(kind);
		short_regions(kind);
	}
	free(region);
	pool_runs_out(1024, 0);
	pool_runs_out(512, 16);
	pool_runs_out(64, 0);
	spaces_fill();
}
