/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * steps.c - each operation of ref.h beside any number of others.
 *
 * Whenever an operation looks at the word, the word is any one that the others
 * may have made of it (relied_on); in return each change that it makes must be
 * one that they allow (change). Both are about one step, so neither the number
 * of threads nor of steps is bounded. Orders are taken to be as strong as they
 * have to be: that they are is not shown here.
 *
 * `own` is what the caller may count on: its references and pins, those of
 * lookups that are to be taken back included.
 */
#define GOALS_STEPS
#include "desc.h"

#include "lib/ref.c"

#define STEP_MUST(condition) must((condition) != 0, 1000 + __LINE__)

static struct gm_desc desc;
static struct gm_object gone;
static gm_word own_refs, own_pins;
static gm_word frozen; /* the word, if the caller froze it */
static int is_frozen;
static int is_nopin_call;
static unsigned nr_destroyed, nr_reads;

static int is_sound(gm_word s)
{
	return both(has_room(s),
		    implies(gm_state_is_live(s),
			    both(gm_state_type(s) != 0, gm_state_refs(s) >= gm_state_pins(s))));
}

static gm_word relied_on(void)
{
	gm_word s = any_word();

	/* Loops remember nothing from one round to the next, so that one round and
	 * the next test stand for all. */
	ASSUME(nr_reads++ < 5);
	ASSUME(is_sound(s));
	ASSUME(implies(is_frozen, gm_state_without_strays(s) == gm_state_without_strays(frozen)));
	ASSUME(implies(own_refs != 0,
		       all(gm_state_is_live(s), gm_state_pins(s) >= own_pins,
			   gm_state_refs(s) - gm_state_pins(s) >= own_refs - own_pins)));
	return s;
}

/* From live to live: only counts change, or NOPIN; I2. */
static int is_count(gm_word from, gm_word to)
{
	gm_word counts = GM_STATE_REFS_MASK | GM_STATE_PINS_MASK;
	gm_word may = is_nopin_call ? counts | GM_STATE_NOPIN : counts;

	return both(((from ^ to) & ~may) == 0, gm_state_refs(to) >= gm_state_pins(to));
}

/* From live to not: by who owns all there is, which may be nothing (I1). */
static int is_end(gm_word from, gm_word to)
{
	return all(gm_state_pins(from) == 0, gm_state_refs(from) == own_refs,
		   either(to == gm_state_destroyed(from), to == gm_state_frozen(from)));
}

/* By who froze it, or has it for an object: the generation goes on. */
static int is_begin(gm_word from, gm_word to)
{
	return all(is_frozen, gm_state_generation(to) == gm_state_generation(from),
		   all(gm_state_type(to) != 0, gm_state_pins(to) == 0,
		       both(gm_state_refs(to) >= 1, gm_state_refs(to) <= GM_REFS_LIMIT)));
}

/* Between two that are not: strays are cleared, or a freezer ends the life. */
static int is_rest(gm_word from, gm_word to)
{
	return either(gm_state_without_strays(to) == gm_state_without_strays(from),
		      both(is_frozen, to == (from & GM_STATE_GENERATION_MASK)));
}

static void change(gm_word from, gm_word to)
{
	int was = gm_state_is_live(from);
	int is = gm_state_is_live(to);

	STEP_MUST(implies(both(was, is), is_count(from, to)));
	STEP_MUST(implies(both(was, !is), is_end(from, to)));
	STEP_MUST(implies(both(!was, is), is_begin(from, to)));
	STEP_MUST(implies(both(!was, !is), is_rest(from, to)));
	nr_destroyed += (unsigned)all(was, !is, gm_state_type(to) == 0);
}

static gm_word goal_load(const volatile gm_word *word)
{
	return word == &desc.state ? relied_on() : *word;
}

static void goal_store(volatile gm_word *word, gm_word to)
{
	if (word == &desc.state)
		change(relied_on(), to);
	else
		*word = to;
}

/* Adds or takes a reference, or a reference and a pin. */
static gm_word goal_add(volatile gm_word *word, gm_word more)
{
	gm_word old = relied_on();
	gm_word live = (gm_word)gm_state_is_live(old);
	gm_word pins = (gm_word)either(more == ONE_PIN, more == (gm_word)0 - ONE_PIN);
	int takes = more >> (8 * sizeof(more) - 1);

	STEP_MUST(word == &desc.state);
	if (takes) {
		STEP_MUST(both(own_refs >= 1, own_pins >= pins));
		STEP_MUST(moved(old, old + more, (gm_word)-1, (gm_word)0 - pins));
		own_refs--;
		own_pins -= pins;
	} else {
		STEP_MUST(moved(old, old + more, 1, pins));
		own_refs += live;
		own_pins += live * pins;
	}
	change(old, old + more);
	return old;
}

static int goal_cas(volatile gm_word *word, gm_word from, gm_word to)
{
	gm_word old = relied_on();

	STEP_MUST(word == &desc.state);
	if (old != from)
		return 0;
	change(from, to);
	if (!gm_state_is_live(from))
		return 1;
	if (!gm_state_is_live(to))
		own_refs = own_pins = 0;
	else if (to != gm_state_saturated(from))
		own_refs += gm_state_refs(to) - gm_state_refs(from);
	return 1;
}

