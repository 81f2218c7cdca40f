/* SPDX-License-Identifier: BSD-2-Clause */
/* radix_label.c - labels of slots, and of the nodes above them; contracts and the
 * protocol in granmem/radix.h. */
#include "radix_internal.h"

/* The two bits, and the change that makes clear set, and being cleared set again. */
#define CLEAR ((gm_word)0)
#define SET ((gm_word)1)
#define SET_AGAIN ((gm_word)2)
#define CLEARING ((gm_word)3)
#define FLIP ((gm_word)1)

static gm_word state_of(gm_word word, unsigned shift)
{
	return (word >> shift) & 3;
}

static unsigned shift_of(uint32_t index)
{
	return 2 * (index % GM_RADIX_LABEL_SLOTS);
}

volatile gm_word *gm_radix_label_word(const struct gm_radix *radix, unsigned level, gm_word *node,
				      unsigned label, uint32_t index)
{
	uint64_t slots = node != NULL ? radix->store->slots[level] : radix->nr_root;
	gm_word *words = node != NULL ? node + slots : radix->labels;
	uint64_t nr_words = (slots + GM_RADIX_LABEL_SLOTS - 1) / GM_RADIX_LABEL_SLOTS;

	return &words[label * nr_words + index / GM_RADIX_LABEL_SLOTS];
}

void gm_radix_clear_labels(struct gm_radix *radix, unsigned level, gm_word *node)
{
	uint32_t end = gm_radix_node_bytes(radix->store, level) / (uint32_t)sizeof(gm_word);
	uint32_t i;

	/* relaxed: a label too many is a hint too many */
	for (i = radix->store->slots[level]; i < end; i++)
		gm_atomic_store_relaxed(&node[i], 0);
}

static void set(volatile gm_word *word, unsigned shift)
{
	gm_word value;

	do {
		/* acquire, here and below: pairs with the release of the look from above,
		 * at this word, whose changes since then were read-modify-writes: who
		 * sees what came after it sees that the label above is being cleared */
		value = gm_atomic_load_acquire(word);
		if (state_of(value, shift) == SET || state_of(value, shift) == SET_AGAIN)
			return;
	} while (!gm_atomic_cas_acquire(word, value, value ^ (FLIP << shift)));
}

static void set_all(const struct gm_radix *radix, unsigned level, gm_word *node, uint32_t index,
		    gm_word labels)
{
	for (; labels != 0; labels &= labels - 1)
		set(gm_radix_label_word(radix, level, node, gm_granule_trailing(labels), index),
		    shift_of(index));
}

void gm_radix_label(struct gm_radix *radix, uint64_t offset, gm_word labels)
{
	gm_word *nodes[GM_RADIX_LEVELS];
	uint32_t top_index;
	unsigned top = gm_radix_top(radix, offset, &top_index);
	unsigned level = top;
	/* acquire, here and below: pairs with the release of link. The slot may lead to
	 * something newer than what the caller knows, in memory that it does not. */
	gm_word value = gm_atomic_load_acquire(&radix->root[top_index]);

	while (value & GM_RADIX_NODE) {
		level--;
		nodes[level] = gm_radix_node(value);
		value = gm_atomic_load_acquire(&nodes[level][gm_radix_index(radix, level, offset)]);
	}
	for (; level < top; level++)
		set_all(radix, level, nodes[level], gm_radix_index(radix, level, offset), labels);
	if (radix->labels != NULL)
		set_all(radix, top, NULL, top_index, labels);
}

int gm_radix_has_label(const struct gm_radix *radix, const struct gm_radix_at *at, unsigned label)
{
	volatile gm_word *word;

	if (at->node == NULL && radix->labels == NULL)
		return 1;
	word = gm_radix_label_word(radix, at->level, at->node, label, at->index);
	return state_of(gm_atomic_load_relaxed(word), shift_of(at->index)) != CLEAR;
}

