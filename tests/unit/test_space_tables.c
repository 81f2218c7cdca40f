/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/space.h: claims by priority and node, and the other calls that
 * take all tables together; the short names of granmem/granmem.h.
 */
#include "machine.h"

#define MAX64 (~(uint64_t)0)

static struct gm_claim claim_of(uint64_t size)
{
	struct gm_claim claim;

	memset(&claim, 0, sizeof(claim));
	claim.size = size;
	claim.type = 1;
	return claim;
}

/* Claims until there is no more; the region of each is written down by base. */
static unsigned claim_all(struct machine *machine, uint64_t size, int node, struct gm_desc **descs,
			  unsigned max)
{
	struct gm_claim claim = claim_of(size);
	unsigned nr = 0;

	claim.align = size;
	while (nr < max && gm_space_claim(&machine->space, &claim, node, &descs[nr]) == 0)
		nr++;
	return nr;
}

static void test_claim_by_priority(void)
{
	static struct machine machine;
	struct gm_desc *descs[32];
	unsigned nr, i;

	machine_begin(&machine);
	/* 4 GiB fit sixteen times into the ad-hoc table and nowhere else. */
	nr = claim_all(&machine, 4 * GIB, GM_NODE_ANY, descs, 32);
	expect_eq(nr, 16);
	for (i = 0; i < nr; i++)
		expect(gm_desc_base(descs[i]) >= HIGH_BASE);
	/* Now 8 MiB: first the folio's eight (priority 2), then the compound's. */
	nr = claim_all(&machine, 8 * MIB, GM_NODE_ANY, descs + 16, 16);
	expect_eq(nr, 9);
	for (i = 16; i < 24; i++)
		expect(gm_desc_base(descs[i]) >= MID_BASE &&
		       gm_desc_base(descs[i]) < MID_BASE + MID_SIZE);
	expect_eq(gm_desc_base(descs[24]), 8 * MIB); /* the only multiple with room */
	for (i = 0; i < 25; i++)
		expect_eq(gm_space_put(&machine.space, descs[i]), 1);
	machine_end(&machine);
}

static void test_claim_by_node(void)
{
	static struct machine machine;
	struct gm_claim claim = claim_of(2 * MIB);
	struct gm_desc *desc;

	machine_begin(&machine);
	expect_eq(gm_space_claim(&machine.space, &claim, 0, &desc), 0);
	expect(gm_desc_base(desc) >= MID_BASE && gm_desc_base(desc) < MID_BASE + MID_SIZE);
	expect_eq(gm_space_put(&machine.space, desc), 1);
	expect_eq(gm_space_claim(&machine.space, &claim, 1, &desc), 0);
	expect(gm_desc_base(desc) >= HIGH_BASE);
	expect_eq(gm_space_put(&machine.space, desc), 1);
	desc = NULL;
	expect_eq(gm_space_claim(&machine.space, &claim, 2, &desc), -GM_ERANGE);
	expect_eq(gm_space_claim(&machine.space, &claim, -2, &desc), -GM_ERANGE);
	expect(desc == NULL);
	machine_end(&machine);
}

/* The lowest base of equals, however they were added. */
static void test_claim_among_equals(void)
{
	static struct machine machine;
	struct gm_claim claim = claim_of(4096);
	struct gm_desc *desc;

	machine_begin(&machine);
	gm_space_init(&machine.space, machine.regions, 8);
	machine_add(&machine, GM_REGION_ADHOC, HIGH_BASE, HIGH_SIZE, machine_high(&machine), 0, 7);
	machine_add(&machine, GM_REGION_FOLIO, MID_BASE, MID_SIZE, machine_mid(&machine), 0, 7);
	machine_add(&machine, GM_REGION_DEVICE, DEVICE_BASE, DEVICE_SIZE, NULL, 0, 8);
	machine_add(&machine, GM_REGION_COMPOUND, LOW_BASE, LOW_SIZE, machine_low(&machine), 0, 7);
	expect_eq(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc), 0);
	expect(gm_desc_base(desc) < MID_BASE);
	expect_eq(gm_space_put(&machine.space, desc), 1);
	claim.min = gm_paddr(MID_BASE);
	expect_eq(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc), 0);
	expect(gm_desc_base(desc) >= MID_BASE && gm_desc_base(desc) < HIGH_BASE);
	expect_eq(gm_space_put(&machine.space, desc), 1);
	machine_end(&machine);
}

