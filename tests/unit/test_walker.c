/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of granmem/walker.h: each call's contract, in every format. */
#include <granmem/config.h>

#if GM_CONFIG_64BIT

#include "walker_unit.h"

static struct gm_walker walker;
static const struct shape *shape;

/* One granule of the running shape, the block above it, and the one above that. */
static uint64_t granule(void)
{
	return (uint64_t)1 << walker.shift[0];
}

static uint64_t block(void)
{
	return (uint64_t)1 << walker.shift[1];
}

static void for_each_shape(void (*test)(void))
{
	unsigned i;

	for (i = 0; i < NR_SHAPES; i++) {
		shape = &shapes[i];
		walker_start(shape, &walker);
		test();
		walker_end(&walker);
		expect_eq(machine.stale, 0);
	}
}

static int look_at(uint64_t va, struct oracle_leaf *leaf)
{
	return look(shape, &walker, va, leaf);
}

static void granules(void)
{
	uint64_t vas[4] = { shape->low, shape->low + 7 * granule(), shape->high,
			    shape->high + 5 * granule() };
	struct oracle_leaf leaf;
	unsigned i;

	for (i = 0; i < 4; i++)
		expect_eq(map_frames(&walker, vas[i], granule(), (i + 3) * granule(), RW), 0);
	for (i = 0; i < 4; i++) {
		expect_eq(look_at(vas[i] + 123, &leaf), 1);
		expect_eq(leaf.paddr, (i + 3) * granule() + 123);
		expect_eq(leaf.shift, walker.shift[0]);
		expect_eq(leaf.write, 1);
		expect_eq(leaf.exec, 0);
		expect_eq(look_at(vas[i] + granule(), &leaf), 0);
		/* Occupied; and what is not stays free. */
		expect_eq(map_frames(&walker, vas[i], granule(), 0, RO), -GM_EBUSY);
	}
	expect_eq(map_frames(&walker, vas[0] + granule(), 7 * granule(), 0, RO), -GM_EBUSY);
	expect_eq(map_frames(&walker, vas[0] + granule(), 6 * granule(), 0, RO), 0);
	expect_eq(gm_walker_unmap(&walker, vas[0] + granule(), 6 * granule(), NULL), 0);
	for (i = 0; i < 4; i++) {
		machine.may_free = 0;
		expect_eq(gm_walker_unmap(&walker, vas[i], granule(), NULL), 0);
		expect_eq(look_at(vas[i], &leaf), 0);
		expect(machine_forgot(vas[i], granule()));
	}
	/* Nothing is left but the root. */
	expect_eq(machine.nr_used, walker.index_bits[walker.nr_levels - 1] + 3 >
						  walker.shift[0] ?
					  1u << (walker.index_bits[walker.nr_levels - 1] + 3 -
						 walker.shift[0]) :
					  1);
	machine.may_free = 2;
}

static void test_granules(void)
{
	for_each_shape(granules);
}

static void blocks(void)
{
	struct oracle_leaf leaf;
	uint64_t va = shape->low + 2 * block() - granule();

	/* A granule, two blocks, and a granule. */
	expect_eq(map_frames(&walker, va, 2 * block() + 2 * granule(), 6 * block() - granule(), RW),
		  0);
	expect_eq(look_at(va, &leaf), 1);
	expect_eq(leaf.shift, walker.shift[0]);
	expect_eq(leaf.paddr, 6 * block() - granule());
	expect_eq(look_at(va + granule(), &leaf), 1);
	expect_eq(leaf.shift, walker.shift[1]);
	expect_eq(leaf.paddr, 6 * block());
	expect_eq(look_at(va + granule() + 2 * block() - 1, &leaf), 1);
	expect_eq(leaf.shift, walker.shift[1]);
	expect_eq(leaf.paddr, 8 * block() - 1);
	expect_eq(look_at(va + granule() + 2 * block(), &leaf), 1);
	expect_eq(leaf.shift, walker.shift[0]);
	expect_eq(look_at(va + 2 * granule() + 2 * block(), &leaf), 0);
	/* Occupied in the middle: nothing changes around it. */
	expect_eq(map_frames(&walker, shape->low, 8 * block(), 0, RO), -GM_EBUSY);
	expect_eq(look_at(shape->low, &leaf), 0);
	/* A hole in the middle of a block. */
	expect_eq(gm_walker_unmap(&walker, va + 3 * granule(), granule(), NULL), 0);
	expect_eq(look_at(va + 3 * granule(), &leaf), 0);
	expect_eq(look_at(va + 2 * granule(), &leaf), 1);
	expect_eq(leaf.paddr, 6 * block() + granule());
	expect_eq(leaf.shift, walker.shift[0]);
	expect_eq(look_at(va + 4 * granule(), &leaf), 1);
	expect_eq(leaf.paddr, 6 * block() + 3 * granule());
	/* Protect a part of the other. */
	expect_eq(gm_walker_protect(&walker, va + granule() + block(), 2 * granule(), RO, NULL), 0);
	expect_eq(look_at(va + granule() + block(), &leaf), 1);
	expect_eq(leaf.write, 0);
	expect_eq(look_at(va + 3 * granule() + block(), &leaf), 1);
	expect_eq(leaf.write, 1);
	machine.may_free = 0;
	expect_eq(gm_walker_unmap(&walker, shape->low, 16 * block(), NULL), 0);
	expect_eq(machine.may_free, 2);
	expect_eq(look_at(va + granule(), &leaf), 0);
}

