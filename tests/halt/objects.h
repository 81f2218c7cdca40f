/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * objects.h - what the worlds of mappings and of indexes begin with: a space of one
 * small compound table, whose granules are larger than what is mapped of them.
 */
#ifndef HALT_OBJECTS_H
#define HALT_OBJECTS_H

#include "halt.h"

#include <granmem/compound.h>
#include <granmem/pte.h>
#include <granmem/space.h>

#define OBJECTS_BASE ((uint64_t)1 << 24) /* aligned for any leaf that is used */
#define OBJECT_SHIFT 16                  /* a granule */
#define OBJECT_BYTES ((uint64_t)1 << OBJECT_SHIFT)
#define NR_OBJECTS 8u
#define DESC_BYTES 48u /* struct gm_mapped, struct gm_indexed */

/* The first member of such a world's own struct. */
struct objects {
	struct gm_compound table;
	struct gm_region region;
	struct gm_space space;
};

static inline struct objects *objects(void)
{
	return (struct objects *)(void *)memory_world;
}

/* objects_write - what a processor does that writes through an entry: it sets the bits, if
 * that is still the same. Returns 1 if it was a leaf through which one may write. */
int objects_write(const struct gm_pte_format *format, unsigned level, gm_word *slot);

/* objects_begin - a new world, its own struct so long, and no object. */
void objects_begin(size_t world_bytes);

/* objects_make - an object of nr granules from the first-th on, with one reference. NULL
 * where another one still is. */
struct gm_desc *objects_make(unsigned first, unsigned nr, unsigned type, void *owner);

/* objects_at - the object there, or NULL. Right for its holder, and at rest. */
struct gm_desc *objects_at(unsigned first);

/* objects_check - at rest: the table verifies, and there are so many references in it. */
const char *objects_check(long refs);

/* objects_end - let all go. Returns what is left over, if anything is. */
const char *objects_end(void);

#endif
