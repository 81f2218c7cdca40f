/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of taking an object out of its mappings, as its owner's list names them: two
 * address spaces, places that are old, that say too much or are only partly about the
 * bytes, and hostile ones.
 */
#include <granmem/config.h>

#if GM_CONFIG_64BIT

#include "walker_objects.h"

#include <granmem/reverse.h>

#define MAX64 (~(uint64_t)0)
#define OTHER_VA (VA + GIB)

/* An owner's list. */
struct list {
	struct gm_reverse_place places[8];
	unsigned nr;
	unsigned next;
	void (*told)(unsigned index);
};

static struct list list;
static struct gm_walker second;
static struct gm_desc *desc, *other;

static int next_place(void *ctx, const struct gm_desc *of, struct gm_reverse_place *place)
{
	struct list *from = ctx;

	expect(of == desc);
	if (from->told != NULL)
		from->told(from->next);
	if (from->next == from->nr)
		return 0;
	*place = from->places[from->next++];
	return 1;
}

static void add_place(struct gm_walker *in, uint64_t va, uint64_t offset, uint64_t bytes)
{
	struct gm_reverse_place place = { in, va, offset, bytes };

	list.places[list.nr++] = place;
}

static int take_back(uint64_t offset, uint64_t size)
{
	list.next = 0;
	return gm_reverse_unmap(desc, offset, size, next_place, &list);
}

static int map_in(struct gm_walker *in, uint64_t va, uint64_t size, struct gm_desc *what,
		  uint64_t offset)
{
	struct gm_map_request request = request_of(what, offset);

	return gm_walker_map(in, va, size, &request, NULL);
}

static int is_mapped(const struct gm_walker *in, uint64_t va)
{
	struct gm_walker_at at;

	return gm_walker_lookup(in, va, &at) == 0;
}

/* Two objects of 4 MiB, and two address spaces. */
static void reverse_begin(uint64_t leaves)
{
	begin(leaves);
	expect_eq(gm_walker_init(&second, &walker.config), 0);
	desc = large();
	other = new_object(HIGH_BASE + 2 * LARGE, LARGE, TYPE_FILE);
	memset(&list, 0, sizeof(list));
}

static void reverse_end(void)
{
	expect_eq(gm_map_count(desc), 0);
	expect_eq(gm_ref_count(desc), 1);
	put_object(desc, 1);
	gm_walker_destroy(&second);
	gm_walker_destroy(&walker);
	expect_eq(gm_map_count(other), 0);
	put_object(other, 1);
	map_end();
	free(ram);
}

/* Wherever it is: whole, in parts, upside down. What the list says too much does not
 * matter. */
static void test_whole(void)
{
	uint64_t i;

	reverse_begin(0);
	expect_eq(map_in(&walker, VA, LARGE, desc, 0), 0);
	expect_eq(map_in(&second, OTHER_VA, MIB, desc, MIB), 0);
	add_place(&walker, VA, 0, LARGE);
	add_place(&walker, VA + 2 * LARGE, 0, LARGE); /* there is nothing */
	add_place(&walker, VA, 0, LARGE);             /* once more */
	add_place(&second, OTHER_VA - MIB, 0, LARGE); /* more than is mapped */
	for (i = 0; i < 3; i++) {
		expect_eq(map_in(&second, i * LEAF_BYTES, LEAF_BYTES, desc,
				 (7 - i) * LEAF_BYTES), 0);
		add_place(&second, i * LEAF_BYTES, (7 - i) * LEAF_BYTES, LEAF_BYTES);
	}
	expect_eq(gm_map_count(desc), 2 + 256 + 3);
	nr_invalidated = 0;
	expect_eq(take_back(0, LARGE), 0);
	expect(nr_invalidated > 0);
	expect_eq(gm_map_count(desc), 0);
	expect_eq(gm_ref_count(desc), 1);
	expect(!is_mapped(&walker, VA) && !is_mapped(&second, OTHER_VA));
	expect_eq(gm_ref_freeze(desc, 1), 0);
	gm_ref_thaw(desc, 1);
	/* Nothing is left to do, and then there are no places. */
	expect_eq(take_back(0, LARGE), 0);
	list.nr = 0;
	expect_eq(take_back(0, LARGE), 0);
	reverse_end();
}

