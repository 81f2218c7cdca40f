/* SPDX-License-Identifier: BSD-2-Clause */
/* case_hosted.c - metadata that grows in the table's own region. */
#include "tables.h"

#define A BASE
#define NEXT (A + 60 * GRANULE) /* behind what setup makes, before the metadata */

static unsigned created;
static uint64_t hosted_bytes; /* before the growth */

static void begin(void)
{
	world_reset();
	created = 0;
}

static void fill(uint64_t *at)
{
	struct gm_desc *desc;

	explore_check(do_create(*at, GRANULE, &desc) == 0, "create");
	*at += GRANULE;
}

/* Until all descriptors of a slab from the region are used: the next object needs
 * another slab. The parameter is how many a slab has. */
static void setup(void)
{
	static struct table_calls calls;
	struct gm_stats before, stats;
	uint64_t at = A;
	unsigned i;

	calls = *table_calls;
	if (calls.region < 256 * GRANULE)
		calls.region = 256 * GRANULE;
	table_calls = &calls;
	table_start_hosted();
	table_calls->stats(table, &before);
	do {
		fill(&at);
		table_calls->stats(table, &stats);
	} while (stats.hosted_bytes == before.hosted_bytes);
	for (i = 1; i < explore_now->parameter; i++)
		fill(&at);
	explore_check(at <= NEXT, "too many objects");
	table_calls->stats(table, &before);
	explore_check(stats.hosted_bytes == before.hosted_bytes, "grown too early");
	hosted_bytes = before.hosted_bytes;
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
	explore_check(created >= 1 && stats.hosted_bytes > hosted_bytes, "nothing has grown");
}

static void run(const struct table_calls *calls, const char *name, unsigned nr, int preemptions,
		unsigned per_slab)
{
	struct explore_case one = { name,  nr,          preemptions, 1,    setup,
				    begin, thread_grow, check,       NULL, per_slab };

	table_calls = calls;
	case_run(&one);
}

void case_hosted(void)
{
	int more = explore_totals.long_run;

	run(&table_folio, "folio/growth in the region", 2, 1 + more, 3);
	run(&table_folio, "folio/growth in the region, and find", 3, 0 + more, 3);
	run(&table_adhoc, "adhoc/growth in the region", 2, 1 + more, 15);
	run(&table_adhoc, "adhoc/growth in the region, and find", 3, 0, 15);
}
