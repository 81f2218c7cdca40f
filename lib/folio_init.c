/* SPDX-License-Identifier: BSD-2-Clause */
/* folio_init.c - laying out a folio table, and its growth; contracts in granmem/folio.h. */
#include "blocks_internal.h"
#include "folio_internal.h"
#include "pool_internal.h"

/* Slabs of 64 KiB waste little; small regions, and those that give slabs from
 * their own memory, which may be in pieces, have small ones. */
#define SLAB_SHIFT 16
#define SLAB_SHIFT_SMALL 12
#define SMALL_REGION ((uint64_t)4 << 20)

static unsigned slab_shift(const struct gm_table *table)
{
	unsigned shift = table->size < SMALL_REGION || table->to_virtual != NULL ?
				 SLAB_SHIFT_SMALL :
				 SLAB_SHIFT;

	return shift < table->granule_shift ? table->granule_shift : shift;
}

/* The pool's lanes and the words. */
static uint64_t own_bytes(const struct gm_table *table)
{
	return gm_granule_up(gm_table_nr_lanes(table) * sizeof(struct gm_pool_lane) +
				     (table->size >> table->granule_shift) * sizeof(gm_word),
			     6);
}

int gm_folio_metadata_size(const struct gm_table_config *config, uint64_t max_objects,
			   struct gm_metadata *out)
{
	struct gm_table table;
	struct gm_pool pool;
	uint64_t slabs;
	int err = gm_table_configure(&table, config);

	if (err != 0)
		return err;
	out->bytes = gm_blocks_metadata_size(&table, own_bytes(&table));
	out->align = GM_BLOCKS_ALIGN;
	gm_pool_set_up(&pool, table.desc_size, 0, slab_shift(&table), NULL, 1);
	if (max_objects > table.size >> table.granule_shift)
		max_objects = table.size >> table.granule_shift;
	slabs = gm_pool_slabs_for(&pool, max_objects);
	if (slabs != 0) /* the first slab begins at a multiple of its size */
		out->bytes += (slabs + 1) << pool.slab_shift;
	return 0;
}

static void orphan(struct gm_blocks *blocks, struct gm_desc *desc)
{
	gm_pool_mark_orphan(&((struct gm_folio *)(void *)blocks)->descs, desc);
}

static void remove_block(struct gm_blocks *blocks, struct gm_desc *desc)
{
	gm_folio_remove((struct gm_folio *)(void *)blocks, desc);
}

static const struct gm_blocks_ops ops = { orphan, remove_block };

int gm_folio_init_buffer(struct gm_folio *folio, const struct gm_table_config *config, void *buffer,
			 uint64_t bytes)
{
	struct gm_blocks *blocks = &folio->blocks;
	struct gm_table *table = &blocks->table;
	struct gm_pool_lane *lanes;
	int err = gm_table_configure(table, config);

	if (err == 0)
		err = gm_blocks_init(blocks, own_bytes(table), buffer, bytes, config->zeroed);
	if (err != 0)
		return err;
	lanes = (struct gm_pool_lane *)(void *)blocks->words;
	folio->zeroed = config->zeroed;
	folio->arena_next = (gm_word)gm_granule_up(
		(uintptr_t)table->lanes + (uintptr_t)table->static_bytes, slab_shift(table));
	folio->arena_end = (uintptr_t)buffer + (uintptr_t)bytes;
	folio->meta_hint = (gm_word)blocks->nr_usable;
	blocks->words = (unsigned char *)(lanes + gm_table_nr_lanes(table));
	folio->top = (uintptr_t)blocks->words - (size_t)blocks->first_granule * sizeof(gm_word);
	blocks->descs = NULL;
	blocks->stride = sizeof(gm_word);
	blocks->word_mask = ~(gm_word)0;
	blocks->used_mask = ~GM_BLOCKS_FREE_BITS;
	blocks->ops = &ops;
	gm_pool_set_up(&folio->descs, table->desc_size, 0, slab_shift(table), lanes,
		       gm_table_nr_lanes(table));
	return 0;
}

