/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.h - all memory that the machine has, in one space. */
#ifndef HYPERVISOR_MEMORY_H
#define HYPERVISOR_MEMORY_H

#include <granmem/granmem.h>

/* What an object is for. */
#define TYPE_GUEST 1 /* 2 MiB, given out in 4 KiB */
#define TYPE_TABLE 2 /* a page of a guest's tables */

#define BLOCK_BYTES ((uint64_t)2 << 20)

extern struct gm_space memory;

/* Gives every usable range of the machine to the space. Before the second CPU starts. */
void memory_init(void);

/* Free memory becomes an object of BLOCK_BYTES, with a reference that is the caller's.
 * What is in it may be anybody's. Returns 0 or -GM_ENOMEM. */
int memory_claim(struct gm_desc **out);

/* Physical memory is mapped one to one. */
void *memory_at(uint64_t paddr);

/* Checks the invariants, when nothing else runs, and that all memory is free. */
void memory_check(void);

/* Ends the program unless err is 0. */
void must(int err, const char *what);

#endif