static void test_blocks(void)
{
	for_each_shape(blocks);
}

static void numbers(void)
{
	static const uint64_t odd[] = { 1, 0x1000 - 1, (uint64_t)1 << 63, MAX64, MAX64 - 0xfff,
					(uint64_t)1 << 59, (uint64_t)1 << 52 };
	uint64_t taken = machine.nr_taken;
	struct gm_walker_at at;
	uint64_t va = shape->low;
	unsigned i;

	expect_eq(map_frames(&walker, va, 0, 0, RW), -GM_ESIZE);
	expect_eq(map_frames(&walker, va, granule() - 1, 0, RW), -GM_EALIGN);
	expect_eq(map_frames(&walker, va + 1, granule(), 0, RW), -GM_EALIGN);
	expect_eq(map_frames(&walker, va, granule(), 1, RW), -GM_EALIGN);
	expect_eq(map_frames(&walker, va, granule(), GM_PADDR_END, RW), -GM_ERANGE);
	expect_eq(map_frames(&walker, va, granule(), MAX64 - granule() + 1, RW), -GM_ERANGE);
	expect_eq(map_frames(&walker, MAX64 - granule() + 1, 2 * granule(), 0, RW), -GM_EOVERFLOW);
	expect_eq(map_frames(&walker, va, MAX64 - granule() + 1, 0, RW),
		  va <= granule() ? -GM_ERANGE : -GM_EOVERFLOW);
	/* The last granule, and what is behind it. */
	va = ((uint64_t)1 << (walker.shift[walker.nr_levels - 1] +
			      walker.index_bits[walker.nr_levels - 1])) -
	     walker.bias;
	expect_eq(gm_walker_lookup(&walker, va, &at), -GM_ERANGE);
	expect_eq(gm_walker_lookup(&walker, va - 1, &at), -GM_ENOENT);
	expect_eq(map_frames(&walker, va - granule(), 2 * granule(), 0, RW),
		  va == 0 ? -GM_EOVERFLOW : -GM_ERANGE);
	va = shape->low;
	expect_eq(gm_walker_unmap(&walker, va, 0, NULL), -GM_ESIZE);
	expect_eq(gm_walker_protect(&walker, va, 1, RW, NULL), -GM_EALIGN);
	expect_eq(gm_walker_protect(&walker, va, granule(), 0x100, NULL), -GM_ENOTSUP);
	expect_eq(map_frames(&walker, va, granule(), 0, 0x100), -GM_ENOTSUP);
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		int err = gm_walker_lookup(&walker, odd[i], &at);

		expect(err == -GM_ERANGE || err == -GM_ENOENT);
		err = map_frames(&walker, odd[i], odd[i], odd[i], RW);
		expect(err == -GM_EALIGN || err == -GM_ERANGE || err == -GM_EOVERFLOW);
	}
	expect_eq(machine.nr_taken, taken);
}

static void test_numbers(void)
{
	for_each_shape(numbers);
}

UNIT_MAIN("walker", UNIT_TEST(test_granules), UNIT_TEST(test_blocks), UNIT_TEST(test_numbers))

#else

#include <granmem/atomic.h>

#include "unit.h"

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("walker", UNIT_TEST(test_absent))

#endif
