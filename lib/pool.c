/* SPDX-License-Identifier: BSD-2-Clause */
/* pool.c - the type-stable element store; contracts in granmem/pool.h. */
#include <granmem/pool.h>

#define WORD_BITS ((uint32_t)(8 * sizeof(gm_word)))

static uintptr_t slab_bytes(const struct gm_pool *pool)
{
	return pool->slab_mask + 1;
}

static volatile gm_word *free_word(struct gm_slab *slab, uint32_t word)
{
	return &slab->free[word];
}

static volatile gm_word *orphan_word(const struct gm_pool *pool, struct gm_slab *slab,
				     uint32_t word)
{
	return &slab->free[pool->nr_words + word];
}

static void *element_at(const struct gm_pool *pool, struct gm_slab *slab, uint32_t index)
{
	return (void *)((uintptr_t)slab + pool->first + (size_t)index * pool->element_size);
}

static struct gm_slab *newest(const struct gm_pool *pool)
{
	/* acquire: pairs with the release of push, the slab's bitmaps are set */
	return (struct gm_slab *)gm_atomic_load_acquire(&pool->head);
}

static struct gm_slab *next_of(const struct gm_slab *slab)
{
	/* relaxed: constant, and written before the slab was published */
	return (struct gm_slab *)gm_atomic_load_relaxed(&slab->next);
}

/* Bits of the elements that bitmap word `word` stands for. */
static gm_word word_mask(const struct gm_pool *pool, uint32_t word)
{
	uint32_t bits = pool->nr_elements - word * WORD_BITS;

	return bits >= WORD_BITS ? ~(gm_word)0 : ((gm_word)1 << bits) - 1;
}

/* ceil(2^32 / divisor) by long division; divisor > 1. */
static uint32_t reciprocal_of(uint32_t divisor)
{
	uint64_t rest = (uint64_t)1 << 32;
	uint32_t quotient = 0;
	unsigned bit;

	rest += divisor - 1;
	for (bit = 32; bit-- > 0;) {
		if (rest >> bit >= divisor) {
			rest -= (uint64_t)divisor << bit;
			quotient |= (uint32_t)1 << bit;
		}
	}
	return quotient;
}

int gm_pool_init(struct gm_pool *pool, uint32_t element_size, uint32_t record_size,
		 unsigned slab_shift, struct gm_pool_lane *lanes, unsigned nr_lanes)
{
	uint32_t nr = 0;
	uint32_t words = 0;
	size_t used;

	if (slab_shift < GM_SLAB_SHIFT_MIN || slab_shift > GM_SLAB_SHIFT_MAX || element_size < 8 ||
	    element_size % 8 != 0 || record_size % 8 != 0 || element_size >> slab_shift != 0 ||
	    record_size >> slab_shift != 0 ||
	    !gm_granule_is_power_of_two(nr_lanes))
		return -GM_EINVAL;
	for (;;) {
		used = sizeof(struct gm_slab) + (size_t)(nr + 1) * (element_size + record_size) +
		       2 * sizeof(gm_word) * (nr / WORD_BITS + 1);
		if (used > (size_t)1 << slab_shift)
			break;
		nr++;
		words = (nr - 1) / WORD_BITS + 1;
	}
	if (nr == 0)
		return -GM_EINVAL;
	*pool = (struct gm_pool){
		.lanes = lanes,
		.lane_mask = nr_lanes - 1,
		.slab_shift = slab_shift,
		.element_size = element_size,
		.record_size = record_size,
		.nr_elements = nr,
		.nr_words = words,
		.first = ((uint32_t)1 << slab_shift) - nr * element_size,
		.records = (uint32_t)(sizeof(struct gm_slab) + 2 * words * sizeof(gm_word)),
		.reciprocal = reciprocal_of(element_size),
		.slab_mask = ((uintptr_t)1 << slab_shift) - 1,
	};
	return 0;
}

static void clear(void *memory, size_t bytes)
{
	gm_word *word = memory;
	gm_word *end = word + bytes / sizeof(gm_word);

	/* Volatile, or the compiler makes it a call of memset. */
	while (word < end)
		*(volatile gm_word *)word++ = 0;
}

static void push(struct gm_pool *pool, struct gm_slab *slab)
{
	gm_word head;
	uint32_t word;

	for (word = 0; word < pool->nr_words; word++)
		gm_atomic_store_relaxed(free_word(slab, word), word_mask(pool, word));
	do {
		head = gm_atomic_load_relaxed(&pool->head);
		gm_atomic_store_relaxed(&slab->next, head);
		/* release: pairs with the acquire in newest(). Older slabs, which
		 * are reached through this one, are in its release sequence. */
	} while (!gm_atomic_cas_release(&pool->head, head, (gm_word)slab));
	gm_atomic_add_relaxed(&pool->nr_slabs, 1);
}

