/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * op_index.c - lookups in an index, and changes of it, and what index.h promises of them.
 *
 * Lookups run beside everything that is stopped, and everything beside a lookup that is.
 * Changes are made under the lock of their index, so that of two which need the same one
 * none is halted for the other: that would be the embedder's lock, not the library. On two
 * indexes of one store they must succeed. What is not promised, and not done here: find
 * and pfn of what may be erased meanwhile, and init and verify beside others.
 */
#include "index_world.h"

static struct gm_index *mine(void)
{
	return &world()->mine;
}

static uint64_t offset_of(uint64_t unit)
{
	return unit * OBJECT_BYTES;
}

static void put(struct gm_desc *desc)
{
	(void)gm_space_put(&world()->objects.space, desc);
}

/* x, or what came in its place, or what began another life there. */
static void found(struct outcome *out, struct gm_desc *desc)
{
	out->refs = 1;
	if (desc != world()->x && desc != world()->z)
		out->wrong = "found what is not there";
	if (gm_desc_owner(desc) != mine())
		out->wrong = "found another owner's";
}

static void op_find_get(struct outcome *out)
{
	struct gm_desc *desc;

	out->answer = gm_index_find_get(mine(), offset_of(world()->at), &desc);
	if (out->answer == 0)
		found(out, desc);
}

/* The second slot of x, which comes and goes after the first. */
static void op_find_get_put(struct outcome *out)
{
	struct gm_desc *desc;

	out->answer = gm_index_find_get(mine(), offset_of(world()->at + 1), &desc);
	if (out->answer != 0)
		return;
	found(out, desc);
	put(desc);
	out->refs = 0;
}

static void op_run(struct outcome *out)
{
	struct gm_desc *desc;
	struct gm_run run;

	out->answer =
		gm_index_run(mine(), offset_of(world()->at + 1), 0, OBJECT_SHIFT, 0, &desc, &run);
	if (out->answer != 0)
		return;
	found(out, desc);
	if (run.bytes != OBJECT_BYTES)
		out->wrong = "it is not the second of two units";
}

/* Whatever happens to x: no part of what is promised about the neighbour changes. */
static void op_find_near(struct outcome *out)
{
	struct gm_desc *near = world()->near;
	struct gm_desc *desc;
	struct gm_pfn pfn;
	uint64_t offset;

	out->answer = gm_index_find_get(mine(), offset_of(NEAR_AT), &desc);
	out->refs = out->answer == 0;
	if (out->answer == 0 && desc != near)
		out->wrong = "the neighbour is not found";
	if (gm_index_find(mine(), offset_of(NEAR_AT)) != near ||
	    gm_index_pfn(mine(), offset_of(NEAR_AT), OBJECT_SHIFT, &pfn) != 0 ||
	    pfn.value != gm_desc_base(near) >> OBJECT_SHIFT ||
	    gm_index_offset(mine(), near, &offset) != 0 || offset != offset_of(NEAR_AT))
		out->wrong = "the neighbour is not where it is";
	if (gm_index_is_empty(mine()) || !gm_index_has(mine(), GM_INDEX_OBJECTS))
		out->wrong = "an index with a neighbour is empty";
}

/* What is frozen, or gone just now, is stepped over, as the contract allows. */
static void search(struct outcome *out, gm_word marks)
{
	struct gm_desc *desc;
	unsigned times = 0;
	uint64_t at = 0;
	int err = 0;

	while (err != -GM_ENOENT) {
		err = gm_index_next(mine(), &at, mine()->store->end, marks, &desc);
		if (err == 0) {
			times += desc == world()->near;
			put(desc);
		} else if (err == -GM_EBUSY) {
			at += OBJECT_BYTES;
		} else if (err != -GM_ENOENT) {
			out->answer = err;
			return;
		}
	}
	if (times != 1)
		out->wrong = "the neighbour was not visited once";
}

static void op_next(struct outcome *out)
{
	search(out, 0);
}

static void op_next_marked(struct outcome *out)
{
	search(out, GM_INDEX_DIRTY);
}

static void op_insert(struct outcome *out)
{
	out->answer = gm_index_insert(mine(), offset_of(world()->at), world()->x, NULL);
}

static void op_insert_high(struct outcome *out)
{
	out->answer = gm_index_insert(mine(), offset_of(AT_HIGH), world()->z, NULL);
}

