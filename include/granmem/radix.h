/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * radix.h - a sparse tree from 64-bit offsets to words, with entries at any level.
 *
 *   level   a slot stands for            slots of a node      of the ad-hoc table
 *     0     a unit                       2^first_bits         64 B, granule / 64
 *     1     2^first_bits units           2^bits               a granule, 512
 *     2     2^bits of the level below    2^bits               512 granules, 512
 *     ...
 *
 * The root is flat or graded:
 *
 *   flat     an array of slots of root_level, as many as the range needs: one load
 *            for what is large, and static memory by the range
 *   graded   slot 0 stands for the first unit, and slot n for the offsets from
 *            2^shift[n - 1] up to 2^shift[n]: a word for each level, so that what
 *            lies low is reached by few loads however large the range is
 *
 * A slot is one word:
 *
 *     0             nothing
 *     address       a value: an address that is a multiple of 16
 *     address | 1   a node of the level below
 *     number | 2    a mark of the owner's (ad-hoc: 2, the table's own metadata)
 *
 * A node has a record in its slab, found by a mask, so that a node's slots fill
 * exactly a power of two. Its word speaks the same protocol as a descriptor's:
 *
 *      63     62..30       29..0             31     30..18       17..0
 *     [ LIVE | generation | refs ]  64-bit  [ LIVE | generation | refs ]  32-bit
 *
 * Every slot that is not 0 holds one reference, and so does who is about to fill
 * one. A node whose references are gone is frozen by one compare-and-swap,
 * unlinked from its parent and returned to the pool. `tree` and `place` say which
 * part of which tree it stands for:  (offset >> bits of the node) * 16 + level.
 * Trees may share a store, and with it their nodes.
 *
 * A zero that is read in a node means "nothing" only if the node was LIVE, of
 * the same generation and in the right place before and after: a retired node
 * is all zeros, too. Otherwise the parent's slot is looked at again.
 *
 * Who may run beside whom: all but init beside all, but unlink and relabel only
 * by the owner of the slots.
 */
#ifndef GM_RADIX_H
#define GM_RADIX_H

#include <granmem/desc.h>
#include <granmem/pool.h>

GM_BEGIN_DECLS

#define GM_RADIX_LEVELS 10
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
	gm_word tree; /* address of the struct gm_radix */
#if !GM_CONFIG_64BIT
	gm_word padding;
#endif
};

/* What trees of one shape share: where their nodes come from. */
struct gm_radix_store {
	unsigned nr_levels; /* whose slots stand for less than 2^64 bytes */
	unsigned nr_labels; /* see gm_radix_label */
	unsigned char shift[GM_RADIX_LEVELS]; /* log2 of the bytes a slot stands for */
	uint64_t bytes[GM_RADIX_LEVELS];      /* that a slot stands for */
	uint32_t slots[GM_RADIX_LEVELS];      /* of a node of this level */
	/* One pool for each level below the root: a stale pointer then leads to a
	 * node of the level that was expected, if to another place. */
	struct gm_pool nodes[GM_RADIX_LEVELS - 1];
	gm_word reserve[GM_RADIX_LEVELS - 1]; /* a node of each level set aside, or 0 */
};

struct gm_radix {
	struct gm_radix_store *store;
	gm_word *root;
	uint64_t nr_root;    /* slots of a flat root; 0: it is graded */
	unsigned root_level; /* of a flat root's slots, of a graded root's last one */
	unsigned below_root; /* the shift of the level below a flat root */
	gm_word *summary;    /* one word for each 512 slots of the root */
	gm_word *labels;     /* of a flat root's slots, or NULL: each may have any */
};

/* A label is two bits for each slot, so many to a word. */
#define GM_RADIX_LABELS_MAX 8
#define GM_RADIX_LABEL_SLOTS ((uint32_t)(4 * sizeof(gm_word)))

/* The two counts of a summary word: root slots that are not 0, and root slots
 * with nothing free below. Hints: they follow the slots with a delay. */
#define GM_RADIX_SUMMARY_USED ((gm_word)1)
#define GM_RADIX_SUMMARY_FULL ((gm_word)1 << (4 * sizeof(gm_word)))
#define GM_RADIX_SUMMARY_MASK (GM_RADIX_SUMMARY_FULL - 1)

