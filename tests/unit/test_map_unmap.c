/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/map.h: unmapping in two halves, what the gather notes of many
 * objects and sizes, and what objects hear of it.
 */
#include "map_unit.h"

#if GM_CONFIG_64BIT

static void test_two_halves(void)
{
	struct gm_desc *desc;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	expect_eq(map(0, 3, desc, 0), 0);
	put_object(desc, 0);
	touch(1, 1);
	expect_eq(gm_map_unmap(&as, slots, 3, 0, &gather), 3);
	/* Clear, but hardware may still reach it: nothing is said or given up. */
	expect_eq(slots[1], 0);
	expect_eq(gm_map_count(desc), 3);
	expect_eq(gm_ref_count(desc), 3);
	expect_eq(gm_desc_flags(desc), 0);
	expect_eq(gm_map_granules(&as, GM_MAP_FILE), 3);
	expect_eq(nr_gone, 0);
	gm_map_finish(&as, &gather);
	expect_eq(nr_gone, 1);
	expect(gm_space_find_object(&machine.space, gm_paddr(HIGH_BASE)) == NULL);
	/* Once more is nothing. */
	gm_map_finish(&as, &gather);
	expect_eq(nr_gone, 1);
	map_end();
}

/* Who unmaps what somebody else has unmapped gets nothing. */
static void test_once(void)
{
	struct gm_map_gone other_gone[2];
	struct gm_map_gather other;
	struct gm_desc *desc;

	map_begin();
	desc = new_object(LOW_BASE, 4 * LEAF_BYTES, TYPE_FILE);
	expect_eq(map(0, 4, desc, 0), 0);
	gm_map_gather_init(&other, other_gone, 2);
	expect_eq(gm_map_unmap(&as, slots, 2, 0, &gather), 2);
	expect_eq(gm_map_unmap(&as, slots, 4, 0, &other), 4);
	expect_eq(gather.nr, 1);
	expect_eq(other.nr, 1);
	gm_map_finish(&as, &other);
	expect_eq(gm_map_count(desc), 2);
	gm_map_finish(&as, &gather);
	expect_eq(gm_map_count(desc), 0);
	put_object(desc, 1);
	map_end();
}

/* What is no leaf stays. */
static void test_others_stay(void)
{
	struct gm_desc *desc;

	map_begin();
	desc = new_object(HIGH_BASE, 4 * MIB, TYPE_FILE);
	expect_eq(map(0, 2, desc, 0), 0);
	expect_eq(map(3, 2, desc, 3 * LEAF_BYTES), 0);
	slots[2] = GM_MAP_BUSY;
	expect_eq(gm_map_unmap(&as, slots, NR_SLOTS, 0, &gather), NR_SLOTS);
	expect_eq(slots[2], GM_MAP_BUSY);
	gm_map_finish(&as, &gather);
	slots[2] = 0x7000; /* the embedder's own: not present */
	unmap(0, NR_SLOTS);
	expect_eq(slots[2], 0x7000);
	slots[2] = 0x7003; /* a table, one level up */
	expect_eq(gm_map_unmap(&as, slots, NR_SLOTS, 1, &gather), NR_SLOTS);
	expect_eq(slots[2], 0x7003);
	expect_eq(gather.nr, 0);
	slots[2] = 0;
	expect_eq(gm_map_count(desc), 0);
	put_object(desc, 1);
	map_end();
}

/* Objects side by side in memory and in the slots; leaves of each are one entry, and the
 * gather fills up. */
static void test_full(void)
{
	struct gm_desc *desc[6];
	unsigned i;

	map_begin();
	for (i = 0; i < 6; i++) {
		desc[i] = new_object(HIGH_BASE + i * 2 * LEAF_BYTES, 2 * LEAF_BYTES, TYPE_FILE);
		expect_eq(map(2 * i, 2, desc[i], 0), 0);
	}
	expect_eq(gm_map_unmap(&as, slots, 12, 0, &gather), 2 * NR_GONE);
	expect_eq(gather.nr, NR_GONE);
	expect(gm_map_gather_is_full(&gather));
	expect(slots[8] != 0);
	expect_eq(gm_map_unmap(&as, &slots[8], 4, 0, &gather), 0);
	/* What does not need room goes on. */
	expect_eq(gm_map_unmap(&as, &slots[12], 4, 0, &gather), 4);
	gm_map_finish(&as, &gather);
	for (i = 0; i < 6; i++)
		expect_eq(gm_map_count(desc[i]), i < NR_GONE ? 0 : 2);
	unmap(0, NR_SLOTS);
	for (i = 0; i < 6; i++)
		put_object(desc[i], 1);
	map_end();
}

