/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/space.h: what add refuses, lookup beside a linear search, and
 * translation, and a life in each table. Claims and sums: test_space_tables.c.
 */
#include "machine.h"

#define MAX64 (~(uint64_t)0)

static struct gm_region device(uint64_t base, uint64_t size)
{
	struct gm_region region;

	memset(&region, 0, sizeof(region));
	region.base = gm_paddr(base);
	region.size = size;
	region.kind = GM_REGION_DEVICE;
	return region;
}

static int add_device(struct gm_space *space, uint64_t base, uint64_t size)
{
	struct gm_region region = device(base, size);

	return gm_space_add(space, &region);
}

static void test_add_refuses_numbers(void)
{
	struct gm_region regions[3];
	struct gm_space space;
	struct gm_region region;

	memset(regions, 0, sizeof(regions));
	gm_space_init(&space, regions, 3);
	region = device(0x1000, 0x1000);
	region.kind = (enum gm_region_kind)0;
	expect_eq(gm_space_add(&space, &region), -GM_EINVAL);
	region.kind = (enum gm_region_kind)6;
	expect_eq(gm_space_add(&space, &region), -GM_EINVAL);
	region = device(0x1000, 0x1000);
	region.node = -1;
	expect_eq(gm_space_add(&space, &region), -GM_EINVAL);
	region.node = GM_NODE_ANY;
	expect_eq(gm_space_add(&space, &region), -GM_EINVAL);
	expect_eq(add_device(&space, 0x1000, 0), -GM_ESIZE);
	expect_eq(add_device(&space, GM_PADDR_END, 1), -GM_EOVERFLOW);
	expect_eq(add_device(&space, GM_PADDR_END - 1, 2), -GM_EOVERFLOW);
	expect_eq(add_device(&space, 0, GM_PADDR_END + 1), -GM_EOVERFLOW);
	expect_eq(add_device(&space, 1, MAX64), -GM_EOVERFLOW);
	expect_eq(add_device(&space, MAX64, 1), -GM_EOVERFLOW);
	expect_eq(space.nr_regions, 0);
	/* The largest, and then nothing else fits beside it. */
	expect_eq(add_device(&space, 0, GM_PADDR_END), 0);
	expect_eq(add_device(&space, GM_PADDR_END - 1, 1), -GM_EEXIST);
	expect_eq(space.nr_regions, 1);
}

static void test_add_refuses_overlap_and_more(void)
{
	struct gm_region regions[3];
	struct gm_space space;

	gm_space_init(&space, regions, 2);
	expect_eq(add_device(&space, 0x10000, 0x1000), 0);
	expect_eq(add_device(&space, 0x10000, 0x1000), -GM_EEXIST);
	expect_eq(add_device(&space, 0xffff, 2), -GM_EEXIST);
	expect_eq(add_device(&space, 0x10fff, 1), -GM_EEXIST);
	expect_eq(add_device(&space, 0, GM_PADDR_END), -GM_EEXIST);
	/* Neighbours on both sides are none of its business. */
	expect_eq(add_device(&space, 0xf000, 0x1000), 0);
	/* Full; an overlap is told apart from it. */
	expect_eq(add_device(&space, 0x11000, 0x1000), -GM_ENOMEM);
	expect_eq(add_device(&space, 0xf000, 1), -GM_EEXIST);
	expect_eq(space.nr_regions, 2);
	expect_eq(regions[0].base.value, 0xf000);
	expect_eq(regions[1].base.value, 0x10000);
	gm_space_init(&space, NULL, 0);
	expect_eq(add_device(&space, 0, 1), -GM_ENOMEM);
	expect(gm_space_find(&space, gm_paddr(0)) == NULL);
}

static void test_add_refuses_misfits(void)
{
	static struct machine machine;
	struct gm_region region;

	machine_begin(&machine);
	gm_space_init(&machine.space, machine.regions, 8);
	region = device(HIGH_BASE, HIGH_SIZE);
	region.table = machine_high(&machine);
	expect_eq(gm_space_add(&machine.space, &region), -GM_EINVAL); /* a device's table */
	region.kind = GM_REGION_RESERVED;
	expect_eq(gm_space_add(&machine.space, &region), -GM_EINVAL);
	region.kind = GM_REGION_ADHOC;
	region.table = NULL;
	expect_eq(gm_space_add(&machine.space, &region), -GM_EINVAL); /* no table */
	region.table = machine_high(&machine);
	region.size = HIGH_SIZE - 4096;
	expect_eq(gm_space_add(&machine.space, &region), -GM_ERANGE);
	region.size = HIGH_SIZE + 4096;
	expect_eq(gm_space_add(&machine.space, &region), -GM_ERANGE);
	region.size = HIGH_SIZE;
	region.base = gm_paddr(HIGH_BASE + 4096);
	expect_eq(gm_space_add(&machine.space, &region), -GM_ERANGE);
	region.base = gm_paddr(0);
	expect_eq(gm_space_add(&machine.space, &region), -GM_ERANGE);
	expect_eq(machine.space.nr_regions, 0);
	region.base = gm_paddr(HIGH_BASE);
	expect_eq(gm_space_add(&machine.space, &region), 0);
	machine_end(&machine);
}

