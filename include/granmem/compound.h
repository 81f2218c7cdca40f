/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compound.h - the compound table: a descriptor for every granule.
 *
 * The classical contract: an array of descriptors, one a granule. An object is a
 * power of two of granules at a multiple of its size; the descriptor of its
 * first granule is its head, those of the others are tails, which lead to the
 * head by a mask:
 *
 *   granule      0        1     2        3     4        5     6     7
 *   order + 1    [ 2        2 ] [ 1 ]    0     [ 3        3     3     3 ]
 *                head     tail  head   free    head    tails
 *
 * order + 1 lives in the GM_DESC_ORDER bits of the flags word of heads and
 * tails; a granule whose word is zero is free. A tail's state word is never
 * live and keeps its generation.
 *
 * Nothing is allocated after init: creating cannot run out of metadata. Cost:
 * one descriptor a granule, one bit for reap and the lanes.
 *
 * The calls follow the contract in table.h. Differences: sizes are powers of
 * two of at least a granule (-GM_ESIZE), bases multiples of the size (-GM_EALIGN);
 * creating and removing write one word a granule.
 */
#ifndef GM_COMPOUND_H
#define GM_COMPOUND_H

#include <granmem/blocks.h>

GM_BEGIN_DECLS

struct gm_compound {
	struct gm_blocks blocks; /* begins with the struct gm_table */
	gm_word *orphans;        /* a bit a granule: its destruction waits for reap */
	gm_word nr_orphans;      /* a hint: not less than the set bits at rest */
};

/*
 * gm_compound_metadata_size - how long a buffer gm_compound_init needs.
 *
 * max_objects has no influence: there is a descriptor for every granule.
 * Returns 0 or the errors of init. Context: any.
 */
GM_MUST_CHECK int gm_compound_metadata_size(const struct gm_table_config *config,
					    uint64_t max_objects, struct gm_metadata *out);

/*
 * gm_compound_init - an empty table.
 *
 * buffer of `bytes` is the table's until the embedder drops the table. It is
 * NULL for a self-hosted table (config->to_virtual), whose metadata takes the
 * end of the region; to_virtual must map that at a multiple of 64. config->zeroed
 * speaks of either. The grow hook is never called.
 *
 * Returns 0; -GM_EINVAL, -GM_ESIZE, -GM_EALIGN, -GM_EOVERFLOW (the
 * configuration, see table.h; also neither buffer nor to_virtual); -GM_ENOMEM (the
 * buffer, or the region, is too short). Context: before the table is shared.
 */
GM_INLINE GM_MUST_CHECK int gm_compound_init(struct gm_compound *compound,
					     const struct gm_table_config *config, void *buffer,
					     uint64_t bytes);

/*
 * gm_compound_create - make `object` exist, with one reference, the caller's.
 *
 * Returns 0 and the descriptor, or the errors of create in table.h but -GM_ENOMEM.
 * Ordering: release. Context: any; lock-free.
 */
GM_MUST_CHECK int gm_compound_create(struct gm_compound *compound, const struct gm_object *object,
				     struct gm_desc **out);

/*
 * gm_compound_claim - find free memory and make it an object.
 *
 * Begins at the caller's lane's hint; the base is a multiple of the size and of
 * claim->align. Returns 0 and the descriptor, with one reference; -GM_EINVAL,
 * -GM_ESIZE, -GM_EALIGN, -GM_EOVERFLOW, -GM_ERANGE for the request; -GM_ENOMEM (no
 * such memory is free); -GM_EBUSY (none was found, but some was in the middle of
 * a change). `accept` is called with bases of free ranges and may not call the
 * table. Context: any; lock-free. Cost: near the hint a few atomic operations
 * and one a granule; a walk over the words when little is free.
 */
GM_MUST_CHECK int gm_compound_claim(struct gm_compound *compound, const struct gm_claim *claim,
				    struct gm_desc **out);

/*
 * gm_compound_claim_each - a contiguous run of nr granules, as nr objects.
 *
 * claim->size is ignored; nr is any number but 0 (-GM_ESIZE). Returns like claim,
 * all or nothing; out has nr descriptors in ascending order of address.
 */
GM_MUST_CHECK int gm_compound_claim_each(struct gm_compound *compound, const struct gm_claim *claim,
					 size_t nr, struct gm_desc **out);

/*
 * gm_compound_find_get - the object at an address, with a reference.
 *
 * type 0: any. Returns 0; -GM_ERANGE (outside the region); -GM_ENOENT (free
 * memory); -GM_ENOTRAM (metadata of the table itself); -GM_ETYPE; -GM_EBUSY
 * (frozen); -GM_ELIMIT. Ordering: acquire, pairs with create. Context: any;
 * lock-free, and wait-free while nothing changes at that address.
 */
