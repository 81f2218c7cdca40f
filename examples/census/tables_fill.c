/* SPDX-License-Identifier: BSD-2-Clause */
/* tables_fill.c - every object into the tables and out again; see tables.h. */
#include "tables.h"

#include <inttypes.h>

/* Far from where a get would be refused. */
#define REFERENCES_MAX (GM_REFS_LIMIT / 2)
#define OFTEN 0xffff

static uint64_t power_below(uint64_t value)
{
	return (uint64_t)1 << gm_granule_log2(value);
}

/* The largest power of two that pfn is a multiple of and that fits into nr. */
static uint64_t aligned_part(uint64_t pfn, uint64_t nr)
{
	uint64_t part = power_below(nr);

	while (pfn & (part - 1))
		part >>= 1;
	return part;
}

void tables_first_piece(enum gm_region_kind kind, const struct model_object *object,
			struct tables_piece *out)
{
	out->pfn = object->pfn;
	out->nr = kind == GM_REGION_ADHOC ? object->nr : aligned_part(object->pfn, object->nr);
}

int tables_next_piece(enum gm_region_kind kind, const struct model_object *object,
		      struct tables_piece *piece)
{
	uint64_t end = object->pfn + object->nr;

	piece->pfn += piece->nr;
	if (kind == GM_REGION_ADHOC || piece->pfn == end)
		return 0;
	piece->nr = aligned_part(piece->pfn, end - piece->pfn);
	return 1;
}

gm_word tables_references(const struct model_object *object)
{
	return object->count < REFERENCES_MAX ? 1 + (gm_word)object->count : REFERENCES_MAX;
}

static int create(struct tables *tables, const struct model_object *object,
		  const struct tables_piece *piece, struct fail *fail)
{
	struct gm_object wanted = {
		.base = gm_paddr(piece->pfn << tables->page_shift),
		.size = piece->nr << tables->page_shift,
		.type = object->type,
		.owner = (void *)(uintptr_t)object,
	};
	gm_word references = tables_references(object);
	struct gm_desc *desc;
	int err;

	err = gm_space_create(&tables->space, &wanted, &desc);
	if (err == 0 && references > 1)
		err = gm_ref_add(desc, references - 1);
	if (err != 0)
		return fail_set(fail,
				"%s object of %" PRIu64 " pages at page %" PRIu64
				" cannot be created: %s",
				kpf_type_name(object->type), piece->nr, piece->pfn,
				gm_error_text(err));
	return 0;
}

int tables_fill(struct tables *tables, const struct model *model, struct progress *progress,
		struct fail *fail)
{
	const struct model_object *object;
	struct tables_piece piece;
	int err = 0;
	size_t i;

	progress_begin(progress, tables_name(tables->kind), "creating objects", model->nr_objects);
	for (i = 0; err == 0 && i < model->nr_objects; i++) {
		object = &model->objects[i];
		tables_first_piece(tables->kind, object, &piece);
		do {
			err = create(tables, object, &piece, fail);
		} while (err == 0 && tables_next_piece(tables->kind, object, &piece));
		if ((i & OFTEN) == 0)
			progress_at(progress, i);
	}
	progress_end(progress);
	return err;
}

/* Its mappings' references first, then the creator's, which must be the last. */
static int drop(struct tables *tables, const struct model_object *object,
		const struct tables_piece *piece, struct fail *fail)
{
	gm_word references = tables_references(object);
	struct gm_paddr at = gm_paddr(piece->pfn << tables->page_shift);
	struct gm_object gone;
	struct gm_desc *desc;
	int err, last = 0;

	/* The lookup's own is one more. */
	err = gm_space_find_get(&tables->space, at, object->type, &desc);
	if (err != 0)
		return fail_set(fail, "page %" PRIu64 " cannot be looked up to drop it: %s",
				piece->pfn, gm_error_text(err));
	last = gm_ref_put_many(desc, references, &gone);
	if (last != 0 || gm_space_put(&tables->space, desc) != 1)
		return fail_set(fail, "the object at page %" PRIu64 " has a wrong count",
				piece->pfn);
	return 0;
}

int tables_drop(struct tables *tables, const struct model *model, struct progress *progress,
		struct fail *fail)
{
	const struct model_object *object;
	struct tables_piece piece;
	struct gm_stats stats;
	int err = 0;
	size_t i;

	progress_begin(progress, tables_name(tables->kind), "dropping objects", model->nr_objects);
	for (i = 0; err == 0 && i < model->nr_objects; i++) {
		object = &model->objects[i];
		tables_first_piece(tables->kind, object, &piece);
		do {
			err = drop(tables, object, &piece, fail);
		} while (err == 0 && tables_next_piece(tables->kind, object, &piece));
		if ((i & OFTEN) == 0)
			progress_at(progress, i);
	}
	progress_end(progress);
	if (err != 0)
		return err;
	gm_space_stats(&tables->space, &stats);
	if (stats.free_bytes != stats.region_bytes)
		return fail_set(fail,
				"%" PRIu64 " of %" PRIu64 " bytes are free after the last drop",
				stats.free_bytes, stats.region_bytes);
	return 0;
}
