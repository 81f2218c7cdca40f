/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_census.c SNAPSHOT - KiB of metadata for each GiB of a real machine's memory,
 * as it was recorded; the census example rebuilds its objects, creates them in each
 * table, and checks every page. Nothing here takes time.
 */
#include "bench.h"
#include "../../examples/census/snapshot.h"
#include "../../examples/census/tables.h"

static void failed(const struct fail *fail)
{
	printf("cannot run: %s\n", fail->text);
	exit(1);
}

static void figure(const char *kind, uint64_t metadata_bytes, uint64_t bytes)
{
	char metric[64];
	double gib = (double)bytes / (double)BENCH_GIB;

	snprintf(metric, sizeof(metric), "meta.%s.census.kib_per_gib", kind);
	bench_figure(metric, (double)metadata_bytes / (double)BENCH_KIB / gib, 0);
}

int main(int argc, char **argv)
{
	static const struct {
		enum gm_region_kind kind;
		const char *name;
	} kinds[] = { { GM_REGION_ADHOC, "adhoc" },
		      { GM_REGION_FOLIO, "folio" },
		      { GM_REGION_COMPOUND, "compound" } };
	struct progress progress = { 0 };
	struct fail fail;
	struct image image;
	struct model model;
	uint64_t bytes;
	size_t i;

	if (argc < 2) {
		fprintf(stderr, "usage: bench_census SNAPSHOT\n");
		return 2;
	}
	if (snapshot_load(argv[1], &image, &fail) != 0 || rebuild(&image, &model, &fail) != 0)
		failed(&fail);
	bytes = image.nr_pages << image.page_shift;
	printf("memory: a recorded machine, %zu objects in %llu MiB\n", model.nr_objects,
	       (unsigned long long)(bytes / BENCH_MIB));
	for (i = 0; i < BENCH_NR(kinds); i++) {
		struct tables_result result;

		if (tables_run(kinds[i].kind, &image, &model, &result, &progress, &fail) != 0)
			failed(&fail);
		figure(kinds[i].name, result.stats.total_bytes, bytes);
	}
	figure("structpage", image.nr_pages * 64, bytes);
	model_free(&model);
	image_free(&image);
	return 0;
}
