/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * demand.h - areas of virtual memory that get pages when they are used.
 *
 *   first load     the zero page, which all share
 *   first store    a page of zeroes of one's own
 *   later store    a page of one's own with what was there: copy on write
 *
 * Areas can be forked: both then share all pages until one of them writes.
 */
#ifndef UNIKERNEL_DEMAND_H
#define UNIKERNEL_DEMAND_H

#include <stdint.h>

#include "support.h"

#define DEMAND_PAGE 4096

/* How often each of the answers above was given; on all CPUs, exact at rest. */
struct demand_counts {
	atomic_uint zero, fresh, copied;
};
extern struct demand_counts demand_counts;

/* Before the second CPU starts; the support's faults then come here. */
void demand_init(void);

/* Areas 0 and 1, DEMAND_PAGES long. */
#define DEMAND_PAGES 256
volatile uint64_t *demand_page(unsigned area, unsigned page);

/* Area 1 gets pages first .. end - 1 of area 0, which nobody may write to meanwhile. */
void demand_fork(unsigned first, unsigned end);

/* Nothing is in the area any more. */
void demand_drop(unsigned area);

/* The caller's CPU gives back what it has taken in advance. */
void demand_finish(void);

/* References to the zero page: one, and one for each place where it is mapped. */
unsigned long demand_zero_references(void);

#endif
