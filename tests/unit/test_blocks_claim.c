/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_blocks_claim.c - the searches of granmem/blocks.h, from the front and from
 * the end: hints, bounds, alignment by address, and why nothing was found.
 */
#include "blocks_words.h"

static struct gm_blocks_request request_of(uint64_t first, uint64_t last, uint64_t nr,
					   uint64_t step)
{
	struct gm_blocks_request request;

	memset(&request, 0, sizeof(request));
	request.first = first;
	request.end = last;
	request.nr = nr;
	request.step = step;
	return request;
}

/* Claim the request's run and make an object of it; the answer, or the error. */
static int64_t claim(const struct gm_blocks_request *request)
{
	uint64_t first;
	int err = gm_blocks_claim(blocks, request, gm_blocks_order_word(request->nr), &first);

	if (err != 0)
		return err;
	publish(first, request->nr);
	return (int64_t)first;
}

static int64_t claim_last(const struct gm_blocks_request *request, uint64_t hint)
{
	uint64_t first;
	int err = gm_blocks_claim_last(blocks, request, gm_blocks_order_word(request->nr), hint,
				       &first);

	if (err != 0)
		return err;
	publish(first, request->nr);
	return (int64_t)first;
}

static void set_hint(unsigned which, uint64_t index)
{
	gm_atomic_store_relaxed(&gm_table_lane(&blocks->table)->hints[which],
				(gm_word)(index * UNITS));
}

static uint64_t get_hint(unsigned which)
{
	return gm_atomic_load_relaxed(&gm_table_lane(&blocks->table)->hints[which]) / UNITS;
}

static int checked(struct gm_claim request, uint64_t each)
{
	struct gm_blocks_request out;

	return gm_blocks_check_claim(blocks, &request, each, &out);
}

static struct gm_claim claim_of(uint64_t size)
{
	struct gm_claim request;

	memset(&request, 0, sizeof(request));
	request.size = size;
	request.type = TYPE;
	return request;
}

static void test_check_errors(void)
{
	struct gm_claim request = claim_of(GRANULE);

	begin();
	request.type = 0;
	expect_eq(checked(request, 0), -GM_EINVAL);
	expect_eq(checked(request, ~0ull), -GM_EINVAL);
	request.type = GM_TYPE_MAX + 1;
	expect_eq(checked(request, 0), -GM_EINVAL);
	expect_eq(checked(claim_of(0), 0), -GM_ESIZE);
	expect_eq(checked(claim_of(GRANULE / 2), 0), -GM_ESIZE);
	expect_eq(checked(claim_of(3 * GRANULE), 0), -GM_ESIZE);
	expect_eq(checked(claim_of(1ull << 63), 0), -GM_EOVERFLOW);
	expect_eq(checked(claim_of(0), ~0ull), -GM_EOVERFLOW);
	expect_eq(checked(claim_of(0), (GM_PADDR_END >> 12) + 1), -GM_EOVERFLOW);
	/* Shifted, it would be nothing. */
	expect_eq(checked(claim_of(0), 1ull << 52), -GM_EOVERFLOW);
	expect_eq(checked(claim_of(0), GM_PADDR_END >> 12), -GM_ERANGE);
	expect_eq(checked(claim_of(0), NR + 1), -GM_ERANGE);
	expect_eq(checked(claim_of(1024 * GRANULE), 0), -GM_ERANGE);
	request = claim_of(GRANULE);
	request.align = 3 * GRANULE;
	expect_eq(checked(request, 0), -GM_EALIGN);
	request.align = 32;
	expect_eq(checked(request, 0), -GM_EALIGN);
	request.align = 0;
	request.min = at(NR);
	expect_eq(checked(request, 0), -GM_ERANGE);
	request.min = at(7);
	request.max = at(7);
	expect_eq(checked(request, 0), -GM_ERANGE);
	request.min = gm_paddr(0);
	request.max = at(0);
	expect_eq(checked(request, 0), -GM_ERANGE);
	end();
}

static int refuse(void *ctx, struct gm_paddr base)
{
	(void)base;
	++*(unsigned *)ctx;
	return 0;
}

