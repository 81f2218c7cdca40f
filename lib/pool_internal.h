/* SPDX-License-Identifier: BSD-2-Clause */
/* pool_internal.h - a slab from the inside, for the files of the pool. */
#ifndef GM_POOL_INTERNAL_H
#define GM_POOL_INTERNAL_H

#include <granmem/pool.h>

struct gm_slab {
	gm_word next; /* address of the next slab, or 0; constant once published */
	gm_word free[];
};

/* gm_pool_slabs_for - slabs that hold nr elements, for an initialised pool. */
uint64_t gm_pool_slabs_for(const struct gm_pool *pool, uint64_t nr);

/* gm_pool_set_up - gm_pool_init of measures that are known to be right. */
void gm_pool_set_up(struct gm_pool *pool, uint32_t element_size, uint32_t record_size,
		    unsigned slab_shift, struct gm_pool_lane *lanes, size_t nr_lanes);

/* gm_pool_add_slab - gm_pool_add of exactly one slab, aligned as it should be. */
void gm_pool_add_slab(struct gm_pool *pool, void *memory, int zeroed);

#define GM_POOL_WORD_BITS (8 * sizeof(gm_word))

static inline uintptr_t gm_pool_slab_bytes(const struct gm_pool *pool)
{
	return pool->slab_mask + 1;
}

static inline volatile gm_word *gm_pool_free_word(struct gm_slab *slab, size_t word)
{
	return &slab->free[word];
}

static inline volatile gm_word *gm_pool_orphan_word(const struct gm_pool *pool,
						    struct gm_slab *slab, size_t word)
{
	return &slab->free[pool->nr_words + word];
}

static inline void *gm_pool_element_at(const struct gm_pool *pool, struct gm_slab *slab,
				       size_t index)
{
	return (void *)((uintptr_t)slab + pool->first + (size_t)index * pool->element_size);
}

static inline struct gm_slab *gm_pool_newest(const struct gm_pool *pool)
{
	/* acquire: pairs with the release of push, the slab's bitmaps are set */
	return (struct gm_slab *)gm_atomic_load_acquire(&pool->head);
}

static inline struct gm_slab *gm_pool_next_of(const struct gm_slab *slab)
{
	/* relaxed: constant, and written before the slab was published */
	return (struct gm_slab *)gm_atomic_load_relaxed(&slab->next);
}

/* gm_pool_take_rarely, gm_pool_return_rarely - gm_pool_take() and gm_pool_return() by the
 * CPU hint, for callers off the everyday way, which need no copy of their own. */
void *gm_pool_take_rarely(struct gm_pool *pool, int thorough);
void gm_pool_return_rarely(struct gm_pool *pool, void *element);

/*
 * gm_pool_add_brought - gm_pool_add() of whole slabs that somebody was asked for.
 *
 * Returns 0; -GM_ENOMEM if they are not aligned as they were asked for, a bug of who
 * brought them. What was added of them stays.
 */
int gm_pool_add_brought(struct gm_pool *pool, void *memory, size_t bytes, int zeroed);

/*
 * gm_pool_begin_growth, gm_pool_end_growth - around the getting of memory for slabs
 * and gm_pool_add().
 *
 * What one has got and not yet added is nowhere to be found: another that finds
 * nothing left must not take the pool for exhausted. gm_pool_end_growth is given how
 * it went, and returns that; but -GM_ENOMEM becomes -GM_EBUSY if others are in
 * between. If it stays, all that they got before the caller found nothing is in the
 * pool, where gm_pool_take() finds it.
 *
 * For that, who takes from a store writes to it with release after begin, and who
 * finds it empty has read it with acquire before end.
 */
static inline void gm_pool_begin_growth(struct gm_pool *pool)
{
	/* relaxed: what the store is written with is a release */
	gm_atomic_add_relaxed(&pool->nr_growing, 1);
}

static inline int gm_pool_end_growth(struct gm_pool *pool, int err)
{
	/* acquire and release: pair with each other, so that who reads that nobody else
	 * is growing sees what was added before */
	int others = gm_atomic_load_acquire(&pool->nr_growing) != 1;

	gm_atomic_add_release(&pool->nr_growing, (gm_word)0 - 1);
	return err == -GM_ENOMEM && others ? -GM_EBUSY : err;
}

/* Bits of the elements that bitmap word `word` stands for. */
static inline gm_word gm_pool_word_mask(const struct gm_pool *pool, size_t word)
{
	size_t bits = pool->nr_elements - word * GM_POOL_WORD_BITS;

	return bits >= GM_POOL_WORD_BITS ? ~(gm_word)0 : ((gm_word)1 << bits) - 1;
}

#endif
