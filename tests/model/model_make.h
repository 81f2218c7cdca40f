/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_make.h - create, claim and claim_each: may the table answer what it
 * answers, and is what it made as it was asked for?
 */
#ifndef MODEL_MAKE_H
#define MODEL_MAKE_H

#include "model_check.h"
#include "model_predict.h"

static struct gm_table *model_base(const struct model *m)
{
	return (struct gm_table *)m->table;
}

/* A table that keeps metadata in its region takes memory the model calls free. */
static void model_learn_hosted(struct model *m)
{
	gm_word now = model_base(m)->hosted_bytes;
	struct gm_desc *desc;
	uint64_t unit;

	if (now == m->hosted)
		return;
	m->hosted = now;
	for (unit = 0; unit < m->nr_units; unit++) {
		struct gm_paddr at = gm_paddr(m->base + (unit << m->unit_shift));

		/* Not what was made just now, which the model has not entered yet. */
		if (m->covered[unit] != MODEL_NONE || m->ops->find(m->table, at) != NULL ||
		    m->ops->find_get(m->table, at, 0, &desc) != -GM_ENOTRAM)
			continue;
		m->covered[unit] = MODEL_META;
		m->free_units--;
	}
}

static int model_may_lack_metadata(const struct model *m)
{
	return m->setup->hosted || m->setup->grow ||
	       m->setup->max_objects < m->nr_units;
}

/* 1 if err can say that: -GM_EBUSY where a table that looked in its own region for
 * metadata found only what is frozen. */
static int model_lacks_metadata(const struct model *m, int err)
{
	return (err == -GM_ENOMEM && model_may_lack_metadata(m)) ||
	       (err == -GM_EBUSY && m->setup->hosted && model_any_frozen(m));
}

static void model_create(struct model *m)
{
	struct gm_object object;
	struct gm_desc *desc = NULL;
	int want, got, live, frozen = 0;

	model_fill_object(m, &object);
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
					(!live && !frozen && model_lacks_metadata(m, got)));
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
	MODEL_EXPECT(m, (!fits && (got == -GM_ENOMEM ||
				   (got == -GM_EBUSY && model_any_frozen(m)))) ||
				model_lacks_metadata(m, got));
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
