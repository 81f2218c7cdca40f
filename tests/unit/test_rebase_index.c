/* SPDX-License-Identifier: BSD-2-Clause */
/* test_rebase_index.c - stores of nodes and indexes at another address; granmem/rebase.h. */
#include "rebase_unit.h"

#include <granmem/index.h>

#define PAGE (4 * KIB)
#define NR_PAGES 300u
#define NR_SHADOWS 40u

/* A store, and two indexes, one of which has all in its struct. */
struct indexes {
	struct gm_index_store store;
	struct gm_index index;
	struct gm_index small;
	char owner[2];
};

static struct indexes *indexes;

static uint64_t offset_of(unsigned i)
{
	return (uint64_t)i * i * PAGE;
}

static void *grow_store(void *ctx, size_t bytes, size_t align)
{
	(void)ctx;
	return take_piece(HOOKS, bytes, align);
}

static struct gm_desc *new_page(void *owner)
{
	struct gm_claim claim;
	struct gm_desc *desc;

	memset(&claim, 0, sizeof(claim));
	claim.size = PAGE;
	claim.type = 1;
	claim.owner = owner;
	expect_eq(gm_space_claim(&machine->space, &claim, GM_NODE_ANY, &desc), 0);
	return desc;
}

static void insert(struct gm_index *index, unsigned i)
{
	expect_eq(gm_index_insert(index, offset_of(i), new_page(index->owner), NULL), 0);
}

/* Nodes from the buffer, and from the hook. */
static void begin_indexes(void)
{
	struct gm_index_config config;
	struct gm_metadata metadata;
	unsigned i;

	begin_machine_of(BUFFER, sizeof(struct gm_indexed));
	indexes = take_piece(STRUCTS, sizeof(*indexes), 64);
	memset(&config, 0, sizeof(config));
	config.space = &machine->space;
	config.grow = grow_store;
	config.grow_ctx = indexes->owner;
	expect_eq(gm_index_store_size(&config, 1, &metadata), 0);
	expect_eq(gm_index_store_init(&indexes->store, &config,
				      take_piece(BUFFERS, (size_t)metadata.bytes, 64),
				      metadata.bytes),
		  0);
	expect_eq(gm_index_init(&indexes->index, &indexes->store, &indexes->owner[0]), 0);
	expect_eq(gm_index_init(&indexes->small, &indexes->store, &indexes->owner[1]), 0);
	insert(&indexes->small, 0);
	for (i = 0; i < NR_PAGES; i++)
		insert(&indexes->index, i);
}

/* Every third page is gone, and some left a shadow; others are marked. */
static int is_there(unsigned i)
{
	return i % 3 != 0;
}

static int has_shadow(unsigned i)
{
	return !is_there(i) && i < 3 * NR_SHADOWS;
}

static gm_word shadow_of(unsigned i)
{
	/* As numbers they would lie in what moves. */
	return ((gm_word)(uintptr_t)pieces[BUFFERS] >> 2) + i;
}

static gm_word shadow_base;

static void age_indexes(void)
{
	unsigned i;

	shadow_base = shadow_of(0);
	for (i = 0; i < NR_PAGES; i++) {
		struct gm_desc *desc = gm_index_find(&indexes->index, offset_of(i));

		if (is_there(i)) {
			expect_eq(gm_index_mark(&indexes->index, desc,
						i % 5 == 0 ? GM_INDEX_DIRTY : 0, 0),
				  0);
			continue;
		}
		expect_eq(
			gm_index_erase(&indexes->index, desc, has_shadow(i) ? shadow_base + i : 0),
			0);
		expect_eq(gm_space_put(&machine->space, desc), 1);
	}
}

static void check_page(unsigned i)
{
	struct gm_desc *desc;
	gm_word shadow;

	if (is_there(i)) {
		expect_eq(gm_index_find_get(&indexes->index, offset_of(i), &desc), 0);
		expect(gm_desc_owner(desc) == indexes->index.owner);
		expect_eq(gm_index_marks(&indexes->index, desc), i % 5 == 0 ? GM_INDEX_DIRTY : 0);
		expect_eq(gm_space_put(&machine->space, desc), 0);
		return;
	}
	expect_eq(gm_index_find_get(&indexes->index, offset_of(i), &desc), -GM_ENOENT);
	expect_eq(gm_index_shadow(&indexes->index, offset_of(i), &shadow),
		  has_shadow(i) ? 0 : -GM_ENOENT);
	if (has_shadow(i))
		expect_eq(shadow, shadow_base + i);
}

