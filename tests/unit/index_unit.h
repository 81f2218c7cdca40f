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

static struct gm_adhoc table;
static struct gm_region region;
static struct gm_space space;
static struct gm_index_store store;
static struct gm_index an_index;
static char owner[2]; /* two owners */
static unsigned char *table_memory, *store_memory, *root_memory;
static uint64_t nr_free_at_start;

static inline void make_space(void)
{
	struct gm_table_config config;
	struct gm_metadata metadata;

	memset(&config, 0, sizeof(config));
	config.base = gm_paddr(REGION_BASE);
	config.size = REGION_SIZE;
	config.desc_size = sizeof(struct gm_indexed);
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

/* Nodes for the buffer of the store; the grow hook gives none. */
static inline void make_store(struct gm_index_store_config *config, uint64_t nr_nodes)
{
	struct gm_metadata metadata;

	config->space = &space;
	expect_eq(gm_index_store_size(config, nr_nodes, &metadata), 0);
	free(store_memory);
	store_memory = malloc((size_t)(metadata.bytes + metadata.align));
	expect(store_memory != NULL);
	memset(store_memory, 0xa5, (size_t)(metadata.bytes + metadata.align));
	expect_eq(gm_index_store_init(&store, config, store_memory,
				      metadata.bytes + metadata.align),
		  0);
}

/* A buffer with room for so many slabs. */
static inline void make_store_of_slabs(struct gm_index_store_config *config, unsigned nr)
{
	struct gm_metadata metadata;
	size_t slab = (size_t)64 * KIB; /* or less */

	config->space = &space;
	expect_eq(gm_index_store_size(config, 0, &metadata), 0);
	free(store_memory);
	store_memory = aligned_alloc(slab, slab * (nr + 1));
	expect(store_memory != NULL && metadata.bytes <= slab);
	memset(store_memory, 0xa5, slab * (nr + 1));
	/* The static part ends where the first slab begins. */
	slab -= (size_t)metadata.bytes;
	expect_eq(gm_index_store_init(&store, config, store_memory + slab, metadata.bytes), 0);
	expect_eq(store.nr_slabs, 0);
	expect_eq(gm_index_store_init(&store, config, store_memory + slab,
				      metadata.bytes + ((uint64_t)nr << store.slab_shift)),
		  0);
	expect_eq(store.nr_slabs, nr);
}

static inline void make_index(struct gm_index *index, void *whose, uint64_t span,
			      unsigned root_shift)
{
	struct gm_index_config config;
	struct gm_metadata metadata;

	memset(&config, 0, sizeof(config));
	config.owner = whose;
	config.span = span;
	config.root_shift = root_shift;
	expect_eq(gm_index_root_size(&store, &config, &metadata), 0);
	expect_eq(metadata.bytes == 0, root_shift == 0);
	if (root_shift != 0) {
		free(root_memory);
		root_memory = malloc((size_t)(metadata.bytes + metadata.align));
		expect(root_memory != NULL);
		memset(root_memory, 0xa5, (size_t)(metadata.bytes + metadata.align));
		expect_eq(gm_index_init(index, &store, &config, root_memory,
					metadata.bytes + metadata.align),
			  0);
	} else {
		expect_eq(gm_index_init(index, &store, &config, NULL, 0), 0);
	}
}

/* A graded index of pages, with nodes of 64 slots. */
static inline void begin_index(void)
{
	struct gm_index_store_config config;

	memset(&config, 0, sizeof(config));
	make_space();
	make_store(&config, 1000);
	make_index(&an_index, &owner[0], 0, 0);
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

/* Erase by somebody who holds nothing else. */
static inline void take_from(struct gm_index *index, uint64_t offset, gm_word shadow)
{
	struct gm_desc *desc;

	expect_eq(gm_index_take(index, offset, shadow, NULL, &desc), 0);
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

static inline void expect_sound(struct gm_index *index, struct gm_index_verify *out)
{
	if (gm_index_verify(index, out) != 0) {
		fprintf(stderr, "%s at %#llx\n", out->first, (unsigned long long)out->where);
		expect(0);
	}
}

static inline uint64_t nodes_used(void)
{
	struct gm_index_stats stats;

	gm_index_store_stats(&store, &stats);
	return stats.nr_nodes;
}

/* Nothing is left, of the index, the nodes and the memory. */
static inline void end_index(void)
{
	struct gm_index_verify verify;
	struct gm_verify check;

	expect_sound(&an_index, &verify);
	expect_eq(verify.nr_objects + verify.nr_shadows + verify.nr_nodes, 0);
	expect(gm_index_is_empty(&an_index));
	expect_eq(nodes_used(), 0);
	expect_eq(gm_adhoc_verify(&table, &check), 0);
	expect_eq(gm_table_free_bytes(&table.table), nr_free_at_start);
}

#endif
