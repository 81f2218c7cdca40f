/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.h - what the three tables share: configuration, requests, the contract.
 *
 * A table describes one region of physical memory. Memory that no object covers
 * is free memory, so the table is also the frame allocator. The three tables
 * have the same calls, gm_compound_..., gm_folio_... and gm_adhoc_...; their
 * common contract stands here once, and each header says how it differs.
 *
 *   metadata_size  how much memory init needs          before SMP
 *   init           make an empty table                  before SMP
 *   create         an object at a given place           lock-free
 *   claim          an object wherever memory is free    lock-free
 *   claim_each     a run of objects of one granule      lock-free
 *   find_get       address -> object, with a reference  lock-free
 *   find           address -> object, for its holder    wait-free
 *   put            give a reference up; the last one removes the object
 *   remove         the destroyer takes the object out   lock-free
 *   release_range  the sole holder frees part or all    lock-free
 *   reap           collect what undone lookups ended    lock-free
 *   for_each       visit live objects                   lock-free
 *   stats, verify  figures; the invariants              (verify: at rest)
 *
 * All but the first two and verify may run beside each other and themselves on
 * the same and on neighbouring addresses, and in any context, interrupts and
 * NMIs included, except where a hook that the embedder gave says otherwise: a
 * thread stopped anywhere blocks nobody, at most -GM_EBUSY is the answer.
 *
 * A life:   claim/create -> [get, find_get, put]* -> last put -> remove
 *                              \ the winner of the last put calls remove; the
 *                                call gm_<table>_put does both
 *
 * The errors of create, in the order they are checked:
 *   -GM_EINVAL     type is 0 or over GM_TYPE_MAX
 *   -GM_ESIZE      size is zero, or one that this table cannot describe
 *   -GM_EOVERFLOW  base + size is beyond 2^52
 *   -GM_ERANGE     not wholly inside the region
 *   -GM_EALIGN     base or size is not aligned as this table requires
 *   -GM_EEXIST     a live object, or metadata, covers part of it
 *   -GM_EBUSY      an object that covers part of it, or the tree above it, is
 *                  in the middle of a change, or another thread is bringing the
 *                  last memory for metadata, or a self-hosted table found none
 *                  for it but what is in the middle of a change: try again
 *   -GM_ENOMEM     no descriptor, or no node, and no growth
 * Where one thing in the way would say -GM_EEXIST and another -GM_EBUSY, compound
 * and folio name what they meet first.
 */
#ifndef GM_TABLE_H
#define GM_TABLE_H

#include <granmem/desc.h>
#include <granmem/error.h>
#include <granmem/pool.h>
#include <granmem/ref.h>

GM_BEGIN_DECLS

/*
 * More memory for metadata: `bytes` long, aligned to `align` (a power of two,
 * at most 2 MiB), any content. NULL if there is none. Called in the context of
 * create, claim and release_range, without locks held; may be called by many
 * threads at once, and may not call the table that calls it.
 */
typedef void *gm_grow_hook(void *ctx, size_t bytes, size_t align);

/*
 * Where the embedder maps a physical range of the region, for tables that keep
 * their metadata in it (self-hosted). Contiguous, permanent, and aligned as the
 * physical address is up to 2 MiB, as a direct map is. Never NULL.
 */
typedef void *gm_to_virtual_hook(void *ctx, struct gm_paddr base, uint64_t size);

/* Zero means default throughout; base and size are required. */
struct gm_table_config {
	struct gm_paddr base;   /* of the region; a multiple of the granule */
	uint64_t size;          /* bytes; a multiple of the granule; base + size <= 2^52 */
	unsigned granule_shift; /* 9 .. 16; default 12 */
	unsigned desc_size;     /* bytes of an (extended) descriptor: a multiple of 16,
	                           32 .. 1024; default 32 */
	unsigned nr_contexts;   /* most contexts that may race: CPUs times interrupt depth;
	                           at most GM_CONTEXTS_MAX; default 64 */
	unsigned nr_lanes;      /* a power of two up to 256, about the CPUs; default 4 */
	unsigned root_shift;    /* ad-hoc: bytes that a root entry covers, as a shift; must be
	                           one of the tree's levels, and leave at most 2^31
	                           entries (-GM_EINVAL); default: see adhoc.h */
	int zeroed;             /* the buffer for init is known to be all zero */
	gm_grow_hook *grow;     /* more metadata, or NULL */
	void *grow_ctx;
	gm_to_virtual_hook *to_virtual; /* given: metadata comes from the region itself */
	void *to_virtual_ctx;
};

/* What a buffer for init must be. An unaligned one may be given if it is
 * longer by align - 1. */
struct gm_metadata {
	uint64_t bytes;
	uint64_t align;
};

/* Find free memory and make it an object. Zero means default but for size and type. */
struct gm_claim {
	uint64_t size;  /* bytes */
	uint64_t align; /* of the base, a power of two; default: a granule, or 64 for less */
	struct gm_paddr min; /* the object lies in [min, max) */
	struct gm_paddr max; /* default (0): the end of the region */
	int (*accept)(void *ctx, struct gm_paddr base); /* 0 refuses this base, e.g. its colour */
	void *accept_ctx;
	unsigned type; /* 1 .. GM_TYPE_MAX */
	void *owner;
};

