/* SPDX-License-Identifier: BSD-2-Clause */
/* mapped.h - a space of one region, whose objects can be mapped; made once a program. */
#ifndef FUZZ_MAPPED_H
#define FUZZ_MAPPED_H

#include <granmem/adhoc.h>
#include <granmem/map.h>

#include "fuzz.h"

#define BASE ((uint64_t)1 << 32)
#define SIZE ((uint64_t)64 << 20)

static struct gm_space space;

/* Returns 1 when it made the space, which is the first time. */
static int mapped_begin(void)
{
	static unsigned char buffer[1 << 20] __attribute__((aligned(65536)));
	static struct gm_adhoc table;
	static struct gm_region regions[1];
	struct gm_table_config config;
	struct gm_region region;

	if (regions[0].table != NULL)
		return 0;
	memset(&config, 0, sizeof(config));
	config.base = gm_paddr(BASE);
	config.size = SIZE;
	config.desc_size = sizeof(struct gm_mapped);
	FUZZ_EXPECT(gm_adhoc_init(&table, &config, buffer, sizeof(buffer)) == 0);
	memset(&region, 0, sizeof(region));
	region.base = config.base;
	region.size = config.size;
	region.table = &table.table;
	region.kind = GM_REGION_ADHOC;
	gm_space_init(&space, regions, 1);
	FUZZ_EXPECT(gm_space_add(&space, &region) == 0);
	return 1;
}

#endif
