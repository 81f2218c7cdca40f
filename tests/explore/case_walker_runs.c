/* SPDX-License-Identifier: BSD-2-Clause */
/* case_walker_runs.c - runs of two entries: set, changed and unfolded by several. */
#include "walker_cases.h"

static int results[EXPLORE_THREADS];
static int found;
static int marked;

static void begin(void)
{
	unsigned i;

	walker_begin();
	for (i = 0; i < EXPLORE_THREADS; i++)
		results[i] = 1;
	found = -GM_ENOENT;
	marked = 0;
}

/* Granule 3 keeps the page. */
static void setup_kept(void)
{
	walker_start(0, 1);
	explore_check(do_map(3, 1, 3) == 0, "map");
	walker_keep();
}

static void setup_run(void)
{
	struct gm_walker_at at;

	walker_start(0, 1);
	explore_check(do_map(3, 1, 3) == 0 && do_map(0, 2, 0) == 0, "map");
	explore_check(do_lookup(0, &at) == 0 && at.leaf_shift == 13, "no run");
	walker_keep();
}

/* Each unmaps another half. */
static void thread_halves(unsigned id)
{
	struct gm_walker_at at;

	if (id < 2)
		results[id] = do_unmap(id, 1);
	else
		found = do_lookup(0, &at);
}

static void check_halves(void)
{
	explore_check(results[0] == 0 || results[1] == 0, "both busy");
	explore_check((frame_at(0) < 0) == (results[0] == 0), "not as unmap said");
	explore_check((frame_at(1) < 0) == (results[1] == 0), "not as unmap said");
	walker_check();
}

/* One maps a run, another protects it, or takes half of it away. */
static void thread_fresh(unsigned id)
{
	struct gm_walker_at at;

	if (id == 0)
		results[0] = do_map(0, 2, 0);
	else if (id == 1)
		results[1] = explore_now->parameter ? do_unmap(1, 1) : do_protect(0, 2);
	else
		found = do_lookup(explore_now->parameter ? 0 : 1, &at);
}

static void check_fresh(void)
{
	struct gm_walker_at at, other;

	explore_check(results[0] == 0, "map");
	explore_check(frame_at(0) == 0, "not what was mapped");
	/* Unfolded, it may have been protected in part: after 0 was passed, before 1. */
	if (do_lookup(0, &at) == 0 && at.leaf_shift == 13)
		explore_check(do_lookup(1, &other) == 0 && at.pte.prot == other.pte.prot,
			      "the parts of a run differ");
	walker_check();
}

/* It goes and comes while somebody unfolds it. */
static void thread_again(unsigned id)
{
	struct gm_walker_at at;

	if (id == 0)
		results[0] = do_unmap(0, 2) != 0 || do_map(0, 2, 1) != 0;
	else if (id == 1)
		results[1] = do_protect(1, 1);
	else
		found = do_lookup(0, &at);
}

static void check_again(void)
{
	walker_check();
}

/* Hardware notes in one entry what concerns both. */
static unsigned granule_to_mark(void)
{
	return explore_now->parameter == 2 ? 0 : 1;
}

static void thread_mark(unsigned id)
{
	if (id == 0)
		results[0] = explore_now->parameter ? do_protect(0, 2) : do_protect(0, 1);
	else
		marked = do_mark(granule_to_mark());
}

static void check_mark(void)
{
	struct gm_walker_at at;
	unsigned i;

	explore_check(results[0] == 0, "protect");
	for (i = 0; i < 2; i++) {
		explore_check(do_lookup(i, &at) == 0, "not mapped");
		explore_check((at.pte.flags & GM_PTE_DIRTY) != 0 || !marked ||
				      i < granule_to_mark(),
			      "a dirty bit is lost");
	}
	walker_check();
}

static void run(const char *name, unsigned nr, int preemptions, void (*setup)(void),
		void (*thread)(unsigned), void (*check)(void), unsigned parameter)
{
	struct explore_case one = { name,  nr,     preemptions, 2,    setup,
				    begin, thread, check,       NULL, parameter };

	case_run(&one);
}

void case_walker_runs(void)
{
	int more = explore_totals.long_run ? 1 : 0;

	run("walker/run, unmap halves", 2, 3 + more, setup_run, thread_halves, check_halves, 0);
	run("walker/run, unmap halves, look", 3, 1 + more, setup_run, thread_halves, check_halves,
	    0);
	run("walker/run, map and protect", 2, 3 + more, setup_kept, thread_fresh, check_fresh, 0);
	run("walker/run, map and unmap half", 2, 3 + more, setup_kept, thread_fresh, check_fresh,
	    1);
	run("walker/run, map, protect, look", 3, 2 + more, setup_kept, thread_fresh, check_fresh,
	    0);
	run("walker/run, map, unmap half, look", 3, 2 + more, setup_kept, thread_fresh,
	    check_fresh, 1);
	run("walker/run, map again, unfold, look", 3, 2 + more, setup_run, thread_again,
	    check_again, 0);
	run("walker/run, unfold what is written", 2, 3 + more, setup_run, thread_mark, check_mark,
	    0);
	run("walker/run, protect what is written", 2, 3 + more, setup_run, thread_mark, check_mark,
	    1);
	run("walker/run, protect what is written first", 2, 3 + more, setup_run, thread_mark,
	    check_mark, 2);
}
