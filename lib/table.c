/* SPDX-License-Identifier: BSD-2-Clause */
/* table.c - what the three tables share; contracts in granmem/table.h. */
#include <granmem/table.h>

#include "memory_internal.h"

#define DESC_SIZE_MAX 1024
#define LANES_MAX 256
/* Free units are summed in one word, and half of its range tells a sum that is
 * below zero for a moment. */
#define UNITS_MAX ((gm_word)-1 >> 1)

GM_COLD int gm_table_configure(struct gm_table *table, const struct gm_table_config *config)
{
	unsigned nr_lanes = config->nr_lanes == 0 ? 4 : config->nr_lanes;
	uint64_t base = config->base.value;
	uint64_t size = config->size;

	table->base = base;
	table->size = size;
	table->lane_mask = nr_lanes - 1;
	table->granule_shift = config->granule_shift == 0 ? 12 : config->granule_shift;
	table->desc_size = config->desc_size == 0 ? sizeof(struct gm_desc) : config->desc_size;
	table->hosted_bytes = 0;
	table->grow = config->grow;
	table->grow_ctx = config->grow_ctx;
	table->to_virtual = config->to_virtual;
	table->to_virtual_ctx = config->to_virtual_ctx;
	if (table->granule_shift < GM_GRANULE_SHIFT_MIN ||
	    table->granule_shift > GM_GRANULE_SHIFT_MAX ||
	    table->desc_size < sizeof(struct gm_desc) || table->desc_size > DESC_SIZE_MAX ||
	    table->desc_size % 16 != 0 || config->nr_contexts > GM_CONTEXTS_MAX ||
	    nr_lanes > LANES_MAX || (nr_lanes & (nr_lanes - 1)) != 0)
		return -GM_EINVAL;
	if (size == 0 || size >> GM_UNIT_SHIFT > UNITS_MAX)
		return -GM_ESIZE;
	if (base > GM_PADDR_END || size > GM_PADDR_END - base)
		return -GM_EOVERFLOW;
	return gm_granule_aligned(base | size, table->granule_shift) ? 0 : -GM_EALIGN;
}

int gm_table_check(const struct gm_table *table, const struct gm_object *object)
{
	if (object->type == 0 || object->type > GM_TYPE_MAX)
		return -GM_EINVAL;
	return gm_granule_check_range(object->base.value, object->size, table->base, table->size);
}

int gm_table_check_claim(const struct gm_table *table, const struct gm_claim *claim,
			 struct gm_claim *out, uint64_t *first, uint64_t *end)
{
	uint64_t region_end = table->base + table->size;
	uint64_t low, high;

	if (out != claim)
		gm_memory_copy(out, claim, sizeof(*out));
	if (claim->type == 0 || claim->type > GM_TYPE_MAX)
		return -GM_EINVAL;
	if (claim->size == 0)
		return -GM_ESIZE;
	if (claim->size > GM_PADDR_END)
		return -GM_EOVERFLOW;
	if (claim->align == 0)
		out->align = claim->size < gm_granule_size(table->granule_shift) ?
				     GM_OBJECT_ALIGN :
				     gm_granule_size(table->granule_shift);
	if (claim->size % GM_OBJECT_ALIGN != 0 || out->align < GM_OBJECT_ALIGN ||
	    !gm_granule_is_power_of_two(out->align))
		return -GM_EALIGN;
	low = claim->min.value > table->base ? claim->min.value : table->base;
	high = claim->max.value != 0 && claim->max.value < region_end ? claim->max.value :
									region_end;
	if (low >= high || claim->size > high - low)
		return -GM_ERANGE;
	*first = low - table->base;
	*end = high - table->base;
	return 0;
}

uint64_t gm_table_free_bytes(const struct gm_table *table)
{
	gm_word sum = 0;
	uint64_t bytes;
	unsigned lane;

	for (lane = 0; lane <= table->lane_mask; lane++)
		sum += gm_atomic_load_relaxed(&table->lanes[lane].free);
	/* Between two loads memory may have moved from one lane to another, which
	 * shows as less than nothing or as more than all. */
	if (sum >> (8 * sizeof(sum) - 1))
		return 0;
	bytes = (uint64_t)sum << GM_UNIT_SHIFT;
	return bytes < table->size ? bytes : table->size;
}
