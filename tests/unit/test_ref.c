/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/ref.h: every call at every boundary of its counts, one
 * thread. What threads do to each other is explored in tests/explore/.
 */
#include "ref_unit.h"

static int get(void)
{
	gm_ref_get(&desc);
	return 0;
}

static void test_get(void)
{
	gm_word saturated = live(GM_REFS_SATURATED, 0);

	expect_step(live(1, 0), get(), 0, live(2, 0));
	expect_step(live(1, 1) | GM_STATE_NOPIN, get(), 0, live(2, 1) | GM_STATE_NOPIN);
	expect_step(live(GM_REFS_LIMIT - 1, 0), get(), 0, live(GM_REFS_LIMIT, 0));
	expect_eq(unit_notices.nr, 0);
	expect_step(live(GM_REFS_LIMIT, 5), get(), 0, live(GM_REFS_SATURATED, 5));
	expect_eq(unit_notices.nr, 1);
	expect(unit_notices.object == &desc);
	expect_step(live(GM_REFS_LEAKED - 1, 0), get(), 0, saturated);
	expect_eq(unit_notices.nr, 2);
	/* Told once: a count that is leaked already makes no more noise. */
	expect_step(saturated, get(), 0, saturated);
	expect_eq(unit_notices.nr, 2);
	expect_refused(0, gm_ref_get(&desc));
	expect_refused(frozen(2, 0), gm_ref_get(&desc));
}

static void test_get_checked(void)
{
	gm_word saturated = live(GM_REFS_SATURATED, 0);

	expect_step(live(1, 0), gm_ref_get_checked(&desc), 0, live(2, 0));
	expect_step(live(GM_REFS_LIMIT - 1, 0), gm_ref_get_checked(&desc), 0,
		    live(GM_REFS_LIMIT, 0));
	expect_step(live(GM_REFS_LIMIT, 0), gm_ref_get_checked(&desc), -GM_ELIMIT,
		    live(GM_REFS_LIMIT, 0));
	expect_step(live(GM_REFS_LEAKED - 2, 0), gm_ref_get_checked(&desc), -GM_ELIMIT,
		    live(GM_REFS_LEAKED - 2, 0));
	/* Taken back from 3/4, where a put saturates. */
	expect_step(live(GM_REFS_LEAKED - 1, 0), gm_ref_get_checked(&desc), -GM_ELIMIT, saturated);
	expect_step(saturated, gm_ref_get_checked(&desc), -GM_ELIMIT, saturated);
}

static void test_add(void)
{
	expect_step(live(1, 0), gm_ref_add(&desc, 0), 0, live(1, 0));
	expect_step(live(1, 0), gm_ref_add(&desc, 7), 0, live(8, 0));
	expect_step(live(1, 1), gm_ref_add(&desc, GM_REFS_LIMIT - 1), 0, live(GM_REFS_LIMIT, 1));
	expect_step(live(1, 0), gm_ref_add(&desc, GM_REFS_LIMIT), -GM_ELIMIT, live(1, 0));
	expect_step(live(1, 0), gm_ref_add(&desc, ~(gm_word)0), -GM_ELIMIT, live(1, 0));
	expect_step(live(GM_REFS_LIMIT, 0), gm_ref_add(&desc, 1), -GM_ELIMIT,
		    live(GM_REFS_LIMIT, 0));
	expect_step(live(GM_REFS_SATURATED, 0), gm_ref_add(&desc, 1), -GM_ELIMIT,
		    live(GM_REFS_SATURATED, 0));
	expect_refused(0, expect(gm_ref_add(&desc, 1) < 0));
	expect_refused(frozen(1, 0), expect(gm_ref_add(&desc, 1) < 0));
}

static void test_try_get(void)
{
	gm_word saturated = live(GM_REFS_SATURATED, 0);

	expect_step(live(1, 0), gm_ref_try_get(&desc), 0, live(2, 0));
	expect_step(live(GM_REFS_LIMIT - 1, 0), gm_ref_try_get(&desc), 0, live(GM_REFS_LIMIT, 0));
	expect_step(live(GM_REFS_LIMIT, 0), gm_ref_try_get(&desc), -GM_ELIMIT,
		    live(GM_REFS_LIMIT, 0));
	expect_step(saturated, gm_ref_try_get(&desc), -GM_ELIMIT, saturated);
	/* A stray stays on a frozen word, zero memory included. */
	expect_step(0, gm_ref_try_get(&desc), -GM_EBUSY, 1);
	expect_step(frozen(4, 0), gm_ref_try_get(&desc), -GM_EBUSY, frozen(5, 0));
	/* Between the two steps of a put a lookup revives the object. */
	expect_step(live(0, 0), gm_ref_try_get(&desc), 0, live(1, 0));
}

