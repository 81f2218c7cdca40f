/* SPDX-License-Identifier: BSD-2-Clause */
/* adhoc.c - objects of the ad-hoc table; contracts in granmem/adhoc.h. */
#include <granmem/trace.h>

#include "adhoc_internal.h"
#include "memory_internal.h"
#include "pool_internal.h"
#include "table_internal.h"

/*
 * Descriptors come from the front and nodes from the back: lookups that touch
 * nodes only then keep to the fewest pages, and page tables of pages.
 */
GM_ALWAYS_INLINE int grow_from_buffer(struct gm_adhoc *adhoc, struct gm_pool *pool)
{
	int front = pool == &adhoc->descs;
	gm_word taken, nr_front, nr_back, index;

	do {
		/* acquire and release: as gm_pool_begin_growth wants them */
		taken = gm_atomic_load_acquire(&adhoc->arena.taken);
		nr_front = taken & GM_ADHOC_ARENA_FRONT_MASK;
		nr_back = taken / GM_ADHOC_ARENA_BACK;
		if (nr_front + nr_back == adhoc->arena.nr_slabs)
			return 0;
	} while (!gm_atomic_cas_release(&adhoc->arena.taken, taken,
					taken + (front ? 1 : GM_ADHOC_ARENA_BACK)));
	index = front ? nr_front : adhoc->arena.nr_slabs - 1 - nr_back;
	gm_pool_add_slab(pool, adhoc->arena.slabs + ((size_t)index << adhoc->slab_shift),
			 adhoc->zeroed);
	return 1;
}

GM_COLD int gm_adhoc_grow(struct gm_adhoc *adhoc, struct gm_pool *pool,
			  const struct gm_adhoc_range *mine)
{
	int err = 0;

	gm_pool_begin_growth(pool);
	if (!grow_from_buffer(adhoc, pool))
		err = adhoc->grow != NULL ? adhoc->grow(adhoc, pool, mine) : -GM_ENOMEM;
	return gm_pool_end_growth(pool, err);
}

GM_COLD int gm_adhoc_grow_from_buffer(struct gm_adhoc *adhoc, struct gm_pool *pool)
{
	return grow_from_buffer(adhoc, pool);
}

GM_NOINLINE int gm_adhoc_take_desc(struct gm_adhoc *adhoc, const struct gm_adhoc_range *mine,
				   struct gm_desc **out)
{
	int err = 0;

	for (;;) {
		/* Thoroughly when there is nothing to grow from. */
		*out = gm_pool_take_rarely(&adhoc->descs, err != 0);
		if (*out != NULL)
			return 0;
		if (err != 0)
			return err;
		err = gm_adhoc_grow(adhoc, &adhoc->descs, mine);
	}
}

void gm_adhoc_return_desc(struct gm_adhoc *adhoc, struct gm_desc *desc)
{
	gm_pool_return_rarely(&adhoc->descs, desc);
}

void gm_adhoc_remove(struct gm_adhoc *adhoc, struct gm_desc *desc)
{
	uint64_t base = gm_desc_base(desc);
	uint64_t size = gm_desc_size(desc);
	size_t hint = GM_CPU_HINT();
	struct gm_lane *lane = gm_table_lane_of(&adhoc->table, hint);

	/* Destroyed, and still linked; a life that is over has no type. */
	if (!GM_CHECK(gm_ref_type(desc) == 0 && gm_table_contains(&adhoc->table, base),
		      "remove: not an object that the caller ended", desc))
		return;
	GM_TRACE(remove, desc, base, size);
	if (!gm_radix_unlink_slot(&adhoc->radix, base, size, (gm_word)desc) &&
	    !gm_radix_unlink(&adhoc->radix, base, base + size, (gm_word)desc))
		return;
	gm_table_lane_give(lane, size);
	gm_adhoc_aim(adhoc, gm_adhoc_hint(adhoc, lane, size), base);
	gm_pool_return(&adhoc->descs, desc, hint);
}

struct gm_desc *gm_adhoc_find_below(const struct gm_adhoc *adhoc, gm_word value, uint64_t paddr)
{
	value = gm_radix_lookup_below(&adhoc->radix, value, paddr);
	return (value & GM_RADIX_TAGS) == 0 ? (struct gm_desc *)value : NULL;
}

