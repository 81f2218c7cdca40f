/* SPDX-License-Identifier: BSD-2-Clause */
/* state.c - the state word: its fields, the transitions of desc.h, and the limits. */
#include "goals.h"

#include <granmem/desc.h>

#define GENERATIONS ((unsigned)1 << GM_STATE_GENERATION_BITS)
#define REFS_MAX (((wide)1 << GM_STATE_REFS_BITS) - 1)
#define PINS_MAX (((wide)1 << GM_STATE_PINS_BITS) - 1)

static gm_word any_word(void)
{
	return (gm_word)any();
}

static int same_but_counts(gm_word a, gm_word b)
{
	return gm_state_is_live(a) == gm_state_is_live(b) &&
	       gm_state_is_nopin(a) == gm_state_is_nopin(b) &&
	       gm_state_type(a) == gm_state_type(b) &&
	       gm_state_generation(a) == gm_state_generation(b);
}

static int is_next(gm_word from, gm_word to)
{
	return gm_state_generation(to) == (gm_state_generation(from) + 1) % GENERATIONS;
}

/* The fields are as wide as drawn, do not overlap, and together are the word. */
void prove_fields(void)
{
	gm_word s = any_word();

	MUST((s & GM_STATE_LIVE) + (s & GM_STATE_NOPIN) +
		     ((gm_word)gm_state_type(s) << GM_STATE_TYPE_SHIFT) +
		     ((gm_word)gm_state_generation(s) << GM_STATE_GENERATION_SHIFT) +
		     (gm_state_pins(s) << GM_STATE_PINS_SHIFT) + gm_state_refs(s) ==
	     s);
	MUST(gm_state_type(s) <= GM_TYPE_MAX);
	MUST(gm_state_refs(s) <= REFS_MAX);
	MUST(gm_state_pins(s) <= PINS_MAX);
	MUST(gm_state_generation(s) < GENERATIONS);
	MUST(gm_state_is_live(s) == (int)(s >> (8 * sizeof(s) - 1)));
}

/* P7: zero is nobody's. */
void prove_zero(void)
{
	MUST(!gm_state_is_live(0));
	MUST(gm_state_type(0) == 0);
	MUST(!gm_state_get_ok(0) && !gm_state_pin_ok(0));
	MUST(!gm_state_put_is_plain(0));
	MUST(!gm_state_strays_overflow(0));
}

/* What the three tests on the fast paths let through, in terms of the fields. */
void prove_tests(void)
{
	gm_word s = any_word();
	gm_word refs = gm_state_refs(s);

	MUST(gm_state_get_ok(s) == (gm_state_is_live(s) && refs < GM_REFS_LIMIT));
	MUST(gm_state_pin_ok(s) == (gm_state_is_live(s) && !gm_state_is_nopin(s) &&
				    refs < GM_REFS_LIMIT && gm_state_pins(s) < GM_PINS_LIMIT));
	MUST(gm_state_put_is_plain(s) == (refs >= 2 && refs < GM_REFS_LEAKED));
	MUST(gm_state_strays_overflow(s) ==
	     (!gm_state_is_live(s) &&
	      (refs >= GM_REFS_LIMIT || gm_state_pins(s) >= GM_PINS_LIMIT)));
}

/* As many additions as contexts can race, on a word that is live and that the
 * first of them may keep, or frozen after a reset: no field but the counts moves. */
void prove_racing_additions(void)
{
	gm_word s = any_word();
	gm_word gets = any_word();
	gm_word pins = any_word();
	gm_word after;

	ASSUME(gets <= GM_CONTEXTS_MAX && pins <= GM_CONTEXTS_MAX - gets);
	ASSUME(gm_state_refs(s) <= GM_REFS_LIMIT && gm_state_pins(s) <= GM_PINS_LIMIT);
	after = s + gets * GM_STATE_REFS_ONE + pins * (GM_STATE_REFS_ONE + GM_STATE_PINS_ONE);
	MUST(same_but_counts(s, after));
	MUST(gm_state_refs(after) == gm_state_refs(s) + gets + pins);
	MUST(gm_state_pins(after) == gm_state_pins(s) + pins);
}

/* Around the place of a saturated count there is room for all who race: additions
 * do not carry, and subtractions do not come to where a put is plain. */
