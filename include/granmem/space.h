/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * space.h - the regions of physical memory, holes between them, in one lookup.
 *
 *   0        640 KiB    1 MiB            3 GiB       4 GiB                 20 GiB
 *   | compound |  hole  |     folio      | device |  |       ad-hoc          |
 *
 * A region of RAM has a table of one of the three kinds, which a `switch` picks;
 * device and reserved regions translate, but have no objects. The array of
 * regions is the caller's and stays sorted by base, so that a hole costs
 * nothing: an address is looked up by a search of log2(n) steps without a
 * branch that depends on the data.
 *
 *   init, add             before SMP
 *   all others            beside each other, any context, as the table of the
 *                         region allows it (table.h)
 */
#ifndef GM_SPACE_H
#define GM_SPACE_H

#include <granmem/run.h>
#include <granmem/table.h>

GM_BEGIN_DECLS

/* 0 is no kind, so that a region somebody forgot to fill in is refused. */
enum gm_region_kind {
	GM_REGION_COMPOUND = 1, /* RAM, described by a gm_compound */
	GM_REGION_FOLIO = 2,    /* RAM, described by a gm_folio */
	GM_REGION_ADHOC = 3,    /* RAM, described by a gm_adhoc */
	GM_REGION_DEVICE = 4,   /* registers, frame buffers: no objects */
	GM_REGION_RESERVED = 5, /* firmware's and the like: no objects */
};

/* A request for memory of whichever NUMA node. */
#define GM_NODE_ANY (-1)

struct gm_region {
	struct gm_paddr base;
	uint64_t size;           /* bytes */
	struct gm_table *table;  /* RAM: the first member of its table; else NULL */
	enum gm_region_kind kind;
	int node;                /* NUMA node, 0 or more */
	unsigned priority;       /* claims try higher ones first, and of equals the lowest base */
	unsigned attributes;     /* the embedder's own, e.g. cacheable, encrypted */
	unsigned ranked;         /* the space's own: index of the region n-th in line for claims */
};

struct gm_space {
	struct gm_region *regions;
	unsigned nr_regions;
	unsigned max_regions;
};

/* What an address translates to. */
struct gm_translation {
	struct gm_pfn pfn;
	uint64_t granule_offset; /* bytes from the start of the mapping granule */
	uint64_t bytes;          /* from the address to the region's end, at least 1 */
	enum gm_region_kind kind;
	int node;
	unsigned attributes;
};

/*
 * gm_space_init - a space of no regions.
 *
 * regions: room for max_regions, which the space uses from now on and the
 * caller owns. Context: before SMP.
 */
void gm_space_init(struct gm_space *space, struct gm_region *regions, unsigned max_regions);

/*
 * gm_space_add - one more region, in any order of addresses.
 *
 * *region is copied; its table stays the caller's, and must be initialised.
 * Regions need no alignment but what their table required.
 *
 * Returns 0, or, in the order they are checked: -GM_EINVAL (not a kind; RAM
 * without a table; a table without RAM; node below 0); -GM_ESIZE (size is 0);
 * -GM_EOVERFLOW (it ends beyond 2^52); -GM_ERANGE (base and size are not those of
 * the table); -GM_EEXIST (overlaps a region); -GM_ENOMEM (the array is full).
 * Context: before SMP.
 */
GM_MUST_CHECK int gm_space_add(struct gm_space *space, const struct gm_region *region);

/*
 * gm_space_find - the region an address is in.
 *
 * Returns the region, or NULL in a hole. Context: any; wait-free. Ordering: none.
 */
GM_INLINE const struct gm_region *gm_space_find(const struct gm_space *space,
						struct gm_paddr paddr);

/*
 * gm_space_translate - an address, any, to its pfn, and what it belongs to.
 *
 * shift: of the mapping granule, GM_GRANULE_SHIFT_MIN .. GM_GRANULE_SHIFT_MAX.
 * Returns 0; -GM_EINVAL (shift); -GM_ENOENT (a hole). *out is written on success
 * only. It says nothing about objects: for those, find_get. Context: any;
 * wait-free.
 */
GM_INLINE GM_MUST_CHECK int gm_space_translate(const struct gm_space *space, struct gm_paddr paddr,
					       unsigned shift, struct gm_translation *out);

