/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_table.h - random operations on a table and on a naive model of it.
 *
 * The model is an array that says for each unit of memory which object covers
 * it, and a list of objects. Each step does the same to both and compares every
 * answer; verify runs now and then, and at the end everything is given back and
 * the free bytes must be what they were.
 *
 *   MODEL_MAIN(compound, &compound_ops)      model_compound [steps [seed]]
 */
#ifndef MODEL_TABLE_H
#define MODEL_TABLE_H

#include "table_ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_OBJECTS 4096u
#define MODEL_NONE 0xffffu
#define MODEL_META 0xfffeu

struct model_object {
	struct gm_desc *desc; /* NULL: the entry is unused */
	uint64_t base, size;
	void *owner;
	unsigned type;
	unsigned refs, pins;
	int frozen;
	gm_word flags;
};

/* What one run is about. */
struct model_setup {
	const char *name;
	uint64_t base;
	uint64_t nr_granules;
	unsigned granule_shift;
	unsigned desc_size;
	uint64_t max_objects; /* for metadata_size */
	int hosted;           /* metadata comes from the region */
	int grow;             /* there is a grow hook */
};

struct model {
	const struct table_ops *ops;
	const struct model_setup *setup;
	void *table;
	void *buffer;
	unsigned char *memory; /* what to_virtual leads into */
	void *grown[512];      /* what the grow hook gave */
	unsigned nr_grown;
	int grow_refuses;
	unsigned unit_shift;
	uint64_t base, size, granule;
	uint64_t nr_units;
	uint64_t free_units;
	gm_word hosted;            /* the table's figure when the model last learnt of it */
	unsigned short *covered;   /* for each unit: object, MODEL_NONE or MODEL_META */
	struct model_object *objects;
	unsigned used[MODEL_OBJECTS]; /* the first nr are in use, the rest free */
	unsigned place[MODEL_OBJECTS];
	unsigned nr;
	unsigned long long seed;
	unsigned long step;
	unsigned long answers[2][64]; /* of create and claim, by error */
};

static void model_die(const struct model *m, int line, const char *text)
{
	fprintf(stderr, "model_table.h:%d: %s, %s, step %lu: %s\n", line, m->ops->name,
		m->setup->name, m->step, text);
	exit(1);
}

#define MODEL_EXPECT(m, cond) ((cond) ? (void)0 : model_die(m, __LINE__, #cond))

static unsigned long long model_random(struct model *m, unsigned long long below)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return (m->seed >> 11) % below;
}

static struct gm_table *model_base(const struct model *m)
{
	return (struct gm_table *)m->table;
}

/* Objects. */

static unsigned model_new(struct model *m, struct gm_desc *desc, uint64_t base, uint64_t size,
			  unsigned type, void *owner)
{
	unsigned id = m->used[m->nr];
	struct model_object *object = &m->objects[id];
	uint64_t unit = (base - m->base) >> m->unit_shift;
	uint64_t end = unit + (size >> m->unit_shift);

	MODEL_EXPECT(m, m->nr < MODEL_OBJECTS);
	m->place[id] = m->nr++;
	memset(object, 0, sizeof(*object));
	object->desc = desc;
	object->base = base;
	object->size = size;
	object->type = type;
	object->owner = owner;
	object->refs = 1;
	for (; unit < end; unit++) {
		MODEL_EXPECT(m, m->covered[unit] == MODEL_NONE); /* I7 */
		m->covered[unit] = (unsigned short)id;
	}
	m->free_units -= size >> m->unit_shift;
	return id;
}

static void model_gone(struct model *m, struct model_object *object)
{
	unsigned id = (unsigned)(object - m->objects);
	uint64_t unit = (object->base - m->base) >> m->unit_shift;
	uint64_t end = unit + (object->size >> m->unit_shift);
	unsigned last = m->used[--m->nr];

	for (; unit < end; unit++)
		m->covered[unit] = MODEL_NONE;
	m->free_units += object->size >> m->unit_shift;
	m->used[m->place[id]] = last;
	m->place[last] = m->place[id];
	m->used[m->nr] = id;
	object->desc = NULL;
}

