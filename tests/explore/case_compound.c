/* SPDX-License-Identifier: BSD-2-Clause */
/* case_compound.c - the compound table's orphans: the bits, and their count. */
#include "tables.h"

#include <granmem/compound.h>

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
	table_calls = &table_compound;
	run("compound/two orphans", 3, explore_totals.long_run ? 3 : 2, thread_orphans);
	run("compound/orphan is counted", 2, -1, thread_count);
}