/* Where a walk ended. */
struct gm_radix_at {
	volatile gm_word *slot;
	gm_word value;  /* of the slot when it was read */
	gm_word *node;  /* that the slot is in, NULL for the root */
	unsigned level; /* of the slot */
	uint32_t index; /* of the slot in its node */
};

/* How link may come by nodes. */
#define GM_RADIX_THOROUGH 1u     /* search the pools to the end: nothing can grow */
#define GM_RADIX_FROM_RESERVE 2u /* last resort: what was set aside */

/*
 * gm_radix_shape - the levels' shifts and slots. Pure.
 *
 * A slot of level 0 stands for 2^unit_shift bytes, one of level 1 for
 * 2^first_bits of those, each further one for 2^bits of the level below.
 */
void gm_radix_shape(struct gm_radix_store *store, unsigned unit_shift, unsigned first_bits,
		    unsigned bits);

/* gm_radix_nr_root - slots of a flat root at `level` for offsets below `end`. */
GM_INLINE uint64_t gm_radix_nr_root(const struct gm_radix_store *store, unsigned level,
				    uint64_t end);

/*
 * gm_radix_init_store - no nodes yet; requires gm_radix_shape.
 *
 * For trees whose root_level is at most nr_pools. lanes: for each level below
 * that, nr_lanes pool lanes, zero. nr_labels: at most GM_RADIX_LABELS_MAX.
 * Returns 0 or -GM_EINVAL (a node does not fit a slab).
 */
GM_MUST_CHECK int gm_radix_init_store(struct gm_radix_store *store, unsigned nr_pools,
				      unsigned nr_labels, unsigned slab_shift,
				      struct gm_pool_lane *lanes, unsigned nr_lanes);

/*
 * gm_radix_init - an empty tree.
 *
 * root: all zero; nr_root words, or, if that is 0, root_level + 1 words for a
 * graded root. summary: a word for every 512 slots of the root, all zero; it counts
 * only what gm_radix_link fills. labels: as many words as gm_radix_root_labels says, all zero, or NULL. A
 * tree on which gm_radix_lookup_top is used has a flat root of level 2 at least.
 */
void gm_radix_init(struct gm_radix *radix, struct gm_radix_store *store, unsigned root_level,
		   gm_word *root, uint64_t nr_root, gm_word *summary, gm_word *labels);

/* gm_radix_node_bytes - of a node of this level with its labels: a multiple of a
 * cache line where there are any. Pure. */
uint32_t gm_radix_node_bytes(const struct gm_radix_store *store, unsigned level);

/* gm_radix_root_labels - words for the labels of a flat root of nr_root slots. Pure. */
uint64_t gm_radix_root_labels(const struct gm_radix_store *store, uint64_t nr_root);

/*
 * gm_radix_lookup - the word that decides about an offset.
 *
 * One load for each level that exists there. A 0 may be that of a retired node:
 * gm_radix_walk knows. Requires offset below the end. Ordering: acquire, pairs
 * with link. Context: any; wait-free.
 */
GM_INLINE gm_word gm_radix_lookup(const struct gm_radix *radix, uint64_t offset);

/* gm_radix_lookup_top - the same for the two uppermost levels alone: the answer may
 * be a node. */
GM_INLINE gm_word gm_radix_lookup_top(const struct gm_radix *radix, uint64_t offset);

/*
 * gm_radix_walk - the slot that decides about an offset, down to stop_level.
 *
 * Returns 0, and then the slot was in the tree with this value at some moment
 * of the call; or -GM_EBUSY (the node there is being retired). Context: any;
 * lock-free.
 */
GM_MUST_CHECK int gm_radix_walk(const struct gm_radix *radix, uint64_t offset, unsigned stop_level,
				struct gm_radix_at *at);

/*
 * gm_radix_seek - the slot that decides about an offset, as a lookup finds it.
 *
 * Without asking the node whether it stands there. What was linked there throughout
 * the call is found; a 0 means that nothing was, at some moment of the call, in trees
 * whose slots only change between 0, marks and values (no cuts). Another value may
 * be a recycled node's. Ordering: acquire. Context: any; wait-free.
 */
