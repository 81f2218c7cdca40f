/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map.h - objects behind page-table entries: references, counts, and what
 * hardware noted about them.
 *
 *   an object, allocated as one            slots of a table page
 *   +-------------------------+            +------------+
 *   | 4 KiB | 4 KiB | ...     |<-- pfn ----| counted    |  one reference each, and
 *   +-------------------------+<-- pfn ----| counted    |  one of the map count
 *     refs: the holders', and 2  device <--| frames     |  nothing but a pfn
 *     maps: 2                              |     0      |
 *                                          +------------+
 *
 * A slot is a gm_word that hardware reads: an entry of a page table. A leaf that
 * maps an object carries the software bit GM_MAP_COUNTED, holds one reference and
 * is one of the map count, whatever its size: a 2 MiB leaf counts once, 512 leaves
 * of 4 KiB count 512 times. Two mappings of one object are two. A leaf without the
 * bit maps frames that nobody counts: of a device, or memory without a descriptor.
 *
 * The map count is exact: it is the number of slots through which hardware may reach
 * the object. It rises before an entry can be seen, and falls when what hardware had
 * cached of the entry is invalidated. So 0 means that nothing reaches the object.
 *
 * Unmapping has two halves. The first (unmap) clears slots and notes in a gather
 * what they held. Then the embedder invalidates what hardware has cached of them. The
 * second (finish) reports what hardware had noted, lowers the counts and gives the
 * references up; with the last of them goes the object. Dirty is reported in the
 * second half because a processor may go on writing until the invalidation: a report
 * before might be taken back by somebody who writes the object back meanwhile.
 *
 * Who may run beside whom, on the same slots and objects: everything beside everything
 * but init. A gather is its caller's own. What decides:
 *
 *   map      beside map          the compare-and-swap from 0: one gets the slot
 *   map      beside last put     cannot be: map requires a reference
 *   map      beside freeze       -GM_EBUSY, nothing has changed
 *   unmap    beside unmap        the compare-and-swap to 0: one gets the slot, and
 *                                with it the reference
 *   unmap    beside hardware     repeats with the new bits, so all are reported
 *   protect  beside hardware     the same: no bit is lost
 *   finish   beside map, find    the state word, as every put (ref.h)
 *   any      beside saturation   the object stays for good; its map count is exact
 *
 * Progress: lock-free; a call repeats a step only if hardware or another call changed
 * the slot. Who is stopped in the middle of a batch makes others -GM_EBUSY on those
 * slots, nothing else. Context: any in which the `gone` hook may be called.
 *
 * Exists where a machine word holds an entry (64 bits).
 */
#ifndef GM_MAP_H
#define GM_MAP_H

#include <granmem/pte.h>
#include <granmem/space.h>

#if GM_CONFIG_64BIT

GM_BEGIN_DECLS

/* In gm_pte.software: this leaf holds a reference. */
#define GM_MAP_COUNTED GM_PTE_SOFTWARE(0)

/* A slot that somebody is about to fill: not 0, and not present in any format. (Bit
 * 63 keeps violations of an EPT from becoming exceptions of the guest.) */
#define GM_MAP_BUSY (((gm_word)1 << 63) | ((gm_word)1 << 52))

/* What an address space counts an object as, by its type. */
enum gm_map_class {
	GM_MAP_NONE = 0, /* cannot be mapped */
	GM_MAP_FILE = 1,
	GM_MAP_ANONYMOUS = 2,
	GM_MAP_SHARED = 3,
	GM_MAP_DEVICE = 4, /* and whatever is mapped without a descriptor */
};
#define GM_MAP_CLASSES 5

/*
 * Sub-blocks: a bit for each 2^shift bytes from the object's base, lowest bits first.
 * The embedder owns the bitmaps, hangs them into the object while that is not mapped,
 * and takes bits with gm_map_take_blocks. To release a part of the object's memory they are
 * taken out before: the bits would be those of other bytes if the base moves, and a rest
 * with a descriptor of its own has none. After that each rest is given its own.
 */
struct gm_map_blocks {
	gm_word *accessed; /* or NULL */
	gm_word *dirty;    /* or NULL */
	unsigned shift;    /* 6 .. 51 */
};

