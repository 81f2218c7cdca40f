/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of lib/index_verify.c: each kind of damage is found, and nothing else; and of what
 * lookups say of objects that were cut. */
#include "index_unit.h"

#include "../lib/index_internal.h"

#define L GM_INDEX_SLOTS /* of a leaf */

static struct gm_desc *small, *large;

/* A unit, a shadow, an object of two levels of slots, and an object far away. */
static void begin_damage(void)
{
	struct gm_desc *desc;

	begin_index();
	small = put_at(PAGE, PAGE);
	desc = put_at(3 * PAGE, PAGE);
	expect_eq(gm_index_erase(&an_index, desc, 5), 0);
	expect_eq(gm_space_put(&space, desc), 1);
	large = put_at((L - 4) * PAGE, (L + 16) * PAGE);
	put_at((uint64_t)5 << 30, PAGE);
	expect_sound(3, 1);
}

/* The word of the slot of this level that stands for a unit, and its node. */
static gm_word *node_at(gm_word unit, unsigned level)
{
	struct gm_index_path path;

	(void)gm_index_walk(&an_index, unit, level, &path);
	expect_eq(path.level, level);
	return path.node[level];
}

static gm_word *slot_at(gm_word unit, unsigned level)
{
	return &node_at(unit, level)[GM_INDEX_KINDS +
				     (unit >> gm_index_shift(level)) % GM_INDEX_SLOTS];
}

/* With a word changed verify says so, and where; then all is as it was. */
static void expect_found(gm_word *word, gm_word value, const char *text, uint64_t unit)
{
	struct gm_index_verify verify;
	gm_word before = *word;

	*word = value;
	expect_eq(gm_index_verify(&an_index, &verify), -GM_ECORRUPT);
	if (strcmp(verify.first, text) != 0)
		unit_fail(__FILE__, __LINE__, verify.first);
	expect_eq(verify.where, unit * PAGE);
	expect(verify.nr_errors > 0);
	*word = before;
	expect_sound(3, 1);
}

static void test_objects(void)
{
	gm_word *place;

	begin_damage();
	place = (gm_word *)gm_index_place(&an_index, small);
	expect_found(place, 3, "an object with another place", 1);
	expect_found((gm_word *)&small->owner, (gm_word)&owner[1], "another owner's object", 1);
	expect_found((gm_word *)&small->size, 2 * PAGE, "an object has no end", 2);
	expect_found((gm_word *)&large->size, 5 * L * PAGE,
		     "a slot of a level that does not fit the object", 2 * L);
	expect_found(slot_at(L - 3, 0), 0, "an object has no end", L - 3);
	expect_found(slot_at(L - 3, 0), (gm_word)small, "an object has no end", L - 3);
}

static void test_sets(void)
{
	gm_word *leaf;

	begin_damage();
	leaf = node_at(0, 0);
	expect_found(&leaf[0], leaf[0] & ~(gm_word)2, "an object in wrong sets", 1);
	expect_found(&leaf[1], leaf[1] | 2, "an object in wrong sets", 1);
	expect_found(&leaf[1], 0, "a node whose sets its parent does not have", 0);
	expect_found(&leaf[2], 2, "a node whose sets its parent does not have", 0);
	expect_found(&leaf[0], leaf[0] | 1, "a slot in wrong sets", 0);
	expect_found(&leaf[0], leaf[0] | 8, "a slot in wrong sets", 3);
	expect_eq(gm_index_mark(&an_index, large, GM_INDEX_DIRTY, 0), 0);
	expect_found(&leaf[2], leaf[2] & ~((gm_word)1 << (L - 3)),
		     "the slots of an object have different marks", L - 3);
	/* A slot that holds nothing of what its sets say. */
	expect_found(slot_at(1, 0), 0, "a slot in wrong sets", 1);
}

static void test_nodes(void)
{
	static gm_word spare[GM_INDEX_NODE_WORDS + GM_INDEX_SLOTS];
	gm_word *slot, value;
	gm_word *empty = (gm_word *)(((gm_word)spare + GM_INDEX_SLOTS - 1) &
				     ~(gm_word)(GM_INDEX_SLOTS - 1));

	begin_damage();
	slot = slot_at(1, 1);
	expect_found(slot, *slot ^ (gm_word)1 << GM_INDEX_LEVEL_SHIFT, "a node of a wrong level",
		     0);
	slot = slot_at(2, 0);
	expect_found(slot, *slot_at(1, 1), "a node of a wrong level", 2);
	/* An empty node, in a slot that is in no set either. */
	slot = slot_at((L - 2) * L, 1);
	value = (gm_word)empty | GM_INDEX_NODE;
	expect_found(slot, value, "an empty node", (L - 2) * L);
}

