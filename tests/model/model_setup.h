/* SPDX-License-Identifier: BSD-2-Clause */
/* model_setup.h - an empty table and its model, with the hooks that give it memory. */
#ifndef MODEL_SETUP_H
#define MODEL_SETUP_H

#include "model_check.h"
#include "model_memory.h"

static void *model_grow(void *ctx, size_t bytes, size_t align)
{
	struct model *m = ctx;
	void *memory =
		m->grow_refuses || m->nr_grown == 512 ? NULL : model_take(m, 1, bytes, align);

	if (memory == NULL)
		return NULL;
	memset(memory, 0xa5, bytes);
	m->grown[m->nr_grown++] = memory;
	return memory;
}

static void *model_to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	const struct model *m = ctx;

	if (base.value < m->base || base.value + size > m->base + m->size)
		model_die(m, __FILE__, __LINE__, "to_virtual of something outside the region");
	return m->memory + (base.value - m->base);
}

static void model_shape(struct model *m, const struct table_ops *ops,
			const struct model_setup *setup, unsigned long long seed)
{
	memset(m, 0, sizeof(*m));
	m->ops = ops;
	m->setup = setup;
	m->seed = seed;
	m->granule = 1ull << setup->granule_shift;
	m->base = setup->base;
	m->size = setup->nr_granules << setup->granule_shift;
	m->unit_shift = ops->any_multiple ? 6 : setup->granule_shift;
	m->nr_units = m->size >> m->unit_shift;
	m->free_units = m->nr_units;
}

/* The model's half: nothing is covered. */
static void model_begin_naive(struct model *m)
{
	unsigned i;

	m->covered = malloc(m->nr_units * sizeof(*m->covered));
	m->objects = calloc(MODEL_NONE + 1, sizeof(*m->objects));
	for (i = 0; i < m->nr_units; i++)
		m->covered[i] = MODEL_NONE;
	for (i = 0; i < MODEL_OBJECTS; i++)
		m->used[i] = i;
}

/* The table's half. */
static void model_begin_table(struct model *m)
{
	const struct model_setup *setup = m->setup;
	struct gm_table_config config;
	struct gm_metadata metadata;

	memset(&config, 0, sizeof(config));
	m->table = model_take(m, 0, m->ops->size, 64);
	MODEL_EXPECT(m, m->table != NULL);
	memset(m->table, 0, m->ops->size);
	config.base = gm_paddr(m->base);
	config.size = m->size;
	config.granule_shift = setup->granule_shift;
	config.desc_size = setup->desc_size;
	config.nr_lanes = m->nr_lanes;
	config.grow = setup->grow ? model_grow : NULL;
	config.grow_ctx = m;
	if (setup->hosted) {
		m->memory = model_take(m, 1, m->size, 1 << 21);
		MODEL_EXPECT(m, m->memory != NULL);
		memset(m->memory, 0x5a, m->size);
		config.to_virtual = model_to_virtual;
		config.to_virtual_ctx = m;
		MODEL_EXPECT(m, m->ops->init(m->table, &config, NULL, 0) == 0);
	} else {
		MODEL_EXPECT(m, m->ops->metadata_size(&config, setup->max_objects, &metadata) == 0);
		/* Unaligned on purpose. */
		m->buffer = model_take(m, 0, metadata.bytes + metadata.align + 8, 16);
		MODEL_EXPECT(m, m->buffer != NULL);
		memset(m->buffer, 0x5a, metadata.bytes + metadata.align + 8);
		MODEL_EXPECT(m, m->ops->init(m->table, &config, (char *)m->buffer + 8,
					     metadata.bytes + metadata.align - 1) == 0);
	}
}

static void model_end(struct model *m)
{
	unsigned i;

	for (i = 0; i < m->nr_grown; i++)
		model_give(m, m->grown[i]);
	model_give(m, m->memory);
	model_give(m, m->buffer);
	model_give(m, m->table);
	model_drop_halves(m);
	free(m->objects);
	free(m->covered);
}

#endif
