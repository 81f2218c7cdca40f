/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * radix.h - a sparse tree from 64-bit offsets to words, with entries at any level.
 *
 *   level   a slot stands for            slots of a node
 *     0     2^6 bytes                    2^(granule_shift - 6)
 *     1     a granule                    512
 *     2     512 granules                 512
 *     ...   512 of the level below       512
 *     root  as its level says            as many as the range needs
 *
 * A slot is one word:
 *
 *     0             nothing
 *     address       a value: an address that is a multiple of 16
 *     address | 1   a node of the level below
 *     2             a mark of the owner's (ad-hoc: the table's own metadata)
 *
 * A node has a record in its slab, found by a mask, so that a node's slots fill
 * exactly a power of two. Its word speaks the same protocol as a descriptor's:
 *
 *      63     62..30       29..0             31     30..18       17..0
 *     [ LIVE | generation | refs ]  64-bit  [ LIVE | generation | refs ]  32-bit
 *
 * Every slot that is not 0 holds one reference, and so does who is about to fill
 * one. A node whose references are gone is frozen by one compare-and-swap,
 * unlinked from its parent and returned to the pool. `place` says which part of
 * the tree it stands for:  (offset >> bits of the node) * 8 + level, cut to a word; what 32
 * bits keep of it tells the nodes of one region apart.
 *
 * A zero that is read in a node means "nothing" only if the node was LIVE, of
 * the same generation and in the right place before and after: a retired node
 * is all zeros, too. Otherwise the parent's slot is looked at again.
 *
 * Who may run beside whom: all but init beside all, but unlink and replace only
 * by the owner of the slots.
 */
#ifndef GM_RADIX_H
#define GM_RADIX_H

#include <granmem/desc.h>
#include <granmem/pool.h>

GM_BEGIN_DECLS

#define GM_RADIX_LEVELS 7
#define GM_RADIX_NODE_BITS 9
#define GM_RADIX_NODE_SLOTS (1u << GM_RADIX_NODE_BITS)
#define GM_RADIX_ROOT_MAX ((uint64_t)1 << 19)

#define GM_RADIX_NODE ((gm_word)1)
#define GM_RADIX_MARK ((gm_word)2)
#define GM_RADIX_TAGS ((gm_word)3)

#if GM_CONFIG_64BIT
#define GM_NODE_REFS_BITS 30
#else
#define GM_NODE_REFS_BITS 18
#endif
#define GM_NODE_REFS_MASK (((gm_word)1 << GM_NODE_REFS_BITS) - 1)
#define GM_NODE_LIVE ((gm_word)1 << (8 * sizeof(gm_word) - 1))

/* The slots' own references, and those of all who may be about to fill as many. */
GM_STATIC_ASSERT((gm_word)(GM_CONTEXTS_MAX + 1) << (GM_GRANULE_SHIFT_MAX - 6) < GM_NODE_REFS_MASK,
		 "a node's references never carry into its generation");

/* Beside each node, in its slab. */
struct gm_radix_record {
	gm_word word;
	gm_word place;
};

/* What a slot of some level stands for, and the nodes whose slots it has. */
struct gm_radix_level {
	uint64_t bytes;        /* that a slot stands for */
	uintptr_t records;     /* the record of a node at its slab's start, from there on */
	uint64_t mask;         /* slots of a node, a power of two, less one; all ones for the
	                          root, where it masks nothing */
	uint32_t shift;        /* log2 of bytes */
	uint32_t record_shift; /* log2 of the bytes of a node for each of its record */
};

struct gm_radix {
	uintptr_t top;        /* the root, less what is before its first slot: where the slot of
	                         offset 0 would be */
	unsigned below_root;  /* the shift of the level below the root */
	unsigned group_shift; /* log2 of the bytes that 512 root slots stand for */
	size_t root_level;
	uint64_t first; /* the root's slots are [first, end), counted from offset 0 */
	uint64_t end;
	/* For each 512 root slots: 0, or 1 more than the lowest level of which a search found
	 * no slot free there. A hint: what is emptied there makes it 0. Like top. */
	uintptr_t full;
	uintptr_t slab_mask; /* bytes of a slab, less one */
	struct gm_radix_level levels[GM_RADIX_LEVELS];
	/* One pool for each level below the root: a stale pointer then leads to a
	 * node of the level that was expected, if to another place. */
	struct gm_pool nodes[GM_RADIX_LEVELS - 1];
	gm_word reserve[GM_RADIX_LEVELS - 1]; /* a node of each level set aside, or 0 */
};

