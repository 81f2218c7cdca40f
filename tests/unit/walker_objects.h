/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walker_objects.h - tables on x86-64 whose leaves map objects, and whose pages are
 * objects of the machine's folio region.
 */
#ifndef WALKER_OBJECTS_H
#define WALKER_OBJECTS_H

#include "map_unit.h"

#include <granmem/walker.h>

#define RAM (64 * MIB)
#define LARGE (4 * MIB)
#define VA ((uint64_t)1 << 40)
#define HALF ((uint64_t)1 << 47)
#define NR_LEAVES(bytes) ((bytes) / LEAF_BYTES)

static struct gm_walker walker;
static unsigned char *ram; /* behind the machine's folio region, for table pages */
static unsigned nr_invalidated;
static uint64_t free_bytes;

static inline void invalidate(void *ctx, const struct gm_walker_range *ranges, unsigned nr)
{
	unsigned i;

	expect(ctx == &machine);
	for (i = 0; i < nr; i++) {
		expect(ranges[i].bytes != 0);
		/* What x86-64 translates: no address in the hole between its halves. */
		expect(ranges[i].va + HALF < 2 * HALF);
		expect(ranges[i].bytes <= HALF - ranges[i].va || ranges[i].va > HALF);
	}
	nr_invalidated += nr;
}

static inline void begin(uint64_t leaves)
{
	struct gm_walker_config config;

	map_begin();
	ram = aligned_alloc(4096, RAM);
	memset(&config, 0, sizeof(config));
	config.format = as.config.format;
	config.leaves = leaves;
	config.map = &as;
	config.space = &machine.space;
	config.table_type = TYPE_TABLE;
	config.virtual_offset = (uint64_t)(uintptr_t)ram - MID_BASE;
	config.invalidate = invalidate;
	config.ctx = &machine;
	expect_eq(gm_walker_init(&walker, &config), 0);
	expect(gm_walker_root(&walker).value - MID_BASE < RAM);
	nr_invalidated = 0;
	nr_gone = 0;
	free_bytes = gm_table_free_bytes(&machine.mid.blocks.table);
}

static inline void end(void)
{
	gm_walker_destroy(&walker);
	map_end();
	free(ram);
}

/* Nothing is mapped and no page was lost: only the root is there. */
static inline void expect_nothing(void)
{
	expect_eq(gm_table_free_bytes(&machine.mid.blocks.table), free_bytes);
}

static inline int map_at(uint64_t va, uint64_t size, struct gm_desc *desc, uint64_t offset)
{
	struct gm_map_request request = request_of(desc, offset);

	return gm_walker_map(&walker, va, size, &request, NULL);
}

static inline uint64_t paddr_at(uint64_t va)
{
	struct gm_walker_at at;

	expect_eq(gm_walker_lookup(&walker, va, &at), 0);
	return at.paddr.value;
}

static inline void put_many(struct gm_desc *desc, gm_word nr)
{
	struct gm_object object;

	expect_eq(gm_ref_put_many(desc, nr, &object), 0);
}

static inline struct gm_desc *large(void)
{
	return new_object(HIGH_BASE + LARGE, LARGE, TYPE_FILE);
}

#endif
