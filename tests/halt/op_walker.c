/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * op_walker.c - the walker's operations, and what walker.h and reverse.h promise of each
 * beside any other that is stopped.
 *
 * What has to do with an entry that the other is changing may be -GM_EBUSY; what has not
 * may not: mapping elsewhere, a lookup of the neighbour. Each call has a gather and
 * finishes it, wherever it runs: the hooks may be called there. What is not promised, and
 * not done here: quiesce in a handler, init and destroy beside others.
 */
#include "walker_world.h"

static struct gm_walker *walker(void)
{
	return &world()->walker;
}

static struct gm_walker_gather *gather(const struct outcome *out)
{
	return &world()->gathers[side(out)];
}

static void end(struct outcome *out, int err)
{
	gm_walker_gather_finish(walker(), gather(out));
	out->answer = err;
}

static void op_map(struct outcome *out)
{
	end(out, walker_map(0, LEAF, world()->x, 0, gather(out)));
}

static void op_map_large(struct outcome *out)
{
	end(out, walker_map(0, LARGE, world()->x, 0, gather(out)));
}

static void op_map_beside(struct outcome *out)
{
	end(out, walker_map(LEAF, LEAF, world()->y, LEAF, gather(out)));
}

static void op_map_elsewhere(struct outcome *out)
{
	end(out, walker_map(walker_elsewhere(side(out)), LEAF, world()->y, LEAF, gather(out)));
}

static void op_unmap(struct outcome *out)
{
	end(out, gm_walker_unmap(walker(), 0, LEAF, gather(out)));
}

static void op_unmap_large(struct outcome *out)
{
	end(out, gm_walker_unmap(walker(), 0, LARGE, gather(out)));
}

/* The page goes, and another one comes, while the other side is in the first. */
static void op_unmap_map(struct outcome *out)
{
	op_unmap(out);
	if (out->answer == 0)
		op_map(out);
}

static void op_unmap_object(struct outcome *out)
{
	end(out, gm_walker_unmap_object(walker(), 0, LARGE, world()->x, 0, gather(out)));
}

/* The second place is an old one. */
static int next_place(void *ctx, const struct gm_desc *desc, struct gm_reverse_place *place)
{
	unsigned *told = ctx;

	(void)desc;
	place->walker = walker();
	place->va = *told == 0 ? 0 : walker_elsewhere(0);
	place->offset = 0;
	place->bytes = *told == 0 ? LARGE : LEAF;
	return (*told)++ < 2;
}

static void op_reverse_unmap(struct outcome *out)
{
	unsigned told = 0;

	out->answer = gm_reverse_unmap(world()->x, 0, LARGE, next_place, &told);
}

static void op_protect(struct outcome *out)
{
	end(out, gm_walker_protect(walker(), 0, LEAF, GM_PROT_READ, gather(out)));
}

static void op_lookup(struct outcome *out)
{
	struct gm_walker_at at;

	out->answer = gm_walker_lookup(walker(), 0, &at);
	if (out->answer == 0 && at.paddr.value != gm_desc_base(world()->x))
		out->wrong = "found what is not there";
}

static void op_lookup_beside(struct outcome *out)
{
	struct gm_walker_at at;

	out->answer = gm_walker_lookup(walker(), LEAF, &at);
	if (out->answer == 0 && at.paddr.value != gm_desc_base(world()->y) + LEAF)
		out->wrong = "found what is not there";
}

/* The way of a processor that writes at 0. */
static void op_write(struct outcome *out)
{
	const struct gm_pte_format *format = &walker()->config.format;
	gm_word *table = walker()->root;
	unsigned level = walker()->nr_levels - 1;
	struct gm_pte pte;

	while (gm_pte_decode(format, level, gm_atomic_load_acquire(table), &pte) == 0 &&
	       pte.is == GM_PTE_TABLE) {
		table = walker_table(pte.paddr);
		level--;
	}
	if (objects_write(format, level, table))
		world()->written[side(out)] = 1;
}

/* What is mapped keeps the object then. */
static void op_put(struct outcome *out)
{
	(void)gm_space_put(&world()->objects.space, world()->x);
	out->refs = -1;
}

/* There is one of x beside what is mapped, which all use who need one. */
#define ONLY_REFERENCE WITH_LOCK(0)

#define SUCCESS ANSWER(0)
#define MAYBE (SUCCESS | ANSWER(GM_EBUSY))

static const struct operation operations[] = {
	/* name, function, answers, variants and locks, references and pins */
	{ "map", op_map, MAYBE, IN(EMPTY) | IN(ALONE) | IN(CROWD), 0, 0 },
	{ "map a large leaf", op_map_large, MAYBE, IN(EMPTY) | IN(ALONE) | IN(RUN), 0, 0 },
	{ "map beside", op_map_beside, MAYBE, IN(ALONE), 0, 0 },
	{ "map elsewhere", op_map_elsewhere, SUCCESS, IN(EMPTY) | IN(ALONE), 0, 0 },
	{ "unmap", op_unmap, MAYBE, IN_ALL, 0, 0 },
	{ "unmap a large leaf", op_unmap_large, MAYBE, IN(ALONE) | IN_LARGE, 0, 0 },
	{ "unmap and map", op_unmap_map, MAYBE, IN(ALONE), 0, 0 },
	{ "unmap_object", op_unmap_object, MAYBE, IN(CROWD) | IN(BLOCK), 0, 0 },
	{ "reverse_unmap", op_reverse_unmap, MAYBE, IN(ALONE), 0, 0 },
	{ "protect", op_protect, MAYBE, IN(CROWD) | IN(BLOCK), 0, 0 },
	{ "lookup", op_lookup, MAYBE | ANSWER(GM_ENOENT), IN_ALL, 0, 0 },
	{ "lookup beside", op_lookup_beside, SUCCESS, IN(CROWD), 0, 0 },
	{ "write", op_write, SUCCESS, IN(CROWD) | IN(BLOCK) | IN(BREAK), 0, 0 },
	{ "put", op_put, SUCCESS, IN(BREAK) | ONLY_REFERENCE, 0, 0 },
};

const struct world world_walker = {
	"walker",   IN_ALL,       sizeof(operations) / sizeof(operations[0]),
	operations, walker_setup, walker_check
};
