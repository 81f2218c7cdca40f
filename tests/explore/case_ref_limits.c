/* SPDX-License-Identifier: BSD-2-Clause */
/* case_ref_limits.c - the reference protocol where a count meets its limit. */
#include "cases.h"

#include <granmem/ref.h>

#define TYPE 3u

static struct gm_desc *desc;
static int succeeded;
static int frozen;

static gm_word word(gm_word refs, gm_word pins, int live)
{
	return (live ? GM_STATE_LIVE : 0) | ((gm_word)TYPE << GM_STATE_TYPE_SHIFT) |
	       (pins << GM_STATE_PINS_SHIFT) | refs;
}

static void start(gm_word state)
{
	struct gm_object object = { gm_paddr(0x1000), 0x1000, TYPE, NULL };

	desc = explore_alloc(sizeof(*desc), 64);
	explore_name(&desc->state, "state", 1);
	gm_desc_set(desc, &object);
	desc->state = state;
}

static void begin(void)
{
	succeeded = 0;
	frozen = 1;
}

/* Neither count may carry into the next field. */
static void watch(const volatile gm_word *address, gm_word value)
{
	if (address == &desc->state)
		explore_check(gm_state_type(value) == TYPE && gm_state_generation(value) == 0,
			      "a count carried");
}

static void setup_stray_refs(void)
{
	start(word(GM_REFS_LIMIT - 2, 0, 0));
}

static void setup_stray_pins(void)
{
	start(word(GM_PINS_LIMIT + 5, GM_PINS_LIMIT - 1, 0));
	desc->state += GM_STATE_PINS_ONE;
}

/* One thaws; the others' strays overflow, are reset, and never reach the thaw. */
static void thread_strays(unsigned id)
{
	if (id == 0) {
		frozen = 0;
		gm_ref_thaw(desc, 1);
		return;
	}
	if (gm_ref_try_get(desc) == 0) {
		explore_check(!frozen, "I3: a get succeeded on a frozen object");
		succeeded++;
	}
}

static void check_strays(void)
{
	explore_check(desc->state == word(1 + (gm_word)succeeded, 0, 1),
		      "strays are left on a thawed word, or a reference is lost");
}

static void setup_limit(void)
{
	start(word(GM_REFS_LIMIT - 1, 0, 1));
}

/* One place below the limit is left. */
static void thread_limit(unsigned id)
{
	int err = id == 0 ? gm_ref_try_get(desc) :
		  id == 1 ? gm_ref_get_checked(desc) :
			    gm_ref_try_pin(desc);

	explore_check(err == 0 || err == -GM_ELIMIT, "an odd error");
	succeeded += err == 0;
}

static void check_limit(void)
{
	explore_check(succeeded == 1, "the limit let more or fewer than one through");
	explore_check(gm_state_refs(desc->state) == GM_REFS_LIMIT, "a refused get is not undone");
}

static void setup_half(void)
{
	start(word(GM_REFS_LIMIT, 0, 1));
}

static void thread_get(unsigned id)
{
	(void)id;
	gm_ref_get(desc);
}

static void check_half(void)
{
	gm_word refs = gm_state_refs(desc->state);

	explore_check(refs >= GM_REFS_SATURATED && refs < GM_REFS_SATURATED + 8,
		      "not saturated, although the last one moved it alone");
}

static void setup_saturated(void)
{
	start(word(GM_REFS_SATURATED, 0, 1));
}

/* Whatever is done to a leaked object, it stays leaked. */
static void thread_saturated(unsigned id)
{
	struct gm_object gone;

	if (id == explore_now->parameter)
		explore_check(gm_ref_put_many(desc, GM_REFS_LIMIT, &gone) == 0, "freed");
	else if (id == 0)
		gm_ref_get(desc);
	else if (id == 1)
		explore_check(gm_ref_put(desc, &gone) == 0, "freed");
	else
		explore_check(gm_ref_try_get(desc) == -GM_ELIMIT, "an odd error");
}

