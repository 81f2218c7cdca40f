/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random operations on an index beside two plain arrays: what covers each unit, and
 * the shadow that lies there. Where nodes are short, a call that fails must have
 * changed nothing.
 */
#include "index_unit.h"

#define UNITS 6000u /* of the part that is used */
#define OBJECTS 300u

struct object {
	struct gm_desc *desc;
	unsigned first, nr; /* units */
	gm_word marks;
};

static struct object *covers[UNITS];
static gm_word shadows[UNITS];
static struct object objects[OBJECTS];
static unsigned long long seed;
static uint64_t start; /* of the part that is used */
static unsigned nr_short, nr_over;

static unsigned below(unsigned limit)
{
	return (unsigned)((unit_random(&seed) >> 11) % limit);
}

static uint64_t at(unsigned unit)
{
	return start + unit * PAGE;
}

/* Sizes of all levels, aligned as caches do, or anyhow. */
static void choose(unsigned *first, unsigned *nr)
{
	static const unsigned orders[] = { 0, 0, 0, 1, 2, 3, 6, 6, 7, 9, 12 };

	*nr = 1u << orders[below(11)];
	if (below(4) == 0)
		*nr += below(*nr) + below(70);
	*first = below(UNITS);
	if (below(3) != 0)
		*first &= ~(*nr - 1);
}

static void compare_units(void)
{
	unsigned unit;

	for (unit = 0; unit < UNITS; unit++) {
		struct gm_desc *desc = NULL;
		gm_word shadow = 0;
		int err = gm_index_find_get(&an_index, at(unit) + below(4096), &desc);

		expect_eq(err, covers[unit] != NULL ? 0 : -GM_ENOENT);
		if (err == 0) {
			expect(desc == covers[unit]->desc);
			expect_eq(gm_space_put(&space, desc), 0);
		}
		err = gm_index_shadow(&an_index, at(unit), &shadow);
		expect_eq(err, shadows[unit] != 0 ? 0 : -GM_ENOENT);
		expect_eq(shadow, shadows[unit]);
	}
}

/* All objects with any of these marks, in order. */
static void compare_order(gm_word marks)
{
	uint64_t offset = start;
	unsigned unit = 0;

	for (;;) {
		struct gm_desc *desc;
		int err;

		while (unit < UNITS &&
		       (covers[unit] == NULL || (marks != 0 && !(covers[unit]->marks & marks))))
			unit++;
		err = gm_index_next(&an_index, &offset, at(UNITS), marks, &desc);
		expect_eq(err, unit < UNITS ? 0 : -GM_ENOENT);
		if (err != 0)
			break;
		expect(desc == covers[unit]->desc);
		unit = covers[unit]->first + covers[unit]->nr;
		expect_eq(offset, at(unit));
		expect_eq(gm_space_put(&space, desc), 0);
	}
}

static void compare(void)
{
	struct gm_index_verify verify;

	compare_units();
	compare_order(0);
	compare_order(GM_INDEX_DIRTY);
	compare_order(GM_INDEX_DIRTY | GM_INDEX_WRITEBACK);
	expect_sound(&an_index, &verify);
	expect_eq(verify.nr_nodes, nodes_used());
}

static struct object *some_object(void)
{
	unsigned i = below(OBJECTS), n;

	for (n = 0; n < OBJECTS; n++, i = (i + 1) % OBJECTS)
		if (objects[i].desc != NULL)
			return &objects[i];
	return NULL;
}

static void cover(const struct object *object, struct object *by, gm_word shadow)
{
	unsigned unit;

	for (unit = object->first; unit < object->first + object->nr; unit++) {
		covers[unit] = by;
		shadows[unit] = shadow;
	}
}

static void do_insert(void)
{
	struct object *object = &objects[below(OBJECTS)];
	struct object new;
	gm_word shadow = 77;
	unsigned unit, taken = 0, over = 0;
	int err;

	choose(&new.first, &new.nr);
	if (object->desc != NULL || new.nr > UNITS - new.first)
		return;
	for (unit = new.first; unit < new.first + new.nr; unit++) {
		taken += covers[unit] != NULL;
		over += shadows[unit] != 0;
	}
	new.desc = new_object(new.nr * PAGE);
	new.marks = 0;
	err = gm_index_insert(&an_index, at(new.first), new.desc, &shadow);
	if (taken != 0)
		expect_eq(err, -GM_EEXIST);
	else if (err != -GM_ENOMEM)
		expect_eq(err, 0);
	if (err != 0) {
		nr_short += err == -GM_ENOMEM;
		expect_eq(gm_space_put(&space, new.desc), 1);
		if (err == -GM_ENOMEM && over != 0)
			compare_units();
		return;
	}
	nr_over += over != 0;
	expect_eq(shadow, shadows[new.first]);
	*object = new;
	cover(object, object, 0);
}

