/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench.h - measuring what is compared in one run, as ratios. Included first.
 *
 * Candidates take turns for several rounds, so that whatever else the machine
 * does hits all alike. A round is a few short bursts, of which the fastest counts:
 * the one that was disturbed least. A candidate's figure is the median of its
 * rounds, and a ratio the median of the ratios of each round.
 */
#ifndef GM_BENCH_H
#define GM_BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BENCH_ROUNDS 15
#define BENCH_BURSTS 9

#define BENCH_KIB ((uint64_t)1 << 10)
#define BENCH_MIB ((uint64_t)1 << 20)
#define BENCH_GIB ((uint64_t)1 << 30)
#define BENCH_TIB ((uint64_t)1 << 40)

/* The size of an array. */
#define BENCH_NR(array) (sizeof(array) / sizeof((array)[0]))

/* Runs `loops` times whatever is measured. */
typedef void bench_fn(void *ctx, uint64_t loops);

struct bench {
	const char *name;
	bench_fn *fn;
	void *ctx;
	double ns[BENCH_ROUNDS]; /* for one loop */
	double median;
};

static inline uint64_t bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts the values. */
static inline double bench_median(double *values, size_t nr)
{
	qsort(values, nr, sizeof(*values), bench_compare);
	return values[nr / 2];
}

/* The figures of a candidate whose rounds are done. */
static inline void bench_settle(struct bench *candidate)
{
	double sorted[BENCH_ROUNDS];

	memcpy(sorted, candidate->ns, sizeof(sorted));
	candidate->median = bench_median(sorted, BENCH_ROUNDS);
}

/* ns for one loop of a candidate, of which each burst runs `loops`. */
static inline double bench_round(const struct bench *candidate, uint64_t loops)
{
	uint64_t best = UINT64_MAX;
	size_t burst;

	for (burst = 0; burst < BENCH_BURSTS; burst++) {
		uint64_t start = bench_now();
		uint64_t taken;

		candidate->fn(candidate->ctx, loops);
		taken = bench_now() - start;
		if (taken < best)
			best = taken;
	}
	return (double)best / (double)loops;
}

/* Measure the candidates; a round of each runs about `loops`. */
static inline void bench_run(struct bench *candidates, size_t nr, uint64_t loops)
{
	size_t round, i;

	loops = loops / BENCH_BURSTS + 1;
	for (i = 0; i < nr; i++)
		candidates[i].fn(candidates[i].ctx, loops);
	for (round = 0; round < BENCH_ROUNDS; round++)
		for (i = 0; i < nr; i++)
			candidates[i].ns[round] = bench_round(&candidates[i], loops);
	for (i = 0; i < nr; i++)
		bench_settle(&candidates[i]);
}

/* How a candidate compares with another of the same run. */
static inline double bench_versus(const struct bench *candidate, const struct bench *limit)
{
	double ratios[BENCH_ROUNDS];
	size_t round;

	for (round = 0; round < BENCH_ROUNDS; round++)
		ratios[round] = candidate->ns[round] / limit->ns[round];
	return bench_median(ratios, BENCH_ROUNDS);
}

/* The candidates' times, with the quarters of the rounds around the median. */
static inline void bench_times(const struct bench *candidates, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		double sorted[BENCH_ROUNDS];

		memcpy(sorted, candidates[i].ns, sizeof(sorted));
		(void)bench_median(sorted, BENCH_ROUNDS);
		printf("  %-46s %10.2f ns  (%.2f .. %.2f)\n", candidates[i].name,
		       candidates[i].median, sorted[BENCH_ROUNDS / 4],
		       sorted[BENCH_ROUNDS - 1 - BENCH_ROUNDS / 4]);
	}
}

/* One line of the table; the goal is only printed, a benchmark never fails. */
static inline void bench_ratio(const char *metric, double value, double goal)
{
	printf("  %-46s %10.3f   goal <= %-8.2f %s\n", metric, value, goal,
	       value <= goal ? "met" : "MISSED");
}

/* The same for what has no goal. */
static inline void bench_figure(const char *metric, double value)
{
	printf("  %-46s %10.3f\n", metric, value);
}

static inline uint64_t bench_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* The processors that this process may use; returns how many, at most max. */
static inline unsigned bench_cpus(int *cpus, unsigned max)
{
	cpu_set_t set;
	unsigned nr = 0;
	int cpu;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 0;
	for (cpu = 0; cpu < CPU_SETSIZE && nr < max; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[nr++] = cpu;
	return nr;
}

/* Keep the calling thread on one processor. */
static inline void bench_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		printf("  (not pinned to processor %d)\n", cpu);
}

/* Is this option among the arguments? */
static inline int bench_option(int argc, char **argv, const char *option)
{
	while (argc-- > 1)
		if (strcmp(argv[argc], option) == 0)
			return 1;
	return 0;
}

/* A benchmark that cannot run says why; only this is a failure. */
static inline void bench_cannot(const char *why, int err)
{
	printf("cannot run: %s (error %d)\n", why, err);
	exit(1);
}

#endif
