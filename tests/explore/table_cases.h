/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table_cases.h - cases that run on each table: how they begin, and lists of them.
 *
 * Objects are at A, at multiples of a unit behind it (in the same node), and FAR
 * away (in another node, where a recycled one may go). The unit is the case's
 * parameter: a granule, or 64 bytes where there are objects below a granule.
 */
#ifndef EXPLORE_TABLE_CASES_H
#define EXPLORE_TABLE_CASES_H

#include "tables.h"

#define A BASE
#define FAR (BASE + table_calls->far)

extern struct gm_desc *given[2]; /* what setup made */
extern uint64_t unit;
extern int created; /* set to 0 before each schedule */

void setup_empty(void);
void setup_fresh(void);    /* metadata is taken, and cleared, by the threads */
void setup_one(void);      /* one unit at A */
void setup_double(void);   /* two units */
void setup_four(void);     /* four, and one behind */
void setup_anchored(void); /* a granule of one unit, and one to keep the node above */

/* make_and_drop - an object that its maker finds, and puts. */
void make_and_drop(uint64_t base, uint64_t size);

struct table_case {
	const char *name;
	unsigned nr_threads;
	int preemptions;
	void (*setup)(void);
	void (*thread)(unsigned id);
	void (*check)(void);
	int for_adhoc; /* 1: only there, and below a granule */
};

/* table_cases_run - each of them on each table, with so many loads of old values. */
void table_cases_run(const struct table_case *cases, unsigned nr, int stale);

#endif