static void do_erase(void)
{
	struct object *object = some_object();
	gm_word shadow = below(2) != 0 ? 1 + below(1000) : 0;
	struct gm_desc *desc;
	gm_word marks;

	if (object == NULL)
		return;
	expect_eq(gm_index_take(&an_index, at(object->first + below(object->nr)), shadow, &marks,
				&desc),
		  0);
	expect(desc == object->desc && marks == object->marks);
	expect_eq(gm_space_put(&space, desc), 1);
	cover(object, NULL, shadow);
	object->desc = NULL;
}

static void do_replace(void)
{
	struct object *object = some_object();
	struct gm_desc *new;

	if (object == NULL)
		return;
	new = new_object(object->nr * PAGE);
	gm_ref_get(object->desc); /* as if it had been held */
	expect_eq(gm_index_replace(&an_index, object->desc, new), 0);
	expect_eq(gm_space_put(&space, object->desc), 0);
	expect_eq(gm_space_put(&space, object->desc), 1);
	object->desc = new;
}

static void do_mark(void)
{
	struct object *object = some_object();
	gm_word set = below(4), clear = below(4), before;

	if (object == NULL)
		return;
	expect_eq(gm_index_mark(&an_index, object->desc, set, clear, &before), 0);
	expect_eq(before, object->marks);
	object->marks = (before & ~clear) | set;
}

static void do_forget(void)
{
	unsigned first = below(UNITS), end = first + 1 + below(100), unit;
	uint64_t nr;

	if (end > UNITS)
		end = UNITS;
	/* A slot with a shadow may reach out of the range: those of one value that lie
	 * together are forgotten together, as far as they are of one slot. */
	for (unit = first; unit < end; unit++)
		if (shadows[unit] != 0)
			break;
	if (unit == end)
		return;
	nr = gm_index_forget(&an_index, at(first), at(end));
	expect(nr > 0);
	for (unit = 0; unit < UNITS; unit++) {
		gm_word shadow;

		if (gm_index_shadow(&an_index, at(unit), &shadow) == 0)
			continue;
		/* Nothing farther away than a slot of an object goes. */
		if (shadows[unit] != 0)
			expect(unit + 4096 > first && unit < end + 4096);
		shadows[unit] = 0;
	}
	for (unit = first; unit < end; unit++)
		expect_eq(shadows[unit], 0);
}

/* nr_slabs 0: as many nodes as it takes. */
static void random_steps(unsigned node_shift, unsigned root_shift, uint64_t from, unsigned nr_slabs,
			 unsigned steps)
{
	struct gm_index_store_config config;
	unsigned i;

	memset(&config, 0, sizeof(config));
	memset(covers, 0, sizeof(covers));
	memset(shadows, 0, sizeof(shadows));
	memset(objects, 0, sizeof(objects));
	config.node_shift = node_shift;
	start = from;
	seed = 88172645463325252ull + node_shift + root_shift + from;
	nr_short = nr_over = 0;
	make_space();
	if (nr_slabs == 0)
		make_store(&config, 2000);
	else
		make_store_of_slabs(&config, nr_slabs);
	make_index(&an_index, &owner[0], start + UNITS * PAGE, root_shift);
	for (i = 0; i < steps; i++) {
		/* In turns it fills and empties. */
		unsigned what = below(i / 400 % 2 ? 14 : 8);

		if (what < 4)
			do_insert();
		else if (what == 4)
			do_replace();
		else if (what == 5)
			do_mark();
		else if (what == 6 && below(20) == 0)
			do_forget();
		else if (what > 6)
			do_erase();
		if (i % 150 == 0)
			compare();
	}
	expect(nr_over > 10);
	while (some_object() != NULL)
		do_erase();
	compare();
	(void)gm_index_forget(&an_index, 0, ~(uint64_t)0);
	end_index();
}

static void test_graded(void)
{
	random_steps(6, 0, 0, 0, 20000);
	random_steps(4, 0, 0, 0, 10000);
	random_steps(9, 0, (uint64_t)3 << 30, 0, 10000);
}

static void test_flat(void)
{
	random_steps(6, 18, 0, 0, 20000);
	random_steps(9, 21, 0, 0, 10000);
	random_steps(6, 12, 0, 0, 10000);
}

static void test_short_of_nodes(void)
{
	random_steps(6, 0, 0, 3, 20000);
	expect(nr_short > 100);
	random_steps(6, 0, (uint64_t)3 << 30, 5, 20000);
	expect(nr_short > 100);
	random_steps(4, 20, 0, 2, 20000);
	expect(nr_short > 100);
}

UNIT_MAIN("index_random", UNIT_TEST(test_graded), UNIT_TEST(test_flat),
	  UNIT_TEST(test_short_of_nodes))
