/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * index.h - one owner's objects by their offset: a page cache's mapping, a
 * hypervisor's memory slot.
 *
 *   owner's offsets   0        16 KiB   20 KiB                         2 MiB
 *                     | object | object |  shadow  |  nothing  ...     | object ...
 *                                  \
 *   memory                          physical address, from the descriptor
 *
 * A tree (radix.h) of any object sizes that are multiples of a unit. Many indexes
 * share one gm_index_store, which has their nodes; an index itself is a struct of
 * about 150 bytes, and one that holds a single unit at offset 0 needs no node.
 *
 * The descriptor says where its object is: a word of the embedder's extension of it
 * (struct gm_indexed, or any place that the store is told of), the *place*
 *
 *      63             8 7     2 1     0              31       6 5     2 1     0
 *     [ offset in units | marks | state ]  64-bit   [ units    | marks | state ]  32-bit
 *
 *   0 nowhere    1 here    2 changing: replaced, or the replacement    3 hidden: being
 *   inserted or erased
 *
 * That word decides: an object is in the index while it says "here", and who changes
 * it from there, by compare-and-swap, is the one who replaces or erases. Its slots
 * come before and go after. So a lookup that takes a reference and then finds the
 * owner, the place and the state right is right, whatever way led it there: a
 * recycled node or descriptor can only yield a mismatch. An object of several slots
 * appears and disappears at once.
 *
 * References move: insert takes over one of the caller's, and erase gives the
 * caller the one that the index had. An object can be in one place of one index.
 * While it is, it may not be split or cut (gm_<table>_release_range).
 *
 * Marks (dirty, writeback, the embedder's own) are bits of the place, with labels in
 * the tree for searches. A shadow is a small number left where an object was, for
 * who wants to know how long it has been away; it counts as nothing there.
 *
 * Who may run beside whom: everything beside everything, but init and verify. "Held"
 * marks what requires a reference of the caller's to the object.
 *
 *   find_get, run, next, shadow         lookups; lock-free, wait-free where nothing
 *                                       changes
 *   find, pfn                           for who keeps the object there; wait-free
 *   insert                              held: gives it up            lock-free
 *   erase, replace, mark, marks, offset held                         lock-free
 *   take, forget                                                     lock-free
 *
 * A thread that is stopped in the middle of one makes at most the offsets of its
 * object, and of a node that it is just bringing or emptying, -GM_EBUSY for who
 * inserts there; lookups find what is there beside it.
 * Context: any, NMI included, where the grow hook may be called (insert).
 */
#ifndef GM_INDEX_H
#define GM_INDEX_H

#include <granmem/radix.h>
#include <granmem/run.h>
#include <granmem/space.h>

GM_BEGIN_DECLS

/* Sets of marks are numbers with bit n for mark n. */
#if GM_CONFIG_64BIT
#define GM_INDEX_MARKS 6
#else
#define GM_INDEX_MARKS 4
#endif
#define GM_INDEX_DIRTY ((gm_word)1)
#define GM_INDEX_WRITEBACK ((gm_word)2)
#define GM_INDEX_USER(n) ((gm_word)4 << (n)) /* n in 0 .. GM_INDEX_MARKS - 3 */

/* Shadows are 1 .. GM_INDEX_SHADOW_MAX; 0 stands for none. */
#define GM_INDEX_SHADOW_MAX (~(gm_word)0 >> 2)

#define GM_PLACE_STATE ((gm_word)3)
#define GM_PLACE_HERE ((gm_word)1)
#define GM_PLACE_CHANGING ((gm_word)2)
#define GM_PLACE_HIDDEN ((gm_word)3)
#define GM_PLACE_MARKS_SHIFT 2
#define GM_PLACE_MARKS ((((gm_word)1 << GM_INDEX_MARKS) - 1) << GM_PLACE_MARKS_SHIFT)
#define GM_PLACE_UNITS_SHIFT (GM_PLACE_MARKS_SHIFT + GM_INDEX_MARKS)

/* A descriptor with a place: for tables whose desc_size is its size, or more. The
 * place is 0 in new metadata, and whenever the object is in no index. */
struct gm_indexed {
	struct gm_desc desc;
	gm_word place;
	gm_word padding[16 / sizeof(gm_word) - 1]; /* the embedder's */
};

/* Zero means default throughout, but for space. */
struct gm_index_store_config {
	const struct gm_space *space; /* that all the objects are of */
	unsigned unit_shift;   /* offsets and sizes are multiples: 6 .. 30; default 12 */
	unsigned node_shift;   /* slots of a node: 4 .. 9; default 6. More: faster lookups,
	                          and memory where offsets are far apart */
	unsigned nr_marks;     /* up to GM_INDEX_MARKS; default 2, dirty and writeback */
	unsigned place_offset; /* bytes from a descriptor to its place; default
	                          sizeof(struct gm_desc) */
	unsigned nr_lanes;     /* a power of two up to 256, about the CPUs; default 4 */
	int zeroed;            /* the buffer for init is known to be all zero */
	gm_grow_hook *grow;    /* more memory for nodes, or NULL; see table.h */
	void *grow_ctx;
};

struct gm_index_store {
	struct gm_radix_store nodes;
	const struct gm_space *space;
	uint64_t span; /* the most that an index can have */
	unsigned unit_shift;
	unsigned place_offset;
	unsigned slab_shift;
	int zeroed; /* the slabs of the buffer are */
	gm_grow_hook *grow;
	void *grow_ctx;
	unsigned char *slabs; /* of the buffer */
	gm_word nr_slabs;
	gm_word nr_taken; /* of them */
	uint64_t static_bytes;
};

/* Zero means default, but for owner. */
struct gm_index_config {
	void *owner;         /* of all its objects, and of no other index's */
	uint64_t span;       /* offsets are below this, a multiple of the unit; default: the most
	                        that the store's shape has, 2^57 or more (32-bit: 2^26 units) */
	unsigned root_shift; /* 0: a graded root, in the struct; else a flat one, whose slots
	                        stand for 2^root_shift bytes: unit_shift + n * node_shift */
	int zeroed;          /* the buffer for init is known to be all zero */
};

struct gm_index {
	struct gm_radix tree;
	void *owner;
	uint64_t span;
	gm_word root[GM_RADIX_LEVELS]; /* if it is graded */
	gm_word summary;               /* then too; nobody reads it */
};

/* What gm_index_store_stats fills in. */
struct gm_index_stats {
	uint64_t nr_nodes;     /* in use by all indexes */
	uint64_t node_bytes;   /* all slabs */
	uint64_t static_bytes; /* lanes */
	unsigned node_size;    /* bytes of one, its record included */
};

/* What gm_index_verify finds. */
struct gm_index_verify {
	unsigned nr_errors;
	const char *first; /* the first thing wrong, NULL if nothing is */
	uint64_t where;    /* at which offset */
	uint64_t nr_objects;
	uint64_t nr_shadows; /* slots */
	uint64_t nr_nodes;
	uint64_t covered_bytes;              /* by objects */
	uint64_t nr_marked[GM_INDEX_MARKS];  /* objects with each mark */
	uint64_t nr_labels[GM_INDEX_MARKS];  /* labels of slots and nodes, the useless included */
};

/*
 * gm_index_store_size - how long a buffer gm_index_store_init needs.
 *
 * Enough for nr_nodes nodes, whichever level they are of; 0: the least that init
 * accepts, and all nodes come from the grow hook. Returns 0 or -GM_EINVAL, as init.
 * Context: any.
 */
GM_MUST_CHECK int gm_index_store_size(const struct gm_index_store_config *config, uint64_t nr_nodes,
				      struct gm_metadata *out);

/*
 * gm_index_store_init - a store of nodes, for any number of indexes.
 *
 * buffer of `bytes` is the store's from now on. Returns 0; -GM_EINVAL (a number of
 * the configuration, or no space); -GM_ENOMEM (the buffer is too short). Context:
 * before the store is shared.
 */
GM_MUST_CHECK int gm_index_store_init(struct gm_index_store *store,
				      const struct gm_index_store_config *config, void *buffer,
				      uint64_t bytes);

/* gm_index_store_stats - figures; walks the pools' bitmaps. Exact at rest. */
void gm_index_store_stats(const struct gm_index_store *store, struct gm_index_stats *out);

/* gm_index_root_size - how long a buffer gm_index_init needs: 0 for a graded root.
 * Returns 0 or the errors of init. */
GM_MUST_CHECK int gm_index_root_size(const struct gm_index_store *store,
				     const struct gm_index_config *config,
				     struct gm_metadata *out);

/*
 * gm_index_init - an empty index.
 *
 * buffer of `bytes` is for a flat root, and NULL for a graded one; it is the index's
 * from now on. The struct may be embedded, and may not move. At the end of its life it has to be empty (gm_index_is_empty), and
 * a grace period has to pass before its memory is something else: a lookup may be
 * in it.
 *
 * Returns 0; -GM_EINVAL (no owner; root_shift is none of the tree's levels, or would
 * make more than 2^31 slots); -GM_EALIGN (span is no multiple of the unit);
 * -GM_ERANGE (span is more than the store's shape has); -GM_ENOMEM (the buffer is too
 * short). Context: before the index is shared; beside anything on others of the store.
 */
GM_MUST_CHECK int gm_index_init(struct gm_index *index, struct gm_index_store *store,
				const struct gm_index_config *config, void *buffer,
				uint64_t bytes);

/* gm_index_is_empty - neither objects nor shadows? Cost: the root's slots. Who emptied
 * it may still be in a call. */
int gm_index_is_empty(const struct gm_index *index);

/*
 * gm_index_insert - put an object at an offset.
 *
 * Requires a reference to an object whose owner is the index's; it becomes the
 * index's, and the caller may not touch the object any more unless it has another.
 * Shadows in its range are gone; *shadow (may be NULL) is the one that was at
 * offset, or 0.
 *
 * Returns 0; or, and then the reference is still the caller's, in the order they are
 * checked: -GM_ESIZE (its size is no multiple of the unit); -GM_EALIGN (offset is
 * none); -GM_ERANGE (not wholly below the span); -GM_EINVAL (another owner's object, or
 * one that is in an index already); -GM_EEXIST (an object covers part of it);
 * -GM_EBUSY (something there is in the middle of a change); -GM_ENOMEM (no node, and
 * no growth). After an error nothing has changed, but after -GM_EBUSY or a race that
 * was lost shadows in its range may be gone. Ordering: acquire and release.
 */
GM_MUST_CHECK int gm_index_insert(struct gm_index *index, uint64_t offset, struct gm_desc *desc,
				  gm_word *shadow);

/*
 * gm_index_find_get - the object that covers an offset, with a reference.
 *
 * Returns 0; -GM_ERANGE (offset, any number, is not below the span); -GM_ENOENT;
 * -GM_EBUSY (it is frozen); -GM_ELIMIT.
 * Ordering: acquire, pairs with insert, replace and mark.
 */
GM_INLINE GM_MUST_CHECK int gm_index_find_get(struct gm_index *index, uint64_t offset,
					      struct gm_desc **out);

/* The rest of find_get, for what the first look did not answer: desc (or NULL) is
 * what it found and err what the get said. */
GM_MUST_CHECK int gm_index_find_get_rest(struct gm_index *index, uint64_t offset,
					 struct gm_desc *desc, int err, struct gm_desc **out);

/*
 * gm_index_find - the object that covers an offset, without a reference.
 *
 * For who knows that it is neither erased nor replaced meanwhile; as a hint for
 * others. NULL if there is none, or for offsets beyond the span. Ordering: acquire.
 */
GM_INLINE struct gm_desc *gm_index_find(const struct gm_index *index, uint64_t offset);

/*
 * gm_index_pfn - the page frame number at an offset.
 *
 * For whom gm_index_find is exact: the number is good as long as the object stays.
 * shift: of the mapping granule. Returns 0; -GM_ENOENT (or beyond the span); the errors
 * of gm_run_pfn.
 */
GM_INLINE GM_MUST_CHECK int gm_index_pfn(const struct gm_index *index, uint64_t offset,
					 unsigned shift, struct gm_pfn *out);

/*
 * gm_index_run - the object at an offset, with a reference, and the run from there to
 * its end (gm_run_at: va, shift and leaves mean the same).
 *
 * Returns as find_get, or -GM_EINVAL (shift); without a reference then.
 */
GM_MUST_CHECK int gm_index_run(struct gm_index *index, uint64_t offset, uint64_t va,
			       unsigned shift, uint64_t leaves, struct gm_desc **desc,
			       struct gm_run *out);

/* gm_index_offset - where a held object is. Returns 0, or -GM_ENOENT (not in this
 * index, or not any more). */
GM_MUST_CHECK int gm_index_offset(const struct gm_index *index, const struct gm_desc *desc,
				  uint64_t *out);

/*
 * gm_index_erase - take a held object out.
 *
 * The reference that the index had is the caller's then, beside the one it holds.
 * shadow: left in its place, or 0. *marks (may be NULL): what it had at that moment.
 * Never allocates. Returns 0; -GM_EINVAL (shadow); -GM_ENOENT (not in this index, or
 * not any more: somebody else has erased it, or does); -GM_EBUSY (it is just being
 * replaced). Ordering: acquire and release: of those who mark, insert or erase it.
 */
GM_MUST_CHECK int gm_index_erase(struct gm_index *index, struct gm_desc *desc, gm_word shadow,
				 gm_word *marks);

/* gm_index_take - erase whatever covers an offset: its reference is the caller's.
 * Returns as find_get and erase. */
GM_MUST_CHECK int gm_index_take(struct gm_index *index, uint64_t offset, gm_word shadow,
				gm_word *marks, struct gm_desc **out);

/*
 * gm_index_replace - another object of the same size instead of a held one.
 *
 * Requires references to both. That to the new one becomes the index's, and the
 * index's to the old one becomes the caller's. The new one has the marks of the old.
 * A lookup finds the one or the other, at each offset first the old and then the new
 * one. Never allocates. Returns 0; -GM_EINVAL (the new one is another owner's, or in
 * an index already); -GM_ESIZE (not the same size); -GM_ENOENT, -GM_EBUSY as erase,
 * of the old one.
 */
GM_MUST_CHECK int gm_index_replace(struct gm_index *index, struct gm_desc *old,
				   struct gm_desc *desc);

/*
 * gm_index_mark - set and clear marks of a held object, at once.
 *
 * What is in both sets is set. *before (may be NULL): the marks it had; the one who
 * changed a mark is the one who finds it changed. After set has returned, every
 * search for the mark that begins finds the object. Returns 0; -GM_EINVAL (a mark that
 * the store does not have); -GM_ENOENT, -GM_EBUSY as erase. Ordering: acquire and
 * release: who finds a mark sees what was done before it was set. Cost: one
 * compare-and-swap; for set also a walk down the tree.
 */
GM_MUST_CHECK int gm_index_mark(struct gm_index *index, struct gm_desc *desc, gm_word set,
				gm_word clear, gm_word *before);

/* gm_index_marks - those that a held object has; none where it is in no index.
 * Ordering: acquire, pairs with mark. */
gm_word gm_index_marks(const struct gm_index *index, const struct gm_desc *desc);

/*
 * gm_index_next - the next object that covers or follows an offset, with a reference.
 *
 * marks: that has any of these; 0: any object. *offset moves behind the object, so
 * that a loop goes through all in ascending order; gm_index_offset says where it
 * begins. It finds what was there, and marked, before the call and until its end;
 * skips shadows; and costs little where no marks are.
 *
 * Returns 0; -GM_ENOENT (none that begins below end); -GM_EINVAL (a mark that the store
 * does not have); -GM_EBUSY, -GM_ELIMIT: as find_get, of what is at *offset now: it
 * may be tried again, or stepped over. Ordering: as find_get.
 */
GM_MUST_CHECK int gm_index_next(struct gm_index *index, uint64_t *offset, uint64_t end,
				gm_word marks, struct gm_desc **out);

/* gm_index_shadow - the shadow at an offset. Returns 0; -GM_ERANGE; -GM_ENOENT (an object
 * or nothing); -GM_EBUSY (a node is being brought or emptied just there). */
GM_MUST_CHECK int gm_index_shadow(const struct gm_index *index, uint64_t offset, gm_word *out);

/*
 * gm_index_forget - remove the shadows that cover any of [first, end).
 *
 * For truncation, and before the index's end; nodes that held nothing else are free.
 * Returns the number of slots that were emptied: one for each shadow, or more for
 * that of an object of several slots.
 */
uint64_t gm_index_forget(struct gm_index *index, uint64_t first, uint64_t end);

/*
 * gm_index_verify - check the tree, the places and the labels.
 *
 * Requires that nothing else runs on the index. Returns 0 or -GM_ECORRUPT; *out (not
 * NULL) says what was found. The sum of nr_nodes of all indexes of a store is that of
 * its stats.
 */
GM_MUST_CHECK int gm_index_verify(struct gm_index *index, struct gm_index_verify *out);

/* gm_index_place - the place of a descriptor. Pure. */
GM_INLINE volatile gm_word *gm_index_place(const struct gm_index *index,
					   const struct gm_desc *desc);

/* gm_index_start - the offset that a place says. Pure. */
GM_INLINE uint64_t gm_index_start(const struct gm_index *index, gm_word place);

/* gm_index_store_of - the store of an index. */
GM_INLINE struct gm_index_store *gm_index_store_of(const struct gm_index *index);

/* gm_index_covers - does this place, of a held object, say that it is in this index
 * and covers the offset? The state is the caller's to look at. */
GM_INLINE int gm_index_covers(const struct gm_index *index, const struct gm_desc *desc,
			      gm_word place, uint64_t offset);

GM_END_DECLS

#include <granmem/inline/index.h>

#endif
