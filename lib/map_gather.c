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

/* What a leaf is in its object, and how much of it hardware's notes are about: the
 * whole of a run. (A run that reaches out of the object is none.) */
struct piece {
	struct gm_mapped *object;
	uint64_t offset;
	unsigned shift;
	unsigned slot_shift;
};

static void find_piece(const struct gm_map_space *as, unsigned level, const struct gm_pte *leaf,
		       struct gm_desc *desc, struct piece *piece)
{
	uint64_t offset = leaf->paddr.value - gm_desc_base(desc);
	unsigned shift = as->shift[level];
	uint64_t before, bytes;

	piece->object = gm_map_of(desc);
	piece->offset = offset;
	piece->shift = shift;
	piece->slot_shift = shift;
	if ((leaf->flags & GM_PTE_RUN) == 0)
		return;
	shift += gm_pte_run_shift(&as->config.format, level);
	bytes = (uint64_t)1 << shift;
	before = leaf->paddr.value & (bytes - 1);
	if (before > offset || bytes > gm_desc_size(desc) - (offset - before))
		return;
	piece->offset = offset - before;
	piece->shift = shift;
}

/*
 * Where the gather notes this: in the last one, if it goes on with the same object or
 * says the same leaf again, else in a new one. Its leaves are numbered from 0, and nr - 1 is
 * the one that was meant.
 */
static struct gm_map_gone *note_piece(struct gm_map_gather *gather, const struct piece *piece,
				      int unmapped)
{
	struct gm_map_gone *gone = &gather->gone[gather->nr];
	uint64_t next;

	if (gather->nr != 0) {
		gone--;
		next = gone->offset + ((uint64_t)gone->nr << gone->shift);
		if (gone->object == piece->object && gone->shift == piece->shift &&
		    (gone->maps != 0) == unmapped) {
			if (piece->offset == next - ((uint64_t)1 << gone->shift))
				return gone;
			if (piece->offset == next && gone->nr < GM_MAP_GONE_LEAVES) {
				gone->nr++;
				return gone;
			}
		}
		gone++;
	}
	gather->nr++;
	gone->object = piece->object;
	gone->offset = piece->offset;
	gone->accessed = 0;
	gone->dirty = 0;
	gone->shift = piece->shift;
	gone->slot_shift = piece->slot_shift;
	gone->nr = 1;
	gone->maps = 0;
	gone->refs = 0;
	return gone;
}

/* What happened through the leaf that was meant. */
static void note_flags(struct gm_map_gone *gone, uint32_t flags)
{
	gone->accessed |= (uint64_t)((flags & GM_PTE_ACCESSED) != 0) << (gone->nr - 1);
	gone->dirty |= (uint64_t)((flags & GM_PTE_DIRTY) != 0) << (gone->nr - 1);
}

/* The object of a leaf that was in a slot, whose reference is now the caller's. */
static struct gm_desc *object_of(const struct gm_map_space *as, const struct gm_map_gather *gather,
				 struct gm_paddr paddr)
{
	struct gm_desc *desc;

	/* Mostly the same as before, which its references keep alive. */
	if (gather->nr != 0) {
		desc = &gather->gone[gather->nr - 1].object->desc;
		if (gm_desc_covers(desc, paddr.value))
			return desc;
	}
	desc = gm_space_find_object(as->config.memory, paddr);
	return GM_CHECK(desc != NULL, "map: a counted leaf of no object", as) ? desc : NULL;
}

struct gm_map_gone *gm_map_gather_leaf(const struct gm_map_space *as, struct gm_map_gather *gather,
				       unsigned level, const struct gm_pte *leaf)
{
	struct gm_desc *desc = object_of(as, gather, leaf->paddr);
	struct gm_map_gone *gone;
	struct piece piece;

	if (desc == NULL)
		return NULL;
	find_piece(as, level, leaf, desc, &piece);
	gone = note_piece(gather, &piece, 1);
	gone->maps++;
	note_flags(gone, gm_map_noted(as, leaf));
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
	struct gm_map_gone *gone;
	struct piece piece;

	find_piece(as, level, leaf, desc, &piece);
	gone = note_piece(gather, &piece, 0);
	gone->refs += refs;
	note_flags(gone, leaf->flags);
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
			maps += gone->maps;
			bytes += (uint64_t)gone->maps << gone->slot_shift;
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
