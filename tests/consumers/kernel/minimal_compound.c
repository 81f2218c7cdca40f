/* SPDX-License-Identifier: BSD-2-Clause */
/* minimal_compound.c - the least that a kernel does with a compound table: makes it,
 * takes blocks at a place, looks them up, and gives them back. */
#include "minimal.h"

#define BASE ((uint64_t)0x80000000)
#define SIZE ((uint64_t)4 << 20)
#define TYPE 1u

static unsigned char metadata[40 << 10] __attribute__((aligned(64)));
static struct gm_compound table;

static const struct gm_table_config config = { .base = { BASE }, .size = SIZE, .nr_lanes = 1 };
static const struct gm_object fixed = { { BASE + (2 << 20) }, 2 << 20, TYPE, 0 };

int minimal(void)
{
	struct gm_desc *first, *found;

	if (gm_compound_init(&table, &config, metadata, sizeof(metadata)) != 0)
		return 1;
	if (gm_compound_create(&table, &fixed, &first) != 0)
		return 2;
	if (gm_compound_find_get(&table, gm_paddr(fixed.base.value + 4096), TYPE, &found) != 0 ||
	    found != first)
		return 3;
	if (gm_compound_put(&table, found) != 0 || gm_compound_put(&table, first) != 1)
		return 4;
	return 0;
}
