/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * radix_internal.h - a node's references, and the everyday link and unlink of one
 * slot, inline for the files of the tree and the ad-hoc table: claim and release
 * are made of them.
 */
#ifndef GM_RADIX_INTERNAL_H
#define GM_RADIX_INTERNAL_H

#include <granmem/radix.h>

/* LIVE, and of one generation: what two reads of the word must agree in. */
static inline gm_word gm_radix_life(gm_word word)
{
	return word & ~GM_NODE_REFS_MASK;
}

/*
 * Did a node whose word was read before, with acquire order, stand there until now?
 * What was read in between with acquire order is then what stood there.
 */
static inline int gm_radix_stood(const struct gm_radix *radix, unsigned level,
				 const struct gm_radix_record *record, gm_word word,
				 uint64_t offset)
{
	/* acquire: pairs with the release of settle; who sees where the node goes next
	 * sees that its life is over */
	return (word & GM_NODE_LIVE) != 0 &&
	       gm_atomic_load_acquire(&record->tree) == (gm_word)radix &&
	       gm_atomic_load_acquire(&record->place) == gm_radix_place(radix, level, offset) &&
	       gm_radix_life(gm_atomic_load_relaxed(&record->word)) == gm_radix_life(word);
}

/* Behind the last slot that lies beside at's: in its node, or in a flat root. Each
 * slot of a graded root is by itself. */
static inline uint64_t gm_radix_end_index(const struct gm_radix *radix,
					  const struct gm_radix_at *at)
{
	if (at->node != NULL)
		return radix->store->slots[at->level];
	return radix->nr_root != 0 ? radix->nr_root : (uint64_t)at->index + 1;
}

/* Where the slot ends that at walked to for this offset; in a graded root, too. */
static inline uint64_t gm_radix_end_of(const struct gm_radix *radix, const struct gm_radix_at *at,
				       uint64_t offset)
{
	unsigned shift = radix->store->shift[at->level];

	return gm_granule_down(offset, shift) + gm_granule_size(shift);
}

/* What link works on. */
struct gm_radix_link {
	struct gm_radix *radix;
	gm_word value;
	unsigned flags;
	unsigned lane;
	unsigned *short_of;
	/* Nodes made on the way to the place that is filled next: each has one
	 * reference more, so that it cannot be retired before it is used. */
	gm_word *made[GM_RADIX_LEVELS - 1];
};

void gm_radix_begin_link(struct gm_radix_link *link, struct gm_radix *radix, gm_word value,
			 unsigned flags, unsigned lane, unsigned *short_of);

/* Take nr references on the node that was walked to; the root needs none. Returns 0 or
 * -GM_EBUSY. */
GM_MUST_CHECK int gm_radix_keep(struct gm_radix *radix, const struct gm_radix_at *at,
				uint64_t offset, gm_word nr);

/* Put a private node into the slot that was walked to, instead of what was read there,
 * with references for its slots and one for the caller. Returns 0 if it did not get in:
 * then it is the caller's. */
GM_MUST_CHECK int gm_radix_insert_node(struct gm_radix_link *link, const struct gm_radix_at *at,
				       uint64_t offset, gm_word *node, gm_word refs);

/* Give back the references on the nodes that were made for what is at offset. */
void gm_radix_drop_made(struct gm_radix_link *link, uint64_t offset);

/* The word that has the label's bits of a slot; node NULL: of a flat root. */
volatile gm_word *gm_radix_label_word(const struct gm_radix *radix, unsigned level, gm_word *node,
				      unsigned label, uint32_t index);

/* Is each label of the slot set or clear, and none being cleared? For a tree at rest. */
int gm_radix_is_settled(const struct gm_radix *radix, const struct gm_radix_at *at);

/* Labels of a node that is not in the tree become clear. */
void gm_radix_clear_labels(struct gm_radix *radix, unsigned level, gm_word *node);

