/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * case_pool.c - the pool: taking, returning, growing, orphans.
 *
 * Who has an element writes to it as plain memory, so an element that two have,
 * or one that changes hands without order, is a data race.
 */
#include "cases.h"

#include <granmem/pool.h>

#include <string.h>

#define SLAB_SHIFT 9
#define SLAB ((size_t)1 << SLAB_SHIFT)
#define MAX_ELEMENTS 8

static struct gm_pool *pool;
static gm_word *elements[MAX_ELEMENTS]; /* that setup took */
static unsigned nr_elements;
static void *more, *more2; /* memory for a slab each */
static int nr_marked;
static int nr_collected;

static void start(uint32_t element_size, unsigned nr_lanes)
{
	struct gm_pool_lane *lanes;

	pool = explore_alloc(sizeof(*pool), 64);
	lanes = explore_alloc(nr_lanes * sizeof(*lanes), 64);
	explore_check(gm_pool_init(pool, element_size, 0, SLAB_SHIFT, lanes, nr_lanes) == 0,
		      "init");
	explore_check(gm_pool_add(pool, explore_alloc(SLAB, SLAB), SLAB, 1) == 1, "add");
	more = explore_alloc(SLAB, SLAB);
	more2 = explore_alloc(SLAB, SLAB);
	explore_name(&pool->head, "head", 0);
	explore_name(&pool->maybe_free, "maybe_free", 0);
	explore_name(&pool->searched, "searched", 0);
	explore_name(&pool->nr_orphans, "nr_orphans", 0);
	/* A slab begins with its link and its bitmaps, here of one word each. */
	explore_name((gm_word *)pool->head + 1, "free bits", 0);
	explore_name((gm_word *)pool->head + 2, "orphan bits", 0);
	explore_name(&lanes[0].slab, "lane 0 slab", 0);
	explore_name(&lanes[0].recent, "lane 0 recent", 0);
	nr_elements = 0;
}

static void take_some(unsigned nr)
{
	while (nr-- > 0)
		elements[nr_elements++] = gm_pool_take(pool, 0, 1);
}

static void setup_one(void)
{
	start(448, 1);
}

static void setup_two(void)
{
	start(224, 2);
}

static void setup_taken(void)
{
	start(224, 2);
	take_some(2);
}

static void setup_half(void)
{
	start(224, 2);
	take_some(1);
}

static void begin(void)
{
	nr_marked = 0;
	nr_collected = 0;
}

/* Both slabs are full; then two come back to the older one. */
static void setup_full(void)
{
	start(224, 2);
	explore_check(gm_pool_add(pool, more, SLAB, 1) == 1, "add");
	take_some(4);
	explore_check(gm_pool_take(pool, 1, 1) == NULL, "not full");
}

/* What came back is found by another lane, without a thorough search. */
static void thread_back(unsigned id)
{
	(void)id;
	gm_pool_return(pool, elements[0], 0);
	gm_pool_return(pool, elements[1], 0);
	explore_check(gm_pool_take(pool, 1, 0) != NULL && gm_pool_take(pool, 1, 0) != NULL,
		      "what came back is not found");
}

/* Two bring a slab each: both are there. */
static void thread_two_grow(unsigned id)
{
	explore_check(gm_pool_add(pool, id == 0 ? more : more2, SLAB, 0) == 1, "add");
}

static void check_two_grown(void)
{
	unsigned nr = 0;

	while (gm_pool_take(pool, 0, 1) != NULL)
		nr++;
	explore_check(nr == 4, "a slab is lost");
}

/* Take, use, return; with one element for each thread there is always one. */
static void use(unsigned id, int must)
{
	gm_word *element = gm_pool_take(pool, id, 1);

	explore_check(element != NULL || !must, "no element, although one is free");
	if (element == NULL)
		return;
	element[2] = id + 1;
	element[0] = id;
	explore_check(element[2] == id + 1, "somebody else has this element");
	gm_pool_return(pool, element, id);
}

static void thread_use_one(unsigned id)
{
	use(id, 0);
	use(id, 0);
}

static void thread_use_two(unsigned id)
{
	use(id, 1);
	use(id, 1);
}

/* One returns to its lane what another takes from any. */
static void thread_pass(unsigned id)
{
	gm_word *element;

	if (id == 0) {
		elements[0][0] = 5;
		gm_pool_return(pool, elements[0], 0);
		return;
	}
	element = gm_pool_take(pool, id, (int)explore_now->parameter);
	if (element != NULL)
		element[0] = id;
}

/* One adds a slab; the others take from it, through the head or through a lane. */
static void thread_grow(unsigned id)
{
	gm_word *element;

	if (id == 0) {
		explore_check(gm_pool_add(pool, more, SLAB, 0) == 1, "add");
		return;
	}
	element = gm_pool_take(pool, explore_now->parameter, id == 1);
	if (element != NULL) {
		explore_check(element[1] == 0, "a new element is not clear");
		element[0] = id;
	}
}

