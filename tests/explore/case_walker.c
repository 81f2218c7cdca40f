/* SPDX-License-Identifier: BSD-2-Clause */
/* case_walker.c - mapping, looking up, unmapping and splitting beside each other. */
#include "walker_cases.h"

static int results[EXPLORE_THREADS];
static int found;

static void begin(void)
{
	unsigned i;

	walker_begin();
	for (i = 0; i < EXPLORE_THREADS; i++)
		results[i] = 1;
	found = -GM_ENOENT;
}

static void setup_empty(void)
{
	walker_start(0, 0);
}

/* Granule 0, and so a page of each level. */
static void setup_one(void)
{
	walker_start(0, 0);
	explore_check(do_map(0, 1, 0) == 0, "map");
	walker_keep();
}

/* Granule 2: the page of level 1 is there, and what is below it of the first two not. */
static void setup_other(void)
{
	walker_start(explore_now->parameter, 0);
	explore_check(do_map(2, 1, 2) == 0, "map");
	walker_keep();
}

static void setup_two(void)
{
	walker_start(0, 0);
	explore_check(do_map(0, 1, 0) == 0 && do_map(1, 1, 1) == 0, "map");
	walker_keep();
}

static void setup_block(void)
{
	walker_start(explore_now->parameter, 0);
	explore_check(do_map(0, 2, 0) == 0 && do_map(2, 1, 2) == 0, "map");
	walker_keep();
}

/* Two map the same granule, a third looks. */
static void thread_same(unsigned id)
{
	struct gm_walker_at at;

	if (id < 2)
		results[id] = do_map(0, 1, id);
	else
		found = do_lookup(0, &at);
}

static void check_one_won(void)
{
	int winner = results[0] == 0 ? 0 : 1;

	explore_check((results[0] == 0) != (results[1] == 0), "not one of two won");
	explore_check(frame_at(0) == winner, "not what the winner mapped");
	explore_check(found == -GM_ENOENT || found == -GM_EBUSY || found == winner,
		      "what never was mapped was found");
	walker_check();
}

/* Side by side: both get what they want, whoever makes the pages. */
static void thread_beside(unsigned id)
{
	results[id] = do_map(id, 1, id);
}

static void check_both(void)
{
	explore_check(results[0] == 0 && results[1] == 0, "refused, although it was free");
	explore_check(frame_at(0) == 0 && frame_at(1) == 1, "not what was mapped");
	walker_check();
}

/* Overlapping: who fails leaves nothing. */
static void thread_overlap(unsigned id)
{
	results[id] = do_map(id, 2, 2 * id);
}

static void check_overlap(void)
{
	explore_check((results[0] == 0) + (results[1] == 0) == 1, "not one of two won");
	if (results[0] == 0)
		explore_check(frame_at(0) >= 0 && frame_at(1) >= 0 && frame_at(2) < 0,
			      "a part of what failed is there");
	else
		explore_check(frame_at(0) < 0 && frame_at(1) >= 0 && frame_at(2) >= 0,
			      "a part of what failed is there");
	walker_check();
}

/* The last entry of a page goes, another comes. */
static void thread_last(unsigned id)
{
	if (id == 0)
		results[0] = do_unmap(0, 1);
	else
		results[id] = do_map(id, 1, id);
}

static void check_last(void)
{
	explore_check(results[0] == 0 || results[0] == -GM_EBUSY, "unmap");
	explore_check((frame_at(0) == 0) == (results[0] != 0), "unmapped, and there");
	explore_check((frame_at(1) == 1) == (results[1] == 0), "mapped, and not there");
	walker_check();
}

/* Both unmap the last two of a page. */
static void thread_empty(unsigned id)
{
	if (id < 2)
		results[id] = do_unmap(id, 1);
	else
		results[id] = do_map(id, 1, id);
}

static void check_empty(void)
{
	explore_check(results[0] == 0 && results[1] == 0, "busy, although nobody changed it");
	explore_check(frame_at(0) < 0 && frame_at(1) < 0, "unmapped, and there");
	walker_check();
}

/* A block is split from both ends, and unmapped there. */
static void thread_split(unsigned id)
{
	struct gm_walker_at at;

	if (id < 2)
		results[id] = do_unmap(id, 1);
	else
		found = do_lookup(0, &at);
}

static void check_split(void)
{
	explore_check(results[0] == 0 || results[0] == -GM_EBUSY, "unmap");
	explore_check((frame_at(0) < 0) == (results[0] == 0), "not as unmap said");
	explore_check((frame_at(1) < 0) == (results[1] == 0), "not as unmap said");
	walker_check();
}

/* Hardware writes while the block is split and a part of it protected. */
static int marked;

static void thread_mark(unsigned id)
{
	if (id == 0) {
		results[0] = do_protect(1, 1);
	} else {
		marked = do_mark(0);
	}
}

static void begin_mark(void)
{
	begin();
	marked = 0;
}

static void check_mark(void)
{
	struct gm_walker_at at;

	explore_check(results[0] == 0, "protect");
	explore_check(do_lookup(0, &at) == 0 && (at.pte.prot & GM_PROT_WRITE) != 0, "writable");
	explore_check((at.pte.flags & GM_PTE_DIRTY) != 0 || !marked, "a dirty bit is lost");
	explore_check(do_lookup(1, &at) == 0 && (at.pte.prot & GM_PROT_WRITE) == 0, "protected");
	walker_check();
}

/* Hardware writes while what it writes to is protected, not split. */
static void thread_mark_whole(unsigned id)
{
	if (id == 0)
		results[0] = do_protect(0, 2);
	else
		marked = do_mark(0);
}

