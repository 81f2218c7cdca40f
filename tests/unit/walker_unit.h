/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walker_unit.h - a machine for the walker's tests: memory for table pages, hooks that
 * watch the order of what happens, and the shapes of all formats.
 */
#ifndef WALKER_UNIT_H
#define WALKER_UNIT_H

#include <granmem/walker.h>

#include "unit.h"
#include "walker_oracle.h"

#define MAX64 (~(uint64_t)0)
#define MEMORY_BASE ((uint64_t)0x140000000)
#define MEMORY_BYTES ((uint64_t)64 << 20)
#define MAX_RANGES 64

struct machine {
	unsigned char *memory;
	uint64_t page_bytes;
	unsigned char *used; /* a flag for each page */
	uint64_t nr_pages;
	uint64_t nr_used;
	uint64_t nr_taken;    /* in all */
	uint64_t most;        /* behind the highest page that was used */
	uint64_t fail_from;   /* the n-th page from now on is refused, and all after; 0: none */
	unsigned nr_calls;    /* of invalidate */
	unsigned nr_quiesced;
	unsigned stale;       /* pages freed without an invalidation and a quiesce since */
	int may_free;         /* 2: invalidated and quiesced, 1: invalidated */
	struct gm_walker_range ranges[MAX_RANGES];
	unsigned nr_ranges;
	void (*on_invalidate)(const struct gm_walker_range *range);
	void (*on_alloc)(void);
};

static struct machine machine;

static const void *machine_at(uint64_t paddr)
{
	if (paddr - MEMORY_BASE >= MEMORY_BYTES)
		unit_fail(__FILE__, __LINE__, "the oracle was led out of memory");
	return machine.memory + (paddr - MEMORY_BASE);
}

/* Freed pages look like present entries that lead nowhere. */
#define POISON 0xa7

static int machine_alloc(void *ctx, uint64_t bytes, struct gm_paddr *out)
{
	uint64_t nr = bytes / machine.page_bytes;
	uint64_t page, i;

	expect(ctx == &machine);
	if (machine.on_alloc != NULL)
		machine.on_alloc();
	if (machine.fail_from != 0 && --machine.fail_from == 0) {
		machine.fail_from = 1;
		return -GM_ENOMEM;
	}
	for (page = 0; page + nr <= machine.nr_pages; page += nr) {
		for (i = 0; i < nr && !machine.used[page + i]; i++)
			;
		if (i == nr)
			break;
	}
	if (page + nr > machine.nr_pages)
		return -GM_ENOMEM;
	memset(machine.used + page, 1, nr);
	machine.nr_used += nr;
	machine.nr_taken += nr;
	if (page + nr > machine.most)
		machine.most = page + nr;
	out->value = MEMORY_BASE + page * machine.page_bytes;
	return 0;
}

static void machine_free(void *ctx, struct gm_paddr table, uint64_t bytes)
{
	uint64_t page = (table.value - MEMORY_BASE) / machine.page_bytes;
	uint64_t nr = bytes / machine.page_bytes;
	uint64_t i;

	expect(ctx == &machine);
	for (i = 0; i < nr; i++) {
		expect_eq(machine.used[page + i], 1);
		machine.used[page + i] = 0;
	}
	machine.nr_used -= nr;
	/* The root is in nobody's caches when it is freed, and is the first page. */
	machine.stale += machine.may_free != 2 && page != 0;
	memset(machine.memory + page * machine.page_bytes, POISON, nr * machine.page_bytes);
}

static void *machine_to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	expect(ctx == &machine);
	expect(base.value - MEMORY_BASE < MEMORY_BYTES);
	expect(size <= MEMORY_BYTES);
	return machine.memory + (base.value - MEMORY_BASE);
}

static void machine_invalidate(void *ctx, const struct gm_walker_range *ranges, unsigned nr)
{
	unsigned i;

	expect(ctx == &machine);
	expect(nr != 0);
	machine.nr_calls++;
	machine.may_free = 1;
	for (i = 0; i < nr; i++) {
		expect(ranges[i].bytes != 0);
		machine.ranges[machine.nr_ranges++ % MAX_RANGES] = ranges[i];
		if (machine.on_invalidate != NULL)
			machine.on_invalidate(&ranges[i]);
	}
}

static void machine_quiesce(void *ctx)
{
	expect(ctx == &machine);
	machine.nr_quiesced++;
	expect_eq(machine.may_free, 1);
	machine.may_free = 2;
}

