/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paging.c - x86-64: CR3, and other CPUs' translations.
 *
 * A CPU forgets only its own. To the others goes an NMI, since that reaches a CPU
 * in its fault handler, too, where it may itself be waiting for an answer of ours.
 */
#include "../support.h"
#include "machine.h"

#define APIC_NMI 0x4400

static atomic_uint asked[SUPPORT_CPUS], answered[SUPPORT_CPUS];

static void flush_own(void)
{
	uint64_t root;

	__asm__ volatile("movq %%cr3, %0\n\tmovq %0, %%cr3" : "=r"(root) : : "memory");
}

void paging_start(uint64_t root, unsigned granule_shift)
{
	(void)granule_shift;
	__asm__ volatile("movq %0, %%cr3" : : "r"(root) : "memory");
}

/* What is not present is not cached (SDM vol. 3, 4.10.2.3). */
void paging_publish(void)
{
}

/* One NMI can stand for two that were asked for while it was held back, so the number is
 * read before the translations go. */
void paging_flush_asked(void)
{
	unsigned index = cpu_index(), number = atomic_load(&asked[index]);

	flush_own();
	atomic_store(&answered[index], number);
}

void paging_flush(void)
{
	unsigned i, own = cpu_index(), number;

	flush_own();
	for (i = 0; i < SUPPORT_CPUS; i++) {
		if (i == own || (i != 0 && atomic_load(&cpu_starts[i].there) == 0))
			continue;
		number = atomic_fetch_add(&asked[i], 1) + 1;
		machine_send(APIC_NMI, i);
		while ((int)(atomic_load(&answered[i]) - number) < 0)
			cpu_relax();
	}
}
