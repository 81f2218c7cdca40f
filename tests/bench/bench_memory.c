/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_memory.c - KiB of metadata for each GiB of memory.
 *
 * Each table is filled with objects of one size, or with a mixture, and asked for
 * what it has taken: lanes, root or words, whole slabs. "resident" is what the
 * system says of the same: pages that were touched. struct page and the bitmap
 * are computed: 64 bytes, and one bit, for each 4 KiB. Nothing here takes time.
 */
#include "bench.h"
#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>
#include <granmem/hosted.h>

#define BASE ((uint64_t)1 << 40)

static uint64_t span; /* bytes of the region */
static struct gm_adhoc adhoc;
static struct gm_compound compound;
static struct gm_folio folio;

struct kind {
	const char *name;
	int (*metadata_size)(const struct gm_table_config *config, uint64_t max_objects,
			     struct gm_metadata *out);
	int (*init)(const struct gm_table_config *config, void *buffer, uint64_t bytes);
	int (*create)(const struct gm_object *object, struct gm_desc **out);
	void (*stats)(struct gm_stats *out);
};

#define KIND(table)                                                                       \
	static int table##_init(const struct gm_table_config *config, void *buffer,       \
				uint64_t bytes)                                           \
	{                                                                                 \
		return gm_##table##_init(&table, config, buffer, bytes);                  \
	}                                                                                 \
                                                                                          \
	static int table##_create(const struct gm_object *object, struct gm_desc **out)   \
	{                                                                                 \
		return gm_##table##_create(&table, object, out);                          \
	}                                                                                 \
                                                                                          \
	static void table##_stats(struct gm_stats *out)                                   \
	{                                                                                 \
		gm_##table##_stats(&table, out);                                          \
	}                                                                                 \
                                                                                          \
	static const struct kind table##_kind = { #table, gm_##table##_metadata_size,     \
						  table##_init, table##_create, table##_stats };

KIND(adhoc)
KIND(compound)
KIND(folio)

/* What fills the region: all of one size; 0 for nothing at all; or by turns 2 MiB
 * whole, and 2 MiB as 16 of 64 KiB and 256 of 4 KiB. */
#define MIXED UINT64_MAX

static void fill_range(const struct kind *kind, uint64_t from, uint64_t to, uint64_t size)
{
	for (; from < to; from += size) {
		struct gm_object object = { gm_paddr(BASE + from), size, 1, NULL };
		struct gm_desc *desc;
		int err = kind->create(&object, &desc);

		if (err != 0)
			bench_cannot("an object cannot be created", err);
	}
}

static void fill(const struct kind *kind, uint64_t size)
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

/* A table of its own for each line. */
static void measure(const struct kind *kind, const char *unit, uint64_t size, double goal)
{
	struct gm_table_config config = { .base = { BASE },
					  .size = span,
					  .zeroed = 1,
					  .grow = gm_hosted_grow };
	struct gm_metadata need;
	struct gm_hosted hosted;
	struct gm_stats stats;
	char metric[64];
	double taken;
	int err;

	if (kind->metadata_size(&config, 0, &need) != 0 ||
	    gm_hosted_reserve(&hosted, 2 * BENCH_GIB, 2 * BENCH_MIB, 0) != 0)
		bench_cannot("no address space", 0);
	config.grow_ctx = &hosted;
	err = kind->init(&config, gm_hosted_grow(&hosted, need.bytes, need.align), need.bytes);
	if (err != 0)
		bench_cannot("init", err);
	fill(kind, size);
	kind->stats(&stats);
	taken = kib_per_gib(stats.total_bytes);
	snprintf(metric, sizeof(metric), "meta.%s.%s.kib_per_gib", kind->name, unit);
	if (goal != 0)
		bench_ratio(metric, taken, goal);
	else
		bench_figure(metric, taken);
	if (size == 0 && stats.total_bytes != stats.static_bytes)
		printf("    MISSED: there is more than the static part\n");
	printf("    static %.1f, descriptors %.1f, nodes %.1f; resident %.1f\n",
	       kib_per_gib(stats.static_bytes), kib_per_gib(stats.desc_bytes),
	       kib_per_gib(stats.node_bytes), kib_per_gib(gm_hosted_resident(&hosted)));
	gm_hosted_release(&hosted);
}

int main(void)
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

	printf("memory: KiB of metadata for each GiB\n");
	for (i = 0; i < BENCH_NR(cases); i++) {
		span = cases[i].span;
		measure(&adhoc_kind, cases[i].unit, cases[i].size, cases[i].adhoc_goal);
		measure(&folio_kind, cases[i].unit, cases[i].size, 0);
		measure(&compound_kind, cases[i].unit, cases[i].size, 0);
	}
	bench_figure("meta.structpage.any.kib_per_gib", kib_per_gib(span / 4096 * 64));
	bench_figure("meta.bitmap.any.kib_per_gib", kib_per_gib(span / 4096 / 8));
	return 0;
}
