/* SPDX-License-Identifier: BSD-2-Clause */
/* timing.c - rounds, bursts, medians; see bench.h. */
#include "bench.h"

#include <sched.h>
#include <time.h>

#define CPUS_MAX 64
#define ROUNDS 15
#define ROUNDS_QUICK 9

static size_t nr_rounds;
static int nr_options;
static char **options;
static int cpus[CPUS_MAX];
static unsigned nr_cpus;

static void find_cpus(void)
{
	cpu_set_t set;
	int cpu;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return;
	for (cpu = 0; cpu < CPU_SETSIZE && nr_cpus < CPUS_MAX; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[nr_cpus++] = cpu;
}

void bench_begin(int argc, char **argv)
{
	nr_options = argc;
	options = argv;
	setvbuf(stdout, NULL, _IOLBF, 0);
	bench_repeat(1);
	find_cpus();
	bench_pin(0);
}

int bench_option(const char *option)
{
	int i;

	for (i = 1; i < nr_options; i++)
		if (strcmp(options[i], option) == 0)
			return 1;
	return 0;
}

int bench_quick(void)
{
	return bench_option("--quick");
}

unsigned bench_nr_cpus(void)
{
	return nr_cpus;
}

void bench_pin(unsigned nr)
{
	cpu_set_t set;
	int cpu;

	if (nr_cpus == 0)
		return;
	/* From the last one down: the first often has the interrupts. */
	cpu = cpus[nr_cpus - 1 - nr % nr_cpus];
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		printf("  (not pinned to processor %d)\n", cpu);
}

uint64_t bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void bench_repeat(size_t times)
{
	nr_rounds = (bench_quick() ? ROUNDS_QUICK : ROUNDS) * times;
	bench_check(nr_rounds > BENCH_ROUNDS_MAX, "too many rounds");
}

size_t bench_rounds(void)
{
	return nr_rounds;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

struct bench_spread bench_spread_of(double *values, size_t nr)
{
	qsort(values, nr, sizeof(*values), compare);
	return (struct bench_spread){ values[nr / 4], values[nr / 2], values[nr - 1 - nr / 4] };
}

struct bench_spread bench_spread(const struct bench *candidate)
{
	double sorted[BENCH_ROUNDS_MAX];

	memcpy(sorted, candidate->ns, sizeof(sorted));
	return bench_spread_of(sorted, bench_rounds());
}

/* factor: what one loop of the candidate is worth in loops of the limit. */
static struct bench_spread ratio(const struct bench *over, const struct bench *under, double factor)
{
	double ratios[BENCH_ROUNDS_MAX];
	size_t round;

	for (round = 0; round < bench_rounds(); round++)
		ratios[round] = factor * over->ns[round] / under->ns[round];
	return bench_spread_of(ratios, bench_rounds());
}

struct bench_spread bench_versus(const struct bench *candidate, const struct bench *limit)
{
	return ratio(candidate, limit, 1);
}

struct bench_spread bench_speedup(const struct bench *candidate, const struct bench *limit)
{
	return ratio(limit, candidate, (double)candidate->threads / (double)limit->threads);
}

static unsigned most_threads(const struct bench *candidates, size_t nr)
{
	unsigned most = 1;

	while (nr-- > 0)
		if (candidates[nr].threads > most)
			most = candidates[nr].threads;
	return most;
}

static double one_round(const struct bench *candidate, uint64_t loops, int teams)
{
	double ns[BENCH_BURSTS];
	struct bench_spread spread;
	size_t burst;

	for (burst = 0; burst < BENCH_BURSTS; burst++)
		ns[burst] = bench_team_burst(candidate, loops);
	spread = bench_spread_of(ns, BENCH_BURSTS);
	return teams ? spread.median : ns[0];
}

void bench_run(struct bench *candidates, size_t nr, uint64_t loops)
{
	unsigned most = most_threads(candidates, nr);
	size_t round, i;

	loops = loops / BENCH_BURSTS + 1;
	bench_team_begin(most);
	for (i = 0; i < nr; i++)
		(void)bench_team_burst(&candidates[i], loops);
	for (round = 0; round < bench_rounds(); round++)
		for (i = 0; i < nr; i++)
			candidates[i].ns[round] = one_round(&candidates[i], loops, most > 1);
	bench_team_end();
	for (i = 0; i < nr; i++)
		candidates[i].median = bench_spread(&candidates[i]).median;
}

void bench_shuffle(uint32_t *out, size_t nr)
{
	uint64_t seed = 7;
	size_t i;

	for (i = 0; i < nr; i++) {
		size_t j = bench_random(&seed) % (i + 1);

		out[i] = out[j];
		out[j] = (uint32_t)i;
	}
}
