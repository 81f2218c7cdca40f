/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * op_list.c - every operation on a table, what it needs, and what it may answer;
 * and the worlds they run in.
 *
 * Claims of memory anywhere must succeed: there is always enough of it, whatever
 * the other is in the middle of. So must everything that only touches the neighbour,
 * and lookups of what their caller holds.
 */
#include "tables.h"

#include <granmem/adhoc.h>
#include <granmem/compound.h>

#define SUCCESS ANSWER(0)
#define MAYBE (SUCCESS | ANSWER(GM_EBUSY))
#define LOOKUP (ANSWER(GM_ENOENT) | ANSWER(GM_EBUSY) | ANSWER(GM_ENOTRAM))
#define UNDONE (ANSWER(GM_ETYPE) | ANSWER(GM_EBUSY) | ANSWER(GM_EORPHAN))

/* The last three are the folio table's. */
#define NR_FOLIO 44
#define NR_OTHERS (NR_FOLIO - 3)

static const struct operation operations[NR_FOLIO] = {
	/* name, function, answers, variants, references and pins */
	{ "get", op_get, SUCCESS, IN_CROWD, 1, 0 },
	{ "get_checked", op_get_checked, SUCCESS, IN_CROWD, 1, 0 },
	{ "add", op_add, SUCCESS, IN_CROWD, 1, 0 },
	{ "put", op_put, SUCCESS, IN_PRESENT, 1, 0 },
	{ "put_many", op_put_many, SUCCESS, IN_CROWD, 1, 0 },
	{ "put_sole", op_put_sole, SUCCESS, IN_PRESENT, 1, 0 },
	{ "try_get", op_try_get, MAYBE, IN_CROWD, 0, 0 },
	{ "try_get_type", op_try_get_type, MAYBE, IN_CROWD, 0, 0 },
	{ "try_get_type of another", op_try_get_other, UNDONE, IN_CROWD, 0, 0 },
	{ "try_get and undo", op_try_undo, MAYBE, IN_CROWD, 0, 0 },
	{ "pin", op_pin, MAYBE | ANSWER(GM_EPINNED) | ANSWER(GM_EORPHAN), IN_CROWD, 0, 0 },
	{ "unpin", op_unpin, SUCCESS, IN_CROWD, 1, 1 },
	{ "set_nopin", op_set_nopin, SUCCESS, IN_CROWD, 1, 0 },
	{ "clear_nopin", op_clear_nopin, SUCCESS, IN_CROWD, 1, 0 },
	{ "set_flags", op_set_flags, SUCCESS, IN_CROWD, 1, 0 },
	{ "clear_flags", op_clear_flags, SUCCESS, IN_CROWD, 1, 0 },
	{ "freeze and thaw", op_freeze, MAYBE, IN_CROWD, 1, 0 },
	{ "freeze and remove", op_retire, MAYBE, IN_PRESENT, 1, 0 },
	{ "look", op_look, SUCCESS, IN_CROWD, 0, 0 },
	{ "create", op_create, MAYBE | ANSWER(GM_EEXIST), IN_ALL, 0, 0 },
	{ "create over it", op_create_over, MAYBE | ANSWER(GM_EEXIST), IN_ALL, 0, 0 },
	{ "create beside", op_create_beside, MAYBE | ANSWER(GM_EEXIST), IN_ALL, 0, 0 },
	{ "find_get", op_find_get, MAYBE | LOOKUP, IN_ALL, 0, 0 },
	{ "find_get of its holder", op_find_get_held, SUCCESS, IN_PRESENT, 1, 0 },
	{ "find_get of another type", op_find_get_other, LOOKUP | ANSWER(GM_ETYPE), IN_PRESENT, 0,
	  0 },
	{ "find_get beside", op_find_get_near, SUCCESS, IN_CROWD, 0, 0 },
	{ "find", op_find, SUCCESS, IN_PRESENT, 1, 0 },
	{ "find without a reference", op_find_hint, SUCCESS, IN_PRESENT, 0, 0 },
	{ "put beside", op_put_near, SUCCESS, IN_CROWD, 0, 0 },
	{ "claim", op_claim, SUCCESS, IN_ALL, 0, 0 },
	{ "claim here", op_claim_here, MAYBE | ANSWER(GM_ENOMEM), IN_ALL, 0, 0 },
	{ "claim_each", op_claim_each, SUCCESS, IN_PRESENT | IN_RECYCLED, 0, 0 },
	{ "release_range", op_release, MAYBE, IN_PRESENT, 1, 0 },
	{ "release_range of a part", op_release_cut, MAYBE, IN_PRESENT, 1, 0 },
	{ "reap", op_reap, SUCCESS, IN_CROWD, 0, 0 },
	{ "for_each", op_for_each, SUCCESS, IN_PRESENT, 0, 0 },
	{ "stats", op_stats, SUCCESS, IN_CROWD, 0, 0 },
	{ "find_get and put", op_find_get_put, MAYBE | LOOKUP, IN_ALL, 0, 0 },
	{ "create and put", op_create_put, MAYBE | ANSWER(GM_EEXIST), IN_RECYCLED | IN_ALONE, 0,
	  0 },
	{ "put and create", op_put_create, MAYBE | ANSWER(GM_EEXIST), IN_PRESENT, 1, 0 },
	{ "put and claim", op_put_claim, SUCCESS, IN_PRESENT, 1, 0 },
	{ "mark", op_mark, MAYBE | ANSWER(GM_EEXIST), IN_ALL, 0, 0 },
	{ "mark again", op_mark_marked, MAYBE | ANSWER(GM_EEXIST), IN_CROWD, 0, 0 },
	{ "unmark", op_unmark_marked, MAYBE | ANSWER(GM_ENOENT), IN_CROWD, 0, 0 },
};