/* What stats fills in. All but free_bytes walks the metadata. */
struct gm_stats {
	uint64_t region_bytes;
	uint64_t free_bytes;      /* covered by no object and no metadata */
	uint64_t hosted_bytes;    /* metadata that lies in the region itself */
	uint64_t nr_objects;      /* descriptors in use */
	uint64_t nr_nodes;        /* tree nodes in use (ad-hoc) */
	uint64_t static_bytes;    /* lanes, root, words or descriptors per granule */
	uint64_t desc_bytes;      /* all slabs of descriptors */
	uint64_t node_bytes;      /* all slabs of tree nodes */
	uint64_t used_bytes;      /* static, and what descriptors and nodes in use take */
	uint64_t total_bytes;     /* static_bytes + desc_bytes + node_bytes */
	unsigned desc_size;       /* bytes of one descriptor */
	unsigned node_size;       /* bytes of one node of the lowest full level, record included */
};

/* Called for each object with a reference held for the time of the call; not 0
 * ends the walk with that answer. If everybody else puts the object meanwhile it
 * becomes an orphan, which reap hands over. */
typedef int gm_visit(void *ctx, struct gm_desc *desc);

/* Called by reap for an object that nobody holds any more; it is still linked,
 * and removed when the call returns. */
typedef void gm_reaped(void *ctx, const struct gm_object *gone);

/* What verify found. */
struct gm_verify {
	unsigned nr_errors;
	const char *first;      /* the first broken invariant, NULL if none */
	struct gm_paddr where;  /* near which address */
	uint64_t nr_objects;
	uint64_t nr_references; /* sum over the live objects, but for the saturated */
	uint64_t nr_saturated;  /* objects leaked on purpose */
	uint64_t covered_bytes; /* by objects */
};

/* Free bytes and hints of one lane; a cache line of its own. */
struct gm_lane {
	gm_word free;     /* this lane's share of the free units, modulo the word */
	gm_word hints[2]; /* where to look next, in units from the region's base: one for
	                     small claims, one for large; which, each table decides */
	unsigned char padding[64 - 3 * sizeof(gm_word)];
};

/* Free memory is counted in units of an object's alignment. */
#define GM_UNIT_SHIFT 6

/* The first member of each table. */
struct gm_table {
	uint64_t base;
	uint64_t size;
	struct gm_lane *lanes;
	size_t lane_mask;
	unsigned granule_shift;
	unsigned desc_size;
	uint64_t static_bytes;
	gm_word hosted_bytes; /* metadata in the region, in units of GM_UNIT_SHIFT */
	gm_grow_hook *grow;
	void *grow_ctx;
	gm_to_virtual_hook *to_virtual;
	void *to_virtual_ctx;
};

/*
 * What follows is for the tables themselves.
 */

/* gm_table_configure - check a configuration, and note it in a table that has no
 * lanes yet, with the defaults filled in. Returns 0, -GM_EINVAL, -GM_ESIZE, -GM_EALIGN
 * or -GM_EOVERFLOW. */
GM_COLD GM_MUST_CHECK int gm_table_configure(struct gm_table *table,
					     const struct gm_table_config *config);

/* gm_table_nr_lanes - how many lanes a table that is configured has. */
GM_INLINE size_t gm_table_nr_lanes(const struct gm_table *table);

/* gm_table_check - is this an object that a table of this region may hold?
 * Checks all but alignment; the errors of create. */
GM_MUST_CHECK int gm_table_check(const struct gm_table *table, const struct gm_object *object);

/* gm_table_check_claim - is the request sound? Fills in the defaults; *first and
 * *end are the bounds clipped to the region, bytes from its base. The errors of
 * create; -GM_ERANGE if nothing of the bounds is in the region. */
GM_MUST_CHECK int gm_table_check_claim(const struct gm_table *table, const struct gm_claim *claim,
				       struct gm_claim *out, uint64_t *first, uint64_t *end);

/* gm_table_take_free, gm_table_give_free - bytes (multiples of 64) leave or join
 * the free memory. Taken before the first slot changes, given after the last.
 * The gm_lane_ ones are for who has its lane in hand. */
GM_INLINE void gm_table_take_free(struct gm_table *table, uint64_t bytes);
GM_INLINE void gm_table_give_free(struct gm_table *table, uint64_t bytes);
GM_INLINE void gm_table_lane_take(struct gm_lane *lane, uint64_t bytes);
GM_INLINE void gm_table_lane_give(struct gm_lane *lane, uint64_t bytes);

/* gm_table_free_bytes - the sum of the lanes: exact at rest, an estimate beside
 * changes, never more than the region. Cost: one load a lane. */
uint64_t gm_table_free_bytes(const struct gm_table *table);

/* gm_table_lane_of - the lane of a CPU hint. */
GM_INLINE struct gm_lane *gm_table_lane_of(const struct gm_table *table, size_t hint);

/* gm_table_lane - the caller's lane, by the CPU hint. */
GM_INLINE struct gm_lane *gm_table_lane(const struct gm_table *table);

/* gm_table_contains - is this address inside the region? */
GM_INLINE int gm_table_contains(const struct gm_table *table, uint64_t paddr);

GM_END_DECLS

#include <granmem/inline/table.h>

#endif
