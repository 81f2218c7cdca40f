/* SPDX-License-Identifier: BSD-2-Clause */
/* test_folio.c - the folio table. */
#include <granmem/folio.h>

#define TABLE gm_folio
#define CALL(name) gm_folio_##name
#include "blocks_cases.h"

static void test_marks(void)
{
	struct gm_claim claim = unit_claim(UNIT_GRANULE);
	const uint64_t g = UNIT_GRANULE;
	struct gm_desc *desc, *found = NULL;
	unsigned kind;

	begin(100);
	expect_eq(gm_folio_mark(&table, unit_at(0), g, GM_FOLIO_FREE), -GM_EINVAL);
	expect_eq(gm_folio_mark(&table, unit_at(0), g, GM_FOLIO_OBJECT), -GM_EINVAL);
	expect_eq(gm_folio_mark(&table, unit_at(0), g, GM_FOLIO_METADATA), -GM_EINVAL);
	expect_eq(gm_folio_mark(&table, unit_at(0), g, 18), -GM_EINVAL);
	expect_eq(gm_folio_mark(&table, unit_at(0), 0, GM_FOLIO_DEVICE), -GM_ESIZE);
	expect_eq(gm_folio_mark(&table, unit_at(0), 64, GM_FOLIO_DEVICE), -GM_EALIGN);
	expect_eq(gm_folio_mark(&table, unit_at(1099), 2 * g, GM_FOLIO_DEVICE), -GM_ERANGE);
	for (kind = GM_FOLIO_RESERVED; kind <= GM_FOLIO_POISONED; kind++)
		expect_eq(gm_folio_mark(&table, unit_at(10 * kind), 3 * g, kind), 0);
	check(0, UNIT_GRANULES - 12);
	for (kind = GM_FOLIO_RESERVED; kind <= GM_FOLIO_POISONED; kind++) {
		expect_eq(gm_folio_kind(&table, unit_at(10 * kind + 2)), kind);
		expect_eq(gm_folio_find_get(&table, unit_at(10 * kind), 0, &found), -GM_ENOTRAM);
		expect(gm_folio_find(&table, unit_at(10 * kind)) == NULL);
		expect_eq(refused(unit_at(10 * kind).value, g, 1), -GM_EEXIST);
		claim.min = unit_at(10 * kind);
		claim.max = unit_at(10 * kind + 3);
		expect_eq(gm_folio_claim(&table, &claim, &found), -GM_ENOMEM);
		expect_eq(gm_folio_release_range(&table, unit_at(10 * kind), g), -GM_ENOTRAM);
	}
	desc = make(24, 1, 1);
	expect_eq(gm_folio_kind(&table, unit_at(24)), GM_FOLIO_OBJECT);
	expect_eq(gm_folio_kind(&table, unit_at(25)), GM_FOLIO_FREE);
	expect_eq(gm_folio_kind(&table, unit_at(UNIT_GRANULES)), -GM_ERANGE);
	expect_eq(gm_folio_mark(&table, unit_at(23), 2 * g, GM_FOLIO_DEVICE), -GM_EEXIST);
	expect_eq(gm_folio_kind(&table, unit_at(23)), GM_FOLIO_FREE);
	/* Not wholly marked: what was marked stays what it was. */
	expect_eq(gm_folio_unmark(&table, unit_at(22), 3 * g), -GM_ENOENT);
	expect_eq(gm_folio_unmark(&table, unit_at(24), g), -GM_ENOENT);
	expect_eq(gm_folio_kind(&table, unit_at(22)), GM_FOLIO_RESERVED);
	check(1, UNIT_GRANULES - 13);
	expect_eq(gm_folio_mark(&table, unit_at(33), 7 * g, GM_FOLIO_OFFLINE), 0);
	expect_eq(gm_folio_unmark(&table, unit_at(31), 11 * g), 0);
	check(1, UNIT_GRANULES - 13 + 4);
	expect_eq(gm_folio_unmark(&table, unit_at(20), 3 * g), 0);
	expect_eq(gm_folio_unmark(&table, unit_at(30), g), 0);
	expect_eq(gm_folio_unmark(&table, unit_at(42), g), 0);
	expect_eq(gm_folio_unmark(&table, unit_at(50), 3 * g), 0);
	expect_eq(gm_folio_put(&table, desc), 1);
	end();
}

