/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_ref.c [--quick] - a reference taken and given up, beside a bare lock inc +
 * lock dec, and beside others' counts, all of which refuse to get a zero by a
 * compare-and-swap loop. One thread, and two threads on one line.
 */
#include "pair.h"

static struct pair_line lines[PAIR_KINDS];

static const struct {
	const char *metric;
	const char *name;
	double goal;
} peers[] = {
	{ "ref.tryget_put.%s.vs_ck_cas", "ck_cas", 0.65 },
	{ "ref.tryget_put.%s.vs_urcu_ref", "urcu_ref", 0.65 },
	{ "ref.tryget_put.%s.vs_linux_cas", "linux_cas", 0.65 },
};

static void measure(unsigned threads, double goal, uint64_t loops)
{
	struct bench b[PAIR_KINDS] = {
		BENCH_THREADS("lock inc + lock dec", pair_bare, &lines[0], threads),
		BENCH_THREADS("get + put", pair_get, &lines[1], threads),
		BENCH_THREADS("try_get + put", pair_try_get, &lines[2], threads),
		BENCH_THREADS("fetch-and-add + subtract", pair_fetch, &lines[3], threads),
	};
	const char *label = threads == 1 ? "1t" : "2t";
	char metric[64], floor[72];
	size_t nr = 4;
	size_t at[BENCH_NR(peers)] = { 0 };
	size_t i;

	for (i = 0; i < BENCH_NR(peers); i++) {
		const struct peer_pair *peer = peer_pair(peers[i].name);

		if (peer == NULL)
			continue;
		at[i] = nr;
		b[nr] = (struct bench)BENCH_THREADS(peer->name, peer->fn, &lines[nr], threads);
		nr++;
	}
	bench_run(b, nr, loops);
	bench_times(b, nr);
	snprintf(metric, sizeof(metric), "ref.get_put.%s.vs_limit", label);
	bench_ratio(metric, &b[1], &b[0], goal);
	snprintf(metric, sizeof(metric), "ref.tryget_put.%s.vs_limit", label);
	bench_ratio(metric, &b[2], &b[0], goal);
	snprintf(metric, sizeof(metric), "ref.tryget_put.%s.vs_limit.floor", label);
	bench_ratio(metric, &b[3], &b[0], 0);
	for (i = 0; i < BENCH_NR(peers); i++) {
		if (at[i] == 0) {
			bench_skip(peers[i].name, PEER_MISSING);
			continue;
		}
		snprintf(metric, sizeof(metric), peers[i].metric, label);
		/* Alone they cannot be told apart: the goals are for two threads. */
		bench_ratio(metric, &b[2], &b[at[i]], threads == 1 ? 0 : peers[i].goal);
		if (threads == 1)
			continue;
		snprintf(floor, sizeof(floor), "%s.floor", metric);
		bench_ratio(floor, &b[0], &b[at[i]], 0);
	}
}

int main(int argc, char **argv)
{
	size_t i;

	bench_begin(argc, argv);
	for (i = 0; i < PAIR_KINDS; i++)
		pair_set_up(&lines[i], i == 1 || i == 2);
	printf("ref: one thread\n");
	measure(1, 1.05, bench_quick() ? 200000 : 1000000);
	printf("ref: two threads on one line\n");
	if (bench_nr_cpus() < 2)
		bench_skip("two threads", "only one processor may be used");
	else
		measure(2, 1.10, bench_quick() ? 90000 : 450000);
	return 0;
}
