/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/map.h in other formats than the usual: what hardware does not note,
 * runs, widths; and entries that nobody should have put there.
 */
#include "map_unit.h"

#if GM_CONFIG_64BIT

#define CORRUPT ((gm_word)1 << 62 | 1) /* x86-64: a protection key, without keys */

static int init_format(const struct gm_pte_format *format)
{
	struct gm_map_config config = map_config();

	config.format = *format;
	return gm_map_init(&as, &config);
}

static void begin_format(const struct gm_pte_format *format)
{
	machine_begin(&machine);
	expect_eq(init_format(format), 0);
	gm_map_gather_init(&gather, gone, NR_GONE);
}

/* What is not noted counts as having happened, where it may. */
static void test_unnoted(void)
{
	static const struct {
		struct gm_pte_format format;
		uint32_t unnoted;
		gm_word flags;
	} rows[] = {
		{ { .kind = GM_PTE_AARCH64_STAGE1 }, 0, GM_FLAG_DIRTY },
		{ { .kind = GM_PTE_AARCH64_STAGE2 }, 0, GM_FLAG_DIRTY },
		{ { .kind = GM_PTE_AARCH64_STAGE1, .features = GM_PTE_HAS_DBM }, 0, 0 },
		{ { .kind = GM_PTE_EPT }, 0, 0 },
		{ { .kind = GM_PTE_EPT },
		  GM_PTE_ACCESSED | GM_PTE_DIRTY,
		  GM_FLAG_DIRTY | GM_FLAG_REFERENCED },
	};
	unsigned i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gm_map_request request;
		struct gm_map_config config;
		struct gm_desc *desc;
		size_t done;

		machine_begin(&machine);
		config = map_config();
		config.format = rows[i].format;
		config.unnoted = 0x100;
		expect_eq(gm_map_init(&as, &config), -GM_EINVAL);
		config.unnoted = rows[i].unnoted;
		expect_eq(gm_map_init(&as, &config), 0);
		gm_map_gather_init(&gather, gone, NR_GONE);
		desc = new_object(HIGH_BASE, LEAF_BYTES, TYPE_FILE);
		request = request_of(desc, 0);
		request.prot = GM_PROT_READ | GM_PROT_WRITE;
		expect_eq(gm_map_slots(&as, slots, 1, 0, &request), 0);
		unmap(0, 1);
		expect_eq(gm_desc_flags(desc), rows[i].flags);
		/* What was written before it could not be any more was written, too. */
		expect_eq(gm_map_take_flags(desc, rows[i].flags), rows[i].flags);
		expect_eq(gm_map_slots(&as, slots, 1, 0, &request), 0);
		expect_eq(gm_map_protect(&as, slots, 1, 0, GM_PROT_READ, &done), 0);
		expect_eq(leaf_in(0).prot, GM_PROT_READ);
		unmap(0, 1);
		expect_eq(gm_desc_flags(desc), rows[i].flags);
		put_object(desc, 1);
		map_end();
	}
}

/* Physical memory that does not reach so far; a processor without usual memory. */
static void test_widths(void)
{
	static const struct gm_pte_format narrow = { .kind = GM_PTE_RISCV64,
						     .input_bits = 57,
						     .output_bits = 40 };
	static const struct gm_pte_format lpa2 = { .kind = GM_PTE_AARCH64_STAGE1,
						   .output_bits = 52,
						   .features = GM_PTE_HAS_LPA2 };
	static const struct gm_pte_format strange = { .kind = GM_PTE_AARCH64_STAGE1,
						      .memory = 0x4444444444444444 };
	struct gm_map_request request;
	struct gm_pte leaf;
	uint64_t entry;

	begin_format(&narrow);
	request = request_of(NULL, 0);
	request.paddr = gm_paddr(((uint64_t)1 << 40) - LEAF_BYTES);
	expect_eq(gm_map_slots(&as, slots, 2, 0, &request), -GM_ERANGE);
	expect_eq(gm_map_slots(&as, slots, 1, 0, &request), 0);
	unmap(0, 1);
	/* One leaf is all the memory that there may be: it has no next one. */
	memset(&leaf, 0, sizeof(leaf));
	leaf.prot = GM_PROT_READ;
	expect_eq(gm_pte_leaf(&narrow, 4, &leaf, &entry), 0);
	slots[0] = entry;
	expect_eq(gm_map_unmap(&as, slots, 1, 4, &gather), 1);
	expect_eq(slots[0], 0);
	lanes[0].granules[GM_MAP_DEVICE] = 0;
	lanes[1].granules[GM_MAP_DEVICE] = 0;
	lanes[2].granules[GM_MAP_DEVICE] = 0;
	lanes[3].granules[GM_MAP_DEVICE] = 0;
	map_end();

	/* Across 2^48 the address goes on elsewhere. */
	begin_format(&lpa2);
	request = request_of(NULL, 0);
	request.paddr = gm_paddr(((uint64_t)1 << 50) - LEAF_BYTES);
	expect_eq(gm_map_slots(&as, slots, 2, 0, &request), -GM_ENOTSUP);
	map_end();

	machine_begin(&machine);
	expect_eq(init_format(&strange), -GM_ENOTSUP);
	machine_end(&machine);
}

