/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * folio.h - the folio table: a typed word for every granule, a descriptor for
 * every object.
 *
 * Each granule has one gm_word; its low 4 bits are the kind:
 *
 *   63                                    4   3..0
 *  [ address of the descriptor              |  0 OBJECT   ]
 *  [ order of what was freed here, a hint   |  1 FREE     ]  and all zero
 *  [ 0                                      |  2 RESERVED, 3 DEVICE, 4 OFFLINE,
 *                                              5 POISONED, 6 METADATA ]
 *  [ the kind before                        |  7 BUSY     ]
 *
 * An object is a power of two of granules at a multiple of its size; the words
 * of all its granules lead to its one descriptor, so callers never see a tail.
 * The kind is a hint: whether an object is alive, its descriptor's state word
 * says. Memory that needs no record (reserved, device, offline, poisoned) costs
 * its words only.
 *
 * The calls follow the contract in table.h. Differences: sizes are powers of
 * two of at least a granule (-GM_ESIZE), bases multiples of the size (-GM_EALIGN);
 * creating and removing write one word a granule. -GM_EEXIST also answers for
 * marked memory. Descriptors come from the buffer, then from the grow hook, then
 * (config->to_virtual) from free granules at the end of the region.
 */
#ifndef GM_FOLIO_H
#define GM_FOLIO_H

#include <granmem/blocks.h>

GM_BEGIN_DECLS

/* The kinds of gm_folio_kind; those that gm_folio_mark takes are marked *. */
#define GM_FOLIO_OBJECT 0
#define GM_FOLIO_FREE 1
#define GM_FOLIO_RESERVED 2 /* * firmware, the kernel's image */
#define GM_FOLIO_DEVICE 3   /* * registers or memory of a device */
#define GM_FOLIO_OFFLINE 4  /* * given away, ballooned */
#define GM_FOLIO_POISONED 5 /* * broken memory */
#define GM_FOLIO_METADATA 6 /* of the table itself */
#define GM_FOLIO_BUSY 7     /* between two of these */

struct gm_folio {
	struct gm_blocks blocks; /* begins with the struct gm_table */
	uintptr_t top;           /* where the word of address 0 would be */
	struct gm_pool descs;
	gm_word arena_next; /* address: memory of the buffer that no pool has yet */
	uintptr_t arena_end;
	gm_word meta_hint; /* the granule below which to look for memory for slabs */
	int zeroed;        /* the arena is */
};

/*
 * gm_folio_metadata_size - how long a buffer gm_folio_init needs.
 *
 * Enough for max_objects objects. 0 gives the least that init accepts: then the
 * descriptors come from the grow hook or the region. Returns 0 or the errors of
 * init. Context: any.
 */
GM_MUST_CHECK int gm_folio_metadata_size(const struct gm_table_config *config, uint64_t max_objects,
					 struct gm_metadata *out);

/*
 * gm_folio_init - an empty table.
 *
 * buffer of `bytes` is the table's until the embedder drops the table. It is
 * NULL for a self-hosted table (config->to_virtual), whose words take the end of
 * the region. to_virtual must map a slab (a granule, or 4 KiB if that is more) at a
 * multiple of its size, and the words at one of 64. config->zeroed speaks of
 * either place of the words.
 *
 * Returns 0; -GM_EINVAL, -GM_ESIZE, -GM_EALIGN, -GM_EOVERFLOW (the
 * configuration, see table.h; also neither buffer nor to_virtual); -GM_ENOMEM (the
 * buffer, or the region, is too short). Context: before the table is shared.
 */
GM_INLINE GM_MUST_CHECK int gm_folio_init(struct gm_folio *folio,
					  const struct gm_table_config *config, void *buffer,
					  uint64_t bytes);

/*
 * gm_folio_create - make `object` exist, with one reference, the caller's.
 *
 * Returns 0 and the descriptor, or the errors of create in table.h. Ordering:
 * release. Context: any; lock-free.
 */
