/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/map.h: configuration, mapping of one slot and of many, what is
 * refused. Unmapping: test_map_unmap.c; the rest: test_map_change.c.
 */
#include "map_unit.h"

#if GM_CONFIG_64BIT

#define MAX64 (~(uint64_t)0)

static int init_with(const struct gm_map_config *config)
{
	return gm_map_init(&as, config);
}

static void test_init(void)
{
	struct gm_map_config config;
	struct gm_map_config bad;

	machine_begin(&machine);
	config = map_config();
	expect_eq(init_with(&config), 0);
	bad = config;
	bad.memory = NULL;
	expect_eq(init_with(&bad), -GM_EINVAL);
	bad = config;
	bad.lanes = NULL;
	expect_eq(init_with(&bad), -GM_EINVAL);
	bad = config;
	bad.nr_lanes = 3;
	expect_eq(init_with(&bad), -GM_EINVAL);
	bad.nr_lanes = 0;
	expect_eq(init_with(&bad), -GM_EINVAL);
	bad = config;
	bad.classes[GM_TYPE_MAX] = GM_MAP_CLASSES;
	expect_eq(init_with(&bad), -GM_EINVAL);
	bad = config;
	bad.format.kind = (enum gm_pte_kind)99;
	expect_eq(init_with(&bad), -GM_EINVAL);
	/* A table whose descriptors have no map count. */
	machine.mid.blocks.table.desc_size = sizeof(struct gm_desc);
	expect_eq(init_with(&config), -GM_ESIZE);
	machine.mid.blocks.table.desc_size = MACHINE_DESC_SIZE;
	expect_eq(init_with(&config), 0);
	map_end();
}

static void test_one(void)
{
	static const uint64_t bases[] = { LOW_BASE, MID_BASE, HIGH_BASE };
	unsigned i;

	map_begin();
	for (i = 0; i < 3; i++) {
		struct gm_desc *desc = new_object(bases[i], 4 * LEAF_BYTES, TYPE_ANONYMOUS);

		expect(!gm_map_is_mapped(desc));
		expect_eq(map(7, 1, desc, 2 * LEAF_BYTES), 0);
		expect_eq(leaf_in(7).paddr.value, bases[i] + 2 * LEAF_BYTES);
		expect_eq(leaf_in(7).software, GM_MAP_COUNTED);
		expect_eq(gm_ref_count(desc), 2);
		expect_eq(gm_map_count(desc), 1);
		expect(gm_map_is_mapped(desc) && !gm_map_is_shared(desc));
		expect_eq(gm_map_granules(&as, GM_MAP_ANONYMOUS), 1);
		/* The same piece once more is a second mapping. */
		expect_eq(map(3, 1, desc, 2 * LEAF_BYTES), 0);
		expect(gm_map_is_shared(desc));
		unmap(0, NR_SLOTS);
		expect_eq(gm_ref_count(desc), 1);
		expect_eq(gm_map_count(desc), 0);
		put_object(desc, 1);
	}
	expect_eq(nr_gone, 0);
	map_end();
}

static void test_many(void)
{
	struct gm_desc *desc;
	unsigned i;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	expect_eq(map(0, NR_SLOTS, desc, 0), 0);
	for (i = 0; i < NR_SLOTS; i++) {
		expect_eq(leaf_in(i).paddr.value, HIGH_BASE + i * LEAF_BYTES);
		expect_eq(leaf_in(i).software, GM_MAP_COUNTED);
	}
	expect_eq(gm_ref_count(desc), 1 + NR_SLOTS);
	expect_eq(gm_map_count(desc), NR_SLOTS);
	expect_eq(gm_map_granules(&as, GM_MAP_FILE), NR_SLOTS);
	/* The slots alone keep it now. */
	put_object(desc, 0);
	unmap(0, 511);
	expect_eq(nr_gone, 0);
	unmap(511, 1);
	expect_eq(nr_gone, 1);
	expect_eq(last_gone.base.value, HIGH_BASE);
	expect_eq(last_gone.size, 2 * MIB);
	expect_eq(last_gone.type, TYPE_FILE);
	map_end();
}

/* A larger leaf is one slot, one reference, one of the map count. */
static void test_large_leaf(void)
{
	struct gm_map_request request;
	struct gm_desc *desc;

	map_begin();
	desc = new_object(HIGH_BASE, 4 * MIB, TYPE_SHARED);
	request = request_of(desc, 0);
	expect_eq(gm_map_slots(&as, slots, 2, 1, &request), 0);
	expect_eq(gm_ref_count(desc), 3);
	expect_eq(gm_map_count(desc), 2);
	expect_eq(gm_map_granules(&as, GM_MAP_SHARED), 1024);
	expect_eq(gm_map_unmap(&as, slots, 2, 1, &gather), 2);
	expect_eq(gather.nr, 1);
	/* Until the invalidation nothing is given up. */
	expect_eq(gm_map_count(desc), 2);
	expect_eq(gm_ref_count(desc), 3);
	gm_map_finish(&as, &gather);
	expect_eq(gm_map_count(desc), 0);
	put_object(desc, 1);
	map_end();
}