static void check_mark_whole(void)
{
	struct gm_walker_at at;

	explore_check(results[0] == 0, "protect");
	explore_check(do_lookup(0, &at) == 0 && (at.pte.prot & GM_PROT_WRITE) == 0, "protected");
	explore_check((at.pte.flags & GM_PTE_DIRTY) != 0 || !marked, "a dirty bit is lost");
	walker_check();
}

/* Mapped by one, split by another, found by a third: who sees the frame sees what is
 * in it. */
static void thread_chain(unsigned id)
{
	struct gm_walker_at at;

	if (id == 0)
		results[0] = do_map(0, 2, 0);
	else if (id == 1)
		results[1] = do_protect(1, 1);
	else
		found = do_lookup(0, &at);
}

static void check_chain(void)
{
	explore_check(results[0] == 0 && (results[1] == 0 || results[1] == -GM_EBUSY), "failed");
	walker_check();
}

/* The same, but it was mapped before, as something else. */
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

/* It was the same before, but was not accessed: who sees that it was sees what was
 * written last. */
static void thread_same_again(unsigned id)
{
	struct gm_walker_at at;

	if (id == 0)
		results[0] = do_unmap(0, 2) != 0 || do_map_accessed(0, 2, 0) != 0;
	else if (id == 1)
		results[1] = do_protect(1, 1);
	else if (gm_walker_lookup(walker, 0, &at) == 0 && (at.pte.flags & GM_PTE_ACCESSED) != 0)
		(void)do_read(&at);
}

/* Written by one, who then protects it, and read by who sees that. */
static void thread_protected(unsigned id)
{
	struct gm_walker_at at;

	if (id == 0) {
		do_write(0);
		results[0] = do_protect(0, 1);
	} else if (gm_walker_lookup(walker, 0, &at) == 0 && (at.pte.prot & GM_PROT_WRITE) == 0) {
		(void)do_read(&at);
	}
}

/* Mapped by one where all pages are, found by another. */
static void thread_found(unsigned id)
{
	struct gm_walker_at at;

	if (id == 0)
		results[0] = do_map(1, 1, 1);
	else
		found = do_lookup(1, &at);
}

static void check_found(void)
{
	explore_check(results[0] == 0, "map");
	explore_check(frame_at(0) == 0 && frame_at(1) == 1, "not what was mapped");
	walker_check();
}

static void check_nothing(void)
{
	walker_check();
}

static void run(const char *name, unsigned nr, int preemptions, void (*setup)(void),
		void (*begins)(void), void (*thread)(unsigned), void (*check)(void),
		unsigned parameter)
{
	struct explore_case one = { name,   nr,     preemptions, 2,    setup,
				    begins, thread, check,       NULL, parameter };

	case_run(&one);
}

void case_walker(void)
{
	int more = explore_totals.long_run ? 1 : 0;

	run("walker/map the same", 2, 3 + more, setup_empty, begin, thread_same, check_one_won, 0);
	run("walker/map the same, and look", 3, 1 + more, setup_empty, begin, thread_same,
	    check_one_won, 0);
	run("walker/map beside", 2, 3 + more, setup_empty, begin, thread_beside, check_both, 0);
	run("walker/map overlapping", 2, 3 + more, setup_empty, begin, thread_overlap,
	    check_overlap, 0);
	run("walker/unmap the last, map beside", 2, 3 + more, setup_one, begin, thread_last,
	    check_last, 0);
	run("walker/unmap both", 2, 3 + more, setup_two, begin, thread_empty, check_empty, 0);
	run("walker/unmap both, map above", 3, 1 + more, setup_two, begin, thread_empty,
	    check_empty, 0);
	run("walker/split at both ends", 2, 2 + more, setup_block, begin, thread_split, check_split,
	    0);
	run("walker/split at both ends, broken", 2, 2 + more, setup_block, begin, thread_split,
	    check_split, GM_WALKER_BREAK);
	run("walker/split, and look", 3, 1 + more, setup_block, begin, thread_split, check_split,
	    0);
	run("walker/split, and look, broken", 3, 1 + more, setup_block, begin, thread_split,
	    check_split, GM_WALKER_BREAK);
	run("walker/split what is written", 2, 3 + more, setup_block, begin_mark, thread_mark,
	    check_mark, 0);
	run("walker/split what is written, broken", 2, 3 + more, setup_block, begin_mark,
	    thread_mark, check_mark, GM_WALKER_BREAK);
	run("walker/protect what is written", 2, 3 + more, setup_block, begin_mark,
	    thread_mark_whole,
	    check_mark_whole, 0);
	run("walker/map again, split, look", 3, 2 + more, setup_block, begin, thread_again,
	    check_nothing, 0);
	run("walker/map again, split, look, broken", 3, 2 + more, setup_block, begin, thread_again,
	    check_nothing, GM_WALKER_BREAK);
	run("walker/map the same again, split, look", 3, 2 + more, setup_block, begin,
	    thread_same_again, check_nothing, GM_WALKER_BREAK);
	run("walker/protect, read", 2, 3 + more, setup_one, begin, thread_protected, check_nothing,
	    0);
	run("walker/map, look", 2, 3 + more, setup_one, begin, thread_found, check_found, 0);
	run("walker/map, split, look", 3, 2 + more, setup_other, begin, thread_chain, check_chain,
	    0);
	run("walker/map, split, look, broken", 3, 2 + more, setup_other, begin, thread_chain,
	    check_chain, GM_WALKER_BREAK);
}
