/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.h - all memory that the machine has, in one space. */
#ifndef UNIKERNEL_MEMORY_H
#define UNIKERNEL_MEMORY_H

#include <granmem/granmem.h>

/* What an object is for. */
#define TYPE_PAGES 1 /* demand-paged memory: 2 MiB, given out in 4 KiB */
#define TYPE_ZERO 2  /* the zero page */
#define TYPE_TABLE 3 /* page tables */

extern struct gm_space memory;

/* Gives every usable range of the machine to the space. Before the second CPU starts. */
void memory_init(void);

/* Free memory becomes an object of this size, with a reference that is the caller's. */
struct gm_desc *memory_claim(uint64_t size, unsigned type);

/* Physical memory is mapped one to one. */
void *memory_at(uint64_t paddr);

/* Prints what the space costs. */
void memory_report(void);

/* Checks the invariants, when nothing else runs, and that of demand-paged memory nothing
 * is left. */
void memory_check(void);

/* Ends the program unless err is 0. */
void must(int err, const char *what);

#endif