static void test_claim_refuses(void)
{
	static struct machine machine;
	struct gm_claim claim = claim_of(2 * MIB);
	struct gm_desc *desc = NULL;
	struct gm_space empty;

	machine_begin(&machine);
	gm_space_init(&empty, NULL, 0);
	expect_eq(gm_space_claim(&empty, &claim, GM_NODE_ANY, &desc), -GM_ERANGE);
	claim.min = gm_paddr(HIGH_BASE + HIGH_SIZE);
	expect_eq(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc), -GM_ERANGE);
	claim.min = gm_paddr(MAX64);
	expect_eq(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc), -GM_ERANGE);
	claim = claim_of(0);
	expect_eq(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc), -GM_ESIZE);
	claim = claim_of(2 * MIB);
	claim.type = 0;
	expect_eq(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc), -GM_EINVAL);
	claim = claim_of(2 * MIB);
	claim.align = 3;
	expect_eq(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc), -GM_EALIGN);
	claim = claim_of(MAX64);
	expect(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc) < 0);
	claim = claim_of(GM_PADDR_END);
	expect(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc) < 0);
	expect(desc == NULL);
	machine_end(&machine);
}

/* A reserved byte behind everything: adding it ranks the regions anew. */
static int add_last(struct machine *machine)
{
	struct gm_region region;

	memset(&region, 0, sizeof(region));
	region.base = gm_paddr(GM_PADDR_END - 1);
	region.size = 1;
	region.kind = GM_REGION_RESERVED;
	return gm_space_add(&machine->space, &region);
}

/* Fills node 1 and asks for more, of a size that only its table can describe. */
static void test_claim_tells_full_from_impossible(void)
{
	static struct gm_desc *descs[64];
	static struct machine machine;
	struct gm_claim claim = claim_of(3 * MIB);
	struct gm_desc *desc;
	unsigned nr, i;

	machine_begin(&machine);
	machine.regions[1].priority = 9; /* the folio table is asked first */
	expect_eq(add_last(&machine), 0);
	expect_eq(gm_space_claim(&machine.space, &claim, 0, &desc), -GM_ESIZE);
	expect_eq(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc), 0);
	expect_eq(gm_space_put(&machine.space, desc), 1);
	nr = claim_all(&machine, GIB, 1, descs, 64);
	expect_eq(nr, 64);
	expect_eq(gm_space_claim(&machine.space, &claim, 1, &desc), -GM_ENOMEM);
	expect_eq(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc), -GM_ENOMEM);
	claim.size = 4096;
	expect_eq(gm_space_claim(&machine.space, &claim, 1, &desc), -GM_ENOMEM);
	expect_eq(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc), 0);
	expect_eq(gm_space_put(&machine.space, desc), 1);
	for (i = 0; i < nr; i++)
		expect_eq(gm_space_put(&machine.space, descs[i]), 1);
	machine_end(&machine);
}

/* Somebody stopped in the middle of creating in the folio table: what the
 * others say, before and after it, is less hopeful. */
static void test_claim_tells_busy_from_full(void)
{
	static struct gm_desc *descs[64];
	static struct machine machine;
	struct gm_claim claim = claim_of(MID_SIZE);
	volatile gm_word *word;
	struct gm_desc *desc;
	unsigned nr, i;

	machine_begin(&machine);
	nr = claim_all(&machine, GIB, 1, descs, 64);
	expect_eq(nr, 64);
	word = gm_blocks_word(&machine.mid.blocks, 100);
	gm_atomic_store_relaxed(word, GM_BLOCKS_BUSY);
	expect_eq(gm_space_claim(&machine.space, &claim, 1, &desc), -GM_ENOMEM);
	expect_eq(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc), -GM_EBUSY);
	gm_atomic_store_relaxed(word, GM_BLOCKS_FREE);
	expect_eq(gm_space_claim(&machine.space, &claim, GM_NODE_ANY, &desc), 0);
	expect_eq(gm_space_put(&machine.space, desc), 1);
	for (i = 0; i < nr; i++)
		expect_eq(gm_space_put(&machine.space, descs[i]), 1);
	machine_end(&machine);
}

