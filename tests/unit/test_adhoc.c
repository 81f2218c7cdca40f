/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of lib/adhoc.c: creating, finding and removing objects of any shape. */
#include "adhoc_unit.h"

#define BASE (1 * GIB + 12 * KIB)
#define SIZE (4 * GIB)
#define END (BASE + SIZE)

static void test_create_errors(void)
{
	static const uint64_t hostile[] = { 0, GM_PADDR_END, UINT64_MAX };
	unsigned i;

	region(BASE, SIZE);
	begin(10);
	/* In the order in which they are checked. */
	expect_eq(refused(UINT64_MAX, 0, 0), -GM_EINVAL);
	expect_eq(refused(BASE, 64, 16), -GM_EINVAL);
	expect_eq(refused(BASE, 64, ~0u), -GM_EINVAL);
	expect_eq(refused(UINT64_MAX, 0, 1), -GM_ESIZE);
	expect_eq(refused(BASE, 0, 1), -GM_ESIZE);
	for (i = 1; i < 3; i++) {
		expect_eq(refused(BASE, hostile[i], 1), -GM_EOVERFLOW);
		expect_eq(refused(hostile[i], 64, 1), -GM_EOVERFLOW);
		expect_eq(refused(hostile[i], hostile[1], 1), -GM_EOVERFLOW);
		expect_eq(refused(hostile[i], hostile[2], 1), -GM_EOVERFLOW);
	}
	expect_eq(refused(0, GM_PADDR_END, 1), -GM_ERANGE);
	expect_eq(refused(0, UINT64_MAX, 1), -GM_EOVERFLOW);
	expect_eq(refused(UINT64_MAX - 63, 128, 1), -GM_EOVERFLOW);
	expect_eq(refused(BASE, UINT64_MAX - BASE + 1, 1), -GM_EOVERFLOW);
	expect_eq(refused(BASE - 64, 64, 1), -GM_ERANGE);
	expect_eq(refused(BASE - 64, 128, 1), -GM_ERANGE);
	expect_eq(refused(END, 64, 1), -GM_ERANGE);
	expect_eq(refused(END - 64, 128, 1), -GM_ERANGE);
	expect_eq(refused(BASE, SIZE + 64, 1), -GM_ERANGE);
	for (i = 1; i < 64; i++) {
		expect_eq(refused(BASE + i, 64, 1), -GM_EALIGN);
		expect_eq(refused(BASE, i, 1), -GM_EALIGN);
		expect_eq(refused(BASE, 64 + i, 1), -GM_EALIGN);
	}
	verified();
	expect_eq(figures().free_bytes, SIZE);
	expect_eq(figures().nr_objects, 0);
}

/* An object against every overlap by one unit, at each level of the tree. */
static void overlaps(uint64_t base, uint64_t size)
{
	struct gm_desc *desc = make(base, size, 1);
	struct gm_desc *before, *behind;

	expect_eq(refused(base, size, 1), -GM_EEXIST);
	expect_eq(refused(base, 64, 1), -GM_EEXIST);
	expect_eq(refused(base + size - 64, 64, 1), -GM_EEXIST);
	expect_eq(refused(base - 64, 128, 1), -GM_EEXIST);
	expect_eq(refused(base + size - 64, 128, 1), -GM_EEXIST);
	expect_eq(refused(base - 64, size + 128, 1), -GM_EEXIST);
	expect_eq(refused(base - 4 * MIB, size + 8 * MIB, 1), -GM_EEXIST);
	expect_eq(refused(BASE, SIZE, 1), -GM_EEXIST);
	verified();
	before = make(base - 64, 64, 2);
	behind = make(base + size, 64, 3);
	verified();
	/* In the middle of a change it is busy instead. */
	expect_eq(gm_ref_freeze(desc, 1), 0);
	expect_eq(refused(base, 64, 1), -GM_EBUSY);
	expect_eq(refused(base, size, 1), -GM_EBUSY);
	expect_eq(lookup(base, 0), -GM_EBUSY);
	gm_ref_thaw(desc, 1);
	drop(desc);
	verified();
	drop(make(base, size, 4));
	drop(before);
	drop(behind);
	verified();
	expect_eq(figures().nr_nodes, 0);
	expect_eq(figures().free_bytes, SIZE);
}

