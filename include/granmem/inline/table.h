/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/table.h. */
#ifndef GM_INLINE_TABLE_H
#define GM_INLINE_TABLE_H

GM_BEGIN_DECLS

GM_INLINE size_t gm_table_nr_lanes(const struct gm_table *table)
{
	return table->lane_mask + 1;
}

GM_INLINE struct gm_lane *gm_table_lane_of(const struct gm_table *table, size_t hint)
{
	return &table->lanes[hint & table->lane_mask];
}

GM_INLINE struct gm_lane *gm_table_lane(const struct gm_table *table)
{
	return gm_table_lane_of(table, GM_CPU_HINT());
}

GM_INLINE void gm_table_lane_take(struct gm_lane *lane, uint64_t bytes)
{
	/* relaxed: a count, it publishes nothing */
	gm_atomic_add_relaxed(&lane->free, (gm_word)0 - (gm_word)(bytes >> GM_UNIT_SHIFT));
}

GM_INLINE void gm_table_lane_give(struct gm_lane *lane, uint64_t bytes)
{
	gm_atomic_add_relaxed(&lane->free, (gm_word)(bytes >> GM_UNIT_SHIFT));
}

GM_INLINE void gm_table_take_free(struct gm_table *table, uint64_t bytes)
{
	gm_table_lane_take(gm_table_lane(table), bytes);
}

GM_INLINE void gm_table_give_free(struct gm_table *table, uint64_t bytes)
{
	gm_table_lane_give(gm_table_lane(table), bytes);
}

GM_INLINE int gm_table_contains(const struct gm_table *table, uint64_t paddr)
{
	return paddr - table->base < table->size;
}

GM_END_DECLS

#endif