/*
 * The descriptor of what can be mapped: its table's desc_size is at least this. When an
 * object ends `maps` is 0, so a new life begins with it as it is. `blocks` is the
 * embedder's to set.
 */
struct gm_mapped {
	struct gm_desc desc;
	gm_word maps;                 /* slots */
	struct gm_map_blocks *blocks; /* NULL: nothing but the flags of the object */
};

/*
 * The descriptor of what can be mapped and in an index: the index's default place is the
 * word of `maps`, so place_offset of its store has to be GM_MAPPED_PLACE (index.h). Nobody
 * can see that it is not, where descriptors are long enough for either.
 */
struct gm_mapped_indexed {
	struct gm_mapped mapped;
	gm_word place;
	gm_word padding; /* the embedder's */
};

#define GM_MAPPED_PLACE ((unsigned)sizeof(struct gm_mapped))

GM_STATIC_ASSERT(sizeof(struct gm_mapped_indexed) == GM_MAPPED_PLACE + 16,
		 "the place follows what is mapped's");

/* One lane's share of the counters, modulo the word; a cache line. */
struct gm_map_lane {
	gm_word granules[8]; /* by class */
};

/* Zero means default but for memory, format and lanes. */
struct gm_map_config {
	const struct gm_space *memory; /* where the objects of frames are found */
	struct gm_pte_format format;
	struct gm_map_lane *lanes; /* zero; the space uses them, the caller owns them */
	unsigned nr_lanes;         /* a power of two, about the CPUs */
	unsigned char classes[GM_TYPE_MAX + 1]; /* enum gm_map_class of each type */
	uint32_t unnoted; /* GM_PTE_ACCESSED, GM_PTE_DIRTY: what hardware does not note in
	                     entries. Each leaf counts as accessed then, each that can be
	                     written as dirty. aarch64 without DBM: always DIRTY */
	gm_reaped *gone; /* told of each object whose last reference a slot held, before it is
	                    removed from its table */
	void *gone_ctx;
};

/* An address space: its format, its counters. The members are its own. */
struct gm_map_space {
	struct gm_map_config config;
	uint32_t unnoted;
	unsigned nr_levels;
	unsigned shift[GM_PTE_LEVELS_MAX];
	gm_word stride[GM_PTE_LEVELS_MAX]; /* from an entry to that of the next leaf, or 0 */
};

/* What to map. */
struct gm_map_request {
	struct gm_desc *desc;  /* of a struct gm_mapped, held by the caller; NULL: frames */
	uint64_t offset;       /* bytes into the object */
	struct gm_paddr paddr; /* of the frames, if desc is NULL */
	uint32_t prot;         /* GM_PROT_ */
	enum gm_memory_type memory;
	uint32_t flags;        /* GM_PTE_, of each leaf */
	unsigned key;
	unsigned software;     /* the embedder's own bits; not GM_MAP_COUNTED */
};

/*
 * Up to GM_MAP_GONE_LEAVES adjacent leaves of one object that were taken out, or had
 * bits taken. The parts of a run count as one leaf of its size here: hardware may note
 * in any of them what concerns the others. The members are map's own.
 */
#define GM_MAP_GONE_LEAVES 64

struct gm_map_gone {
	struct gm_mapped *object;
	uint64_t offset;   /* of the first leaf in the object */
	uint64_t accessed; /* a bit a leaf */
	uint64_t dirty;
	unsigned shift;    /* log2 of the bytes of a leaf */
	unsigned slot_shift; /* of what a slot mapped of it */
	unsigned nr;       /* of leaves */
	unsigned maps;     /* slots that mapped them, each with a reference */
	unsigned refs;     /* where nothing was taken out: these keep the object */
};

/* What awaits the invalidation. */
struct gm_map_gather {
	struct gm_map_gone *gone; /* the caller's array */
	unsigned nr;
	unsigned max;
};

/*
 * gm_map_init - an address space that maps nothing.
 *
 * Returns 0; -GM_EINVAL (no memory; no lanes, or not a power of two; no such class;
 * other flags in unnoted); -GM_ESIZE (a region's descriptors are shorter than struct
 * gm_mapped); the errors of gm_pte_check; -GM_ENOTSUP (the format has no write-back
 * memory). Regions that are added to `memory` later must have such descriptors too.
 * Context: before it is shared.
 */