/* What lies behind the last word is not looked at. */
static void test_end(void)
{
	gm_word *behind;
	gm_word was;

	begin(100);
	behind = (gm_word *)(void *)table.blocks.words + UNIT_GRANULES;
	was = *behind;
	*behind = (gm_word)make(UNIT_GRANULES - 1, 1, 1);
	expect(gm_folio_find(&table, unit_at(UNIT_GRANULES - 1)) == (void *)*behind);
	expect(gm_folio_find(&table, unit_at(UNIT_GRANULES)) == NULL);
	*behind = was;
	expect_eq(gm_folio_put(&table, gm_folio_find(&table, unit_at(UNIT_GRANULES - 1))), 1);
	end();
}

/* The order that a freed block leaves behind is only a hint. */
static void test_order_hint(void)
{
	struct gm_claim claim = unit_claim(16 * UNIT_GRANULE);
	struct gm_desc *desc, *inside;

	begin(100);
	desc = make(16, 16, 1);
	expect_eq(gm_folio_put(&table, desc), 1);
	expect_eq(*gm_blocks_word(&table.blocks, 16) >> GM_BLOCKS_KIND_SHIFT, 4);
	expect_eq(gm_folio_kind(&table, unit_at(16)), GM_FOLIO_FREE);
	inside = make(20, 1, 1);
	claim.min = unit_at(16);
	claim.max = unit_at(48);
	expect_eq(gm_folio_claim(&table, &claim, &desc), 0);
	expect_eq(gm_desc_base(desc), unit_at(32).value);
	expect_eq(gm_folio_put(&table, desc), 1);
	expect_eq(gm_folio_put(&table, inside), 1);
	end();
}

static unsigned nr_grown, most_grown;
static void *grown[8];

static void *grow(void *ctx, size_t bytes, size_t align)
{
	expect(ctx == &nr_grown);
	if (nr_grown == most_grown)
		return NULL;
	expect_eq(posix_memalign(&grown[nr_grown], align, bytes), 0);
	memset(grown[nr_grown], 0xff, bytes);
	return grown[nr_grown++];
}

/* A descriptor that cannot be had changes nothing. */
static void test_no_descriptors(void)
{
	struct gm_table_config config = unit_config();
	struct gm_claim claim = unit_claim(UNIT_GRANULE);
	static struct gm_desc *all[UNIT_GRANULES];
	struct gm_metadata metadata;
	uint64_t nr = 0, i;

	config.grow = grow;
	config.grow_ctx = &nr_grown;
	config.desc_size = 1024;
	expect_eq(gm_folio_metadata_size(&config, 0, &metadata), 0);
	table_buffer = malloc((size_t)(metadata.bytes + metadata.align));
	expect_eq(gm_folio_init(&table, &config, table_buffer, metadata.bytes + metadata.align), 0);
	expect_eq(refused(UNIT_BASE, UNIT_GRANULE, 1), -GM_ENOMEM);
	expect_eq(gm_folio_claim(&table, &claim, &all[0]), -GM_ENOMEM);
	expect_eq(gm_folio_claim_each(&table, &claim, 7, all), -GM_ENOMEM);
	check(0, UNIT_GRANULES);
	most_grown = 1;
	all[nr++] = make(64, 64, 1);
	while (gm_folio_claim(&table, &claim, &all[nr]) == 0)
		nr++;
	check(nr, UNIT_GRANULES - 63 - nr);
	expect(nr_grown == 1 && nr > 30 && nr < 65);
	expect_eq(gm_folio_put(&table, all[--nr]), 1);
	/* One is free, so the second of three fails, and all go back. */
	expect_eq(gm_folio_claim_each(&table, &claim, 3, &all[nr]), -GM_ENOMEM);
	check(nr, UNIT_GRANULES - 63 - nr);
	/* Five pieces on top need more than there is; two pieces do not. */
	expect_eq(gm_folio_release_range(&table, unit_at(65), UNIT_GRANULE), -GM_ENOMEM);
	expect(gm_ref_is_sole(all[0]));
	check(nr, UNIT_GRANULES - 63 - nr);
	expect_eq(gm_folio_release_range(&table, unit_at(64), 16 * UNIT_GRANULE), 0);
	check(nr + 1, UNIT_GRANULES - 47 - nr);
	expect_eq(gm_folio_release_range(&table, unit_at(80), 48 * UNIT_GRANULE), 0);
	for (i = 1; i < nr; i++)
		expect_eq(gm_folio_put(&table, all[i]), 1);
	end();
	free(grown[0]);
}

static unsigned char *region;

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	(void)ctx;
	expect(base.value >= UNIT_BASE && base.value + size <= UNIT_BASE + UNIT_SIZE);
	return region + (base.value - UNIT_BASE);
}

