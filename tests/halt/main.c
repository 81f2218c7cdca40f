/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - stop anywhere, interrupt anywhere:
 *
 *   halt halts|interrupts [--long] [--part=1|2] [WORLD]
 *
 * The promise under test: a thread that is stopped between any two instructions,
 * an interrupt or NMI handler included, blocks nobody. So one operation of the library
 * is halted before each of its instructions in turn, and there every other operation
 * on the same object, slot and leaf must come to its end within a bounded number of
 * instructions. -GM_EBUSY about that object is an end; about anything else it is not.
 * Then the halted one goes on, and when both have finished the table must verify,
 * the references in it be those that both say they hold, and, when these have been
 * given back, nothing be left.
 *
 *   halts        The halted operation is another process, stepped and stopped by
 *                ptrace; the table, and its stack, are shared memory.
 *   interrupts   It is this process, which sets the trap flag; the other operation
 *                runs in the handler of SIGTRAP, on top of it.
 *
 * Where to read on:
 *
 *   points.c     goes to all the points: which other operations run at which
 *   ptrace.c     halting by ptrace         trap.c     interrupting by the trap flag
 *   bound.c      the bound on the other    memory.c   putting the memory back
 *   op_list.c    the operations on tables, what each may answer, and the tables
 *   op_ref.c, op_table.c   their bodies
 *   world_table.c          what a table begins with, and what must be right after
 *   world_pool.c, world_word.c   pools; state words at the ends of their fields
 *   world_map.c                  slots of a table page: maps of objects
 *   op_walker.c, world_walker.c  page tables, and what takes an object out of them
 *   op_index.c, world_index.c    lookups in an index, and changes of it
 *   objects.c                    the objects of the last three
 *   control.c    locks, which must be found to block, and a count that tears
 *
 * A control that is not found faulty fails the run. Prints a line for each world and,
 * last, the points, the runs at them and those that failed. Exit 0 if none failed,
 * 77 with "SKIP: " and the reason where the machine does not allow it.
 */
#include "halt.h"

#include <granmem/port.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The short form runs so many others at an ordinary point, in turns, and counts the
 * instructions of one run in so many; the long form does all of both. */
#define PER_POINT 1
#define UNCOUNTED 400

/* Operations of maps and indexes are long, and mostly compute: the short form is at one of so
 * many of their ordinary points, and halts each of them in two of the four builds. */
#define EVERY 32

/* With so many failures there is no need of more. */
#define ENOUGH 40
#define ENOUGH_CONTROL 4

/* More than any control's operations take where nothing blocks them. */
#define CONTROL_INSTRUCTIONS 4000

static const struct world *const controls[] = { &world_lock, &world_wait, &world_torn };
static const struct world *const worlds[] = {
	&world_word,        &world_pool,      &world_compound, &world_folio,  &world_adhoc,
	&world_adhoc_small, &world_adhoc_big, &world_map,      &world_walker, &world_index,
};

static void on_panic(const char *text, const void *object)
{
	(void)object;
	mail->panic = text;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The locks must block, the torn count must be found wrong. */
static int controls_fail(const struct driver *driver)
{
	struct plan plan = { .every = 1, .enough = ENOUGH_CONTROL, .quiet = 1 };
	unsigned i;

	bound_instructions = CONTROL_INSTRUCTIONS;
	for (i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		struct tally tally = { 0 };
		int found;

		points_visit(driver, controls[i], &plan, &tally);
		found = controls[i] != &world_torn ? tally.blocked != 0 :
						     tally.failed != 0 && tally.blocked == 0;
		printf("  control %s: %lu of %lu runs failed, %lu of them blocked%s\n",
		       controls[i]->name, tally.failed, tally.runs, tally.blocked,
		       found ? "" : ": THE CONTROL WAS NOT FOUND FAULTY");
		if (!found)
			return 0;
	}
	bound_instructions = BOUND_INSTRUCTIONS;
	return 1;
}

static void visit(const struct driver *driver, const struct world *world, const struct plan *plan,
		  struct tally *sum)
{
	struct tally tally = { 0 };
	double begin = seconds();

	points_visit(driver, world, plan, &tally);
	printf("  %s: %lu points, %lu runs, %lu failed, ", world->name, tally.points, tally.runs,
	       tally.failed);
	printf("at most %lu instructions in %lu counted (%.1f s)\n", tally.longest, tally.counted,
	       seconds() - begin);
	sum->points += tally.points;
	sum->runs += tally.runs;
	sum->failed += tally.failed;
	if (tally.longest > sum->longest)
		sum->longest = tally.longest;
}

/* As far as a world differs in the short form. */
static void plan_for(struct plan *plan, const struct world *world, unsigned part)
{
	int is_long = world == &world_map || world == &world_walker || world == &world_index;

	plan->every = is_long ? EVERY : 1;
	plan->part = is_long ? part : 0;
}

int main(int argc, char **argv)
{
	const struct driver *driver =
		argc > 1 && strcmp(argv[1], "interrupts") == 0 ? &driver_trap : &driver_ptrace;
	struct plan plan = { .per_point = PER_POINT,
			     .uncounted = UNCOUNTED,
			     .enough = ENOUGH,
			     .progress = isatty(2) };
	struct tally sum = { 0 };
	const char *only = NULL;
	const char *why;
	unsigned part = 0;
	unsigned i;
	int arg;

	for (arg = 2; arg < argc; arg++) {
		if (strcmp(argv[arg], "--long") == 0)
			plan.per_point = plan.uncounted = 0;
		else if (strncmp(argv[arg], "--part=", 7) == 0)
			part = (unsigned)atoi(argv[arg] + 7);
		else
			only = argv[arg];
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	gm_port_set_panic(on_panic);
	memory_init();
	bound_init();
	if (!driver->init(&why)) {
		printf("SKIP: %s\n", why);
		return 77;
	}
	if (!controls_fail(driver))
		return 1;
	for (i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++)
		if (only == NULL || strcmp(only, worlds[i]->name) == 0) {
			plan_for(&plan, worlds[i], part);
			visit(driver, worlds[i], &plan, &sum);
		}
	printf("sum: %lu points, %lu runs, %lu failed, at most %lu instructions\n", sum.points,
	       sum.runs, sum.failed, sum.longest);
	return sum.failed != 0;
}
