/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peer_dpdk.c - DPDK's look-up from an address to its memory segment, with memory
 * of 4 KiB pages that needs no privilege: one list, and a segment for each page.
 */
#include "peer.h"

#include <sched.h>

#include <rte_eal.h>
#include <rte_memory.h>

#define MEMORY_MIB "1024"

static char *first;

static int remember(const struct rte_memseg_list *list, const struct rte_memseg *segment, void *ctx)
{
	(void)list;
	(void)ctx;
	first = segment->addr;
	return 1;
}

/* It takes the processor of lcore 0 for itself; ours is taken back. */
static int begin(void)
{
	static char lcores[32];
	static char *arguments[] = {
		"dpdk", "--no-huge", "--no-shconf", "--no-pci", "--no-telemetry",
		"-m",   MEMORY_MIB,  "--log-level", "1",        "--lcores",
		lcores
	};

	snprintf(lcores, sizeof(lcores), "0@%d", sched_getcpu());
	if (rte_eal_init((int)BENCH_NR(arguments), arguments) < 0)
		return -1;
	bench_pin(0);
	return rte_memseg_walk(remember, NULL) == 1 ? 0 : -1;
}

static void *take(size_t nr)
{
	static int failed = 1;

	if (first == NULL && nr == 0)
		failed = begin();
	return failed != 0 ? NULL : first + nr * PEER_BLOCK;
}

static size_t look_up(uintptr_t address)
{
	return (size_t)rte_mem_virt2memseg((void *)address, NULL);
}

static void give_back(void *block)
{
	(void)block;
}

PEER_ANNOUNCE void announce(void)
{
	static struct peer_owner owner = { "dpdk", take, look_up, give_back, NULL };

	peer_add_owner(&owner);
}
