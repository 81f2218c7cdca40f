/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of lib/adhoc_claim.c: all of the free memory is found, and no other. */
#include "adhoc_unit.h"

#define BASE (5 * MIB + 3584)
#define MOST 20000

static struct gm_desc *descs[MOST];
static unsigned long long seed;

static uint64_t below(uint64_t limit)
{
	return (unit_random(&seed) >> 11) % limit;
}

static void warm_up(uint64_t size, uint64_t max_objects)
{
	region(BASE, size);
	config.granule_shift = 9;
	begin(max_objects);
	drop(make(BASE, 64, 1));
	seed = 88172645463325252ull;
}

/* Unit by unit: is there a place for this request? */
static int place_exists(const struct gm_claim *want)
{
	uint64_t end = table.table.base + table.table.size;
	uint64_t align = want->align;
	uint64_t run = 0;
	uint64_t at;

	if (align == 0)
		align = want->size < (uint64_t)1 << table.table.granule_shift ?
				64 : (uint64_t)1 << table.table.granule_shift;
	if (want->max.value != 0 && want->max.value < end)
		end = want->max.value;
	at = want->min.value > table.table.base ? (want->min.value + 63) / 64 * 64 :
						  table.table.base;
	for (; at + 64 <= end; at += 64) {
		struct gm_desc *desc = gm_adhoc_find(&table, gm_paddr(at));

		run = desc == NULL ? run + 64 : 0;
		/* The last place that ends here. */
		if (run >= want->size) {
			uint64_t base = (at + 64 - want->size) & ~(align - 1);

			if (base >= at + 64 - run && base + want->size <= at + 64)
				return 1;
		}
	}
	return 0;
}

/* Fill the region with claims of one shape, empty it, and all is as before. */
static void fill(const struct gm_claim *want, uint64_t least)
{
	unsigned nr = 0;
	int err;

	while ((err = claim(want, &descs[nr])) == 0)
		expect(++nr < MOST);
	expect_eq(err, -GM_ENOMEM);
	expect(nr >= least && !place_exists(want));
	expect_eq(verified().nr_objects, nr);
	while (nr > 0)
		drop(descs[--nr]);
	verified();
	expect_eq(figures().free_bytes, table.table.size);
	expect_eq(figures().nr_nodes, 0);
}

static void test_fill(void)
{
	static const uint64_t sizes[] = { 64, 192, 512, 576, 1024, 1536, 4096, 131072, 262144 };
	uint64_t size = MIB - 512;
	struct gm_claim want;
	unsigned i;

	warm_up(size, size / 64);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		want = request(sizes[i]);
		/* What no lane's beginning can spoil is used to the last byte. */
		fill(&want, sizes[i] == 64 || sizes[i] == 512 ? size / sizes[i] : 1);
		want.align = 64;
		fill(&want, 1);
		want.align = 4096;
		fill(&want, 1);
		want.align = 262144;
		fill(&want, size > 2 * sizes[i] ? 3 : 1);
	}
	want = request(size);
	fill(&want, 1);
	want = request(512);
	want.min = gm_paddr(BASE + 300000);
	want.max = gm_paddr(BASE + 300000 + 300 * 512);
	fill(&want, 299);
}

/* Claims of any shape in memory that is in use anyhow: -GM_ENOMEM is the truth. */
static void test_random(void)
{
	unsigned long nr_steps = steps(20000, 1000000);
	unsigned long i, refusals = 0;
	unsigned nr = 0;

	warm_up(700 * KIB, 10000);
	for (i = 0; i < nr_steps; i++) {
		struct gm_claim want = request((1 + below(30)) << (6 + below(8)));
		uint64_t min = below(700 * KIB);
		int err;

		want.align = below(3) ? (uint64_t)64 << below(13) : 0;
		if (below(2)) {
			want.min = gm_paddr(BASE + min);
			want.max = gm_paddr(BASE + min + below(700 * KIB));
		}
		if (nr > 0 && below(20 + i / 3000 % 2 * 15) > 12) {
			unsigned victim = (unsigned)below(nr);

			drop(descs[victim]);
			descs[victim] = descs[--nr];
			continue;
		}
		err = claim(&want, &descs[nr]);
		if (err == 0) {
			expect(++nr < MOST);
		} else if (err == -GM_ENOMEM) {
			expect(!place_exists(&want));
			refusals++;
		} else {
			expect_eq(err, -GM_ERANGE);
		}
		if (i % 100 == 0)
			expect_eq(verified().nr_objects, nr);
	}
	expect(refusals > nr_steps / 20);
	while (nr > 0)
		drop(descs[--nr]);
	verified();
	expect_eq(figures().nr_nodes, 0);
}

/* There is no node any more: a place that needs one does not stand for the rest of its run. */
static void test_out_of_nodes(void)
{
	struct gm_object first = record(0, 4 * KIB, 1);
	struct gm_claim want = { .size = 4 * MIB, .type = 1 };
	struct gm_desc *desc;
	uint64_t nr;

	region(0, 256 * MIB);
	config.nr_lanes = 1;
	begin(60);
	for (nr = 0; gm_adhoc_create(&table, &first, &desc) == 0; nr++)
		first.base.value += 2 * MIB;
	expect(nr > 1 && nr < 120);
	/* Free are the latter half of the last of these 2 MiB, and as much behind as is
	 * claimed; the lowest place ends in the middle of what has no node. */
	make((nr - 1) * 2 * MIB + 4 * KIB, MIB - 4 * KIB, 1);
	make((nr + 2) * 2 * MIB, 256 * MIB - (nr + 2) * 2 * MIB, 1);
	for (; nr > 1; nr--)
		make((nr - 2) * 2 * MIB + 4 * KIB, 2 * MIB - 4 * KIB, 1);
	expect_eq(figures().free_bytes, 5 * MIB);
	want.size = MIB + 4 * KIB;
	want.align = 4 * MIB;
	expect_eq(gm_adhoc_claim(&table, &want, &desc), -GM_ENOMEM);
	want.size = 4 * MIB;
	want.align = 0;
	expect_eq(gm_adhoc_claim(&table, &want, &desc), 0);
	expect_eq(gm_desc_base(desc), first.base.value);
	/* And what is nowhere is found nowhere. */
	want.size = 2 * MIB;
	expect_eq(gm_adhoc_claim(&table, &want, &desc), -GM_ENOMEM);
	verified();
}

UNIT_MAIN("adhoc_claim_all", UNIT_TEST(test_fill), UNIT_TEST(test_random),
	  UNIT_TEST(test_out_of_nodes))
