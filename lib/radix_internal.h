/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * radix_internal.h - a node's references, and the everyday link and unlink of one
 * slot, inline for the files of the tree and the ad-hoc table: claim and release
 * are made of them.
 */
#ifndef GM_RADIX_INTERNAL_H
#define GM_RADIX_INTERNAL_H

#include <granmem/radix.h>

/* Retire a node whose references the caller brought to 0, the word being `word` then,
 * unless others were quicker or took some; and drop its reference on its parent. */
void gm_radix_retire(struct gm_radix *radix, size_t level, gm_word *node, uint64_t offset,
		     gm_word word);

/* The level of the largest slot that begins at offset and ends by end. */
size_t gm_radix_level_at(const struct gm_radix *radix, uint64_t offset, uint64_t end);

/* gm_radix_set_up_pool - a pool of nodes of a level, after gm_radix_shape. */
void gm_radix_set_up_pool(struct gm_pool *pool, const struct gm_radix *radix, size_t level,
			  unsigned slab_shift, struct gm_pool_lane *lanes, size_t nr_lanes);

/* What searches know of the 512 root slots around an offset. */
static inline volatile gm_word *gm_radix_full(const struct gm_radix *radix, uint64_t offset)
{
	return (gm_word *)(radix->full +
			   (uintptr_t)(offset >> radix->group_shift) * sizeof(gm_word));
}

/* Something was emptied at offset: searches may find something there again. */
static inline void gm_radix_emptied(const struct gm_radix *radix, uint64_t offset)
{
	volatile gm_word *full = gm_radix_full(radix, offset);

	/* relaxed: a hint */
	if (GM_UNLIKELY(gm_atomic_load_relaxed(full) != 0))
		gm_atomic_store_relaxed(full, 0);
}

/*
 * Take nr references on a node that was walked to; NULL is the root, which has none.
 * A stale walker meets a node that is not LIVE or stands elsewhere; a recycled one has
 * another generation, so the compare-and-swap from the word that was checked cannot
 * succeed.
 * Returns 0 or -GM_EBUSY.
 */
static inline int gm_radix_hold(struct gm_radix *radix, size_t level, const gm_word *node,
				uint64_t offset, gm_word nr)
{
	struct gm_radix_record *record;
	gm_word place, word;

	if (node == NULL)
		return 0;
	record = gm_radix_record(radix, level, node);
	place = gm_radix_place(radix, level, offset);
	do {
		/* acquire: pairs with the release that made the node LIVE; its
		 * place was written before, and does not change while it is held */
		word = gm_atomic_load_acquire(&record->word);
		if ((word & GM_NODE_LIVE) == 0 || gm_atomic_load_relaxed(&record->place) != place)
			return -GM_EBUSY;
		/* relaxed: what others did to the slots comes with the slots */
	} while (!gm_atomic_cas_relaxed(&record->word, word, word + nr));
	return 0;
}

/* Take nr references off a node's word; returns what it is then, or a word with some for
 * the root. */
static inline gm_word gm_radix_take_off(const struct gm_radix *radix, size_t level,
					const gm_word *node, uint64_t offset, gm_word nr)
{
	gm_word now = GM_NODE_REFS_MASK;

	if (node != NULL) {
		struct gm_radix_record *record = gm_radix_record(radix, level, node);

		/* release: pairs with the acquire of the freeze, in retire */
		now = gm_atomic_add_release(&record->word, (gm_word)0 - nr) - nr;
	}
	/* Afterwards, as a search takes a node that has all its references for full. */
	gm_radix_emptied(radix, offset);
	return now;
}

/*
 * Give nr references of a node back; NULL is the root, which has none. Whoever
 * brings them to 0 tries to freeze the node by one compare-and-swap from exactly
 * that word, as a last put does, and the winner retires it: gm_radix_retire.
 */
static inline void gm_radix_drop(struct gm_radix *radix, size_t level, gm_word *node,
				 uint64_t offset, gm_word nr)
{
	gm_word now = gm_radix_take_off(radix, level, node, offset, nr);

	if (GM_UNLIKELY((now & GM_NODE_REFS_MASK) == 0))
		gm_radix_retire(radix, level, node, offset, now);
}

/* The same, off the everyday way. */
void gm_radix_drop_rarely(struct gm_radix *radix, size_t level, gm_word *node, uint64_t offset,
			  gm_word nr);

/*
 * Fill one free slot of a level, where that is easy: the first empty slot from
 * *offset on, no farther than the end of its node (or 64 slots of the root) or
 * `end`. Returns 1 and where, or 0: nothing has changed, and it takes
 * gm_radix_link to say why. Ordering as link.
 */
static inline int gm_radix_link_free(struct gm_radix *radix, size_t level, uint64_t *offset,
				     uint64_t end, gm_word value)
{
	size_t depth = radix->root_level;
	uint64_t bytes = radix->levels[level].bytes;
	uint64_t at = *offset;
	uint64_t index = at >> radix->levels[depth].shift;
	uint64_t left = radix->end - index < 64 ? radix->end - index : 64;
	gm_word *slot = gm_radix_root_slot(radix, index);
	gm_word *node = NULL;

	while (depth > level) {
		/* acquire: pairs with the release of link; hold checks the rest */
		gm_word below = gm_atomic_load_acquire(slot);

		if ((below & GM_RADIX_NODE) == 0)
			return 0;
		depth--;
		node = gm_radix_node(below);
		index = gm_radix_index(radix, depth, at);
		slot = &node[index];
		left = gm_radix_slots(radix, depth) - index;
	}
	while (gm_atomic_load_relaxed(slot) != 0) {
		at += bytes;
		slot++;
		if (--left == 0)
			return 0;
	}
	if (at >= end || end - at < bytes || gm_radix_hold(radix, level, node, at, 1) != 0)
		return 0;
	/* acquire: pairs with the release of the unlink that emptied the slot, so
	 * that the memory's last user comes before its next; release: pairs with
	 * the acquire of lookups */
	if (!gm_atomic_cas_acq_rel(slot, 0, value)) {
		gm_radix_drop_rarely(radix, level, node, at, 1);
		return 0;
	}
	*offset = at;
	return 1;
}

/*
 * Empty the one slot that holds value, if [offset, offset + size) is one slot.
 * Returns 0 if it is not: then it takes gm_radix_unlink. Requires that it is
 * linked and the caller's.
 */
static inline int gm_radix_unlink_slot(struct gm_radix *radix, uint64_t offset, uint64_t size,
				       gm_word value)
{
	size_t level = radix->root_level;
	volatile gm_word *slot = gm_radix_root_slot(radix, offset >> radix->levels[level].shift);
	gm_word *node = NULL;
	/* relaxed, here and below: it was linked before the caller had it */
	gm_word found = gm_atomic_load_relaxed(slot);

	while (found & GM_RADIX_NODE) {
		level--;
		node = gm_radix_node(found);
		slot = &node[gm_radix_index(radix, level, offset)];
		found = gm_atomic_load_relaxed(slot);
	}
	if (found != value || size != radix->levels[level].bytes)
		return 0;
	/* release: pairs with the acquire of lookups, and of the link that fills
	 * the slot next */
	gm_atomic_store_release(slot, 0);
	gm_radix_drop(radix, level, node, offset, 1);
	return 1;
}

#endif
