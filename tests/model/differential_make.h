/* SPDX-License-Identifier: BSD-2-Clause */
/* differential_make.h - create and claim on three tables. */
#ifndef DIFFERENTIAL_MAKE_H
#define DIFFERENTIAL_MAKE_H

#include "differential.h"

static void differ_create(struct differential *d)
{
	struct model *m = &d->reference;
	struct gm_desc *descs[NR_TABLES] = { NULL };
	struct gm_object object;
	int got[NR_TABLES];
	int want, live, frozen = 0;
	unsigned i;

	model_fill_object(m, &object);
	want = model_unsound(m, &object);
	/* What only the ad-hoc table can express, or calls by another name. */
	if (want != model_unsound(&d->tables[NR_TABLES - 1], &object))
		return;
	live = want == 0 && model_overlap(m, object.base.value, object.size, &frozen);
	for (i = 0; i < NR_TABLES; i++)
		got[i] = d->tables[i].ops->create(d->tables[i].table, &object, &descs[i]);
	if (live)
		want = -GM_EEXIST;
	else if (frozen)
		want = -GM_EBUSY;
	/* Where both are in the way, tables of blocks name what they meet first. */
	differ_compare(d, "create", got, want, live && frozen ? -GM_EBUSY : want);
	if (want == 0)
		differ_compare_object(d, differ_enter(d, object.base.value, object.size,
						      object.type, object.owner, descs));
}

struct differ_place {
	uint64_t base;
};

static int differ_accept(void *ctx, struct gm_paddr base)
{
	const struct differ_place *place = ctx;

	return base.value == place->base;
}

/* One piece, or nr pieces of a granule. */
static int differ_claim_in(struct model *table, const struct gm_claim *claim, size_t nr,
			   struct gm_desc **out)
{
	return nr == 1 ? table->ops->claim(table->table, claim, out) :
			 table->ops->claim_each(table->table, claim, nr, out);
}

/* Make in this table what the first one found: by a claim that can only find the
 * same, or piece by piece where it is. */
static int differ_follow(struct differential *d, unsigned i, const struct gm_claim *claim,
			 uint64_t base, uint64_t size, size_t nr, struct gm_desc **out)
{
	struct model *table = &d->tables[i];
	struct differ_place place = { base };
	struct gm_object object = { gm_paddr(base), size / nr, claim->type, claim->owner };
	struct gm_claim same = *claim;
	size_t made;
	int err = 0;

	switch (model_random(&d->reference, 3)) {
	case 0:
		same.min = gm_paddr(base);
		same.max = gm_paddr(base + size);
		return differ_claim_in(table, &same, nr, out);
	case 1:
		same.accept = differ_accept;
		same.accept_ctx = &place;
		return differ_claim_in(table, &same, nr, out);
	default:
		for (made = 0; made < nr && err == 0; made++) {
			object.base = gm_paddr(base + made * object.size);
			err = table->ops->create(table->table, &object, &out[made]);
		}
		return err;
	}
}

/* What the reference says to a claim that the first table refused. */
static int differ_refusal(struct model *m, const struct gm_claim *claim, uint64_t size,
			  uint64_t align, int *also)
{
	uint64_t low = claim->min.value > m->base ? claim->min.value : m->base;
	uint64_t high = m->base + m->size;

	if (claim->max.value != 0 && claim->max.value < high)
		high = claim->max.value;
	if (low >= high || size > high - low)
		return *also = -GM_ERANGE;
	if (model_fits(m, claim, size, align))
		return *also = 0;
	/* Whether the search met a frozen object depends on where it looked. */
	*also = model_any_frozen(m) ? -GM_EBUSY : -GM_ENOMEM;
	return -GM_ENOMEM;
}

/* The pieces of a claim that all tables granted. */
static void differ_enter_claimed(struct differential *d, const struct gm_claim *claim,
				 uint64_t base, uint64_t piece, size_t nr,
				 struct gm_desc *descs[NR_TABLES][40])
{
	size_t made;

	for (made = 0; made < nr; made++) {
		struct gm_desc *same[NR_TABLES];
		unsigned i;

		for (i = 0; i < NR_TABLES; i++)
			same[i] = descs[i][made];
		differ_compare_object(d, differ_enter(d, base + made * piece, piece, claim->type,
						      claim->owner, same));
	}
}

/*
 * Where a claim goes is a table's own choice. So one of them finds the place, and
 * the others are asked for that place.
 */
static void differ_claim(struct differential *d, size_t nr)
{
	struct model *m = &d->reference;
	unsigned first = (unsigned)model_random(m, NR_TABLES);
	struct gm_desc *descs[NR_TABLES][40] = { { NULL } };
	struct gm_claim claim;
	uint64_t piece, size, align, base = 0;
	int got[NR_TABLES];
	int want = 0, also = 0;
	unsigned i;

	model_fill_claim(m, &claim);
	piece = nr == 1 ? claim.size : m->granule;
	size = nr * piece;
	align = nr == 1 ? model_align(m, &claim, size) :
			  (claim.align != 0 ? claim.align : m->granule);
	claim.align = align;
	got[first] = differ_claim_in(&d->tables[first], &claim, nr, descs[first]);
	if (got[first] == 0)
		base = gm_desc_base(descs[first][0]);
	else
		want = differ_refusal(m, &claim, size, align, &also);
	for (i = 0; i < NR_TABLES; i++)
		if (i != first)
			got[i] = got[first] == 0 ?
					 differ_follow(d, i, &claim, base, size, nr, descs[i]) :
					 differ_claim_in(&d->tables[i], &claim, nr, descs[i]);
	differ_compare(d, nr == 1 ? "claim" : "claim_each", got, want, also);
	if (want != 0)
		return;
	MODEL_EXPECT(m, (base & (align - 1)) == 0 && base >= claim.min.value);
	MODEL_EXPECT(m, base >= m->base && base + size <= m->base + m->size);
	MODEL_EXPECT(m, claim.max.value == 0 || base + size <= claim.max.value);
	MODEL_EXPECT(m, claim.accept == NULL || claim.accept(claim.accept_ctx, gm_paddr(base)));
	differ_enter_claimed(d, &claim, base, piece, nr, descs);
}

#endif
