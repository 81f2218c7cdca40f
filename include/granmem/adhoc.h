/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * adhoc.h - the ad-hoc table: a descriptor for exactly the objects that exist.
 *
 * A radix tree (radix.h) over physical addresses, whose slots lead straight to
 * descriptors at any level:
 *
 *   root    [ 2 MiB object ][ node ][ free ][ 6 MiB object, three slots    ] ...
 *                              |
 *   node    [ 4 KiB ][ free ][ node ][ 8 KiB, two slots ] ...  512 slots
 *                              |
 *   node    [ 1.5 KiB object, 24 slots ][ 64 B ][ free ] ...   64 slots
 *
 * The slots of the lowest level stand for 64 bytes, the next for a granule, and
 * each further one for 512 of those below it. An object of any multiple of 64
 * bytes at any multiple of 64 takes the largest slots that fit into it. Nodes
 * exist only where something smaller than their parent's slot exists, and go
 * back to their pool when they are empty.
 *
 * By default a root slot stands for 512 granules, or, where that root would
 * have more than 2^19 slots (1 TiB at 4 KiB granules), for the next level up
 * that does not.
 *
 * The calls follow the contract in table.h. Differences: sizes and bases are
 * multiples of 64 bytes; claim prefers nothing over the next free place.
 */
#ifndef GM_ADHOC_H
#define GM_ADHOC_H

#include <granmem/radix.h>
#include <granmem/table.h>

GM_BEGIN_DECLS

/* Slabs of the buffer, which the pools take from both ends. */
struct gm_adhoc_arena {
	gm_word taken; /* from the front, and ARENA_BACK for each from the back */
	gm_word nr_slabs;
	unsigned char *slabs;
};

#define GM_ADHOC_ARENA_BACK ((gm_word)1 << (4 * sizeof(gm_word)))
#define GM_ADHOC_ARENA_FRONT_MASK (GM_ADHOC_ARENA_BACK - 1)

struct gm_adhoc;

/* Addresses [base, end) that growth is to take nothing from, and why. */
enum gm_adhoc_concern {
	GM_ADHOC_WANTED = 0, /* about to become the caller's object */
	GM_ADHOC_BOUNDS = 1, /* where the caller looks for memory: there may be room for both,
	                        if there is nothing elsewhere */
	GM_ADHOC_FROZEN = 2, /* what is there the caller itself has frozen */
};

struct gm_adhoc_range {
	uint64_t base;
	uint64_t end;
	enum gm_adhoc_concern is;
};

/* Another slab for a pool, when the buffer is used up: see gm_adhoc_grow in the library. */
typedef int gm_adhoc_grower(struct gm_adhoc *adhoc, struct gm_pool *pool,
			    const struct gm_adhoc_range *mine);

struct gm_adhoc {
	struct gm_table table;
	uint64_t large; /* objects from this size on, a root slot's, use a hint of their own */
	struct gm_radix radix;
	struct gm_pool descs;
	struct gm_adhoc_arena arena;
	gm_word meta_end;      /* where to look for memory for metadata: below this, in units
	                          of GM_UNIT_SHIFT from the region's base; 0: its end */
	unsigned slab_shift;   /* of all pools */
	int zeroed;            /* the arena is */
	gm_adhoc_grower *grow; /* beyond the buffer, or NULL */
};

/*
 * gm_adhoc_metadata_size - how long a buffer gm_adhoc_init needs.
 *
 * out->bytes is enough for max_objects objects, each of which is inside one
 * node or made of whole root slots, however they are scattered; less is enough
 * if they lie together. Threads that find a pool empty at the same moment take
 * a slab each: allow 64 KiB more for each that may. max_objects 0 gives the least
 * that init accepts: then everything else comes from the grow hook or the region.
 *
 * Returns 0 or the errors of init. Context: any.
 */
GM_MUST_CHECK int gm_adhoc_metadata_size(const struct gm_table_config *config, uint64_t max_objects,
					 struct gm_metadata *out);

/*
 * gm_adhoc_init - an empty table.
 *
 * buffer of `bytes` is the table's until the embedder drops the table. It is
 * NULL for a self-hosted table (config->to_virtual), which then takes its
 * static part from the end of the region.
 *
 * Returns 0; -GM_EINVAL, -GM_ESIZE, -GM_EALIGN, -GM_EOVERFLOW (the
 * configuration, see table.h); -GM_ENOMEM (the buffer is too short).
 * Context: before the table is shared.
 */