int gm_radix_is_settled(const struct gm_radix *radix, const struct gm_radix_at *at)
{
	unsigned label;

	for (label = 0; label < radix->store->nr_labels; label++) {
		gm_word word = gm_atomic_load_relaxed(
			gm_radix_label_word(radix, at->level, at->node, label, at->index));

		if (state_of(word, shift_of(at->index)) > SET)
			return 0;
	}
	return 1;
}

/* Set becomes being cleared, by the caller alone. relaxed: the look that follows has
 * release order. */
static int begin(volatile gm_word *word, unsigned shift)
{
	gm_word value;

	do {
		value = gm_atomic_load_relaxed(word);
		if (state_of(value, shift) != SET)
			return 0;
	} while (!gm_atomic_cas_relaxed(word, value, value | (CLEARING << shift)));
	return 1;
}

/* What the caller is clearing becomes clear or, if it is meant or somebody has set it
 * again, set. relaxed: nothing but the bits is told. */
static void end(volatile gm_word *word, unsigned shift, int clear)
{
	gm_word value, next;

	do {
		value = gm_atomic_load_relaxed(word);
		next = value & ~(CLEARING << shift);
		if (!clear || state_of(value, shift) != CLEARING)
			next |= SET << shift;
	} while (!gm_atomic_cas_relaxed(word, value, next));
}

/* Has no slot of the node the label? */
static int is_bare(const struct gm_radix *radix, unsigned level, gm_word *node, unsigned label)
{
	uint32_t i;

	for (i = 0; i < radix->store->slots[level]; i += GM_RADIX_LABEL_SLOTS)
		if (gm_atomic_load_relaxed(gm_radix_label_word(radix, level, node, label, i)) != 0)
			return 0;
	return 1;
}

int gm_radix_unlabel_begin(struct gm_radix *radix, const struct gm_radix_at *at, uint64_t offset,
			   unsigned label, unsigned lane)
{
	if (at->node == NULL && radix->labels == NULL)
		return 0;
	if (gm_radix_keep(radix, at, offset, 1) != 0)
		return 0;
	if (begin(gm_radix_label_word(radix, at->level, at->node, label, at->index),
		  shift_of(at->index)))
		return 1;
	gm_radix_drop(radix, at->level, at->node, offset, 1, lane);
	return 0;
}

void gm_radix_unlabel_end(struct gm_radix *radix, const struct gm_radix_at *at, uint64_t offset,
			  unsigned label, int clear, unsigned lane)
{
	end(gm_radix_label_word(radix, at->level, at->node, label, at->index),
	    shift_of(at->index), clear);
	if (clear && at->node != NULL)
		gm_radix_unlabel_node(radix, at->level, at->node, offset, label, lane);
	gm_radix_drop(radix, at->level, at->node, offset, 1, lane);
}

/* The look from above. release: pairs with the acquire of who sets a label in the
 * word, who then finds the one above being cleared. */
static int stays_bare(const struct gm_radix *radix, unsigned level, gm_word *node, unsigned label)
{
	uint32_t i;

	for (i = 0; i < radix->store->slots[level]; i += GM_RADIX_LABEL_SLOTS)
		if (!gm_atomic_cas_release(gm_radix_label_word(radix, level, node, label, i), 0, 0))
			return 0;
	return 1;
}

void gm_radix_unlabel_node(struct gm_radix *radix, unsigned level, gm_word *node, uint64_t offset,
			   unsigned label, unsigned lane)
{
	struct gm_radix_at at;

	if (!is_bare(radix, level, node, label) ||
	    gm_radix_hold(radix, level, node, offset, 1) != 0)
		return;
	/* Held, it stays where it is, and so does all above it. */
	if (gm_radix_walk(radix, offset, level + 1, &at) == 0 &&
	    gm_radix_unlabel_begin(radix, &at, offset, label, lane))
		gm_radix_unlabel_end(radix, &at, offset, label,
				     stays_bare(radix, level, node, label), lane);
	gm_radix_drop(radix, level, node, offset, 1, lane);
}
