/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of granmem/index.h: marks, searches, and what the store takes and refuses. */
#include "index_unit.h"

#define MAX64 (~(uint64_t)0)
#define NR 5u

static const uint64_t places[NR] = { 0, 3, 64, 4096, 300000 };
static const uint64_t lengths[NR] = { 1, 1, 130, 1, 64 };
static struct gm_desc *descs[NR];

static void begin_marks(void)
{
	unsigned i;

	begin_index();
	for (i = 0; i < NR; i++)
		descs[i] = put_at(places[i] * PAGE, lengths[i] * PAGE);
}

static void end_marks(void)
{
	unsigned i;

	for (i = 0; i < NR; i++)
		erase_at(places[i] * PAGE, 0);
	end_index();
}

/* The objects that have any of the marks, as bits. */
static unsigned found(gm_word marks, uint64_t from, uint64_t end)
{
	struct gm_desc *desc;
	unsigned set = 0;
	unsigned i = 0;

	while (gm_index_next(&an_index, &from, end, marks, &desc) == 0) {
		while (i < NR && descs[i] != desc)
			i++;
		expect(i < NR);
		expect_eq(from, (places[i] + lengths[i]) * PAGE);
		expect_eq(gm_space_put(&space, desc), 0);
		set |= 1u << i;
	}
	return set;
}

static void test_marks(void)
{
	begin_marks();
	expect_eq(found(0, 0, MAX64), 0x1f);
	expect_eq(found(GM_INDEX_MARKS, 0, MAX64), 0);
	expect(!gm_index_has(&an_index, GM_INDEX_MARKS));
	expect(gm_index_has(&an_index, GM_INDEX_OBJECTS));
	expect_eq(gm_index_mark(&an_index, descs[2], GM_INDEX_DIRTY, 0), 0);
	expect_eq(gm_index_mark(&an_index, descs[4], GM_INDEX_DIRTY | GM_INDEX_USER(3), 0), 0);
	expect_eq(gm_index_marks(&an_index, descs[2]), GM_INDEX_DIRTY);
	expect_eq(gm_index_marks(&an_index, descs[4]), GM_INDEX_DIRTY | GM_INDEX_USER(3));
	expect_eq(gm_index_marks(&an_index, descs[3]), 0);
	expect(gm_index_has(&an_index, GM_INDEX_USER(3)));
	expect(!gm_index_has(&an_index, GM_INDEX_WRITEBACK | ((gm_word)1 << GM_INDEX_KINDS)));
	expect_eq(found(GM_INDEX_DIRTY, 0, MAX64), 0x14);
	expect_eq(found(GM_INDEX_WRITEBACK | GM_INDEX_USER(3), 0, MAX64), 0x10);
	expect_sound(NR, 0);
	/* From dirty to writeback, and what is both set and cleared is set. */
	expect_eq(gm_index_mark(&an_index, descs[2], GM_INDEX_WRITEBACK | GM_INDEX_USER(0),
				GM_INDEX_DIRTY | GM_INDEX_USER(0)),
		  0);
	expect_eq(gm_index_marks(&an_index, descs[2]), GM_INDEX_WRITEBACK | GM_INDEX_USER(0));
	expect_eq(found(GM_INDEX_DIRTY, 0, MAX64), 0x10);
	expect_eq(found(GM_INDEX_WRITEBACK, 0, MAX64), 4);
	/* Beside one that has it, and below the same node. */
	expect_eq(gm_index_mark(&an_index, descs[0], GM_INDEX_WRITEBACK, 0), 0);
	expect_eq(gm_index_mark(&an_index, descs[1], GM_INDEX_WRITEBACK, 0), 0);
	expect_eq(gm_index_mark(&an_index, descs[1], 0, GM_INDEX_WRITEBACK), 0);
	expect_eq(gm_index_mark(&an_index, descs[1], 0, GM_INDEX_WRITEBACK), 0);
	expect_eq(found(GM_INDEX_WRITEBACK, 0, MAX64), 5);
	expect_sound(NR, 0);
	end_marks();
	expect(!gm_index_has(&an_index, ~(gm_word)0));
}

