/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * adhoc_grow.c - the ad-hoc table whose metadata may grow beyond its buffer: from a
 * hook, or from the region itself; contracts in granmem/adhoc.h and
 * adhoc_internal.h. Who makes tables by gm_adhoc_init_fixed links none of it.
 */
#include "adhoc_internal.h"
#include "memory_internal.h"
#include "pool_internal.h"

/* Growth from the region takes at most this, and at most this part of it. */
#define CHUNK_MAX ((uint64_t)2 << 20)
#define CHUNK_PART_SHIFT 6

static int grow_from_hook(struct gm_adhoc *adhoc, struct gm_pool *pool)
{
	size_t slab = (size_t)1 << adhoc->slab_shift;
	void *memory = adhoc->table.grow(adhoc->table.grow_ctx, slab, slab);

	return memory != NULL ? gm_pool_add_brought(pool, memory, slab, 0) : -GM_ENOMEM;
}

/* Bytes to take from the region at once: a whole entry above the leaves, so
 * that metadata breaks up no others. */
static uint64_t chunk_size(const struct gm_adhoc *adhoc)
{
	uint64_t part = adhoc->table.size >> CHUNK_PART_SHIFT;
	uint64_t chunk = gm_granule_size(adhoc->radix.levels[2].shift);

	if (chunk > CHUNK_MAX)
		chunk = CHUNK_MAX;
	while (chunk > part && chunk > gm_granule_size(adhoc->slab_shift))
		chunk >>= 1;
	return chunk;
}

/* No growth for growth, but what was set aside. */
static int place_mark(struct gm_adhoc_search *s, uint64_t base)
{
	size_t short_of;

	return gm_radix_link(&s->adhoc->radix, base, base + s->claim.size, GM_RADIX_MARK,
			     GM_RADIX_THOROUGH | GM_RADIX_FROM_RESERVE, &short_of);
}

/* Is the chunk at base none of what the caller wants? */
static int is_elsewhere(void *ctx, struct gm_paddr base)
{
	const struct gm_adhoc_search *s = ctx;

	return base.value >= s->mine->end || base.value + s->claim.size <= s->mine->base;
}

/*
 * Take a chunk as near to the end of the region as there is one free: the search
 * goes upwards, so it looks at one part of the region after the other.
 */
static int find_chunk(struct gm_adhoc *adhoc, uint64_t size, const struct gm_adhoc_range *mine,
		      uint64_t *base)
{
	struct gm_adhoc_search s;
	struct gm_adhoc_range all = { adhoc->table.base, adhoc->table.base + adhoc->table.size,
				      GM_ADHOC_BOUNDS };
	struct gm_adhoc_range bounds = { 0, all.end, GM_ADHOC_BOUNDS };
	uint64_t part = gm_granule_up(adhoc->table.size >> CHUNK_PART_SHIFT, GM_UNIT_SHIFT) + size;

	gm_memory_clear(&s, sizeof(s));
	s.adhoc = adhoc;
	s.place = place_mark;
	s.claim.size = size;
	s.claim.align = size;
	s.quick = 1;
	s.mine = mine;
	if (mine != NULL) {
		s.claim.accept = is_elsewhere;
		s.claim.accept_ctx = &s;
	}
	/* Nothing was free above the place that was found last. */
	if (gm_atomic_load_relaxed(&adhoc->meta_end) != 0)
		bounds.end = gm_adhoc_aimed(adhoc, &adhoc->meta_end);
	while (bounds.end != all.base) {
		bounds.base = bounds.end - all.base > part ? bounds.end - part : all.base;
		if (gm_adhoc_search(&s, &bounds, bounds.base, base) == 0) {
			gm_adhoc_aim(adhoc, &adhoc->meta_end, bounds.end);
			return 0;
		}
		/* A place may lie across the border. */
		bounds.end = bounds.base == all.base ? all.base :
						       bounds.base + size - GM_OBJECT_ALIGN;
	}
	gm_atomic_store_relaxed(&adhoc->meta_end, 0);
	s.quick = 0;
	return gm_adhoc_search(&s, &all, all.base, base);
}

static int grow_by(struct gm_adhoc *adhoc, struct gm_pool *pool, uint64_t size,
		   const struct gm_adhoc_range *mine)
{
	gm_word nr_slabs = gm_atomic_load_relaxed(&pool->nr_slabs);
	uint64_t base;
	void *memory;
	int err;

	gm_table_take_free(&adhoc->table, size);
	err = find_chunk(adhoc, size, mine, &base);
	if (err != 0) {
		gm_table_give_free(&adhoc->table, size);
		return err;
	}
	/* While this thread looked for memory another grew the pool: what was
	 * taken is not published, and goes back. */
	if (gm_atomic_load_relaxed(&pool->nr_slabs) != nr_slabs) {
		gm_radix_unlink(&adhoc->radix, base, base + size, GM_RADIX_MARK);
		gm_table_give_free(&adhoc->table, size);
		return 0;
	}
	gm_atomic_add_relaxed(&adhoc->table.hosted_bytes, (gm_word)(size >> GM_UNIT_SHIFT));
	memory = adhoc->table.to_virtual(adhoc->table.to_virtual_ctx, gm_paddr(base), size);
	return gm_pool_add_brought(pool, memory, (size_t)size, 0);
}

