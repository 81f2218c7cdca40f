/* SPDX-License-Identifier: BSD-2-Clause */
/* model_release.h - release_range, and the rests that it leaves of objects. */
#ifndef MODEL_RELEASE_H
#define MODEL_RELEASE_H

#include "model_make.h"

/* The rest [base, end) of what was an object: its pieces become objects. */
static void model_rest(struct model *m, const struct model_object *old, uint64_t base, uint64_t end)
{
	while (base < end) {
		struct gm_desc *desc = m->ops->find(m->table, gm_paddr(base));
		uint64_t size = end - base;
		unsigned id;

		if (!m->ops->any_multiple) {
			size = m->granule;
			while ((base & (2 * size - 1)) == 0 && 2 * size <= end - base)
				size *= 2;
		}
		MODEL_EXPECT(m, desc != NULL);
		id = model_new(m, desc, base, size, old->type, old->owner);
		m->objects[id].flags = old->flags;
		model_compare(m, &m->objects[id]);
		base += size;
	}
}

/* What release_range should answer. -GM_EBUSY and the others may both be right. */
static int model_releasable(const struct model *m, uint64_t base, uint64_t size, int *hole,
			    int *meta, int *cuts)
{
	uint64_t unit = (base - m->base) >> m->unit_shift;
	uint64_t end = unit + (size >> m->unit_shift);
	int busy = 0;

	*hole = *meta = *cuts = 0;
	for (; unit < end; unit++) {
		unsigned id = m->covered[unit];
		const struct model_object *object = &m->objects[id];

		if (id == MODEL_NONE) {
			*hole = 1;
		} else if (id == MODEL_META) {
			*meta = 1;
		} else {
			busy |= object->frozen || object->refs != 1 || object->pins != 0;
			*cuts |= object->base < base || object->base + object->size > base + size;
		}
	}
	return busy;
}

static void model_commit_release(struct model *m, uint64_t base, uint64_t size)
{
	uint64_t at = base;

	while (at < base + size) {
		unsigned id = m->covered[(at - m->base) >> m->unit_shift];
		struct model_object old = m->objects[id];
		uint64_t end = old.base + old.size;

		model_gone(m, &m->objects[id]);
		if (old.base < base)
			model_rest(m, &old, old.base, base);
		if (end > base + size)
			model_rest(m, &old, base + size, end);
		at = end;
	}
}

static void model_release(struct model *m)
{
	uint64_t granule = m->ops->any_multiple && model_random(m, 2) ? 64 : m->granule;
	uint64_t base = m->base + model_random(m, m->size / granule) * granule;
	uint64_t size = (1 + model_random(m, 12)) * granule;
	unsigned id;
	struct model_object *object = model_any(m, &id);
	int busy, hole, meta, cuts, got;

	/* Mostly a range inside or around one object. */
	if (object != NULL && model_random(m, 4) != 0) {
		base = object->base;
		size = object->size;
		if (model_random(m, 2) && size > granule) {
			base += model_random(m, size / granule) * granule;
			size = (1 + model_random(m, (object->base + size - base) / granule)) *
			       granule;
		}
	}
	if (base + size > m->base + m->size)
		size = m->base + m->size - base;
	if (size == 0 || m->nr + 64 > MODEL_OBJECTS)
		return;
	busy = model_releasable(m, base, size, &hole, &meta, &cuts);
	got = m->ops->release_range(m->table, gm_paddr(base), size);
	model_learn_hosted(m);
	if (got == 0) {
		MODEL_EXPECT(m, !busy && !hole && !meta);
		model_commit_release(m, base, size);
	} else {
		MODEL_EXPECT(m, (got == -GM_EBUSY && busy) || (got == -GM_ENOENT && hole) ||
					(got == -GM_ENOTRAM && meta) ||
					(!busy && cuts && model_lacks_metadata(m, got)));
	}
}

#endif
