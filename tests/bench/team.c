/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * team.c - threads whose bursts begin together; see bench.h.
 *
 * A burst is what it should be only if all of its threads ran all the time; else they
 * did not meet. Where others want the processors as well, it is tried again.
 */
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <granmem/atomic.h>

#define TEAM_MAX 64
#define SPINS 20000
#define TRIES 40

_Thread_local unsigned bench_self;

/* What the threads tell each other; a line of its own for each who writes. */
static struct {
	gm_word asked __attribute__((aligned(64))); /* the burst that the first one wants */
	gm_word go __attribute__((aligned(64)));
	const struct bench *candidate; /* NULL: the end */
	uint64_t loops;
	uint64_t start;
	struct {
		pthread_t thread;
		gm_word ready; /* the burst that it is about to begin */
		gm_word done;  /* the last that it finished */
		int disturbed; /* it did not have its processor all the time */
	} __attribute__((aligned(64))) members[TEAM_MAX]; /* the first is the main thread */
	unsigned nr;
	gm_word burst;
} team;

/* Gives way now and then: the one that is waited for may need this processor. */
static void wait_for(const gm_word *word, gm_word value)
{
	unsigned spins = 0;

	/* acquire: pairs with the release stores of the other thread */
	while (gm_atomic_load_acquire(word) != value)
		if (++spins % SPINS == 0)
			sched_yield();
}

static uint64_t processor_time(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

/* The calling thread's part of a burst. */
static void take_part(void)
{
	uint64_t before = processor_time();
	uint64_t taken;

	team.candidate->fn(team.candidate->ctx, team.loops);
	taken = bench_now() - team.start;
	team.members[bench_self].disturbed = (processor_time() - before) * 20 < taken * 19;
}

static void *helper(void *argument)
{
	gm_word burst;

	bench_self = (unsigned)(uintptr_t)argument;
	bench_pin(bench_self);
	for (burst = 1;; burst++) {
		wait_for(&team.asked, burst);
		if (team.candidate == NULL)
			return NULL;
		gm_atomic_store_release(&team.members[bench_self].ready, burst);
		wait_for(&team.go, burst);
		if (bench_self < team.candidate->threads)
			take_part();
		gm_atomic_store_release(&team.members[bench_self].done, burst);
	}
}

void bench_team_begin(unsigned nr)
{
	if (nr > TEAM_MAX)
		bench_check(1, "so many threads");
	team.nr = nr;
	team.burst = 0;
	gm_atomic_store_relaxed(&team.asked, 0);
	gm_atomic_store_relaxed(&team.go, 0);
	for (nr = 1; nr < team.nr; nr++) {
		gm_atomic_store_relaxed(&team.members[nr].ready, 0);
		gm_atomic_store_relaxed(&team.members[nr].done, 0);
		bench_check(pthread_create(&team.members[nr].thread, NULL, helper,
					   (void *)(uintptr_t)nr),
			    "a thread");
	}
}

static void ask(const struct bench *candidate, uint64_t loops)
{
	team.candidate = candidate;
	team.loops = loops;
	team.burst++;
	/* release: pairs with the acquire of wait_for, here and below */
	gm_atomic_store_release(&team.asked, team.burst);
}

void bench_team_end(void)
{
	unsigned i;

	ask(NULL, 0);
	for (i = 1; i < team.nr; i++)
		pthread_join(team.members[i].thread, NULL);
}

static double one_burst(const struct bench *candidate, uint64_t loops, int *disturbed)
{
	uint64_t taken;
	unsigned i;

	ask(candidate, loops);
	for (i = 1; i < team.nr; i++)
		wait_for(&team.members[i].ready, team.burst);
	team.start = bench_now();
	gm_atomic_store_release(&team.go, team.burst);
	take_part();
	for (i = 1; i < candidate->threads; i++)
		wait_for(&team.members[i].done, team.burst);
	taken = bench_now() - team.start;
	/* The others have looked at the candidate, too, before there is a next. */
	for (; i < team.nr; i++)
		wait_for(&team.members[i].done, team.burst);
	*disturbed = 0;
	for (i = 0; i < candidate->threads; i++)
		*disturbed |= team.members[i].disturbed;
	return (double)taken / (double)loops;
}

double bench_team_burst(const struct bench *candidate, uint64_t loops)
{
	int tries = team.nr > 1 ? TRIES : 1;
	int disturbed;
	double ns;

	do {
		ns = one_burst(candidate, loops, &disturbed);
	} while (disturbed && --tries > 0);
	return ns;
}
