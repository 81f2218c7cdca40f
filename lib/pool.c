/* SPDX-License-Identifier: BSD-2-Clause */
/* pool.c - taking and returning elements; contracts in granmem/pool.h. */
#include <granmem/trace.h>

#include "memory_internal.h"
#include "pool_internal.h"

/* ceil(2^32 / divisor) by long division of 2^32 - 1, as some processors have no other;
 * divisor > 1. */
static uint32_t reciprocal_of(uint32_t divisor)
{
	uint32_t quotient = 0;
	uint32_t rest = 0;
	unsigned bit;

	for (bit = 0; bit < 32; bit++) {
		rest = rest << 1 | 1;
		quotient <<= 1;
		if (rest >= divisor) {
			rest -= divisor;
			quotient |= 1;
		}
	}
	return quotient + 1;
}

GM_COLD void gm_pool_set_up(struct gm_pool *pool, uint32_t element_size, uint32_t record_size,
			    unsigned slab_shift, struct gm_pool_lane *lanes, size_t nr_lanes)
{
	uint32_t nr = 0;
	uint32_t words;

	while (sizeof(struct gm_slab) + (size_t)(nr + 1) * (element_size + record_size) +
		       2 * sizeof(gm_word) * (nr / GM_POOL_WORD_BITS + 1) <=
	       (size_t)1 << slab_shift)
		nr++;
	words = (nr + (uint32_t)GM_POOL_WORD_BITS - 1) / (uint32_t)GM_POOL_WORD_BITS;
	gm_memory_clear(pool, sizeof(*pool));
	pool->lanes = lanes;
	pool->lane_mask = nr_lanes - 1;
	pool->slab_shift = slab_shift;
	pool->slab_mask = ((uintptr_t)1 << slab_shift) - 1;
	pool->element_size = element_size;
	pool->record_size = record_size;
	pool->nr_elements = nr;
	pool->nr_words = words;
	pool->first = ((uint32_t)1 << slab_shift) - nr * element_size;
	pool->records = (uint32_t)(sizeof(struct gm_slab) + 2 * words * sizeof(gm_word));
	pool->reciprocal = reciprocal_of(element_size);
}

int gm_pool_init(struct gm_pool *pool, uint32_t element_size, uint32_t record_size,
		 unsigned slab_shift, struct gm_pool_lane *lanes, size_t nr_lanes)
{
	if (slab_shift < GM_SLAB_SHIFT_MIN || slab_shift > GM_SLAB_SHIFT_MAX || element_size < 8 ||
	    element_size % 8 != 0 || record_size % 8 != 0 || element_size >> slab_shift != 0 ||
	    record_size >> slab_shift != 0 || !gm_granule_is_power_of_two(nr_lanes))
		return -GM_EINVAL;
	gm_pool_set_up(pool, element_size, record_size, slab_shift, lanes, nr_lanes);
	return pool->nr_elements != 0 ? 0 : -GM_EINVAL;
}

/* Objects have 64 bytes of a 52-bit space at least, and elements 8 of a slab: no
 * product of the two reaches 2^64. */
#define SLABS_BITS 46

/* ceil(nr / elements of a slab), by subtraction of powers: no division on 32 bits. */
uint64_t gm_pool_slabs_for(const struct gm_pool *pool, uint64_t nr)
{
	uint64_t slabs = 0;
	unsigned shift;

	for (shift = SLABS_BITS; shift-- > 0;) {
		uint64_t covered = (uint64_t)pool->nr_elements << shift;

		if (nr > covered) {
			nr -= covered;
			slabs += (uint64_t)1 << shift;
		}
	}
	return slabs + (nr != 0);
}

static void push(struct gm_pool *pool, struct gm_slab *slab)
{
	gm_word head;
	size_t word;

	for (word = 0; word < pool->nr_words; word++)
		gm_atomic_store_relaxed(gm_pool_free_word(slab, word),
					gm_pool_word_mask(pool, word));
	do {
		head = gm_atomic_load_relaxed(&pool->head);
		gm_atomic_store_relaxed(&slab->next, head);
		/* release: pairs with the acquire in gm_pool_newest(). Older slabs, which
		 * are reached through this one, are in its release sequence. */
	} while (!gm_atomic_cas_release(&pool->head, head, (gm_word)slab));
	gm_atomic_add_relaxed(&pool->nr_slabs, 1);
}

GM_COLD void gm_pool_add_slab(struct gm_pool *pool, void *memory, int zeroed)
{
	if (!zeroed)
		gm_memory_clear(memory, gm_pool_slab_bytes(pool));
	push(pool, memory);
	GM_TRACE(grow, pool, (uintptr_t)memory, gm_pool_slab_bytes(pool));
}

GM_COLD size_t gm_pool_add(struct gm_pool *pool, void *memory, size_t bytes, int zeroed)
{
	uintptr_t mask = pool->slab_mask;
	size_t skip = (size_t)(((uintptr_t)memory + mask) & ~mask) - (uintptr_t)memory;
	unsigned char *at = (unsigned char *)memory + skip;
	size_t nr = bytes < skip ? 0 : (bytes - skip) >> pool->slab_shift;
	size_t i;

	for (i = 0; i < nr; i++)
		gm_pool_add_slab(pool, at + (i << pool->slab_shift), zeroed);
	return nr;
}

int gm_pool_add_brought(struct gm_pool *pool, void *memory, size_t bytes, int zeroed)
{
	size_t nr = gm_pool_add(pool, memory, bytes, zeroed);

	return GM_CHECK(nr == bytes >> pool->slab_shift,
			"pool: the memory for slabs is not aligned as it was asked for", memory) ?
		       0 :
		       -GM_ENOMEM;
}

