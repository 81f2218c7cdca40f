/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race_parts.c - races that need a certain thing at a certain moment, on parts of the
 * library: before each operation of one call the other thing happens.
 */
#include "books.h"

#include "adhoc_internal.h"

#include <granmem/hosted.h>
#include <granmem/port.h>

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

TABLE_OPS(compound, 0);
TABLE_OPS(folio, 0);
TABLE_OPS(adhoc, 1);

static const struct table_ops *const tables[] = { &compound_ops, &folio_ops, &adhoc_ops };

#define NR(array) (sizeof(array) / sizeof(array[0]))
#define A gm_paddr(BASE)
#define ELSEWHERE gm_paddr(BASE + world_region / 2)

static unsigned long nr_runs;

/* Run call as often as it has operations, with other just before each. begin and
 * check are what is before and after. */
static void sweep(const char *name, void (*begin)(void), void (*call)(void),
		  void (*other)(const void *), void (*check)(void))
{
	struct race_plan plan = { 1, other, NULL };
	unsigned long steps;

	do {
		snprintf(race_now, sizeof(race_now), "'%s' '%s' %lu", name, world_ops->name,
			 plan.at);
		world_reset();
		begin();
		race_arm(&plan, 1);
		call();
		steps = race_disarm();
		check();
		world_check();
		nr_runs++;
	} while (plan.at++ <= steps);
}

static struct gm_desc *make(struct gm_paddr base, unsigned type)
{
	struct gm_object object = { base, world_unit, type, NULL };
	struct gm_desc *desc = NULL;

	race_check(world_ops->create(&world.table, &object, &desc) == 0, "create");
	return desc;
}

static void nothing(void)
{
}

/*
 * A range is released of which one object goes away meanwhile, because it was not
 * only the caller's. Its descriptor becomes one of an object elsewhere: that one
 * must not be touched.
 */
static struct gm_desc *given, *moved;
static int answer;

static void begin_moving(void)
{
	given = make(A, TYPE);
	moved = NULL;
}

static void release(void)
{
	answer = world_ops->release_range(&world.table, A, world_unit);
}

static void move(const void *unused)
{
	(void)unused;
	if (world_ops->find(&world.table, A) != given || !gm_ref_is_sole(given))
		return;
	race_check(world_ops->put(&world.table, given) == 1, "put");
	moved = make(ELSEWHERE, TYPE);
}

static void check_moved(void)
{
	race_check(answer == 0 || moved != NULL, "release failed for no reason");
	race_check(answer == 0 || answer == -GM_EBUSY || answer == -GM_ENOENT,
		   "release: an odd error");
	if (moved == NULL)
		return;
	race_check(answer != 0, "released what was gone");
	race_check(gm_ref_is_sole(moved) && world_ops->put(&world.table, moved) == 1,
		   "an object elsewhere was touched");
}

/* A lookup for one type finds another, which is replaced by one of the right type, there
 * or elsewhere. */
static struct gm_desc *found;
static struct gm_paddr next_place;

static void begin_here(void)
{
	begin_moving();
	next_place = A;
}

static void begin_there(void)
{
	begin_moving();
	next_place = ELSEWHERE;
}

static void look_for_other(void)
{
	found = NULL;
	answer = world_ops->find_get(&world.table, A, OTHER_TYPE, &found);
}

static void replace(const void *unused)
{
	(void)unused;
	if (world_ops->put(&world.table, given) == 1)
		moved = make(next_place, OTHER_TYPE);
}

static void check_found(void)
{
	race_check(answer == 0 || answer == -GM_ETYPE || answer == -GM_ENOENT ||
			   answer == -GM_EBUSY,
		   "find_get: an odd error");
	if (answer == 0)
		race_check(found == moved && next_place.value == BASE &&
				   world_ops->put(&world.table, found) == 0,
			   "found what is not there");
	if (moved != NULL)
		race_check(world_ops->put(&world.table, moved) == 1, "put");
	else if (gm_ref_is_live(given))
		race_check(world_ops->put(&world.table, given) == 1, "put");
}

/* The one node that is set aside, taken by two who find no other. */
static gm_word *held[64];
static unsigned nr_held;
static gm_word *reserved[2];

static struct gm_radix *tree(void)
{
	return &world.table.adhoc.radix;
}

static void begin_drained(void)
{
	nr_held = 0;
	while ((held[nr_held] = gm_radix_take_node(tree(), 1, GM_RADIX_THOROUGH)) != NULL)
		nr_held++;
	race_check(tree()->reserve[1] != 0, "there is no reserve");
	memset(reserved, 0, sizeof(reserved));
}

static gm_word *take_reserved(void)
{
	return gm_radix_take_node(tree(), 1, GM_RADIX_THOROUGH | GM_RADIX_FROM_RESERVE);
}

static void take_one(void)
{
	reserved[0] = take_reserved();
}

static void take_other(const void *unused)
{
	(void)unused;
	reserved[1] = take_reserved();
}

