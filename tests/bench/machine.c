/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.c - loads, additions and lines on their way; see machine.h. */
#include "machine.h"
#include "pair.h"

#include <math.h>

#define LINE 64
#define LARGEST machine_sizes[MACHINE_SIZES - 1]

const uint64_t machine_sizes[MACHINE_SIZES] = {
	16 * BENCH_KIB, 256 * BENCH_KIB, 2 * BENCH_MIB,   4 * BENCH_MIB,
	8 * BENCH_MIB,  32 * BENCH_MIB,  128 * BENCH_MIB, 512 * BENCH_MIB,
};

/* A cycle through all lines of a buffer, in random order. */
struct chase {
	struct gm_hosted hosted;
	char *at;
	uint32_t *order;
	size_t nr;
	size_t next;
};

static void chase_begin(struct chase *chase, uint64_t bytes, unsigned flags)
{
	char *memory;
	size_t i;

	bench_check(gm_hosted_reserve(&chase->hosted, bytes, 2 * BENCH_MIB, flags),
		    "no address space");
	memory = chase->hosted.memory;
	chase->nr = bytes / LINE;
	chase->order = malloc(chase->nr * sizeof(*chase->order));
	bench_check(chase->order == NULL, "no memory");
	bench_shuffle(chase->order, chase->nr);
	for (i = 0; i < chase->nr; i++)
		*(char **)(void *)(memory + (size_t)chase->order[i] * LINE) =
			memory + (size_t)chase->order[(i + 1) % chase->nr] * LINE;
	chase->at = memory;
	chase->next = 0;
}

static void chase_end(struct chase *chase)
{
	free(chase->order);
	gm_hosted_release(&chase->hosted);
}

static void dependent(void *ctx, uint64_t loops)
{
	struct chase *chase = ctx;

	while (loops-- > 0)
		chase->at = *(char *volatile *)(void *)chase->at;
}

static void independent(void *ctx, uint64_t loops)
{
	struct chase *chase = ctx;
	const char *memory = chase->hosted.memory;
	size_t next = chase->next;
	uintptr_t sum = 0;

	while (loops-- > 0)
		sum ^= *(const uintptr_t *)(const void *)(memory +
							  (size_t)chase->order[next++ % chase->nr] *
								  LINE);
	lookup_sink = sum;
	chase->next = next;
}

static struct bench_spread one(bench_fn *fn, void *ctx, unsigned threads, uint64_t loops)
{
	struct bench b = BENCH_THREADS("", fn, ctx, threads);

	bench_run(&b, 1, loops);
	return bench_spread(&b);
}

static double load(uint64_t bytes, unsigned flags, uint64_t loops)
{
	struct chase chase;
	double ns;

	chase_begin(&chase, bytes, flags);
	ns = one(dependent, &chase, 1, loops).median;
	chase_end(&chase);
	return ns;
}

static struct pair_line line;

/* Two threads by turns: one makes the number odd, the other makes it even. */
static void ping_pong(void *ctx, uint64_t loops)
{
	static const gm_word nobody[2] = { 0, 1 };
	gm_word mine = nobody[bench_self];

	(void)ctx;
	while (loops-- > 0) {
		gm_word seen;

		do {
			seen = gm_atomic_load_acquire(&line.word);
		} while ((seen & 1) != mine);
		gm_atomic_store_release(&line.word, seen + 1);
	}
}

void machine_measure(struct machine *out, uint64_t loops)
{
	struct chase chase;
	size_t i;

	for (i = 0; i < MACHINE_SIZES; i++)
		out->load[i] = load(machine_sizes[i], 0, i < 2 ? loops : loops / 8);
	out->load_huge = load(LARGEST, GM_HOSTED_HUGE, loops / 8);
	chase_begin(&chase, LARGEST, 0);
	out->independent = one(independent, &chase, 1, loops / 4).median;
	chase_end(&chase);
	pair_set_up(&line, 0);
	out->add = one(pair_bare, &line, 1, loops).median / 2;
	out->transfer = 0;
	out->contended = 0;
	if (bench_nr_cpus() < 2)
		return;
	pair_set_up(&line, 0);
	gm_atomic_store_relaxed(&line.word, 0);
	/* The low quarter: a round trip cannot be too fast, and is far too slow where
	 * one of the two has to wait for its processor. */
	out->transfer = one(ping_pong, NULL, 2, loops / 40).low / 2;
	/* Two threads do a pair each in that time: four additions to one line. */
	out->contended = one(pair_bare, &line, 2, loops / 4).median / 4;
}

double machine_load(const struct machine *machine, uint64_t bytes)
{
	double part;
	size_t i;

	for (i = 1; i < MACHINE_SIZES && bytes > machine_sizes[i]; i++)
		;
	if (i == MACHINE_SIZES || bytes <= machine_sizes[0])
		return machine->load[i == MACHINE_SIZES ? i - 1 : 0];
	part = log((double)bytes / (double)machine_sizes[i - 1]) /
	       log((double)machine_sizes[i] / (double)machine_sizes[i - 1]);
	return machine->load[i - 1] + part * (machine->load[i] - machine->load[i - 1]);
}