/* Metadata from the region: growth never takes what was asked for. */
static void test_hosted(void)
{
	static struct gm_desc *all[UNIT_GRANULES];
	struct gm_table_config config = unit_config();
	struct gm_claim claim = unit_claim(UNIT_GRANULE);
	struct gm_stats first, stats;
	uint64_t nr, i;
	unsigned round;

	expect_eq(posix_memalign((void **)&region, 1 << 16, UNIT_SIZE), 0);
	memset(region, 0xff, UNIT_SIZE);
	config.to_virtual = to_virtual;
	expect_eq(gm_folio_init(&table, &config, NULL, 0), 0);
	expect_eq(gm_folio_kind(&table, unit_at(UNIT_GRANULES - 1)), GM_FOLIO_METADATA);
	expect_eq(refused(unit_at(UNIT_GRANULES - 1).value, UNIT_GRANULE, 1), -GM_EEXIST);
	expect_eq(gm_folio_mark(&table, unit_at(UNIT_GRANULES - 1), UNIT_GRANULE, GM_FOLIO_DEVICE),
		  -GM_EEXIST);
	for (round = 0; round < 3; round++) {
		for (nr = 0; gm_folio_claim(&table, &claim, &all[nr]) == 0; nr++)
			;
		gm_folio_stats(&table, round == 0 ? &first : &stats);
		expect_eq(first.free_bytes, 0);
		expect_eq(first.hosted_bytes + nr * UNIT_GRANULE, UNIT_SIZE);
		/* A request that finds no memory does not make metadata grow. */
		expect_eq(gm_folio_claim(&table, &claim, &all[nr]), -GM_ENOMEM);
		expect_eq(refused(gm_desc_base(all[0]), UNIT_GRANULE, 1), -GM_EEXIST);
		check(nr, 0);
		for (i = 0; i < nr; i++)
			expect_eq(gm_folio_put(&table, all[i]), 1);
		check(0, nr);
	}
	expect_eq(first.total_bytes, stats.total_bytes);
	expect_eq(first.hosted_bytes, stats.hosted_bytes);
	for (i = 0, nr = 0; i < UNIT_GRANULES; i++)
		nr += gm_folio_kind(&table, unit_at(i)) == GM_FOLIO_METADATA;
	expect_eq(nr * UNIT_GRANULE, first.hosted_bytes);
	expect_eq(gm_folio_unmark(&table, unit_at(UNIT_GRANULES - 1), UNIT_GRANULE), -GM_ENOENT);
	free(region);
}

/* No memory for descriptors but what the call itself has locked or frozen: there is
 * no sense in trying again. */
static void test_hosted_full(void)
{
	struct gm_table_config config = unit_config();
	struct gm_claim claim = unit_claim(UNIT_GRANULE);
	struct gm_desc *desc, *large;
	uint64_t i;

	expect_eq(posix_memalign((void **)&region, 1 << 16, UNIT_SIZE), 0);
	config.to_virtual = to_virtual;
	expect_eq(gm_folio_init(&table, &config, NULL, 0), 0);
	large = make(8, 8, 1);
	for (i = 1; i < table.descs.nr_elements; i++)
		expect_eq(gm_folio_claim(&table, &claim, &desc), 0);
	for (i = 0; i < UNIT_GRANULES; i++)
		if (gm_folio_kind(&table, unit_at(i)) == GM_FOLIO_FREE)
			expect_eq(gm_folio_mark(&table, unit_at(i), UNIT_GRANULE, GM_FOLIO_DEVICE),
				  0);
	expect_eq(gm_folio_release_range(&table, unit_at(9), UNIT_GRANULE), -GM_ENOMEM);
	for (i = 0; gm_folio_kind(&table, unit_at(i)) != GM_FOLIO_DEVICE; i++)
		;
	expect_eq(gm_folio_unmark(&table, unit_at(i), UNIT_GRANULE), 0);
	expect_eq(gm_folio_claim(&table, &claim, &desc), -GM_ENOMEM);
	expect_eq(gm_folio_claim_each(&table, &claim, 1, &desc), -GM_ENOMEM);
	expect_eq(refused(unit_at(i).value, UNIT_GRANULE, 1), -GM_ENOMEM);
	/* With one granule more, metadata takes it, and the request is met. */
	expect_eq(gm_folio_put(&table, large), 1);
	expect_eq(gm_folio_claim(&table, &claim, &desc), 0);
	free(region);
}

UNIT_MAIN("folio", BLOCKS_CASES, UNIT_TEST(test_marks), UNIT_TEST(test_end),
	  UNIT_TEST(test_order_hint), UNIT_TEST(test_no_descriptors), UNIT_TEST(test_hosted),
	  UNIT_TEST(test_hosted_full))
