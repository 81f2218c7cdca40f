/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of granmem/table.h: what the three tables share, with hostile numbers. */
#include "../lib/table_internal.h"

#include "unit.h"

#define MIB ((uint64_t)1 << 20)

static struct gm_table_config config;
static struct gm_table table;
static struct gm_lane lanes[256];

static int configure(void)
{
	memset(&table, 0xee, sizeof(table));
	return gm_table_configure(&table, &config);
}

static void region(uint64_t base, uint64_t size)
{
	memset(&config, 0, sizeof(config));
	config.base = gm_paddr(base);
	config.size = size;
}

static void init(uint64_t base, uint64_t size)
{
	region(base, size);
	expect_eq(configure(), 0);
	memset(lanes, 0xee, sizeof(lanes));
	gm_table_init(&table, lanes);
}

static void test_configure(void)
{
	region(16 * MIB, MIB);
	expect_eq(configure(), 0);
	expect_eq(table.base, 16 * MIB);
	expect_eq(table.size, MIB);
	expect_eq(table.granule_shift, 12);
	expect_eq(table.desc_size, 32);
	expect_eq(gm_table_nr_lanes(&table), 4);
	expect(table.grow == NULL && table.to_virtual == NULL);
	config.granule_shift = 16;
	config.desc_size = 64;
	config.nr_contexts = 2;
	config.nr_lanes = 1;
	config.grow_ctx = &config;
	config.to_virtual_ctx = &lanes;
	expect_eq(configure(), 0);
	expect_eq(table.granule_shift, 16);
	expect_eq(table.desc_size, 64);
	expect_eq(gm_table_nr_lanes(&table), 1);
	expect(table.grow_ctx == &config && table.to_virtual_ctx == &lanes);
}

/* Every value of a field near its bounds, and the largest number there is. */
static void sweep(unsigned *field, unsigned min, unsigned max, unsigned multiple, int power)
{
	unsigned value;

	for (value = 1; value <= max + 2 * multiple + 2; value++) {
		int good = value >= min && value <= max && value % multiple == 0 &&
			   (!power || (value & (value - 1)) == 0);

		*field = value;
		expect_eq(configure(), good ? 0 : -GM_EINVAL);
	}
	*field = ~0u;
	expect_eq(configure(), -GM_EINVAL);
	*field = 1u << 31;
	expect_eq(configure(), -GM_EINVAL);
	*field = 0;
	expect_eq(configure(), 0);
}

static void test_config_limits(void)
{
	region(16 * MIB, 16 * MIB);
	sweep(&config.granule_shift, 9, 16, 1, 0);
	sweep(&config.desc_size, 32, 1024, 16, 0);
	sweep(&config.nr_lanes, 1, 256, 1, 1);
	if (GM_CONTEXTS_MAX < 1000) {
		sweep(&config.nr_contexts, 1, GM_CONTEXTS_MAX, 1, 0);
		return;
	}
	config.nr_contexts = GM_CONTEXTS_MAX;
	expect_eq(configure(), 0);
	config.nr_contexts = GM_CONTEXTS_MAX + 1;
	expect_eq(configure(), -GM_EINVAL);
	config.nr_contexts = ~0u;
	expect_eq(configure(), -GM_EINVAL);
}

static void expect_region(uint64_t base, uint64_t size, int answer)
{
	region(base, size);
	expect_eq(configure(), answer);
}