/* Where a walk ended. */
struct gm_radix_at {
	volatile gm_word *slot;
	gm_word value;  /* of the slot when it was read */
	gm_word *node;  /* that the slot is in, NULL for the root */
	gm_word word;   /* of the node, when it was entered */
	size_t level;   /* of the slot */
	uint64_t index; /* of the slot in its node */
};

/* How link may come by nodes. */
#define GM_RADIX_THOROUGH 1u     /* search the pools to the end: nothing can grow */
#define GM_RADIX_FROM_RESERVE 2u /* last resort: what was set aside */

/* gm_radix_shape - the levels' shifts and slots for a granule. Pure. */
void gm_radix_shape(struct gm_radix *radix, unsigned granule_shift);

/* gm_radix_nr_slots - how many slots of a level the offsets [base, end) are in. */
GM_INLINE uint64_t gm_radix_nr_slots(const struct gm_radix *radix, size_t level, uint64_t base,
				     uint64_t end);

/*
 * gm_radix_init - an empty tree; requires gm_radix_shape, first, end, and a root_level
 * that is 2 or more.
 *
 * words: gm_radix_nr_groups(), and behind them those of the root, [first, end); all zero.
 * lanes: for each level below root_level, nr_lanes pool lanes, zero. Slabs are larger than
 * the nodes.
 */
void gm_radix_init(struct gm_radix *radix, gm_word *words, unsigned slab_shift,
		   struct gm_pool_lane *lanes, size_t nr_lanes);

/* gm_radix_nr_groups - the multiples of 512 root slots that [first, end) touches. */
GM_INLINE uint64_t gm_radix_nr_groups(const struct gm_radix *radix);

/*
 * gm_radix_lookup - the word that decides about an offset.
 *
 * One load for each level that exists there. A 0 may be that of a retired node:
 * gm_radix_walk knows. Requires an offset that one of the root's slots, [first,
 * end), stands for, as all calls do that take one. Ordering: acquire, pairs with
 * link. Context: any; wait-free.
 */
GM_INLINE gm_word gm_radix_lookup(const struct gm_radix *radix, uint64_t offset);

/* gm_radix_lookup_top, gm_radix_lookup_below - its two halves: the two uppermost levels
 * alone, whose answer may be a node; and what that leads to. */
GM_INLINE gm_word gm_radix_lookup_top(const struct gm_radix *radix, uint64_t offset);
GM_INLINE gm_word gm_radix_lookup_below(const struct gm_radix *radix, gm_word value,
					uint64_t offset);

/*
 * gm_radix_walk - the slot that decides about an offset, down to stop_level.
 *
 * Returns 0, and then the slot was in the tree with this value at some moment
 * of the call; or -GM_EBUSY (the node there is being retired). Context: any;
 * lock-free.
 */
GM_MUST_CHECK int gm_radix_walk(const struct gm_radix *radix, uint64_t offset, size_t stop_level,
				struct gm_radix_at *at);

/*
 * gm_radix_link - fill all slots of [first, end) with value, if all are 0.
 *
 * The slots are filled in ascending order and emptied again on a conflict, so
 * of those who race for an offset at most one wins. Returns
 * 0; -GM_EEXIST (something is in the way); -GM_EBUSY (a node there is being
 * retired, or it was free again a moment later); -GM_ENOMEM (*short_of is the level
 * that lacks a node). After an error nothing has
 * changed. Ordering: acquire and release for each slot, pairs with lookups and
 * with unlink.
 */
GM_MUST_CHECK int gm_radix_link(struct gm_radix *radix, uint64_t first, uint64_t end, gm_word value,
				unsigned flags, size_t *short_of);

/* gm_radix_level_of - the level whose slots stand for exactly size bytes, or
 * GM_RADIX_LEVELS. */
