/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of the walker with objects behind the leaves: references, the map count and the
 * counters are right after mapping, splitting, unmapping and each failure; table pages
 * come from the same memory.
 */
#include <granmem/config.h>

#if GM_CONFIG_64BIT

#include "walker_objects.h"

/* An object of 4 MiB in leaves of 4 KiB, out of order. */
static void test_scattered(void)
{
	struct gm_desc *desc;
	uint64_t i;

	begin(GM_RUN_LEAF(12));
	desc = large();
	for (i = 0; i < NR_LEAVES(LARGE); i++)
		expect_eq(map_at(VA + i * 3 * LEAF_BYTES, LEAF_BYTES, desc,
				 LARGE - (i + 1) * LEAF_BYTES),
			  0);
	expect_eq(gm_map_count(desc), 1024);
	expect_eq(gm_ref_count(desc), 1025);
	expect_eq(gm_map_granules(&as, GM_MAP_FILE), 1024);
	for (i = 0; i < NR_LEAVES(LARGE); i++)
		expect_eq(paddr_at(VA + i * 3 * LEAF_BYTES + 7),
			  HIGH_BASE + 2 * LARGE - (i + 1) * LEAF_BYTES + 7);
	/* More leaves than the gather has room for, of an object in no order. */
	expect_eq(gm_walker_unmap(&walker, VA, 3 * LARGE, NULL), 0);
	expect(nr_invalidated > 100);
	expect_eq(gm_map_count(desc), 0);
	expect_eq(gm_ref_count(desc), 1);
	put_object(desc, 1);
	expect_eq(nr_gone, 0);
	expect_nothing();
	end();
}

/* However many ranges there are, what counted for a leaf stays until the leaf itself was
 * invalidated. */
static void test_more_ranges_than_room(void)
{
	struct gm_walker_gather waiting;
	unsigned nr = 2 * GM_WALKER_RANGES + 1;
	struct gm_desc *desc;
	unsigned i;

	begin(GM_RUN_LEAF(12));
	desc = large();
	/* Side by side in the object, which the gather notes as one, but no two here; and one
	 * that stays, so that its page does. */
	for (i = 0; i <= nr; i++)
		expect_eq(map_at(VA + i * 2 * LEAF_BYTES, LEAF_BYTES, desc, i * LEAF_BYTES), 0);
	gm_walker_gather_init(&waiting);
	for (i = 0; i < nr; i++) {
		expect_eq(gm_walker_unmap(&walker, VA + i * 2 * LEAF_BYTES, LEAF_BYTES, &waiting),
			  0);
		expect_eq(gm_map_count(desc), nr + 1);
	}
	expect_eq(nr_invalidated, 2 * GM_WALKER_RANGES);
	gm_walker_gather_finish(&walker, &waiting);
	expect_eq(nr_invalidated, nr);
	expect_eq(gm_map_count(desc), 1);
	expect_eq(gm_walker_unmap(&walker, VA, LARGE, NULL), 0);
	put_object(desc, 1);
	expect_nothing();
	end();
}

/* A leaf counts once, whatever its size; its parts each. */
static void test_split(void)
{
	struct gm_desc *desc;

	begin(0);
	desc = large();
	expect_eq(map_at(VA, LARGE, desc, 0), 0);
	expect_eq(gm_map_count(desc), 2);
	expect_eq(gm_ref_count(desc), 3);
	expect_eq(gm_map_granules(&as, GM_MAP_FILE), 1024);
	expect_eq(gm_walker_protect(&walker, VA + 5 * LEAF_BYTES, LEAF_BYTES, GM_PROT_READ, NULL),
		  0);
	expect_eq(gm_map_count(desc), 513);
	expect_eq(gm_ref_count(desc), 514);
	expect_eq(gm_map_granules(&as, GM_MAP_FILE), 1024);
	expect_eq(gm_walker_unmap(&walker, VA + MIB, 3 * MIB, NULL), 0);
	expect_eq(gm_map_count(desc), 256);
	expect_eq(gm_map_granules(&as, GM_MAP_FILE), 256);
	/* The holder lets go: the last leaf frees it. */
	put_object(desc, 0);
	expect_eq(gm_walker_unmap(&walker, VA, MIB, NULL), 0);
	expect_eq(nr_gone, 1);
	expect_eq(last_gone.size, LARGE);
	expect_nothing();
	end();
}

