/* SPDX-License-Identifier: BSD-2-Clause */
/* case_tables_parts.c - releasing parts of objects, claiming, walking, on each
 * table. */
#include "table_cases.h"

/* Half of an object is released: the other half is never gone. */
static void thread_release(unsigned id)
{
	int err;

	if (id == 0) {
		if (do_release(A, unit) == 0)
			created = 1;
		return;
	}
	err = do_find(A + unit, 0);
	explore_check(err == 0 || err == -GM_EBUSY, "the kept half was gone");
	if (id == 2)
		make_and_drop(A, unit);
}

static void thread_release_and_find(unsigned id)
{
	if (id == 0)
		(void)do_release(A, unit);
	else if (id == 1)
		(void)do_find(A, 0);
	else
		make_and_drop(A, unit);
}

/* What is behind a hole becomes an object of its own. */
static void thread_release_middle(unsigned id)
{
	int err;

	if (id == 0) {
		(void)do_release(A + unit, unit);
		return;
	}
	err = do_find(A + 2 * unit, 0);
	explore_check(err == 0 || err == -GM_EBUSY, "the kept end was gone");
}

/* The new object's descriptor was another's, whom somebody still looks for. */
static void thread_release_reuse(unsigned id)
{
	if (id == 0) {
		do_put(given[1]);
		(void)do_release(A + unit, unit);
	} else {
		(void)do_find(A + 4 * unit, 0);
	}
}

/* A node that was filled here comes back, cut, at the same place. */
static void thread_cut(unsigned id)
{
	struct gm_desc *desc;

	if (id != 0) {
		make_and_drop(A + unit, unit);
		return;
	}
	do_put(given[0]);
	if (do_create(A, GRANULE, &desc) != 0)
		return;
	(void)do_release(A, 2 * unit);
}

/* Three units for two who want two each. */
static void thread_claim(unsigned id)
{
	struct gm_desc *desc;
	uint64_t base;

	if (do_claim(id < 2 ? 2 * unit : unit, A, A + 4 * unit, &desc, &base) != 0)
		return;
	created++;
	do_check_mine(desc, base, id < 2 ? 2 * unit : unit);
	if (id == 2)
		do_put(desc);
}

static void check_claims(void)
{
	table_check();
	explore_check(created >= 1, "nobody found free memory");
}

static void thread_claim_and_put(unsigned id)
{
	struct gm_desc *desc;
	uint64_t base;

	if (id == 0) {
		do_put(given[0]);
	} else if (do_claim(unit, A, A + 2 * unit, &desc, &base) == 0) {
		do_check_mine(desc, base, unit);
		do_put(desc);
	}
}

static void thread_walk(unsigned id)
{
	if (id == 0)
		make_and_drop(A + unit, unit);
	else
		do_walk(A);
}

static const struct table_case cases[] = {
	{ "release half, find the other", 2, 2, setup_double, thread_release, table_check, 0 },
	{ "release half, 3", 3, 1, setup_double, thread_release, table_check, 0 },
	{ "release half, find it", 2, 2, setup_double, thread_release_and_find, table_check, 0 },
	{ "release half, find and create", 3, 1, setup_double, thread_release_and_find, table_check,
	  0 },
	{ "release the middle, find the end", 2, 2, setup_four, thread_release_middle, table_check,
	  0 },
	{ "release the middle, find another", 2, 2, setup_four, thread_release_reuse, table_check,
	  0 },
	{ "cut under a creator", 2, 2, setup_anchored, thread_cut, table_check, 1 },
	{ "claim", 2, 2, setup_empty, thread_claim, check_claims, 0 },
	{ "claim, 3", 3, 1, setup_empty, thread_claim, check_claims, 0 },
	{ "claim and remove", 2, 2, setup_one, thread_claim_and_put, table_check, 0 },
	{ "walk", 2, 2, setup_one, thread_walk, table_check, 0 },
};

void case_tables_parts(void)
{
	table_cases_run(cases, sizeof(cases) / sizeof(cases[0]), 1);
}