GM_MUST_CHECK int gm_map_init(struct gm_map_space *as, const struct gm_map_config *config);

/*
 * gm_map_slots - map nr adjacent leaves into nr adjacent empty slots of a level.
 *
 * All or nothing. One slot is filled by one compare-and-swap; of several each is first
 * made GM_MAP_BUSY, so that nobody has seen any of a batch that fails. What a slot
 * translated before must have been invalidated.
 *
 * Returns 0; -GM_EINVAL (nr is 0; no such level; GM_MAP_COUNTED is asked for);
 * -GM_ERANGE (not inside the object, or beyond what the format has); -GM_EALIGN;
 * -GM_ENOTSUP (pte.h; GM_PTE_RUN, since runs are a walker's; several leaves across a
 * multiple of 2^48 where the format has higher bits of addresses elsewhere: map them in
 * two calls); -GM_ETYPE (a type of no class); -GM_ELIMIT (the object's references);
 * -GM_EBUSY (a slot is not empty; the object is frozen). After an error
 * nothing has changed. Ordering: release, pairs with the acquire of who reads a slot.
 */
GM_MUST_CHECK int gm_map_slots(struct gm_map_space *as, gm_word *slots, size_t nr, unsigned level,
			       const struct gm_map_request *request);

/*
 * gm_map_unmap - the first half: clear the leaves in nr slots of a level.
 *
 * Requires a level of the format, and a gather that is not full.
 * What is not a leaf stays: 0, tables, marks, the embedder's own that are not present. (An
 * entry that is present and that gm_pte_decode refuses is damage: the assertion hook is
 * told, and it is cleared.) Returns how many slots were dealt with. If it is less than nr
 * the gather is full: invalidate, finish, and go on behind them. The cleared slots may be
 * used again when they are invalidated.
 * Ordering: acquire, pairs with map.
 */
GM_MUST_CHECK size_t gm_map_unmap(struct gm_map_space *as, gm_word *slots, size_t nr,
				  unsigned level, struct gm_map_gather *gather);

/*
 * gm_map_protect - give the leaves in nr slots of a level another protection.
 *
 * All else in an entry stays, the accessed and dirty bits among it. Where hardware does
 * not note that it writes (config.unnoted), what could be written and no more can is
 * marked as dirty. What allows less is to be invalidated. *done: how many slots were
 * dealt with.
 *
 * Returns 0; -GM_EINVAL (level); -GM_ENOTSUP (the leaf in slots[*done] cannot have this
 * protection, or nothing can; those in front of it have it); -GM_ECORRUPT (that is an
 * entry that gm_pte_decode refuses). Ordering: release, as map.
 */
GM_MUST_CHECK int gm_map_protect(struct gm_map_space *as, gm_word *slots, size_t nr,
				 unsigned level, uint32_t prot, size_t *done);

/*
 * gm_map_collect - take the accessed or dirty bits of the leaves in nr slots.
 *
 * flags: GM_PTE_ACCESSED, GM_PTE_DIRTY or both. What was set is clear afterwards, and
 * finish reports it, after the invalidation. Of leaves without GM_MAP_COUNTED the bits
 * stay. *done: how many slots were dealt with; if less than nr the gather is full, and
 * one goes on as with unmap.
 *
 * Returns 0; -GM_EINVAL (level, flags); of slots[*done]: -GM_EBUSY (its object is
 * frozen), -GM_ELIMIT (its object has too many references), -GM_ECORRUPT (an entry that
 * gm_pte_decode refuses).
 */
GM_MUST_CHECK int gm_map_collect(struct gm_map_space *as, gm_word *slots, size_t nr,
				 unsigned level, uint32_t flags, struct gm_map_gather *gather,
				 size_t *done);

/* gm_map_gather_init - an empty gather; gone: an array of max (>= 1), the caller's. */
void gm_map_gather_init(struct gm_map_gather *gather, struct gm_map_gone *gone, unsigned max);

/*
 * gm_map_finish - the second half: report, lower the counts, give the references up.
 *
 * Requires that what the gather was about is invalidated. Accessed becomes
 * GM_FLAG_REFERENCED, dirty GM_FLAG_DIRTY of the object, and bits in its blocks. The
 * gather is empty afterwards. Ordering: release; pairs with gm_map_count, and with the
 * acquire of who takes flags or blocks.
 */
