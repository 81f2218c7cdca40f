/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks.h - what the compound and the folio table share: power-of-two blocks
 * over an array of words, one word a granule.
 *
 * A block of 2^order granules lies at a multiple of its size (by physical
 * address). The word of each of its granules leads to its descriptor:
 *
 *   compound   the flags word of the granule's own descriptor: order + 1 in the
 *              bits of GM_DESC_ORDER_MASK, all zero when the granule is free
 *   folio      an array of words: the kind in the low 4 bits; for kind OBJECT,
 *              which is 0, the word is the address of the descriptor; for kind
 *              FREE the rest is the order of what was freed there, as a hint;
 *              all zero is free, too
 *
 * How a granule's word changes, and who may change it:
 *
 *   free -> locked    anybody, by compare-and-swap (create, claim, mark)
 *   locked -> used    the locker: it writes the words, then publishes
 *   locked -> free    the locker that met a conflict, in descending order
 *   used -> used      release_range, which froze the block (a piece of it)
 *   used -> free      the destroyer, in descending order
 *
 * Granules are locked in strictly ascending order, so of creators that race for
 * the same granules at most one gets them all, and the one that holds the highest
 * contested granule never waits for another. The first granule of a block is
 * locked first and freed last: while any word leads to a head by its order, the
 * head's word is the same block's. So a lookup that finds another object there
 * sees a different word when it looks again; it never spins on a stopped thread.
 *
 * For the two tables; embedders need nothing of this but the struct.
 */
#ifndef GM_BLOCKS_H
#define GM_BLOCKS_H

#include <granmem/table.h>

GM_BEGIN_DECLS

/* One word of the summary counts the used granules of this many. */
#define GM_BLOCKS_GROUP_SHIFT 9
#define GM_BLOCKS_GROUP ((uint64_t)1 << GM_BLOCKS_GROUP_SHIFT)

/* A folio table's word. A free one has no bits but these: the kind's, and 6 for the
 * order. No descriptor lies in the first KiB, nor has another kind no other bit. */
#define GM_BLOCKS_KIND_MASK ((gm_word)0xf)
#define GM_BLOCKS_KIND_SHIFT 4
#define GM_BLOCKS_OBJECT ((gm_word)0)
#define GM_BLOCKS_FREE ((gm_word)1)
#define GM_BLOCKS_FREE_BITS ((gm_word)0x3f1)
#define GM_BLOCKS_BUSY ((gm_word)7)

struct gm_blocks;

/* What the two do differently off the fast path. */
struct gm_blocks_ops {
	/* The descriptor came with -GM_EORPHAN: leave it to reap. */
	void (*orphan)(struct gm_blocks *blocks, struct gm_desc *desc);
	/* The caller owns the destruction: unlink. */
	void (*remove)(struct gm_blocks *blocks, struct gm_desc *desc);
};

struct gm_blocks {
	struct gm_table table;
	const struct gm_blocks_ops *ops;
	unsigned char *words; /* the word of granule 0 */
	unsigned char *descs; /* compound: the descriptor of granule 0; folio: NULL */
	size_t stride;        /* bytes from one word, and descriptor, to the next */
	gm_word *summary;     /* used granules of each group; those past the end are used */
	uint64_t nr_granules;
	uint64_t nr_usable;     /* those before a static part that lies in the region */
	uint64_t first_granule; /* the region's base, in granules from address 0 */
	gm_word word_mask;      /* the bits of a word that are the table's */
	gm_word used_mask;      /* none of these bits set: the granule is free */
};

#define GM_BLOCKS_ALIGN 64

/* Granules [first, end). */
struct gm_blocks_range {
	uint64_t first;
	uint64_t end;
};

/* A request for nr granules, checked; indexes of granules. */
struct gm_blocks_request {
	uint64_t first; /* the run lies in [first, end) */
	uint64_t end;
	struct gm_blocks_range mine; /* that the caller itself has locked or frozen: nothing
	                                that will soon be free */
	uint64_t nr;
	uint64_t step; /* alignment by address, in granules, a power of two */
	int (*accept)(void *ctx, struct gm_paddr base);
	void *accept_ctx;
};

