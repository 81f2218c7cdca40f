/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of lib/adhoc_init.c: configurations, metadata sizes, regions anywhere. */
#include "adhoc_unit.h"

#define TOP GM_PADDR_END

static struct gm_metadata metadata;

/* What both metadata_size and init answer. */
static int answer(void)
{
	static unsigned char word[64];
	int err = gm_adhoc_metadata_size(&config, 0, &metadata);

	if (err == 0)
		return 0;
	expect_eq(gm_adhoc_init(&table, &config, word, sizeof(word)), err);
	expect_eq(gm_adhoc_init_fixed(&table, &config, word, sizeof(word)), err);
	return err;
}

static void *grow_hook(void *ctx, size_t bytes, size_t align)
{
	(void)ctx;
	(void)bytes;
	(void)align;
	return NULL;
}

static void *map_hook(void *ctx, struct gm_paddr base, uint64_t size)
{
	(void)base;
	(void)size;
	return ctx;
}

/* A table that is promised not to grow: it lives on its buffer, and ends with it. */
static void test_fixed(void)
{
	struct gm_object object = { .size = 64, .type = 1 };
	struct gm_desc *desc;
	uint64_t nr = 0;
	int err;

	region(0, 64 * MIB);
	expect_eq(gm_adhoc_metadata_size(&config, 1, &metadata), 0);
	buffer = malloc((size_t)metadata.bytes + 64);
	expect(buffer != NULL);
	expect_eq(gm_adhoc_init_fixed(&table, &config, NULL, metadata.bytes), -GM_EINVAL);
	config.to_virtual = map_hook;
	expect_eq(gm_adhoc_init_fixed(&table, &config, buffer, metadata.bytes + 64), -GM_EINVAL);
	config.to_virtual = NULL;
	config.grow = grow_hook;
	expect_eq(gm_adhoc_init_fixed(&table, &config, buffer, metadata.bytes + 64), -GM_EINVAL);
	config.grow = NULL;
	expect_eq(gm_adhoc_init_fixed(&table, &config, buffer, 64), -GM_ENOMEM);
	expect_eq(gm_adhoc_init_fixed(&table, &config, (unsigned char *)buffer + 1, 0),
		  -GM_ENOMEM);
	expect_eq(gm_adhoc_init_fixed(&table, &config, buffer, metadata.bytes + 64), 0);
	while ((err = gm_adhoc_create(&table, &object, &desc)) == 0) {
		object.base = gm_paddr(object.base.value + 64);
		nr++;
	}
	expect_eq(err, -GM_ENOMEM);
	expect(nr >= 64);
	expect_eq(verified().nr_objects, nr);
}

static void test_config_errors(void)
{
	unsigned shift;

	region(0, 0);
	expect_eq(answer(), -GM_ESIZE);
	region(TOP, 4096);
	expect_eq(answer(), -GM_EOVERFLOW);
	region(UINT64_MAX - 4095, 4096);
	expect_eq(answer(), -GM_EOVERFLOW);
	region(2048, 4096);
	expect_eq(answer(), -GM_EALIGN);
	region(4096, 4096 + 64);
	expect_eq(answer(), -GM_EALIGN);
	for (shift = 1; shift < 70; shift++) {
		region(0, MIB);
		config.granule_shift = shift;
		expect_eq(answer(), shift >= 9 && shift <= 16 ? 0 : -GM_EINVAL);
	}
	/* A root slot is one of the tree's levels above a granule. */
	for (shift = 1; shift < 70; shift++) {
		region(0, MIB);
		config.root_shift = shift;
		expect_eq(answer(), shift == 21 || shift == 30 || shift == 39 || shift == 48 ||
					    shift == 57 ? 0 : -GM_EINVAL);
	}
	region(0, MIB);
	config.desc_size = 40;
	expect_eq(answer(), -GM_EINVAL);
	config.desc_size = 32;
	config.nr_contexts = GM_CONTEXTS_MAX + 1;
	expect_eq(answer(), -GM_EINVAL);
	config.nr_contexts = 1;
	config.nr_lanes = 3;
	expect_eq(answer(), -GM_EINVAL);
}

static void test_buffer_errors(void)
{
	static unsigned char short_one[64];
	unsigned char *exact;

	region(0, 64 * MIB);
	expect_eq(answer(), 0);
	expect_eq(gm_adhoc_init(&table, &config, NULL, 0), -GM_EINVAL);
	expect_eq(gm_adhoc_init(&table, &config, NULL, UINT64_MAX), -GM_EINVAL);
	expect_eq(gm_adhoc_init(&table, &config, short_one, 0), -GM_ENOMEM);
	expect_eq(gm_adhoc_init(&table, &config, short_one, sizeof(short_one)), -GM_ENOMEM);
	exact = aligned_alloc(metadata.align, (size_t)(metadata.bytes + 63) / 64 * 64);
	expect(exact != NULL);
	expect_eq(gm_adhoc_init(&table, &config, exact, metadata.bytes - 1), -GM_ENOMEM);
	expect_eq(gm_adhoc_init(&table, &config, exact, metadata.bytes), 0);
	verified();
	free(exact);
}

