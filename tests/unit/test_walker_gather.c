/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of the walker's gather: what is invalidated, in which order with what is freed,
 * and that it takes any number of ranges and pages.
 */
#include <granmem/config.h>

#if GM_CONFIG_64BIT

#include "walker_unit.h"

static struct gm_walker walker;
static struct gm_walker_gather gather;
static const struct shape *shape = &shapes[0];

/* leaves 0: all that the format has. */
static void start(uint64_t leaves)
{
	struct gm_walker_config config;

	machine_start(12);
	config_for(shape, &config);
	config.leaves = leaves;
	expect_eq(gm_walker_init(&walker, &config), 0);
	gm_walker_gather_init(&gather);
}

static void map(uint64_t va, uint64_t size)
{
	expect_eq(map_frames(&walker, va, size, GIB + va, RW), 0);
}

static void unmap(uint64_t va, uint64_t size)
{
	expect_eq(gm_walker_unmap(&walker, va, size, &gather), 0);
}

/* Nothing is invalidated, and no page freed, before the gather is finished. */
static void test_order(void)
{
	uint64_t used;

	start(GM_RUN_LEAF(12));
	map(0, 4 * KIB);
	used = machine.nr_used;
	expect_eq(used, 4);
	unmap(0, 4 * KIB);
	expect_eq(machine.nr_calls, 0);
	expect_eq(machine.nr_used, used);
	expect_eq(gather.nr_tables, 3);
	gm_walker_gather_finish(&walker, &gather);
	expect_eq(machine.nr_calls, 1);
	expect_eq(machine.nr_quiesced, 1);
	expect_eq(machine.nr_used, 1);
	expect_eq(machine.stale, 0);
	/* One range: what the highest page translated, with table pages. */
	expect_eq(machine.nr_ranges, 1);
	expect_eq(machine.ranges[0].va, 0);
	expect_eq(machine.ranges[0].bytes, (uint64_t)1 << 39);
	expect_eq(machine.ranges[0].shift, 12);
	expect_eq(machine.ranges[0].level, GM_WALKER_NO_LEVEL);
	expect_eq(machine.ranges[0].tables, 1);
	/* Nothing more to do, and nobody to wait for. */
	gm_walker_gather_finish(&walker, &gather);
	expect_eq(machine.nr_calls, 1);
	expect_eq(machine.nr_quiesced, 1);
	walker_end(&walker);
}

/* Break before make for tables: while hardware may know the one that was taken out
 * nobody can link another one in its place. */
static unsigned nr_broken;

static void while_table_broken(const struct gm_walker_range *range)
{
	struct gm_walker_at at;

	if (!range->tables)
		return;
	nr_broken++;
	expect_eq(range->shift, 12 + 9 * nr_broken);
	expect_eq(range->level, GM_WALKER_NO_LEVEL);
	expect_eq(range->bytes, (uint64_t)1 << range->shift);
	expect_eq(gm_walker_lookup(&walker, 4 * KIB, &at), -GM_EBUSY);
	expect_eq(map_frames(&walker, 4 * KIB, 4 * KIB, GIB, RW), -GM_EBUSY);
}

static void test_tables_broken(const struct shape *which, unsigned flags, unsigned broken)
{
	struct gm_walker_config config;

	machine_start(12);
	config_for(which, &config);
	config.flags |= flags;
	expect_eq(gm_walker_init(&walker, &config), 0);
	gm_walker_gather_init(&gather);
	map(0, 4 * KIB);
	nr_broken = 0;
	machine.on_invalidate = while_table_broken;
	unmap(0, 4 * KIB);
	machine.on_invalidate = NULL;
	expect_eq(nr_broken, broken);
	/* Then it may, although the pages wait. */
	expect_eq(gather.nr_tables, 3);
	map(4 * KIB, 4 * KIB);
	machine.may_free = 0;
	gm_walker_gather_finish(&walker, &gather);
	expect_eq(machine.stale, 0);
	expect_eq(machine.nr_used, 4);
	/* No processor knows what is destroyed. */
	nr_broken = 0;
	machine.nr_calls = 0;
	walker_end(&walker);
	expect_eq(machine.nr_calls, 1);
}

