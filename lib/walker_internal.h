/* SPDX-License-Identifier: BSD-2-Clause */
/* walker_internal.h - what the walker's files share: marks, paths, table pages. */
#ifndef GM_WALKER_INTERNAL_H
#define GM_WALKER_INTERNAL_H

#include <granmem/walker.h>

#if GM_CONFIG_64BIT

/*
 * The marks: entries that are not present and not 0. In each format hardware looks at
 * none of these bits in an entry that is not present, but for EPT's bit 63, which
 * keeps a violation from being turned into a guest's exception: it is set.
 *
 * The pages in a gather are chained through their first entries: CLOSED, and the
 * address of the next page in bits 51..0.
 */
#define GM_WALKER_BUSY GM_MAP_BUSY
#define GM_WALKER_CLOSED (((gm_word)1 << 63) | ((gm_word)1 << 53))
#define GM_WALKER_CHAIN ((gm_word)GM_PADDR_END - 1)

/* Table pages are below 2^48: there each format has an address in one piece. */
#define GM_WALKER_TABLE_BITS 48

/* What an entry is. */
enum gm_walker_entry {
	GM_WALKER_IS_EMPTY,
	GM_WALKER_IS_CLOSED,
	GM_WALKER_IS_BUSY,
	GM_WALKER_IS_TABLE,
	GM_WALKER_IS_LEAF,
};

/* The way from the root to an entry: the table page of each level that was passed, and
 * the entry where it ended. */
struct gm_walker_path {
	gm_word *table[GM_PTE_LEVELS_MAX];
	gm_word *slot;
	gm_word value;
	enum gm_walker_entry kind;
	unsigned level;
};

/* A table page that nobody else sees yet. */
struct gm_walker_page {
	gm_word *slots;
	struct gm_paddr paddr;
	gm_word entry; /* that leads to it */
};

static inline uint64_t gm_walker_slots(const struct gm_walker *walker, unsigned level)
{
	return (uint64_t)1 << walker->index_bits[level];
}

static inline uint64_t gm_walker_index(const struct gm_walker *walker, unsigned level, uint64_t va)
{
	return (va >> walker->shift[level]) & (gm_walker_slots(walker, level) - 1);
}

/* log2 of the bytes that a table page of this level translates. */
static inline unsigned gm_walker_table_shift(const struct gm_walker *walker, unsigned level)
{
	return walker->shift[level] + walker->index_bits[level];
}

/* From va to the end of the 2^shift bytes that it is in, but no more than bytes. */
static inline uint64_t gm_walker_to_end(uint64_t va, unsigned shift, uint64_t bytes)
{
	uint64_t rest = gm_granule_size(shift) - (va & (gm_granule_size(shift) - 1));

	return rest < bytes ? rest : bytes;
}

/* A range of addresses; it may end at 2^64. */
struct gm_walker_span {
	uint64_t va;
	uint64_t bytes;
};

static inline void gm_walker_pass(struct gm_walker_span *span, uint64_t bytes)
{
	span->va += bytes;
	span->bytes -= bytes;
}

/* Entries that are the walker's own making decode. */
static inline void gm_walker_decode(const struct gm_walker *walker, unsigned level, gm_word value,
				    struct gm_pte *out)
{
	int err = gm_pte_decode(&walker->config.format, level, value, out);

	(void)GM_CHECK(err == 0, "walker: an entry of somebody else's", walker);
	(void)err;
}

/* gm_walker_kind - what is this entry? Pure. */
enum gm_walker_entry gm_walker_kind(const struct gm_walker *walker, unsigned level, gm_word value);

/* gm_walker_walk - down to the entry for va at `stop`, or to where no table follows. */
void gm_walker_walk(const struct gm_walker *walker, uint64_t va, unsigned stop,
		    struct gm_walker_path *path);

/* gm_walker_check - is this a range that the format translates? The errors of map. */
GM_MUST_CHECK int gm_walker_check(const struct gm_walker *walker, uint64_t va, uint64_t size);

