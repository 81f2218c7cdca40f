/* SPDX-License-Identifier: BSD-2-Clause */
/* adhoc_init.c - laying out an ad-hoc table; contracts in granmem/adhoc.h. */
#include "adhoc_internal.h"
#include "memory_internal.h"
#include "pool_internal.h"
#include "table_internal.h"

/* Slabs of 64 KiB waste little; small regions have small ones. */
#define SLAB_SHIFT 16
#define SLAB_SHIFT_SMALL 14
#define SMALL_REGION ((uint64_t)4 << 20)

/* The level whose slot is 2^shift bytes; 0 if there is none above a granule. */
static size_t level_of_shift(const struct gm_radix *shape, unsigned shift)
{
	size_t level;

	for (level = 2; level < GM_RADIX_LEVELS; level++)
		if (shape->shift[level] == shift)
			return level;
	return 0;
}

GM_COLD int gm_adhoc_lay_out(struct gm_table *table, const struct gm_table_config *config,
			     struct gm_adhoc_layout *out)
{
	int err = gm_table_configure(table, config);
	uint64_t end;
	size_t level;

	if (err != 0)
		return err;
	gm_radix_shape(&out->shape, table->granule_shift);
	level = config->root_shift == 0 ? 2 : level_of_shift(&out->shape, config->root_shift);
	if (level == 0)
		return -GM_EINVAL;
	end = table->base + table->size;
	for (;; level++) {
		out->origin = gm_granule_down(table->base, out->shape.shift[level]);
		out->nr_root = gm_radix_nr_root(&out->shape, level, end - out->origin);
		/* At the highest level no region has more. */
		if (config->root_shift != 0 || out->nr_root <= GM_RADIX_ROOT_MAX)
			break;
	}
	if (out->nr_root > (uint64_t)1 << 31)
		return -GM_EINVAL;
	out->root_level = level;
	out->slab_shift = table->size < SMALL_REGION ? SLAB_SHIFT_SMALL : SLAB_SHIFT;
	if (out->slab_shift < table->granule_shift)
		out->slab_shift = table->granule_shift;
	out->nr_groups = (out->nr_root - 1) / GM_RADIX_NODE_SLOTS + 1;
	out->bytes = gm_table_nr_lanes(table) *
			     (sizeof(struct gm_lane) + (level + 1) * sizeof(struct gm_pool_lane)) +
		     (out->nr_groups + out->nr_root) * sizeof(gm_word);
	return 0;
}

/* Slabs for nr objects: the descriptors, and a node of each level for each
 * object, or all the nodes there can be if that is less. */
static int slabs_for_objects(const struct gm_table *table,
			     const struct gm_adhoc_layout *layout, uint64_t nr, uint64_t *slabs)
{
	struct gm_pool pool;
	uint64_t end = table->base + table->size - layout->origin;
	size_t level;

	if (gm_pool_init(&pool, table->desc_size, 0, layout->slab_shift, NULL, 1) != 0)
		return -GM_EINVAL;
	*slabs = gm_pool_slabs_for(&pool, nr);
	for (level = 0; level < layout->root_level; level++) {
		uint64_t most = gm_radix_nr_root(&layout->shape, level + 1, end);

		if (gm_pool_init(&pool, layout->shape.slots[level] * (uint32_t)sizeof(gm_word),
				 sizeof(struct gm_radix_record), layout->slab_shift, NULL, 1) != 0)
			return -GM_EINVAL;
		*slabs += gm_pool_slabs_for(&pool, nr < most ? nr : most);
	}
	return 0;
}

int gm_adhoc_metadata_size(const struct gm_table_config *config, uint64_t max_objects,
			   struct gm_metadata *out)
{
	struct gm_table table;
	struct gm_adhoc_layout layout;
	uint64_t slabs;
	int err = gm_adhoc_lay_out(&table, config, &layout);