/* Runs that a walker made: what hardware noted in a part is about the whole. */
static void put_run(const struct gm_desc *desc, uint64_t offset, unsigned nr, uint32_t flags)
{
	struct gm_pte leaf;
	unsigned i;

	memset(&leaf, 0, sizeof(leaf));
	leaf.prot = GM_PROT_READ | GM_PROT_WRITE;
	leaf.software = GM_MAP_COUNTED;
	for (i = 0; i < nr; i++) {
		uint64_t entry;

		leaf.flags = GM_PTE_RUN | (i == 3 ? flags : 0);
		leaf.paddr.value = gm_desc_base(desc) + offset + i * LEAF_BYTES;
		expect_eq(gm_pte_leaf(&as.config.format, 0, &leaf, &entry), 0);
		slots[i] = entry;
	}
}

static void test_runs(void)
{
	static const struct gm_pte_format format = { .kind = GM_PTE_AARCH64_STAGE1,
						     .features = GM_PTE_HAS_DBM };
	gm_word dirty[1] = { 0 };
	struct gm_map_blocks blocks = { NULL, dirty, 12 };
	struct gm_desc *desc;

	begin_format(&format);
	desc = new_object(HIGH_BASE, 32 * LEAF_BYTES, TYPE_FILE);
	((struct gm_mapped *)desc)->blocks = &blocks;
	expect_eq(gm_map_take(&as, desc, 16, 16 * LEAF_BYTES), 0);
	put_run(desc, 16 * LEAF_BYTES, 16, GM_PTE_ACCESSED | GM_PTE_DIRTY);
	unmap(0, 16);
	expect_eq(gm_map_count(desc), 0);
	expect_eq(dirty[0], (gm_word)0xffff0000);
	((struct gm_mapped *)desc)->blocks = NULL;
	put_object(desc, 1);

	/* Those that reach out of their object, at either side, are about what it has. */
	desc = new_object(HIGH_BASE + 8 * LEAF_BYTES, 16 * LEAF_BYTES, TYPE_FILE);
	((struct gm_mapped *)desc)->blocks = &blocks;
	dirty[0] = 0;
	expect_eq(gm_map_take(&as, desc, 16, 16 * LEAF_BYTES), 0);
	put_run(desc, 0, 16, GM_PTE_DIRTY);
	unmap(0, 16);
	expect_eq(dirty[0], (gm_word)1 << 3);
	expect_eq(gm_map_take(&as, desc, 8, 8 * LEAF_BYTES), 0);
	put_run(desc, 8 * LEAF_BYTES, 8, GM_PTE_DIRTY);
	unmap(0, 8);
	expect_eq(dirty[0], (gm_word)1 << 3 | (gm_word)1 << 11);
	((struct gm_mapped *)desc)->blocks = NULL;
	put_object(desc, 1);
	map_end();
}

