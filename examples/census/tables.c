/* SPDX-License-Identifier: BSD-2-Clause */
/* tables.c - one kind of table from first to last; contracts in tables.h. */
#define _POSIX_C_SOURCE 200809L
#include "tables.h"

#include <granmem/verify.h>

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

const char *tables_name(enum gm_region_kind kind)
{
	switch (kind) {
	case GM_REGION_COMPOUND:
		return "compound";
	case GM_REGION_FOLIO:
		return "folio";
	default:
		return "ad-hoc";
	}
}

double tables_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int metadata_size(enum gm_region_kind kind, const struct gm_table_config *config,
			 struct gm_metadata *out)
{
	switch (kind) {
	case GM_REGION_COMPOUND:
		return gm_compound_metadata_size(config, 0, out);
	case GM_REGION_FOLIO:
		return gm_folio_metadata_size(config, 0, out);
	default:
		return gm_adhoc_metadata_size(config, 0, out);
	}
}

static int init_one(enum gm_region_kind kind, const struct gm_table_config *config,
		    union tables_any *any, void *buffer, uint64_t bytes)
{
	switch (kind) {
	case GM_REGION_COMPOUND:
		return gm_compound_init(&any->compound, config, buffer, bytes);
	case GM_REGION_FOLIO:
		return gm_folio_init(&any->folio, config, buffer, bytes);
	default:
		return gm_adhoc_init(&any->adhoc, config, buffer, bytes);
	}
}

static int init_region(struct tables *tables, const struct image *image, size_t i)
{
	struct gm_table_config config = {
		.base = gm_paddr(image->ranges[i].pfn << image->page_shift),
		.size = image->ranges[i].nr << image->page_shift,
		.granule_shift = image->page_shift,
		.zeroed = 1,
		.grow = gm_hosted_grow,
		.grow_ctx = &tables->memory,
	};
	struct gm_region region = {
		.base = config.base,
		.size = config.size,
		.table = &tables->any[i].table,
		.kind = tables->kind,
	};
	struct gm_metadata need;
	void *buffer;
	int err;

	err = metadata_size(tables->kind, &config, &need);
	if (err != 0)
		return err;
	buffer = gm_hosted_grow(&tables->memory, (size_t)need.bytes, (size_t)need.align);
	if (buffer == NULL)
		return -GM_ENOMEM;
	err = init_one(tables->kind, &config, &tables->any[i], buffer, need.bytes);
	if (err != 0)
		return err;
	return gm_space_add(&tables->space, &region);
}

/* An upper bound of what all regions may ever ask for: the largest static part
 * is a descriptor a granule, the tree's nodes take a word a granule and a little,
 * and each piece a descriptor. Only what is touched costs memory. */
static uint64_t address_space(const struct image *image, uint64_t nr_pieces)
{
	return image->nr_pages * 64 + nr_pieces * 64 + image->nr_ranges * ((uint64_t)64 << 20);
}

int tables_init(struct tables *tables, enum gm_region_kind kind, const struct image *image,
		uint64_t nr_pieces, struct fail *fail)
{
	size_t i;
	int err;

	*tables = (struct tables){ .kind = kind, .page_shift = image->page_shift };
	tables->regions = calloc(image->nr_ranges, sizeof(*tables->regions));
	tables->any = calloc(image->nr_ranges, sizeof(*tables->any));
	if (tables->regions == NULL || tables->any == NULL)
		return fail_memory(fail);
	err = gm_hosted_reserve(&tables->memory, address_space(image, nr_pieces), 0, 0);
	if (err != 0)
		return fail_set(fail, "no address space for the %s table: %s", tables_name(kind),
				gm_error_text(err));
	gm_space_init(&tables->space, tables->regions, (unsigned)image->nr_ranges);
	for (i = 0; i < image->nr_ranges; i++) {
		err = init_region(tables, image, i);
		if (err != 0)
			return fail_set(fail, "the %s table for RAM at page %" PRIu64 ": %s",
					tables_name(kind), image->ranges[i].pfn,
					gm_error_text(err));
	}
	return 0;
}

void tables_release(struct tables *tables)
{
	gm_hosted_release(&tables->memory);
	free(tables->regions);
	free(tables->any);
}

int tables_verify(const struct tables *tables, uint64_t nr_objects, struct fail *fail)
{
	struct gm_verify found;

	if (gm_verify_space(&tables->space, &found) != 0)
		return fail_set(fail, "the %s table is not sound: %s near 0x%" PRIx64,
				tables_name(tables->kind), found.first, found.where.value);
	if (found.nr_objects != nr_objects)
		return fail_set(fail, "the %s table has %" PRIu64 " objects, not %" PRIu64,
				tables_name(tables->kind), found.nr_objects, nr_objects);
	return 0;
}

static void count_pieces(enum gm_region_kind kind, const struct model *model,
			 struct tables_result *out)
{
	struct tables_piece piece;
	uint64_t nr;
	size_t i;

	for (i = 0; i < model->nr_objects; i++) {
		nr = 1;
		tables_first_piece(kind, &model->objects[i], &piece);
		while (tables_next_piece(kind, &model->objects[i], &piece))
			nr++;
		out->nr_descriptors += nr;
		out->nr_split += nr > 1;
	}
}

static int run(struct tables *tables, const struct image *image, const struct model *model,
	       struct tables_result *out, struct progress *progress, struct fail *fail)
{
	double start = tables_now();

	if (tables_init(tables, tables->kind, image, out->nr_descriptors, fail) != 0 ||
	    tables_fill(tables, model, progress, fail) != 0)
		return -1;
	out->fill_seconds = tables_now() - start;
	gm_space_stats(&tables->space, &out->stats);
	out->resident = gm_hosted_resident(&tables->memory);
	if (tables_verify(tables, out->nr_descriptors, fail) != 0)
		return -1;
	tables_check(tables, image, model, out, progress);
	if (tables_speed(tables, model, &out->lookups_per_second, fail) != 0)
		return -1;
	start = tables_now();
	if (tables_drop(tables, model, progress, fail) != 0)
		return -1;
	out->drop_seconds = tables_now() - start;
	return tables_verify(tables, 0, fail);
}

int tables_run(enum gm_region_kind kind, const struct image *image, const struct model *model,
	       struct tables_result *out, struct progress *progress, struct fail *fail)
{
	struct tables tables = { .kind = kind };
	int err;

	*out = (struct tables_result){ .name = tables_name(kind) };
	count_pieces(kind, model, out);
	err = run(&tables, image, model, out, progress, fail);
	tables_release(&tables);
	return err;
}
