/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of the walker's blocks and runs: what becomes of accessed and dirty bits, the
 * break between two sizes, and table pages that are refused in the middle.
 */
#include <granmem/config.h>

#if GM_CONFIG_64BIT

#include "walker_unit.h"

static struct gm_walker walker;
static const struct shape *shape;
static uint64_t granule, block;

static void for_each_shape(void (*test)(void))
{
	unsigned i;

	for (i = 0; i < NR_SHAPES; i++) {
		shape = &shapes[i];
		walker_start(shape, &walker);
		granule = (uint64_t)1 << walker.shift[0];
		block = (uint64_t)1 << walker.shift[1];
		test();
		machine.on_invalidate = NULL;
		machine.may_free = 0;
		walker_end(&walker);
		expect_eq(machine.stale, 0);
	}
}

static int look_at(uint64_t va, struct oracle_leaf *leaf)
{
	return look(shape, &walker, va, leaf);
}

/* As hardware does it: in the entry that it used, and in no other. */
static void mark(uint64_t va, int dirty)
{
	struct oracle_leaf leaf;
	uint64_t *slot;

	expect_eq(look_at(va, &leaf), 1);
	slot = (uint64_t *)(uintptr_t)leaf.slot;
	*slot = oracle_mark(&shape->oracle, *slot, dirty);
	expect_eq(look_at(va, &leaf), 1);
	expect_eq(leaf.accessed, 1);
	expect_eq(leaf.dirty, dirty);
}

static void marks_survive(void)
{
	uint64_t va = shape->low + 4 * block;
	struct oracle_leaf leaf;
	unsigned part;

	expect_eq(map_frames(&walker, va, 4 * block, 8 * block, RW), 0);
	mark(va + 5, 1);
	mark(va + block, 0);
	/* Protecting the whole block. */
	expect_eq(gm_walker_protect(&walker, va, block, RW | GM_PROT_EXEC, NULL), 0);
	expect_eq(look_at(va, &leaf), 1);
	expect_eq(leaf.shift, walker.shift[1]);
	expect_eq(leaf.dirty, 1);
	/* Splitting it: each part may have been what was written. */
	for (part = 0; part < 3; part++) {
		uint64_t at = va + part * block;
		uint64_t i;

		expect_eq(gm_walker_protect(&walker, at + granule, granule, RW | GM_PROT_EXEC,
					    NULL),
			  0);
		for (i = 0; i < block; i += granule) {
			expect_eq(look_at(at + i, &leaf), 1);
			expect_eq(leaf.shift, walker.shift[0]);
			expect_eq(leaf.paddr, 8 * block + part * block + i);
			expect_eq(leaf.accessed, part != 2);
			expect_eq(leaf.dirty, part == 0);
		}
	}
}

static void test_marks_survive(void)
{
	for_each_shape(marks_survive);
}

/* The range that is just being broken. */
static uint64_t broken_va;
static unsigned nr_broken;

static void while_broken(const struct gm_walker_range *range)
{
	struct oracle_leaf leaf;
	struct gm_walker_at at;

	if (broken_va - range->va >= range->bytes || range->tables)
		return;
	if (gm_walker_lookup(&walker, broken_va, &at) != -GM_EBUSY)
		return;
	nr_broken++;
	/* Nothing is present, and nobody gets it. */
	expect_eq(oracle_walk(&shape->oracle, gm_walker_root(&walker).value, broken_va, &leaf), 0);
	expect_eq(map_frames(&walker, broken_va, granule, 0, RO), -GM_EBUSY);
	expect_eq(gm_walker_unmap(&walker, broken_va, granule, NULL), -GM_EBUSY);
	expect_eq(gm_walker_protect(&walker, broken_va, granule, RO, NULL), -GM_EBUSY);
}

static void breaks(void)
{
	uint64_t va = shape->high - shape->high % block;
	unsigned is_arm = shape->oracle.kind == ORACLE_ARM1 || shape->oracle.kind == ORACLE_ARM2;
	struct oracle_leaf leaf;

	expect_eq(map_frames(&walker, va, block, block, RW), 0);
	broken_va = va + 3 * granule;
	nr_broken = 0;
	machine.on_invalidate = while_broken;
	expect_eq(gm_walker_unmap(&walker, va, granule, NULL), 0);
	expect_eq(nr_broken, is_arm);
	expect(machine_forgot(va, block));
	expect_eq(look_at(broken_va, &leaf), 1);
	expect_eq(leaf.paddr, block + 3 * granule);
	expect_eq(look_at(va, &leaf), 0);
}

