/* SPDX-License-Identifier: BSD-2-Clause */
/* rebase_table.c - the three tables, and spaces; contracts in granmem/rebase.h. */
#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>

#include "pool_internal.h"
#include "rebase_internal.h"

/* A table's static part begins with its lanes; its own pools' lanes are in it. */
static int check_static(const struct gm_rebase *rebase, const struct gm_table *table)
{
	return gm_rebase_check_block(rebase, (uintptr_t)table->lanes, table->static_bytes,
				     sizeof(struct gm_lane));
}

/* What is left of a folio table's buffer, in whole slabs. */
static uintptr_t arena_bytes(const struct gm_folio *folio)
{
	uintptr_t next = gm_atomic_load_relaxed(&folio->arena_next);

	return next < folio->arena_end ? (folio->arena_end - next) & ~folio->descs.slab_mask : 0;
}

static int check_folio(const struct gm_rebase *rebase, const struct gm_folio *folio)
{
	int err = gm_rebase_check_pool(rebase, &folio->descs);

	if (err != 0 || arena_bytes(folio) == 0)
		return err;
	return gm_rebase_check_block(rebase, gm_atomic_load_relaxed(&folio->arena_next),
				     arena_bytes(folio), gm_pool_slab_bytes(&folio->descs));
}

static int check_adhoc(const struct gm_rebase *rebase, const struct gm_adhoc *adhoc)
{
	uintptr_t bytes = (uintptr_t)1 << adhoc->slab_shift;
	int err =
		gm_rebase_check_block(rebase, (uintptr_t)adhoc->arena.slabs,
				      (uint64_t)adhoc->arena.nr_slabs << adhoc->slab_shift, bytes);
	size_t level;

	for (level = 0; err == 0 && level < adhoc->radix.root_level; level++)
		err = gm_rebase_check_pool(rebase, &adhoc->radix.nodes[level]);
	return err != 0 ? err : gm_rebase_check_pool(rebase, &adhoc->descs);
}

static int check_table(enum gm_region_kind kind, const struct gm_table *table,
		       const struct gm_rebase *rebase)
{
	int err = check_static(rebase, table);

	if (err == 0 && kind == GM_REGION_FOLIO)
		err = check_folio(rebase, (const struct gm_folio *)(const void *)table);
	if (err == 0 && kind == GM_REGION_ADHOC)
		err = check_adhoc(rebase, (const struct gm_adhoc *)(const void *)table);
	return err;
}

static void move_table(const struct gm_rebase *rebase, struct gm_table *table)
{
	table->lanes = (struct gm_lane *)gm_rebase_pointer(rebase, table->lanes);
	table->grow = (gm_grow_hook *)gm_rebase_moved(rebase, (gm_word)table->grow);
	table->grow_ctx = gm_rebase_opaque(rebase, table->grow_ctx);
	table->to_virtual =
		(gm_to_virtual_hook *)gm_rebase_moved(rebase, (gm_word)table->to_virtual);
	table->to_virtual_ctx = gm_rebase_opaque(rebase, table->to_virtual_ctx);
}

/* The pool of descriptors, in which nothing but owners are pointers. */
static void move_descs(const struct gm_rebase *rebase, struct gm_pool *descs)
{
	gm_rebase_pool(rebase, descs, 0, 0, 0);
	gm_rebase_owners(rebase, descs);
}

static void move_blocks(const struct gm_rebase *rebase, struct gm_blocks *blocks)
{
	blocks->ops = (const struct gm_blocks_ops *)gm_rebase_pointer(rebase, blocks->ops);
	blocks->words = (unsigned char *)gm_rebase_pointer(rebase, blocks->words);
	blocks->descs = (unsigned char *)gm_rebase_pointer(rebase, blocks->descs);
	blocks->summary = (gm_word *)gm_rebase_pointer(rebase, blocks->summary);
}

static void move_compound(const struct gm_rebase *rebase, struct gm_compound *compound)
{
	struct gm_blocks *blocks = &compound->blocks;
	uint64_t i;

	move_blocks(rebase, blocks);
	compound->orphans = (gm_word *)gm_rebase_pointer(rebase, compound->orphans);
	for (i = 0; rebase->opaque && i < blocks->nr_granules; i++)
		gm_rebase_owner(rebase, gm_blocks_own(blocks, i));
}

/* Groups in which nothing is are not touched: there may be no memory behind them. */
static void move_groups(const struct gm_rebase *rebase, gm_word *words, uint64_t nr,
			const gm_word *summary, gm_word other)
{
	uint64_t i;

	for (i = 0; i < nr; i += GM_BLOCKS_GROUP)
		if (gm_atomic_load_relaxed(&summary[i >> GM_BLOCKS_GROUP_SHIFT]) != 0)
			gm_rebase_words(rebase, &words[i],
					nr - i < GM_BLOCKS_GROUP ? nr - i : GM_BLOCKS_GROUP, other);
}