/*
 * Table pages: walker_page.c
 */

/* gm_walker_virtual - where a table page is. */
static inline gm_word *gm_walker_virtual(const struct gm_walker *walker, struct gm_paddr paddr,
					 uint64_t bytes)
{
	const struct gm_walker_config *config = &walker->config;

	if (config->to_virtual != NULL)
		return (gm_word *)config->to_virtual(config->ctx, paddr, bytes);
	return (gm_word *)(uintptr_t)(paddr.value + config->virtual_offset);
}

/* gm_walker_table_at - the address in a table's entry: gm_pte_address, but quick. */
static inline struct gm_paddr gm_walker_table_at(const struct gm_walker *walker, gm_word value)
{
	return gm_paddr((value & walker->table_mask) << walker->table_left);
}

/* gm_walker_page_at - where the table is that an entry leads to. */
static inline gm_word *gm_walker_page_at(const struct gm_walker *walker, gm_word value)
{
	return gm_walker_virtual(walker, gm_walker_table_at(walker, value),
				 gm_granule_size(walker->shift[0]));
}

/* gm_walker_take_page - a page of zeroes for this level. Returns 0 or an error. */
GM_MUST_CHECK int gm_walker_take_page(struct gm_walker *walker, unsigned level,
				      struct gm_walker_page *page);

/* gm_walker_give_page - back to where it came from. */
void gm_walker_give_page(struct gm_walker *walker, unsigned level, struct gm_paddr paddr);

/* gm_walker_trim - take out the table pages on the way to va that hold nothing. */
void gm_walker_trim(struct gm_walker *walker, uint64_t va, struct gm_walker_gather *gather);

/*
 * Blocks and runs: walker_split.c
 */

/* gm_walker_leaf_shift - log2 of the bytes of a leaf, or of the run that it is part of. */
static inline unsigned gm_walker_leaf_shift(const struct gm_walker *walker, unsigned level,
					    gm_word value)
{
	unsigned shift = walker->shift[level];

	return (value & walker->run_bit[level]) != 0 ? shift + walker->run_shift[level] : shift;
}

/* gm_walker_take_run - make the run whose first entry is `value` BUSY (W6). Returns 1
 * and what it was, with what hardware noted in any of its entries; 0: look again. */
int gm_walker_take_run(const struct gm_walker *walker, unsigned level, gm_word value,
		       gm_word *slots, struct gm_pte *out);

/* gm_walker_fill - leaves of this level, from pte on, descending: the first one is
 * the last to appear. The entries are the caller's, BUSY or not linked yet. */
void gm_walker_fill(const struct gm_walker *walker, unsigned level, gm_word *slots, uint64_t nr,
		    const struct gm_pte *pte);

/* gm_walker_cut - no leaf and no run reaches over this address any more. The errors of
 * protect. */
GM_MUST_CHECK int gm_walker_cut(struct gm_walker *walker, uint64_t va,
				struct gm_walker_gather *gather);

/* gm_walker_sweep - take out the pages of this range that hold nothing. Returns 0: there
 * is nothing; or -GM_EBUSY. */
GM_MUST_CHECK int gm_walker_sweep(struct gm_walker *walker, uint64_t va, uint64_t size,
				  struct gm_walker_gather *gather);

/*
 * The gather: walker_gather.c
 */

/* gm_walker_gather_range - something cached has to be forgotten. */
void gm_walker_gather_range(struct gm_walker *walker, struct gm_walker_gather *gather, uint64_t va,
			    uint64_t bytes, unsigned level, int tables);

/* gm_walker_gather_flush - invalidate, and drop the references; pages stay. */
void gm_walker_gather_flush(struct gm_walker *walker, struct gm_walker_gather *gather);

/* gm_walker_invalidate - now. */
void gm_walker_invalidate(const struct gm_walker *walker, const struct gm_walker_range *ranges,
			  unsigned nr);

#endif

#endif
