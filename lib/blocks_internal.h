/* SPDX-License-Identifier: BSD-2-Clause */
/* blocks_internal.h - laying out the static part of a table of blocks, and what its words
 * say to who wants the granule. */
#ifndef GM_BLOCKS_INTERNAL_H
#define GM_BLOCKS_INTERNAL_H

#include <granmem/blocks.h>

#include "memory_internal.h"
#include "table_internal.h"

#define GM_BLOCKS_ALIGN_SHIFT 6

/* gm_blocks_metadata_size - the static part: lanes, summary, and `own` bytes of the
 * table's, a multiple of GM_BLOCKS_ALIGN. table: configured. */
GM_ALWAYS_INLINE uint64_t gm_blocks_metadata_size(const struct gm_table *table, uint64_t own)
{
	uint64_t groups = gm_blocks_nr_summary(table->size >> table->granule_shift);

	return ((uint64_t)table->lane_mask + 1) * sizeof(struct gm_lane) + own +
	       gm_granule_up(groups * sizeof(gm_word), GM_BLOCKS_ALIGN_SHIFT);
}

/*
 * gm_blocks_init - the shared part.
 *
 * Requires that blocks->table is configured. The static part goes into the buffer, and
 * is cleared unless that is `zeroed`; blocks->words is where its last `own` bytes are.
 * The caller sets ops, words, descs, stride and masks. Returns 0, or -GM_ENOMEM (the
 * buffer is too short). Context: before the table is shared.
 */
GM_ALWAYS_INLINE int gm_blocks_init(struct gm_blocks *blocks, uint64_t own, void *buffer,
				    uint64_t bytes, int zeroed)
{
	struct gm_table *table = &blocks->table;
	uint64_t needed = gm_blocks_metadata_size(table, own);
	uint64_t nr = table->size >> table->granule_shift;
	size_t skip = -(uintptr_t)buffer & (GM_BLOCKS_ALIGN - 1);
	unsigned char *memory;

	if (bytes < needed + skip)
		return -GM_ENOMEM;
	memory = (unsigned char *)buffer + skip;
	if (!zeroed)
		gm_memory_clear(memory, (size_t)needed);
	gm_table_init(table, (struct gm_lane *)(void *)memory);
	table->static_bytes = needed;
	blocks->words = memory + (size_t)(needed - own);
	blocks->summary = (gm_word *)(void *)(table->lanes + table->lane_mask + 1);
	blocks->nr_granules = nr;
	blocks->nr_usable = nr;
	blocks->first_granule = table->base >> table->granule_shift;
	/* What the last group lacks is never free. */
	gm_atomic_store_relaxed(&blocks->summary[(nr - 1) >> GM_BLOCKS_GROUP_SHIFT],
				(gm_word)(-nr & (GM_BLOCKS_GROUP - 1)));
	return 0;
}

/* gm_blocks_is_passing - of a word that leads to no object: is the granule free by now, or
 * locked? Else it has a mark, which is there to stay. */
static inline int gm_blocks_is_passing(const struct gm_blocks *blocks, gm_word word)
{
	return (word & blocks->used_mask) == 0 || (word & GM_BLOCKS_KIND_MASK) == GM_BLOCKS_BUSY;
}

#endif
