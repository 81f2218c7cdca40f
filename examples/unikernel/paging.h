/* SPDX-License-Identifier: BSD-2-Clause */
/* paging.h - the kernel's page tables, and all that changes them. */
#ifndef UNIKERNEL_PAGING_H
#define UNIKERNEL_PAGING_H

#include <granmem/granmem.h>

/* Builds tables that map what there is: code, data and all memory, devices. */
void paging_init(void);

/* The caller's CPU runs on them. */
void paging_enter(void);

/* The walker's calls, from any CPU; an error ends the program, but for lookup's. */
void paging_map(uint64_t va, uint64_t size, const struct gm_map_request *request);
int paging_lookup(uint64_t va, struct gm_walker_at *at);
void paging_protect(uint64_t va, uint64_t size, uint32_t prot);
void paging_unmap(uint64_t va, uint64_t size);

#endif
