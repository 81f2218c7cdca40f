/* SPDX-License-Identifier: BSD-2-Clause */
/* op_table.c - the operations of a table, around the place of one object. */
#include "tables.h"

static void create(struct outcome *out, const struct range *range)
{
	struct gm_object object = { .base = gm_paddr(range->base),
				    .size = range->size,
				    .type = TYPE };
	struct gm_desc *desc;

	out->answer = calls()->create(scene()->table, &object, &desc);
	out->refs = out->answer == 0;
}

void op_create(struct outcome *out)
{
	create(out, &scene()->place->x);
}

void op_create_over(struct outcome *out)
{
	create(out, &scene()->place->over);
}

void op_create_beside(struct outcome *out)
{
	create(out, &scene()->place->beside);
}

static struct gm_desc *find_get(struct outcome *out, uint64_t paddr, unsigned type)
{
	struct gm_desc *desc = NULL;

	out->answer = calls()->find_get(scene()->table, gm_paddr(paddr), type, &desc);
	if (out->answer != 0)
		return NULL;
	out->refs = 1;
	if (!gm_desc_covers(desc, paddr))
		out->wrong = "found what is not there";
	return desc;
}

/* Several calls in a row: what was there is recycled, at its place or at another, while
 * the other side still believes what it read of it. */
void op_create_put(struct outcome *out)
{
	const struct range *x = &scene()->place->x;
	struct gm_desc *desc;

	create(out, x);
	if (out->answer != 0)
		return;
	desc = calls()->find(scene()->table, gm_paddr(x->base));
	(void)calls()->put(scene()->table, desc);
	out->refs = 0;
}

void op_put_create(struct outcome *out)
{
	(void)calls()->put(scene()->table, scene()->x);
	create(out, &scene()->place->x);
	out->refs--;
}

/* The last byte of x: in compounds a tail, in trees another slot. */
static uint64_t in_x(void)
{
	return scene()->place->x.base + scene()->place->x.size - 1;
}

void op_find_get(struct outcome *out)
{
	(void)find_get(out, in_x(), TYPE);
}

void op_find_get_put(struct outcome *out)
{
	struct gm_desc *desc = find_get(out, in_x(), TYPE);

	if (desc != NULL)
		(void)calls()->put(scene()->table, desc);
	out->refs = 0;
}

/* For who holds the object: it must be found. */
void op_find_get_held(struct outcome *out)
{
	if (find_get(out, in_x(), 0) != scene()->x)
		out->wrong = "the holder does not find it";
}

void op_find_get_other(struct outcome *out)
{
	(void)find_get(out, in_x(), OTHER_TYPE);
}

/* A neighbour in the same leaf has nothing to do with what happens to x. */
void op_find_get_near(struct outcome *out)
{
	if (find_get(out, scene()->place->near.base, TYPE) != scene()->near)
		out->wrong = "the neighbour is not found";
}

void op_find(struct outcome *out)
{
	if (calls()->find(scene()->table, gm_paddr(in_x())) != scene()->x)
		out->wrong = "the holder does not find it";
}

void op_find_hint(struct outcome *out)
{
	(void)out;
	(void)calls()->find(scene()->table, gm_paddr(in_x()));
}

void op_put_near(struct outcome *out)
{
	if (calls()->put(scene()->table, scene()->near) != 0)
		out->wrong = "others hold the neighbour";
	out->refs = -1;
}

static void claim(struct outcome *out, uint64_t size, uint64_t min, uint64_t max)
{
	struct gm_claim request = { .size = size,
				    .min = gm_paddr(min),
				    .max = gm_paddr(max),
				    .type = TYPE };
	struct gm_desc *desc;

	out->answer = calls()->claim(scene()->table, &request, &desc);
	out->refs = out->answer == 0;
}

void op_claim(struct outcome *out)
{
	claim(out, scene()->place->other_size, 0, 0);
}

void op_put_claim(struct outcome *out)
{
	(void)calls()->put(scene()->table, scene()->x);
	op_claim(out);
	out->refs--;
}

void op_claim_here(struct outcome *out)
{
	const struct range *x = &scene()->place->x;

	claim(out, x->size, x->base, x->base + x->size);
}

void op_claim_each(struct outcome *out)
{
	struct gm_claim request = { .type = TYPE };
	struct gm_desc *descs[3];

	out->answer = calls()->claim_each(scene()->table, &request, 3, descs);
	out->refs = out->answer == 0 ? 3 : 0;
}

static void release(struct outcome *out, const struct range *range, long refs)
{
	out->answer = calls()->release_range(scene()->table, gm_paddr(range->base), range->size);
	out->refs = out->answer == 0 ? refs : 0;
}

void op_release(struct outcome *out)
{
	release(out, &scene()->place->x, -1);
}

/* Of one object become two. */
void op_release_cut(struct outcome *out)
{
	release(out, &scene()->place->cut, 1);
}

void op_reap(struct outcome *out)
{
	(void)out;
	(void)calls()->reap(scene()->table, NULL, NULL);
}

static int count_near(void *ctx, struct gm_desc *desc)
{
	*(unsigned *)ctx += desc == scene()->near;
	return 0;
}

void op_for_each(struct outcome *out)
{
	unsigned met = 0;

	out->answer = calls()->for_each(scene()->table, count_near, &met);
	if (scene()->near != NULL && met != 1)
		out->wrong = "the neighbour was not visited once";
}

void op_stats(struct outcome *out)
{
	struct gm_stats stats;

	calls()->stats(scene()->table, &stats);
	if (stats.free_bytes > stats.region_bytes)
		out->wrong = "more is free than there is";
}

static struct gm_folio *folio(void)
{
	return (struct gm_folio *)scene()->table;
}

void op_mark(struct outcome *out)
{
	const struct range *x = &scene()->place->x;

	out->answer = gm_folio_mark(folio(), gm_paddr(x->base), x->size, GM_FOLIO_OFFLINE);
}

void op_mark_marked(struct outcome *out)
{
	const struct range *marked = &scene()->place->marked;

	out->answer = gm_folio_mark(folio(), gm_paddr(marked->base), marked->size, GM_FOLIO_DEVICE);
}

void op_unmark_marked(struct outcome *out)
{
	const struct range *marked = &scene()->place->marked;

	out->answer = gm_folio_unmark(folio(), gm_paddr(marked->base), marked->size);
}
