/* SPDX-License-Identifier: BSD-2-Clause */
/* case_radix.c - the tree by itself: linking, unlinking, walking, and nodes that
 * go elsewhere. */
#include "radix_tree.h"

static void setup_fresh(void)
{
	radix_make(ROOT_LEVEL);
	radix_given = NULL;
	radix_keep();
}

/* Place 1 is linked, nothing else is in its node. */
static void setup_one(void)
{
	radix_make(0);
	radix_given = link_at(EXPLORE_THREADS, 1);
	radix_keep();
}

static void setup_two(void)
{
	radix_make(0);
	radix_given = link_at(EXPLORE_THREADS, 1);
	radix_given2 = link_at(EXPLORE_THREADS, 2);
	radix_keep();
}

/* The last granule of an entry is linked: there is a node, but no leaf. */
static void setup_above(void)
{
	size_t short_of;

	radix_make(1);
	radix_given = new_payload(EXPLORE_THREADS, ENTRY - GRANULE, GRANULE);
	explore_check(gm_radix_link(radix, radix_given->offset, ENTRY, (gm_word)radix_given, 0,
				    &short_of) == 0,
		      "link");
	radix_keep();
}

/* As above, with a slab to make leaves of; or, for granules, an empty tree. */
static void setup_empty(void)
{
	setup_above();
	if (explore_now->parameter == 0) {
		gm_pool_add(&radix->nodes[0], radix_spare[0], SLAB, 1);
		return;
	}
	gm_radix_unlink(radix, radix_given->offset, ENTRY, (gm_word)radix_given);
	radix_given = NULL;
}

/* New nodes come into the tree; the others meet them. */
static void thread_fresh(unsigned id)
{
	struct gm_radix_at at;

	if (id == 1)
		look_up(2);
	if (id == 2)
		(void)walk_to(2, &at);
	if (id != 0)
		return;
	if (explore_now->setup == setup_fresh) {
		gm_pool_add(&radix->nodes[1], radix_spare[1], SLAB, 0);
		gm_pool_add(&radix->nodes[0], radix_spare[0], SLAB, 0);
	}
	there[2] = link_at(id, 2);
}

static void thread_fresh_slot(unsigned id)
{
	if (id == 0)
		there[2] = link_free(id, 2);
	else
		look_up(2);
}

/* A new leaf is in the way of who wants the slot above; others fill it. */
static void thread_fresh_leaf(unsigned id)
{
	struct payload *payload;

	if (id == 0) {
		gm_pool_add(&radix->nodes[0], radix_spare[0], SLAB, 0);
		there[0] = link_at(id, 0);
	} else if (id == 2) {
		there[1] = link_free(id, 1);
	} else {
		payload = link_whole(id, 0);
		if (payload != NULL)
			unlink_it(payload, 0);
	}
}

/* The memory's last user comes before its next. */
static void thread_hand_over(unsigned id)
{
	if (id == 0)
		unlink_it(radix_given, 1);
	else
		there[1] = link_at(id, 1);
}

static void thread_hand_over_slot(unsigned id)
{
	if (id == 0)
		unlink_slot(radix_given, 1);
	else
		there[1] = link_free(id, 1);
}

/* Somebody uses the memory while another is about to. */
static void thread_use_between(unsigned id)
{
	struct payload *payload;

	if (id != 0) {
		there[3] = link_at(id, 3);
		return;
	}
	payload = link_at(id, 3);
	if (payload != NULL)
		unlink_it(payload, 3);
}

/* As one slot of the level above. */
static void thread_use_whole_between(unsigned id)
{
	struct payload *payload;

	if (id != 0) {
		there[0] = link_at(id, 0);
		return;
	}
	payload = link_whole(id, 0);
	if (payload != NULL)
		unlink_it(payload, 0);
}

/* The node goes on to another place, and comes back. */
static void go_and_come_back(unsigned id)
{
	struct payload *payload;

	unlink_it(radix_given, 1);
	payload = link_at(id, FAR);
	if (payload != NULL)
		unlink_it(payload, FAR);
	there[2] = link_at(id, 2);
}

