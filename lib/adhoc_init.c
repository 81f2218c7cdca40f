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
		if (shape->levels[level].shift == shift)
			return level;
	return 0;
}

GM_COLD int gm_adhoc_lay_out(struct gm_adhoc *adhoc, const struct gm_table_config *config)
{
	struct gm_table *table = &adhoc->table;
	struct gm_radix *radix = &adhoc->radix;
	int err = gm_table_configure(table, config);
	uint64_t end, nr;
	size_t level;

	if (err != 0)
		return err;
	gm_radix_shape(radix, table->granule_shift);
	level = config->root_shift == 0 ? 2 : level_of_shift(radix, config->root_shift);
	if (level == 0)
		return -GM_EINVAL;
	end = table->base + table->size;
	for (;; level++) {
		nr = gm_radix_nr_slots(radix, level, table->base, end);
		/* At the highest level no region has more. */
		if (config->root_shift != 0 || nr <= GM_RADIX_ROOT_MAX)
			break;
	}
	if (nr > (uint64_t)1 << 31)
		return -GM_EINVAL;
	radix->root_level = level;
	radix->first = table->base >> radix->levels[level].shift;
	radix->end = radix->first + nr;
	adhoc->large = radix->levels[level].bytes;
	adhoc->slab_shift = table->size < SMALL_REGION ? SLAB_SHIFT_SMALL : SLAB_SHIFT;
	if (adhoc->slab_shift < table->granule_shift)
		adhoc->slab_shift = table->granule_shift;
	table->static_bytes =
		gm_table_nr_lanes(table) *
			(sizeof(struct gm_lane) + (level + 1) * sizeof(struct gm_pool_lane)) +
		(nr + gm_radix_nr_groups(radix)) * sizeof(gm_word);
	adhoc->zeroed = config->zeroed;
	return 0;
}

/* Slabs for nr objects: the descriptors, and a node of each level for each
 * object, or all the nodes there can be if that is less. */
static uint64_t slabs_for_objects(const struct gm_adhoc *adhoc, uint64_t nr)
{
	const struct gm_table *table = &adhoc->table;
	const struct gm_radix *radix = &adhoc->radix;
	struct gm_pool pool;
	uint64_t slabs;
	size_t level;

	gm_pool_set_up(&pool, table->desc_size, 0, adhoc->slab_shift, NULL, 1);
	slabs = gm_pool_slabs_for(&pool, nr);
	for (level = 0; level < radix->root_level; level++) {
		uint64_t most =
			gm_radix_nr_slots(radix, level + 1, table->base, table->base + table->size);

		gm_radix_set_up_pool(&pool, radix, level, adhoc->slab_shift, NULL, 1);
		slabs += gm_pool_slabs_for(&pool, nr < most ? nr : most);
	}
	return slabs;
}

int gm_adhoc_metadata_size(const struct gm_table_config *config, uint64_t max_objects,
			   struct gm_metadata *out)
{
	struct gm_adhoc adhoc;
	const struct gm_table *table = &adhoc.table;
	uint64_t slabs;
	int err = gm_adhoc_lay_out(&adhoc, config);

	if (err != 0)
		return err;
	if (max_objects > table->size >> GM_UNIT_SHIFT)
		max_objects = table->size >> GM_UNIT_SHIFT;
	slabs = slabs_for_objects(&adhoc, max_objects);
	if (table->to_virtual != NULL)
		slabs += adhoc.radix.root_level; /* what growth in the region needs itself */
	out->align = sizeof(struct gm_lane);
	out->bytes = table->static_bytes;
	if (slabs != 0) /* the first slab begins at a multiple of its size */
		out->bytes += (slabs + 1) << adhoc.slab_shift;
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

GM_COLD void gm_adhoc_set_up(struct gm_adhoc *adhoc, unsigned char *at, uintptr_t end)
{
	struct gm_table *table = &adhoc->table;
	struct gm_radix *radix = &adhoc->radix;
	size_t nr_lanes = gm_table_nr_lanes(table);
	struct gm_lane *lanes = (struct gm_lane *)(void *)at;
	struct gm_pool_lane *pool_lanes = (struct gm_pool_lane *)(void *)(lanes + nr_lanes);
	struct gm_pool_lane *node_lanes = pool_lanes + nr_lanes;

	if (!adhoc->zeroed)
		gm_memory_clear(at, (size_t)table->static_bytes);
	gm_table_init(table, lanes);
	adhoc->meta_end = 0;
	adhoc->grow = NULL;
	set_up_arena(adhoc, (uintptr_t)at + (uintptr_t)table->static_bytes, end);
	gm_pool_set_up(&adhoc->descs, table->desc_size, 0, adhoc->slab_shift, pool_lanes, nr_lanes);
	gm_radix_init(radix, (gm_word *)(void *)(node_lanes + radix->root_level * nr_lanes),
		      adhoc->slab_shift, node_lanes, nr_lanes);
}

GM_COLD int gm_adhoc_init_fixed(struct gm_adhoc *adhoc, const struct gm_table_config *config,
				void *buffer, uint64_t bytes)
{
	int err = gm_adhoc_lay_out(adhoc, config);

	if (err != 0)
		return err;
	if (buffer == NULL || config->grow != NULL || config->to_virtual != NULL)
		return -GM_EINVAL;
	return gm_adhoc_set_up_in_buffer(adhoc, buffer, bytes);
}