int gm_adhoc_walk(const struct gm_adhoc *adhoc, uint64_t paddr, struct gm_radix_at *at)
{
	int err = gm_radix_walk(&adhoc->radix, paddr, 0, at);

	if (err != 0)
		return err;
	if (at->value == 0)
		return -GM_ENOENT;
	return (at->value & GM_RADIX_TAGS) == 0 ? 0 : -GM_ENOTRAM;
}

void gm_adhoc_orphan(struct gm_adhoc *adhoc, struct gm_desc *desc)
{
	gm_pool_mark_orphan(&adhoc->descs, desc);
}

int gm_adhoc_find_get_rest(struct gm_adhoc *adhoc, struct gm_paddr paddr, unsigned type,
			   struct gm_desc *desc, int err, struct gm_desc **out)
{
	struct gm_radix_at at;

	if (err == 0)
		err = gm_ref_undo_as(desc, GM_STATE_REFS_ONE, 1); /* live, but not here */
	for (;;) {
		if (err == -GM_EORPHAN)
			gm_pool_mark_orphan(&adhoc->descs, desc);
		if (!gm_table_contains(&adhoc->table, paddr.value))
			return -GM_ERANGE;
		err = gm_adhoc_walk(adhoc, paddr.value, &at);
		if (err != 0)
			return err;
		desc = (struct gm_desc *)at.value;
		err = gm_table_get(desc, paddr.value, type);
		if (err == 0) {
			*out = desc;
			return 0;
		}
		/*
		 * A slot that changed means that the object was removed, not that
		 * somebody is in the middle of something: look again. relaxed: it
		 * is only compared.
		 */
		if (err != 1 && err != -GM_EORPHAN && gm_atomic_load_relaxed(at.slot) == at.value)
			return err;
	}
}

size_t gm_adhoc_reap(struct gm_adhoc *adhoc, gm_reaped *reaped, void *ctx)
{
	size_t nr = 0;
	struct gm_desc *desc;

	while ((desc = gm_pool_take_orphan(&adhoc->descs)) != NULL) {
		struct gm_object gone;

		gm_ref_orphan(desc, &gone);
		if (reaped != NULL)
			reaped(ctx, &gone);
		gm_adhoc_remove(adhoc, desc);
		nr++;
	}
	return nr;
}

int gm_adhoc_for_each(struct gm_adhoc *adhoc, gm_visit *visit, void *ctx)
{
	struct gm_desc *desc = NULL;

	while ((desc = gm_pool_next(&adhoc->descs, desc)) != NULL) {
		int answer = 0;
		int err = gm_ref_try_get(desc);

		if (err == 0) {
			answer = visit(ctx, desc);
			err = gm_ref_undo(desc);
		}
		if (err == -GM_EORPHAN)
			gm_pool_mark_orphan(&adhoc->descs, desc);
		if (answer != 0)
			return answer;
	}
	return 0;
}

void gm_adhoc_stats(const struct gm_adhoc *adhoc, struct gm_stats *out)
{
	const struct gm_radix *radix = &adhoc->radix;
	size_t level;

	gm_memory_clear(out, sizeof(*out));
	out->region_bytes = adhoc->table.size;
	out->free_bytes = gm_table_free_bytes(&adhoc->table);
	out->hosted_bytes = (uint64_t)gm_atomic_load_relaxed(&adhoc->table.hosted_bytes)
			    << GM_UNIT_SHIFT;
	out->nr_objects = gm_pool_used(&adhoc->descs);
	out->static_bytes = adhoc->table.static_bytes;
	out->desc_bytes = gm_pool_bytes(&adhoc->descs);
	out->desc_size = adhoc->table.desc_size;
	out->node_size = (unsigned)gm_radix_slots(radix, 1) * (unsigned)sizeof(gm_word) +
			 (unsigned)sizeof(struct gm_radix_record);
	out->used_bytes = out->static_bytes + out->nr_objects * out->desc_size;
	for (level = 0; level < radix->root_level; level++) {
		uint64_t nr = gm_pool_used(&radix->nodes[level]);
		const struct gm_pool *pool = &radix->nodes[level];

		/* What is set aside is not in use. */
		if (nr != 0)
			nr -= gm_atomic_load_relaxed(&radix->reserve[level]) != 0;
		out->nr_nodes += nr;
		out->node_bytes += gm_pool_bytes(pool);
		out->used_bytes += nr * (pool->element_size + pool->record_size);
	}
	out->total_bytes = out->static_bytes + out->desc_bytes + out->node_bytes;
}