	if (err != 0)
		return err;
	if (max_objects > table.size >> GM_UNIT_SHIFT)
		max_objects = table.size >> GM_UNIT_SHIFT;
	err = slabs_for_objects(&table, &layout, max_objects, &slabs);
	if (err != 0)
		return err;
	if (table.to_virtual != NULL)
		slabs += layout.root_level; /* what growth in the region needs itself */
	out->align = sizeof(struct gm_lane);
	out->bytes = layout.bytes;
	if (slabs != 0) /* the first slab begins at a multiple of its size */
		out->bytes += (slabs + 1) << layout.slab_shift;
	return 0;
}

/* What is left of the buffer, in whole slabs. */
static void set_up_arena(struct gm_adhoc *adhoc, uintptr_t start, uintptr_t end)
{
	uintptr_t slab = (uintptr_t)1 << adhoc->slab_shift;
	uintptr_t skip = (0 - start) & (slab - 1);
	uintptr_t nr = skip < end - start ? (end - start - skip) >> adhoc->slab_shift : 0;

	adhoc->arena.taken = 0;
	adhoc->arena.slabs = (unsigned char *)start + skip;
	adhoc->arena.nr_slabs = nr < GM_ADHOC_ARENA_FRONT_MASK ? nr : GM_ADHOC_ARENA_FRONT_MASK;
}

GM_COLD int gm_adhoc_set_up(struct gm_adhoc *adhoc, const struct gm_adhoc_layout *layout,
			    unsigned char *at, uintptr_t end, int zeroed)
{
	struct gm_table *table = &adhoc->table;
	unsigned nr_lanes = gm_table_nr_lanes(table);
	struct gm_lane *lanes = (struct gm_lane *)(void *)at;
	struct gm_pool_lane *pool_lanes = (struct gm_pool_lane *)(void *)(lanes + nr_lanes);
	gm_word *full = (gm_word *)(void *)(pool_lanes +
					       (size_t)(layout->root_level + 1) * nr_lanes);
	int err;

	if (!zeroed)
		gm_memory_clear(at, (size_t)layout->bytes);
	gm_table_init(table, lanes);
	table->static_bytes = layout->bytes;
	adhoc->origin = layout->origin;
	adhoc->span = table->base + table->size - layout->origin;
	adhoc->slab_shift = layout->slab_shift;
	adhoc->zeroed = zeroed;
	adhoc->meta_end = 0;
	adhoc->grow = NULL;
	set_up_arena(adhoc, (uintptr_t)at + (uintptr_t)layout->bytes, end);
	gm_radix_shape(&adhoc->radix, table->granule_shift);
	err = gm_radix_init(&adhoc->radix, layout->root_level, full + layout->nr_groups,
			    layout->nr_root, full, layout->slab_shift,
			    pool_lanes + nr_lanes, nr_lanes);
	if (err != 0)
		return err;
	return gm_pool_init(&adhoc->descs, table->desc_size, 0, layout->slab_shift, pool_lanes,
			    nr_lanes);
}

GM_COLD int gm_adhoc_set_up_in_buffer(struct gm_adhoc *adhoc, const struct gm_adhoc_layout *layout,
				      void *buffer, uint64_t bytes, int zeroed)
{
	uint64_t skip = (0 - (uint64_t)(uintptr_t)buffer) & (sizeof(struct gm_lane) - 1);

	if (bytes < skip || bytes - skip < layout->bytes)
		return -GM_ENOMEM;
	return gm_adhoc_set_up(adhoc, layout, (unsigned char *)buffer + skip,
			       (uintptr_t)buffer + (uintptr_t)bytes, zeroed);
}

GM_COLD int gm_adhoc_init_fixed(struct gm_adhoc *adhoc, const struct gm_table_config *config,
				void *buffer, uint64_t bytes)
{
	struct gm_adhoc_layout layout;
	int err = gm_adhoc_lay_out(&adhoc->table, config, &layout);

	if (err != 0)
		return err;
	if (buffer == NULL || config->grow != NULL || config->to_virtual != NULL)
		return -GM_EINVAL;
	return gm_adhoc_set_up_in_buffer(adhoc, &layout, buffer, bytes, config->zeroed);
}
