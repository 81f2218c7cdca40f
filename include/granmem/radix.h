/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * radix.h - a sparse tree from 64-bit offsets to words, with entries at any level.
 *
 *   level   a slot stands for            slots of a node
 *     0     2^6 bytes                    2^(granule_shift - 6)
 *     1     a granule                    512
 *     2     512 granules                 512
 *     ...   512 of the level below       512
 *     root  2^shift[root_level]          as many as the range needs
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
 *      63     62..30       29..0             31     30..14       13..0
 *     [ LIVE | generation | refs ]  64-bit  [ LIVE | generation | refs ]  32-bit
 *
 * Every slot that is not 0 holds one reference, and so does who is about to fill
 * one. A node whose references are gone is frozen by one compare-and-swap,
 * unlinked from its parent and returned to the pool. `place` says which part of
 * the tree it stands for:  (offset >> bits of the node) * 8 + level.
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

#include <granmem/pool.h>

GM_BEGIN_DECLS

#define GM_RADIX_LEVELS 7
#define GM_RADIX_NODE_BITS 9
#define GM_RADIX_NODE_SLOTS (1u << GM_RADIX_NODE_BITS)
#define GM_RADIX_RESERVE GM_RADIX_LEVELS
#define GM_RADIX_ROOT_MAX ((uint64_t)1 << 19)

#define GM_RADIX_NODE ((gm_word)1)
#define GM_RADIX_MARK ((gm_word)2)
#define GM_RADIX_TAGS ((gm_word)3)

#if GM_CONFIG_64BIT
#define GM_NODE_REFS_BITS 30
#else
#define GM_NODE_REFS_BITS 14
#endif
#define GM_NODE_REFS_MASK (((gm_word)1 << GM_NODE_REFS_BITS) - 1)
#define GM_NODE_LIVE ((gm_word)1 << (8 * sizeof(gm_word) - 1))

/* Beside each node, in its slab. */
struct gm_radix_record {
	gm_word word;
	gm_word place;
};

struct gm_radix {
	gm_word *root;
	uint64_t size;      /* offsets below this may be looked up */
	uint64_t nr_root;
	unsigned root_level;
	unsigned char shift[GM_RADIX_LEVELS];    /* log2 of the bytes a slot stands for */
	uint32_t slots[GM_RADIX_LEVELS];         /* of a node of this level */
	struct gm_pool nodes[2];                 /* of level 0; of the others */
	gm_word *summary;                        /* one word for 512 root slots */
	gm_word reserve[GM_RADIX_RESERVE];       /* nodes set aside for growth */
};
