/* SPDX-License-Identifier: BSD-2-Clause */
/* case_index_mark.c - marks, and searches that take back labels, beside each other. */
#include "index_world.h"

#define AT 53u  /* in the leaf from 48 on, below a node of level 1 */
#define NEXT 55u
#define FAR 40u /* in the leaf below */
#define FREE 57u
#define DIRTY GM_INDEX_DIRTY

static void begin(void)
{
}

static gm_word bit(unsigned unit)
{
	return (gm_word)1 << unit;
}

/* 0 is at AT, 1 at NEXT, both without a mark; held by the threads. */
static void setup(void)
{
	index_make();
	(void)make_object(0, 1, MINE);
	(void)make_object(1, 1, MINE);
	gm_ref_get(objects[0]);
	gm_ref_get(objects[0]);
	gm_ref_get(objects[1]);
	explore_check(insert(0, AT) == 0 && insert(1, NEXT) == 0, "insert");
}

/* And its label is left over from before. */
static void setup_label(void)
{
	setup();
	explore_check(mark(0, DIRTY, 0) == 0 && mark(0, 0, DIRTY) == 0, "mark");
}

/* The leaf has none any more, but the node above says so. */
static void setup_label_above(void)
{
	setup();
	explore_check(mark(0, DIRTY, 0) == 0 && mark(0, 0, DIRTY) == 0, "mark");
	(void)make_object(2, 1, MINE);
	explore_check(insert(2, FAR) == 0, "insert");
	explore_check(erase(0) == 0 && erase(1) == 0, "erase");
	explore_check(insert(0, AT) == 0 && insert(1, NEXT) == 0, "insert");
}

/* A label of a slot in which nothing is. */
static void setup_label_of_nothing(void)
{
	setup();
	(void)make_object(2, 1, MINE);
	gm_ref_get(objects[2]);
	explore_check(insert(2, FREE) == 0 && mark(2, DIRTY, 0) == 0 && erase(2) == 0, "insert");
}

/* Who finds a mark sees what was written before it was set. */
static void write_and_mark(void)
{
	write_cell(0);
	explore_check(mark(0, DIRTY, 0) == 0, "mark: no reason to fail");
}

static void thread_marks(unsigned id)
{
	if (id == 0)
		write_and_mark();
	else if ((gm_index_marks(an_index, objects[0]) & DIRTY) != 0)
		read_cell(objects[0]);
}

static void thread_mark_both(unsigned id)
{
	gm_word before;

	if (id == 0) {
		write_and_mark();
		return;
	}
	explore_check(gm_index_mark(an_index, objects[0], DIRTY, 0, &before) == 0,
		      "mark: no reason to fail");
	if ((before & DIRTY) != 0)
		read_cell(objects[0]);
}

static void thread_mark_erase(unsigned id)
{
	gm_word marks;
	int err;

	if (id == 0) {
		write_cell(0);
		err = mark(0, DIRTY, 0);
		explore_check(err == 0 || err == -GM_ENOENT, "mark: an odd answer");
		return;
	}
	explore_check(gm_index_erase(an_index, objects[0], 0, &marks) == 0,
		      "erase: no reason to fail");
	if ((marks & DIRTY) != 0)
		read_cell(objects[0]);
}

static void thread_mark_search(unsigned id)
{
	if (id == 0)
		write_and_mark();
	else
		explore_check((search(DIRTY) & ~bit(AT)) == 0, "found: what never was marked");
}

/* One takes labels back; what others mark is found, at once and for good. */
static void thread_labels_go(unsigned id)
{
	unsigned n = id - 1;

	if (id == 0) {
		(void)search(DIRTY);
		return;
	}
	explore_check(mark(n, DIRTY, 0) == 0, "mark: no reason to fail");
	explore_check((search(DIRTY) & bit(n == 0 ? AT : NEXT)) != 0, "a mark was not found");
}

/* Two take labels back. */
static void thread_labels_go_by_two(unsigned id)
{
	thread_labels_go(id == 2 ? 1 : 0);
}

/* Both mark the same one. */
static void thread_labels_go_same(unsigned id)
{
	if (id == 0) {
		(void)search(DIRTY);
		return;
	}
	explore_check(mark(0, DIRTY, 0) == 0, "mark: no reason to fail");
	explore_check((search(DIRTY) & bit(AT)) != 0, "a mark was not found");
}

