/* SPDX-License-Identifier: BSD-2-Clause */
/* case_index_world.c - the indexes that the cases are about; contracts in index_world.h. */
#include "index_world.h"

#define SLAB ((size_t)1 << 14)

struct gm_index *mine, *theirs;
struct gm_indexed *objects;
gm_word *cells;

static unsigned char *more; /* memory for a slab, not yet the store's */
static gm_word *nr_more;

static void *grow(void *ctx, size_t bytes, size_t align)
{
	(void)ctx;
	(void)bytes;
	(void)align;
	do {
		/* acquire and release: as gm_pool_begin_growth wants them */
		if (gm_atomic_load_acquire(nr_more) == 0)
			return NULL;
	} while (!gm_atomic_cas_release(nr_more, 1, 0));
	return more;
}

void begin_life(unsigned n, unsigned units, void *owner)
{
	struct gm_desc *desc = &objects[n].desc;
	struct gm_object object = { gm_paddr((n + 1) << 24), units * UNIT, 1, owner };

	gm_desc_set(desc, &object);
	gm_ref_publish(desc, 1, 1);
}

void make(unsigned nr_slabs)
{
	static struct gm_space *space;
	struct gm_index_store *store = explore_alloc(sizeof(*store), 64);
	struct gm_index_config config = { .nr_lanes = 1, .grow = grow };
	struct gm_metadata metadata;
	unsigned char *buffer = explore_alloc(SLAB * (nr_slabs + 1), SLAB);
	unsigned i;

	space = explore_alloc(sizeof(*space), 64);
	gm_space_init(space, NULL, 0);
	config.space = space;
	mine = explore_alloc(sizeof(*mine), 64);
	theirs = explore_alloc(sizeof(*theirs), 64);
	objects = explore_alloc(NR_OBJECTS * sizeof(*objects), 64);
	cells = explore_alloc(NR_OBJECTS * sizeof(*cells), 64);
	more = explore_alloc(SLAB, SLAB);
	nr_more = explore_alloc(sizeof(*nr_more), 64);
	*nr_more = 1;
	explore_check(gm_index_store_size(&config, 0, &metadata) == 0 &&
			      gm_index_store_init(store, &config, buffer + SLAB - metadata.bytes,
						  metadata.bytes + nr_slabs * SLAB) == 0 &&
			      gm_index_init(mine, store, mine) == 0 &&
			      gm_index_init(theirs, store, theirs) == 0,
		      "init");
	for (i = 0; i < NR_OBJECTS; i++)
		begin_life(i, 1, i == 3 ? (void *)theirs : (void *)mine);
	explore_name(&mine->top[GM_INDEX_KINDS], "top", 0);
	explore_name(&objects[0].place, "place 0", 0);
	explore_name(&objects[1].place, "place 1", 0);
}

void put_in(unsigned n, uint64_t unit)
{
	if (cells[n] == 0)
		cells[n] = 1;
	explore_check(gm_index_insert(n == 3 ? theirs : mine, unit * UNIT, &objects[n].desc,
				      NULL) == 0,
		      "insert: no reason to fail");
}

void take_out(unsigned n, gm_word shadow)
{
	explore_check(gm_index_erase(mine, &objects[n].desc, shadow) == 0,
		      "erase: no reason to fail");
}

unsigned let_go(const struct gm_desc *desc)
{
	unsigned n = (unsigned)((const struct gm_indexed *)(const void *)desc - objects);
	struct gm_object gone;

	explore_check(cells[n] != 0, "nothing was written");
	explore_check(gm_desc_owner(desc) == mine, "found: another owner's");
	explore_check(gm_ref_put(&objects[n].desc, &gone) == 0, "the index had no reference");
	return n;
}

unsigned find(uint64_t unit)
{
	struct gm_desc *desc;
	int err = gm_index_find_get(mine, unit * UNIT, &desc);

	explore_check(err == 0 || err == -GM_ENOENT, "find: an odd answer");
	return err == 0 ? let_go(desc) : NR_OBJECTS;
}

unsigned search(gm_word marks, uint64_t unit0, uint64_t unit1)
{
	uint64_t units[2] = { unit0, unit1 };
	struct gm_desc *desc;
	uint64_t at = 0;
	unsigned set = 0;
	int err;

	while ((err = gm_index_next(mine, &at, LEAF * LEAF * UNIT, marks, &desc)) == 0) {
		uint64_t end = at / UNIT - gm_desc_size(desc) / UNIT;
		unsigned n = let_go(desc);

		explore_check(n > 1 || units[n] == NOWHERE || units[n] == end,
			      "next: a wrong place");
		set |= 1u << n;
	}
	explore_check(err == -GM_ENOENT, "next: an odd answer");
	return set;
}

void check_rest(void)
{
	struct gm_index_verify verify, other;
	struct gm_index_stats stats;

	explore_check(gm_index_verify(mine, &verify) == 0, "the index is not sound");
	explore_check(gm_index_verify(theirs, &other) == 0, "the other is not sound");
	gm_index_store_stats(mine->store, &stats);
	explore_check(stats.nr_nodes == verify.nr_nodes + other.nr_nodes, "a node is lost");
}
