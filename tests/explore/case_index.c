/* SPDX-License-Identifier: BSD-2-Clause */
/* case_index.c - inserting, finding, erasing and replacing, beside each other. */
#include "index_world.h"

#define AT 5u     /* in the leaf below the root's second grade */
#define NEXT 7u   /* in the same leaf */
#define FAR 53u   /* in a leaf below another node */
#define PLACES 64u

static int done[EXPLORE_THREADS]; /* what each thread's main call said */

static void begin(void)
{
	memset(done, 0, sizeof(done));
}

static void both_hold(unsigned n)
{
	gm_ref_get(objects[n]);
}

/* Object 0 is nowhere, and held by all. */
static void setup_out(void)
{
	index_make();
	(void)make_object(0, 1, MINE);
	both_hold(0);
}

/* Object 0 is at AT, and held by two; 1 keeps the leaf. */
static void put_in(unsigned units)
{
	index_make();
	(void)make_object(0, units, MINE);
	(void)make_object(1, 1, MINE);
	both_hold(0);
	both_hold(0);
	explore_check(insert(0, AT) == 0 && insert(1, 11) == 0, "insert");
}

static void setup_in(void)
{
	put_in(explore_now->parameter);
}

/* It is alone in its leaf. */
static void setup_alone(void)
{
	index_make();
	(void)make_object(0, 1, MINE);
	both_hold(0);
	both_hold(0);
	explore_check(insert(0, explore_now->parameter) == 0, "insert");
}

/* And 2 and 3 may be put somewhere, each held once. */
static void setup_more(void)
{
	put_in(explore_now->parameter);
	(void)make_object(2, explore_now->parameter, MINE);
	(void)make_object(3, 2, MINE);
}

static void thread_insert_find(unsigned id)
{
	if (id == 0)
		explore_check(insert(0, explore_now->parameter) == 0, "insert: no reason to fail");
	else
		(void)look_for(explore_now->parameter, id == 2);
}

static void thread_insert_search(unsigned id)
{
	if (id == 0)
		explore_check(insert(0, explore_now->parameter) == 0, "insert: no reason to fail");
	else
		(void)search(0);
}

/* It is in the index if its offset says so: then it is found. */
static void thread_offset(unsigned id)
{
	uint64_t offset;

	if (id == 0)
		explore_check(insert(0, AT) == 0, "insert: no reason to fail");
	else if (gm_index_offset(an_index, objects[0], &offset) == 0)
		explore_check(offset == AT * UNIT && look_for(AT, 0) == objects[0],
			      "not where it says it is");
}

static void thread_insert_erase(unsigned id)
{
	if (id == 0)
		explore_check(insert(0, FAR) == 0, "insert: no reason to fail");
	else
		done[1] = erase(0);
	explore_check(done[1] == 0 || done[1] == -GM_ENOENT, "erase: an odd answer");
}

static void thread_erase_find(unsigned id)
{
	if (id == 0) {
		explore_check(erase(0) == 0, "erase: no reason to fail");
		drop(objects[0]);
		drop(objects[0]);
		drop(objects[0]);
	} else {
		(void)look_for(AT + explore_now->parameter - 1, id == 2);
	}
}

/* Out and in again: the content is another. */
static void thread_again(unsigned id)
{
	if (id != 0) {
		(void)look_for(AT, 0);
		return;
	}
	explore_check(erase(0) == 0, "erase: no reason to fail");
	drop(objects[0]);
	drop(objects[0]);
	if (gm_ref_is_sole(objects[0]))
		write_cell(0);
	explore_check(gm_index_insert(an_index, AT * UNIT, objects[0], NULL) == 0,
		      "insert: no reason to fail");
}

static void thread_again_walk(unsigned id)
{
	if (id == 0)
		thread_again(id);
	else
		(void)look_for(AT, 1);
}

