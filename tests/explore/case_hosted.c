/* SPDX-License-Identifier: BSD-2-Clause */
/* case_hosted.c - metadata that grows in the table's own region. */
#include "tables.h"

#define A BASE
#define NEXT (A + 24 * GRANULE) /* behind what setup makes, before the metadata */

static unsigned created;
static uint64_t desc_bytes; /* before the growth */

static void begin(void)
{
	world_reset();
	created = 0;
}

/* As many objects as there are descriptors: the next one needs a slab. */
static void setup(void)
{
	static struct table_calls calls;
	struct gm_stats before, stats;
	struct gm_desc *desc;
	uint64_t at = A;

	calls = *table_calls;
	if (calls.region < 128 * GRANULE)
		calls.region = 128 * GRANULE;
	table_calls = &calls;
	table_start_hosted();
	explore_check(do_create(at, GRANULE, &desc) == 0, "create");
	table_calls->stats(table, &before);
	for (stats = before; stats.nr_objects * 1024 + 1023 < before.desc_bytes - 1024;) {
		at += GRANULE;
		explore_check(do_create(at, GRANULE, &desc) == 0, "create");
		table_calls->stats(table, &stats);
	}
	explore_check(stats.desc_bytes == before.desc_bytes && at < NEXT, "grown too early");
	desc_bytes = stats.desc_bytes;
	world_keep();
}

/* Both need the slab; one of them may bring it in vain. */
static void thread_grow(unsigned id)
{
	struct gm_desc *desc;

	if (id == 2) {
		(void)do_find(A, 0);
	} else if (do_create(NEXT + id * GRANULE, GRANULE, &desc) == 0) {
		created++;
		do_check_mine(desc, NEXT + id * GRANULE, GRANULE);
	}
}

static void check(void)
{
	struct gm_stats stats;

	table_check();
	table_calls->stats(table, &stats);
	explore_check(created >= 1 && stats.desc_bytes > desc_bytes, "nothing has grown");
}

static void run(const struct table_calls *calls, const char *name, unsigned nr, int preemptions)
{
	struct explore_case one = { name,  nr,          preemptions, 1,    setup,
				    begin, thread_grow, check,       NULL, 0 };

	table_calls = calls;
	case_run(&one);
}

void case_hosted(void)
{
	int more = explore_totals.long_run;

	run(&table_folio, "folio/growth in the region", 2, 1 + more);
	run(&table_folio, "folio/growth in the region, and find", 3, 0 + more);
	run(&table_adhoc, "adhoc/growth in the region", 2, 1 + more);
	run(&table_adhoc, "adhoc/growth in the region, and find", 3, 0);
}
