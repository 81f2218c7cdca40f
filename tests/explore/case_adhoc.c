/* SPDX-License-Identifier: BSD-2-Clause */
/* case_adhoc.c - what only the ad-hoc table has: its search, its reserve, cuts. */
#include "tables.h"

#include "adhoc_internal.h"

#include <string.h>

#define A BASE
#define HERE A /* a node, and another one */
#define FAR (A + table_calls->far)
#define SLAB ((size_t)1 << 14)

static struct gm_adhoc *adhoc;
static struct gm_desc *fixed[3]; /* live all the time, in the tree or not */
static gm_word *nodes[2];        /* that threads took */
static void *more;

static void begin(void)
{
	world_reset();
	memset(nodes, 0, sizeof(nodes));
}

static void setup_fresh(void)
{
	table_start(0);
	adhoc = table;
	more = explore_alloc(SLAB, SLAB);
	world_keep();
}

static void link_fixed(unsigned which, uint64_t offset, uint64_t size)
{
	size_t short_of;
	int err = gm_radix_link(&adhoc->radix, offset, offset + size, (gm_word)fixed[which], 0,
				&short_of);

	/* Another may have its reference on the node: then this life is left out. */
	explore_check(err == 0 || err == -GM_EBUSY, "link: an odd error");
}

static void unlink_fixed(unsigned which, uint64_t offset, uint64_t size)
{
	if (gm_radix_lookup(&adhoc->radix, offset) == (gm_word)fixed[which])
		gm_radix_unlink(&adhoc->radix, offset, offset + size, (gm_word)fixed[which]);
}

/* One object, in the first granule; each metadata pool has something. The counts
 * say that all is full, so that a search looks at every slot, once. */
static void setup_fixed(void)
{
	struct gm_object object = { gm_paddr(A), GRANULE, TYPE, NULL };
	struct gm_desc *desc;
	unsigned i;

	table_start(1);
	adhoc = table;
	explore_check(do_create(A, GRANULE, &desc) == 0, "create");
	do_put(desc);
	for (i = 0; i < 3; i++) {
		fixed[i] = explore_alloc(sizeof(struct gm_desc), 64);
		gm_desc_set(fixed[i], &object);
		gm_ref_publish(fixed[i], TYPE, 1);
	}
	link_fixed(0, HERE, GRANULE);
	world_keep();
}

static int place(struct gm_adhoc_search *s, uint64_t base)
{
	size_t short_of;

	return gm_radix_link(&s->adhoc->radix, base, base + s->claim.size, GM_RADIX_MARK,
			     GM_RADIX_THOROUGH, &short_of);
}

/* The node goes elsewhere and comes back; the second granule is free all the time. */
static void thread_search(unsigned id)
{
	struct gm_adhoc_range bounds = { A, A + 2 * GRANULE, GM_ADHOC_BOUNDS };
	struct gm_adhoc_search s;
	uint64_t found;
	int err;

	if (id == 0) {
		unlink_fixed(0, HERE, GRANULE);
		link_fixed(1, FAR, 2 * GRANULE);
		unlink_fixed(1, FAR, 2 * GRANULE);
		link_fixed(2, HERE, GRANULE);
		/* So that the other goes straight to its second pass. */
		gm_atomic_store_relaxed(gm_radix_full(&adhoc->radix, adhoc->table.base), 1);
		return;
	}
	memset(&s, 0, sizeof(s));
	s.adhoc = adhoc;
	s.place = place;
	s.claim.size = GRANULE;
	s.claim.align = GRANULE;
	err = gm_adhoc_search(&s, &bounds, A, &found);
	explore_check(err != -GM_ENOMEM, "no memory, although some was free all the time");
	explore_check(err != 0 || found - A <= GRANULE, "found outside of the bounds");
}

/* A claim meets nodes that have just come. */
static void thread_claim_new(unsigned id)
{
	uint64_t unit = explore_now->parameter;
	struct gm_desc *desc;
	uint64_t base;

	if (id == 0)
		(void)do_create(A, unit, &desc);
	else
		(void)do_claim(unit, A, A + 4 * unit, &desc, &base);
}

/* Without bounds, by the lane's hint, which is the same for both. */
static void thread_claim_anywhere(unsigned id)
{
	struct gm_claim claim = { .size = explore_now->parameter, .type = TYPE };
	struct gm_desc *desc;

	(void)id;
	if (gm_adhoc_claim(adhoc, &claim, &desc) == 0)
		explore_check(gm_adhoc_put(adhoc, desc) == 1, "the only one, and not the last");
}

static int refuse(void *ctx, struct gm_paddr base)
{
	(void)ctx;
	(void)base;
	return 0;
}

