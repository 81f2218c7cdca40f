/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/pool.h. */
#ifndef GM_INLINE_POOL_H
#define GM_INLINE_POOL_H

GM_BEGIN_DECLS

GM_INLINE struct gm_slab *gm_pool_slab_of(const struct gm_pool *pool, const void *element)
{
	return (struct gm_slab *)((uintptr_t)element & ~pool->slab_mask);
}

GM_INLINE size_t gm_pool_index_of(const struct gm_pool *pool, const void *element)
{
	uint64_t offset = ((uintptr_t)element & pool->slab_mask) - pool->first;

	return (size_t)((offset * pool->reciprocal) >> 32);
}

GM_INLINE void *gm_pool_take_kept(struct gm_pool_lane *lane)
{
	gm_word kept = gm_atomic_load_relaxed(&lane->kept);

	/* acquire: pairs with the release of return. If the element was taken and
	 * kept again meanwhile, it is free all the same. */
	return kept != 0 && gm_atomic_cas_acquire(&lane->kept, kept, 0) ? (void *)kept : NULL;
}

GM_INLINE void *gm_pool_take(struct gm_pool *pool, size_t lane, int thorough)
{
	void *element = gm_pool_take_kept(&pool->lanes[lane & pool->lane_mask]);

	return GM_LIKELY(element != NULL) ? element : gm_pool_take_rest(pool, lane, thorough);
}

GM_INLINE void gm_pool_return(struct gm_pool *pool, void *element, size_t lane)
{
	struct gm_pool_lane *own = &pool->lanes[lane & pool->lane_mask];

	/* release: pairs with the acquire of take_kept */
	if (gm_atomic_load_relaxed(&own->kept) != 0 ||
	    !gm_atomic_cas_release(&own->kept, 0, (gm_word)element))
		gm_pool_return_rest(pool, element, lane);
}

GM_INLINE void *gm_pool_record(const struct gm_pool *pool, const void *element)
{
	uintptr_t records = (uintptr_t)gm_pool_slab_of(pool, element) + pool->records;

	return (void *)(records + (size_t)gm_pool_index_of(pool, element) * pool->record_size);
}

GM_END_DECLS

#endif
