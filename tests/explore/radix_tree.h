/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * radix_tree.h - a tree by itself: what its words promise, without descriptors
 * that would notice, too.
 *
 * A value is the address of a payload that says where it was linked. Its linker
 * writes it as plain memory before, and who finds it reads it: a missing order is
 * a data race. The same goes for the memory that an offset stands for, which who
 * has linked it writes to until it is unlinked.
 *
 * Each case works with a unit: its objects are side by side in one node, and `far`
 * away is another node of the same level. Places 0 .. FAR - 1 are here, those from
 * FAR on far away.
 */
#ifndef EXPLORE_RADIX_TREE_H
#define EXPLORE_RADIX_TREE_H

#include "cases.h"

#include "radix_internal.h"

#include <string.h>

#define SMALL ((uint64_t)64)
#define GRANULE_SHIFT 9
#define GRANULE ((uint64_t)1 << GRANULE_SHIFT)
#define ENTRY (512 * GRANULE) /* of the root */
#define ROOT_LEVEL 2
#define SLAB_SHIFT 13 /* one node of a level above 0 */
#define SLAB ((size_t)1 << SLAB_SHIFT)
#define NR_PLACES 32
#define FAR (NR_PLACES / 2)

struct unit {
	uint64_t bytes;
	uint64_t far;
};

struct payload {
	uint64_t offset;
	uint64_t size;
};

extern struct gm_radix *radix, *radix_other; /* of one store */
extern void *radix_spare[ROOT_LEVEL]; /* a slab for each level */
extern struct payload *radix_given;   /* that setup linked, and another */
extern struct payload *radix_given2;
extern unsigned char ever[NR_PLACES];          /* something was there at some time */
extern const struct payload *there[NR_PLACES]; /* linked for good */

const struct unit *radix_unit(void);
uint64_t place(unsigned index);

/* radix_make - an empty tree; levels from `lowest` on have a slab from the start.
 * radix_keep: what setup linked; radix_begin: back to it. */
void radix_make(unsigned lowest);
void radix_keep(void);
void radix_begin(void);
struct payload *new_payload(unsigned id, uint64_t offset, uint64_t size);
void use_memory(unsigned index);

/* link_range, link_at, link_free - the ways to link; NULL: something was in the
 * way, or a node was about to go. link_whole: all that the node of place 0 has. */
struct payload *link_range(unsigned id, unsigned index, uint64_t size);
struct payload *link_at(unsigned id, unsigned index);
struct payload *link_whole(unsigned id, unsigned index);
struct payload *link_free(unsigned id, unsigned index);
void unlink_it(struct payload *payload, unsigned index);
void unlink_slot(struct payload *payload, unsigned index);

/* look_up: what is found has content. walk_to: and is of this place. */
void look_up(unsigned index);
int walk_to(unsigned index, struct gm_radix_at *at);

/* radix_check - at rest: what is there for good, and no other nodes. */
void radix_check(void);

#endif
