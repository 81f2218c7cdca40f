/* SPDX-License-Identifier: BSD-2-Clause */
/* model_hold.h - lookups, references, pins, flags and freezing. */
#ifndef MODEL_HOLD_H
#define MODEL_HOLD_H

#include "model_check.h"

static void model_find(struct model *m)
{
	uint64_t at = m->base + model_random(m, m->size);
	unsigned type = model_random(m, 3) ? 0 : 1 + (unsigned)model_random(m, GM_TYPE_MAX);
	unsigned id = m->covered[(at - m->base) >> m->unit_shift];
	struct model_object *object = &m->objects[id];
	struct gm_desc *desc = NULL;
	int got = m->ops->find_get(m->table, gm_paddr(at), type, &desc);

	if (id == MODEL_NONE || id == MODEL_META) {
		MODEL_EXPECT(m, got == (id == MODEL_NONE ? -GM_ENOENT : -GM_ENOTRAM));
		MODEL_EXPECT(m, m->ops->find(m->table, gm_paddr(at)) == NULL);
		return;
	}
	MODEL_EXPECT(m, m->ops->find(m->table, gm_paddr(at)) == object->desc);
	if (object->frozen) {
		MODEL_EXPECT(m, got == -GM_EBUSY);
	} else if (type != 0 && type != object->type) {
		MODEL_EXPECT(m, got == -GM_ETYPE);
	} else {
		MODEL_EXPECT(m, got == 0 && desc == object->desc);
		object->refs++;
		model_compare(m, object);
	}
}

static void model_find_outside(struct model *m)
{
	uint64_t at = model_random(m, 2) ? m->base + m->size + model_random(m, ~0ull - m->base) :
					   model_random(m, m->base + 1) - 1;
	struct gm_desc *desc;

	if (at - m->base < m->size)
		return;
	MODEL_EXPECT(m, m->ops->find_get(m->table, gm_paddr(at), 0, &desc) == -GM_ERANGE);
	MODEL_EXPECT(m, m->ops->find(m->table, gm_paddr(at)) == NULL);
}

static void model_put(struct model *m, struct model_object *object)
{
	struct gm_object gone;

	if (object == NULL || object->frozen)
		return;
	model_compare(m, object);
	if (object->pins != 0) {
		object->pins--;
		if (gm_ref_unpin(object->desc, &gone)) {
			MODEL_EXPECT(m, object->refs == 1);
			MODEL_EXPECT(m, gone.base.value == object->base &&
						gone.size == object->size &&
						gone.type == object->type &&
						gone.owner == object->owner);
			m->ops->remove(m->table, object->desc);
			model_gone(m, object);
			return;
		}
		MODEL_EXPECT(m, object->refs > 1);
	} else if (m->ops->put(m->table, object->desc)) {
		MODEL_EXPECT(m, object->refs == 1);
		model_gone(m, object);
		return;
	} else {
		MODEL_EXPECT(m, object->refs > 1);
	}
	object->refs--;
}

/* All references of an object. */
static void model_drop(struct model *m, struct model_object *object)
{
	if (object == NULL)
		return;
	if (object->frozen)
		gm_ref_thaw(object->desc, object->refs);
	object->frozen = 0;
	while (object->desc != NULL)
		model_put(m, object);
}

static void model_hold(struct model *m)
{
	unsigned id;
	struct model_object *object = model_any(m, &id);
	unsigned number = (unsigned)model_random(m, GM_FLAGS_NR);
	gm_word flag = GM_FLAG(number);

	if (object == NULL || object->frozen)
		return;
	switch (model_random(m, 4)) {
	case 0:
		gm_ref_get(object->desc);
		object->refs++;
		break;
	case 1:
		MODEL_EXPECT(m, gm_ref_try_pin(object->desc) == 0);
		object->refs++;
		object->pins++;
		break;
	case 2:
		gm_desc_set_flags(object->desc, flag);
		object->flags |= flag;
		break;
	default:
		gm_desc_clear_flags(object->desc, flag);
		object->flags &= ~flag;
		break;
	}
	model_compare(m, object);
}

static void model_freeze(struct model *m)
{
	unsigned id;
	struct model_object *object = model_any(m, &id);

	if (object == NULL)
		return;
	if (object->frozen) {
		gm_ref_thaw(object->desc, object->refs);
		object->frozen = 0;
	} else {
		int want = object->pins != 0 ? -GM_EBUSY : 0;

		MODEL_EXPECT(m, gm_ref_freeze(object->desc, object->refs) == want);
		object->frozen = want == 0;
	}
}

#endif
