/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of lib/index_mark.c: marks, searches, shadows that are forgotten. */
#include "index_unit.h"

#define DIRTY GM_INDEX_DIRTY
#define WRITEBACK GM_INDEX_WRITEBACK
#define BOTH (DIRTY | WRITEBACK)

/* Expect the next object to begin at `first`, end at `end`; or none (first > end). */
static void expect_next(uint64_t *at, uint64_t limit, gm_word marks, uint64_t first, uint64_t end)
{
	struct gm_desc *desc;
	uint64_t offset;
	int err = gm_index_next(&an_index, at, limit, marks, &desc);

	if (first > end) {
		expect_eq(err, -GM_ENOENT);
		return;
	}
	expect_eq(err, 0);
	expect_eq(gm_index_offset(&an_index, desc, &offset), 0);
	expect_eq(offset, first);
	expect_eq(*at, end);
	expect_eq(gm_space_put(&space, desc), 0);
}

#define NONE 1, 0

static void mark_at(uint64_t offset, gm_word set, gm_word clear, gm_word expected)
{
	struct gm_desc *desc;
	gm_word before;

	expect_eq(gm_index_find_get(&an_index, offset, &desc), 0);
	expect_eq(gm_index_mark(&an_index, desc, set, clear, &before), 0);
	expect_eq(before, expected);
	expect_eq(gm_index_marks(&an_index, desc), (before & ~clear) | set);
	expect_eq(gm_index_mark(&an_index, desc, 0, 0, NULL), 0);
	expect_eq(gm_space_put(&space, desc), 0);
}

static void test_next(void)
{
	uint64_t at = 0;

	begin_index();
	expect_next(&at, MIB, 0, NONE);
	put_at(0, PAGE);
	put_at(PAGE, 256 * KIB);
	put_at(MIB - PAGE, PAGE);
	put_at((uint64_t)1 << 40, 2 * MIB);
	at = 0;
	expect_next(&at, ~(uint64_t)0, 0, 0, PAGE);
	expect_next(&at, ~(uint64_t)0, 0, PAGE, PAGE + 256 * KIB);
	expect_next(&at, ~(uint64_t)0, 0, MIB - PAGE, MIB);
	expect_next(&at, ~(uint64_t)0, 0, (uint64_t)1 << 40, ((uint64_t)1 << 40) + 2 * MIB);
	expect_next(&at, ~(uint64_t)0, 0, NONE);
	/* From the middle; not beyond the end. */
	at = 100 * KIB + 7;
	expect_next(&at, MIB, 0, PAGE, PAGE + 256 * KIB);
	expect_next(&at, MIB - PAGE, 0, NONE);
	at = PAGE + 256 * KIB;
	expect_next(&at, MIB - PAGE + 1, 0, MIB - PAGE, MIB);
	at = 5;
	expect_next(&at, 5, 0, NONE);
	expect_eq(at, 5);
	take_from(&an_index, 0, 0);
	take_from(&an_index, PAGE, 0);
	take_from(&an_index, MIB - 1, 0);
	take_from(&an_index, (uint64_t)1 << 40, 0);
	end_index();
}

static void test_marks(void)
{
	struct gm_index_verify verify;
	struct gm_desc *desc;
	gm_word marks;
	uint64_t at;
	unsigned i;

	begin_index();
	for (i = 0; i < 1000; i++)
		put_at(i * PAGE, PAGE);
	put_at(8 * MIB, 4 * MIB);
	mark_at(700 * PAGE, DIRTY, 0, 0);
	mark_at(8 * MIB + 5, BOTH, 0, 0);
	mark_at(3 * PAGE, WRITEBACK, 0, 0);
	expect_sound(&an_index, &verify);
	expect(verify.nr_marked[0] == 2 && verify.nr_marked[1] == 2);
	at = 0;
	expect_next(&at, 16 * MIB, DIRTY, 700 * PAGE, 701 * PAGE);
	expect_next(&at, 16 * MIB, DIRTY, 8 * MIB, 12 * MIB);
	expect_next(&at, 16 * MIB, DIRTY, NONE);
	at = 0;
	expect_next(&at, 16 * MIB, BOTH, 3 * PAGE, 4 * PAGE);
	expect_next(&at, 16 * MIB, BOTH, 700 * PAGE, 701 * PAGE);
	at = 9 * MIB; /* in the middle of a marked one, and of its first slot's labels */
	expect_next(&at, 16 * MIB, WRITEBACK, 8 * MIB, 12 * MIB);
	at = 700 * PAGE + 9;
	expect_next(&at, 16 * MIB, WRITEBACK, 8 * MIB, 12 * MIB);
	/* One changes what the other had. */
	mark_at(700 * PAGE, WRITEBACK, DIRTY, DIRTY);
	mark_at(700 * PAGE, WRITEBACK, BOTH, WRITEBACK);
	at = 0;
	expect_next(&at, 8 * MIB, DIRTY, NONE);
	expect_sound(&an_index, &verify);
	expect(verify.nr_marked[0] == 1 && verify.nr_marked[1] == 3);
	expect_eq(gm_index_take(&an_index, 700 * PAGE, 0, &marks, &desc), 0);
	expect_eq(marks, WRITEBACK);
	expect_eq(gm_space_put(&space, desc), 1);
	for (i = 0; i < 1000; i++)
		if (i != 700)
			take_from(&an_index, i * PAGE, 0);
	/* A mark of what begins before, and does not match. */
	mark_at(8 * MIB, 0, BOTH, BOTH);
	at = 9 * MIB;
	expect_next(&at, 16 * MIB, DIRTY, NONE);
	take_from(&an_index, 8 * MIB, 0);
	end_index();
}

