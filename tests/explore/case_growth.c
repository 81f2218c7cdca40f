/* SPDX-License-Identifier: BSD-2-Clause */
/* case_growth.c - two find the pool empty, and only one the last memory for a slab. */
#include "tables.h"

#include "adhoc_internal.h"
#include "folio_internal.h"

/* For a slab of the smallest size, aligned by the caller. */
#define SLAB 4096

static struct gm_blocks_range nothing;
static unsigned nr_busy;

static void begin(void)
{
	nr_busy = 0;
}

/* The buffer is cleared by who takes it. */
static void setup_folio(void)
{
	struct gm_folio *folio;

	table_start(0);
	folio = table;
	folio->arena_end = (uintptr_t)folio->arena_next + SLAB;
}

static void setup_adhoc(void)
{
	table_start(0);
	((struct gm_adhoc *)table)->arena.nr_slabs = 1;
}

static int take_from_folio(struct gm_desc **out)
{
	return gm_folio_take_desc(table, nothing, out);
}

static const struct gm_adhoc_range none;

static int take_from_adhoc(struct gm_desc **out)
{
	return gm_adhoc_take_desc(table, &none, out);
}

static int (*take)(struct gm_desc **out);

/* There is enough for both: nobody is told that there is none. */
static void thread_last(unsigned id)
{
	struct gm_desc *desc;
	int err = take(&desc);

	(void)id;
	explore_check(err == 0 || err == -GM_EBUSY, "no memory, although more was on its way");
	nr_busy += err != 0;
}

static void check(void)
{
	struct gm_desc *desc;

	explore_check(nr_busy < 2 && take(&desc) == 0, "nobody has brought memory");
}

static void run(const struct table_calls *calls, const char *name, int (*how)(struct gm_desc **),
		void (*setup)(void))
{
	struct explore_case one = { name, 2, 2, 1, setup, begin, thread_last, check, NULL, 0 };

	one.stale += explore_totals.long_run;
	table_calls = calls;
	take = how;
	case_run(&one);
}

void case_growth(void)
{
	run(&table_folio, "folio/the last slab", take_from_folio, setup_folio);
	run(&table_adhoc, "adhoc/the last slab", take_from_adhoc, setup_adhoc);
}
