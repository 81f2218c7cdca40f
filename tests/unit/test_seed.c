/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The case that the library exists for: memory that is allocated in 2 MiB and
 * mapped in 4 KiB. All page frame numbers come out, every mapping is counted,
 * and nowhere is there a record of a mapping granule. The same in 16 and 64 KiB,
 * and objects that are smaller than any of them.
 */
#include "machine.h"

#define OBJECT_SIZE (2 * MIB)
#define TYPE_GUEST 5u

struct seed {
	struct gm_adhoc memory;
	struct arena arena;
};

static void seed_begin(struct seed *seed, unsigned granule_shift)
{
	struct gm_table_config config;
	struct gm_metadata need;

	memset(seed, 0, sizeof(*seed));
	config = arena_config(&seed->arena, HIGH_BASE, HIGH_SIZE);
	config.granule_shift = granule_shift;
	expect_eq(gm_adhoc_metadata_size(&config, 0, &need), 0);
	expect_eq(gm_adhoc_init(&seed->memory, &config, arena_buffer(&seed->arena, &need),
				need.bytes), 0);
}

static void seed_end(struct seed *seed)
{
	struct gm_verify found;

	expect_eq(gm_adhoc_verify(&seed->memory, &found), 0);
	expect_eq(found.nr_objects, 0);
	expect_eq(gm_table_free_bytes(&seed->memory.table), HIGH_SIZE);
}

static struct gm_desc *claim_object(struct seed *seed)
{
	struct gm_claim claim = { .size = OBJECT_SIZE, .align = OBJECT_SIZE, .type = TYPE_GUEST };
	struct gm_desc *object;

	expect_eq(gm_adhoc_claim(&seed->memory, &claim, &object), 0);
	expect_eq(gm_desc_base(object) % OBJECT_SIZE, 0);
	return object;
}

static void expect_same_metadata(struct seed *seed, const struct gm_stats *before,
				 unsigned nr_grown)
{
	struct gm_stats now;

	gm_adhoc_stats(&seed->memory, &now);
	expect_eq(now.nr_objects, before->nr_objects);
	expect_eq(now.nr_nodes, before->nr_nodes);
	expect_eq(now.used_bytes, before->used_bytes);
	expect_eq(now.total_bytes, before->total_bytes);
	expect_eq(seed->arena.nr_grown, nr_grown);
}

/* What a mapper does: the pfn of each granule, a reference for each leaf. */
static void map_all(struct seed *seed, struct gm_desc *object, unsigned shift, uint64_t *table)
{
	uint64_t first = gm_desc_base(object) >> shift;
	size_t nr = OBJECT_SIZE >> shift;
	struct gm_desc *found;
	struct gm_paddr paddr;
	struct gm_pfn pfn;
	size_t i;

	for (i = 0; i < nr; i++) {
		expect_eq(gm_run_pfn(object, (uint64_t)i << shift, shift, &pfn), 0);
		gm_ref_get(object);
		table[i] = pfn.value;
	}
	for (i = 0; i < nr; i++) {
		expect_eq(table[i], first + i);
		/* And back, from what a walk of the page table finds. */
		paddr = gm_granule_paddr(gm_pfn(table[i]), shift);
		expect_eq(gm_adhoc_find_get(&seed->memory, paddr, TYPE_GUEST, &found), 0);
		expect(found == object);
		expect_eq(gm_adhoc_put(&seed->memory, found), 0);
	}
	expect_eq(gm_run_pfn(object, OBJECT_SIZE, shift, &pfn), -GM_ERANGE);
	expect_eq(gm_ref_count(object), nr + 1);
}

/* The object goes with its last mapping, in whatever order they go. */
static void unmap_all(struct seed *seed, unsigned shift, const uint64_t *table)
{
	size_t nr = OBJECT_SIZE >> shift;
	size_t i;

	for (i = 0; i < nr; i++) {
		size_t at = i * 37 % nr; /* 37 and a power of two: every one once */
		struct gm_desc *object = gm_adhoc_find(&seed->memory,
						       gm_granule_paddr(gm_pfn(table[at]), shift));

		expect(object != NULL);
		expect_eq(gm_adhoc_put(&seed->memory, object), i == nr - 1);
	}
}

static void check_mapped(unsigned granule_shift, unsigned shift, uint64_t max_nodes)
{
	static uint64_t table[OBJECT_SIZE >> 12];
	static struct seed seed;
	struct gm_stats empty, one;
	struct gm_desc *object;
	struct gm_run run;
	unsigned nr_grown;

	seed_begin(&seed, granule_shift);
	gm_adhoc_stats(&seed.memory, &empty);
	object = claim_object(&seed);
	gm_adhoc_stats(&seed.memory, &one);
	nr_grown = seed.arena.nr_grown;
	/* One descriptor, and no node where the object fills a slot. */
	expect_eq(one.nr_objects, empty.nr_objects + 1);
	expect(one.nr_nodes <= max_nodes);
	expect_eq(one.used_bytes, empty.used_bytes + one.desc_size + one.nr_nodes * one.node_size);

	expect_eq(gm_run_at(object, 0, 0, shift, 0, &run), 0);
	expect_eq(run.nr_granules, OBJECT_SIZE >> shift);
	map_all(&seed, object, shift, table);
	expect_same_metadata(&seed, &one, nr_grown);
	expect_eq(gm_adhoc_put(&seed.memory, object), 0); /* only mappings are left */
	expect_same_metadata(&seed, &one, nr_grown);
	unmap_all(&seed, shift, table);
	expect_eq(gm_table_free_bytes(&seed.memory.table), HIGH_SIZE);
	expect_eq(seed.arena.nr_grown, nr_grown);
	seed_end(&seed);
}

