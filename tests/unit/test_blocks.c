/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_blocks.c - granmem/blocks.h by its own calls, on the words of a small
 * compound table: requests checked, granules locked and freed, words looked up.
 * Its searches are in test_blocks_claim.c.
 */
#include "../lib/blocks_internal.h"
#include "blocks_words.h"

static int checked(uint64_t base, uint64_t size, unsigned type)
{
	struct gm_object object = { gm_paddr(base), size, type, NULL };
	uint64_t first, nr;

	return gm_blocks_check(blocks, &object, &first, &nr);
}

static void test_check(void)
{
	struct gm_object object = { at(5), 8 * GRANULE, GM_TYPE_MAX, NULL };
	uint64_t first = 0, nr = 0;

	begin();
	expect_eq(checked(BASE, GRANULE, 0), -GM_EINVAL);
	expect_eq(checked(BASE, 0, 0), -GM_EINVAL);
	expect_eq(checked(BASE, GRANULE, GM_TYPE_MAX + 1), -GM_EINVAL);
	expect_eq(checked(BASE, 0, 1), -GM_ESIZE);
	expect_eq(checked(BASE, GRANULE / 2, 1), -GM_ESIZE);
	expect_eq(checked(BASE, 3 * GRANULE, 1), -GM_ESIZE);
	expect_eq(checked(~0ull, ~0ull, 1), -GM_ESIZE);
	expect_eq(checked(BASE, 1ull << 63, 1), -GM_EOVERFLOW);
	expect_eq(checked(GM_PADDR_END, GRANULE, 1), -GM_EOVERFLOW);
	expect_eq(checked(~0ull - GRANULE + 1, GRANULE, 1), -GM_EOVERFLOW);
	expect_eq(checked(BASE - GRANULE, GRANULE, 1), -GM_ERANGE);
	expect_eq(checked(BASE - GRANULE, 2 * GRANULE, 1), -GM_ERANGE);
	expect_eq(checked(at(NR).value, GRANULE, 1), -GM_ERANGE);
	expect_eq(checked(at(NR - 1).value, 2 * GRANULE, 1), -GM_ERANGE);
	expect_eq(checked(BASE + 64, GRANULE, 1), -GM_EALIGN);
	/* What counts is the address, not the place in the region. */
	expect_eq(checked(at(0).value, 2 * GRANULE, 1), -GM_EALIGN);
	expect_eq(checked(at(8).value, 8 * GRANULE, 1), -GM_EALIGN);
	expect_eq(gm_blocks_check(blocks, &object, &first, &nr), 0);
	expect_eq(first, 5);
	expect_eq(nr, 8);
	expect_eq(checked(at(NR - 1).value, GRANULE, 1), 0);
	end();
}

/* The region's last granules are metadata: not free, and nobody's. */
static void test_host(void)
{
	struct gm_desc *desc = NULL;

	begin();
	gm_blocks_host(blocks, 3 * GRANULE);
	check(0, NR - 3);
	expect_summary(0, 3);
	expect_eq(gm_atomic_load_relaxed(&blocks->table.hosted_bytes), 3 * UNITS);
	expect_eq(checked(at(NR - 1).value, GRANULE, 1), -GM_EEXIST);
	expect_eq(checked(at(NR - 3).value, 2 * GRANULE, 1), -GM_EEXIST);
	expect_eq(checked(at(NR - 4).value, GRANULE, 1), 0);
	expect_eq(gm_blocks_miss(blocks, NR - 4, 0), -GM_ENOENT);
	expect_eq(gm_blocks_miss(blocks, NR - 3, 0), -GM_ENOTRAM);
	expect_eq(gm_blocks_look_again(blocks, at(NR - 3), 0, NULL, -GM_ENOENT, &desc),
		  -GM_ENOTRAM);
	free(buffer);
}

