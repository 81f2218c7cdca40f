/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of granmem/index.h: inserting, finding, erasing, replacing, shadows. */
#include "index_unit.h"

#define MAX64 (~(uint64_t)0)
#define LEAF ((uint64_t)GM_INDEX_SLOTS) /* units */
#define SHADOW_MAX GM_INDEX_SHADOW_MAX

/* One unit at offset 0 needs no node; the next needs one. */
static void test_one(void)
{
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
	expect_sound(1, 0);
	expect_eq(gm_index_erase(&an_index, desc, 0), 0);
	expect_eq(gm_ref_count(desc), 2);
	expect_eq(gm_index_offset(&an_index, desc, &offset), -GM_ENOENT);
	expect_eq(gm_index_erase(&an_index, desc, 0), -GM_ENOENT);
	expect_eq(gm_space_put(&space, desc), 0);
	/* It may come back. */
	expect_eq(gm_index_insert(&an_index, PAGE, desc, NULL), 0);
	expect_eq(nodes_used(), 1);
	expect(found_at(PAGE) == desc && found_at(0) == NULL);
	erase_at(PAGE + 1, 0);
	end_index();
}

static const uint64_t sizes[] = { PAGE, 2 * PAGE, 64 * KIB, 256 * KIB, 2 * MIB, 3 * MIB };
#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void expect_run(struct gm_desc *expected, uint64_t at, uint64_t size)
{
	struct gm_desc *desc;
	struct gm_pfn pfn;
	struct gm_run run;
	uint64_t offset;

	expect(found_at(at) == expected && found_at(at + size - 1) == expected);
	expect_eq(gm_index_offset(&an_index, expected, &offset), 0);
	expect_eq(offset, at);
	expect_eq(gm_index_run(&an_index, at + size - 5, 0, 12, GM_RUN_LEAF(12), &desc, &run), 0);
	expect(desc == expected);
	expect_eq(run.bytes, 5);
	expect_eq(run.paddr.value, gm_desc_base(desc) + size - 5);
	expect_eq(gm_index_pfn(&an_index, at + size - 5, 12, &pfn), 0);
	expect_eq(pfn.value, run.pfn.value);
	expect_eq(gm_space_put(&space, desc), 0);
	expect_eq(gm_index_run(&an_index, at, 0, 99, 0, &desc, &run), -GM_EINVAL);
	expect_eq(gm_index_pfn(&an_index, at, 99, &pfn), -GM_EINVAL);
	expect_eq(gm_ref_count(expected), 1);
}

/* Mixed sizes side by side, wherever they begin, in ascending or descending order. */
static void mixed(uint64_t start, int down)
{
	struct gm_desc *descs[NR_SIZES];
	uint64_t at = start;
	unsigned i;

	for (i = 0; i < NR_SIZES; i++)
		at += sizes[i];
	for (i = NR_SIZES; down && i-- > 0;) {
		at -= sizes[i];
		descs[i] = put_at(at, sizes[i]);
		expect_sound(NR_SIZES - i, 0);
	}
	for (i = 0, at = start; i < NR_SIZES; at += sizes[i++])
		if (!down)
			descs[i] = put_at(at, sizes[i]);
	expect(start == 0 || found_at(start - 1) == NULL);
	expect(found_at(at) == NULL);
	for (i = 0, at = start; i < NR_SIZES; at += sizes[i++])
		expect_run(descs[i], at, sizes[i]);
	expect_sound(NR_SIZES, 0);
	while (i-- > 0) {
		at -= sizes[i];
		erase_at(at, 0);
		expect_sound(i, 0);
	}
	expect(gm_index_is_empty(&an_index));
}

static void test_mixed(void)
{
	static const uint64_t starts[] = { 0, PAGE, 63 * PAGE, 64 * PAGE, 256 * KIB - PAGE,
					   16 * MIB - PAGE, 5 * MIB, (uint64_t)1 << 40 };
	unsigned i;

	begin_index();
	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		mixed(starts[i], 0);
		mixed(starts[i], 1);
	}
	end_index();
}