/* Out, and in elsewhere: it is never found where it is not. */
static void thread_move(unsigned id)
{
	struct gm_desc *desc;
	struct gm_run run;
	int err;

	if (id == 0) {
		explore_check(erase(0) == 0, "erase: no reason to fail");
		explore_check(gm_index_insert(an_index, NEXT * UNIT, objects[0], NULL) == 0,
			      "insert: no reason to fail");
		return;
	}
	err = gm_index_run(an_index, AT * UNIT + 7, 0, 9, 0, &desc, &run);
	explore_check(err == 0 || err == -GM_ENOENT, "find: an odd answer");
	if (err != 0)
		return;
	explore_check(run.bytes == UNIT - 7, "found: a wrong place in it");
	drop(desc);
}

/* The descriptor becomes another owner's object, at the same offset of his index. */
static void thread_recycle(unsigned id)
{
	if (id != 0) {
		(void)look_for(AT, id == 2);
		return;
	}
	explore_check(erase(0) == 0, "erase: no reason to fail");
	drop(objects[0]);
	drop(objects[0]);
	drop(objects[0]);
	if (!make_object(0, 1, THEIRS))
		return;
	write_cell(0);
	explore_check(gm_index_insert(other_index, AT * UNIT, objects[0], NULL) == 0,
		      "insert: no reason to fail");
}

/* The same, of a new life that is in no index. */
static void thread_recycle_nowhere(unsigned id)
{
	struct gm_desc *desc;

	if (id == 0) {
		explore_check(erase(0) == 0, "erase: no reason to fail");
		drop(objects[0]);
		drop(objects[0]);
		drop(objects[0]);
		(void)make_object(0, 1, MINE);
	} else if (find(AT, &desc) == 0) {
		/* Before it was erased, then: not of the new life. */
		explore_check(gm_desc_size(desc) == explore_now->parameter * UNIT,
			      "found: what is in no index");
		drop(desc);
	}
}

static void thread_erase_both(unsigned id)
{
	done[id] = erase(0);
	explore_check(done[id] == 0 || done[id] == -GM_ENOENT, "erase: an odd answer");
}

static void check_erase_both(void)
{
	explore_check((done[0] == 0) + (done[1] == 0) == 1, "not one of two has erased it");
	index_check();
}

/* Who holds what comes out may put it in again. */
static void thread_out_in(unsigned id)
{
	if (id == 0)
		explore_check(erase(0) == 0, "erase: no reason to fail");
	else
		done[1] = insert(0, AT);
	explore_check(done[1] == 0 || done[1] == -GM_EINVAL, "insert: an odd answer");
}

/* Two want overlapping places, beside what leaves. */
static void thread_overlap(unsigned id)
{
	done[id] = id == 2 ? erase(0) : insert(2 + id, AT - id);
	explore_check(done[id] == 0 || (id != 2 && (done[id] == -GM_EBUSY || done[id] == -GM_EEXIST)),
		      "an odd answer");
}

static void check_overlap(void)
{
	explore_check(done[0] != 0 || done[1] != 0, "two overlap");
	index_check();
}

/* What is being replaced is there, the one or the other. */
static void thread_replace_find(unsigned id)
{
	if (id == 0) {
		write_cell(2);
		explore_check(gm_index_replace(an_index, objects[0], objects[2]) == 0,
			      "replace: no reason to fail");
		return;
	}
	explore_check(look_for(AT + explore_now->parameter - 1, id == 2) != NULL,
		      "nothing, where there always is something");
}

static void thread_replace_erase(unsigned id)
{
	if (id == 0) {
		write_cell(2);
		done[0] = gm_index_replace(an_index, objects[0], objects[2]);
	} else {
		done[1] = erase(2);
	}
	explore_check(done[0] == 0 && (done[1] == 0 || done[1] == -GM_ENOENT ||
				       done[1] == -GM_EBUSY),
		      "an odd answer");
}

static void thread_replace_or_erase(unsigned id)
{
	if (id == 0) {
		write_cell(2);
		done[0] = gm_index_replace(an_index, objects[0], objects[2]);
	} else {
		done[1] = erase(0);
	}
	explore_check(done[id] == 0 || done[id] == -GM_ENOENT || done[id] == -GM_EBUSY,
		      "an odd answer");
}