static const struct gm_region *linear_find(const struct gm_space *space, uint64_t paddr)
{
	unsigned i;

	for (i = 0; i < space->nr_regions; i++) {
		const struct gm_region *region = &space->regions[i];

		if (paddr >= region->base.value && paddr < region->base.value + region->size)
			return region;
	}
	return NULL;
}

static void check_find(const struct gm_space *space, uint64_t paddr)
{
	expect(gm_space_find(space, gm_paddr(paddr)) == linear_find(space, paddr));
}

/* Every number of regions, in random order with random holes, at the edges of
 * each and anywhere. */
static void test_find_beside_linear_search(void)
{
	static const uint64_t hostile[] = { 0, GM_PADDR_END - 1, GM_PADDR_END, MAX64 - 1, MAX64 };
	unsigned long long seed = 4242;
	struct gm_region regions[40];
	struct gm_space space;
	unsigned wanted, i;

	for (wanted = 0; wanted <= 40; wanted++) {
		gm_space_init(&space, regions, wanted);
		while (space.nr_regions < wanted) {
			uint64_t base = unit_random(&seed) % 4096;

			/* Most are refused as overlaps, which must change nothing. */
			(void)add_device(&space, base, unit_random(&seed) % 64 + 1);
		}
		for (i = 0; i + 1 < wanted; i++)
			expect(regions[i].base.value + regions[i].size <=
			       regions[i + 1].base.value);
		for (i = 0; i < 4200; i++)
			check_find(&space, i);
		for (i = 0; i < 5; i++)
			check_find(&space, hostile[i]);
	}
}

static void test_translate(void)
{
	static struct machine machine;
	struct gm_translation to;

	machine_begin(&machine);
	expect_eq(gm_space_translate(&machine.space, gm_paddr(HIGH_BASE + 5000), 12, &to), 0);
	expect_eq(to.pfn.value, (HIGH_BASE >> 12) + 1);
	expect_eq(to.granule_offset, 5000 - 4096);
	expect_eq(to.bytes, HIGH_SIZE - 5000);
	expect_eq(to.kind, GM_REGION_ADHOC);
	expect_eq(to.node, 1);
	expect_eq(to.attributes, 0);
	expect_eq(gm_space_translate(&machine.space, gm_paddr(DEVICE_BASE), 16, &to), 0);
	expect_eq(to.pfn.value, DEVICE_BASE >> 16);
	expect_eq(to.granule_offset, 0);
	expect_eq(to.bytes, DEVICE_SIZE); /* the neighbour behind it is another region */
	expect_eq(to.kind, GM_REGION_DEVICE);
	expect_eq(to.node, 0);
	expect_eq(to.attributes, DEVICE_ATTRIBUTES);
	expect_eq(gm_space_translate(&machine.space, gm_paddr(RESERVED_BASE + RESERVED_SIZE - 1),
				     14, &to), 0);
	expect_eq(to.kind, GM_REGION_RESERVED);
	expect_eq(to.bytes, 1);
	expect_eq(to.granule_offset, 16383);
	machine_end(&machine);
}

static void test_translate_refuses(void)
{
	static const uint64_t holes[] = { 0, LOW_BASE - 1, LOW_BASE + LOW_SIZE, MID_BASE - 1,
					  RESERVED_BASE + RESERVED_SIZE, HIGH_BASE + HIGH_SIZE,
					  GM_PADDR_END, MAX64 };
	static const unsigned shifts[] = { 0, 8, 17, 63, 64, ~0u };
	static struct machine machine;
	struct gm_translation to, before;
	struct gm_desc *desc = NULL;
	struct gm_object object;
	unsigned i;

	machine_begin(&machine);
	memset(&to, 0x5a, sizeof(to));
	before = to;
	for (i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
		object = machine_object(holes[i], 4096, 1);
		expect_eq(gm_space_translate(&machine.space, gm_paddr(holes[i]), 12, &to),
			  -GM_ENOENT);
		expect_eq(gm_space_find_get(&machine.space, gm_paddr(holes[i]), 0, &desc),
			  -GM_ENOENT);
		expect_eq(gm_space_create(&machine.space, &object, &desc), -GM_ENOENT);
	}
	for (i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++)
		expect_eq(gm_space_translate(&machine.space, gm_paddr(LOW_BASE), shifts[i], &to),
			  -GM_EINVAL);
	expect(memcmp(&to, &before, sizeof(to)) == 0);
	expect(desc == NULL);
	machine_end(&machine);
}

