/* SPDX-License-Identifier: BSD-2-Clause */
/* index_unit.h - a space of one region, and an index of some of its objects. */
#ifndef INDEX_UNIT_H
#define INDEX_UNIT_H

#include <granmem/adhoc.h>
#include <granmem/index.h>

#include "unit.h"

#define KIB ((uint64_t)1024)
#define MIB (1024 * KIB)
#define PAGE (4 * KIB)
#define REGION_BASE (256 * MIB)
#define REGION_SIZE (128 * MIB)
#define SLAB (16 * KIB) /* of the store */

static struct gm_adhoc table;
static struct gm_region region;
static struct gm_space space;
static struct gm_index_store store;
static struct gm_index an_index;
static char owner[2]; /* two owners */
static unsigned char *table_memory, *store_memory;
static uint64_t nr_free_at_start;

static inline void make_space_of(unsigned desc_size)
{
	struct gm_table_config config;
	struct gm_metadata metadata;

	memset(&config, 0, sizeof(config));
	config.base = gm_paddr(REGION_BASE);
	config.size = REGION_SIZE;
	config.desc_size = desc_size;
	expect_eq(gm_adhoc_metadata_size(&config, 40000, &metadata), 0);
	free(table_memory);
	table_memory = malloc((size_t)(metadata.bytes + metadata.align));
	expect(table_memory != NULL);
	expect_eq(gm_adhoc_init(&table, &config, table_memory, metadata.bytes + metadata.align), 0);
	gm_space_init(&space, &region, 1);
	memset(&region, 0, sizeof(region));
	region.base = config.base;
	region.size = config.size;
	region.table = &table.table;
	region.kind = GM_REGION_ADHOC;
	expect_eq(gm_space_add(&space, &region), 0);
	nr_free_at_start = gm_table_free_bytes(&table.table);
}

static inline void make_space(void)
{
	make_space_of(sizeof(struct gm_indexed));
}

/* Nodes from the buffer of the store, of so many slabs. */
static inline void make_store_of(const struct gm_index_config *config, unsigned nr_slabs)
{
	struct gm_metadata metadata;
	size_t bytes = SLAB * (nr_slabs + 1);

	expect_eq(gm_index_store_size(config, 0, &metadata), 0);
	expect(metadata.bytes <= SLAB);
	free(store_memory);
	store_memory = aligned_alloc(SLAB, bytes);
	expect(store_memory != NULL);
	memset(store_memory, 0xa5, bytes);
	/* What is no slab ends where the first one begins. */
	expect_eq(gm_index_store_init(&store, config, store_memory + SLAB - metadata.bytes,
				      bytes - SLAB + metadata.bytes),
		  0);
}

static inline void make_store(unsigned unit_shift, unsigned nr_slabs)
{
	struct gm_index_config config;

	memset(&config, 0, sizeof(config));
	config.space = &space;
	config.unit_shift = unit_shift;
	make_store_of(&config, nr_slabs);
}

static inline void begin_index(void)
{
	make_space();
	make_store(0, 20);
	expect_eq(gm_index_init(&an_index, &store, &owner[0]), 0);
}

static inline struct gm_desc *new_object_of(uint64_t size, void *whose)
{
	struct gm_claim claim;
	struct gm_desc *desc;

	memset(&claim, 0, sizeof(claim));
	claim.size = size;
	claim.type = 1;
	claim.owner = whose;
	expect_eq(gm_space_claim(&space, &claim, GM_NODE_ANY, &desc), 0);
	return desc;
}

static inline struct gm_desc *new_object(uint64_t size)
{
	return new_object_of(size, &owner[0]);
}

/* A new object at an offset: the caller keeps no reference. */
static inline struct gm_desc *put_at(uint64_t offset, uint64_t size)
{
	struct gm_desc *desc = new_object(size);

	expect_eq(gm_index_insert(&an_index, offset, desc, NULL), 0);
	return desc;
}

static inline void erase_at(uint64_t offset, gm_word shadow)
{
	struct gm_desc *desc = gm_index_find(&an_index, offset);

	expect(desc != NULL);
	expect_eq(gm_index_erase(&an_index, desc, shadow), 0);
	expect_eq(gm_ref_count(desc), 1);
	expect_eq(gm_space_put(&space, desc), 1);
}

static inline struct gm_desc *found_at(uint64_t offset)
{
	struct gm_desc *desc;
	int err = gm_index_find_get(&an_index, offset, &desc);

	if (err == 0) {
		expect(gm_index_find(&an_index, offset) == desc);
		expect_eq(gm_space_put(&space, desc), 0);
		return desc;
	}
	expect_eq(err, -GM_ENOENT);
	expect(gm_index_find(&an_index, offset) == NULL);
	return NULL;
}

static inline uint64_t nodes_used(void)
{
	struct gm_index_stats stats;

	gm_index_store_stats(&store, &stats);
	return stats.nr_nodes;
}

/* The index is sound, and its nodes are those in use. */
static inline void expect_sound(uint64_t nr_objects, uint64_t nr_shadows)
{
	struct gm_index_verify verify;

	if (gm_index_verify(&an_index, &verify) != 0) {
		fprintf(stderr, "%s at %#llx\n", verify.first, (unsigned long long)verify.where);
		expect(0);
	}
	expect_eq(verify.nr_objects, nr_objects);
	expect_eq(verify.nr_shadows, nr_shadows);
	expect_eq(verify.nr_nodes, nodes_used());
}

/* Nothing is left, of the index, the nodes and the memory. */
static inline void end_index(void)
{
	struct gm_verify check;

	expect_sound(0, 0);
	expect(gm_index_is_empty(&an_index));
	expect_eq(nodes_used(), 0);
	expect_eq(gm_adhoc_verify(&table, &check), 0);
	expect_eq(gm_table_free_bytes(&table.table), nr_free_at_start);
	free(table_memory);
	free(store_memory);
	table_memory = store_memory = NULL;
}

#endif