GM_MUST_CHECK int gm_adhoc_init(struct gm_adhoc *adhoc, const struct gm_table_config *config,
				void *buffer, uint64_t bytes);

/*
 * gm_adhoc_init_fixed - an empty table whose metadata never grows beyond the buffer.
 *
 * As gm_adhoc_init with neither config->grow nor config->to_virtual, either of which
 * is -GM_EINVAL here; but who makes tables by this alone does not link the code of
 * growth. Context: before the table is shared.
 */
GM_MUST_CHECK int gm_adhoc_init_fixed(struct gm_adhoc *adhoc, const struct gm_table_config *config,
				      void *buffer, uint64_t bytes);

/*
 * gm_adhoc_create - make `object` exist, with one reference, the caller's.
 *
 * Returns 0 and the descriptor, or the errors of create in table.h. -GM_EALIGN:
 * base or size is not a multiple of 64. Ordering: release. Context: any;
 * lock-free.
 */
GM_MUST_CHECK int gm_adhoc_create(struct gm_adhoc *adhoc, const struct gm_object *object,
				  struct gm_desc **out);

/*
 * gm_adhoc_claim - find free memory and make it an object.
 *
 * Begins at the caller's lane's hint. Returns 0 and the descriptor, with one
 * reference; -GM_EINVAL, -GM_ESIZE, -GM_EALIGN, -GM_EOVERFLOW, -GM_ERANGE for
 * the request; -GM_ENOMEM (no such memory is free, or no metadata);
 * -GM_EBUSY (none was found, but some was in the middle of a change).
 * `accept` is called with bases of free ranges and may not call the table.
 * Context: any; lock-free. Cost: near the hint a few atomic operations; a walk
 * over the tree when little is free.
 */
GM_MUST_CHECK int gm_adhoc_claim(struct gm_adhoc *adhoc, const struct gm_claim *claim,
				 struct gm_desc **out);

/*
 * gm_adhoc_claim_each - a contiguous run of nr granules, as nr objects.
 *
 * claim->size is ignored. Returns like claim, all or nothing; out has nr
 * descriptors in ascending order of address.
 */
GM_MUST_CHECK int gm_adhoc_claim_each(struct gm_adhoc *adhoc, const struct gm_claim *claim,
				      size_t nr, struct gm_desc **out);

/*
 * gm_adhoc_find_get - the object at an address, with a reference.
 *
 * type 0: any. Returns 0; -GM_ERANGE (outside the region); -GM_ENOENT (free
 * memory); -GM_ENOTRAM (metadata of the table itself); -GM_ETYPE; -GM_EBUSY
 * (frozen, or the tree is in a change just there); -GM_ELIMIT. Ordering:
 * acquire, pairs with create. Context: any; lock-free, and wait-free while
 * nothing changes at that address.
 */
GM_INLINE GM_MUST_CHECK int gm_adhoc_find_get(struct gm_adhoc *adhoc, struct gm_paddr paddr,
					      unsigned type, struct gm_desc **out);

/* The rest of find_get, for what the first look did not answer: desc (or NULL)
 * is what it found and err what the get said. */
GM_MUST_CHECK int gm_adhoc_find_get_rest(struct gm_adhoc *adhoc, struct gm_paddr paddr,
					 unsigned type, struct gm_desc *desc, int err,
					 struct gm_desc **out);

/*
 * gm_adhoc_find - the object at an address, without a reference.
 *
 * For who holds a reference already (then the answer is exact), or as a hint.
 * NULL if there is none. Ordering: acquire. Context: any; wait-free.
 */
GM_INLINE struct gm_desc *gm_adhoc_find(const struct gm_adhoc *adhoc, struct gm_paddr paddr);

/* The rest of find, where what the two uppermost levels say is no object. */
struct gm_desc *gm_adhoc_find_below(const struct gm_adhoc *adhoc, gm_word value, uint64_t paddr);