int gm_folio_init_hosted(struct gm_folio *folio, const struct gm_table_config *config)
{
	struct gm_metadata metadata;
	void *buffer;
	int err = gm_folio_metadata_size(config, 0, &metadata);

	if (err == 0)
		err = gm_blocks_find_host(config, &metadata, &buffer);
	if (err == 0)
		err = gm_folio_init_buffer(folio, config, buffer, metadata.bytes);
	if (err != 0)
		return err;
	gm_blocks_host(&folio->blocks, metadata.bytes);
	folio->meta_hint = (gm_word)folio->blocks.nr_usable;
	return 0;
}

/* A slab from the buffer, or NULL. */
static void *take_arena(struct gm_folio *folio)
{
	gm_word bytes = (gm_word)1 << folio->descs.slab_shift;
	gm_word next;

	do {
		/* acquire and release: as gm_pool_begin_growth wants them */
		next = gm_atomic_load_acquire(&folio->arena_next);
		if (next >= folio->arena_end || folio->arena_end - next < bytes)
			return NULL;
	} while (!gm_atomic_cas_release(&folio->arena_next, next, next + bytes));
	return (void *)next;
}

/*
 * A slab from the last free granules of the region. Races with claims and other
 * growers by the lock; the words say METADATA before the pool has the slab.
 */
static int take_hosted(struct gm_folio *folio, struct gm_blocks_range mine, void **out)
{
	struct gm_blocks *blocks = &folio->blocks;
	uint64_t bytes = (uint64_t)1 << folio->descs.slab_shift;
	struct gm_blocks_request request;
	uint64_t first;
	int err;

	request.first = 0;
	request.end = blocks->nr_usable;
	request.nr = bytes >> blocks->table.granule_shift;
	request.step = request.nr;
	request.accept = NULL;
	request.accept_ctx = NULL;
	request.mine = mine;
	err = gm_blocks_claim_last(blocks, &request, GM_BLOCKS_BUSY,
				   gm_atomic_load_relaxed(&folio->meta_hint), &first);
	if (err != 0)
		return err;
	gm_blocks_store(blocks, first, request.nr, GM_FOLIO_METADATA);
	gm_atomic_add_relaxed(&blocks->table.hosted_bytes, (gm_word)(bytes >> GM_UNIT_SHIFT));
	gm_atomic_store_relaxed(&folio->meta_hint, (gm_word)first);
	*out = blocks->table.to_virtual(blocks->table.to_virtual_ctx,
					gm_blocks_paddr(blocks, first), bytes);
	return 0;
}

static int add_slab(struct gm_folio *folio, struct gm_blocks_range mine)
{
	struct gm_table *table = &folio->blocks.table;
	size_t bytes = (size_t)1 << folio->descs.slab_shift;
	void *slab = take_arena(folio);
	int zeroed = slab != NULL && folio->zeroed;
	int err;

	if (slab == NULL && table->grow != NULL)
		slab = table->grow(table->grow_ctx, bytes, bytes);
	if (slab == NULL) {
		if (table->to_virtual == NULL)
			return -GM_ENOMEM;
		err = take_hosted(folio, mine, &slab);
		if (err != 0)
			return err;
	}
	return gm_pool_add_brought(&folio->descs, slab, bytes, zeroed);
}

/* Returns 0 if trying again is sensible. */
static int grow(struct gm_folio *folio, struct gm_blocks_range mine)
{
	gm_pool_begin_growth(&folio->descs);
	return gm_pool_end_growth(&folio->descs, add_slab(folio, mine));
}

int gm_folio_take_desc(struct gm_folio *folio, struct gm_blocks_range mine, struct gm_desc **out)
{
	size_t lane = GM_CPU_HINT();
	int err = 0;

	*out = (struct gm_desc *)gm_pool_take(&folio->descs, lane, 0);
	while (*out == NULL && err == 0) {
		err = grow(folio, mine);
		*out = (struct gm_desc *)gm_pool_take(&folio->descs, lane, err != 0);
	}
	return *out != NULL ? 0 : err;
}

void gm_folio_return_descs(struct gm_folio *folio, struct gm_desc *const *descs, size_t nr)
{
	size_t lane = GM_CPU_HINT();
	size_t i;

	for (i = 0; i < nr; i++)
		gm_pool_return(&folio->descs, descs[i], lane);
}
