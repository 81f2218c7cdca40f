/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_pool.c - a pool of one small slab; contracts in halt.h.
 *
 * Each side holds an element that it may return or mark. Variants: the lane keeps
 * a free element or not, and beside that many are free, none, or none is known.
 */
#include "halt.h"

#include <granmem/pool.h>

#define SLAB_SHIFT 9
#define SLAB ((size_t)1 << SLAB_SHIFT)
#define ELEMENT 64
#define NR_HELD 8 /* more than a slab has, with its neighbours */

enum variant { KEPT, SOME, FULL, NR_VARIANTS };

#define IN_ALL ((1u << NR_VARIANTS) - 1)

struct pool_world {
	struct gm_pool pool;
	struct gm_pool_lane lane;
	unsigned char *slabs; /* three: one for the start, one for each side to add */
	void *own[2];         /* what each side may return */
	void *taken[2];       /* what it took */
	unsigned nr_taken;    /* in all, at the start */
	uint32_t nr_elements; /* of a slab */
};

static struct pool_world *world(void)
{
	return (struct pool_world *)(void *)memory_world;
}

static struct gm_pool *pool(void)
{
	return &world()->pool;
}

static void setup(unsigned variant, unsigned refs, unsigned pins)
{
	struct pool_world *w;
	unsigned i;

	(void)refs;
	(void)pins;
	memory_begin();
	w = memory_take(sizeof(*w), 64);
	w->slabs = memory_take(3 * SLAB, SLAB);
	must(gm_pool_init(&w->pool, ELEMENT, 0, SLAB_SHIFT, &w->lane, 1) == 0, "init");
	must(gm_pool_add(&w->pool, w->slabs, SLAB, 1) == 1, "add");
	w->nr_elements = w->pool.nr_elements;
	w->nr_taken = variant == FULL ? w->nr_elements : 3;
	for (i = 0; i < w->nr_taken; i++) {
		void *element = gm_pool_take(&w->pool, 0, 0);

		must(element != NULL, "take");
		w->own[i & 1] = element;
	}
	if (variant == KEPT) {
		gm_pool_return(&w->pool, gm_pool_take(&w->pool, 0, 0), 0);
		must(w->lane.kept != 0, "kept");
	}
}

static void took(struct outcome *out, void *element)
{
	world()->taken[side(out)] = element;
	out->answer = element != NULL ? 0 : -GM_ENOMEM;
	out->refs = element != NULL;
}

static void op_take(struct outcome *out)
{
	took(out, gm_pool_take(pool(), 0, 0));
}

static void op_take_thorough(struct outcome *out)
{
	took(out, gm_pool_take(pool(), 0, 1));
}

static void op_return(struct outcome *out)
{
	gm_pool_return(pool(), world()->own[side(out)], 0);
	out->refs = -1;
}

static void op_mark_orphan(struct outcome *out)
{
	gm_pool_mark_orphan(pool(), world()->own[side(out)]);
}

/* Its own mark, or the other's: each is found once. */
static void op_take_orphan(struct outcome *out)
{
	void *element;

	gm_pool_mark_orphan(pool(), world()->own[side(out)]);
	while ((element = gm_pool_take_orphan(pool())) != NULL) {
		gm_pool_return(pool(), element, 0);
		out->refs--;
	}
}

/* What the other does not touch is found. */
static void op_next(struct outcome *out)
{
	void *element = NULL;
	int found = 0;

	while ((element = gm_pool_next(pool(), element)) != NULL)
		found += element == world()->own[side(out)];
	if (found != 1)
		out->wrong = "its own element was not visited once";
}

static void op_used(struct outcome *out)
{
	if (gm_pool_used(pool()) > 3 * world()->nr_elements)
		out->wrong = "more is in use than there is";
}

static void op_add(struct outcome *out)
{
	if (gm_pool_add(pool(), world()->slabs + (1 + side(out)) * SLAB, SLAB, 0) != 1)
		out->wrong = "the slab was not added";
}

static const char *check(const struct outcome *halted, const struct outcome *other)
{
	struct pool_world *w = world();
	long used = (long)w->nr_taken + halted->refs + other->refs;
	uint64_t all = w->nr_elements * (gm_pool_bytes(&w->pool) >> SLAB_SHIFT);
	void *element;

	if (w->taken[0] != NULL && w->taken[0] == w->taken[1])
		return "one element was handed out twice";
	if (gm_pool_used(&w->pool) != (uint64_t)used)
		return "the number of elements in use is wrong";
	while ((element = gm_pool_take_orphan(&w->pool)) != NULL) {
		gm_pool_return(&w->pool, element, 0);
		used--;
	}
	while (gm_pool_take(&w->pool, 0, 1) != NULL)
		used++;
	return (uint64_t)used == all ? NULL : "an element is lost";
}

static const struct operation operations[] = {
	{ "take", op_take, ANSWER(0) | ANSWER(GM_ENOMEM), IN_ALL, 0, 0 },
	{ "take thoroughly", op_take_thorough, ANSWER(0) | ANSWER(GM_ENOMEM), IN_ALL, 0, 0 },
	{ "return", op_return, ANSWER(0), IN_ALL, 0, 0 },
	{ "mark an orphan", op_mark_orphan, ANSWER(0), IN_ALL, 0, 0 },
	{ "take orphans", op_take_orphan, ANSWER(0), IN_ALL, 0, 0 },
	{ "next", op_next, ANSWER(0), IN_ALL, 0, 0 },
	{ "used", op_used, ANSWER(0), IN_ALL, 0, 0 },
	{ "add", op_add, ANSWER(0), IN_ALL, 0, 0 },
};

const struct world world_pool = { "pool",     IN_ALL, sizeof(operations) / sizeof(operations[0]),
				  operations, setup,  check };
