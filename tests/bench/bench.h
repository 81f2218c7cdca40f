/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench.h - measuring what is compared in one run, as ratios.
 *
 * Candidates take turns for several rounds, so that whatever else the machine
 * does hits all alike; a candidate's figure is the median of its rounds.
 */
#ifndef GM_BENCH_H
#define GM_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_ROUNDS 11

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

static inline double bench_median(double *values, size_t nr)
{
	qsort(values, nr, sizeof(*values), bench_compare);
	return values[nr / 2];
}

static inline void bench_run(struct bench *candidates, size_t nr, uint64_t loops)
{
	size_t round, i;

	for (i = 0; i < nr; i++)
		candidates[i].fn(candidates[i].ctx, loops / 8 + 1);
	for (round = 0; round < BENCH_ROUNDS; round++) {
		for (i = 0; i < nr; i++) {
			uint64_t start = bench_now();

			candidates[i].fn(candidates[i].ctx, loops);
			candidates[i].ns[round] = (double)(bench_now() - start) / (double)loops;
		}
	}
	for (i = 0; i < nr; i++)
		candidates[i].median = bench_median(candidates[i].ns, BENCH_ROUNDS);
}

/* One line of the table; the goal is only printed, a benchmark never fails. */
static inline void bench_ratio(const char *metric, double value, double goal)
{
	printf("  %-46s %8.3f   goal <= %-6.2f %s\n", metric, value, goal,
	       value <= goal ? "met" : "MISSED");
}

static inline uint64_t bench_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