GM_MUST_CHECK int gm_folio_create(struct gm_folio *folio, const struct gm_object *object,
				  struct gm_desc **out);

/*
 * gm_folio_claim - find free memory and make it an object.
 *
 * Begins at the caller's lane's hint; the base is a multiple of the size and of
 * claim->align. Returns 0 and the descriptor, with one reference; -GM_EINVAL,
 * -GM_ESIZE, -GM_EALIGN, -GM_EOVERFLOW, -GM_ERANGE for the request; -GM_ENOMEM (no
 * such memory is free, or no metadata); -GM_EBUSY (none was found, but some was
 * in the middle of a change). `accept` is called with bases of free ranges and may
 * not call the table. Context: any; lock-free. Cost: near the hint a few atomic
 * operations and two stores a granule; a walk over the words when little is free.
 */
GM_MUST_CHECK int gm_folio_claim(struct gm_folio *folio, const struct gm_claim *claim,
				 struct gm_desc **out);

/*
 * gm_folio_claim_each - a contiguous run of nr granules, as nr objects.
 *
 * claim->size is ignored; nr is any number but 0 (-GM_ESIZE). Returns like claim,
 * all or nothing; out has nr descriptors in ascending order of address.
 */
GM_MUST_CHECK int gm_folio_claim_each(struct gm_folio *folio, const struct gm_claim *claim,
				      size_t nr, struct gm_desc **out);

/*
 * gm_folio_find_get - the object at an address, with a reference.
 *
 * type 0: any. Returns 0; -GM_ERANGE (outside the region); -GM_ENOENT (free
 * memory); -GM_ENOTRAM (marked, or metadata: ask gm_folio_kind); -GM_ETYPE;
 * -GM_EBUSY (frozen, or just being created or marked); -GM_ELIMIT. Ordering:
 * acquire, pairs with create. Context: any; lock-free, and wait-free while
 * nothing changes at that address.
 */
GM_INLINE GM_MUST_CHECK int gm_folio_find_get(struct gm_folio *folio, struct gm_paddr paddr,
					      unsigned type, struct gm_desc **out);

/*
 * gm_folio_find - the object at an address, without a reference.
 *
 * For who holds a reference already (then the answer is exact), or as a hint.
 * NULL if there is none. Ordering: acquire. Context: any; wait-free.
 */
GM_INLINE struct gm_desc *gm_folio_find(const struct gm_folio *folio, struct gm_paddr paddr);

/*
 * gm_folio_kind - what the granule's word says at this moment: GM_FOLIO_...
 *
 * -GM_ERANGE outside the region. OBJECT is a hint (see find_get). Context: any;
 * wait-free.
 */
GM_MUST_CHECK int gm_folio_kind(const struct gm_folio *folio, struct gm_paddr paddr);

/*
 * gm_folio_mark - free memory becomes RESERVED, DEVICE, OFFLINE or POISONED.
 *
 * All or nothing, for any range of granules. It is not free any more, and cannot
 * be created in, claimed or got. Returns 0; -GM_EINVAL (kind); -GM_ESIZE,
 * -GM_EOVERFLOW, -GM_ERANGE, -GM_EALIGN (not granules); -GM_EEXIST (an object,
 * metadata or a mark is there); -GM_EBUSY. Needs no metadata. Context: any;
 * lock-free.
 */
GM_MUST_CHECK int gm_folio_mark(struct gm_folio *folio, struct gm_paddr base, uint64_t size,
				unsigned kind);

/*
 * gm_folio_unmark - marked memory becomes free.
 *
 * All or nothing; the range may have been marked in several calls and kinds.
 * Returns 0; -GM_ESIZE, -GM_EOVERFLOW, -GM_ERANGE, -GM_EALIGN; -GM_ENOENT (part of it
 * is not marked); -GM_EBUSY. Context: any; lock-free.
 */
GM_MUST_CHECK int gm_folio_unmark(struct gm_folio *folio, struct gm_paddr base, uint64_t size);