/*
 * gm_adhoc_put - give a reference up; the last one frees the memory.
 *
 * Returns 1 if it was the last, else 0. Ordering and context as gm_ref_put;
 * for the last one as gm_adhoc_remove.
 */
GM_INLINE int gm_adhoc_put(struct gm_adhoc *adhoc, struct gm_desc *desc);

/*
 * gm_adhoc_put_sole - the same, for an object that mostly has one holder: memory that is
 * freed.
 *
 * A last put is one step instead of two; any other looks at the count first, which
 * costs a shared object's holders more. Returns and ordering as gm_adhoc_put.
 */
GM_INLINE int gm_adhoc_put_sole(struct gm_adhoc *adhoc, struct gm_desc *desc);

/*
 * gm_adhoc_remove - take an object out of the table: its memory becomes free.
 *
 * Requires that the caller owns the destruction (gm_ref_put returned 1).
 * Cannot fail and never allocates. Context: any; lock-free.
 */
void gm_adhoc_remove(struct gm_adhoc *adhoc, struct gm_desc *desc);

/*
 * gm_adhoc_release_range - free [base, base + size), all or part of objects that
 * only the caller holds, all or nothing.
 *
 * Every byte must be covered by objects of which the caller has the only
 * reference. Objects wholly inside are removed, which never allocates. An object
 * that reaches out keeps its rest, with the caller's reference: the part before
 * base keeps the descriptor, the part behind keeps it too unless both exist,
 * then it gets a new one. A cut needs at most one descriptor (a cut in the
 * middle of one object) and two nodes a level below the entries that are cut.
 * Flags and owner are inherited. The extended part of a descriptor stays with it; that of
 * a new one is zero.
 *
 * Whose objects they are it cannot know: an object with one reference is taken
 * for the caller's. A range that a guest names must be checked against what that
 * guest owns first. What an index has is erased there before, and what is left of it
 * inserted again (index.h).
 *
 * Returns 0; -GM_ESIZE, -GM_EOVERFLOW, -GM_ERANGE, -GM_EALIGN; -GM_ENOENT (a hole);
 * -GM_ENOTRAM (metadata); -GM_EBUSY (someone else has a reference, if only a
 * lookup for a moment, or is bringing memory for metadata, or a self-hosted table
 * found none for it but what is in the middle of a change); -GM_ENOMEM. After an
 * error nothing has changed. Context: any; lock-free.
 */
GM_MUST_CHECK int gm_adhoc_release_range(struct gm_adhoc *adhoc, struct gm_paddr base,
					 uint64_t size);

/*
 * gm_adhoc_reap - remove the objects whose last reference was an undone lookup.
 *
 * `reaped` (may be NULL) gets the record of each before it is removed. Returns
 * their number. Call it now and then wherever there are lookups, and before giving up
 * on -GM_ENOMEM or -GM_EBUSY: any lookup that got what it did not mean may leave one, and
 * only reap frees it. Context: any that may call `reaped`.
 */
size_t gm_adhoc_reap(struct gm_adhoc *adhoc, gm_reaped *reaped, void *ctx);

/* gm_adhoc_orphan - leave to reap the destruction of an object that came with
 * -GM_EORPHAN, for who looked it up by other means than the table. Context: any. */
void gm_adhoc_orphan(struct gm_adhoc *adhoc, struct gm_desc *desc);

/*
 * gm_adhoc_for_each - visit the live objects.
 *
 * Every object that is live throughout is visited once; one that is frozen at
 * the moment, or whose count is at its limit, is not. Returns 0, or what `visit`
 * returned to end the walk.
 */
int gm_adhoc_for_each(struct gm_adhoc *adhoc, gm_visit *visit, void *ctx);

/* gm_adhoc_stats - figures; see struct gm_stats. Walks the pools' bitmaps. */
void gm_adhoc_stats(const struct gm_adhoc *adhoc, struct gm_stats *out);

/*
 * gm_adhoc_verify - check I1 to I10 and the counts.
 *
 * Requires that nothing else runs on the table. Returns 0 or -GM_ECORRUPT; *out
 * (not NULL) says what was found.
 */
GM_MUST_CHECK int gm_adhoc_verify(struct gm_adhoc *adhoc, struct gm_verify *out);

GM_END_DECLS

#include <granmem/inline/adhoc.h>

#endif
