/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * count_pairs.c WHAT LOOPS - runs one thing LOOPS times and nothing else, for
 * instructions.sh to count its instructions.
 */
#include "bench.h"
#include <granmem/adhoc.h>
#include <granmem/compound.h>

#define BASE ((uint64_t)1 << 40)

static struct gm_desc desc;
static struct gm_adhoc adhoc;
static struct gm_compound compound;

static void check(int err)
{
	if (err != 0)
		bench_cannot("the tables", err);
}

static void empty(uint64_t loops)
{
	while (loops-- > 0)
		__asm__ volatile("");
}

/* Part of the loop that it is in: the call is not what is counted. */
static inline __attribute__((always_inline)) void put(void)
{
	struct gm_object gone;

	if (gm_ref_put(&desc, &gone))
		abort();
}

static void get_put(uint64_t loops)
{
	while (loops-- > 0) {
		gm_ref_get(&desc);
		put();
	}
}

static void tryget_put(uint64_t loops)
{
	while (loops-- > 0) {
		if (gm_ref_try_get(&desc) != 0)
			abort();
		put();
	}
}

static void adhoc_objects(uint64_t loops, uint64_t base, uint64_t size)
{
	const struct gm_object object = { gm_paddr(base), size, 1, NULL };

	while (loops-- > 0) {
		struct gm_desc *made;

		check(gm_adhoc_create(&adhoc, &object, &made));
		gm_adhoc_put(&adhoc, made);
	}
}

static void adhoc_4k(uint64_t loops)
{
	adhoc_objects(loops, BASE, 4096);
}

static void adhoc_2m(uint64_t loops)
{
	adhoc_objects(loops, BASE + 64 * BENCH_MIB, 2 * BENCH_MIB);
}

static void compound_2m(uint64_t loops)
{
	const struct gm_object object = { gm_paddr(BASE), 2 * BENCH_MIB, 1, NULL };

	while (loops-- > 0) {
		struct gm_desc *made;

		check(gm_compound_create(&compound, &object, &made));
		gm_compound_put(&compound, made);
	}
}

static void *zeroed(uint64_t bytes)
{
	void *memory = aligned_alloc(4096, (bytes + 4095) & ~(uint64_t)4095);

	if (memory == NULL)
		bench_cannot("no memory", 0);
	return memset(memory, 0, bytes);
}

/* A neighbour of 4 KiB keeps the node that the ad-hoc ones are in. */
static void set_up(void)
{
	const struct gm_table_config config = { .base = { BASE }, .size = BENCH_GIB };
	const struct gm_object object = { gm_paddr(BASE + 8192), 4096, 1, NULL };
	struct gm_metadata need;
	struct gm_desc *neighbour;

	gm_desc_set(&desc, &object);
	gm_ref_publish(&desc, object.type, 1);
	check(gm_adhoc_metadata_size(&config, 64, &need));
	check(gm_adhoc_init(&adhoc, &config, zeroed(need.bytes), need.bytes));
	check(gm_adhoc_create(&adhoc, &object, &neighbour));
	check(gm_compound_metadata_size(&config, 0, &need));
	check(gm_compound_init(&compound, &config, zeroed(need.bytes), need.bytes));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(uint64_t loops);
	} things[] = {
		{ "empty", empty },       { "get_put", get_put },   { "tryget_put", tryget_put },
		{ "adhoc_4k", adhoc_4k }, { "adhoc_2m", adhoc_2m }, { "compound_2m", compound_2m },
	};
	size_t i;

	if (argc != 3) {
		fprintf(stderr, "usage: count_pairs WHAT LOOPS\n");
		return 2;
	}
	set_up();
	for (i = 0; i < BENCH_NR(things); i++) {
		if (strcmp(argv[1], things[i].name) == 0) {
			things[i].run(strtoull(argv[2], NULL, 10));
			return 0;
		}
	}
	fprintf(stderr, "count_pairs: no such thing: %s\n", argv[1]);
	return 2;
}