static void test_mark_refuses(void)
{
	struct gm_desc *out = NULL;
	struct gm_desc *desc;
	uint64_t offset = 0;

	begin_marks();
	desc = new_object(PAGE);
	expect_eq(gm_index_mark(&an_index, descs[0], GM_INDEX_OBJECTS, 0), -GM_EINVAL);
	expect_eq(gm_index_mark(&an_index, descs[0], 0, GM_INDEX_SHADOWS), -GM_EINVAL);
	expect_eq(gm_index_mark(&an_index, descs[0], GM_INDEX_USER(4), 0), -GM_EINVAL);
	expect_eq(gm_index_mark(&an_index, desc, GM_INDEX_DIRTY, 0), -GM_ENOENT);
	expect_eq(gm_index_marks(&an_index, desc), 0);
	expect_eq(gm_index_next(&an_index, &offset, MAX64, GM_INDEX_OBJECTS, &out), -GM_EINVAL);
	expect_eq(gm_index_next(&an_index, &offset, MAX64, GM_INDEX_USER(4), &out), -GM_EINVAL);
	expect(offset == 0 && out == NULL);
	expect_eq(gm_space_put(&space, desc), 1);
	end_marks();
}

/* Ranges: what covers their beginning is in, what begins at their end is not. */
static void test_ranges(void)
{
	struct gm_desc *desc;
	uint64_t offset;

	begin_marks();
	expect_eq(found(0, 1, MAX64), 0x1f);
	expect_eq(found(0, PAGE, MAX64), 0x1e);
	expect_eq(found(0, 193 * PAGE + 4095, MAX64), 0x1c);
	expect_eq(found(0, 194 * PAGE, MAX64), 0x18);
	expect_eq(found(0, 0, 3 * PAGE), 1);
	expect_eq(found(0, 0, 3 * PAGE + 1), 3);
	expect_eq(found(0, 65 * PAGE, 66 * PAGE), 4);
	expect_eq(found(0, 5 * PAGE, 5 * PAGE), 0);
	expect_eq(found(0, 300064 * PAGE, MAX64), 0);
	expect_eq(found(0, MAX64, MAX64), 0);
	expect_eq(found(0, store.end - 1, MAX64), 0);
	/* Shadows count as nothing there. */
	erase_at(3 * PAGE, 9);
	descs[1] = NULL;
	expect_eq(found(0, 0, MAX64), 0x1d);
	descs[1] = put_at(3 * PAGE, PAGE);
	/* The only thing is one unit without a node. */
	end_marks();
	begin_index();
	offset = 0;
	expect_eq(gm_index_next(&an_index, &offset, MAX64, 0, &desc), -GM_ENOENT);
	descs[0] = put_at(0, PAGE);
	expect_eq(found(0, 0, MAX64), 1);
	expect_eq(found(0, PAGE, MAX64), 0);
	expect_eq(found(GM_INDEX_DIRTY, 0, MAX64), 0);
	expect_eq(gm_index_mark(&an_index, descs[0], GM_INDEX_DIRTY, 0), 0);
	expect_eq(found(GM_INDEX_DIRTY, 0, MAX64), 1);
	erase_at(0, 0);
	end_index();
}

static void refuse(const struct gm_index_config *config)
{
	struct gm_metadata metadata;
	struct gm_index_store refused;

	expect_eq(gm_index_store_size(config, 1, &metadata), -GM_EINVAL);
	expect_eq(gm_index_store_init(&refused, config, NULL, 0), -GM_EINVAL);
}

static void test_store_refuses(void)
{
	struct gm_index_config good, config;

	make_space();
	memset(&good, 0, sizeof(good));
	refuse(&good); /* no space */
	good.space = &space;
	config = good;
	config.unit_shift = 5;
	refuse(&config);
	config.unit_shift = 31;
	refuse(&config);
	config = good;
	config.place_offset = sizeof(struct gm_desc) - sizeof(gm_word);
	refuse(&config);
	config.place_offset = sizeof(struct gm_desc) + 1;
	refuse(&config);
	config.place_offset = 1024;
	refuse(&config);
	config = good;
	config.nr_lanes = 3;
	refuse(&config);
	config.nr_lanes = 512;
	refuse(&config);
	expect_eq(gm_index_init(&an_index, &store, NULL), -GM_EINVAL);
}

