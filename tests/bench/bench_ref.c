/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_ref.c - a reference taken and given up, beside a bare lock inc + lock dec
 * and beside the compare-and-swap loop that refuses to get a zero.
 *
 * One thread, and two threads on one line, whose bursts begin together. Of these
 * the median counts: the fastest may be one in which a thread was not running.
 */
#include "bench.h"
#include <pthread.h>
#include <granmem/ref.h>

static union {
	struct gm_desc desc;
	gm_word word;
	unsigned char bytes[64];
} line __attribute__((aligned(64)));

static void bare(void *ctx, uint64_t loops)
{
	volatile gm_word *word = &line.word;

	(void)ctx;
	while (loops-- > 0) {
#if defined(__x86_64__)
		__asm__ volatile("lock incq %0" : "+m"(*word) : : "memory", "cc");
		__asm__ volatile("lock decq %0" : "+m"(*word) : : "memory", "cc");
#else
		gm_atomic_add_relaxed(word, 1);
		gm_atomic_add_relaxed(word, (gm_word)0 - 1);
#endif
	}
}

static void put(void)
{
	struct gm_object gone;

	if (gm_ref_put(&line.desc, &gone))
		abort();
}

static void get_put(void *ctx, uint64_t loops)
{
	(void)ctx;
	while (loops-- > 0) {
		gm_ref_get(&line.desc);
		put();
	}
}

static void try_get_put(void *ctx, uint64_t loops)
{
	(void)ctx;
	while (loops-- > 0) {
		if (gm_ref_try_get(&line.desc) != 0)
			abort();
		put();
	}
}

/* "Add one unless zero" and "subtract one, and was that all?", as in kernels. */
static void cas_loop(void *ctx, uint64_t loops)
{
	volatile gm_word *word = &line.word;

	(void)ctx;
	while (loops-- > 0) {
		gm_word old;

		do {
			old = gm_atomic_load_relaxed(word);
			if (old == 0)
				abort();
		} while (!gm_atomic_cas_acquire(word, old, old + 1));
		if (gm_atomic_add_release(word, (gm_word)0 - 1) == 1)
			abort();
	}
}

/* What the two threads tell each other. */
static struct {
	volatile gm_word asked; /* the burst that the first thread wants */
	volatile gm_word ready; /* the burst that the second is about to begin */
	volatile gm_word done;  /* the last that it finished */
	volatile gm_word go;
	bench_fn *fn; /* NULL: the end */
	uint64_t loops;
	int cpu;
} pair __attribute__((aligned(64)));

static void wait_for(volatile gm_word *word, gm_word value)
{
	/* acquire: pairs with the release stores of the other thread */
	while (gm_atomic_load_acquire(word) != value)
		;
}

static void *second(void *unused)
{
	gm_word burst;

	bench_pin(pair.cpu);
	for (burst = 1;; burst++) {
		wait_for(&pair.asked, burst);
		if (pair.fn == NULL)
			return unused;
		gm_atomic_store_release(&pair.ready, burst);
		wait_for(&pair.go, burst);
		pair.fn(NULL, pair.loops);
		gm_atomic_store_release(&pair.done, burst);
	}
}

/* Both threads run the candidate; ns for one loop of each. */
static double run_burst(bench_fn *fn, uint64_t loops, gm_word burst)
{
	uint64_t start;

	pair.fn = fn;
	pair.loops = loops;
	gm_atomic_store_release(&pair.asked, burst);
	wait_for(&pair.ready, burst);
	start = bench_now();
	gm_atomic_store_release(&pair.go, burst);
	fn(NULL, loops);
	wait_for(&pair.done, burst);
	return (double)(bench_now() - start) / (double)loops;
}

static void run_two(struct bench *candidates, size_t nr, const int *cpus, uint64_t loops)
{
	pthread_t thread;
	gm_word burst = 0;
	size_t round, i, k;

	pair.cpu = cpus[1];
	if (pthread_create(&thread, NULL, second, NULL) != 0)
		bench_cannot("no second thread", 0);
	for (round = 0; round < BENCH_ROUNDS; round++) {
		for (i = 0; i < nr; i++) {
			double ns[BENCH_BURSTS];

			for (k = 0; k < BENCH_BURSTS; k++)
				ns[k] = run_burst(candidates[i].fn, loops, ++burst);
			candidates[i].ns[round] = bench_median(ns, BENCH_BURSTS);
		}
	}
	pair.fn = NULL;
	gm_atomic_store_release(&pair.asked, burst + 1);
	pthread_join(thread, NULL);
	for (i = 0; i < nr; i++)
		bench_settle(&candidates[i]);
}

int main(int argc, char **argv)
{
	struct bench b[] = { { "lock inc + lock dec", bare, NULL, { 0 }, 0 },
			     { "get + put", get_put, NULL, { 0 }, 0 },
			     { "try_get + put", try_get_put, NULL, { 0 }, 0 },
			     { "compare-and-swap loop unless zero", cas_loop, NULL, { 0 }, 0 } };
	uint64_t loops = bench_option(argc, argv, "--quick") ? 200000 : 1000000;
	const struct gm_object object = { .size = 4096, .type = 1 };
	int cpus[2];
	unsigned nr_cpus = bench_cpus(cpus, 2);

	gm_desc_set(&line.desc, &object);
	gm_ref_publish(&line.desc, object.type, 1);
	if (nr_cpus > 0)
		bench_pin(cpus[0]);
	printf("ref: one thread\n");
	bench_run(b, BENCH_NR(b), loops);
	bench_times(b, BENCH_NR(b));
	bench_ratio("ref.get_put.1t.vs_limit", bench_versus(&b[1], &b[0]), 1.05);
	bench_ratio("ref.tryget_put.1t.vs_limit", bench_versus(&b[2], &b[0]), 1.05);
	printf("ref: two threads on one line\n");
	if (nr_cpus < 2) {
		printf("  SKIP: only one processor may be used\n");
		return 0;
	}
	run_two(b, BENCH_NR(b), cpus, 10000);
	bench_times(b, BENCH_NR(b));
	bench_ratio("ref.get_put.2t.vs_limit", bench_versus(&b[1], &b[0]), 1.10);
	bench_ratio("ref.tryget_put.2t.vs_limit", bench_versus(&b[2], &b[0]), 1.10);
	bench_figure("ref.tryget_put.2t.vs_cas_loop", bench_versus(&b[2], &b[3]));
	return 0;
}
