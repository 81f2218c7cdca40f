/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * misuse.c - what callers do wrongly with a table: each is answered by its own
 * error or goes to the assertion hook, and nothing has changed.
 *
 * The scene of every row, 8 granules each: an object; a shared one; a pinned one; a
 * frozen one; a hole; marked memory (folio); a descriptor whose object is gone.
 */
#include "faults.h"

#include <setjmp.h>
#include <string.h>

#define PLACE(n) (MIDDLE + (32 + 8 * (n)) * GRANULE)
#define BYTES (8 * GRANULE)
#define SOLE PLACE(0)
#define SHARED PLACE(1)
#define PINNED PLACE(2)
#define FROZEN PLACE(3)
#define HOLE PLACE(4)
#define MARKED PLACE(5)
#define REMOVED PLACE(6)

static struct world world;
static struct snapshot before, after;
static struct gm_desc *removed;

static void make_scene(struct world *w)
{
	REQUIRE(world_create(w, SOLE, BYTES) == 0);
	REQUIRE(world_create(w, SHARED, BYTES) == 0);
	REQUIRE(world_create(w, PINNED, BYTES) == 0);
	REQUIRE(world_create(w, FROZEN, BYTES) == 0);
	REQUIRE(world_create(w, REMOVED, BYTES) == 0);
	gm_ref_get(world_find(w, SHARED));
	REQUIRE(gm_ref_try_pin(world_find(w, PINNED)) == 0);
	REQUIRE(gm_ref_freeze(world_find(w, FROZEN), 1) == 0);
	removed = world_find(w, REMOVED);
	REQUIRE(w->ops->put(&w->any, removed) == 1);
	if (w->kind == ON_FOLIO)
		REQUIRE(gm_folio_mark(&w->any.folio, gm_paddr(MARKED), BYTES, GM_FOLIO_DEVICE) ==
			0);
}

/* Lookups: an address and a type. */
static int find(struct world *w, uint64_t at, uint64_t type)
{
	struct gm_desc *desc;

	return w->ops->find_get(&w->any, gm_paddr(at), (unsigned)type, &desc);
}

static int find_nothing(struct world *w, uint64_t at, uint64_t size)
{
	(void)size;
	return world_find(w, at) == NULL ? -GM_ENOENT : 0;
}

/* Places: an address and a size. */
static int create(struct world *w, uint64_t at, uint64_t size)
{
	return world_create(w, at, size);
}

static int create_typed(struct world *w, uint64_t at, uint64_t type)
{
	struct gm_object object = { gm_paddr(at), BYTES, (unsigned)type, NULL };
	struct gm_desc *desc;

	return w->ops->create(&w->any, &object, &desc);
}

static int claim(struct world *w, uint64_t at, uint64_t size)
{
	struct gm_claim want;
	struct gm_desc *desc;

	memset(&want, 0, sizeof(want));
	want.type = WORLD_TYPE;
	want.size = size;
	want.min = gm_paddr(at);
	want.max = gm_paddr(at + BYTES);
	return w->ops->claim(&w->any, &want, &desc);
}

static int claim_typed(struct world *w, uint64_t at, uint64_t type)
{
	struct gm_claim want;
	struct gm_desc *desc;

	(void)at;
	memset(&want, 0, sizeof(want));
	want.type = (unsigned)type;
	want.size = GRANULE;
	return w->ops->claim(&w->any, &want, &desc);
}

static int claim_each(struct world *w, uint64_t at, uint64_t nr)
{
	struct gm_desc *descs[8];
	struct gm_claim want;

	memset(&want, 0, sizeof(want));
	want.type = WORLD_TYPE;
	want.min = gm_paddr(at);
	want.max = gm_paddr(at + BYTES);
	return w->ops->claim_each(&w->any, &want, (size_t)nr, descs);
}

static int release(struct world *w, uint64_t at, uint64_t size)
{
	return world_release(w, at, size);
}

static int mark(struct world *w, uint64_t at, uint64_t size)
{
	return gm_folio_mark(&w->any.folio, gm_paddr(at), size, GM_FOLIO_OFFLINE);
}

static int mark_kind(struct world *w, uint64_t at, uint64_t kind)
{
	return gm_folio_mark(&w->any.folio, gm_paddr(at), BYTES, (unsigned)kind);
}

static int unmark(struct world *w, uint64_t at, uint64_t size)
{
	return gm_folio_unmark(&w->any.folio, gm_paddr(at), size);
}

/* Programmers' errors. */
static int put(struct world *w, uint64_t at, uint64_t size)
{
	(void)size;
	return w->ops->put(&w->any, world_find(w, at));
}

static int put_removed(struct world *w, uint64_t at, uint64_t size)
{
	(void)at;
	(void)size;
	return w->ops->put(&w->any, removed);
}

static int remove_live(struct world *w, uint64_t at, uint64_t size)
{
	(void)size;
	w->ops->remove(&w->any, world_find(w, at));
	return 0;
}

static int remove_removed(struct world *w, uint64_t at, uint64_t size)
{
	(void)at;
	(void)size;
	w->ops->remove(&w->any, removed);
	return 0;
}

