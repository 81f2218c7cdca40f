/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of lib/adhoc_create.c and its search: requests of all kinds and what they get. */
#include "adhoc_unit.h"

#define BASE (5 * MIB + 3584)
#define MOST 3000

static struct gm_desc *descs[MOST];
/* A claim that must be refused, without a trace. */
static int refusal(const struct gm_claim *want)
{
	struct gm_stats before = figures();
	struct gm_stats after;
	struct gm_desc *desc = NULL;
	int err = gm_adhoc_claim(&table, want, &desc);

	after = figures();
	expect(err < 0 && desc == NULL && same(&before, &after));
	return err;
}

static void warm_up(uint64_t size, uint64_t max_objects)
{
	region(BASE, size);
	config.granule_shift = 9;
	begin(max_objects);
	drop(make(BASE, 64, 1));
}

static void test_errors(void)
{
	struct gm_claim want = request(512);
	unsigned i;

	warm_up(MIB, 10);
	want.type = 0;
	expect_eq(refusal(&want), -GM_EINVAL);
	want.type = 16;
	expect_eq(refusal(&want), -GM_EINVAL);
	want = request(0);
	expect_eq(refusal(&want), -GM_ESIZE);
	want = request(UINT64_MAX);
	expect_eq(refusal(&want), -GM_EOVERFLOW);
	want = request(GM_PADDR_END + 64);
	expect_eq(refusal(&want), -GM_EOVERFLOW);
	want = request(GM_PADDR_END);
	expect_eq(refusal(&want), -GM_ERANGE);
	want = request(MIB + 64);
	expect_eq(refusal(&want), -GM_ERANGE);
	for (i = 1; i < 64; i++) {
		want = request(512 + i);
		expect_eq(refusal(&want), -GM_EALIGN);
		want = request(4096);
		want.align = 64 + i;
		expect_eq(refusal(&want), -GM_EALIGN);
	}
	want.align = UINT64_MAX;
	expect_eq(refusal(&want), -GM_EALIGN);
	want = request(512);
	want.min = gm_paddr(BASE + MIB);
	expect_eq(refusal(&want), -GM_ERANGE);
	want.min = gm_paddr(UINT64_MAX);
	expect_eq(refusal(&want), -GM_ERANGE);
	want = request(512);
	want.max = gm_paddr(BASE);
	expect_eq(refusal(&want), -GM_ERANGE);
	want.max = gm_paddr(BASE + 511);
	expect_eq(refusal(&want), -GM_ERANGE);
	verified();
}

/* An alignment that is none is refused whether or not a place is near. */
static void test_small_alignments(void)
{
	struct gm_claim want = request(512);

	warm_up(MIB, 10);
	make(BASE, 512, 1);
	make(BASE + 512, 64, 1);
	for (want.align = 1; want.align < 64; want.align++) {
		want.size = 512;
		expect_eq(refusal(&want), -GM_EALIGN);
		want.size = 64;
		expect_eq(refusal(&want), -GM_EALIGN);
		want.size = 1536;
		expect_eq(refusal(&want), -GM_EALIGN);
		want.size = 256 * KIB;
		expect_eq(refusal(&want), -GM_EALIGN);
	}
}

static void test_bounds_are_exact(void)
{
	struct gm_claim want = request(1536);
	struct gm_desc *desc;
	uint64_t at;

	warm_up(MIB, 10);
	for (at = BASE; at + 1536 <= BASE + MIB; at += 31 * 64) {
		want.align = 64;
		want.min = gm_paddr(at);
		want.max = gm_paddr(at + 1536);
		expect_eq(claim(&want, &desc), 0);
		expect_eq(gm_desc_base(desc), at);
		expect_eq(refusal(&want), -GM_ENOMEM);
		drop(desc);
		want.max = gm_paddr(at + 1536 - 1);
		expect_eq(refusal(&want), -GM_ERANGE);
		/* Bounds need no alignment themselves. */
		want.min = gm_paddr(at - 63);
		want.max = gm_paddr(at + 1536 + 63);
		expect_eq(claim(&want, &desc), 0);
		expect_eq(gm_desc_base(desc), at);
		drop(desc);
	}
	verified();
}

struct colours {
	uint64_t mask, want;
	uint64_t size, align;
	unsigned nr;
};

