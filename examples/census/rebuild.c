/* SPDX-License-Identifier: BSD-2-Clause */
/* rebuild.c - contracts in rebuild.h. */
#include "rebuild.h"

#include "rebuild_survey.h"

#include <stdlib.h>
#include <string.h>

struct builder {
	struct model *model;
	struct survey survey;
	struct fail *fail;
	struct model_object open; /* a compound page or a stretch that may go on; nr 0: none */
	int open_is_compound;
	uint64_t free_pfn; /* free memory that may go on */
	uint64_t free_nr;
};

static unsigned log2_of(uint64_t value)
{
	unsigned log2 = 0;

	while (value >>= 1)
		log2++;
	return log2;
}

static void count_in(struct model_sum *sum, uint64_t pages, uint64_t nr)
{
	sum->nr_objects += nr;
	sum->nr_pages += pages * nr;
	sum->by_order[log2_of(pages)] += nr;
}

static int add_object(struct builder *builder, const struct model_object *object)
{
	struct model *model = builder->model;
	size_t nr = model->nr_objects;
	struct model_object *grown;

	if ((nr & (nr - 1)) == 0) {
		if (nr > SIZE_MAX / 2 / sizeof(*grown))
			return fail_memory(builder->fail);
		grown = realloc(model->objects, (nr == 0 ? 1 : 2 * nr) * sizeof(*grown));
		if (grown == NULL)
			return fail_memory(builder->fail);
		model->objects = grown;
	}
	model->objects[model->nr_objects++] = *object;
	count_in(&model->sums[object->type], object->nr, 1);
	count_in(&model->all, object->nr, 1);
	model->nr_mapped += object->count > 1;
	return 0;
}

static int close_object(struct builder *builder)
{
	struct model_object object = builder->open;

	if (object.nr == 0)
		return 0;
	builder->open.nr = 0;
	if (builder->open_is_compound) {
		if (object.nr == 1)
			builder->model->heads_without_tail++;
		else if ((object.nr & (object.nr - 1)) != 0 || (object.pfn & (object.nr - 1)) != 0)
			builder->model->odd_compounds++;
	}
	return add_object(builder, &object);
}

/* Free memory falls into blocks as the buddy allocator keeps it: the largest
 * that are aligned to their size. */
static void close_free(struct builder *builder)
{
	uint64_t pfn = builder->free_pfn, left = builder->free_nr;
	unsigned order;

	while (left != 0) {
		order = log2_of(left) < MODEL_FREE_ORDER ? log2_of(left) : MODEL_FREE_ORDER;
		while (pfn & (((uint64_t)1 << order) - 1))
			order--;
		count_in(&builder->model->sums[KPF_TYPE_FREE], (uint64_t)1 << order, 1);
		pfn += (uint64_t)1 << order;
		left -= (uint64_t)1 << order;
	}
	builder->free_nr = 0;
}

static void add_free(struct builder *builder, uint64_t pfn, uint64_t nr)
{
	if (builder->free_nr != 0 && builder->free_pfn + builder->free_nr != pfn)
		close_free(builder);
	if (builder->free_nr == 0)
		builder->free_pfn = pfn;
	builder->free_nr += nr;
}

static int add_singles(struct builder *builder, uint64_t pfn, const struct image_run *run,
		       uint64_t nr)
{
	struct model_object object = {
		.nr = 1, .count = run->count, .type = (unsigned)kpf_type(run->flags)
	};
	uint64_t i;

	for (i = 0; i < nr; i++) {
		object.pfn = pfn + i;
		if (add_object(builder, &object) != 0)
			return -1;
	}
	return 0;
}

/* The free pages at the start of a blank run that belong to the free block
 * whose head is the page before, where only heads are marked. */
static uint64_t behind_head(const struct builder *builder, uint64_t pfn, uint64_t nr)
{
	uint64_t head = pfn - 1;
	unsigned order = MODEL_FREE_ORDER;

	if (!builder->survey.heads_only || builder->free_nr == 0 ||
	    builder->free_pfn + builder->free_nr != pfn)
		return 0;
	while (((head & (((uint64_t)1 << order) - 1)) != 0) || ((uint64_t)1 << order) > nr + 1)
		order--;
	return ((uint64_t)1 << order) - 1;
}

