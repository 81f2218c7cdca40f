/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * differential.c - the three tables and one naive reference, in lock step.
 *
 * Each operation is chosen once, from what all three tables can express (powers of
 * two of granules at multiples of their size; cuts that leave such pieces), done
 * to all of them, and every answer is compared with the reference's: error codes,
 * records, counts, flags, free bytes. Now and then all that the tables tell of
 * themselves is compared, too.
 *
 *   differential [operations [seed]]
 *
 * The first divergence ends a run, since nothing after it would say anything. Two
 * runs have a reference that lies once; they must diverge.
 */
#include "differential_make.h"
#include "differential_release.h"

#include <unistd.h>

TABLE_OPS(compound, 0);
TABLE_OPS(folio, 0);
TABLE_OPS(adhoc, 1);

static const struct table_ops *const all_ops[NR_TABLES] = { &compound_ops, &folio_ops, &adhoc_ops };

/* The reference is asked for what a table of blocks may be asked for. */
static const struct table_ops reference_ops = { .name = "differential" };

static const struct model_setup setups[] = {
	{ "4 KiB granules", 0x40000000, 1024, 12, 0, 1 << 20, 0, 0, 0 },
	{ "64 KiB granules at an odd base", 0xfff00030000, 333, 16, 64, 1 << 20, 0, 0, 0 },
	{ "512 byte granules", 0x12345600, 700, 9, 48, 1 << 20, 0, 0, 0 },
	{ "descriptors from a grow hook", 0, 1500, 12, 0, 0, 0, 1, 0 },
	{ "ends at 2^52", GM_PADDR_END - (600ull << 12), 600, 12, 1024, 1 << 20, 0, 0, 0 },
	{ "a few granules", 0x7000, 40, 12, 0, 1 << 20, 0, 0, 0 },
};
#define NR_SETUPS (sizeof(setups) / sizeof(setups[0]))

static void begin(struct differential *d, const struct model_setup *setup, unsigned long long seed)
{
	unsigned i;

	memset(d, 0, sizeof(*d));
	model_shape(&d->reference, &reference_ops, setup, seed);
	model_begin_naive(&d->reference);
	for (i = 0; i < NR_TABLES; i++) {
		model_shape(&d->tables[i], all_ops[i], setup, seed);
		/* Which lane a thread has depends on its stack; so a seed replays. */
		d->tables[i].nr_lanes = 1;
		model_begin_table(&d->tables[i]);
	}
}

static void end(struct differential *d)
{
	unsigned i;

	for (i = 0; i < NR_TABLES; i++)
		model_end(&d->tables[i]);
	model_end(&d->reference);
}

/* Everything a table tells of itself at rest, beside the reference. */
static void check_all(struct differential *d)
{
	static struct model view;
	static struct model_object objects[MODEL_OBJECTS];
	unsigned i, j;

	for (i = 0; i < NR_TABLES; i++) {
		view = d->reference;
		view.ops = d->tables[i].ops;
		view.table = d->tables[i].table;
		view.objects = objects;
		memcpy(objects, d->reference.objects, sizeof(objects));
		for (j = 0; j < view.nr; j++)
			objects[view.used[j]].desc = d->descs[i][view.used[j]];
		model_check_all(&view);
	}
}

static void compare_free(struct differential *d)
{
	uint64_t free_bytes = d->reference.free_units << d->reference.unit_shift;
	unsigned i;

	if (d->lie == LIE_FREE_BYTES && d->nr == d->lie_at)
		free_bytes ^= 64;
	for (i = 0; i < NR_TABLES; i++)
		MODEL_EXPECT(&d->reference, gm_table_free_bytes(d->tables[i].table) == free_bytes);
}

