/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * case_map.c - objects behind slots: mapped, unmapped, protected and reported to
 * each other, by map itself and through the walker.
 *
 * What a mapper wrote before, here a word of plain memory, is read by who finds the
 * entry; what the object's creator did, by who unmaps it: a race, or an object that is
 * not there, if the order is missing.
 */
#include "walker_cases.h"

#include <granmem/compound.h>
#include <granmem/map.h>

#include <string.h>

#define BASE ((uint64_t)1 << 24)
#define NR_OBJECTS 4
#define TYPE 3u
#define RW (GM_PROT_READ | GM_PROT_WRITE)

static struct gm_space *space;
static struct gm_map_space *as;
static struct gm_desc *given;
static gm_word *slots;
static gm_word *data; /* of the object */
static struct gm_map_gather gathers[EXPLORE_THREADS];
static struct gm_map_gone gone[EXPLORE_THREADS][2];
static int seen;

static struct gm_desc *create_at(unsigned place)
{
	struct gm_object object = { gm_paddr(BASE + place * PAGE), PAGE, TYPE, NULL };
	struct gm_desc *desc;

	explore_check(gm_space_create(space, &object, &desc) == 0, "create");
	return desc;
}

static struct gm_desc *create(void)
{
	return create_at(0);
}

static void start(void)
{
	struct gm_table_config config = { .base = gm_paddr(BASE),
					  .size = NR_OBJECTS * PAGE,
					  .desc_size = sizeof(struct gm_mapped),
					  .nr_lanes = 1,
					  .zeroed = 1 };
	struct gm_region *region = explore_alloc(sizeof(*region), 64);
	struct gm_region added = { .base = gm_paddr(BASE),
				   .size = NR_OBJECTS * PAGE,
				   .kind = GM_REGION_COMPOUND };
	struct gm_map_config map_config;
	struct gm_metadata metadata;
	struct gm_compound *table = explore_alloc(sizeof(*table), 64);

	explore_check(gm_compound_metadata_size(&config, NR_OBJECTS, &metadata) == 0, "size");
	explore_check(gm_compound_init(table, &config, explore_alloc(metadata.bytes, 64),
				       metadata.bytes) == 0,
		      "init");
	space = explore_alloc(sizeof(*space), 64);
	gm_space_init(space, region, 1);
	added.table = &table->blocks.table;
	explore_check(gm_space_add(space, &added) == 0, "add");
	as = explore_alloc(sizeof(*as), 64);
	memset(&map_config, 0, sizeof(map_config));
	map_config.memory = space;
	map_config.format.kind = GM_PTE_X86_64;
	map_config.format.features = GM_PTE_HAS_NX;
	map_config.lanes = explore_alloc(sizeof(struct gm_map_lane), 64);
	map_config.nr_lanes = 1;
	map_config.classes[TYPE] = GM_MAP_FILE;
	explore_check(gm_map_init(as, &map_config) == 0, "map");
	slots = explore_alloc(4 * sizeof(*slots), 64);
	data = explore_alloc(sizeof(*data), 64);
	given = NULL;
}

static void begin(void)
{
	unsigned i;

	if (explore_now->parameter == 1)
		walker_begin();
	for (i = 0; i < EXPLORE_THREADS; i++)
		gm_map_gather_init(&gathers[i], gone[i], 2);
	seen = 0;
}

static int map(struct gm_desc *desc, size_t nr)
{
	struct gm_map_request request;

	memset(&request, 0, sizeof(request));
	request.desc = desc;
	request.paddr = gm_paddr(BASE);
	request.prot = RW;
	return gm_map_slots(as, slots, nr, 0, &request);
}

static void unmap(unsigned id, size_t nr)
{
	explore_check(gm_map_unmap(as, slots, nr, 0, &gathers[id]) == nr, "unmap");
	gm_map_finish(as, &gathers[id]);
}

static void setup_empty(void)
{
	start();
}

/* One slot maps the object, which hardware has written to; a reference is held. */
static void setup_mapped(void)
{
	start();
	given = create();
	explore_check(map(given, 1) == 0, "map");
	slots[0] |= 0x60;
}

/* One creates and maps, another unmaps: it has to find the object. */
static void thread_unmap(unsigned id)
{
	if (id == 0) {
		struct gm_desc *desc = create();

		explore_check(map(desc, 1) == 0, "map");
		(void)gm_space_put(space, desc);
	} else {
		unmap(id, 1);
	}
}

static void check_unmapped(void)
{
	unmap(0, 1);
	explore_check(slots[0] == 0, "unmapped, and there");
	explore_check(gm_space_find_object(space, gm_paddr(BASE)) == NULL, "an object is lost");
	explore_check(gm_map_granules(as, GM_MAP_FILE) == 0, "counted, and not mapped");
}

/* One or two frames: who finds the entry finds what was written. */
static void thread_read(unsigned id)
{
	if (id == 0) {
		*data = 7;
		explore_check(map(NULL, explore_now->parameter) == 0, "map");
	} else if ((gm_atomic_load_acquire(&slots[explore_now->parameter - 1]) & 1) != 0) {
		explore_check(*data == 7, "mapped before it was written");
	}
}

