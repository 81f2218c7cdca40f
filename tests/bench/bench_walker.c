/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_walker.c [--quick] - whole page tables: 1 GiB mapped and unmapped with leaves
 * of each size, beside what it must at least do; and a lookup beside a flat array.
 *
 * The floors: of mapping, an entry stored for each leaf in tables that are there; of
 * unmapping, a compare-and-swap for each. Of a lookup, one load from an array of 8 bytes
 * for each 4 KiB, which has no levels, no sizes and no protection.
 */
#include "bench.h"
#include <granmem/walker.h>

#define SIZE ((uint64_t)1 << 30)
#define VA ((uint64_t)1 << 39)
#define PADDR ((uint64_t)1 << 32)
#define NR_GRANULES (SIZE >> 12)
#define MEMORY ((uint64_t)8 << 20)
#define NR_VAS 4096

static struct gm_walker walkers[3];
static const struct {
	const char *name;
	const char *metric;
	uint64_t leaves;
	unsigned shift;
} sizes[] = {
	{ "4 KiB", "4k", GM_RUN_LEAF(12), 12 },
	{ "2 MiB", "2m", GM_RUN_LEAF(12) | GM_RUN_LEAF(21), 21 },
	{ "1 GiB", "1g", 0, 30 },
};

/* Table pages: a stack of free ones, which none but the running thread uses. */
static unsigned char *memory;
static uint64_t used;
static uint64_t stack[MEMORY / 4096];
static size_t nr_free;
static uint64_t *flat;
static gm_word *floor_entries;
static uint64_t vas[NR_VAS];
static volatile uint64_t sink;

static int take(void *ctx, uint64_t bytes, struct gm_paddr *out)
{
	(void)ctx;
	if (nr_free != 0) {
		out->value = stack[--nr_free];
		return 0;
	}
	if (bytes > MEMORY - used)
		return -GM_ENOMEM;
	out->value = used;
	used += bytes;
	return 0;
}

static void give(void *ctx, struct gm_paddr table, uint64_t bytes)
{
	(void)ctx;
	(void)bytes;
	stack[nr_free++] = table.value;
}

static void map(struct gm_walker *walker)
{
	struct gm_map_request request;

	memset(&request, 0, sizeof(request));
	request.paddr = gm_paddr(PADDR);
	request.prot = GM_PROT_READ | GM_PROT_WRITE;
	bench_check(gm_walker_map(walker, VA, SIZE, &request, NULL), "map");
}

static void unmap(struct gm_walker *walker)
{
	bench_check(gm_walker_unmap(walker, VA, SIZE, NULL), "unmap");
}

static void map_and_unmap(void *ctx, uint64_t loops)
{
	while (loops-- > 0) {
		map(ctx);
		unmap(ctx);
	}
}

static void protect(void *ctx, uint64_t loops)
{
	while (loops-- > 0)
		bench_check(gm_walker_protect(ctx, VA, SIZE,
					      GM_PROT_READ | (loops % 2 ? GM_PROT_WRITE : 0), NULL),
			    "protect");
}

/* An entry for each leaf comes, and goes. */
static void store_and_swap(void *ctx, uint64_t loops)
{
	uint64_t nr = *(const uint64_t *)ctx;
	uint64_t i;

	while (loops-- > 0) {
		for (i = 0; i < nr; i++)
			gm_atomic_store_release(&floor_entries[i], PADDR + (i << 12) + 3);
		for (i = 0; i < nr; i++) {
			if (!gm_atomic_cas_relaxed(&floor_entries[i], PADDR + (i << 12) + 3, 0))
				abort();
		}
	}
}

static void swap_each(void *ctx, uint64_t loops)
{
	uint64_t nr = *(const uint64_t *)ctx;
	uint64_t i;

	while (loops-- > 0) {
		for (i = 0; i < nr; i++) {
			gm_word value = gm_atomic_load_relaxed(&floor_entries[i]);

			if (!gm_atomic_cas_relaxed(&floor_entries[i], value, value ^ 2))
				abort();
		}
	}
}

