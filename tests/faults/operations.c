/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * operations.c - every operation that may need memory, or must not; the sweep
 * meets each of them with each fault.
 *
 * They begin with empty pools. Blocks may be cut at granules only, the ad-hoc
 * table at 64 bytes.
 */
#include "faults.h"

#include <string.h>

#define KIB ((uint64_t)1024)
#define BLOCK (MIDDLE + 64 * GRANULE) /* 64 granules, aligned to their size */
#define BLOCK_SIZE (64 * GRANULE)
#define ODD (MIDDLE + 33 * GRANULE + 192)
#define ODD_SIZE (3 * GRANULE)

/* A block of 64 granules; three neighbours; two halves that meet at 1 GiB. */
static void make_block(struct world *w)
{
	REQUIRE(world_create(w, BLOCK, BLOCK_SIZE) == 0);
}

static void make_three(struct world *w)
{
	REQUIRE(world_create(w, BLOCK, 8 * GRANULE) == 0);
	REQUIRE(world_create(w, BLOCK + 8 * GRANULE, 8 * GRANULE) == 0);
	REQUIRE(world_create(w, BLOCK + 16 * GRANULE, 8 * GRANULE) == 0);
}

static void make_small(struct world *w)
{
	REQUIRE(world_create(w, ODD, 4 * GM_OBJECT_ALIGN) == 0);
}

