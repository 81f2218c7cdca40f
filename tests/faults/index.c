/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * index.c - an index that gets no more than n nodes: what is put in is in, or nothing
 * has changed.
 */
#include "faults.h"

#include <granmem/index.h>

#include <stdlib.h>
#include <string.h>

#define UNIT ((uint64_t)4096)
#define SLAB ((size_t)1 << 14)
#define LEAF ((uint64_t)GM_INDEX_SLOTS)
#define PAST (LEAF * LEAF * LEAF)

static struct gm_space space;
static struct gm_index_store store;
static struct gm_index an_index;
static struct gm_indexed objects[3]; /* one that is in, one that was, and the next */
static void *drained[2 * SLAB / (GM_INDEX_SLOTS * sizeof(gm_word))]; /* a node is larger */
static unsigned nr_drained, nr_refused;

/* What may need nodes: at its beginning, at its end, and to make the tree higher. */
static const struct {
	const char *name;
	uint64_t first, units; /* of the next object */
	uint64_t in;           /* where another one is, PAST: nowhere */
	uint64_t shadow;       /* where shadows of 3 * LEAF units begin, PAST: nowhere */
} rows[] = {
	{ "far away", LEAF * LEAF + 7, 1, PAST, PAST },
	{ "higher", LEAF * LEAF + 7, 1, 0, PAST },
	{ "higher by one", LEAF, 1, 3, PAST },
	{ "in a node that is there", 5, 1, 3, PAST },
	{ "at two ends", LEAF - 1, 2 * LEAF * LEAF, 3, PAST },
	{ "over all that was", 0, LEAF * LEAF, PAST, LEAF },
	{ "in the middle of shadows", 2 * LEAF + 9, 20, PAST, LEAF },
};
#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

static void *refuse(void *ctx, size_t bytes, size_t align)
{
	(void)ctx;
	(void)bytes;
	(void)align;
	nr_refused++;
	return NULL;
}

static struct gm_desc *make(unsigned n, uint64_t units)
{
	struct gm_object object = { gm_paddr(0), units * UNIT, WORLD_TYPE, &an_index };

	memset(&objects[n], 0, sizeof(objects[n]));
	gm_desc_set(&objects[n].desc, &object);
	gm_ref_publish(&objects[n].desc, WORLD_TYPE, 1);
	return &objects[n].desc;
}

static void set_up(unsigned row, void *memory)
{
	struct gm_index_config config;

	memset(&config, 0, sizeof(config));
	gm_space_init(&space, NULL, 0);
	config.space = &space;
	config.nr_lanes = 1;
	config.grow = refuse;
	REQUIRE(gm_index_store_init(&store, &config, memory, 2 * SLAB) == 0);
	REQUIRE(gm_index_init(&an_index, &store, &an_index) == 0);
	if (rows[row].in != PAST)
		REQUIRE(gm_index_insert(&an_index, rows[row].in * UNIT, make(0, 1), NULL) == 0);
	if (rows[row].shadow != PAST) {
		REQUIRE(gm_index_insert(&an_index, rows[row].shadow * UNIT, make(1, 3 * LEAF),
					NULL) == 0);
		REQUIRE(gm_index_erase(&an_index, &objects[1].desc, 9) == 0);
	}
}

/* Leave n nodes. */
static void drain(unsigned n)
{
	nr_drained = 0;
	while ((drained[nr_drained] = gm_pool_take(&store.nodes, 0, 1)) != NULL)
		nr_drained++;
	REQUIRE(nr_drained > n);
	while (n-- > 0)
		gm_pool_return(&store.nodes, drained[--nr_drained], 0);
	nr_refused = 0;
}

static void undrain(void)
{
	while (nr_drained > 0)
		gm_pool_return(&store.nodes, drained[--nr_drained], 0);
}

/* All that can be seen of it. */
struct seen {
	struct gm_index_verify verify;
	struct gm_index_stats stats;
	struct gm_desc *first;
	gm_word shadow;
	int has_shadow;
};

static void see(unsigned row, struct seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	REQUIRE(gm_index_verify(&an_index, &seen->verify) == 0);
	gm_index_store_stats(&store, &seen->stats);
	seen->first = gm_index_find(&an_index, rows[row].in * UNIT);
	seen->has_shadow = gm_index_shadow(&an_index, rows[row].shadow * UNIT, &seen->shadow);
}

/* Returns 1 if the fault was met. */
static int one_point(unsigned row, unsigned n, void *memory)
{
	struct gm_desc *desc = make(2, rows[row].units);
	uint64_t offset = rows[row].first * UNIT;
	struct seen before, after;
	gm_word shadow = 77;
	int err;

	point_begin(rows[row].name, "index", "nodes", n);
	set_up(row, memory);
	drain(n);
	see(row, &before);
	err = gm_index_insert(&an_index, offset, desc, &shadow);
	if (err != 0) {
		REQUIRE(err == -GM_ENOMEM && nr_refused == 1 && shadow == 77);
		see(row, &after);
		REQUIRE(memcmp(&before, &after, sizeof(before)) == 0);
		REQUIRE(gm_ref_count(desc) == 1 && objects[2].place == 0);
		undrain();
		REQUIRE(gm_index_insert(&an_index, offset, desc, &shadow) == 0);
	} else {
		REQUIRE(nr_refused == 0);
		/* No less would have done; what shadows had is free again. */
		REQUIRE(rows[row].shadow != PAST || gm_pool_take(&store.nodes, 0, 1) == NULL);
		undrain();
	}
	REQUIRE(gm_index_find(&an_index, offset) == desc);
	REQUIRE(gm_index_verify(&an_index, &after.verify) == 0);
	REQUIRE(gm_index_erase(&an_index, desc, 0) == 0);
	if (rows[row].in != PAST)
		REQUIRE(gm_index_erase(&an_index, &objects[0].desc, 0) == 0);
	(void)gm_index_forget(&an_index, 0, ~(uint64_t)0);
	REQUIRE(gm_index_is_empty(&an_index));
	REQUIRE(gm_pool_used(&store.nodes) == 0);
	return err != 0;
}

void index_all(void)
{
	void *memory = aligned_alloc(SLAB, 3 * SLAB);
	unsigned row, n;

	for (row = 0; row < NR_ROWS && memory != NULL; row++)
		for (n = 0; one_point(row, n, (unsigned char *)memory + SLAB - 64); n++)
			;
	REQUIRE(memory != NULL);
	free(memory);
}
