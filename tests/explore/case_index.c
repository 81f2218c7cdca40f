/* SPDX-License-Identifier: BSD-2-Clause */
/* case_index.c - lookups in an index beside one thread that changes it, and another index
 * that gets its nodes. */
#include "index_world.h"

#include <string.h>

static int answers[EXPLORE_THREADS];

static void begin(void)
{
	memset(answers, 0, sizeof(answers));
}

/* A tree becomes higher: what was in it is found all the time. */
static void setup_low(void)
{
	make(1);
	put_in(0, 0);
}

static void thread_higher(unsigned id)
{
	unsigned n;

	if (id == 0) {
		put_in(1, explore_now->parameter);
		return;
	}
	explore_check(find(0) == 0, "what was there is not found");
	n = find(explore_now->parameter);
	explore_check(n == 1 || n == NR_OBJECTS, "found: another");
}

static void thread_higher_search(unsigned id)
{
	if (id == 0)
		put_in(1, explore_now->parameter);
	else
		explore_check((search(0, 0, explore_now->parameter) | 2) == 3,
			      "what was there is not found");
}

/* All nodes are in use: the next is in new memory. */
static void setup_full(void)
{
	make(1);
	put_in(0, 1);
	put_in(2, 5 * LEAF);
	while (gm_pool_take(&mine->store->nodes, 0, 1) != NULL)
		;
}

static void thread_new_memory(unsigned id)
{
	if (id == 0)
		put_in(1, LEAF);
	else
		(void)find(LEAF);
}

static void thread_new_memory_search(unsigned id)
{
	if (id == 0)
		put_in(1, LEAF);
	else
		explore_check((search(0, 1, LEAF) | 2) == 7, "what was there is not found");
}

/* A leaf goes to another index, with another object where the lookup looks. */
static void setup_leaf(void)
{
	make(1);
	put_in(0, 5);
}

static void thread_other_index(unsigned id)
{
	unsigned n;

	if (id == 0) {
		take_out(0, 0);
		put_in(3, 5);
		return;
	}
	n = explore_now->parameter ? search(0, 5, NOWHERE) : find(5);
	explore_check(explore_now->parameter ? n < 2 : n == 0 || n == NR_OBJECTS,
		      "found: another");
}

/* A leaf goes elsewhere in the same index, whose object 2 stays. */
static void setup_two_leaves(void)
{
	make(1);
	put_in(2, 2 * LEAF + 5);
	put_in(0, 5);
}

static void thread_same_index(unsigned id)
{
	unsigned n;

	if (id == 0) {
		take_out(0, 0);
		put_in(1, LEAF + 5);
	} else if (explore_now->parameter) {
		n = search(0, 5, LEAF + 5);
		explore_check((n & 4) != 0, "what was there is not found");
	} else {
		n = find(5);
		explore_check(n == 0 || n == NR_OBJECTS, "found: another");
		n = find(LEAF + 5);
		explore_check(n == 1 || n == NR_OBJECTS, "found: another");
		explore_check(find(2 * LEAF + 5) == 2, "what was there is not found");
	}
}

/* Out, and in elsewhere: the run says where the byte is. */
static void thread_move(unsigned id)
{
	struct gm_desc *desc;
	struct gm_run run;
	int err;

	if (id == 0) {
		take_out(0, 0);
		put_in(0, 3);
		return;
	}
	err = gm_index_run(mine, 5 * UNIT + 7, 0, 12, 0, &desc, &run);
	explore_check(err == 0 || err == -GM_ENOENT, "run: an odd answer");
	if (err != 0)
		return;
	explore_check(run.bytes == UNIT - 7, "run: a wrong place in it");
	(void)let_go(desc);
}

/* Gone, and a new life of the descriptor is another owner's. */
static void thread_recycle(unsigned id)
{
	struct gm_desc *desc;
	int err;

	if (id != 0) {
		err = gm_index_find_get(mine, 5 * UNIT, &desc);
		/* Busy: of the new life, which is not there yet, in the old slot. */
		explore_check(err == 0 || err == -GM_ENOENT || err == -GM_EBUSY,
			      "find: an odd answer");
		if (err == 0)
			explore_check(let_go(desc) == 0, "found: another");
		return;
	}
	take_out(0, 0);
	if (gm_ref_freeze(&objects[0].desc, 1) != 0)
		return;
	gm_ref_retire(&objects[0].desc);
	begin_life(0, 1, theirs);
	explore_check(gm_index_insert(theirs, 5 * UNIT, &objects[0].desc, NULL) == 0,
		      "insert: no reason to fail");
}

/* Out, and then frozen: who finds it late is not told that something is busy. */
static void thread_frozen(unsigned id)
{
	struct gm_desc *desc;
	struct gm_run run;
	int err;

	if (id == 0) {
		take_out(0, 0);
		answers[id] = gm_ref_freeze(&objects[0].desc, 1);
		return;
	}
	err = gm_index_run(mine, 5 * UNIT, 0, 12, 0, &desc, &run);
	explore_check(err == 0 || err == -GM_ENOENT, "run: an odd answer");
}