static void check_taken(void)
{
	unsigned i;

	race_check((reserved[0] != NULL) + (reserved[1] != NULL) == 1,
		   "not one of two has the reserve");
	for (i = 0; i < 2; i++)
		if (reserved[i] != NULL)
			gm_radix_return_node(tree(), 1, reserved[i]);
	while (nr_held > 0)
		gm_radix_return_node(tree(), 1, held[--nr_held]);
}

static void begin_unsettled(void)
{
	reserved[0] = (gm_word *)tree()->reserve[1];
	race_check(reserved[0] != NULL, "there is no reserve");
	tree()->reserve[1] = 0;
	gm_radix_return_node(tree(), 1, reserved[0]);
}

static void settle(void)
{
	gm_adhoc_settle_reserve(&world.table.adhoc);
}

static void settle_other(const void *unused)
{
	(void)unused;
	settle();
}

static void check_settled(void)
{
	race_check(tree()->reserve[1] != 0, "nothing is set aside");
}

/* Nothing to set aside: another call may have given a node back meanwhile. */
static void begin_empty(void)
{
	begin_drained();
	take_one();
}

static void give_one(const void *unused)
{
	(void)unused;
	gm_radix_return_node(tree(), 1, held[--nr_held]);
}

static void check_empty(void)
{
	if (tree()->reserve[1] == 0) {
		tree()->reserve[1] = (gm_word)reserved[0];
		reserved[0] = NULL;
	}
	if (reserved[0] != NULL)
		gm_radix_return_node(tree(), 1, reserved[0]);
	while (nr_held > 0)
		gm_radix_return_node(tree(), 1, held[--nr_held]);
}

/* Two take of one reservation. */
static struct gm_hosted reservation;
static void *parts[2];

static void begin_reservation(void)
{
	reservation.next = (gm_word)(uintptr_t)reservation.memory;
	memset(parts, 0, sizeof(parts));
}

static void take_part(void)
{
	parts[0] = gm_hosted_grow(&reservation, 4096, 4096);
}

static void take_other_part(const void *unused)
{
	(void)unused;
	parts[1] = gm_hosted_grow(&reservation, 4096, 4096);
}

static void check_parts(void)
{
	race_check(parts[0] != NULL && parts[0] != parts[1], "one part was given twice");
}

#if GM_CONFIG_CHECKS >= 1

/*
 * What is frozen cannot move, so that its node dies in the middle of a release is the
 * library's own error. The hook does not return, and nothing is checked behind it.
 */
static jmp_buf landing;

static void leave(const char *text, const void *object)
{
	(void)object;
	if (strstr(text, "moved under a frozen object") == NULL)
		race_fail(text, "assertion", 0);
	longjmp(landing, 1);
}

static void kill_node(const void *unused)
{
	(void)unused;
	gm_radix_record(tree(), 1, gm_radix_node(*gm_radix_root_slot(tree(), tree()->first)))
		->word &= ~GM_NODE_LIVE;
}

static void run_dying_node(void)
{
	struct race_plan plan = { 0, kill_node, NULL };
	struct gm_object object = { A, 2 * world_unit, TYPE, NULL };
	volatile unsigned nr_found = 0;
	volatile unsigned long steps;

	snprintf(race_now, sizeof(race_now), "a dying node");
	gm_port_set_panic(leave);
	do {
		world_reset();
		race_check(world_ops->create(&world.table, &object, &given) == 0, "create");
		plan.at++;
		race_arm(&plan, 1);
		if (setjmp(landing) == 0)
			(void)world_ops->release_range(&world.table, A, world_unit);
		else
			nr_found++;
		steps = race_disarm();
		nr_runs++;
	} while (plan.at <= steps);
	race_check(nr_found != 0, "nobody saw that the node had died");
	race_begin();
}

#endif

static void run_table(void)
{
	static const struct setup empty = { "", GRANULE, 8, 0, nothing };
	static const struct setup hosted = { "", GRANULE, 0, SETUP_HOSTED, nothing };

	world_make(world_ops, &empty);
	sweep("release what moves", begin_moving, release, move, check_moved);
	sweep("replaced here", begin_here, look_for_other, replace, check_found);
	sweep("replaced elsewhere", begin_there, look_for_other, replace, check_found);
	if (world_ops != &adhoc_ops)
		return;
	world_make(world_ops, &hosted);
	sweep("the last node", begin_drained, take_one, take_other, check_taken);
	sweep("setting aside", begin_unsettled, settle, settle_other, check_settled);
	sweep("nothing to set aside", begin_empty, settle, give_one, check_empty);
#if GM_CONFIG_CHECKS >= 1
	run_dying_node();
#endif
	race_check(gm_hosted_reserve(&reservation, 65536, 0, 0) == 0, "reserve");
	sweep("reserved memory", begin_reservation, take_part, take_other_part, check_parts);
	gm_hosted_release(&reservation);
}

int main(int argc, char **argv)
{
	unsigned which;

	race_blind = argc == 2 && strcmp(argv[1], "--blind") == 0;
	race_begin();
	for (which = 0; which < NR(tables); which++) {
		world_ops = tables[which];
		run_table();
	}
	printf("race_parts: %lu runs\n", nr_runs);
	return nr_runs == 0;
}