/*
 * gm_blocks_find_host - a buffer for the static part at the end of the region.
 *
 * metadata: from metadata_size of the table; its bytes become whole granules.
 * Returns 0, -GM_EINVAL (no to_virtual, or one that maps the place unaligned) or
 * -GM_ENOMEM (the region is too short).
 */
GM_COLD GM_MUST_CHECK int gm_blocks_find_host(const struct gm_table_config *config,
					      struct gm_metadata *metadata, void **buffer);

/* gm_blocks_host - the last `hosted` bytes of the region are the static part.
 * Context: before the table is shared. */
GM_COLD void gm_blocks_host(struct gm_blocks *blocks, uint64_t hosted);

/* gm_blocks_nr_summary - words of the summary for that many granules. */
GM_INLINE uint64_t gm_blocks_nr_summary(uint64_t nr_granules);

/* gm_blocks_word - where a granule's word is. */
GM_INLINE volatile gm_word *gm_blocks_word(const struct gm_blocks *blocks, uint64_t index);

/* gm_blocks_load - the table's bits of a granule's word, with acquire order. */
GM_INLINE gm_word gm_blocks_load(const struct gm_blocks *blocks, uint64_t index);

/* gm_blocks_desc - the descriptor that a word of granule `index` leads to, or NULL. */
GM_INLINE struct gm_desc *gm_blocks_desc(const struct gm_blocks *blocks, uint64_t index,
					 gm_word word);

/* gm_blocks_look - what granule `index` leads to, or NULL; *word is its word. */
struct gm_desc *gm_blocks_look(const struct gm_blocks *blocks, uint64_t index, gm_word *word);

/* gm_blocks_led - the same for a word that is known to lead to one. */
GM_INLINE struct gm_desc *gm_blocks_led(const struct gm_blocks *blocks, uint64_t index,
					gm_word word);

/* gm_blocks_own - a granule's own descriptor, in a compound table. */
GM_INLINE struct gm_desc *gm_blocks_own(const struct gm_blocks *blocks, uint64_t index);

/* gm_blocks_paddr, gm_blocks_index - between granule and address in the region. */
GM_LOCAL_INLINE struct gm_paddr gm_blocks_paddr(const struct gm_blocks *blocks, uint64_t index)
{
	return gm_paddr(blocks->table.base + (index << blocks->table.granule_shift));
}

GM_INLINE uint64_t gm_blocks_index(const struct gm_blocks *blocks, uint64_t paddr);

/* gm_blocks_order_word - a compound table's word for a block of nr granules. */
GM_INLINE gm_word gm_blocks_order_word(uint64_t nr);

/*
 * gm_blocks_check - is this an object for a table of blocks? The errors of
 * create up to -GM_EALIGN, and -GM_EEXIST for the table's own metadata behind
 * nr_usable. *first and *nr in granules.
 */
GM_INLINE GM_MUST_CHECK int gm_blocks_check(const struct gm_blocks *blocks,
					    const struct gm_object *object, uint64_t *first,
					    uint64_t *nr);

/*
 * gm_blocks_check_claim - is the request sound? each 0: one block of claim->size;
 * else a run of `each` granules. The errors of claim.
 */
GM_MUST_CHECK int gm_blocks_check_claim(const struct gm_blocks *blocks,
					const struct gm_claim *claim, uint64_t each,
					struct gm_blocks_request *out);

/*
 * gm_blocks_lock - make nr free granules the caller's, all or nothing.
 *
 * Each word becomes `value`. Takes the free bytes. Returns 0, -GM_EEXIST (a live
 * object, a mark or metadata is there) or -GM_EBUSY (something that is not live).
 * Ordering: acquire, pairs with the release of gm_blocks_free.
 */
GM_MUST_CHECK int gm_blocks_lock(struct gm_blocks *blocks, uint64_t first, uint64_t nr,
				 gm_word value);

/*
 * gm_blocks_free - granules that are the caller's become free memory.
 *
 * `head` is what the first one's word becomes: a free word. After its store the
 * caller owns nothing there. Gives the free bytes, and the lane a hint.
 */
void gm_blocks_free(struct gm_blocks *blocks, uint64_t first, uint64_t nr, gm_word head);

/* gm_blocks_store - write the same word to granules that are the caller's.
 * Ordering: release, pairs with the acquire of lookups. */
