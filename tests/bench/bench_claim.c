/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_claim.c [--quick] - claim and release of 4 KiB and 2 MiB in an ad-hoc table,
 * half-full and fragmented, beside a bare lock inc + lock dec pair; on two threads
 * at once; and with more and more of the memory in use.
 *
 * The region is filled with 4 KiB and 2 MiB by turns of 2 MiB, then a part of it is
 * freed in random order. "pair" claims and releases, as a caller with a short
 * need does; "scattered" releases a random one of 4096 objects and claims
 * another, so that descriptors, slots and bitmaps are rarely in the cache.
 */
#include "pair.h"

#define SMALL ((uint64_t)4096)
#define LARGE (2 * BENCH_MIB)
#define HELD 4096
#define THREADS 2
/* So many that two threads, whose stacks choose, hardly ever have the same one. */
#define LANES 256

struct population {
	uint64_t size;
	struct gm_desc *held[HELD];
	size_t nr;
	uint64_t seed;
};

static struct gm_adhoc adhoc;
static struct population small, large;

static struct gm_desc *claim(uint64_t size)
{
	struct gm_claim request = { .size = size, .align = size, .type = 1 };
	struct gm_desc *desc;

	return gm_adhoc_claim(&adhoc, &request, &desc) == 0 ? desc : NULL;
}

static void pair(void *ctx, uint64_t loops)
{
	uint64_t size = *(const uint64_t *)ctx;

	while (loops-- > 0) {
		struct gm_desc *desc = claim(size);

		if (desc == NULL)
			abort();
		gm_adhoc_put(&adhoc, desc);
	}
}

static void scattered(void *ctx, uint64_t loops)
{
	struct population *p = ctx;

	while (loops-- > 0) {
		size_t i = bench_random(&p->seed) % p->nr;

		gm_adhoc_put(&adhoc, p->held[i]);
		p->held[i] = claim(p->size);
		if (p->held[i] == NULL)
			abort();
	}
}

/* 4 KiB and 2 MiB until no more fit; returns how many. */
static size_t fill(struct gm_desc **all)
{
	size_t nr = 0;

	for (;;) {
		struct gm_desc *desc = NULL;
		unsigned k;

		for (k = 0; k < 512; k++) {
			desc = claim(SMALL);
			if (desc == NULL)
				return nr;
			all[nr++] = desc;
		}
		desc = claim(LARGE);
		if (desc == NULL)
			return nr;
		all[nr++] = desc;
	}
}

/* A table of which so many percent are in use; the held ones are some of these. */
static void *begin(uint64_t region, unsigned percent, unsigned nr_lanes)
{
	struct gm_table_config config = { .base = { 4 * BENCH_GIB },
					  .size = region,
					  .nr_lanes = nr_lanes,
					  .zeroed = 1 };
	struct gm_desc **all = malloc(region / SMALL * sizeof(struct gm_desc *));
	uint32_t *order = malloc(region / SMALL * sizeof(*order));
	struct gm_metadata need;
	void *buffer;
	size_t nr, i;

	bench_check(all == NULL || order == NULL, "no memory");
	bench_check(gm_adhoc_metadata_size(&config, region / SMALL, &need), "metadata_size");
	buffer = bench_zeroed(need.bytes);
	bench_check(gm_adhoc_init(&adhoc, &config, buffer, need.bytes), "init");
	small = (struct population){ .size = SMALL, .seed = 3 };
	large = (struct population){ .size = LARGE, .seed = 5 };
	nr = fill(all);
	bench_shuffle(order, nr);
	for (i = 0; i < nr; i++) {
		struct gm_desc *desc = all[order[i]];
		struct population *p = gm_desc_size(desc) == SMALL ? &small : &large;

		if (i * 100 / nr >= percent)
			gm_adhoc_put(&adhoc, desc);
		else if (p->nr < HELD)
			p->held[p->nr++] = desc;
	}
	free(all);
	free(order);
	printf("claim: %.1f %% of %llu GiB in use\n",
	       100 - 100.0 * (double)gm_table_free_bytes(&adhoc.table) / (double)region,
	       (unsigned long long)(region / BENCH_GIB));
	return buffer;
}

static void two_threads(const char *metric, double goal, uint64_t loops)
{
	struct bench b[] = { BENCH("pair 4 KiB, one thread", pair, &small.size),
			     BENCH_THREADS("two threads", pair, &small.size, THREADS) };

	if (bench_nr_cpus() < THREADS) {
		bench_skip(metric, "only one processor may be used");
		return;
	}
	bench_run(b, BENCH_NR(b), loops);
	bench_times(b, BENCH_NR(b));
	bench_scaling(metric, &b[1], &b[0], goal);
}

static void half_full(uint64_t loops)
{
	static struct pair_line line;
	struct bench one[] = { BENCH("lock inc + lock dec", pair_bare, &line),
			       BENCH("pair 4 KiB", pair, &small.size),
			       BENCH("pair 2 MiB", pair, &large.size),
			       BENCH("scattered 4 KiB", scattered, &small),
			       BENCH("scattered 2 MiB", scattered, &large) };
	void *buffer = begin(4 * BENCH_GIB, 50, LANES);

	bench_run(one, BENCH_NR(one), loops);
	bench_times(one, BENCH_NR(one));
	bench_ratio("claim_release.4k.1t.vs_limit", &one[1], &one[0], 8);
	bench_ratio("claim_release.2m.1t.vs_limit", &one[2], &one[0], 8);
	bench_ratio("claim_release.4k.scattered.1t.vs_limit", &one[3], &one[0], 0);
	bench_ratio("claim_release.2m.scattered.1t.vs_limit", &one[4], &one[0], 0);
	two_threads("claim_release.4k.2t.scaling", 1.7, loops);
	free(buffer);
	/* What it costs when nothing keeps them apart. */
	buffer = begin(4 * BENCH_GIB, 50, 1);
	two_threads("claim_release.4k.2t.one_lane.scaling", 0, loops / 4);
	free(buffer);
}

static void occupied(unsigned percent, uint64_t loops)
{
	struct bench b[] = { BENCH("pair-4k", pair, &small.size),
			     BENCH("pair-2m", pair, &large.size),
			     BENCH("scattered-4k", scattered, &small),
			     BENCH("scattered-2m", scattered, &large) };
	void *buffer = begin(BENCH_GIB, percent, LANES);
	size_t i;

	bench_run(b, BENCH_NR(b), loops);
	bench_times(b, BENCH_NR(b));
	for (i = 0; i < BENCH_NR(b); i++)
		bench_point("occupancy", b[i].name, percent, b[i].median);
	free(buffer);
}

int main(int argc, char **argv)
{
	static const unsigned percents[] = { 10, 25, 50, 75, 90, 95, 99 };
	uint64_t loops;
	size_t i;

	bench_begin(argc, argv);
	loops = bench_quick() ? 40000 : 200000;
	half_full(loops);
	for (i = 0; i < BENCH_NR(percents); i++)
		occupied(percents[i], loops / 4);
	return 0;
}
