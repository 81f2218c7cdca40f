/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reach.h - what there is to translate with on this machine, and accesses through it.
 *
 *   x86_64        long mode's four levels
 *   aarch64       stage 1 at EL1, with each granule
 *   aarch64-el2   stage 2, with each granule: loads and stores of a guest at EL1
 *   riscv64       Sv39
 *   riscv64-hs    Sv39x4: loads and stores as a guest, by HLV and HSV
 */
#ifndef BOOTS_REACH_H
#define BOOTS_REACH_H

#include <granmem/pte.h>

#include "support.h"

/* The type of registers: on riscv64 what the physical memory attributes say,
 * on aarch64 the one that PAGING_MAIR has. */
#if defined(__riscv)
#define REACH_REGISTERS GM_MEMORY_WB
#elif defined(__aarch64__)
#define REACH_REGISTERS GM_MEMORY_STRICT
#else
#define REACH_REGISTERS GM_MEMORY_DEVICE
#endif

/* The n-th format: 0, or -1 if there are no more. *name is for people. */
int reach_format(unsigned n, struct gm_pte_format *format, const char **name);

/* Translate by these tables from now on. */
void reach_start(const struct gm_pte_format *format, uint64_t root);

/* Forget what was translated before. */
void reach_flush(void);

/* What hardware sets by itself: 0 nothing, 1 accessed, 2 dirty too; -1 it does not say. */
int reach_sets(void);

/* One access of 8 bytes: 0, or -1 if it ended in a fault; then reach_fault says which. */
int reach_read(uint64_t address, uint64_t *value);
int reach_write(uint64_t address, uint64_t value);
extern struct fault reach_fault;

#endif
