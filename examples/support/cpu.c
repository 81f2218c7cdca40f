/* SPDX-License-Identifier: BSD-2-Clause */
/* cpu.c - what is the same everywhere about a CPU that starts, or that faults. */
#include "support.h"

_Alignas(16) unsigned char support_stacks[SUPPORT_CPUS][SUPPORT_STACK];
struct cpu_start cpu_starts[SUPPORT_CPUS];
fault_hook *support_fault_hook;

static atomic_uint sections[SUPPORT_CPUS]; /* odd: the CPU is in one */

/* In trap_entry.S: the two instructions that may fault, and where a fault of theirs goes on. */
extern const char probe_load[], probe_store[], probe_failed[];

void cpu_arrived(unsigned index)
{
	struct cpu_start *start = &cpu_starts[index];

	atomic_store(&start->there, 1);
	start->function(start->arg);
}

int cpu_wait(unsigned index)
{
	unsigned long turns;

	for (turns = 0; turns < 1ul << 30; turns++) {
		if (atomic_load(&cpu_starts[index].there) != 0)
			return 0;
		cpu_relax();
	}
	return -1;
}

void section_begin(void)
{
	atomic_fetch_add(&sections[cpu_index()], 1);
}

void section_end(void)
{
	atomic_fetch_add(&sections[cpu_index()], 1);
}

void sections_wait(void)
{
	unsigned own = atomic_load(&sections[cpu_index()]) % 2;
	unsigned i, seen;

	/* Who waits inside of one has nothing in hand: else two would wait for each other. */
	if (own != 0)
		section_end();
	for (i = 0; i < SUPPORT_CPUS; i++) {
		seen = atomic_load(&sections[i]);
		while (seen % 2 != 0 && atomic_load(&sections[i]) == seen)
			cpu_relax();
	}
	if (own != 0)
		section_begin();
}

int fault_handle(struct fault *fault)
{
	if (support_fault_hook != NULL && support_fault_hook(fault))
		return 1;
	if (fault->pc != (uintptr_t)probe_load && fault->pc != (uintptr_t)probe_store)
		return 0;
	fault->pc = (uintptr_t)probe_failed;
	return 1;
}

_Noreturn void trap_fatal(const struct fault *fault)
{
	print(" pc ");
	print_hex(fault->pc);
	print(" address ");
	print_hex(fault->address);
	print("\n");
	machine_exit(3);
}
