/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tables_check.c - every page looked up and compared, twice: with the object
 * that was rebuilt, and with the kernel's flags themselves. See tables.h.
 */
#include "tables.h"

#include <inttypes.h>
#include <stdio.h>

#define OFTEN 0xffff

/* Which piece of which object should cover a page; walks up with the pages. */
struct expected {
	enum gm_region_kind kind;
	const struct model_object *object; /* NULL: behind the last */
	const struct model_object *end;
	struct tables_piece piece;
};

static void expect_from(struct expected *expected, const struct model_object *object)
{
	expected->object = object == expected->end ? NULL : object;
	if (expected->object != NULL)
		tables_first_piece(expected->kind, object, &expected->piece);
}

/* Is there one for this page? Pages come in ascending order. */
static int is_expected(struct expected *expected, uint64_t pfn)
{
	while (expected->object != NULL && pfn >= expected->piece.pfn + expected->piece.nr) {
		if (!tables_next_piece(expected->kind, expected->object, &expected->piece))
			expect_from(expected, expected->object + 1);
	}
	return expected->object != NULL && pfn >= expected->piece.pfn;
}

/* The answer against the object that was rebuilt. NULL: it agrees. */
static const char *against_model(const struct tables *tables, const struct expected *expected,
				 const struct gm_desc *desc)
{
	const struct model_object *object = expected->object;

	if (gm_desc_owner(desc) != (const void *)object)
		return "another object";
	if (gm_desc_base(desc) != expected->piece.pfn << tables->page_shift)
		return "another base";
	if (gm_desc_size(desc) != expected->piece.nr << tables->page_shift)
		return "another size";
	if (gm_ref_type(desc) != object->type)
		return "another type";
	if (gm_ref_count(desc) != tables_references(object) + 1)
		return "another count";
	return NULL;
}

/* The answer against the flags of this one page, without what was rebuilt. An
 * object that was split has its whole extent in the owner. */
static const char *against_flags(const struct image_run *run, uint64_t pfn,
				 const struct gm_desc *desc)
{
	const struct model_object *whole = gm_desc_owner(desc);
	unsigned type = (unsigned)kpf_type(run->flags);

	if (type == KPF_TYPE_FREE || type == KPF_TYPE_HOLE)
		return "an object, where the kernel says there is none";
	if (run->flags & KPF_COMPOUND_TAIL)
		return whole->pfn < pfn ? NULL : "a head, where the kernel says tail";
	if (gm_ref_type(desc) != type)
		return "another type than the kernel's flags";
	if ((run->flags & KPF_COMPOUND_HEAD) && whole->pfn != pfn)
		return "a tail, where the kernel says head";
	if (!(run->flags & KPF_COMPOUND_HEAD) && !kpf_is_range(type) && whole->nr != 1)
		return "more than a page, where the kernel says one";
	if (gm_ref_count(desc) - 1 < (run->count < GM_REFS_LIMIT / 2 ? run->count : 1))
		return "fewer references than the kernel's mappings";
	return NULL;
}

/* No object, but the kernel says that the page is something. Torn tails and
 * what was inferred to be free (rebuild.h) have none. */
static const char *nothing_against_flags(const struct image_run *run)
{
	unsigned type = (unsigned)kpf_type(run->flags);

	if (type == KPF_TYPE_FREE || type == KPF_TYPE_HOLE || (run->flags & KPF_COMPOUND_TAIL) ||
	    (run->flags == 0 && run->count == 0))
		return NULL;
	return "no object, where the kernel says there is one";
}

static const char *check_page(const struct tables *tables, struct expected *expected,
			      const struct image_run *run, uint64_t pfn)
{
	/* Somewhere in the page, not always at its start. */
	uint64_t offset = (pfn * 640) & (((uint64_t)1 << tables->page_shift) - 1);
	struct gm_paddr at = gm_paddr((pfn << tables->page_shift) + offset);
	int wanted = is_expected(expected, pfn);
	struct gm_object gone;
	struct gm_desc *desc;
	const char *wrong;
	int err;

	err = gm_space_find_get(&tables->space, at, 0, &desc);
	if (err == -GM_ENOENT)
		return wanted ? "no object, where one was created" : nothing_against_flags(run);
	if (err != 0)
		return gm_error_text(err);
	wrong = wanted ? against_model(tables, expected, desc) : "an object in free memory";
	if (wrong == NULL)
		wrong = against_flags(run, pfn, desc);
	if (gm_ref_put(desc, &gone) != 0)
		wrong = "an object without references";
	return wrong;
}

void tables_check(const struct tables *tables, const struct image *image,
		  const struct model *model, struct tables_result *out,
		  struct progress *progress)
{
	struct expected expected = { .kind = tables->kind };
	const struct image_run *run;
	struct image_cursor cursor;
	uint64_t pfn, i;
	const char *wrong;
	size_t range;

	progress_begin(progress, tables_name(tables->kind), "looking up every page",
		       image->nr_pages);
	expected.end = model->objects + model->nr_objects;
	expect_from(&expected, model->objects);
	image_walk(&cursor, image);
	while ((run = image_next(&cursor, &range, &pfn)) != NULL) {
		for (i = 0; i < run->nr; i++) {
			wrong = check_page(tables, &expected, run, pfn + i);
			if (wrong != NULL && out->nr_wrong++ == 0)
				snprintf(out->first_wrong, sizeof(out->first_wrong),
					 "page %" PRIu64 ": %s", pfn + i, wrong);
			if ((++out->nr_checked & OFTEN) == 0)
				progress_at(progress, out->nr_checked);
		}
	}
	progress_end(progress);
}