/* The caller has that many references, pins of them are pins. */
static void begin(gm_word refs, gm_word pins)
{
	any_desc(&desc);
	own_refs = refs;
	own_pins = pins;
	is_frozen = is_nopin_call = 0;
	nr_destroyed = nr_reads = 0;
}

/* What all operations have in common when they are over. */
static int ended(gm_word refs, gm_word pins)
{
	return all(nr_panics == 0, own_refs == refs, own_pins == pins);
}

void prove_steps_get(void)
{
	begin(1, 0);
	gm_ref_get(&desc);
	MUST(ended(2, 0) && nr_destroyed == 0);
}

void prove_steps_try_get(void)
{
	unsigned type = (unsigned)any();
	int err;

	begin(0, 0);
	err = type == 0 ? gm_ref_try_get(&desc) : gm_ref_try_get_type(&desc, type);
	MUST(ended(err == 0, 0));
	MUST(err == 0 || err == -GM_EBUSY || err == -GM_ETYPE || err == -GM_ELIMIT ||
	     err == -GM_EORPHAN);
	MUST(nr_destroyed == (err == -GM_EORPHAN));
}

void prove_steps_get_checked(void)
{
	int err;

	begin(1, 0);
	err = gm_ref_get_checked(&desc);
	MUST(ended(err == 0 ? 2 : 1, 0) && nr_destroyed == 0);
	MUST(err == 0 || err == -GM_ELIMIT);
}

void prove_steps_put(void)
{
	int last;

	begin(1, 0);
	last = gm_ref_put(&desc, &gone);
	MUST(ended(0, 0));
	MUST(nr_destroyed == (unsigned)last);
}

void prove_steps_put_sole(void)
{
	int last;

	begin(1, 0);
	last = gm_ref_put_sole(&desc, &gone);
	MUST(ended(last ? 0 : 1, 0));
	MUST(nr_destroyed == (unsigned)last);
}

void prove_steps_try_pin(void)
{
	int err;

	begin(0, 0);
	err = gm_ref_try_pin(&desc);
	MUST(ended(err == 0, err == 0));
	MUST(nr_destroyed == (err == -GM_EORPHAN));
}

void prove_steps_unpin(void)
{
	int last;

	begin(1, 1);
	last = gm_ref_unpin(&desc, &gone);
	MUST(ended(0, 0));
	MUST(nr_destroyed == (unsigned)last);
}

void prove_steps_add(void)
{
	gm_word n = any_word();
	int err;

	begin(1, 0);
	err = gm_ref_add(&desc, n);
	MUST(ended(err == 0 ? 1 + n : 1, 0) && nr_destroyed == 0);
	MUST(err == 0 || err == -GM_ELIMIT);
}

/* Of a leaked object nothing is taken, and nothing has to be. */
void prove_steps_put_many(void)
{
	gm_word n = any_word();
	int last;

	ASSUME(n <= GM_REFS_LIMIT);
	begin(n, 0);
	last = gm_ref_put_many(&desc, n, &gone);
	MUST(nr_panics == 0 && (own_refs == 0 || own_refs == n));
	MUST(nr_destroyed == (unsigned)last);
}

void prove_steps_nopin(void)
{
	begin(1, 0);
	is_nopin_call = 1;
	gm_ref_set_nopin(&desc);
	MUST(ended(1, 0));
	gm_ref_clear_nopin(&desc);
	MUST(ended(1, 0) && nr_destroyed == 0);
}

void prove_steps_freeze(void)
{
	gm_word expected = any_word();
	int err;

	ASSUME(expected >= 1 && expected < GM_REFS_LIMIT);
	begin(expected, 0);
	err = gm_ref_freeze(&desc, expected);
	MUST(ended(err == 0 ? 0 : expected, 0) && nr_destroyed == 0);
	MUST(err == 0 || err == -GM_EBUSY);
}

/* What a freeze left, or a life that ended, whatever strays come. */
static void begin_frozen(int of_an_object)
{
	begin(0, 0);
	frozen = any_word();
	is_frozen = 1;
	ASSUME(!gm_state_is_live(frozen) && is_sound(frozen));
	ASSUME((gm_state_type(frozen) != 0) == of_an_object);
}

void prove_steps_thaw(void)
{
	gm_word refs = any_word();

	ASSUME(refs >= 1 && refs < GM_REFS_LIMIT);
	begin_frozen(1);
	gm_ref_thaw(&desc, refs);
	MUST(ended(0, 0) && nr_destroyed == 0);
}

void prove_steps_retire(void)
{
	begin_frozen(1);
	gm_ref_retire(&desc);
	MUST(ended(0, 0) && nr_destroyed == 0);
}

void prove_steps_publish(void)
{
	unsigned type = (unsigned)any();
	gm_word refs = any_word();

	ASSUME(type >= 1 && type <= GM_TYPE_MAX && refs >= 1 && refs <= GM_REFS_LIMIT);
	begin_frozen(0);
	gm_ref_publish(&desc, type, refs);
	MUST(ended(0, 0) && nr_destroyed == 0);
}