/* Every address that a buffer can have; nothing beyond its end is touched. */
static void test_unaligned_buffers(void)
{
	unsigned skip;

	region(0, 8 * MIB);
	expect_eq(gm_adhoc_metadata_size(&config, 10, &metadata), 0);
	for (skip = 0; skip < 130; skip++) {
		size_t bytes = (size_t)(metadata.bytes + metadata.align - 1);
		unsigned char *memory = malloc(bytes + 256);
		unsigned i;

		expect(memory != NULL);
		memset(memory, 0x5a, bytes + 256);
		expect_eq(gm_adhoc_init(&table, &config, memory + skip, bytes), 0);
		for (i = 0; i < 10; i++)
			make(i * 300 * KIB + 64 * i, 64, 1);
		verified();
		for (i = 0; i < skip; i++)
			expect(memory[i] == 0x5a);
		for (i = skip; i < 256; i++)
			expect(memory[bytes + i] == 0x5a);
		free(memory);
	}
}

/* As many objects as were asked for, as far apart as they can be. */
static void scatter(uint64_t size, unsigned granule_shift, unsigned root_shift, unsigned desc_size,
		    unsigned nr)
{
	uint64_t gap = size / nr & ~(uint64_t)63;
	unsigned i;

	region(3 * MIB, size);
	config.granule_shift = granule_shift;
	config.root_shift = root_shift;
	config.desc_size = desc_size;
	begin(nr);
	for (i = 0; i < nr; i++)
		make(3 * MIB + i * gap, 64, 1);
	expect_eq(verified().nr_objects, nr);
}

static void test_size_is_enough(void)
{
	static const unsigned counts[] = { 1, 2, 7, 8, 100, 500, 4000, 20000 };
	unsigned shift, i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		for (shift = 9; shift <= 16; shift += 7) {
			scatter(64 * MIB, shift, 0, 32, counts[i]);
			scatter(2 * MIB, shift, 0, 64, counts[i]);
		}
		scatter(16 * GIB, 12, 0, 1024, counts[i]);
		scatter(16 * GIB, 12, 39, 48, counts[i]);
		scatter(64 * MIB, 12, 57, 32, counts[i]);
	}
}

/* More than every unit of the region is not needed. */
static void test_size_is_bounded(void)
{
	uint64_t most;

	region(0, 4 * MIB);
	expect_eq(gm_adhoc_metadata_size(&config, 4 * MIB / 64, &metadata), 0);
	most = metadata.bytes;
	expect_eq(gm_adhoc_metadata_size(&config, UINT64_MAX, &metadata), 0);
	expect_eq(metadata.bytes, most);
	expect_eq(gm_adhoc_metadata_size(&config, 1, &metadata), 0);
	expect(metadata.bytes < most);
	expect_eq(metadata.align, 64);
	begin(4 * MIB / 64);
	for (most = 0; most < 4 * MIB / 64; most++) {
		struct gm_object object = record(most * 64, 64, 1);
		struct gm_desc *desc;

		expect_eq(gm_adhoc_create(&table, &object, &desc), 0);
	}
	expect_eq(figures().free_bytes, 0);
	expect_eq(verified().nr_objects, 4 * MIB / 64);
}

static uint64_t nr_root(void)
{
	return table.radix.end - table.radix.first;
}

/* The root's slots: 512 granules, or more where they would be too many. */
static void test_root(void)
{
	region(0, 64 * GIB);
	begin(0);
	expect_eq(table.radix.root_level, 2);
	expect_eq(nr_root(), 64 * GIB / (2 * MIB));
#if GM_CONFIG_64BIT
	region(0, 1024 * GIB);
	begin(0);
	expect_eq(nr_root(), GM_RADIX_ROOT_MAX);
	region(0, 1024 * GIB + 4096);
	begin(0);
	expect_eq(table.radix.root_level, 3);
	expect_eq(nr_root(), 1025);
	region(0, TOP);
	begin(0);
	expect(nr_root() <= GM_RADIX_ROOT_MAX);
	region(0, TOP);
	config.root_shift = 21; /* 2^31 slots are the most */
	expect_eq(answer(), 0);
	config.granule_shift = 9;
	config.root_shift = 18;
	expect_eq(answer(), -GM_EINVAL);
#endif
	region(3 * MIB, 2 * MIB);
	begin(0);
	expect_eq(nr_root(), 2);
	expect_eq((uint64_t)table.radix.first << table.radix.levels[table.radix.root_level].shift,
		  2 * MIB);
}

