/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of lib/index_store.c: what it takes and refuses, and growth. */
#include <granmem/map.h>

#include "index_unit.h"

#define MAX64 (~(uint64_t)0)

static void refuse(const struct gm_index_config *config)
{
	struct gm_metadata metadata;
	struct gm_index_store refused;

	expect_eq(gm_index_store_size(config, 1, &metadata), -GM_EINVAL);
	expect_eq(gm_index_store_init(&refused, config, NULL, 0), -GM_EINVAL);
}

static void test_store_refuses(void)
{
	struct gm_index_config good, config;

	make_space();
	memset(&good, 0, sizeof(good));
	refuse(&good); /* no space */
	good.space = &space;
	config = good;
	config.unit_shift = 5;
	refuse(&config);
	config.unit_shift = 31;
	refuse(&config);
	config = good;
	config.place_offset = sizeof(struct gm_desc) - sizeof(gm_word);
	refuse(&config);
	config.place_offset = sizeof(struct gm_desc) + 1;
	refuse(&config);
	config.place_offset = 1024;
	refuse(&config);
	config = good;
	config.nr_lanes = 3;
	refuse(&config);
	config.nr_lanes = 512;
	refuse(&config);
	expect_eq(gm_index_init(&an_index, &store, NULL), -GM_EINVAL);
}

/* Without room for a place, the word behind a descriptor is the next one's state. */
static void test_store_short(void)
{
	struct gm_region regions[2];
	struct gm_index_config config;
	struct gm_metadata metadata;
	struct gm_region device;

	make_space();
	memset(&config, 0, sizeof(config));
	config.space = &space;
	config.place_offset = sizeof(struct gm_indexed);
	expect_eq(gm_index_store_size(&config, 1, &metadata), -GM_ESIZE);
	expect_eq(gm_index_store_init(&store, &config, NULL, 0), -GM_ESIZE);
	config.nr_lanes = 3;
	expect_eq(gm_index_store_init(&store, &config, NULL, 0), -GM_EINVAL);
	/* What has no table has no objects. */
	gm_space_init(&space, regions, 2);
	memset(&device, 0, sizeof(device));
	device.base = gm_paddr(0);
	device.size = PAGE;
	device.kind = GM_REGION_DEVICE;
	expect_eq(gm_space_add(&space, &device), 0);
	config.nr_lanes = 0;
	expect_eq(gm_index_store_size(&config, 1, &metadata), 0);
	expect_eq(gm_space_add(&space, &region), 0);
	expect_eq(gm_index_store_size(&config, 1, &metadata), -GM_ESIZE);
}

#if GM_CONFIG_64BIT
/* One object in a page table and in an index: the count of the one is not the place of
 * the other. */
static void test_mapped(void)
{
	struct gm_index_config indexes;
	struct gm_map_lane lane;
	struct gm_map_config maps;
	struct gm_map_space as;
	struct gm_map_request request;
	struct gm_map_gather gather;
	struct gm_map_gone gone[1];
	struct gm_desc *desc;
	gm_word slot = 0;

	make_space_of(sizeof(struct gm_mapped_indexed));
	memset(&indexes, 0, sizeof(indexes));
	indexes.space = &space;
	indexes.place_offset = GM_MAPPED_PLACE;
	make_store_of(&indexes, 20);
	expect_eq(gm_index_init(&an_index, &store, &owner[0]), 0);
	memset(&maps, 0, sizeof(maps));
	memset(&lane, 0, sizeof(lane));
	maps.memory = &space;
	maps.format.kind = GM_PTE_RISCV64;
	maps.format.input_bits = 39;
	maps.lanes = &lane;
	maps.nr_lanes = 1;
	maps.classes[1] = GM_MAP_FILE;
	expect_eq(gm_map_init(&as, &maps), 0);
	desc = put_at(16 * PAGE, PAGE);
	expect(gm_map_count(desc) == 0 && ((struct gm_mapped_indexed *)desc)->place == 17);
	memset(&request, 0, sizeof(request));
	request.desc = desc;
	request.prot = GM_PROT_READ;
	expect_eq(gm_map_slots(&as, &slot, 1, 0, &request), 0);
	expect_eq(gm_map_count(desc), 1);
	expect(found_at(16 * PAGE) == desc);
	gm_map_gather_init(&gather, gone, 1);
	expect_eq(gm_map_unmap(&as, &slot, 1, 0, &gather), 1);
	gm_map_finish(&as, &gather);
	expect(gm_map_count(desc) == 0 && found_at(16 * PAGE) == desc);
	erase_at(16 * PAGE, 0);
	end_index();
}
#else
static void test_mapped(void)
{
	/* Page tables need 64 bits. */
}
#endif

