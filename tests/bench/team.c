/* SPDX-License-Identifier: BSD-2-Clause */
/* team.c - threads whose bursts begin together; see bench.h. */
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <granmem/atomic.h>

#define TEAM_MAX 64
#define SPINS 20000

_Thread_local unsigned bench_self;

/* What the threads tell each other; a line of its own for each who writes. */
static struct {
	gm_word asked __attribute__((aligned(64))); /* the burst that the first one wants */
	gm_word go __attribute__((aligned(64)));
	const struct bench *candidate; /* NULL: the end */
	uint64_t loops;
	struct {
		pthread_t thread;
		gm_word ready; /* the burst that it is about to begin */
		gm_word done;  /* the last that it finished */
	} __attribute__((aligned(64))) helpers[TEAM_MAX];
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

static void *helper(void *argument)
{
	gm_word burst;

	bench_self = (unsigned)(uintptr_t)argument;
	bench_pin(bench_self);
	for (burst = 1;; burst++) {
		wait_for(&team.asked, burst);
		if (team.candidate == NULL)
			return NULL;
		gm_atomic_store_release(&team.helpers[bench_self].ready, burst);
		wait_for(&team.go, burst);
		if (bench_self < team.candidate->threads)
			team.candidate->fn(team.candidate->ctx, team.loops);
		gm_atomic_store_release(&team.helpers[bench_self].done, burst);
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
		gm_atomic_store_relaxed(&team.helpers[nr].ready, 0);
		gm_atomic_store_relaxed(&team.helpers[nr].done, 0);
		bench_check(pthread_create(&team.helpers[nr].thread, NULL, helper,
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
		pthread_join(team.helpers[i].thread, NULL);
}

double bench_team_burst(const struct bench *candidate, uint64_t loops)
{
	uint64_t start, taken;
	unsigned i;

	ask(candidate, loops);
	for (i = 1; i < team.nr; i++)
		wait_for(&team.helpers[i].ready, team.burst);
	start = bench_now();
	gm_atomic_store_release(&team.go, team.burst);
	candidate->fn(candidate->ctx, loops);
	for (i = 1; i < candidate->threads; i++)
		wait_for(&team.helpers[i].done, team.burst);
	taken = bench_now() - start;
	/* The others have looked at the candidate, too, before there is a next. */
	for (; i < team.nr; i++)
		wait_for(&team.helpers[i].done, team.burst);
	return (double)taken / (double)loops;
}
