/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of granmem/index.h: marks, and searches for them. */
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

UNIT_MAIN("index_mark", UNIT_TEST(test_marks), UNIT_TEST(test_mark_refuses),
	  UNIT_TEST(test_ranges))
