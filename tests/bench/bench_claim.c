/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_claim.c - claim and release of 4 KiB and 2 MiB in half-full, fragmented
 * memory, beside a bare lock inc + lock dec pair.
 *
 * The region is filled with a mix of objects, every second one of which is then
 * freed in random order. "pair" claims and releases, as a caller with a short
 * need does; "scattered" releases a random one of 4096 objects and claims
 * another, so that descriptors, slots and bitmaps are rarely in the cache.
 */
#include "bench.h"
#include <granmem/adhoc.h>
#include <granmem/hosted.h>

#define REGION ((uint64_t)4 << 30)
#define HELD 4096

struct population {
	struct gm_adhoc *adhoc;
	uint64_t size;
	struct gm_desc *held[HELD];
	size_t nr;
	uint64_t seed;
};

static volatile gm_word line __attribute__((aligned(64)));

static void bare_pair(void *ctx, uint64_t loops)
{
	(void)ctx;
	while (loops-- > 0) {
		__atomic_fetch_add(&line, 1, __ATOMIC_RELAXED);
		__atomic_fetch_sub(&line, 1, __ATOMIC_RELAXED);
	}
}

static struct gm_desc *claim(struct gm_adhoc *adhoc, uint64_t size)
{
	struct gm_claim request = { .size = size, .align = size, .type = 1 };
	struct gm_desc *desc;

	return gm_adhoc_claim(adhoc, &request, &desc) == 0 ? desc : NULL;
}

static void pair(void *ctx, uint64_t loops)
{
	struct population *p = ctx;

	while (loops-- > 0) {
		struct gm_desc *desc = claim(p->adhoc, p->size);

		if (desc == NULL)
			abort();
		gm_adhoc_put(p->adhoc, desc);
	}
}

static void scattered(void *ctx, uint64_t loops)
{
	struct population *p = ctx;

	while (loops-- > 0) {
		size_t i = bench_random(&p->seed) % p->nr;

		gm_adhoc_put(p->adhoc, p->held[i]);
		p->held[i] = claim(p->adhoc, p->size);
		if (p->held[i] == NULL)
			abort();
	}
}

/* Fill with 4 KiB and 2 MiB by turns of 2 MiB, then free half of each. */
static void fill_half(struct gm_adhoc *adhoc, struct population *small, struct population *large)
{
	size_t nr_max = REGION / 4096;
	struct gm_desc **all = malloc(nr_max * sizeof(*all));
	size_t nr = 0;
	uint64_t seed = 7;
	size_t i;

	for (;;) {
		struct gm_desc *desc = NULL;
		unsigned k;

		for (k = 0; k < 512; k++) {
			desc = claim(adhoc, 4096);
			if (desc == NULL)
				break;
			all[nr++] = desc;
		}
		desc = desc == NULL ? NULL : claim(adhoc, (uint64_t)2 << 20);
		if (desc == NULL)
			break;
		all[nr++] = desc;
	}
	for (i = nr; i-- > 1;) {
		size_t j = bench_random(&seed) % (i + 1);
		struct gm_desc *other = all[i];

		all[i] = all[j];
		all[j] = other;
	}
	for (i = 0; i < nr; i++) {
		struct population *p = gm_desc_size(all[i]) == 4096 ? small : large;

		if (i % 2 == 0)
			gm_adhoc_put(adhoc, all[i]);
		else if (p->nr < HELD)
			p->held[p->nr++] = all[i];
	}
	free(all);
}

int main(void)
{
	struct gm_table_config config = { .base = { 0x100000000 }, .size = REGION };
	struct gm_metadata need;
	struct gm_adhoc adhoc;
	static struct population small = { .size = 4096, .seed = 3 };
	static struct population large = { .size = (uint64_t)2 << 20, .seed = 5 };
	struct bench b[] = { { "lock inc + lock dec", bare_pair, NULL, { 0 }, 0 },
			     { "pair 4 KiB", pair, &small, { 0 }, 0 },
			     { "pair 2 MiB", pair, &large, { 0 }, 0 },
			     { "scattered 4 KiB", scattered, &small, { 0 }, 0 },
			     { "scattered 2 MiB", scattered, &large, { 0 }, 0 } };
	void *buffer;
	size_t i;

	if (gm_adhoc_metadata_size(&config, REGION / 4096, &need) != 0)
		return 1;
	buffer = calloc(1, need.bytes);
	if (buffer == NULL || gm_adhoc_init(&adhoc, &config, buffer, need.bytes) != 0)
		return 1;
	small.adhoc = large.adhoc = &adhoc;
	fill_half(&adhoc, &small, &large);
	printf("claim: %.0f %% of %llu GiB free\n",
	       100.0 * (double)gm_table_free_bytes(&adhoc.table) / (double)REGION,
	       (unsigned long long)(REGION >> 30));
	bench_run(b, 5, 200000);
	for (i = 0; i < 5; i++)
		printf("  %-46s %8.2f ns\n", b[i].name, b[i].median);
	bench_ratio("claim_release.4k.1t.vs_limit", b[1].median / b[0].median, 8);
	bench_ratio("claim_release.2m.1t.vs_limit", b[2].median / b[0].median, 8);
	free(buffer);
	return 0;
}
