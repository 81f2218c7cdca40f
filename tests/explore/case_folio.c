/* SPDX-License-Identifier: BSD-2-Clause */
/* case_folio.c - the folio table's marks: memory that needs no record. */
#include "tables.h"

#include <granmem/folio.h>

#define A BASE
#define KIND GM_FOLIO_RESERVED

static struct gm_folio *folio;
static unsigned nr_marked, nr_unmarked, nr_made;

static void setup_free(void)
{
	table_start(1);
	folio = table;
	world_keep();
}

static void setup_marked(void)
{
	setup_free();
	explore_check(gm_folio_mark(folio, gm_paddr(A), 2 * GRANULE, KIND) == 0, "mark");
}

static void begin(void)
{
	world_reset();
	nr_marked = nr_unmarked = nr_made = 0;
}

/* Marks two granules, or one of them. */
static void mark(uint64_t base, uint64_t size)
{
	int err = gm_folio_mark(folio, gm_paddr(base), size, KIND);

	explore_check(err == 0 || err == -GM_EEXIST || err == -GM_EBUSY, "mark: an odd error");
	nr_marked += err == 0;
}

static void unmark(uint64_t base, uint64_t size)
{
	int err = gm_folio_unmark(folio, gm_paddr(base), size);

	explore_check(err == 0 || err == -GM_ENOENT || err == -GM_EBUSY, "unmark: an odd error");
	nr_unmarked += err == 0;
}

static void thread_mark(unsigned id)
{
	struct gm_desc *desc;

	if (id == 0)
		mark(A, 2 * GRANULE);
	else if (id == 1)
		mark(A + GRANULE, GRANULE);
	else if (do_create(A + GRANULE, GRANULE, &desc) == 0)
		nr_made++;
}

static void check_mark(void)
{
	struct gm_verify verify;

	explore_check(nr_marked + nr_made == 1, "not one of those who raced for it has it");
	explore_check(gm_folio_verify(folio, &verify) == 0, verify.first);
}

/* Of those who take a mark away one frees the memory, once. */
static void thread_unmark(unsigned id)
{
	struct gm_desc *desc;

	if (id == 0)
		unmark(A, 2 * GRANULE);
	else if (id == 1)
		unmark(A + GRANULE, GRANULE);
	else
		explore_check(gm_folio_find_get(folio, gm_paddr(A), 0, &desc) != 0,
			      "found an object in marked memory");
}

static void check_unmark(void)
{
	struct gm_verify verify;
	struct gm_stats stats;

	/* The second alone leaves the first granule marked. */
	explore_check(nr_unmarked <= 1, "unmarked twice");
	explore_check(gm_folio_verify(folio, &verify) == 0, verify.first);
	gm_folio_stats(folio, &stats);
	explore_check(stats.region_bytes - stats.free_bytes ==
			      (gm_folio_kind(folio, gm_paddr(A)) == KIND) * GRANULE +
				      (gm_folio_kind(folio, gm_paddr(A + GRANULE)) == KIND) *
					      GRANULE,
		      "free bytes are lost");
}

/* What a mark held, an object may have next. */
static void thread_unmark_create(unsigned id)
{
	struct gm_desc *desc;

	if (id == 0)
		unmark(A, 2 * GRANULE);
	else if (do_create(A, GRANULE, &desc) == 0)
		do_put(desc);
}

/* As growth claims: the first granule is free all the time, whatever is tried. */
static void setup_quarter(void)
{
	struct gm_desc *desc;

	setup_free();
	explore_check(do_create(A + 3 * GRANULE, GRANULE, &desc) == 0, "create");
	world_keep();
}

static void thread_claim_last(unsigned id)
{
	struct gm_blocks_request request = { .end = 1, .nr = 1, .step = 1 };
	struct gm_desc *desc;
	uint64_t first;
	int err;

	if (id == 0) {
		explore_check(do_create(A, 4 * GRANULE, &desc) != 0, "created over another");
		return;
	}
	err = gm_blocks_claim_last(&folio->blocks, &request, GM_BLOCKS_BUSY, 1, &first);
	explore_check(err != -GM_ENOMEM, "no memory, although it was free all the time");
	if (err == 0)
		gm_blocks_free(&folio->blocks, first, 1, GM_BLOCKS_FREE);
}

/* The same upwards, where counts say that all is full: only the last pass looks. */
static void setup_quarter_full(void)
{
	setup_quarter();
	gm_atomic_store_relaxed(&folio->blocks.summary[0], GM_BLOCKS_GROUP);
}

static void thread_claim_full(unsigned id)
{
	struct gm_blocks_request request = { .end = 1, .nr = 1, .step = 1 };
	uint64_t first;

	if (id == 0)
		thread_claim_last(id);
	else
		explore_check(gm_blocks_claim(&folio->blocks, &request, GM_BLOCKS_BUSY, &first) !=
				      -GM_ENOMEM,
			      "no memory, although it was free all the time");
}

static void run(const char *name, unsigned nr, int preemptions, void (*setup)(void),
		void (*thread)(unsigned), void (*check)(void))
{
	struct explore_case one = {
		name, nr, preemptions, 2, setup, begin, thread, check, NULL, 0
	};

	case_run(&one);
}

void case_folio(void)
{
	int more = explore_totals.long_run;

	table_calls = &table_folio;
	run("folio/mark", 2, -1, setup_free, thread_mark, check_mark);
	run("folio/mark and create", 3, 2 + more, setup_free, thread_mark, check_mark);
	run("folio/claim the last", 2, 3 + more, setup_quarter, thread_claim_last, table_check);
	run("folio/claim a full one", 2, 3 + more, setup_quarter_full, thread_claim_full, NULL);
	run("folio/unmark", 2, -1, setup_marked, thread_unmark, check_unmark);
	run("folio/unmark and find", 3, 2 + more, setup_marked, thread_unmark, check_unmark);
	run("folio/unmark and create", 2, 3 + more, setup_marked, thread_unmark_create,
	    check_unmark);
}
