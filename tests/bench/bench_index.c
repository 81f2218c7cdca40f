/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_index.c [--quick] - offset -> page frame number through an index of objects of
 * 2 MiB, beside a flat array with a frame number for each 4 KiB; and what a lookup with
 * a reference, and taking objects out and in, cost.
 */
#include "bench.h"
#include <granmem/index.h>

#include <stdlib.h>

#define NR 1024
#define SHIFT 12
#define BASE ((uint64_t)1 << 40)
#define SIZE ((uint64_t)1 << 30)
#define PART ((uint64_t)2 << 20)
#define NR_PARTS (SIZE / PART)

static struct gm_space space;
static struct gm_index_store store;
static struct gm_index parts;
static struct gm_indexed objects[NR_PARTS + 1];
static uint64_t offsets[NR];
static uint64_t pfns[NR];
static uint64_t *flat;

/* A number that the compiler may not know, nor work on in several lanes. */
#define OPAQUE(x) __asm__ volatile("" : "+r"(x))

static void look_in_array(void *ctx, uint64_t loops)
{
	(void)ctx;
	while (loops-- > 0) {
		uint64_t pfn = flat[offsets[loops % NR] >> SHIFT];

		OPAQUE(pfn);
		pfns[loops % NR] = pfn;
	}
}

static void index_pfn(void *ctx, uint64_t loops)
{
	(void)ctx;
	while (loops-- > 0) {
		struct gm_pfn pfn;

		if (gm_index_pfn(&parts, offsets[loops % NR], SHIFT, &pfn) != 0)
			abort();
		pfns[loops % NR] = pfn.value;
	}
}

static void find_and_put(void *ctx, uint64_t loops)
{
	(void)ctx;
	while (loops-- > 0) {
		struct gm_object gone;
		struct gm_desc *found;

		if (gm_index_find_get(&parts, offsets[loops % NR], &found) != 0 ||
		    gm_ref_put(found, &gone) != 0)
			abort();
	}
}

/* A page behind the parts, in a leaf of its own. */
static void out_and_in(void *ctx, uint64_t loops)
{
	struct gm_desc *page = &objects[NR_PARTS].desc;

	(void)ctx;
	while (loops-- > 0)
		if (gm_index_insert(&parts, SIZE, page, NULL) != 0 ||
		    gm_index_erase(&parts, page, 0) != 0)
			abort();
}

static void set_up(void)
{
	struct gm_index_config config = { .space = &space };
	struct gm_metadata metadata;
	void *memory;
	size_t i;

	gm_space_init(&space, NULL, 0);
	bench_check(gm_index_store_size(&config, 64, &metadata), "a size");
	memory = malloc((size_t)(metadata.bytes + metadata.align));
	flat = malloc((size_t)(SIZE >> SHIFT) * sizeof(*flat));
	bench_check(memory == NULL || flat == NULL, "memory");
	bench_check(gm_index_store_init(&store, &config, memory, metadata.bytes + metadata.align),
		    "a store");
	bench_check(gm_index_init(&parts, &store, &parts), "an index");
	for (i = 0; i <= NR_PARTS; i++) {
		struct gm_object object = { gm_paddr(BASE + (NR_PARTS - i) * PART), PART, 1,
					    &parts };

		object.size = i < NR_PARTS ? PART : (uint64_t)1 << SHIFT;
		gm_desc_set(&objects[i].desc, &object);
		gm_ref_publish(&objects[i].desc, object.type, 1);
		if (i < NR_PARTS)
			bench_check(gm_index_insert(&parts, i * PART, &objects[i].desc, NULL),
				    "a part");
	}
	for (i = 0; i < SIZE >> SHIFT; i++)
		flat[i] = (gm_desc_base(&objects[(i << SHIFT) / PART].desc) >> SHIFT) +
			  i % (PART >> SHIFT);
}

int main(int argc, char **argv)
{
	struct bench b[] = { BENCH("flat array", look_in_array, NULL),
			     BENCH("gm_index_pfn", index_pfn, NULL),
			     BENCH("gm_index_find_get, put", find_and_put, NULL),
			     BENCH("gm_index_insert, _erase", out_and_in, NULL) };
	uint64_t seed = 3;
	size_t i;

	bench_begin(argc, argv);
	set_up();
	for (i = 0; i < NR; i++)
		offsets[i] = bench_random(&seed) % SIZE;
	bench_run(b, BENCH_NR(b), bench_quick() ? 200000 : 2000000);
	for (i = 0; i < NR; i++) {
		struct gm_pfn pfn = gm_pfn(0);

		bench_check(gm_index_pfn(&parts, offsets[i], SHIFT, &pfn), "a frame");
		bench_check(pfn.value != flat[offsets[i] >> SHIFT], "both say the same");
	}
	printf("index: offset -> pfn, objects of 2 MiB in 1 GiB\n");
	bench_times(b, BENCH_NR(b));
	bench_ratio("xlate.index.2m.vs_flat", &b[1], &b[0], 0);
	return 0;
}