static int accept_colour(void *ctx, struct gm_paddr base)
{
	struct colours *colours = ctx;
	uint64_t at;

	colours->nr++;
	expect_eq(base.value % colours->align, 0);
	expect(base.value >= BASE && base.value + colours->size <= BASE + MIB);
	for (at = base.value; at < base.value + colours->size; at += 64)
		expect(gm_adhoc_find(&table, gm_paddr(at)) == NULL);
	return (base.value >> 12 & colours->mask) == colours->want;
}

static void test_accept(void)
{
	struct colours colours = { 3, 0, 4096, 4096, 0 };
	struct gm_claim want = request(4096);
	unsigned nr = 0;
	int err;

	warm_up(MIB, 300);
	want.align = 4096;
	want.accept = accept_colour;
	want.accept_ctx = &colours;
	for (colours.want = 0; colours.want < 4; colours.want++) {
		while ((err = claim(&want, &descs[nr])) == 0) {
			expect_eq(gm_desc_base(descs[nr]) >> 12 & 3, colours.want);
			nr++;
		}
		expect_eq(err, -GM_ENOMEM);
		expect(nr / 63 == colours.want + 1);
		verified();
	}
	expect_eq(nr, 255); /* all that are aligned */
	while (nr > 0)
		drop(descs[--nr]);
	colours.want = 4;
	colours.nr = 0;
	expect_eq(refusal(&want), -GM_ENOMEM);
	expect(colours.nr >= 255);
	verified();
}

static void test_unusual_alignments(void)
{
	static const uint64_t bases[] = { 0, 512, (uint64_t)1 << 51, GM_PADDR_END - MIB,
					  ((uint64_t)1 << 51) - MIB / 2 };
	struct gm_claim want = request(512);
	struct gm_desc *desc;
	unsigned i, shift;

	for (i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		region(bases[i], MIB);
		config.granule_shift = 9;
		begin(4);
		drop(make(bases[i], 64, 1));
		for (shift = 18; shift < 64; shift++) {
			uint64_t next;

			want.align = (uint64_t)1 << shift;
			next = (bases[i] + want.align - 1) & ~(want.align - 1);
			if (next - bases[i] >= MIB) {
				expect_eq(refusal(&want), -GM_ENOMEM);
				continue;
			}
			expect_eq(claim(&want, &desc), 0);
			expect_eq(gm_desc_base(desc) % want.align, 0);
			drop(desc);
		}
		verified();
	}
}

static void test_busy(void)
{
	struct gm_claim want = request(512);
	struct gm_desc *whole, *desc;

	warm_up(MIB, 10);
	whole = make(BASE, MIB, 1);
	expect_eq(refusal(&want), -GM_ENOMEM);
	expect_eq(gm_ref_freeze(whole, 1), 0);
	expect_eq(refusal(&want), -GM_EBUSY);
	expect_eq(gm_adhoc_claim_each(&table, &want, 2, descs), -GM_EBUSY);
	gm_ref_thaw(whole, 1);
	drop(whole);
	/* Outside the bounds it does not matter; inside it does. */
	desc = make(BASE, 512, 1);
	expect_eq(gm_ref_freeze(desc, 1), 0);
	want.max = gm_paddr(BASE + 512);
	expect_eq(refusal(&want), -GM_EBUSY);
	want.min = gm_paddr(BASE + 512);
	want.max = gm_paddr(BASE + 1024);
	expect_eq(claim(&want, &whole), 0);
	expect_eq(refusal(&want), -GM_ENOMEM);
	gm_ref_thaw(desc, 1);
	verified();
}

/* Something frozen below is in the way, too. */
static void test_busy_below(void)
{
	struct gm_claim want = request(2 * MIB);
	struct gm_desc *desc;

	region(2 * MIB, 2 * MIB);
	begin(4);
	desc = make(2 * MIB + 4096, 4096, 1);
	for (want.align = 4096; want.align <= 2 * MIB; want.align *= 2) {
		expect_eq(refusal(&want), -GM_ENOMEM);
		expect_eq(gm_ref_freeze(desc, 1), 0);
		expect_eq(refusal(&want), -GM_EBUSY);
		gm_ref_thaw(desc, 1);
	}
	verified();
}

