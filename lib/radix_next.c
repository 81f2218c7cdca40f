/* SPDX-License-Identifier: BSD-2-Clause */
/* radix_next.c - finding what is there, in order; contracts in granmem/radix.h. */
#include "radix_internal.h"

#if GM_CONFIG_64BIT
#define LOW_BITS ((gm_word)0x5555555555555555)
#else
#define LOW_BITS ((gm_word)0x55555555)
#endif

/* A bit at 2 * n for each slot, from the first of the word on, that has any of the
 * labels. */
static gm_word any_label(const struct gm_radix *radix, unsigned level, gm_word *node,
			 uint32_t index, gm_word labels)
{
	gm_word any = 0;

	for (; labels != 0; labels &= labels - 1)
		any |= gm_atomic_load_relaxed(gm_radix_label_word(
			radix, level, node, gm_granule_trailing(labels), index));
	return (any | any >> 1) & LOW_BITS;
}

/* The first slot from index on, below `end`, that has any of the labels; or end. */
static uint64_t next_labelled(const struct gm_radix *radix, unsigned level, gm_word *node,
			      uint64_t index, uint64_t end, gm_word labels)
{
	while (index < end) {
		uint32_t in_word = (uint32_t)index % GM_RADIX_LABEL_SLOTS;
		gm_word any = any_label(radix, level, node, (uint32_t)index, labels) &
			      ~(gm_word)0 << 2 * in_word;

		if (any != 0) {
			index += gm_granule_trailing(any) / 2 - in_word;
			return index < end ? index : end;
		}
		index += GM_RADIX_LABEL_SLOTS - in_word;
	}
	return end;
}

/* The first slot from index on, below `end`, that is not 0; or end. */
static uint64_t next_used(gm_word *slots, uint64_t index, uint64_t end)
{
	while (index < end && gm_atomic_load_relaxed(&slots[index]) == 0)
		index++;
	return index;
}

/*
 * From at's slot on, the first of those beside it that is wanted: at moves there, and
 * *offset with it. Returns 0 if there is none: then *offset is behind the last.
 */
static int advance(const struct gm_radix *radix, struct gm_radix_at *at, uint64_t *offset,
		   gm_word labels)
{
	gm_word *slots = at->node != NULL ? at->node : radix->root;
	uint64_t end = gm_radix_end_index(radix, at);
	uint64_t index = at->index;
	unsigned shift = radix->store->shift[at->level];

	if (labels == 0)
		index = next_used(slots, index, end);
	else if (at->node != NULL || radix->labels != NULL)
		index = next_labelled(radix, at->level, at->node, index, end, labels);
	if (index != at->index) {
		*offset = gm_radix_end_of(radix, at, *offset) +
			  ((index - at->index - 1) << shift);
		at->index = (uint32_t)index;
	}
	at->slot = &slots[at->index];
	return index < end;
}

void gm_radix_seek(const struct gm_radix *radix, uint64_t offset, struct gm_radix_at *at)
{
	at->node = NULL;
	at->level = gm_radix_top(radix, offset, &at->index);
	at->slot = &radix->root[at->index];
	/* acquire: pairs with the release of link and cut, here and below */
	at->value = gm_atomic_load_acquire(at->slot);
	while (at->value & GM_RADIX_NODE) {
		at->level--;
		at->node = gm_radix_node(at->value);
		at->index = gm_radix_index(radix, at->level, offset);
		at->slot = &at->node[at->index];
		at->value = gm_atomic_load_acquire(at->slot);
	}
}

/* What a walk with labels found nothing in. */
static void unlabel(struct gm_radix *radix, unsigned level, gm_word *node, uint64_t offset,
		    gm_word labels, unsigned lane)
{
	for (; labels != 0; labels &= labels - 1)
		gm_radix_unlabel_node(radix, level, node, offset, gm_granule_trailing(labels),
				      lane);
}

/*
 * One way down from the root. Returns 1 if it found a slot that is no node's; 0: go on
 * at *offset.
 *
 * No node is asked whether it still stands there: what stood in it throughout has kept
 * it where it is.
 */
static int descend(struct gm_radix *radix, uint64_t *offset, uint64_t end, gm_word labels,
		   unsigned lane, struct gm_radix_at *at)
{
	at->node = NULL;
	at->level = gm_radix_top(radix, *offset, &at->index);
	for (;;) {
		uint64_t start = *offset;
		int found = advance(radix, at, offset, labels);

		if (!found && at->node != NULL)
			unlabel(radix, at->level, at->node, start, labels, lane);
		if (!found || *offset >= end)
			return 0;
		/* acquire: pairs with the release of link and cut */
		at->value = gm_atomic_load_acquire(at->slot);
		if ((at->value & GM_RADIX_NODE) == 0)
			return 1;
		at->level--;
		at->node = gm_radix_node(at->value);
		at->index = gm_radix_index(radix, at->level, *offset);
	}
}

int gm_radix_next(struct gm_radix *radix, uint64_t *offset, uint64_t end, gm_word labels,
		  unsigned lane, struct gm_radix_at *at)
{
	while (*offset < end) {
		if (!descend(radix, offset, end, labels, lane, at))
			continue;
		if (labels != 0 || at->value != 0)
			return 0;
		/* It became 0 just now. */
		*offset = gm_radix_end_of(radix, at, *offset);
	}
	return -GM_ENOENT;
}