static void test_top(void)
{
	struct gm_index_verify verify;
	struct gm_desc *desc;
	gm_word top;

	begin_damage();
	/* An object where there has to be a node. */
	top = an_index.top[GM_INDEX_KINDS];
	an_index.top[GM_INDEX_KINDS] = (gm_word)small;
	expect_eq(gm_index_verify(&an_index, &verify), -GM_ECORRUPT);
	expect(strcmp(verify.first, "no node where the tree begins") == 0);
	an_index.top[GM_INDEX_KINDS] = top;
	expect_sound(3, 1);
	/* A tree with nothing in it. */
	begin_index();
	an_index.height = 1;
	expect_eq(gm_index_verify(&an_index, &verify), -GM_ECORRUPT);
	expect(strcmp(verify.first, "an empty tree is high") == 0);
	an_index.height = 0;
	/* The last object is longer than its slots. */
	desc = put_at(0, PAGE);
	desc->size = 2 * PAGE;
	expect_eq(gm_index_verify(&an_index, &verify), -GM_ECORRUPT);
	expect(strcmp(verify.first, "an object has no end") == 0);
	desc->size = PAGE;
	expect_sound(1, 0);
}

/* What a balloon may not do: cut and remove what the index has. Lookups say so and end. */
static void test_cut(void)
{
	struct gm_desc *desc, *cut, *out = NULL;
	struct gm_run run;
	uint64_t offset = 0;
	uint64_t base;
	unsigned i;

	begin_index();
	desc = put_at(0, 2 * PAGE);
	cut = put_at(2 * PAGE, 4 * PAGE);
	base = gm_desc_base(cut);
	expect_eq(gm_adhoc_release_range(&table, gm_paddr(base + 2 * PAGE), 2 * PAGE), 0);
	expect(found_at(3 * PAGE) == cut);
	expect_eq(gm_index_find_get(&an_index, 4 * PAGE, &out), -GM_ECORRUPT);
	expect_eq(gm_index_run(&an_index, 5 * PAGE, 0, 12, 1, &out, &run), -GM_ECORRUPT);
	expect_eq(unit_panics.nr, UNIT_ASSERTS ? 2 : 0);
	/* It is stepped over, as what is busy is. */
	expect_eq(gm_index_next(&an_index, &offset, 8 * PAGE, 0, &out), 0);
	expect(out == desc && gm_space_put(&space, desc) == 0);
	expect_eq(gm_index_next(&an_index, &offset, 8 * PAGE, 0, &out), 0);
	expect(out == cut && gm_space_put(&space, cut) == 0);
	expect_eq(gm_index_next(&an_index, &offset, 8 * PAGE, 0, &out), -GM_ECORRUPT);
	expect_eq(offset, 4 * PAGE);
	/* Its memory becomes another owner's: nobody is led there. */
	expect_eq(gm_adhoc_release_range(&table, gm_paddr(base), 2 * PAGE), 0);
	out = NULL;
	expect_eq(gm_index_find_get(&an_index, 2 * PAGE, &out), -GM_EBUSY);
	for (i = 0; i < 1000 && out != cut; i++) /* whatever lane has its descriptor */
		out = new_object_of(PAGE, &owner[1]);
	expect(out == cut);
	expect_eq(gm_index_find_get(&an_index, 2 * PAGE, &out), -GM_ECORRUPT);
	expect_eq(unit_panics.nr, UNIT_ASSERTS ? 4 : 0);
	unit_panics.nr = 0;
}

/* The right way: erased, cut, and inserted again, each rest where it was. */
static void test_balloon(void)
{
	struct gm_desc *desc, *rest;
	uint64_t base;

	begin_index();
	desc = put_at(PAGE, 4 * PAGE);
	base = gm_desc_base(desc);
	expect_eq(gm_index_erase(&an_index, desc, 0), 0);
	expect_eq(gm_adhoc_release_range(&table, gm_paddr(base + PAGE), PAGE), 0);
	rest = gm_adhoc_find(&table, gm_paddr(base + 2 * PAGE));
	expect(rest != desc);
	expect_eq(gm_index_insert(&an_index, PAGE, desc, NULL), 0);
	expect_eq(gm_index_insert(&an_index, 3 * PAGE, rest, NULL), 0);
	expect(found_at(PAGE) == desc && found_at(2 * PAGE) == NULL && found_at(4 * PAGE) == rest);
	erase_at(PAGE, 0);
	erase_at(3 * PAGE, 0);
	end_index();
}

UNIT_MAIN("index_verify", UNIT_TEST(test_objects), UNIT_TEST(test_sets), UNIT_TEST(test_nodes),
	  UNIT_TEST(test_top), UNIT_TEST(test_cut), UNIT_TEST(test_balloon))