static void test_store_sizes(void)
{
	static _Alignas(64) unsigned char buffer[1 << 17];
	struct gm_index_config config;
	struct gm_metadata none, some, many;
	struct gm_index_stats stats;
	unsigned nr;

	make_space();
	memset(&config, 0, sizeof(config));
	config.space = &space;
	config.zeroed = 1;
	config.place_offset = sizeof(struct gm_indexed) - sizeof(gm_word);
	config.nr_lanes = 1;
	expect_eq(gm_index_store_size(&config, 0, &none), 0);
	expect_eq(none.bytes, sizeof(struct gm_pool_lane));
	expect_eq(gm_index_store_size(&config, 60, &some), 0);
	expect_eq(gm_index_store_size(&config, MAX64, &many), 0);
	expect(some.bytes > none.bytes && many.bytes > (uint64_t)1 << 50);
	expect_eq(gm_index_store_init(&store, &config, buffer + 1, 62), -GM_ENOMEM);
	expect_eq(gm_index_store_init(&store, &config, buffer + 1, none.bytes), -GM_ENOMEM);
	expect_eq(gm_index_store_init(&store, &config, buffer + 1, none.bytes + 63), 0);
	expect(gm_pool_take(&store.nodes, 0, 1) == NULL);
	/* As many as were asked for, wherever the buffer lies. */
	memset(buffer, 0, sizeof(buffer));
	expect(some.bytes + 1 + some.align <= sizeof(buffer));
	expect_eq(gm_index_store_init(&store, &config, buffer + 1, some.bytes + some.align - 1), 0);
	for (nr = 0; nr < 60; nr++)
		expect(gm_pool_take(&store.nodes, 0, 1) != NULL);
	gm_index_store_stats(&store, &stats);
	expect_eq(stats.nr_nodes, 60);
	expect_eq(stats.static_bytes, none.bytes);
	expect_eq(stats.node_size, GM_INDEX_NODE_WORDS * sizeof(gm_word));
	expect(stats.node_bytes >= 60 * stats.node_size);
}

/* A hook that gives so many slabs. */
static unsigned nr_left;
static unsigned char *given;

static void *hook(void *ctx, size_t bytes, size_t align)
{
	(void)ctx;
	expect(bytes == SLAB && align == SLAB);
	if (nr_left == 0)
		return NULL;
	nr_left--;
	given += SLAB;
	return given - SLAB;
}

static void *crooked_hook(void *ctx, size_t bytes, size_t align)
{
	return (unsigned char *)hook(ctx, bytes, align) + 64;
}

static void make_growing(unsigned nr_slabs, gm_grow_hook *grow)
{
	struct gm_index_config config;
	struct gm_metadata metadata;

	make_space();
	memset(&config, 0, sizeof(config));
	config.space = &space;
	config.grow = grow;
	expect_eq(gm_index_store_size(&config, 0, &metadata), 0);
	free(store_memory);
	store_memory = aligned_alloc(SLAB, SLAB * (nr_slabs + 2));
	expect(store_memory != NULL && metadata.bytes <= SLAB);
	memset(store_memory, 0xa5, SLAB * (nr_slabs + 2));
	given = store_memory + SLAB;
	nr_left = nr_slabs;
	expect_eq(gm_index_store_init(&store, &config, store_memory, metadata.bytes), 0);
	expect_eq(gm_index_init(&an_index, &store, &owner[0]), 0);
}

static void test_growth(void)
{
	struct gm_desc *desc;
	unsigned i;

	make_growing(2, hook);
	desc = new_object(PAGE);
	/* A node each, and the four above them, of 28 in a slab on 64 bits. */
	for (i = 0; gm_index_insert(&an_index, (1 + (uint64_t)i * GM_INDEX_SLOTS) * PAGE, desc,
				    NULL) == 0;
	     i++)
		desc = new_object(PAGE);
	expect_eq(nr_left, 0);
	expect(i > 40);
	expect_eq(gm_index_insert(&an_index, (1 + (uint64_t)i * GM_INDEX_SLOTS) * PAGE, desc, NULL),
		  -GM_ENOMEM);
	expect_sound(i, 0);
	expect_eq(gm_space_put(&space, desc), 1);
	while (i-- > 0)
		erase_at((1 + (uint64_t)i * GM_INDEX_SLOTS) * PAGE, 0);
	end_index();
}

static void test_growth_misaligned(void)
{
	struct gm_desc *desc;

	if (!UNIT_ASSERTS)
		return;
	make_growing(2, crooked_hook);
	desc = new_object(PAGE);
	expect_eq(gm_index_insert(&an_index, PAGE, desc, NULL), -GM_ENOMEM);
	expect(unit_panicked());
	expect_eq(gm_space_put(&space, desc), 1);
	end_index();
}

UNIT_MAIN("index_store", UNIT_TEST(test_store_refuses), UNIT_TEST(test_store_short),
	  UNIT_TEST(test_mapped), UNIT_TEST(test_store_sizes), UNIT_TEST(test_growth),
	  UNIT_TEST(test_growth_misaligned))