static void test_region_limits(void)
{
	unsigned shift;

	expect_region(0, 0, -GM_ESIZE);
	expect_region(GM_PADDR_END, 0, -GM_ESIZE);
	expect_region(UINT64_MAX, 0, -GM_ESIZE);
	expect_region(GM_PADDR_END - 4096, 4096, 0);
	expect_region(GM_PADDR_END - 4096, 8192, -GM_EOVERFLOW);
	expect_region(GM_PADDR_END, 4096, -GM_EOVERFLOW);
	expect_region(GM_PADDR_END + 4096, 4096, -GM_EOVERFLOW);
	expect_region(UINT64_MAX - 4095, 4096, -GM_EOVERFLOW);
	expect_region(UINT64_MAX - 4095, MIB, -GM_EOVERFLOW);
#if GM_CONFIG_64BIT
	expect_region(0, GM_PADDR_END, 0);
	expect_region(0, GM_PADDR_END + 4096, -GM_EOVERFLOW);
	expect_region(4096, GM_PADDR_END, -GM_EOVERFLOW);
	expect(configure() == -GM_EOVERFLOW);
#else
	/* Free units are counted in half a word: 128 GiB less one unit. */
	expect_region(0, ((uint64_t)1 << 37) - 4096, 0);
	expect_region(GM_PADDR_END - ((uint64_t)1 << 37), ((uint64_t)1 << 37) - 4096, 0);
	expect_region(0, (uint64_t)1 << 37, -GM_ESIZE);
	expect_region(0, GM_PADDR_END, -GM_ESIZE);
#endif
	expect_region(4096, UINT64_MAX - 4095, GM_CONFIG_64BIT ? -GM_EOVERFLOW : -GM_ESIZE);
	for (shift = 9; shift <= 16; shift++) {
		uint64_t granule = (uint64_t)1 << shift;

		region(granule, granule);
		config.granule_shift = shift;
		expect_eq(configure(), 0);
		config.base.value = granule / 2;
		expect_eq(configure(), -GM_EALIGN);
		config.base.value = granule;
		config.size = granule + 1;
		expect_eq(configure(), -GM_EALIGN);
		config.size = granule + granule / 2;
		expect_eq(configure(), -GM_EALIGN);
	}
}

static void test_init(void)
{
	unsigned lane;

	init(16 * MIB, 8 * MIB);
	expect_eq(table.base, 16 * MIB);
	expect_eq(table.size, 8 * MIB);
	expect_eq(table.granule_shift, 12);
	expect_eq(table.desc_size, 32);
	expect_eq(table.hosted_bytes, 0);
	expect_eq(gm_table_free_bytes(&table), 8 * MIB);
	for (lane = 0; lane < 4; lane++) {
		expect_eq(table.lanes[lane].hints[0], lane * (2 * MIB >> GM_UNIT_SHIFT));
		expect_eq(table.lanes[lane].hints[1], lane * (2 * MIB >> GM_UNIT_SHIFT));
	}
	expect_eq(sizeof(struct gm_lane), 64);
	expect(!gm_table_contains(&table, 16 * MIB - 1) && gm_table_contains(&table, 16 * MIB));
	expect(gm_table_contains(&table, 24 * MIB - 1) && !gm_table_contains(&table, 24 * MIB));
	expect(!gm_table_contains(&table, 0) && !gm_table_contains(&table, UINT64_MAX));
}

static void test_largest_region(void)
{
	uint64_t size = GM_CONFIG_64BIT ? GM_PADDR_END : ((uint64_t)1 << 37) - 4096;

	init(0, size);
	expect_eq(gm_table_free_bytes(&table), size);
	gm_table_take_free(&table, size);
	expect_eq(gm_table_free_bytes(&table), 0);
	gm_table_give_free(&table, size);
	expect_eq(gm_table_free_bytes(&table), size);
}

static void test_free_bytes(void)
{
	init(0, 8 * MIB);
	gm_table_take_free(&table, 64);
	expect_eq(gm_table_free_bytes(&table), 8 * MIB - 64);
	gm_table_take_free(&table, 4 * MIB);
	gm_table_give_free(&table, 64);
	expect_eq(gm_table_free_bytes(&table), 4 * MIB);
	/* Shares of lanes pass below zero; only their sum counts. */
	gm_atomic_add_relaxed(&lanes[1].free, (gm_word)0 - 5);
	gm_atomic_add_relaxed(&lanes[3].free, 5);
	expect_eq(gm_table_free_bytes(&table), 4 * MIB);
	/* A sum below zero, which a change under way can show, is none. */
	gm_table_take_free(&table, 4 * MIB + 64);
	expect_eq(gm_table_free_bytes(&table), 0);
}

