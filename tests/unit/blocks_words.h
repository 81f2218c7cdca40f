/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks_words.h - a small compound table for the tests of its words: a region
 * of two groups, the second one short, at an odd granule, and with one lane.
 */
#ifndef BLOCKS_WORDS_H
#define BLOCKS_WORDS_H

#include <granmem/compound.h>

#include "unit.h"

#define BASE 0x40003000ull
#define GRANULE 4096ull
#define NR 600ull
#define UNITS (GRANULE >> GM_UNIT_SHIFT)
#define TYPE 3u

static struct gm_compound compound;
static struct gm_blocks *const blocks = &compound.blocks;
static void *buffer;

static struct gm_paddr at(uint64_t index)
{
	return gm_paddr(BASE + index * GRANULE);
}

static struct gm_table_config small_config(void)
{
	struct gm_table_config config;

	memset(&config, 0, sizeof(config));
	config.base = gm_paddr(BASE);
	config.size = NR * GRANULE;
	config.granule_shift = 12;
	config.nr_lanes = 1;
	return config;
}

static void check(uint64_t nr_objects, uint64_t nr_free)
{
	struct gm_verify verify;

	if (gm_compound_verify(&compound, &verify) != 0)
		unit_fail(__FILE__, __LINE__, verify.first);
	expect_eq(verify.nr_objects, nr_objects);
	expect_eq(gm_table_free_bytes(&blocks->table), nr_free * GRANULE);
}

/* Used granules of the two groups; those past the region's end count as used. */
static inline void expect_summary(uint64_t first, uint64_t second)
{
	expect_eq(gm_atomic_load_relaxed(&blocks->summary[0]), first);
	expect_eq(gm_atomic_load_relaxed(&blocks->summary[1]),
		  second + 2 * GM_BLOCKS_GROUP - NR);
}

static void begin(void)
{
	struct gm_table_config config = small_config();
	struct gm_metadata metadata;
	uint64_t bytes;

	expect_eq(gm_compound_metadata_size(&config, 0, &metadata), 0);
	bytes = metadata.bytes + metadata.align;
	buffer = malloc((size_t)bytes);
	memset(buffer, 0xff, (size_t)bytes);
	expect_eq(gm_compound_init(&compound, &config, buffer, bytes), 0);
	check(0, NR);
}

static void end(void)
{
	check(0, NR);
	free(buffer);
}

/* An object on granules that are the caller's. */
static struct gm_desc *publish(uint64_t index, uint64_t nr)
{
	struct gm_object object = { at(index), nr * GRANULE, TYPE, &compound };
	struct gm_desc *desc = gm_blocks_own(blocks, index);

	gm_desc_set(desc, &object);
	gm_ref_publish(desc, TYPE, 1);
	return desc;
}

static inline struct gm_desc *make(uint64_t index, uint64_t nr)
{
	expect_eq(gm_blocks_lock(blocks, index, nr, gm_blocks_order_word(nr)), 0);
	return publish(index, nr);
}

/* The end of the object that begins there, whose only holder is the caller. */
static void finish(uint64_t index)
{
	struct gm_desc *desc = gm_blocks_own(blocks, index);
	uint64_t nr = gm_desc_size(desc) / GRANULE;

	expect_eq(gm_ref_freeze(desc, gm_ref_count(desc)), 0);
	gm_ref_retire(desc);
	gm_blocks_free(blocks, index, nr, 0);
}

#endif
