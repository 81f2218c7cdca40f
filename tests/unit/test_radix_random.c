/* SPDX-License-Identifier: BSD-2-Clause */
/* Random operations on the tree of granmem/radix.h beside a plain array of words. */
#include "radix_unit.h"

#define UNITS (1u << 17) /* of 64 bytes */
#define OBJECTS 256

static gm_word model[UNITS]; /* what each unit should say */
static unsigned long long seed;
static gm_word last_value;

struct object {
	uint64_t first, end; /* bytes */
	gm_word value;
};

static struct object objects[OBJECTS];
static unsigned nr_objects;

static gm_word walked(uint64_t offset)
{
	struct gm_radix_at at;

	expect_eq(gm_radix_walk(&radix, offset, 0, &at), 0);
	return at.value;
}

static uint64_t below(uint64_t limit)
{
	return (unit_random(&seed) >> 11) % limit;
}

static uint64_t model_end(void)
{
	return radix.end << radix.levels[radix.root_level].shift;
}

static void model_fill(uint64_t first, uint64_t end, gm_word value)
{
	uint64_t unit;

	for (unit = first / 64; unit < end / 64; unit++)
		model[unit] = value;
}

static int model_is(uint64_t first, uint64_t end, gm_word value)
{
	uint64_t unit;

	for (unit = first / 64; unit < end / 64; unit++)
		if (model[unit] != value)
			return 0;
	return 1;
}

/* Every unit, by both ways of looking; and no node too many: one exists exactly
 * where the units below its parent's slot differ. */
static void compare(void)
{
	unsigned level;
	uint64_t at;

	for (at = 0; at < model_end(); at += 64) {
		expect_eq(gm_radix_lookup(&radix, at), model[at / 64]);
		expect_eq(walked(at), model[at / 64]);
	}
	for (level = 1; level <= radix.root_level; level++) {
		uint64_t bytes = (uint64_t)1 << radix.levels[level].shift;
		uint64_t nr = 0;

		for (at = 0; at < model_end(); at += bytes)
			nr += !model_is(at, at + bytes, model[at / 64]);
		expect_eq(gm_pool_used(&radix.nodes[level - 1]), nr);
	}
}

static void do_link(void)
{
	unsigned shift = radix.levels[below(radix.root_level + 1)].shift;
	uint64_t end = model_end();
	uint64_t first = below(end >> shift) << shift;
	uint64_t size = (1 + below(40)) << (below(2) ? shift : 6);
	gm_word value = (last_value += 16);
	size_t short_of;
	int err;

	if (below(4) == 0)
		first += below((uint64_t)1 << (shift - 6)) * 64;
	if (size > end - first || nr_objects == OBJECTS)
		return;
	err = gm_radix_link(&radix, first, first + size, value, GM_RADIX_THOROUGH, &short_of);
	if (!model_is(first, first + size, 0)) {
		expect_eq(err, -GM_EEXIST);
		return;
	}
	expect_eq(err, 0);
	model_fill(first, first + size, value);
	objects[nr_objects++] = (struct object){ first, first + size, value };
}

static void do_unlink(unsigned i)
{
	struct object gone = objects[i];

	objects[i] = objects[--nr_objects];
	words[0] = 1;
	gm_radix_unlink(&radix, gone.first, gone.end, gone.value);
	expect_eq(words[0], 0);
	model_fill(gone.first, gone.end, 0);
}

static void do_relabel(struct object *object)
{
	gm_word value = (last_value += 16);

	gm_radix_relabel(&radix, object->first, object->end, object->value, value);
	object->value = value;
	model_fill(object->first, object->end, value);
}

/* Cut one object that is exactly one slot; nodes are counted to the last one. */
static void do_cut(unsigned i)
{
	struct object *object = &objects[i];
	uint64_t base = object->first;
	uint64_t size = object->end - base;
	uint64_t first = base + below(size / 64 + 1) * 64;
	uint64_t end = base + below(size / 64 + 1) * 64;
	gm_word right = (last_value += 16);
	struct gm_radix_cut cut;
	struct gm_radix_at at;
	unsigned level;
	size_t short_of;

	expect_eq(gm_radix_walk(&radix, base, 0, &at), 0);
	if (at.level == 0 || size != (uint64_t)1 << radix.levels[at.level].shift || first >= end ||
	    size == end - first || nr_objects == OBJECTS)
		return;
	memset(&cut, 0, sizeof(cut));
	gm_radix_cut_count(&radix, &cut, at.level, base, first, end);
	expect(cut.nr[at.level - 1] == 1);
	for (level = 0; level < radix.root_level; level++)
		expect(cut.nr[level] <= 2);
	expect_eq(gm_radix_cut_take(&radix, &cut, 0, &short_of), 0);
	words[0] = 1;
	gm_radix_cut_slot(&radix, &cut, &at, base, first, end, object->value, right);
	expect_eq(words[0], 0);
	for (level = 0; level < radix.root_level; level++)
		expect(cut.nodes[level][0] == NULL && cut.nodes[level][1] == NULL);
	model_fill(first, end, 0);
	model_fill(end, object->end, right);
	if (end < object->end)
		objects[nr_objects++] = (struct object){ end, object->end, right };
	object->end = first;
	if (first == base)
		objects[i] = objects[--nr_objects];
}

static void random_steps(unsigned granule_shift, unsigned root_level, unsigned nr_root, unsigned nr)
{
	unsigned i;

	begin(granule_shift, root_level, nr_root, 32);
	memset(model, 0, sizeof(model));
	nr_objects = 0;
	last_value = 0;
	seed = 88172645463325252ull + granule_shift;
	for (i = 0; i < nr; i++) {
		/* In turns the range fills and empties. */
		unsigned what = (unsigned)below(i / 500 % 2 ? 12 : 6);

		if (what < 3 || nr_objects == 0)
			do_link();
		else if (what == 3)
			do_relabel(&objects[below(nr_objects)]);
		else if (what == 4)
			do_cut((unsigned)below(nr_objects));
		else
			do_unlink((unsigned)below(nr_objects));
		if (i % 250 == 0)
			compare();
	}
	while (nr_objects > 0)
		do_unlink(0);
	compare();
	expect(nodes_used() == 0 && words[0] == 0);
}

static void test_random(void)
{
	unsigned shift;

	for (shift = 9; shift <= 12; shift++)
		random_steps(shift, 2, 4, 6000);
}

UNIT_MAIN("radix_random", UNIT_TEST(test_random))
