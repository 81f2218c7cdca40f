/* SPDX-License-Identifier: BSD-2-Clause */
/* case_compound.c - the compound table's orphans, and the generations of tails. */
#include "tables.h"

#include <granmem/compound.h>

#include <string.h>

static struct gm_compound *compound;
static struct gm_desc *given[2];
static unsigned nr_marked, nr_reaped;

static void setup(void)
{
	table_start(1);
	compound = table;
	explore_check(do_create(BASE, GRANULE, &given[0]) == 0 &&
			      do_create(BASE + GRANULE, GRANULE, &given[1]) == 0,
		      "create");
	world_keep();
}

static void begin(void)
{
	world_reset();
	nr_marked = nr_reaped = 0;
}

/* What a lookup does that finds itself with the last reference. */
static void orphan(struct gm_desc *desc)
{
	explore_check(gm_ref_undo(desc) == -GM_EORPHAN, "the last one, and no orphan");
	nr_marked++;
	compound->blocks.ops->orphan(&compound->blocks, desc);
}

static void reaped(void *ctx, const struct gm_object *gone)
{
	(void)ctx;
	explore_check(gone->type == TYPE && gone->size == GRANULE, "reaped: another record");
	nr_reaped++;
}

static void thread_orphans(unsigned id)
{
	if (id < 2)
		orphan(given[id]);
	else
		(void)gm_compound_reap(compound, reaped, NULL);
}

static void thread_count(unsigned id)
{
	gm_word marked;

	if (id == 0) {
		orphan(given[0]);
		return;
	}
	/* Relaxed: the order has to come from reap itself. */
	marked = gm_atomic_load_relaxed(&compound->nr_orphans);
	(void)gm_compound_reap(compound, reaped, NULL);
	explore_check(nr_reaped >= marked, "counted, but not found");
}

/* A granule's generation never goes back, whatever block it is in. */
static unsigned generations[8], at_start[8];

static void watch(const volatile gm_word *word, gm_word value)
{
	unsigned i;

	for (i = 0; i < 8; i++) {
		if (word != &gm_blocks_own(&compound->blocks, i)->state)
			continue;
		explore_check(gm_state_generation(value) - generations[i] <= 1,
			      "the generation of a tail was reset");
		generations[i] = gm_state_generation(value);
	}
}

static void setup_tail(void)
{
	unsigned i;

	table_start(1);
	compound = table;
	explore_check(do_create(BASE + 2 * GRANULE, GRANULE, &given[0]) == 0, "create");
	do_put(given[0]);
	explore_check(do_create(BASE, 4 * GRANULE, &given[0]) == 0, "create");
	world_keep();
	for (i = 0; i < 8; i++)
		generations[i] = gm_state_generation(gm_blocks_own(&compound->blocks, i)->state);
	memcpy(at_start, generations, sizeof(generations));
}

static void begin_tail(void)
{
	world_reset();
	memcpy(generations, at_start, sizeof(generations));
}

/* A tail becomes a head, and a tail again. */
static void thread_tail(unsigned id)
{
	struct gm_desc *desc;

	if (id == 0) {
		explore_check(do_release(BASE + GRANULE, GRANULE) == 0, "release");
		do_put(table_calls->find(table, gm_paddr(BASE + 2 * GRANULE)));
		if (do_create(BASE + 2 * GRANULE, 2 * GRANULE, &desc) == 0)
			do_put(desc);
	} else {
		(void)do_find(BASE + 2 * GRANULE, 0);
	}
}

static void check(void)
{
	(void)gm_compound_reap(compound, reaped, NULL);
	explore_check(nr_reaped == nr_marked, "an orphan is lost, or was found twice");
	explore_check(compound->nr_orphans == 0, "the count does not come back to 0");
}

static void run(const char *name, unsigned nr, int preemptions, void (*thread)(unsigned))
{
	struct explore_case one = {
		name, nr, preemptions, 2, setup, begin, thread, check, NULL, 0
	};

	case_run(&one);
}

void case_compound(void)
{
	static const struct explore_case tail = { "compound/tail and head",
						  1,
						  -1,
						  0,
						  setup_tail,
						  begin_tail,
						  thread_tail,
						  table_check,
						  watch,
						  0 };

	table_calls = &table_compound;
	run("compound/two orphans", 3, explore_totals.long_run ? 3 : 2, thread_orphans);
	run("compound/orphan is counted", 2, -1, thread_count);
	case_run(&tail);
}
