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
		/* acquire: keeps what is read later, above all the node's word, behind it */
		any |= gm_atomic_load_acquire(gm_radix_label_word(
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
	/* acquire: keeps what is read later, above all the node's word, behind it */
	while (index < end && gm_atomic_load_acquire(&slots[index]) == 0)
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

/* What a walk with labels found nothing in. */
static void unlabel(struct gm_radix *radix, unsigned level, gm_word *node, uint64_t offset,
		    gm_word labels, unsigned lane)
{
	for (; labels != 0; labels &= labels - 1)
		gm_radix_unlabel_node(radix, level, node, offset, gm_granule_trailing(labels),
				      lane);
}

/* One way down from the root. Returns 0 (found), -GM_EBUSY, or 1: go on at *offset. */
static int descend(struct gm_radix *radix, uint64_t *offset, uint64_t end, gm_word labels,
		   unsigned lane, struct gm_radix_at *at)
{
	volatile gm_word *parent = NULL;
	gm_word parent_value = 0;

	at->node = NULL;
	at->level = gm_radix_top(radix, *offset, &at->index);
	if (!advance(radix, at, offset, labels) || *offset >= end)
		return 1;
	/* acquire: pairs with the release of link and cut, here and below */
	at->value = gm_atomic_load_acquire(at->slot);
	while (at->value & GM_RADIX_NODE) {
		uint64_t start = *offset;
		struct gm_radix_record *record;
		gm_word word;
		int found;

		parent = at->slot;
		parent_value = at->value;
		at->level--;
		at->node = gm_radix_node(at->value);
		record = gm_radix_record(radix, at->level, at->node);
		/* acquire: pairs with the release that made the node LIVE */
		word = gm_atomic_load_acquire(&record->word);
		at->index = gm_radix_index(radix, at->level, start);
		found = advance(radix, at, offset, labels);
		if (found)
			at->value = gm_atomic_load_acquire(at->slot);
		if (!gm_radix_stood(radix, at->level, record, word, start)) {
			*offset = start;
			/* relaxed: it is only compared */
			return gm_atomic_load_relaxed(parent) != parent_value ? 1 : -GM_EBUSY;
		}
		if (!found)
			unlabel(radix, at->level, at->node, start, labels, lane);
		if (!found || *offset >= end)
			return 1;
	}
	return 0;
}

int gm_radix_next(struct gm_radix *radix, uint64_t *offset, uint64_t end, gm_word labels,
		  unsigned lane, struct gm_radix_at *at)
{
	while (*offset < end) {
		int answer = descend(radix, offset, end, labels, lane, at);

		if (answer <= 0 && (answer != 0 || labels != 0 || at->value != 0))
			return answer;
		/* Without labels what became 0 just now is no find. */
		if (answer == 0)
			*offset = gm_radix_end_of(radix, at, *offset);
	}
	return -GM_ENOENT;
}
