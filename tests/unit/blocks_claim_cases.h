/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks_claim_cases.h - of the cases that hold for the compound and the folio
 * table alike, those of memory found and of ranges given back.
 */
#ifndef BLOCKS_CLAIM_CASES_H
#define BLOCKS_CLAIM_CASES_H

#include "blocks_table.h"

static void test_claim_errors(void)
{
	struct gm_claim claim = unit_claim(UNIT_GRANULE);
	struct gm_desc *desc;

	begin(100);
	claim.type = 0;
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_EINVAL);
	claim = unit_claim(0);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ESIZE);
	claim = unit_claim(64);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ESIZE);
	claim = unit_claim(1ull << 62);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_EOVERFLOW);
	claim = unit_claim(UNIT_GRANULE);
	claim.align = 3 * UNIT_GRANULE;
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_EALIGN);
	claim.align = 1ull << 63;
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ENOMEM);
	claim = unit_claim(UNIT_GRANULE);
	claim.min = unit_at(UNIT_GRANULES);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ERANGE);
	claim.min = gm_paddr(0);
	claim.max = unit_at(0);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ERANGE);
	claim = unit_claim(2048 * UNIT_GRANULE);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ERANGE);
	claim = unit_claim(0);
	expect_eq(CALL(claim_each)(&table, &claim, 0, &desc), -GM_ESIZE);
	expect_eq(CALL(claim_each)(&table, &claim, (size_t)UNIT_GRANULES + 1, &desc), -GM_ERANGE);
	expect_eq(CALL(claim_each)(&table, &claim, ~(size_t)0, &desc),
		  sizeof(size_t) == 8 ? -GM_EOVERFLOW : -GM_ERANGE);
	end();
}

static int second_colour(void *ctx, struct gm_paddr base)
{
	(*(unsigned *)ctx)++;
	return (base.value / UNIT_GRANULE) % 4 == 2;
}

static void test_claim_bounds(void)
{
	struct gm_claim claim = unit_claim(4 * UNIT_GRANULE);
	struct gm_desc *desc;
	unsigned asked = 0;

	begin(100);
	claim.align = 64 * UNIT_GRANULE;
	claim.min = gm_paddr(unit_at(65).value + 1);
	claim.max = unit_at(132);
	expect_eq(CALL(claim)(&table, &claim, &desc), 0);
	expect_eq(gm_desc_base(desc), unit_at(128).value);
	claim.max.value--;
	expect_eq(CALL(put)(&table, desc), 1);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ENOMEM);
	claim = unit_claim(UNIT_GRANULE);
	claim.accept = second_colour;
	claim.accept_ctx = &asked;
	expect_eq(CALL(claim)(&table, &claim, &desc), 0);
	expect_eq(gm_desc_base(desc) / UNIT_GRANULE % 4, 2);
	expect(asked > 0);
	expect_eq(CALL(put)(&table, desc), 1);
	end();
}

/* All of it in singles, then nothing, then a hole of a block, and back. */
static void test_fill(void)
{
	static struct gm_desc *all[UNIT_GRANULES];
	struct gm_claim claim = unit_claim(UNIT_GRANULE);
	struct gm_claim large = unit_claim(16 * UNIT_GRANULE);
	struct gm_stats first, second;
	struct gm_desc *desc;
	unsigned round;
	uint64_t i;

	begin(UNIT_GRANULES);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < UNIT_GRANULES; i++)
			expect_eq(CALL(claim)(&table, &claim, &all[i]), 0);
		check(UNIT_GRANULES, 0);
		CALL(stats)(&table, round == 0 ? &first : &second);
		expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ENOMEM);
		expect_eq(CALL(claim)(&table, &large, &desc), -GM_ENOMEM);
		for (i = 0; i < UNIT_GRANULES; i++) {
			uint64_t granule = (gm_desc_base(all[i]) - UNIT_BASE) / UNIT_GRANULE;

			if (granule / 16 == 40)
				expect_eq(CALL(put)(&table, all[i]), 1);
		}
		expect_eq(CALL(claim)(&table, &large, &desc), 0);
		expect_eq(gm_desc_base(desc), unit_at(640).value);
		expect_eq(CALL(release_range)(&table, unit_at(0), UNIT_SIZE), 0);
		check(0, UNIT_GRANULES);
	}
	expect_eq(first.total_bytes, second.total_bytes);
	end();
}

