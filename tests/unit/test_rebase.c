/* SPDX-License-Identifier: BSD-2-Clause */
/* test_rebase.c - moves, blocks of memory, and what a pointer that is forgotten does;
 * granmem/rebase.h. */
#include "rebase_life.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void pointers_of_the_caller(void)
{
	static const struct gm_rebase_move moves[] = {
		{ 0, 0x10000, 0x100 }, /* NULL is in it */
		{ 0x1000, 0x500, 0x40 },
	};
	static const struct gm_rebase rebase = { moves, 2, 0 };
	static const uintptr_t expected[][2] = {
		{ 0, 0 },          { 1, 0x10001 },     { 0xff, 0x100ff },
		{ 0x100, 0x100 },  { 0xfff, 0xfff },   { 0x1000, 0x500 },
		{ 0x103f, 0x53f }, { 0x1040, 0x1040 }, { 0x10000, 0x10000 },
	};
	size_t i;

	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		expect_eq((uintptr_t)gm_rebase_pointer(&rebase, (void *)expected[i][0]),
			  expected[i][1]);
}

/* Moves that are refused. What they are about is nowhere near the table. */
static void unsound_moves(void)
{
	static const struct {
		int err;
		struct gm_rebase_move moves[2];
	} cases[] = {
		{ -GM_ESIZE, { { 0x1000, 0x2000, 0 }, { 0x4000, 0x5000, 64 } } },
		{ -GM_ESIZE, { { 0x1000, 0x2000, 64 }, { 0x4000, 0x5000, 0 } } },
		{ -GM_EOVERFLOW, { { UINTPTR_MAX - 63, 0, 65 }, { 0x4000, 0x5000, 64 } } },
		{ -GM_EOVERFLOW, { { 0, UINTPTR_MAX - 63, 65 }, { 0x4000, 0x5000, 64 } } },
		{ -GM_EALIGN, { { 0x1000, 0x2020, 64 }, { 0x4000, 0x5000, 64 } } },
		{ -GM_EEXIST, { { 0x1000, 0x2000, 65 }, { 0x1040, 0x5040, 64 } } },
		{ -GM_EEXIST, { { 0x1040, 0x2000, 64 }, { 0x1000, 0x5000, 65 } } },
		{ -GM_EEXIST, { { 0x1000, 0x2000, 65 }, { 0x4000, 0x2040, 64 } } },
		{ 0, { { 0x1000, 0x2000, 64 }, { 0x1040, 0x2040, 64 } } },
		{ 0, { { UINTPTR_MAX - 63, 0x40, 64 }, { 0x40, UINTPTR_MAX - 63, 64 } } },
	};
	struct gm_rebase rebase;
	struct machine before;
	size_t i;

	begin_machine(BUFFER);
	before = *machine;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rebase.moves = cases[i].moves;
		rebase.nr_moves = 2;
		rebase.opaque = 0;
		expect_eq(gm_rebase_table(GM_REGION_ADHOC, &machine->adhoc.table, &rebase),
			  cases[i].err);
		expect_eq(gm_rebase_space(&machine->space, &rebase), cases[i].err);
		expect_eq(memcmp(&before, machine, sizeof(before)), 0);
	}
	expect_eq(gm_rebase_table(GM_REGION_ADHOC, NULL, &rebase), -GM_EINVAL);
	expect_eq(gm_rebase_table(GM_REGION_DEVICE, &machine->adhoc.table, &rebase), -GM_EINVAL);
}

/* One move, refused by a space; nothing has changed, here or there. */
static void refuse(int err, uintptr_t from, uintptr_t bytes, uintptr_t distance)
{
	static unsigned char before[NR_PIECES][PIECE_BYTES];
	struct gm_rebase_move move;
	struct gm_rebase rebase = { &move, 1, 1 };
	unsigned piece;

	for (piece = 0; piece < NR_PIECES; piece++)
		if (piece_used[piece] != 0)
			memcpy(before[piece], pieces[piece], piece_used[piece]);
	move.from = from;
	move.to = from + distance;
	move.bytes = bytes;
	expect_eq(gm_rebase_space(&machine->space, &rebase), err);
	for (piece = 0; piece < NR_PIECES; piece++)
		expect(piece_used[piece] == 0 ||
		       memcmp(before[piece], pieces[piece], piece_used[piece]) == 0);
}

/* Blocks that a move has a part of, and slabs at places that are none of theirs. */
static void blocks_move_as_a_whole(void)
{
	unsigned long long seed = 77;
	struct gm_rebase_move there;
	uintptr_t buffers, hooks, slab, at, distance;
	unsigned kind;

	begin_life(GROWN, &seed);
	buffers = (uintptr_t)pieces[BUFFERS];
	hooks = (uintptr_t)pieces[HOOKS];
	for (kind = 0; kind < NR_KINDS; kind++) {
		at = (uintptr_t)machine_table(kind)->lanes;
		refuse(-GM_ERANGE, at, 64, MIB);
		refuse(-GM_ERANGE, at + 64, PIECE_BYTES / 2, PIECE_BYTES);
	}
	refuse(-GM_ERANGE, (uintptr_t)machine->regions, 64, MIB);
	refuse(-GM_ERANGE, (uintptr_t)&machine->regions[1], 64, MIB);
	refuse(-GM_ERANGE, (uintptr_t)&machine->folio + 64, 64, MIB);
	refuse(-GM_ERANGE, (uintptr_t)&machine->compound, 64, MIB);
	refuse(-GM_ERANGE, (uintptr_t)&machine->adhoc, 64, MIB);
	/* The copies have to be there, since the lists of slabs lead through them. */
	move_piece(HOOKS, 0, &there);
	distance = there.to - there.from;
	slab = gm_atomic_load_relaxed(&machine->folio.descs.head);
	refuse(-GM_ERANGE, hooks, slab - hooks + 64, distance);
	slab = gm_atomic_load_relaxed(&machine->adhoc.descs.head);
	refuse(-GM_ERANGE, hooks, slab - hooks + 64, distance);
	slab = gm_atomic_load_relaxed(&machine->adhoc.radix.nodes[0].head);
	refuse(-GM_ERANGE, slab + 64, 64, distance);
	refuse(-GM_EALIGN, hooks, PIECE_BYTES, distance + 64);
	expect(buffers != hooks);
}

