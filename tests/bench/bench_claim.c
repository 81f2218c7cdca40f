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
	struct gm_adhoc *adhoc;
	uint64_t size;
	struct gm_desc *held[HELD];
	size_t nr;
	uint64_t seed;
};

/* A table, and what of its objects is held. */
struct memory {
	struct gm_adhoc adhoc;
	struct population small, large;
	void *buffer;
};

static struct gm_desc *claim(struct gm_adhoc *adhoc, uint64_t size)
{
	struct gm_claim request = { .size = size, .align = size, .type = 1 };
	struct gm_desc *desc;

	return gm_adhoc_claim(adhoc, &request, &desc) == 0 ? desc : NULL;
}

static void pair(void *ctx, uint64_t loops)
{
	const struct population *p = ctx;

	while (loops-- > 0) {
		struct gm_desc *desc = claim(p->adhoc, p->size);

		if (desc == NULL)
			abort();
		gm_adhoc_put_sole(p->adhoc, desc);
	}
}

/* Each thread in a memory of its own. */
static void pair_apart(void *ctx, uint64_t loops)
{
	pair(&((struct memory *)ctx)[bench_self].small, loops);
}

static void scattered(void *ctx, uint64_t loops)
{
	struct population *p = ctx;

	while (loops-- > 0) {
		size_t i = bench_random(&p->seed) % p->nr;

		gm_adhoc_put_sole(p->adhoc, p->held[i]);
		p->held[i] = claim(p->adhoc, p->size);
		if (p->held[i] == NULL)
			abort();
	}
}

/* 4 KiB and 2 MiB until no more fit; returns how many. */
static size_t fill(struct gm_adhoc *adhoc, struct gm_desc **all)
{
	size_t nr = 0;

	for (;;) {
		struct gm_desc *desc = NULL;
		unsigned k;

		for (k = 0; k < 512; k++) {
			desc = claim(adhoc, SMALL);
			if (desc == NULL)
				return nr;
			all[nr++] = desc;
		}
		desc = claim(adhoc, LARGE);
		if (desc == NULL)
			return nr;
		all[nr++] = desc;
	}
}

/* A table of which so many percent are in use; the held ones are some of these. */
static void begin(struct memory *memory, uint64_t region, unsigned percent, unsigned nr_lanes)
{
	struct gm_adhoc *adhoc = &memory->adhoc;
	struct gm_table_config config = { .base = { 4 * BENCH_GIB },
					  .size = region,
					  .nr_lanes = nr_lanes,
					  .zeroed = 1 };
	struct gm_desc **all = malloc(region / SMALL * sizeof(struct gm_desc *));
	uint32_t *order = malloc(region / SMALL * sizeof(*order));
	struct gm_metadata need;
	size_t nr, i;

	bench_check(all == NULL || order == NULL, "no memory");
	bench_check(gm_adhoc_metadata_size(&config, region / SMALL, &need), "metadata_size");
	memory->buffer = bench_zeroed(need.bytes);
	bench_check(gm_adhoc_init(adhoc, &config, memory->buffer, need.bytes), "init");
	memory->small = (struct population){ .adhoc = adhoc, .size = SMALL, .seed = 3 };
	memory->large = (struct population){ .adhoc = adhoc, .size = LARGE, .seed = 5 };
	nr = fill(adhoc, all);
	bench_shuffle(order, nr);
	for (i = 0; i < nr; i++) {
		struct gm_desc *desc = all[order[i]];
		struct population *p = gm_desc_size(desc) == SMALL ? &memory->small :
									&memory->large;

		if (i * 100 / nr >= percent)
			gm_adhoc_put_sole(adhoc, desc);
		else if (p->nr < HELD)
			p->held[p->nr++] = desc;
	}
	free(all);
	free(order);
	printf("claim: %.1f %% of %llu GiB in use\n",
	       100 - 100.0 * (double)gm_table_free_bytes(&adhoc->table) / (double)region,
	       (unsigned long long)(region / BENCH_GIB));
}

static void end(struct memory *memory)
{
	free(memory->buffer);
}

