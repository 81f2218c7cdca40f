/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_scale.c [--quick] - what one thread does beside what two do at once, each with
 * objects of its own: nothing of the library is to be shared that they write.
 *
 * And on one line, with 1, 2, 4 and 8 threads for as long as a burst lasts, more of
 * them than processors: how many pairs are done in all, and how even the shares
 * are ("fair": the least any thread did over the most, 1 is even).
 */
#include "pair.h"

#include <pthread.h>

#define OBJECTS 256 /* of each thread */
/* An odd number of granules, so that they do not all fall into one set of a cache. */
#define STRIDE (509 * LOOKUP_GRANULE)
#define CROWD_MAX 8
#define CROWD_NS 40000000u

static struct pair_line lines[CROWD_MAX];
static struct gm_paddr objects[2][OBJECTS];

static void own_line(void *ctx, uint64_t loops)
{
	(void)ctx;
	pair_try_get(&lines[bench_self], loops);
}

#define FIND_GET(table) \
	static void table##_find_get(void *ctx, uint64_t loops) \
	{ \
		struct gm_desc *desc; \
\
		(void)ctx; \
		while (loops-- > 0) \
			if (gm_##table##_find_get(&world.table, \
						  objects[bench_self][loops % OBJECTS], 0, \
						  &desc) != 0 || \
			    gm_##table##_put(&world.table, desc) != 0) \
				abort(); \
	}

FIND_GET(adhoc)
FIND_GET(folio)
FIND_GET(compound)

/* What they do at least: the array's word, and two additions. */
static void flat_find_get(void *ctx, uint64_t loops)
{
	(void)ctx;
	while (loops-- > 0) {
		uint64_t offset = objects[bench_self][loops % OBJECTS].value - LOOKUP_BASE;
		struct gm_desc *desc = (struct gm_desc *)gm_atomic_load_acquire(
			&world.flat.words[offset / LOOKUP_GRANULE]);

		gm_atomic_add_acquire(&desc->state, 1);
		gm_atomic_add_release(&desc->state, (gm_word)0 - 1);
	}
}

static void two_threads(const char *metric, bench_fn *fn, double goal, uint64_t loops)
{
	struct bench b[] = { BENCH("one thread", fn, NULL),
			     BENCH_THREADS("two threads", fn, NULL, 2) };

	bench_run(b, BENCH_NR(b), loops);
	bench_times(b, BENCH_NR(b));
	bench_scaling(metric, &b[1], &b[0], goal);
}

/* Each thread's objects are half of a region of 1 GiB, so no two share a node. */
static void find_get(const struct lookup_kind *kind, bench_fn *fn, uint64_t loops)
{
	char metric[64];
	unsigned i, k;

	lookup_begin(kind, BENCH_GIB, BENCH_GIB / LOOKUP_GRANULE, 0);
	lookup_fill(kind, LOOKUP_GRANULE);
	for (i = 0; i < 2; i++)
		for (k = 0; k < OBJECTS; k++)
			objects[i][k] = gm_paddr(LOOKUP_BASE + i * (BENCH_GIB / 2) + k * STRIDE);
	snprintf(metric, sizeof(metric), "scale.find_get.%s.2t", kind->name);
	printf("scale: %s, find_get + put on objects of one's own\n", kind->name);
	two_threads(metric, fn, 1.9, loops);
	snprintf(metric, sizeof(metric), "scale.find_get.%s.2t.floor", kind->name);
	two_threads(metric, flat_find_get, 0, loops);
	lookup_end();
}

/* Threads that all work on lines[0] until it is over. */
static struct {
	bench_fn *fn;
	gm_word go;
	gm_word over;
	struct {
		uint64_t done;
	} __attribute__((aligned(64))) member[CROWD_MAX];
} crowd;

#define AT_ONCE 64