/* Objects at both ends of a region and across the middle of it. */
static void use_region(uint64_t base, uint64_t size, unsigned granule_shift)
{
	uint64_t granule = (uint64_t)1 << granule_shift;
	uint64_t end = base + size;
	struct gm_desc *whole;

	region(base, size);
	config.granule_shift = granule_shift;
	begin(8);
	expect_eq(figures().free_bytes, size);
	expect_eq(lookup(base, 0), -GM_ENOENT);
	expect_eq(lookup(end - 1, 0), -GM_ENOENT);
	expect_eq(lookup(end, 0), -GM_ERANGE);
	expect_eq(lookup(base - 1, 0), -GM_ERANGE);
	expect(gm_adhoc_find(&table, gm_paddr(end)) == NULL);
	expect(gm_adhoc_find(&table, gm_paddr(base - 1)) == NULL);
	whole = make(base, size, 15);
	verified();
	expect_eq(figures().free_bytes, 0);
	expect_eq(refused(base, 64, 1), -GM_EEXIST);
	expect_eq(refused(end - 64, 64, 1), -GM_EEXIST);
	drop(whole);
	expect_eq(figures().nr_nodes, 0);
	make(base, 64, 1);
	make(end - granule, granule, 2);
	expect_eq(refused(end - 64, 128, 1), end + 64 > TOP ? -GM_EOVERFLOW : -GM_ERANGE);
	expect_eq(refused(base - 64, 128, 1), base == 0 ? -GM_EOVERFLOW : -GM_ERANGE);
	make(base + granule, size - 2 * granule, 3);
	make(base + 64, granule - 64, 4);
	expect_eq(figures().free_bytes, 0);
	expect_eq(verified().nr_objects, 4);
}

static void test_regions_anywhere(void)
{
	unsigned shift;

	for (shift = 9; shift <= 16; shift++) {
		uint64_t granule = (uint64_t)1 << shift;

		use_region(0, 2048 * granule, shift);
		use_region(0, 3 * granule, shift);
		use_region(granule, 1023 * granule, shift);
		use_region(77 * granule, 1500 * granule, shift);
		use_region(511 * granule, 3 * granule, shift);
		use_region(513 * granule, 511 * granule, shift);
		use_region(TOP - 3 * granule, 3 * granule, shift);
		use_region(TOP - 1537 * granule, 1537 * granule, shift);
		use_region(TOP / 2 - 5 * granule, 700 * granule, shift);
	}
}

/* All that a table can describe, 52 bits on a wide machine, is one region, one
 * object even. */
static void test_everything(void)
{
	uint64_t most = GM_CONFIG_64BIT ? TOP : ((uint64_t)1 << 37) - 65536;
	unsigned shift;

	for (shift = 9; shift <= 16; shift++) {
		uint64_t granule = (uint64_t)1 << shift;

		use_region(0, most, shift);
		use_region(TOP - most + granule, most - granule, shift);
	}
}

static void test_descriptor_sizes(void)
{
	static const unsigned sizes[] = { 32, 48, 64, 240, 1024 };
	unsigned i, j;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct gm_desc *descs[200];

		region(0, 16 * MIB);
		config.desc_size = sizes[i];
		begin(200);
		expect_eq(figures().desc_size, sizes[i]);
		for (j = 0; j < 200; j++) {
			descs[j] = make(j * 8192, 4096, 1);
			expect_eq((uintptr_t)descs[j] % 16, 0);
			/* What extends the descriptor is the embedder's. */
			memset(descs[j] + 1, (int)j, sizes[i] - sizeof(struct gm_desc));
		}
		for (j = 0; j < 200; j++) {
			unsigned char *own = (unsigned char *)(descs[j] + 1);
			unsigned b;

			for (b = 0; b < sizes[i] - sizeof(struct gm_desc); b++)
				expect(own[b] == j);
		}
		expect_eq(verified().nr_objects, 200);
		for (j = 0; j < 200; j++)
			drop(descs[j]);
		verified();
	}
}

static void test_zeroed_buffer(void)
{
	void *memory;

	region(0, 16 * MIB);
	config.zeroed = 1;
	expect_eq(gm_adhoc_metadata_size(&config, 50, &metadata), 0);
	memory = calloc(1, (size_t)metadata.bytes + 63);
	expect(memory != NULL);
	expect_eq(gm_adhoc_init(&table, &config, memory, metadata.bytes + 63), 0);
	drop(make(64, 64, 1));
	make(0, 8 * MIB, 1);
	verified();
	free(memory);
}

UNIT_MAIN("adhoc_init", UNIT_TEST(test_fixed), UNIT_TEST(test_config_errors),
	  UNIT_TEST(test_buffer_errors), UNIT_TEST(test_unaligned_buffers),
	  UNIT_TEST(test_size_is_enough), UNIT_TEST(test_size_is_bounded), UNIT_TEST(test_root),
	  UNIT_TEST(test_regions_anywhere), UNIT_TEST(test_everything),
	  UNIT_TEST(test_descriptor_sizes), UNIT_TEST(test_zeroed_buffer))