static void test_frames(void)
{
	map_begin();
	expect_eq(map_frames(5, 1, DEVICE_BASE), 0);
	expect_eq(map_frames(6, 100, RESERVED_BASE), 0);
	expect_eq(leaf_in(5).software, 0);
	expect_eq(leaf_in(105).paddr.value, RESERVED_BASE + 99 * LEAF_BYTES);
	expect_eq(gm_map_granules(&as, GM_MAP_DEVICE), 101);
	expect_eq(map_frames(0, 6, DEVICE_BASE), -GM_EBUSY);
	expect_eq(gm_map_granules(&as, GM_MAP_DEVICE), 101);
	unmap(0, NR_SLOTS);
	map_end();
}

static void test_occupied(void)
{
	struct gm_desc *desc;
	unsigned i;

	map_begin();
	desc = new_object(MID_BASE, MIB, TYPE_FILE);
	for (i = 0; i < 8; i++) {
		gm_word mark = i & 1 ? GM_MAP_BUSY : 0x1000;

		/* Whatever it is that occupies it. */
		slots[10 + i] = mark;
		expect_eq(map(10, 8, desc, 0), -GM_EBUSY);
		expect_eq(map(10 + i, 1, desc, 0), -GM_EBUSY);
		expect_eq(slots[10 + i], mark);
		slots[10 + i] = 0;
	}
	for (i = 0; i < NR_SLOTS; i++)
		expect_eq(slots[i], 0);
	expect_eq(gm_ref_count(desc), 1);
	expect_eq(gm_map_count(desc), 0);
	expect_eq(gm_map_granules(&as, GM_MAP_FILE), 0);
	expect_eq(map(10, 8, desc, 0), 0);
	expect_eq(map(17, 2, desc, 0), -GM_EBUSY);
	expect_eq(map(3, 8, desc, 0), -GM_EBUSY);
	expect_eq(gm_map_count(desc), 8);
	unmap(0, NR_SLOTS);
	put_object(desc, 1);
	map_end();
}

static int map_level(struct gm_desc *desc, uint64_t offset, size_t nr, unsigned level)
{
	struct gm_map_request request = request_of(desc, offset);

	return gm_map_slots(&as, slots, nr, level, &request);
}

static void test_refused_numbers(void)
{
	struct gm_map_request request;
	struct gm_desc *desc;

	map_begin();
	desc = new_object(HIGH_BASE, 4 * MIB, TYPE_FILE);
	expect_eq(map(0, 0, desc, 0), -GM_EINVAL);
	expect_eq(map_level(desc, 0, 1, as.nr_levels), -GM_EINVAL);
	expect_eq(map_level(desc, 0, 1, ~0u), -GM_EINVAL);
	expect_eq(map_level(NULL, 0, 1, as.nr_levels - 1), -GM_ENOTSUP);
	expect_eq(map(0, 1, desc, 4 * MIB), -GM_ERANGE);
	expect_eq(map(0, 1, desc, 4 * MIB - 1), -GM_ERANGE);
	expect_eq(map(0, 1, desc, MAX64), -GM_ERANGE);
	expect_eq(map(0, 1, desc, MAX64 - 4095), -GM_ERANGE);
	expect_eq(map(0, 2, desc, 4 * MIB - LEAF_BYTES), -GM_ERANGE);
	expect_eq(map(0, 1025, desc, 0), -GM_ERANGE);
	expect_eq(map(0, (size_t)1 << 40, desc, 0), -GM_ERANGE);
	expect_eq(map(0, ((size_t)1 << 40) + 1, desc, 0), -GM_ERANGE);
	expect_eq(map(0, (size_t)MAX64, desc, 0), -GM_ERANGE);
	expect_eq(map(0, 1, desc, 64), -GM_EALIGN);
	expect_eq(map_level(desc, LEAF_BYTES, 1, 1), -GM_EALIGN);
	expect_eq(map_level(desc, LEAF_BYTES, 2, 1), -GM_ERANGE);
	expect_eq(map_frames(0, 1, GM_PADDR_END), -GM_ERANGE);
	expect_eq(map_frames(0, 1, MAX64 - 4095), -GM_ERANGE);
	expect_eq(map_frames(0, 2, GM_PADDR_END - LEAF_BYTES), -GM_ERANGE);
	expect_eq(map_frames(0, 1, 1), -GM_EALIGN);
	request = request_of(desc, 0);
	request.software = GM_MAP_COUNTED;
	expect_eq(gm_map_slots(&as, slots, 1, 0, &request), -GM_EINVAL);
	request = request_of(desc, 0);
	request.flags = GM_PTE_RUN;
	expect_eq(gm_map_slots(&as, slots, 1, 0, &request), -GM_ENOTSUP);
	request = request_of(desc, 0);
	request.prot = GM_PROT_WRITE;
	expect_eq(gm_map_slots(&as, slots, 1, 0, &request), -GM_ENOTSUP);
	expect_eq(gm_ref_count(desc), 1);
	expect_eq(gm_map_count(desc), 0);
	put_object(desc, 1);
	map_end();
}