static void test_table_comes_after(void)
{
	test_tables_broken(&shapes[0], 0, 0);
	test_tables_broken(&shapes[0], GM_WALKER_BREAK, 3);
	test_tables_broken(&shapes[5], 0, 3);
	test_tables_broken(&shapes[5], GM_WALKER_NO_BREAK, 3);
}

/* Side by side, in either direction, and overlapping: one range. */
static void test_joined(void)
{
	start(GM_RUN_LEAF(12));
	map(0, 64 * KIB);
	unmap(16 * KIB, 4 * KIB);
	unmap(20 * KIB, 8 * KIB);
	unmap(12 * KIB, 4 * KIB);
	expect_eq(gather.nr_ranges, 1);
	expect_eq(gather.ranges[0].va, 12 * KIB);
	expect_eq(gather.ranges[0].bytes, 16 * KIB);
	expect_eq(gather.ranges[0].tables, 0);
	/* In the middle, and from before to behind. */
	expect_eq(gm_walker_protect(&walker, 4 * KIB, 4 * KIB, RO, &gather), 0);
	expect_eq(gather.nr_ranges, 2);
	expect_eq(gm_walker_protect(&walker, 0, 64 * KIB, RO, &gather), 0);
	expect_eq(gather.nr_ranges, 2);
	expect_eq(gather.ranges[1].va, 0);
	expect_eq(gather.ranges[1].bytes, 64 * KIB);
	expect_eq(gm_walker_protect(&walker, 8 * KIB, 4 * KIB, RO, &gather), 0);
	expect_eq(gather.nr_ranges, 2);
	expect_eq(gather.ranges[1].bytes, 64 * KIB);
	gm_walker_gather_finish(&walker, &gather);
	expect_eq(machine.nr_ranges, 2);
	walker_end(&walker);
}

/* The level is a hint only where all that may be cached is of that level. */
static void expect_level(const struct shape *which, unsigned flags, uint64_t va, uint64_t size,
			 unsigned shift, unsigned level)
{
	struct gm_walker_config config;

	machine_start(12);
	config_for(which, &config);
	config.flags |= flags;
	config.leaves = GM_RUN_LEAF(12) | GM_RUN_LEAF(21);
	expect_eq(gm_walker_init(&walker, &config), 0);
	gm_walker_gather_init(&gather);
	/* Two blocks, and granules in front of them and behind. */
	map(2 * MIB - 8 * KIB, 4 * MIB + 16 * KIB);
	expect_eq(gm_walker_protect(&walker, va, size, RO, &gather), 0);
	expect_eq(gather.nr_ranges, 1);
	expect_eq(gather.ranges[0].va, va);
	expect_eq(gather.ranges[0].bytes, size);
	expect_eq(gather.ranges[0].shift, shift);
	expect_eq(gather.ranges[0].level, level);
	expect_eq(gather.ranges[0].tables, 0);
	gm_walker_gather_finish(&walker, &gather);
	walker_end(&walker);
}

static void test_level(void)
{
	expect_level(&shapes[5], 0, 2 * MIB - 8 * KIB, 8 * KIB, 12, 0);
	expect_level(&shapes[5], 0, 2 * MIB, 4 * MIB, 21, 1);
	expect_level(&shapes[5], 0, 2 * MIB, 4 * MIB + 4 * KIB, 12, GM_WALKER_NO_LEVEL);
	expect_level(&shapes[5], 0, 2 * MIB - 8 * KIB, 2 * MIB + 8 * KIB, 12, GM_WALKER_NO_LEVEL);
	expect_level(&shapes[5], GM_WALKER_NO_BREAK, 2 * MIB, 4 * MIB, 21, GM_WALKER_NO_LEVEL);
	expect_level(&shapes[0], 0, 2 * MIB, 4 * MIB, 21, GM_WALKER_NO_LEVEL);
}