/* What labels have no meaning any more go with the next search that comes by. */
static void labels_go(unsigned root_shift)
{
	struct gm_index_store_config config;
	struct gm_index_verify verify;
	uint64_t at;
	unsigned i;

	memset(&config, 0, sizeof(config));
	config.nr_marks = GM_INDEX_MARKS;
	make_space();
	make_store(&config, 1000);
	make_index(&an_index, &owner[0], 64 * MIB, root_shift);
	for (i = 0; i < 300; i++)
		put_at((4096 + i) * PAGE, PAGE);
	put_at(32 * MIB, 2 * MIB);
	for (i = 0; i < 300; i++)
		mark_at((4096 + i) * PAGE, DIRTY | GM_INDEX_USER(1), 0, 0);
	mark_at(32 * MIB, DIRTY, 0, 0);
	expect_sound(&an_index, &verify);
	expect(verify.nr_labels[0] >= 301 && verify.nr_labels[3] >= 300);
	expect_eq(verify.nr_labels[1], 0);
	for (i = 0; i < 300; i++)
		mark_at((4096 + i) * PAGE, 0, DIRTY, DIRTY | GM_INDEX_USER(1));
	mark_at(32 * MIB, 0, DIRTY, DIRTY);
	take_from(&an_index, 4096 * PAGE, 0);    /* nothing in a labelled slot */
	take_from(&an_index, 4097 * PAGE, 5);    /* a shadow */
	take_from(&an_index, (4096 + 299) * PAGE, 0);
	expect_sound(&an_index, &verify);
	expect(verify.nr_labels[0] >= 301);
	at = 0;
	expect_next(&at, 64 * MIB, DIRTY, NONE);
	expect_sound(&an_index, &verify);
	expect_eq(verify.nr_labels[0], 0);
	expect(verify.nr_labels[3] >= 297);
	/* And come again. */
	mark_at(4098 * PAGE, DIRTY, 0, GM_INDEX_USER(1));
	at = 0;
	expect_next(&at, 64 * MIB, DIRTY, 4098 * PAGE, 4099 * PAGE);
	for (i = 2; i < 299; i++)
		take_from(&an_index, (4096 + i) * PAGE, 0);
	take_from(&an_index, 32 * MIB, 0);
	/* A new node has none of the old one's. */
	put_at(4099 * PAGE, PAGE);
	expect_sound(&an_index, &verify);
	at = 0;
	expect_next(&at, 64 * MIB, GM_INDEX_USER(1), NONE);
	take_from(&an_index, 4099 * PAGE, 0);
	(void)gm_index_forget(&an_index, 0, 64 * MIB);
	end_index();
}

static void test_labels_go(void)
{
	labels_go(0);
	labels_go(18);
	labels_go(12);
}

/* Other slots of an object than the first may have labels of what was there before. */
static void test_label_inside(void)
{
	struct gm_index_verify verify;
	uint64_t at = 0;

	begin_index();
	put_at(66 * PAGE, PAGE);
	put_at(96 * PAGE, PAGE);
	mark_at(66 * PAGE, DIRTY, 0, 0);
	take_from(&an_index, 66 * PAGE, 0);
	put_at(65 * PAGE, 4 * PAGE);
	mark_at(65 * PAGE, DIRTY, 0, 0);
	/* From its middle: it is found, once. */
	at = 66 * PAGE;
	expect_next(&at, MIB, DIRTY, 65 * PAGE, 69 * PAGE);
	expect_next(&at, MIB, DIRTY, NONE);
	mark_at(65 * PAGE, 0, DIRTY, DIRTY);
	expect_sound(&an_index, &verify);
	expect_eq(verify.nr_labels[0] > 2, 1);
	at = 0;
	expect_next(&at, MIB, DIRTY, NONE);
	take_from(&an_index, 65 * PAGE, 0);
	take_from(&an_index, 96 * PAGE, 0);
	end_index();
}

