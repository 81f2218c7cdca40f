/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of lib/index.c: inserting, finding, erasing, replacing. */
#include "index_unit.h"

/* One unit at offset 0 needs no node; the next needs one. */
static void test_one(void)
{
	struct gm_index_verify verify;
	struct gm_desc *desc, *again;
	uint64_t offset;

	begin_index();
	expect(gm_index_is_empty(&an_index));
	expect(found_at(0) == NULL);
	desc = put_at(0, PAGE);
	expect_eq(nodes_used(), 0);
	expect(found_at(0) == desc && found_at(PAGE - 1) == desc && found_at(PAGE) == NULL);
	expect_eq(gm_index_find_get(&an_index, 77, &again), 0);
	expect(again == desc && gm_ref_count(desc) == 2);
	expect_eq(gm_index_offset(&an_index, desc, &offset), 0);
	expect_eq(offset, 0);
	expect(!gm_index_is_empty(&an_index));
	expect_sound(&an_index, &verify);
	expect_eq(verify.nr_objects, 1);
	expect_eq(verify.covered_bytes, PAGE);
	expect_eq(gm_index_erase(&an_index, desc, 0, NULL), 0);
	expect_eq(gm_ref_count(desc), 2);
	expect_eq(gm_index_offset(&an_index, desc, &offset), -GM_ENOENT);
	expect_eq(gm_index_erase(&an_index, desc, 0, NULL), -GM_ENOENT);
	expect_eq(gm_space_put(&space, desc), 0);
	/* It may come back. */
	expect_eq(gm_index_insert(&an_index, PAGE, desc, NULL), 0);
	expect_eq(nodes_used(), 1);
	expect(found_at(PAGE) == desc && found_at(0) == NULL);
	take_from(&an_index, PAGE + 1, 0);
	end_index();
}

static const uint64_t sizes[] = { PAGE, 2 * PAGE, 64 * KIB, 256 * KIB, 2 * MIB, 3 * MIB };
#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* Mixed sizes side by side, wherever they begin. */
static void mixed(uint64_t start)
{
	struct gm_desc *descs[NR_SIZES];
	struct gm_index_verify verify;
	uint64_t at = start;
	unsigned i;

	for (i = 0; i < NR_SIZES; i++) {
		descs[i] = put_at(at, sizes[i]);
		at += sizes[i];
	}
	expect(start == 0 || found_at(start - 1) == NULL);
	expect(found_at(at) == NULL);
	for (at = start, i = 0; i < NR_SIZES; i++) {
		struct gm_run run;
		struct gm_desc *desc;
		struct gm_pfn pfn;
		uint64_t offset;

		expect(found_at(at) == descs[i] && found_at(at + sizes[i] - 1) == descs[i]);
		expect_eq(gm_index_offset(&an_index, descs[i], &offset), 0);
		expect_eq(offset, at);
		expect_eq(gm_index_run(&an_index, at + sizes[i] - 5, 0, 12, GM_RUN_LEAF(12), &desc,
				       &run),
			  0);
		expect(desc == descs[i]);
		expect_eq(run.bytes, 5);
		expect_eq(run.paddr.value, gm_desc_base(desc) + sizes[i] - 5);
		expect_eq(gm_index_pfn(&an_index, at + sizes[i] - 5, 12, &pfn), 0);
		expect_eq(pfn.value, run.pfn.value);
		expect_eq(gm_space_put(&space, desc), 0);
		expect_eq(gm_index_run(&an_index, at, 0, 99, 0, &desc, &run), -GM_EINVAL);
		expect_eq(gm_ref_count(descs[i]), 1);
		at += sizes[i];
	}
	expect_sound(&an_index, &verify);
	expect_eq(verify.nr_objects, NR_SIZES);
	expect_eq(verify.nr_nodes, nodes_used());
	while (i-- > 0) {
		at -= sizes[i];
		take_from(&an_index, at, 0);
		expect_sound(&an_index, &verify);
		expect_eq(verify.nr_objects, i);
	}
	expect(gm_index_is_empty(&an_index));
}

static void test_mixed(void)
{
	static const uint64_t starts[] = { 0, PAGE, 63 * PAGE, 64 * PAGE, 256 * KIB - PAGE,
					   16 * MIB - PAGE, 5 * MIB, (uint64_t)1 << 40 };
	unsigned i;

	begin_index();
	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		mixed(starts[i]);
	end_index();
}