TABLE_OPS(compound, 0);
TABLE_OPS(folio, 0);
TABLE_OPS(adhoc, 1);

/* Granules from the begin of the region. */
#define GRANULES(first, nr) \
	{ \
		BASE + (first)*GRANULE, (nr)*GRANULE \
	}

static const struct place compound = {
	.calls = &compound_ops,
	.size = 32 * GRANULE,
	.x = GRANULES(4, 4),
	.cut = GRANULES(5, 1),
	.over = GRANULES(0, 8),
	.near = GRANULES(8, 1),
	.beside = GRANULES(9, 1),
	.orphan = GRANULES(10, 1),
	.other_size = 4 * GRANULE,
};

static const struct place folio = {
	.calls = &folio_ops,
	.size = 32 * GRANULE,
	.x = GRANULES(4, 4),
	.cut = GRANULES(5, 1),
	.over = GRANULES(0, 8),
	.near = GRANULES(8, 1),
	.beside = GRANULES(9, 1),
	.orphan = GRANULES(10, 1),
	.marked = GRANULES(12, 2),
	.other_size = 4 * GRANULE,
};

/* Root slots are of 512 granules: x is in the leaf below the second one. */
#define ROOT 512
#define ROOT_BYTES (ROOT * GRANULE)

static const struct place adhoc = {
	.calls = &adhoc_ops,
	.size = 4 * ROOT_BYTES,
	.x = GRANULES(ROOT + 4, 4),
	.cut = GRANULES(ROOT + 5, 1),
	.over = GRANULES(ROOT + 2, 4),
	.near = GRANULES(ROOT + 8, 1),
	.beside = GRANULES(ROOT + 9, 1),
	.orphan = GRANULES(ROOT + 10, 1),
	.other_size = GRANULE,
};

/* x is a part of one granule. The 64 bytes at a time, from that granule on. */
#define PIECES(first, nr) \
	{ \
		BASE + (ROOT + 8) * GRANULE + (first)*64, (nr)*64 \
	}

static const struct place adhoc_small = {
	.calls = &adhoc_ops,
	.size = 4 * ROOT_BYTES,
	.x = PIECES(0, 4),
	.cut = PIECES(1, 1),
	.over = { BASE + (ROOT + 8) * GRANULE - 128, 256 },
	.near = PIECES(4, 1),
	.beside = PIECES(5, 1),
	.orphan = PIECES(6, 1),
	.other_size = 64,
};

/* x is a root slot: cutting it makes a leaf, and what is beside is in another. */
static const struct place adhoc_big = {
	.calls = &adhoc_ops,
	.size = 8 * ROOT_BYTES,
	.x = GRANULES(ROOT, ROOT),
	.cut = GRANULES(ROOT + 508, 1),
	.over = GRANULES(ROOT - 2, 4),
	.beside = GRANULES(ROOT - 1, 1),
	.other_size = ROOT_BYTES,
};

#define WORLD(place, variants, nr) \
	static void setup_##place(unsigned variant, unsigned refs, unsigned pins) \
	{ \
		table_setup(&place, variant, refs, pins); \
	} \
	const struct world world_##place = { #place,     variants,      nr, \
					     operations, setup_##place, table_check }

/* Where there are no leaves, x need not be alone; pieces and root slots differ from
 * granules in what the tree does. */
WORLD(compound, IN_RECYCLED | IN_CROWD, NR_OTHERS);
WORLD(folio, IN_COLD | IN_RECYCLED | IN_CROWD, NR_FOLIO);
WORLD(adhoc, IN_ALL, NR_OTHERS);
WORLD(adhoc_small, IN_RECYCLED | IN_ALONE, NR_OTHERS);
WORLD(adhoc_big, IN_RECYCLED | IN_ALONE, NR_OTHERS);
