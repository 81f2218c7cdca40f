/* SPDX-License-Identifier: BSD-2-Clause */
/* case_radix_cut.c - a slot of the tree is replaced by a node. Units are those of a
 * leaf: what is cut is a granule. */
#include "radix_tree.h"

#define LEAF ((unsigned)(GRANULE / SMALL)) /* slots of a leaf */

/* Empty the place `index` of a granule that is one slot, and the caller's. */
static void cut_out(const struct payload *payload, unsigned index)
{
	struct gm_radix_cut cut;
	struct gm_radix_at at;
	uint64_t first = place(index);
	size_t short_of;

	memset(&cut, 0, sizeof(cut));
	explore_check(gm_radix_walk(radix, payload->offset, 0, &at) == 0 &&
			      at.value == (gm_word)payload,
		      "what is linked is not there");
	gm_radix_cut_count(radix, &cut, at.level, payload->offset, first, first + SMALL);
	explore_check(gm_radix_cut_take(radix, &cut, 0, &short_of) == 0, "no node");
	gm_radix_cut_slot(radix, &cut, &at, payload->offset, first, first + SMALL, (gm_word)payload,
			  (gm_word)payload);
}

/* A granule is linked as one slot; there never was a leaf. */
static void setup_granule(void)
{
	radix_make(1);
	radix_given = link_whole(EXPLORE_THREADS, 0);
	radix_given2 = link_at(EXPLORE_THREADS, FAR);
	radix_keep();
}

static void setup_one(void)
{
	radix_make(0);
	radix_given = link_at(EXPLORE_THREADS, 1);
	radix_keep();
}

/* What is not cut out is there all the time. */
static void thread_cut_new(unsigned id)
{
	struct gm_radix_at at;

	if (id == 0) {
		gm_pool_add(&radix->nodes[0], radix_spare[0], SLAB, 0);
		cut_out(radix_given, 0);
		there[2] = radix_given;
	} else if (id == 1) {
		look_up(2);
	} else {
		explore_check(walk_to(2, &at) == -GM_EBUSY || at.value == (gm_word)radix_given,
			      "walk: what is there was not found");
	}
}

/* The leaf goes on to another place by a cut. */
static void thread_go_by_cut(unsigned id)
{
	const struct payload *payload;

	if (id != 0) {
		there[0] = link_at(id, 0);
		return;
	}
	unlink_it(radix_given, 1);
	payload = link_whole(id, FAR);
	if (payload == NULL)
		return;
	cut_out(payload, FAR);
	there[FAR + 1] = payload;
}

/* It goes on to another place, and comes back by a cut. */
static void thread_return_by_cut(unsigned id)
{
	struct payload *payload;
	struct gm_radix_at at;

	if (id != 0) {
		(void)walk_to(0, &at);
		return;
	}
	unlink_it(radix_given, 1);
	payload = link_at(id, FAR);
	if (payload != NULL)
		unlink_it(payload, FAR);
	payload = link_whole(id, 0);
	if (payload == NULL)
		return;
	cut_out(payload, 0);
	there[LEAF - 1] = payload;
}

static void run(const char *name, unsigned nr, int preemptions, int stale, void (*setup)(void),
		void (*thread)(unsigned))
{
	struct explore_case one = { name,        nr,     preemptions, stale, setup,
				    radix_begin, thread, radix_check, NULL,  0 };

	case_run(&one);
}

void case_radix_cut(void)
{
	int more = explore_totals.long_run;

	run("radix/cut with a new node", 3, 1 + more, 1, setup_granule, thread_cut_new);
	run("radix/go by a cut", 2, 1 + more, 2, setup_one, thread_go_by_cut);
	run("radix/come back by a cut", 2, 2 + more, 3, setup_one, thread_return_by_cut);
}
