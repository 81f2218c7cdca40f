/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of granmem/granule.h: every function at its edges, ranges by an oracle. */
#include <granmem/granule.h>

#include "unit.h"

static const uint64_t edges[] = {
	0, 1, 2, 63, 64, 65, 511, 512, 4095, 4096, 4097, 65535, 65536, 0x7fffffff,
	0x80000000, 0xffffffff, 0x100000000, 0x100000001, GM_PADDR_END / 2,
	GM_PADDR_END - 4096, GM_PADDR_END - 64, GM_PADDR_END - 1, GM_PADDR_END,
	GM_PADDR_END + 1, GM_PADDR_END + 64, (uint64_t)1 << 63, ((uint64_t)1 << 63) + 1,
	UINT64_MAX - GM_PADDR_END, UINT64_MAX - 4096, UINT64_MAX - 64, UINT64_MAX - 1,
	UINT64_MAX,
};

#define NR_EDGES (sizeof(edges) / sizeof(edges[0]))

static void test_size(void)
{
	unsigned shift;
	uint64_t size = 1;

	for (shift = 0; shift < 64; shift++, size *= 2)
		expect_eq(gm_granule_size(shift), size);
}

static void test_power_of_two(void)
{
	unsigned low, high;

	expect(!gm_granule_is_power_of_two(0));
	for (low = 0; low < 64; low++) {
		expect(gm_granule_is_power_of_two((uint64_t)1 << low));
		for (high = low + 1; high < 64; high++)
			expect(!gm_granule_is_power_of_two(((uint64_t)1 << low) |
							   ((uint64_t)1 << high)));
	}
	expect(!gm_granule_is_power_of_two(UINT64_MAX));
}

static void test_rounding(void)
{
	unsigned shift;
	size_t i;

	for (shift = 0; shift < 64; shift++) {
		uint64_t size = (uint64_t)1 << shift;

		for (i = 0; i < NR_EDGES; i++) {
			uint64_t value = edges[i];
			uint64_t down = value / size * size;

			expect_eq(gm_granule_aligned(value, shift), value % size == 0);
			expect_eq(gm_granule_down(value, shift), down);
			if (down == value)
				expect_eq(gm_granule_up(value, shift), value);
			else if (down <= UINT64_MAX - size)
				expect_eq(gm_granule_up(value, shift), down + size);
		}
	}
}

static void test_logarithms(void)
{
	unsigned low, high;

	expect_eq(gm_granule_trailing(0), 64);
	for (high = 0; high < 64; high++) {
		uint64_t top = (uint64_t)1 << high;

		expect_eq(gm_granule_log2(top), high);
		expect_eq(gm_granule_log2(top | (top - 1)), high);
		expect_eq(gm_granule_trailing(top), high);
		for (low = 0; low < high; low++) {
			expect_eq(gm_granule_log2(top | ((uint64_t)1 << low)), high);
			expect_eq(gm_granule_trailing(top | ((uint64_t)1 << low)), low);
		}
	}
	expect_eq(gm_granule_log2(UINT64_MAX), 63);
	expect_eq(gm_granule_trailing(UINT64_MAX), 0);
}

static void test_pfn(void)
{
	unsigned shift;

	for (shift = GM_GRANULE_SHIFT_MIN; shift <= GM_GRANULE_SHIFT_MAX; shift++) {
		uint64_t last = (GM_PADDR_END >> shift) - 1;

		expect_eq(gm_granule_pfn(gm_paddr(GM_PADDR_END - 1), shift).value, last);
		expect_eq(gm_granule_paddr(gm_pfn(last), shift).value,
			  GM_PADDR_END - ((uint64_t)1 << shift));
		expect_eq(gm_granule_pfn(gm_paddr(0), shift).value, 0);
		expect_eq(gm_granule_paddr(gm_pfn(1), shift).value, (uint64_t)1 << shift);
	}
	/* Any number is accepted: a guest's pfn comes from its register. */
	expect_eq(gm_granule_pfn(gm_paddr(UINT64_MAX), 12).value, UINT64_MAX >> 12);
}

/* base + size, or the largest number where that has more than 64 bits. */
static uint64_t end_of(uint64_t base, uint64_t size)
{
	return size > UINT64_MAX - base ? UINT64_MAX : base + size;
}

static int oracle(uint64_t base, uint64_t size, uint64_t outer_base, uint64_t outer_size)
{
	if (size == 0)
		return -GM_ESIZE;
	if (end_of(base, size) > ((uint64_t)1 << 52))
		return -GM_EOVERFLOW;
	if (base < outer_base || base + size > outer_base + outer_size)
		return -GM_ERANGE;
	return 0;
}

static void test_check_range(void)
{
	size_t base, size, outer, length;

	for (outer = 0; outer < NR_EDGES; outer++) {
		for (length = 0; length < NR_EDGES; length++) {
			/* A valid outer range is the caller's duty. */
			if (end_of(edges[outer], edges[length]) > GM_PADDR_END)
				continue;
			for (base = 0; base < NR_EDGES; base++)
				for (size = 0; size < NR_EDGES; size++)
					expect_eq(gm_granule_check_range(edges[base], edges[size],
									 edges[outer],
									 edges[length]),
						  oracle(edges[base], edges[size],
							 edges[outer], edges[length]));
		}
	}
}

/* Random ranges near a region's two ends, where the comparisons decide. */
static void test_check_range_near_ends(void)
{
	unsigned long long seed = 1;
	unsigned i;

	for (i = 0; i < 200000; i++) {
		uint64_t outer = unit_random(&seed) % 1000;
		uint64_t length = unit_random(&seed) % 1000;
		uint64_t base = unit_random(&seed) % 2200;
		uint64_t size = unit_random(&seed) % 1100;

		if (i % 2) {
			outer += GM_PADDR_END - 2000;
			base += GM_PADDR_END - 2100;
		}
		expect_eq(gm_granule_check_range(base, size, outer, length),
			  oracle(base, size, outer, length));
	}
}

UNIT_MAIN("granule", UNIT_TEST(test_size), UNIT_TEST(test_power_of_two), UNIT_TEST(test_rounding),
	  UNIT_TEST(test_logarithms), UNIT_TEST(test_pfn), UNIT_TEST(test_check_range),
	  UNIT_TEST(test_check_range_near_ends))
