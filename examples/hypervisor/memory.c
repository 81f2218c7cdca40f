/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - from the ranges that the device tree tells of to a space.
 *
 * Every range is a region with an ad-hoc table, which keeps its metadata in the region
 * itself: nothing is sized or set aside beforehand.
 */
#include "memory.h"

#include "support.h"

#define MAX_REGIONS 8
#define SMALLEST (1u << 20) /* less than that is not worth a region */

struct gm_space memory;

static struct gm_region regions[MAX_REGIONS];
static struct gm_adhoc tables[MAX_REGIONS];

void must(int err, const char *what)
{
	if (err == 0)
		return;
	print(gm_error_text(err));
	print(": ");
	fatal(what);
}

static void panic(const char *text, const void *object)
{
	(void)object;
	fatal(text);
}

void *memory_at(uint64_t paddr)
{
	return (void *)(uintptr_t)paddr;
}

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	(void)ctx, (void)size;
	return memory_at(base.value);
}

static void add_region(const struct memory_range *range)
{
	struct gm_adhoc *table = &tables[memory.nr_regions];
	struct gm_table_config config = {
		.base = gm_paddr(range->base),
		.size = range->size,
		.desc_size = sizeof(struct gm_mapped), /* objects that can be mapped */
		.nr_lanes = SUPPORT_CPUS,
		.to_virtual = to_virtual,
	};
	struct gm_region region = {
		.base = config.base,
		.size = config.size,
		.table = &table->table,
		.kind = GM_REGION_ADHOC,
	};

	must(gm_adhoc_init(table, &config, NULL, 0), "a table");
	must(gm_space_add(&memory, &region), "a region");
}

void memory_init(void)
{
	unsigned i;

	gm_port_set_panic(panic);
	gm_space_init(&memory, regions, MAX_REGIONS);
	for (i = 0; i < machine.nr_ranges; i++) {
		if (machine.memory[i].kind == MEMORY_USABLE && machine.memory[i].size >= SMALLEST)
			add_region(&machine.memory[i]);
	}
}

int memory_claim(struct gm_desc **out)
{
	struct gm_claim claim = { .size = BLOCK_BYTES, .align = BLOCK_BYTES, .type = TYPE_GUEST };
	int err;

	/* Busy: something is in the middle of a change, on the other CPU. */
	do {
		err = gm_space_claim(&memory, &claim, GM_NODE_ANY, out);
	} while (err == -GM_EBUSY);
	return err;
}

static int is_left(void *ctx, struct gm_desc *object)
{
	(void)ctx, (void)object;
	return 1;
}

void memory_check(void)
{
	struct gm_verify verify;

	must(gm_verify_space(&memory, &verify), "verify");
	if (gm_space_for_each(&memory, is_left, NULL) != 0)
		fatal("memory that nobody uses is not free");
}
