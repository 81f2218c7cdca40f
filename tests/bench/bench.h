/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench.h - measuring what is compared in one run, as ratios. Included first.
 *
 * Candidates take turns for several rounds, so that whatever else the machine
 * does hits all alike. A round is a few short bursts, of which the fastest counts:
 * the one that was disturbed least. A candidate's figure is the median of its
 * rounds, and a ratio the median of the ratios of each round.
 *
 * A candidate may run on several threads at once, each on a processor of its
 * own as far as there are any. Their bursts begin together, and the median of the
 * bursts counts, for all that are compared: the fastest may be one in which a
 * thread was not running.
 *
 * What is printed is also appended, one line each, to the file that BENCH_RESULTS
 * names: "metric NAME VALUE" and "point PLOT SERIES X Y".
 */
#ifndef GM_BENCH_H
#define GM_BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BENCH_ROUNDS_MAX 75
#define BENCH_BURSTS 9

#define BENCH_KIB ((uint64_t)1 << 10)
#define BENCH_MIB ((uint64_t)1 << 20)
#define BENCH_GIB ((uint64_t)1 << 30)
#define BENCH_TIB ((uint64_t)1 << 40)

/* The size of an array. */
#define BENCH_NR(array) (sizeof(array) / sizeof((array)[0]))

/* Part of the loop that it is in: a call is not what is measured. */
#define BENCH_INLINE static inline __attribute__((always_inline))

/* Runs `loops` times whatever is measured. */
typedef void bench_fn(void *ctx, uint64_t loops);

struct bench {
	const char *name;
	bench_fn *fn;
	void *ctx;
	unsigned threads;
	double ns[BENCH_ROUNDS_MAX]; /* for one loop of each thread */
	double median;
};

#define BENCH(name, fn, ctx) \
	{ \
		(name), (fn), (ctx), 1, { 0 }, 0 \
	}
#define BENCH_THREADS(name, fn, ctx, nr) \
	{ \
		(name), (fn), (ctx), (nr), { 0 }, 0 \
	}

/* The middle and the quarters around it. */
struct bench_spread {
	double low;
	double median;
	double high;
};

/*
 * timing.c - the method.
 */

/* bench_begin - read the options, take a processor for the main thread. */
void bench_begin(int argc, char **argv);

/* bench_option - is it among the arguments? */
int bench_option(const char *option);

/* bench_quick - were short rounds asked for? */
int bench_quick(void);

/* bench_nr_cpus, bench_pin - the processors that this process may use; keep the
 * calling thread on one of them, modulo how many there are. */
unsigned bench_nr_cpus(void);
void bench_pin(unsigned nr);

/* bench_now - nanoseconds of a clock that never goes back. */
uint64_t bench_now(void);

/* bench_run - measure the candidates; a round of each runs about `loops`. */
void bench_run(struct bench *candidates, size_t nr, uint64_t loops);

/* bench_versus - how a candidate compares with another of the same run. */
struct bench_spread bench_versus(const struct bench *candidate, const struct bench *limit);

/* bench_speedup - work done in the same time by all threads, over the limit's. */
struct bench_spread bench_speedup(const struct bench *candidate, const struct bench *limit);

/* bench_spread - of the rounds of one candidate. */
struct bench_spread bench_spread(const struct bench *candidate);

/* bench_spread_of - of any nr values, which it sorts. */
struct bench_spread bench_spread_of(double *values, size_t nr);

/* bench_rounds, bench_repeat - how many a run has, and more of them, by a factor of at
 * most 5: for what other programs disturb most. */
size_t bench_rounds(void);
void bench_repeat(size_t times);

BENCH_INLINE uint64_t bench_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* bench_shuffle - the numbers 0 .. nr - 1 in an order that is always the same. */
void bench_shuffle(uint32_t *out, size_t nr);

/*
 * team.c - the threads of a candidate.
 */

/* Which of the threads of a candidate is the calling one? */
extern _Thread_local unsigned bench_self;

/* bench_team_begin, bench_team_end - nr - 1 helpers for the calling thread. */
void bench_team_begin(unsigned nr);
void bench_team_end(void);

/* bench_team_burst - all threads of a candidate run `loops`; ns for one loop of
 * each. Requires a team as large. */
double bench_team_burst(const struct bench *candidate, uint64_t loops);

/*
 * print.c - the tables, and the file of results.
 */

/* bench_times - the candidates' times, with the quarters of the rounds. */
void bench_times(const struct bench *candidates, size_t nr);

/* bench_ratio - one line, with the goal if it is not 0: a ratio of at most. */
void bench_ratio(const char *metric, const struct bench *candidate, const struct bench *limit,
		 double goal);

/* bench_scaling - the same for threads: a speed-up of at least. */
void bench_scaling(const char *metric, const struct bench *candidate, const struct bench *limit,
		   double goal);

/* bench_figure - the same for a number that has no rounds. */
void bench_figure(const char *metric, double value, double goal);

/* bench_point - a point of a picture, and in bench.json growth.<plot>.<series>.<x>;
 * names without spaces. */
void bench_point(const char *plot, const char *series, double x, double y);

/* bench_skip - what is not measured, and why. */
void bench_skip(const char *what, const char *why);

/* bench_check - a benchmark that cannot run says why; only this is a failure. */
void bench_check(int err, const char *what);

/* memory.c: bench_zeroed - page-aligned memory, touched. Ends the program if there is
 * none. The caller frees it. */
void *bench_zeroed(uint64_t bytes);

#endif
