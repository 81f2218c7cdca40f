/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of table pages that are objects of a space: they are claimed where the format
 * reaches them, run out, and go back.
 */
#include <granmem/config.h>

#if GM_CONFIG_64BIT

#include <granmem/adhoc.h>

#include "walker_unit.h"

#define TABLE_TYPE 7u
#define REGION_BASE ((uint64_t)1 << 32)
#define REGION_SIZE ((uint64_t)16 << 20)

static struct gm_walker walker;
static struct gm_adhoc table;
static struct gm_region regions[2];
static struct gm_space space;
static void *buffer;
static unsigned char *ram;

static void *space_add(struct gm_adhoc *adhoc, uint64_t base, int priority)
{
	struct gm_table_config config;
	struct gm_metadata metadata;
	struct gm_region region;
	void *memory;

	memset(&config, 0, sizeof(config));
	config.base = gm_paddr(base);
	config.size = REGION_SIZE;
	expect_eq(gm_adhoc_metadata_size(&config, 10000, &metadata), 0);
	memory = aligned_alloc(metadata.align, (size_t)((metadata.bytes + metadata.align - 1) /
							 metadata.align * metadata.align));
	expect_eq(gm_adhoc_init(adhoc, &config, memory, metadata.bytes), 0);
	memset(&region, 0, sizeof(region));
	region.base = gm_paddr(base);
	region.size = REGION_SIZE;
	region.table = &adhoc->table;
	region.kind = GM_REGION_ADHOC;
	region.priority = priority;
	expect_eq(gm_space_add(&space, &region), 0);
	return memory;
}

static void space_start(void)
{
	gm_space_init(&space, regions, 2);
	buffer = space_add(&table, REGION_BASE, 0);
	ram = aligned_alloc(64 * KIB, REGION_SIZE);
}

static void space_config(struct gm_walker_config *config)
{
	memset(config, 0, sizeof(*config));
	config->format = shapes[0].format;
	config->space = &space;
	config->table_type = TABLE_TYPE;
	config->virtual_offset = (uint64_t)(uintptr_t)ram - REGION_BASE;
}

static void test_pages_of_a_space(void)
{
	struct gm_walker_config config;
	struct gm_walker_at at;
	struct gm_desc *root;
	uint64_t i, free_bytes;

	space_start();
	space_config(&config);
	free_bytes = gm_table_free_bytes(&table.table);
	expect_eq(gm_walker_init(&walker, &config), 0);
	expect_eq(free_bytes - gm_table_free_bytes(&table.table), 4096);
	expect_eq(gm_space_find_get(&space, gm_walker_root(&walker), TABLE_TYPE, &root), 0);
	expect(gm_desc_owner(root) == &walker);
	expect_eq(gm_space_put(&space, root), 0);
	/* So many that the region has no more pages: all or nothing. */
	for (i = 0; map_frames(&walker, i * GIB, 4096, i * 4096, RW) == 0; i++)
		expect_eq(gm_walker_lookup(&walker, i * GIB, &at), 0);
	expect(i > 1000);
	expect_eq(map_frames(&walker, i * GIB, 4096, 0, RW), -GM_ENOMEM);
	expect_eq(gm_walker_lookup(&walker, i * GIB, &at), -GM_ENOENT);
	expect_eq(gm_walker_unmap(&walker, 0, i * GIB, NULL), 0);
	expect_eq(free_bytes - gm_table_free_bytes(&table.table), 4096);
	gm_walker_destroy(&walker);
	expect_eq(gm_table_free_bytes(&table.table), free_bytes);
	free(buffer);
	free(ram);
}

/* What the space would rather give lies where no entry leads to. */
static void test_pages_in_reach(unsigned output_bits, uint64_t other_base)
{
	struct gm_walker_config config;
	static struct gm_adhoc other;
	void *memory;

	space_start();
	memory = space_add(&other, other_base, 1);
	space_config(&config);
	config.format.output_bits = output_bits;
	config.node = GM_NODE_ANY;
	expect_eq(gm_walker_init(&walker, &config), 0);
	expect_eq(gm_walker_root(&walker).value >> 32, 1);
	expect_eq(map_frames(&walker, 0, 4096, 4096, RW), 0);
	expect_eq(gm_table_free_bytes(&table.table), REGION_SIZE - 4 * 4096);
	expect_eq(gm_table_free_bytes(&other.table), REGION_SIZE);
	gm_walker_destroy(&walker);
	expect_eq(gm_table_free_bytes(&table.table), REGION_SIZE);
	expect_eq(gm_table_free_bytes(&other.table), REGION_SIZE);
	free(memory);
	free(buffer);
	free(ram);
}

static void test_some_out_of_reach(void)
{
	test_pages_in_reach(36, (uint64_t)1 << 36);
	test_pages_in_reach(0, (uint64_t)1 << 50);
}

/* Somebody gave the table page away. */
static void test_page_is_no_object(void)
{
	struct gm_walker_config config;
	struct gm_desc *root;

	if (!UNIT_ASSERTS)
		return;
	space_start();
	space_config(&config);
	expect_eq(gm_walker_init(&walker, &config), 0);
	expect_eq(gm_space_find_get(&space, gm_walker_root(&walker), TABLE_TYPE, &root), 0);
	expect_eq(gm_space_put(&space, root), 0);
	expect_eq(gm_space_put(&space, root), 1);
	gm_walker_destroy(&walker);
	expect(unit_panicked());
	free(buffer);
	free(ram);
}

UNIT_MAIN("walker_pages", UNIT_TEST(test_pages_of_a_space), UNIT_TEST(test_some_out_of_reach),
	  UNIT_TEST(test_page_is_no_object))

#else

#include <granmem/atomic.h>

#include "unit.h"

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("walker_pages", UNIT_TEST(test_absent))

#endif
