/* SPDX-License-Identifier: BSD-2-Clause */
/* Unikraft's calls, as its libraries make them, on two regions; one is mapped. */
#include "hosts.h"

#include <uk/falloc_granmem.h>

#define FRAMES 4096ul
#define BASE 0x40000000ul
#define HIGH 0x100000000ul

static unsigned char ram[FRAMES << PAGE_SHIFT] __attribute__((aligned(2 << 20)));
static struct uk_falloc_granmem falloc;

static void add(void)
{
	__sz bytes = uk_falloc_granmem_metadata_size(FRAMES);

	expect(bytes > 0 && bytes < FRAMES * 128);
	expect(falloc.fa.addmem(&falloc.fa, malloc(bytes), BASE, FRAMES, (__vaddr_t)ram) == 0);
	expect(falloc.fa.addmem(&falloc.fa, malloc(bytes), HIGH, FRAMES, __VADDR_INV) == 0);
	expect(falloc.fa.total_memory == 2 * FRAMES * PAGE_SIZE);
	expect(falloc.fa.free_memory <= falloc.fa.total_memory);
}

static void places(void)
{
	struct uk_falloc *fa = &falloc.fa;
	__paddr_t any = __PADDR_ANY, there = BASE + 64 * PAGE_SIZE, high = 0;
	__sz before = fa->free_memory;

	expect(fa->falloc(fa, &any, 3, FALLOC_FLAG_ALIGNED) == 0 && any % (4 * PAGE_SIZE) == 0);
	expect(fa->falloc(fa, &there, 16, 0) == 0);
	expect(fa->falloc(fa, &there, 1, 0) != 0); /* taken */
	expect(fa->falloc_from_range(fa, &high, 512, FALLOC_FLAG_ALIGNED, HIGH, __PADDR_MAX) == 0);
	expect(high >= HIGH && high % (512 * PAGE_SIZE) == 0);
	expect(fa->free_memory == before - (3 + 16 + 512) * PAGE_SIZE);

	/* Part of what was allocated, then the rest of it; a hole is an error. */
	expect(fa->ffree(fa, there + 4 * PAGE_SIZE, 8) == 0);
	expect(fa->ffree(fa, there, 16) != 0);
	expect(fa->ffree(fa, there, 4) == 0 && fa->ffree(fa, there + 12 * PAGE_SIZE, 4) == 0);
	expect(fa->ffree(fa, any, 3) == 0 && fa->ffree(fa, high, 512) == 0);
	expect(fa->ffree(fa, BASE - PAGE_SIZE, 1) != 0);
	expect(fa->ffree(fa, BASE, ~0ul) != 0);
}

/* To the last frame: what comes with the objects is in the region itself. */
static void fill(void)
{
	struct uk_falloc *fa = &falloc.fa;
	unsigned long nr = 0;
	__paddr_t paddr = 0;
	struct gm_verify seen;
	unsigned i;

	while (fa->falloc_from_range(fa, &paddr, 1, 0, BASE, BASE + FRAMES * PAGE_SIZE) == 0)
		nr++;
	expect(nr > FRAMES * 95 / 100 && nr < FRAMES);
	for (i = 0; i < falloc.nr_regions; i++)
		expect(gm_adhoc_verify(&falloc.regions[i].table, &seen) == 0);
	printf("unikraft: %lu of %lu frames, the rest is their records\n", nr, FRAMES);
}

int main(void)
{
	expect(uk_falloc_granmem_init(&falloc) == 0);
	add();
	places();
	fill();
	return 0;
}