/* An element of this slab, or NULL if it is full. */
static void *take_from(const struct gm_pool *pool, struct gm_slab *slab)
{
	size_t word;

	for (word = 0; word < pool->nr_words; word++) {
		gm_word bits = gm_atomic_load_relaxed(gm_pool_free_word(slab, word));

		while (bits != 0) {
			gm_word bit = bits & (~bits + 1);

			/* acquire: pairs with the release of return */
			if (gm_atomic_cas_acquire(gm_pool_free_word(slab, word), bits, bits & ~bit))
				return gm_pool_element_at(pool, slab,
							  word * GM_POOL_WORD_BITS +
								  gm_granule_trailing(bit));
			bits = gm_atomic_load_relaxed(gm_pool_free_word(slab, word));
		}
	}
	return NULL;
}

/* An element of any slab in [slab, end). */
static void *take_between(const struct gm_pool *pool, struct gm_slab *slab,
			  const struct gm_slab *end, struct gm_pool_lane *lane)
{
	for (; slab != NULL && slab != end; slab = gm_pool_next_of(slab)) {
		void *element = take_from(pool, slab);

		if (element != NULL) {
			/* release: pairs with the acquire in gm_pool_take */
			gm_atomic_store_release(&lane->slab, (gm_word)slab);
			return element;
		}
	}
	return NULL;
}

/*
 * Look everywhere, the lane's own neighbourhood first; or only at slabs that are newer
 * than the last search in vain: while a pool only fills, older slabs stay full, and
 * walking them for each new slab would make filling quadratic.
 */
static void *take_from_others(struct gm_pool *pool, struct gm_slab *start,
			      struct gm_pool_lane *lane, int thorough)
{
	struct gm_slab *head = gm_pool_newest(pool);
	struct gm_slab *end = (struct gm_slab *)gm_atomic_load_relaxed(&pool->searched);
	int anywhere = thorough || gm_atomic_load_relaxed(&pool->maybe_free) != 0;
	void *element = NULL;

	if (anywhere) {
		/* The note is taken down before looking, and put up again on success
		 * and by every return. */
		gm_atomic_store_relaxed(&pool->maybe_free, 0);
		element = take_between(pool, start, NULL, lane);
		end = start;
	}
	if (element == NULL)
		element = take_between(pool, head, end, lane);
	if (element == NULL)
		gm_atomic_store_relaxed(&pool->searched, (gm_word)head);
	else if (anywhere)
		gm_atomic_store_relaxed(&pool->maybe_free, 1);
	return element;
}

static void *steal(struct gm_pool *pool)
{
	size_t i;

	for (i = 0; i <= pool->lane_mask; i++) {
		void *element = gm_pool_take_kept(&pool->lanes[i]);

		if (element != NULL)
			return element;
	}
	return NULL;
}

/* An element from the bitmaps. */
static void *take_from_slabs(struct gm_pool *pool, struct gm_pool_lane *lane, int thorough)
{
	/* acquire on both: a slab that another context published */
	struct gm_slab *slab = (struct gm_slab *)gm_atomic_load_acquire(&lane->slab);
	struct gm_slab *recent = (struct gm_slab *)gm_atomic_load_acquire(&lane->recent);
	void *element = slab != NULL ? take_from(pool, slab) : NULL;

	if (element == NULL && recent != NULL && recent != slab) {
		element = take_from(pool, recent);
		if (element != NULL)
			gm_atomic_store_release(&lane->slab, (gm_word)recent);
	}
	return element != NULL ? element : take_from_others(pool, slab, lane, thorough);
}

void *gm_pool_take_rest(struct gm_pool *pool, size_t lane, int thorough)
{
	void *element = take_from_slabs(pool, &pool->lanes[lane & pool->lane_mask], thorough);

	return element != NULL ? element : steal(pool);
}

GM_NOINLINE void *gm_pool_take_rarely(struct gm_pool *pool, int thorough)
{
	return gm_pool_take(pool, GM_CPU_HINT(), thorough);
}

void gm_pool_return_rest(struct gm_pool *pool, void *element, size_t lane_hint)
{
	struct gm_pool_lane *lane = &pool->lanes[lane_hint & pool->lane_mask];
	struct gm_slab *slab = gm_pool_slab_of(pool, element);
	size_t index = gm_pool_index_of(pool, element);
	volatile gm_word *word = gm_pool_free_word(slab, index / GM_POOL_WORD_BITS);
	gm_word bit = (gm_word)1 << (index % GM_POOL_WORD_BITS);
	gm_word bits;

	if (!GM_CHECK(gm_atomic_load_relaxed(&lane->kept) != (gm_word)element,
		      "pool: the element is already free", element))
		return;
	do {
		bits = gm_atomic_load_relaxed(word);
		if (!GM_CHECK((bits & bit) == 0, "pool: the element is already free", element))
			return;
		/* release: pairs with the acquire of take */
	} while (!gm_atomic_cas_release(word, bits, bits | bit));
	if (gm_atomic_load_relaxed(&lane->recent) != (gm_word)slab)
		gm_atomic_store_release(&lane->recent, (gm_word)slab);
	if (gm_atomic_load_relaxed(&pool->maybe_free) == 0)
		gm_atomic_store_relaxed(&pool->maybe_free, 1);
}

GM_NOINLINE void gm_pool_return_rarely(struct gm_pool *pool, void *element)
{
	gm_pool_return(pool, element, GM_CPU_HINT());
}
