/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of the walker when table pages are refused: every one in turn, in every
 * operation that takes some. The answer is -GM_ENOMEM, what is mapped is what was
 * mapped, no page is lost, and with memory the same call succeeds.
 */
#include <granmem/config.h>

#if GM_CONFIG_64BIT

#include "walker_unit.h"

#define NR_LOOKS 1024

static struct gm_walker walker;
static const struct shape *shape;
static uint64_t granule, block, large;

/* What is mapped at every place that the operations touch. */
struct look {
	uint64_t paddr; /* + 1 */
	int write;
};

static struct look looks[2][NR_LOOKS];

static void look_around(struct look *out, uint64_t va, uint64_t step)
{
	unsigned i;

	for (i = 0; i < NR_LOOKS; i++) {
		struct oracle_leaf leaf;
		int found = look(shape, &walker, va + i * step, &leaf);

		out[i].paddr = found ? leaf.paddr + 1 : 0;
		out[i].write = found ? leaf.write : 0;
	}
}

static void nothing(void)
{
}

static void one_large(void)
{
	expect_eq(map_frames(&walker, shape->low + large, large, large, RW), 0);
}

static void one_block(void)
{
	expect_eq(map_frames(&walker, shape->low + large, block, block, RW), 0);
}

/* Side by side, and no larger leaf fits both. */
static void two_blocks(void)
{
	expect_eq(map_frames(&walker, shape->low + large, 2 * block, block, RW), 0);
}

/* All but the end of the second. */
static int unmap_most(void)
{
	return gm_walker_unmap(&walker, shape->low + large, 2 * block - granule, NULL);
}

static int map_granule(void)
{
	return map_frames(&walker, shape->low + large + granule, granule, 0, RW);
}

/* From one table of level 1 to the next, and a block between. */
static int map_across(void)
{
	return map_frames(&walker, shape->low + 2 * large - block - granule,
			  2 * block + 2 * granule, 5 * block - granule, RW);
}

static int map_beside(void)
{
	return map_frames(&walker, shape->low + large + block, block + granule, 7 * block, RW);
}

static int unmap_granule(void)
{
	return gm_walker_unmap(&walker, shape->low + large + block / 2, granule, NULL);
}

/* Cut at both ends. */
static int unmap_middle(void)
{
	return gm_walker_unmap(&walker, shape->low + large + block - granule,
			       large - 2 * block + 2 * granule, NULL);
}

static int protect_middle(void)
{
	return gm_walker_protect(&walker, shape->low + large + block - granule,
				 large - 2 * block + 2 * granule, RO, NULL);
}

static const struct {
	void (*before)(void);
	int (*run)(void);
	int may_split; /* table pages may stay, of blocks that were split */
} operations[] = {
	{ nothing, map_granule, 0 },      { nothing, map_across, 0 },
	{ one_block, map_beside, 0 },     { one_block, map_across, 0 },
	{ one_block, unmap_granule, 1 },  { one_large, unmap_granule, 1 },
	{ one_large, unmap_middle, 1 },   { one_large, protect_middle, 1 },
	{ two_blocks, unmap_most, 1 },
};

static void run_one(unsigned number)
{
	uint64_t step = large / (NR_LOOKS / 4);
	unsigned refused;

	for (refused = 1;; refused++) {
		uint64_t before;
		int err;

		walker_start(shape, &walker);
		operations[number].before();
		look_around(looks[0], shape->low, step);
		before = machine.nr_used;
		machine.fail_from = refused;
		machine.may_free = 0;
		err = operations[number].run();
		machine.fail_from = 0;
		if (err == 0) {
			expect(refused > 1);
			walker_end(&walker);
			return;
		}
		expect_eq(err, -GM_ENOMEM);
		look_around(looks[1], shape->low, step);
		expect(memcmp(looks[0], looks[1], sizeof(looks[0])) == 0);
		if (!operations[number].may_split)
			expect_eq(machine.nr_used, before);
		expect_eq(machine.stale, 0);
		expect_eq(operations[number].run(), 0);
		walker_end(&walker);
		expect_eq(machine.stale, 0);
	}
}

static void test_each_page_refused(void)
{
	unsigned i, number;

	for (i = 0; i < NR_SHAPES; i++) {
		shape = &shapes[i];
		walker_start(shape, &walker);
		granule = (uint64_t)1 << walker.shift[0];
		block = (uint64_t)1 << walker.shift[1];
		large = (uint64_t)1 << walker.shift[2];
		walker_end(&walker);
		for (number = 0; number < sizeof(operations) / sizeof(operations[0]); number++)
			run_one(number);
	}
}

/* The root itself, and pages that no entry can lead to. */
static uint64_t odd_page;

static int odd_alloc(void *ctx, uint64_t bytes, struct gm_paddr *out)
{
	(void)ctx;
	(void)bytes;
	out->value = odd_page;
	return 0;
}

static unsigned nr_given_back;

static void odd_free(void *ctx, struct gm_paddr table, uint64_t bytes)
{
	(void)ctx;
	(void)bytes;
	expect_eq(table.value, odd_page);
	nr_given_back++;
}

/* A table that no other leads to has to be where memory is, too. */
static void only_root(void)
{
	struct gm_walker_config config;

	machine_start(16);
	config_for(&shapes[0], &config);
	memset(&config.format, 0, sizeof(config.format));
	config.format.kind = GM_PTE_AARCH64_STAGE1;
	config.format.granule_shift = 16;
	config.format.input_bits = 26;
	config.format.output_bits = 36;
	config.alloc = odd_alloc;
	config.free = odd_free;
	odd_page = (uint64_t)1 << 36;
	nr_given_back = 0;
	expect_eq(gm_walker_init(&walker, &config), -GM_ERANGE);
	expect_eq(nr_given_back, 1);
}

static void test_odd_pages(void)
{
	static const uint64_t odd[] = { MEMORY_BASE + 64, MEMORY_BASE + 0x10001, GM_PADDR_END,
					MAX64 - 0xffff, (uint64_t)1 << 49 };
	unsigned i, j;

	for (i = 0; i < NR_SHAPES; i++) {
		struct gm_walker_config config;

		machine_start(shapes[i].oracle.granule_shift);
		config_for(&shapes[i], &config);
		machine.fail_from = 1;
		expect_eq(gm_walker_init(&walker, &config), -GM_ENOMEM);
		config.alloc = odd_alloc;
		config.free = odd_free;
		for (j = 0; j < sizeof(odd) / sizeof(odd[0]); j++) {
			int err;

			odd_page = odd[j];
			nr_given_back = 0;
			err = gm_walker_init(&walker, &config);
			expect(err == -GM_EALIGN || err == -GM_ERANGE);
			expect_eq(nr_given_back, 1);
		}
		/* A root of several granules has to be aligned to all of them. */
		if (shapes[i].oracle.root_bits <= shapes[i].oracle.granule_shift - 3)
			continue;
		odd_page = MEMORY_BASE + ((uint64_t)1 << shapes[i].oracle.granule_shift);
		expect_eq(gm_walker_init(&walker, &config), -GM_EALIGN);
	}
	only_root();
}

UNIT_MAIN("walker_faults", UNIT_TEST(test_each_page_refused), UNIT_TEST(test_odd_pages))

#else

#include <granmem/atomic.h>

#include "unit.h"

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("walker_faults", UNIT_TEST(test_absent))

#endif