/* No free memory below 1 GiB: what is claimed needs nodes of its own. */
static void fill_below(struct world *w)
{
	static const unsigned blocks[][2] = { { 1, 1 },   { 2, 2 },   { 4, 4 },   { 12, 4 },
					      { 16, 16 }, { 32, 32 }, { 64, 64 }, { 128, 128 } };
	unsigned i;

	for (i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		REQUIRE(world_create(w, WORLD_BASE + blocks[i][0] * GRANULE,
				     blocks[i][1] * GRANULE) == 0);
}

static void make_middle(struct world *w)
{
	REQUIRE(world_create(w, MIDDLE - BLOCK_SIZE, 2 * BLOCK_SIZE) == 0);
}

/* Create. */

static int create_granule(struct world *w)
{
	return world_create(w, BLOCK, GRANULE);
}

static int create_block(struct world *w)
{
	return world_create(w, BLOCK, BLOCK_SIZE);
}

static int create_across(struct world *w)
{
	return world_create(w, MIDDLE - GM_OBJECT_ALIGN, 2 * GM_OBJECT_ALIGN);
}

static int create_odd(struct world *w)
{
	return world_create(w, ODD, ODD_SIZE);
}

/* Claim. */

static int claim(struct world *w, uint64_t size, uint64_t align, uint64_t min, uint64_t max)
{
	struct gm_claim want;
	struct gm_desc *desc;

	memset(&want, 0, sizeof(want));
	want.size = size;
	want.align = align;
	want.min = gm_paddr(min);
	want.max = gm_paddr(max);
	want.type = WORLD_TYPE;
	return w->ops->claim(&w->any, &want, &desc);
}

static int claim_granule(struct world *w)
{
	return claim(w, GRANULE, 0, 0, 0);
}

static int claim_block(struct world *w)
{
	return claim(w, 16 * GRANULE, 64 * KIB, 0, 0);
}

static int claim_bounded(struct world *w)
{
	return claim(w, GRANULE, 0, BLOCK, BLOCK + GRANULE);
}

static int claim_small(struct world *w)
{
	return claim(w, GM_OBJECT_ALIGN, 0, 0, 0);
}

static int claim_odd(struct world *w)
{
	return claim(w, ODD_SIZE + 192, 0, 0, 0);
}

static int claim_each(struct world *w, size_t nr)
{
	struct gm_desc *descs[40];
	struct gm_claim want;

	memset(&want, 0, sizeof(want));
	want.type = WORLD_TYPE;
	return w->ops->claim_each(&w->any, &want, nr, descs);
}

static int claim_each_1(struct world *w)
{
	return claim_each(w, 1);
}

static int claim_each_20(struct world *w)
{
	return claim_each(w, 20);
}

/* Release. */

static int release_whole(struct world *w)
{
	return world_release(w, BLOCK, BLOCK_SIZE);
}

static int release_three(struct world *w)
{
	return world_release(w, BLOCK, 24 * GRANULE);
}

static int release_front(struct world *w)
{
	return world_release(w, BLOCK, BLOCK_SIZE - GRANULE);
}

static int release_back(struct world *w)
{
	return world_release(w, BLOCK + GRANULE, BLOCK_SIZE - GRANULE);
}

static int release_inside(struct world *w)
{
	return world_release(w, BLOCK + 31 * GRANULE, GRANULE);
}

static int release_both_ends(struct world *w)
{
	return world_release(w, BLOCK + 3 * GRANULE, 18 * GRANULE);
}

static int release_bytes(struct world *w)
{
	return world_release(w, BLOCK + 5 * GM_OBJECT_ALIGN, BLOCK_SIZE - 7 * GM_OBJECT_ALIGN);
}

static int release_small(struct world *w)
{
	return world_release(w, ODD + GM_OBJECT_ALIGN, GM_OBJECT_ALIGN);
}

static int release_across(struct world *w)
{
	return world_release(w, MIDDLE - GM_OBJECT_ALIGN, 2 * GM_OBJECT_ALIGN);
}

/* What frees whole objects, or only looks. */

static int put_last(struct world *w)
{
	return w->ops->put(&w->any, world_find(w, BLOCK)) == 1 ? 0 : -GM_EINVAL;
}

static int unpin_and_remove(struct world *w)
{
	struct gm_desc *desc = world_find(w, BLOCK);
	struct gm_object gone;

	if (gm_ref_try_pin(desc) != 0 || gm_ref_put(desc, &gone) != 0 ||
	    gm_ref_unpin(desc, &gone) != 1)
		return -GM_EINVAL;
	w->ops->remove(&w->any, desc);
	return 0;
}

static int find_and_put(struct world *w)
{
	struct gm_desc *desc;
	int err = w->ops->find_get(&w->any, gm_paddr(BLOCK + GRANULE), 0, &desc);

	return err != 0 || w->ops->put(&w->any, desc) == 0 ? err : -GM_EINVAL;
}

/* The last reference goes by an undo, and reap does the rest. */
static int reap(struct world *w)
{
	struct gm_desc *desc = world_find(w, BLOCK);

	if (gm_ref_undo(desc) != -GM_EORPHAN)
		return -GM_EINVAL;
	if (w->kind == ON_ADHOC)
		gm_pool_mark_orphan(&w->any.adhoc.descs, desc);
	else
		w->any.compound.blocks.ops->orphan(&w->any.compound.blocks, desc);
	return w->ops->reap(&w->any, NULL, NULL) == 1 ? 0 : -GM_EINVAL;
}

static int visit(void *ctx, struct gm_desc *desc)
{
	(void)desc;
	++*(unsigned *)ctx;
	return 0;
}

static int for_each(struct world *w)
{
	unsigned nr = 0;
	int err = w->ops->for_each(&w->any, visit, &nr);

	return err != 0 || nr == 3 + w->nr_cover ? err : -GM_EINVAL;
}

static int mark(struct world *w)
{
	return gm_folio_mark(&w->any.folio, gm_paddr(BLOCK), 3 * GRANULE, GM_FOLIO_OFFLINE);
}

static int mark_and_unmark(struct world *w)
{
	int err = mark(w);

	return err != 0 ? err : gm_folio_unmark(&w->any.folio, gm_paddr(BLOCK), 3 * GRANULE);
}

/* The same through a space of one region. */
static void make_space(struct world *w, struct gm_space *space, struct gm_region *region)
{
	struct gm_region one;

	memset(&one, 0, sizeof(one));
	one.base = gm_paddr(WORLD_BASE);
	one.size = WORLD_SIZE;
	one.table = &w->any.table;
	one.kind = w->kind == ON_COMPOUND ? GM_REGION_COMPOUND :
		   w->kind == ON_FOLIO    ? GM_REGION_FOLIO :
					    GM_REGION_ADHOC;
	gm_space_init(space, region, 1);
	REQUIRE(gm_space_add(space, &one) == 0);
}

static int create_in_space(struct world *w)
{
	struct gm_object object = { gm_paddr(BLOCK), GRANULE, WORLD_TYPE, NULL };
	struct gm_region region;
	struct gm_space space;
	struct gm_desc *desc;

	make_space(w, &space, &region);
	return gm_space_create(&space, &object, &desc);
}

static int claim_in_space(struct world *w)
{
	struct gm_claim want;
	struct gm_region region;
	struct gm_space space;
	struct gm_desc *desc;

	memset(&want, 0, sizeof(want));
	want.size = GRANULE;
	want.type = WORLD_TYPE;
	make_space(w, &space, &region);
	return gm_space_claim(&space, &want, GM_NODE_ANY, &desc);
}

#define SIGNED(bytes) ((int64_t)(bytes))
#define WHOLE SIGNED(BLOCK_SIZE)
#define ALIGN SIGNED(GM_OBJECT_ALIGN)
#define GRANULES(nr) SIGNED((nr)*GRANULE)
#define ON_POOLS (ON_FOLIO | ON_ADHOC)

const struct operation operations[] = {
	/* name, tables, appetite, bytes taken, free memory needed, before, the operation */
	{ "create a granule", ON_POOLS, ALWAYS, GRANULES(1), BLOCK, GRANULE, NULL, create_granule },
	{ "create 64 granules", ON_POOLS, ALWAYS, WHOLE, BLOCK, BLOCK_SIZE, NULL, create_block },
	{ "create 64 granules", ON_COMPOUND, NEVER, WHOLE, BLOCK, BLOCK_SIZE, NULL, create_block },
	{ "create across 1 GiB", ON_ADHOC, ALWAYS, 2 * ALIGN, MIDDLE - GM_OBJECT_ALIGN,
	  2 * GM_OBJECT_ALIGN, NULL, create_across },
	{ "create an odd object", ON_ADHOC, ALWAYS, SIGNED(ODD_SIZE), ODD, ODD_SIZE, NULL,
	  create_odd },
	{ "claim a granule", ON_POOLS, ALWAYS, GRANULES(1), BLOCK, GRANULE, fill_below,
	  claim_granule },
	{ "claim 16 granules", ON_POOLS, ALWAYS, GRANULES(16), BLOCK, 16 * GRANULE, fill_below,
	  claim_block },
	{ "claim 16 granules", ON_COMPOUND, NEVER, GRANULES(16), BLOCK, 16 * GRANULE, fill_below,
	  claim_block },
	{ "claim in bounds", ON_POOLS, ALWAYS, GRANULES(1), BLOCK, GRANULE, fill_below,
	  claim_bounded },
	{ "claim 64 bytes", ON_ADHOC, ALWAYS, ALIGN, BLOCK, GM_OBJECT_ALIGN, fill_below,
	  claim_small },
	{ "claim an odd size", ON_ADHOC, ALWAYS, SIGNED(ODD_SIZE + 192), BLOCK, 4 * GRANULE,
	  fill_below, claim_odd },
	{ "claim each, 1", ON_POOLS, ALWAYS, GRANULES(1), BLOCK, GRANULE, fill_below,
	  claim_each_1 },
	{ "claim each, 20", ON_POOLS, ALWAYS, GRANULES(20), BLOCK, 32 * GRANULE, fill_below,
	  claim_each_20 },
	{ "claim each, 20", ON_COMPOUND, NEVER, GRANULES(20), BLOCK, 32 * GRANULE, fill_below,
	  claim_each_20 },
	{ "create in a space", ON_POOLS, ALWAYS, GRANULES(1), BLOCK, GRANULE, NULL,
	  create_in_space },
	{ "claim in a space", ON_POOLS, ALWAYS, GRANULES(1), BLOCK, GRANULE, fill_below,
	  claim_in_space },
	{ "release a whole object", ON_ALL, NEVER, -WHOLE, 0, 0, make_block, release_whole },
	{ "release three objects", ON_ALL, NEVER, -GRANULES(24), 0, 0, make_three, release_three },
	{ "release the front", ON_POOLS, MAYBE, -GRANULES(63), 0, 0, make_block, release_front },
	{ "release the back", ON_POOLS, MAYBE, -GRANULES(63), 0, 0, make_block, release_back },
	{ "release a granule inside", ON_POOLS, ALWAYS, -GRANULES(1), 0, 0, make_block,
	  release_inside },
	{ "release a granule inside", ON_COMPOUND, NEVER, -GRANULES(1), 0, 0, make_block,
	  release_inside },
	{ "release between two cuts", ON_COMPOUND, NEVER, -GRANULES(18), 0, 0, make_three,
	  release_both_ends },
	{ "release between two cuts", ON_FOLIO, ALWAYS, -GRANULES(18), 0, 0, make_three,
	  release_both_ends },
	{ "release between two cuts", ON_ADHOC, MAYBE, -GRANULES(18), 0, 0, make_three,
	  release_both_ends },
	{ "release to 64 bytes", ON_ADHOC, ALWAYS, -(WHOLE - 7 * ALIGN), 0, 0, make_block,
	  release_bytes },
	{ "release 64 bytes of 256", ON_ADHOC, ALWAYS, -ALIGN, 0, 0, make_small, release_small },
	{ "release across 1 GiB", ON_ADHOC, ALWAYS, -2 * ALIGN, 0, 0, make_middle, release_across },
	{ "put the last reference", ON_ALL, NEVER, -WHOLE, 0, 0, make_block, put_last },
	{ "unpin, then remove", ON_ALL, NEVER, -WHOLE, 0, 0, make_block, unpin_and_remove },
	{ "find, get and put", ON_ALL, NEVER, 0, 0, 0, make_block, find_and_put },
	{ "reap an orphan", ON_ALL, NEVER, -WHOLE, 0, 0, make_block, reap },
	{ "visit each", ON_ALL, NEVER, 0, 0, 0, make_block, for_each },
	{ "mark", ON_FOLIO, NEVER, GRANULES(3), BLOCK, 4 * GRANULE, NULL, mark },
	{ "mark and unmark", ON_FOLIO, NEVER, 0, BLOCK, 4 * GRANULE, NULL, mark_and_unmark },
};
const unsigned nr_operations = sizeof(operations) / sizeof(operations[0]);