/* A slab that one thread found and left in its lane for the next. */
static void thread_lane(unsigned id)
{
	gm_word *element;

	if (id == 0) {
		explore_check(gm_pool_add(pool, more, SLAB, 1) == 1, "add");
		return;
	}
	element = gm_pool_take(pool, 0, id == 1);
	if (element == NULL)
		return;
	explore_check(element[1] <= 2, "neither clear nor as another one left it");
	element[1] = id;
	gm_pool_return(pool, element, 1);
}

/* A slab that one thread found and returned to in another lane, which keeps an
 * element already: the next one there finds it by the lane's other pointer. */
static void thread_recent(unsigned id)
{
	gm_word *element;

	if (id == 0) {
		explore_check(gm_pool_add(pool, more, SLAB, 0) == 1, "add");
	} else if (id == 1) {
		element = gm_pool_take(pool, 1, 1);
		gm_pool_return(pool, elements[0], 0);
		if (element != NULL)
			gm_pool_return(pool, element, 0);
	} else if (gm_pool_take(pool, 0, 0) != NULL) {
		element = gm_pool_take(pool, 0, 0);
		if (element != NULL)
			element[1] = id;
	}
}

static void collect(void)
{
	gm_word *element = gm_pool_take_orphan(pool);

	if (element == NULL)
		return;
	explore_check(element[0] == 7, "not what was marked");
	element[0] = 8;
	nr_collected++;
}

static void thread_orphan(unsigned id)
{
	gm_word marked;

	if (id == 0) {
		elements[0][0] = 7;
		nr_marked++;
		gm_pool_mark_orphan(pool, elements[0]);
		return;
	}
	/* Relaxed: the order has to come from take_orphan itself. */
	marked = gm_atomic_load_relaxed(&pool->nr_orphans);
	collect();
	if (explore_now->nr_threads == 2 && marked == 1)
		explore_check(nr_collected == 1, "counted, but not found");
}

static void thread_two_orphans(unsigned id)
{
	if (id < 2) {
		elements[id][0] = 7;
		nr_marked++;
		gm_pool_mark_orphan(pool, elements[id]);
		return;
	}
	collect();
	collect();
}

/* A walk finds what is taken all the time, beside taking and returning. */
static void thread_walk(unsigned id)
{
	gm_word *element = NULL;
	unsigned found = 0;

	if (id == 0) {
		use(id, 0);
		return;
	}
	while ((element = gm_pool_next(pool, element)) != NULL)
		found += element == elements[0];
	explore_check(found == 1, "a walk missed an element");
}

static void check_all_back(void)
{
	explore_check(gm_pool_used(pool) == 0, "an element is lost");
}

static void check_orphans(void)
{
	while (gm_pool_take_orphan(pool) != NULL)
		nr_collected++;
	explore_check(nr_collected == nr_marked, "an orphan was lost, or found twice");
	explore_check(pool->nr_orphans == 0, "the hint does not come back to 0");
}

static void check_found_at_rest(void)
{
	explore_check(gm_pool_take(pool, 3, 1) != NULL || gm_pool_used(pool) == 2,
		      "a free element is not found");
}

static void run(const char *name, unsigned nr, int preemptions, void (*setup)(void),
		void (*thread)(unsigned), void (*check)(void), unsigned parameter)
{
	struct explore_case one = { name,  nr,       preemptions, preemptions < 0 ? -1 : 2,
				    setup, begin,    thread,      check,
				    NULL,  parameter };

	case_run(&one);
}

void case_pool(void)
{
	int three = explore_totals.long_run ? 4 : 3;

	run("pool/one element, two threads", 2, explore_totals.long_run ? -1 : 4, setup_one,
	    thread_use_one, check_all_back, 0);
	run("pool/two elements, two threads", 2, three, setup_two, thread_use_two, check_all_back,
	    0);
	run("pool/two elements, three threads", 3, three - 1, setup_two, thread_use_one,
	    check_all_back, 0);
	run("pool/return and take", 2, -1, setup_taken, thread_pass, check_found_at_rest, 0);
	run("pool/return and thorough take", 2, -1, setup_taken, thread_pass, check_found_at_rest,
	    1);
	run("pool/return and two takes", 3, three, setup_taken, thread_pass, NULL, 0);
	run("pool/grow and take", 2, -1, setup_taken, thread_grow, NULL, 1);
	run("pool/grow and two takes", 3, three - 1, setup_taken, thread_grow, NULL, 1);
	run("pool/grow and take by a lane", 3, three, setup_taken, thread_lane, NULL, 0);
	run("pool/grow and take from the recent", 3, three, setup_taken, thread_recent, NULL, 0);
	run("pool/grow and take from the recent, 4", 4, 0, setup_taken, thread_recent, NULL, 0);
	run("pool/back to an old slab", 1, -1, setup_full, thread_back, NULL, 0);
	run("pool/two grow", 2, -1, setup_taken, thread_two_grow, check_two_grown, 0);
	run("pool/orphan", 2, -1, setup_taken, thread_orphan, check_orphans, 0);
	run("pool/orphan, two collectors", 3, three, setup_taken, thread_orphan, check_orphans, 0);
	run("pool/two orphans", 3, three, setup_taken, thread_two_orphans, check_orphans, 0);
	run("pool/walk", 2, -1, setup_half, thread_walk, NULL, 0);
}
