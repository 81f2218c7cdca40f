/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * demand.c - page faults, answered from objects of 2 MiB that are mapped in 4 KiB.
 *
 * There is no record of a page: an entry is made from an object and an offset, and each
 * entry holds one reference to its object. So the zero page knows by its count how
 * often it is mapped, and 2 MiB are free again with the last page of them that anybody
 * maps, whoever that is.
 */
#include "demand.h"

#include "memory.h"
#include "paging.h"

#define AREA_BASE ((uint64_t)64 << 30)
#define AREA_STRIDE ((uint64_t)1 << 30)
#define AREA_BYTES ((uint64_t)DEMAND_PAGES * DEMAND_PAGE)
#define NR_AREAS 2
#define PIECE ((uint64_t)2 << 20)

struct demand_counts demand_counts;

static struct gm_desc *zero;

/* What a CPU gives out: the next page of an object to which it has a reference. */
static struct supply {
	struct gm_desc *object;
	uint64_t offset;
} supplies[SUPPORT_CPUS];

/* One CPU at a time answers for a page; others come back through another fault. */
static atomic_flag answering[NR_AREAS][DEMAND_PAGES];

static uint64_t area_base(unsigned area)
{
	return AREA_BASE + area * AREA_STRIDE;
}

volatile uint64_t *demand_page(unsigned area, unsigned page)
{
	return (volatile uint64_t *)(uintptr_t)(area_base(area) + (uint64_t)page * DEMAND_PAGE);
}

/* The next page of this CPU's own, which stays the next one until it is mapped. */
static struct supply *supply_page(void)
{
	struct supply *supply = &supplies[cpu_index()];

	if (supply->object != NULL && supply->offset == PIECE)
		demand_finish();
	if (supply->object == NULL) {
		supply->object = memory_claim(PIECE, TYPE_PAGES);
		supply->offset = 0;
	}
	return supply;
}

void demand_finish(void)
{
	struct supply *supply = &supplies[cpu_index()];

	if (supply->object != NULL)
		gm_put(&memory, supply->object);
	supply->object = NULL;
}

static void map(uint64_t va, struct gm_desc *object, uint64_t offset, uint32_t prot)
{
	struct gm_map_request request = {
		.desc = object,
		.offset = offset,
		.prot = prot,
		.flags = PAGING_NOTED,
	};

	must(paging_map(va, DEMAND_PAGE, &request), "map");
}

/* A page of our own, from what `from` has, or of zeroes. */
static void map_own(uint64_t va, const uint64_t *from)
{
	struct supply *supply = supply_page();
	uint64_t *page = memory_at(gm_desc_base(supply->object) + supply->offset);
	unsigned i;

	for (i = 0; i < DEMAND_PAGE / sizeof(*page); i++)
		page[i] = from == NULL ? 0 : from[i];
	if (from != NULL)
		must(paging_unmap(va, DEMAND_PAGE), "unmap");
	map(va, supply->object, supply->offset, GM_PROT_READ | GM_PROT_WRITE);
	supply->offset += DEMAND_PAGE;
}

static void answer(uint64_t va, int is_write)
{
	struct gm_walker_at at;
	int err = paging_lookup(va, &at);

	if (err == -GM_ENOENT && !is_write) {
		map(va, zero, 0, GM_PROT_READ);
		demand_counts.zero++;
	} else if (err == -GM_ENOENT) {
		map_own(va, NULL);
		demand_counts.fresh++;
	} else if (err == 0 && is_write && (at.pte.prot & GM_PROT_WRITE) == 0) {
		/* Its entry holds a reference, so what is copied stays until it is unmapped. */
		map_own(va, memory_at(at.paddr.value));
		demand_counts.copied++;
	}
	/* Otherwise the other CPU has answered while we were on our way here. */
}

static int fault(struct fault *fault)
{
	uint64_t va = fault->address & ~(uint64_t)(DEMAND_PAGE - 1);
	unsigned area = fault->address < area_base(1) ? 0 : 1;
	uint64_t page = (va - area_base(area)) / DEMAND_PAGE;

	if (va < area_base(0) || page >= DEMAND_PAGES || (fault->flags & FAULT_EXEC) != 0)
		return 0;
	if (!atomic_flag_test_and_set(&answering[area][page])) {
		answer(va, (fault->flags & FAULT_WRITE) != 0);
		atomic_flag_clear(&answering[area][page]);
	}
	return 1;
}

void demand_init(void)
{
	uint64_t *words;
	unsigned i;

	zero = memory_claim(DEMAND_PAGE, TYPE_ZERO);
	words = memory_at(gm_desc_base(zero));
	for (i = 0; i < DEMAND_PAGE / sizeof(*words); i++)
		words[i] = 0;
	support_fault_hook = fault;
}

void demand_fork(unsigned first, unsigned end)
{
	uint64_t parent = area_base(0) + (uint64_t)first * DEMAND_PAGE;
	uint64_t child = area_base(1) + (uint64_t)first * DEMAND_PAGE;
	struct gm_walker_at at;
	struct gm_desc *object;
	unsigned i;

	must(paging_protect(parent, (end - first) * (uint64_t)DEMAND_PAGE, GM_PROT_READ),
	     "protect");
	for (i = first; i < end; i++, parent += DEMAND_PAGE, child += DEMAND_PAGE) {
		if (paging_lookup(parent, &at) != 0)
			continue; /* nothing is there yet */
		must(gm_find_get(&memory, at.paddr, 0, &object), "find_get");
		map(child, object, at.paddr.value - gm_desc_base(object), GM_PROT_READ);
		gm_put(&memory, object);
	}
}

void demand_drop(unsigned area)
{
	must(paging_unmap(area_base(area), AREA_BYTES), "drop");
}

unsigned long demand_zero_references(void)
{
	return gm_ref_count(zero);
}
