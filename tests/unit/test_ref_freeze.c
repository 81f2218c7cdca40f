/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ref_freeze.c - pins, what forbids them, freezing, and the strays that
 * lookups leave on a frozen word; one thread.
 */
#include "ref_unit.h"

static void test_pin(void)
{
	gm_word nopin = live(1, 0) | GM_STATE_NOPIN;

	expect_step(live(1, 0), gm_ref_try_pin(&desc), 0, live(2, 1));
	expect_step(live(GM_REFS_LIMIT - 1, 0), gm_ref_try_pin(&desc), 0, live(GM_REFS_LIMIT, 1));
	expect_step(live(GM_REFS_LIMIT, 0), gm_ref_try_pin(&desc), -GM_ELIMIT,
		    live(GM_REFS_LIMIT, 0));
	expect_step(live(GM_REFS_SATURATED, 3), gm_ref_try_pin(&desc), -GM_ELIMIT,
		    live(GM_REFS_SATURATED, 3));
	expect_step(live(GM_REFS_LIMIT - 1, GM_PINS_LIMIT - 1), gm_ref_try_pin(&desc), 0,
		    live(GM_REFS_LIMIT, GM_PINS_LIMIT));
	expect_step(live(GM_REFS_LIMIT - 1, GM_PINS_LIMIT), gm_ref_try_pin(&desc), -GM_ELIMIT,
		    live(GM_REFS_LIMIT - 1, GM_PINS_LIMIT));
	/* Refused on sight: not even a stray. */
	expect_step(0, gm_ref_try_pin(&desc), -GM_EBUSY, 0);
	expect_step(frozen(2, 0), gm_ref_try_pin(&desc), -GM_EBUSY, frozen(2, 0));
	expect_step(nopin, gm_ref_try_pin(&desc), -GM_EPINNED, nopin);
}

static void test_unpin(void)
{
	expect_step(live(2, 1), gm_ref_unpin(&desc, &gone), 0, live(1, 0));
	expect_step(live(2, 2), gm_ref_unpin(&desc, &gone), 0, live(1, 1));
	expect_step(live(GM_REFS_SATURATED, 2), gm_ref_unpin(&desc, &gone), 0,
		    live(GM_REFS_SATURATED, 1));
	expect(gone_untouched());
	expect_step(live(1, 1), gm_ref_unpin(&desc, &gone), 1, generation(1));
	expect_gone();
	expect_refused(live(1, 0), expect_eq(gm_ref_unpin(&desc, &gone), 0));
	expect_refused(live(9, 0) | generation(3), expect_eq(gm_ref_unpin(&desc, &gone), 0));
	expect_refused(live(GM_REFS_SATURATED, 0), expect_eq(gm_ref_unpin(&desc, &gone), 0));
	expect_refused(frozen(1, 1), expect_eq(gm_ref_unpin(&desc, &gone), 0));
	expect_refused(0, expect_eq(gm_ref_unpin(&desc, &gone), 0));
}

static void test_nopin(void)
{
	begin(live(2, 1));
	gm_ref_set_nopin(&desc);
	expect_eq(desc.state, live(2, 1) | GM_STATE_NOPIN);
	gm_ref_set_nopin(&desc);
	expect_eq(desc.state, live(2, 1) | GM_STATE_NOPIN);
	expect_eq(gm_ref_pins(&desc), 1);
	expect_eq(gm_ref_try_get(&desc), 0);
	expect_eq(gm_ref_try_pin(&desc), -GM_EPINNED);
	gm_ref_clear_nopin(&desc);
	gm_ref_clear_nopin(&desc);
	expect_eq(desc.state, live(3, 1));
	expect_eq(gm_ref_try_pin(&desc), 0);
}

/* NOPIN set while frozen is there after the thaw. */
static void test_nopin_frozen(void)
{
	begin(live(1, 0));
	expect_eq(gm_ref_freeze(&desc, 1), 0);
	gm_ref_set_nopin(&desc);
	expect_eq(gm_ref_try_get(&desc), -GM_EBUSY);
	gm_ref_thaw(&desc, 1);
	expect_eq(desc.state, live(1, 0) | GM_STATE_NOPIN | generation(1));
	expect_eq(gm_ref_freeze(&desc, 1), 0);
	gm_ref_clear_nopin(&desc);
	gm_ref_thaw(&desc, 1);
	expect_eq(desc.state, live(1, 0) | generation(2));
}

