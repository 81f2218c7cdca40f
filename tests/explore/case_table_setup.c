/* SPDX-License-Identifier: BSD-2-Clause */
/* case_table_setup.c - how the tables' cases begin; contracts in table_cases.h. */
#include "table_cases.h"

struct gm_desc *given[2];
uint64_t unit;
int created;

static void begin(void)
{
	world_reset();
	created = 0;
}

static void start(uint64_t size)
{
	struct gm_desc *desc;

	unit = size;
	table_start(1);
	/* So that metadata of each kind is there before the threads begin. */
	explore_check(do_create(A, unit, &desc) == 0, "create");
	do_put(desc);
}

/* The case's parameter is what objects are multiples of: 64 or a granule. */
void setup_empty(void)
{
	start(explore_now->parameter);
	world_keep();
}

/* Metadata is taken, and cleared, by the threads. */
void setup_fresh(void)
{
	unit = explore_now->parameter;
	table_start(0);
	world_keep();
}

void setup_one(void)
{
	start(explore_now->parameter);
	explore_check(do_create(A, unit, &given[0]) == 0, "create");
	world_keep();
}

void setup_double(void)
{
	start(explore_now->parameter);
	explore_check(do_create(A, 2 * unit, &given[0]) == 0, "create");
	world_keep();
}

void setup_four(void)
{
	start(explore_now->parameter);
	explore_check(do_create(A, 4 * unit, &given[0]) == 0 &&
			      do_create(A + 4 * unit, unit, &given[1]) == 0,
		      "create");
	world_keep();
}

/* A granule that is one object, beside another that keeps the node above. */
void setup_anchored(void)
{
	struct gm_desc *anchor;

	start(explore_now->parameter);
	explore_check(do_create(A + 4 * GRANULE, GRANULE, &anchor) == 0, "create");
	explore_check(do_create(A, unit, &given[0]) == 0, "create");
	world_keep();
}

void make_and_drop(uint64_t base, uint64_t size)
{
	struct gm_desc *desc;

	if (do_create(base, size, &desc) != 0)
		return;
	created++;
	do_check_mine(desc, base, size);
	do_put(desc);
}

static void run(const struct table_case *what, unsigned size, int stale)
{
	char name[100];
	struct explore_case one = { name,  what->nr_threads, what->preemptions, stale, what->setup,
				    begin, what->thread,     what->check,       NULL,  size };

	if (explore_totals.long_run) {
		one.preemptions++;
		one.stale += stale != 0;
	}
	snprintf(name, sizeof(name), "%s/%s%s", table_calls->name, what->name,
		 size < GRANULE ? ", below a granule" : "");
	case_run(&one);
}

void table_cases_run(const struct table_case *cases, unsigned nr, int stale)
{
	static const struct table_calls *const all[] = { &table_adhoc, &table_compound,
							 &table_folio };
	unsigned which, i;

	for (which = 0; which < 3; which++) {
		table_calls = all[which];
		for (i = 0; i < nr; i++) {
			if (cases[i].for_adhoc == 0)
				run(&cases[i], GRANULE, stale);
			if (table_calls->sub_granule)
				run(&cases[i], 64, stale);
		}
	}
}