static void test_check(void)
{
	struct gm_claim request = claim_of(4 * GRANULE);
	struct gm_blocks_request out;

	begin();
	expect_eq(gm_blocks_check_claim(blocks, &request, 0, &out), 0);
	expect_eq(out.first, 0);
	expect_eq(out.end, NR);
	expect_eq(out.nr, 4);
	expect_eq(out.step, 4);
	expect(out.accept == NULL);
	/* A part of a granule is outside the bounds. */
	request.min = gm_paddr(at(10).value + 1);
	request.max = gm_paddr(at(20).value - 1);
	request.align = 16 * GRANULE;
	request.accept = refuse;
	request.accept_ctx = &request;
	expect_eq(gm_blocks_check_claim(blocks, &request, 0, &out), 0);
	expect_eq(out.first, 11);
	expect_eq(out.end, 19);
	expect_eq(out.step, 16);
	expect(out.accept == refuse && out.accept_ctx == &request);
	request = claim_of(0);
	expect_eq(gm_blocks_check_claim(blocks, &request, 7, &out), 0);
	expect_eq(out.nr, 7);
	expect_eq(out.step, 1);
	request.align = 64;
	expect_eq(gm_blocks_check_claim(blocks, &request, NR, &out), 0);
	expect_eq(out.nr, NR);
	expect_eq(out.step, 1);
	gm_blocks_host(blocks, 5 * GRANULE);
	expect_eq(gm_blocks_check_claim(blocks, &request, 1, &out), 0);
	expect_eq(out.end, NR - 5);
	free(buffer);
}

static void test_hints(void)
{
	struct gm_blocks_request one = request_of(0, NR, 1, 1);
	struct gm_blocks_request part = request_of(40, 44, 1, 1);

	begin();
	set_hint(0, 100);
	make(101, 1);
	expect_eq(claim(&one), 100);
	expect_eq(get_hint(0), 101);
	expect_eq(claim(&one), 102);
	expect_eq(get_hint(0), 103);
	/* Outside the bounds a hint is none. */
	expect_eq(claim(&part), 40);
	set_hint(0, 44);
	expect_eq(claim(&part), 41);
	/* Behind the hint first, then before it. */
	set_hint(0, 43);
	expect_eq(claim(&part), 43);
	set_hint(0, 43);
	expect_eq(claim(&part), 42);
	check(7, NR - 7);
	expect_eq(claim(&part), -GM_ENOMEM);
	check(7, NR - 7);
	finish(100);
	finish(101);
	finish(102);
	for (part.first = 40; part.first < 44; part.first++)
		finish(part.first);
	end();
}

/* A claim of a group or more goes by the other hint. */
static void test_large_hint(void)
{
	struct gm_blocks_request large = request_of(0, NR, GM_BLOCKS_GROUP, 1);
	uint64_t first, i;

	begin();
	set_hint(0, 3);
	set_hint(1, 50);
	expect_eq(gm_blocks_claim(blocks, &large, gm_blocks_order_word(1), &first), 0);
	expect_eq(first, 50);
	expect_eq(get_hint(0), 3);
	expect_eq(get_hint(1), 50 + GM_BLOCKS_GROUP);
	for (i = 50; i < 50 + GM_BLOCKS_GROUP; i++)
		publish(i, 1);
	check(GM_BLOCKS_GROUP, NR - GM_BLOCKS_GROUP);
	expect_eq(gm_blocks_claim(blocks, &large, gm_blocks_order_word(1), &first), -GM_ENOMEM);
	for (i = 50; i < 50 + GM_BLOCKS_GROUP; i++)
		finish(i);
	end();
}

static void test_bounds(void)
{
	struct gm_blocks_request four = request_of(10, 20, 4, 4);

	begin();
	/* Index 13 is granule 0x40010. */
	expect_eq(claim(&four), 13);
	expect_eq(claim(&four), -GM_ENOMEM);
	four.end = 21;
	expect_eq(claim(&four), 17);
	check(2, NR - 8);
	four = request_of(10, 17, 8, 8);
	expect_eq(claim(&four), -GM_ENOMEM);
	/* An alignment that no granule of the region has. */
	four = request_of(0, NR, 1, 1ull << 40);
	expect_eq(claim(&four), -GM_ENOMEM);
	four = request_of(NR - 1, NR, 1, 1);
	expect_eq(claim(&four), NR - 1);
	finish(13);
	finish(17);
	finish(NR - 1);
	end();
}

static int odd_granules(void *ctx, struct gm_paddr base)
{
	++*(unsigned *)ctx;
	return (base.value / GRANULE) & 1;
}

static void test_accept(void)
{
	struct gm_blocks_request one = request_of(1, 9, 1, 1);
	unsigned asked = 0;

	begin();
	one.accept = odd_granules;
	one.accept_ctx = &asked;
	set_hint(0, 1);
	expect_eq(claim(&one), 2);
	expect_eq(asked, 2);
	asked = 0;
	one.accept = refuse;
	expect_eq(claim(&one), -GM_ENOMEM);
	/* Each free granule, once with hints and once without. */
	expect_eq(asked, 14);
	check(1, NR - 1);
	finish(2);
	end();
}

/* Hints may hide memory, but not from the last pass. */
static void test_wrong_summary(void)
{
	struct gm_blocks_request low = request_of(0, GM_BLOCKS_GROUP, 1, 1);
	struct gm_blocks_request all = request_of(0, NR, 1, 1);

	begin();
	gm_atomic_add_relaxed(&blocks->summary[0], (gm_word)GM_BLOCKS_GROUP);
	set_hint(0, 0);
	expect_eq(claim(&all), GM_BLOCKS_GROUP);
	set_hint(0, 0);
	expect_eq(claim(&low), 0);
	gm_atomic_add_relaxed(&blocks->summary[0], (gm_word)0 - (gm_word)GM_BLOCKS_GROUP);
	expect_summary(1, 1);
	check(2, NR - 2);
	finish(0);
	finish(GM_BLOCKS_GROUP);
	end();
}