/* The same with flat roots, larger nodes and smaller units. */
static void test_shapes(void)
{
	static const struct {
		unsigned unit_shift, node_shift, root_shift;
		uint64_t span;
	} shapes[] = { { 12, 9, 0, 0 },        { 12, 9, 21, 64 * MIB }, { 12, 6, 18, 64 * MIB },
		       { 12, 6, 12, 64 * MIB }, { 6, 6, 0, 0 },          { 9, 4, 21, 64 * MIB },
		       { 6, 9, 15, 64 * MIB },  { 12, 4, 0, 64 * MIB } };
	struct gm_index_store_config config;
	unsigned i;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		memset(&config, 0, sizeof(config));
		config.unit_shift = shapes[i].unit_shift;
		config.node_shift = shapes[i].node_shift;
		make_space();
		make_store(&config, 1000);
		make_index(&an_index, &owner[0], shapes[i].span, shapes[i].root_shift);
		mixed(0);
		mixed(PAGE);
		mixed(5 * MIB - PAGE);
		if (config.unit_shift == 6) {
			struct gm_desc *small = put_at(192, 1536);

			expect(found_at(191) == NULL && found_at(192) == small);
			expect(found_at(1727) == small && found_at(1728) == NULL);
			take_from(&an_index, 192, 0);
		}
		end_index();
	}
}

static void test_insert_errors(void)
{
	struct gm_desc *desc, *other, *small;
	uint64_t span;

	begin_index();
	span = an_index.span;
	expect(span >= (uint64_t)1 << 38);
	desc = new_object(2 * PAGE);
	other = new_object_of(PAGE, &owner[1]);
	small = new_object(64);
	expect_eq(gm_index_insert(&an_index, 0, other, NULL), -GM_EINVAL);
	expect_eq(gm_index_insert(&an_index, 0, small, NULL), -GM_ESIZE);
	expect_eq(gm_index_insert(&an_index, 64, desc, NULL), -GM_EALIGN);
	expect_eq(gm_index_insert(&an_index, span, desc, NULL), -GM_ERANGE);
	expect_eq(gm_index_insert(&an_index, span - PAGE, desc, NULL), -GM_ERANGE);
	expect_eq(gm_index_insert(&an_index, ~(uint64_t)0 << 12, desc, NULL), -GM_ERANGE);
	expect(gm_index_is_empty(&an_index));
	expect_eq(gm_index_insert(&an_index, span - 2 * PAGE, desc, NULL), 0);
	expect_eq(gm_index_insert(&an_index, 0, desc, NULL), -GM_EINVAL);
	/* Whatever part of it is wanted. */
	expect_eq(gm_space_put(&space, small), 1);
	small = new_object(PAGE);
	expect_eq(gm_index_insert(&an_index, span - 2 * PAGE, small, NULL), -GM_EEXIST);
	expect_eq(gm_index_insert(&an_index, span - PAGE, small, NULL), -GM_EEXIST);
	take_from(&an_index, span - 1, 0);
	expect_eq(gm_index_insert(&an_index, 3 * PAGE, small, NULL), 0);
	desc = new_object(MIB);
	expect_eq(gm_index_insert(&an_index, 0, desc, NULL), -GM_EEXIST);
	expect_eq(gm_index_insert(&an_index, 3 * PAGE, desc, NULL), -GM_EEXIST);
	expect_eq(gm_index_insert(&an_index, 4 * PAGE, desc, NULL), 0);
	expect_eq(gm_space_put(&space, other), 1);
	take_from(&an_index, 4 * PAGE, 0);
	take_from(&an_index, 3 * PAGE, 0);
	end_index();
}

