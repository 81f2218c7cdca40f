/* SPDX-License-Identifier: BSD-2-Clause */
/* model_check.h - what the table tells of itself, beside the model: of one object
 * and, at rest, of everything. */
#ifndef MODEL_CHECK_H
#define MODEL_CHECK_H

#include "model.h"

/* The fields of an object as the table tells them, under the model's reference. */
static void model_compare(struct model *m, const struct model_object *object)
{
	const struct gm_desc *desc = object->desc;

	MODEL_EXPECT(m, gm_desc_base(desc) == object->base);
	MODEL_EXPECT(m, gm_desc_size(desc) == object->size);
	MODEL_EXPECT(m, gm_desc_owner(desc) == object->owner);
	MODEL_EXPECT(m, gm_desc_flags(desc) == object->flags);
	MODEL_EXPECT(m, gm_ref_type(desc) == object->type);
	MODEL_EXPECT(m, object->frozen || gm_ref_count(desc) == object->refs);
	MODEL_EXPECT(m, gm_ref_pins(desc) == object->pins);
}

struct model_visit {
	struct model *m;
	unsigned nr;
	uint64_t last;
};

static int model_visit(void *ctx, struct gm_desc *desc)
{
	struct model_visit *visit = ctx;
	struct model *m = visit->m;
	uint64_t base = gm_desc_base(desc);
	unsigned id = m->covered[(base - m->base) >> m->unit_shift];

	MODEL_EXPECT(m, id < MODEL_META && m->objects[id].desc == desc && !m->objects[id].frozen);
	MODEL_EXPECT(m, gm_ref_count(desc) == m->objects[id].refs + 1);
	visit->nr++;
	return 0;
}

static void model_check_all(struct model *m)
{
	struct model_visit visit = { m, 0, 0 };
	struct gm_verify verify;
	struct gm_stats stats;
	uint64_t references = 0, covered = 0;
	unsigned i, live = 0;

	for (i = 0; i < m->nr; i++) {
		const struct model_object *object = &m->objects[m->used[i]];

		model_compare(m, object);
		covered += object->size;
		if (object->frozen)
			continue;
		live++;
		references += object->refs;
	}
	if (m->ops->verify(m->table, &verify) != 0)
		model_die(m, __FILE__, __LINE__, verify.first);
	MODEL_EXPECT(m, verify.nr_errors == 0 && verify.nr_saturated == 0);
	MODEL_EXPECT(m, verify.nr_objects == m->nr);
	MODEL_EXPECT(m, verify.nr_references == references);
	MODEL_EXPECT(m, verify.covered_bytes == covered);
	m->ops->stats(m->table, &stats);
	MODEL_EXPECT(m, stats.nr_objects == m->nr);
	MODEL_EXPECT(m, stats.region_bytes == m->size);
	MODEL_EXPECT(m, stats.free_bytes == m->free_units << m->unit_shift);
	MODEL_EXPECT(m, stats.free_bytes + covered + stats.hosted_bytes == m->size);
	MODEL_EXPECT(m, m->ops->for_each(m->table, model_visit, &visit) == 0);
	MODEL_EXPECT(m, visit.nr == live);
	MODEL_EXPECT(m, m->ops->reap(m->table, NULL, NULL) == 0);
}

#endif