static void *member(void *argument)
{
	unsigned self = (unsigned)(uintptr_t)argument;
	uint64_t done = 0;

	bench_pin(self);
	while (gm_atomic_load_acquire(&crowd.go) == 0)
		;
	for (; gm_atomic_load_relaxed(&crowd.over) == 0; done += AT_ONCE)
		crowd.fn(&lines[0], AT_ONCE);
	crowd.member[self].done = done;
	return NULL;
}

struct crowd_result {
	double ns; /* for each pair that somebody did */
	double fair;
};

static struct crowd_result run_crowd(bench_fn *fn, unsigned nr)
{
	pthread_t threads[CROWD_MAX];
	uint64_t sum = 0, least = UINT64_MAX, most = 0;
	uint64_t start, taken;
	unsigned i;

	crowd.fn = fn;
	gm_atomic_store_relaxed(&crowd.go, 0);
	gm_atomic_store_relaxed(&crowd.over, 0);
	for (i = 0; i < nr; i++)
		bench_check(pthread_create(&threads[i], NULL, member, (void *)(uintptr_t)i),
			    "a thread");
	start = bench_now();
	gm_atomic_store_release(&crowd.go, 1);
	while ((taken = bench_now() - start) < CROWD_NS)
		nanosleep(&(struct timespec){ 0, (long)(CROWD_NS - taken) }, NULL);
	gm_atomic_store_relaxed(&crowd.over, 1);
	taken = bench_now() - start;
	for (i = 0; i < nr; i++) {
		uint64_t done;

		pthread_join(threads[i], NULL);
		done = crowd.member[i].done;
		sum += done;
		least = done < least ? done : least;
		most = done > most ? done : most;
	}
	return (struct crowd_result){ (double)taken / (double)sum, (double)least / (double)most };
}

static void crowds(unsigned nr)
{
	static const struct {
		const char *name;
		bench_fn *fn;
		const char *peer;
	} candidates[] = { { "limit", pair_bare, NULL },
			   { "granmem", pair_try_get, NULL },
			   { "linux_cas", NULL, "linux_cas" } };
	double ns[BENCH_NR(candidates)][BENCH_ROUNDS_MAX];
	double fair[BENCH_NR(candidates)][BENCH_ROUNDS_MAX];
	char metric[64];
	size_t round, i;

	for (round = 0; round < bench_rounds(); round++) {
		for (i = 0; i < BENCH_NR(candidates); i++) {
			const char *peer = candidates[i].peer;
			struct crowd_result result =
				run_crowd(peer ? peer_pair(peer)->fn : candidates[i].fn, nr);

			ns[i][round] = result.ns;
			fair[i][round] = result.fair;
		}
	}
	printf("scale: %u threads on one line, on %u processors\n", nr, bench_nr_cpus());
	for (i = 0; i < BENCH_NR(candidates); i++) {
		double median = bench_spread_of(ns[i], bench_rounds()).median;

		snprintf(metric, sizeof(metric), "threads.%s.%ut.ns", candidates[i].name, nr);
		bench_figure(metric, median, 0);
		bench_point("threads", candidates[i].name, nr, median);
		snprintf(metric, sizeof(metric), "threads.%s.%ut.fair", candidates[i].name, nr);
		bench_figure(metric, bench_spread_of(fair[i], bench_rounds()).median, 0);
	}
}

int main(int argc, char **argv)
{
	uint64_t loops;
	unsigned i;

	bench_begin(argc, argv);
	loops = bench_quick() ? 100000 : 500000;
	for (i = 0; i < CROWD_MAX; i++)
		pair_set_up(&lines[i], 1);
	if (bench_nr_cpus() < 2) {
		bench_skip("scale.*", "only one processor may be used");
	} else {
		printf("scale: references to objects of one's own\n");
		two_threads("scale.ref.2t", own_line, 1.9, loops);
		find_get(&lookup_adhoc, adhoc_find_get, loops);
		find_get(&lookup_folio, folio_find_get, loops);
		find_get(&lookup_compound, compound_find_get, loops);
	}
	for (i = 1; i <= CROWD_MAX; i *= 2)
		crowds(i);
	return 0;
}
