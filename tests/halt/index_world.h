/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * index_world.h - two indexes that share a store of nodes, and their objects: x of two
 * units, z that may come in its place, and a neighbour.
 *
 *   unit   | 2, 3 | 5    | 8, 9   | 63, 64        | 192, 193
 *   EMPTY                                           z makes the tree higher
 *   ALONE    x                                      the node goes with x
 *   FULL     x      near   shadow
 *   APART           near   shadow   x in two nodes
 *
 * The other index has one object, which is in it or not.
 */
#ifndef HALT_INDEX_WORLD_H
#define HALT_INDEX_WORLD_H

#include "objects.h"

#include <granmem/index.h>

#define TYPE 3u

/* Units of the index: as large as the granules of the table. */
#define AT ((uint64_t)2)
#define AT_APART ((uint64_t)GM_INDEX_SLOTS - 1)
#define AT_HIGH ((uint64_t)3 * GM_INDEX_SLOTS)
#define NEAR_AT ((uint64_t)5)
#define SHADOW_AT ((uint64_t)8)
#define SHADOW ((gm_word)77)

/* Granules of the table. */
#define X 0u
#define Z 2u
#define NEAR 4u
#define OTHER 5u

enum variant { EMPTY, ALONE, FULL, APART, NR_VARIANTS };

#define IN(variant) (1u << (variant))
#define IN_ALL ((1u << NR_VARIANTS) - 1)
#define IN_PRESENT (IN(ALONE) | IN(FULL) | IN(APART))
#define IN_CROWD (IN(FULL) | IN(APART))

/* Whose lock a change is made under. */
#define MINE WITH_LOCK(0)
#define THEIRS WITH_LOCK(1)

struct index_world {
	struct objects objects;
	struct gm_index_store store;
	struct gm_index mine, theirs;
	struct gm_desc *x, *z, *near, *other;
	uint64_t at; /* where x is, or comes */
};

static inline struct index_world *world(void)
{
	return (struct index_world *)(void *)memory_world;
}

/* index_setup, index_check - as in struct world. */
void index_setup(unsigned variant, unsigned refs, unsigned pins);
const char *index_check(const struct outcome *halted, const struct outcome *other);

#endif