static void move_folio(const struct gm_rebase *rebase, struct gm_folio *folio)
{
	struct gm_blocks *blocks = &folio->blocks;
	gm_word next = gm_atomic_load_relaxed(&folio->arena_next);

	if (arena_bytes(folio) != 0) {
		gm_atomic_store_relaxed(&folio->arena_next, gm_rebase_moved(rebase, next));
		folio->arena_end += gm_atomic_load_relaxed(&folio->arena_next) - next;
	}
	folio->top -= (uintptr_t)blocks->words;
	move_blocks(rebase, blocks);
	folio->top += (uintptr_t)blocks->words;
	move_groups(rebase, (gm_word *)(void *)blocks->words, blocks->nr_granules, blocks->summary,
		    GM_BLOCKS_KIND_MASK);
	move_descs(rebase, &folio->descs);
}

static void move_radix(const struct gm_rebase *rebase, struct gm_radix *radix)
{
	gm_word *root = gm_radix_root_slot(radix, radix->first);
	uintptr_t moved = (uintptr_t)gm_rebase_pointer(rebase, root) - (uintptr_t)root;
	size_t level;

	radix->top += moved;
	radix->full += moved;
	gm_rebase_words(rebase, gm_radix_root_slot(radix, radix->first), radix->end - radix->first,
			GM_RADIX_MARK);
	for (level = 0; level < radix->root_level; level++) {
		gm_rebase_word(rebase, &radix->reserve[level]);
		gm_rebase_pool(rebase, &radix->nodes[level], 0,
			       (uint32_t)gm_radix_slots(radix, level), GM_RADIX_MARK);
	}
}

static void move_adhoc(const struct gm_rebase *rebase, struct gm_adhoc *adhoc)
{
	adhoc->grow = (gm_adhoc_grower *)gm_rebase_moved(rebase, (gm_word)adhoc->grow);
	adhoc->arena.slabs = (unsigned char *)gm_rebase_pointer(rebase, adhoc->arena.slabs);
	move_radix(rebase, &adhoc->radix);
	move_descs(rebase, &adhoc->descs);
}

static void move(enum gm_region_kind kind, struct gm_table *table, const struct gm_rebase *rebase)
{
	move_table(rebase, table);
	if (kind == GM_REGION_COMPOUND)
		move_compound(rebase, (struct gm_compound *)(void *)table);
	else if (kind == GM_REGION_FOLIO)
		move_folio(rebase, (struct gm_folio *)(void *)table);
	else
		move_adhoc(rebase, (struct gm_adhoc *)(void *)table);
}

int gm_rebase_table(enum gm_region_kind kind, struct gm_table *table,
		    const struct gm_rebase *rebase)
{
	int err;

	if (table == NULL || !gm_space_is_ram(kind))
		return -GM_EINVAL;
	err = gm_rebase_check(rebase);
	if (err == 0)
		err = check_table(kind, table, rebase);
	if (err != 0)
		return err;
	move(kind, table, rebase);
	return 0;
}

static uint64_t struct_bytes(enum gm_region_kind kind)
{
	if (kind == GM_REGION_COMPOUND)
		return sizeof(struct gm_compound);
	return kind == GM_REGION_FOLIO ? sizeof(struct gm_folio) : sizeof(struct gm_adhoc);
}

static int check_region(const struct gm_rebase *rebase, const struct gm_region *region)
{
	int err = gm_rebase_check_block(rebase, (uintptr_t)region->table,
					struct_bytes(region->kind), sizeof(gm_word));

	if (err != 0)
		return err;
	return check_table(region->kind,
			   (const struct gm_table *)gm_rebase_pointer(rebase, region->table),
			   rebase);
}

int gm_rebase_space(struct gm_space *space, const struct gm_rebase *rebase)
{
	struct gm_region *regions;
	int err = gm_rebase_check(rebase);
	unsigned i;

	if (err == 0)
		err = gm_rebase_check_block(rebase, (uintptr_t)space->regions,
					    space->max_regions * sizeof(*space->regions),
					    sizeof(gm_word));
	regions = (struct gm_region *)gm_rebase_pointer(rebase, space->regions);
	for (i = 0; err == 0 && i < space->nr_regions; i++)
		if (gm_space_is_ram(regions[i].kind))
			err = check_region(rebase, &regions[i]);
	if (err != 0)
		return err;
	space->regions = regions;
	for (i = 0; i < space->nr_regions; i++) {
		if (!gm_space_is_ram(regions[i].kind))
			continue;
		regions[i].table = (struct gm_table *)gm_rebase_pointer(rebase, regions[i].table);
		move(regions[i].kind, regions[i].table, rebase);
	}
	return 0;
}
