/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * index.h - one owner's objects by their offset: a page cache's mapping, a
 * hypervisor's memory slot.
 *
 *   owner's offsets   0        16 KiB   20 KiB     64 KiB            2 MiB
 *                     | object | object |  shadow  |  nothing  ...   | object ...
 *                                  \
 *   memory                          physical address, from the descriptor
 *
 * Objects may be of any sizes that are multiples of a unit, and lie at any multiple of
 * it. The tree is as deep as the highest offset needs, and an index that holds one unit
 * at offset 0 is no more than its struct. Many indexes share one gm_index_store, which
 * has their nodes. A slot is one word:
 *
 *     0                        nothing
 *     address                  an object's descriptor; it fills all of its slots
 *     address | level << 2 | 1 a node, whose slots stand for 2^(bits * level) units
 *     number << 2 | 2          a shadow: what was left where an object has been
 *
 * A node is words, too: first a set of its slots for each kind of thing that is in them
 * or below (objects, shadows, each mark), then the slots. A search for a mark visits
 * nothing but the way to it.
 *
 * The descriptor says where its object is: a word of the embedder's extension of it
 * (struct gm_indexed, or any that the store is told of), the *place*. It is 0, or the
 * offset in units and 1.
 *
 * Who may run beside whom:
 *
 *   find_get, run, next, has        lookups: beside everything, in any context, NMI
 *                                   included; lock-free, and never wait for a change
 *   find, pfn, offset               beside everything, for who keeps the object there
 *   insert, erase, replace, mark,   changes, and what has to be exact: of one index one
 *   marks, shadow, forget           after another, under a lock of the embedder's; of
 *                                   different indexes beside each other. In the contexts
 *                                   that the lock allows.
 *   init, verify                    alone
 *
 * An owner has such a lock anyhow, for what goes together with a change (a file's size,
 * the flags of a page, a slot's mappings); a second protocol beside it would cost every
 * change a dozen atomic operations and give nobody more. A thread that is stopped in the
 * middle of a change keeps no lookup from its answer.
 *
 * Why lookups are right without a lock, however late they read:
 *
 *   - what they find they hold, and then owner and place say whether it is what was
 *     meant. I5 keeps the owner; the place is written before the first slot and cleared
 *     after the last. If not, they look again: what led there has changed.
 *   - a node leaves a tree only when no object is in it. So who finds nothing in a node
 *     that he was led to is right: either it was still there, or it had left meanwhile,
 *     and then nothing was there either.
 *
 * An object of several slots appears and disappears at one offset after the other.
 *
 * References move: insert takes over one of the caller's, and erase gives the caller the
 * one that the index had. An object is in one place of one index at most; as long as it
 * is, its bounds may not change: who releases a part of its memory (a balloon) erases it,
 * releases the range, which needs the reference that erase gave back, and inserts what is
 * left of it, each piece at its own offset. Where an object was cut or removed while in
 * an index, lookups there call the assertion hook and answer -GM_ECORRUPT.
 */
#ifndef GM_INDEX_H
#define GM_INDEX_H

#include <granmem/pool.h>
#include <granmem/ref.h>
#include <granmem/run.h>
#include <granmem/space.h>

GM_BEGIN_DECLS

/* A node has as many slots as a set has bits. Levels there are enough for all units, and
 * one more, so that no object fills the one slot of top but a unit at offset 0. */
#if GM_CONFIG_64BIT
#define GM_INDEX_BITS 6
#define GM_INDEX_LEVELS 10
#else
#define GM_INDEX_BITS 5
#define GM_INDEX_LEVELS 6
#define GM_INDEX_UNITS ((gm_word)1 << 29)
#endif
#define GM_INDEX_SLOTS (1u << GM_INDEX_BITS)

#define GM_INDEX_NODE ((gm_word)1)
#define GM_INDEX_SHADOW ((gm_word)2)
#define GM_INDEX_TAGS ((gm_word)3)
#define GM_INDEX_LEVEL_SHIFT 2
#define GM_INDEX_LEVEL_MASK ((gm_word)(GM_INDEX_SLOTS / 4 - 1) << GM_INDEX_LEVEL_SHIFT)

/* The kinds of things; sets of them are numbers with bit n for kind n. */
#define GM_INDEX_KINDS 8
#define GM_INDEX_OBJECTS ((gm_word)1)
#define GM_INDEX_SHADOWS ((gm_word)2)

/* Marks of objects. */
#define GM_INDEX_DIRTY ((gm_word)4)
#define GM_INDEX_WRITEBACK ((gm_word)8)
#define GM_INDEX_USER(n) ((gm_word)16 << (n)) /* the embedder's own: n in 0 .. 3 */
#define GM_INDEX_MARKS ((gm_word)0xfc)

/* Shadows are 1 .. GM_INDEX_SHADOW_MAX; 0 stands for none. */
#define GM_INDEX_SHADOW_MAX (~(gm_word)0 >> 2)

#define GM_INDEX_NODE_WORDS (GM_INDEX_KINDS + GM_INDEX_SLOTS)

/* A node begins at a multiple of this: room for its tag and level. */
GM_STATIC_ASSERT(GM_INDEX_NODE_WORDS * sizeof(gm_word) % GM_INDEX_SLOTS == 0,
		 "the low bits of a node's address are free");
GM_STATIC_ASSERT(GM_INDEX_LEVELS <= GM_INDEX_SLOTS / 4, "a level fits its field");

/* A descriptor with a place: for tables whose desc_size is its size, or more. The
 * place is 0 in new metadata, and whenever the object is in no index. What is mapped, too,
 * has another: its default place would be the map count (struct gm_mapped_indexed, map.h). */
struct gm_indexed {
	struct gm_desc desc;
	gm_word place;
	gm_word padding[16 / sizeof(gm_word) - 1]; /* the embedder's */
};

/* Zero means default throughout, but for space. */
struct gm_index_config {
	const struct gm_space *space; /* that all the objects are of */
	unsigned unit_shift;   /* offsets and sizes are multiples: 6 .. 30; default 12 */
	unsigned place_offset; /* bytes from a descriptor to its place, a multiple of a word,
	                          inside the descriptors of the space; default sizeof(struct
	                          gm_desc), as in struct gm_indexed; GM_MAPPED_PLACE where
	                          objects are mapped with map.h, which has that word */
	unsigned nr_lanes;     /* a power of two up to 256, about the CPUs; default 4 */
	int zeroed;            /* the buffer for init is known to be all zero */
	gm_grow_hook *grow;    /* more memory for nodes, or NULL; see table.h */
	void *grow_ctx;
};

struct gm_index_store {
	struct gm_pool nodes;
	const struct gm_space *space;
	uint64_t end; /* of offsets */
	unsigned unit_shift;
	unsigned place_offset;
	uint64_t static_bytes;
	gm_grow_hook *grow;
	void *grow_ctx;
};

struct gm_index {
	struct gm_index_store *store;
	void *owner;
	unsigned height; /* level of the one slot of top; changed by insert and erase */
	gm_word top[GM_INDEX_KINDS + 1]; /* a node of one slot */
};

/* What gm_index_store_stats fills in. */
struct gm_index_stats {
	uint64_t nr_nodes;     /* in use by all indexes */
	uint64_t node_bytes;   /* all slabs */
	uint64_t static_bytes; /* lanes */
	unsigned node_size;    /* bytes of one */
};

/* What gm_index_verify finds. */
struct gm_index_verify {
	unsigned nr_errors;
	const char *first;   /* the first thing wrong, NULL if nothing is */
	uint64_t where;      /* at which offset */
	uint64_t nr_objects;
	uint64_t nr_shadows; /* slots */
	uint64_t nr_nodes;
};

/*
 * gm_index_store_size - how long a buffer gm_index_store_init needs.
 *
 * Enough for nr_nodes nodes, any number; 0: the least that init accepts, and all nodes
 * come from the grow hook. Returns 0, -GM_EINVAL or -GM_ESIZE, as init. Context: any.
 */
GM_MUST_CHECK int gm_index_store_size(const struct gm_index_config *config, uint64_t nr_nodes,
				      struct gm_metadata *out);

/*
 * gm_index_store_init - a store of nodes, for any number of indexes.
 *
 * buffer of `bytes` is the store's from now on. Returns 0; -GM_EINVAL (a number of
 * the configuration, or no space); -GM_ESIZE (a region's descriptors are too short for
 * the place); -GM_ENOMEM (the buffer is too short). Regions that are added to the space
 * later must have room for it, too. Context: before the store is shared.
 */
GM_MUST_CHECK int gm_index_store_init(struct gm_index_store *store,
				      const struct gm_index_config *config, void *buffer,
				      uint64_t bytes);

/* gm_index_store_stats - figures; walks the pool's bitmaps. Exact at rest. */
void gm_index_store_stats(const struct gm_index_store *store, struct gm_index_stats *out);

/*
 * gm_index_init - an empty index.
 *
 * owner: of all its objects, and of no other index's; not NULL. The struct may be
 * embedded, and may not move (before the second CPU starts it may, see rebase.h). At the
 * end of its life it has to be empty (gm_index_is_empty), and a grace period has to pass
 * before its memory is something else: a lookup may be in it. Returns 0 or -GM_EINVAL (no
 * owner). Context: before the index is shared; beside anything on others of the store.
 */
GM_MUST_CHECK int gm_index_init(struct gm_index *index, struct gm_index_store *store, void *owner);

/* gm_index_is_empty - neither objects nor shadows? Context: any; wait-free. */
GM_INLINE int gm_index_is_empty(const struct gm_index *index);

/*
 * gm_index_insert - put an object at an offset.
 *
 * Requires a reference to an object whose owner is the index's; it becomes the
 * index's. Shadows in its range are gone, and *shadow (may be NULL) is the first of them,
 * or 0: written on success only. All memory is found before anything changes.
 *
 * Returns 0; or, and then nothing has changed and the reference is still the caller's,
 * in the order they are checked: -GM_ESIZE (its size is no multiple of the unit);
 * -GM_EALIGN (offset is none); -GM_ERANGE (not wholly below the end of offsets: 2^63, on
 * 32 bits 2^29 units); -GM_EINVAL (another owner's object, or one that is in an index
 * already); -GM_EEXIST (an object covers part of it); -GM_EBUSY (another thread is
 * bringing the last memory for nodes: try again); -GM_ENOMEM (no node, and no growth).
 * Ordering: release, pairs with lookups. Cost: a walk down the tree for each size of
 * slots that the object fills.
 */
GM_MUST_CHECK int gm_index_insert(struct gm_index *index, uint64_t offset, struct gm_desc *desc,
				  gm_word *shadow);

/*
 * gm_index_find_get - the object that covers an offset, with a reference.
 *
 * Returns 0; -GM_ERANGE (offset, any number, is not below the end); -GM_ENOENT;
 * -GM_EBUSY (it is frozen, or was erased and recycled just now); -GM_ELIMIT; -GM_ECORRUPT
 * (a caller's bug: the object was cut or removed while in the index). Ordering:
 * acquire, pairs with insert and replace. Context: any.
 */
GM_INLINE GM_MUST_CHECK int gm_index_find_get(const struct gm_index *index, uint64_t offset,
					      struct gm_desc **out);

/* The rest of find_get, for what the first look did not answer: desc is what it found
 * and err what the get said. */
GM_MUST_CHECK int gm_index_find_get_rest(const struct gm_index *index, uint64_t offset,
					 struct gm_desc *desc, int err, struct gm_desc **out);

/*
 * gm_index_find - the object that covers an offset, without a reference.
 *
 * For who knows that it is neither erased nor replaced meanwhile: who has the lock, or
 * keeps it there by other means. NULL if there is none, or for offsets beyond the end.
 * Ordering: acquire. Context: any; wait-free.
 */
GM_INLINE struct gm_desc *gm_index_find(const struct gm_index *index, uint64_t offset);

/*
 * gm_index_pfn - the page frame number at an offset.
 *
 * For whom gm_index_find is right: the number is good as long as the object stays.
 * shift: of the mapping granule. Returns 0; -GM_ENOENT (or beyond the end); the errors
 * of gm_run_pfn. Context: any; wait-free.
 */
GM_INLINE GM_MUST_CHECK int gm_index_pfn(const struct gm_index *index, uint64_t offset,
					 unsigned shift, struct gm_pfn *out);

/*
 * gm_index_run - the object at an offset, with a reference, and the run from there to
 * its end (gm_run_at: va, shift and leaves mean the same).
 *
 * Returns as find_get, or -GM_EINVAL (shift); without a reference then.
 */
GM_MUST_CHECK int gm_index_run(const struct gm_index *index, uint64_t offset, uint64_t va,
			       unsigned shift, uint64_t leaves, struct gm_desc **desc,
			       struct gm_run *out);

/* gm_index_offset - where an object is. Requires a reference. Returns 0, or -GM_ENOENT (not
 * in this index). Beside erase it is the answer of a moment. */
GM_MUST_CHECK int gm_index_offset(const struct gm_index *index, const struct gm_desc *desc,
				  uint64_t *out);

/*
 * gm_index_erase - take an object out.
 *
 * The reference that the index had is the caller's then. Its marks are gone. shadow:
 * left in its place, or 0. Never allocates. Returns 0; -GM_EINVAL (shadow); -GM_ENOENT
 * (not in this index). The object may be frozen by the caller.
 */
GM_MUST_CHECK int gm_index_erase(struct gm_index *index, struct gm_desc *desc, gm_word shadow);

/*
 * gm_index_replace - another object of the same size instead of one.
 *
 * Requires a reference to the new one, which becomes the index's; the index's to the old
 * one becomes the caller's. The new one has the marks of the old. A lookup finds the one
 * or the other, at each offset first the old and then the new one. Never allocates.
 * Returns 0; -GM_ENOENT (the old one is not in this index); -GM_EINVAL (the new one is
 * another owner's, or in an index already); -GM_ESIZE (not the same size). Ordering:
 * release, pairs with lookups.
 */
GM_MUST_CHECK int gm_index_replace(struct gm_index *index, struct gm_desc *old,
				   struct gm_desc *desc);

/*
 * gm_index_mark - set and clear marks of an object.
 *
 * What is in both sets is set. Every search for a mark that begins after it was set
 * finds the object. Returns 0; -GM_EINVAL (not a mark); -GM_ENOENT (not in this index).
 */
GM_MUST_CHECK int gm_index_mark(struct gm_index *index, struct gm_desc *desc, gm_word set,
				gm_word clear);

/* gm_index_marks - the marks that an object has; none where it is not in this index.
 * Under the lock. */
gm_word gm_index_marks(struct gm_index *index, const struct gm_desc *desc);

/* gm_index_has - is there anything of these kinds, GM_INDEX_OBJECTS, _SHADOWS or marks?
 * Cost: at most a load for each. Context: any; wait-free. */
GM_INLINE int gm_index_has(const struct gm_index *index, gm_word kinds);

/*
 * gm_index_next - the next object that covers or follows an offset, with a reference.
 *
 * marks: that has any of these; 0: any object. *offset moves behind the object, so that a
 * loop goes through all in ascending order; gm_index_offset says where it begins. It
 * finds what was there, and marked, from before the call until its end. A mark is that
 * of a moment: who has to know asks gm_index_marks under the lock.
 *
 * Returns 0; -GM_ENOENT (none that covers a part of [*offset, end)); -GM_EINVAL (not a
 * mark); -GM_EBUSY, -GM_ELIMIT, -GM_ECORRUPT as find_get, of what is at *offset now: it
 * may be tried again, or stepped over. Ordering: as find_get. Context: any.
 */
GM_MUST_CHECK int gm_index_next(const struct gm_index *index, uint64_t *offset, uint64_t end,
				gm_word marks, struct gm_desc **out);

/* gm_index_shadow - the shadow at an offset, for who has the lock. Returns 0; -GM_ERANGE;
 * -GM_ENOENT (an object, or nothing). */
GM_MUST_CHECK int gm_index_shadow(const struct gm_index *index, uint64_t offset, gm_word *out);

/*
 * gm_index_forget - remove the shadows that cover any of [first, end).
 *
 * For truncation, and before the index's end. Returns the number of slots that were
 * emptied: one for each shadow, or more for that of an object of several slots.
 */
uint64_t gm_index_forget(struct gm_index *index, uint64_t first, uint64_t end);

/*
 * gm_index_verify - check the tree, its sets and the places of its objects.
 *
 * Requires that nothing else runs on the index. Returns 0 or -GM_ECORRUPT; *out (not
 * NULL) says what was found. The sum of nr_nodes of all indexes of a store is that of
 * its stats.
 */
GM_MUST_CHECK int gm_index_verify(const struct gm_index *index, struct gm_index_verify *out);

/* gm_index_unit - the unit that an offset below the end is in. Pure. */
GM_INLINE gm_word gm_index_unit(const struct gm_index *index, uint64_t offset);

/* gm_index_lookup - the slot's word that decides about a unit below the end: an object or
 * a shadow, or 0. A node: the way has changed, look again. */
GM_INLINE gm_word gm_index_lookup(const struct gm_index *index, gm_word unit);

/* gm_index_covers - is a held object with this place in this index, at this unit? */
GM_INLINE int gm_index_covers(const struct gm_index *index, const struct gm_desc *desc,
			      gm_word place, gm_word unit);

/* gm_index_place - the place of a descriptor. Pure. */
GM_INLINE volatile gm_word *gm_index_place(const struct gm_index *index,
					   const struct gm_desc *desc);

/* gm_index_start - the offset that a place says, which is not 0. Pure. */
GM_INLINE uint64_t gm_index_start(const struct gm_index *index, gm_word place);

GM_END_DECLS

#include <granmem/inline/index.h>

#endif