static void test_pins_and_remove(void)
{
	static struct machine machine;
	struct gm_object gone;
	struct gm_pfn pfn;
	unsigned i;

	machine_begin(&machine);
	for (i = 0; i < 3; i++) {
		struct gm_object object = machine_object(machine_ram_bases[i], 8 * KIB, 2);
		struct gm_desc *desc;

		expect_eq(gm_space_create(&machine.space, &object, &desc), 0);
		gm_get(desc);
		expect_eq(gm_pin(desc), 0);
		expect_eq(gm_ref_pins(desc), 1);
		expect_eq(gm_pfn_at(desc, 4096, 12, &pfn), 0);
		expect_eq(pfn.value, (machine_ram_bases[i] >> 12) + 1);
		expect_eq(gm_put(&machine.space, desc), 0);
		expect_eq(gm_put(&machine.space, desc), 0);
		expect_eq(gm_unpin(&machine.space, desc), 1);
		/* And by hand: the winner of the last put removes. */
		expect_eq(gm_space_create(&machine.space, &object, &desc), 0);
		expect_eq(gm_ref_put(desc, &gone), 1);
		expect_eq(gone.base.value, machine_ram_bases[i]);
		gm_space_remove(&machine.space, desc);
	}
	machine_end(&machine);
}

static void test_foreign_descriptors(void)
{
#if GM_CONFIG_CHECKS >= 1
	static struct machine machine;
	struct gm_object object = machine_object(DEVICE_BASE, 4096, 1);
	struct gm_desc foreign;

	machine_begin(&machine);
	memset(&foreign, 0, sizeof(foreign));
	gm_desc_set(&foreign, &object);
	gm_ref_publish(&foreign, 1, 1);
	expect_eq(gm_space_put(&machine.space, &foreign), -GM_ENOENT);
	expect(unit_panicked());
	object.base = gm_paddr(0);
	gm_desc_set(&foreign, &object);
	expect_eq(gm_space_put(&machine.space, &foreign), -GM_ENOENT);
	expect(unit_panicked());
	gm_space_remove(&machine.space, &foreign);
	expect(unit_panicked());
	gm_space_orphan(&machine.space, &foreign);
	expect(unit_panicked());
	expect_eq(gm_ref_count(&foreign), 1);
	machine_end(&machine);
#else
	puts("SKIP: assertions are off");
#endif
}

struct visited {
	unsigned nr;
	uint64_t last;
	uint64_t bytes;
	unsigned stop_at;
};

static int visit(void *ctx, struct gm_desc *desc)
{
	struct visited *visited = ctx;

	expect(visited->nr == 0 || gm_desc_base(desc) > visited->last);
	visited->last = gm_desc_base(desc);
	visited->bytes += gm_desc_size(desc);
	visited->nr++;
	return visited->nr == visited->stop_at ? 77 : 0;
}

static void test_sums(void)
{
	static struct machine machine;
	struct visited visited = { 0, 0, 0, 0 };
	struct gm_stats sum, parts[3];
	struct gm_desc *descs[3];
	struct gm_verify found;
	unsigned i;

	machine_begin(&machine);
	for (i = 0; i < 3; i++) {
		struct gm_object object = machine_object(machine_ram_bases[i], (4 * KIB) << i, 1);

		expect_eq(gm_space_create(&machine.space, &object, &descs[i]), 0);
	}
	expect_eq(gm_space_for_each(&machine.space, visit, &visited), 0);
	expect_eq(visited.nr, 3);
	expect_eq(visited.bytes, 28 * KIB);
	memset(&visited, 0, sizeof(visited));
	visited.stop_at = 2;
	expect_eq(gm_space_for_each(&machine.space, visit, &visited), 77);
	expect_eq(visited.nr, 2);
	gm_space_stats(&machine.space, &sum);
	expect_eq(gm_space_table_stats(GM_REGION_COMPOUND, machine_low(&machine), &parts[0]), 0);
	expect_eq(gm_space_table_stats(GM_REGION_FOLIO, machine_mid(&machine), &parts[1]), 0);
	expect_eq(gm_space_table_stats(GM_REGION_ADHOC, machine_high(&machine), &parts[2]), 0);
	expect_eq(sum.region_bytes, LOW_SIZE + MID_SIZE + HIGH_SIZE);
	expect_eq(sum.free_bytes, sum.region_bytes - 28 * KIB);
	expect_eq(sum.nr_objects, 3);
	expect_eq(sum.nr_nodes, parts[2].nr_nodes);
	expect_eq(sum.static_bytes,
		  parts[0].static_bytes + parts[1].static_bytes + parts[2].static_bytes);
	expect_eq(sum.desc_bytes, parts[0].desc_bytes + parts[1].desc_bytes + parts[2].desc_bytes);
	expect_eq(sum.node_bytes, parts[2].node_bytes);
	expect_eq(sum.used_bytes, parts[0].used_bytes + parts[1].used_bytes + parts[2].used_bytes);
	expect_eq(sum.total_bytes,
		  parts[0].total_bytes + parts[1].total_bytes + parts[2].total_bytes);
	expect_eq(sum.hosted_bytes, 0);
	expect_eq(sum.desc_size, 32);
	expect_eq(sum.node_size, 0); /* only one of the three has nodes */
	expect_eq(gm_space_table_stats(GM_REGION_DEVICE, NULL, &sum), -GM_EINVAL);
	expect_eq(gm_space_table_stats(GM_REGION_ADHOC, NULL, &sum), -GM_EINVAL);
	expect_eq(gm_space_table_stats((enum gm_region_kind)0, machine_low(&machine), &sum),
		  -GM_EINVAL);
	expect_eq(gm_verify_space(&machine.space, &found), 0);
	expect_eq(found.nr_objects, 3);
	for (i = 0; i < 3; i++)
		expect_eq(gm_space_put(&machine.space, descs[i]), 1);
	machine_end(&machine);
}