static void test_overlaps(void)
{
	static const uint64_t sizes[] = { 64, 128, 1536, 4032, 4096, 4160, 3 * 4096, 2 * MIB - 64,
					  2 * MIB, 2 * MIB + 64, 6 * MIB, 7 * MIB + 12352, GIB,
					  GIB + 4096, 3 * GIB - 64 };
	static const uint64_t places[] = { 16 * MIB, 16 * MIB + 64, 16 * MIB + 4096,
					   18 * MIB - 64, 18 * MIB - 4096, 17 * MIB + 4032 };
	unsigned i, j, root_shift;

	for (root_shift = 21; root_shift <= 39; root_shift += 9) {
		region(BASE, SIZE);
		config.root_shift = root_shift;
		begin(40);
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			for (j = 0; j < sizeof(places) / sizeof(places[0]); j++)
				overlaps(2 * GIB - 32 * MIB + places[j], sizes[i]);
	}
}

/* Which object something below is in the way of does not matter to the answer. */
static void test_frozen_below(void)
{
	struct gm_desc *desc;

	region(BASE, SIZE);
	begin(4);
	desc = make(2 * GIB + 4096, 4096, 1);
	expect_eq(gm_ref_freeze(desc, 1), 0);
	expect_eq(refused(2 * GIB + 4096, 64, 1), -GM_EBUSY);
	expect_eq(refused(2 * GIB, 8192, 1), -GM_EBUSY);
	expect_eq(refused(2 * GIB, 2 * MIB, 1), -GM_EBUSY);
	gm_ref_thaw(desc, 1);
	expect_eq(refused(2 * GIB, 2 * MIB, 1), -GM_EEXIST);
	verified();
}

/* A granule that holds many objects of odd sizes, to the last unit. */
static void test_many_in_a_granule(void)
{
	static const uint64_t sizes[] = { 1536, 64, 960, 128, 1088, 192, 64, 64 };
	struct gm_desc *descs[8];
	uint64_t base = 2 * GIB;
	uint64_t at = base;
	unsigned i;

	region(BASE, SIZE);
	begin(8);
	for (i = 0; i < 8; at += sizes[i++])
		descs[i] = make(at, sizes[i], 1 + i);
	expect_eq(at, base + 4096);
	expect_eq(verified().covered_bytes, 4096);
	expect_eq(figures().nr_nodes, 2);
	for (i = 0, at = base; at < base + 4096; at += 64) {
		if (at == gm_desc_base(descs[i]) + sizes[i])
			i++;
		expect(gm_adhoc_find(&table, gm_paddr(at)) == descs[i]);
		expect_eq(lookup(at + 63, 1 + i), 0);
		expect_eq(lookup(at, 9), -GM_ETYPE);
	}
	for (i = 0; i < 8; i += 2)
		drop(descs[i]);
	expect_eq(verified().nr_objects, 4);
	expect_eq(lookup(base, 0), -GM_ENOENT);
	for (i = 1; i < 8; i += 2)
		drop(descs[i]);
	expect_eq(figures().nr_nodes, 0);
}

