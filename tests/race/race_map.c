/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race_map.c - before each atomic operation of a call of map, hardware notes something,
 * or another call changes the slot or the object.
 */
#include "race.h"

#include <granmem/compound.h>
#include <granmem/map.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE ((uint64_t)1 << 24)
#define PAGE ((uint64_t)4096)
#define TYPE 3u
#define NOTED ((gm_word)0x60) /* accessed and dirty, x86-64 */

static struct gm_compound table;
static struct gm_region region;
static struct gm_space space;
static struct gm_map_space as;
static struct gm_map_lane lanes[1];
static struct gm_map_gather gather, other_gather;
static struct gm_map_gone gone[2], other_gone[2];
static gm_word slots[2];
static struct gm_desc *desc;
static void *buffer;
static gm_word taken;
static int marked, unmapped, answer;
static unsigned long nr_runs;

/* An object, mapped in the first slot, and one reference more. */
static void start(void)
{
	struct gm_table_config config = { .base = gm_paddr(BASE),
					  .size = 8 * PAGE,
					  .desc_size = sizeof(struct gm_mapped) };
	struct gm_region added = { .base = gm_paddr(BASE),
				   .size = 8 * PAGE,
				   .table = &table.blocks.table,
				   .kind = GM_REGION_COMPOUND };
	struct gm_object object = { gm_paddr(BASE), 2 * PAGE, TYPE, NULL };
	struct gm_map_request request;
	struct gm_map_config map_config;
	struct gm_metadata need;

	race_check(gm_compound_metadata_size(&config, 8, &need) == 0, "size");
	free(buffer);
	buffer = calloc(1, (size_t)(need.bytes + need.align));
	race_check(gm_compound_init(&table, &config, buffer, need.bytes + need.align) == 0, "init");
	gm_space_init(&space, &region, 1);
	race_check(gm_space_add(&space, &added) == 0, "add");
	memset(&map_config, 0, sizeof(map_config));
	memset(lanes, 0, sizeof(lanes));
	map_config.memory = &space;
	map_config.format.kind = GM_PTE_X86_64;
	map_config.format.features = GM_PTE_HAS_NX;
	map_config.lanes = lanes;
	map_config.nr_lanes = 1;
	map_config.classes[TYPE] = GM_MAP_FILE;
	race_check(gm_map_init(&as, &map_config) == 0, "map");
	gm_map_gather_init(&gather, gone, 2);
	gm_map_gather_init(&other_gather, other_gone, 2);
	memset(slots, 0, sizeof(slots));
	race_check(gm_space_create(&space, &object, &desc) == 0, "create");
	memset(&request, 0, sizeof(request));
	request.desc = desc;
	request.prot = GM_PROT_READ | GM_PROT_WRITE;
	race_check(gm_map_slots(&as, slots, 1, 0, &request) == 0, "slots");
	taken = 0;
	marked = unmapped = answer = 0;
}

/* Hardware, which may write through the slot while that can be written. */
static void mark(const void *what)
{
	(void)what;
	if ((slots[0] & 3) == 3) {
		slots[0] |= NOTED;
		marked = 1;
	}
}

static void unmap(const void *what)
{
	(void)what;
	race_check(gm_map_unmap(&as, slots, 2, 0, &other_gather) == 2, "unmap");
	unmapped = 1;
}

/* And the last reference goes. */
static void unmap_and_put(const void *what)
{
	unmap(what);
	gm_map_finish(&as, &other_gather);
	if (desc != NULL)
		(void)gm_space_put(&space, desc);
	desc = NULL;
}

static void set_other_flag(const void *what)
{
	(void)what;
	(void)gm_desc_set_flags(desc, GM_FLAG_UPTODATE);
}

static void take_other_flag(const void *what)
{
	(void)what;
	(void)gm_map_take_flags(desc, GM_FLAG_UPTODATE);
}

static void protect(void)
{
	size_t done;

	answer = gm_map_protect(&as, slots, 2, 0, GM_PROT_READ, &done);
	race_check(answer == 0 && done == 2, "protect");
	race_check((slots[0] & 2) == 0, "protected, and writable");
}

static void collect(void)
{
	size_t done;

	answer = gm_map_collect(&as, slots, 2, 0, GM_PTE_DIRTY, &gather, &done);
	race_check(answer == 0 && done == 2, "collect");
}