static void test_untrusted_offsets(void)
{
	static const uint64_t offsets[] = { (uint64_t)1 << 60, (uint64_t)1 << 61, (uint64_t)1 << 63,
					    ~(uint64_t)0 };
	struct gm_desc *desc;
	struct gm_run run;
	struct gm_pfn pfn;
	gm_word shadow;
	unsigned i;

	begin_index();
	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		uint64_t at = offsets[i];

		expect_eq(gm_index_find_get(&an_index, at, &desc), -GM_ERANGE);
		expect(gm_index_find(&an_index, at) == NULL);
		expect_eq(gm_index_pfn(&an_index, at, 12, &pfn), -GM_ENOENT);
		expect_eq(gm_index_run(&an_index, at, 0, 12, 0, &desc, &run), -GM_ERANGE);
		expect_eq(gm_index_take(&an_index, at, 0, NULL, &desc), -GM_ERANGE);
		expect_eq(gm_index_shadow(&an_index, at, &shadow), -GM_ERANGE);
		expect_eq(gm_index_next(&an_index, &at, ~(uint64_t)0, 0, &desc), -GM_ENOENT);
		expect_eq(gm_index_next(&an_index, &at, ~(uint64_t)0, 1, &desc), -GM_ENOENT);
		(void)gm_index_forget(&an_index, offsets[i], ~(uint64_t)0);
	}
	expect_eq(gm_index_find_get(&an_index, an_index.span - 1, &desc), -GM_ENOENT);
	end_index();
}

/* Another owner's index, and objects that are in none. */
static void test_owners(void)
{
	struct gm_index second;
	struct gm_desc *desc, *other;
	uint64_t offset;

	begin_index();
	make_index(&second, &owner[1], MIB, 0);
	desc = new_object(PAGE);
	other = new_object_of(PAGE, &owner[1]);
	expect_eq(gm_index_offset(&an_index, desc, &offset), -GM_ENOENT);
	expect_eq(gm_index_mark(&an_index, desc, 1, 0, NULL), -GM_ENOENT);
	expect_eq(gm_index_erase(&an_index, desc, 0, NULL), -GM_ENOENT);
	expect_eq(gm_index_marks(&an_index, desc), 0);
	gm_ref_get(desc);
	gm_ref_get(other);
	expect_eq(gm_index_insert(&an_index, PAGE, desc, NULL), 0);
	expect_eq(gm_index_insert(&second, PAGE, other, NULL), 0);
	expect_eq(gm_index_offset(&second, desc, &offset), -GM_ENOENT);
	expect_eq(gm_index_mark(&second, desc, 1, 0, NULL), -GM_ENOENT);
	expect_eq(gm_index_erase(&second, desc, 0, NULL), -GM_ENOENT);
	expect_eq(gm_index_marks(&second, desc), 0);
	expect_eq(gm_index_replace(&an_index, desc, other), -GM_EINVAL);
	expect_eq(gm_index_insert(&second, MIB - PAGE, other, NULL), -GM_EINVAL);
	expect(found_at(PAGE) == desc);
	expect_eq(gm_index_erase(&second, other, 0, NULL), 0);
	expect_eq(gm_index_erase(&an_index, desc, 0, NULL), 0);
	expect_eq(gm_space_put(&space, desc), 0);
	expect_eq(gm_space_put(&space, other), 0);
	expect_eq(gm_space_put(&space, desc), 1);
	expect_eq(gm_space_put(&space, other), 1);
	expect(gm_index_is_empty(&second));
	end_index();
}

static void test_replace(void)
{
	struct gm_desc *old, *new, *wrong;
	uint64_t offset;

	begin_index();
	old = new_object(300 * KIB);
	gm_ref_get(old);
	new = new_object(300 * KIB);
	gm_ref_get(new);
	wrong = new_object(PAGE);
	expect_eq(gm_index_replace(&an_index, old, new), -GM_ENOENT);
	expect_eq(gm_index_insert(&an_index, 4 * PAGE, old, NULL), 0);
	expect_eq(gm_index_mark(&an_index, old, GM_INDEX_DIRTY, 0, NULL), 0);
	expect_eq(gm_index_replace(&an_index, old, wrong), -GM_ESIZE);
	expect_eq(gm_index_replace(&an_index, old, new), 0);
	expect(found_at(4 * PAGE) == new && found_at(4 * PAGE + 299 * KIB) == new);
	expect_eq(gm_index_marks(&an_index, new), GM_INDEX_DIRTY);
	expect_eq(gm_index_offset(&an_index, old, &offset), -GM_ENOENT);
	expect_eq(gm_ref_count(old), 2);
	expect_eq(gm_index_replace(&an_index, old, new), -GM_EINVAL);
	/* What is out may come back. */
	expect_eq(gm_index_replace(&an_index, new, old), 0);
	expect(found_at(5 * PAGE) == old);
	expect_eq(gm_space_put(&space, new), 0);
	expect_eq(gm_space_put(&space, new), 1);
	expect_eq(gm_space_put(&space, wrong), 1);
	expect_eq(gm_space_put(&space, old), 0);
	take_from(&an_index, 4 * PAGE, 0);
	end_index();
}