/* Sizes that differ are no size, whichever of the tables comes first. */
static void test_sizes_in_sums(void)
{
	static struct machine machine;
	struct gm_table_config config;
	struct gm_metadata need;
	struct gm_stats sum, part;
	struct gm_adhoc first;

	machine_begin(&machine);
	gm_space_stats(&machine.space, &sum);
	expect_eq(sum.desc_size, 32);
	config = arena_config(&machine.arena, 0, MIB);
	config.desc_size = 64;
	expect_eq(gm_adhoc_metadata_size(&config, 0, &need), 0);
	expect_eq(gm_adhoc_init(&first, &config, arena_buffer(&machine.arena, &need), need.bytes),
		  0);
	gm_space_init(&machine.space, machine.regions, 8);
	machine_add(&machine, GM_REGION_ADHOC, 0, MIB, &first.table, 0, 0);
	gm_adhoc_stats(&first, &part);
	gm_space_stats(&machine.space, &sum);
	expect(part.node_size != 0);
	expect_eq(sum.node_size, part.node_size);
	expect_eq(sum.desc_size, 64);
	machine_add(&machine, GM_REGION_COMPOUND, LOW_BASE, LOW_SIZE, machine_low(&machine), 0, 0);
	gm_space_stats(&machine.space, &sum);
	expect_eq(sum.node_size, 0);
	expect_eq(sum.desc_size, 0);
	machine_end(&machine);
}

static void note_reaped(void *ctx, const struct gm_object *gone)
{
	*(uint64_t *)ctx += gone->base.value;
}

/* A put that is stopped between its two steps, and a lookup whose undo thereby
 * becomes the last put: nobody asked for the destruction, so reap has to do it. */
static void test_reap_all_tables(void)
{
	static struct machine machine;
	uint64_t bases = 0;
	unsigned i;

	machine_begin(&machine);
	expect_eq(gm_space_reap(&machine.space, note_reaped, &bases), 0);
	for (i = 0; i < 3; i++) {
		struct gm_object object = machine_object(machine_ram_bases[i], 4096, 2);
		struct gm_desc *desc, *found;

		expect_eq(gm_space_create(&machine.space, &object, &desc), 0);
		gm_atomic_add_release(&desc->state, (gm_word)0 - GM_STATE_REFS_ONE);
		expect(gm_space_find_get(&machine.space, object.base, 3, &found) < 0);
		expect(!gm_ref_is_live(desc));
		/* The same, of a lookup elsewhere. */
		object.base.value += 4096;
		expect_eq(gm_space_create(&machine.space, &object, &desc), 0);
		expect_eq(gm_ref_undo(desc), -GM_EORPHAN);
		gm_space_orphan(&machine.space, desc);
	}
	expect_eq(bases, 0);
	expect_eq(gm_space_reap(&machine.space, note_reaped, &bases), 6);
	expect_eq(bases, 2 * (LOW_BASE + MID_BASE + HIGH_BASE) + 3 * 4096);
	expect_eq(gm_space_reap(&machine.space, NULL, NULL), 0);
	machine_end(&machine);
}

UNIT_MAIN("space_tables", UNIT_TEST(test_claim_by_priority), UNIT_TEST(test_claim_by_node),
	  UNIT_TEST(test_claim_among_equals), UNIT_TEST(test_claim_refuses),
	  UNIT_TEST(test_claim_tells_full_from_impossible),
	  UNIT_TEST(test_claim_tells_busy_from_full), UNIT_TEST(test_pins_and_remove),
	  UNIT_TEST(test_foreign_descriptors), UNIT_TEST(test_sums),
	  UNIT_TEST(test_sizes_in_sums),
	  UNIT_TEST(test_reap_all_tables))