static void unmap_it(void)
{
	race_check(gm_map_unmap(&as, slots, 2, 0, &gather) == 2, "unmap");
	gm_map_finish(&as, &gather);
	race_check(slots[0] == 0, "unmapped, and there");
}

static void take(void)
{
	taken = gm_map_take_flags(desc, GM_FLAG_DIRTY);
}

static void split(void)
{
	struct gm_desc *object;

	answer = gm_map_split(&as, gm_paddr(BASE), 2, &object);
	race_check(answer == 0 || answer == -GM_EBUSY || answer == -GM_ELIMIT, "split");
	if (answer == 0)
		gm_map_fold(&as, object, 2);
}

/* All that was noted has arrived, and nothing is left. */
static void check(void)
{
	struct gm_object gone_object;

	gm_map_finish(&as, &gather);
	gm_map_finish(&as, &other_gather);
	unmap_it();
	if (desc != NULL && gm_ref_count(desc) > 2)
		race_check(gm_ref_put_many(desc, GM_REFS_LIMIT - 2, &gone_object) == 0, "put");
	if (desc != NULL) {
		taken |= gm_map_take_flags(desc, GM_FLAG_DIRTY);
		race_check(!marked || taken != 0, "a dirty bit is lost");
		race_check(gm_map_count(desc) == 0, "a map count is lost");
		race_check(gm_ref_put(desc, &gone_object) == 1, "a reference is lost");
		gm_space_remove(&space, desc);
	}
	/* A lookup that was refused may have been the last to put. */
	(void)gm_space_reap(&space, NULL, NULL);
	race_check(gm_map_granules(&as, GM_MAP_FILE) == 0, "counted, and not mapped");
	race_check(gm_space_find_object(&space, gm_paddr(BASE)) == NULL, "an object is lost");
}

static void sweep(const char *name, void (*before)(void), void (*call)(void),
		  void (*other)(const void *))
{
	struct race_plan plan = { 1, other, NULL };
	unsigned long steps;

	do {
		snprintf(race_now, sizeof(race_now), "'%s' %lu", name, plan.at);
		start();
		before();
		race_arm(&plan, 1);
		call();
		steps = race_disarm();
		check();
		nr_runs++;
	} while (plan.at++ <= steps);
}

static void nothing(void)
{
}

static void before_marked(void)
{
	mark(NULL);
}

static void before_noted(void)
{
	(void)gm_desc_set_flags(desc, GM_FLAG_DIRTY | GM_FLAG_UPTODATE);
}

/* Nobody gets a reference of it; then all go at once, and the object with them. */
static void before_limit(void)
{
	race_check(gm_ref_add(desc, GM_REFS_LIMIT - 2) == 0, "add");
}

static void put_all(const void *what)
{
	struct gm_object gone_object;

	(void)what;
	race_check(gm_ref_put_many(desc, GM_REFS_LIMIT - 2, &gone_object) == 0, "put");
	unmap_and_put(what);
}

int main(int argc, char **argv)
{
	race_blind = argc == 2 && strcmp(argv[1], "--blind") == 0;
	race_begin();
	sweep("protect, mark", nothing, protect, mark);
	sweep("protect what was marked, mark", before_marked, protect, mark);
	sweep("protect, unmap", before_marked, protect, unmap);
	sweep("collect, mark", nothing, collect, mark);
	sweep("collect what was marked, mark", before_marked, collect, mark);
	sweep("collect, unmap", before_marked, collect, unmap);
	sweep("collect, unmap and put", before_marked, collect, unmap_and_put);
	sweep("unmap, mark", nothing, unmap_it, mark);
	sweep("unmap, unmap", before_marked, unmap_it, unmap);
	sweep("unmap, set a flag", before_marked, unmap_it, set_other_flag);
	sweep("take, take", before_noted, take, take_other_flag);
	sweep("split, unmap", before_marked, split, unmap);
	sweep("split, unmap and put", before_marked, split, unmap_and_put);
	sweep("split at the limit, put", before_limit, split, put_all);
	free(buffer);
	printf("race_map: %lu runs\n", nr_runs);
	return nr_runs == 0;
}
