/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * radix_cut.c - replacing a slot by a node in which part of it is empty;
 * contracts in granmem/radix.h.
 *
 * The slot stands for [base, base + unit); [first, end) is to be emptied. Below
 * it, at most the slots that hold first and end are cut again, so a level needs
 * at most two nodes.
 */
#include "radix_internal.h"

/* Is a boundary strictly inside the 2^shift bytes at base? */
static int splits(uint64_t boundary, uint64_t base, unsigned shift)
{
	return boundary > base && boundary - base < gm_granule_size(shift);
}

void gm_radix_cut_count(const struct gm_radix *radix, struct gm_radix_cut *cut, size_t level,
			uint64_t base, uint64_t first, uint64_t end)
{
	unsigned shift;

	while (level-- > 0) {
		int at_first = splits(first, base, radix->levels[level + 1].shift);
		int at_end = splits(end, base, radix->levels[level + 1].shift);

		shift = radix->levels[level].shift;
		if (!at_first && !at_end)
			return;
		cut->nr[level]++;
		if (at_first && at_end &&
		    gm_granule_down(first, shift) != gm_granule_down(end, shift)) {
			/* The ways part: follow one here, the other by itself. */
			gm_radix_cut_count(radix, cut, level, gm_granule_down(first, shift), first,
					   ~(uint64_t)0);
			base = gm_granule_down(end, shift);
			first = 0;
			continue;
		}
		base = gm_granule_down(at_first ? first : end, shift);
	}
}

int gm_radix_cut_take(struct gm_radix *radix, struct gm_radix_cut *cut, unsigned flags,
		      size_t *short_of)
{
	size_t level, i;

	for (level = 0; level < radix->root_level; level++) {
		for (i = 0; i < cut->nr[level]; i++) {
			if (cut->nodes[level][i] != NULL)
				continue;
			cut->nodes[level][i] = gm_radix_take_node(radix, level, flags);
			if (cut->nodes[level][i] == NULL) {
				*short_of = level;
				return -GM_ENOMEM;
			}
		}
	}
	return 0;
}

void gm_radix_cut_return(struct gm_radix *radix, struct gm_radix_cut *cut)
{
	size_t level, i;

	for (level = 0; level < radix->root_level; level++) {
		for (i = 0; i < 2; i++) {
			if (cut->nodes[level][i] != NULL)
				gm_radix_return_node(radix, level, cut->nodes[level][i]);
			cut->nodes[level][i] = NULL;
		}
	}
}

/* One of the nodes that were taken. */
static gm_word *use_node(struct gm_radix_cut *cut, size_t level)
{
	unsigned i = cut->nodes[level][0] != NULL ? 0 : 1;
	gm_word *node = cut->nodes[level][i];

	cut->nodes[level][i] = NULL;
	cut->used[level][i] = node;
	return node;
}

/*
 * The nodes become LIVE only when they are linked (I10): a stale walker that
 * knew one at this very place in an earlier life could otherwise fill it while
 * its parent's slot still leads to the object that is being cut.
 */
static void enliven(struct gm_radix *radix, struct gm_radix_cut *cut)
{
	size_t level, i;

	for (level = 0; level < radix->root_level; level++) {
		for (i = 0; i < 2; i++) {
			gm_word *node = cut->used[level][i];
			struct gm_radix_record *record;

			if (node == NULL)
				continue;
			record = gm_radix_record(radix, level, node);
			/* release: pairs with the acquire of walk and hold */
			gm_atomic_store_release(&record->word,
						gm_atomic_load_relaxed(&record->word) |
							GM_NODE_LIVE);
			cut->used[level][i] = NULL;
		}
	}
}

/*
 * Fill a private node of this level that stands for the bytes at base, and those
 * below it. Returns the number of its slots that are not 0.
 */
static gm_word build(struct gm_radix *radix, struct gm_radix_cut *cut, size_t level, gm_word *node,
		     uint64_t base, const uint64_t bounds[2], const gm_word values[2])
{
	struct gm_radix_record *record = gm_radix_record(radix, level, node);
	unsigned shift = radix->levels[level].shift;
	gm_word refs = 0;
	uint32_t i;

	for (i = 0; i < gm_radix_slots(radix, level); i++) {
		uint64_t start = base + ((uint64_t)i << shift);
		uint64_t stop = start + gm_granule_size(shift);
		gm_word value = 0;

		if (stop <= bounds[0]) {
			value = values[0];
		} else if (start >= bounds[1]) {
			value = values[1];
		} else if (start < bounds[0] || stop > bounds[1]) {
			gm_word *below = use_node(cut, level - 1);

			(void)build(radix, cut, level - 1, below, start, bounds, values);
			value = (gm_word)below | GM_RADIX_NODE;
		}
		if (value != 0) {
			gm_atomic_store_relaxed(&node[i], value);
			refs++;
		}
	}
	/* release: pairs with the acquire of walk and hold */
	gm_atomic_store_release(&record->place, gm_radix_place(radix, level, base));
	/* Nobody else changes a frozen word, so the count can wait in it. */
	gm_atomic_store_relaxed(&record->word, gm_atomic_load_relaxed(&record->word) + refs);
	return refs;
}

void gm_radix_cut_slot(struct gm_radix *radix, struct gm_radix_cut *cut,
		       const struct gm_radix_at *at, uint64_t base, uint64_t first, uint64_t end,
		       gm_word left, gm_word right)
{
	const uint64_t bounds[2] = { first, end };
	const gm_word values[2] = { left, right };
	gm_word *node = use_node(cut, at->level - 1);

	(void)build(radix, cut, at->level - 1, node, base, bounds, values);
	/* release: pairs with the acquire of lookups; the node is complete */
	gm_atomic_store_release(at->slot, (gm_word)node | GM_RADIX_NODE);
	enliven(radix, cut);
	gm_radix_emptied(radix, base);
}
