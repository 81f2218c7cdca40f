/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race_index.c - lookups in an index: before each operation of one, an object goes away,
 * a node becomes one of another index, or of another level.
 */
#include "race.h"

#include <granmem/adhoc.h>
#include <granmem/index.h>

#include <stdio.h>
#include <string.h>

#define UNIT ((uint64_t)4096)
#define BASE ((uint64_t)1 << 30)
#define REGION (512 * UNIT)
#define SLAB ((size_t)1 << 14)

static struct gm_adhoc table;
static struct gm_region region;
static struct gm_space space;
static struct gm_index_store store;
static struct gm_index mine, theirs;
static _Alignas(1 << 14) unsigned char memory[2 * SLAB];
static unsigned char metadata[1 << 18];
static struct gm_desc *given, *first, *third, *other_object, *found;
static struct gm_run run;
static uint64_t where, offset; /* units; bytes */
static int answer, frozen;
static unsigned long nr_runs, nr_orphans;

static struct gm_desc *claim(unsigned units, void *owner)
{
	struct gm_claim request = { .size = units * UNIT, .type = 1, .owner = owner };
	struct gm_desc *desc = NULL;

	race_check(gm_space_claim(&space, &request, GM_NODE_ANY, &desc) == 0, "claim");
	return desc;
}

static void insert(struct gm_index *index, uint64_t unit, struct gm_desc *desc)
{
	race_check(gm_index_insert(index, unit * UNIT, desc, NULL) == 0, "insert");
}

/* The first index has an object of two units, alone in a leaf; the other a unit in one. */
static void begin(void)
{
	struct gm_table_config config = { .base = gm_paddr(BASE),
					  .size = REGION,
					  .desc_size = sizeof(struct gm_indexed) };
	struct gm_index_config nodes = { .space = &space, .nr_lanes = 1 };

	memset(metadata, 0, sizeof(metadata));
	memset(&region, 0, sizeof(region));
	race_check(gm_adhoc_init(&table, &config, metadata, sizeof(metadata)) == 0, "init");
	region.base = config.base;
	region.size = config.size;
	region.table = &table.table;
	region.kind = GM_REGION_ADHOC;
	gm_space_init(&space, &region, 1);
	space.nr_regions = 1;
	race_check(gm_index_store_init(&store, &nodes, memory, sizeof(memory)) == 0 &&
			   gm_index_init(&mine, &store, &mine) == 0 &&
			   gm_index_init(&theirs, &store, &theirs) == 0,
		   "init");
	given = first = claim(2, &mine);
	third = claim(1, &mine);
	other_object = claim((unsigned)GM_INDEX_SLOTS, &theirs);
	insert(&theirs, 1, claim(1, &theirs));
	insert(&mine, 0, given);
	found = NULL;
	frozen = 0;
	offset = where * UNIT;
}

static void find(void)
{
	answer = gm_index_find_get(&mine, where * UNIT, &found);
}

static void translate(void)
{
	answer = gm_index_run(&mine, where * UNIT, 0, 12, 0, &found, &run);
}

static void search(void)
{
	answer = gm_index_next(&mine, &offset, 8 * UNIT, 0, &found);
}

/* It is erased, and nobody else has it. */
static void vanish(const void *unused)
{
	(void)unused;
	if (gm_index_erase(&mine, given, 0) != 0)
		return;
	if (gm_space_put(&space, given) == 0)
		nr_orphans++;
}

/* Its leaf becomes the root of the other index. */
static void rise(const void *unused)
{
	vanish(unused);
	if (other_object == NULL)
		return;
	insert(&theirs, GM_INDEX_SLOTS, other_object);
	other_object = NULL;
}

/* It goes to the second unit, so that its slot is another's. */
static void shift(const void *unused)
{
	(void)unused;
	if (gm_index_erase(&mine, given, 5) == 0)
		insert(&mine, 2, given);
}

/* Another object is there instead. */
static void replace(const void *unused)
{
	struct gm_desc *old = given;

	(void)unused;
	given = claim(2, &mine);
	race_check(gm_index_replace(&mine, old, given) == 0, "replace");
	(void)gm_space_put(&space, old);
}

static void freeze(const void *unused)
{
	(void)unused;
	frozen = gm_ref_freeze(given, 1) == 0;
}

/* Both need nodes of the one store. */
static void bring(void)
{
	answer = gm_index_insert(&mine, 100 * UNIT, third, NULL);
	race_check(answer == 0, "insert");
	found = given;
	gm_ref_get(given);
}

static void bring_other(const void *unused)
{
	(void)unused;
	insert(&theirs, GM_INDEX_SLOTS, other_object);
	other_object = NULL;
}

static void check_found(void)
{
	race_check(answer == 0 || answer == -GM_ENOENT || answer == -GM_EBUSY, "an odd answer");
	race_check(answer != -GM_EBUSY || frozen, "busy for no reason");
	if (answer != 0)
		return;
	race_check((found == given || found == first) && gm_desc_owner(found) == &mine,
		   "found another");
	(void)gm_space_put(&space, found);
}

/* Of what was erased nothing is left, if not for the orphans. */
static void check_rest(void)
{
	struct gm_index_verify verify, other;
	struct gm_index_stats stats;
	struct gm_verify check;

	(void)gm_space_reap(&space, NULL, NULL);
	race_check(gm_index_verify(&mine, &verify) == 0, "the index is not sound");
	race_check(gm_index_verify(&theirs, &other) == 0, "the other is not sound");
	gm_index_store_stats(&store, &stats);
	race_check(stats.nr_nodes == verify.nr_nodes + other.nr_nodes, "a node is lost");
	race_check(gm_adhoc_verify(&table, &check) == 0, "the table is not sound");
	if (gm_index_is_empty(&mine))
		race_check(gm_space_find_get(&space, gm_paddr(BASE), 0, &found) != 0,
			   "what is erased is still there");
}

static void sweep(const char *name, void (*call)(void), void (*other)(const void *))
{
	struct race_plan plan = { 1, other, NULL };
	unsigned long steps;

	do {
		snprintf(race_now, sizeof(race_now), "'%s' %lu", name, plan.at);
		begin();
		race_arm(&plan, 1);
		call();
		steps = race_disarm();
		check_found();
		check_rest();
		nr_runs++;
	} while (plan.at++ <= steps);
}

int main(int argc, char **argv)
{
	race_blind = argc == 2 && strcmp(argv[1], "--blind") == 0;
	race_begin();
	sweep("insert, insert", bring, bring_other);
	for (where = 0; where < 2; where++) {
		sweep("find, vanish", find, vanish);
		sweep("find, rise", find, rise);
		sweep("find, shift", find, shift);
		sweep("find, replace", find, replace);
		sweep("find, freeze", find, freeze);
		sweep("run, vanish", translate, vanish);
		sweep("run, rise", translate, rise);
		sweep("run, shift", translate, shift);
		sweep("run, replace", translate, replace);
		sweep("run, freeze", translate, freeze);
		sweep("search, vanish", search, vanish);
		sweep("search, rise", search, rise);
		sweep("search, shift", search, shift);
		sweep("search, replace", search, replace);
		sweep("search, freeze", search, freeze);
	}
	race_check(nr_orphans != 0, "no lookup inherited an object");
	printf("race_index: %lu runs\n", nr_runs);
	return nr_runs == 0;
}