static void test_order_words(void)
{
	unsigned order;
	uint64_t i;

	begin();
	for (order = 0; order < 52; order++) {
		gm_word word = gm_blocks_order_word(1ull << order);

		expect_eq(word & ~GM_DESC_ORDER_MASK, 0);
		expect_eq(word >> GM_DESC_ORDER_SHIFT, order + 1);
	}
	expect(gm_blocks_desc(blocks, 5, 0) == NULL);
	/* Each granule of a block leads to its head: down to the multiple by address. */
	for (i = 5; i < 13; i++) {
		expect(gm_blocks_led(blocks, i, gm_blocks_order_word(8)) ==
		       gm_blocks_own(blocks, 5));
		expect(gm_blocks_desc(blocks, i, gm_blocks_order_word(1)) ==
		       gm_blocks_own(blocks, i));
		expect_eq(gm_blocks_index(blocks, gm_blocks_paddr(blocks, i).value + GRANULE - 1),
			  i);
	}
	expect(gm_blocks_led(blocks, 13, gm_blocks_order_word(8)) == gm_blocks_own(blocks, 13));
	end();
}

static void test_lock_and_free(void)
{
	struct gm_desc *desc;
	uint64_t i;

	begin();
	expect_eq(gm_blocks_lock(blocks, 5, 8, gm_blocks_order_word(8)), 0);
	expect_eq(gm_table_free_bytes(&blocks->table), (NR - 8) * GRANULE);
	expect_summary(8, 0);
	desc = publish(5, 8);
	gm_desc_set_flags(desc, GM_FLAGS_MASK);
	for (i = 5; i < 13; i++)
		expect_eq(gm_blocks_load(blocks, i), gm_blocks_order_word(8));
	expect_eq(gm_blocks_load(blocks, 4), 0);
	expect_eq(gm_blocks_load(blocks, 13), 0);
	check(1, NR - 8);
	expect(gm_desc_flags(desc) == GM_FLAGS_MASK);
	finish(5);
	for (i = 5; i < 13; i++)
		expect_eq(gm_atomic_load_relaxed(gm_blocks_word(blocks, i)), 0);
	expect_summary(0, 0);
	end();
}

/* A lock that meets something takes nothing, wherever it meets it. */
static void test_rollback(void)
{
	gm_word word = gm_blocks_order_word(1);
	struct gm_desc *desc;
	uint64_t i;

	begin();
	desc = make(5, 4);
	for (i = 1; i <= 8; i++) {
		expect_eq(gm_blocks_lock(blocks, i, 9 - i, word), -GM_EEXIST);
		check(1, NR - 4);
		expect_summary(4, 0);
	}
	expect_eq(gm_ref_freeze(desc, 1), 0);
	expect_eq(gm_blocks_lock(blocks, 0, 6, word), -GM_EBUSY);
	expect_eq(gm_blocks_lock(blocks, 8, 1, word), -GM_EBUSY);
	check(1, NR - 4);
	gm_ref_thaw(desc, 1);
	expect_eq(gm_blocks_lock(blocks, 8, 1, word), -GM_EEXIST);
	finish(5);
	check(0, NR);
	/* Locked, but nothing lives there yet. */
	expect_eq(gm_blocks_lock(blocks, 5, 4, gm_blocks_order_word(4)), 0);
	expect_eq(gm_blocks_lock(blocks, 4, 4, word), -GM_EBUSY);
	expect_eq(gm_table_free_bytes(&blocks->table), (NR - 4) * GRANULE);
	expect_eq(gm_blocks_load(blocks, 4), 0);
	/* Of the words of what is freed only the head's may say something. */
	gm_blocks_free(blocks, 5, 4, GM_FLAG_DIRTY);
	expect_eq(gm_atomic_load_relaxed(gm_blocks_word(blocks, 5)), GM_FLAG_DIRTY);
	for (i = 6; i < 9; i++)
		expect_eq(gm_atomic_load_relaxed(gm_blocks_word(blocks, i)), 0);
	gm_atomic_store_relaxed(gm_blocks_word(blocks, 5), 0);
	end();
}

/* Over the border of two groups, and up to the region's end. */
static void test_summary(void)
{
	uint64_t i;

	begin();
	expect_summary(0, 0);
	expect_eq(gm_blocks_lock(blocks, 500, 24, gm_blocks_order_word(1)), 0);
	expect_summary(12, 12);
	for (i = 500; i < 524; i++)
		publish(i, 1);
	check(24, NR - 24);
	for (i = 524; i < NR; i++)
		make(i, 1);
	check(NR - 500, 500);
	expect_summary(12, NR - 512);
	for (i = 500; i < NR; i++)
		finish(i);
	expect_summary(0, 0);
	end();
}