size_t gm_pool_add(struct gm_pool *pool, void *memory, size_t bytes, int zeroed)
{
	uintptr_t mask = pool->slab_mask;
	size_t skip = (size_t)(((uintptr_t)memory + mask) & ~mask) - (uintptr_t)memory;
	unsigned char *at = (unsigned char *)memory + skip;
	size_t nr = bytes < skip ? 0 : (bytes - skip) >> pool->slab_shift;
	size_t i;

	for (i = 0; i < nr; i++) {
		struct gm_slab *slab = (struct gm_slab *)(void *)(at + (i << pool->slab_shift));

		if (!zeroed)
			clear(slab, slab_bytes(pool));
		push(pool, slab);
	}
	return nr;
}

/* An element of this slab, or NULL if it is full. */
static void *take_from(const struct gm_pool *pool, struct gm_slab *slab)
{
	uint32_t word;

	for (word = 0; word < pool->nr_words; word++) {
		gm_word bits = gm_atomic_load_relaxed(free_word(slab, word));

		while (bits != 0) {
			gm_word bit = bits & (~bits + 1);

			/* acquire: pairs with the release of return */
			if (gm_atomic_cas_acquire(free_word(slab, word), bits, bits & ~bit))
				return element_at(pool, slab,
						  word * WORD_BITS + gm_granule_trailing(bit));
			bits = gm_atomic_load_relaxed(free_word(slab, word));
		}
	}
	return NULL;
}

/* An element of any slab in [slab, end). */
static void *take_between(const struct gm_pool *pool, struct gm_slab *slab,
			  const struct gm_slab *end, struct gm_pool_lane *lane)
{
	for (; slab != NULL && slab != end; slab = next_of(slab)) {
		void *element = take_from(pool, slab);

		if (element != NULL) {
			/* release: pairs with the acquire in gm_pool_take */
			gm_atomic_store_release(&lane->slab, (gm_word)slab);
			return element;
		}
	}
	return NULL;
}

/* Look everywhere, the lane's own neighbourhood first. */
static void *take_anywhere(struct gm_pool *pool, struct gm_slab *start, struct gm_pool_lane *lane)
{
	struct gm_slab *head = newest(pool);
	void *element;

	/*
	 * The note is taken down before looking, and put up again on success and
	 * by every return.
	 */
	gm_atomic_store_relaxed(&pool->maybe_free, 0);
	element = take_between(pool, start, NULL, lane);
	if (element == NULL)
		element = take_between(pool, head, start, lane);
	if (element != NULL)
		gm_atomic_store_relaxed(&pool->maybe_free, 1);
	else
		gm_atomic_store_relaxed(&pool->searched, (gm_word)head);
	return element;
}

/*
 * Look only at slabs that are newer than the last search in vain: while a pool
 * only fills, older slabs stay full, and walking them for each new slab would
 * make filling quadratic.
 */
static void *take_newer(struct gm_pool *pool, struct gm_pool_lane *lane)
{
	struct gm_slab *head = newest(pool);
	gm_word searched = gm_atomic_load_relaxed(&pool->searched);
	void *element = take_between(pool, head, (struct gm_slab *)searched, lane);

	if (element == NULL)
		gm_atomic_store_relaxed(&pool->searched, (gm_word)head);
	return element;
}

/* The element that a lane keeps, if it has one. */
static void *take_kept(struct gm_pool_lane *lane)
{
	gm_word kept = gm_atomic_load_relaxed(&lane->kept);

	/* acquire: pairs with the release of keep. If the element was taken and
	 * kept again meanwhile, it is free all the same. */
	return kept != 0 && gm_atomic_cas_acquire(&lane->kept, kept, 0) ? (void *)kept : NULL;
}