/* Nodes, and with them all metadata but the descriptor, follow what exists. */
static void test_nodes(void)
{
	uint64_t node_bytes;
	struct gm_desc *large, *small[512];
	unsigned i, round;

	region(0, 64 * MIB);
	begin(600);
	large = make(4 * MIB, 2 * MIB, 1);
	expect(figures().nr_nodes == 0 && figures().node_bytes == 0);
	drop(large);
	drop(make(0, 64 * MIB, 1));
	expect(figures().nr_nodes == 0 && figures().node_bytes == 0);
	small[0] = make(0, 4096, 1);
	expect_eq(figures().nr_nodes, 1);
	small[1] = make(4096, 64, 1);
	expect_eq(figures().nr_nodes, 2);
	drop(small[1]);
	drop(small[0]);
	node_bytes = figures().node_bytes;
	for (round = 0; round < 100; round++) {
		for (i = 0; i < 512; i++)
			small[i] = make(6 * MIB + i * 4096, 4096, 1);
		expect_eq(figures().nr_nodes, 1);
		expect_eq(refused(6 * MIB, 2 * MIB, 1), -GM_EEXIST);
		for (i = 0; i < 512; i++)
			drop(small[(i * 37 + round) % 512]);
		expect_eq(figures().nr_nodes, 0);
		drop(make(6 * MIB, 2 * MIB, 1));
	}
	/* They are used again, not made again. */
	expect_eq(figures().node_bytes, node_bytes);
	verified();
}

/* A descriptor's next life has another generation; strays do not survive. */
static void test_generation(void)
{
	unsigned generation, round;
	struct gm_desc *desc, *again;
	struct gm_object gone;

	region(0, MIB);
	config.nr_lanes = 1; /* what is returned is what the next one takes, whatever the hint */
	begin(1);
	desc = make(0, 4096, 5);
	for (round = 0; round < 600; round++) {
		generation = gm_state_generation(desc->state);
		drop(desc);
		expect(!gm_ref_is_live(desc));
		expect_eq(gm_ref_try_get(desc), -GM_EBUSY);
		again = make(4096 * (round % 200), 64, 1 + round % 15);
		expect(again == desc);
		expect_eq(gm_ref_count(desc), 1);
		expect_eq(gm_state_generation(desc->state),
			  (generation + 1) % (1u << GM_STATE_GENERATION_BITS));
	}
	/* remove is for who won the last put by itself. */
	expect_eq(gm_ref_put(desc, &gone), 1);
	expect(gone.type == 15 && gone.size == 64 && gone.owner == &table);
	expect_eq(gone.base.value, 4096 * (599 % 200));
	gm_adhoc_remove(&table, desc);
	verified();
	expect_eq(figures().free_bytes, MIB);
}

static void test_remove_of_the_living(void)
{
#if GM_CONFIG_CHECKS >= 1
	struct gm_desc *desc;

	region(0, MIB);
	begin(1);
	desc = make(0, 4096, 5);
	gm_adhoc_remove(&table, desc);
	expect(unit_panicked());
	expect_eq(verified().nr_objects, 1);
	drop(desc);
#else
	puts("SKIP: assertions are off");
#endif
}

static void test_find_get(void)
{
	struct gm_desc *desc, *found;

	region(BASE, SIZE);
	begin(4);
	desc = make(BASE + 8192, 12288, 7);
	expect_eq(lookup(BASE + 8191, 0), -GM_ENOENT);
	expect_eq(lookup(BASE + 8191, 7), -GM_ENOENT);
	expect_eq(lookup(BASE + 20480, 7), -GM_ENOENT);
	expect_eq(lookup(BASE + 20479, 7), 0);
	expect_eq(lookup(BASE + 8192, 0), 0);
	expect_eq(lookup(BASE + 8192, 6), -GM_ETYPE);
	expect_eq(lookup(BASE + 8192, 16), -GM_ETYPE);
	expect_eq(lookup(BASE + 8192, ~0u), -GM_ETYPE);
	expect_eq(lookup(0, 0), -GM_ERANGE);
	expect_eq(lookup(BASE - 1, 0), -GM_ERANGE);
	expect_eq(lookup(END, 0), -GM_ERANGE);
	expect_eq(lookup(GM_PADDR_END, 0), -GM_ERANGE);
	expect_eq(lookup(UINT64_MAX, 0), -GM_ERANGE);
	expect_eq(gm_ref_count(desc), 1);
	expect_eq(gm_adhoc_find_get(&table, gm_paddr(BASE + 9000), 7, &found), 0);
	expect(found == desc && gm_ref_count(desc) == 2);
	/* The one that found it may be the last to leave. */
	expect_eq(gm_adhoc_put(&table, desc), 0);
	expect_eq(lookup(BASE + 9000, 7), 0);
	expect_eq(gm_adhoc_find_get(&table, gm_paddr(BASE + 9000), 7, &found), 0);
	expect_eq(gm_adhoc_put_sole(&table, desc), 0);
	expect_eq(gm_ref_count(found), 1);
	expect_eq(gm_adhoc_put_sole(&table, found), 1);
	expect_eq(lookup(BASE + 9000, 7), -GM_ENOENT);
	verified();
}

