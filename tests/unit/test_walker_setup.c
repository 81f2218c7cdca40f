/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of how the walker is set up, and of what only somebody else's mistake can bring
 * about.
 */
#include <granmem/config.h>

#if GM_CONFIG_64BIT

#include "walker_unit.h"

static struct gm_walker walker;

static int try_init(const struct gm_walker_config *config)
{
	int err = gm_walker_init(&walker, config);

	if (err == 0)
		gm_walker_destroy(&walker);
	expect_eq(machine.nr_used, 0);
	return err;
}

static void test_refused(void)
{
	const struct shape *shape = &shapes[0];
	struct gm_walker_config config, good;

	machine_start(12);
	config_for(shape, &good);
	config = good;
	expect_eq(try_init(&config), 0);
	config.flags = 8;
	expect_eq(try_init(&config), -GM_EINVAL);
	config = good;
	config.flags = GM_WALKER_UPPER; /* has both halves */
	expect_eq(try_init(&config), -GM_EINVAL);
	config = good;
	config.free = NULL;
	expect_eq(try_init(&config), -GM_EINVAL);
	config = good;
	config.alloc = NULL;
	expect_eq(try_init(&config), -GM_EINVAL);
	config.free = NULL; /* neither hooks nor a space */
	config.table_type = 1;
	expect_eq(try_init(&config), -GM_EINVAL);
	config.space = (const struct gm_space *)&config;
	config.table_type = 0;
	expect_eq(try_init(&config), -GM_EINVAL);
	config.table_type = GM_TYPE_MAX + 1;
	expect_eq(try_init(&config), -GM_EINVAL);
	config = good;
	memset(&config.format, 0, sizeof(config.format));
	expect_eq(try_init(&config), -GM_EINVAL);
	config = good;
	config.format.memory = 0x0101010101010101; /* nothing but WC */
	expect_eq(try_init(&config), -GM_ENOTSUP);
}

/* Who counts has to read what the walker writes. */
static void test_map_of_another_format(void)
{
	struct gm_walker_config config;
	static struct gm_map_space map;
	struct gm_pte_format *format = &map.config.format;

	machine_start(12);
	config_for(&shapes[0], &config);
	config.map = &map;
	*format = config.format;
	expect_eq(try_init(&config), 0);
	format->kind = GM_PTE_NPT;
	expect_eq(try_init(&config), -GM_EINVAL);
	*format = config.format;
	format->granule_shift++;
	expect_eq(try_init(&config), -GM_EINVAL);
	*format = config.format;
	format->input_bits = 57;
	expect_eq(try_init(&config), -GM_EINVAL);
	*format = config.format;
	format->output_bits = 40;
	expect_eq(try_init(&config), -GM_EINVAL);
	*format = config.format;
	format->features ^= GM_PTE_HAS_NX;
	expect_eq(try_init(&config), -GM_EINVAL);
	*format = config.format;
	format->memory = 0x0007040600070406;
	expect_eq(try_init(&config), -GM_EINVAL);
}

/* Only some of the leaves that the format has. */
static void test_leaves(void)
{
	const struct shape *shape = &shapes[0];
	struct gm_walker_config config;
	struct oracle_leaf leaf;

	machine_start(12);
	config_for(shape, &config);
	config.leaves = GM_RUN_LEAF(21) | GM_RUN_LEAF(25);
	expect_eq(gm_walker_init(&walker, &config), 0);
	expect_eq(map_frames(&walker, 0, GIB + 64 * KIB, GIB, RW), 0);
	expect_eq(look(shape, &walker, 0, &leaf), 1);
	expect_eq(leaf.shift, 21);
	expect_eq(look(shape, &walker, GIB, &leaf), 1);
	expect_eq(leaf.shift, 12);
	walker_end(&walker);
}