static int check(uint64_t base, uint64_t size, unsigned type)
{
	struct gm_object object = { gm_paddr(base), size, type, NULL };

	return gm_table_check(&table, &object);
}

static void test_check(void)
{
	unsigned type;

	init(16 * MIB, 8 * MIB);
	expect_eq(check(16 * MIB, 8 * MIB, 1), 0);
	expect_eq(check(24 * MIB - 64, 64, 1), 0);
	for (type = 0; type < 40; type++)
		expect_eq(check(16 * MIB, 4096, type), type >= 1 && type <= 15 ? 0 : -GM_EINVAL);
	expect_eq(check(16 * MIB, 4096, ~0u), -GM_EINVAL);
	/* In the order of the contract: type, size, overflow, range. */
	expect_eq(check(UINT64_MAX, 0, 0), -GM_EINVAL);
	expect_eq(check(UINT64_MAX, 0, 1), -GM_ESIZE);
	expect_eq(check(UINT64_MAX, 1, 1), -GM_EOVERFLOW);
	expect_eq(check(16 * MIB, UINT64_MAX, 1), -GM_EOVERFLOW);
	expect_eq(check(16 * MIB, UINT64_MAX - 16 * MIB + 1, 1), -GM_EOVERFLOW);
	expect_eq(check(0, 64, 1), -GM_ERANGE);
	expect_eq(check(16 * MIB - 64, 64, 1), -GM_ERANGE);
	expect_eq(check(16 * MIB - 64, 128, 1), -GM_ERANGE);
	expect_eq(check(24 * MIB - 64, 128, 1), -GM_ERANGE);
	expect_eq(check(24 * MIB, 64, 1), -GM_ERANGE);
	expect_eq(check(GM_PADDR_END - 64, 64, 1), -GM_ERANGE);
}

static uint64_t first, end;
static struct gm_claim filled;

static int check_claim(const struct gm_claim *claim)
{
	return gm_table_check_claim(&table, claim, &filled, &first, &end);
}

static void test_claim_defaults(void)
{
	struct gm_claim claim = { .size = 4096, .type = 1 };

	init(16 * MIB, 8 * MIB);
	expect_eq(check_claim(&claim), 0);
	expect_eq(first, 0);
	expect_eq(end, 8 * MIB);
	expect_eq(filled.align, 4096);
	claim.size = 4032;
	expect_eq(check_claim(&claim), 0);
	expect_eq(filled.align, 64);
	claim.size = 4160;
	expect_eq(check_claim(&claim), 0);
	expect_eq(filled.align, 4096);
	claim.align = 2 * MIB;
	expect_eq(check_claim(&claim), 0);
	expect_eq(filled.align, 2 * MIB);
}

static void test_claim_errors(void)
{
	struct gm_claim claim = { .size = 4096, .type = 1 };
	uint64_t align;

	init(16 * MIB, 8 * MIB);
	claim.type = 0;
	expect_eq(check_claim(&claim), -GM_EINVAL);
	claim.type = 16;
	expect_eq(check_claim(&claim), -GM_EINVAL);
	claim.type = 15;
	expect_eq(check_claim(&claim), 0);
	claim.size = 0;
	expect_eq(check_claim(&claim), -GM_ESIZE);
	claim.size = UINT64_MAX;
	expect_eq(check_claim(&claim), -GM_EOVERFLOW);
	claim.size = GM_PADDR_END;
	expect_eq(check_claim(&claim), -GM_ERANGE);
	claim.size = 63;
	expect_eq(check_claim(&claim), -GM_EALIGN);
	claim.size = 4096;
	for (align = 1; align != 0; align *= 2) {
		claim.align = align;
		expect_eq(check_claim(&claim), align < 64 ? -GM_EALIGN : 0);
		claim.align = align + align / 2;
		if (align > 1)
			expect_eq(check_claim(&claim), -GM_EALIGN);
	}
	claim.align = UINT64_MAX;
	expect_eq(check_claim(&claim), -GM_EALIGN);
}