static void test_freeze(void)
{
	gm_word limit = GM_REFS_LIMIT;

	expect_step(live(1, 0), gm_ref_freeze(&desc, 1), 0, frozen(1, 0) | generation(1));
	expect_step(live(4, 0) | GM_STATE_NOPIN, gm_ref_freeze(&desc, 4), 0,
		    frozen(4, 0) | GM_STATE_NOPIN | generation(1));
	expect_step(live(1, 0) | generation(LAST_GENERATION), gm_ref_freeze(&desc, 1), 0,
		    frozen(1, 0));
	expect_step(live(limit - 1, 0), gm_ref_freeze(&desc, limit - 1), 0,
		    frozen(limit - 1, 0) | generation(1));
	expect_step(live(2, 0), gm_ref_freeze(&desc, 1), -GM_EBUSY, live(2, 0));
	expect_step(live(2, 0), gm_ref_freeze(&desc, 3), -GM_EBUSY, live(2, 0));
	expect_step(live(1, 1), gm_ref_freeze(&desc, 1), -GM_EBUSY, live(1, 1));
	expect_step(frozen(1, 0), gm_ref_freeze(&desc, 1), -GM_EBUSY, frozen(1, 0));
	expect_step(0, gm_ref_freeze(&desc, 1), -GM_EBUSY, 0);
	expect_step(live(0, 0), gm_ref_freeze(&desc, 0), -GM_EINVAL, live(0, 0));
	expect_step(live(limit, 0), gm_ref_freeze(&desc, limit), -GM_EINVAL, live(limit, 0));
	expect_step(live(1, 0), gm_ref_freeze(&desc, ~(gm_word)0), -GM_EINVAL, live(1, 0));
	/* One above the refs field: must not be taken for refs 0 of a live word. */
	expect_step(live(1, 0), gm_ref_freeze(&desc, GM_STATE_PINS_ONE + 1), -GM_EINVAL,
		    live(1, 0));
}

static void test_thaw_overwrites_strays(void)
{
	int i;

	begin(live(2, 0));
	expect_eq(gm_ref_freeze(&desc, 2), 0);
	for (i = 0; i < 5; i++)
		expect_eq(gm_ref_try_get_type(&desc, TYPE), -GM_EBUSY);
	expect_eq(desc.state, frozen(7, 0) | generation(1));
	gm_ref_thaw(&desc, 2);
	expect_eq(desc.state, live(2, 0) | generation(1));
	expect_eq(gm_ref_freeze(&desc, 2), 0);
	gm_ref_thaw(&desc, GM_REFS_LIMIT - 1);
	expect_eq(desc.state, live(GM_REFS_LIMIT - 1, 0) | generation(2));
	expect_refused(live(1, 0), gm_ref_thaw(&desc, 1));
	expect_refused(frozen(1, 0), gm_ref_thaw(&desc, 0));
	expect_refused(frozen(1, 0), gm_ref_thaw(&desc, GM_REFS_LIMIT));
	/* A free descriptor has no life to go back to. */
	expect_refused(generation(3), gm_ref_thaw(&desc, 1));
}

static void test_strays_are_reset(void)
{
	gm_word limit = GM_REFS_LIMIT;
	gm_word last = generation(LAST_GENERATION);

	expect_step(frozen(limit - 2, 0), gm_ref_try_get(&desc), -GM_EBUSY, frozen(limit - 1, 0));
	expect_step(frozen(limit - 1, 0) | last, gm_ref_try_get(&desc), -GM_EBUSY,
		    frozen(0, 0) | last);
	expect_step(frozen(2 * limit - 2, 0), gm_ref_try_get(&desc), -GM_EBUSY, frozen(0, 0));
	expect_step(frozen(5, GM_PINS_LIMIT - 1) | GM_STATE_NOPIN, gm_ref_try_get(&desc),
		    -GM_EBUSY, frozen(6, GM_PINS_LIMIT - 1) | GM_STATE_NOPIN);
	expect_step(frozen(5, GM_PINS_LIMIT) | GM_STATE_NOPIN, gm_ref_try_get(&desc),
		    -GM_EBUSY, frozen(0, 0) | GM_STATE_NOPIN);
	/* Counts on a live word are not strays. */
	expect_step(live(limit + 1, 0), gm_ref_try_get(&desc), -GM_ELIMIT, live(limit + 1, 0));
}

/* As many failed lookups as the refs field is wide, none carries into pins. */
static void test_many_strays(void)
{
	gm_word nr = GM_STATE_REFS_BITS < 20 ? 3 * GM_REFS_LIMIT : 1u << 20;
	gm_word i;

	begin(frozen(GM_REFS_LIMIT - 3, 0) | generation(9));
	for (i = 0; i < nr; i++) {
		expect_eq(gm_ref_try_get(&desc), -GM_EBUSY);
		expect((desc.state & ~GM_STATE_REFS_MASK) == (frozen(0, 0) | generation(9)));
	}
}

UNIT_MAIN("ref_freeze", UNIT_TEST(test_pin), UNIT_TEST(test_unpin), UNIT_TEST(test_nopin),
	  UNIT_TEST(test_nopin_frozen), UNIT_TEST(test_freeze),
	  UNIT_TEST(test_thaw_overwrites_strays), UNIT_TEST(test_strays_are_reset),
	  UNIT_TEST(test_many_strays))
