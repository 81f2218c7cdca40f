/* SPDX-License-Identifier: BSD-2-Clause */
/* walker_gather.c - what has to be forgotten, and what is free after that. */
#include "memory_internal.h"
#include "walker_internal.h"

#if GM_CONFIG_64BIT

void gm_walker_gather_init(struct gm_walker_gather *gather)
{
	gm_memory_clear(gather, sizeof(*gather));
	gm_map_gather_init(&gather->map, gather->gone, GM_WALKER_GONE);
}

void gm_walker_invalidate(const struct gm_walker *walker, const struct gm_walker_range *ranges,
			  unsigned nr)
{
	if (walker->config.invalidate != NULL)
		walker->config.invalidate(walker->config.ctx, ranges, nr);
}

/* Ranges that touch or overlap become one: more table levels or smaller leaves than
 * there were cost time, but are never wrong. Distances are right modulo 2^64. */
static int join(struct gm_walker_range *range, uint64_t va, uint64_t bytes)
{
	uint64_t behind = va - range->va;
	uint64_t ahead = range->va - va;
	uint64_t first, all;

	if (behind <= range->bytes) {
		first = range->va;
		all = behind + bytes > range->bytes ? behind + bytes : range->bytes;
	} else if (ahead <= bytes) {
		first = va;
		all = ahead + range->bytes > bytes ? ahead + range->bytes : bytes;
	} else {
		return 0;
	}
	/* The last address and 0 are not side by side: who invalidates counts upwards. */
	if (first + (all - 1) < first)
		return 0;
	range->va = first;
	range->bytes = all;
	return 1;
}

static void invalidate_all(struct gm_walker *walker, struct gm_walker_gather *gather)
{
	if (gather->nr_ranges != 0)
		gm_walker_invalidate(walker, gather->ranges, gather->nr_ranges);
	gather->nr_ranges = 0;
}

void gm_walker_gather_flush(struct gm_walker *walker, struct gm_walker_gather *gather)
{
	invalidate_all(walker, gather);
	if (walker->config.map != NULL)
		gm_map_finish(walker->config.map, &gather->map);
}

void gm_walker_gather_range(struct gm_walker *walker, struct gm_walker_gather *gather, uint64_t va,
			    uint64_t bytes, unsigned level, int tables)
{
	unsigned hint = walker->breaks && !tables ? level : GM_WALKER_NO_LEVEL;
	unsigned shift = walker->shift[level];
	struct gm_walker_range *range;

	if (gather->nr_ranges != 0) {
		range = &gather->ranges[gather->nr_ranges - 1];
		if (join(range, va, bytes)) {
			if (shift < range->shift)
				range->shift = shift;
			if (hint != range->level)
				range->level = GM_WALKER_NO_LEVEL;
			range->tables |= tables;
			return;
		}
	}
	/* References stay: among them may be those of the leaves that are to be told of now. */
	if (gather->nr_ranges == GM_WALKER_RANGES)
		invalidate_all(walker, gather);
	range = &gather->ranges[gather->nr_ranges++];
	range->va = va;
	range->bytes = bytes;
	range->shift = shift;
	range->level = hint;
	range->tables = tables;
}

/* W3. */
void gm_walker_gather_finish(struct gm_walker *walker, struct gm_walker_gather *gather)
{
	uint64_t granule = gm_granule_size(walker->shift[0]);

	gm_walker_gather_flush(walker, gather);
	if (gather->nr_tables != 0 && walker->config.quiesce != NULL)
		walker->config.quiesce(walker->config.ctx);
	while (gather->nr_tables != 0) {
		struct gm_paddr paddr = gather->tables;
		const gm_word *slots = gm_walker_virtual(walker, paddr, granule);

		gather->tables.value = gm_atomic_load_relaxed(slots) & GM_WALKER_CHAIN;
		gather->nr_tables--;
		gm_walker_give_page(walker, 0, paddr);
	}
}

#endif
