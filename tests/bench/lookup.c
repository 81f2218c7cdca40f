/* SPDX-License-Identifier: BSD-2-Clause */
/* lookup.c - the array, and the floors of other shapes; see lookup.h. */
#include "lookup.h"

struct world world;
volatile uintptr_t lookup_sink;

BENCH_INLINE void *flat_find(struct gm_paddr paddr)
{
	const struct flat *flat = &world.flat;
	uint64_t offset = paddr.value - flat->base;

	if (GM_UNLIKELY(offset >= flat->size))
		return NULL;
	return (void *)gm_atomic_load_acquire(&flat->words[offset / LOOKUP_GRANULE]);
}

/* What any array needs whose words may be something else than an object, which their
 * low bits tell, and whose granule is chosen when it is made. */
BENCH_INLINE void *typed_find(struct gm_paddr paddr)
{
	const struct flat *flat = &world.flat;
	uint64_t offset = paddr.value - flat->base;
	gm_word word;

	if (GM_UNLIKELY(offset >= flat->size))
		return NULL;
	word = gm_atomic_load_acquire(&flat->words[offset >> flat->granule_shift]);
	return GM_LIKELY((word & GM_BLOCKS_KIND_MASK) == 0) ? (void *)word : NULL;
}

#define LEAF ((gm_word)1)
#define TAGS ((gm_word)3)

/* What any table needs that holds an object in a leaf's word or, where it covers all of
 * them, in the leaf's own: two bits tell. */
BENCH_INLINE void *leaves_find(struct gm_paddr paddr)
{
	const struct flat *flat = &world.flat;
	uint64_t offset = paddr.value - flat->base;
	gm_word word;

	if (GM_UNLIKELY(offset >= flat->size))
		return NULL;
	word = gm_atomic_load_acquire(&flat->leaves[offset / LOOKUP_LEAF]);
	if (GM_LIKELY((word & LEAF) != 0))
		word = gm_atomic_load_acquire(
			&((gm_word *)(word - LEAF))[offset / LOOKUP_GRANULE % LOOKUP_LEAF_WORDS]);
	return GM_LIKELY((word & TAGS) == 0) ? (void *)word : NULL;
}

/* What any table with a descriptor for each granule needs: one is read. Its highest
 * bit is shifted out for lookup_chained, which the compiler may not know. */
BENCH_INLINE void *wide_find(struct gm_paddr paddr)
{
	const struct gm_blocks *blocks = &world.compound.blocks;
	uint64_t offset = paddr.value - world.flat.base;
	gm_word word;

	if (GM_UNLIKELY(offset >= world.flat.size))
		return NULL;
	word = gm_atomic_load_acquire(&gm_blocks_own(blocks, offset / LOOKUP_GRANULE)->state) >> 1;
	__asm__ volatile("" : "+r"(word));
	return (void *)word;
}

LOOKUP_LOOPS(flat)
LOOKUP_LOOPS(typed)
LOOKUP_LOOPS(leaves)
LOOKUP_LOOPS(wide)

const struct lookup_loops lookup_flat = LOOKUP_LOOPS_OF(flat);
const struct lookup_loops lookup_typed = LOOKUP_LOOPS_OF(typed);
const struct lookup_loops lookup_leaves = LOOKUP_LOOPS_OF(leaves);
const struct lookup_loops lookup_wide = LOOKUP_LOOPS_OF(wide);

void lookup_addresses(void *ctx, uint64_t loops)
{
	uint64_t at = world.at;
	uint64_t end = at + loops;
	uintptr_t sum = 0;

	(void)ctx;
	for (; at < end; at++) {
		sum ^= (uintptr_t)lookup_scattered(at).value;
		__asm__ volatile("" : "+r"(sum));
	}
	lookup_sink = sum;
	world.at = at;
}

void lookup_flat_get_put(void *ctx, uint64_t loops)
{
	uint64_t end = world.at + loops;

	(void)ctx;
	for (; world.at < end; world.at++) {
		struct gm_desc *desc = flat_find(lookup_scattered(world.at));

		gm_atomic_add_acquire(&desc->state, 1);
		gm_atomic_add_release(&desc->state, (gm_word)0 - 1);
	}
}

/* A count of references has to look: whether it may be kept, whether it was the last. */
void lookup_leaves_get_put(void *ctx, uint64_t loops)
{
	uint64_t end = world.at + loops;

	(void)ctx;
	for (; world.at < end; world.at++) {
		struct gm_desc *desc = leaves_find(lookup_scattered(world.at));

		if (!gm_state_is_live(gm_atomic_add_acquire(&desc->state, 1)))
			abort();
		if ((gm_atomic_add_release(&desc->state, (gm_word)0 - 1) &
		     (GM_STATE_REFS_MASK - 1)) == 0)
			abort();
	}
}

static void *reserve(struct gm_hosted *hosted, uint64_t bytes, unsigned flags)
{
	bench_check(gm_hosted_reserve(hosted, bytes, 2 * BENCH_MIB, flags), "no address space");
	return hosted->memory;
}

void lookup_begin(const struct lookup_kind *kind, uint64_t size, uint64_t max_objects,
		  unsigned flags)
{
	struct gm_table_config config = { .base = { LOOKUP_BASE }, .size = size, .zeroed = 1 };
	uint64_t nr_leaves = (size + LOOKUP_LEAF - 1) / LOOKUP_LEAF;
	struct gm_metadata need;
	uint64_t offset;

	bench_check(kind->metadata_size(&config, max_objects, &need), "the table's size");
	world.flat.base = LOOKUP_BASE;
	world.flat.size = size;
	world.flat.granule_shift = gm_granule_trailing(LOOKUP_GRANULE);
	world.flat.words = reserve(&world.words, size / LOOKUP_GRANULE * sizeof(gm_word), flags);
	world.flat.leaves = reserve(&world.leaves, nr_leaves * sizeof(gm_word), flags);
	bench_check(kind->init(&config, reserve(&world.metadata, need.bytes, flags), need.bytes),
		    "the table's init");
	for (offset = 0; offset < size; offset += LOOKUP_LEAF)
		world.flat.leaves[offset / LOOKUP_LEAF] =
			(gm_word)&world.flat.words[offset / LOOKUP_GRANULE] + LEAF;
	world.at = 0;
	for (world.shift = 64; size > 1; size /= 2)
		world.shift--;
}

void lookup_create(const struct lookup_kind *kind, uint64_t offset, uint64_t size)
{
	struct gm_object object = { gm_paddr(LOOKUP_BASE + offset), size, 1, NULL };
	struct gm_desc *desc = NULL;
	uint64_t within;

	bench_check(kind->create(&object, &desc), "an object");
	for (within = 0; within < size; within += LOOKUP_GRANULE)
		world.flat.words[(offset + within) / LOOKUP_GRANULE] = (gm_word)desc;
}

void lookup_fill(const struct lookup_kind *kind, uint64_t object_size)
{
	uint64_t offset;

	for (offset = 0; offset < world.flat.size; offset += object_size)
		lookup_create(kind, offset, object_size);
}

void lookup_end(void)
{
	gm_hosted_release(&world.metadata);
	gm_hosted_release(&world.words);
	gm_hosted_release(&world.leaves);
}