/* The list is older than the tables: what is something else by now stays. */
static void test_old_places(void)
{
	reverse_begin(0);
	expect_eq(map_in(&walker, VA, 2 * MIB, other, 0), 0);              /* another object */
	expect_eq(map_in(&walker, VA + 2 * MIB, 2 * MIB, desc, 0), 0);     /* another offset */
	expect_eq(map_in(&walker, VA + 4 * MIB, LEAF_BYTES, desc, 4 * MIB - LEAF_BYTES), 0);
	add_place(&walker, VA, 0, LARGE);
	expect_eq(take_back(0, LARGE), 0);
	expect_eq(gm_map_count(other), 1);
	expect_eq(gm_map_count(desc), 2);
	expect_eq(paddr_at(VA), HIGH_BASE + 2 * LARGE);
	expect_eq(paddr_at(VA + 2 * MIB), HIGH_BASE + LARGE);
	/* And what the owner forgot is seen by the count. */
	add_place(&walker, VA + 2 * MIB, 0, LARGE);
	expect_eq(take_back(0, LARGE), 0);
	expect_eq(gm_map_count(desc), 1);
	add_place(&walker, VA + 4 * MIB, LARGE - LEAF_BYTES, LEAF_BYTES);
	expect_eq(take_back(0, LARGE), 0);
	expect_eq(gm_map_count(other), 1);
	reverse_end();
}

/* Frames that nobody counts are nobody's mapping of the object. */
static void test_frames(void)
{
	struct gm_map_request request;

	reverse_begin(0);
	request = request_of(NULL, 0);
	request.paddr = gm_paddr(HIGH_BASE + LARGE);
	expect_eq(gm_walker_map(&walker, VA, LARGE, &request, NULL), 0);
	add_place(&walker, VA, 0, LARGE);
	expect_eq(take_back(0, LARGE), 0);
	expect_eq(paddr_at(VA + 7), HIGH_BASE + LARGE + 7);
	expect_eq(gm_walker_unmap(&walker, VA, LARGE, NULL), 0);
	reverse_end();
}

/* One granule is poisoned: it goes wherever it is, and nothing else. */
static void test_part(void)
{
	uint64_t bad = MIB + 3 * LEAF_BYTES;

	reverse_begin(0);
	expect_eq(map_in(&walker, VA, LARGE, desc, 0), 0);
	expect_eq(map_in(&second, VA, MIB, desc, MIB), 0);
	expect_eq(map_in(&second, OTHER_VA, MIB, desc, 2 * MIB), 0);
	add_place(&walker, VA, 0, LARGE);
	add_place(&second, VA, MIB, MIB);
	add_place(&second, OTHER_VA, 2 * MIB, MIB);      /* behind it */
	add_place(&second, VA, 0, bad);                  /* before it */
	add_place(&second, OTHER_VA, bad + LEAF_BYTES, 0);
	expect_eq(take_back(bad, LEAF_BYTES), 0);
	expect(!is_mapped(&walker, VA + bad));
	expect(is_mapped(&walker, VA + bad - 1) && is_mapped(&walker, VA + bad + LEAF_BYTES));
	expect(!is_mapped(&second, VA + 3 * LEAF_BYTES));
	expect_eq(gm_map_count(desc), 1 + 511 + 255 + 256);
	expect_eq(take_back(0, LARGE), 0);
	expect_eq(gm_map_count(desc), 0);
	reverse_end();
}

/* What is not meant is not split, so that nothing is needed where nothing is done. */
static void test_others_stay_whole(void)
{
	reverse_begin(0);
	expect_eq(map_in(&walker, VA, LARGE, other, 0), 0);
	free_bytes = gm_table_free_bytes(&machine.mid.blocks.table);
	add_place(&walker, VA + MIB, 0, 2 * MIB);
	expect_eq(take_back(0, LARGE), 0);
	expect_nothing();
	expect_eq(gm_map_count(other), 2);
	/* Nor is the object, where the place says another order. */
	expect_eq(map_in(&second, VA, LARGE, desc, 0), 0);
	free_bytes = gm_table_free_bytes(&machine.mid.blocks.table);
	list.nr = 0;
	add_place(&second, VA + MIB, 0, 2 * MIB);
	expect_eq(take_back(0, LARGE), 0);
	expect_nothing();
	expect_eq(gm_map_count(desc), 2);
	/* But it is at both ends of what is meant. */
	list.nr = 0;
	add_place(&second, VA + MIB, MIB, 2 * MIB);
	expect_eq(take_back(0, LARGE), 0);
	expect(is_mapped(&second, VA + MIB - 1) && !is_mapped(&second, VA + MIB));
	expect(!is_mapped(&second, VA + 3 * MIB - 1) && is_mapped(&second, VA + 3 * MIB));
	expect_eq(gm_walker_unmap(&second, VA, LARGE, NULL), 0);
	reverse_end();
}