/* One of two units instead of another: at both there always is one. */
static void setup_pair(void)
{
	struct gm_object gone;

	make(1);
	explore_check(gm_ref_put(&objects[0].desc, &gone) == 1 &&
			      gm_ref_put(&objects[1].desc, &gone) == 1,
		      "put");
	begin_life(0, 2, mine);
	begin_life(1, 2, mine);
	put_in(0, 5);
	cells[1] = 1;
}

static void thread_replace(unsigned id)
{
	if (id == 0)
		explore_check(gm_index_replace(mine, &objects[0].desc, &objects[1].desc) == 0,
			      "replace: no reason to fail");
	else
		explore_check(find(5) < 2 && find(6) < 2, "nothing is found");
}

/* Marked all the time, beside one whose mark comes and goes. */
static void setup_marked(void)
{
	make(1);
	put_in(0, 5);
	put_in(1, LEAF + 5);
	put_in(2, 2 * LEAF + 5);
	explore_check(gm_index_mark(mine, &objects[explore_now->parameter].desc, GM_INDEX_DIRTY,
				    0) == 0,
		      "mark");
}

static void thread_mark(unsigned id)
{
	struct gm_desc *other = &objects[(explore_now->parameter + 1) % 3].desc;

	if (id == 0)
		explore_check(gm_index_mark(mine, other, GM_INDEX_DIRTY, 0) == 0 &&
				      gm_index_mark(mine, other, 0, GM_INDEX_DIRTY) == 0,
			      "mark: no reason to fail");
	else
		explore_check((search(GM_INDEX_DIRTY, 5, LEAF + 5) &
			       1u << explore_now->parameter) != 0,
			      "what is marked is not found");
}

/* A large object over a leaf of shadows, whose memory the other index gets. */
static void setup_shadows(void)
{
	struct gm_object gone;

	make(1);
	put_in(2, 2 * LEAF + 5);
	put_in(0, LEAF + 3);
	take_out(0, 9);
	explore_check(gm_ref_put(&objects[1].desc, &gone) == 1, "put");
	begin_life(1, (unsigned)LEAF, mine);
}

static void thread_over(unsigned id)
{
	unsigned n;

	if (id == 0) {
		put_in(1, LEAF);
		put_in(3, 3);
		return;
	}
	n = find(LEAF + 3);
	explore_check(n == 1 || n == NR_OBJECTS, "found: another");
	explore_check((search(0, NOWHERE, LEAF) & 4) != 0, "what was there is not found");
}

/* The last memory comes while another looks for it: that one is told to try again. */
static void setup_last(void)
{
	make(0);
}

static void thread_last(unsigned id)
{
	struct gm_index *index = id == 0 ? mine : theirs;

	answers[id] = gm_index_insert(index, UNIT, &objects[id == 0 ? 0 : 3].desc, NULL);
	explore_check(answers[id] == 0 || answers[id] == -GM_EBUSY, "insert: no reason to fail");
}

static void check_last(void)
{
	explore_check(answers[0] == 0 || answers[1] == 0, "both were told to try again");
	check_rest();
}

static void run_stale(const char *name, int preemptions, int stale, void (*setup)(void),
		      void (*thread)(unsigned), void (*check)(void), unsigned parameter)
{
	struct explore_case one = { name,  2,      preemptions, stale, setup,
				    begin, thread, check,       NULL,  parameter };

	case_run(&one);
}

static void run(const char *name, int preemptions, void (*setup)(void), void (*thread)(unsigned),
		void (*check)(void), unsigned parameter)
{
	run_stale(name, preemptions, preemptions, setup, thread, check, parameter);
}

void case_index(void)
{
	int three = explore_totals.long_run ? 5 : 3;

	run("index/higher", three, setup_low, thread_higher, check_rest, 1);
	run("index/much higher", three, setup_low, thread_higher, check_rest, LEAF * LEAF);
	run("index/higher, search", three, setup_low, thread_higher_search, check_rest, 1);
	run("index/new memory", three, setup_full, thread_new_memory, NULL, 0);
	run("index/new memory, search", three, setup_full, thread_new_memory_search, NULL, 0);
	run("index/to another index", three, setup_leaf, thread_other_index, check_rest, 0);
	run("index/to another index, search", three, setup_leaf, thread_other_index, check_rest, 1);
	run("index/elsewhere", three, setup_two_leaves, thread_same_index, check_rest, 0);
	run("index/elsewhere, search", three, setup_two_leaves, thread_same_index, check_rest, 1);
	run("index/move", three, setup_leaf, thread_move, check_rest, 0);
	run("index/recycle", three, setup_leaf, thread_recycle, NULL, 0);
	run_stale("index/frozen", three, 0, setup_leaf, thread_frozen, NULL, 0);
	run("index/replace", three, setup_pair, thread_replace, check_rest, 0);
	run("index/marks, the first", three, setup_marked, thread_mark, check_rest, 0);
	run("index/marks, the last", three, setup_marked, thread_mark, check_rest, 2);
	run("index/over shadows", three, setup_shadows, thread_over, check_rest, 0);
	run("index/the last slab", 2, setup_last, thread_last, check_last, 0);
}