static void check_replace_or_erase(void)
{
	explore_check((done[0] == 0) + (done[1] == 0) == 1, "not one of two has it");
	index_check();
}

/* It leaves its place, to come in elsewhere instead of another. */
static void thread_move_replacing(unsigned id)
{
	if (id == 0) {
		explore_check(erase(1) == 0, "erase: no reason to fail");
		explore_check(gm_index_replace(an_index, objects[0], objects[1]) == 0,
			      "replace: no reason to fail");
	} else {
		(void)look_for(11, 1);
	}
}

static void setup_two(void)
{
	put_in(1);
	both_hold(1);
}

/* What is out by having been replaced may come in. */
static void thread_replaced_in(unsigned id)
{
	if (id == 0) {
		write_cell(2);
		explore_check(gm_index_replace(an_index, objects[0], objects[2]) == 0,
			      "replace: no reason to fail");
		return;
	}
	done[1] = insert(0, NEXT);
	explore_check(done[1] == 0 || done[1] == -GM_EINVAL, "insert: an odd answer");
}

static void run(const char *name, unsigned nr, int preemptions, int stale, void (*setup)(void),
		void (*thread)(unsigned), void (*check)(void), unsigned parameter)
{
	struct explore_case one = { name,  nr,     preemptions, stale, setup,
				    begin, thread, check,       NULL,  parameter };

	case_run(&one);
}

void case_index(void)
{
	int more = explore_totals.long_run;

	run("index/insert and find", 3, 0 + more, 1, setup_out, thread_insert_find, index_check,
	    AT);
	run("index/insert far and find", 2, 1 + more, 4, setup_out, thread_insert_find,
	    index_check, FAR);
	run("index/insert far and go through", 2, 1 + more, 1, setup_out, thread_insert_search,
	    index_check, FAR);
	run("index/insert and offset", 2, 1 + more, 2, setup_out, thread_offset, index_check, 0);
	run("index/insert and erase", 2, 1 + more, 2, setup_out, thread_insert_erase, index_check,
	    0);
	run("index/erase and find", 3, 1 + more, 1, setup_in, thread_erase_find, index_check, 1);
	run("index/erase two slots and find", 2, 2 + more, 2, setup_in, thread_erase_find,
	    index_check, 2);
	run("index/out and in again", 2, 2 + more, 2, setup_in, thread_again, index_check, 1);
	run("index/out and in again, by a walk", 2, 2 + more, 2, setup_in, thread_again_walk,
	    index_check, 1);
	run("index/move", 2, 2 + more, 2, setup_in, thread_move, index_check, 1);
	run("index/recycle", 3, 1 + more, 1, setup_in, thread_recycle, index_check, 1);
	run("index/recycle, in no index", 2, 1 + more, 1, setup_in, thread_recycle_nowhere,
	    index_check, 2);
	run("index/erase by two", 2, 3 + more, 1, setup_alone, thread_erase_both, check_erase_both,
	    AT);
	run("index/erase by two, two nodes", 2, 2 + more, 1, setup_alone, thread_erase_both,
	    check_erase_both, FAR);
	run("index/out, and in by another", 2, 2 + more, 4, setup_in, thread_out_in, index_check,
	    1);
	run("index/overlap", 3, 1 + more, 0, setup_more, thread_overlap, check_overlap, 2);
	run("index/replace and find", 3, 1 + more, 1, setup_more, thread_replace_find, index_check,
	    2);
	run("index/replace and erase", 2, 2 + more, 2, setup_more, thread_replace_erase,
	    index_check, 1);
	run("index/replace or erase", 2, 2 + more, 1, setup_more, thread_replace_or_erase,
	    check_replace_or_erase, 1);
	run("index/move by replacing", 2, 2 + more, 5, setup_two, thread_move_replacing,
	    index_check, 1);
	run("index/replaced, and in again", 2, 2 + more, 2, setup_more, thread_replaced_in,
	    index_check, 1);
}
