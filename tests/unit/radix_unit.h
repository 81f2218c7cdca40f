/* SPDX-License-Identifier: BSD-2-Clause */
/* radix_unit.h - a small tree for the tests of granmem/radix.h. */
#ifndef RADIX_UNIT_H
#define RADIX_UNIT_H

#include <granmem/radix.h>

#include "unit.h"

#define SLAB_SHIFT 13
#define SLAB ((size_t)1 << SLAB_SHIFT)
#define ROOT 600

static struct gm_radix radix;
static struct gm_pool_lane lanes[GM_RADIX_LEVELS];
static gm_word words[ROOT + 2]; /* the marks of searches, and the root */
static gm_word *root;
static void *memory[512];
static unsigned nr_memory;

static inline void add_slabs(unsigned level, unsigned nr)
{
	expect(nr_memory < 512);
	memory[nr_memory] = aligned_alloc(SLAB, nr * SLAB);
	expect(memory[nr_memory] != NULL);
	memset(memory[nr_memory], 0xa5, nr * SLAB);
	expect_eq(gm_pool_add(&radix.nodes[level], memory[nr_memory++], nr * SLAB, 0), nr);
}

static inline void begin(unsigned granule_shift, unsigned root_level, unsigned nr_root,
			 unsigned slabs)
{
	unsigned level;

	while (nr_memory > 0)
		free(memory[--nr_memory]);
	memset(&radix, 0xee, sizeof(radix));
	memset(lanes, 0, sizeof(lanes));
	memset(words, 0, sizeof(words));
	gm_radix_shape(&radix, granule_shift);
	radix.root_level = root_level;
	radix.first = 0;
	radix.end = nr_root;
	gm_radix_init(&radix, words, SLAB_SHIFT, lanes, 1);
	root = gm_radix_root_slot(&radix, 0);
	for (level = 0; level < root_level && slabs != 0; level++)
		add_slabs(level, slabs);
}

static inline int link_range(uint64_t first, uint64_t end, gm_word value)
{
	size_t short_of;

	return gm_radix_link(&radix, first, end, value, GM_RADIX_THOROUGH, &short_of);
}

static inline uint64_t nodes_used(void)
{
	uint64_t nr = 0;
	unsigned level;

	for (level = 0; level < radix.root_level; level++)
		nr += gm_pool_used(&radix.nodes[level]);
	return nr;
}

#endif
