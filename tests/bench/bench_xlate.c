/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_xlate.c [--quick] - (object, byte offset) -> page frame number, beside the
 * shift and the addition that it comes down to, and beside a space's look-up of a
 * physical address among 64 regions.
 *
 * Offsets are read from an array and frame numbers written to another, as by
 * somebody who fills page tables; both fit into the first cache.
 */
#include "bench.h"
#include <granmem/run.h>
#include <granmem/space.h>

#define NR 1024
#define SHIFT 12
#define BASE ((uint64_t)1 << 40)
#define SIZE ((uint64_t)1 << 30)
#define REGIONS 64

static struct gm_desc desc;
static uint64_t base = BASE;
static uint64_t size = SIZE;
static uint64_t offsets[NR];
static uint64_t pfns[NR];
static struct gm_region regions[REGIONS];
static struct gm_space space;

/* A number that the compiler may not know, nor work on in several lanes. */
#define OPAQUE(x) __asm__ volatile("" : "+r"(x))

static void shift_and_add(void *ctx, uint64_t loops)
{
	(void)ctx;
	while (loops-- > 0) {
		uint64_t pfn = (*(volatile uint64_t *)&base + offsets[loops % NR]) >> SHIFT;

		OPAQUE(pfn);
		pfns[loops % NR] = pfn;
	}
}

/* With the one check that an offset from somebody else needs. */
static void checked(void *ctx, uint64_t loops)
{
	(void)ctx;
	while (loops-- > 0) {
		uint64_t offset = offsets[loops % NR];
		uint64_t pfn;

		if (offset >= *(volatile uint64_t *)&size)
			abort();
		pfn = (*(volatile uint64_t *)&base + offset) >> SHIFT;
		OPAQUE(pfn);
		pfns[loops % NR] = pfn;
	}
}

static void run_pfn(void *ctx, uint64_t loops)
{
	(void)ctx;
	while (loops-- > 0) {
		struct gm_pfn pfn;

		if (gm_run_pfn(&desc, offsets[loops % NR], SHIFT, &pfn) != 0)
			abort();
		OPAQUE(pfn.value);
		pfns[loops % NR] = pfn.value;
	}
}

/* With the run of granules that follows, and the largest leaf. */
static void run_at(void *ctx, uint64_t loops)
{
	const uint64_t leaves = GM_RUN_LEAF(12) | GM_RUN_LEAF(21) | GM_RUN_LEAF(30);

	(void)ctx;
	while (loops-- > 0) {
		uint64_t offset = offsets[loops % NR];
		struct gm_run run;

		if (gm_run_at(&desc, offset, offset, SHIFT, leaves, &run) != 0)
			abort();
		pfns[loops % NR] = run.pfn.value + run.nr_granules + run.leaf_shift;
	}
}

static void translate(void *ctx, uint64_t loops)
{
	(void)ctx;
	while (loops-- > 0) {
		struct gm_translation to;

		if (gm_space_translate(&space, gm_paddr(BASE + offsets[loops % NR]), SHIFT, &to) !=
		    0)
			abort();
		pfns[loops % NR] = to.pfn.value + to.bytes;
	}
}

/* Of equal size, side by side, device memory: no table. */
static void set_up_regions(void)
{
	size_t i;

	gm_space_init(&space, regions, REGIONS);
	for (i = 0; i < REGIONS; i++) {
		struct gm_region region = { .base = gm_paddr(BASE + i * (SIZE / REGIONS)),
					    .size = SIZE / REGIONS,
					    .kind = GM_REGION_DEVICE };

		bench_check(gm_space_add(&space, &region), "a region");
	}
}

int main(int argc, char **argv)
{
	const struct gm_object object = { gm_paddr(BASE), SIZE, 1, NULL };
	struct bench b[] = { BENCH("shift and add", shift_and_add, NULL),
			     BENCH("gm_run_pfn", run_pfn, NULL), BENCH("gm_run_at", run_at, NULL),
			     BENCH("gm_space_translate, 64 regions", translate, NULL),
			     BENCH("bounds check, shift and add", checked, NULL) };
	uint64_t seed = 3;
	size_t i;

	bench_begin(argc, argv);
	gm_desc_set(&desc, &object);
	gm_ref_publish(&desc, object.type, 1);
	set_up_regions();
	for (i = 0; i < NR; i++)
		offsets[i] = bench_random(&seed) % SIZE;
	bench_run(b, BENCH_NR(b), bench_quick() ? 500000 : 4000000);
	printf("translation: offset -> pfn\n");
	bench_times(b, BENCH_NR(b));
	bench_ratio("xlate.contiguous.vs_shift", &b[1], &b[0], 1.10);
	bench_ratio("xlate.contiguous.vs_shift.floor", &b[4], &b[0], 0);
	bench_ratio("xlate.run_at.vs_shift", &b[2], &b[0], 0);
	bench_ratio("xlate.space.64_regions.vs_shift", &b[3], &b[0], 0);
	return 0;
}
