/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine.h - a small machine for the tests: a space with a region of each kind
 * and holes between them.
 *
 *   compound    16 MiB at    1 MiB   node 0, priority 1
 *   folio       64 MiB at    1 GiB   node 0, priority 2
 *   device     256 MiB at    3 GiB   node 0
 *   reserved     1 MiB behind it     node 0
 *   ad-hoc      64 GiB at    4 GiB   node 1, priority 3
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <granmem/granmem.h>

#include "unit.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

#define LOW_BASE MIB
#define LOW_SIZE (16 * MIB)
#define MID_BASE GIB
#define MID_SIZE (64 * MIB)
#define DEVICE_BASE (3 * GIB)
#define DEVICE_SIZE (256 * MIB)
#define RESERVED_BASE (DEVICE_BASE + DEVICE_SIZE)
#define RESERVED_SIZE MIB
#define HIGH_BASE (4 * GIB)
#define HIGH_SIZE (64 * GIB)

#define DEVICE_ATTRIBUTES 0x55u

/* Of the tables' descriptors; 0: the default. */
#ifndef MACHINE_DESC_SIZE
#define MACHINE_DESC_SIZE 0
#endif

/* Where the tables' metadata come from, all zero. */
#define ARENA_BYTES (8 * MIB)

struct arena {
	size_t used;
	unsigned nr_grown; /* calls of the hook that were served */
	unsigned char bytes[ARENA_BYTES];
};

struct machine {
	struct gm_compound low;
	struct gm_folio mid;
	struct gm_adhoc high;
	struct gm_region regions[8];
	struct gm_space space;
	struct arena arena;
};

/* A grow hook for one thread. */
static inline void *arena_grow(void *ctx, size_t bytes, size_t align)
{
	struct arena *arena = ctx;
	uintptr_t start = (uintptr_t)arena->bytes + arena->used;
	uintptr_t aligned = (start + (align - 1)) & ~(uintptr_t)(align - 1);
	size_t used = (size_t)(aligned - (uintptr_t)arena->bytes);

	if (used > ARENA_BYTES || bytes > ARENA_BYTES - used)
		return NULL;
	arena->used = used + bytes;
	arena->nr_grown++;
	return arena->bytes + used;
}

static inline void *arena_buffer(struct arena *arena, const struct gm_metadata *need)
{
	void *buffer = arena_grow(arena, (size_t)need->bytes, (size_t)need->align);

	expect(buffer != NULL);
	return buffer;
}

/* The regions of RAM, as an array. */
static const uint64_t machine_ram_bases[] = { LOW_BASE, MID_BASE, HIGH_BASE };

static inline struct gm_object machine_object(uint64_t base, uint64_t size, unsigned type)
{
	struct gm_object object = { gm_paddr(base), size, type, NULL };

	return object;
}

static inline struct gm_table_config arena_config(struct arena *arena, uint64_t base,
						  uint64_t size)
{
	struct gm_table_config config;

	memset(&config, 0, sizeof(config));
	config.base = gm_paddr(base);
	config.size = size;
	config.desc_size = MACHINE_DESC_SIZE;
	config.zeroed = 1;
	config.grow = arena_grow;
	config.grow_ctx = arena;
	return config;
}

static inline void machine_add(struct machine *machine, enum gm_region_kind kind, uint64_t base,
			       uint64_t size, struct gm_table *table, int node,
			       unsigned priority)
{
	struct gm_region region;

	memset(&region, 0, sizeof(region));
	region.base = gm_paddr(base);
	region.size = size;
	region.table = table;
	region.kind = kind;
	region.node = node;
	region.priority = priority;
	if (kind == GM_REGION_DEVICE)
		region.attributes = DEVICE_ATTRIBUTES;
	expect_eq(gm_space_add(&machine->space, &region), 0);
}

static inline void machine_tables(struct machine *machine)
{
	struct gm_table_config config;
	struct gm_metadata need;

	config = arena_config(&machine->arena, LOW_BASE, LOW_SIZE);
	expect_eq(gm_compound_metadata_size(&config, 0, &need), 0);
	expect_eq(gm_compound_init(&machine->low, &config, arena_buffer(&machine->arena, &need),
				   need.bytes), 0);
	config = arena_config(&machine->arena, MID_BASE, MID_SIZE);
	expect_eq(gm_folio_metadata_size(&config, 0, &need), 0);
	expect_eq(gm_folio_init(&machine->mid, &config, arena_buffer(&machine->arena, &need),
				need.bytes), 0);
	config = arena_config(&machine->arena, HIGH_BASE, HIGH_SIZE);
	expect_eq(gm_adhoc_metadata_size(&config, 0, &need), 0);
	expect_eq(gm_adhoc_init(&machine->high, &config, arena_buffer(&machine->arena, &need),
				need.bytes), 0);
}

/* The tables begin with their struct gm_table. */
static inline struct gm_table *machine_low(struct machine *machine)
{
	return (struct gm_table *)(void *)&machine->low;
}

static inline struct gm_table *machine_mid(struct machine *machine)
{
	return (struct gm_table *)(void *)&machine->mid;
}

static inline struct gm_table *machine_high(struct machine *machine)
{
	return &machine->high.table;
}

static inline void machine_begin(struct machine *machine)
{
	memset(machine, 0, sizeof(*machine));
	machine_tables(machine);
	gm_space_init(&machine->space, machine->regions, 8);
	/* Out of order, so that each has to find its place. */
	machine_add(machine, GM_REGION_DEVICE, DEVICE_BASE, DEVICE_SIZE, NULL, 0, 9);
	machine_add(machine, GM_REGION_ADHOC, HIGH_BASE, HIGH_SIZE, machine_high(machine), 1, 3);
	machine_add(machine, GM_REGION_COMPOUND, LOW_BASE, LOW_SIZE, machine_low(machine), 0, 1);
	machine_add(machine, GM_REGION_RESERVED, RESERVED_BASE, RESERVED_SIZE, NULL, 0, 9);
	machine_add(machine, GM_REGION_FOLIO, MID_BASE, MID_SIZE, machine_mid(machine), 0, 2);
}

/* All that was made is gone, and the tables are sound. */
static inline void machine_end(struct machine *machine)
{
	struct gm_verify found;

	if (gm_verify_space(&machine->space, &found) != 0)
		unit_fail(__FILE__, __LINE__, found.first);
	expect_eq(found.nr_objects, 0);
}

#endif