/* Frames and objects mixed, leaves out of order, twice the same. */
static void test_mixed(void)
{
	struct gm_desc *desc;
	unsigned i;

	map_begin();
	desc = new_object(MID_BASE, 16 * LEAF_BYTES, TYPE_FILE);
	for (i = 0; i < 16; i++)
		expect_eq(map(15 - i, 1, desc, i * LEAF_BYTES), 0);
	expect_eq(map_frames(16, 2, DEVICE_BASE), 0);
	expect_eq(map(18, 1, desc, 0), 0);
	expect_eq(map(19, 1, desc, 0), 0);
	/* Frames that continue an object: of one region, but nobody's reference. */
	expect_eq(map_frames(20, 1, MID_BASE + LEAF_BYTES), 0);
	expect_eq(map(21, 1, desc, 2 * LEAF_BYTES), 0);
	expect_eq(gm_map_count(desc), 19);
	expect_eq(gm_map_granules(&as, GM_MAP_DEVICE), 3);
	unmap(0, NR_SLOTS);
	expect_eq(gm_map_count(desc), 0);
	expect_eq(gm_ref_count(desc), 1);
	put_object(desc, 1);
	map_end();
}

/* More than one entry of the gather holds, with bits of all kinds. */
static void test_flags(void)
{
	static gm_word accessed[8], dirty[8];
	static struct gm_map_blocks blocks = { accessed, dirty, 12 };
	struct gm_desc *desc;
	unsigned i;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	expect_eq(map(0, NR_SLOTS, desc, 0), 0);
	unmap(0, 1);
	expect_eq(gm_desc_flags(desc), 0);
	touch(1, 0);
	unmap(1, 1);
	expect_eq(gm_desc_flags(desc), GM_FLAG_REFERENCED);
	((struct gm_mapped *)desc)->blocks = &blocks;
	for (i = 2; i < NR_SLOTS; i++) {
		if (i % 3 != 0)
			touch(i, i % 7 == 0 || (i >= 128 && i < 256));
	}
	unmap(2, NR_SLOTS - 2);
	expect_eq(gm_desc_flags(desc), GM_FLAG_REFERENCED | GM_FLAG_DIRTY);
	for (i = 0; i < NR_SLOTS; i++) {
		int was_accessed = i >= 2 && i % 3 != 0;
		int was_dirty = was_accessed && (i % 7 == 0 || (i >= 128 && i < 256));

		expect_eq(accessed[i / 64] >> i % 64 & 1, was_accessed);
		expect_eq(dirty[i / 64] >> i % 64 & 1, was_dirty);
	}
	expect_eq(gm_map_take_flags(desc, GM_FLAG_DIRTY | GM_FLAG_LOCKED), GM_FLAG_DIRTY);
	expect_eq(gm_desc_flags(desc), GM_FLAG_REFERENCED);
	expect_eq(gm_map_take_flags(desc, GM_FLAG_DIRTY), 0);
	expect(gm_map_take_blocks(&dirty[2]) != 0);
	expect_eq(dirty[2], 0);
	expect_eq(gm_map_take_blocks(&dirty[2]), 0);
	memset(accessed, 0, sizeof(accessed));
	memset(dirty, 0, sizeof(dirty));
	put_object(desc, 1);
	map_end();
}

/* Sub-blocks that are larger and smaller than leaves, and bitmaps that are not there. */
static void test_blocks(void)
{
	static gm_word words[2048 / 64 + 1];
	struct gm_map_blocks blocks = { NULL, words, 16 };
	struct gm_desc *desc;
	unsigned i;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	((struct gm_mapped *)desc)->blocks = &blocks;
	expect_eq(map(0, 40, desc, 4 * LEAF_BYTES), 0);
	touch(11, 1); /* leaf 15 of the object: the last of the first 64 KiB */
	touch(12, 1);
	touch(39, 0);
	unmap(0, 40);
	expect_eq(words[0], 3);
	words[0] = 0;
	blocks.shift = 10;
	expect_eq(map(0, 128, desc, 0), 0);
	for (i = 14; i < 100; i++)
		touch(i, 1);
	unmap(0, 128);
	for (i = 0; i < 512; i++)
		expect_eq(words[i / 64] >> i % 64 & 1, i >= 14 * 4 && i < 100 * 4);
	memset(words, 0, sizeof(words));
	/* Only accessed, and nobody cares which. */
	blocks.dirty = NULL;
	blocks.accessed = words;
	expect_eq(map(0, 64, desc, 0), 0);
	for (i = 0; i < 64; i++)
		touch(i, 1);
	unmap(0, 64);
	for (i = 0; i < 4; i++)
		expect_eq(words[i], ~(gm_word)0);
	expect_eq(words[4], 0);
	put_object(desc, 1);
	map_end();
}

