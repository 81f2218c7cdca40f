/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/run.h: pfn and run against a naive model that looks at each
 * granule and each leaf, hostile numbers, and the three mapping granules.
 */
#include <granmem/ref.h>
#include <granmem/run.h>

#include "unit.h"

#define MAX64 (~(uint64_t)0)
#define LEAVES_4K (GM_RUN_LEAF(12) | GM_RUN_LEAF(21) | GM_RUN_LEAF(30))
#define LEAVES_16K (GM_RUN_LEAF(14) | GM_RUN_LEAF(25))

static void make(struct gm_desc *desc, uint64_t base, uint64_t size)
{
	struct gm_object object = { gm_paddr(base), size, 1, NULL };

	memset(desc, 0, sizeof(*desc));
	gm_desc_set(desc, &object);
	gm_ref_publish(desc, 1, 1);
}

static struct gm_run run_at(const struct gm_desc *desc, uint64_t offset, uint64_t va,
			    unsigned shift, uint64_t leaves)
{
	struct gm_run run;

	memset(&run, 0xa5, sizeof(run));
	expect_eq(gm_run_at(desc, offset, va, shift, leaves, &run), 0);
	return run;
}

static void test_pfn_of_every_granule(void)
{
	static const unsigned shifts[] = { 12, 14, 16 };
	struct gm_desc desc;
	unsigned i;

	make(&desc, 0x140000000, 2u << 20);
	for (i = 0; i < 3; i++) {
		uint64_t granule = 1u << shifts[i];
		uint64_t at;

		for (at = 0; at < 2u << 20; at += granule) {
			struct gm_pfn pfn = gm_pfn(0);

			expect_eq(gm_run_pfn(&desc, at, shifts[i], &pfn), 0);
			expect_eq(pfn.value, (0x140000000 + at) / granule);
			expect_eq(gm_run_pfn(&desc, at + granule - 1, shifts[i], &pfn), 0);
			expect_eq(pfn.value, (0x140000000 + at) / granule);
		}
	}
}

static void test_pfn_refuses(void)
{
	static const uint64_t offsets[] = { 4096, 4097, (uint64_t)1 << 52, MAX64 - 4095, MAX64 };
	static const unsigned shifts[] = { 0, 8, 17, 32, 63, 64, ~0u };
	struct gm_desc desc;
	struct gm_pfn pfn = gm_pfn(77);
	unsigned i;

	make(&desc, 0x1000, 4096);
	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		expect_eq(gm_run_pfn(&desc, offsets[i], 12, &pfn), -GM_ERANGE);
	for (i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++)
		expect_eq(gm_run_pfn(&desc, 0, shifts[i], &pfn), -GM_EINVAL);
	expect_eq(pfn.value, 77);
	/* An object that was never made covers nothing. */
	memset(&desc, 0, sizeof(desc));
	expect_eq(gm_run_pfn(&desc, 0, 12, &pfn), -GM_ERANGE);
	expect_eq(pfn.value, 77);
}

/* The last bytes of the physical address space, and flags beside the base. */
static void test_pfn_at_the_ends(void)
{
	struct gm_desc desc;
	struct gm_pfn pfn;

	make(&desc, GM_PADDR_END - (1u << 21), 1u << 21);
	expect_eq(gm_desc_set_flags(&desc, GM_FLAGS_MASK), 0);
	expect_eq(gm_run_pfn(&desc, (1u << 21) - 1, 12, &pfn), 0);
	expect_eq(pfn.value, ((uint64_t)1 << 40) - 1);
	make(&desc, 0, GM_PADDR_END);
	expect_eq(gm_run_pfn(&desc, GM_PADDR_END - 1, 9, &pfn), 0);
	expect_eq(pfn.value, ((uint64_t)1 << 43) - 1);
	expect_eq(gm_run_pfn(&desc, GM_PADDR_END, 9, &pfn), -GM_ERANGE);
	expect_eq(gm_run_pfn(&desc, 0, 16, &pfn), 0);
	expect_eq(pfn.value, 0);
}