static struct model_object *model_any(struct model *m, unsigned *id)
{
	if (m->nr == 0)
		return NULL;
	*id = m->used[model_random(m, m->nr)];
	return &m->objects[*id];
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

/* Making. */

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

/* Holding. */

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

/* Giving ranges back. */

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
					(got == -GM_ENOMEM && !busy && cuts &&
					 model_may_lack_metadata(m)));
	}
}

/* The whole. */

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
		model_die(m, __LINE__, verify.first);
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

static void model_step(struct model *m)
{
	/* Filling and emptying take turns. */
	int filling = (m->step >> 14) % 3 != 2;
	unsigned what = (unsigned)model_random(m, 100);
	unsigned id;

	if (m->nr + 64 > MODEL_OBJECTS)
		filling = 0;
	if (what < (filling ? 20 : 4) && m->nr < MODEL_OBJECTS)
		model_create(m);
	else if (what < (filling ? 34 : 8) && m->nr < MODEL_OBJECTS)
		model_claim(m);
	else if (what < (filling ? 35 : 9))
		model_claim_each(m);
	else if (what < 48)
		model_find(m);
	else if (what < 51)
		model_hold(m);
	else if (what < 52)
		model_find_outside(m);
	else if (what < 56)
		model_freeze(m);
	else if (what < 66)
		model_release(m);
	else if (what < (filling ? 70 : 78))
		model_drop(m, model_any(m, &id));
	else
		model_put(m, model_any(m, &id));
	MODEL_EXPECT(m, gm_table_free_bytes(model_base(m)) == m->free_units << m->unit_shift);
	m->step++;
}

static void model_empty(struct model *m)
{
	while (m->nr != 0)
		model_drop(m, &m->objects[m->used[0]]);
}

/* Setting up. */

static void *model_grow(void *ctx, size_t bytes, size_t align)
{
	struct model *m = ctx;
	void *memory = NULL;

	if (m->grow_refuses || m->nr_grown == 512 || posix_memalign(&memory, align, bytes) != 0)
		return NULL;
	memset(memory, 0xa5, bytes);
	m->grown[m->nr_grown++] = memory;
	return memory;
}

static void *model_to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	const struct model *m = ctx;

	if (base.value < m->base || base.value + size > m->base + m->size)
		model_die(m, __LINE__, "to_virtual of something outside the region");
	return m->memory + (base.value - m->base);
}

static void model_begin(struct model *m, const struct table_ops *ops,
			const struct model_setup *setup, unsigned long long seed)
{
	struct gm_table_config config;
	struct gm_metadata metadata;
	unsigned i;

	memset(m, 0, sizeof(*m));
	memset(&config, 0, sizeof(config));
	m->ops = ops;
	m->setup = setup;
	m->seed = seed;
	m->granule = 1ull << setup->granule_shift;
	m->base = setup->base;
	m->size = setup->nr_granules << setup->granule_shift;
	m->unit_shift = ops->any_multiple ? 6 : setup->granule_shift;
	m->nr_units = m->size >> m->unit_shift;
	m->free_units = m->nr_units;
	m->covered = malloc(m->nr_units * sizeof(*m->covered));
	m->objects = calloc(MODEL_NONE + 1, sizeof(*m->objects));
	m->table = calloc(1, ops->size);
	for (i = 0; i < m->nr_units; i++)
		m->covered[i] = MODEL_NONE;
	for (i = 0; i < MODEL_OBJECTS; i++)
		m->used[i] = i;
	config.base = gm_paddr(m->base);
	config.size = m->size;
	config.granule_shift = setup->granule_shift;
	config.desc_size = setup->desc_size;
	config.grow = setup->grow ? model_grow : NULL;
	config.grow_ctx = m;
	if (setup->hosted) {
		MODEL_EXPECT(m, posix_memalign((void **)&m->memory, 1 << 21, m->size) == 0);
		memset(m->memory, 0x5a, m->size);
		config.to_virtual = model_to_virtual;
		config.to_virtual_ctx = m;
		MODEL_EXPECT(m, ops->init(m->table, &config, NULL, 0) == 0);
	} else {
		MODEL_EXPECT(m, ops->metadata_size(&config, setup->max_objects, &metadata) == 0);
		/* Unaligned on purpose. */
		m->buffer = malloc(metadata.bytes + metadata.align + 8);
		memset(m->buffer, 0x5a, metadata.bytes + metadata.align + 8);
		MODEL_EXPECT(m, ops->init(m->table, &config, (char *)m->buffer + 8,
					  metadata.bytes + metadata.align - 1) == 0);
	}
	model_learn_hosted(m);
	model_check_all(m);
}