/* Nothing is acceptable; and the hint is behind the end, where no slot is. */
static void check_claim_nothing(void)
{
	struct gm_claim claim = { .size = GRANULE, .type = TYPE, .accept = refuse };
	struct gm_desc *desc;

	explore_check(gm_adhoc_claim(adhoc, &claim, &desc) == -GM_ENOMEM, "claimed against a no");
	*gm_adhoc_hint(adhoc, adhoc->table.lanes, GRANULE) =
		(gm_word)(adhoc->table.size >> GM_UNIT_SHIFT);
	*gm_radix_root_slot(&adhoc->radix, adhoc->radix.end) = ~(gm_word)0 - 6;
	claim.accept = NULL;
	explore_check(gm_adhoc_claim(adhoc, &claim, &desc) == 0 && gm_desc_base(desc) >= A &&
			      gm_desc_base(desc) - A < adhoc->table.size,
		      "claimed behind the end");
	explore_check(gm_adhoc_put(adhoc, desc) == 1, "the only one, and not the last");
}

static void setup_claim(void)
{
	struct gm_desc *desc;

	table_start(1);
	adhoc = table;
	explore_check(do_create(A, explore_now->parameter, &desc) == 0, "create");
	world_keep();
}

/* One sets a new node aside; the others take it, and one of them has it. */
static void thread_reserve(unsigned id)
{
	if (id == 0) {
		explore_check(gm_pool_add(&adhoc->radix.nodes[1], more, SLAB, 0) == 1, "add");
		gm_adhoc_settle_reserve(adhoc);
		return;
	}
	nodes[id - 1] = gm_radix_take_node(&adhoc->radix, 1, GM_RADIX_FROM_RESERVE);
	if (nodes[id - 1] != NULL)
		*nodes[id - 1] = id;
}

/* Two set aside: one node is in reserve, and no other taken. */
static void setup_two_reserve(void)
{
	setup_fresh();
	gm_pool_add(&adhoc->radix.nodes[1], more, SLAB, 0);
}

static void thread_two_reserve(unsigned id)
{
	(void)id;
	gm_adhoc_settle_reserve(adhoc);
}

static void check_two_reserve(void)
{
	explore_check(adhoc->radix.reserve[1] != 0 && gm_pool_used(&adhoc->radix.nodes[1]) == 1,
		      "a node is lost");
}

static void check_reserve(void)
{
	explore_check(nodes[0] == NULL || nodes[0] != nodes[1], "two have the same node");
}

static void setup_granule(void)
{
	struct gm_desc *desc;

	table_start(0);
	adhoc = table;
	explore_check(do_create(A, GRANULE, &desc) == 0, "create");
	world_keep();
}

/* Part of a granule is released: what is kept is never gone. */
static void thread_cut(unsigned id)
{
	int err;

	if (id == 0) {
		(void)do_release(A, 2 * 64);
		return;
	}
	err = do_find(A + 2 * 64, 0);
	explore_check(err == 0 || err == -GM_EBUSY, "the kept part was gone");
}

static void nothing(void)
{
}

static void thread_nothing(unsigned id)
{
	(void)id;
}

static void run(const char *name, unsigned nr, int preemptions, int stale, void (*setup)(void),
		void (*thread)(unsigned), void (*check)(void), unsigned parameter)
{
	struct explore_case one = { name,  nr,     preemptions, stale, setup,
				    begin, thread, check,       NULL,  parameter };

	case_run(&one);
}

void case_adhoc(void)
{
	int more_of = explore_totals.long_run;

	table_calls = &table_adhoc;
	run("adhoc/search a node that moves", 2, 0 + more_of, 7, setup_fixed, thread_search,
	    nothing, 0);
	run("adhoc/claim in new memory", 2, 1, 1 + more_of, setup_fresh, thread_claim_new,
	    table_check, GRANULE);
	run("adhoc/claim in new memory, below a granule", 2, 1, 1 + more_of, setup_fresh,
	    thread_claim_new, table_check, 64);
	run("adhoc/claim anywhere", 2, 2, 1 + more_of, setup_claim, thread_claim_anywhere,
	    table_check, GRANULE);
	run("adhoc/claim nothing", 1, -1, 0, setup_claim, thread_nothing, check_claim_nothing,
	    GRANULE);
	run("adhoc/reserve", 3, 2, 1 + more_of, setup_fresh, thread_reserve, check_reserve, 0);
	run("adhoc/reserve by two", 2, 3, 1, setup_two_reserve, thread_two_reserve,
	    check_two_reserve, 0);
	run("adhoc/cut", 2, 1 + more_of, 1 + more_of, setup_granule, thread_cut, table_check, 64);
}
