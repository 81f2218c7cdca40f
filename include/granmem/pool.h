/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool.h - a type-stable store of equal elements: descriptors, tree nodes.
 *
 * Memory comes in slabs of 2^slab_shift bytes, aligned to their size, so that
 * an element's slab is found by a mask:
 *
 *   +0      next slab
 *           free bits       1 = free, one bit an element
 *           orphan bits     1 = its destruction waits for reap
 *           records         record_size bytes an element, beside it
 *           (gap)
 *           elements        to the end of the slab
 *
 * An element is taken and returned by a compare-and-swap of one bitmap word:
 * there are no links between free elements, so there is no ABA, and a stale
 * pointer always leads to memory that is an element of the same pool (I8).
 *
 * Each lane (a CPU, as a hint only) keeps one free element in a word of its own,
 * which the next take gets without looking at a bitmap, and remembers the slab
 * it last took from and the one it last returned to. Before the pool is out of
 * memory the elements that lanes keep are stolen.
 *
 * Who may run beside whom: everything beside everything, but init.
 * Progress: lock-free. Context: any, NMI included.
 */
#ifndef GM_POOL_H
#define GM_POOL_H

#include <granmem/atomic.h>
#include <granmem/error.h>
#include <granmem/granule.h>
#include <granmem/port.h>

GM_BEGIN_DECLS

#define GM_SLAB_SHIFT_MIN 9
#define GM_SLAB_SHIFT_MAX 21

/* What one lane remembers; a cache line of its own. */
struct gm_pool_lane {
	gm_word kept;   /* address of a free element, or 0 */
	gm_word slab;   /* address of the slab last taken from, or 0 */
	gm_word recent; /* address of the slab last returned to, or 0 */
	unsigned char padding[64 - 3 * sizeof(gm_word)];
};

struct gm_slab;

struct gm_pool {
	gm_word head;        /* address of the newest slab, or 0 */
	gm_word maybe_free;  /* 0: nothing was returned since a search found nothing */
	gm_word searched;    /* newest slab when a search last found nothing, or 0 */
	gm_word nr_slabs;
	gm_word nr_growing;  /* who is between getting memory for a slab and adding it */
	gm_word nr_orphans;  /* a hint: not less than the marked elements at rest */
	struct gm_pool_lane *lanes;
	size_t lane_mask;
	unsigned slab_shift;
	gm_word element_size;
	uint32_t record_size;
	uint32_t nr_elements; /* of each slab */
	gm_word nr_words;     /* of each bitmap */
	gm_word first;        /* byte offset of element 0 */
	uint32_t records;     /* byte offset of record 0 */
	gm_word reciprocal;   /* ceil(2^32 / element_size): division without libgcc */
	uintptr_t slab_mask;  /* bytes of a slab, less one */
};

/*
 * gm_pool_init - an empty pool.
 *
 * element_size and record_size in bytes, both multiples of 8; lanes: an array
 * of nr_lanes (a power of two), which the pool keeps using and the caller owns.
 * Returns 0, or -GM_EINVAL if fewer than one element fits a slab or a number
 * is not as required. Context: before the pool is shared.
 */
GM_MUST_CHECK int gm_pool_init(struct gm_pool *pool, uint32_t element_size, uint32_t record_size,
			       unsigned slab_shift, struct gm_pool_lane *lanes, size_t nr_lanes);

/*
 * gm_pool_add - give memory to the pool, for good.
 *
 * Cuts as many aligned slabs out of [memory, memory + bytes) as fit; the rest
 * is unused. The memory is cleared unless `zeroed` says that it is. Returns the
 * number of slabs, which may be 0. Ordering: release, pairs with take.
 */
size_t gm_pool_add(struct gm_pool *pool, void *memory, size_t bytes, int zeroed);

/*
 * gm_pool_take - a free element, or NULL if there is none.
 *
 * The element is as it was when it was returned (zero the first time); it is
 * the caller's until gm_pool_return. lane: any number. Ordering: acquire, pairs
 * with return and add.
 *
 * `thorough` 0: look only where something was returned lately, which is right
 * when the caller can grow the pool; 1: look everywhere.
 */
GM_INLINE void *gm_pool_take(struct gm_pool *pool, size_t lane, int thorough);

/*
 * gm_pool_return - an element goes back.
 *
 * Requires an element that was taken. Returning one twice goes to the assertion
 * hook and changes nothing, unless another lane keeps it. Ordering: release.
 */
GM_INLINE void gm_pool_return(struct gm_pool *pool, void *element, size_t lane);

/* gm_pool_take_kept - the element that a lane keeps, or NULL. */
GM_INLINE void *gm_pool_take_kept(struct gm_pool_lane *lane);

/* The rest of take and return, where a lane's one element does not do. */
void *gm_pool_take_rest(struct gm_pool *pool, size_t lane, int thorough);
void gm_pool_return_rest(struct gm_pool *pool, void *element, size_t lane);

/* gm_pool_slab_of, gm_pool_index_of - where an element lies. */
GM_INLINE struct gm_slab *gm_pool_slab_of(const struct gm_pool *pool, const void *element);
GM_INLINE size_t gm_pool_index_of(const struct gm_pool *pool, const void *element);

/* gm_pool_record - the record beside an element, record_size bytes. */
GM_INLINE void *gm_pool_record(const struct gm_pool *pool, const void *element);

/*
 * gm_pool_mark_orphan - the element's destruction is left to gm_pool_take_orphan.
 * Ordering: release.
 */
void gm_pool_mark_orphan(struct gm_pool *pool, void *element);

/* gm_pool_is_orphan - is it marked, and not yet taken by gm_pool_take_orphan? */
int gm_pool_is_orphan(const struct gm_pool *pool, const void *element);

/*
 * gm_pool_take_orphan - a marked element, unmarked, or NULL if there is none.
 * Whoever gets it owns the destruction. Ordering: acquire.
 */
void *gm_pool_take_orphan(struct gm_pool *pool);

/*
 * gm_pool_next - walk the elements that are taken, in no useful order.
 *
 * Begins with NULL, ends with NULL. Beside concurrent changes it finds every
 * element that is taken throughout. Elements may be returned by the time the
 * caller looks.
 */
void *gm_pool_next(const struct gm_pool *pool, void *element);

/* gm_pool_used - number of elements that are taken; walks all bitmaps. Exact at
 * rest. */
uint64_t gm_pool_used(const struct gm_pool *pool);

/* gm_pool_bytes - bytes of all slabs. */
uint64_t gm_pool_bytes(const struct gm_pool *pool);

GM_END_DECLS

#include <granmem/inline/pool.h>

#endif