/* A leaf of 2 MiB that was written makes all of its sub-blocks dirty. */
static void test_blocks_of_large_leaf(void)
{
	static gm_word words[16];
	struct gm_map_blocks blocks = { NULL, words, 12 };
	struct gm_map_request request;
	struct gm_desc *desc;
	unsigned i;

	map_begin();
	desc = new_object(HIGH_BASE, 4 * MIB, TYPE_FILE);
	((struct gm_mapped *)desc)->blocks = &blocks;
	request = request_of(desc, 2 * MIB);
	request.flags = GM_PTE_DIRTY | GM_PTE_ACCESSED;
	expect_eq(gm_map_slots(&as, slots, 1, 1, &request), 0);
	expect_eq(gm_map_unmap(&as, slots, 1, 1, &gather), 1);
	gm_map_finish(&as, &gather);
	for (i = 0; i < 16; i++)
		expect_eq(words[i], i < 8 ? 0 : ~(gm_word)0);
	put_object(desc, 1);
	map_end();
}

/* An object that was leaked on purpose stays, and its map count is exact. */
static void test_saturated(void)
{
	struct gm_desc *desc;
	struct gm_verify found;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	expect_eq(map(0, 100, desc, 0), 0);
	expect_eq(gm_ref_add(desc, GM_REFS_LIMIT - 101), 0);
	gm_ref_get(desc);
	expect_eq(gm_ref_count(desc), GM_REFS_SATURATED);
	expect_eq(unit_notices.nr, 1);
	unmap(0, 60);
	expect_eq(gm_map_count(desc), 40);
	unmap(60, 40);
	expect_eq(gm_map_count(desc), 0);
	expect_eq(gm_ref_count(desc), GM_REFS_SATURATED);
	expect_eq(map(0, 1, desc, 0), -GM_ELIMIT);
	expect_eq(nr_gone, 0);
	expect_eq(gm_verify_space(&machine.space, &found), 0);
	expect_eq(found.nr_saturated, 1);
}

/* Entries that walkers gather by themselves, one at a time. */
static void test_gather_add(void)
{
	struct gm_map_request request;
	struct gm_desc *desc;
	struct gm_pte leaf;
	unsigned i;

	map_begin();
	desc = new_object(HIGH_BASE, 4 * MIB, TYPE_FILE);
	expect_eq(map(0, 130, desc, 0), 0);
	expect_eq(map_frames(130, 1, DEVICE_BASE), 0);
	for (i = 0; i <= 130; i++) {
		leaf = leaf_in(i);
		slots[i] = 0;
		gm_map_gather_add(&as, &gather, 0, &leaf);
	}
	expect_eq(gather.nr, 3);
	expect_eq(gm_map_granules(&as, GM_MAP_DEVICE), 0);
	request = request_of(desc, 2 * MIB);
	expect_eq(gm_map_slots(&as, slots, 1, 1, &request), 0);
	expect_eq(gm_pte_decode(&as.config.format, 1, slots[0], &leaf), 0);
	slots[0] = 0;
	gm_map_gather_add(&as, &gather, 1, &leaf);
	expect_eq(gather.nr, 4);
	expect_eq(gm_map_count(desc), 131);
	gm_map_finish(&as, &gather);
	expect_eq(gm_map_count(desc), 0);
	put_object(desc, 1);
	map_end();
}

/* A leaf that map did not make, with the bit that says so. */
static void test_of_no_object(void)
{
	struct gm_pte leaf;
	uint64_t entry;

	if (!UNIT_ASSERTS)
		return;
	map_begin();
	expect_eq(map_frames(0, 1, HIGH_BASE), 0);
	leaf = leaf_in(0);
	leaf.software = GM_MAP_COUNTED;
	expect_eq(gm_pte_leaf(&as.config.format, 0, &leaf, &entry), 0);
	slots[0] = entry;
	expect_eq(gm_map_unmap(&as, slots, 1, 0, &gather), 1);
	expect(unit_panicked());
	expect_eq(gather.nr, 0);
	gm_map_gather_add(&as, &gather, 0, &leaf);
	expect(unit_panicked());
	gm_map_give_back(&as, NULL, 1, LEAF_BYTES);
	map_end();
}

UNIT_MAIN("map_unmap", UNIT_TEST(test_two_halves), UNIT_TEST(test_once),
	  UNIT_TEST(test_others_stay), UNIT_TEST(test_full), UNIT_TEST(test_mixed),
	  UNIT_TEST(test_flags), UNIT_TEST(test_blocks), UNIT_TEST(test_blocks_of_large_leaf),
	  UNIT_TEST(test_saturated), UNIT_TEST(test_gather_add), UNIT_TEST(test_of_no_object))

#else

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("map_unmap", UNIT_TEST(test_absent))

#endif
