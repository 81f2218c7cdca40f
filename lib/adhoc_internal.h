/* SPDX-License-Identifier: BSD-2-Clause */
/* adhoc_internal.h - what the files of the ad-hoc table share. */
#ifndef GM_ADHOC_INTERNAL_H
#define GM_ADHOC_INTERNAL_H

#include <granmem/adhoc.h>
#include "radix_internal.h"

/* gm_adhoc_lay_out - gm_table_configure, and what goes where: table.static_bytes at the
 * start of the buffer. The errors of init. */
GM_MUST_CHECK int gm_adhoc_lay_out(struct gm_adhoc *adhoc, const struct gm_table_config *config);

/* gm_adhoc_set_up - the static part at `at`, the arena behind it up to `end`; a table
 * that does not grow beyond it. Requires gm_adhoc_lay_out. */
void gm_adhoc_set_up(struct gm_adhoc *adhoc, unsigned char *at, uintptr_t end);

/* gm_adhoc_set_up_in_buffer - the same at the first aligned place of a buffer.
 * -GM_ENOMEM: it is too short. */
GM_ALWAYS_INLINE int gm_adhoc_set_up_in_buffer(struct gm_adhoc *adhoc, void *memory, uint64_t bytes)
{
	uintptr_t start = (uintptr_t)memory;
	uint64_t skip = (0 - start) & (sizeof(struct gm_lane) - 1);

	if (bytes < skip || bytes - skip < adhoc->table.static_bytes)
		return -GM_ENOMEM;
	gm_adhoc_set_up(adhoc, (unsigned char *)memory + skip, start + (uintptr_t)bytes);
	return 0;
}

/*
 * gm_adhoc_grow - give a pool more slabs: from the buffer, the hook or the region.
 *
 * mine: what growth keeps off, and why. Returns 0 if trying again is sensible, -GM_ENOMEM if
 * there is no more, -GM_EBUSY if all that is left is in the middle of another's
 * change or growth. Lock-free.
 */
GM_MUST_CHECK int gm_adhoc_grow(struct gm_adhoc *adhoc, struct gm_pool *pool,
				const struct gm_adhoc_range *mine);

/* gm_adhoc_grow_from_buffer - the next slab of the buffer that init was given.
 * Returns 1, or 0 if it is used up. */
int gm_adhoc_grow_from_buffer(struct gm_adhoc *adhoc, struct gm_pool *pool);

/* gm_adhoc_take_desc - a frozen descriptor, growing the pool if need be. Returns 0,
 * or what gm_adhoc_grow says. */
GM_MUST_CHECK int gm_adhoc_take_desc(struct gm_adhoc *adhoc, const struct gm_adhoc_range *mine,
				     struct gm_desc **out);

/* gm_adhoc_return_desc - one that was taken and not published. */
void gm_adhoc_return_desc(struct gm_adhoc *adhoc, struct gm_desc *desc);

/*
 * gm_adhoc_walk - the slot that decides about an address of the region; it leads
 * to an object. Returns 0, -GM_ENOENT, -GM_ENOTRAM, or -GM_EBUSY from gm_radix_walk.
 */
GM_MUST_CHECK int gm_adhoc_walk(const struct gm_adhoc *adhoc, uint64_t paddr,
				struct gm_radix_at *at);

/* What is searched for: nr pieces side by side, or a place for metadata. */
struct gm_adhoc_search {
	int (*place)(struct gm_adhoc_search *search, uint64_t base); /* 0, or the errors of link */
	struct gm_adhoc *adhoc;
	int skip;           /* trust the counts */
	int quick;          /* only the first pass: a miss proves nothing */
	int conflict;       /* something was in the middle of a change */
	int exact;          /* one slot of min_level, wherever: to find none says that none is
	                       free */
	int missed;         /* but not here */
	unsigned exhausted; /* GM_RADIX_THOROUGH once there is nothing to grow from, else 0 */
	size_t min_level;   /* slots below this are too small to matter */
	size_t stop_level;  /* where to look no deeper, on this pass */
	const struct gm_adhoc_range *mine; /* see gm_adhoc_grow; or NULL */
	struct gm_claim claim;             /* with the defaults filled in; size is of all */
	struct gm_object object;           /* one of what becomes of it */
	struct gm_desc **descs;            /* theirs, side by side */
	size_t nr;
};

/* gm_adhoc_settle_reserve - set nodes aside again, for growth. */
void gm_adhoc_settle_reserve(struct gm_adhoc *adhoc);

/*
 * gm_adhoc_search - find and link free memory inside the bounds, from `start` on.
 *
 * All are addresses. Returns 0 and where; -GM_ENOMEM after a pass that met nothing in
 * the middle of a change, else -GM_EBUSY.
 */
GM_MUST_CHECK int gm_adhoc_search(struct gm_adhoc_search *search,
				  const struct gm_adhoc_range *bounds, uint64_t start,
				  uint64_t *found);

/* gm_adhoc_hint - which of a lane's hints is for objects of this size. */
static inline volatile gm_word *gm_adhoc_hint(const struct gm_adhoc *adhoc, struct gm_lane *lane,
					      uint64_t size)
{
	return &lane->hints[size < adhoc->large];
}

/* gm_adhoc_aimed, gm_adhoc_aim - where the next claim by this hint begins. */
static inline uint64_t gm_adhoc_aimed(const struct gm_adhoc *adhoc, const volatile gm_word *hint)
{
	return adhoc->table.base + ((uint64_t)gm_atomic_load_relaxed(hint) << GM_UNIT_SHIFT);
}

static inline void gm_adhoc_aim(const struct gm_adhoc *adhoc, volatile gm_word *hint,
				uint64_t paddr)
{
	gm_atomic_store_relaxed(hint, (gm_word)((paddr - adhoc->table.base) >> GM_UNIT_SHIFT));
}

#endif