/* What is executable was written before. */
static void thread_protect(unsigned id)
{
	if (id == 0) {
		size_t done;

		*data = 7;
		explore_check(gm_map_protect(as, slots, 1, 0, GM_PROT_READ | GM_PROT_EXEC,
					     &done) == 0,
			      "protect");
	} else if (gm_atomic_load_acquire(&slots[0]) >> 63 == 0) {
		explore_check(*data == 7, "executable before it was written");
	}
}

/* Who takes what was reported reads what was written; who sees nothing mapped sees
 * what was reported. */
static void thread_report(unsigned id)
{
	if (id == 0) {
		*data = 7;
		unmap(id, 1);
		return;
	}
	if (gm_map_take_flags(given, GM_FLAG_DIRTY) != 0) {
		seen = 1;
		explore_check(*data == 7, "dirty before it was written");
	}
}

static void thread_count(unsigned id)
{
	if (id == 0)
		unmap(id, 1);
	else if (gm_map_count(given) == 0)
		explore_check((gm_atomic_load_relaxed(gm_desc_flags_word(given)) & GM_FLAG_DIRTY) !=
				      0,
			      "not mapped, and what was written is not reported");
}

static void check_reported(void)
{
	explore_check(gm_map_count(given) == 0, "a map count is lost");
	explore_check(seen || gm_map_take_flags(given, GM_FLAG_DIRTY) != 0,
		      "a dirty bit is lost");
}

/* Through the walker: one creates and maps an object, another unmaps. */
static void setup_walker(void)
{
	start();
	walker_start(0, 0);
	walker->config.map = as;
	explore_check(do_map(1, 1, 1) == 0, "map");
	walker_keep();
}

static int map_object(struct gm_desc *desc)
{
	struct gm_map_request request;

	memset(&request, 0, sizeof(request));
	request.desc = desc;
	request.prot = RW;
	return gm_walker_map(walker, 0, PAGE, &request, NULL);
}

static void thread_walker(unsigned id)
{
	struct gm_desc *desc;

	if (id != 0) {
		(void)do_unmap(0, 1);
		return;
	}
	desc = create();
	explore_check(map_object(desc) == 0, "map");
	(void)gm_space_put(space, desc);
}

static void check_walker(void)
{
	explore_check(do_unmap(0, 1) == 0, "unmap");
	explore_check(gm_space_find_object(space, gm_paddr(BASE)) == NULL, "an object is lost");
	explore_check(gm_map_granules(as, GM_MAP_FILE) == 0, "counted, and not mapped");
}

/* An object is taken out of a place where another one comes instead. */
static struct gm_desc *another;
static int taken, mapped;

static void setup_replaced(void)
{
	setup_walker();
	given = create();
	another = create_at(1);
	explore_check(map_object(given) == 0, "map");
	walker_keep();
}

static void thread_replaced(unsigned id)
{
	if (id == 0) {
		taken = gm_walker_unmap_object(walker, 0, PAGE, given, 0, NULL);
	} else {
		explore_check(do_unmap(0, 1) == 0, "unmap");
		mapped = map_object(another);
	}
}

static void check_replaced(void)
{
	struct gm_walker_at at;

	explore_check(taken == 0 || taken == -GM_EBUSY, "take back: an odd error");
	explore_check(mapped == 0, "map: refused, although it was free");
	explore_check(gm_map_count(given) == 0 && gm_ref_count(given) == 1, "it is still there");
	explore_check(gm_map_count(another) == 1, "the other was taken instead");
	explore_check(gm_walker_lookup(walker, 0, &at) == 0 && at.paddr.value == BASE + PAGE,
		      "not what was mapped");
	explore_check(do_unmap(0, 1) == 0 && gm_map_count(another) == 0, "unmap");
}

static void run(const char *name, int preemptions, void (*setup)(void), void (*thread)(unsigned),
		void (*check)(void), unsigned parameter)
{
	struct explore_case one = { name,  2,      preemptions, 2,    setup,
				    begin, thread, check,       NULL, parameter };

	case_run(&one);
}

void case_map(void)
{
	int more = explore_totals.long_run ? 1 : 0;

	run("map/create and map, unmap", 2 + more, setup_empty, thread_unmap, check_unmapped, 0);
	run("map/one, read", 3, setup_empty, thread_read, NULL, 1);
	run("map/two, read", 3, setup_empty, thread_read, NULL, 2);
	run("map/protect, read", 3, setup_mapped, thread_protect, NULL, 0);
	run("map/unmap, take what was noted", 3, setup_mapped, thread_report, check_reported, 0);
	run("map/unmap, count", 3, setup_mapped, thread_count, check_reported, 0);
	run("map/create and map, unmap by the walker", 2 + more, setup_walker, thread_walker,
	    check_walker, 1);
	run("map/take back, map another", 2 + more, setup_replaced, thread_replaced,
	    check_replaced, 1);
}
