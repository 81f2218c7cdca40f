/* SPDX-License-Identifier: BSD-2-Clause */
/* world_index.c - two indexes of one store: what they begin with, and what must be right
 * in the end; contracts in index_world.h. */
#include "index_world.h"

#define SLAB ((size_t)1 << 14)

static void put_in(struct gm_index *index, uint64_t unit, struct gm_desc *desc)
{
	must(gm_index_insert(index, unit * OBJECT_BYTES, desc, NULL) == 0, "insert");
}

static void start(void)
{
	struct index_world *w = world();
	struct gm_index_config config = { .space = &w->objects.space,
					  .unit_shift = OBJECT_SHIFT,
					  .nr_lanes = 1,
					  .zeroed = 1 };
	struct gm_metadata metadata;
	unsigned char *buffer;

	must(gm_index_store_size(&config, 0, &metadata) == 0, "store_size");
	/* The lanes end where the one slab begins. */
	buffer = memory_take(2 * SLAB, SLAB);
	must(gm_index_store_init(&w->store, &config, buffer + SLAB - metadata.bytes,
				 metadata.bytes + SLAB) == 0,
	     "store_init");
	must(gm_index_init(&w->mine, &w->store, &w->mine) == 0, "mine");
	must(gm_index_init(&w->theirs, &w->store, &w->theirs) == 0, "theirs");
}

/* Each has one reference, which it goes in with. */
static void make(void)
{
	struct index_world *w = world();

	w->x = objects_make(X, 2, TYPE, &w->mine);
	w->z = objects_make(Z, 2, TYPE, &w->mine);
	w->near = objects_make(NEAR, 1, TYPE, &w->mine);
	w->other = objects_make(OTHER, 1, TYPE, &w->theirs);
}

void index_setup(unsigned variant, unsigned refs, unsigned pins)
{
	struct index_world *w;

	(void)refs;
	(void)pins;
	objects_begin(sizeof(*w));
	w = world();
	start();
	make();
	w->at = variant == APART ? AT_APART : AT;
	if (variant != EMPTY)
		put_in(&w->mine, w->at, w->x);
	if (variant == FULL || variant == APART) {
		put_in(&w->mine, SHADOW_AT, w->z);
		must(gm_index_erase(&w->mine, w->z, SHADOW) == 0, "erase");
		put_in(&w->mine, NEAR_AT, w->near);
		must(gm_index_mark(&w->mine, w->near, GM_INDEX_DIRTY, 0) == 0, "mark");
	}
}

static const char *verify(void)
{
	struct gm_index_verify mine, theirs;
	struct gm_index_stats stats;

	if (gm_index_verify(&world()->mine, &mine) != 0)
		return mine.first;
	if (gm_index_verify(&world()->theirs, &theirs) != 0)
		return theirs.first;
	gm_index_store_stats(&world()->store, &stats);
	return stats.nr_nodes == mine.nr_nodes + theirs.nr_nodes ? NULL : "a node is lost";
}

/* Nobody is in the index any more, and no node in use. */
static const char *empty(struct gm_index *index)
{
	struct gm_desc *desc;
	uint64_t at = 0;

	while (gm_index_next(index, &at, index->store->end, 0, &desc) == 0) {
		if (gm_index_erase(index, desc, 0) != 0)
			return "what is found cannot be erased";
		/* The lookup's; the index's goes with all others in the end. */
		(void)gm_space_put(&world()->objects.space, desc);
	}
	(void)gm_index_forget(index, 0, index->store->end);
	return gm_index_is_empty(index) ? NULL : "something remains in an index";
}

const char *index_check(const struct outcome *halted, const struct outcome *other)
{
	struct index_world *w = world();
	const char *wrong = verify();
	struct gm_index_stats stats;

	if (wrong == NULL)
		wrong = objects_check(4 + halted->refs + other->refs);
	if (wrong == NULL)
		wrong = empty(&w->mine);
	if (wrong == NULL)
		wrong = empty(&w->theirs);
	gm_index_store_stats(&w->store, &stats);
	if (wrong == NULL && stats.nr_nodes != 0)
		wrong = "a node is in use by no index";
	return wrong != NULL ? wrong : objects_end();
}