/* With destroy, too. */
static void test_destroy(void)
{
	struct gm_desc *desc;

	begin(0);
	desc = large();
	expect_eq(map_at(0, LARGE, desc, 0), 0);
	expect_eq(map_at(0 - LARGE, LARGE, desc, 0), 0);
	put_object(desc, 0);
	end();
	expect_eq(nr_gone, 1);
}

/* Inside the object, or not at all. */
static void test_bounds(void)
{
	struct gm_desc *desc;

	begin(0);
	desc = large();
	expect_eq(map_at(VA, LARGE, desc, LEAF_BYTES), -GM_ERANGE);
	expect_eq(map_at(VA, LEAF_BYTES, desc, LARGE), -GM_ERANGE);
	expect_eq(map_at(VA, LEAF_BYTES, desc, LARGE + LEAF_BYTES), -GM_ERANGE);
	expect_eq(map_at(VA, LEAF_BYTES, desc, ~(uint64_t)0), -GM_ERANGE);
	expect_eq(map_at(VA, LEAF_BYTES, desc, 64), -GM_EALIGN);
	expect_eq(map_at(VA, 2 * LARGE, desc, 0), -GM_ERANGE);
	expect_eq(gm_map_count(desc), 0);
	expect_eq(map_at(VA, LEAF_BYTES, desc, LARGE - LEAF_BYTES), 0);
	expect_eq(gm_walker_unmap(&walker, VA, LEAF_BYTES, NULL), 0);
	put_object(desc, 1);
	expect_nothing();
	end();
}

/* What fails leaves no reference, no count and no page. */
static void test_refused(void)
{
	struct gm_desc *desc, *other;
	struct gm_walker bare;
	struct gm_map_request request;

	begin(GM_RUN_LEAF(12));
	desc = large();
	/* Occupied at the end. */
	expect_eq(map_at(VA + LARGE - LEAF_BYTES, LEAF_BYTES, desc, 0), 0);
	expect_eq(map_at(VA, LARGE, desc, 0), -GM_EBUSY);
	expect_eq(gm_map_count(desc), 1);
	expect_eq(gm_ref_count(desc), 2);
	expect_eq(gm_map_granules(&as, GM_MAP_FILE), 1);
	expect_eq(gm_walker_unmap(&walker, VA, LARGE, NULL), 0);
	/* A type that cannot be mapped; a format that cannot say it. */
	other = new_object(HIGH_BASE, MIB, TYPE_TABLE);
	expect_eq(map_at(VA, MIB, other, 0), -GM_ETYPE);
	put_object(other, 1);
	request = request_of(desc, 0);
	request.key = 1;
	expect_eq(gm_walker_map(&walker, VA, LARGE, &request, NULL), -GM_ENOTSUP);
	/* Frozen by who holds the only reference. */
	expect_eq(gm_ref_freeze(desc, 1), 0);
	expect_eq(map_at(VA, LARGE, desc, 0), -GM_EBUSY);
	gm_ref_thaw(desc, 1);
	/* More references than there may be. */
	expect_eq(gm_ref_add(desc, GM_REFS_LIMIT - 1000), 0);
	expect_eq(map_at(VA, LARGE, desc, 0), -GM_ELIMIT);
	expect_eq(gm_map_count(desc), 0);
	expect_nothing();
	put_many(desc, GM_REFS_LIMIT - 1000);
	/* No space to count in. */
	memcpy(&bare, &walker, sizeof(bare));
	bare.config.map = NULL;
	request = request_of(desc, 0);
	expect_eq(gm_walker_map(&bare, VA, LARGE, &request, NULL), -GM_EINVAL);
	/* Frames that say they are counted. */
	request = request_of(NULL, 0);
	request.software = GM_MAP_COUNTED;
	expect_eq(gm_walker_map(&walker, VA, LARGE, &request, NULL), -GM_EINVAL);
	put_object(desc, 1);
	expect_nothing();
	end();
}

