/* SPDX-License-Identifier: BSD-2-Clause */
/* test_compound.c - the compound table. */
#include <granmem/compound.h>

#define TABLE gm_compound
#define CALL(name) gm_compound_##name
#include "blocks_cases.h"

/* Heads and tails, as drawn in compound.h. */
static void test_tails(void)
{
	struct gm_desc *desc, *tail;
	unsigned generation;

	begin(0);
	desc = make(4, 4, 1);
	tail = gm_blocks_own(&table.blocks, 6);
	expect(desc == gm_blocks_own(&table.blocks, 4));
	expect_eq(gm_blocks_load(&table.blocks, 6), gm_blocks_order_word(4));
	expect(!gm_ref_is_live(tail));
	expect_eq(CALL(put)(&table, desc), 1);
	expect_eq(*gm_blocks_word(&table.blocks, 4), 0);
	expect_eq(*gm_blocks_word(&table.blocks, 6), 0);
	/* A generation goes on, whatever the granule is in between. */
	tail = make(6, 1, 1);
	expect_eq(CALL(put)(&table, tail), 1);
	generation = gm_state_generation(tail->state);
	desc = make(4, 4, 1);
	expect_eq(gm_state_generation(tail->state), generation);
	expect_eq(CALL(put)(&table, desc), 1);
	expect_eq(gm_state_generation(tail->state), generation);
	expect(gm_state_generation(desc->state) == 2);
	end();
}

static unsigned char *region;

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	expect(base.value >= UNIT_BASE && base.value + size <= UNIT_BASE + UNIT_SIZE);
	return (unsigned char *)ctx + (base.value - UNIT_BASE);
}

static void test_hosted(void)
{
	struct gm_table_config config = unit_config();
	struct gm_metadata metadata;
	struct gm_desc *desc;
	uint64_t hosted;

	region = calloc(1, UNIT_SIZE + 64);
	config.to_virtual = to_virtual;
	config.to_virtual_ctx = (void *)(((uintptr_t)region + 63) & ~(uintptr_t)63);
	expect_eq(CALL(metadata_size)(&config, 0, &metadata), 0);
	expect_eq(CALL(init)(&table, &config, NULL, 0), 0);
	hosted = (metadata.bytes + UNIT_GRANULE - 1) / UNIT_GRANULE;
	check(0, UNIT_GRANULES - hosted);
	expect_eq(CALL(find_get)(&table, unit_at(UNIT_GRANULES - 1), 0, &desc), -GM_ENOTRAM);
	expect_eq(CALL(find_get)(&table, unit_at(UNIT_GRANULES - hosted), 0, &desc), -GM_ENOTRAM);
	expect_eq(CALL(find_get)(&table, unit_at(UNIT_GRANULES - hosted - 1), 0, &desc),
		  -GM_ENOENT);
	expect_eq(refused(unit_at(UNIT_GRANULES - 1).value, UNIT_GRANULE, 1), -GM_EEXIST);
	expect_eq(CALL(release_range)(&table, unit_at(UNIT_GRANULES - 1), UNIT_GRANULE),
		  -GM_ENOTRAM);
	check(0, UNIT_GRANULES - hosted);
	config.size = UNIT_GRANULE;
	expect_eq(CALL(init)(&table, &config, NULL, 0), -GM_ENOMEM);
	free(region);
}

/* An object that fills a region of which each number is at its limit. */
static void test_far(void)
{
	struct gm_table_config config = unit_config();
	struct gm_object object = { gm_paddr(GM_PADDR_END - (1 << 20)), 1 << 20, 15, NULL };
	struct gm_metadata metadata;
	struct gm_desc *desc, *found = NULL;
	void *buffer;

	config.base = object.base;
	config.size = object.size;
	config.granule_shift = 9;
	config.desc_size = 1024;
	expect_eq(CALL(metadata_size)(&config, 0, &metadata), 0);
	buffer = calloc(1, (size_t)(metadata.bytes + metadata.align));
	config.zeroed = 1;
	expect_eq(CALL(init)(&table, &config, buffer, metadata.bytes + metadata.align), 0);
	expect_eq(CALL(create)(&table, &object, &desc), 0);
	expect_eq(CALL(find_get)(&table, gm_paddr(GM_PADDR_END - 1), 15, &found), 0);
	expect(found == desc);
	expect_eq(CALL(put)(&table, desc), 0);
	expect_eq(gm_table_free_bytes(&table.blocks.table), 0);
	expect_eq(CALL(put)(&table, desc), 1);
	expect_eq(gm_table_free_bytes(&table.blocks.table), config.size);
	free(buffer);
}

UNIT_MAIN("compound", BLOCKS_CASES, UNIT_TEST(test_tails), UNIT_TEST(test_hosted),
	  UNIT_TEST(test_far))