/* A run is taken whole, or unfolded. */
static void test_runs(void)
{
	static const struct gm_pte_format formats[] = {
		{ .kind = GM_PTE_AARCH64_STAGE1, .features = GM_PTE_HAS_DBM },
		{ .kind = GM_PTE_RISCV64, .features = GM_PTE_HAS_NAPOT },
	};
	uint64_t va = 64 * MIB;
	unsigned i;

	for (i = 0; i < 2; i++) {
		struct gm_walker_config config;
		struct gm_map_config count;
		struct gm_walker_at at;

		map_begin();
		ram = aligned_alloc(4096, RAM);
		count = map_config();
		count.format = formats[i];
		expect_eq(gm_map_init(&as, &count), 0);
		memset(&config, 0, sizeof(config));
		config.format = formats[i];
		config.map = &as;
		config.space = &machine.space;
		config.table_type = TYPE_TABLE;
		config.virtual_offset = (uint64_t)(uintptr_t)ram - MID_BASE;
		expect_eq(gm_walker_init(&second, &config), 0);
		desc = large();
		memset(&list, 0, sizeof(list));
		expect_eq(map_in(&second, va, 64 * KIB, desc, 64 * KIB), 0);
		expect_eq(gm_walker_lookup(&second, va, &at), 0);
		expect_eq(at.leaf_shift, 16);
		add_place(&second, va, 0, 64 * KIB);
		add_place(&second, va + 8 * KIB, 64 * KIB, 4 * KIB);
		expect_eq(take_back(0, LARGE), 0); /* not in this order */
		expect_eq(gm_map_count(desc), 16);
		list.nr = 0;
		add_place(&second, va, 64 * KIB, 64 * KIB);
		expect_eq(take_back(76 * KIB, 8 * KIB), 0);
		expect_eq(gm_map_count(desc), 14);
		expect(!is_mapped(&second, va + 12 * KIB) && is_mapped(&second, va + 20 * KIB));
		expect_eq(take_back(0, LARGE), 0);
		expect_eq(map_in(&second, va, 64 * KIB, desc, 64 * KIB), 0);
		expect_eq(take_back(0, LARGE), 0);
		expect_eq(gm_map_count(desc), 0);
		gm_walker_destroy(&second);
		put_object(desc, 1);
		map_end();
		free(ram);
	}
}

/* The bytes and the places are any numbers. */
static void test_numbers(void)
{
	reverse_begin(0);
	expect_eq(map_in(&walker, VA, LARGE, desc, 0), 0);
	add_place(&walker, VA, 0, LARGE);
	expect_eq(take_back(0, 0), -GM_ESIZE);
	expect_eq(take_back(0, LARGE + LEAF_BYTES), -GM_ERANGE);
	expect_eq(take_back(LARGE, LEAF_BYTES), -GM_ERANGE);
	expect_eq(take_back(LARGE + LEAF_BYTES, LEAF_BYTES), -GM_ERANGE);
	expect_eq(take_back(MAX64, 2), -GM_ERANGE);
	expect_eq(take_back(LEAF_BYTES, MAX64), -GM_ERANGE);
	expect_eq(take_back(64, LEAF_BYTES), -GM_EALIGN);
	expect_eq(gm_map_count(desc), 2);
	list.nr = 0;
	add_place(&walker, MAX64 - LEAF_BYTES + 1, 0, MAX64);
	expect_eq(take_back(LEAF_BYTES, LEAF_BYTES), -GM_EOVERFLOW);
	expect_eq(take_back(0, LARGE), -GM_EOVERFLOW);
	add_place(&walker, VA, 0, MAX64);
	add_place(&walker, VA, MAX64, MAX64);
	expect_eq(take_back(0, LARGE), -GM_EOVERFLOW);
	expect_eq(gm_map_count(desc), 0); /* the other place has been dealt with */
	list.nr = 0;
	add_place(&walker, HALF, 0, LARGE);
	expect_eq(take_back(0, LARGE), -GM_ERANGE);
	list.nr = 0;
	add_place(&walker, HALF - LEAF_BYTES, 0, LARGE);
	expect_eq(take_back(0, LARGE), -GM_ERANGE);
	/* By itself. */
	expect_eq(gm_walker_unmap_object(&walker, VA, 0, desc, 0, NULL), -GM_ESIZE);
	expect_eq(gm_walker_unmap_object(&walker, VA, LARGE, desc, LEAF_BYTES, NULL),
		  -GM_ERANGE);
	expect_eq(gm_walker_unmap_object(&walker, VA, LEAF_BYTES, desc, MAX64 - 4095, NULL),
		  -GM_ERANGE);
	expect_eq(gm_walker_unmap_object(&walker, VA, LEAF_BYTES, desc, 64, NULL), -GM_EALIGN);
	expect_eq(gm_walker_unmap_object(&walker, VA, LEAF_BYTES, desc, 0, NULL), 0);
	reverse_end();
}

