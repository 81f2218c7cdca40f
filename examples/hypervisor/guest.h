/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest.h - a guest: blocks of memory, and tables that show it pages of them.
 *
 *   the guest's addresses      its tables               objects
 *   RAM_BASE  +--------+       +------+                 +-------------------+
 *             |        |-------| leaf |---------------->| 4 KiB | 4 KiB ... |  2 MiB
 *             +--------+       |   0  | not used yet    +-------------------+
 *   WINDOW_   +--------+       | leaf |----------+      +-------------------+
 *   BASE      |        |-------|      |          +----->| 4 KiB | 4 KiB ... |  2 MiB, of
 *             +--------+       +------+                 +-------------------+  the other
 *
 * There is no record of a page. Page n of RAM is a place in block n / 512, which the
 * guest holds by one reference; each leaf holds one more, in whoever's tables it is. So
 * a block is free with the last of them, whether its guest still exists or not.
 *
 * RAM is changed on the guest's own CPU only. The window is changed on both.
 */
#ifndef HYPERVISOR_GUEST_H
#define HYPERVISOR_GUEST_H

#include <granmem/granmem.h>

#include "arch.h"
#include "calls.h"
#include "memory.h"
#include "support.h"

#define NR_GUESTS 2

struct guest {
	unsigned id; /* 0 or 1: of the CPU, too */
	struct gm_walker tables;
	struct gm_map_space counts;
	struct gm_map_lane lanes[SUPPORT_CPUS];
	struct gm_desc *blocks[RAM_BYTES / BLOCK_BYTES]; /* NULL: nothing of it was used yet */
	struct arch_vcpu vcpu;
	atomic_uint met; /* CALL_MEET */
	int code;        /* that it stopped with: 0 or 1 */
};

extern struct guest guests[NR_GUESTS];

/* Empty tables. Before the second CPU starts. */
void guest_init(unsigned id);

/* On the guest's CPU, at its beginning: copies the program to where it runs. */
void guest_load(struct guest *guest, const void *program, uint64_t bytes);

/* On the guest's CPU, when it runs no more: gives up its tables and its memory, but for
 * what the other guest sees of it. */
void guest_end(struct guest *guest);

/* Is [address, address + bytes) RAM? Takes any numbers. 0, -GM_ESIZE or -GM_ERANGE. */
int guest_is_ram(uint64_t address, uint64_t bytes);

/* An access to an address, any, that needs this protection has failed. 0: it may be tried
 * again; else there is nothing for the guest. */
int guest_fault(struct guest *guest, uint64_t address, uint32_t prot);

/* The calls of the walker, which may be made on any CPU. */
int guest_map(struct guest *guest, uint64_t address, struct gm_desc *object, uint64_t offset,
	      uint32_t prot);
int guest_unmap(struct guest *guest, uint64_t address, uint64_t bytes);
int guest_lookup(struct guest *guest, uint64_t address, struct gm_walker_at *at);

#endif
