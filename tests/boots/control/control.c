/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control.c - the ground itself: faults reach the hook, go on or not, and an exit code
 * that is not 0 comes out of the machine.
 *
 * machines: x86_64 aarch64 aarch64-el2 riscv64 riscv64-hs
 */
#include "support.h"

/* In no machine's memory, and mapped by none of the start-up code. */
#define NOWHERE ((volatile uint64_t *)0x7000000000)

static uint64_t elsewhere = 7;
static unsigned nr_calls;
static struct fault last;

static int hook(struct fault *fault)
{
	nr_calls++;
	last = *fault;
	return 0;
}

static void other(void *arg)
{
	*(volatile unsigned *)arg = cpu_index() + 10;
}

int kernel(void)
{
	volatile unsigned said = 0;
	uint64_t value = 0;

	if (probe_read(&elsewhere, &value) != 0 || value != 7 || probe_write(&elsewhere, 8) != 0 ||
	    elsewhere != 8)
		fatal("a probe of memory fails");
	support_fault_hook = hook;
	if (probe_read(NOWHERE, &value) == 0 || nr_calls != 1 || last.flags != 0 ||
	    last.address != (uintptr_t)NOWHERE)
		fatal("a load from nowhere");
	if (probe_write(NOWHERE, 1) == 0 || nr_calls != 2 || last.flags != FAULT_WRITE)
		fatal("a store to nowhere");
	print("faults are told apart\n");

	if (cpu_index() != 0 || cpu_start(1, other, (void *)&said) != 0)
		fatal("no second CPU");
	while (said == 0)
		cpu_relax();
	print("CPU ");
	print_number(said - 10);
	print(" was here\n");
	return 5;
}