static void test_no_such_mark(void)
{
	struct gm_desc *desc, *found;
	uint64_t at = 0;

	begin_index();
	desc = put_at(0, PAGE);
	gm_ref_get(desc);
	expect_eq(gm_index_mark(&an_index, desc, GM_INDEX_USER(0), 0, NULL), -GM_EINVAL);
	expect_eq(gm_index_mark(&an_index, desc, 0, GM_INDEX_USER(0), NULL), -GM_EINVAL);
	expect_eq(gm_index_next(&an_index, &at, MIB, GM_INDEX_USER(0), &found), -GM_EINVAL);
	expect_eq(gm_space_put(&space, desc), 0);
	take_from(&an_index, 0, 0);
	end_index();
}

/* A search that meets what is frozen, or half-way, says so at its offset. */
static void test_search_is_busy(void)
{
	struct gm_desc *desc, *found;
	uint64_t at;

	begin_index();
	desc = put_at(65 * PAGE, 4 * PAGE);
	put_at(96 * PAGE, PAGE);
	mark_at(65 * PAGE, DIRTY, 0, 0);
	mark_at(96 * PAGE, DIRTY, 0, 0);
	expect_eq(gm_ref_freeze(desc, 1), 0);
	at = 0;
	expect_eq(gm_index_next(&an_index, &at, MIB, DIRTY, &found), -GM_EBUSY);
	expect_eq(at, 65 * PAGE);
	at = 66 * PAGE;
	expect_eq(gm_index_next(&an_index, &at, MIB, DIRTY, &found), -GM_EBUSY);
	expect_eq(at, 66 * PAGE);
	at = 69 * PAGE;
	expect_next(&at, MIB, DIRTY, 96 * PAGE, 97 * PAGE);
	gm_ref_thaw(desc, 1);
	/* Hidden, it is passed by. */
	*gm_index_place(&an_index, desc) |= GM_PLACE_HIDDEN;
	at = 0;
	expect_next(&at, MIB, DIRTY, 96 * PAGE, 97 * PAGE);
	at = 66 * PAGE;
	expect_next(&at, MIB, DIRTY, 96 * PAGE, 97 * PAGE);
	*gm_index_place(&an_index, desc) &= ~GM_PLACE_HIDDEN | GM_PLACE_HERE;
	take_from(&an_index, 65 * PAGE, 0);
	take_from(&an_index, 96 * PAGE, 0);
	end_index();
}

static gm_word shadow_at(uint64_t offset)
{
	gm_word shadow = 0;
	int err = gm_index_shadow(&an_index, offset, &shadow);

	expect(err == 0 || err == -GM_ENOENT);
	expect_eq(err == 0, shadow != 0);
	return shadow;
}

static void test_shadows(void)
{
	struct gm_index_verify verify;
	struct gm_desc *desc;
	uint64_t nr, at = 0;
	gm_word shadow;

	begin_index();
	put_at(2 * PAGE, PAGE);
	desc = new_object(PAGE);
	gm_ref_get(desc);
	expect_eq(gm_index_insert(&an_index, PAGE, desc, &shadow), 0);
	expect_eq(shadow, 0);
	expect_eq(gm_index_erase(&an_index, desc, GM_INDEX_SHADOW_MAX + 1, NULL), -GM_EINVAL);
	expect_eq(gm_index_erase(&an_index, desc, GM_INDEX_SHADOW_MAX, NULL), 0);
	expect_eq(shadow_at(PAGE), GM_INDEX_SHADOW_MAX);
	expect_eq(shadow_at(2 * PAGE), 0);
	expect(found_at(PAGE) == NULL);
	expect_next(&at, MIB, 0, 2 * PAGE, 3 * PAGE);
	expect_sound(&an_index, &verify);
	expect_eq(verify.nr_shadows, 1);
	expect(!gm_index_is_empty(&an_index));
	/* It comes back, and tells what it left. */
	expect_eq(gm_index_insert(&an_index, PAGE, desc, &shadow), 0);
	expect_eq(shadow, GM_INDEX_SHADOW_MAX);
	expect_eq(shadow_at(PAGE), 0);
	expect_eq(gm_space_put(&space, desc), 0);
	take_from(&an_index, PAGE, 1);
	take_from(&an_index, 2 * PAGE, 2);
	expect_eq(nodes_used(), 1);
	nr = gm_index_forget(&an_index, 0, 2 * PAGE);
	expect_eq(nr, 1);
	expect_eq(shadow_at(PAGE), 0);
	expect_eq(shadow_at(2 * PAGE), 2);
	nr = gm_index_forget(&an_index, 2 * PAGE + 1, ~(uint64_t)0);
	expect_eq(nr, 1);
	end_index();
}

UNIT_MAIN("index_mark", UNIT_TEST(test_next), UNIT_TEST(test_marks), UNIT_TEST(test_labels_go),
	  UNIT_TEST(test_label_inside), UNIT_TEST(test_no_such_mark),
	  UNIT_TEST(test_search_is_busy), UNIT_TEST(test_shadows))
