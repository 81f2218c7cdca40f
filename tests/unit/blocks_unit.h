/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks_unit.h - what the tests of the compound and the folio table share: a
 * small region and requests for it.
 */
#ifndef BLOCKS_UNIT_H
#define BLOCKS_UNIT_H

#include "unit.h"

#define UNIT_BASE 0x40000000ull
#define UNIT_GRANULES 1100ull
#define UNIT_GRANULE 4096ull
#define UNIT_SIZE (UNIT_GRANULES * UNIT_GRANULE)

static struct gm_table_config unit_config(void)
{
	struct gm_table_config config;

	memset(&config, 0, sizeof(config));
	config.base = gm_paddr(UNIT_BASE);
	config.size = UNIT_SIZE;
	return config;
}

static struct gm_object unit_object(uint64_t granule, uint64_t nr, unsigned type)
{
	struct gm_object object;

	object.base = gm_paddr(UNIT_BASE + granule * UNIT_GRANULE);
	object.size = nr * UNIT_GRANULE;
	object.type = type;
	object.owner = &unit_panics;
	return object;
}

static struct gm_claim unit_claim(uint64_t size)
{
	struct gm_claim claim;

	memset(&claim, 0, sizeof(claim));
	claim.size = size;
	claim.type = 1;
	return claim;
}

static inline struct gm_paddr unit_at(uint64_t granule)
{
	return gm_paddr(UNIT_BASE + granule * UNIT_GRANULE);
}

#endif
