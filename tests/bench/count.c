/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * count.c - runs each thing COUNT_LOOPS times, in a function of its own, and nothing
 * else of interest: instructions.sh counts what each of the functions executes.
 */
#include "pair.h"
#include <granmem/run.h>

#define COUNT_LOOPS 2000
#define SPAN (64 * BENCH_MIB)
#define OWN __attribute__((noinline)) static

static struct pair_line line;

OWN void count_empty(uint64_t loops)
{
	while (loops-- > 0)
		__asm__ volatile("");
}

OWN void count_run_pfn(uint64_t loops)
{
	struct gm_pfn pfn;

	while (loops-- > 0) {
		if (gm_run_pfn(&line.desc, loops, 12, &pfn) != 0)
			abort();
		lookup_sink = pfn.value;
	}
}

/* An object made and given up, always the same. */
#define OBJECTS(name, table, object_size) \
	OWN void name(uint64_t loops) \
	{ \
		const struct gm_object object = { gm_paddr(LOOKUP_BASE + SPAN), object_size, 1, \
						  NULL }; \
		struct gm_desc *desc; \
\
		while (loops-- > 0) { \
			bench_check(gm_##table##_create(&world.table, &object, &desc), "create"); \
			gm_##table##_put(&world.table, desc); \
		} \
	}

OBJECTS(count_adhoc_4k, adhoc, 4096)
OBJECTS(count_adhoc_2m, adhoc, 2 * BENCH_MIB)
OBJECTS(count_compound_4k, compound, 4096)
OBJECTS(count_compound_2m, compound, 2 * BENCH_MIB)
OBJECTS(count_folio_4k, folio, 4096)

OWN void claims(uint64_t loops, uint64_t size)
{
	const struct gm_claim claim = { .size = size, .align = size, .type = 1 };
	struct gm_desc *desc;

	while (loops-- > 0) {
		bench_check(gm_adhoc_claim(&world.adhoc, &claim, &desc), "claim");
		gm_adhoc_put_sole(&world.adhoc, desc);
	}
}

OWN void count_claim_4k(uint64_t loops)
{
	claims(loops, 4096);
}

OWN void count_claim_2m(uint64_t loops)
{
	claims(loops, 2 * BENCH_MIB);
}

static void count_pairs(void)
{
	static const char *const peers[] = { "ck_cas", "urcu_ref", "linux_cas" };
	static struct pair_line word;
	size_t i;

	pair_set_up(&line, 1);
	pair_set_up(&word, 0);
	pair_get(&line, COUNT_LOOPS);
	pair_try_get(&line, COUNT_LOOPS);
	for (i = 0; i < BENCH_NR(peers); i++)
		if (peer_pair(peers[i]) != NULL)
			peer_pair(peers[i])->fn(&word, COUNT_LOOPS);
}

static void count_maps(void)
{
	static const char *const maps[] = { "xarray", "judy", "ck_ht", "lfht" };
	size_t i;

	lookup_flat.random(NULL, COUNT_LOOPS);
	lookup_flat_get_put(NULL, COUNT_LOOPS);
	lookup_leaves.random(NULL, COUNT_LOOPS);
	lookup_leaves_get_put(NULL, COUNT_LOOPS);
	lookup_addresses(NULL, COUNT_LOOPS);
	for (i = 0; i < BENCH_NR(maps); i++) {
		const struct peer_map *map = peer_map(maps[i]);

		if (map == NULL)
			continue;
		bench_check(map->fill(), map->name);
		map->loops.random(NULL, COUNT_LOOPS);
		map->empty();
	}
}

/* The region is full but for what lies beyond SPAN; there a neighbour of 4 KiB keeps the
 * nodes that the small objects are in. */
static void count_table(const struct lookup_kind *kind)
{
	uint64_t offset;

	lookup_begin(kind, 2 * SPAN, 2 * SPAN / LOOKUP_GRANULE, 0);
	for (offset = 0; offset < SPAN; offset += LOOKUP_GRANULE)
		lookup_create(kind, offset, LOOKUP_GRANULE);
	world.shift++; /* addresses of the full half */
	kind->loops.random(NULL, COUNT_LOOPS);
	kind->get_put(NULL, COUNT_LOOPS);
	if (kind == &lookup_adhoc) {
		count_maps();
		count_adhoc_2m(COUNT_LOOPS);
		count_claim_2m(COUNT_LOOPS);
		lookup_create(kind, SPAN + 2 * LOOKUP_GRANULE, LOOKUP_GRANULE);
		count_adhoc_4k(COUNT_LOOPS);
		count_claim_4k(COUNT_LOOPS);
	} else if (kind == &lookup_compound) {
		count_compound_4k(COUNT_LOOPS);
		count_compound_2m(COUNT_LOOPS);
	} else {
		count_folio_4k(COUNT_LOOPS);
	}
	lookup_end();
}

int main(int argc, char **argv)
{
	bench_begin(argc, argv);
	count_empty(COUNT_LOOPS);
	count_pairs();
	count_run_pfn(COUNT_LOOPS);
	count_table(&lookup_adhoc);
	count_table(&lookup_folio);
	count_table(&lookup_compound);
	return 0;
}
