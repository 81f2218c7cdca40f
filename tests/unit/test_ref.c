/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/ref.h: every call at every boundary of its counts, one
 * thread. What threads do to each other is explored in tests/explore/.
 */
#include <granmem/ref.h>

#include "unit.h"

#define GENERATIONS (1u << GM_STATE_GENERATION_BITS)
#define LAST_GENERATION (GENERATIONS - 1)
#define TYPE 3u

static struct gm_desc desc;
static struct gm_object gone;
static int owner;

static gm_word live(gm_word refs, gm_word pins)
{
	return GM_STATE_LIVE | ((gm_word)TYPE << GM_STATE_TYPE_SHIFT) |
	       (pins << GM_STATE_PINS_SHIFT) | refs;
}

static gm_word generation(unsigned nr)
{
	return (gm_word)nr << GM_STATE_GENERATION_SHIFT;
}

static gm_word frozen(gm_word refs, gm_word pins)
{
	return live(refs, pins) & ~GM_STATE_LIVE;
}

static void begin(gm_word state)
{
	struct gm_object object = { gm_paddr(0x40000), 0x1000, TYPE, &owner };

	gm_desc_set(&desc, &object);
	desc.state = state;
	memset(&gone, 0xee, sizeof(gone));
}

static int gone_untouched(void)
{
	struct gm_object pattern;

	memset(&pattern, 0xee, sizeof(pattern));
	return memcmp(&gone, &pattern, sizeof(gone)) == 0;
}

static void expect_gone(void)
{
	expect_eq(gone.base.value, 0x40000);
	expect_eq(gone.size, 0x1000);
	expect_eq(gone.type, TYPE);
	expect(gone.owner == &owner);
}

/* A call that is a caller's error: the hook once, the word as before. */
#if GM_CONFIG_CHECKS >= 1
#define expect_refused(before, call)                 \
	do {                                         \
		begin(before);                       \
		call;                                \
		expect(unit_panicked());             \
		expect(unit_panics.object == &desc); \
		expect_eq(desc.state, before);       \
	} while (0)
#else
#define expect_refused(before, call) (void)0
#endif

/* A call and its answer, from one word to another. */
#define expect_step(from, call, answer, to)       \
	do {                                      \
		begin(from);                      \
		expect_eq((call), (answer));      \
		expect_eq(desc.state, (to));      \
	} while (0)

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
	/* The last reference is a pin: it has to be unpinned. */
	expect_refused(live(1, 1), expect_eq(gm_ref_put(&desc, &gone), 0));
#if GM_CONFIG_CHECKS >= 2
	expect_refused(frozen(2, 0), expect_eq(gm_ref_put(&desc, &gone), 0));
#endif
	expect(gone_untouched());
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
	expect_refused(frozen(5, 0), expect_eq(gm_ref_put_many(&desc, 1, &gone), 0));
}

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
	  UNIT_TEST(test_put_errors), UNIT_TEST(test_double_put), UNIT_TEST(test_put_many),
	  UNIT_TEST(test_pin), UNIT_TEST(test_unpin), UNIT_TEST(test_nopin), UNIT_TEST(test_nopin_frozen), UNIT_TEST(test_freeze),
	  UNIT_TEST(test_thaw_overwrites_strays), UNIT_TEST(test_strays_are_reset),
	  UNIT_TEST(test_many_strays), UNIT_TEST(test_orphan),
	  UNIT_TEST(test_publish_and_retire), UNIT_TEST(test_generation),
	  UNIT_TEST(test_questions))