/* What is left of a buffer is the table's, too. */
static void arenas_move_as_a_whole(void)
{
	struct gm_rebase_move there;
	uintptr_t buffers, at, distance;

	begin_machine_of(BUFFER, 512);
	(void)claim(1, 4 * KIB, 1);
	buffers = (uintptr_t)pieces[BUFFERS];
	move_piece(BUFFERS, 0, &there);
	distance = there.to - there.from;
	at = gm_atomic_load_relaxed(&machine->folio.arena_next);
	expect(at < machine->folio.arena_end);
	refuse(-GM_ERANGE, buffers, at - buffers + 64, distance);
	at = (uintptr_t)machine->adhoc.arena.slabs;
	refuse(-GM_ERANGE, at + (machine->adhoc.arena.nr_slabs << machine->adhoc.slab_shift) - 64,
	       64, distance);
	refuse(-GM_EALIGN, buffers, PIECE_BYTES, distance + 4 * KIB);
}

/*
 * Controls: one pointer that is forgotten ends the program.
 */
static void die(int number)
{
	(void)number;
	_exit(1);
}

/* Nothing here says anything to Check, whose process this is not. */
static void use_all(void)
{
	struct gm_claim request;
	struct gm_verify verify;
	struct gm_desc *desc;
	unsigned i, kind;

	memset(&request, 0, sizeof(request));
	request.type = 1;
	for (kind = 0; kind < NR_KINDS; kind++) {
		request.size = kind == 2 ? 64 : 4 * KIB;
		request.min = gm_paddr(bases[kind]);
		request.max = gm_paddr(bases[kind] + REGION_BYTES);
		for (i = 0; i < (kind == 2 ? 4000 : 100); i++)
			if (gm_space_claim(&machine->space, &request, GM_NODE_ANY, &desc) != 0)
				_exit(2);
	}
	for (i = 0; i < nr_held; i++)
		if (gm_space_find_get(&machine->space, gm_paddr(held_base[i]), 0, &desc) != 0)
			_exit(3);
	if (gm_verify_space(&machine->space, &verify) != 0)
		_exit(4);
}

static int survives(void *word, size_t bytes, const void *old)
{
	pid_t child = fork();
	int status;

	expect(child >= 0);
	if (child == 0) {
		signal(SIGSEGV, die);
		signal(SIGBUS, die);
		memcpy(word, old, bytes);
		use_all();
		_exit(0);
	}
	expect(waitpid(child, &status, 0) == child);
	return status == 0;
}

/* The first word of some that leads into memory that moved. */
static gm_word *first_changed(gm_word *words, size_t nr, const struct gm_rebase *rebase)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (words[i] - rebase->moves[BUFFERS].to < rebase->moves[BUFFERS].bytes)
			return &words[i];
	unit_fail(__FILE__, __LINE__, "no pointer");
	return NULL;
}

static void forgotten_pointers_are_noticed(void)
{
	unsigned long long seed = 12;
	struct gm_rebase_move moves[NR_PIECES];
	struct gm_rebase rebase;
	gm_word *words[16];
	unsigned nr = 0, i;

	memset(&rebase, 0, sizeof(rebase));
	begin_life(BUFFER, &seed);
	move_machine(&rebase, moves);
	expect_eq(gm_rebase_space(&machine->space, &rebase), 0);
	expect(survives(machine->owner, 1, machine->owner));
#define WORD(pointer) words[nr++] = (gm_word *)(void *)&(pointer)
	WORD(machine->compound.blocks.descs);
	WORD(machine->compound.blocks.words);
	WORD(machine->compound.blocks.summary);
	WORD(machine->folio.blocks.table.lanes);
	WORD(machine->folio.blocks.words);
	WORD(machine->folio.descs.lanes);
	WORD(machine->folio.descs.head);
	WORD(machine->adhoc.table.lanes);
	WORD(machine->adhoc.arena.slabs);
	WORD(machine->adhoc.radix.top);
	WORD(machine->adhoc.radix.full);
	WORD(machine->adhoc.radix.nodes[1].head);
	words[nr++] =
		first_changed(gm_radix_root_slot(&machine->adhoc.radix, machine->adhoc.radix.first),
			      machine->adhoc.radix.end - machine->adhoc.radix.first, &rebase);
	words[nr] = first_changed(gm_radix_node(*words[nr - 1]), GM_RADIX_NODE_SLOTS, &rebase);
	nr++;
	words[nr++] = first_changed((gm_word *)(void *)machine->folio.blocks.words,
				    (size_t)machine->folio.blocks.nr_granules, &rebase);
	for (i = 0; i < nr; i++) {
		gm_word old = *words[i] - moves[BUFFERS].to + moves[BUFFERS].from;

		if (survives(words[i], sizeof(old), &old))
			expect_eq(i, nr);
	}
}

UNIT_MAIN("rebase", UNIT_TEST(pointers_of_the_caller), UNIT_TEST(unsound_moves),
	  UNIT_TEST(blocks_move_as_a_whole), UNIT_TEST(arenas_move_as_a_whole),
	  UNIT_TEST(forgotten_pointers_are_noticed))