/* The index's reference is the caller's then. */
static void op_erase(struct outcome *out)
{
	out->answer = gm_index_erase(mine(), world()->x, 0);
}

static void op_erase_shadow(struct outcome *out)
{
	out->answer = gm_index_erase(mine(), world()->x, SHADOW);
}

/* The same descriptor begins another life in the other index, unless the other side has
 * found it meanwhile. */
static void op_move(struct outcome *out)
{
	struct gm_desc *desc;

	out->answer = gm_index_erase(mine(), world()->x, 0);
	put(world()->x);
	out->refs = -1;
	desc = objects_make(X, 2, TYPE, &world()->theirs);
	if (out->answer != 0 || desc == NULL)
		return;
	out->refs = 0;
	out->answer = gm_index_insert(&world()->theirs, offset_of(AT), desc, NULL);
}

static void op_replace(struct outcome *out)
{
	out->answer = gm_index_replace(mine(), world()->x, world()->z);
}

static void op_mark(struct outcome *out)
{
	out->answer = gm_index_mark(mine(), world()->x, GM_INDEX_DIRTY, 0);
	if (gm_index_marks(mine(), world()->x) != GM_INDEX_DIRTY)
		out->wrong = "a mark is not there";
	if (out->answer == 0)
		out->answer = gm_index_mark(mine(), world()->x, GM_INDEX_USER(0), GM_INDEX_DIRTY);
}

static void op_forget(struct outcome *out)
{
	if (gm_index_forget(mine(), 0, mine()->store->end) != 2)
		out->wrong = "a shadow is not forgotten";
}

/* Nobody has a reference but the index. */
static void op_freeze(struct outcome *out)
{
	out->answer = gm_ref_freeze(world()->x, 1);
	if (out->answer == 0)
		gm_ref_thaw(world()->x, 1);
}

static void op_change_other(struct outcome *out)
{
	struct gm_index *theirs = &world()->theirs;

	out->answer = gm_index_insert(theirs, offset_of(AT_APART), world()->other, NULL);
	if (out->answer == 0)
		out->answer = gm_index_erase(theirs, world()->other, 0);
}

#define SUCCESS ANSWER(0)
#define MAYBE (SUCCESS | ANSWER(GM_EBUSY))
#define LOOKUP (MAYBE | ANSWER(GM_ENOENT))

static const struct operation operations[] = {
	/* name, function, answers, variants and locks, references and pins */
	{ "find_get", op_find_get, LOOKUP, IN_ALL, 0, 0 },
	{ "find_get and put", op_find_get_put, LOOKUP, IN_ALL, 0, 0 },
	{ "run", op_run, LOOKUP, IN_PRESENT, 0, 0 },
	{ "find the neighbour", op_find_near, SUCCESS, IN_CROWD, 0, 0 },
	{ "next", op_next, SUCCESS, IN_CROWD, 0, 0 },
	{ "next that is marked", op_next_marked, SUCCESS, IN_CROWD, 0, 0 },
	{ "insert", op_insert, SUCCESS, IN(EMPTY) | MINE, 0, 0 },
	{ "insert and raise", op_insert_high, SUCCESS, IN(ALONE) | IN(FULL) | MINE, 0, 0 },
	{ "erase", op_erase, SUCCESS, IN_PRESENT | MINE, 0, 0 },
	{ "erase for a shadow", op_erase_shadow, SUCCESS, IN(APART) | MINE, 0, 0 },
	{ "move", op_move, SUCCESS, IN(ALONE) | IN(FULL) | MINE | THEIRS, 0, 0 },
	{ "replace", op_replace, SUCCESS, IN(ALONE) | IN(APART) | MINE, 0, 0 },
	{ "mark", op_mark, SUCCESS, IN(FULL) | MINE, 0, 0 },
	{ "forget", op_forget, SUCCESS, IN(FULL) | MINE, 0, 0 },
	{ "freeze and thaw", op_freeze, MAYBE, IN(FULL) | MINE, 0, 0 },
	{ "change another index", op_change_other, SUCCESS, IN(EMPTY) | IN(FULL) | THEIRS, 0, 0 },
};

const struct world world_index = {
	"index",    IN_ALL,      sizeof(operations) / sizeof(operations[0]),
	operations, index_setup, index_check
};
