/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_map.c [--quick] - an object of 2 MiB mapped in granules of 4 KiB, and unmapped:
 * one slot at a time, and in batches, for each slot.
 *
 * Both halves of unmapping are measured, without what lies between them: an
 * invalidation costs what the machine takes for it. Every second slot was read
 * through, and every fourth written.
 */
#include "bench.h"

#include <granmem/adhoc.h>
#include <granmem/map.h>

#define NR_SLOTS ((size_t)512)
#define LEAF_BYTES ((uint64_t)4096)
#define BASE BENCH_GIB
#define TYPE 1u

static struct gm_adhoc table;
static struct gm_region region;
static struct gm_space space;
static struct gm_map_space as;
static struct gm_map_lane lanes[4];
static struct gm_desc *object;
static gm_word *slots;

static void set_up(void)
{
	struct gm_table_config config = { .base = gm_paddr(BASE), .size = BENCH_GIB,
					  .desc_size = sizeof(struct gm_mapped), .zeroed = 1 };
	struct gm_map_config mapping = { .memory = &space, .lanes = lanes, .nr_lanes = 4 };
	struct gm_region one = { .base = gm_paddr(BASE), .size = BENCH_GIB,
				 .kind = GM_REGION_ADHOC, .table = &table.table };
	struct gm_object wanted = { gm_paddr(BASE), NR_SLOTS * LEAF_BYTES, TYPE, NULL };
	struct gm_metadata need;

	bench_check(gm_adhoc_metadata_size(&config, 64, &need), "metadata_size");
	bench_check(gm_adhoc_init(&table, &config, bench_zeroed(need.bytes + need.align),
				  need.bytes + need.align), "init");
	gm_space_init(&space, &region, 1);
	bench_check(gm_space_add(&space, &one), "space_add");
	bench_check(gm_space_create(&space, &wanted, &object), "create");
	mapping.format.kind = GM_PTE_X86_64;
	mapping.format.input_bits = 48;
	mapping.format.features = GM_PTE_HAS_NX;
	mapping.classes[TYPE] = GM_MAP_FILE;
	bench_check(gm_map_init(&as, &mapping), "map_init");
	slots = bench_zeroed(NR_SLOTS * sizeof(gm_word));
}

BENCH_INLINE void map_all(size_t batch)
{
	struct gm_map_request request = { .desc = object,
					  .prot = GM_PROT_READ | GM_PROT_WRITE | GM_PROT_USER };
	size_t i;

	for (i = 0; i < NR_SLOTS; i += batch) {
		request.offset = i * LEAF_BYTES;
		bench_check(gm_map_slots(&as, &slots[i], batch, 0, &request), "map");
	}
}

/* What hardware does, at a cost that is the same for all. */
BENCH_INLINE void touch_all(void)
{
	size_t i;

	for (i = 0; i < NR_SLOTS; i += 2)
		slots[i] |= i % 4 == 0 ? 0x60 : 0x20;
}

BENCH_INLINE void unmap_all(size_t batch)
{
	struct gm_map_gone gone[16];
	struct gm_map_gather gather;
	size_t i, done;

	gm_map_gather_init(&gather, gone, 16);
	for (i = 0; i < NR_SLOTS; i += batch) {
		for (done = 0; done < batch;) {
			done += gm_map_unmap(&as, &slots[i + done], batch - done, 0, &gather);
			gm_map_finish(&as, &gather);
		}
	}
}

struct way {
	size_t batch;
	int touched;
};

static void both(void *ctx, uint64_t loops)
{
	const struct way *way = ctx;
	uint64_t i;

	for (i = 0; i < loops; i += NR_SLOTS) {
		map_all(way->batch);
		if (way->touched)
			touch_all();
		unmap_all(way->batch);
	}
}

int main(int argc, char **argv)
{
	static struct way ways[] = { { 1, 0 },        { 8, 0 }, { 64, 0 },
				     { NR_SLOTS, 0 }, { 1, 1 }, { NR_SLOTS, 1 } };
	struct bench b[] = {
		BENCH("map + unmap, one at a time", both, &ways[0]),
		BENCH("in batches of 8", both, &ways[1]),
		BENCH("in batches of 64", both, &ways[2]),
		BENCH("in batches of 512", both, &ways[3]),
		BENCH("touched, one at a time", both, &ways[4]),
		BENCH("touched, in batches of 512", both, &ways[5]),
	};

	bench_begin(argc, argv);
	set_up();
	printf("map: slots of 4 KiB, of an object of 2 MiB\n");
	bench_run(b, BENCH_NR(b), bench_quick() ? 100 * NR_SLOTS : 400 * NR_SLOTS);
	bench_times(b, BENCH_NR(b));
	bench_ratio("map.4k.batch_8.vs_single", &b[1], &b[0], 0);
	bench_ratio("map.4k.batch_64.vs_single", &b[2], &b[0], 0);
	bench_ratio("map.4k.batch_512.vs_single", &b[3], &b[0], 0.25);
	bench_ratio("map.4k.touched.batch_512.vs_single", &b[5], &b[4], 0);
	return 0;
}