static void test_device_and_reserved_have_no_objects(void)
{
	static const uint64_t bases[] = { DEVICE_BASE, DEVICE_BASE + DEVICE_SIZE - 1, RESERVED_BASE,
					  RESERVED_BASE + RESERVED_SIZE - 1 };
	static struct machine machine;
	struct gm_desc *desc = NULL;
	unsigned i;

	machine_begin(&machine);
	for (i = 0; i < 4; i++) {
		struct gm_object object = machine_object(bases[i], 4096, 1);

		expect_eq(gm_space_find_get(&machine.space, gm_paddr(bases[i]), 0, &desc),
			  -GM_ENOTRAM);
		expect_eq(gm_space_find_get(&machine.space, gm_paddr(bases[i]), ~0u, &desc),
			  -GM_ENOTRAM);
		expect_eq(gm_space_create(&machine.space, &object, &desc), -GM_ENOTRAM);
	}
	expect(desc == NULL);
	machine_end(&machine);
}

static void test_lives_in_each_table(void)
{
	static struct machine machine;
	struct gm_desc *desc, *other, *again;
	unsigned i;

	machine_begin(&machine);
	for (i = 0; i < 3; i++) {
		uint64_t base = machine_ram_bases[i] + 64 * KIB;
		struct gm_object object = machine_object(base, 64 * KIB, 3);

		expect_eq(gm_space_find_get(&machine.space, gm_paddr(base), 0, &again),
			  -GM_ENOENT);
		expect_eq(gm_space_create(&machine.space, &object, &desc), 0);
		expect_eq(gm_desc_base(desc), base);
		expect_eq(gm_space_create(&machine.space, &object, &other), -GM_EEXIST);
		expect_eq(gm_find_get(&machine.space, gm_paddr(base + 64 * KIB - 1), 3, &again), 0);
		expect(again == desc);
		expect_eq(gm_space_find_get(&machine.space, gm_paddr(base), 4, &again),
			  -GM_ETYPE);
		expect_eq(gm_space_find_get(&machine.space, gm_paddr(base - 1), 0, &again),
			  -GM_ENOENT);
		expect_eq(gm_ref_count(desc), 2);
		expect_eq(gm_space_put(&machine.space, desc), 0);
		expect_eq(gm_put(&machine.space, desc), 1);
		expect_eq(gm_space_find_get(&machine.space, gm_paddr(base), 0, &again),
			  -GM_ENOENT);
	}
	machine_end(&machine);
}

static void test_create_refuses(void)
{
	static struct machine machine;
	struct gm_desc *desc = NULL;
	unsigned i;

	machine_begin(&machine);
	for (i = 0; i < 3; i++) {
		uint64_t base = machine_ram_bases[i];
		struct gm_object object;

		object = machine_object(base, 4096, 0);
		expect_eq(gm_space_create(&machine.space, &object, &desc), -GM_EINVAL);
		object = machine_object(base, 4096, GM_TYPE_MAX + 1);
		expect_eq(gm_space_create(&machine.space, &object, &desc), -GM_EINVAL);
		object = machine_object(base, 0, 1);
		expect_eq(gm_space_create(&machine.space, &object, &desc), -GM_ESIZE);
		object = machine_object(base, MAX64, 1);
		expect(gm_space_create(&machine.space, &object, &desc) < 0);
		object = machine_object(base + 1, 4096, 1);
		expect_eq(gm_space_create(&machine.space, &object, &desc), -GM_EALIGN);
		/* Out of the region's end, into the hole or the next region. */
		object = machine_object(base, 128 * GIB, 1);
		expect_eq(gm_space_create(&machine.space, &object, &desc), -GM_ERANGE);
	}
	expect(desc == NULL);
	machine_end(&machine);
}

UNIT_MAIN("space", UNIT_TEST(test_add_refuses_numbers),
	  UNIT_TEST(test_add_refuses_overlap_and_more), UNIT_TEST(test_add_refuses_misfits),
	  UNIT_TEST(test_find_beside_linear_search), UNIT_TEST(test_translate),
	  UNIT_TEST(test_translate_refuses),
	  UNIT_TEST(test_device_and_reserved_have_no_objects),
	  UNIT_TEST(test_lives_in_each_table), UNIT_TEST(test_create_refuses))
