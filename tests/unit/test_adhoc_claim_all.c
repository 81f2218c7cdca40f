/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of lib/adhoc_create.c and its search: all of the free memory is found, and no other. */
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

/*
 * A self-hosted table whose descriptors run out again and again: what is asked for is not
 * what the metadata for it is taken from.
 *
 *   0       4 MiB          8 MiB     10 MiB     12 MiB
 *   | holes | 512 KiB, full | WANTED | full     | 256 KiB, full to the end
 *
 * The holes are too small for metadata: 4 KiB in each 64 KiB.
 */
#define WANTED (8 * MIB)
#define WANTED_BYTES (2 * MIB)
#define NR_HOLES 64u
#define HOLE(n) ((uint64_t)(n) * 64 * KIB)

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	expect(base.value + size <= 16 * MIB);
	return (unsigned char *)ctx + base.value;
}

static uint64_t nr_small;

static void begin_hosted(void)
{
	uint64_t top;
	unsigned i;

	region(0, 16 * MIB);
	config.desc_size = 1024;
	config.nr_lanes = 1;
	config.to_virtual = to_virtual;
	free(buffer);
	buffer = aligned_alloc(2 * MIB, 16 * MIB);
	expect(buffer != NULL);
	config.to_virtual_ctx = buffer;
	expect_eq(gm_adhoc_init(&table, &config, NULL, 0), 0);
	top = 16 * MIB - figures().hosted_bytes;
	make(4 * MIB + 512 * KIB, WANTED - 4 * MIB - 512 * KIB, 1);
	make(WANTED + WANTED_BYTES, 2 * MIB, 1);
	make(12 * MIB + 256 * KIB, top - 12 * MIB - 256 * KIB, 1);
	for (i = 0; i < NR_HOLES; i++) {
		make(HOLE(i) + 4 * KIB, 60 * KIB, 1);
		make(HOLE(i), 64, 1); /* small ones find a node */
	}
	nr_small = 0;
}

static void make_small(void)
{
	make(HOLE(nr_small % NR_HOLES) + 64 * (1 + nr_small / NR_HOLES), 64, 1);
	expect(++nr_small < NR_HOLES * 63);
}

static int create_wanted(struct gm_desc **out)
{
	struct gm_object object = record(WANTED, WANTED_BYTES, 1);

	return gm_adhoc_create(&table, &object, out);
}

static int claim_wanted(struct gm_desc **out)
{
	struct gm_claim want = { .size = WANTED_BYTES, .type = 1 };

	want.min = gm_paddr(WANTED);
	want.max = gm_paddr(WANTED + WANTED_BYTES);
	return gm_adhoc_claim(&table, &want, out);
}

/* Until nothing is left for metadata elsewhere. Returns what the last call said. */
static int exhaust(int (*get)(struct gm_desc **out), unsigned *nr_growths)
{
	for (;;) {
		uint64_t hosted = figures().hosted_bytes;
		struct gm_desc *desc;
		int err = get(&desc);

		if (err != 0)
			return err;
		*nr_growths += figures().hosted_bytes != hosted;
		drop(desc);
		make_small(); /* with that descriptor */
	}
}

static void test_own_growth(void)
{
	struct gm_claim want = { .size = 4 * KIB, .type = 1 };
	unsigned nr_growths = 0;
	struct gm_stats before;
	struct gm_desc *desc, *out;

	begin_hosted();
	expect_eq(exhaust(create_wanted, &nr_growths), -GM_ENOMEM);
	expect(nr_growths >= 2);
	before = figures();
	expect_eq(create_wanted(&out), -GM_ENOMEM);
	expect_eq(figures().free_bytes, before.free_bytes);
	expect_eq(figures().hosted_bytes, before.hosted_bytes);
	/* Of what is in the middle of another's change the answer is busy. */
	drop(gm_adhoc_find(&table, gm_paddr(0)));
	desc = make(WANTED, WANTED_BYTES, 1);
	expect_eq(gm_ref_freeze(desc, 1), 0);
	expect_eq(create_wanted(&out), -GM_EBUSY);
	gm_ref_thaw(desc, 1);
	drop(desc);
	make(0, 64, 1);
	/* Where there is room for both, bounds are no reason to fail. */
	want.min = gm_paddr(WANTED);
	want.max = gm_paddr(WANTED + WANTED_BYTES);
	expect_eq(gm_adhoc_claim(&table, &want, &desc), 0);
	expect(figures().hosted_bytes > before.hosted_bytes);
	verified();
	nr_growths = 0;
	begin_hosted();
	expect_eq(exhaust(claim_wanted, &nr_growths), -GM_ENOMEM);
	expect(nr_growths >= 2);
	verified();
}

UNIT_MAIN("adhoc_claim_all", UNIT_TEST(test_fill), UNIT_TEST(test_random),
	  UNIT_TEST(test_out_of_nodes), UNIT_TEST(test_own_growth))