static void check_indexes(void)
{
	struct gm_index_verify verify, small;
	struct gm_index_stats stats;
	struct gm_desc *desc;
	unsigned i;

	check_machine();
	expect_eq(gm_index_verify(&indexes->index, &verify), 0);
	expect_eq(gm_index_verify(&indexes->small, &small), 0);
	gm_index_store_stats(&indexes->store, &stats);
	expect_eq(verify.nr_nodes + small.nr_nodes, stats.nr_nodes);
	for (i = 0; i < NR_PAGES; i++)
		check_page(i);
	expect_eq(gm_index_find_get(&indexes->small, 0, &desc), 0);
	expect_eq(gm_space_put(&machine->space, desc), 0);
}

/* And goes on: nodes are taken and returned. */
static void use_indexes(void)
{
	unsigned i;

	for (i = NR_PAGES; i < 2 * NR_PAGES; i++)
		expect_eq(gm_index_insert(&indexes->index, offset_of(i),
					  new_page(indexes->index.owner), NULL),
			  0);
	for (i = NR_PAGES; i < 2 * NR_PAGES; i++) {
		struct gm_desc *desc = gm_index_find(&indexes->index, offset_of(i));

		expect_eq(gm_index_erase(&indexes->index, desc, 0), 0);
		expect_eq(gm_space_put(&machine->space, desc), 1);
	}
}

static void move_indexes(int opaque)
{
	struct gm_rebase_move moves[NR_PIECES];
	struct gm_rebase rebase;
	char *owner;
	unsigned round;

	memset(&rebase, 0, sizeof(rebase));
	rebase.opaque = opaque;
	begin_indexes();
	age_indexes();
	check_indexes();
	owner = indexes->owner;
	for (round = 0; round < 3; round++) {
		move_machine(&rebase, moves);
		indexes = gm_rebase_pointer(&rebase, indexes);
		expect_eq(gm_rebase_space(&machine->space, &rebase), 0);
		expect_eq(gm_rebase_store(&indexes->store, &rebase), 0);
		expect_eq(gm_rebase_index(&indexes->index, &rebase), 0);
		expect_eq(gm_rebase_index(&indexes->small, &rebase), 0);
		expect(indexes->index.owner == (opaque ? indexes->owner : owner));
		expect(indexes->store.grow_ctx == indexes->index.owner);
		expect(indexes->store.space == &machine->space);
		check_indexes();
		use_indexes();
		check_indexes();
	}
}

static void indexes_move(void)
{
	move_indexes(0);
}

static void owners_of_indexes_move(void)
{
	move_indexes(1);
}

static void refusals(void)
{
	struct gm_rebase_move move = { 0x1000, 0x2000, 0 };
	struct gm_rebase rebase = { &move, 1, 1 };
	struct indexes before;

	begin_indexes();
	before = *indexes;
	expect_eq(gm_rebase_store(&indexes->store, &rebase), -GM_ESIZE);
	expect_eq(gm_rebase_index(&indexes->index, &rebase), -GM_ESIZE);
	move.bytes = 64;
	move.from = (uintptr_t)indexes->store.nodes.lanes;
	move.to = move.from + MIB;
	expect_eq(gm_rebase_store(&indexes->store, &rebase), -GM_ERANGE);
	move.from = gm_atomic_load_relaxed(&indexes->store.nodes.head) + 64;
	move.to = move.from + MIB;
	expect_eq(gm_rebase_store(&indexes->store, &rebase), -GM_ERANGE);
	expect_eq(memcmp(&before, indexes, sizeof(before)), 0);
}

static void code_of_stores_moves(void)
{
	struct gm_rebase_move moves[NR_PIECES];
	struct gm_rebase rebase;

	memset(&rebase, 0, sizeof(rebase));
	begin_indexes();
	indexes->store.grow = (gm_grow_hook *)(uintptr_t)indexes->owner;
	move_machine(&rebase, moves);
	indexes = gm_rebase_pointer(&rebase, indexes);
	expect_eq(gm_rebase_store(&indexes->store, &rebase), 0);
	expect_eq((uintptr_t)indexes->store.grow, (uintptr_t)indexes->owner);
}

UNIT_MAIN("rebase_index", UNIT_TEST(indexes_move), UNIT_TEST(owners_of_indexes_move),
	  UNIT_TEST(refusals), UNIT_TEST(code_of_stores_moves))
