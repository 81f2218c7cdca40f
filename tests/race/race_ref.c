/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race_ref.c - the calls on one state word, and each other just before each of
 * their operations. The counts that the calls' answers add up to are in the word.
 */
#include "race.h"

#include <granmem/ref.h>

#include <stdio.h>
#include <string.h>

#define TYPE 3u
#define OTHER_TYPE 5u
#define NR(array) (sizeof(array) / sizeof(array[0]))

/* What is put at once, and of how many who freezes knows. */
#define MANY 3

static struct world {
	struct gm_desc desc;
	gm_word refs, pins; /* by the answers */
	int ended;          /* how many were told that they had the last reference */
	int frozen;
	gm_word flags;
} world;

static void ended(const struct gm_object *gone)
{
	race_check(gone->base.value == 4096 && gone->size == 64 && gone->type == TYPE,
		   "the record of what ended is wrong");
	world.ended++;
}

static void got(int err, gm_word refs, gm_word pins)
{
	race_check(err == 0 || err == -GM_EBUSY || err == -GM_ELIMIT || err == -GM_EPINNED,
		   "an odd error");
	world.refs += err == 0 ? refs : 0;
	world.pins += err == 0 ? pins : 0;
}

static void gave(int last, const struct gm_object *gone, gm_word refs)
{
	world.refs -= refs;
	if (last)
		ended(gone);
}

static void get(void)
{
	gm_ref_get(&world.desc);
	world.refs++;
}

static void get_checked(void)
{
	got(gm_ref_get_checked(&world.desc), 1, 0);
}

static void add(void)
{
	got(gm_ref_add(&world.desc, 5), 5, 0);
}

static void put(void)
{
	struct gm_object gone;

	gave(gm_ref_put(&world.desc, &gone), &gone, 1);
}

static void put_sole(void)
{
	struct gm_object gone;

	if (gm_ref_put_sole(&world.desc, &gone))
		gave(1, &gone, 1);
}

static void put_many(void)
{
	struct gm_object gone;

	gave(gm_ref_put_many(&world.desc, MANY, &gone), &gone, MANY);
}

static void unpin(void)
{
	struct gm_object gone;

	world.pins--;
	gave(gm_ref_unpin(&world.desc, &gone), &gone, 1);
}

static void set_nopin(void)
{
	gm_ref_set_nopin(&world.desc);
}

static void clear_nopin(void)
{
	gm_ref_clear_nopin(&world.desc);
}

static void set_flag(void)
{
	gm_desc_set_flags(&world.desc, GM_FLAG_DIRTY);
	world.flags |= GM_FLAG_DIRTY;
}

static void clear_flag(void)
{
	gm_desc_clear_flags(&world.desc, GM_FLAG_LOCKED);
	world.flags &= ~GM_FLAG_LOCKED;
}

static void set_other_flag(void)
{
	gm_desc_set_flags(&world.desc, GM_FLAG_UPTODATE);
	world.flags |= GM_FLAG_UPTODATE;
}

static void try_get(void)
{
	got(gm_ref_try_get(&world.desc), 1, 0);
}

static void try_get_other(void)
{
	struct gm_object gone;
	int err = gm_ref_try_get_type(&world.desc, OTHER_TYPE);

	race_check(err == -GM_ETYPE || err == -GM_EBUSY || err == -GM_ELIMIT || err == -GM_EORPHAN,
		   "an odd error");
	if (err != -GM_EORPHAN)
		return;
	gm_ref_orphan(&world.desc, &gone);
	ended(&gone);
}

static void try_pin(void)
{
	struct gm_object gone;
	int err = gm_ref_try_pin(&world.desc);

	if (err != -GM_EORPHAN) {
		got(err, 1, 1);
		return;
	}
	gm_ref_orphan(&world.desc, &gone);
	ended(&gone);
}

/* By who has all references. */
static void freeze(void)
{
	int err = gm_ref_freeze(&world.desc, MANY);

	race_check(err == 0 || err == -GM_EBUSY, "an odd error");
	world.frozen = err == 0;
}

static void thaw(void)
{
	if (!world.frozen)
		return;
	world.frozen = 0;
	gm_ref_thaw(&world.desc, MANY);
}

static void freeze_and_thaw(void)
{
	freeze();
	thaw();
}

struct call {
	const char *name;
	void (*run)(void);
	gm_word refs, pins; /* that the caller has to have */
	int all;            /* and nobody else has any */
};

static const struct call calls[] = {
	{ "get", get, 1, 0, 0 },
	{ "get_checked", get_checked, 1, 0, 0 },
	{ "add", add, 1, 0, 0 },
	{ "put", put, 1, 0, 0 },
	{ "put_sole", put_sole, 1, 0, 0 },
	{ "put_many", put_many, MANY, 0, 0 },
	{ "unpin", unpin, 1, 1, 0 },
	{ "set_nopin", set_nopin, 1, 0, 0 },
	{ "clear_nopin", clear_nopin, 1, 0, 0 },
	{ "set flag", set_flag, 1, 0, 0 },
	{ "set other flag", set_other_flag, 1, 0, 0 },
	{ "clear flag", clear_flag, 1, 0, 0 },
	{ "try_get", try_get, 0, 0, 0 },
	{ "try_get other", try_get_other, 0, 0, 0 },
	{ "try_pin", try_pin, 0, 0, 0 },
	{ "freeze", freeze, MANY, 0, 1 },
	{ "freeze, thaw", freeze_and_thaw, MANY, 0, 1 },
	{ "thaw", thaw, 0, 0, 1 },
};

