/* SPDX-License-Identifier: BSD-2-Clause */
/* case_index_world.c - an index for cases; contracts in index_world.h. */
#include "index_world.h"

#define BASE ((uint64_t)1 << 24)
#define REGION (256 * UNIT)
#define SLAB ((size_t)1 << 14)
#define NR_SLABS 6

struct gm_index *an_index, *other_index;
struct gm_desc *objects[NR_OBJECTS];
struct gm_space index_space;

static struct gm_region region;
static struct gm_adhoc *table;
static gm_word *cells; /* one for each unit of the region */
static struct gm_index_store *store;
static unsigned nr_taken; /* nodes, by index_exhaust */

static void make_table(void)
{
	struct gm_table_config config = { .base = gm_paddr(BASE),
					  .size = REGION,
					  .granule_shift = 9,
					  .desc_size = sizeof(struct gm_indexed),
					  .nr_lanes = 1 };
	struct gm_metadata metadata;

	table = explore_alloc(sizeof(*table), 64);
	explore_check(gm_adhoc_metadata_size(&config, NR_OBJECTS, &metadata) == 0 &&
			      gm_adhoc_init(table, &config,
					    explore_alloc((size_t)metadata.bytes, 64),
					    metadata.bytes) == 0,
		      "init");
	gm_space_init(&index_space, &region, 1);
	region = (struct gm_region){ .base = config.base,
				     .size = config.size,
				     .table = &table->table,
				     .kind = GM_REGION_ADHOC };
	index_space.nr_regions = 1;
}

void index_make(void)
{
	struct gm_index_store_config config = { .space = &index_space,
						.unit_shift = 9,
						.node_shift = 4,
						.nr_marks = 2,
						.nr_lanes = 1 };
	struct gm_index_config one = { .owner = (void *)MINE };
	struct gm_index_config another = { .owner = (void *)THEIRS };
	struct gm_metadata metadata;
	unsigned char *buffer;

	make_table();
	cells = explore_alloc(REGION / UNIT * sizeof(*cells), 64);
	store = explore_alloc(sizeof(*store), 64);
	an_index = explore_alloc(sizeof(*an_index), 64);
	other_index = explore_alloc(sizeof(*other_index), 64);
	explore_check(gm_index_store_size(&config, 0, &metadata) == 0, "size");
	buffer = explore_alloc((NR_SLABS + 1) * SLAB, SLAB);
	buffer += SLAB - metadata.bytes;
	explore_check(gm_index_store_init(store, &config, buffer,
					  metadata.bytes + NR_SLABS * SLAB) == 0 &&
			      gm_index_init(an_index, store, &one, NULL, 0) == 0 &&
			      gm_index_init(other_index, store, &another, NULL, 0) == 0,
		      "init");
	memset(objects, 0, sizeof(objects));
	nr_taken = 0;
}

void index_exhaust(unsigned level)
{
	while (gm_pool_take(&store->nodes.nodes[level], 0, 1) != NULL)
		nr_taken++;
}

int make_object(unsigned n, unsigned units, unsigned owner)
{
	struct gm_object object = { gm_paddr(BASE + n * 8 * UNIT), units * UNIT, 1,
				    (void *)(uintptr_t)owner };

	return gm_space_create(&index_space, &object, &objects[n]) == 0;
}

static gm_word *cell(const struct gm_desc *desc)
{
	return &cells[(gm_desc_base(desc) - BASE) / UNIT];
}

void write_cell(unsigned n)
{
	++*cell(objects[n]);
}

void read_cell(const struct gm_desc *desc)
{
	explore_check(*cell(desc) != 0, "nothing was written");
}

int insert(unsigned n, unsigned unit)
{
	write_cell(n);
	return gm_index_insert(an_index, unit * UNIT, objects[n], NULL);
}

int erase(unsigned n)
{
	return gm_index_erase(an_index, objects[n], 0, NULL);
}

void drop(struct gm_desc *desc)
{
	(void)gm_space_put(&index_space, desc);
}

int find(unsigned unit, struct gm_desc **out)
{
	return gm_index_find_get(an_index, unit * UNIT, out);
}

struct gm_desc *look_for(unsigned unit, int walk)
{
	struct gm_desc *desc;
	struct gm_run run;
	int err;

	if (walk)
		err = gm_index_run(an_index, unit * UNIT, 0, 9, 0, &desc, &run);
	else
		err = find(unit, &desc);
	explore_check(err == 0 || err == -GM_ENOENT, "find: an odd answer");
	if (err != 0)
		return NULL;
	explore_check(gm_desc_owner(desc) == (void *)MINE, "found: another owner's");
	read_cell(desc);
	drop(desc);
	return desc;
}

int mark(unsigned n, gm_word set, gm_word clear)
{
	return gm_index_mark(an_index, objects[n], set, clear, NULL);
}

gm_word search(gm_word marks)
{
	struct gm_desc *desc;
	uint64_t at = 0;
	gm_word found = 0;
	int err;

	while ((err = gm_index_next(an_index, &at, 64 * UNIT, marks, &desc)) == 0) {
		uint64_t start = at - gm_desc_size(desc);

		explore_check(start < 64 * UNIT, "next: an odd place");
		found |= (gm_word)1 << start / UNIT;
		read_cell(desc);
		drop(desc);
	}
	explore_check(err == -GM_ENOENT, "next: an odd answer");
	return found;
}

void index_check(void)
{
	struct gm_index_verify verify, other;
	struct gm_index_stats stats;
	struct gm_verify check;

	explore_check(gm_index_verify(an_index, &verify) == 0, "the index is not sound");
	explore_check(gm_index_verify(other_index, &other) == 0, "the index is not sound");
	gm_index_store_stats(store, &stats);
	explore_check(stats.nr_nodes == verify.nr_nodes + other.nr_nodes + nr_taken, "a node is lost");
	(void)gm_adhoc_reap(table, NULL, NULL);
	explore_check(gm_adhoc_verify(table, &check) == 0, "the table is not sound");
}