/* A tree becomes higher under what is in it; what lies low stays where it was. */
static void test_heights(void)
{
	uint64_t at;
	unsigned nr = 0;

	begin_index();
	for (at = PAGE; at < store.end; at <<= 3) {
		put_at(at == PAGE ? 0 : at, PAGE);
		expect(found_at(0) != NULL);
		expect_sound(++nr, 0);
	}
	put_at(store.end - PAGE, PAGE);
	expect_sound(nr + 1, 0);
	erase_at(store.end - 1, 0);
	for (at = PAGE; at < store.end; at <<= 3) {
		erase_at(at == PAGE ? 0 : at, 0);
		expect_sound(--nr, 0);
	}
	end_index();
}

/* An object as large as all that a lower tree would hold. */
static void test_whole(void)
{
	begin_index();
	put_at(0, LEAF * PAGE);
	expect_sound(1, 0);
	put_at(LEAF * PAGE, PAGE);
	erase_at(0, 0);
	erase_at(LEAF * PAGE, 0);
	put_at(0, LEAF * LEAF * PAGE);
	expect(found_at((LEAF * LEAF - 1) * PAGE) != NULL && found_at(LEAF * LEAF * PAGE) == NULL);
	expect(found_at(MIB * PAGE) == NULL); /* higher than the tree */
	expect_sound(1, 0);
	erase_at(0, 0);
	end_index();
}

static void expect_refused(uint64_t offset, struct gm_desc *desc, int err)
{
	gm_word shadow = 77;
	uint64_t nodes = nodes_used();

	expect_eq(gm_index_insert(&an_index, offset, desc, &shadow), err);
	expect_eq(shadow, 77);
	expect_eq(gm_ref_count(desc), 1);
	expect_eq(nodes_used(), nodes);
}

static void test_insert_refuses(void)
{
	struct gm_desc *desc, *other, *small;

	begin_index();
	desc = new_object(2 * PAGE);
	other = new_object_of(PAGE, &owner[1]);
	small = new_object(512);
	expect_refused(0, small, -GM_ESIZE);
	expect_refused(1, small, -GM_ESIZE);
	expect_refused(1, desc, -GM_EALIGN);
	expect_refused(MAX64, desc, -GM_EALIGN);
	expect_refused(store.end, desc, -GM_ERANGE);
	expect_refused(store.end - PAGE, desc, -GM_ERANGE);
	expect_refused(MAX64 - PAGE + 1, desc, -GM_ERANGE);
	expect_refused(0, other, -GM_EINVAL);
	expect_sound(0, 0);
	put_at(5 * PAGE, 64 * PAGE);
	expect_refused(4 * PAGE, desc, -GM_EEXIST);
	expect_refused(68 * PAGE, desc, -GM_EEXIST);
	expect_refused(20 * PAGE, desc, -GM_EEXIST);
	expect_eq(gm_index_insert(&an_index, 3 * PAGE, desc, NULL), 0);
	/* It is in already. */
	expect_refused(100 * PAGE, desc, -GM_EINVAL);
	expect_sound(2, 0);
	erase_at(3 * PAGE, 0);
	erase_at(5 * PAGE, 0);
	expect_eq(gm_space_put(&space, other) + gm_space_put(&space, small), 2);
	end_index();
}

