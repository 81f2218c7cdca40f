/* SPDX-License-Identifier: BSD-2-Clause */
/* case_tables_more.c - putting by the table, and claiming several. */
#include "table_cases.h"

/* Two references: of two who put, one ends it. */
static void setup_shared(void)
{
	setup_one();
	gm_ref_get(given[0]);
}

static void thread_put(unsigned id)
{
	if (id < 2)
		do_table_put(given[0], A);
	else
		(void)do_find(A, 0);
}

static void thread_put_and_find(unsigned id)
{
	if (id == 0)
		do_table_put(given[0], A);
	else
		(void)do_find(A, id == 1 ? 0 : OTHER_TYPE);
}

/* Three granules for two who want two each, and one who wants one. */
static void thread_claim_each(unsigned id)
{
	struct gm_desc *descs[2];
	uint64_t base;

	if (id == 2) {
		if (do_claim(GRANULE, A, A + 3 * GRANULE, descs, &base) == 0)
			do_put(descs[0]);
		return;
	}
	if (do_claim_each(2, A, A + 3 * GRANULE, descs) != 0)
		return;
	do_check_mine(descs[1], gm_desc_base(descs[1]), GRANULE);
	do_put(descs[0]);
	do_put(descs[1]);
}

/* A block that cannot be had, since its last quarter is used. */
static void setup_quarter(void)
{
	setup_empty();
	explore_check(do_create(A + 3 * unit, unit, &given[0]) == 0, "create");
	world_keep();
}

/* Nothing ever is in the second quarter; what is in the way there is only busy. */
static void thread_quarter(unsigned id)
{
	struct gm_desc *desc;
	int err;

	if (id == 0) {
		explore_check(do_create(A, 4 * unit, &desc) != 0, "created over another");
		(void)do_create(A, unit, &desc);
		(void)do_create(A + 2 * unit, unit, &desc);
		return;
	}
	err = do_create(A + unit, unit, &desc);
	explore_check(err != -GM_EEXIST, "exists, where never anything was");
	if (err == 0)
		do_put(desc);
}

/* The first quarter is free all the time, whatever is tried with it. */
static void thread_claim_quarter(unsigned id)
{
	struct gm_desc *desc;
	uint64_t base;
	int err;

	if (id == 0) {
		explore_check(do_create(A, 4 * unit, &desc) != 0, "created over another");
		return;
	}
	err = do_claim(unit, A, A + unit, &desc, &base);
	explore_check(err != -GM_ENOMEM, "no memory, although it was free all the time");
	if (err == 0)
		do_put(desc);
}

/* Busy is said of what is in the middle of a change, not of what is gone. */
static void thread_busy(unsigned id)
{
	if (id == 0) {
		do_put(given[0]);
		created = 1;
		return;
	}
	explore_check(do_find(A, 0) != -GM_EBUSY || !created, "busy, although nothing is");
}

/* The memory of the head is used again while its tail is still being freed. */
static void thread_head(unsigned id)
{
	struct gm_desc *desc;

	if (id == 0) {
		do_put(given[0]);
		return;
	}
	(void)do_create(A, unit, &desc);
	(void)do_find(A + unit, 0);
}

static const struct table_case cases[] = {
	{ "put by the table", 2, 3, setup_shared, thread_put, table_check, 0 },
	{ "put by the table, and find", 3, 2, setup_shared, thread_put, table_check, 0 },
	{ "put by the table beside lookups", 2, 3, setup_one, thread_put_and_find, table_check, 0 },
	{ "put by the table beside lookups, 3", 3, 1, setup_one, thread_put_and_find, table_check,
	  0 },
	{ "create what fails", 2, 2, setup_quarter, thread_quarter, table_check, 0 },
	{ "claim beside what fails", 2, 2, setup_quarter, thread_claim_quarter, table_check, 0 },
	{ "head and tail", 2, 1, setup_double, thread_head, table_check, 0 },
	{ "claim each", 2, 1, setup_empty, thread_claim_each, table_check, 0 },
	{ "claim each, 3", 3, 0, setup_empty, thread_claim_each, table_check, 0 },
};

/* Nothing old is read here: it is the newest that decides. */
static const struct table_case newest = {
	"busy while it changes", 2, 3, setup_one, thread_busy, table_check, 0
};

void case_tables_more(void)
{
	table_cases_run(cases, sizeof(cases) / sizeof(cases[0]), 1);
	table_cases_run(&newest, 1, 0);
}
