/* SPDX-License-Identifier: BSD-2-Clause */
/* adhoc_internal.h - what the files of the ad-hoc table share. */
#ifndef GM_ADHOC_INTERNAL_H
#define GM_ADHOC_INTERNAL_H

#include <granmem/adhoc.h>
#include "radix_internal.h"

/*
 * gm_adhoc_grow - give a pool more slabs: from the buffer, the hook or the region.
 *
 * Returns 1 if trying again is sensible, 0 if there is no more. Lock-free.
 */
int gm_adhoc_grow(struct gm_adhoc *adhoc, struct gm_pool *pool);

/* gm_adhoc_take_desc - a frozen descriptor, growing the pool if need be; or NULL. */
struct gm_desc *gm_adhoc_take_desc(struct gm_adhoc *adhoc);

/* gm_adhoc_link - link [base, base + size) to value, growing where a node lacks.
 * Returns like create, but -GM_EEXIST also for a frozen object. */
GM_MUST_CHECK int gm_adhoc_link(struct gm_adhoc *adhoc, uint64_t base, uint64_t size,
				struct gm_desc *desc, gm_word *met);

/* gm_adhoc_settle_reserve - set nodes aside again, for growth. */
void gm_adhoc_settle_reserve(struct gm_adhoc *adhoc);

/* gm_adhoc_hint - which of a lane's hints is for objects of this size. */
static inline unsigned gm_adhoc_hint(const struct gm_adhoc *adhoc, uint64_t size)
{
	return size >= adhoc->radix.bytes[adhoc->radix.root_level];
}

/* gm_adhoc_aim - the next claim of this size by this lane begins at paddr. */
static inline void gm_adhoc_aim(struct gm_adhoc *adhoc, struct gm_lane *lane, uint64_t size,
				uint64_t paddr)
{
	gm_atomic_store_relaxed(&lane->hints[gm_adhoc_hint(adhoc, size)],
				(gm_word)((paddr - adhoc->table.base) >> GM_UNIT_SHIFT));
}

#endif
