/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/pool.h. */
#ifndef GM_INLINE_POOL_H
#define GM_INLINE_POOL_H

GM_BEGIN_DECLS

GM_INLINE struct gm_slab *gm_pool_slab_of(const struct gm_pool *pool, const void *element)
{
	return (struct gm_slab *)((uintptr_t)element & ~pool->slab_mask);
}

GM_INLINE uint32_t gm_pool_index_of(const struct gm_pool *pool, const void *element)
{
	uint32_t offset = (uint32_t)((uintptr_t)element & pool->slab_mask) - pool->first;

	return (uint32_t)(((uint64_t)offset * pool->reciprocal) >> 32);
}

GM_INLINE void *gm_pool_record(const struct gm_pool *pool, const void *element)
{
	uintptr_t records = (uintptr_t)gm_pool_slab_of(pool, element) + pool->records;

	return (void *)(records + (size_t)gm_pool_index_of(pool, element) * pool->record_size);
}

GM_END_DECLS

#endif