static void test_find_get_at_the_limit(void)
{
	struct gm_desc *desc, *found;
	gm_word refs = 1;

	region(0, MIB);
	begin(1);
	desc = make(0, 4096, 1);
	expect_eq(gm_ref_add(desc, GM_REFS_LIMIT - 2), 0);
	refs = GM_REFS_LIMIT - 1;
	expect_eq(gm_adhoc_find_get(&table, gm_paddr(0), 0, &found), 0);
	expect_eq(gm_adhoc_find_get(&table, gm_paddr(0), 0, &found), -GM_ELIMIT);
	expect_eq(gm_adhoc_find_get(&table, gm_paddr(0), 1, &found), -GM_ELIMIT);
	expect_eq(gm_ref_count(desc), refs + 1);
	expect_eq(verified().nr_references, GM_REFS_LIMIT);
}

/* No descriptor, or no node: an error, and nothing else. */
static void test_out_of_metadata(void)
{
	struct gm_desc *desc;
	unsigned nr = 0;

	region(0, 64 * MIB);
	begin(0);
	expect_eq(refused(0, 2 * MIB, 1), -GM_ENOMEM);
	expect_eq(refused(0, 64, 1), -GM_ENOMEM);
	verified();
	begin(1);
	for (;; nr++) {
		struct gm_object object = record(nr * 4096, 4096, 1);
		struct gm_stats before = figures();
		struct gm_stats after;
		int err = gm_adhoc_create(&table, &object, &desc);

		if (err == 0)
			continue;
		after = figures();
		expect_eq(err, -GM_ENOMEM);
		expect(same(&before, &after));
		break;
	}
	/* Nodes are short as well: even a place with a descriptor is refused. */
	verified();
	expect(nr >= 100);
	drop(gm_adhoc_find(&table, gm_paddr(4096)));
	drop(make(62 * MIB, 2 * MIB, 1));
	drop(make(4096, 4096, 1));
	verified();
}

/* Several nodes are made, and then there is no other: all of them go back. */
static void test_rollback(void)
{
	unsigned nr;

	region(BASE, 64 * MIB);
	config.nr_lanes = 1;
	for (nr = 1; nr < 30; nr++) {
		unsigned i, made = 0;

		begin(nr);
		for (i = 0; i < 32; i++) {
			struct gm_object object = record(BASE + i * (2 * MIB) + 64,
							 2 * MIB - 64, 1);
			struct gm_desc *desc;

			if (gm_adhoc_create(&table, &object, &desc) == 0)
				made++;
			verified();
			expect_eq(figures().free_bytes, 64 * MIB - made * (2 * MIB - 64));
			expect_eq(figures().nr_objects, made);
		}
		expect(made > 0 && (nr > 10 || made < 32));
		make(BASE, 64, 1);
		verified();
	}
}

UNIT_MAIN("adhoc", UNIT_TEST(test_create_errors), UNIT_TEST(test_overlaps),
	  UNIT_TEST(test_frozen_below), UNIT_TEST(test_many_in_a_granule), UNIT_TEST(test_nodes),
	  UNIT_TEST(test_generation), UNIT_TEST(test_remove_of_the_living),
	  UNIT_TEST(test_find_get), UNIT_TEST(test_find_get_at_the_limit),
	  UNIT_TEST(test_out_of_metadata), UNIT_TEST(test_rollback))