void prove_saturation(void)
{
	gm_word s = any_word();
	gm_word more = any_word();
	gm_word less = any_word();
	gm_word full = gm_state_saturated(s);
	gm_word after;

	MUST(same_but_counts(s, full) && gm_state_pins(s) == gm_state_pins(full));
	MUST(gm_state_refs(full) == GM_REFS_SATURATED);
	MUST(!gm_state_get_ok(full) && !gm_state_put_is_plain(full));
	ASSUME(more <= GM_CONTEXTS_MAX && less <= GM_CONTEXTS_MAX);
	after = full + more - less;
	MUST(same_but_counts(s, after) && gm_state_pins(s) == gm_state_pins(after));
	MUST(!gm_state_get_ok(after));
	MUST(!gm_state_put_is_plain(after));
	/* The leak begins at 3/4, with room above the limit for all who race. */
	MUST(GM_REFS_LEAKED > GM_REFS_LIMIT + GM_CONTEXTS_MAX);
}

/* Giving up what is there takes nothing from a neighbour. */
void prove_subtractions(void)
{
	gm_word s = any_word();
	gm_word after;

	ASSUME(gm_state_refs(s) >= 1);
	after = s - GM_STATE_REFS_ONE;
	MUST(same_but_counts(s, after) && gm_state_pins(s) == gm_state_pins(after));
	MUST(gm_state_refs(after) == gm_state_refs(s) - 1);
	ASSUME(gm_state_pins(s) >= 1);
	after = s - GM_STATE_REFS_ONE - GM_STATE_PINS_ONE;
	MUST(same_but_counts(s, after));
	MUST(gm_state_refs(after) == gm_state_refs(s) - 1);
	MUST(gm_state_pins(after) == gm_state_pins(s) - 1);
}

void prove_destroyed(void)
{
	gm_word s = any_word();
	gm_word to = gm_state_destroyed(s);

	MUST(!gm_state_is_live(to) && !gm_state_is_nopin(to));
	MUST(gm_state_type(to) == 0);
	MUST(gm_state_refs(to) == 0 && gm_state_pins(to) == 0);
	MUST(is_next(s, to));
}

void prove_frozen(void)
{
	gm_word s = any_word();
	gm_word to = gm_state_frozen(s);

	MUST(!gm_state_is_live(to));
	MUST(gm_state_type(to) == gm_state_type(s));
	MUST(gm_state_is_nopin(to) == gm_state_is_nopin(s));
	MUST(gm_state_refs(to) == gm_state_refs(s) && gm_state_pins(to) == gm_state_pins(s));
	MUST(is_next(s, to));
}

void prove_created(void)
{
	gm_word s = any_word();
	gm_word refs = any_word();
	unsigned type = (unsigned)any();
	gm_word to;

	ASSUME(type >= 1 && type <= GM_TYPE_MAX && refs >= 1 && refs <= GM_REFS_LIMIT);
	to = gm_state_created(s, type, refs);
	MUST(gm_state_is_live(to) && !gm_state_is_nopin(to));
	MUST(gm_state_type(to) == type);
	MUST(gm_state_refs(to) == refs && gm_state_pins(to) == 0);
	MUST(gm_state_generation(to) == gm_state_generation(s));
}

/* A frozen word with any strays: what thaw reads of it is what freeze left. */
void prove_thawed(void)
{
	gm_word s = any_word();
	gm_word refs = any_word();
	gm_word strays = any_word();
	gm_word to;

	ASSUME(refs >= 1 && refs < GM_REFS_LIMIT);
	ASSUME((strays & ~(GM_STATE_REFS_MASK | GM_STATE_PINS_MASK)) == 0);
	to = gm_state_thawed(gm_state_without_strays(gm_state_frozen(s)) | strays, refs);
	MUST(gm_state_is_live(to));
	MUST(gm_state_type(to) == gm_state_type(s));
	MUST(gm_state_is_nopin(to) == gm_state_is_nopin(s));
	MUST(gm_state_refs(to) == refs && gm_state_pins(to) == 0);
	MUST(is_next(s, to));
}

void prove_without_strays(void)
{
	gm_word s = any_word();
	gm_word to = gm_state_without_strays(s);

	MUST(same_but_counts(s, to));
	MUST(gm_state_refs(to) == 0 && gm_state_pins(to) == 0);
	MUST(!gm_state_strays_overflow(to));
}

/* A late compare-and-swap of a put's second step: it can only meet a word of a
 * later life if as many lives have passed as there are generations. */
void prove_generations_differ(void)
{
	gm_word s = any_word();
	gm_word lives = any_word();
	gm_word one = (gm_word)1 << GM_STATE_GENERATION_SHIFT;
	gm_word later =
		(s & ~GM_STATE_GENERATION_MASK) | ((s + lives * one) & GM_STATE_GENERATION_MASK);

	MUST(gm_state_next_generation(s) == ((s + one) & GM_STATE_GENERATION_MASK));
	ASSUME(lives >= 1 && lives < GENERATIONS);
	MUST(later != s);
}
