/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks_table.h - the table that the cases for the compound and the folio table
 * run on. The including test defines TABLE (struct) and CALL(name) (its calls).
 */
#ifndef BLOCKS_TABLE_H
#define BLOCKS_TABLE_H

#include "blocks_unit.h"

static struct TABLE table;
static void *table_buffer;

static void check(uint64_t nr_objects, uint64_t free_granules)
{
	struct gm_verify verify;
	struct gm_stats stats;

	if (CALL(verify)(&table, &verify) != 0)
		unit_fail(__FILE__, __LINE__, verify.first);
	expect_eq(verify.nr_objects, nr_objects);
	CALL(stats)(&table, &stats);
	expect_eq(stats.nr_objects, nr_objects);
	expect_eq(stats.free_bytes, free_granules * UNIT_GRANULE);
	expect_eq(stats.region_bytes, UNIT_SIZE);
}

static void begin(uint64_t max_objects)
{
	struct gm_table_config config = unit_config();
	struct gm_metadata metadata;

	expect_eq(CALL(metadata_size)(&config, max_objects, &metadata), 0);
	table_buffer = malloc((size_t)(metadata.bytes + metadata.align));
	memset(table_buffer, 0xff, (size_t)(metadata.bytes + metadata.align));
	expect_eq(CALL(init)(&table, &config, (char *)table_buffer + 1,
			     metadata.bytes + metadata.align - 1), 0);
	check(0, UNIT_GRANULES);
}

static void end(void)
{
	check(0, UNIT_GRANULES);
	free(table_buffer);
}

static struct gm_desc *make(uint64_t granule, uint64_t nr, unsigned type)
{
	struct gm_object object = unit_object(granule, nr, type);
	struct gm_desc *desc = NULL;

	expect_eq(CALL(create)(&table, &object, &desc), 0);
	return desc;
}

static int refused(uint64_t base, uint64_t size, unsigned type)
{
	struct gm_object object = { gm_paddr(base), size, type, NULL };
	struct gm_desc *desc;

	return CALL(create)(&table, &object, &desc);
}

#endif
