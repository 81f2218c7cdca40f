/* SPDX-License-Identifier: BSD-2-Clause */
/* case_radix_alone.c - what the tree's calls must leave alone, by one thread; and two
 * who race for a slot and leave nothing. Units are those of a leaf, of 8 slots. */
#include "radix_tree.h"

#include <granmem/port.h>

static void setup_empty(void)
{
	radix_make(0);
	radix_given = NULL;
	radix_keep();
}

static void setup_one(void)
{
	radix_make(0);
	radix_given = link_at(EXPLORE_THREADS, 1);
	radix_keep();
}

static void expect(unsigned first, unsigned end, const struct payload *payload)
{
	for (; first < end; first++)
		explore_check(gm_radix_lookup(radix, first * SMALL) == (gm_word)payload,
			      "a slot is not as it should be");
}

/* A range goes on in the next node; a part of it is unlinked. */
static void thread_range(unsigned id)
{
	struct payload *payload = link_range(id, 5, 6 * SMALL);
	struct payload *next = link_range(id, 11, SMALL);

	expect(5, 11, payload);
	gm_radix_unlink(radix, 5 * SMALL, 7 * SMALL, (gm_word)payload);
	expect(5, 7, NULL);
	expect(7, 11, payload);
	gm_radix_unlink(radix, 7 * SMALL, 11 * SMALL, (gm_word)payload);
	expect(7, 11, NULL);
	expect(11, 12, next);
	unlink_it(next, 11);
}

static void quiet(const char *text, const void *object)
{
	(void)text;
	(void)object;
}

/* What is not one slot, or not the caller's, stays. */
static void thread_not_mine(unsigned id)
{
	struct payload *two = link_range(id, 2, 2 * SMALL);

	explore_check(gm_radix_unlink_slot(radix, 2 * SMALL, 2 * SMALL, (gm_word)two) == 0,
		      "two slots are not one");
	explore_check(gm_radix_unlink_slot(radix, 2 * SMALL, SMALL, (gm_word)radix_given) == 0,
		      "emptied another's slot");
	gm_port_set_panic(quiet);
	gm_radix_unlink(radix, 2 * SMALL, 3 * SMALL, (gm_word)radix_given);
	gm_port_set_panic(explore_panic);
	expect(2, 4, two);
	there[2] = two;
}

/* A cut with another value on its right; all of it goes. */
static void thread_cut(unsigned id)
{
	struct payload *left = link_range(id, 0, GRANULE);
	struct payload *right = new_payload(id, 0, GRANULE);
	struct gm_radix_cut cut;
	struct gm_radix_at at;
	size_t short_of;

	memset(&cut, 0, sizeof(cut));
	explore_check(gm_radix_walk(radix, 0, 0, &at) == 0, "walk");
	gm_radix_cut_count(radix, &cut, at.level, 0, 2 * SMALL, 3 * SMALL);
	explore_check(gm_radix_cut_take(radix, &cut, 0, &short_of) == 0, "no node");
	gm_radix_cut_slot(radix, &cut, &at, 0, 2 * SMALL, 3 * SMALL, (gm_word)left, (gm_word)right);
	gm_radix_unlink(radix, 0, 2 * SMALL, (gm_word)left);
	expect(3, 8, right);
	gm_radix_unlink(radix, 3 * SMALL, GRANULE, (gm_word)right);
}

/* Two want a slot, and nobody keeps it. */
static void thread_slot(unsigned id)
{
	struct payload *payload = link_free(id, 3);

	if (payload != NULL)
		unlink_slot(payload, 3);
	if (id == 0)
		unlink_it(radix_given, 1);
}

static void run(const char *name, unsigned nr, void (*setup)(void), void (*thread)(unsigned))
{
	struct explore_case one = {
		name, nr, 3, 1, setup, radix_begin, thread, radix_check, NULL, 0
	};

	case_run(&one);
}

void case_radix_alone(void)
{
	run("radix/range", 1, setup_empty, thread_range);
	run("radix/not mine", 1, setup_one, thread_not_mine);
	run("radix/cut to two", 1, setup_empty, thread_cut);
	run("radix/race for a slot", 2, setup_one, thread_slot);
}