static void check_marked(void)
{
	explore_check((search(DIRTY) & bit(AT)) != 0, "a mark was not found");
	index_check();
}

static void thread_insert_and_mark(unsigned id)
{
	if (id == 0) {
		(void)search(DIRTY);
		return;
	}
	explore_check(insert(2, FREE) == 0, "insert: no reason to fail");
	explore_check(mark(2, DIRTY, 0) == 0, "mark: no reason to fail");
	explore_check((search(DIRTY) & bit(FREE)) != 0, "a mark was not found");
}

/* What replaces it inherits the mark. */
static void thread_replace(unsigned id)
{
	if (id == 0) {
		(void)search(DIRTY);
	} else if (id == 1) {
		write_cell(2);
		explore_check(gm_index_replace(an_index, objects[0], objects[2]) == 0,
			      "replace: no reason to fail");
		explore_check(mark(2, DIRTY, 0) == 0, "mark: no reason to fail");
		explore_check((search(DIRTY) & bit(AT)) != 0, "a mark was not found");
	}
}

static void setup_replace(void)
{
	setup_label();
	(void)make_object(2, 1, MINE);
	gm_ref_get(objects[2]);
}

/* While one marks it, the leaf goes, and a new one comes in new memory. */
static void setup_alone(void)
{
	unsigned n;

	index_make();
	for (n = 0; n < 3; n++)
		(void)make_object(n, 1, MINE);
	gm_ref_get(objects[0]);
	gm_ref_get(objects[0]);
	explore_check(insert(0, explore_now->parameter) == 0, "insert");
	index_exhaust(0);
}

static void thread_mark_new_leaf(unsigned id)
{
	int err;

	if (id != 0) {
		err = mark(0, DIRTY, 0);
		explore_check(err == 0 || err == -GM_ENOENT, "mark: an odd answer");
		return;
	}
	explore_check(erase(0) == 0, "erase: no reason to fail");
	/* The one that went is used elsewhere. */
	explore_check(insert(1, 100) == 0, "insert: no reason to fail");
	explore_check(insert(2, explore_now->parameter) == 0, "insert: no reason to fail");
}

static void run(const char *name, unsigned nr, int preemptions, int stale, void (*start)(void),
		void (*thread)(unsigned), void (*check)(void), unsigned parameter)
{
	struct explore_case one = { name,  nr,     preemptions, stale, start,
				    begin, thread, check,       NULL,  parameter };

	case_run(&one);
}

void case_index_mark(void)
{
	int more = explore_totals.long_run;

	run("index/mark and look", 2, 1 + more, 1, setup, thread_marks, check_marked, 0);
	run("index/mark by two", 2, 1 + more, 1, setup, thread_mark_both, check_marked, 0);
	run("index/mark and erase", 2, 1 + more, 1, setup, thread_mark_erase, index_check, 0);
	run("index/mark and search", 2, 1 + more, 1, setup, thread_mark_search, check_marked, 0);
	run("index/labels go", 2, 2 + more, 2, setup_label, thread_labels_go, check_marked, 0);
	run("index/labels go, two mark", 3, 1 + more, 2, setup_label, thread_labels_go,
	    check_marked, 0);
	run("index/labels go, two search", 3, 1 + more, 0, setup_label, thread_labels_go_by_two,
	    check_marked, 0);
	run("index/labels go, two mark one", 3, 1 + more, 2, setup_label, thread_labels_go_same,
	    check_marked, 0);
	run("index/labels above go", 2, 2 + more, 2, setup_label_above, thread_labels_go,
	    check_marked, 0);
	run("index/labels above go, two mark", 3, 1 + more, 2, setup_label_above, thread_labels_go,
	    check_marked, 0);
	run("index/labels of nothing go", 2, 1 + more, 4, setup_label_of_nothing,
	    thread_insert_and_mark, index_check, 0);
	run("index/labels go and replace", 2, 2 + more, 1, setup_replace, thread_replace,
	    check_marked, 0);
	run("index/mark and a new leaf", 2, 1 + more, 1, setup_alone, thread_mark_new_leaf,
	    index_check, AT);
	run("index/mark and a new node", 2, 1 + more, 1, setup_alone, thread_mark_new_leaf,
	    index_check, 5);
}