void gm_adhoc_settle_reserve(struct gm_adhoc *adhoc)
{
	size_t level;

	/* Metadata is whole granules: it never needs a node of level 0. */
	for (level = 1; level < adhoc->radix.root_level; level++) {
		volatile gm_word *reserve = &adhoc->radix.reserve[level];
		gm_word *node;

		if (gm_atomic_load_relaxed(reserve) != 0)
			continue;
		node = gm_radix_take_node(&adhoc->radix, level, 0);
		/* release: pairs with the acquire of who takes it */
		if (node != NULL && !gm_atomic_cas_release(reserve, 0, (gm_word)node))
			gm_radix_return_node(&adhoc->radix, level, node);
	}
}

static int grow_around(struct gm_adhoc *adhoc, struct gm_pool *pool,
		       const struct gm_adhoc_range *mine)
{
	uint64_t chunk = chunk_size(adhoc);
	uint64_t slab = gm_granule_size(adhoc->slab_shift);
	int err = grow_by(adhoc, pool, chunk, mine);

	/* No whole entry is free: a few granules in one that is broken up will do. */
	if (err != 0 && slab < chunk)
		err = grow_by(adhoc, pool, slab, mine);
	if (err == 0)
		gm_adhoc_settle_reserve(adhoc);
	return err;
}

static int grow_from_region(struct gm_adhoc *adhoc, struct gm_pool *pool,
			    const struct gm_adhoc_range *mine)
{
	if (mine->is == GM_ADHOC_BOUNDS) {
		if (mine->end - mine->base < adhoc->table.size &&
		    grow_around(adhoc, pool, mine) == 0)
			return 0;
		mine = NULL;
	}
	return grow_around(adhoc, pool, mine);
}

static int grow_beyond(struct gm_adhoc *adhoc, struct gm_pool *pool,
		       const struct gm_adhoc_range *mine)
{
	if (adhoc->table.grow != NULL && grow_from_hook(adhoc, pool) == 0)
		return 0;
	return adhoc->table.to_virtual != NULL ? grow_from_region(adhoc, pool, mine) : -GM_ENOMEM;
}

/* Mark the end of the region as metadata, which may need nodes itself. */
static int mark_end(struct gm_adhoc *adhoc, uint64_t bytes)
{
	uint64_t end = adhoc->table.base + adhoc->table.size;
	struct gm_adhoc_range mine = { end - bytes, end, GM_ADHOC_WANTED };
	size_t short_of;
	int err;

	do {
		err = gm_radix_link(&adhoc->radix, end - bytes, end, GM_RADIX_MARK, 0,
				    &short_of);
	} while (err == -GM_ENOMEM &&
		 gm_adhoc_grow(adhoc, &adhoc->radix.nodes[short_of], &mine) == 0);
	return err;
}

/* The static part, and a slab for each pool, at the end of the region. */
static int set_up_in_region(struct gm_adhoc *adhoc)
{
	const struct gm_table *table = &adhoc->table;
	uint64_t bytes = gm_granule_up(table->static_bytes, adhoc->slab_shift) +
			 ((uint64_t)(adhoc->radix.root_level + 2) << adhoc->slab_shift);
	uint64_t base = table->base + table->size - bytes;
	unsigned char *at;
	int err;

	if (bytes > table->size / 2)
		return -GM_ENOMEM;
	at = table->to_virtual(table->to_virtual_ctx, gm_paddr(base), bytes);
	gm_adhoc_set_up(adhoc, at, (uintptr_t)at + (uintptr_t)bytes);
	adhoc->grow = grow_beyond;
	err = mark_end(adhoc, bytes);
	if (err != 0)
		return err;
	gm_table_take_free(&adhoc->table, bytes);
	adhoc->table.hosted_bytes = (gm_word)(bytes >> GM_UNIT_SHIFT);
	gm_adhoc_settle_reserve(adhoc);
	return 0;
}

/* Growth in the region needs nodes, and cannot come by the first ones itself. */
static void set_aside(struct gm_adhoc *adhoc)
{
	size_t level;

	for (level = 1; level < adhoc->radix.root_level; level++)
		(void)gm_adhoc_grow_from_buffer(adhoc, &adhoc->radix.nodes[level]);
	gm_adhoc_settle_reserve(adhoc);
}

int gm_adhoc_init(struct gm_adhoc *adhoc, const struct gm_table_config *config, void *buffer,
		  uint64_t bytes)
{
	int err = gm_adhoc_lay_out(adhoc, config);

	if (err != 0)
		return err;
	if (buffer == NULL)
		return config->to_virtual != NULL ? set_up_in_region(adhoc) : -GM_EINVAL;
	err = gm_adhoc_set_up_in_buffer(adhoc, buffer, bytes);
	if (err != 0)
		return err;
	adhoc->grow = grow_beyond;
	if (config->to_virtual != NULL)
		set_aside(adhoc);
	return 0;
}
