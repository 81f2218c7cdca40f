/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * actions.c - calls that keep the world's books. Each skips what its caller could
 * not do, as putting an object that another call is just putting.
 */
#include "books.h"

#include <string.h>

static struct gm_desc *desc_of(const struct owned *owned)
{
	struct gm_desc *desc = world_ops->find(&world.table, gm_paddr(owned->base));

	race_check(desc != NULL && gm_desc_base(desc) == owned->base, "an object is lost");
	return desc;
}

static void create(uint64_t at, uint64_t nr)
{
	uint64_t size = nr * world_unit;
	struct gm_object object = { gm_paddr(book_place(at)), size, TYPE, NULL };
	struct gm_desc *desc;
	int err;

	if (!world_ops->any_multiple && ((nr & (nr - 1)) != 0 || at % nr != 0))
		return; /* blocks are powers of two */
	if (book_place(at) + size > BASE + world_region)
		return;
	err = world_ops->create(&world.table, &object, &desc);
	race_check(err == 0 || err == -GM_EEXIST || err == -GM_EBUSY || err == -GM_ENOMEM,
		   "create: an odd error");
	if (err == 0)
		book_own(book_place(at), size, 0);
}

static void put(uint64_t at, uint64_t nr)
{
	struct owned *owned = book_take(at, 0);

	(void)nr;
	if (owned == NULL)
		return;
	(void)world_ops->put(&world.table, desc_of(owned));
	memset(owned, 0, sizeof(*owned));
}

static void find_typed(uint64_t at, unsigned type, int keep)
{
	struct gm_desc *desc;
	int err;

	if (book_place(at) >= BASE + world_region)
		return;
	err = world_ops->find_get(&world.table, gm_paddr(book_place(at)), type, &desc);
	race_check(err == 0 || err == -GM_ENOENT || err == -GM_EBUSY || err == -GM_ENOTRAM ||
			   (err == -GM_ETYPE && type != 0),
		   "find_get: an odd error");
	if (err != 0)
		return;
	race_check(gm_desc_covers(desc, book_place(at)), "found what does not cover the address");
	if (keep)
		world.held[world.nr_held++] = desc;
	else
		(void)world_ops->put(&world.table, desc);
}

static void find(uint64_t at, uint64_t nr)
{
	(void)nr;
	find_typed(at, 0, 0);
}

static void find_other(uint64_t at, uint64_t nr)
{
	(void)nr;
	find_typed(at, OTHER_TYPE, 0);
}

/* The reference stays to the end. */
static void hold(uint64_t at, uint64_t nr)
{
	(void)nr;
	find_typed(at, TYPE, 1);
}

/* In the first so many units, or (0) wherever the lane points. */
static void claim(uint64_t within, uint64_t nr)
{
	struct gm_claim claim = { .size = nr * world_unit, .type = TYPE };
	struct gm_desc *desc;
	int err;

	if (within != 0) {
		claim.min = gm_paddr(BASE);
		claim.max = gm_paddr(book_place(within));
	}
	err = world_ops->claim(&world.table, &claim, &desc);
	race_check(err == 0 || err == -GM_ENOMEM || err == -GM_EBUSY, "claim: an odd error");
	if (err == 0)
		book_own(gm_desc_base(desc), claim.size, 0);
}

static void claim_three(uint64_t at, uint64_t nr)
{
	struct gm_claim claim = { .min = gm_paddr(BASE),
				  .max = gm_paddr(BASE + 6 * GRANULE),
				  .type = TYPE };
	struct gm_desc *descs[3];
	int err = world_ops->claim_each(&world.table, &claim, 3, descs);
	unsigned i;

	(void)at;
	(void)nr;
	race_check(err == 0 || err == -GM_ENOMEM || err == -GM_EBUSY, "claim_each: an odd error");
	for (i = 0; err == 0 && i < 3; i++)
		book_own(gm_desc_base(descs[i]), GRANULE, 0);
}

static void release(uint64_t at, uint64_t nr)
{
	uint64_t base = book_place(at);
	uint64_t end = book_place(at + nr);
	unsigned taken = book_take_range(base, end);
	int err;

	if (taken == 0)
		return;
	err = world_ops->release_range(&world.table, gm_paddr(base), end - base);
	race_check(err == 0 || err == -GM_EBUSY || err == -GM_ENOMEM,
		   "release_range: an odd error");
	if (err == 0)
		book_cut_range(base, end, taken);
	else
		book_give_back(taken);
}

static void freeze(uint64_t at, uint64_t thaw)
{
	struct owned *owned = book_take(at, 0);
	struct gm_desc *desc;
	int err;

	if (owned == NULL)
		return;
	desc = desc_of(owned);
	err = gm_ref_freeze(desc, 1);
	race_check(err == 0 || err == -GM_EBUSY, "freeze: an odd error");
	if (err == 0 && thaw)
		gm_ref_thaw(desc, 1);
	owned->frozen = err == 0 && !thaw;
	if (!owned->frozen)
		owned->taken = 0;
}

static int visited(void *ctx, struct gm_desc *desc)
{
	(void)ctx;
	race_check(gm_ref_is_live(desc), "visited an object that is not live");
	return 0;
}

static void walk(uint64_t at, uint64_t nr)
{
	(void)at;
	(void)nr;
	race_check(world_ops->for_each(&world.table, visited, NULL) == 0, "for_each");
}

