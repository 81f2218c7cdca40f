/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of granmem/radix.h: shapes, walks, and nodes that come and go. */
#include "radix_unit.h"

static void test_shape(void)
{
	unsigned shift, level;

	for (shift = 9; shift <= 16; shift++) {
		gm_radix_shape(&radix, shift);
		radix.root_level = 3;
		expect_eq(radix.levels[0].shift, 6);
		expect_eq(gm_radix_slots(&radix, 0), 1u << (shift - 6));
		expect_eq(gm_radix_level_of(&radix, 64), 0);
		for (level = 1; level < GM_RADIX_LEVELS; level++) {
			uint64_t bytes = (uint64_t)1 << (shift + 9 * (level - 1));

			expect_eq((uint64_t)1 << radix.levels[level].shift, bytes);
			expect_eq(gm_radix_slots(&radix, level), 512);
			expect_eq(gm_radix_level_of(&radix, bytes),
				  level <= 3 ? level : GM_RADIX_LEVELS);
			expect_eq(gm_radix_level_of(&radix, bytes + 64), GM_RADIX_LEVELS);
			expect_eq(gm_radix_nr_slots(&radix, level, 0, bytes), 1);
			expect_eq(gm_radix_nr_slots(&radix, level, 0, bytes + 64), 2);
			expect_eq(gm_radix_nr_slots(&radix, level, 0, 1), 1);
			expect_eq(gm_radix_nr_slots(&radix, level, bytes - 64, bytes + 64), 2);
		}
		radix.levels[3].mask = ~(uint64_t)0; /* as init does for the root */
		expect_eq(gm_radix_index(&radix, 3, (uint64_t)600 << radix.levels[3].shift), 600);
		expect_eq(gm_radix_index(&radix, 2, (uint64_t)600 << radix.levels[2].shift), 88);
		/* Nodes of one level, or of one address, have different places. */
		expect(gm_radix_place(&radix, 1, 0) != gm_radix_place(&radix, 0, 0));
		expect(gm_radix_place(&radix, 0, 0) !=
		       gm_radix_place(&radix, 0, (uint64_t)1 << shift));
		expect(gm_radix_place(&radix, 0, 0) ==
		       gm_radix_place(&radix, 0, ((uint64_t)1 << shift) - 1));
	}
}

/* Nodes come with what is smaller than a slot, and go with the last of it. */
static void test_nodes_come_and_go(void)
{
	begin(12, 2, 3, 2);
	expect_eq(link_range(0, 2 << 20, 16), 0);
	expect_eq(nodes_used(), 0);
	expect_eq(root[0], 16);
	expect_eq(link_range(2 << 20, (2 << 20) + 4096, 32), 0);
	expect_eq(gm_pool_used(&radix.nodes[1]), 1);
	expect_eq(link_range((2 << 20) + 4096, (2 << 20) + 4096 + 64, 48), 0);
	expect_eq(gm_pool_used(&radix.nodes[0]), 1);
	expect_eq(gm_radix_lookup(&radix, (2 << 20) + 4096), 48);
	expect_eq(gm_radix_lookup(&radix, (2 << 20) + 4096 + 64), 0);
	gm_radix_unlink(&radix, 2 << 20, (2 << 20) + 4096, 32);
	expect_eq(nodes_used(), 2);
	gm_radix_unlink(&radix, (2 << 20) + 4096, (2 << 20) + 4096 + 64, 48);
	expect_eq(nodes_used(), 0);
	expect(root[0] == 16 && root[1] == 0);
	gm_radix_unlink(&radix, 0, 2 << 20, 16);
	expect(root[0] == 0 && words[0] == 0);
}

static void test_stop_level(void)
{
	struct gm_radix_at at;

	begin(12, 2, 1, 1);
	expect_eq(link_range(64, 128, 16), 0);
	expect_eq(gm_radix_walk(&radix, 64, 2, &at), 0);
	expect(at.node == NULL && at.slot == &root[0] && (at.value & GM_RADIX_NODE));
	expect_eq(gm_radix_walk(&radix, 64, 1, &at), 0);
	expect(at.level == 1 && at.index == 0 && at.node == gm_radix_node(root[0]));
	expect_eq(gm_radix_walk(&radix, 64, 0, &at), 0);
	expect(at.level == 0 && at.index == 1 && at.value == 16);
	expect_eq(gm_radix_walk(&radix, 4096, 0, &at), 0);
	expect(at.level == 1 && at.index == 1 && at.value == 0);
}

