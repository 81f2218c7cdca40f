/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model.h - the naive model of a table: an array that says for each unit of
 * memory which object covers it, and a list of objects.
 */
#ifndef MODEL_H
#define MODEL_H

#include "table_ops.h"

#include <setjmp.h>
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
	int moves;            /* to another address now and then */
};

struct model {
	const struct table_ops *ops;
	const struct model_setup *setup;
	void *table;
	void *buffer;
	unsigned char *memory; /* what to_virtual leads into */
	void *grown[512];      /* what the grow hook gave */
	unsigned nr_grown;
	unsigned char *halves[2]; /* of memory that moves, see model_memory.h */
	size_t half_used[2];
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
	unsigned nr_lanes;            /* 0: the default */
	jmp_buf *escape;              /* where a failure leads; NULL: to the end of the program */
	int quiet;                    /* failures are expected */
};

static void model_die(const struct model *m, const char *file, int line, const char *text)
{
	if (!m->quiet)
		fprintf(stderr, "%s:%d: %s, %s, step %lu: %s\n", file, line, m->ops->name,
			m->setup->name, m->step, text);
	if (m->escape != NULL)
		longjmp(*m->escape, 1);
	exit(1);
}

#define MODEL_EXPECT(m, cond) ((cond) ? (void)0 : model_die(m, __FILE__, __LINE__, #cond))

static unsigned long long model_random(struct model *m, unsigned long long below)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return (m->seed >> 11) % below;
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

#endif
