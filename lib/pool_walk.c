/* SPDX-License-Identifier: BSD-2-Clause */
/* pool_walk.c - orphans, and walking what is taken; contracts in granmem/pool.h. */
#include "pool_internal.h"

void gm_pool_mark_orphan(struct gm_pool *pool, void *element)
{
	struct gm_slab *slab = gm_pool_slab_of(pool, element);
	size_t index = gm_pool_index_of(pool, element);

	/* The bit is clear, so adding sets it. release: pairs with take_orphan. */
	gm_atomic_add_release(gm_pool_orphan_word(pool, slab, index / GM_POOL_WORD_BITS),
			      (gm_word)1 << (index % GM_POOL_WORD_BITS));
	gm_atomic_add_release(&pool->nr_orphans, 1);
}

int gm_pool_is_orphan(const struct gm_pool *pool, const void *element)
{
	size_t index = gm_pool_index_of(pool, element);
	gm_word bits = gm_atomic_load_relaxed(gm_pool_orphan_word(
		pool, gm_pool_slab_of(pool, element), index / GM_POOL_WORD_BITS));

	return (bits >> (index % GM_POOL_WORD_BITS)) & 1;
}

void *gm_pool_take_orphan(struct gm_pool *pool)
{
	struct gm_slab *slab;
	size_t word;

	if (gm_atomic_load_acquire(&pool->nr_orphans) == 0)
		return NULL;
	for (slab = gm_pool_newest(pool); slab != NULL; slab = gm_pool_next_of(slab)) {
		for (word = 0; word < pool->nr_words; word++) {
			gm_word bits =
				gm_atomic_load_relaxed(gm_pool_orphan_word(pool, slab, word));
			gm_word bit = bits & (~bits + 1);

			/* acquire: pairs with the release of mark_orphan */
			if (bits == 0 ||
			    !gm_atomic_cas_acquire(gm_pool_orphan_word(pool, slab, word), bits,
						   bits & ~bit))
				continue;
			gm_atomic_add_relaxed(&pool->nr_orphans, (gm_word)0 - 1);
			return gm_pool_element_at(
				pool, slab, word * GM_POOL_WORD_BITS + gm_granule_trailing(bit));
		}
	}
	return NULL;
}

/* The first taken element of the slab from index on, or NULL. */
static void *taken_from(const struct gm_pool *pool, struct gm_slab *slab, size_t index)
{
	size_t word;

	for (word = index / GM_POOL_WORD_BITS; word < pool->nr_words; word++) {
		gm_word taken = ~gm_atomic_load_relaxed(gm_pool_free_word(slab, word)) &
				gm_pool_word_mask(pool, word);

		if (word == index / GM_POOL_WORD_BITS)
			taken &= ~(gm_word)0 << (index % GM_POOL_WORD_BITS);
		if (taken != 0)
			return gm_pool_element_at(
				pool, slab, word * GM_POOL_WORD_BITS + gm_granule_trailing(taken));
	}
	return NULL;
}

/* Free, though its bit says that it is taken? */
static int is_kept(const struct gm_pool *pool, const void *element)
{
	unsigned i;

	for (i = 0; i <= pool->lane_mask; i++)
		if (gm_atomic_load_relaxed(&pool->lanes[i].kept) == (gm_word)element)
			return 1;
	return 0;
}

void *gm_pool_next(const struct gm_pool *pool, void *element)
{
	struct gm_slab *slab =
		element == NULL ? gm_pool_newest(pool) : gm_pool_slab_of(pool, element);
	size_t index = element == NULL ? 0 : gm_pool_index_of(pool, element) + 1;

	for (; slab != NULL; slab = gm_pool_next_of(slab), index = 0) {
		void *found = taken_from(pool, slab, index);

		while (found != NULL && is_kept(pool, found))
			found = taken_from(pool, slab, gm_pool_index_of(pool, found) + 1);
		if (found != NULL)
			return found;
	}
	return NULL;
}

uint64_t gm_pool_used(const struct gm_pool *pool)
{
	uint64_t used = 0;
	struct gm_slab *slab;
	size_t word;

	for (slab = gm_pool_newest(pool); slab != NULL; slab = gm_pool_next_of(slab)) {
		for (word = 0; word < pool->nr_words; word++) {
			gm_word taken = ~gm_atomic_load_relaxed(gm_pool_free_word(slab, word)) &
					gm_pool_word_mask(pool, word);

			for (; taken != 0; taken &= taken - 1)
				used++;
		}
	}
	/* Beside changes an element may be kept that was not counted. */
	for (word = 0; word <= pool->lane_mask && used != 0; word++)
		used -= gm_atomic_load_relaxed(&pool->lanes[word].kept) != 0;
	return used;
}

uint64_t gm_pool_bytes(const struct gm_pool *pool)
{
	return (uint64_t)gm_atomic_load_relaxed(&pool->nr_slabs) << pool->slab_shift;
}