/* Neighbours of more kinds than are remembered. */
static void test_many_shapes(void)
{
	struct gm_desc *desc;
	unsigned i;

	map_begin();
	desc = new_object(HIGH_BASE, 64 * LEAF_BYTES, TYPE_FILE);
	expect_eq(map(0, 64, desc, 0), 0);
	for (i = 0; i < 64; i++) {
		size_t done;

		expect_eq(gm_map_protect(&as, &slots[i], 1, 0,
					 GM_PROT_READ | (i % 2 ? GM_PROT_WRITE : 0) |
						 (i % 16 / 8 ? GM_PROT_EXEC : 0),
					 &done),
			  0);
		if (i % 4 / 2)
			slots[i] |= 0x20 | (i % 8 / 4 ? 0x40 : 0);
	}
	unmap(0, 64);
	expect_eq(gm_map_count(desc), 0);
	expect_eq(gm_desc_flags(desc), GM_FLAG_DIRTY | GM_FLAG_REFERENCED);
	put_object(desc, 1);
	map_end();
}

/* Entries of this format's that are none. */
static void test_corrupt(void)
{
	size_t done;

	if (!UNIT_ASSERTS)
		return;
	map_begin();
	slots[0] = CORRUPT;
	expect_eq(gm_map_protect(&as, slots, 1, 0, GM_PROT_READ, &done), -GM_ECORRUPT);
	expect_eq(gm_map_collect(&as, slots, 1, 0, GM_PTE_DIRTY, &gather, &done), -GM_ECORRUPT);
	expect_eq(slots[0], CORRUPT);
	expect_eq(gm_map_unmap(&as, slots, 1, 0, &gather), 1);
	expect(unit_panicked());
	expect_eq(gather.nr, 0);
	/* And what is no leaf at all. */
	expect_eq(gm_map_collect(&as, slots, 2, 0, GM_PTE_DIRTY, &gather, &done), 0);
	expect_eq(done, 2);
	map_end();
}

/* An object on both sides of 2^48. */
static void test_far(void)
{
	const uint64_t base = ((uint64_t)1 << 48) - 8 * LEAF_BYTES;
	struct gm_object object = { gm_paddr(base), 16 * LEAF_BYTES, TYPE_FILE, NULL };
	static struct gm_adhoc far;
	struct gm_table_config config;
	struct gm_metadata need;
	struct gm_desc *desc;

	map_begin();
	config = arena_config(&machine.arena, base, 16 * LEAF_BYTES);
	expect_eq(gm_adhoc_metadata_size(&config, 4, &need), 0);
	expect_eq(gm_adhoc_init(&far, &config, arena_buffer(&machine.arena, &need), need.bytes),
		  0);
	machine_add(&machine, GM_REGION_ADHOC, base, 16 * LEAF_BYTES, &far.table, 0, 0);
	expect_eq(gm_space_create(&machine.space, &object, &desc), 0);
	expect_eq(map(0, 8, desc, 0), 0);
	expect_eq(map(8, 8, desc, 8 * LEAF_BYTES), 0);
	unmap(0, 16);
	expect_eq(gm_map_count(desc), 0);
	put_object(desc, 1);
	expect_eq(gm_map_granules(&as, GM_MAP_FILE), 0);
}

/* Where there can be no object. */
static void test_find_object(void)
{
	struct gm_desc *desc;

	machine_begin(&machine);
	desc = new_object(MID_BASE, 4096, TYPE_FILE);
	expect(gm_space_find_object(&machine.space, gm_paddr(MID_BASE + 5)) == desc);
	expect(gm_space_find_object(&machine.space, gm_paddr(MID_BASE + 4096)) == NULL);
	put_object(desc, 1);
	expect(gm_space_find_object(&machine.space, gm_paddr(0)) == NULL);
	expect(gm_space_find_object(&machine.space, gm_paddr(DEVICE_BASE)) == NULL);
	expect(gm_space_find_object(&machine.space, gm_paddr(RESERVED_BASE)) == NULL);
	expect(gm_space_find_object(&machine.space, gm_paddr(~(uint64_t)0)) == NULL);
	machine_end(&machine);
}

UNIT_MAIN("map_formats", UNIT_TEST(test_unnoted), UNIT_TEST(test_widths), UNIT_TEST(test_runs),
	  UNIT_TEST(test_many_shapes), UNIT_TEST(test_corrupt), UNIT_TEST(test_far),
	  UNIT_TEST(test_find_object))

#else

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("map_formats", UNIT_TEST(test_absent))

#endif