/* The parts' references cannot be had: it stays a block. */
static void test_split_refused(void)
{
	struct gm_desc *desc;
	struct gm_walker_at at;
	uint64_t before;

	begin(0);
	desc = large();
	expect_eq(map_at(VA, LARGE, desc, 0), 0);
	before = gm_table_free_bytes(&machine.mid.blocks.table);
	expect_eq(gm_ref_add(desc, GM_REFS_LIMIT - 100), 0);
	expect_eq(gm_walker_unmap(&walker, VA, LEAF_BYTES, NULL), -GM_ELIMIT);
	expect_eq(gm_walker_protect(&walker, VA, LEAF_BYTES, GM_PROT_READ, NULL), -GM_ELIMIT);
	expect_eq(gm_walker_lookup(&walker, VA, &at), 0);
	expect_eq(at.leaf_shift, 21);
	expect_eq(gm_map_count(desc), 2);
	expect_eq(gm_table_free_bytes(&machine.mid.blocks.table), before);
	put_many(desc, GM_REFS_LIMIT - 100);
	expect_eq(gm_walker_unmap(&walker, VA, LEAF_BYTES, NULL), 0);
	expect_eq(gm_map_count(desc), 512);
	put_object(desc, 0);
	expect_eq(gm_walker_unmap(&walker, VA, LARGE, NULL), 0);
	expect_eq(nr_gone, 1);
	end();
}

/* Frames are counted as a device's, and split without anybody's references. */
static void test_frames(void)
{
	struct gm_map_request request;

	begin(0);
	request = request_of(NULL, 0);
	request.paddr = gm_paddr(DEVICE_BASE);
	request.memory = GM_MEMORY_DEVICE;
	expect_eq(gm_walker_map(&walker, VA, LARGE, &request, NULL), 0);
	expect_eq(gm_map_granules(&as, GM_MAP_DEVICE), 1024);
	expect_eq(gm_walker_unmap(&walker, VA, LEAF_BYTES, NULL), 0);
	expect_eq(gm_map_granules(&as, GM_MAP_DEVICE), 1023);
	expect_eq(gm_walker_unmap(&walker, VA, LARGE, NULL), 0);
	expect_eq(gm_map_granules(&as, GM_MAP_DEVICE), 0);
	expect_nothing();
	end();
}

/* Somebody unmaps the block while it is being split: between the table page and the
 * references, or with the last of those. */
static unsigned char pages[8 * 4096] __attribute__((aligned(4096)));
static unsigned nr_pages;
static int interfere;

static int alloc(void *ctx, uint64_t bytes, struct gm_paddr *out)
{
	expect(ctx == &machine);
	if (interfere) {
		interfere = 0;
		expect_eq(gm_walker_unmap(&walker, VA, 2 * MIB, NULL), 0);
	}
	expect_eq(bytes, 4096);
	out->value = nr_pages++ * 4096;
	return 0;
}

static void release(void *ctx, struct gm_paddr page, uint64_t bytes)
{
	expect(ctx == &machine);
	expect(page.value < nr_pages * 4096 && bytes == 4096);
}

static void test_unmapped_while_split(void)
{
	struct gm_walker_config config;
	struct gm_walker_at at;
	struct gm_desc *desc;
	unsigned with_holder;

	for (with_holder = 0; with_holder < 2; with_holder++) {
		map_begin();
		nr_pages = 0;
		nr_gone = 0;
		memset(&config, 0, sizeof(config));
		config.format = as.config.format;
		config.map = &as;
		config.alloc = alloc;
		config.free = release;
		config.virtual_offset = (uint64_t)(uintptr_t)pages;
		config.ctx = &machine;
		expect_eq(gm_walker_init(&walker, &config), 0);
		desc = new_object(HIGH_BASE, 2 * MIB, TYPE_FILE);
		expect_eq(map_at(VA, 2 * MIB, desc, 0), 0);
		if (!with_holder)
			put_object(desc, 0);
		interfere = 1;
		expect_eq(gm_walker_protect(&walker, VA, 4096, GM_PROT_READ, NULL), 0);
		expect_eq(gm_walker_lookup(&walker, VA, &at), -GM_ENOENT);
		expect_eq(nr_gone, !with_holder);
		if (with_holder) {
			expect_eq(gm_map_count(desc), 0);
			put_object(desc, 1);
		}
		gm_walker_destroy(&walker);
		map_end();
	}
}

UNIT_MAIN("walker_objects", UNIT_TEST(test_unmapped_while_split), UNIT_TEST(test_scattered),
	  UNIT_TEST(test_more_ranges_than_room),
	  UNIT_TEST(test_split), UNIT_TEST(test_destroy), UNIT_TEST(test_bounds),
	  UNIT_TEST(test_refused), UNIT_TEST(test_split_refused), UNIT_TEST(test_frames))

#else

#include <granmem/atomic.h>

#include "unit.h"

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("walker_objects", UNIT_TEST(test_absent))

#endif