/* What others are in the middle of is busy, or not there. */
static void test_states(void)
{
	struct gm_desc *desc, *found, *other;
	volatile gm_word *place;
	uint64_t offset, at;
	gm_word here;

	begin_index();
	desc = new_object(2 * PAGE);
	other = new_object(2 * PAGE);
	gm_ref_get(desc);
	expect_eq(gm_index_insert(&an_index, 8 * PAGE, desc, NULL), 0);
	place = gm_index_place(&an_index, desc);
	here = *place;
	expect_eq(here & GM_PLACE_STATE, GM_PLACE_HERE);
	*place = here - GM_PLACE_HERE + GM_PLACE_HIDDEN;
	expect_eq(gm_index_find_get(&an_index, 8 * PAGE, &found), -GM_ENOENT);
	expect_eq(gm_index_erase(&an_index, desc, 0, NULL), -GM_ENOENT);
	expect_eq(gm_index_mark(&an_index, desc, 1, 0, NULL), -GM_ENOENT);
	expect_eq(gm_index_offset(&an_index, desc, &offset), -GM_ENOENT);
	expect_eq(gm_index_insert(&an_index, 9 * PAGE, other, NULL), -GM_EBUSY);
	at = 0;
	expect_eq(gm_index_next(&an_index, &at, MIB, 0, &found), -GM_ENOENT);
	*place = here - GM_PLACE_HERE + GM_PLACE_CHANGING;
	expect_eq(gm_index_find_get(&an_index, 8 * PAGE, &found), 0);
	expect_eq(gm_space_put(&space, found), 0);
	expect_eq(gm_index_erase(&an_index, desc, 0, NULL), -GM_EBUSY);
	expect_eq(gm_index_take(&an_index, 8 * PAGE, 0, NULL, &found), -GM_EBUSY);
	expect_eq(gm_index_mark(&an_index, desc, 1, 0, NULL), -GM_EBUSY);
	expect_eq(gm_index_replace(&an_index, desc, other), -GM_EBUSY);
	expect_eq(gm_index_offset(&an_index, desc, &offset), 0);
	expect_eq(gm_index_insert(&an_index, 9 * PAGE, other, NULL), -GM_EEXIST);
	*place = here;
	/* Somebody changed what is in the index: no lookup goes round for ever. */
	*place = here + ((gm_word)1 << GM_PLACE_UNITS_SHIFT);
	expect_eq(gm_index_find_get(&an_index, 8 * PAGE, &found), -GM_EBUSY);
	*place = here;
	/* Frozen by its holder. */
	expect_eq(gm_ref_freeze(desc, 2), 0);
	expect_eq(gm_index_find_get(&an_index, 8 * PAGE, &found), -GM_EBUSY);
	at = 0;
	expect_eq(gm_index_next(&an_index, &at, MIB, 0, &found), -GM_EBUSY);
	expect_eq(at, 8 * PAGE);
	gm_ref_thaw(desc, 2);
	expect_eq(gm_ref_count(desc), 2);
	expect_eq(gm_space_put(&space, desc), 0);
	expect_eq(gm_space_put(&space, other), 1);
	take_from(&an_index, 8 * PAGE, 0);
	end_index();
}

/* A lookup that got what it did not mean may be its last holder: reap gets it. */
static void test_orphan(void)
{
	struct gm_desc *desc, *found;

	begin_index();
	put_at(0, PAGE);
	desc = new_object(PAGE);
	expect_eq(gm_index_find_get_rest(&an_index, 0, desc, 0, &found), 0);
	expect(found != desc && gm_ref_count(found) == 2);
	expect_eq(gm_adhoc_reap(&table, NULL, NULL), 1);
	expect_eq(gm_space_put(&space, found), 0);
	take_from(&an_index, 0, 0);
	end_index();
}

UNIT_MAIN("index", UNIT_TEST(test_orphan), UNIT_TEST(test_one), UNIT_TEST(test_mixed), UNIT_TEST(test_shapes),
	  UNIT_TEST(test_insert_errors), UNIT_TEST(test_untrusted_offsets), UNIT_TEST(test_owners),
	  UNIT_TEST(test_replace), UNIT_TEST(test_states))
