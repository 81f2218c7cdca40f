/* SPDX-License-Identifier: BSD-2-Clause */
/* test_rebase_table.c - tables and spaces live on at another address; granmem/rebase.h. */
#include "rebase_life.h"

static void move_thrice(enum source source)
{
	unsigned long long seed = 0x9e3779b97f4a7c15ull + source;
	struct gm_rebase_move moves[NR_PIECES];
	struct gm_rebase rebase;
	unsigned round;

	memset(&rebase, 0, sizeof(rebase));
	begin_life(source, &seed);
	for (round = 0; round < 3; round++) {
		/* One stays frozen while it moves. */
		expect_eq(gm_ref_freeze(held[7], 1), 0);
		move_machine(&rebase, moves);
		expect_eq(gm_rebase_space(&machine->space, &rebase), 0);
		check_machine();
		gm_ref_thaw(gm_rebase_pointer(&rebase, held[7]), 1);
		if (round == 1) {
			expect_eq(gm_space_reap(&machine->space, NULL, NULL), nr_orphans);
			nr_orphans = 0;
		}
		check_life(&rebase);
		live_on(&seed, 800);
		check_machine();
	}
	end_life();
}

static void tables_in_buffers_move(void)
{
	move_thrice(BUFFER);
}

static void tables_that_grew_move(void)
{
	move_thrice(GROWN);
}

static void self_hosted_tables_move(void)
{
	move_thrice(HOSTED);
}

/* The struct stays where it is, and the buffer moves. */
static void one_table_moves(void)
{
	unsigned long long seed = 99;
	struct gm_rebase_move move;
	struct gm_rebase rebase = { &move, 1, 0 };
	unsigned kind;

	begin_life(BUFFER, &seed);
	move_piece(BUFFERS, 0, &move);
	forbid(&move);
	for (kind = 0; kind < NR_KINDS; kind++)
		expect_eq(gm_rebase_table((enum gm_region_kind)(GM_REGION_COMPOUND + kind),
					  machine_table(kind), &rebase),
			  0);
	check_life(&rebase);
	expect_eq(gm_space_reap(&machine->space, NULL, NULL), NR_KINDS);
	end_life();
}

/* What hooks are told, and owners. */
static void contexts_and_owners(void)
{
	unsigned long long seed = 5;
	struct gm_rebase_move moves[NR_PIECES];
	struct gm_rebase rebase;
	char *old;
	int opaque;

	for (opaque = 0; opaque < 2; opaque++) {
		char *expected;
		unsigned i, kind;

		memset(&rebase, 0, sizeof(rebase));
		begin_life(GROWN, &seed);
		old = machine->owner;
		rebase.opaque = opaque;
		move_machine(&rebase, moves);
		expect_eq(gm_rebase_space(&machine->space, &rebase), 0);
		expected = opaque ? machine->owner : old;
		for (i = 0; i < nr_held; i++)
			expect(gm_desc_owner(gm_rebase_pointer(&rebase, held[i])) == expected);
		for (kind = 0; kind < NR_KINDS; kind++) {
			expect(machine_table(kind)->grow == machine_grow);
			expect(machine_table(kind)->grow_ctx == expected);
			expect(machine_table(kind)->to_virtual_ctx == expected);
		}
		check_machine();
	}
}

/* The hooks and the tables' own functions, as if they were where the owner is. */
static void code_moves(void)
{
	struct gm_rebase_move moves[NR_PIECES];
	struct gm_rebase rebase;
	unsigned kind;
	char *code;

	memset(&rebase, 0, sizeof(rebase));
	begin_machine(GROWN);
	code = machine->owner;
	for (kind = 0; kind < NR_KINDS; kind++) {
		machine_table(kind)->grow = (gm_grow_hook *)(uintptr_t)code;
		machine_table(kind)->to_virtual = (gm_to_virtual_hook *)(uintptr_t)code;
	}
	machine->compound.blocks.ops = (const struct gm_blocks_ops *)(void *)code;
	machine->folio.blocks.ops = (const struct gm_blocks_ops *)(void *)code;
	machine->adhoc.grow = (gm_adhoc_grower *)(uintptr_t)code;
	move_machine(&rebase, moves);
	expect_eq(gm_rebase_space(&machine->space, &rebase), 0);
	expect(machine->owner != code);
	code = machine->owner;
	for (kind = 0; kind < NR_KINDS; kind++) {
		expect_eq((uintptr_t)machine_table(kind)->grow, (uintptr_t)code);
		expect_eq((uintptr_t)machine_table(kind)->to_virtual, (uintptr_t)code);
	}
	expect((const void *)machine->compound.blocks.ops == code);
	expect((const void *)machine->folio.blocks.ops == code);
	expect_eq((uintptr_t)machine->adhoc.grow, (uintptr_t)code);
}

/* Nodes that are set aside for growth, and where searches ended: what objects do without
 * most of the time. */
static void what_is_rarely_used(void)
{
	unsigned long long seed = 41;
	struct gm_rebase_move moves[NR_PIECES];
	struct gm_rebase rebase;
	gm_word reserved[2], searched, any = 0;
	unsigned i;

	memset(&rebase, 0, sizeof(rebase));
	begin_life(HOSTED, &seed);
	for (i = 0; i < 2; i++) {
		reserved[i] = gm_atomic_load_relaxed(&machine->adhoc.radix.reserve[i]);
		any |= reserved[i];
	}
	expect(any != 0);
	/* As after a search in vain. */
	searched = gm_atomic_load_relaxed(&machine->adhoc.descs.head);
	gm_atomic_store_relaxed(&machine->adhoc.descs.searched, searched);
	move_machine(&rebase, moves);
	expect_eq(gm_rebase_space(&machine->space, &rebase), 0);
	for (i = 0; i < 2; i++)
		expect_eq(gm_atomic_load_relaxed(&machine->adhoc.radix.reserve[i]),
			  (gm_word)gm_rebase_pointer(&rebase, (void *)reserved[i]));
	expect_eq(gm_atomic_load_relaxed(&machine->adhoc.descs.searched),
		  (gm_word)gm_rebase_pointer(&rebase, (void *)searched));
}

UNIT_MAIN("rebase_table", UNIT_TEST(tables_in_buffers_move), UNIT_TEST(tables_that_grew_move),
	  UNIT_TEST(self_hosted_tables_move), UNIT_TEST(one_table_moves),
	  UNIT_TEST(contexts_and_owners), UNIT_TEST(code_moves), UNIT_TEST(what_is_rarely_used))