static void step(struct differential *d)
{
	struct model *m = &d->reference;
	/* Filling and emptying take turns. */
	int filling = (m->step >> 14) % 3 != 2 && m->nr + 64 <= MODEL_OBJECTS;
	unsigned what = (unsigned)model_random(m, 100);
	unsigned id;

	m->step++;
	if (what < (filling ? 20 : 4) && m->nr < MODEL_OBJECTS)
		differ_create(d);
	else if (what < (filling ? 34 : 8) && m->nr < MODEL_OBJECTS)
		differ_claim(d, 1);
	else if (what < (filling ? 36 : 9) && m->nr + 40 <= MODEL_OBJECTS)
		differ_claim(d, 2 + model_random(m, 39));
	else if (what < 48)
		differ_find(d);
	else if (what < 52)
		differ_hold(d);
	else if (what < 56)
		differ_freeze(d);
	else if (what < 66)
		differ_release(d);
	else if (what < (filling ? 70 : 78))
		differ_drop(d, model_any(m, &id));
	else
		differ_put(d, model_any(m, &id));
	compare_free(d);
}

/* A run in which nothing was granted, or nothing refused, would agree, too. */
static void check_answers(const struct differential *d)
{
	static const int errors[] = { GM_OK,     GM_EINVAL, GM_ESIZE, GM_EALIGN,
				      GM_ERANGE, GM_ENOENT, GM_ETYPE, GM_EBUSY };
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		MODEL_EXPECT(&d->reference, d->reference.answers[0][errors[i]] > d->nr / 50000);
	MODEL_EXPECT(&d->reference, d->reference.answers[0][GM_EEXIST] > d->nr / 1000);
	MODEL_EXPECT(&d->reference, d->reference.answers[0][GM_ENOMEM] > d->nr / 5000);
}

static void progress(unsigned long nr, unsigned long of)
{
	static unsigned long last;

	if (isatty(1) && nr >= last + 1000000) {
		printf("\r%lu of %lu million operations", nr / 1000000, of / 1000000);
		fflush(stdout);
		last = nr;
	}
}

/* Returns 1 if the tables and the reference disagreed. *nr counts the operations. */
static int run(const struct model_setup *setup, unsigned long long seed, unsigned long operations,
	       enum differential_lie lie, unsigned long *nr, unsigned long of)
{
	static struct differential d;
	unsigned long before = *nr;
	jmp_buf escape;

	begin(&d, setup, seed);
	d.lie = lie;
	d.lie_at = lie == LIE_NONE ? 0 : operations / 2;
	d.reference.quiet = lie != LIE_NONE;
	d.reference.escape = &escape;
	if (setjmp(escape) != 0) {
		*nr = before + d.nr;
		if (lie == LIE_NONE)
			fprintf(stderr, "seed %#llx, operation %lu\n", seed, d.nr);
		end(&d);
		return 1;
	}
	while (d.nr < operations) {
		step(&d);
		if (d.reference.step % 5000 == 0)
			check_all(&d);
		progress(before + d.nr, of);
	}
	while (d.reference.nr != 0)
		differ_drop(&d, &d.reference.objects[d.reference.used[0]]);
	check_all(&d);
	compare_free(&d);
	if (lie == LIE_NONE)
		check_answers(&d);
	*nr = before + d.nr;
	end(&d);
	return 0;
}

/* A reference that lies must be found out. */
static int controls(unsigned long long seed)
{
	unsigned long nr = 0;

	if (run(&setups[0], seed, 20000, LIE_NONE, &nr, 0))
		return 0; /* nothing can be said: the runs themselves will tell */
	if (!run(&setups[0], seed, 20000, LIE_ANSWER, &nr, 0) ||
	    !run(&setups[0], seed, 20000, LIE_FREE_BYTES, &nr, 0)) {
		fprintf(stderr, "a reference that lies was believed\n");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long operations = argc > 1 ? strtoul(argv[1], NULL, 0) : 1200000;
	unsigned long long seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 0x9e3779b97f4a7c15ull;
	unsigned long nr = 0, nr_divergences = 0;
	int blind = controls(seed);
	size_t i;

	for (i = 0; i < NR_SETUPS; i++)
		nr_divergences +=
			(unsigned long)run(&setups[i], seed + i, operations / NR_SETUPS + 1,
					   LIE_NONE, &nr, operations);
	printf("%sdifferential: %lu operations, %lu divergences\n", isatty(1) ? "\r" : "", nr,
	       nr_divergences);
	return blind || nr_divergences != 0;
}