static void test_lookups_refuse(void)
{
	struct gm_desc *desc = NULL;
	struct gm_pfn pfn;
	struct gm_run run;
	gm_word shadow;

	begin_index();
	expect_eq(gm_index_find_get(&an_index, store.end, &desc), -GM_ERANGE);
	expect_eq(gm_index_find_get(&an_index, MAX64, &desc), -GM_ERANGE);
	expect_eq(gm_index_run(&an_index, MAX64, 0, 12, 0, &desc, &run), -GM_ERANGE);
	expect_eq(gm_index_run(&an_index, 0, 0, 12, 0, &desc, &run), -GM_ENOENT);
	expect_eq(gm_index_shadow(&an_index, MAX64, &shadow), -GM_ERANGE);
	expect_eq(gm_index_shadow(&an_index, 0, &shadow), -GM_ENOENT);
	expect_eq(gm_index_pfn(&an_index, MAX64, 12, &pfn), -GM_ENOENT);
	expect(gm_index_find(&an_index, MAX64) == NULL && desc == NULL);
	end_index();
}

static void test_limit(void)
{
	struct gm_desc *desc, *found = NULL;
	uint64_t offset = 0;

	begin_index();
	desc = put_at(PAGE, PAGE);
	expect_eq(gm_ref_add(desc, GM_REFS_LIMIT - 2), 0);
	expect_eq(gm_index_find_get(&an_index, PAGE, &found), 0);
	expect_eq(gm_index_find_get(&an_index, PAGE, &found), -GM_ELIMIT);
	expect_eq(gm_index_next(&an_index, &offset, MAX64, 0, &found), -GM_ELIMIT);
	expect_eq(gm_ref_count(desc), GM_REFS_LIMIT);
	for (offset = 1; offset < GM_REFS_LIMIT; offset <<= 1) {
		struct gm_object gone;

		expect_eq(gm_ref_put_many(desc, (gm_word)offset, &gone), 0);
	}
	erase_at(PAGE, 0);
	end_index();
}

/* An object that is frozen is there, but not to be had. */
static void test_frozen(void)
{
	struct gm_desc *desc, *found = NULL;
	uint64_t offset = 0;

	begin_index();
	desc = put_at(PAGE, PAGE);
	expect_eq(gm_ref_freeze(desc, 1), 0);
	expect_eq(gm_index_find_get(&an_index, PAGE, &found), -GM_EBUSY);
	expect_eq(gm_index_next(&an_index, &offset, MAX64, 0, &found), -GM_EBUSY);
	expect_eq(offset, PAGE);
	offset += 7;
	expect_eq(gm_index_next(&an_index, &offset, MAX64, 0, &found), -GM_EBUSY);
	expect_eq(offset, PAGE + 7);
	expect(found == NULL);
	/* Reclaim: it goes without having been live again. */
	expect_eq(gm_index_erase(&an_index, desc, 9), 0);
	expect_eq(gm_index_find_get(&an_index, PAGE, &found), -GM_ENOENT);
	gm_ref_thaw(desc, 1);
	expect_eq(gm_space_put(&space, desc), 1);
	expect_eq(gm_index_forget(&an_index, 0, MAX64), 1);
	end_index();
}

static void test_replace(void)
{
	struct gm_desc *old, *new, *small, *other;
	uint64_t offset;

	begin_index();
	old = put_at(3 * PAGE, 70 * PAGE);
	new = new_object(70 * PAGE);
	small = new_object(PAGE);
	other = new_object_of(70 * PAGE, &owner[1]);
	expect_eq(gm_index_mark(&an_index, old, GM_INDEX_DIRTY, 0), 0);
	expect_eq(gm_index_replace(&an_index, old, small), -GM_ESIZE);
	expect_eq(gm_index_replace(&an_index, old, old), -GM_EINVAL);
	expect_eq(gm_index_replace(&an_index, old, other), -GM_EINVAL);
	expect_eq(gm_index_replace(&an_index, new, old), -GM_ENOENT);
	expect_eq(gm_index_replace(&an_index, other, new), -GM_ENOENT);
	expect_eq(gm_index_replace(&an_index, old, new), 0);
	expect(found_at(3 * PAGE) == new && found_at(72 * PAGE) == new);
	expect_eq(gm_index_marks(&an_index, new), GM_INDEX_DIRTY);
	expect_eq(gm_index_marks(&an_index, old), 0);
	expect_eq(gm_index_offset(&an_index, other, &offset), -GM_ENOENT);
	expect_sound(1, 0);
	expect_eq(gm_space_put(&space, old) + gm_space_put(&space, small) +
			  gm_space_put(&space, other),
		  3);
	erase_at(3 * PAGE, 0);
	end_index();
}

