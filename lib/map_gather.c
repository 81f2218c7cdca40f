/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map_gather.c - what awaits an invalidation, and what happens after it; contracts
 * in granmem/map.h.
 */
#include "map_internal.h"

#if GM_CONFIG_64BIT

void gm_map_gather_init(struct gm_map_gather *gather, struct gm_map_gone *gone, unsigned max)
{
	gather->gone = gone;
	gather->nr = 0;
	gather->max = max;
}

/* The last one, if this leaf is the next of the same object. */
static struct gm_map_gone *continued(const struct gm_map_gather *gather, unsigned shift,
				     uint64_t paddr, int unmapped)
{
	struct gm_map_gone *gone;
	uint64_t offset;

	if (gather->nr == 0)
		return NULL;
	gone = &gather->gone[gather->nr - 1];
	if (gone->unmapped != unmapped || gone->shift != shift || gone->nr == GM_MAP_GONE_LEAVES)
		return NULL;
	offset = gone->offset + ((uint64_t)gone->nr << shift);
	if (paddr - gm_desc_base(&gone->object->desc) != offset ||
	    offset >= gm_desc_size(&gone->object->desc))
		return NULL;
	return gone;
}

static struct gm_map_gone *begin(struct gm_map_gather *gather, struct gm_desc *desc,
				 unsigned shift, uint64_t paddr)
{
	struct gm_map_gone *gone = &gather->gone[gather->nr++];

	gone->object = gm_map_of(desc);
	gone->offset = paddr - gm_desc_base(desc);
	gone->accessed = 0;
	gone->dirty = 0;
	gone->shift = shift;
	gone->nr = 0;
	gone->unmapped = 0;
	gone->refs = 0;
	return gone;
}

static void note(struct gm_map_gone *gone, uint32_t flags)
{
	gone->accessed |= (uint64_t)((flags & GM_PTE_ACCESSED) != 0) << gone->nr;
	gone->dirty |= (uint64_t)((flags & GM_PTE_DIRTY) != 0) << gone->nr;
	gone->nr++;
}

struct gm_map_gone *gm_map_gather_leaf(const struct gm_map_space *as, struct gm_map_gather *gather,
				       unsigned level, const struct gm_pte *leaf)
{
	unsigned shift = as->shift[level];
	struct gm_map_gone *gone = continued(gather, shift, leaf->paddr.value, 1);
	struct gm_desc *desc;

	if (gone == NULL) {
		/* The leaf's reference, now the caller's, makes the answer exact. */
		desc = gm_space_find_object(as->config.memory, leaf->paddr);
		if (!GM_CHECK(desc != NULL, "map: a counted leaf of no object", as))
			return NULL;
		gone = begin(gather, desc, shift, leaf->paddr.value);
		gone->unmapped = 1;
	}
	note(gone, leaf->flags);
	return gone;
}

void gm_map_gather_add(struct gm_map_space *as, struct gm_map_gather *gather, unsigned level,
		       const struct gm_pte *leaf)
{
	if ((leaf->software & GM_MAP_COUNTED) != 0)
		(void)gm_map_gather_leaf(as, gather, level, leaf);
	else
		gm_map_uncount_class(as, GM_MAP_DEVICE, gm_map_leaf_bytes(as, level));
}

void gm_map_gather_bits(struct gm_map_space *as, struct gm_map_gather *gather, unsigned level,
			const struct gm_pte *leaf, struct gm_desc *desc, unsigned refs)
{
	unsigned shift = as->shift[level];
	struct gm_map_gone *gone = continued(gather, shift, leaf->paddr.value, 0);

	if (gone == NULL)
		gone = begin(gather, desc, shift, leaf->paddr.value);
	gone->refs += refs;
	note(gone, leaf->flags);
}

/* These bits of the word are set by a write in any case: had they been set before, and
 * not read, somebody who just took them might have missed what happened in between. */
static void raise(volatile gm_word *word, gm_word bits)
{
	gm_word old;

	do {
		old = gm_atomic_load_relaxed(word);
		/* release: pairs with the acquire of who takes the bits, and then reads
		 * what had been written when they were set */
	} while (!gm_atomic_cas_release(word, old, old | bits));
}

/* The blocks of bytes [first, end) of the object. */
static void raise_blocks(gm_word *bitmap, unsigned shift, uint64_t first, uint64_t end)
{
	uint64_t block = first >> shift;
	uint64_t last = (end - 1) >> shift;

	while (block <= last) {
		uint64_t nr = last - block < 63 - block % 64 ? last - block + 1 : 64 - block % 64;

		raise(&bitmap[block / 64], (~(gm_word)0 >> (64 - nr)) << block % 64);
		block += nr;
	}
}

/* The blocks of the leaves whose bits are set. */
static void raise_leaves(gm_word *bitmap, const struct gm_map_gone *gone, uint64_t leaves)
{
	unsigned at = 0;

	while (leaves != 0) {
		unsigned skip = gm_granule_trailing(leaves);
		unsigned nr = gm_granule_trailing(~(leaves >> skip));
		uint64_t first = gone->offset + ((uint64_t)(at + skip) << gone->shift);

		raise_blocks(bitmap, gone->object->blocks->shift, first,
			     first + ((uint64_t)nr << gone->shift));
		at += skip + nr;
		leaves = at < 64 ? leaves >> skip >> (nr - 1) >> 1 : 0;
	}
}

static void report(const struct gm_map_gone *gone)
{
	const struct gm_map_blocks *blocks = gone->object->blocks;
	gm_word flags = (gone->accessed != 0 ? GM_FLAG_REFERENCED : 0) |
			(gone->dirty != 0 ? GM_FLAG_DIRTY : 0);

	if (flags == 0)
		return;
	if (blocks != NULL && blocks->accessed != NULL)
		raise_leaves(blocks->accessed, gone, gone->accessed);
	if (blocks != NULL && blocks->dirty != NULL)
		raise_leaves(blocks->dirty, gone, gone->dirty);
	raise(gm_desc_flags_word(&gone->object->desc), flags);
}

/* All that the gather has of an object in a row is given up at once. */
void gm_map_finish(struct gm_map_space *as, struct gm_map_gather *gather)
{
	struct gm_map_gone *gone = gather->gone;
	struct gm_map_gone *end = gone + gather->nr;

	while (gone < end) {
		struct gm_mapped *object = gone->object;
		uint64_t bytes = 0;
		gm_word maps = 0, refs = 0;

		for (; gone < end && gone->object == object; gone++) {
			report(gone);
			refs += gone->refs;
			if (!gone->unmapped)
				continue;
			maps += gone->nr;
			bytes += (uint64_t)gone->nr << gone->shift;
		}
		if (maps != 0) {
			gm_map_uncount_class(as, gm_map_class_of(as, &object->desc), bytes);
			gm_map_lower(object, maps);
		}
		gm_map_put(as, &object->desc, maps + refs);
	}
	gather->nr = 0;
}

#endif