/* No memory to split with in one place: the others are dealt with, and later it is. */
static void test_no_memory(void)
{
	struct gm_claim request;
	struct gm_desc *held[64];
	unsigned nr = 0;

	reverse_begin(0);
	expect_eq(map_in(&walker, VA, LARGE, desc, 0), 0);
	expect_eq(map_in(&second, VA, LEAF_BYTES, desc, LEAF_BYTES), 0);
	add_place(&walker, VA, 0, LARGE);
	add_place(&second, VA, LEAF_BYTES, LEAF_BYTES);
	memset(&request, 0, sizeof(request));
	request.type = TYPE_TABLE;
	for (request.size = 32 * MIB; request.size >= LEAF_BYTES; request.size /= 2) {
		while (gm_space_claim(&machine.space, &request, 0, &held[nr]) == 0)
			nr++;
	}
	expect_eq(take_back(LEAF_BYTES, LEAF_BYTES), -GM_ENOMEM);
	expect_eq(gm_map_count(desc), 2);
	expect(is_mapped(&walker, VA + LEAF_BYTES) && !is_mapped(&second, VA));
	while (nr > 0)
		put_object(held[--nr], 1);
	expect_eq(take_back(LEAF_BYTES, LEAF_BYTES), 0);
	expect_eq(gm_map_count(desc), 1 + 511);
	expect_eq(take_back(0, LARGE), 0);
	reverse_end();
}

/* Places of one walker in a row share an invalidation; a walker is left alone when
 * another one is told of. */
static void expect_left_alone(unsigned index)
{
	if (index == 2)
		expect_eq(nr_invalidated, 0);
	if (index == 4)
		expect(nr_invalidated != 0);
}

static void test_shared_invalidation(void)
{
	unsigned i;

	reverse_begin(GM_RUN_LEAF(12));
	for (i = 0; i < 4; i++) {
		expect_eq(map_in(&walker, VA + i * LEAF_BYTES, LEAF_BYTES, desc, i * MIB), 0);
		expect_eq(map_in(&second, VA + i * LEAF_BYTES, LEAF_BYTES, desc, i * MIB), 0);
	}
	expect_eq(map_in(&walker, VA + MIB, LEAF_BYTES, other, 0), 0);
	for (i = 0; i < 3; i++)
		add_place(&walker, VA + i * LEAF_BYTES, i * MIB, LEAF_BYTES);
	add_place(&second, VA, 0, LEAF_BYTES);
	list.told = expect_left_alone;
	nr_invalidated = 0;
	expect_eq(take_back(0, LARGE), 0);
	expect_eq(gm_map_count(desc), 4);
	list.told = NULL;
	list.nr = 0;
	add_place(&walker, VA + 3 * LEAF_BYTES, 3 * MIB, LEAF_BYTES);
	for (i = 1; i < 4; i++)
		add_place(&second, VA + i * LEAF_BYTES, i * MIB, LEAF_BYTES);
	expect_eq(take_back(0, LARGE), 0);
	reverse_end();
}

UNIT_MAIN("reverse", UNIT_TEST(test_whole), UNIT_TEST(test_old_places), UNIT_TEST(test_frames),
	  UNIT_TEST(test_part), UNIT_TEST(test_others_stay_whole), UNIT_TEST(test_runs),
	  UNIT_TEST(test_numbers), UNIT_TEST(test_no_memory), UNIT_TEST(test_shared_invalidation))

#else

#include <granmem/atomic.h>

#include "unit.h"

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("reverse", UNIT_TEST(test_absent))

#endif
