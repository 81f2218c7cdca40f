/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of lib/radix.c where the library itself would be wrong: what it asserts of
 * the tree goes to the hook, and nothing else changes.
 */
#include "../lib/radix_internal.h"

#include "radix_unit.h"

#define UNIT_BYTES ((uint64_t)4096)

static void begin_with_one(void)
{
	begin(12, 2, 2, 2);
	expect_eq(link_range(0, UNIT_BYTES, 16), 0);
}

static void expect_one(void)
{
	expect_eq(gm_radix_lookup(&radix, 0), 16);
	expect_eq(nodes_used(), 1);
	expect_eq(gm_radix_record(&radix, 1, gm_radix_node(root[0]))->word & GM_NODE_REFS_MASK, 1);
}

static void test_unlink_of_what_is_not_there(void)
{
#if GM_CONFIG_CHECKS >= 1
	begin_with_one();
	gm_radix_unlink(&radix, 0, UNIT_BYTES, 32);
	expect(unit_panicked());
	gm_radix_unlink(&radix, UNIT_BYTES, 2 * UNIT_BYTES, 16);
	expect(unit_panicked());
	expect_one();
#endif
}

static void test_relabel_of_what_is_not_there(void)
{
#if GM_CONFIG_CHECKS >= 1
	begin_with_one();
	gm_radix_relabel(&radix, 0, UNIT_BYTES, 32, 48);
	expect(unit_panicked());
	expect_one();
#endif
}

/* One slot is emptied only if it is one, and the value's. */
static void test_unlink_slot_refuses(void)
{
	begin_with_one();
	expect_eq(gm_radix_unlink_slot(&radix, 0, UNIT_BYTES, 32), 0);
	expect_eq(gm_radix_unlink_slot(&radix, 0, 2 * UNIT_BYTES, 16), 0);
	expect_eq(gm_radix_unlink_slot(&radix, UNIT_BYTES, UNIT_BYTES, 16), 0);
	expect_one();
	expect_eq(gm_radix_unlink_slot(&radix, 0, UNIT_BYTES, 16), 1);
	expect_eq(nodes_used(), 0);
}

/* A node that is not where it says. */
static void test_retire_of_what_is_not_linked(void)
{
#if GM_CONFIG_CHECKS >= 1
	gm_word *node;

	begin_with_one();
	node = gm_radix_take_node(&radix, 1, GM_RADIX_THOROUGH);
	expect(node != NULL);
	gm_radix_retire(&radix, 1, node, radix.levels[2].bytes, 0);
	expect(unit_panicked());
	expect_one();
#endif
}

UNIT_MAIN("radix_wrong", UNIT_TEST(test_unlink_of_what_is_not_there),
	  UNIT_TEST(test_relabel_of_what_is_not_there), UNIT_TEST(test_unlink_slot_refuses),
	  UNIT_TEST(test_retire_of_what_is_not_linked))