static void test_try_get_type(void)
{
	unsigned type;

	for (type = 0; type <= GM_TYPE_MAX; type++) {
		int right = type == 0 || type == TYPE;

		expect_step(live(1, 0), gm_ref_try_get_type(&desc, type), right ? 0 : -GM_ETYPE,
			    live(right ? 2 : 1, 0));
		expect_step(live(GM_REFS_LIMIT, 0), gm_ref_try_get_type(&desc, type), -GM_ELIMIT,
			    live(GM_REFS_LIMIT, 0));
		expect_step(frozen(1, 0), gm_ref_try_get_type(&desc, type), -GM_EBUSY,
			    frozen(2, 0));
	}
}

static void test_put(void)
{
	gm_word saturated = live(GM_REFS_SATURATED, 0);

	expect_step(live(3, 0), gm_ref_put(&desc, &gone), 0, live(2, 0));
	expect_step(live(2, 1), gm_ref_put(&desc, &gone), 0, live(1, 1));
	expect_step(live(GM_REFS_LIMIT, 0), gm_ref_put(&desc, &gone), 0,
		    live(GM_REFS_LIMIT - 1, 0));
	expect_step(live(GM_REFS_LEAKED - 1, 0), gm_ref_put(&desc, &gone), 0,
		    live(GM_REFS_LEAKED - 2, 0));
	/* A saturated count does not come down. */
	expect_step(live(GM_REFS_LEAKED, 0), gm_ref_put(&desc, &gone), 0, saturated);
	expect_step(saturated, gm_ref_put(&desc, &gone), 0, saturated);
	expect(gone_untouched());
	expect_step(live(1, 0) | generation(6), gm_ref_put(&desc, &gone), 1, generation(7));
	expect_gone();
	expect_step(live(1, 0) | GM_STATE_NOPIN, gm_ref_put(&desc, &gone), 1, generation(1));
	expect_step(live(1, 0) | generation(LAST_GENERATION), gm_ref_put(&desc, &gone), 1, 0);
}

static void test_put_errors(void)
{
	begin(0);
	expect_refused(0, expect_eq(gm_ref_put(&desc, &gone), 0));
	expect_refused(generation(5), expect_eq(gm_ref_put(&desc, &gone), 0));
	expect_refused(generation(LAST_GENERATION), expect_eq(gm_ref_put(&desc, &gone), 0));
	expect_refused(frozen(1, 0), expect_eq(gm_ref_put(&desc, &gone), 0));
	expect_refused(live(0, 0), expect_eq(gm_ref_put(&desc, &gone), 0));
	expect_refused(live(0, 1), expect_eq(gm_ref_put(&desc, &gone), 0));
	/* The last reference is a pin: it has to be unpinned. */
	expect_refused(live(1, 1), expect_eq(gm_ref_put(&desc, &gone), 0));
#if GM_CONFIG_CHECKS >= 2
	expect_refused(frozen(2, 0), expect_eq(gm_ref_put(&desc, &gone), 0));
	expect_refused(live(2, 2), expect_eq(gm_ref_put(&desc, &gone), 0));
#endif
	expect(gone_untouched());
}

/* However many references are left, a pin that nobody holds is not given up. */
static void test_unpin_errors(void)
{
	expect_refused(live(1, 0), expect_eq(gm_ref_unpin(&desc, &gone), 0));
	expect_refused(live(GM_REFS_LIMIT - 1, 0), expect_eq(gm_ref_unpin(&desc, &gone), 0));
	expect_refused(live(0, 1), expect_eq(gm_ref_unpin(&desc, &gone), 0));
}

static void test_double_put(void)
{
	begin(live(1, 0));
	expect_eq(gm_ref_put(&desc, &gone), 1);
	expect_eq(gm_ref_put(&desc, &gone), 0);
	expect_eq(unit_panicked(), GM_CONFIG_CHECKS >= 1);
	expect_eq(desc.state, generation(1));
	expect_eq(gm_ref_try_get(&desc), -GM_EBUSY);
}

static void test_put_many(void)
{
	gm_word saturated = live(GM_REFS_SATURATED, 0);

	expect_step(live(5, 1), gm_ref_put_many(&desc, 0, &gone), 0, live(5, 1));
	expect_step(live(5, 1), gm_ref_put_many(&desc, 4, &gone), 0, live(1, 1));
	expect_step(saturated, gm_ref_put_many(&desc, GM_REFS_LIMIT, &gone), 0, saturated);
	expect(gone_untouched());
	expect_step(live(5, 0), gm_ref_put_many(&desc, 5, &gone), 1, generation(1));
	expect_gone();
	expect_step(live(GM_REFS_LIMIT, 0), gm_ref_put_many(&desc, GM_REFS_LIMIT, &gone), 1,
		    generation(1));
	expect_refused(live(5, 0), expect_eq(gm_ref_put_many(&desc, 6, &gone), 0));
	expect_refused(live(5, 1), expect_eq(gm_ref_put_many(&desc, 5, &gone), 0));
	expect_refused(live(5, 0), expect_eq(gm_ref_put_many(&desc, GM_REFS_LIMIT + 1, &gone), 0));
	expect_refused(live(5, 0), expect_eq(gm_ref_put_many(&desc, ~(gm_word)0, &gone), 0));
	expect_refused(live(5, 2),
		       expect_eq(gm_ref_put_many(&desc, GM_STATE_PINS_ONE + 1, &gone), 0));
	expect_refused(frozen(5, 0), expect_eq(gm_ref_put_many(&desc, 1, &gone), 0));
}

