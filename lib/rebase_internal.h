/* SPDX-License-Identifier: BSD-2-Clause */
/* rebase_internal.h - what the files of rebase share: blocks, words and pools. */
#ifndef GM_REBASE_INTERNAL_H
#define GM_REBASE_INTERNAL_H

#include <granmem/rebase.h>

/* Nothing else runs, so every access is relaxed. */

/* gm_rebase_moved - gm_rebase_pointer of an address that is kept as a number. A tag in
 * its low bits stays: it is less than what it is a tag of has bytes, and all distances
 * are multiples of 64. */
static inline gm_word gm_rebase_moved(const struct gm_rebase *rebase, gm_word address)
{
	return (gm_word)gm_rebase_pointer(rebase, (const void *)address);
}

static inline void gm_rebase_word(const struct gm_rebase *rebase, volatile gm_word *word)
{
	gm_atomic_store_relaxed(word, gm_rebase_moved(rebase, gm_atomic_load_relaxed(word)));
}

/* gm_rebase_opaque - a context or an owner: moved only if the caller says that it is a
 * pointer. */
static inline void *gm_rebase_opaque(const struct gm_rebase *rebase, void *pointer)
{
	return rebase->opaque ? gm_rebase_pointer(rebase, pointer) : pointer;
}

/* gm_rebase_words - `nr` words, those that have none of the bits of `other` being
 * addresses. */
void gm_rebase_words(const struct gm_rebase *rebase, volatile gm_word *words, uint64_t nr,
		     gm_word other);

/* gm_rebase_check - are the moves sound? -GM_ESIZE, -GM_EOVERFLOW, -GM_EALIGN, -GM_EEXIST. */
GM_MUST_CHECK int gm_rebase_check(const struct gm_rebase *rebase);

/* gm_rebase_check_block - memory that has to move as a whole, and by multiples of align.
 * at: its old address. Returns 0, -GM_ERANGE or -GM_EALIGN. */
GM_MUST_CHECK int gm_rebase_check_block(const struct gm_rebase *rebase, uintptr_t at,
					uint64_t bytes, uintptr_t align);

/* gm_rebase_check_pool - the same for all slabs. The lanes are the caller's to check. */
GM_MUST_CHECK int gm_rebase_check_pool(const struct gm_rebase *rebase, const struct gm_pool *pool);

/* gm_rebase_pool - the pool itself, and in each of its elements `nr` words from number
 * `first` on, which are addresses but for those with `other` bits. */
void gm_rebase_pool(const struct gm_rebase *rebase, struct gm_pool *pool, uint32_t first,
		    uint32_t nr, gm_word other);

static inline void gm_rebase_owner(const struct gm_rebase *rebase, struct gm_desc *desc)
{
	desc->owner = gm_rebase_opaque(rebase, desc->owner);
}

/* gm_rebase_owners - of all descriptors of a pool that is moved already. */
void gm_rebase_owners(const struct gm_rebase *rebase, const struct gm_pool *descs);

#endif