static void reap(uint64_t at, uint64_t nr)
{
	(void)at;
	(void)nr;
	(void)world_ops->reap(&world.table, NULL, NULL);
}

static void nothing(uint64_t at, uint64_t nr)
{
	(void)at;
	(void)nr;
}

static void mark(uint64_t at, uint64_t nr)
{
	uint64_t size = nr * world_unit;
	int err;

	if (strcmp(world_ops->name, "folio") != 0)
		return;
	err = gm_folio_mark(&world.table.folio, gm_paddr(book_place(at)), size, GM_FOLIO_RESERVED);
	race_check(err == 0 || err == -GM_EEXIST || err == -GM_EBUSY, "mark: an odd error");
	if (err == 0)
		book_own(book_place(at), size, 1);
}

/* Several may try the same: one of them does it. */
static void unmark(uint64_t at, uint64_t nr)
{
	struct owned *owned = book_take(at, 1);
	int err;

	(void)nr;
	if (owned == NULL)
		return;
	owned->taken = 0;
	owned->marked = 2;
	err = gm_folio_unmark(&world.table.folio, gm_paddr(owned->base), owned->size);
	race_check(err == 0 || err == -GM_ENOENT || err == -GM_EBUSY, "unmark: an odd error");
	if (err != 0) {
		owned->marked = owned->size != 0;
		return;
	}
	race_check(owned->size != 0, "two have unmarked the same");
	memset(owned, 0, sizeof(*owned));
}

static const struct action create_again = { "", create, 0, 1, NULL };
static const struct action create_larger = { "", create, 0, 4, NULL };
static const struct action create_behind = { "", create, 1, 1, NULL };
static const struct action create_far = { "", create, FAR, 1, NULL };
static const struct action put_made = { "", put, 0, 0, NULL };
static const struct action put_behind = { "", put, 1, 0, NULL };
static const struct action put_far = { "", put, FAR, 0, NULL };
static const struct action far_and_back = { "", create, FAR, 1, &put_far };

const struct action actions[] = {
	{ "nothing", nothing, 0, 0, NULL },
	{ "create", create, 0, 1, NULL },
	{ "create two", create, 0, 2, NULL },
	{ "create behind", create, 1, 1, NULL },
	{ "create three from 1", create, 1, 3, NULL },
	{ "create farther", create, 24, 1, NULL },
	{ "create the rest", create, 1, 511, NULL },
	{ "create far", create, FAR, 1, NULL },
	{ "create a group", create, 512, 512, NULL },
	{ "create and put", create, 0, 1, &put_made },
	{ "create and put behind", create, 1, 1, &put_behind },
	{ "create far and put", create, FAR, 1, &put_far },
	{ "put", put, 0, 0, NULL },
	{ "put behind", put, 1, 0, NULL },
	{ "put, create again", put, 0, 0, &create_again },
	{ "put, create larger", put, 0, 0, &create_larger },
	{ "put, create behind", put, 0, 0, &create_behind },
	{ "put, create far", put, 0, 0, &create_far },
	{ "put, far and back", put, 0, 0, &far_and_back },
	{ "find", find, 0, 0, NULL },
	{ "find behind", find, 1, 0, NULL },
	{ "find farther", find, 24, 0, NULL },
	{ "find another type", find_other, 0, 0, NULL },
	{ "hold", hold, 0, 0, NULL },
	{ "claim", claim, 0, 1, NULL },
	{ "claim two", claim, 0, 2, NULL },
	{ "claim one of two", claim, 2, 1, NULL },
	{ "claim two of four", claim, 4, 2, NULL },
	{ "claim each of three", claim_three, 0, 0, NULL },
	{ "release", release, 0, 1, NULL },
	{ "release behind", release, 1, 1, NULL },
	{ "release two", release, 0, 2, NULL },
	{ "release from 1", release, 1, 2, NULL },
	{ "freeze", freeze, 0, 0, NULL },
	{ "freeze and thaw", freeze, 0, 1, NULL },
	{ "reap", reap, 0, 0, NULL },
	{ "walk", walk, 0, 0, NULL },
	{ "mark", mark, 0, 1, NULL },
	{ "mark from 1", mark, 1, 2, NULL },
	{ "unmark", unmark, 0, 0, NULL },
};

const unsigned nr_actions = sizeof(actions) / sizeof(actions[0]);

void action_run(const void *what)
{
	const struct action *action;

	for (action = what; action != NULL; action = action->then)
		action->run(action->at, action->nr);
}

const struct action *action_find(const char *name)
{
	unsigned i;

	for (i = 0; i < nr_actions; i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	race_fail("there is no such action", name, 0);
}

void action_fill(void)
{
	const struct gm_pool *descs = strcmp(world_ops->name, "folio") == 0 ?
					      &world.table.folio.descs :
					      &world.table.adhoc.descs;
	struct gm_stats at_start, stats;
	uint64_t at = FAR;

	world_ops->stats(&world.table, &at_start);
	do {
		create(at++, 1);
		world_ops->stats(&world.table, &stats);
	} while (stats.hosted_bytes == at_start.hosted_bytes ||
		 gm_pool_used(descs) < descs->nr_slabs * descs->nr_elements);
}