void gm_blocks_store(struct gm_blocks *blocks, uint64_t first, uint64_t nr, gm_word value);

/*
 * gm_blocks_claim - find a free run and lock it.
 *
 * Returns 0 and the first granule; -GM_ENOMEM (a whole pass met neither a
 * conflict nor anything frozen), else -GM_EBUSY.
 */
GM_MUST_CHECK int gm_blocks_claim(struct gm_blocks *blocks, const struct gm_blocks_request *request,
				  gm_word value, uint64_t *first);

/* gm_blocks_claim_last - the same from the end of the region downwards, beginning
 * below `hint` (a granule). For metadata. */
GM_MUST_CHECK int gm_blocks_claim_last(struct gm_blocks *blocks,
				       const struct gm_blocks_request *request, gm_word value,
				       uint64_t hint, uint64_t *first);

/* gm_blocks_miss - why a word leads to no descriptor: -GM_ENOENT, -GM_ENOTRAM
 * or -GM_EBUSY. */
GM_MUST_CHECK int gm_blocks_miss(const struct gm_blocks *blocks, uint64_t index, gm_word word);

/* gm_blocks_orphan - leave to reap the destruction of an object that came with
 * -GM_EORPHAN, for who looked it up by other means than the table. Context: any. */
void gm_blocks_orphan(struct gm_blocks *blocks, struct gm_desc *desc);

/*
 * gm_blocks_look_again - the rest of a lookup whose first attempt failed.
 *
 * desc: what the word led to; err: what the attempt to get it said: 0 if a reference
 * was taken but the object does not cover paddr, -GM_ENOENT if there was no
 * descriptor to get. Returns like find_get.
 */
GM_COLD GM_MUST_CHECK int gm_blocks_look_again(struct gm_blocks *blocks, struct gm_paddr paddr,
					       unsigned type, struct gm_desc *desc, int err,
					       struct gm_desc **out);

/*
 * gm_blocks_freeze_range - freeze every object that covers part of [first, end).
 *
 * All or nothing; the caller has the only reference of each. *nr_extra: how many
 * descriptors a folio table needs on top of those that are there, for the rests;
 * *frozen: all that is frozen now. Returns 0, -GM_ENOENT, -GM_ENOTRAM or -GM_EBUSY.
 */
GM_MUST_CHECK int gm_blocks_freeze_range(struct gm_blocks *blocks, uint64_t first, uint64_t end,
					 uint64_t *nr_extra, struct gm_blocks_range *frozen);

/* gm_blocks_thaw_range - undo it. */
void gm_blocks_thaw_range(struct gm_blocks *blocks, uint64_t first, uint64_t end);

/* gm_blocks_release - free [first, end), which is frozen. spare: nr_extra
 * descriptors, each leading to the next by its owner field. Cannot fail. */
void gm_blocks_release(struct gm_blocks *blocks, uint64_t first, uint64_t end,
		       struct gm_desc *spare);

/* gm_blocks_check_removal - is it an object whose destruction the caller may own? If
 * not, the assertion hook hears of it. *first and *nr are its granules. */
GM_INLINE int gm_blocks_check_removal(const struct gm_blocks *blocks, const struct gm_desc *desc,
				      uint64_t *first, uint64_t *nr);

/* gm_blocks_check_range - the errors of release_range and of marks for the
 * numbers alone. *first and *end in granules. */
GM_MUST_CHECK int gm_blocks_check_range(const struct gm_blocks *blocks, struct gm_paddr base,
					uint64_t size, uint64_t *first, uint64_t *end);

/* gm_blocks_for_each - see gm_compound_for_each. */
int gm_blocks_for_each(struct gm_blocks *blocks, gm_visit *visit, void *ctx);

/* gm_blocks_verify - walk all words. *nr_used counts the descriptors that are
 * linked. Fills in all of *out; the caller adds what it knows. */
void gm_blocks_verify(const struct gm_blocks *blocks, struct gm_verify *out, uint64_t *nr_used);

/* gm_blocks_broken - note a broken invariant. */
void gm_blocks_broken(struct gm_verify *out, const char *text, uint64_t paddr);

GM_END_DECLS

#include <granmem/inline/blocks.h>

#endif
