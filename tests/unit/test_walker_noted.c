/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of the walker with objects behind the leaves: what hardware noted, or would not
 * have, arrives; and a failure at the end of what is translated.
 */
#include <granmem/config.h>

#if GM_CONFIG_64BIT

#include "walker_objects.h"

/* The entry of the lowest level for va. */
static gm_word *slot_at(uint64_t va)
{
	const struct gm_pte_format *format = &walker.config.format;
	gm_word *table = walker.root;
	unsigned level;

	for (level = walker.nr_levels - 1; level > 0; level--) {
		gm_word entry = table[va >> gm_pte_shift(format, level) & 511];

		table = (gm_word *)(ram + (gm_pte_address(format, level, entry) - MID_BASE));
	}
	return &table[va >> 12 & 511];
}

/* Hardware writes to a block and to a granule: the object hears of it, where it was. */
static void test_noted(void)
{
	gm_word accessed[16], dirty[16];
	struct gm_map_blocks blocks = { accessed, dirty, 12 };
	struct gm_mapped *mapped;
	struct gm_desc *desc;
	struct gm_walker_at at;
	uint64_t entry;

	begin(0);
	memset(accessed, 0, sizeof(accessed));
	memset(dirty, 0, sizeof(dirty));
	desc = large();
	mapped = (struct gm_mapped *)desc;
	mapped->blocks = &blocks;
	expect_eq(map_at(VA, LARGE, desc, 0), 0);
	/* The second block is split, then one of its parts written to. */
	expect_eq(gm_walker_protect(&walker, VA + 2 * MIB, LEAF_BYTES, GM_PROT_READ, NULL), 0);
	expect_eq(gm_walker_lookup(&walker, VA + 3 * MIB, &at), 0);
	at.pte.flags |= GM_PTE_ACCESSED | GM_PTE_DIRTY;
	expect_eq(gm_pte_leaf(&walker.config.format, 0, &at.pte, &entry), 0);
	*slot_at(VA + 3 * MIB) = entry;
	expect_eq(gm_walker_unmap(&walker, VA, LARGE, NULL), 0);
	expect_eq(gm_desc_flags(desc), GM_FLAG_DIRTY | GM_FLAG_REFERENCED);
	expect_eq(dirty[12], 1);
	expect_eq(accessed[12], 1);
	dirty[12] = accessed[12] = 0;
	mapped->blocks = NULL;
	put_object(desc, 1);
	expect_eq(memcmp(accessed, dirty, sizeof(dirty)), 0);
	expect_nothing();
	end();
}

/* Where hardware does not note that it writes, protecting does, of leaves and of blocks. */
static void test_unnoted(void)
{
	struct gm_map_config config = map_config();
	struct gm_desc *desc;
	uint64_t size;

	for (size = LEAF_BYTES; size <= LARGE; size *= LARGE / LEAF_BYTES) {
		begin(0);
		config.unnoted = GM_PTE_DIRTY;
		expect_eq(gm_map_init(&as, &config), 0);
		desc = large();
		expect_eq(map_at(VA, LARGE, desc, 0), 0);
		expect_eq(gm_walker_protect(&walker, VA, size, GM_PROT_READ, NULL), 0);
		expect_eq(gm_desc_flags(desc), 0);
		expect_eq(gm_walker_unmap(&walker, VA, size, NULL), 0);
		expect_eq(gm_desc_flags(desc), GM_FLAG_DIRTY);
		put_object(desc, size == LARGE);
		expect_eq(gm_walker_unmap(&walker, VA, LARGE, NULL), 0);
		end();
	}
}

/* Refused at the end of the lower half: pages of the upper one are left alone, even if
 * they hold nothing (as two that met in one may leave it). */
static void test_refused_at_the_hole(void)
{
	struct gm_desc *desc;
	unsigned before;

	begin(GM_RUN_LEAF(12));
	desc = large();
	expect_eq(map_at(0 - HALF, LEAF_BYTES, desc, 0), 0);
	*slot_at(0 - HALF) = 0;
	expect_eq(gm_ref_add(desc, GM_REFS_LIMIT - 1000), 0);
	before = nr_invalidated;
	expect_eq(map_at(HALF - LARGE, LARGE, desc, 0), -GM_ELIMIT);
	expect(nr_invalidated > before);
	put_many(desc, GM_REFS_LIMIT - 1000);
	gm_map_give_back(&as, desc, 1, LEAF_BYTES);
	put_object(desc, 1);
	/* A call that finds the page empty takes it out. */
	expect_eq(gm_walker_unmap(&walker, 0 - HALF, LEAF_BYTES, NULL), 0);
	expect_nothing();
	end();
}

UNIT_MAIN("walker_noted", UNIT_TEST(test_noted), UNIT_TEST(test_unnoted),
	  UNIT_TEST(test_refused_at_the_hole))

#else

#include <granmem/atomic.h>

#include "unit.h"

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("walker_noted", UNIT_TEST(test_absent))

#endif
