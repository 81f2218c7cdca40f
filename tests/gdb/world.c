/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.c - what gdb is to look at: a table of each kind with objects of every size,
 * counts and pins, in a space; it ends at world_stop(). Needs no libc.
 */
#include "granmem.h"

#define MIB ((uint64_t)1 << 20)
#define LEN(array) (sizeof(array) / sizeof((array)[0]))

int world(void);
void world_stop(void);

static unsigned char memory_adhoc[512 << 10] __attribute__((aligned(64)));
static unsigned char memory_folio[192 << 10] __attribute__((aligned(64)));
static unsigned char memory_compound[96 << 10] __attribute__((aligned(64)));

struct gm_adhoc adhoc;
struct gm_folio folio;
struct gm_compound compound;
struct gm_adhoc unused; /* a table that nobody made yet */
struct gm_space space;
static struct gm_region regions[3];
struct gm_desc *two_mib, *three, *leaf, *block;

static const struct gm_table_config configs[] = {
	{ .base = { 0x80000000 }, .size = 64 * 1024 * 1024, .nr_lanes = 1 },
	{ .base = { 0x100000000 }, .size = 8 * 1024 * 1024, .nr_lanes = 1 },
	{ .base = { 0x200000000 }, .size = 8 * 1024 * 1024, .nr_lanes = 2 },
};
static const struct gm_region made[] = {
	{ .base = { 0x80000000 }, .size = 64 * 1024 * 1024, .kind = GM_REGION_ADHOC,
	  .table = &adhoc.table },
	{ .base = { 0x100000000 }, .size = 8 * 1024 * 1024, .kind = GM_REGION_FOLIO,
	  .table = &folio.blocks.table },
	{ .base = { 0x200000000 }, .size = 8 * 1024 * 1024, .kind = GM_REGION_COMPOUND,
	  .table = &compound.blocks.table },
};
static const struct gm_object objects[] = {
	{ { 0x80400000 }, 2 * 1024 * 1024, 1, &two_mib },
	{ { 0x80600000 }, 3 * 4096, 2, 0 },
	{ { 0x80604100 }, 1536, 3, 0 },
	{ { 0x100200000 }, 2 * 1024 * 1024, 4, 0 },
	{ { 0x200010000 }, 16 * 4096, 5, 0 },
};

/* Here a debugger looks around. */
__attribute__((noinline)) void world_stop(void)
{
	__asm__ volatile("" : : : "memory");
}

int world(void)
{
	struct gm_desc *found[LEN(objects)];
	size_t i;

	if (gm_adhoc_init(&adhoc, &configs[0], memory_adhoc, sizeof(memory_adhoc)) != 0 ||
	    gm_folio_init(&folio, &configs[1], memory_folio, sizeof(memory_folio)) != 0 ||
	    gm_compound_init(&compound, &configs[2], memory_compound,
			     sizeof(memory_compound)) != 0)
		return 1;
	gm_space_init(&space, regions, LEN(regions));
	for (i = 0; i < LEN(made); i++)
		if (gm_space_add(&space, &made[i]) != 0)
			return 2;
	for (i = 0; i < LEN(objects); i++)
		if (gm_space_create(&space, &objects[i], &found[i]) != 0)
			return 3;
	if (gm_folio_mark(&folio, gm_paddr(0x100000000), 4096, GM_FOLIO_RESERVED) != 0)
		return 4;
	two_mib = found[0];
	three = found[1];
	leaf = found[2];
	block = found[4];
	gm_ref_get(two_mib);
	gm_desc_set_flags(two_mib, GM_FLAG_DIRTY | GM_FLAG_USER(1));
	if (gm_ref_try_pin(block) != 0 || gm_ref_freeze(three, 1) != 0)
		return 5;
	world_stop();
	gm_ref_thaw(three, 1);
	return 0;
}
