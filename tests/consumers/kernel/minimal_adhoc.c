/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * minimal_adhoc.c - the least that a kernel does with an ad-hoc table: makes it,
 * takes memory at a place and anywhere, looks it up, and gives it back. What the
 * linker keeps of the library for it is the price of that.
 */
#include "minimal.h"

#define BASE ((uint64_t)0x80000000)
#define SIZE ((uint64_t)64 << 20)
#define TYPE 1u

static unsigned char metadata[256 << 10] __attribute__((aligned(64)));
static struct gm_adhoc table;

static const struct gm_table_config config = { .base = { BASE }, .size = SIZE, .nr_lanes = 1 };
static const struct gm_object fixed = { { BASE + (4 << 20) }, 2 << 20, TYPE, 0 };
static const struct gm_claim any = { .size = 4096, .type = TYPE };

int minimal(void)
{
	struct gm_desc *first, *second, *found;

	if (gm_adhoc_init_fixed(&table, &config, metadata, sizeof(metadata)) != 0)
		return 1;
	if (gm_adhoc_create(&table, &fixed, &first) != 0)
		return 2;
	if (gm_adhoc_claim(&table, &any, &second) != 0)
		return 3;
	if (gm_adhoc_find_get(&table, gm_paddr(fixed.base.value + 4096), TYPE, &found) != 0 ||
	    found != first)
		return 4;
	if (gm_adhoc_put(&table, found) != 0 || gm_adhoc_put(&table, first) != 1 ||
	    gm_adhoc_put(&table, second) != 1)
		return 5;
	return gm_adhoc_find(&table, fixed.base) != 0 ? 6 : 0;
}