/* Where a table page is, without a hook. */
static void test_virtual_offset(void)
{
	const struct shape *shape = &shapes[0];
	struct gm_walker_config config;
	struct oracle_leaf leaf;

	machine_start(12);
	config_for(shape, &config);
	config.to_virtual = NULL;
	config.virtual_offset = (uint64_t)(uintptr_t)machine.memory - MEMORY_BASE;
	expect_eq(gm_walker_init(&walker, &config), 0);
	expect_eq(map_frames(&walker, 0, 8 * MIB, 4 * KIB, RW), 0);
	expect_eq(look(shape, &walker, 4 * MIB, &leaf), 1);
	expect_eq(leaf.paddr, 4 * MIB + 4 * KIB);
	walker_end(&walker);
}

/* Entries that nobody can have put there. */
static void test_entries_of_others(void)
{
	const struct shape *shape = &shapes[0];
	struct gm_walker_at at;

	if (!UNIT_ASSERTS)
		return;
	walker_start(shape, &walker);
	/* A large page at the highest level is reserved. */
	walker.root[1] = 0x81;
	expect_eq(gm_walker_lookup(&walker, (uint64_t)1 << 39, &at), -GM_ECORRUPT);
	expect_eq(gm_walker_protect(&walker, (uint64_t)1 << 39, (uint64_t)1 << 39, RO, NULL),
		  -GM_ENOTSUP);
	expect(unit_panicked());
	/* BUSY, and nobody will ever end it. */
	walker.root[1] = (uint64_t)1 << 63 | (uint64_t)1 << 52;
	expect_eq(gm_walker_lookup(&walker, (uint64_t)1 << 39, &at), -GM_EBUSY);
	gm_walker_destroy(&walker);
	expect(unit_panicked());
}

/* Physical memory of fewer bits than the format could have, and of more than 48. */
static void test_widths(void)
{
	static const struct gm_pte_format formats[] = {
		{ .kind = GM_PTE_X86_64, .output_bits = 40, .features = GM_PTE_HAS_NX },
		{ .kind = GM_PTE_X86_64, .features = GM_PTE_HAS_NX },
		{ .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 16, .output_bits = 52 },
		{ .kind = GM_PTE_AARCH64_STAGE1, .output_bits = 52, .features = GM_PTE_HAS_LPA2 },
		{ .kind = GM_PTE_RISCV64 },
	};
	static const unsigned bits[] = { 40, 52, 52, 52, 52 };
	unsigned i, part;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct gm_walker_config config;
		struct gm_walker_at at;
		uint64_t granule, end, across;

		machine_start(formats[i].granule_shift == 16 ? 16 : 12);
		config_for(&shapes[0], &config);
		config.format = formats[i];
		expect_eq(gm_walker_init(&walker, &config), 0);
		granule = (uint64_t)1 << walker.shift[0];
		end = (uint64_t)1 << bits[i];
		expect_eq(map_frames(&walker, 0, granule, end, RO), -GM_ERANGE);
		expect_eq(map_frames(&walker, 0, 2 * granule, end - granule, RO), -GM_ERANGE);
		expect_eq(map_frames(&walker, 0, granule, end - granule, RO), 0);
		expect_eq(gm_walker_lookup(&walker, 5, &at), 0);
		expect_eq(at.paddr.value, end - granule + 5);
		/* From below 2^48 to above, where an address may go on elsewhere. */
		across = (bits[i] < 48 ? (uint64_t)1 << 39 : (uint64_t)1 << 48) - 2 * granule;
		expect_eq(map_frames(&walker, granule, 4 * granule, across, RO), 0);
		for (part = 0; part < 4; part++) {
			expect_eq(gm_walker_lookup(&walker, (part + 1) * granule, &at), 0);
			expect_eq(at.paddr.value, across + part * granule);
		}
		walker_end(&walker);
	}
}