static void look_up(void *ctx, uint64_t loops)
{
	uint64_t sum = 0;

	while (loops-- > 0) {
		struct gm_walker_at at;

		if (gm_walker_lookup(ctx, VA + vas[loops % NR_VAS], &at) != 0)
			abort();
		sum += at.paddr.value;
	}
	sink = sum;
}

static void look_flat(void *ctx, uint64_t loops)
{
	uint64_t sum = 0;

	(void)ctx;
	while (loops-- > 0) {
		uint64_t va = vas[loops % NR_VAS];

		sum += flat[va >> 12] + (va & 4095);
	}
	sink = sum;
}

static void set_up(void)
{
	struct gm_walker_config config;
	uint64_t seed = 7;
	size_t i;

	memory = bench_zeroed(MEMORY);
	flat = bench_zeroed(NR_GRANULES * sizeof(*flat));
	floor_entries = bench_zeroed(NR_GRANULES * sizeof(*floor_entries));
	memset(&config, 0, sizeof(config));
	config.format.kind = GM_PTE_X86_64;
	config.format.features = GM_PTE_HAS_NX | GM_PTE_HAS_1G;
	config.alloc = take;
	config.free = give;
	config.virtual_offset = (uint64_t)(uintptr_t)memory;
	for (i = 0; i < BENCH_NR(sizes); i++) {
		config.leaves = sizes[i].leaves;
		bench_check(gm_walker_init(&walkers[i], &config), "init");
	}
	for (i = 0; i < NR_GRANULES; i++)
		flat[i] = PADDR + (i << 12);
	for (i = 0; i < NR_VAS; i++)
		vas[i] = bench_random(&seed) % SIZE;
}

static void run_ranges(void)
{
	size_t i;

	for (i = 0; i < BENCH_NR(sizes); i++) {
		uint64_t nr = SIZE >> sizes[i].shift;
		struct bench b[] = { BENCH("store and swap each entry", store_and_swap, &nr),
				     BENCH("gm_walker_map and unmap", map_and_unmap, &walkers[i]) };
		struct bench p[] = { BENCH("swap each entry", swap_each, &nr),
				     BENCH("gm_walker_protect", protect, &walkers[i]) };
		char metric[64];

		printf("walker: 1 GiB with leaves of %s\n", sizes[i].name);
		bench_run(b, BENCH_NR(b), bench_quick() ? 4 : 40);
		bench_times(b, BENCH_NR(b));
		snprintf(metric, sizeof(metric), "walker.range.%s.vs_floor", sizes[i].metric);
		bench_ratio(metric, &b[1], &b[0], 0);
		snprintf(metric, sizeof(metric), "walker.range.%s.ns_per_leaf", sizes[i].metric);
		bench_figure(metric, b[1].median / (double)nr, 0);
		map(&walkers[i]);
		bench_run(p, BENCH_NR(p), bench_quick() ? 4 : 40);
		bench_times(p, BENCH_NR(p));
		snprintf(metric, sizeof(metric), "walker.protect.%s.vs_floor", sizes[i].metric);
		bench_ratio(metric, &p[1], &p[0], 0);
	}
}

static void run_lookups(void)
{
	size_t i;

	for (i = 0; i < BENCH_NR(sizes); i++) {
		struct bench b[] = { BENCH("flat array", look_flat, NULL),
				     BENCH("gm_walker_lookup", look_up, &walkers[i]) };
		char metric[64];

		printf("walker: lookups in 1 GiB with leaves of %s\n", sizes[i].name);
		bench_run(b, BENCH_NR(b), bench_quick() ? 200000 : 2000000);
		bench_times(b, BENCH_NR(b));
		snprintf(metric, sizeof(metric), "walker.lookup.%s.vs_array", sizes[i].metric);
		bench_ratio(metric, &b[1], &b[0], 0);
	}
}

int main(int argc, char **argv)
{
	bench_begin(argc, argv);
	set_up();
	run_ranges();
	run_lookups();
	return 0;
}