void gm_map_finish(struct gm_map_space *as, struct gm_map_gather *gather);

/*
 * gm_map_count - how many slots map the object. Requires a reference or a freeze.
 * gm_map_is_mapped, gm_map_is_shared - at least one; more than one.
 *
 * Ordering: acquire, pairs with finish: who sees 0 sees all that was reported. Who must
 * keep it at 0 holds all the references, or has frozen the object.
 */
GM_INLINE gm_word gm_map_count(const struct gm_desc *desc);
GM_INLINE int gm_map_is_mapped(const struct gm_desc *desc);
GM_INLINE int gm_map_is_shared(const struct gm_desc *desc);

/* gm_map_granules - how many granules of objects of a class are mapped. Exact at rest,
 * an estimate beside changes. Cost: one load a lane. */
uint64_t gm_map_granules(const struct gm_map_space *as, enum gm_map_class of);

/*
 * gm_map_take_flags - clear flags of an object, and say which were set.
 * gm_map_take_blocks - clear a word of a bitmap of blocks, and say what it was.
 *
 * For who writes back: take first, then protect or collect the slots, invalidate, and
 * read the data. What is written later is reported later. Ordering: acquire, pairs
 * with finish. Require a reference or a freeze. Context: any; lock-free.
 */
gm_word gm_map_take_flags(struct gm_desc *desc, gm_word mask);
gm_word gm_map_take_blocks(gm_word *word);

/*
 * What follows is for walkers, which change entries by themselves:
 *
 *   map     take, which may fail; fill the slots; or give back
 *   unmap   clear a slot (acquire), add what it was to a gather; invalidate; finish
 *   split   split, which may fail; replace a leaf by nr smaller ones; or fold
 *   join    replace nr leaves by one; invalidate; fold
 */

/*
 * gm_map_take - references and counts for nr (>= 1) leaves of an object, `bytes` in all.
 *
 * Requires a reference; desc NULL: frames, which the address space counts. Returns 0;
 * -GM_ETYPE, -GM_ELIMIT, -GM_EBUSY as gm_map_slots.
 */
GM_MUST_CHECK int gm_map_take(struct gm_map_space *as, struct gm_desc *desc, size_t nr,
			      uint64_t bytes);

/* gm_map_give_back - undo a take: nobody has seen any of it. */
void gm_map_give_back(struct gm_map_space *as, struct gm_desc *desc, size_t nr, uint64_t bytes);

/* gm_map_gather_is_full - must the gather be finished before anything is added? */
GM_INLINE int gm_map_gather_is_full(const struct gm_map_gather *gather);

/*
 * gm_map_gather_add - this leaf was in a slot until the caller cleared it.
 *
 * Requires a gather that is not full. level: of the slot; leaf: decoded, counted or not,
 * with or without GM_PTE_RUN.
 */
void gm_map_gather_add(struct gm_map_space *as, struct gm_map_gather *gather, unsigned level,
		       const struct gm_pte *leaf);

/*
 * gm_map_split - prepare to replace a counted leaf by nr (>= 2) smaller ones.
 *
 * Takes nr - 1 references and counts of the object at paddr, which the leaf maps. The leaf
 * may be unmapped meanwhile: the caller's compare-and-swap decides, from an entry that it
 * read before; if it fails, fold. Returns 0 and the object; -GM_EBUSY (it is frozen, or
 * gone: look again); -GM_ELIMIT.
 */
GM_MUST_CHECK int gm_map_split(struct gm_map_space *as, struct gm_paddr paddr, size_t nr,
			       struct gm_desc **out);

/* gm_map_set_prot - another protection of a decoded leaf; marked as dirty if it could be
 * written, unnoted, and no more can (see gm_map_protect). */
GM_INLINE void gm_map_set_prot(const struct gm_map_space *as, struct gm_pte *leaf, uint32_t prot);

/* gm_map_fold - undo a split, or nr leaves have become one. */
void gm_map_fold(struct gm_map_space *as, struct gm_desc *desc, size_t nr);

GM_END_DECLS

#include <granmem/inline/map.h>

#endif

#endif
