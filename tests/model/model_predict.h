/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_predict.h - requests for create and claim, and what the naive model says
 * to them before a table is asked: is the request sound, is the memory free, is
 * there a place?
 */
#ifndef MODEL_PREDICT_H
#define MODEL_PREDICT_H

#include "model.h"

static uint64_t model_size(struct model *m)
{
	unsigned kind = (unsigned)model_random(m, 16);

	if (!m->ops->any_multiple)
		return m->granule << (kind < 8 ? 0 : model_random(m, kind < 15 ? 5 : 8));
	if (kind < 6)
		return (1 + model_random(m, m->granule / 64)) * 64;
	if (kind < 12)
		return m->granule;
	if (kind < 14)
		return (1 + model_random(m, 20)) * m->granule;
	return (1 + model_random(m, 8 * (m->granule / 64))) * 64;
}

/* What create is asked for: mostly sound. */
static void model_fill_object(struct model *m, struct gm_object *object)
{
	object->size = model_size(m);
	object->base = gm_paddr(m->base + model_random(m, m->nr_units) * (1ull << m->unit_shift));
	if (!m->ops->any_multiple && model_random(m, 8) != 0)
		object->base.value &= ~(object->size - 1);
	object->type = 1 + (unsigned)model_random(m, GM_TYPE_MAX);
	object->owner = &m->objects[model_random(m, MODEL_OBJECTS)];
	switch (model_random(m, 64)) { /* numbers that are wrong */
	case 0:
		object->type = model_random(m, 2) ? 0 : GM_TYPE_MAX + 1;
		break;
	case 1:
		object->size = model_random(m, 2) ? 0 : model_random(m, ~0ull);
		break;
	case 2:
		object->base.value = model_random(m, ~0ull) << model_random(m, 12);
		break;
	case 3:
		object->base.value += model_random(m, 64);
		break;
	default:
		break;
	}
}

/* What create should answer for a sound range: 0 or the errors that are right. */
static int model_overlap(const struct model *m, uint64_t base, uint64_t size, int *frozen)
{
	uint64_t unit = (base - m->base) >> m->unit_shift;
	uint64_t end = unit + (size >> m->unit_shift);
	int live = 0;

	*frozen = 0;
	for (; unit < end; unit++) {
		unsigned id = m->covered[unit];

		if (id == MODEL_NONE)
			continue;
		if (id != MODEL_META && m->objects[id].frozen)
			*frozen = 1;
		else
			live = 1;
	}
	return live;
}

static int model_unsound(const struct model *m, const struct gm_object *object)
{
	uint64_t base = object->base.value;
	int power = (object->size & (object->size - 1)) == 0;

	if (object->type == 0 || object->type > GM_TYPE_MAX)
		return -GM_EINVAL;
	if (object->size == 0 ||
	    (!m->ops->any_multiple && (!power || object->size < m->granule)))
		return -GM_ESIZE;
	if (base > GM_PADDR_END || object->size > GM_PADDR_END - base)
		return -GM_EOVERFLOW;
	if (base < m->base || base + object->size > m->base + m->size)
		return -GM_ERANGE;
	if (m->ops->any_multiple ? ((base | object->size) & 63) != 0 :
				   (base & (object->size - 1)) != 0)
		return -GM_EALIGN;
	return 0;
}

/* Is there a place for the claim? */
static int model_fits(const struct model *m, const struct gm_claim *claim, uint64_t size,
		      uint64_t align)
{
	uint64_t low = claim->min.value > m->base ? claim->min.value : m->base;
	uint64_t high = m->base + m->size;
	uint64_t base;

	if (claim->max.value != 0 && claim->max.value < high)
		high = claim->max.value;
	for (base = (low + align - 1) & ~(align - 1); base <= high && size <= high - base;
	     base += align) {
		uint64_t unit = (base - m->base) >> m->unit_shift;
		uint64_t end = unit + (size >> m->unit_shift);

		if (claim->accept != NULL && !claim->accept(claim->accept_ctx, gm_paddr(base)))
			continue;
		while (unit < end && m->covered[unit] == MODEL_NONE)
			unit++;
		if (unit == end)
			return 1;
	}
	return 0;
}

static int model_any_frozen(const struct model *m)
{
	unsigned i;

	for (i = 0; i < m->nr; i++)
		if (m->objects[m->used[i]].frozen)
			return 1;
	return 0;
}

static uint64_t model_align(const struct model *m, const struct gm_claim *claim, uint64_t size)
{
	uint64_t align = claim->align;

	if (align == 0)
		align = size < m->granule ? 64 : m->granule;
	return !m->ops->any_multiple && align < size ? size : align;
}

static int model_accept(void *ctx, struct gm_paddr base)
{
	const struct model *m = ctx;

	return ((base.value >> m->setup->granule_shift) & 3) == 1;
}

static void model_fill_claim(struct model *m, struct gm_claim *claim)
{
	memset(claim, 0, sizeof(*claim));
	claim->size = model_size(m);
	claim->type = 1 + (unsigned)model_random(m, GM_TYPE_MAX);
	claim->owner = &m->objects[model_random(m, MODEL_OBJECTS)];
	if (model_random(m, 8) == 0)
		claim->align = m->granule << model_random(m, 7);
	if (model_random(m, 8) == 0)
		claim->min = gm_paddr(m->base + model_random(m, m->size));
	if (model_random(m, 8) == 0)
		claim->max = gm_paddr(m->base + model_random(m, m->size) + 1);
	if (model_random(m, 16) == 0) {
		claim->accept = model_accept;
		claim->accept_ctx = m;
	}
}

#endif