static void expect_bounds(uint64_t min, uint64_t max, uint64_t size, int answer)
{
	struct gm_claim claim = { .size = size, .type = 1 };

	claim.min = gm_paddr(min);
	claim.max = gm_paddr(max);
	expect_eq(check_claim(&claim), answer);
}

static void test_claim_bounds(void)
{
	init(16 * MIB, 8 * MIB);
	expect_bounds(0, UINT64_MAX, 8 * MIB, 0);
	expect_eq(first, 0);
	expect_eq(end, 8 * MIB);
	expect_bounds(17 * MIB, 18 * MIB, MIB, 0);
	expect_eq(first, MIB);
	expect_eq(end, 2 * MIB);
	expect_bounds(17 * MIB, 18 * MIB, MIB + 64, -GM_ERANGE);
	expect_bounds(18 * MIB, 17 * MIB, 64, -GM_ERANGE);
	expect_bounds(17 * MIB, 17 * MIB, 64, -GM_ERANGE);
	expect_bounds(24 * MIB, 0, 64, -GM_ERANGE);
	expect_bounds(0, 16 * MIB, 64, -GM_ERANGE);
	expect_bounds(0, 1, 64, -GM_ERANGE);
	expect_bounds(UINT64_MAX, 0, 64, -GM_ERANGE);
	expect_bounds(UINT64_MAX, UINT64_MAX, 64, -GM_ERANGE);
	expect_bounds(24 * MIB - 64, 0, 64, 0);
	expect_eq(first, 8 * MIB - 64);
}

static struct gm_desc desc;

static void object(unsigned type, gm_word refs)
{
	struct gm_object record = { gm_paddr(0x10000), 0x2000, type, NULL };

	gm_desc_set(&desc, &record);
	desc.state = 0;
	if (refs != 0)
		gm_ref_publish(&desc, type, refs);
}

static void expect_get(uint64_t paddr, unsigned type, int answer, gm_word refs)
{
	expect_eq(gm_table_get(&desc, paddr, type), answer);
	expect_eq(gm_ref_count(&desc), refs);
}

static void test_get(void)
{
	object(3, 1);
	expect_get(0x10000, 0, 0, 2);
	expect_get(0x11fff, 3, 0, 3);
	expect_get(0xffff, 3, 1, 3);
	expect_get(0x12000, 0, 1, 3);
	expect_get(UINT64_MAX, 3, 1, 3);
	expect_get(0x10000, 4, -GM_ETYPE, 3);
	/* Another type matters only where the object is the one at the address. */
	expect_get(0x12000, 4, 1, 3);
	object(3, 0);
	expect_get(0x10000, 3, -GM_EBUSY, 1);
	object(3, GM_REFS_LIMIT);
	expect_get(0x10000, 3, -GM_ELIMIT, GM_REFS_LIMIT);
	expect_get(0x10000, 4, -GM_ELIMIT, GM_REFS_LIMIT);
	object(3, 1);
	desc.state -= 1;
	expect_eq(gm_table_get(&desc, 0x12000, 3), -GM_EORPHAN);
	object(3, 1);
	desc.state -= 1;
	expect_eq(gm_table_get(&desc, 0x10000, 4), -GM_EORPHAN);
}

UNIT_MAIN("table", UNIT_TEST(test_configure), UNIT_TEST(test_config_limits),
	  UNIT_TEST(test_region_limits), UNIT_TEST(test_init), UNIT_TEST(test_largest_region),
	  UNIT_TEST(test_free_bytes), UNIT_TEST(test_check), UNIT_TEST(test_claim_defaults),
	  UNIT_TEST(test_claim_errors), UNIT_TEST(test_claim_bounds), UNIT_TEST(test_get))