static void *steal(struct gm_pool *pool)
{
	unsigned i;

	for (i = 0; i <= pool->lane_mask; i++) {
		void *element = take_kept(&pool->lanes[i]);

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
	if (element != NULL)
		return element;
	if (thorough || gm_atomic_load_relaxed(&pool->maybe_free) != 0)
		return take_anywhere(pool, slab, lane);
	return take_newer(pool, lane);
}

void *gm_pool_take(struct gm_pool *pool, unsigned lane_hint, int thorough)
{
	struct gm_pool_lane *lane = &pool->lanes[lane_hint & pool->lane_mask];
	void *element = take_kept(lane);

	if (GM_LIKELY(element != NULL))
		return element;
	element = take_from_slabs(pool, lane, thorough);
	return element == NULL && thorough ? steal(pool) : element;
}

static void return_to_slab(struct gm_pool *pool, struct gm_pool_lane *lane, void *element)
{
	struct gm_slab *slab = gm_pool_slab_of(pool, element);
	uint32_t index = gm_pool_index_of(pool, element);
	volatile gm_word *word = free_word(slab, index / WORD_BITS);
	gm_word bit = (gm_word)1 << (index % WORD_BITS);
	gm_word bits;

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

void gm_pool_return(struct gm_pool *pool, void *element, unsigned lane_hint)
{
	struct gm_pool_lane *lane = &pool->lanes[lane_hint & pool->lane_mask];
	gm_word kept = gm_atomic_load_relaxed(&lane->kept);

	/* release: pairs with the acquire of take_kept */
	if (GM_LIKELY(kept == 0) && gm_atomic_cas_release(&lane->kept, 0, (gm_word)element))
		return;
	if (GM_CHECK(kept != (gm_word)element, "pool: the element is already free", element))
		return_to_slab(pool, lane, element);
}

void gm_pool_mark_orphan(struct gm_pool *pool, void *element)
{
	struct gm_slab *slab = gm_pool_slab_of(pool, element);
	uint32_t index = gm_pool_index_of(pool, element);

	/* The bit is clear, so adding sets it. release: pairs with take_orphan. */
	gm_atomic_add_release(orphan_word(pool, slab, index / WORD_BITS),
			      (gm_word)1 << (index % WORD_BITS));
	gm_atomic_add_release(&pool->nr_orphans, 1);
}

void *gm_pool_take_orphan(struct gm_pool *pool)
{
	struct gm_slab *slab;
	uint32_t word;

	if (gm_atomic_load_acquire(&pool->nr_orphans) == 0)
		return NULL;
	for (slab = newest(pool); slab != NULL; slab = next_of(slab)) {
		for (word = 0; word < pool->nr_words; word++) {
			gm_word bits = gm_atomic_load_relaxed(orphan_word(pool, slab, word));
			gm_word bit = bits & (~bits + 1);

			/* acquire: pairs with the release of mark_orphan */
			if (bits == 0 || !gm_atomic_cas_acquire(orphan_word(pool, slab, word),
								bits, bits & ~bit))
				continue;
			gm_atomic_add_relaxed(&pool->nr_orphans, (gm_word)0 - 1);
			return element_at(pool, slab, word * WORD_BITS + gm_granule_trailing(bit));
		}
	}
	return NULL;
}

/* The first taken element of the slab from index on, or NULL. */
static void *taken_from(const struct gm_pool *pool, struct gm_slab *slab, uint32_t index)
{
	uint32_t word;

	for (word = index / WORD_BITS; word < pool->nr_words; word++) {
		gm_word taken = ~gm_atomic_load_relaxed(free_word(slab, word)) &
				word_mask(pool, word);

		if (word == index / WORD_BITS)
			taken &= ~(gm_word)0 << (index % WORD_BITS);
		if (taken != 0)
			return element_at(pool, slab,
					  word * WORD_BITS + gm_granule_trailing(taken));
	}
	return NULL;
}

void *gm_pool_next(const struct gm_pool *pool, void *element)
{
	struct gm_slab *slab = element == NULL ? newest(pool) : gm_pool_slab_of(pool, element);
	uint32_t index = element == NULL ? 0 : gm_pool_index_of(pool, element) + 1;

	for (; slab != NULL; slab = next_of(slab), index = 0) {
		void *found = taken_from(pool, slab, index);

		if (found != NULL)
			return found;
	}
	return NULL;
}

uint64_t gm_pool_used(const struct gm_pool *pool)
{
	uint64_t used = 0;
	struct gm_slab *slab;
	uint32_t word;

	for (slab = newest(pool); slab != NULL; slab = next_of(slab)) {
		for (word = 0; word < pool->nr_words; word++) {
			gm_word taken = ~gm_atomic_load_relaxed(free_word(slab, word)) &
					word_mask(pool, word);

			for (; taken != 0; taken &= taken - 1)
				used++;
		}
	}
	for (word = 0; word <= pool->lane_mask; word++)
		used -= gm_atomic_load_relaxed(&pool->lanes[word].kept) != 0;
	return used;
}

uint64_t gm_pool_bytes(const struct gm_pool *pool)
{
	return (uint64_t)gm_atomic_load_relaxed(&pool->nr_slabs) << pool->slab_shift;
}
