/* SPDX-License-Identifier: BSD-2-Clause */
/* blocks_verify.c - the invariants of a table of blocks; contracts in granmem/blocks.h. */
#include <granmem/blocks.h>

#include "memory_internal.h"

void gm_blocks_broken(struct gm_verify *out, const char *text, uint64_t paddr)
{
	if (out->nr_errors++ != 0)
		return;
	out->first = text;
	out->where = gm_paddr(paddr);
}

/* The state word of an object that is linked. */
static void check_state(const struct gm_desc *desc, struct gm_verify *out, uint64_t paddr)
{
	gm_word state = gm_atomic_load_relaxed(&desc->state);

	out->nr_objects++;
	if (!gm_state_is_live(state))
		return; /* frozen, or its removal is still due */
	if (gm_state_refs(state) == 0)
		gm_blocks_broken(out, "I1: a live object without references", paddr);
	if (gm_state_pins(state) > gm_state_refs(state))
		gm_blocks_broken(out, "I2: more pins than references", paddr);
	if (gm_state_type(state) == 0)
		gm_blocks_broken(out, "I3: a live object without a type", paddr);
	if (gm_state_refs(state) >= GM_REFS_LEAKED)
		out->nr_saturated++;
	else
		out->nr_references += gm_state_refs(state);
}

/* Each word of the block leads to the same descriptor, and no tail is live. */
static void check_words(const struct gm_blocks *blocks, uint64_t first, uint64_t nr,
			const struct gm_desc *desc, struct gm_verify *out)
{
	uint64_t i;

	for (i = first; i < first + nr; i++) {
		uint64_t paddr = gm_blocks_paddr(blocks, i).value;

		if (gm_blocks_desc(blocks, i, gm_blocks_load(blocks, i)) != desc)
			gm_blocks_broken(out, "I6: a granule leads elsewhere than its head", paddr);
		if (blocks->descs != NULL && i != first &&
		    gm_ref_is_live(gm_blocks_own(blocks, i)))
			gm_blocks_broken(out, "I10: a tail is live", paddr);
	}
}

/* The object at its first granule. Returns its granules, at least 1. */
static uint64_t check_object(const struct gm_blocks *blocks, uint64_t index,
			     const struct gm_desc *desc, struct gm_verify *out)
{
	uint64_t paddr = gm_blocks_paddr(blocks, index).value;
	/* The size of an orphan carries its type in the low bits. */
	uint64_t size = gm_granule_down(gm_desc_size(desc), GM_UNIT_SHIFT);
	uint64_t nr = size >> blocks->table.granule_shift;

	if (gm_desc_base(desc) != paddr) {
		gm_blocks_broken(out, "I6: an object begins elsewhere", paddr);
		return 1;
	}
	if (nr == 0 || !gm_granule_is_power_of_two(size) || (paddr & (size - 1)) != 0 ||
	    nr > blocks->nr_usable - index) {
		gm_blocks_broken(out, "I6: not a naturally aligned power of two", paddr);
		return 1;
	}
	if (blocks->descs != NULL &&
	    gm_blocks_load(blocks, index) != gm_blocks_order_word(nr))
		gm_blocks_broken(out, "I6: the order is not the object's", paddr);
	check_state(desc, out, paddr);
	check_words(blocks, index, nr, desc, out);
	out->covered_bytes += size;
	return nr;
}

static void check_free(const struct gm_blocks *blocks, uint64_t index, gm_word word,
		       struct gm_verify *out)
{
	uint64_t paddr = gm_blocks_paddr(blocks, index).value;
	gm_word state;

	if (blocks->descs == NULL) {
		if ((word & GM_BLOCKS_KIND_MASK) == GM_BLOCKS_BUSY)
			gm_blocks_broken(out, "I10: a granule is locked at rest", paddr);
		return;
	}
	if (gm_atomic_load_relaxed(gm_blocks_word(blocks, index)) != 0)
		gm_blocks_broken(out, "I9: a free granule's word is not zero", paddr);
	state = gm_atomic_load_relaxed(&gm_blocks_own(blocks, index)->state);
	if (gm_state_is_live(state) || gm_state_type(state) != 0)
		gm_blocks_broken(out, "I9: a free descriptor is live, or has a type", paddr);
}

/* The summary of the group that ends before `index`. */
static void check_group(const struct gm_blocks *blocks, uint64_t index, uint64_t used,
			struct gm_verify *out)
{
	uint64_t group = (index - 1) >> GM_BLOCKS_GROUP_SHIFT;
	uint64_t missing = ((group + 1) << GM_BLOCKS_GROUP_SHIFT) - index;

	if (gm_atomic_load_relaxed(&blocks->summary[group]) != (gm_word)(used + missing))
		gm_blocks_broken(out, "the summary of used granules is wrong",
				 gm_blocks_paddr(blocks, index - 1).value);
}

void gm_blocks_verify(const struct gm_blocks *blocks, struct gm_verify *out, uint64_t *nr_used)
{
	uint64_t object_end = 0;
	uint64_t group_used = 0;
	uint64_t free_bytes = 0;
	uint64_t i;

	gm_memory_clear(out, sizeof(*out));
	for (i = 0; i < blocks->nr_granules; i++) {
		gm_word word = gm_blocks_load(blocks, i);
		struct gm_desc *desc = gm_blocks_desc(blocks, i, word);
		int used = (word & blocks->used_mask) != 0 || i >= blocks->nr_usable;

		if (desc == NULL)
			check_free(blocks, i, word, out);
		else if (i >= blocks->nr_usable)
			gm_blocks_broken(out, "I7: an object lies over metadata",
					 gm_blocks_paddr(blocks, i).value);
		else if (i >= object_end)
			object_end = i + check_object(blocks, i, desc, out);
		if (!used)
			free_bytes += gm_granule_size(blocks->table.granule_shift);
		group_used += (uint64_t)used;
		if (((i + 1) & (GM_BLOCKS_GROUP - 1)) == 0 || i + 1 == blocks->nr_granules) {
			check_group(blocks, i + 1, group_used, out);
			group_used = 0;
		}
	}
	if (free_bytes != gm_table_free_bytes(&blocks->table))
		gm_blocks_broken(out, "the free bytes are wrong", blocks->table.base);
	*nr_used = out->nr_objects;
}
