/* SPDX-License-Identifier: BSD-2-Clause */
/* compound_walk.c - visiting, figures and checks; contracts in granmem/compound.h. */
#include <granmem/compound.h>

int gm_compound_for_each(struct gm_compound *compound, gm_visit *visit, void *ctx)
{
	return gm_blocks_for_each(&compound->blocks, visit, ctx);
}

/* Granules that are the head of an object, live or not. */
static uint64_t nr_heads(const struct gm_blocks *blocks)
{
	uint64_t index = 0;
	uint64_t nr = 0;

	while (index < blocks->nr_usable) {
		gm_word word;

		if ((index & (GM_BLOCKS_GROUP - 1)) == 0 &&
		    gm_atomic_load_relaxed(&blocks->summary[index >> GM_BLOCKS_GROUP_SHIFT]) == 0) {
			index += GM_BLOCKS_GROUP;
			continue;
		}
		word = gm_blocks_load(blocks, index);
		if (word != 0 && gm_blocks_desc(blocks, index, word) ==
					 gm_blocks_own(blocks, index))
			nr++;
		index++;
	}
	return nr;
}

void gm_compound_stats(const struct gm_compound *compound, struct gm_stats *out)
{
	const struct gm_table *table = &compound->blocks.table;

	out->region_bytes = table->size;
	out->free_bytes = gm_table_free_bytes(table);
	out->hosted_bytes = (uint64_t)gm_atomic_load_relaxed(&table->hosted_bytes) << GM_UNIT_SHIFT;
	out->nr_objects = nr_heads(&compound->blocks);
	out->nr_nodes = 0;
	out->static_bytes = table->static_bytes;
	out->desc_bytes = 0;
	out->node_bytes = 0;
	out->used_bytes = table->static_bytes;
	out->total_bytes = table->static_bytes;
	out->desc_size = table->desc_size;
	out->node_size = 0;
}

/* An orphan's bit stands for an object that is linked and not live. */
static void check_orphans(const struct gm_compound *compound, struct gm_verify *out)
{
	const struct gm_blocks *blocks = &compound->blocks;
	/* Shifts, not divisions: 64-bit ones are calls on 32-bit machines. */
	unsigned shift = sizeof(gm_word) == 8 ? 6 : 5;
	uint64_t marked = 0;
	uint64_t i;

	for (i = 0; i < blocks->nr_granules; i++) {
		gm_word word = gm_atomic_load_relaxed(&compound->orphans[i >> shift]);

		if (((word >> (i & ((1u << shift) - 1))) & 1) == 0)
			continue;
		marked++;
		if (gm_blocks_load(blocks, i) == 0 ||
		    gm_ref_is_live(gm_blocks_own(blocks, i)))
			gm_blocks_broken(out, "I4: an orphan is free or live",
					 gm_blocks_paddr(blocks, i).value);
	}
	if (gm_atomic_load_relaxed(&compound->nr_orphans) != (gm_word)marked)
		gm_blocks_broken(out, "the count of orphans is wrong", blocks->table.base);
}

int gm_compound_verify(struct gm_compound *compound, struct gm_verify *out)
{
	uint64_t nr_used;

	gm_blocks_verify(&compound->blocks, out, &nr_used);
	check_orphans(compound, out);
	return out->nr_errors != 0 ? -GM_ECORRUPT : 0;
}
