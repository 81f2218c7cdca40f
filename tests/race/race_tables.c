/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race_tables.c - each call of each table, and each other one just before each of
 * its atomic operations.
 *
 *   race_tables                               all; GM_TEST_LONG=1: really all
 *   race_tables TABLE SETUP CALL BETWEEN N    one, as a failure names it
 *   race_tables --blind                       with the fault that must be found
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TABLE_OPS(compound, 0);
TABLE_OPS(folio, 0);
TABLE_OPS(adhoc, 1);

static const struct table_ops *const tables[] = { &compound_ops, &folio_ops, &adhoc_ops };

static void nothing(void)
{
}

static void act(const char *name)
{
	action_run(action_find(name));
}

static void one(void)
{
	act("create");
}

static void two(void)
{
	act("create");
	act("create behind");
}

static void doubled(void)
{
	act("create two");
}

static void marked(void)
{
	act("mark");
	act("mark from 1");
}

/* Nearly all that a search could find is used. */
static void crowded(void)
{
	act("create a group");
	act("create");
}

/* One granule of the node, or group, is free. */
static void nearly_full(void)
{
	act("create the rest");
}

/* Small objects in two granules: the node below each stands in the same one. */
static void spread(void)
{
	act("create");
	act("create farther");
}

/* A lookup that was for another type held the last reference, and took it back. */
static void orphaned(void)
{
	struct race_plan plan = { 0, action_run, action_find("put") };
	struct gm_desc *desc;

	do {
		plan.at++;
		act("reap");
		act("put");
		act("create");
		race_arm(&plan, 1);
		act("find another type");
		(void)race_disarm();
		desc = world_ops->find(&world.table, gm_paddr(BASE));
	} while (desc == NULL || gm_ref_is_live(desc));
}

/* All descriptors of the first slab are used. */
static void exhausted(void)
{
	act("create");
	action_fill();
}

static const struct setup setups[] = {
	{ "empty", GRANULE, 8, 0, nothing },
	{ "one", GRANULE, 8, 0, one },
	{ "two", GRANULE, 8, 0, two },
	{ "double", GRANULE, 8, 0, doubled },
	{ "marked", GRANULE, 8, 0, marked },
	{ "orphaned", GRANULE, 8, 0, orphaned },
	{ "crowded", GRANULE, 8, SETUP_LARGE, crowded },
	{ "nearly full", GRANULE, 8, SETUP_LARGE, nearly_full },
	{ "no metadata", GRANULE, 0, 0, nothing },
	{ "growing", GRANULE, 0, SETUP_GROWS, nothing },
	{ "growing, one", GRANULE, 0, SETUP_GROWS, one },
	{ "hosted", GRANULE, 0, SETUP_HOSTED, nothing },
	{ "hosted, one", GRANULE, 0, SETUP_HOSTED, one },
	{ "hosted, exhausted", GRANULE, 0, SETUP_HOSTED | SETUP_FEW | SETUP_LARGE, exhausted },
	{ "small", 64, 8, 0, nothing },
	{ "small, one", 64, 8, 0, one },
	{ "small, double", 64, 8, 0, doubled },
	{ "small, spread", 64, 8, 0, spread },
};

/* How many places at the beginning and the end of a call are tried, each; between them
 * one of so many. */
#define EACH 40
#define STRIDE 17

#define NR(array) (sizeof(array) / sizeof(array[0]))

static unsigned long nr_runs;
static char **only;   /* what the command line asks for, or NULL */
static int long_form; /* every place, on both lanes */

static int wanted(unsigned which, const char *name)
{
	return only == NULL || strcmp(only[which], name) == 0;
}

/* Returns how many operations the call had. */
static unsigned long run_one(const struct setup *setup, const struct action *call,
			     const struct action *between, unsigned long n, unsigned lane)
{
	struct race_plan plan = { n, action_run, between };
	unsigned long steps;

	snprintf(race_now, sizeof(race_now), "'%s' '%s' '%s' '%s' %lu (lane %u)", world_ops->name,
		 setup->name, call->name, between->name, n, lane);
	world_reset();
	race_lanes(0, lane);
	race_arm(&plan, 1);
	action_run(call);
	steps = race_disarm();
	world_check();
	nr_runs++;
	return steps;
}

/* In the middle of a long row of the same operation one is like another. */
static unsigned long next_place(unsigned long n, unsigned long steps)
{
	if (long_form || n < EACH || n + EACH + STRIDE > steps)
		return n + 1;
	return n + STRIDE;
}

static void run_pair(const struct setup *setup, const struct action *call,
		     const struct action *between)
{
	unsigned lane;

	if (only != NULL) {
		run_one(setup, call, between, strtoul(only[4], NULL, 0), 0);
		run_one(setup, call, between, strtoul(only[4], NULL, 0), 1);
		return;
	}
	for (lane = 0; lane <= (unsigned)long_form; lane++) {
		unsigned long n = 1;
		unsigned long steps;

		for (;;) {
			steps = run_one(setup, call, between, n, (lane + (unsigned)n) % 2);
			/* What had nothing to do here has nothing to do at all. */
			if (n > steps || race_between() == 0)
				break;
			n = next_place(n, steps);
		}
	}
}

static void run_setup(const struct setup *setup)
{
	unsigned call, between;

	world_make(world_ops, setup);
	for (call = 0; call < nr_actions; call++)
		for (between = 0; between < nr_actions; between++)
			if (wanted(2, actions[call].name) && wanted(3, actions[between].name))
				run_pair(setup, &actions[call], &actions[between]);
}

/* Below a granule, and of any number of granules, are only the objects of the ad-hoc
 * table; the compound table has no metadata that could be short. */
static int possible(const struct setup *setup)
{
	if (world_ops == &compound_ops && (setup->options & (SETUP_FEW | SETUP_GROWS)) != 0)
		return 0;
	return world_ops->any_multiple || (setup->unit >= GRANULE && setup->fill != nearly_full);
}

int main(int argc, char **argv)
{
	const char *text = getenv("GM_TEST_LONG");
	unsigned which, i;

	long_form = text != NULL && strcmp(text, "1") == 0;
	race_blind = argc == 2 && strcmp(argv[1], "--blind") == 0;
	if (argc != 1 && argc != 6 && !race_blind) {
		fprintf(stderr, "usage: %s [--blind | TABLE SETUP CALL BETWEEN N]\n", argv[0]);
		return 2;
	}
	only = argc == 6 ? argv + 1 : NULL;
	race_begin();
	for (which = 0; which < NR(tables); which++) {
		world_ops = tables[which];
		for (i = 0; i < NR(setups); i++)
			if (wanted(0, world_ops->name) && wanted(1, setups[i].name) &&
			    possible(&setups[i]))
				run_setup(&setups[i]);
	}
	printf("race_tables: %lu runs\n", nr_runs);
	return nr_runs == 0;
}