static void test_refused_objects(void)
{
	struct gm_desc *desc;

	map_begin();
	desc = new_object(HIGH_BASE, LEAF_BYTES, TYPE_TABLE);
	expect_eq(map(0, 1, desc, 0), -GM_ETYPE);
	put_object(desc, 1);
	desc = new_object(HIGH_BASE, 2 * LEAF_BYTES, TYPE_FILE);
	expect_eq(gm_ref_freeze(desc, 1), 0);
	expect_eq(map(0, 1, desc, 0), -GM_EBUSY);
	expect_eq(map(0, 2, desc, 0), -GM_EBUSY);
	expect_eq(gm_map_take(&as, desc, 2, 2 * LEAF_BYTES), -GM_EBUSY);
	gm_ref_thaw(desc, 1);
	expect_eq(map(0, 2, desc, 0), 0);
	unmap(0, 2);
	/* Smaller than a leaf: it would show somebody else's memory. */
	put_object(desc, 1);
	desc = new_object(HIGH_BASE, 1024, TYPE_FILE);
	expect_eq(map(0, 1, desc, 0), -GM_ERANGE);
	put_object(desc, 1);
	map_end();
}

static void test_limit(void)
{
	struct gm_desc *desc;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
	expect_eq(gm_ref_add(desc, GM_REFS_LIMIT - 3), 0);
	expect_eq(map(0, 3, desc, 0), -GM_ELIMIT);
	expect_eq(gm_ref_count(desc), GM_REFS_LIMIT - 2);
	expect_eq(map(0, 2, desc, 0), 0);
	expect_eq(map(2, 1, desc, 0), -GM_ELIMIT);
	expect_eq(gm_map_take(&as, desc, 1, LEAF_BYTES), -GM_ELIMIT);
	expect_eq(gm_map_count(desc), 2);
	expect_eq(gm_ref_count(desc), GM_REFS_LIMIT);
	unmap(0, 2);
	expect_eq(gm_map_take(&as, desc, 3, LEAF_BYTES), -GM_ELIMIT);
	expect_eq(gm_ref_count(desc), GM_REFS_LIMIT - 2);
	expect_eq(gm_ref_put_many(desc, GM_REFS_LIMIT - 3, &last_gone), 0);
	put_object(desc, 1);
	map_end();
}

/* What walkers take and give back by themselves. */
static void test_take(void)
{
	struct gm_desc *desc;

	map_begin();
	desc = new_object(HIGH_BASE, 2 * MIB, TYPE_BUFFER);
	expect_eq(gm_map_take(&as, desc, 10, 2 * MIB), 0);
	expect_eq(gm_ref_count(desc), 11);
	expect_eq(gm_map_count(desc), 10);
	expect_eq(gm_map_granules(&as, GM_MAP_DEVICE), 512);
	gm_map_give_back(&as, desc, 10, 2 * MIB);
	expect_eq(gm_ref_count(desc), 1);
	expect_eq(gm_map_count(desc), 0);
	expect_eq(gm_map_take(&as, NULL, 1, LEAF_BYTES), 0);
	expect_eq(gm_map_granules(&as, GM_MAP_DEVICE), 1);
	gm_map_give_back(&as, NULL, 1, LEAF_BYTES);
	put_object(desc, 1);
	desc = new_object(HIGH_BASE, LEAF_BYTES, TYPE_TABLE);
	expect_eq(gm_map_take(&as, desc, 1, LEAF_BYTES), -GM_ETYPE);
	put_object(desc, 1);
	map_end();
}

/* More is given up than there is. */
static void test_give_back_too_much(void)
{
	struct gm_desc *desc;

	if (!UNIT_ASSERTS)
		return;
	map_begin();
	desc = new_object(HIGH_BASE, LEAF_BYTES, TYPE_FILE);
	gm_ref_get(desc);
	gm_map_give_back(&as, desc, 1, 0);
	expect(unit_panicked());
	expect_eq(gm_map_count(desc), 0);
	put_object(desc, 1);
	map_end();
}

/* Less than nothing is not an answer: as another lane's increase is not seen yet. */
static void test_counter_in_between(void)
{
	map_begin();
	lanes[1].granules[GM_MAP_FILE] = (gm_word)0 - 5;
	expect_eq(gm_map_granules(&as, GM_MAP_FILE), 0);
	lanes[2].granules[GM_MAP_FILE] = 7;
	expect_eq(gm_map_granules(&as, GM_MAP_FILE), 2);
	lanes[1].granules[GM_MAP_FILE] = 0;
	lanes[2].granules[GM_MAP_FILE] = 0;
	map_end();
}

UNIT_MAIN("map", UNIT_TEST(test_init), UNIT_TEST(test_one), UNIT_TEST(test_many),
	  UNIT_TEST(test_large_leaf), UNIT_TEST(test_frames), UNIT_TEST(test_occupied),
	  UNIT_TEST(test_refused_numbers), UNIT_TEST(test_refused_objects), UNIT_TEST(test_limit),
	  UNIT_TEST(test_take), UNIT_TEST(test_give_back_too_much),
	  UNIT_TEST(test_counter_in_between))

#else

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("map", UNIT_TEST(test_absent))

#endif