/*
 * The floor of scaling is two threads that have nothing in common: less than twice of
 * one where the two processors are halves of a core.
 */
static void two_threads(uint64_t loops)
{
	static const char metric[] = "claim_release.4k.2t.scaling";
	static struct memory memory[THREADS];
	struct bench b[] = { BENCH("pair 4 KiB, one thread", pair, &memory[0].small),
			     BENCH_THREADS("two threads", pair, &memory[0].small, THREADS),
			     BENCH_THREADS("a memory each", pair_apart, memory, THREADS) };
	size_t i;

	if (bench_nr_cpus() < THREADS) {
		bench_skip(metric, "only one processor may be used");
		return;
	}
	for (i = 0; i < THREADS; i++)
		begin(&memory[i], 4 * BENCH_GIB, 50, LANES);
	bench_run(b, BENCH_NR(b), loops);
	bench_times(b, BENCH_NR(b));
	bench_scaling(metric, &b[1], &b[0], 1.7);
	bench_scaling("claim_release.4k.2t.scaling.floor", &b[2], &b[0], 0);
	for (i = 0; i < THREADS; i++)
		end(&memory[i]);
}

/* What it costs when nothing keeps them apart. */
static void two_threads_of_one_lane(uint64_t loops)
{
	static struct memory memory;
	struct bench b[] = { BENCH("pair 4 KiB, one thread", pair, &memory.small),
			     BENCH_THREADS("two threads, one lane", pair, &memory.small, THREADS) };

	if (bench_nr_cpus() < THREADS)
		return;
	begin(&memory, 4 * BENCH_GIB, 50, 1);
	bench_run(b, BENCH_NR(b), loops);
	bench_times(b, BENCH_NR(b));
	bench_scaling("claim_release.4k.2t.one_lane.scaling", &b[1], &b[0], 0);
	end(&memory);
}

static void half_full(uint64_t loops)
{
	static struct pair_line line;
	static struct memory memory;
	struct bench one[] = { BENCH("lock inc + lock dec", pair_bare, &line),
			       BENCH("pair 4 KiB", pair, &memory.small),
			       BENCH("pair 2 MiB", pair, &memory.large),
			       BENCH("scattered 4 KiB", scattered, &memory.small),
			       BENCH("scattered 2 MiB", scattered, &memory.large) };

	begin(&memory, 4 * BENCH_GIB, 50, LANES);
	bench_run(one, BENCH_NR(one), loops);
	bench_times(one, BENCH_NR(one));
	bench_ratio("claim_release.4k.1t.vs_limit", &one[1], &one[0], 8);
	bench_ratio("claim_release.2m.1t.vs_limit", &one[2], &one[0], 8);
	bench_ratio("claim_release.4k.scattered.1t.vs_limit", &one[3], &one[0], 0);
	bench_ratio("claim_release.2m.scattered.1t.vs_limit", &one[4], &one[0], 0);
	end(&memory);
}

static void occupied(unsigned percent, uint64_t loops)
{
	static struct memory memory;
	struct bench b[] = { BENCH("pair-4k", pair, &memory.small),
			     BENCH("pair-2m", pair, &memory.large),
			     BENCH("scattered-4k", scattered, &memory.small),
			     BENCH("scattered-2m", scattered, &memory.large) };
	size_t i;

	begin(&memory, BENCH_GIB, percent, LANES);
	bench_run(b, BENCH_NR(b), loops);
	bench_times(b, BENCH_NR(b));
	for (i = 0; i < BENCH_NR(b); i++)
		bench_point("occupancy", b[i].name, percent, b[i].median);
	end(&memory);
}

int main(int argc, char **argv)
{
	static const unsigned percents[] = { 10, 25, 50, 75, 90, 95, 99 };
	uint64_t loops;
	size_t i;

	bench_begin(argc, argv);
	loops = bench_quick() ? 40000 : 200000;
	half_full(loops);
	two_threads(loops);
	two_threads_of_one_lane(loops / 4);
	for (i = 0; i < BENCH_NR(percents); i++)
		occupied(percents[i], loops / 4);
	return 0;
}
