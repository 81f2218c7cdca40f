/* SPDX-License-Identifier: BSD-2-Clause */
/* paging.h - the kernel's page tables, and all that changes them. */
#ifndef UNIKERNEL_PAGING_H
#define UNIKERNEL_PAGING_H

#include <granmem/granmem.h>

/* Builds tables that map what there is: code, data and all memory, devices. */
void paging_init(void);

/* The caller's CPU runs on them. */
void paging_enter(void);

/* The walker's calls, from any CPU, and their answers; never -GM_EBUSY but lookup. */
int paging_map(uint64_t va, uint64_t size, const struct gm_map_request *request);
int paging_lookup(uint64_t va, struct gm_walker_at *at);
int paging_protect(uint64_t va, uint64_t size, uint32_t prot);
int paging_unmap(uint64_t va, uint64_t size);

/* Nobody here asks what was accessed or written to, and where hardware does not note it by
 * itself, entries that say so already save a fault. */
#define PAGING_NOTED (GM_PTE_ACCESSED | GM_PTE_DIRTY)

#endif
