/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_growth.c [--quick] - how a lookup's cost grows, random addresses, each
 * independent of the one before.
 *
 * With objects: 10^3 to 10^7 of 4 KiB, side by side, in granmem's tables, the flat
 * array, and the maps of others. The largest is 64 GiB: the comparisons with others.
 * With the span: 65536 objects of 4 KiB, scattered over 1 GiB to 16 TiB.
 */
#include "peer.h"

static const struct {
	const char *name;
	double goal;        /* in 64 GiB */
	uint64_t quick_max; /* bytes of the region, beyond which it takes too long for --quick */
} maps[] = { { "xarray", 0.15, UINT64_MAX },
	     { "judy", 0.15, UINT64_MAX },
	     { "ck_ht", 0.15, UINT64_MAX },
	     { "lfht", 0, BENCH_GIB } };

#define CANDIDATES (2 + BENCH_NR(maps))

/* Everything that the world leads to, in each map that is here. */
static size_t fill_maps(struct bench *b, size_t nr)
{
	size_t i;

	for (i = 0; i < BENCH_NR(maps); i++) {
		const struct peer_map *map = peer_map(maps[i].name);

		if (map == NULL || (bench_quick() && world.flat.size > maps[i].quick_max))
			continue;
		bench_check(map->fill(), map->name);
		b[nr++] = (struct bench)BENCH(map->name, map->loops.random, NULL);
	}
	return nr;
}

static void empty_maps(const struct bench *b, size_t nr)
{
	while (nr-- > 0) {
		const struct peer_map *map = peer_map(b[nr].name);

		if (map != NULL)
			map->empty();
	}
}

static void against_peers(const struct bench *b, size_t nr)
{
	char metric[64];
	size_t i, k;

	for (i = 0; i < BENCH_NR(maps); i++) {
		snprintf(metric, sizeof(metric), "lookup.adhoc.4k.64g.random.vs_%s", maps[i].name);
		for (k = 0; k < nr && strcmp(b[k].name, maps[i].name) != 0; k++)
			;
		if (k == nr)
			bench_skip(metric, peer_map(maps[i].name) ? "--quick" : PEER_MISSING);
		else
			bench_ratio(metric, &b[0], &b[k], maps[i].goal);
	}
}

static void with_objects(unsigned shift, uint64_t loops)
{
	uint64_t size = LOOKUP_GRANULE << shift;
	struct bench b[CANDIDATES] = { BENCH("adhoc", lookup_adhoc.loops.random, NULL),
				       BENCH("flat", lookup_flat.random, NULL) };
	size_t nr, i;

	lookup_begin(&lookup_adhoc, size, (uint64_t)1 << shift, 0);
	lookup_fill(&lookup_adhoc, LOOKUP_GRANULE);
	nr = fill_maps(b, 2);
	bench_run(b, nr, loops);
	printf("growth: 2^%u objects of 4 KiB\n", shift);
	bench_times(b, nr);
	for (i = 0; i < nr; i++)
		bench_point("objects", b[i].name, (double)((uint64_t)1 << shift), b[i].median);
	if (size == 64 * BENCH_GIB)
		against_peers(b, nr);
	empty_maps(b, nr);
	lookup_end();
}

#define SCATTERED ((uint32_t)1 << 16)

/* The places of the objects, in random order. */
static uint64_t places[SCATTERED];

BENCH_INLINE void places_each(lookup_find *find, uint64_t loops)
{
	uint64_t end = world.at + loops;
	uintptr_t sum = 0;

	for (; world.at < end; world.at++)
		sum ^= (uintptr_t)find(gm_paddr(LOOKUP_BASE + places[world.at % SCATTERED]));
	lookup_sink = sum;
}

BENCH_INLINE void *adhoc_find(struct gm_paddr paddr)
{
	return gm_adhoc_find(&world.adhoc, paddr);
}

BENCH_INLINE void *array_find(struct gm_paddr paddr)
{
	return (void *)world.flat.words[(paddr.value - LOOKUP_BASE) / LOOKUP_GRANULE];
}

static void adhoc_places(void *ctx, uint64_t loops)
{
	(void)ctx;
	places_each(adhoc_find, loops);
}

static void array_places(void *ctx, uint64_t loops)
{
	(void)ctx;
	places_each(array_find, loops);
}

/* One object in each of so many parts of the span, anywhere in its part. */
static void with_span(uint64_t span, uint64_t loops)
{
	static uint32_t order[SCATTERED];
	struct bench b[] = { BENCH("adhoc", adhoc_places, NULL),
			     BENCH("flat", array_places, NULL) };
	uint64_t part = span / SCATTERED;
	uint64_t seed = 9;
	uint32_t i;

	lookup_begin(&lookup_adhoc, span, SCATTERED, 0);
	bench_shuffle(order, SCATTERED);
	for (i = 0; i < SCATTERED; i++) {
		uint64_t within = bench_random(&seed) % part;

		places[order[i]] = i * part + (within & ~(LOOKUP_GRANULE - 1));
		lookup_create(&lookup_adhoc, places[order[i]], LOOKUP_GRANULE);
	}
	bench_run(b, BENCH_NR(b), loops);
	printf("growth: 65536 objects of 4 KiB in %llu GiB\n",
	       (unsigned long long)(span / BENCH_GIB));
	bench_times(b, BENCH_NR(b));
	for (i = 0; i < BENCH_NR(b); i++)
		bench_point("span", b[i].name, (double)(span / BENCH_GIB), b[i].median);
	lookup_end();
}

int main(int argc, char **argv)
{
	static const unsigned objects[] = { 10, 13, 17, 20, 24 };
	static const unsigned spans[] = { 0, 4, 6, 10, 12, 14 };
	uint64_t loops;
	size_t i;

	bench_begin(argc, argv);
	loops = bench_quick() ? 50000 : 300000;
	for (i = 0; i < BENCH_NR(objects); i++)
		if (!bench_quick() || i % 2 == 0)
			with_objects(objects[i], loops);
	for (i = 0; i < BENCH_NR(spans); i++)
		with_span(BENCH_GIB << spans[i], loops);
	return 0;
}
