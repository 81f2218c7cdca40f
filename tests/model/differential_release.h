/* SPDX-License-Identifier: BSD-2-Clause */
/* differential_release.h - lookups, references, freezing and giving back, on three tables. */
#ifndef DIFFERENTIAL_RELEASE_H
#define DIFFERENTIAL_RELEASE_H

#include "differential.h"

static struct gm_desc *differ_desc(const struct differential *d, unsigned i,
				   const struct model_object *object)
{
	return d->descs[i][object - d->reference.objects];
}

static void differ_find(struct differential *d)
{
	struct model *m = &d->reference;
	uint64_t at = m->base + model_random(m, m->size);
	unsigned type = model_random(m, 3) ? 0 : 1 + (unsigned)model_random(m, GM_TYPE_MAX);
	struct model_object *object = NULL;
	int got[NR_TABLES];
	int want = 0;
	unsigned i;

	if (model_random(m, 16) == 0)
		at = model_random(m, ~0ull);
	if (at - m->base >= m->size)
		want = -GM_ERANGE;
	else if (m->covered[(at - m->base) >> m->unit_shift] == MODEL_NONE)
		want = -GM_ENOENT;
	else
		object = &m->objects[m->covered[(at - m->base) >> m->unit_shift]];
	if (object != NULL && object->frozen)
		want = -GM_EBUSY;
	else if (object != NULL && type != 0 && type != object->type)
		want = -GM_ETYPE;
	for (i = 0; i < NR_TABLES; i++) {
		struct gm_desc *desc = NULL;
		const struct model *table = &d->tables[i];

		got[i] = table->ops->find_get(table->table, gm_paddr(at), type, &desc);
		MODEL_EXPECT(m, got[i] != 0 || object == NULL || desc == differ_desc(d, i, object));
		desc = table->ops->find(table->table, gm_paddr(at));
		MODEL_EXPECT(m, desc == (object != NULL ? differ_desc(d, i, object) : NULL));
	}
	differ_compare(d, "find_get", got, want, want);
	if (want == 0) {
		object->refs++;
		differ_compare_object(d, object);
	}
}

static void differ_hold(struct differential *d)
{
	struct model *m = &d->reference;
	unsigned id;
	struct model_object *object = model_any(m, &id);
	unsigned what = (unsigned)model_random(m, 4);
	unsigned number = (unsigned)model_random(m, GM_FLAGS_NR);
	gm_word flag = GM_FLAG(number);
	int got[NR_TABLES] = { 0 };
	int want = what >= 2 && (object != NULL && (object->flags & flag) != 0);
	unsigned i;

	if (object == NULL || object->frozen)
		return;
	for (i = 0; i < NR_TABLES; i++) {
		struct gm_desc *desc = differ_desc(d, i, object);

		if (what == 0)
			got[i] = gm_ref_get_checked(desc);
		else if (what == 1)
			got[i] = gm_ref_try_pin(desc);
		else if (what == 2)
			got[i] = gm_desc_set_flags(desc, flag) != 0;
		else
			got[i] = gm_desc_clear_flags(desc, flag) != 0;
	}
	differ_compare(d, "hold", got, want, want);
	object->refs += what <= 1;
	object->pins += what == 1;
	object->flags |= what == 2 ? flag : 0;
	object->flags &= what == 3 ? ~flag : ~(gm_word)0;
	differ_compare_object(d, object);
}

static void differ_thaw(struct differential *d, struct model_object *object)
{
	unsigned i;

	for (i = 0; i < NR_TABLES; i++)
		gm_ref_thaw(differ_desc(d, i, object), object->refs);
	object->frozen = 0;
}

static void differ_freeze(struct differential *d)
{
	unsigned id;
	struct model_object *object = model_any(&d->reference, &id);
	int got[NR_TABLES];
	int want;
	unsigned i;

	if (object == NULL)
		return;
	if (object->frozen) {
		differ_thaw(d, object);
		return;
	}
	want = object->pins != 0 ? -GM_EBUSY : 0;
	for (i = 0; i < NR_TABLES; i++)
		got[i] = gm_ref_freeze(differ_desc(d, i, object), object->refs);
	differ_compare(d, "freeze", got, want, want);
	object->frozen = want == 0;
}