/*
 * gm_space_find_get - the object at an address, with a reference.
 *
 * type 0: any. Returns 0; -GM_ENOENT (a hole, or free memory); -GM_ENOTRAM (a
 * device, reserved, or metadata); else as the table: -GM_ETYPE, -GM_EBUSY,
 * -GM_ELIMIT. Ordering: acquire, pairs with create and claim.
 */
GM_MUST_CHECK int gm_space_find_get(const struct gm_space *space, struct gm_paddr paddr,
				    unsigned type, struct gm_desc **out);

/*
 * gm_space_find_object - the object at an address, without a reference.
 *
 * For who holds a reference already (then the answer is exact), or as a hint. NULL
 * if there is none. Ordering: acquire, but in a compound table none, where the
 * descriptors are always there. Context: any; wait-free.
 */
struct gm_desc *gm_space_find_object(const struct gm_space *space, struct gm_paddr paddr);

/*
 * gm_space_create - make an object exist at a given place, with one reference.
 *
 * It must lie in one region. Returns 0; -GM_ENOENT (its base is in a hole);
 * -GM_ENOTRAM; else the errors of create in table.h.
 */
GM_MUST_CHECK int gm_space_create(const struct gm_space *space, const struct gm_object *object,
				  struct gm_desc **out);

/*
 * gm_space_claim - find free memory and make it an object.
 *
 * Asks the regions of RAM of this node (or GM_NODE_ANY) by priority, those of
 * equal priority by base. Returns 0 and the descriptor, with one reference;
 * otherwise what stood in the way, the most hopeful first: -GM_EBUSY if any
 * region said so, -GM_ENOMEM if any did, another error of a table (a size that
 * it cannot describe), -GM_ERANGE if no region of the node meets the bounds.
 */
GM_MUST_CHECK int gm_space_claim(const struct gm_space *space, const struct gm_claim *claim,
				 int node, struct gm_desc **out);

/*
 * gm_space_put - give a reference up; the last one frees the memory.
 *
 * Requires a reference to an object of one of the regions. Returns 1 if it was
 * the last, else 0. A descriptor of no region goes to the assertion hook, and
 * -GM_ENOENT is returned if that returns.
 */
int gm_space_put(const struct gm_space *space, struct gm_desc *desc);

/*
 * gm_space_remove - take an object out of its table: its memory becomes free.
 *
 * For who owns its destruction: gm_ref_put, gm_ref_put_many or gm_ref_unpin
 * returned 1. A descriptor of no region goes to the assertion hook. Never
 * allocates.
 */
void gm_space_remove(const struct gm_space *space, struct gm_desc *desc);

/*
 * gm_space_orphan - leave to reap the destruction of an object that came with
 * -GM_EORPHAN.
 *
 * For lookups by other means than the tables, as in an index. Requires the destruction.
 * A descriptor of no region goes to the assertion hook. Context: any; lock-free.
 */
void gm_space_orphan(const struct gm_space *space, struct gm_desc *desc);

/* gm_space_reap - reap all tables; returns the number of objects (table.h). */
size_t gm_space_reap(const struct gm_space *space, gm_reaped *reaped, void *ctx);

/*
 * gm_space_for_each - visit the live objects of all regions, by base of the
 * regions. Returns 0, or what `visit` returned to end the walk (table.h).
 */
int gm_space_for_each(const struct gm_space *space, gm_visit *visit, void *ctx);

/*
 * gm_space_table_stats - the figures of one table, whichever kind it is.
 *
 * Returns 0, or -GM_EINVAL (no table, or not a kind that has one).
 */
GM_MUST_CHECK int gm_space_table_stats(enum gm_region_kind kind, const struct gm_table *table,
				       struct gm_stats *out);

/*
 * gm_space_stats - the sum of the figures of all tables.
 *
 * region_bytes is RAM only. desc_size and node_size are those of all tables if
 * they agree, else 0.
 */
void gm_space_stats(const struct gm_space *space, struct gm_stats *out);

/* gm_space_is_ram - has a region of this kind a table? Pure. */
GM_INLINE int gm_space_is_ram(enum gm_region_kind kind);

GM_END_DECLS

#include <granmem/inline/space.h>

#endif
