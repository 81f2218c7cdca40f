/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_table.h - random operations on a table and on a naive model of it.
 *
 * The model is an array that says for each unit of memory which object covers
 * it, and a list of objects. Each step does the same to both and compares every
 * answer; verify runs now and then, and the memory of some tables moves to another
 * address. In the middle and at the end everything is given back: the free bytes must
 * be what they were, and so must the metadata when the memory is filled again.
 *
 *   MODEL_MAIN(&compound_ops)      model_compound [steps [seed]]
 */
#ifndef MODEL_TABLE_H
#define MODEL_TABLE_H

#include "model_hold.h"
#include "model_make.h"
#include "model_move.h"
#include "model_release.h"
#include "model_setup.h"

static void model_step(struct model *m)
{
	/* Filling and emptying take turns. */
	int filling = (m->step >> 14) % 3 != 2;
	unsigned what = (unsigned)model_random(m, 100);
	unsigned id;

	if (m->nr + 64 > MODEL_OBJECTS)
		filling = 0;
	if (what < (filling ? 20 : 4) && m->nr < MODEL_OBJECTS)
		model_create(m);
	else if (what < (filling ? 34 : 8) && m->nr < MODEL_OBJECTS)
		model_claim(m);
	else if (what < (filling ? 35 : 9))
		model_claim_each(m);
	else if (what < 48)
		model_find(m);
	else if (what < 51)
		model_hold(m);
	else if (what < 52)
		model_find_outside(m);
	else if (what < 56)
		model_freeze(m);
	else if (what < 66)
		model_release(m);
	else if (what < (filling ? 70 : 78))
		model_drop(m, model_any(m, &id));
	else
		model_put(m, model_any(m, &id));
	MODEL_EXPECT(m, gm_table_free_bytes(model_base(m)) == m->free_units << m->unit_shift);
	m->step++;
}

static void model_empty(struct model *m)
{
	while (m->nr != 0)
		model_drop(m, &m->objects[m->used[0]]);
}

/* Everything is given back: all is free that is not metadata. */
static void model_rest_now(struct model *m, struct gm_stats *stats)
{
	model_empty(m);
	model_check_all(m);
	m->ops->stats(m->table, stats);
	MODEL_EXPECT(m, stats->nr_objects == 0);
	MODEL_EXPECT(m, stats->free_bytes == m->size - stats->hosted_bytes);
}

/* Everything is given back, and then granule by granule taken until no memory is left, or
 * no metadata; and given back. */
static void model_fill(struct model *m, struct gm_stats *stats)
{
	struct gm_claim claim;
	struct gm_desc *desc;

	model_rest_now(m, stats);
	memset(&claim, 0, sizeof(claim));
	claim.size = m->granule;
	claim.type = 1;
	m->grow_refuses = 0;
	while (m->nr < MODEL_OBJECTS && m->ops->claim(m->table, &claim, &desc) == 0) {
		model_learn_hosted(m);
		model_new(m, desc, gm_desc_base(desc), m->granule, 1, NULL);
	}
	model_learn_hosted(m);
	model_rest_now(m, stats);
}

static void model_run(const struct table_ops *ops, const struct model_setup *setup,
		      unsigned long steps, unsigned long long seed)
{
	static struct model m;
	struct gm_stats stats, first;
	unsigned long check_every = setup->nr_granules > 2000 ? 20000 : 5000;

	model_shape(&m, ops, setup, seed);
	model_begin_naive(&m);
	model_begin_table(&m);
	model_learn_hosted(&m);
	model_check_all(&m);
	while (m.step < steps) {
		model_step(&m);
		if (setup->moves && m.step % 3000 == 0)
			model_move(&m);
		if (m.step % check_every == 0)
			model_check_all(&m);
		m.grow_refuses = (m.step >> 12) % 4 == 3;
		if (m.step == steps / 2)
			model_fill(&m, &first);
	}
	model_fill(&m, &stats);
	/* Where an object is at least a granule, nothing needs more metadata than that did.
	 * For the ad-hoc table test_adhoc_grow repeats the same objects. */
	if (!ops->any_multiple) {
		MODEL_EXPECT(&m, stats.total_bytes == first.total_bytes);
		MODEL_EXPECT(&m, stats.hosted_bytes == first.hosted_bytes);
	}
	printf("%s, %s: %lu steps, %lu created, %lu claimed, %lu and %lu found no memory, "
	       "metadata %llu bytes\n",
	       ops->name, setup->name, m.step, m.answers[0][0], m.answers[1][0],
	       m.answers[0][GM_ENOMEM], m.answers[1][GM_ENOMEM],
	       (unsigned long long)stats.total_bytes);
	/* A test that never got anywhere would pass, too. */
	MODEL_EXPECT(&m, m.answers[0][0] > steps / 50 && m.answers[1][0] > steps / 50);
	MODEL_EXPECT(&m, m.answers[0][GM_EEXIST] > 0 && m.answers[1][GM_ENOMEM] > 0);
	model_end(&m);
}

static const struct model_setup model_setups[] = {
	{ "4 KiB granules, ample buffer, moves", 0x40000000, 1024, 12, 0, 1 << 20, 0, 0, 1 },
	{ "64 KiB granules at an odd base", 0xfff00030000, 333, 16, 64, 1 << 20, 0, 0, 0 },
	{ "512 byte granules, short buffer", 0x12345600, 700, 9, 48, 100, 0, 0, 0 },
	{ "grow hook that sometimes refuses, moves", 0, 1500, 12, 0, 0, 0, 1, 1 },
	{ "metadata in the region, moves", 0x80000000, 2048, 12, 32, 0, 1, 0, 1 },
	{ "ends at 2^52", GM_PADDR_END - (600ull << 12), 600, 12, 1024, 1 << 20, 0, 0, 0 },
};

static int model_main(const struct table_ops *ops, int argc, char **argv)
{
	unsigned long steps = argc > 1 ? strtoul(argv[1], NULL, 0) : 400000;
	unsigned long long seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 0x9e3779b97f4a7c15ull;
	size_t i;

	for (i = 0; i < sizeof(model_setups) / sizeof(model_setups[0]); i++)
		model_run(ops, &model_setups[i], steps, seed + i);
	return 0;
}

#define MODEL_MAIN(ops)                         \
	int main(int argc, char **argv)         \
	{                                       \
		return model_main(ops, argc, argv); \
	}

#endif
