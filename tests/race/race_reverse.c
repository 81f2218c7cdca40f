/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race_reverse.c - before each atomic operation of a call that takes an object out of a
 * place, the place becomes another object's, or is changed otherwise.
 *
 * Leaves, runs and blocks, whole and in part. What is of the other object by the time that
 * it is reached stays, and whatever was of the object goes.
 */
#include "race.h"

#include <granmem/adhoc.h>
#include <granmem/walker.h>

#include <stdio.h>
#include <string.h>

#define BASE ((uint64_t)1 << 32)
#define PAGE ((uint64_t)4096)
#define BLOCK ((uint64_t)2 << 20)
#define SIZE (64 * BLOCK)
#define VA (8 * BLOCK)
#define TYPE 3u
#define TYPE_TABLE 4u

enum between { REPLACE, UNMAP, PROTECT, SPLIT, NR_BETWEEN };

static const struct {
	const char *name;
	enum gm_pte_kind kind;
	uint32_t features;
	uint64_t mapped; /* bytes of either object */
	uint64_t taken;  /* out of the first of them */
} rows[] = {
	{ "a leaf", GM_PTE_X86_64, GM_PTE_HAS_NX, PAGE, PAGE },
	{ "a block", GM_PTE_X86_64, GM_PTE_HAS_NX, BLOCK, BLOCK },
	{ "half a block", GM_PTE_X86_64, GM_PTE_HAS_NX, BLOCK, BLOCK / 2 },
	{ "a run", GM_PTE_AARCH64_STAGE1, GM_PTE_HAS_DBM, 16 * PAGE, 16 * PAGE },
	{ "half a run", GM_PTE_AARCH64_STAGE1, GM_PTE_HAS_DBM, 16 * PAGE, 8 * PAGE },
	{ "half a block, broken", GM_PTE_AARCH64_STAGE1, GM_PTE_HAS_DBM, BLOCK, BLOCK / 2 },
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

static struct gm_adhoc table;
static struct gm_region region;
static struct gm_space space;
static struct gm_map_space as;
static struct gm_map_lane lanes[1];
static struct gm_walker walker;
static struct gm_walker_gather gather; /* of what comes between */
static struct gm_desc *desc, *other;
static unsigned char memory[SIZE] __attribute__((aligned(4096)));
static unsigned char buffer[1 << 20] __attribute__((aligned(65536)));
static unsigned row;
static int replaced;
static unsigned long nr_runs;

static struct gm_desc *claim(void)
{
	struct gm_claim request = { .size = BLOCK, .align = BLOCK, .type = TYPE };
	struct gm_desc *claimed;

	race_check(gm_space_claim(&space, &request, GM_NODE_ANY, &claimed) == 0, "claim");
	return claimed;
}

/* Frames that are not meant, in the same table page: it stays. */
static void map_neighbour(void)
{
	struct gm_map_request request = { .paddr = gm_paddr(BASE),
					  .prot = GM_PROT_READ | GM_PROT_EXEC };
	uint64_t va = VA + 2 * rows[row].mapped;

	race_check(gm_walker_map(&walker, va, PAGE, &request, NULL) == 0, "map a neighbour");
}

static int map(struct gm_desc *what)
{
	struct gm_map_request request = { .desc = what,
					  .prot = GM_PROT_READ | GM_PROT_WRITE | GM_PROT_EXEC };

	return gm_walker_map(&walker, VA, rows[row].mapped, &request, NULL);
}

static void start(void)
{
	struct gm_table_config config = { .base = gm_paddr(BASE),
					  .size = SIZE,
					  .desc_size = sizeof(struct gm_mapped) };
	struct gm_region added = { .base = gm_paddr(BASE),
				   .size = SIZE,
				   .table = &table.table,
				   .kind = GM_REGION_ADHOC };
	struct gm_map_config count = { .memory = &space,
				       .format = { .kind = rows[row].kind,
						   .features = rows[row].features },
				       .lanes = lanes,
				       .nr_lanes = 1,
				       .classes = { [TYPE] = GM_MAP_FILE } };
	struct gm_walker_config tables = { .format = count.format,
					   .map = &as,
					   .space = &space,
					   .table_type = TYPE_TABLE,
					   .virtual_offset = (uint64_t)(uintptr_t)memory - BASE };

	race_check(gm_adhoc_init(&table, &config, buffer, sizeof(buffer)) == 0, "init");
	gm_space_init(&space, &region, 1);
	race_check(gm_space_add(&space, &added) == 0, "add");
	memset(lanes, 0, sizeof(lanes));
	race_check(gm_map_init(&as, &count) == 0, "map");
	race_check(gm_walker_init(&walker, &tables) == 0, "walker");
	desc = claim();
	other = claim();
	map_neighbour();
	race_check(map(desc) == 0, "map");
	gm_walker_gather_init(&gather);
	replaced = 0;
}

static void interfere(const void *what)
{
	int err = 0;

	switch (*(const enum between *)what) {
	case REPLACE:
		if (gm_walker_unmap(&walker, VA, rows[row].mapped, &gather) == 0)
			replaced = map(other) == 0;
		break;
	case UNMAP:
		err = gm_walker_unmap(&walker, VA, rows[row].mapped, &gather);
		break;
	case PROTECT:
		err = gm_walker_protect(&walker, VA, rows[row].mapped, GM_PROT_READ, &gather);
		break;
	default:
		err = gm_walker_protect(&walker, VA, PAGE, GM_PROT_READ, &gather);
		break;
	}
	race_check(err == 0 || err == -GM_EBUSY, "between: an odd error");
}

static int take_back(void)
{
	return gm_walker_unmap_object(&walker, VA, rows[row].taken, desc, 0, NULL);
}

static uint64_t bytes_of(const struct gm_desc *what)
{
	struct gm_walker_at at;
	uint64_t va, bytes = 0;

	for (va = VA; va < VA + rows[row].mapped; va += PAGE) {
		if (gm_walker_lookup(&walker, va, &at) == 0 &&
		    at.paddr.value == gm_desc_base(what) + (va - VA))
			bytes += PAGE;
	}
	return bytes;
}

static unsigned long run_once(enum between between, unsigned long at)
{
	struct race_plan plan = { at, interfere, &between };
	unsigned long steps;
	int err;

	start();
	race_arm(&plan, 1);
	err = take_back();
	steps = race_disarm();
	/* quiesce would have waited for the call. */
	gm_walker_gather_finish(&walker, &gather);
	race_check(err == 0 || err == -GM_EBUSY, "an odd error");
	if (err != 0)
		race_check(take_back() == 0, "busy at rest");
	race_check(bytes_of(other) == (replaced ? rows[row].mapped : 0),
		   "of the other object something went");
	race_check(bytes_of(desc) <= rows[row].mapped - rows[row].taken, "something is left");
	race_check(gm_ref_count(desc) == gm_map_count(desc) + 1, "a reference is lost");
	race_check(gm_walker_unmap(&walker, VA, 3 * rows[row].mapped, NULL) == 0, "unmap");
	race_check(gm_map_count(desc) == 0 && gm_map_count(other) == 0, "a count is lost");
	race_check(gm_space_put(&space, desc) == 1 && gm_space_put(&space, other) == 1, "put");
	nr_runs++;
	return steps;
}

int main(int argc, char **argv)
{
	enum between between;

	race_blind = argc == 2 && strcmp(argv[1], "--blind") == 0;
	race_begin();
	for (row = 0; row < NR_ROWS; row++) {
		for (between = REPLACE; between < NR_BETWEEN; between++) {
			unsigned long at = 1, last;

			/* What is done to each of 512 entries is not met in each. */
			do {
				snprintf(race_now, sizeof(race_now), "%s, other %u, %lu",
					 rows[row].name, (unsigned)between, at);
				last = run_once(between, at);
				at += at < 100 ? 1 : 31;
			} while (at <= last);
		}
	}
	printf("race_reverse: %lu runs\n", nr_runs);
	return nr_runs == 0;
}