/*
 * A node as it looks to others while it is being retired, or once it was recycled
 * for another place: a zero in it says nothing.
 */
static void test_zero_in_a_retired_node(void)
{
	struct gm_radix_record *record;
	struct gm_radix_at at;
	gm_word word, place;

	begin(12, 2, 2, 1);
	expect_eq(link_range(4096, 8192, 16), 0);
	record = gm_radix_record(&radix, 1, gm_radix_node(root[0]));
	word = record->word;
	place = record->place;
	expect_eq(word & GM_NODE_REFS_MASK, 1);
	expect_eq(place, gm_radix_place(&radix, 1, 4096));
	record->word = word & ~GM_NODE_LIVE;
	expect_eq(gm_radix_walk(&radix, 0, 0, &at), -GM_EBUSY);
	expect_eq(gm_radix_walk(&radix, 4096, 0, &at), -GM_EBUSY);
	expect_eq(link_range(0, 4096, 32), -GM_EBUSY);
	expect_eq(link_range(0, 2 << 20, 32), -GM_EBUSY);
	record->word = word;
	record->place = gm_radix_place(&radix, 1, 2 << 20);
	expect_eq(gm_radix_walk(&radix, 0, 0, &at), -GM_EBUSY);
	expect_eq(link_range(0, 4096, 32), -GM_EBUSY);
	record->place = place;
	/* A node that holds nothing is about to go. */
	record->word = word - 1;
	expect_eq(link_range(0, 2 << 20, 32), -GM_EBUSY);
	record->word = word;
	expect_eq(link_range(0, 2 << 20, 32), -GM_EEXIST);
	expect_eq(link_range(0, 4096, 32), 0);
	gm_radix_unlink(&radix, 0, 4096, 32);
	gm_radix_unlink(&radix, 4096, 8192, 16);
	/* Retired: not LIVE, all zero, and of the next generation. */
	expect_eq(record->word, (word & ~GM_NODE_LIVE & ~GM_NODE_REFS_MASK) +
				((gm_word)1 << GM_NODE_REFS_BITS));
	word = record->word;
	expect_eq(link_range((2 << 20) + 4096, (2 << 20) + 8192, 16), 0);
	expect_eq(record->word, word | GM_NODE_LIVE | 1);
	expect_eq(record->place, gm_radix_place(&radix, 1, 2 << 20));
	expect_eq(gm_radix_record(&radix, 1, gm_radix_node(root[1])) == record, 1);
}

static void test_short_of_nodes(void)
{
	size_t short_of = 99;
	gm_word *node;

	begin(12, 2, 2, 0);
	expect_eq(gm_radix_link(&radix, 0, 64, 16, GM_RADIX_THOROUGH, &short_of),
		  -GM_ENOMEM);
	expect_eq(short_of, 1);
	add_slabs(1, 1);
	expect_eq(gm_radix_link(&radix, 0, 64, 16, GM_RADIX_THOROUGH, &short_of),
		  -GM_ENOMEM);
	expect_eq(short_of, 0);
	expect(root[0] == 0 && words[0] == 0 && nodes_used() == 0);
	/* Whole slots before the lack are emptied again. */
	expect_eq(gm_radix_link(&radix, 0, (2 << 20) + 64, 16, 0, &short_of), -GM_ENOMEM);
	expect(root[0] == 0 && root[1] == 0 && words[0] == 0 && nodes_used() == 0);
	/* What is set aside serves who may have it, once. */
	add_slabs(0, 1);
	node = gm_radix_take_node(&radix, 0, 0);
	radix.reserve[0] = (gm_word)node;
	while (gm_radix_take_node(&radix, 0, GM_RADIX_THOROUGH) != NULL)
		;
	expect_eq(link_range(0, 64, 16), -GM_ENOMEM);
	expect_eq(gm_radix_link(&radix, 0, 64, 16, GM_RADIX_FROM_RESERVE, &short_of), 0);
	expect(radix.reserve[0] == 0 && gm_radix_lookup(&radix, 0) == 16);
	expect(gm_radix_take_node(&radix, 0, GM_RADIX_FROM_RESERVE) == NULL);
}

UNIT_MAIN("radix", UNIT_TEST(test_shape), UNIT_TEST(test_nodes_come_and_go),
	  UNIT_TEST(test_stop_level), UNIT_TEST(test_zero_in_a_retired_node),
	  UNIT_TEST(test_short_of_nodes))