/* At both ends of all addresses. */
static void test_ends(void)
{
	uint64_t top = 0 - 8 * KIB;

	start(GM_RUN_LEAF(12));
	map(0, 4 * KIB);
	expect_eq(map_frames(&walker, top, 8 * KIB, 0, RW), 0);
	unmap(top + 4 * KIB, 4 * KIB);
	unmap(0, 4 * KIB);
	expect_eq(gather.nr_ranges, 2); /* none goes on at 0 */
	gm_walker_gather_finish(&walker, &gather);
	expect(machine_forgot(0, 4 * KIB));
	expect(machine_forgot(top + 4 * KIB, 4 * KIB));
	unmap(top, 4 * KIB);
	gm_walker_gather_finish(&walker, &gather);
	walker_end(&walker);
}

/* More ranges than it has room for: what fills up is invalidated at once. */
static void test_full(void)
{
	unsigned i;

	start(GM_RUN_LEAF(12));
	map(0, 2 * MIB);
	for (i = 0; i < 3 * GM_WALKER_RANGES; i++)
		unmap(i * 64 * KIB, 4 * KIB);
	expect_eq(machine.nr_calls, 2);
	gm_walker_gather_finish(&walker, &gather);
	for (i = 0; i < 3 * GM_WALKER_RANGES; i++)
		expect(machine_forgot(i * 64 * KIB, 4 * KIB));
	walker_end(&walker);
}

/* As many table pages as there are. */
static void test_many_pages(void)
{
	unsigned i;

	start(GM_RUN_LEAF(12));
	for (i = 0; i < 1000; i++)
		map(i * GIB, 4 * KIB);
	expect(machine.nr_used > 2000);
	unmap(0, 1000 * GIB);
	expect(machine.nr_used > 2000);
	gm_walker_gather_finish(&walker, &gather);
	expect_eq(machine.nr_used, 1);
	expect_eq(machine.stale, 0);
	walker_end(&walker);
}

/* A block comes where a table page was that holds nothing: taken out first. */
static void test_block_for_an_empty_table(void)
{
	struct gm_walker_config config;
	struct oracle_leaf leaf;
	uint64_t *table;

	start(0);
	map(0, 4 * KIB);
	expect_eq(look(shape, &walker, 0, &leaf), 1);
	/* As two that met in the page may leave it. */
	table = (uint64_t *)(uintptr_t)leaf.slot;
	table[0] = 0;
	machine.may_free = 0;
	map(0, 2 * MIB);
	expect_eq(machine.nr_quiesced, 1);
	expect_eq(look(shape, &walker, 0, &leaf), 1);
	expect_eq(leaf.shift, 21);
	/* Nor does it matter which of several blocks it is in the way of. */
	map(8 * MIB + 3 * 4 * KIB, 4 * KIB);
	expect_eq(look(shape, &walker, 8 * MIB + 3 * 4 * KIB, &leaf), 1);
	*(uint64_t *)(uintptr_t)leaf.slot = 0;
	map(6 * MIB, 4 * MIB);
	expect_eq(machine.nr_quiesced, 2);
	expect_eq(look(shape, &walker, 8 * MIB, &leaf), 1);
	expect_eq(leaf.paddr, GIB + 8 * MIB);
	expect_eq(leaf.shift, 21);
	/* But not where it holds something, far away. */
	map(2 * GIB + 2 * MIB - 4 * KIB, 4 * KIB);
	expect_eq(map_frames(&walker, 2 * GIB, GIB, GIB, RW), -GM_EBUSY);
	walker_end(&walker);
	expect_eq(machine.stale, 0);
	/* Without hooks that anybody has to be told by. */
	machine_start(12);
	config_for(shape, &config);
	config.invalidate = NULL;
	config.quiesce = NULL;
	expect_eq(gm_walker_init(&walker, &config), 0);
	map(0, 2 * MIB);
	expect_eq(gm_walker_unmap(&walker, 0, 4 * KIB, NULL), 0);
	walker_end(&walker);
}

UNIT_MAIN("walker_gather", UNIT_TEST(test_order), UNIT_TEST(test_joined), UNIT_TEST(test_ends),
	  UNIT_TEST(test_level),
	  UNIT_TEST(test_table_comes_after), UNIT_TEST(test_full), UNIT_TEST(test_many_pages),
	  UNIT_TEST(test_block_for_an_empty_table))

#else

#include <granmem/atomic.h>

#include "unit.h"

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("walker_gather", UNIT_TEST(test_absent))

#endif