static void check_saturated(void)
{
	explore_check(gm_state_refs(desc->state) >= GM_REFS_LEAKED, "a leaked object came back");
}

static void setup_frozen_one(void)
{
	start(word(1, 0, 0));
}

static void setup_pinned_one(void)
{
	start(word(1, 1, 1));
}

/* One reference that is a stray, or that a pin needs: not a sole holder's. */
static void thread_not_sole(unsigned id)
{
	struct gm_object gone;

	(void)id;
	explore_check(gm_ref_put_sole(desc, &gone) == 0, "ended what is not a sole holder's");
}

static void setup_sole(void)
{
	start(word(1, 0, 1));
}

static void thread_sole(unsigned id)
{
	struct gm_object gone;

	(void)id;
	explore_check(gm_ref_put_sole(desc, &gone) == 1, "sole, and not ended");
	explore_check(gm_state_generation(desc->state) == 1, "the generation stays");
}

static void quiet(const char *text, const void *object)
{
	(void)text;
	(void)object;
}

static void setup_two(void)
{
	start(word(2, 1, 1));
}

/* A put of what nobody holds is reported, and changes nothing, not for a moment. */
static void thread_illegal(unsigned id)
{
	struct gm_object gone;

	(void)id;
	gm_port_set_panic(quiet);
	explore_check(
		gm_ref_put_many(desc, explore_now->parameter ? GM_STATE_PINS_ONE : 3, &gone) == 0,
		"ended what others hold");
	gm_port_set_panic(explore_panic);
}

static void watch_illegal(const volatile gm_word *address, gm_word value)
{
	if (address == &desc->state)
		explore_check(value == word(2, 1, 1), "what others hold was taken");
}

static void run_illegal(const char *name, unsigned parameter)
{
	struct explore_case one = {
		name, 1, -1, -1, setup_two, begin, thread_illegal, NULL, watch_illegal, parameter
	};

	case_run(&one);
}

static void run(const char *name, unsigned nr, int preemptions, void (*setup)(void),
		void (*thread)(unsigned), void (*check)(void), unsigned parameter)
{
	struct explore_case one = { name,  nr,     preemptions, -1,    setup,
				    begin, thread, check,       watch, parameter };

	case_run(&one);
}

void case_ref_limits(void)
{
	static const struct explore_case sole = { "limits/put_sole of a sole one",
						  1,
						  -1,
						  -1,
						  setup_sole,
						  begin,
						  thread_sole,
						  NULL,
						  NULL,
						  0 };

	run("limits/strays of refs, 2", 2, -1, setup_stray_refs, thread_strays, check_strays, 0);
	run("limits/strays of refs, 3", 3, -1, setup_stray_refs, thread_strays, check_strays, 0);
	run("limits/strays of refs, 4", 4, 3, setup_stray_refs, thread_strays, check_strays, 0);
	run("limits/strays of pins", 3, -1, setup_stray_pins, thread_strays, check_strays, 0);
	run("limits/one below, 2", 2, -1, setup_limit, thread_limit, check_limit, 0);
	run("limits/one below, 3", 3, -1, setup_limit, thread_limit, check_limit, 0);
	run("limits/half, 1", 1, -1, setup_half, thread_get, check_half, 0);
	run("limits/saturated, put and get", 2, -1, setup_saturated, thread_saturated,
	    check_saturated, 9);
	run("limits/saturated, put_many and get", 2, -1, setup_saturated, thread_saturated,
	    check_saturated, 1);
	run("limits/saturated, put_many and put", 2, -1, setup_saturated, thread_saturated,
	    check_saturated, 0);
	run("limits/put_sole of a frozen one", 1, -1, setup_frozen_one, thread_not_sole, NULL, 0);
	run("limits/put_sole of a pinned one", 1, -1, setup_pinned_one, thread_not_sole, NULL, 0);
	case_run(&sole);
	run_illegal("limits/put_many of more than is held", 0);
	run_illegal("limits/put_many of more than any count", 1);
	run("limits/saturated, 3", 3, -1, setup_saturated, thread_saturated, check_saturated, 9);
}