static void test_run_refuses(void)
{
	struct gm_desc desc;
	struct gm_run run, before;

	make(&desc, 0x200000, 0x200000);
	memset(&run, 0x5a, sizeof(run));
	before = run;
	expect_eq(gm_run_at(&desc, 0x200000, 0, 12, LEAVES_4K, &run), -GM_ERANGE);
	expect_eq(gm_run_at(&desc, (uint64_t)1 << 52, 0, 12, LEAVES_4K, &run), -GM_ERANGE);
	expect_eq(gm_run_at(&desc, MAX64, 0, 12, LEAVES_4K, &run), -GM_ERANGE);
	expect_eq(gm_run_at(&desc, 0, 0, 8, LEAVES_4K, &run), -GM_EINVAL);
	expect_eq(gm_run_at(&desc, 0, 0, 17, LEAVES_4K, &run), -GM_EINVAL);
	expect_eq(gm_run_at(&desc, 0, 0, ~0u, LEAVES_4K, &run), -GM_EINVAL);
	expect(memcmp(&run, &before, sizeof(run)) == 0);
}

static void test_run_of_two_mib(void)
{
	struct gm_desc desc;
	struct gm_run run;

	make(&desc, 0x40200000, 2u << 20);
	run = run_at(&desc, 0, 0x7f0000400000, 12, LEAVES_4K);
	expect_eq(run.paddr.value, 0x40200000);
	expect_eq(run.pfn.value, 0x40200);
	expect_eq(run.granule_offset, 0);
	expect_eq(run.bytes, 2u << 20);
	expect_eq(run.nr_granules, 512);
	expect_eq(run.leaf_shift, 21);
	/* One granule on, the run is too short for the large leaf. */
	run = run_at(&desc, 0x1000, 0x7f0000401000, 12, LEAVES_4K);
	expect_eq(run.nr_granules, 511);
	expect_eq(run.leaf_shift, 12);
	/* The virtual address spoils it. */
	expect_eq(run_at(&desc, 0, 0x7f0000401000, 12, LEAVES_4K).leaf_shift, 12);
	/* Inside a granule, with the same offset on both sides. */
	run = run_at(&desc, 300 * 4096 + 123, 0x1000 + 123, 12, LEAVES_4K);
	expect_eq(run.pfn.value, 0x40200 + 300);
	expect_eq(run.granule_offset, 123);
	expect_eq(run.bytes, 212 * 4096 - 123);
	expect_eq(run.nr_granules, 212);
	expect_eq(run.leaf_shift, 12);
	/* And with another: the byte cannot appear there. */
	expect_eq(run_at(&desc, 123, 0x1000 + 124, 12, LEAVES_4K).leaf_shift, 0);
	/* Leaves that the granule is larger than do not count, nor does none. */
	expect_eq(run_at(&desc, 0, 0, 16, GM_RUN_LEAF(12) | GM_RUN_LEAF(14)).leaf_shift, 0);
	expect_eq(run_at(&desc, 0, 0, 12, 0).leaf_shift, 0);
	expect_eq(run_at(&desc, 0, 0, 12, MAX64).leaf_shift, 21);
}

static void test_run_inside_a_granule(void)
{
	struct gm_desc desc;
	struct gm_run run;

	/* 1.5 KiB at 512 bytes into a granule: mapping it would show the rest. */
	make(&desc, 0x5000 + 512, 1536);
	run = run_at(&desc, 100, 512 + 100, 12, LEAVES_4K);
	expect_eq(run.paddr.value, 0x5000 + 612);
	expect_eq(run.pfn.value, 5);
	expect_eq(run.granule_offset, 612);
	expect_eq(run.bytes, 1436);
	expect_eq(run.nr_granules, 0);
	expect_eq(run.leaf_shift, 0);
	/* From the granule's start, but not to its end. */
	make(&desc, 0x5000, 1536);
	expect_eq(run_at(&desc, 0, 0, 12, LEAVES_4K).nr_granules, 0);
	/* Ragged at both ends: the whole granules in the middle count. */
	make(&desc, 0x5800, 0x2000);
	expect_eq(run_at(&desc, 0, 0x800, 12, LEAVES_4K).nr_granules, 0);
	run = run_at(&desc, 0x800, 0, 12, LEAVES_4K);
	expect_eq(run.pfn.value, 6);
	expect_eq(run.nr_granules, 1);
	expect_eq(run.bytes, 0x1800);
	expect_eq(run.leaf_shift, 12);
	expect_eq(run_at(&desc, 0x1800, 0, 12, LEAVES_4K).nr_granules, 0);
}

