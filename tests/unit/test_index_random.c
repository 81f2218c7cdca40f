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
static void *kept[4096]; /* nodes that the index does not get */
static unsigned nr_kept;

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
		expect_eq(gm_index_marks(&an_index, desc), covers[unit]->marks);
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
	compare_order(GM_INDEX_DIRTY | GM_INDEX_USER(3));
	expect_eq(gm_index_verify(&an_index, &verify), 0);
	expect_eq(verify.nr_nodes + nr_kept, nodes_used());
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
	gm_word shadow = 77, over = 0;
	unsigned unit, taken = 0;
	uint64_t nodes = nodes_used();
	int err;

	choose(&new.first, &new.nr);
	if (object->desc != NULL || new.nr > UNITS - new.first)
		return;
	for (unit = new.first; unit < new.first + new.nr; unit++) {
		taken += covers[unit] != NULL;
		over = over != 0 ? over : shadows[unit];
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
		expect_eq(shadow, 77);
		expect_eq(nodes_used(), nodes);
		expect_eq(gm_space_put(&space, new.desc), 1);
		if (err == -GM_ENOMEM && over != 0)
			compare_units();
		return;
	}
	nr_over += over != 0;
	expect_eq(shadow, over);
	*object = new;
	cover(object, object, 0);
}

static void do_erase(void)
{
	struct object *object = some_object();
	gm_word shadow = below(2) != 0 ? 1 + below(1000) : 0;

	if (object == NULL)
		return;
	erase_at(at(object->first + below(object->nr)), shadow);
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
	expect_eq(gm_index_replace(&an_index, object->desc, new), 0);
	expect_eq(gm_space_put(&space, object->desc), 1);
	object->desc = new;
}

static void do_mark(void)
{
	struct object *object = some_object();
	gm_word set = below(64) << 2, clear = below(64) << 2;

	if (object == NULL)
		return;
	expect_eq(gm_index_mark(&an_index, object->desc, set, clear), 0);
	object->marks = (object->marks & ~clear) | set;
}

static void do_forget(void)
{
	unsigned first = below(UNITS), end = first + 1 + below(100), unit;

	if (end > UNITS)
		end = UNITS;
	for (unit = first; unit < end; unit++)
		if (shadows[unit] != 0)
			break;
	expect_eq(gm_index_forget(&an_index, at(first), at(end)) != 0, unit < end);
	/* A slot with a shadow may reach out of the range, but no farther than it is long. */
	for (unit = 0; unit < UNITS; unit++) {
		gm_word shadow;

		if (gm_index_shadow(&an_index, at(unit), &shadow) == 0) {
			expect_eq(shadow, shadows[unit]);
			expect(unit < first || unit >= end);
			continue;
		}
		if (shadows[unit] != 0)
			expect(unit + 4096 > first && unit < end + 4096);
		shadows[unit] = 0;
	}
}

/* Leave nr_nodes. */
static void keep_nodes(unsigned nr_nodes)
{
	while ((kept[nr_kept] = gm_pool_take(&store.nodes, 0, 1)) != NULL)
		nr_kept++;
	expect(nr_kept > nr_nodes);
	while (nr_nodes-- > 0)
		gm_pool_return(&store.nodes, kept[--nr_kept], 0);
}

static void random_steps(uint64_t from, unsigned nr_nodes, unsigned steps)
{
	unsigned i;

	memset(covers, 0, sizeof(covers));
	memset(shadows, 0, sizeof(shadows));
	memset(objects, 0, sizeof(objects));
	start = from;
	seed = 88172645463325252ull + from + nr_nodes;
	nr_short = nr_over = 0;
	make_space();
	make_store(0, 20);
	nr_kept = 0;
	keep_nodes(nr_nodes);
	expect_eq(gm_index_init(&an_index, &store, &owner[0]), 0);
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
		if (i % 400 == 0)
			compare();
	}
	expect(nr_over > 10);
	while (some_object() != NULL)
		do_erase();
	compare();
	(void)gm_index_forget(&an_index, 0, ~(uint64_t)0);
	while (nr_kept > 0)
		gm_pool_return(&store.nodes, kept[--nr_kept], 0);
	end_index();
}

static void test_at_the_beginning(void)
{
	random_steps(0, 500, 8000);
	expect_eq(nr_short, 0);
}

static void test_far_away(void)
{
	random_steps((uint64_t)3 << 30, 500, 8000);
	expect_eq(nr_short, 0);
}

static void test_short_of_nodes(void)
{
	random_steps(0, 28, 8000);
	expect(nr_short > 100);
	random_steps((uint64_t)3 << 30, 28, 8000);
	expect(nr_short > 100);
}

UNIT_MAIN("index_random", UNIT_TEST(test_at_the_beginning), UNIT_TEST(test_far_away),
	  UNIT_TEST(test_short_of_nodes))