static int add_blank(struct builder *builder, uint64_t pfn, const struct image_run *run)
{
	uint64_t nr = run->nr, blocks = 0, first = 0, taken;

	taken = behind_head(builder, pfn, nr);
	if (taken != 0)
		add_free(builder, pfn, taken);
	pfn += taken;
	nr -= taken;
	if (builder->survey.untouched_free)
		blocks = survey_blocks(pfn, nr, &first);
	if (blocks == 0)
		return add_singles(builder, pfn, run, nr);
	builder->model->untouched_pages += blocks;
	if (add_singles(builder, pfn, run, first - pfn) != 0)
		return -1;
	return add_singles(builder, first + blocks, run, pfn + nr - first - blocks);
}

/* A run of heads: each but the last has no tails. */
static int add_heads(struct builder *builder, uint64_t pfn, const struct image_run *run)
{
	uint64_t i;

	for (i = 0; i < run->nr; i++) {
		if (close_object(builder) != 0)
			return -1;
		builder->open_is_compound = 1;
		builder->open = (struct model_object){ .pfn = pfn + i,
						       .nr = 1,
						       .count = run->count,
						       .type = (unsigned)kpf_type(run->flags) };
	}
	return 0;
}

static void add_tails(struct builder *builder, const struct image_run *run)
{
	if (builder->open.nr == 0 || !builder->open_is_compound) {
		builder->model->tails_without_head += run->nr;
		return;
	}
	builder->open.nr += run->nr;
	if (run->count > builder->open.count)
		builder->open.count = run->count;
}

static int add_stretch(struct builder *builder, uint64_t pfn, const struct image_run *run,
		       unsigned type)
{
	if (builder->open.nr != 0 && !builder->open_is_compound && builder->open.type == type) {
		builder->open.nr += run->nr;
		if (run->count > builder->open.count)
			builder->open.count = run->count;
		return 0;
	}
	if (close_object(builder) != 0)
		return -1;
	builder->open_is_compound = 0;
	builder->open = (struct model_object){
		.pfn = pfn, .nr = run->nr, .count = run->count, .type = type
	};
	return 0;
}

static int add_run(struct builder *builder, uint64_t pfn, const struct image_run *run)
{
	unsigned type = (unsigned)kpf_type(run->flags);

	if (type == KPF_TYPE_FREE || type == KPF_TYPE_HOLE) {
		if (type == KPF_TYPE_FREE)
			add_free(builder, pfn, run->nr);
		else
			builder->model->hole_pages += run->nr;
		return close_object(builder);
	}
	if (run->flags & KPF_COMPOUND_TAIL) {
		/* A tail of nothing that is open ends whatever is. */
		if (!builder->open_is_compound && close_object(builder) != 0)
			return -1;
		add_tails(builder, run);
		return 0;
	}
	if (run->flags & KPF_COMPOUND_HEAD)
		return add_heads(builder, pfn, run);
	if (kpf_is_range(type))
		return add_stretch(builder, pfn, run, type);
	if (close_object(builder) != 0)
		return -1;
	if (run->flags == 0 && run->count == 0)
		return add_blank(builder, pfn, run);
	return add_singles(builder, pfn, run, run->nr);
}

static int build(struct builder *builder, const struct image *image)
{
	const struct image_run *run;
	struct image_cursor cursor;
	size_t range, at = 0;
	uint64_t pfn;

	image_walk(&cursor, image);
	while ((run = image_next(&cursor, &range, &pfn)) != NULL) {
		if (range != at) {
			if (close_object(builder) != 0)
				return -1;
			at = range;
			builder->model->first[at] = builder->model->nr_objects;
		}
		if (add_run(builder, pfn, run) != 0)
			return -1;
	}
	if (close_object(builder) != 0)
		return -1;
	close_free(builder);
	builder->model->first[image->nr_ranges] = builder->model->nr_objects;
	return 0;
}

int rebuild(const struct image *image, struct model *out, struct fail *fail)
{
	struct builder builder = { .model = out, .fail = fail };

	memset(out, 0, sizeof(*out));
	survey(image, &builder.survey);
	out->heads_only = builder.survey.heads_only;
	out->first = calloc(image->nr_ranges + 1, sizeof(*out->first));
	if (out->first == NULL)
		return fail_memory(fail);
	if (build(&builder, image) != 0) {
		model_free(out);
		return -1;
	}
	return 0;
}

void model_free(struct model *model)
{
	free(model->objects);
	free(model->first);
	memset(model, 0, sizeof(*model));
}
