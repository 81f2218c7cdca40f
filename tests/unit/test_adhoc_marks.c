/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of lib/adhoc_search.c: where a search leaves a mark that nothing is free, and
 * that the mark goes when something is.
 */
#include "adhoc_unit.h"

#include "../lib/adhoc_internal.h"

/* 512 root slots of 2 MiB each, from a multiple of GROUP on, have a mark; the first and the
 * last are fewer. */
#define BASE (5 * GIB + 6 * MIB)
#define GROUP GIB
#define SIZE (2 * GROUP + 4 * MIB)

static volatile gm_word *mark(unsigned group)
{
	return gm_radix_full(&table.radix, BASE + group * GROUP);
}

static void expect_marks(gm_word first, gm_word second, gm_word last)
{
	expect_eq(gm_atomic_load_relaxed(mark(0)), first);
	expect_eq(gm_atomic_load_relaxed(mark(1)), second);
	expect_eq(gm_atomic_load_relaxed(mark(2)), last);
}

/* A search for this is in vain. */
static void in_vain(struct gm_claim want, uint64_t align)
{
	struct gm_desc *desc;

	want.align = align;
	expect_eq(gm_adhoc_claim(&table, &want, &desc), -GM_ENOMEM);
}

/* All in use, as objects of one slot each; searches begin at the region's base. */
static void begin_full(void)
{
	struct gm_claim want = request(2 * MIB);
	struct gm_desc *desc;
	unsigned i;

	region(BASE, SIZE);
	config.nr_lanes = 1;
	begin(SIZE / (2 * MIB) + 1);
	want.align = 2 * MIB;
	for (i = 0; i < SIZE / (2 * MIB); i++)
		expect_eq(gm_adhoc_claim(&table, &want, &desc), 0);
	expect_marks(0, 0, 0);
}

static void aim(uint64_t paddr)
{
	gm_adhoc_aim(&table, gm_adhoc_hint(&table, table.table.lanes, 4 * KIB), paddr);
}

static void test_levels(void)
{
	begin_full();
	in_vain(request(2 * MIB), 2 * MIB);
	expect_marks(3, 3, 3);
	in_vain(request(4 * KIB), 0);
	expect_marks(2, 2, 2);
	in_vain(request(2 * MIB), 2 * MIB);
	expect_marks(2, 2, 2);
	in_vain(request(64), 0);
	expect_marks(1, 1, 1);
	verified();
}

static void test_emptied(void)
{
	struct gm_claim want = request(4 * KIB);
	uint64_t hole = BASE + GROUP + 6 * MIB + 4 * KIB;
	struct gm_desc *desc;

	begin_full();
	in_vain(want, 0);
	expect_eq(gm_adhoc_release_range(&table, gm_paddr(hole), 4 * KIB), 0);
	expect_marks(2, 0, 2);
	/* Too little for this one, as the first two pages of the group would be. */
	in_vain(request(2 * MIB), 2 * MIB);
	expect_marks(2, 3, 2);
	aim(BASE);
	expect_eq(gm_adhoc_claim(&table, &want, &desc), 0);
	expect_eq(gm_desc_base(desc), hole);
	expect_marks(2, 3, 2);
	aim(BASE);
	in_vain(want, 0);
	expect_marks(2, 2, 2);
	drop(desc);
	expect_marks(2, 0, 2);
	/* A mark that came too late: the second pass finds what is there. */
	gm_atomic_store_relaxed(mark(1), 1);
	aim(BASE);
	expect_eq(gm_adhoc_claim(&table, &want, &desc), 0);
	expect_eq(gm_desc_base(desc), hole);
	drop(gm_adhoc_find(&table, gm_paddr(BASE + SIZE - 2 * MIB)));
	expect_marks(2, 1, 0);
	verified();
}

static int nowhere(void *ctx, struct gm_paddr base)
{
	(void)ctx;
	(void)base;
	return 0;
}

/* A search that would not have taken any free slot proves nothing. */
static void test_no_proof(void)
{
	struct gm_claim want = request(4 * KIB);
	uint64_t hole = BASE + GROUP + 6 * MIB + 4 * KIB;

	begin_full();
	expect_eq(gm_adhoc_release_range(&table, gm_paddr(hole), 4 * KIB), 0);
	aim(BASE);
	in_vain(want, 2 * MIB);
	aim(BASE);
	in_vain(request(8 * KIB), 0);
	want.accept = nowhere;
	aim(BASE);
	in_vain(want, 0);
	expect_marks(0, 0, 0);
	/* Where it ends, and where it begins, in the middle. */
	want.accept = NULL;
	want.max = gm_paddr(hole);
	in_vain(want, 0);
	expect_marks(2, 0, 0);
	want.max = gm_paddr(0);
	want.min = gm_paddr(hole + 4 * KIB);
	in_vain(want, 0);
	expect_marks(2, 0, 2);
	verified();
}

/* Nor one that could not take what it found. */
static void test_no_node(void)
{
	struct gm_claim want = request(4 * KIB);
	struct gm_desc *desc;

	begin_full();
	drop(gm_adhoc_find(&table, gm_paddr(BASE + GROUP)));
	while (gm_radix_take_node(&table.radix, 1, GM_RADIX_THOROUGH) != NULL)
		;
	while (gm_adhoc_grow_from_buffer(&table, &table.descs))
		;
	aim(BASE);
	in_vain(want, 0);
	expect_marks(2, 0, 2);
	want.size = want.align = 2 * MIB;
	expect_eq(gm_adhoc_claim(&table, &want, &desc), 0);
	expect_eq(gm_desc_base(desc), BASE + GROUP);
}

UNIT_MAIN("adhoc_marks", UNIT_TEST(test_levels), UNIT_TEST(test_emptied),
	  UNIT_TEST(test_no_proof), UNIT_TEST(test_no_node))