/* What was freed is where the lane looks next, one hint for each kind of claim. */
static void test_hints(void)
{
	struct gm_lane *lane;
	uint64_t nr = GM_BLOCKS_GROUP;

	begin();
	lane = gm_table_lane(&blocks->table);
	make(5, 8);
	make(61, 64);
	finish(61);
	expect_eq(lane->hints[0], 61 * UNITS);
	expect_eq(lane->hints[1], 0);
	finish(5);
	expect_eq(lane->hints[0], 5 * UNITS);
	expect_eq(gm_blocks_lock(blocks, 7, nr, gm_blocks_order_word(1)), 0);
	gm_blocks_free(blocks, 7, nr, 0);
	expect_eq(lane->hints[0], 5 * UNITS);
	expect_eq(lane->hints[1], 7 * UNITS);
	end();
}

static void test_store(void)
{
	struct gm_desc *desc;
	uint64_t i;

	begin();
	/* One block becomes two, while it is frozen. */
	desc = make(13, 16);
	expect_eq(gm_ref_freeze(desc, 1), 0);
	gm_blocks_store(blocks, 21, 8, gm_blocks_order_word(8));
	gm_blocks_store(blocks, 14, 7, gm_blocks_order_word(8));
	for (i = 21; i < 29; i++)
		expect(gm_blocks_led(blocks, i, gm_blocks_load(blocks, i)) ==
		       gm_blocks_own(blocks, 21));
	expect_eq(gm_blocks_load(blocks, 13), gm_blocks_order_word(16));
	expect_eq(gm_blocks_load(blocks, 29), 0);
	expect_eq(gm_blocks_load(blocks, 12), 0);
	gm_blocks_store(blocks, 14, 15, gm_blocks_order_word(16));
	gm_ref_thaw(desc, 1);
	check(1, NR - 16);
	finish(13);
	end();
}

static void test_look_again(void)
{
	struct gm_desc *desc, *other, *found = NULL;

	begin();
	desc = make(5, 8);
	other = make(20, 1);
	expect_eq(gm_blocks_look_again(blocks, gm_paddr(BASE - 1), 0, NULL, -GM_ENOENT, &found),
		  -GM_ERANGE);
	expect_eq(gm_blocks_look_again(blocks, at(NR), 0, NULL, -GM_ENOENT, &found), -GM_ERANGE);
	expect_eq(gm_blocks_look_again(blocks, at(4), 0, NULL, -GM_ENOENT, &found), -GM_ENOENT);
	expect_eq(gm_blocks_look_again(blocks, at(9), TYPE + 1, NULL, -GM_ENOENT, &found),
		  -GM_ETYPE);
	expect(found == NULL);
	expect_eq(gm_blocks_look_again(blocks, at(12), TYPE, NULL, -GM_ENOENT, &found), 0);
	expect(found == desc);
	expect_eq(gm_ref_count(desc), 2);
	/* The reference that was taken of the wrong object goes back. */
	expect_eq(gm_blocks_look_again(blocks, at(20), 0, desc, 0, &found), 0);
	expect(found == other);
	expect_eq(gm_ref_count(desc), 1);
	expect_eq(gm_ref_count(other), 2);
	expect_eq(gm_ref_freeze(desc, 1), 0);
	expect_eq(gm_blocks_look_again(blocks, at(5), 0, NULL, -GM_ENOENT, &found), -GM_EBUSY);
	gm_ref_thaw(desc, 1);
	expect_eq(gm_blocks_look_again(blocks, at(4), 0, other, 0, &found), -GM_ENOENT);
	check(2, NR - 9);
	finish(5);
	finish(20);
	end();
}

static int count_visits(void *ctx, struct gm_desc *desc)
{
	expect_eq(gm_ref_count(desc), 2);
	++*(unsigned *)ctx;
	return gm_desc_base(desc) == at(NR - 1).value ? 7 : 0;
}

static void test_for_each(void)
{
	struct gm_desc *desc;
	unsigned nr = 0;

	begin();
	make(0, 1);
	desc = make(5, 8);
	make(NR - 2, 1);
	expect_eq(gm_blocks_for_each(blocks, count_visits, &nr), 0);
	expect_eq(nr, 3);
	/* What is frozen is not visited. */
	expect_eq(gm_ref_freeze(desc, 1), 0);
	expect_eq(gm_blocks_for_each(blocks, count_visits, &nr), 0);
	expect_eq(nr, 5);
	gm_ref_thaw(desc, 1);
	make(NR - 1, 1);
	expect_eq(gm_blocks_for_each(blocks, count_visits, &nr), 7);
	expect_eq(nr, 9);
	check(4, NR - 11);
	finish(0);
	finish(5);
	finish(NR - 2);
	finish(NR - 1);
	end();
}

