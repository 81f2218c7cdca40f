/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_memory.c - KiB of metadata for each GiB of memory.
 *
 * Each table is filled with objects of one size, or with a mixture, and asked for
 * what it has taken: lanes, root or words, whole slabs. "resident" is what the
 * system says of the same: pages that were touched. struct page and the bitmap
 * are computed: 64 bytes, and one bit, for each 4 KiB. Nothing here takes time.
 */
#include "lookup.h"

/* What fills the region: all of one size; 0 for nothing at all; or by turns 2 MiB
 * whole, and 2 MiB as 16 of 64 KiB and 256 of 4 KiB. */
#define MIXED UINT64_MAX

static uint64_t span; /* bytes of the region */

static void fill_range(const struct lookup_kind *kind, uint64_t from, uint64_t to, uint64_t size)
{
	for (; from < to; from += size) {
		struct gm_object object = { gm_paddr(LOOKUP_BASE + from), size, 1, NULL };
		struct gm_desc *desc;

		bench_check(kind->create(&object, &desc), "an object");
	}
}

static void fill(const struct lookup_kind *kind, uint64_t size)
{
	uint64_t at;

	if (size == 0)
		return;
	if (size != MIXED) {
		fill_range(kind, 0, span, size);
		return;
	}
	for (at = 0; at < span; at += 4 * BENCH_MIB) {
		fill_range(kind, at, at + 2 * BENCH_MIB, 2 * BENCH_MIB);
		fill_range(kind, at + 2 * BENCH_MIB, at + 3 * BENCH_MIB, 64 * BENCH_KIB);
		fill_range(kind, at + 3 * BENCH_MIB, at + 4 * BENCH_MIB, 4096);
	}
}

static double kib_per_gib(uint64_t bytes)
{
	return (double)bytes / (double)BENCH_KIB / (double)(span / BENCH_GIB);
}

static void figure(const char *kind, const char *unit, uint64_t bytes, double goal)
{
	char metric[64];

	snprintf(metric, sizeof(metric), "meta.%s.%s.kib_per_gib", kind, unit);
	bench_figure(metric, kib_per_gib(bytes), goal);
}

/* A table of its own for each line. */
static void measure(const struct lookup_kind *kind, const char *unit, uint64_t size, double goal)
{
	struct gm_table_config config = { .base = { LOOKUP_BASE },
					  .size = span,
					  .zeroed = 1,
					  .grow = gm_hosted_grow };
	struct gm_metadata need;
	struct gm_hosted hosted;
	struct gm_stats stats;

	bench_check(kind->metadata_size(&config, 0, &need), "the table's size");
	bench_check(gm_hosted_reserve(&hosted, 2 * BENCH_GIB, 2 * BENCH_MIB, 0),
		    "no address space");
	config.grow_ctx = &hosted;
	bench_check(
		kind->init(&config, gm_hosted_grow(&hosted, need.bytes, need.align), need.bytes),
		"init");
	fill(kind, size);
	kind->stats(&stats);
	figure(kind->name, unit, stats.total_bytes, goal);
	if (size == 0 && stats.total_bytes != stats.static_bytes)
		printf("    MISSED: there is more than the static part\n");
	printf("    static %.1f, descriptors %.1f, nodes %.1f; resident %.1f\n",
	       kib_per_gib(stats.static_bytes), kib_per_gib(stats.desc_bytes),
	       kib_per_gib(stats.node_bytes), kib_per_gib(gm_hosted_resident(&hosted)));
	gm_hosted_release(&hosted);
}

int main(int argc, char **argv)
{
	/* 4.5: a root slot for each 2 MiB, a little for its summary and the lanes. */
	static const struct {
		const char *unit;
		uint64_t span;
		uint64_t size;
		double adhoc_goal;
	} cases[] = {
		{ "nothing", 64 * BENCH_GIB, 0, 4.5 },
		{ "2m", 64 * BENCH_GIB, 2 * BENCH_MIB, 24 },
		{ "64k", 64 * BENCH_GIB, 64 * BENCH_KIB, 0 },
		{ "4k", 16 * BENCH_GIB, 4096, 10752 },
		{ "mixed", 16 * BENCH_GIB, MIXED, 0 },
	};
	size_t i;

	bench_begin(argc, argv);
	printf("memory: KiB of metadata for each GiB\n");
	for (i = 0; i < BENCH_NR(cases); i++) {
		span = cases[i].span;
		measure(&lookup_adhoc, cases[i].unit, cases[i].size, cases[i].adhoc_goal);
		measure(&lookup_folio, cases[i].unit, cases[i].size, 0);
		measure(&lookup_compound, cases[i].unit, cases[i].size, 0);
		figure("structpage", cases[i].unit, span / 4096 * 64, 0);
		figure("bitmap", cases[i].unit, span / 4096 / 8, 0);
	}
	return 0;
}