static void test_breaks(void)
{
	for_each_shape(breaks);
}

/* With the flags: the other way. */
static void test_breaks_by_flag(void)
{
	unsigned i;

	for (i = 0; i < NR_SHAPES; i++) {
		struct gm_walker_config config;
		int is_arm;

		shape = &shapes[i];
		is_arm = shape->oracle.kind == ORACLE_ARM1 || shape->oracle.kind == ORACLE_ARM2;
		machine_start(shape->oracle.granule_shift);
		config_for(shape, &config);
		config.flags |= is_arm ? GM_WALKER_NO_BREAK : GM_WALKER_BREAK;
		expect_eq(gm_walker_init(&walker, &config), 0);
		granule = (uint64_t)1 << walker.shift[0];
		block = (uint64_t)1 << walker.shift[1];
		broken_va = shape->low + 3 * granule;
		nr_broken = 0;
		expect_eq(map_frames(&walker, shape->low, block, block, RW), 0);
		machine.on_invalidate = while_broken;
		expect_eq(gm_walker_unmap(&walker, shape->low, granule, NULL), 0);
		expect_eq(nr_broken, !is_arm);
		machine.on_invalidate = NULL;
		walker_end(&walker);
	}
}

/* Runs, where the format has them at the lowest level. */
static void runs(void)
{
	uint64_t run = granule << walker.run_shift[0];
	uint64_t va = shape->low + 8 * run;
	struct oracle_leaf leaf;
	uint64_t i;

	if (walker.run_shift[0] == 0)
		return;
	/* A granule, two runs, a granule. */
	expect_eq(map_frames(&walker, va - granule, 2 * run + 2 * granule, 4 * run - granule, RW),
		  0);
	expect_eq(look_at(va - granule, &leaf), 1);
	expect_eq(leaf.shift, walker.shift[0]);
	for (i = 0; i < 2 * run; i += granule) {
		expect_eq(look_at(va + i + 5, &leaf), 1);
		expect_eq(leaf.shift, walker.shift[0] + walker.run_shift[0]);
		expect_eq(leaf.paddr, 4 * run + i + 5);
	}
	expect_eq(look_at(va + 2 * run, &leaf), 1);
	expect_eq(leaf.shift, walker.shift[0]);
	/* What hardware noted in one entry concerns the run. */
	mark(va + 5 * granule, 1);
	expect_eq(gm_walker_protect(&walker, va, 2 * run, RW | GM_PROT_EXEC, NULL), 0);
	for (i = 0; i < 2 * run; i += granule) {
		expect_eq(look_at(va + i, &leaf), 1);
		expect_eq(leaf.shift, walker.shift[0] + walker.run_shift[0]);
		expect_eq(leaf.exec, 1);
		expect_eq(leaf.dirty, i < run);
	}
	/* Unfolded, with a break, when part of it changes. */
	machine.on_invalidate = while_broken;
	broken_va = va + run - granule;
	nr_broken = 0;
	expect_eq(gm_walker_unmap(&walker, va + 2 * granule, granule, NULL), 0);
	machine.on_invalidate = NULL;
	expect_eq(nr_broken, 1);
	for (i = 0; i < run; i += granule) {
		expect_eq(look_at(va + i, &leaf), i != 2 * granule);
		if (i == 2 * granule)
			continue;
		expect_eq(leaf.shift, walker.shift[0]);
		expect_eq(leaf.dirty, 1);
		expect_eq(leaf.paddr, 4 * run + i);
	}
	expect_eq(look_at(va + run, &leaf), 1);
	expect_eq(leaf.shift, walker.shift[0] + walker.run_shift[0]);
	expect_eq(gm_walker_unmap(&walker, va + run, run, NULL), 0);
	expect_eq(look_at(va + run, &leaf), 0);
	expect_eq(look_at(va + 2 * run, &leaf), 1);
}

static void test_runs(void)
{
	for_each_shape(runs);
}

UNIT_MAIN("walker_split", UNIT_TEST(test_marks_survive), UNIT_TEST(test_breaks),
	  UNIT_TEST(test_breaks_by_flag), UNIT_TEST(test_runs))

#else

#include <granmem/atomic.h>

#include "unit.h"

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("walker_split", UNIT_TEST(test_absent))

#endif