/* An undone lookup that turns out to be the last put keeps the object's record. */
static void test_orphan(void)
{
	expect_step(live(2, 0), gm_ref_undo(&desc), 0, live(1, 0));
	expect_step(live(1, 0) | generation(4), gm_ref_undo(&desc), -GM_EORPHAN, generation(5));
	expect_eq(gm_ref_try_get(&desc), -GM_EBUSY);
	gm_ref_orphan(&desc, &gone);
	expect_gone();
	expect_eq(gm_desc_size(&desc), 0x1000);
	/* Refused by its type while the last holder is between a put's two steps. */
	expect_step(live(0, 0), gm_ref_try_get_type(&desc, TYPE + 1), -GM_EORPHAN, generation(1));
	gm_ref_orphan(&desc, &gone);
	expect_gone();
}

static void test_publish_and_retire(void)
{
	unsigned type;

	for (type = 1; type <= GM_TYPE_MAX; type++) {
		gm_word bits = (gm_word)type << GM_STATE_TYPE_SHIFT;

		begin(generation(type) | 77 | GM_STATE_PINS_ONE);
		gm_ref_publish(&desc, type, 2);
		expect_eq(desc.state, GM_STATE_LIVE | bits | generation(type) | 2);
		expect_eq(gm_ref_type(&desc), type);
		expect_eq(gm_ref_freeze(&desc, 2), 0);
		expect_eq(gm_ref_try_get(&desc), -GM_EBUSY);
		gm_ref_retire(&desc);
		expect_eq(desc.state, generation(type + 1));
	}
	expect_refused(live(1, 0), gm_ref_publish(&desc, TYPE, 1));
	expect_refused(live(1, 0), gm_ref_retire(&desc));
}

/* Generations continue over lives and freezes, and wrap. */
static void test_generation(void)
{
	unsigned i;

	begin(0);
	for (i = 0; i < 3 * GENERATIONS; i++) {
		expect_eq(gm_state_generation(desc.state), i % GENERATIONS);
		gm_ref_publish(&desc, TYPE, 1);
		expect_eq(gm_state_generation(desc.state), i % GENERATIONS);
		if (i % 3 == 0) {
			expect_eq(gm_ref_put(&desc, &gone), 1);
			continue;
		}
		expect_eq(gm_ref_freeze(&desc, 1), 0);
		if (i % 3 == 1) {
			gm_ref_retire(&desc);
			continue;
		}
		gm_ref_thaw(&desc, 1);
		desc.state &= ~(GM_STATE_LIVE | GM_STATE_TYPE_MASK);
	}
}

static void expect_questions(gm_word state, gm_word refs, gm_word pins, unsigned type, int is_live,
			     int sole)
{
	begin(state);
	expect_eq(gm_ref_count(&desc), refs);
	expect_eq(gm_ref_pins(&desc), pins);
	expect_eq(gm_ref_type(&desc), type);
	expect_eq(gm_ref_is_live(&desc), is_live);
	expect_eq(gm_ref_is_sole(&desc), sole);
}

static void test_questions(void)
{
	expect_questions(0, 0, 0, 0, 0, 0);
	expect_questions(live(0, 0), 0, 0, TYPE, 1, 0);
	expect_questions(live(1, 0), 1, 0, TYPE, 1, 1);
	expect_questions(live(1, 1), 1, 1, TYPE, 1, 1);
	expect_questions(live(2, 1), 2, 1, TYPE, 1, 0);
	expect_questions(frozen(1, 0), 1, 0, TYPE, 0, 0);
	expect_questions(live(GM_REFS_SATURATED, 0), GM_REFS_SATURATED, 0, TYPE, 1, 0);
}

UNIT_MAIN("ref", UNIT_TEST(test_get), UNIT_TEST(test_get_checked), UNIT_TEST(test_add),
	  UNIT_TEST(test_try_get), UNIT_TEST(test_try_get_type), UNIT_TEST(test_put),
	  UNIT_TEST(test_put_errors), UNIT_TEST(test_unpin_errors), UNIT_TEST(test_double_put),
	  UNIT_TEST(test_put_many), UNIT_TEST(test_orphan), UNIT_TEST(test_publish_and_retire),
	  UNIT_TEST(test_generation), UNIT_TEST(test_questions))