/* A node in which no slot has the label loses it in its parent; level: the node's. */
void gm_radix_unlabel_node(struct gm_radix *radix, unsigned level, gm_word *node, uint64_t offset,
			   unsigned label, unsigned lane);

/* Retire a node that the caller froze, and drop its reference on its parent. */
void gm_radix_retire(struct gm_radix *radix, unsigned level, gm_word *node, uint64_t offset,
		     unsigned lane);

/* Count a change of a root slot, or of how full the node below it is. */
static inline void gm_radix_summarise(struct gm_radix *radix, uint64_t root_index, gm_word change)
{
	/* relaxed: a hint */
	gm_atomic_add_relaxed(&radix->summary[root_index / GM_RADIX_NODE_SLOTS], change);
}

/* What a root slot counts for that leads to an object or a mark. */
#define GM_RADIX_SUMMARY_WHOLE (GM_RADIX_SUMMARY_USED + GM_RADIX_SUMMARY_FULL)

/* The node word as a value, frozen: not LIVE, next generation. */
static inline gm_word gm_radix_frozen(gm_word word)
{
	return ((word & ~GM_NODE_REFS_MASK) + ((gm_word)1 << GM_NODE_REFS_BITS)) & ~GM_NODE_LIVE;
}

/* Say where a private node is going to stand. */
static inline void gm_radix_settle(struct gm_radix *radix, unsigned level,
				   struct gm_radix_record *record, uint64_t offset)
{
	/* release, both: pairs with the acquire of walk and hold */
	gm_atomic_store_release(&record->tree, (gm_word)radix);
	gm_atomic_store_release(&record->place, gm_radix_place(radix, level, offset));
}

/*
 * Take nr references on a node that was walked to. A stale walker meets a node
 * that is not LIVE or stands elsewhere; a recycled one has another generation,
 * so the compare-and-swap from the word that was checked cannot succeed.
 * Returns 0 or -GM_EBUSY.
 */
static inline int gm_radix_hold(struct gm_radix *radix, unsigned level, const gm_word *node,
				uint64_t offset, gm_word nr)
{
	struct gm_radix_record *record = gm_radix_record(radix, level, node);
	gm_word place = gm_radix_place(radix, level, offset);
	gm_word word;

	do {
		/* acquire: pairs with the release that made the node LIVE; its
		 * place was written before, and does not change while it is held */
		word = gm_atomic_load_acquire(&record->word);
		if ((word & GM_NODE_LIVE) == 0 || gm_atomic_load_relaxed(&record->place) != place ||
		    gm_atomic_load_relaxed(&record->tree) != (gm_word)radix)
			return -GM_EBUSY;
		/* relaxed: what others did to the slots comes with the slots */
	} while (!gm_atomic_cas_relaxed(&record->word, word, word + nr));
	if (level + 1 == radix->root_level &&
	    (word & GM_NODE_REFS_MASK) < radix->store->slots[level] &&
	    (word & GM_NODE_REFS_MASK) + nr >= radix->store->slots[level])
		gm_radix_summarise(radix, offset >> radix->store->shift[level + 1],
				   GM_RADIX_SUMMARY_FULL);
	return 0;
}

/*
 * Give nr references of a node back; NULL is the root, which has none. Whoever
 * brings them to 0 tries to freeze the node by one compare-and-swap from exactly
 * that word, as a last put does, and the winner retires it.
 */