static void test_store_sizes(void)
{
	static _Alignas(64) unsigned char buffer[1 << 17];
	struct gm_index_config config;
	struct gm_metadata none, some, many;
	struct gm_index_stats stats;
	unsigned nr;

	make_space();
	memset(&config, 0, sizeof(config));
	config.space = &space;
	config.zeroed = 1;
	config.place_offset = 48;
	config.nr_lanes = 1;
	expect_eq(gm_index_store_size(&config, 0, &none), 0);
	expect_eq(none.bytes, sizeof(struct gm_pool_lane));
	expect_eq(gm_index_store_size(&config, 60, &some), 0);
	expect_eq(gm_index_store_size(&config, MAX64, &many), 0);
	expect(some.bytes > none.bytes && many.bytes > (uint64_t)1 << 50);
	expect_eq(gm_index_store_init(&store, &config, buffer + 1, 62), -GM_ENOMEM);
	expect_eq(gm_index_store_init(&store, &config, buffer + 1, none.bytes), -GM_ENOMEM);
	expect_eq(gm_index_store_init(&store, &config, buffer + 1, none.bytes + 63), 0);
	expect(gm_pool_take(&store.nodes, 0, 1) == NULL);
	/* As many as were asked for, wherever the buffer lies. */
	memset(buffer, 0, sizeof(buffer));
	expect(some.bytes + 1 + some.align <= sizeof(buffer));
	expect_eq(gm_index_store_init(&store, &config, buffer + 1, some.bytes + some.align - 1), 0);
	for (nr = 0; nr < 60; nr++)
		expect(gm_pool_take(&store.nodes, 0, 1) != NULL);
	gm_index_store_stats(&store, &stats);
	expect_eq(stats.nr_nodes, 60);
	expect_eq(stats.static_bytes, none.bytes);
	expect_eq(stats.node_size, GM_INDEX_NODE_WORDS * sizeof(gm_word));
	expect(stats.node_bytes >= 60 * stats.node_size);
}

/* A hook that gives so many slabs. */
static unsigned nr_left;
static unsigned char *given;

static void *hook(void *ctx, size_t bytes, size_t align)
{
	(void)ctx;
	expect(bytes == SLAB && align == SLAB);
	if (nr_left == 0)
		return NULL;
	nr_left--;
	given += SLAB;
	return given - SLAB;
}

static void *crooked_hook(void *ctx, size_t bytes, size_t align)
{
	return (unsigned char *)hook(ctx, bytes, align) + 64;
}

static void make_growing(unsigned nr_slabs, gm_grow_hook *grow)
{
	struct gm_index_config config;
	struct gm_metadata metadata;

	make_space();
	memset(&config, 0, sizeof(config));
	config.space = &space;
	config.grow = grow;
	expect_eq(gm_index_store_size(&config, 0, &metadata), 0);
	free(store_memory);
	store_memory = aligned_alloc(SLAB, SLAB * (nr_slabs + 2));
	expect(store_memory != NULL && metadata.bytes <= SLAB);
	memset(store_memory, 0xa5, SLAB * (nr_slabs + 2));
	given = store_memory + SLAB;
	nr_left = nr_slabs;
	expect_eq(gm_index_store_init(&store, &config, store_memory, metadata.bytes), 0);
	expect_eq(gm_index_init(&an_index, &store, &owner[0]), 0);
}

static void test_growth(void)
{
	struct gm_desc *desc;
	unsigned i;

	make_growing(2, hook);
	desc = new_object(PAGE);
	/* A node each, and the four above them, of 28 in a slab on 64 bits. */
	for (i = 0; gm_index_insert(&an_index, (1 + (uint64_t)i * GM_INDEX_SLOTS) * PAGE, desc,
				    NULL) == 0;
	     i++)
		desc = new_object(PAGE);
	expect_eq(nr_left, 0);
	expect(i > 40);
	expect_eq(gm_index_insert(&an_index, (1 + (uint64_t)i * GM_INDEX_SLOTS) * PAGE, desc, NULL),
		  -GM_ENOMEM);
	expect_sound(i, 0);
	expect_eq(gm_space_put(&space, desc), 1);
	while (i-- > 0)
		erase_at((1 + (uint64_t)i * GM_INDEX_SLOTS) * PAGE, 0);
	end_index();
}

static void test_growth_misaligned(void)
{
	struct gm_desc *desc;

	if (!UNIT_ASSERTS)
		return;
	make_growing(2, crooked_hook);
	desc = new_object(PAGE);
	expect_eq(gm_index_insert(&an_index, PAGE, desc, NULL), -GM_ENOMEM);
	expect(unit_panicked());
	expect_eq(gm_space_put(&space, desc), 1);
	end_index();
}

UNIT_MAIN("index_mark", UNIT_TEST(test_marks), UNIT_TEST(test_mark_refuses),
	  UNIT_TEST(test_ranges), UNIT_TEST(test_store_refuses), UNIT_TEST(test_store_sizes),
	  UNIT_TEST(test_growth), UNIT_TEST(test_growth_misaligned))
