/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of the tables at the edges: configurations that few choose, growth that
 * finds nothing, and hooks that do not keep their word.
 */
#include "machine.h"

#include <sys/mman.h>

static unsigned char *memory; /* of a region that holds its own metadata */
static uint64_t memory_base;

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	(void)ctx;
	(void)size;
	return memory + (base.value - memory_base);
}

/* A region of address space, of which only what is touched is memory. */
static struct gm_table_config hosted_config(uint64_t size, unsigned granule_shift)
{
	struct gm_table_config config;

	memset(&config, 0, sizeof(config));
	memory_base = GIB;
	config.base = gm_paddr(memory_base);
	config.size = size;
	config.granule_shift = granule_shift;
	config.to_virtual = to_virtual;
	memory = mmap(NULL, (size_t)size + 2 * MIB, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	expect(memory != MAP_FAILED);
	memory += -(uintptr_t)memory & (2 * MIB - 1);
	return config;
}

static struct gm_claim request(uint64_t size)
{
	struct gm_claim claim;

	memset(&claim, 0, sizeof(claim));
	claim.size = size;
	claim.type = 1;
	return claim;
}

/* A level's entry may be larger than what growth takes at once. */
static void test_adhoc_grows_by_no_more_than_2_mib(void)
{
	struct gm_table_config config = hosted_config(512 * MIB, 16);
	struct gm_metadata need;
	struct gm_adhoc table;
	struct gm_object object = machine_object(GIB, 64 * KIB, 1);
	struct gm_verify found;
	struct gm_stats stats;
	struct gm_desc *desc;
	void *buffer;

	expect_eq(gm_adhoc_metadata_size(&config, 0, &need), 0);
	buffer = aligned_alloc(64, (size_t)(need.bytes + 63) & ~(size_t)63);
	expect_eq(gm_adhoc_init(&table, &config, buffer, need.bytes), 0);
	expect_eq(gm_adhoc_create(&table, &object, &desc), 0);
	do {
		struct gm_claim claim = request(64 * KIB);

		expect_eq(gm_adhoc_claim(&table, &claim, &desc), 0);
		gm_adhoc_stats(&table, &stats);
	} while (stats.hosted_bytes == 0);
	expect(stats.hosted_bytes <= 2 * MIB);
	expect_eq(gm_adhoc_verify(&table, &found), 0);
	free(buffer);
}

/* When the region is full, growth finds no place in it for metadata. */
static void test_adhoc_fills_its_region(void)
{
	struct gm_table_config config = hosted_config(512 * KIB, 9);
	struct gm_adhoc table;
	struct gm_claim claim = request(512);
	struct gm_verify found;
	struct gm_stats stats;
	struct gm_desc *desc;
	uint64_t nr = 0;
	int err;

	config.desc_size = 1024;
	expect_eq(gm_adhoc_init(&table, &config, NULL, 0), 0);
	while ((err = gm_adhoc_claim(&table, &claim, &desc)) == 0)
		nr++;
	expect_eq(err, -GM_ENOMEM);
	gm_adhoc_stats(&table, &stats);
	expect_eq(stats.nr_objects, nr);
	expect_eq(stats.free_bytes + stats.hosted_bytes + 512 * nr, 512 * KIB);
	expect_eq(gm_adhoc_verify(&table, &found), 0);
	/* With what the last object leaves there is one more. */
	expect_eq(gm_adhoc_put(&table, desc), 1);
	expect_eq(gm_adhoc_claim(&table, &claim, &desc), 0);
	expect_eq(gm_adhoc_verify(&table, &found), 0);
}

/*
 * A cut needs a descriptor, and that a slab in the region, where something is frozen:
 * what the call froze itself will not become free, what others froze may.
 */
static void test_adhoc_growth_beside_what_is_frozen(void)
{
	struct gm_table_config config = hosted_config(512 * KIB, 9);
	struct gm_claim claim = request(32 * KIB);
	struct gm_desc *descs[16];
	struct gm_adhoc table;
	struct gm_verify found;
	struct gm_desc *desc;
	uint64_t cut;
	unsigned nr = 0;
	unsigned i;

	config.desc_size = 1024;
	config.nr_lanes = 1; /* so that they come in the order of their addresses */
	expect_eq(gm_adhoc_init(&table, &config, NULL, 0), 0);
	while (gm_adhoc_claim(&table, &claim, &descs[nr]) == 0)
		nr++;
	expect(nr > 4 && nr < 16);
	claim.size = 512;
	while (gm_adhoc_claim(&table, &claim, &desc) == 0)
		;
	/* Interior cuts until the last descriptor is gone. */
	cut = gm_desc_base(descs[2]) + 1024;
	while (gm_adhoc_release_range(&table, gm_paddr(cut), 64) == 0)
		cut += 192;
	expect(cut < gm_desc_base(descs[2]) + 32 * KIB);
	expect_eq(gm_adhoc_release_range(&table, gm_paddr(cut), 64), -GM_ENOMEM);
	for (i = 0; i < nr; i += nr - 1) {
		expect_eq(gm_ref_freeze(descs[i], 1), 0);
		expect_eq(gm_adhoc_release_range(&table, gm_paddr(cut), 64), -GM_EBUSY);
		gm_ref_thaw(descs[i], 1);
	}
	expect_eq(gm_adhoc_verify(&table, &found), 0);
}

/* A buffer may be longer than anybody can use up. */
static void test_adhoc_endless_buffer(void)
{
	struct gm_table_config config = { .base = gm_paddr(GIB), .size = MIB };
	struct gm_adhoc table;
	struct gm_metadata need;
	struct gm_stats stats;
	void *buffer;

	expect_eq(gm_adhoc_metadata_size(&config, 0, &need), 0);
	buffer = aligned_alloc(64, (size_t)(need.bytes + 63) & ~(size_t)63);
	expect_eq(gm_adhoc_init(&table, &config, (unsigned char *)buffer + 1, 8), -GM_ENOMEM);
	/* Only said to be so long: nothing behind the static part is touched yet. */
	expect_eq(gm_adhoc_init(&table, &config, buffer, ~(uintptr_t)buffer), 0);
	gm_adhoc_stats(&table, &stats);
	expect_eq(stats.free_bytes, MIB);
	expect_eq(stats.total_bytes, stats.static_bytes);
	free(buffer);
}

static void test_adhoc_odd_alignment(void)
{
	struct gm_table_config config = { .base = gm_paddr(GIB), .size = MIB };
	struct gm_claim claim = request(4 * KIB);
	struct gm_adhoc table;
	struct gm_metadata need;
	struct gm_desc *desc;
	void *buffer;

	expect_eq(gm_adhoc_metadata_size(&config, 8, &need), 0);
	buffer = aligned_alloc(64, (size_t)(need.bytes + 63) & ~(size_t)63);
	expect_eq(gm_adhoc_init(&table, &config, buffer, need.bytes), 0);
	expect_eq(gm_adhoc_claim(&table, &claim, &desc), 0);
	/* A multiple of 64, but no power of two. */
	claim.align = 192;
	expect_eq(gm_adhoc_claim(&table, &claim, &desc), -GM_EALIGN);
	claim.align = 128;
	expect_eq(gm_adhoc_claim(&table, &claim, &desc), 0);
	free(buffer);
}

/* What is over, and was never in this region. */
static void test_adhoc_remove_of_a_stranger(void)
{
#if GM_CONFIG_CHECKS >= 1
	struct gm_table_config config = { .base = gm_paddr(GIB), .size = MIB };
	struct gm_object object = machine_object(GIB + MIB, 4 * KIB, 1);
	struct gm_adhoc table;
	struct gm_metadata need;
	struct gm_desc stranger;
	void *buffer;

	expect_eq(gm_adhoc_metadata_size(&config, 8, &need), 0);
	buffer = aligned_alloc(64, (size_t)(need.bytes + 63) & ~(size_t)63);
	expect_eq(gm_adhoc_init(&table, &config, buffer, need.bytes), 0);
	memset(&stranger, 0, sizeof(stranger));
	gm_desc_set(&stranger, &object);
	gm_adhoc_remove(&table, &stranger);
	expect(unit_panicked());
	expect_eq(gm_table_free_bytes(&table.table), MIB);
	free(buffer);
#endif
}

/* A hook that gives memory anywhere. */
static inline void *grow_anywhere(void *ctx, size_t bytes, size_t align)
{
	(void)align;
	(void)bytes;
	return (unsigned char *)ctx + 8;
}

static void test_folio_growth_that_is_not_aligned(void)
{
#if GM_CONFIG_CHECKS >= 1
	struct gm_table_config config = { .base = gm_paddr(GIB), .size = MIB };
	struct gm_object object = machine_object(GIB, 4 * KIB, 1);
	struct gm_folio table;
	struct gm_metadata need;
	struct gm_desc *desc;
	void *buffer;

	config.grow = grow_anywhere;
	config.grow_ctx = aligned_alloc(64 * KIB, 128 * KIB);
	expect_eq(gm_folio_metadata_size(&config, 0, &need), 0);
	buffer = aligned_alloc(64, (size_t)(need.bytes + 63) & ~(size_t)63);
	expect_eq(gm_folio_init(&table, &config, buffer, need.bytes), 0);
	expect_eq(gm_folio_create(&table, &object, &desc), -GM_ENOMEM);
	expect(unit_panicked());
	expect_eq(gm_table_free_bytes(&table.blocks.table), MIB);
	free(buffer);
	free(config.grow_ctx);
#endif
}

static void test_adhoc_growth_that_is_not_aligned(void)
{
#if GM_CONFIG_CHECKS >= 1
	struct gm_table_config config = hosted_config(8 * MIB, 12);
	struct gm_object object = machine_object(GIB, 4 * KIB, 1);
	struct gm_claim claim = request(4 * KIB);
	struct gm_adhoc table;
	struct gm_metadata need;
	struct gm_desc *desc;
	void *buffer;

	config.grow = grow_anywhere;
	config.grow_ctx = aligned_alloc(64 * KIB, 128 * KIB);
	config.to_virtual = NULL;
	expect_eq(gm_adhoc_metadata_size(&config, 0, &need), 0);
	buffer = aligned_alloc(64, (size_t)(need.bytes + 63) & ~(size_t)63);
	expect_eq(gm_adhoc_init(&table, &config, buffer, need.bytes), 0);
	expect_eq(gm_adhoc_create(&table, &object, &desc), -GM_ENOMEM);
	expect(unit_panics.nr != 0);
	unit_panics.nr = 0;
	expect_eq(gm_table_free_bytes(&table.table), 8 * MIB);
	free(config.grow_ctx);
	/* The same by a direct map that is askew from now on. */
	config = hosted_config(8 * MIB, 12);
	config.desc_size = 1024;
	expect_eq(gm_adhoc_init(&table, &config, NULL, 0), 0);
	memory += 8;
	while (unit_panics.nr == 0)
		expect(gm_adhoc_claim(&table, &claim, &desc) == 0 || unit_panics.nr != 0);
	unit_panics.nr = 0;
	free(buffer);
#endif
}

static void test_folio_zeroed_buffer_and_large_granules(void)
{
	struct gm_table_config config = { .base = gm_paddr(GIB), .size = MIB };
	struct gm_object object = machine_object(GIB, 64 * KIB, 1);
	struct gm_folio table;
	struct gm_metadata need;
	struct gm_verify found;
	struct gm_desc *desc;
	void *buffer;

	config.zeroed = 1;
	config.granule_shift = 16;
	expect_eq(gm_folio_metadata_size(&config, 4, &need), 0);
	buffer = calloc(1, (size_t)(need.bytes + need.align));
	expect_eq(gm_folio_init(&table, &config, buffer, need.bytes + need.align), 0);
	expect_eq(gm_folio_create(&table, &object, &desc), 0);
	expect_eq(gm_folio_verify(&table, &found), 0);
	expect_eq(gm_folio_unmark(&table, gm_paddr(GIB + 1), 64 * KIB), -GM_EALIGN);
	expect_eq(gm_folio_unmark(&table, gm_paddr(GIB), 2 * MIB), -GM_ERANGE);
	expect_eq(gm_folio_put(&table, desc), 1);
	expect_eq(gm_folio_verify(&table, &found), 0);
	free(buffer);
}

UNIT_MAIN("edges_tables", UNIT_TEST(test_adhoc_grows_by_no_more_than_2_mib),
	  UNIT_TEST(test_adhoc_fills_its_region),
	  UNIT_TEST(test_adhoc_growth_beside_what_is_frozen), UNIT_TEST(test_adhoc_endless_buffer),
	  UNIT_TEST(test_adhoc_odd_alignment), UNIT_TEST(test_adhoc_remove_of_a_stranger),
	  UNIT_TEST(test_folio_growth_that_is_not_aligned),
	  UNIT_TEST(test_adhoc_growth_that_is_not_aligned),
	  UNIT_TEST(test_folio_zeroed_buffer_and_large_granules))