static unsigned char memory[4 * GRANULE + GM_BLOCKS_ALIGN];
static struct gm_paddr asked_base;
static uint64_t asked_size;

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	asked_base = base;
	asked_size = size;
	return ctx;
}

static unsigned char *aligned_memory(void)
{
	return memory + (-(uintptr_t)memory & (GM_BLOCKS_ALIGN - 1));
}

static void test_init_buffer(void)
{
	struct gm_table_config config = small_config();
	unsigned char *aligned = aligned_memory();
	struct gm_blocks made;

	/* A lane, two words of summary, and what the table wants. */
	expect_eq(gm_table_configure(&made.table, &config), 0);
	expect_eq(gm_blocks_metadata_size(&made.table, 128), 256);
	memset(memory, 0xaa, sizeof(memory));
	expect_eq(gm_blocks_init(&made, 128, aligned, 255, 0), -GM_ENOMEM);
	expect_eq(gm_blocks_init(&made, 128, aligned + 1, 256 + 62, 0), -GM_ENOMEM);
	expect_eq(gm_blocks_init(&made, 0, aligned + 1, 62, 0), -GM_ENOMEM);
	expect_eq(aligned[64], 0xaa);
	expect_eq(gm_blocks_init(&made, 128, aligned + 1, 256 + 63, 0), 0);
	expect((unsigned char *)made.table.lanes == aligned + 64);
	expect(made.words == aligned + 64 + 128);
	expect_eq(made.table.static_bytes, 256);
	/* Zero where it was asked for, and nowhere else. */
	expect_eq(aligned[63], 0xaa);
	expect_eq(aligned[64 + 128], 0);
	expect_eq(aligned[64 + 255], 0);
	expect_eq(aligned[64 + 256], 0xaa);
	memset(memory, 0, sizeof(memory));
	aligned[255] = 0xaa;
	expect_eq(gm_blocks_init(&made, 128, aligned, 256, 1), 0);
	expect_eq(aligned[255], 0xaa);
}

static int found_host(const struct gm_table_config *config, uint64_t bytes, void **found)
{
	struct gm_metadata metadata = { bytes, GM_BLOCKS_ALIGN };
	int err = gm_blocks_find_host(config, &metadata, found);

	expect(err != 0 || metadata.bytes == asked_size);
	return err;
}

static void test_find_host(void)
{
	struct gm_table_config config = small_config();
	unsigned char *aligned = aligned_memory();
	void *found = NULL;

	expect_eq(found_host(&config, 128, &found), -GM_EINVAL);
	config.to_virtual = to_virtual;
	config.to_virtual_ctx = aligned;
	expect_eq(found_host(&config, NR * GRANULE, &found), -GM_ENOMEM);
	expect_eq(found_host(&config, (NR - 1) * GRANULE + 64, &found), -GM_ENOMEM);
	config.nr_lanes = 3;
	expect_eq(found_host(&config, 128, &found), -GM_EINVAL);
	config.nr_lanes = 1;
	expect_eq(asked_size, 0);
	expect_eq(found_host(&config, GRANULE + 64, &found), 0);
	expect_eq(asked_base.value, at(NR - 2).value);
	expect_eq(asked_size, 2 * GRANULE);
	expect(found == aligned);
	config.to_virtual_ctx = aligned + 8;
	expect_eq(found_host(&config, 128, &found), -GM_EINVAL);
}

UNIT_MAIN("blocks", UNIT_TEST(test_check), UNIT_TEST(test_host), UNIT_TEST(test_order_words),
	  UNIT_TEST(test_lock_and_free), UNIT_TEST(test_rollback), UNIT_TEST(test_summary),
	  UNIT_TEST(test_hints), UNIT_TEST(test_store), UNIT_TEST(test_look_again),
	  UNIT_TEST(test_for_each), UNIT_TEST(test_init_buffer), UNIT_TEST(test_find_host))