static void test_run_with_other_granules(void)
{
	struct gm_desc desc;
	struct gm_run run;

	make(&desc, 0x40000000, 32u << 20);
	run = run_at(&desc, 0, 0x2000000, 14, LEAVES_16K);
	expect_eq(run.nr_granules, 2048);
	expect_eq(run.leaf_shift, 25);
	expect_eq(run_at(&desc, 1u << 14, 0x2004000, 14, LEAVES_16K).leaf_shift, 14);
	/* A contiguous-bit leaf of sixteen granules. */
	run = run_at(&desc, 1u << 16, 1u << 16, 12, LEAVES_4K | GM_RUN_LEAF(16));
	expect_eq(run.leaf_shift, 16);
	run = run_at(&desc, 0, 0, 16, GM_RUN_LEAF(16) | GM_RUN_LEAF(29));
	expect_eq(run.nr_granules, 512);
	expect_eq(run.leaf_shift, 16);
	/* The largest object there can be, and the largest leaf in it. */
	make(&desc, 0, GM_PADDR_END);
	run = run_at(&desc, 0, 0, 12, MAX64);
	expect_eq(run.nr_granules, (uint64_t)1 << 40);
	expect_eq(run.leaf_shift, 52);
	expect_eq(run_at(&desc, 0, (uint64_t)1 << 63, 12, MAX64).leaf_shift, 52);
	expect_eq(run_at(&desc, 0, MAX64 - 4095, 12, MAX64).leaf_shift, 12);
}

/* Granule by granule and leaf by leaf, as the contract says it. */
static void check_against_model(const struct gm_desc *desc, uint64_t base, uint64_t size,
				uint64_t offset, uint64_t va, unsigned shift, uint64_t leaves)
{
	struct gm_run run = run_at(desc, offset, va, shift, leaves);
	uint64_t granule = (uint64_t)1 << shift;
	uint64_t first = (base + offset) / granule * granule;
	uint64_t at, nr = 0;
	unsigned leaf, best = 0;

	for (at = first; at >= base && at + granule <= base + size; at += granule)
		nr++;
	for (leaf = shift; leaf < 40; leaf++) {
		uint64_t bytes = (uint64_t)1 << leaf;
		uint64_t start = va - (base + offset - first);

		if ((leaves & GM_RUN_LEAF(leaf)) != 0 && first % bytes == 0 && start % bytes == 0 &&
		    first >= base && first + bytes <= base + size)
			best = leaf;
	}
	expect_eq(run.paddr.value, base + offset);
	expect_eq(run.pfn.value, first / granule);
	expect_eq(run.granule_offset, (base + offset) % granule);
	expect_eq(run.bytes, base + size - (base + offset));
	expect_eq(run.nr_granules, nr);
	expect_eq(run.leaf_shift, best);
}

static void test_run_against_model(void)
{
	unsigned long long seed = 20260101;
	struct gm_desc desc;
	unsigned step;

	for (step = 0; step < 100000; step++) {
		unsigned shift = 9 + (unsigned)(unit_random(&seed) % 8);
		uint64_t align = (uint64_t)64 << unit_random(&seed) % 16;
		uint64_t base = unit_random(&seed) % (1u << 24) / align * align;
		uint64_t size = (unit_random(&seed) % (1u << 22) / align + 1) * align;
		uint64_t offset = unit_random(&seed) % size;
		uint64_t va = unit_random(&seed) % (1u << 24) / align * align;
		uint64_t leaves = unit_random(&seed) & unit_random(&seed) % (1u << 26);

		if (unit_random(&seed) % 2)
			offset = offset / align * align;
		else
			va += offset % align;
		make(&desc, base, size);
		check_against_model(&desc, base, size, offset, va, shift, leaves);
	}
}

UNIT_MAIN("run", UNIT_TEST(test_pfn_of_every_granule), UNIT_TEST(test_pfn_refuses),
	  UNIT_TEST(test_pfn_at_the_ends), UNIT_TEST(test_run_refuses),
	  UNIT_TEST(test_run_of_two_mib), UNIT_TEST(test_run_inside_a_granule),
	  UNIT_TEST(test_run_with_other_granules), UNIT_TEST(test_run_against_model))