/* 2 MiB is a slot of the root at 4 KiB granules: 512 pfns out of 32 bytes. */
static void test_two_mib_in_4_kib(void)
{
	check_mapped(12, 12, 0);
}

/* Slots of larger granules stand for 8 and 32 MiB, so one node breaks one up. */
static void test_two_mib_in_16_kib(void)
{
	check_mapped(14, 14, 1);
}

static void test_two_mib_in_64_kib(void)
{
	check_mapped(16, 16, 1);
}

/* What memory is described in and what it is mapped in are two choices. */
static void test_mapped_in_other_granules(void)
{
	check_mapped(12, 14, 0);
	check_mapped(12, 16, 0);
	check_mapped(14, 12, 1);
	check_mapped(16, 12, 1);
}

static struct gm_desc *create(struct seed *seed, uint64_t base, uint64_t size)
{
	struct gm_object object = machine_object(base, size, TYPE_GUEST);
	struct gm_desc *desc;

	expect_eq(gm_adhoc_create(&seed->memory, &object, &desc), 0);
	return desc;
}

static void expect_found(struct seed *seed, uint64_t paddr, const struct gm_desc *object)
{
	struct gm_desc *found;

	if (object == NULL) {
		expect_eq(gm_adhoc_find_get(&seed->memory, gm_paddr(paddr), 0, &found),
			  -GM_ENOENT);
		return;
	}
	expect_eq(gm_adhoc_find_get(&seed->memory, gm_paddr(paddr), 0, &found), 0);
	expect(found == object);
	expect_eq(gm_adhoc_put(&seed->memory, found), 0);
}

/* Two objects of 1.5 KiB in one granule: one pfn, two offsets, two lives. */
static void check_inside_a_granule(unsigned shift)
{
	static struct seed seed;
	uint64_t granule = HIGH_BASE + (7u << shift);
	struct gm_desc *first, *second;
	struct gm_run run;
	unsigned i;

	seed_begin(&seed, shift);
	first = create(&seed, granule + 512, 1536);
	second = create(&seed, granule + 2048, 1536);
	for (i = 0; i < 1536; i++) {
		expect_eq(gm_run_at(first, i, 512 + i, shift, GM_RUN_LEAF(shift), &run), 0);
		expect_eq(run.pfn.value, granule >> shift);
		expect_eq(run.granule_offset, 512 + i);
		expect_eq(run.bytes, 1536 - i);
		/* No leaf may map it: the granule has other memory in it, too. */
		expect_eq(run.nr_granules, 0);
		expect_eq(run.leaf_shift, 0);
	}
	expect_eq(gm_run_at(first, 1536, 0, shift, 0, &run), -GM_ERANGE);
	expect_eq(gm_run_at(second, 0, 0, shift, 0, &run), 0);
	expect_eq(run.pfn.value, granule >> shift);
	expect_eq(run.granule_offset, 2048);
	expect_found(&seed, granule + 511, NULL);
	expect_found(&seed, granule + 512, first);
	expect_found(&seed, granule + 2047, first);
	expect_found(&seed, granule + 2048, second);
	expect_found(&seed, granule + 3583, second);
	expect_found(&seed, granule + 3584, NULL);
	expect_eq(gm_adhoc_put(&seed.memory, first), 1);
	expect_found(&seed, granule + 2047, NULL);
	expect_found(&seed, granule + 2048, second);
	expect_eq(gm_adhoc_put(&seed.memory, second), 1);
	seed_end(&seed);
}

static void test_inside_a_granule(void)
{
	check_inside_a_granule(12);
	check_inside_a_granule(14);
	check_inside_a_granule(16);
}

/* Across the border of two granules, and to the last bytes of the region. */
static void test_across_granules(void)
{
	static struct seed seed;
	uint64_t end = HIGH_BASE + HIGH_SIZE;
	struct gm_desc *across, *last;
	struct gm_run run;

	seed_begin(&seed, 12);
	across = create(&seed, HIGH_BASE + 3072, 1536);
	expect_eq(gm_run_at(across, 1023, 0, 12, 0, &run), 0);
	expect_eq(run.pfn.value, HIGH_BASE >> 12);
	expect_eq(gm_run_at(across, 1024, 0, 12, 0, &run), 0);
	expect_eq(run.pfn.value, (HIGH_BASE >> 12) + 1);
	expect_eq(run.granule_offset, 0);
	expect_eq(run.bytes, 512);
	expect_eq(run.nr_granules, 0);
	expect_found(&seed, HIGH_BASE + 4095, across);
	expect_found(&seed, HIGH_BASE + 4096, across);
	last = create(&seed, end - 1536, 1536);
	expect_found(&seed, end - 1, last);
	expect_eq(gm_adhoc_put(&seed.memory, across), 1);
	expect_eq(gm_adhoc_put(&seed.memory, last), 1);
	seed_end(&seed);
}

UNIT_MAIN("seed", UNIT_TEST(test_two_mib_in_4_kib), UNIT_TEST(test_two_mib_in_16_kib),
	  UNIT_TEST(test_two_mib_in_64_kib), UNIT_TEST(test_mapped_in_other_granules),
	  UNIT_TEST(test_inside_a_granule), UNIT_TEST(test_across_granules))
