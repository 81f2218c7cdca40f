/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * case_tables.c - creating, finding, removing and cutting, on each table.
 *
 * Objects are at A, at B next to it (in the same node), and FAR away (in another
 * node, where a recycled one may go). What setup made is in given[].
 */
#include "tables.h"

#define A BASE
#define FAR (BASE + table_calls->far)

static struct gm_desc *given[2];
static gm_word *message; /* from one thread to another, with release and acquire */
static uint64_t unit;    /* the size of the objects */
static int created;

static void begin(void)
{
	world_reset();
	created = 0;
}

static void start(uint64_t size)
{
	struct gm_desc *desc;

	unit = size;
	table_start(1);
	message = explore_alloc(sizeof(*message), 64);
	/* So that metadata of each kind is there before the threads begin. */
	explore_check(do_create(A, unit, &desc) == 0, "create");
	do_put(desc);
}

/* The case's parameter is what objects are multiples of: 64 or a granule. */
static void setup_empty(void)
{
	start(explore_now->parameter);
	world_keep();
}

/* Metadata is taken, and cleared, by the threads. */
static void setup_fresh(void)
{
	unit = explore_now->parameter;
	table_start(0);
	world_keep();
}

static void setup_one(void)
{
	start(explore_now->parameter);
	explore_check(do_create(A, unit, &given[0]) == 0, "create");
	world_keep();
}

static void setup_double(void)
{
	start(explore_now->parameter);
	explore_check(do_create(A, 2 * unit, &given[0]) == 0, "create");
	world_keep();
}

/* A granule that is one object, beside another that keeps the node above. */
static void setup_anchored(void)
{
	struct gm_desc *anchor;

	start(explore_now->parameter);
	explore_check(do_create(A + 4 * GRANULE, GRANULE, &anchor) == 0, "create");
	explore_check(do_create(A, unit, &given[0]) == 0, "create");
	world_keep();
}

static void make_and_drop(uint64_t base, uint64_t size)
{
	struct gm_desc *desc;

	if (do_create(base, size, &desc) != 0)
		return;
	created++;
	do_check_mine(desc, base, size);
	do_put(desc);
}

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

struct table_case {
	const char *name;
	unsigned nr_threads;
	int preemptions;
	void (*setup)(void);
	void (*thread)(unsigned);
	void (*check)(void);
	int for_adhoc; /* 1: only there */
};

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
	{ "another type, and reap", 3, 1, setup_one, thread_wrong_type, table_check, 0 },
	{ "re-formed larger", 2, 2, setup_one, thread_reform, table_check, 0 },
	{ "re-formed larger, 3", 3, 1, setup_one, thread_reform, table_check, 0 },
	{ "re-formed smaller", 2, 2, setup_double, thread_reform_smaller, table_check, 0 },
	{ "told that it exists", 2, 2, setup_one, thread_told, table_check, 0 },
	{ "release half, find the other", 2, 2, setup_double, thread_release, table_check, 0 },
	{ "release half, 3", 3, 1, setup_double, thread_release, table_check, 0 },
	{ "release half, find it", 2, 2, setup_double, thread_release_and_find, table_check, 0 },
	{ "release half, find and create", 3, 1, setup_double, thread_release_and_find,
	  table_check, 0 },
	{ "cut under a creator", 2, 2, setup_anchored, thread_cut, table_check, 1 },
	{ "claim", 2, 2, setup_empty, thread_claim, check_claims, 0 },
	{ "claim, 3", 3, 1, setup_empty, thread_claim, check_claims, 0 },
	{ "claim and remove", 2, 2, setup_one, thread_claim_and_put, table_check, 0 },
	{ "walk", 2, 2, setup_one, thread_walk, table_check, 0 },
};

static void run(const struct table_case *what, unsigned size)
{
	char name[100];
	struct explore_case one = { name, what->nr_threads, what->preemptions, 1, what->setup,
				    begin, what->thread, what->check, NULL, size };

	if (explore_totals.long_run) {
		one.preemptions++;
		one.stale++;
	}
	snprintf(name, sizeof(name), "%s/%s%s", table_calls->name, what->name,
		 size < GRANULE ? ", below a granule" : "");
	case_run(&one);
}

void case_tables(void)
{
	static const struct table_calls *const all[] = { &table_adhoc, &table_compound,
							 &table_folio };
	unsigned which, i;

	for (which = 0; which < 3; which++) {
		table_calls = all[which];
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			if (cases[i].for_adhoc == 0)
				run(&cases[i], GRANULE);
			if (table_calls->sub_granule)
				run(&cases[i], 64);
		}
	}
}
