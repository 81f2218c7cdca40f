/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - explore: try the orders of small cases.
 *
 *   explore                  the short form
 *   explore --long           more
 *   explore --case TEXT      only cases whose name contains TEXT
 *   explore --exactly NAME   only the case of this name
 *   explore --replay SEED    one schedule, with its trace
 *   explore --orders         the mutants that weaken one memory order: their names
 *   explore --weaken NAME    be that mutant
 *   explore --verbose        a line for each case
 *   explore --first          end at the first violation
 *   explore --limit N        at most so many schedules of a case
 *
 * Ends with 1 if there was a violation. A case that is cut at the limit is one in the short
 * form, whose cases are all to be seen to their end; the long form goes as far as it can.
 */
#include "cases.h"
#include "internal.h"

#include <granmem/port.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *wanted = "";
static const char *exactly;
static const char *replay;
static int verbose;
static int first;
static int replayed;
static int orders;

void explore_panic(const char *text, const void *object)
{
	(void)object;
	explore_fail(text, "assertion", 0);
}

/* A schedule that follows a wild pointer is a violation like others. */
static void wild(int signal)
{
	(void)signal;
	explore_fail("a wild pointer was followed", "signal", 0);
}

static void catch_wild(void)
{
	static unsigned char stack[1 << 15];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = wild, .sa_flags = SA_ONSTACK | SA_NODEFER };

	sigaltstack(&alternate, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

void case_run(const struct explore_case *one)
{
	unsigned long long before = explore_totals.schedules;
	unsigned violations = explore_totals.violations;
	clock_t began = clock();

	if (replay != NULL) {
		size_t length = strlen(one->name);

		if (strncmp(replay, one->name, length) == 0 && replay[length] == ':') {
			replayed = 1;
			explore_totals.violations +=
				(unsigned)explore_replay(one, replay + length + 1);
		}
		return;
	}
	if (strstr(one->name, wanted) == NULL || (first && explore_totals.violations != 0) ||
	    (exactly != NULL && strcmp(one->name, exactly) != 0))
		return;
	explore_run(one);
	if (verbose)
		printf("%-40s %10llu schedules %6.2f s%s\n", one->name,
		       explore_totals.schedules - before,
		       (double)(clock() - began) / CLOCKS_PER_SEC,
		       explore_totals.violations != violations ? "  VIOLATION" : "");
}

static int usage(const char *program)
{
	fprintf(stderr,
		"usage: %s [--long] [--verbose] [--first] [--case TEXT] "
		"[--exactly NAME] [--replay SEED] [--orders] [--weaken NAME] [--limit N]\n",
		program);
	return 2;
}

/* Returns 0 if the arguments are not understood. */
static int parse(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--long") == 0) {
			explore_totals.long_run = 1;
			explore_totals.limit = 20000000;
		} else if (strcmp(argv[i], "--verbose") == 0)
			verbose = 1;
		else if (strcmp(argv[i], "--first") == 0)
			first = 1;
		else if (strcmp(argv[i], "--orders") == 0)
			orders = 1;
		else if (next == NULL)
			return 0;
		else if (strcmp(argv[i++], "--case") == 0)
			wanted = next;
		else if (strcmp(argv[i - 1], "--exactly") == 0)
			exactly = next;
		else if (strcmp(argv[i - 1], "--replay") == 0)
			replay = next;
		else if (strcmp(argv[i - 1], "--limit") == 0)
			explore_totals.limit = strtoull(next, NULL, 0);
		else if (strcmp(argv[i - 1], "--weaken") != 0 || !places_weaken(next))
			return 0;
	}
	return 1;
}

/* A program for one mutant may have fewer files of cases. */
#define RUN(cases) \
	do { \
		if (cases) \
			cases(); \
	} while (0)

int main(int argc, char **argv)
{
	explore_totals.limit = 2000000;
	if (!parse(argc, argv))
		return usage(argv[0]);
	if (orders) {
		places_print();
		return 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	gm_port_set_panic(explore_panic);
	catch_wild();
	RUN(case_ref_pairs);
	RUN(case_ref_limits);
	RUN(case_pool);
	RUN(case_radix);
	RUN(case_radix_cut);
	RUN(case_radix_alone);
	RUN(case_compound);
	RUN(case_adhoc);
	RUN(case_folio);
	RUN(case_index);
	RUN(case_hosted);
	RUN(case_growth);
	RUN(case_tables);
	RUN(case_tables_parts);
	RUN(case_tables_more);
	RUN(case_map);
	RUN(case_walker);
	RUN(case_walker_runs);
	RUN(case_ref_triples);
	if (replay != NULL && !replayed) {
		fprintf(stderr, "%s: no case of that seed\n", argv[0]);
		return 2;
	}
	if (explore_totals.cut != 0)
		printf("%u cases were cut: nothing is known of the rest of them\n",
		       explore_totals.cut);
	if (!explore_totals.long_run)
		explore_totals.violations += explore_totals.cut;
	if (replay == NULL)
		printf("explorer: %llu schedules, %u violations\n", explore_totals.schedules,
		       explore_totals.violations);
	return explore_totals.violations != 0;
}