static inline void gm_radix_drop(struct gm_radix *radix, unsigned level, gm_word *node,
				 uint64_t offset, gm_word nr, unsigned lane)
{
	struct gm_radix_record *record;
	gm_word old, now;

	if (node == NULL)
		return;
	record = gm_radix_record(radix, level, node);
	/* release: pairs with the acquire of the freeze */
	old = gm_atomic_add_release(&record->word, (gm_word)0 - nr);
	now = old - nr;
	if (level + 1 == radix->root_level &&
	    (old & GM_NODE_REFS_MASK) >= radix->store->slots[level] &&
	    (now & GM_NODE_REFS_MASK) < radix->store->slots[level])
		gm_radix_summarise(radix, offset >> radix->store->shift[level + 1],
				   (gm_word)0 - GM_RADIX_SUMMARY_FULL);
	if (GM_UNLIKELY((now & GM_NODE_REFS_MASK) == 0) &&
	    gm_atomic_cas_acquire(&record->word, now, gm_radix_frozen(now)))
		gm_radix_retire(radix, level, node, offset, lane);
}

/*
 * Fill one free slot of a level, where that is easy: the first empty slot from
 * *offset on, no farther than the end of its node (or 64 slots of the root) or
 * `end`. Returns 1 and where, or 0: nothing has changed, and it takes
 * gm_radix_link to say why. Ordering as link.
 */
static inline int gm_radix_link_free(struct gm_radix *radix, unsigned level, uint64_t *offset,
				     uint64_t end, gm_word value, unsigned lane)
{
	unsigned depth = radix->root_level;
	uint64_t at = *offset;
	uint64_t index = at >> radix->store->shift[depth];
	uint64_t slots = radix->nr_root < index + 64 ? radix->nr_root : index + 64;
	gm_word *base = radix->root;
	gm_word *node = NULL;

	while (depth > level) {
		/* acquire: pairs with the release of link; hold checks the rest */
		gm_word below = gm_atomic_load_acquire(&base[index]);

		if ((below & GM_RADIX_NODE) == 0)
			return 0;
		depth--;
		node = base = gm_radix_node(below);
		slots = radix->store->slots[depth];
		index = (at >> radix->store->shift[depth]) & (slots - 1);
	}
	while (gm_atomic_load_relaxed(&base[index]) != 0) {
		at += radix->store->bytes[level];
		if (++index == slots)
			return 0;
	}
	if (at >= end || end - at < radix->store->bytes[level] ||
	    (node != NULL && gm_radix_hold(radix, level, node, at, 1) != 0))
		return 0;
	/* acquire: pairs with the release of the unlink that emptied the slot, so
	 * that the memory's last user comes before its next; release: pairs with
	 * the acquire of lookups */
	if (!gm_atomic_cas_acq_rel(&base[index], 0, value)) {
		gm_radix_drop(radix, level, node, at, 1, lane);
		return 0;
	}
	if (node == NULL)
		gm_radix_summarise(radix, index, GM_RADIX_SUMMARY_WHOLE);
	*offset = at;
	return 1;
}

/*
 * Empty the one slot that holds value, if [offset, offset + size) is one slot.
 * Returns 0 if it is not: then it takes gm_radix_unlink. Requires that it is
 * linked and the caller's.
 */
static inline int gm_radix_unlink_slot(struct gm_radix *radix, uint64_t offset, uint64_t size,
				       gm_word value, unsigned lane)
{
	unsigned level = radix->root_level;
	uint64_t index = offset >> radix->store->shift[level];
	volatile gm_word *slot = &radix->root[index];
	gm_word *node = NULL;
	/* relaxed, here and below: it was linked before the caller had it */
	gm_word found = gm_atomic_load_relaxed(slot);

	while (found & GM_RADIX_NODE) {
		level--;
		node = gm_radix_node(found);
		slot = &node[gm_radix_index(radix, level, offset)];
		found = gm_atomic_load_relaxed(slot);
	}
	if (found != value || size != radix->store->bytes[level])
		return 0;
	/* release: pairs with the acquire of lookups, and of the link that fills
	 * the slot next */
	gm_atomic_store_release(slot, 0);
	if (node == NULL)
		gm_radix_summarise(radix, index, (gm_word)0 - GM_RADIX_SUMMARY_WHOLE);
	else
		gm_radix_drop(radix, level, node, offset, 1, lane);
	return 1;
}

#endif