/* machine_forgot - was all of this invalidated since ranges were last forgotten? */
static inline int machine_forgot(uint64_t va, uint64_t bytes)
{
	unsigned i;

	for (i = 0; i < machine.nr_ranges && i < MAX_RANGES; i++) {
		const struct gm_walker_range *range = &machine.ranges[i];

		if (va - range->va < range->bytes && bytes <= range->bytes - (va - range->va))
			return 1;
	}
	return 0;
}

/* The memory stays the same, so that it need not be poisoned whole each time. */
static void machine_start(unsigned granule_shift)
{
	unsigned char *memory = machine.memory;
	unsigned char *used = machine.used;
	uint64_t dirty = machine.most * machine.page_bytes;

	if (memory == NULL) {
		memory = aligned_alloc((size_t)1 << 21, MEMORY_BYTES);
		used = malloc(MEMORY_BYTES >> 12);
		dirty = MEMORY_BYTES;
	}
	expect(memory != NULL && used != NULL);
	memset(memory, POISON, dirty);
	memset(used, 0, MEMORY_BYTES >> 12);
	memset(&machine, 0, sizeof(machine));
	machine.memory = memory;
	machine.used = used;
	machine.page_bytes = (uint64_t)1 << granule_shift;
	machine.nr_pages = MEMORY_BYTES >> granule_shift;
}

/* A format, the same for the oracle, and what it is called. */
struct shape {
	const char *name;
	struct gm_pte_format format;
	struct oracle oracle;
	unsigned flags;
	uint64_t low;  /* an address that is translated, of the lowest half */
	uint64_t high; /* and near the end of what is */
};

#define GIB ((uint64_t)1 << 30)
#define MIB ((uint64_t)1 << 20)
#define KIB ((uint64_t)1 << 10)

#include "walker_shapes.h"

static inline void config_for(const struct shape *shape, struct gm_walker_config *config)
{
	memset(config, 0, sizeof(*config));
	config->format = shape->format;
	config->flags = shape->flags;
	config->alloc = machine_alloc;
	config->free = machine_free;
	config->to_virtual = machine_to_virtual;
	config->invalidate = machine_invalidate;
	config->quiesce = machine_quiesce;
	config->ctx = &machine;
}

static inline void walker_start(const struct shape *shape, struct gm_walker *walker)
{
	struct gm_walker_config config;

	machine_start(shape->oracle.granule_shift);
	config_for(shape, &config);
	expect_eq(gm_walker_init(walker, &config), 0);
}

/* All is given back, and in the right order. */
static inline void walker_end(struct gm_walker *walker)
{
	gm_walker_destroy(walker);
	expect_eq(machine.nr_used, 0);
}

#define RW (GM_PROT_READ | GM_PROT_WRITE)
#define RO GM_PROT_READ

static inline int map_frames(struct gm_walker *walker, uint64_t va, uint64_t size, uint64_t paddr,
		      uint32_t prot)
{
	struct gm_map_request request;

	memset(&request, 0, sizeof(request));
	request.paddr = gm_paddr(paddr);
	request.prot = prot;
	return gm_walker_map(walker, va, size, &request, NULL);
}

/* What the oracle and lookup find at va; both agree. Returns 0: nothing. */
static inline int look(const struct shape *shape, const struct gm_walker *walker, uint64_t va,
		struct oracle_leaf *leaf)
{
	int found = oracle_walk(&shape->oracle, gm_walker_root(walker).value, va, leaf);
	struct gm_walker_at at;
	int err = gm_walker_lookup(walker, va, &at);
	uint64_t size;

	expect(found >= 0);
	if (!found) {
		expect_eq(err, -GM_ENOENT);
		return 0;
	}
	expect_eq(err, 0);
	size = (uint64_t)1 << leaf->shift;
	expect_eq(at.paddr.value, leaf->paddr);
	expect_eq(at.leaf_shift, leaf->shift);
	expect_eq(at.bytes, size - (va & (size - 1)));
	expect_eq((at.pte.prot & GM_PROT_WRITE) != 0, leaf->write);
	expect_eq((at.pte.prot & GM_PROT_EXEC) != 0, leaf->exec);
	expect_eq((at.pte.flags & GM_PTE_ACCESSED) != 0, leaf->accessed);
	return 1;
}

#endif