/* Nothing is ever at place 0. */
static void thread_walk_nothing(unsigned id)
{
	struct gm_radix_at at;

	if (id == 0) {
		go_and_come_back(id);
		return;
	}
	at.value = 0;
	explore_check(walk_to(0, &at) == -GM_EBUSY || at.value == 0,
		      "walk: something, where never anything was");
}

static void thread_return_and_link(unsigned id)
{
	if (id == 0)
		go_and_come_back(id);
	else
		there[0] = link_at(id, 0);
}

static void thread_return_and_link_free(unsigned id)
{
	if (id == 0)
		go_and_come_back(id);
	else
		there[0] = link_free(id, 0);
}

/* Busy is said of a node that goes, not of one that is gone. */
static void thread_walk_gone(unsigned id)
{
	struct gm_radix_at at;

	if (id == 0) {
		unlink_it(radix_given, 1);
		ever[0] = 1; /* a flag: it is gone */
	} else {
		explore_check(walk_to(0, &at) == 0 || ever[0] == 0, "busy, although nothing is");
	}
}

/* The node goes to another place and stays. */
static void thread_go(unsigned id)
{
	if (id == 0) {
		unlink_it(radix_given, 1);
		there[FAR] = link_at(id, FAR);
	} else {
		there[0] = link_at(id, 0);
	}
}

static void thread_go_free(unsigned id)
{
	if (id == 0) {
		unlink_slot(radix_given, 1);
		there[FAR] = link_at(id, FAR);
	} else {
		there[0] = link_free(id, 0);
	}
}

/* Two empty the node; whoever was last, nothing of them is left in it. */
static void thread_last_of_two(unsigned id)
{
	struct gm_radix_at at;

	if (id == 2) {
		at.value = 0;
		explore_check(walk_to(FAR + 2, &at) == -GM_EBUSY || at.value == 0,
			      "walk: something, where never anything was");
	} else if (id == 1) {
		unlink_it(radix_given2, 2);
	} else {
		unlink_it(radix_given, 1);
		there[FAR + 5] = link_at(id, FAR + 5);
	}
}

static void run(const char *name, unsigned nr, int preemptions, int stale, void (*setup)(void),
		void (*thread)(unsigned))
{
	char text[100];
	unsigned which;

	for (which = 0; which < 2; which++) {
		struct explore_case one = { text,        nr,     preemptions, stale, setup,
					    radix_begin, thread, radix_check, NULL,  which };

		if (setup == setup_above && which != 0)
			continue;
		snprintf(text, sizeof(text), "radix/%s%s", name, which == 0 ? ", leaf" : "");
		case_run(&one);
	}
}

void case_radix(void)
{
	int more = explore_totals.long_run;

	run("new nodes", 3, 0 + more, 1, setup_fresh, thread_fresh);
	run("new value", 3, 1 + more, 1, setup_one, thread_fresh);
	run("new value by its slot", 2, 3 + more, 2, setup_one, thread_fresh_slot);
	run("new leaf in the way", 3, 1 + more, 1, setup_above, thread_fresh_leaf);
	run("hand over", 2, 3 + more, 2, setup_one, thread_hand_over);
	run("hand over a slot", 2, 3 + more, 2, setup_one, thread_hand_over_slot);
	run("use in between", 2, 2 + more, 1, setup_one, thread_use_between);
	run("use above in between", 2, 2 + more, 1, setup_empty, thread_use_whole_between);
	run("busy while it goes", 2, 3, 0, setup_one, thread_walk_gone);
	run("go and link", 2, 2 + more, 2, setup_one, thread_go);
	run("go and link free", 2, 2 + more, 2, setup_one, thread_go_free);
	run("last of two", 3, 1 + more, 1, setup_two, thread_last_of_two);
	run("come back and walk", 2, 2 + more, 3, setup_one, thread_walk_nothing);
	run("come back and link", 2, 2 + more, 1, setup_one, thread_return_and_link);
	run("come back and link free", 2, 2 + more, 2, setup_one, thread_return_and_link_free);
}