static void model_end(struct model *m)
{
	unsigned i;

	for (i = 0; i < m->nr_grown; i++)
		free(m->grown[i]);
	free(m->memory);
	free(m->buffer);
	free(m->table);
	free(m->objects);
	free(m->covered);
}

static void model_run(const struct table_ops *ops, const struct model_setup *setup,
		      unsigned long steps, unsigned long long seed)
{
	static struct model m;
	struct gm_stats stats;
	unsigned long check_every = setup->nr_granules > 2000 ? 20000 : 5000;
	uint64_t total = 0;

	model_begin(&m, ops, setup, seed);
	while (m.step < steps) {
		model_step(&m);
		if (m.step % check_every == 0)
			model_check_all(&m);
		m.grow_refuses = (m.step >> 12) % 4 == 3;
	}
	model_empty(&m);
	model_check_all(&m);
	m.ops->stats(m.table, &stats);
	total = stats.total_bytes;
	MODEL_EXPECT(&m, stats.free_bytes == m.size - stats.hosted_bytes);
	printf("%s, %s: %lu steps, %lu created, %lu claimed, %lu and %lu found no memory, "
	       "metadata %llu bytes\n",
	       ops->name, setup->name, m.step, m.answers[0][0], m.answers[1][0],
	       m.answers[0][GM_ENOMEM], m.answers[1][GM_ENOMEM], (unsigned long long)total);
	/* A test that never got anywhere would pass, too. */
	MODEL_EXPECT(&m, m.answers[0][0] > steps / 50 && m.answers[1][0] > steps / 50);
	MODEL_EXPECT(&m, m.answers[0][GM_EEXIST] > 0 && m.answers[1][GM_ENOMEM] > 0);
	model_end(&m);
}

static const struct model_setup model_setups[] = {
	{ "4 KiB granules, ample buffer", 0x40000000, 1024, 12, 0, 1 << 20, 0, 0 },
	{ "64 KiB granules at an odd base", 0xfff00030000, 333, 16, 64, 1 << 20, 0, 0 },
	{ "512 byte granules, short buffer", 0x12345600, 700, 9, 48, 100, 0, 0 },
	{ "grow hook that sometimes refuses", 0, 1500, 12, 0, 0, 0, 1 },
	{ "metadata in the region", 0x80000000, 2048, 12, 32, 0, 1, 0 },
	{ "ends at 2^52", GM_PADDR_END - (600ull << 12), 600, 12, 1024, 1 << 20, 0, 0 },
};

static int model_main(const struct table_ops *ops, int argc, char **argv)
{
	unsigned long steps = argc > 1 ? strtoul(argv[1], NULL, 0) : 400000;
	unsigned long long seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 0x9e3779b97f4a7c15ull;
	size_t i;

	for (i = 0; i < sizeof(model_setups) / sizeof(model_setups[0]); i++)
		model_run(ops, &model_setups[i], steps, seed + i);
	return 0;
}

#define MODEL_MAIN(ops)                         \
	int main(int argc, char **argv)         \
	{                                       \
		return model_main(ops, argc, argv); \
	}

#endif