void gm_radix_seek(const struct gm_radix *radix, uint64_t offset, struct gm_radix_at *at);

/*
 * gm_radix_link - fill all slots of [first, end) with value, if all are 0.
 *
 * The slots are filled in ascending order and emptied again on a conflict, so
 * of those who race for an offset at most one wins. lane: any number. Returns
 * 0; -GM_EEXIST (something is in the way); -GM_EBUSY (a node there is being
 * retired, or it was free again a moment later); -GM_ENOMEM (*short_of is the level
 * that lacks a node). After an error nothing has
 * changed. Ordering: acquire and release for each slot, pairs with lookups and
 * with unlink.
 */
GM_MUST_CHECK int gm_radix_link(struct gm_radix *radix, uint64_t first, uint64_t end, gm_word value,
				unsigned flags, unsigned lane, unsigned *short_of);

/*
 * gm_radix_link_over - fill all slots of [first, end) with value, if each of them
 * is 0 or a mark, or leads to nothing but marks.
 *
 * The marks are gone then; one that reaches out of the range stays in the rest of
 * where it stood. All nodes are made first, so that after an error everything is as
 * it was, but after -GM_EBUSY, or an -GM_EEXIST that somebody else caused meanwhile,
 * marks in the range may be gone.
 * Returns as gm_radix_link; ordering: release. Graded roots too.
 */
GM_MUST_CHECK int gm_radix_link_over(struct gm_radix *radix, uint64_t first, uint64_t end,
				     gm_word value, unsigned flags, unsigned lane,
				     unsigned *short_of);

/*
 * gm_radix_forget - empty the slots that hold marks and stand for a part of
 * [first, end). Returns how many. Context: any; lock-free.
 */
uint64_t gm_radix_forget(struct gm_radix *radix, uint64_t first, uint64_t end, unsigned lane);

/*
 * gm_radix_next - the first slot in use at or behind an offset.
 *
 * *offset moves to where that slot begins, or stays inside it. labels 0: a slot
 * that is not 0 and no node; else one that has any of these labels, and may be 0
 * (a label may be left where nothing is any more), or one of a root that has none.
 * Nodes in which none of the labels is left lose them on the way.
 *
 * Returns 0; -GM_ENOENT (none begins before end, and then none was there throughout
 * the call). A value may be a recycled node's: a descriptor tells. Requires end at or
 * below the end of the root. Ordering: acquire. Context: any; lock-free.
 */
GM_MUST_CHECK int gm_radix_next(struct gm_radix *radix, uint64_t *offset, uint64_t end,
				gm_word labels, unsigned lane, struct gm_radix_at *at);

/*
 * Labels: a set of numbers below nr_labels for each slot, and upwards for each node
 * above it, so that a search goes only where there are some. They are hints that
 * are never missing: a label may be set where it means nothing any more, and whoever
 * comes by takes it back; but what label has set before a search begins is found.
 * The owner of a value decides what it means to have one: he writes that down, then
 * calls label.
 *
 * The two bits:   00 clear   01 set   11 being cleared   10 set again meanwhile
 *
 * Clearing is a change to 11 by one compare-and-swap, a look at what the label is
 * about (the value's own record, or the labels of the node below), which is a
 * read-modify-write too, and a change to 00. Who sets a label does so from below,
 * and looks at each level after having written (or found) the one below it. So
 * either the look from above finds what was written, or the one who wrote it finds
 * 11, and makes it 10. Only who made it 11 takes it from there. It holds the node
 * meanwhile, so that the bits stay those of the same slot.
 */

/*
 * gm_radix_label - set labels of the slot that decides about an offset, and above.
 *
 * Requires that the caller has written down what they mean, by a read-modify-write
 * with acquire and release order. If the slot changes meanwhile, labels may be set
 * elsewhere. Ordering: acquire. Context: any; lock-free.
 */
void gm_radix_label(struct gm_radix *radix, uint64_t offset, gm_word labels);

