/* SPDX-License-Identifier: BSD-2-Clause */
/* rebase.c - moves, blocks of memory and pools; contracts in rebase_internal.h. */
#include "pool_internal.h"
#include "rebase_internal.h"

#define MOVE_ALIGN 64

static int overlap(uintptr_t a, uintptr_t a_bytes, uintptr_t b, uintptr_t b_bytes)
{
	return a - b < b_bytes || b - a < a_bytes;
}

int gm_rebase_check(const struct gm_rebase *rebase)
{
	unsigned i, j;

	for (i = 0; i < rebase->nr_moves; i++) {
		const struct gm_rebase_move *move = &rebase->moves[i];

		if (move->bytes == 0)
			return -GM_ESIZE;
		if (move->bytes - 1 > ~(uintptr_t)0 - move->from ||
		    move->bytes - 1 > ~(uintptr_t)0 - move->to)
			return -GM_EOVERFLOW;
		if (((move->to - move->from) & (MOVE_ALIGN - 1)) != 0)
			return -GM_EALIGN;
		for (j = 0; j < i; j++) {
			const struct gm_rebase_move *other = &rebase->moves[j];

			if (overlap(move->from, move->bytes, other->from, other->bytes) ||
			    overlap(move->to, move->bytes, other->to, other->bytes))
				return -GM_EEXIST;
		}
	}
	return 0;
}

int gm_rebase_check_block(const struct gm_rebase *rebase, uintptr_t at, uint64_t bytes,
			  uintptr_t align)
{
	unsigned i;

	for (i = 0; i < rebase->nr_moves; i++) {
		const struct gm_rebase_move *move = &rebase->moves[i];
		uintptr_t into = at - move->from;

		if (into < move->bytes) {
			if (bytes > move->bytes - into)
				return -GM_ERANGE;
			return ((move->to - move->from) & (align - 1)) != 0 ? -GM_EALIGN : 0;
		}
		if (move->from - at < bytes)
			return -GM_ERANGE;
	}
	return 0;
}

int gm_rebase_check_pool(const struct gm_rebase *rebase, const struct gm_pool *pool)
{
	uintptr_t bytes = gm_pool_slab_bytes(pool);
	gm_word at = gm_atomic_load_relaxed(&pool->head);

	while (at != 0) {
		int err = gm_rebase_check_block(rebase, at, bytes, bytes);

		if (err != 0)
			return err;
		at = gm_atomic_load_relaxed(
			&((const struct gm_slab *)gm_rebase_moved(rebase, at))->next);
	}
	return 0;
}

void gm_rebase_words(const struct gm_rebase *rebase, volatile gm_word *words, uint64_t nr,
		     gm_word other)
{
	uint64_t i;

	for (i = 0; i < nr; i++) {
		gm_word word = gm_atomic_load_relaxed(&words[i]);

		/* What is empty is not written to: there may be no memory behind it yet. */
		if (word != 0 && (word & other) == 0)
			gm_rebase_word(rebase, &words[i]);
	}
}

/*
 * All elements, also the free ones: a node is returned without a pointer in it, and is
 * taken as it was returned.
 */
void gm_rebase_pool(const struct gm_rebase *rebase, struct gm_pool *pool, uint32_t first,
		    uint32_t nr, gm_word other)
{
	struct gm_slab *slab;
	uint32_t i;

	pool->lanes = (struct gm_pool_lane *)gm_rebase_pointer(rebase, pool->lanes);
	for (i = 0; i <= pool->lane_mask; i++) {
		gm_rebase_word(rebase, &pool->lanes[i].kept);
		gm_rebase_word(rebase, &pool->lanes[i].slab);
		gm_rebase_word(rebase, &pool->lanes[i].recent);
	}
	gm_rebase_word(rebase, &pool->searched);
	gm_rebase_word(rebase, &pool->head);
	slab = (struct gm_slab *)gm_atomic_load_relaxed(&pool->head);
	for (; slab != NULL; slab = gm_pool_next_of(slab)) {
		gm_rebase_word(rebase, &slab->next);
		for (i = 0; nr != 0 && i < pool->nr_elements; i++)
			gm_rebase_words(rebase,
					(gm_word *)gm_pool_element_at(pool, slab, i) + first, nr,
					other);
	}
}

/* Those of free descriptors lead somewhere, too, but nobody asks where. */
void gm_rebase_owners(const struct gm_rebase *rebase, const struct gm_pool *descs)
{
	struct gm_slab *slab = (struct gm_slab *)gm_atomic_load_relaxed(&descs->head);
	uint32_t i;

	for (; rebase->opaque && slab != NULL; slab = gm_pool_next_of(slab))
		for (i = 0; i < descs->nr_elements; i++)
			gm_rebase_owner(rebase,
					(struct gm_desc *)gm_pool_element_at(descs, slab, i));
}
