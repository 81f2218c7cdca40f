/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unikernel.c - a kernel with one program: what happens, and what is expected of it.
 *
 * Two CPUs use the same demand-paged area at once, so most page faults of the one meet
 * the other in the same table, at the same page, or at the same object.
 */
#include "demand.h"
#include "memory.h"
#include "paging.h"
#include "support.h"

#define SEEN (DEMAND_PAGES / 2) /* pages that are read before they are written */

static struct barrier barrier;
static atomic_uint nr_wrong; /* words that are not what they should be */

static void expect(uint64_t word, uint64_t value)
{
	if (word != value)
		nr_wrong++;
}

/* Every CPU has a word of its own in every page. */
static volatile uint64_t *word_of(unsigned area, unsigned page)
{
	return demand_page(area, page) + cpu_index();
}

/* Loads: both CPUs, the same pages, in the same order. */
static void read_all(void)
{
	unsigned i;

	for (i = 0; i < SEEN; i++)
		expect(*word_of(0, i), 0);
}

/* Every fourth of the pages that were read stays as it is: nothing but the zero page. */
static int is_written(unsigned page)
{
	return page >= SEEN || page % 4 != 0;
}

static void write_most(void)
{
	unsigned i;

	for (i = 0; i < DEMAND_PAGES; i++) {
		if (is_written(i))
			*word_of(0, i) = i;
	}
}

/* CPU 0 changes every second page of the parent, CPU 1 every page of the child. */
static void write_after_fork(void)
{
	unsigned i, area = cpu_index();

	for (i = 0; i < DEMAND_PAGES; i += 2 - area)
		*word_of(area, i) = i + 1000;
}

/* What one of them wrote then, the other does not see. */
static void check_both(void)
{
	unsigned i, cpu;

	for (i = 0; i < DEMAND_PAGES; i++) {
		uint64_t before = is_written(i) ? i : 0;

		for (cpu = 0; cpu < SUPPORT_CPUS; cpu++) {
			expect(demand_page(0, i)[cpu], cpu == 0 && i % 2 == 0 ? i + 1000 : before);
			expect(demand_page(1, i)[cpu], cpu == 1 ? i + 1000 : before);
		}
	}
}

/* CPU 0 says what has happened since the last time, while CPU 1 waits. */
static void say(const char *what)
{
	static unsigned zero, fresh, copied;

	barrier_wait(&barrier, SUPPORT_CPUS);
	if (cpu_index() == 0) {
		print(what);
		print_number(demand_counts.zero - zero);
		print(" zero, ");
		print_number(demand_counts.fresh - fresh);
		print(" fresh, ");
		print_number(demand_counts.copied - copied);
		print(" copied; references to the zero page: ");
		print_number(demand_zero_references());
		print("\n");
		zero = demand_counts.zero;
		fresh = demand_counts.fresh;
		copied = demand_counts.copied;
	}
	barrier_wait(&barrier, SUPPORT_CPUS);
}

static void work(void *arg)
{
	unsigned half = DEMAND_PAGES / 2 * cpu_index();

	(void)arg;
	paging_enter();
	say("start:      ");
	read_all();
	say("both read:  ");
	write_most();
	say("both write: ");
	demand_fork(half, half + DEMAND_PAGES / 2);
	say("fork:       ");
	write_after_fork();
	say("both write: ");
	check_both();
	barrier_wait(&barrier, SUPPORT_CPUS);
	if (cpu_index() == 0)
		memory_report();
	barrier_wait(&barrier, SUPPORT_CPUS);
	demand_drop(cpu_index());
	demand_finish();
	say("end:        ");
}

int kernel(void)
{
	memory_init();
	paging_init();
	demand_init();
	must(cpu_start(1, work, NULL), "the second CPU");
	work(NULL);

	if (probe_write((volatile uint64_t *)(uintptr_t)image, 0) == 0)
		fatal("code can be written");
	memory_check();
	print_number(nr_wrong);
	print(" words are wrong\n");
	return nr_wrong == 0 ? 0 : 1;
}