/*
 * gm_folio_put - give a reference up; the last one frees the memory.
 *
 * Returns 1 if it was the last, else 0. Ordering and context as gm_ref_put;
 * for the last one as gm_folio_remove.
 */
GM_INLINE int gm_folio_put(struct gm_folio *folio, struct gm_desc *desc);

/*
 * gm_folio_remove - take an object out of the table: its memory becomes free.
 *
 * Requires that the caller owns the destruction (gm_ref_put returned 1).
 * Cannot fail and never allocates. When it returns, the descriptor is nobody's
 * or another object's. Context: any; lock-free.
 */
void gm_folio_remove(struct gm_folio *folio, struct gm_desc *desc);

/*
 * gm_folio_release_range - free [base, base + size), all or part of objects that
 * only the caller holds, all or nothing.
 *
 * Requires that the caller has the only reference of every object that lies
 * partly or wholly in the range. Objects wholly inside are removed, which never
 * allocates. An object that reaches out is cut: its rest becomes the fewest
 * naturally aligned power-of-two objects, on each side at most one for each power
 * of two from the granule to half the object's size. Each has one reference, the
 * caller's, and inherits type, NOPIN, flags and owner. The first of a cut object's
 * pieces keeps its descriptor, and the extended part of that; each further one takes
 * a new one, whose extended part is zero.
 *
 * Whose objects they are it cannot know: an object with one reference is taken
 * for the caller's. A range that a guest names must be checked against what that
 * guest owns first. What an index has is erased there before, and what is left of it
 * inserted again (index.h).
 *
 * Returns 0; -GM_ESIZE, -GM_EOVERFLOW, -GM_ERANGE, -GM_EALIGN (not granules);
 * -GM_ENOENT (a hole); -GM_ENOTRAM (marked, or metadata); -GM_EBUSY (someone else
 * has a reference, if only a lookup for a moment, or is bringing memory for
 * metadata); -GM_ENOMEM (no descriptors for the pieces). After an error no object and
 * no free byte has changed.
 * Context: any; lock-free.
 */
GM_MUST_CHECK int gm_folio_release_range(struct gm_folio *folio, struct gm_paddr base,
					 uint64_t size);

/*
 * gm_folio_reap - remove the objects whose last reference was an undone lookup.
 *
 * `reaped` (may be NULL) gets the record of each before it is removed. Returns
 * their number. Call it now and then wherever there are lookups, and before giving up
 * on -GM_ENOMEM or -GM_EBUSY: any lookup that got what it did not mean may leave one, and
 * only reap frees it. Context: any that may call `reaped`.
 */
size_t gm_folio_reap(struct gm_folio *folio, gm_reaped *reaped, void *ctx);

/*
 * gm_folio_for_each - visit the live objects in ascending order of address.
 *
 * Every object that is live throughout is visited once; one that is frozen at
 * the moment, or whose count is at its limit, is not. Returns 0, or what `visit`
 * returned to end the walk.
 */
int gm_folio_for_each(struct gm_folio *folio, gm_visit *visit, void *ctx);

/* gm_folio_stats - figures; see struct gm_stats. Walks the pool's bitmaps. */
void gm_folio_stats(const struct gm_folio *folio, struct gm_stats *out);

/*
 * gm_folio_verify - check I1 to I10 and the counts.
 *
 * Requires that nothing else runs on the table. Returns 0 or -GM_ECORRUPT; *out
 * (not NULL) says what was found.
 */
GM_MUST_CHECK int gm_folio_verify(struct gm_folio *folio, struct gm_verify *out);

/* The two ways of gm_folio_init: who has a buffer does not link the other. */
GM_MUST_CHECK int gm_folio_init_buffer(struct gm_folio *folio, const struct gm_table_config *config,
				       void *buffer, uint64_t bytes);
GM_MUST_CHECK int gm_folio_init_hosted(struct gm_folio *folio,
				       const struct gm_table_config *config);

GM_END_DECLS

#include <granmem/inline/folio.h>

#endif