/* A node that stands elsewhere, as a stale walker may meet one, is not used. */
static void test_stale_node(void)
{
	struct gm_claim want = request(512);
	struct gm_radix_record *node;
	gm_word place;

	region(0, 256 * KIB);
	config.granule_shift = 9;
	begin(4);
	make(1024, 512, 1);
	node = gm_radix_record(&table.radix, 1,
			       gm_radix_node(*gm_radix_root_slot(&table.radix, table.radix.first)));
	place = node->place;
	node->place += 8;
	expect_eq(refusal(&want), -GM_EBUSY);
	node->place = place;
	node->word &= ~GM_NODE_LIVE;
	expect_eq(refusal(&want), -GM_EBUSY);
	node->word |= GM_NODE_LIVE;
	expect_eq(claim(&want, &descs[0]), 0);
	verified();
}

static int refused_each(const struct gm_claim *want, size_t nr)
{
	struct gm_stats before = figures();
	struct gm_stats after;
	int err = gm_adhoc_claim_each(&table, want, nr, descs);

	after = figures();
	expect(err < 0 && same(&before, &after));
	return err;
}

static void expect_each(const struct gm_claim *want, unsigned nr)
{
	uint64_t first = gm_desc_base(descs[0]);
	unsigned i;

	expect(first >= want->min.value && (want->align == 0 || first % want->align == 0));
	for (i = 0; i < nr; i++) {
		expect_eq(gm_desc_base(descs[i]), first + i * 512);
		expect(gm_desc_size(descs[i]) == 512 && gm_ref_is_sole(descs[i]));
		expect(gm_ref_type(descs[i]) == want->type && gm_desc_owner(descs[i]) == &table);
		expect(gm_adhoc_find(&table, gm_paddr(first + i * 512)) == descs[i]);
	}
	verified();
}

static void test_claim_each(void)
{
	struct gm_claim want = request(0);
	struct gm_desc *middle;
	unsigned nr, i;

	warm_up(MIB, 2048);
	for (nr = 1; nr < 2048; nr = nr * 3 / 2 + 1) {
		want.type = 1 + nr % 15;
		want.align = nr % 2 ? 0 : 8192;
		expect_eq(gm_adhoc_claim_each(&table, &want, nr, descs), 0);
		expect_each(&want, nr);
		expect_eq(figures().free_bytes, MIB - nr * 512);
		for (i = 0; i < nr; i++)
			drop(descs[i]);
	}
	want = request(0);
	expect_eq(refused_each(&want, 0), -GM_ESIZE);
	expect_eq(refused_each(&want, 2049), -GM_ERANGE);
	expect(refused_each(&want, SIZE_MAX) == (GM_CONFIG_64BIT ? -GM_EOVERFLOW : -GM_ERANGE));
	expect(refused_each(&want, SIZE_MAX / 512 + 1) < 0);
	/* A smaller alignment is met by granules, and never less than theirs. */
	middle = make(BASE, 64, 1);
	want.align = 256;
	want.max = gm_paddr(BASE + 3 * 512);
	expect_eq(gm_adhoc_claim_each(&table, &want, 2, descs), 0);
	expect_each(&want, 2);
	expect_eq(gm_desc_base(descs[0]), BASE + 512);
	drop(descs[0]);
	drop(descs[1]);
	drop(middle);
	want.max = gm_paddr(0);
	want.align = 1536;
	expect_eq(refused_each(&want, 2), -GM_EALIGN);
	want = request(0);
	want.type = 0;
	expect_eq(refused_each(&want, 2), -GM_EINVAL);
	/* All or nothing: one object in the middle leaves two halves. */
	want = request(0);
	expect_eq(gm_adhoc_claim_each(&table, &want, 2048, descs), 0);
	for (i = 0; i < 2048; i++)
		drop(descs[i]);
	middle = make(BASE + 1024 * 512, 64, 1);
	expect_eq(refused_each(&want, 1025), -GM_ENOMEM);
	expect_eq(gm_adhoc_claim_each(&table, &want, 1024, descs), 0);
	expect_each(&want, 1024);
	expect_eq(refused_each(&want, 1024), -GM_ENOMEM);
	drop(middle);
	verified();
}

UNIT_MAIN("adhoc_claim", UNIT_TEST(test_errors),
	  UNIT_TEST(test_small_alignments), UNIT_TEST(test_bounds_are_exact),
	  UNIT_TEST(test_accept), UNIT_TEST(test_unusual_alignments), UNIT_TEST(test_busy),
	  UNIT_TEST(test_busy_below), UNIT_TEST(test_stale_node), UNIT_TEST(test_claim_each))