/* Nothing of a full group is offered, from the front or from the end. */
static void test_full_group(void)
{
	struct gm_blocks_request one = request_of(0, GM_BLOCKS_GROUP, 1, 1);
	unsigned asked = 0;
	uint64_t i;

	begin();
	for (i = 0; i < GM_BLOCKS_GROUP; i++)
		make(i, 1);
	one.accept = odd_granules;
	one.accept_ctx = &asked;
	set_hint(0, 0);
	expect_eq(claim(&one), -GM_ENOMEM);
	expect_eq(claim_last(&one, GM_BLOCKS_GROUP - 1), -GM_ENOMEM);
	expect_eq(asked, 0);
	one.end = NR;
	expect_eq(claim(&one), GM_BLOCKS_GROUP);
	expect_eq(asked, 1);
	check(GM_BLOCKS_GROUP + 1, NR - GM_BLOCKS_GROUP - 1);
	for (i = 0; i <= GM_BLOCKS_GROUP; i++)
		finish(i);
	end();
}

/* Nothing found: because there is nothing, or because something may go soon? */
static void test_busy(void)
{
	struct gm_blocks_request four = request_of(5, 9, 4, 4);
	struct gm_desc *desc;

	begin();
	desc = make(7, 1);
	expect_eq(claim(&four), -GM_ENOMEM);
	expect_eq(claim_last(&four, 9), -GM_ENOMEM);
	expect_eq(gm_ref_freeze(desc, 1), 0);
	expect_eq(claim(&four), -GM_EBUSY);
	expect_eq(claim_last(&four, 9), -GM_EBUSY);
	check(1, NR - 1);
	gm_ref_thaw(desc, 1);
	finish(7);
	/* Locked, not yet an object. */
	expect_eq(gm_blocks_lock(blocks, 8, 1, gm_blocks_order_word(1)), 0);
	expect_eq(claim(&four), -GM_EBUSY);
	expect_eq(claim_last(&four, 9), -GM_EBUSY);
	/* What the caller itself holds up will not go. */
	four.mine.first = 8;
	four.mine.end = 9;
	expect_eq(claim(&four), -GM_ENOMEM);
	expect_eq(claim_last(&four, 9), -GM_ENOMEM);
	four.mine.end = 8;
	expect_eq(claim_last(&four, 9), -GM_EBUSY);
	gm_blocks_free(blocks, 8, 1, 0);
	check(0, NR);
	expect_eq(claim(&four), 5);
	finish(5);
	end();
}

static void test_claim_last(void)
{
	struct gm_blocks_request one = request_of(0, NR, 1, 1);
	struct gm_blocks_request four = request_of(590, 596, 4, 4);

	begin();
	expect_eq(claim_last(&one, NR), NR - 1);
	expect_eq(claim_last(&one, NR), NR - 2);
	/* Below the hint first, then from the end. */
	expect_eq(claim_last(&one, 10), 9);
	expect_eq(claim_last(&one, 1), 0);
	expect_eq(claim_last(&one, 1), NR - 3);
	expect_eq(claim_last(&one, 0), NR - 4);
	check(6, NR - 6);
	/* Index 593 is the only multiple of 4 there, and its run ends at 597. */
	expect_eq(claim_last(&four, 596), -GM_ENOMEM);
	four.first = 589;
	expect_eq(claim_last(&four, 596), 589);
	expect_eq(claim_last(&four, 596), -GM_ENOMEM);
	four = request_of(0, 3, 4, 1);
	expect_eq(claim_last(&four, 3), -GM_ENOMEM);
	four = request_of(1, 9, 4, 4);
	expect_eq(claim_last(&four, 9), 5);
	expect_eq(claim_last(&four, 9), 1);
	expect_eq(claim_last(&four, 9), -GM_ENOMEM);
	check(9, NR - 18);
	finish(0);
	finish(1);
	finish(5);
	finish(9);
	finish(589);
	for (one.first = NR - 4; one.first < NR; one.first++)
		finish(one.first);
	end();
}

UNIT_MAIN("blocks_claim", UNIT_TEST(test_check_errors), UNIT_TEST(test_check),
	  UNIT_TEST(test_hints), UNIT_TEST(test_large_hint), UNIT_TEST(test_bounds),
	  UNIT_TEST(test_accept), UNIT_TEST(test_wrong_summary), UNIT_TEST(test_full_group),
	  UNIT_TEST(test_busy), UNIT_TEST(test_claim_last))