/* The word at the start. */
struct start {
	const char *name;
	gm_word refs, pins;
	int frozen;
};

static const struct start starts[] = {
	{ "one", 1, 0, 0 },
	{ "few", MANY, 0, 0 },
	{ "several", 3 * MANY, 2, 0 },
	{ "near the limit", GM_REFS_LIMIT - 1, 2, 0 },
	{ "near leaking", GM_REFS_LEAKED - 1, 2, 0 },
	{ "saturated", GM_REFS_SATURATED, 2, 0 },
	{ "many pins", GM_PINS_LIMIT + 9, GM_PINS_LIMIT - 1, 0 },
	{ "frozen", MANY, 0, 1 },
	{ "frozen, many strays", GM_REFS_LIMIT - 1, 0, 1 },
	{ "frozen, many stray pins", GM_PINS_LIMIT - 1, GM_PINS_LIMIT - 1, 1 },
};

static void begin(const struct start *start)
{
	struct gm_object object = { gm_paddr(4096), 64, TYPE, NULL };

	memset(&world, 0, sizeof(world));
	gm_desc_set(&world.desc, &object);
	gm_ref_publish(&world.desc, TYPE, MANY);
	gm_desc_set_flags(&world.desc, GM_FLAG_LOCKED);
	world.flags = GM_FLAG_LOCKED;
	world.refs = start->frozen ? MANY : start->refs;
	world.pins = start->frozen ? 0 : start->pins;
	if (start->frozen)
		freeze();
	/* Strays, if it is frozen. */
	world.desc.state += start->refs - MANY;
	world.desc.state += start->pins << GM_STATE_PINS_SHIFT;
}

static void check(void)
{
	gm_word state = world.desc.state;
	gm_word far = GM_REFS_LIMIT - 16; /* from here on counts may be held back */

	race_check(gm_state_is_live(state) == (!world.frozen && world.ended == 0),
		   "live and frozen are mixed up");
	if (world.ended != 0) {
		race_check(world.ended == 1, "I4: two were told that theirs was the last");
		race_check(world.refs == 0 && world.pins == 0, "ended with references");
		return;
	}
	race_check(gm_state_type(state) == TYPE, "the type changed");
	race_check(gm_desc_flags(&world.desc) == world.flags, "a flag is lost");
	if (world.frozen)
		return; /* the counts may be strays */
	race_check(world.refs != 0, "I1: live without references");
	race_check(gm_state_pins(state) == world.pins, "pins are miscounted");
	if (world.refs < far)
		race_check(gm_state_refs(state) == world.refs, "references are miscounted");
	else
		race_check(gm_state_refs(state) >= far, "a count wrapped");
}

static void between(const void *what)
{
	((const struct call *)what)->run();
}

/* May these two meet on such a word? */
static int possible(const struct start *start, const struct call *one, const struct call *two)
{
	gm_word refs = start->frozen ? 0 : start->refs;
	gm_word pins = start->frozen ? 0 : start->pins;

	if (one->all && (two->refs != 0 || two->all))
		return 0;
	if (two->all && (one->refs != 0 || one->all))
		return 0;
	if ((one->run == thaw || two->run == thaw) && !start->frozen)
		return 0;
	if ((one->refs == MANY || two->refs == MANY) && (one->all || two->all) && refs != MANY)
		return 0;
	return one->refs + two->refs <= refs && one->pins + two->pins <= pins;
}

static unsigned long run(const struct start *start, const struct call *call,
			 const struct call *other)
{
	struct race_plan plan = { 1, between, other };
	unsigned long nr_runs = 0;
	unsigned long steps;

	do {
		snprintf(race_now, sizeof(race_now), "'%s' '%s' '%s' %lu", start->name, call->name,
			 other->name, plan.at);
		begin(start);
		race_arm(&plan, 1);
		call->run();
		steps = race_disarm();
		check();
		nr_runs++;
	} while (plan.at++ <= steps);
	return nr_runs;
}

int main(int argc, char **argv)
{
	unsigned long nr_runs = 0;
	unsigned i, call, other;

	race_blind = argc == 2 && strcmp(argv[1], "--blind") == 0;
	race_begin();
	for (i = 0; i < NR(starts); i++)
		for (call = 0; call < NR(calls); call++)
			for (other = 0; other < NR(calls); other++)
				if (possible(&starts[i], &calls[call], &calls[other]))
					nr_runs += run(&starts[i], &calls[call], &calls[other]);
	printf("race_ref: %lu runs\n", nr_runs);
	return nr_runs == 0;
}
