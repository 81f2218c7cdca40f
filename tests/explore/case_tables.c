/* SPDX-License-Identifier: BSD-2-Clause */
/* case_tables.c - creating, finding and removing, on each table. */
#include "table_cases.h"

/* Two create the same, a third looks for it. */
static void thread_same(unsigned id)
{
	if (id < 2)
		make_and_drop(A, unit);
	else
		(void)do_find(A, 0);
}

static void thread_same_and_stay(unsigned id)
{
	struct gm_desc *desc;

	(void)id;
	if (do_create(A, unit, &desc) == 0)
		created++;
}

static void check_one_made(void)
{
	table_check();
	explore_check(created == 1, "of two who created the same, not one won");
}

/* Two units beside one of them: the first has to be rolled back. */
static void thread_overlap(unsigned id)
{
	if (id == 0)
		make_and_drop(A, 2 * unit);
	else if (id == 1)
		make_and_drop(A + unit, unit);
	else
		(void)do_find(A, 0);
}

/* One brings new metadata into the tree, the others meet it. */
static void thread_fresh(unsigned id)
{
	struct gm_desc *desc;

	if (id == 0)
		(void)do_create(A, unit, &desc);
	else if (id == 1)
		make_and_drop(A + unit, unit);
	else
		(void)do_find(A, 0);
}

/* Removing the last object of a node beside creating another in it. */
static void thread_neighbour(unsigned id)
{
	if (id == 0)
		do_put(given[0]);
	else
		make_and_drop(A + id * unit, unit);
}

/* The node goes on to another place while somebody is about to fill it here. */
static void thread_recycle(unsigned id)
{
	if (id == 0) {
		do_put(given[0]);
		make_and_drop(FAR, unit);
	} else {
		make_and_drop(A + unit, unit); /* a slot that was empty from the start */
	}
}

static void thread_recycle_find(unsigned id)
{
	if (id == 0) {
		do_put(given[0]);
		make_and_drop(FAR, unit);
	} else {
		(void)do_find(A, 0);
	}
}

/* The descriptor lives again at the same place, or for another type. */
static void thread_again(unsigned id)
{
	if (id == 0) {
		do_put(given[0]);
		make_and_drop(A, unit);
	} else {
		(void)do_find(A, id == 1 ? 0 : OTHER_TYPE);
	}
}

/* The descriptor goes on to another object, of the type that is looked for. */
static void thread_type_elsewhere(unsigned id)
{
	struct gm_object object = { gm_paddr(FAR), unit, OTHER_TYPE, NULL };
	struct gm_desc *desc;
	struct gm_object gone;

	if (id != 0) {
		(void)do_find(A, OTHER_TYPE);
		return;
	}
	do_put(given[0]);
	if (table_calls->create(table, &object, &desc) == 0 && gm_ref_put(desc, &gone))
		table_calls->remove(table, desc);
}

/* Nothing of another type ever is at A. */
static void thread_right_type(unsigned id)
{
	if (id == 0)
		thread_type_elsewhere(id);
	else
		(void)do_find(A, TYPE);
}

/* An orphan of the other type is not of the world. */
static void check_nothing_left(void)
{
	struct gm_verify verify;

	(void)table_calls->reap(table, NULL, NULL);
	explore_check(table_calls->verify(table, &verify) == 0, verify.first);
	explore_check(verify.nr_objects == 0, "an object is left");
}

static void thread_wrong_type(unsigned id)
{
	if (id == 0)
		do_put(given[0]);
	else
		(void)do_find(A, OTHER_TYPE);
	if (id == 2)
		do_reap();
}
/* The same memory as one larger object, then small again. */
static void thread_reform(unsigned id)
{
	if (id == 0) {
		do_put(given[0]);
		make_and_drop(A, 4 * unit);
	} else {
		(void)do_find(A + (id == 1 ? 3 * unit : 0), 0);
	}
}

static void thread_reform_smaller(unsigned id)
{
	if (id == 0) {
		do_put(given[0]);
		make_and_drop(A + unit, unit);
	} else {
		(void)do_find(A + unit, 0);
	}
}

static gm_word *message; /* from one thread to another, with release and acquire */

/* As one object, and room for the message. */
static void setup_message(void)
{
	setup_one();
	message = explore_alloc(sizeof(*message), 64);
}

/* Who was told that it exists finds it, however stale what it saw before. */
static void thread_told(unsigned id)
{
	struct gm_desc *desc;

	if (id == 0) {
		do_put(given[0]);
		if (do_create(A, 4 * unit, &desc) != 0)
			return;
		created = 1;
		gm_atomic_store_release(message, 1);
		return;
	}
	(void)do_find(A, 0);
	if (gm_atomic_load_acquire(message) != 0)
		explore_check(do_find(A + unit, 0) == 0, "not found, although it exists");
}

static const struct table_case cases[] = {
	{ "create the same", 2, 2, setup_empty, thread_same, table_check, 0 },
	{ "create the same, and stay", 2, 2, setup_empty, thread_same_and_stay, check_one_made, 0 },
	{ "create the same, and find", 3, 1, setup_empty, thread_same, table_check, 0 },
	{ "create overlapping", 2, 2, setup_empty, thread_overlap, table_check, 0 },
	{ "create overlapping, and find", 3, 1, setup_empty, thread_overlap, table_check, 0 },
	{ "create in new memory", 2, 1, setup_fresh, thread_fresh, table_check, 0 },
	{ "create and find in new memory", 3, 0, setup_fresh, thread_fresh, table_check, 0 },
	{ "remove and create beside", 2, 2, setup_one, thread_neighbour, table_check, 0 },
	{ "remove and create beside, 3", 3, 1, setup_one, thread_neighbour, table_check, 0 },
	{ "recycle under a creator", 2, 2, setup_one, thread_recycle, table_check, 0 },
	{ "recycle under a lookup", 2, 2, setup_one, thread_recycle_find, table_check, 0 },
	{ "again at the same place", 2, 2, setup_one, thread_again, table_check, 0 },
	{ "again at the same place, 3", 3, 1, setup_one, thread_again, table_check, 0 },
	{ "another type", 2, 2, setup_one, thread_wrong_type, table_check, 0 },
	{ "another type elsewhere", 2, 2, setup_one, thread_type_elsewhere, check_nothing_left, 0 },
	{ "the right type, and another", 2, 2, setup_one, thread_right_type, check_nothing_left,
	  0 },
	{ "another type, and reap", 3, 1, setup_one, thread_wrong_type, table_check, 0 },
	{ "re-formed larger", 2, 2, setup_one, thread_reform, table_check, 0 },
	{ "re-formed larger, 3", 3, 1, setup_one, thread_reform, table_check, 0 },
	{ "re-formed smaller", 2, 2, setup_double, thread_reform_smaller, table_check, 0 },
	{ "told that it exists", 2, 2, setup_message, thread_told, table_check, 0 },
};

void case_tables(void)
{
	table_cases_run(cases, sizeof(cases) / sizeof(cases[0]), 1);
}
