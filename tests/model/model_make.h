/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_make.h - create, claim and claim_each: may the table answer what it
 * answers, and is what it made as it was asked for?
 */
#ifndef MODEL_MAKE_H
#define MODEL_MAKE_H

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

static int model_may_lack_metadata(const struct model *m)
{
	return m->setup->hosted || m->setup->grow ||
	       m->setup->max_objects < m->nr_units;
}

static void model_create(struct model *m)
{
	struct gm_object object;
	struct gm_desc *desc = NULL;
	int want, got, live, frozen = 0;

	object.size = model_size(m);
	object.base = gm_paddr(m->base + model_random(m, m->nr_units) * (1ull << m->unit_shift));
	if (!m->ops->any_multiple && model_random(m, 8) != 0)
		object.base.value &= ~(object.size - 1);
	object.type = 1 + (unsigned)model_random(m, GM_TYPE_MAX);
	object.owner = &m->objects[model_random(m, MODEL_OBJECTS)];
	switch (model_random(m, 64)) { /* numbers that are wrong */
	case 0:
		object.type = model_random(m, 2) ? 0 : GM_TYPE_MAX + 1;
		break;
	case 1:
		object.size = model_random(m, 2) ? 0 : model_random(m, ~0ull);
		break;
	case 2:
		object.base.value = model_random(m, ~0ull) << model_random(m, 12);
		break;
	case 3:
		object.base.value += model_random(m, 64);
		break;
	default:
		break;
	}
	got = m->ops->create(m->table, &object, &desc);
	m->answers[0][got == 0 ? 0 : -got]++;
	model_learn_hosted(m);
	want = model_unsound(m, &object);
	if (want != 0) {
		MODEL_EXPECT(m, got == want);
		return;
	}
	live = model_overlap(m, object.base.value, object.size, &frozen);
	if (got == 0) {
		MODEL_EXPECT(m, !live && !frozen);
		model_compare(m, &m->objects[model_new(m, desc, object.base.value, object.size,
						       object.type, object.owner)]);
	} else {
		MODEL_EXPECT(m, (got == -GM_EEXIST && live) || (got == -GM_EBUSY && frozen) ||
					(got == -GM_ENOMEM && !live && !frozen &&
					 model_may_lack_metadata(m)));
	}
}

static int model_accept(void *ctx, struct gm_paddr base)
{
	const struct model *m = ctx;

	return ((base.value >> m->setup->granule_shift) & 3) == 1;
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

/* The answer of a claim that did not find memory. */
static void model_check_refusal(struct model *m, const struct gm_claim *claim, uint64_t size,
				uint64_t align, int got)
{
	uint64_t low = claim->min.value > m->base ? claim->min.value : m->base;
	uint64_t high = m->base + m->size;
	int fits;

	if (claim->max.value != 0 && claim->max.value < high)
		high = claim->max.value;
	if (got == -GM_ERANGE) {
		MODEL_EXPECT(m, low >= high || size > high - low);
		return;
	}
	fits = model_fits(m, claim, size, align);
	MODEL_EXPECT(m, (got == -GM_ENOMEM && (!fits || model_may_lack_metadata(m))) ||
				(got == -GM_EBUSY && !fits && model_any_frozen(m)));
}

static uint64_t model_align(const struct model *m, const struct gm_claim *claim, uint64_t size)
{
	uint64_t align = claim->align;

	if (align == 0)
		align = size < m->granule ? 64 : m->granule;
	return !m->ops->any_multiple && align < size ? size : align;
}

static void model_check_claimed(struct model *m, const struct gm_claim *claim, uint64_t size,
				uint64_t align, struct gm_desc *desc)
{
	uint64_t base = gm_desc_base(desc);

	MODEL_EXPECT(m, gm_desc_size(desc) == size);
	MODEL_EXPECT(m, (base & (align - 1)) == 0);
	MODEL_EXPECT(m, base >= m->base && base + size <= m->base + m->size);
	MODEL_EXPECT(m, base >= claim->min.value);
	MODEL_EXPECT(m, claim->max.value == 0 || base + size <= claim->max.value);
	model_compare(m, &m->objects[model_new(m, desc, base, size, claim->type, claim->owner)]);
}

static void model_claim(struct model *m)
{
	struct gm_claim claim;
	struct gm_desc *desc = NULL;
	uint64_t align;
	int got;

	model_fill_claim(m, &claim);
	align = model_align(m, &claim, claim.size);
	got = m->ops->claim(m->table, &claim, &desc);
	m->answers[1][got == 0 ? 0 : -got]++;
	model_learn_hosted(m);
	if (got != 0) {
		model_check_refusal(m, &claim, claim.size, align, got);
		return;
	}
	if (claim.accept != NULL)
		MODEL_EXPECT(m, claim.accept(claim.accept_ctx, gm_paddr(gm_desc_base(desc))));
	model_check_claimed(m, &claim, claim.size, align, desc);
}

static void model_claim_each(struct model *m)
{
	struct gm_desc *descs[40] = { NULL };
	size_t nr = 1 + model_random(m, 40);
	struct gm_claim claim;
	uint64_t align, size = nr * m->granule;
	size_t i;
	int got;

	if (m->nr + nr > MODEL_OBJECTS)
		return;
	model_fill_claim(m, &claim);
	if (claim.align != 0 && claim.align < m->granule)
		claim.align = 0;
	align = claim.align != 0 ? claim.align : m->granule;
	got = m->ops->claim_each(m->table, &claim, nr, descs);
	model_learn_hosted(m);
	if (got != 0) {
		model_check_refusal(m, &claim, size, align, got);
		return;
	}
	MODEL_EXPECT(m, (gm_desc_base(descs[0]) & (align - 1)) == 0);
	for (i = 0; i < nr; i++) {
		MODEL_EXPECT(m, gm_desc_base(descs[i]) == gm_desc_base(descs[0]) + i * m->granule);
		model_check_claimed(m, &claim, m->granule, m->granule, descs[i]);
	}
}

#endif