static int return_twice(struct world *w, uint64_t nr, uint64_t size)
{
	struct gm_pool *pools[5];
	void *elements[2];

	(void)size;
	(void)world_pools(w, pools);
	elements[0] = gm_pool_take(pools[0], 0, 1);
	elements[1] = gm_pool_take(pools[0], 0, 1);
	gm_pool_return(pools[0], elements[0], 0); /* kept by the lane */
	gm_pool_return(pools[0], elements[1], 0); /* in the bitmap */
	gm_pool_return(pools[0], elements[nr], 0);
	return 0;
}

static int space_put_foreign(struct world *w, uint64_t at, uint64_t size)
{
	struct gm_region region;
	struct gm_space space;

	(void)size;
	gm_space_init(&space, &region, 1);
	return gm_space_put(&space, world_find(w, at));
}

static int space_remove_foreign(struct world *w, uint64_t at, uint64_t size)
{
	struct gm_region region;
	struct gm_space space;

	(void)size;
	gm_space_init(&space, &region, 1);
	gm_space_remove(&space, world_find(w, at));
	return 0;
}

static const struct misuse {
	const char *name;
	unsigned kinds;
	int (*run)(struct world *w, uint64_t at, uint64_t argument);
	uint64_t at, argument;
	int want;
	unsigned panics; /* with assertions */
} rows[] = {
	{ "find_get of a wrong type", ON_ALL, find, SOLE, WORLD_TYPE + 1, -GM_ETYPE, 0 },
	{ "find_get of no type", ON_ALL, find, SOLE, GM_TYPE_MAX + 1, -GM_ETYPE, 0 },
	{ "find_get of a frozen object", ON_ALL, find, FROZEN, 0, -GM_EBUSY, 0 },
	{ "find_get of a removed object", ON_ALL, find, REMOVED, 0, -GM_ENOENT, 0 },
	{ "find_get of its last granule", ON_ALL, find, REMOVED + BYTES - 1, 0, -GM_ENOENT, 0 },
	{ "find_get outside", ON_ALL, find, WORLD_BASE + WORLD_SIZE, 0, -GM_ERANGE, 0 },
	{ "find_get of marked memory", ON_FOLIO, find, MARKED, 0, -GM_ENOTRAM, 0 },
	{ "find of a removed object", ON_ALL, find_nothing, REMOVED, 0, -GM_ENOENT, 0 },
	{ "find outside", ON_ALL, find_nothing, WORLD_BASE - 1, 0, -GM_ENOENT, 0 },

	{ "create where one lives", ON_ALL, create, SOLE, BYTES, -GM_EEXIST, 0 },
	{ "create inside one", ON_ALL, create, SOLE + GRANULE, GRANULE, -GM_EEXIST, 0 },
	{ "create where one is frozen", ON_ALL, create, FROZEN, BYTES, -GM_EBUSY, 0 },
	{ "create around several", ON_ALL, create, SOLE, 2 * BYTES, -GM_EEXIST, 0 },
	{ "create of a hole and more", ON_ALL, create, MIDDLE, 64 * GRANULE, -GM_EEXIST, 0 },
	{ "create where it is marked", ON_FOLIO, create, MARKED, BYTES, -GM_EEXIST, 0 },
	{ "create of nothing", ON_ALL, create, HOLE, 0, -GM_ESIZE, 0 },
	{ "create outside", ON_ALL, create, WORLD_BASE + WORLD_SIZE, BYTES, -GM_ERANGE, 0 },
	{ "create at an odd byte", ON_ALL, create, HOLE + 1, BYTES, -GM_EALIGN, 0 },
	{ "create without a type", ON_ALL, create_typed, HOLE, 0, -GM_EINVAL, 0 },
	{ "create of no type", ON_ALL, create_typed, HOLE, GM_TYPE_MAX + 1, -GM_EINVAL, 0 },
	{ "claim without a type", ON_ALL, claim_typed, 0, 0, -GM_EINVAL, 0 },
	{ "claim of no type", ON_ALL, claim_typed, 0, GM_TYPE_MAX + 1, -GM_EINVAL, 0 },
	{ "claim where one lives", ON_ALL, claim, SOLE, GRANULE, -GM_ENOMEM, 0 },
	{ "claim where it is marked", ON_FOLIO, claim, MARKED, GRANULE, -GM_ENOMEM, 0 },
	{ "claim where one is frozen", ON_ALL, claim, FROZEN, GRANULE, -GM_EBUSY, 0 },
	{ "claim of more than the bounds", ON_ALL, claim, HOLE, 2 * BYTES, -GM_ERANGE, 0 },
	{ "claim_each of none", ON_ALL, claim_each, HOLE, 0, -GM_ESIZE, 0 },
	{ "claim_each where one lives", ON_ALL, claim_each, SOLE, 8, -GM_ENOMEM, 0 },

	{ "release a hole", ON_ALL, release, HOLE, BYTES, -GM_ENOENT, 0 },
	{ "release a removed object", ON_ALL, release, REMOVED, BYTES, -GM_ENOENT, 0 },
	{ "release a shared object", ON_ALL, release, SHARED, BYTES, -GM_EBUSY, 0 },
	{ "release a part of it", ON_ALL, release, SHARED + GRANULE, GRANULE, -GM_EBUSY, 0 },
	{ "release a pinned object", ON_ALL, release, PINNED, BYTES, -GM_EBUSY, 0 },
	{ "release a frozen object", ON_ALL, release, FROZEN, BYTES, -GM_EBUSY, 0 },
	{ "release one and a shared one", ON_ALL, release, SOLE, 2 * BYTES, -GM_EBUSY, 0 },
	{ "release a hole and one", ON_ALL, release, SOLE - GRANULE, BYTES, -GM_ENOENT, 0 },
	{ "release marked memory", ON_FOLIO, release, MARKED, BYTES, -GM_ENOTRAM, 0 },
	{ "release nothing", ON_ALL, release, SOLE, 0, -GM_ESIZE, 0 },
	{ "release an odd byte", ON_ALL, release, SOLE, BYTES - 1, -GM_EALIGN, 0 },
	{ "release outside", ON_ALL, release, WORLD_BASE - GRANULE, BYTES, -GM_ERANGE, 0 },

	{ "mark an object", ON_FOLIO, mark, SOLE, BYTES, -GM_EEXIST, 0 },
	{ "mark a hole and an object", ON_FOLIO, mark, SOLE - GRANULE, BYTES, -GM_EEXIST, 0 },
	{ "mark a frozen object", ON_FOLIO, mark, FROZEN, BYTES, -GM_EBUSY, 0 },
	{ "mark twice", ON_FOLIO, mark, MARKED, BYTES, -GM_EEXIST, 0 },
	{ "mark a hole and a mark", ON_FOLIO, mark, HOLE, 2 * BYTES, -GM_EEXIST, 0 },
	{ "mark as free", ON_FOLIO, mark_kind, HOLE, GM_FOLIO_FREE, -GM_EINVAL, 0 },
	{ "mark as an object", ON_FOLIO, mark_kind, HOLE, GM_FOLIO_OBJECT, -GM_EINVAL, 0 },
	{ "mark as metadata", ON_FOLIO, mark_kind, HOLE, GM_FOLIO_METADATA, -GM_EINVAL, 0 },
	{ "mark as busy", ON_FOLIO, mark_kind, HOLE, GM_FOLIO_BUSY, -GM_EINVAL, 0 },
	{ "unmark a hole", ON_FOLIO, unmark, HOLE, BYTES, -GM_ENOENT, 0 },
	{ "unmark an object", ON_FOLIO, unmark, SOLE, BYTES, -GM_ENOENT, 0 },
	{ "unmark marks and a hole", ON_FOLIO, unmark, MARKED, BYTES + GRANULE, -GM_ENOENT, 0 },

	{ "put twice", ON_ALL, put_removed, 0, 0, 0, 1 },
	{ "put a frozen object", ON_ALL, put, FROZEN, 0, 0, 1 },
	{ "remove an object that lives", ON_ALL, remove_live, SOLE, 0, 0, 1 },
	{ "remove a frozen object", ON_ALL, remove_live, FROZEN, 0, 0, 1 },
	{ "remove twice", ON_ALL, remove_removed, 0, 0, 0, 1 },
	{ "return what a lane keeps", ON_FOLIO | ON_ADHOC, return_twice, 0, 0, 0, 1 },
	{ "return twice", ON_FOLIO | ON_ADHOC, return_twice, 1, 0, 0, 1 },
	{ "put through a foreign space", ON_ALL, space_put_foreign, SOLE, 0, -GM_ENOENT, 1 },
	{ "remove through one", ON_ALL, space_remove_foreign, SOLE, 0, 0, 1 },
};