/* One reference, or a pin if there is one. */
static void differ_put(struct differential *d, struct model_object *object)
{
	struct model *m = &d->reference;
	int got[NR_TABLES];
	int last;
	unsigned i;

	if (object == NULL || object->frozen)
		return;
	differ_compare_object(d, object);
	last = object->refs == 1;
	for (i = 0; i < NR_TABLES; i++) {
		const struct model *table = &d->tables[i];
		struct gm_desc *desc = differ_desc(d, i, object);
		struct gm_object gone;

		if (object->pins == 0) {
			got[i] = table->ops->put(table->table, desc);
			continue;
		}
		got[i] = gm_ref_unpin(desc, &gone);
		if (got[i] == 0)
			continue;
		MODEL_EXPECT(m, gone.base.value == object->base && gone.size == object->size &&
					gone.type == object->type && gone.owner == object->owner);
		table->ops->remove(table->table, desc);
	}
	differ_compare(d, "put", got, last, last);
	object->pins -= object->pins != 0;
	object->refs--;
	if (last)
		model_gone(m, object);
}

/* All references of an object. */
static void differ_drop(struct differential *d, struct model_object *object)
{
	if (object == NULL)
		return;
	if (object->frozen)
		differ_thaw(d, object);
	while (object->desc != NULL)
		differ_put(d, object);
}

/* What a cut leaves of an object becomes one of its own. */
static void differ_rest(struct differential *d, const struct model_object *old, uint64_t base,
			uint64_t end)
{
	struct gm_desc *descs[NR_TABLES];
	struct model_object *object;
	unsigned i;

	if (base >= end)
		return;
	for (i = 0; i < NR_TABLES; i++) {
		descs[i] = d->tables[i].ops->find(d->tables[i].table, gm_paddr(base));
		MODEL_EXPECT(&d->reference, descs[i] != NULL);
	}
	object = differ_enter(d, base, end - base, old->type, old->owner, descs);
	object->flags = old->flags;
	differ_compare_object(d, object);
}

static void differ_commit_release(struct differential *d, uint64_t base, uint64_t end)
{
	struct model *m = &d->reference;
	uint64_t at = base;

	while (at < end) {
		struct model_object old = m->objects[m->covered[(at - m->base) >> m->unit_shift]];

		model_gone(m, &m->objects[m->covered[(at - m->base) >> m->unit_shift]]);
		at = old.base + old.size;
		differ_rest(d, &old, old.base, base);
		differ_rest(d, &old, end, at);
	}
}

/* Is a rest of that many bytes one object in every table? */
static int differ_one_piece(uint64_t bytes)
{
	return (bytes & (bytes - 1)) == 0;
}

/* What release_range answers: what is met first, in ascending order. 1: not what
 * all tables can express. */
static int differ_releasable(const struct model *m, uint64_t base, uint64_t end)
{
	uint64_t at = base;
	int want = 0;

	while (at < end) {
		unsigned id = m->covered[(at - m->base) >> m->unit_shift];
		const struct model_object *object = &m->objects[id];

		if (id == MODEL_NONE) {
			want = want != 0 ? want : -GM_ENOENT;
			at += m->granule;
			continue;
		}
		at = object->base + object->size;
		if ((object->base < base && !differ_one_piece(base - object->base)) ||
		    (at > end && !differ_one_piece(at - end)))
			return 1;
		if (want == 0 && (object->frozen || object->refs != 1 || object->pins != 0))
			want = -GM_EBUSY;
	}
	return want;
}

static void differ_release(struct differential *d)
{
	struct model *m = &d->reference;
	unsigned id;
	const struct model_object *object = model_any(m, &id);
	uint64_t first = model_random(m, m->nr_units);
	uint64_t nr = 1 + model_random(m, 12);
	uint64_t base, end;
	int got[NR_TABLES];
	int want;
	unsigned i;

	/* Mostly a part of one object. */
	if (object != NULL && model_random(m, 4) != 0) {
		nr = object->size >> m->unit_shift;
		first = (object->base - m->base) >> m->unit_shift;
		if (nr > 1) {
			uint64_t skip = model_random(m, nr);

			first += skip;
			nr = 1 + model_random(m, nr - skip);
		}
	}
	base = m->base + (first << m->unit_shift);
	end = base + (nr << m->unit_shift);
	if (end > m->base + m->size || m->nr + 2 > MODEL_OBJECTS)
		return;
	want = differ_releasable(m, base, end);
	if (want > 0)
		return;
	for (i = 0; i < NR_TABLES; i++)
		got[i] = d->tables[i].ops->release_range(d->tables[i].table, gm_paddr(base),
							 end - base);
	differ_compare(d, "release_range", got, want, want);
	if (want == 0)
		differ_commit_release(d, base, end);
}

#endif