GM_INLINE size_t gm_radix_level_of(const struct gm_radix *radix, uint64_t size);

/*
 * gm_radix_unlink - empty the slots of [first, end), all of which hold value.
 *
 * Requires that they are the caller's to empty. Nodes that become empty go back
 * to their pools. Returns 1; or 0 where something else is found, which goes to the
 * assertion hook and ends it there. Ordering: release.
 */
int gm_radix_unlink(struct gm_radix *radix, uint64_t first, uint64_t end, gm_word value);

/*
 * gm_radix_relabel - the slots of [first, end) that hold `from` hold `to` instead.
 *
 * Requires that they are the caller's and hold from; slots that reach out of the
 * range are relabelled whole. Ordering: release.
 */
void gm_radix_relabel(struct gm_radix *radix, uint64_t first, uint64_t end, gm_word from,
		      gm_word to);

/*
 * A cut: some slots that are only partly inside [first, end) are replaced by
 * nodes in which that part is 0 and the rest is the values left and right.
 */
struct gm_radix_cut {
	gm_word *nodes[GM_RADIX_LEVELS - 1][2]; /* taken */
	gm_word *used[GM_RADIX_LEVELS - 1][2];  /* of those, the ones in the cut under way */
	unsigned nr[GM_RADIX_LEVELS - 1];
};

/* gm_radix_cut_count - add to cut->nr the nodes that are needed to empty [first,
 * end) below one slot, which stands for levels[level].bytes at `base`.
 * Pure. */
void gm_radix_cut_count(const struct gm_radix *radix, struct gm_radix_cut *cut, size_t level,
			uint64_t base, uint64_t first, uint64_t end);

/* gm_radix_cut_take - take the nodes that were counted. Returns 0 or -GM_ENOMEM
 * (*short_of is the level); then call again, or gm_radix_cut_return. */
GM_MUST_CHECK int gm_radix_cut_take(struct gm_radix *radix, struct gm_radix_cut *cut,
				    unsigned flags, size_t *short_of);

/* gm_radix_cut_return - give back what was taken and not used. */
void gm_radix_cut_return(struct gm_radix *radix, struct gm_radix_cut *cut);

/* gm_radix_cut_slot - replace the value of one slot that is the caller's by a
 * node; uses nodes of the cut, cannot fail. Ordering: release. */
void gm_radix_cut_slot(struct gm_radix *radix, struct gm_radix_cut *cut,
		       const struct gm_radix_at *at, uint64_t base, uint64_t first, uint64_t end,
		       gm_word left, gm_word right);

/* gm_radix_take_node, gm_radix_return_node - a node, all zero, not LIVE. */
gm_word *gm_radix_take_node(struct gm_radix *radix, size_t level, unsigned flags);
void gm_radix_return_node(struct gm_radix *radix, size_t level, gm_word *node);

/* gm_radix_record - the record beside a node of this level. */
GM_INLINE struct gm_radix_record *gm_radix_record(const struct gm_radix *radix, size_t level,
						  const gm_word *node);

/* gm_radix_node - the node that a slot's value leads to; requires GM_RADIX_NODE. */
GM_INLINE gm_word *gm_radix_node(gm_word value);

/* gm_radix_root_slot - a slot of the root, which is one of [first, end). */
GM_INLINE gm_word *gm_radix_root_slot(const struct gm_radix *radix, uint64_t index);

/* gm_radix_index - which slot of its node stands for the offset. */
GM_INLINE uint64_t gm_radix_index(const struct gm_radix *radix, size_t level, uint64_t offset);

/* gm_radix_slots - how many slots a node of this level has, below the root. */
GM_INLINE gm_word gm_radix_slots(const struct gm_radix *radix, size_t level);

/* gm_radix_left - how many slots there are from the one that was walked to, in its node. */
GM_INLINE uint64_t gm_radix_left(const struct gm_radix *radix, const struct gm_radix_at *at);

/* gm_radix_place - the place word of the node of this level that holds offset. */
GM_INLINE gm_word gm_radix_place(const struct gm_radix *radix, size_t level, uint64_t offset);

GM_END_DECLS

#include <granmem/inline/radix.h>

#endif