static void test_claim_each(void)
{
	struct gm_claim claim = unit_claim(0);
	struct gm_desc *run[700], *hole;
	size_t i;

	begin(UNIT_GRANULES);
	hole = make(300, 1, 1);
	expect_eq(CALL(claim_each)(&table, &claim, 700, run), 0);
	check(701, UNIT_GRANULES - 701);
	expect(gm_desc_base(run[0]) > gm_desc_base(hole));
	for (i = 0; i < 700; i++) {
		expect_eq(gm_desc_base(run[i]), gm_desc_base(run[0]) + i * UNIT_GRANULE);
		expect_eq(gm_desc_size(run[i]), UNIT_GRANULE);
	}
	expect_eq(CALL(claim_each)(&table, &claim, 301, run + 1), -GM_ENOMEM);
	expect_eq(CALL(release_range)(&table, gm_paddr(gm_desc_base(run[0])), 700 * UNIT_GRANULE),
		  0);
	expect_eq(CALL(put)(&table, hole), 1);
	end();
}

static void test_release_errors(void)
{
	struct gm_desc *desc, *other;
	const uint64_t g = UNIT_GRANULE;

	begin(100);
	desc = make(16, 16, 1);
	other = make(33, 1, 1);
	expect_eq(CALL(release_range)(&table, unit_at(16), 0), -GM_ESIZE);
	expect_eq(CALL(release_range)(&table, gm_paddr(~0ull), g), -GM_EOVERFLOW);
	expect_eq(CALL(release_range)(&table, unit_at(UNIT_GRANULES), g), -GM_ERANGE);
	expect_eq(CALL(release_range)(&table, gm_paddr(unit_at(16).value + 64), g), -GM_EALIGN);
	expect_eq(CALL(release_range)(&table, unit_at(16), g / 2), -GM_EALIGN);
	/* A hole behind an object that had been frozen already. */
	expect_eq(CALL(release_range)(&table, unit_at(20), 14 * g), -GM_ENOENT);
	expect(gm_ref_is_sole(desc));
	gm_ref_get(other);
	expect_eq(CALL(release_range)(&table, unit_at(33), g), -GM_EBUSY);
	expect_eq(CALL(put)(&table, other), 0);
	check(2, UNIT_GRANULES - 17);
	expect_eq(CALL(put)(&table, desc), 1);
	expect_eq(CALL(put)(&table, other), 1);
	end();
}

/* A cut in the middle: the rests are the fewest naturally aligned blocks. */
static void test_release_cut(void)
{
	static const struct {
		uint64_t at, nr;
	} rests[] = { { 64, 16 }, { 80, 4 }, { 84, 1 }, { 87, 1 }, { 88, 8 }, { 96, 32 } };
	struct gm_desc *desc, *before, *behind;
	size_t i;

	begin(100);
	before = make(60, 4, 2);
	behind = make(128, 1, 2);
	desc = make(64, 64, 5);
	gm_desc_set_flags(desc, GM_FLAG_DIRTY | GM_FLAG_USER(6));
	gm_ref_set_nopin(desc);
	expect_eq(CALL(release_range)(&table, unit_at(85), 2 * UNIT_GRANULE), 0);
	check(8, UNIT_GRANULES - 62 - 5);
	for (i = 0; i < 6; i++) {
		desc = CALL(find)(&table, unit_at(rests[i].at + rests[i].nr - 1));
		expect(desc != NULL);
		expect_eq(gm_desc_base(desc), unit_at(rests[i].at).value);
		expect_eq(gm_desc_size(desc), rests[i].nr * UNIT_GRANULE);
		expect_eq(gm_ref_type(desc), 5);
		expect_eq(gm_desc_flags(desc), GM_FLAG_DIRTY | GM_FLAG_USER(6));
		expect(gm_desc_owner(desc) == &unit_panics);
		expect(gm_ref_is_sole(desc));
		expect_eq(gm_ref_try_pin(desc), -GM_EPINNED);
	}
	expect(CALL(find)(&table, unit_at(85)) == NULL);
	/* Over the ends of two objects, and one whole between. */
	expect_eq(CALL(release_range)(&table, unit_at(88), 9 * UNIT_GRANULE), 0);
	check(11, UNIT_GRANULES - 53 - 5);
	expect_eq(CALL(release_range)(&table, unit_at(62), 23 * UNIT_GRANULE), 0);
	check(8, UNIT_GRANULES - 32 - 3);
	expect(CALL(find)(&table, unit_at(60)) == before);
	expect_eq(gm_desc_size(before), 2 * UNIT_GRANULE);
	expect_eq(CALL(release_range)(&table, unit_at(97), 32 * UNIT_GRANULE), 0);
	(void)behind;
	expect_eq(CALL(put)(&table, CALL(find)(&table, unit_at(87))), 1);
	expect_eq(CALL(put)(&table, before), 1);
	end();
}

#endif