/*
 * gm_radix_unlabel_begin, gm_radix_unlabel_end - clear a label of one slot.
 *
 * at: from gm_radix_next, which found it at `offset`. begin returns 1 if the label
 * is the caller's to clear; then it looks, by a read-modify-write with release order
 * of what label's caller writes to, whether it is still meant, and calls end: with
 * clear 0 if it is. Context: any; lock-free.
 */
GM_MUST_CHECK int gm_radix_unlabel_begin(struct gm_radix *radix, const struct gm_radix_at *at,
					 uint64_t offset, unsigned label, unsigned lane);
void gm_radix_unlabel_end(struct gm_radix *radix, const struct gm_radix_at *at, uint64_t offset,
			  unsigned label, int clear, unsigned lane);

/* gm_radix_has_label - is it set, or being cleared? A graded root has all. */
int gm_radix_has_label(const struct gm_radix *radix, const struct gm_radix_at *at,
		       unsigned label);

/* gm_radix_find - the word that decides about an offset, as gm_radix_lookup, in a
 * tree of any shape. */
GM_INLINE gm_word gm_radix_find(const struct gm_radix *radix, uint64_t offset);

/* gm_radix_level_of - the level whose slots stand for exactly size bytes, or
 * GM_RADIX_LEVELS. */
GM_INLINE unsigned gm_radix_level_of(const struct gm_radix *radix, uint64_t size);

/*
 * gm_radix_unlink - empty the slots of [first, end), all of which hold value.
 *
 * Requires that they are the caller's to empty. Nodes that become empty go back
 * to their pools. Ordering: release.
 */
void gm_radix_unlink(struct gm_radix *radix, uint64_t first, uint64_t end, gm_word value,
		     unsigned lane);

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
 * end) below one slot, which stands for the 2^shift[level] bytes at `base`.
 * Pure. */
void gm_radix_cut_count(const struct gm_radix *radix, struct gm_radix_cut *cut, unsigned level,
			uint64_t base, uint64_t first, uint64_t end);

/* gm_radix_cut_take - take the nodes that were counted. Returns 0 or -GM_ENOMEM
 * (*short_of is the level); then call again, or gm_radix_cut_return. */
GM_MUST_CHECK int gm_radix_cut_take(struct gm_radix *radix, struct gm_radix_cut *cut,
				    unsigned flags, unsigned lane, unsigned *short_of);

/* gm_radix_cut_return - give back what was taken and not used. */
void gm_radix_cut_return(struct gm_radix *radix, struct gm_radix_cut *cut, unsigned lane);

/* gm_radix_cut_slot - replace the value of one slot that is the caller's by a
 * node; uses nodes of the cut, cannot fail. Ordering: release. */
void gm_radix_cut_slot(struct gm_radix *radix, struct gm_radix_cut *cut,
		       const struct gm_radix_at *at, uint64_t base, uint64_t first, uint64_t end,
		       gm_word left, gm_word right);

/* gm_radix_take_node, gm_radix_return_node - a node, all zero, not LIVE. */
gm_word *gm_radix_take_node(struct gm_radix *radix, unsigned level, unsigned flags, unsigned lane);
void gm_radix_return_node(struct gm_radix *radix, unsigned level, gm_word *node, unsigned lane);

/* gm_radix_record - the record beside a node of this level. */
GM_INLINE struct gm_radix_record *gm_radix_record(const struct gm_radix *radix, unsigned level,
						  const gm_word *node);

/* gm_radix_node - the node that a slot's value leads to; requires GM_RADIX_NODE. */
GM_INLINE gm_word *gm_radix_node(gm_word value);

/* gm_radix_index - which slot of its node stands for the offset. */
GM_INLINE uint32_t gm_radix_index(const struct gm_radix *radix, unsigned level, uint64_t offset);

/* gm_radix_top - which slot of the root stands for the offset; returns its level. */
GM_INLINE unsigned gm_radix_top(const struct gm_radix *radix, uint64_t offset, uint32_t *index);

/* gm_radix_place - the place word of the node of this level that holds offset. */
GM_INLINE gm_word gm_radix_place(const struct gm_radix *radix, unsigned level, uint64_t offset);

GM_END_DECLS

#include <granmem/inline/radix.h>

#endif