static void one_row(const struct misuse *row, unsigned kind, int jumps)
{
	jmp_buf escape;
	int answer;

	point_begin(row->name, kind_names[kind], "the hook jumps", (unsigned)jumps);
	world_begin(&world, kind, HOOK_FROM, 4);
	world_bystanders(&world);
	make_scene(&world);
	snapshot_take(&world, &before);
	port_begin();
	if (setjmp(escape) == 0) {
		port.jump = jumps ? &escape : NULL;
		answer = row->run(&world, row->at, row->argument);
		REQUIRE(answer == row->want);
	}
	REQUIRE(row->panics != 0 ? port.panics != 0 : port.panics == 0);
	port_begin();
	snapshot_take(&world, &after);
	snapshot_unchanged(&before, &after);
	gm_ref_thaw(world_find(&world, FROZEN), 1);
	world_end(&world);
}

void misuse_all(void)
{
	unsigned i, kind;
	int jumps;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (kind = 0; kind < KINDS_NR; kind++) {
			if ((rows[i].kinds & 1u << kind) == 0)
				continue;
			if (rows[i].panics != 0 && GM_CONFIG_CHECKS == 0) {
				tally->skipped++;
				continue;
			}
			for (jumps = 0; jumps <= (rows[i].panics != 0); jumps++)
				one_row(&rows[i], kind, jumps);
		}
}
