/* SPDX-License-Identifier: BSD-2-Clause */
/* compound.c - a descriptor for every granule; contracts in granmem/compound.h. */
#include <granmem/compound.h>
#include <granmem/trace.h>

#include "blocks_internal.h"

#define WORD_BITS (8 * sizeof(gm_word))

static struct gm_compound *compound_of(struct gm_blocks *blocks)
{
	return (struct gm_compound *)(void *)blocks;
}

static uint64_t index_of(const struct gm_compound *compound, const struct gm_desc *desc)
{
	return gm_blocks_index(&compound->blocks, gm_desc_base(desc));
}

static void remove_block(struct gm_blocks *blocks, struct gm_desc *desc)
{
	gm_compound_remove(compound_of(blocks), desc);
}

static void mark_orphan(struct gm_blocks *blocks, struct gm_desc *desc)
{
	struct gm_compound *compound = compound_of(blocks);
	uint64_t index = index_of(compound, desc);

	/* The bit is clear, so adding sets it. release: pairs with reap. The bit
	 * first: who sees the count finds the bit. */
	gm_atomic_add_release(&compound->orphans[index / WORD_BITS],
			      (gm_word)1 << (index % WORD_BITS));
	gm_atomic_add_release(&compound->nr_orphans, 1);
}

static const struct gm_blocks_ops ops = { mark_orphan, remove_block };

/* The descriptors, and behind them the bits of orphans. */
static uint64_t own_bytes(const struct gm_table *table)
{
	uint64_t nr = table->size >> table->granule_shift;

	return gm_granule_up(nr * table->desc_size + (nr + 7) / 8, 6);
}

int gm_compound_metadata_size(const struct gm_table_config *config, uint64_t max_objects,
			      struct gm_metadata *out)
{
	struct gm_table table;
	int err = gm_table_configure(&table, config);

	(void)max_objects;
	if (err != 0)
		return err;
	out->bytes = gm_blocks_metadata_size(&table, own_bytes(&table));
	out->align = GM_BLOCKS_ALIGN;
	return 0;
}

GM_COLD int gm_compound_init_buffer(struct gm_compound *compound,
				    const struct gm_table_config *config, void *buffer,
				    uint64_t bytes)
{
	struct gm_blocks *blocks = &compound->blocks;
	int err = gm_table_configure(&blocks->table, config);

	if (err == 0)
		err = gm_blocks_init(blocks, own_bytes(&blocks->table), buffer, bytes,
				     config->zeroed);
	if (err != 0)
		return err;
	blocks->descs = blocks->words;
	blocks->stride = blocks->table.desc_size;
	blocks->words = (unsigned char *)(uintptr_t)gm_desc_flags_word(gm_blocks_own(blocks, 0));
	blocks->word_mask = GM_DESC_ORDER_MASK;
	blocks->used_mask = GM_DESC_ORDER_MASK;
	blocks->ops = &ops;
	compound->orphans = (gm_word *)(void *)gm_blocks_own(blocks, blocks->nr_granules);
	compound->nr_orphans = 0;
	return 0;
}

int gm_compound_init_hosted(struct gm_compound *compound, const struct gm_table_config *config)
{
	struct gm_metadata metadata;
	void *buffer;
	int err = gm_compound_metadata_size(config, 0, &metadata);

	if (err == 0)
		err = gm_blocks_find_host(config, &metadata, &buffer);
	if (err == 0)
		err = gm_compound_init_buffer(compound, config, buffer, metadata.bytes);
	if (err == 0)
		gm_blocks_host(&compound->blocks, metadata.bytes);
	return err;
}

int gm_compound_create(struct gm_compound *compound, const struct gm_object *object,
		       struct gm_desc **out)
{
	struct gm_desc *desc;
	uint64_t first, nr;
	int err = gm_blocks_check(&compound->blocks, object, &first, &nr);

	if (err == 0)
		err = gm_blocks_lock(&compound->blocks, first, nr, gm_blocks_order_word(nr));
	if (err != 0)
		return err;
	/* The granules are locked: write the head, then let it live. */
	desc = gm_blocks_own(&compound->blocks, first);
	*out = desc;
	gm_desc_set(desc, object);
	GM_TRACE(create, desc, object->base.value, object->size);
	gm_ref_publish(desc, object->type, 1);
	return 0;
}

GM_NOINLINE void gm_compound_remove(struct gm_compound *compound, struct gm_desc *desc)
{
	struct gm_blocks *blocks = &compound->blocks;
	uint64_t first, nr;

	if (!gm_blocks_check_removal(blocks, desc, &first, &nr))
		return;
	/* With the head's word the descriptor goes, too. */
	GM_TRACE(remove, desc, gm_desc_base(desc), gm_desc_size(desc));
	gm_blocks_free(blocks, first, nr, 0);
}

size_t gm_compound_reap(struct gm_compound *compound, gm_reaped *reaped, void *ctx)
{
	uint64_t nr_words = (compound->blocks.nr_granules + WORD_BITS - 1) / WORD_BITS;
	size_t nr = 0;
	uint64_t i;

	/* acquire: pairs with mark_orphan, the bits are seen */
	if (gm_atomic_load_acquire(&compound->nr_orphans) == 0)
		return 0;
	for (i = 0; i < nr_words; i++) {
		gm_word bits = gm_atomic_load_relaxed(&compound->orphans[i]);

		for (; bits != 0; bits = gm_atomic_load_relaxed(&compound->orphans[i])) {
			gm_word bit = bits & (~bits + 1);
			struct gm_desc *desc = gm_blocks_own(
				&compound->blocks, i * WORD_BITS + gm_granule_trailing(bit));
			struct gm_object gone;

			/* acquire: pairs with mark_orphan; whoever clears the bit owns the
			 * destruction, another reaper goes on with the next */
			if (!gm_atomic_cas_acquire(&compound->orphans[i], bits, bits & ~bit))
				continue;
			gm_atomic_add_relaxed(&compound->nr_orphans, (gm_word)0 - 1);
			gm_ref_orphan(desc, &gone);
			if (reaped != NULL)
				reaped(ctx, &gone);
			gm_compound_remove(compound, desc);
			nr++;
		}
	}
	return nr;
}
