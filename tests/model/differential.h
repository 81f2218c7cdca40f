/* SPDX-License-Identifier: BSD-2-Clause */
/* differential.h - three tables, one reference, and how their answers are compared. */
#ifndef DIFFERENTIAL_H
#define DIFFERENTIAL_H

#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>

#include "model_check.h"
#include "model_predict.h"
#include "model_setup.h"

#define NR_TABLES 3

/* What the reference of a control says wrongly, once. */
enum differential_lie { LIE_NONE, LIE_ANSWER, LIE_FREE_BYTES };

struct differential {
	struct model reference;                          /* the naive half only */
	struct model tables[NR_TABLES];                  /* the tables' halves only */
	struct gm_desc *descs[NR_TABLES][MODEL_OBJECTS]; /* of the reference's objects */
	unsigned long nr; /* operations that all three were asked for */
	unsigned long lie_at;
	enum differential_lie lie;
};

/*
 * The answers to one operation. `want` is the reference's; `also` is a second one
 * where the contract leaves two open (else the same), and then the tables may
 * differ.
 */
static void differ_compare(struct differential *d, const char *operation, const int got[NR_TABLES],
			   int want, int also)
{
	const struct model *m = &d->reference;
	unsigned i;

	d->nr++;
	d->reference.answers[0][want < 0 ? -want : 0]++;
	if (d->lie == LIE_ANSWER && d->nr == d->lie_at) {
		also ^= 1;
		want = also;
	}
	for (i = 0; i < NR_TABLES; i++) {
		if (got[i] == want || got[i] == also)
			continue;
		if (!m->quiet)
			fprintf(stderr, "%s: %s %d, %s %d, %s %d, the reference %d\n", operation,
				d->tables[0].ops->name, got[0], d->tables[1].ops->name, got[1],
				d->tables[2].ops->name, got[2], want);
		model_die(m, __FILE__, __LINE__, "the answers differ");
	}
}

/* An object as each of the tables records it. */
static void differ_compare_object(struct differential *d, const struct model_object *object)
{
	struct model_object one = *object;
	unsigned i;

	for (i = 0; i < NR_TABLES; i++) {
		one.desc = d->descs[i][object - d->reference.objects];
		model_compare(&d->reference, &one);
	}
}

/* The tables have made an object: the reference enters it. */
static struct model_object *differ_enter(struct differential *d, uint64_t base, uint64_t size,
					 unsigned type, void *owner,
					 struct gm_desc *const descs[NR_TABLES])
{
	struct model *m = &d->reference;
	unsigned id = model_new(m, descs[0], base, size, type, owner);
	unsigned i;

	for (i = 0; i < NR_TABLES; i++)
		d->descs[i][id] = descs[i];
	return &m->objects[id];
}

#endif