GM_INLINE GM_MUST_CHECK int gm_compound_find_get(struct gm_compound *compound,
						 struct gm_paddr paddr, unsigned type,
						 struct gm_desc **out);

/*
 * gm_compound_find - the object at an address, without a reference.
 *
 * For who holds a reference already (then the answer is exact), or as a hint.
 * NULL if there is none. Ordering: none. Context: any; wait-free.
 */
GM_INLINE struct gm_desc *gm_compound_find(const struct gm_compound *compound,
					   struct gm_paddr paddr);

/*
 * gm_compound_put - give a reference up; the last one frees the memory.
 *
 * Returns 1 if it was the last, else 0. Ordering and context as gm_ref_put;
 * for the last one as gm_compound_remove.
 */
GM_INLINE int gm_compound_put(struct gm_compound *compound, struct gm_desc *desc);

/*
 * gm_compound_remove - take an object out of the table: its memory becomes free.
 *
 * Requires that the caller owns the destruction (gm_ref_put returned 1).
 * Cannot fail. When it returns, the descriptor is nobody's or another
 * object's. Context: any; lock-free.
 */
void gm_compound_remove(struct gm_compound *compound, struct gm_desc *desc);

/*
 * gm_compound_release_range - free [base, base + size), all or part of objects that
 * only the caller holds, all or nothing.
 *
 * Requires that the caller has the only reference of every object that lies
 * partly or wholly in the range. Objects wholly inside are removed. An object that
 * reaches out is cut: its rest becomes the fewest naturally aligned
 * power-of-two objects, on each side at most one for each power of two from the
 * granule to half the object's size. Each has one reference, the caller's, and
 * inherits type, NOPIN, flags and owner. The extended part of the object's descriptor
 * stays with it, if its base stays; that of each other piece is zero. Never allocates.
 *
 * Whose objects they are it cannot know: an object with one reference is taken
 * for the caller's. A range that a guest names must be checked against what that
 * guest owns first. What an index has is erased there before, and what is left of it
 * inserted again (index.h).
 *
 * Returns 0; -GM_ESIZE, -GM_EOVERFLOW, -GM_ERANGE, -GM_EALIGN (not granules);
 * -GM_ENOENT (a hole); -GM_ENOTRAM (metadata); -GM_EBUSY (someone else has a
 * reference, if only a lookup for a moment). After an error nothing has changed.
 * Context: any; lock-free.
 */
GM_MUST_CHECK int gm_compound_release_range(struct gm_compound *compound, struct gm_paddr base,
					    uint64_t size);

/*
 * gm_compound_reap - remove the objects whose last reference was an undone lookup.
 *
 * `reaped` (may be NULL) gets the record of each before it is removed. Returns
 * their number. Call it now and then wherever there are lookups, and before giving up
 * on -GM_ENOMEM or -GM_EBUSY: any lookup that got what it did not mean may leave one, and
 * only reap frees it. Context: any that may call `reaped`. Cost: one load if there is
 * none, else a walk over a bit a granule.
 */
size_t gm_compound_reap(struct gm_compound *compound, gm_reaped *reaped, void *ctx);

/*
 * gm_compound_for_each - visit the live objects in ascending order of address.
 *
 * Every object that is live throughout is visited once; one that is frozen at
 * the moment, or whose count is at its limit, is not. Returns 0, or what `visit`
 * returned to end the walk.
 */
int gm_compound_for_each(struct gm_compound *compound, gm_visit *visit, void *ctx);

/* gm_compound_stats - figures; see struct gm_stats. All descriptors are static
 * bytes. Walks the descriptors of groups that are not empty. */
void gm_compound_stats(const struct gm_compound *compound, struct gm_stats *out);

/*
 * gm_compound_verify - check I1 to I10 and the counts.
 *
 * Requires that nothing else runs on the table. Returns 0 or -GM_ECORRUPT; *out
 * (not NULL) says what was found.
 */
GM_MUST_CHECK int gm_compound_verify(struct gm_compound *compound, struct gm_verify *out);

/* The two ways of gm_compound_init: who has a buffer does not link the other. */
GM_MUST_CHECK int gm_compound_init_buffer(struct gm_compound *compound,
					  const struct gm_table_config *config, void *buffer,
					  uint64_t bytes);
GM_MUST_CHECK int gm_compound_init_hosted(struct gm_compound *compound,
					  const struct gm_table_config *config);

GM_END_DECLS

#include <granmem/inline/compound.h>

#endif
