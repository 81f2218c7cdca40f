/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walker_cases.h - page tables of a few entries, and what the walker must answer.
 *
 * Three levels; a table page has two entries (with runs: the lowest has four), so
 * that a case is small. The formats are real ones, only the shape is not: level 1
 * begins where a format of 4 KiB granules has 2 MiB, which physical addresses here
 * are multiples of.
 *
 * Memory: each frame has a word that its mapper writes before it maps, as plain
 * memory, and that a lookup reads: a race if the order is missing. Table pages that
 * are freed stay unused to the end of the schedule, as quiesce would have it.
 */
#ifndef EXPLORE_WALKER_CASES_H
#define EXPLORE_WALKER_CASES_H

#include "cases.h"

#include <granmem/walker.h>

#define PAGE ((uint64_t)1 << 12)
#define NR_PAGES 12
#define NR_FRAMES 8

extern struct gm_walker *walker;
extern unsigned pages_used, pages_freed;

/* walker_start - empty tables, of an x86 or, with runs, of an aarch64 format. */
void walker_start(unsigned flags, int runs);

/* walker_keep - what setup made is what each schedule begins with. */
void walker_keep(void);
void walker_begin(void);

/* The calls: each checks that the answer is possible at all. va in granules; a frame's
 * number tells whose it is. */
int do_map(unsigned va, unsigned nr, unsigned frame);
int do_map_accessed(unsigned va, unsigned nr, unsigned frame);
void do_write(unsigned frame);
unsigned do_read(const struct gm_walker_at *at); /* returns the frame */
int do_unmap(unsigned va, unsigned nr);
int do_protect(unsigned va, unsigned nr);
int do_lookup(unsigned va, struct gm_walker_at *at); /* returns the frame, or an error */

/* do_mark - hardware uses the entry that translates va: accessed, and dirty if it may
 * be written. Returns 1, or 0: it faults. */
int do_mark(unsigned va);

/* frame_at - at rest: the frame that va leads to, or -1. */
int frame_at(unsigned va);

/* walker_check - at rest: each entry is empty, a table that is in use, or a leaf; no page
 * is lost; after unmapping all only the root is left. */
void walker_check(void);

#endif