/* A root and nothing below: no entry leads to a table. */
static void test_one_level(void)
{
	static const struct gm_pte_format formats[] = {
		{ .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 16, .input_bits = 26 },
		{ .kind = GM_PTE_AARCH64_STAGE2, .granule_shift = 16, .input_bits = 32 },
		{ .kind = GM_PTE_AARCH64_STAGE2, .granule_shift = 14, .input_bits = 28 },
	};
	unsigned i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct gm_walker_config config;
		struct gm_walker_at at;
		uint64_t granule, end;

		machine_start(formats[i].granule_shift);
		config_for(&shapes[0], &config);
		config.format = formats[i];
		expect_eq(gm_walker_init(&walker, &config), 0);
		expect_eq(walker.nr_levels, 1);
		granule = (uint64_t)1 << walker.shift[0];
		end = (uint64_t)1 << formats[i].input_bits;
		expect_eq(map_frames(&walker, end, granule, GIB, RW), -GM_ERANGE);
		expect_eq(map_frames(&walker, 0, end, GIB, RW), 0);
		expect_eq(gm_walker_protect(&walker, granule, granule, RO, NULL), 0);
		expect_eq(gm_walker_lookup(&walker, granule + 7, &at), 0);
		expect_eq(at.paddr.value, GIB + granule + 7);
		expect_eq(at.pte.prot, RO);
		expect_eq(at.leaf_shift, walker.shift[0]);
		expect_eq(gm_walker_lookup(&walker, end - 1, &at), 0);
		expect_eq(at.paddr.value, GIB + end - 1);
		expect_eq(at.bytes, 1);
		expect(at.leaf_shift > walker.shift[0]); /* a run */
		expect_eq(gm_walker_unmap(&walker, 0, end, NULL), 0);
		expect_eq(gm_walker_lookup(&walker, 0, &at), -GM_ENOENT);
		expect_eq(machine.nr_used * machine.page_bytes,
			  end >> walker.shift[0] > granule / 8 ?
				  end / granule * 8 : granule);
		walker_end(&walker);
	}
}

/* A run of which a part was torn out, by whomever. */
static void test_torn_run(void)
{
	const struct shape *shape = &shapes[5]; /* aarch64 */
	struct oracle_leaf leaf;

	if (!UNIT_ASSERTS)
		return;
	walker_start(shape, &walker);
	expect_eq(map_frames(&walker, 0, 64 * KIB, 64 * KIB, RW), 0);
	expect_eq(look(shape, &walker, 5 * 4096, &leaf), 1);
	expect_eq(leaf.shift, 16);
	*(uint64_t *)(uintptr_t)leaf.slot = 0;
	expect_eq(gm_walker_protect(&walker, 0, 64 * KIB, RO, NULL), 0);
	expect(unit_panicked());
	walker_end(&walker);
}

/* A format that changes while the tables are in use. */
static void test_other_format(void)
{
	const struct shape *shape = &shapes[0];

	if (!UNIT_ASSERTS)
		return;
	walker_start(shape, &walker);
	expect_eq(map_frames(&walker, 0, 2 * MIB, 2 * MIB, RW), 0);
	walker.config.format.features = 0; /* no NX any more: nothing can be not executable */
	expect_eq(gm_walker_unmap(&walker, 0, 4 * KIB, NULL), 0);
	expect(unit_panics.nr > 1);
	unit_panics.nr = 0;
	walker.config.format.features = shape->format.features;
	walker_end(&walker);
}

UNIT_MAIN("walker_setup", UNIT_TEST(test_widths), UNIT_TEST(test_torn_run),
	  UNIT_TEST(test_one_level), UNIT_TEST(test_other_format), UNIT_TEST(test_refused),
	  UNIT_TEST(test_map_of_another_format),
	  UNIT_TEST(test_leaves), UNIT_TEST(test_virtual_offset), UNIT_TEST(test_entries_of_others))

#else

#include <granmem/atomic.h>

#include "unit.h"

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("walker_setup", UNIT_TEST(test_absent))

#endif