static void test_shadows(void)
{
	struct gm_desc *desc;
	gm_word shadow = 0;

	begin_index();
	/* Without a node. */
	put_at(0, PAGE);
	desc = gm_index_find(&an_index, 0);
	expect_eq(gm_index_erase(&an_index, desc, SHADOW_MAX + 1), -GM_EINVAL);
	erase_at(0, SHADOW_MAX);
	expect(!gm_index_is_empty(&an_index) && found_at(0) == NULL);
	expect_eq(gm_index_shadow(&an_index, PAGE - 1, &shadow), 0);
	expect_eq(shadow, SHADOW_MAX);
	expect_sound(0, 1);
	/* It stays when the tree becomes higher. */
	put_at(100 * PAGE, 400 * PAGE);
	expect_eq(gm_index_shadow(&an_index, 0, &shadow), 0);
	erase_at(100 * PAGE, 5);
	expect_eq(gm_index_shadow(&an_index, 499 * PAGE, &shadow), 0);
	expect_eq(shadow, 5);
	/* A unit in the middle of what was one slot: the others keep theirs. */
	desc = new_object(PAGE);
	expect_eq(gm_index_insert(&an_index, 200 * PAGE, desc, &shadow), 0);
	expect_eq(shadow, 5);
	expect_eq(gm_index_shadow(&an_index, 200 * PAGE, &shadow), -GM_ENOENT);
	expect_eq(gm_index_shadow(&an_index, 199 * PAGE, &shadow), 0);
	expect_eq(gm_index_shadow(&an_index, 201 * PAGE, &shadow), 0);
	erase_at(200 * PAGE, 6);
	/* A large object goes over all that, nodes included. */
	desc = new_object(LEAF * LEAF * PAGE);
	expect_eq(gm_index_insert(&an_index, 0, desc, &shadow), 0);
	expect_eq(shadow, SHADOW_MAX);
	expect_sound(1, 0);
	erase_at(0, 7);
	expect_eq(gm_index_forget(&an_index, 0, 0), 0);
	expect_eq(gm_index_forget(&an_index, MAX64, MAX64), 0);
	expect_eq(gm_index_forget(&an_index, LEAF * LEAF * PAGE, MAX64), 0);
	expect_eq(gm_index_forget(&an_index, (LEAF * LEAF - 1) * PAGE, LEAF * LEAF * PAGE), 1);
	end_index();
}

/* Units from the smallest to the largest. */
static void test_units(void)
{
	static const unsigned shifts[] = { 6, 9, 16, 21, 30 };
	unsigned i;

	for (i = 0; i < 5; i++) {
		uint64_t unit = (uint64_t)1 << shifts[i];

		make_space();
		make_store(shifts[i], 20);
		expect_eq(gm_index_init(&an_index, &store, &owner[0]), 0);
		if (unit <= 32 * MIB) {
			put_at(3 * unit, unit);
			expect(found_at(3 * unit) != NULL && found_at(3 * unit - 1) == NULL);
			erase_at(4 * unit - 1, 0);
		}
		end_index();
	}
}

UNIT_MAIN("index", UNIT_TEST(test_one), UNIT_TEST(test_mixed), UNIT_TEST(test_heights),
	  UNIT_TEST(test_whole), UNIT_TEST(test_insert_refuses), UNIT_TEST(test_lookups_refuse),
	  UNIT_TEST(test_frozen), UNIT_TEST(test_limit), UNIT_TEST(test_replace),
	  UNIT_TEST(test_shadows), UNIT_TEST(test_units))
