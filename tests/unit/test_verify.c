/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/verify.h: sound tables of each kind, damage of each kind
 * that is done on purpose and found again, damaged arrays of regions, sums.
 */
#include "machine.h"

static struct machine machine;
static struct gm_desc *live[3]; /* an object in each table */

static const enum gm_region_kind kinds[] = { GM_REGION_COMPOUND, GM_REGION_FOLIO,
					     GM_REGION_ADHOC };

static struct gm_table *table_of(unsigned i)
{
	return i == 0 ? machine_low(&machine) : i == 1 ? machine_mid(&machine) :
							 machine_high(&machine);
}

static void begin(void)
{
	unsigned i;

	machine_begin(&machine);
	for (i = 0; i < 3; i++) {
		struct gm_object object = machine_object(machine_ram_bases[i] + MIB, 64 * KIB, 1);

		expect_eq(gm_space_create(&machine.space, &object, &live[i]), 0);
		gm_get(live[i]);
	}
}

static void end(void)
{
	unsigned i;

	for (i = 0; i < 3; i++) {
		expect_eq(gm_put(&machine.space, live[i]), 0);
		expect_eq(gm_put(&machine.space, live[i]), 1);
	}
	machine_end(&machine);
}

static void expect_sound(unsigned i)
{
	struct gm_verify found;

	memset(&found, 0xff, sizeof(found));
	expect_eq(gm_verify_table(kinds[i], table_of(i), &found), 0);
	expect_eq(found.nr_errors, 0);
	expect(found.first == NULL);
	expect_eq(found.nr_objects, 1);
	expect_eq(found.nr_references, 2);
	expect_eq(found.nr_saturated, 0);
	expect_eq(found.covered_bytes, 64 * KIB);
}

static void test_sound(void)
{
	unsigned i;

	begin();
	for (i = 0; i < 3; i++)
		expect_sound(i);
	end();
}

static void test_refuses(void)
{
	static const int others[] = { 0, GM_REGION_DEVICE, GM_REGION_RESERVED, 6, -1 };
	struct gm_verify found;
	unsigned i;

	begin();
	for (i = 0; i < 5; i++)
		expect_eq(gm_verify_table((enum gm_region_kind)others[i], table_of(2), &found),
			  -GM_EINVAL);
	for (i = 0; i < 3; i++)
		expect_eq(gm_verify_table(kinds[i], NULL, &found), -GM_EINVAL);
	expect_eq(found.nr_errors, 0);
	end();
}

/* With one table damaged, it and the space say so, and the others do not. */
static void expect_damage(unsigned damaged)
{
	struct gm_verify found;
	unsigned i;

	for (i = 0; i < 3; i++) {
		if (i != damaged) {
			expect_sound(i);
			continue;
		}
		expect_eq(gm_verify_table(kinds[i], table_of(i), &found), -GM_ECORRUPT);
		expect(found.nr_errors >= 1);
		expect(found.first != NULL && found.first[0] == 'I');
		expect(gm_table_contains(table_of(i), found.where.value));
	}
	expect_eq(gm_verify_space(&machine.space, &found), -GM_ECORRUPT);
	expect(found.nr_errors >= 1);
	expect(found.first != NULL);
	expect(gm_table_contains(table_of(damaged), found.where.value));
}

/* I1: live with no reference, and nobody between the steps of a put. */
static void test_finds_no_references(void)
{
	unsigned i;

	begin();
	for (i = 0; i < 3; i++) {
		gm_word state = live[i]->state;

		live[i]->state = state & ~GM_STATE_REFS_MASK;
		expect_damage(i);
		live[i]->state = state;
		expect_sound(i);
	}
	end();
}

/* I2: more pins than references. */
static void test_finds_too_many_pins(void)
{
	unsigned i;

	begin();
	for (i = 0; i < 3; i++) {
		live[i]->state += 3 * GM_STATE_PINS_ONE;
		expect_damage(i);
		live[i]->state -= 3 * GM_STATE_PINS_ONE;
		expect_sound(i);
	}
	end();
}

/* I6: the descriptor is not about the memory that its slots stand for. */
static void test_finds_moved_objects(void)
{
	unsigned i;

	begin();
	for (i = 0; i < 3; i++) {
		uint64_t base = gm_desc_base(live[i]);

		gm_desc_resize(live[i], base + 128 * KIB, 64 * KIB);
		expect_damage(i);
		gm_desc_resize(live[i], base, 128 * KIB);
		expect_damage(i);
		gm_desc_resize(live[i], base, 64 * KIB);
		expect_sound(i);
	}
	end();
}

/* The count of free bytes is wrong. */
static void test_finds_wrong_counts(void)
{
	struct gm_verify found;
	unsigned i;

	begin();
	for (i = 0; i < 3; i++) {
		gm_table_take_free(table_of(i), 64);
		expect_eq(gm_verify_table(kinds[i], table_of(i), &found), -GM_ECORRUPT);
		expect_eq(gm_verify_space(&machine.space, &found), -GM_ECORRUPT);
		gm_table_give_free(table_of(i), 64);
		expect_sound(i);
	}
	end();
}

static void expect_regions_damaged(unsigned nr_errors, uint64_t where)
{
	struct gm_verify found;

	expect_eq(gm_verify_space(&machine.space, &found), -GM_ECORRUPT);
	expect_eq(found.nr_errors, nr_errors);
	expect_eq(found.where.value, where);
	expect(found.first != NULL && strstr(found.first, "region") != NULL);
	/* The tables are as they were, and their sums are there all the same. */
	expect_eq(found.nr_references, 6);
}

static void test_finds_damaged_regions(void)
{
	struct gm_region *folio = &machine.regions[1];
	struct gm_region *device = &machine.regions[2];
	struct gm_region *reserved = &machine.regions[3];
	struct gm_region kept;

	begin();
	expect_eq(folio->kind, GM_REGION_FOLIO);
	expect_eq(reserved->kind, GM_REGION_RESERVED);
	kept = *device;
	device->size += 1; /* into its neighbour */
	expect_regions_damaged(1, RESERVED_BASE);
	device->size = 0;
	expect_regions_damaged(1, DEVICE_BASE);
	device->size = ~(uint64_t)0;
	expect_regions_damaged(1, DEVICE_BASE);
	*device = kept;
	device->table = machine_high(&machine);
	expect_regions_damaged(1, DEVICE_BASE);
	*device = *reserved;
	*reserved = kept; /* not sorted any more */
	expect_regions_damaged(1, DEVICE_BASE);
	*reserved = *device;
	*device = kept;
	kept = *folio;
	folio->size -= 4096; /* not the table's */
	expect_regions_damaged(1, MID_BASE);
	*folio = kept;
	end();
}

static void test_space_has_the_sums(void)
{
	struct gm_verify found;
	unsigned i;

	begin();
	memset(&found, 0xff, sizeof(found));
	expect_eq(gm_verify_space(&machine.space, &found), 0);
	expect_eq(found.nr_errors, 0);
	expect(found.first == NULL);
	expect_eq(found.nr_objects, 3);
	expect_eq(found.nr_references, 6);
	expect_eq(found.nr_saturated, 0);
	expect_eq(found.covered_bytes, 192 * KIB);
	/* Objects that were leaked on purpose. */
	for (i = 0; i < 3; i++)
		live[i]->state = gm_state_saturated(live[i]->state);
	expect_eq(gm_verify_space(&machine.space, &found), 0);
	expect_eq(found.nr_saturated, 3);
	for (i = 0; i < 3; i++)
		live[i]->state = (live[i]->state & ~GM_STATE_REFS_MASK) | 2;
	/* The first error of all is the one that is named. */
	gm_table_take_free(table_of(1), 64);
	live[2]->state += 3 * GM_STATE_PINS_ONE;
	expect_eq(gm_verify_space(&machine.space, &found), -GM_ECORRUPT);
	expect(found.nr_errors >= 2);
	expect(!gm_table_contains(table_of(2), found.where.value));
	live[2]->state -= 3 * GM_STATE_PINS_ONE;
	gm_table_give_free(table_of(1), 64);
	end();
}

UNIT_MAIN("verify", UNIT_TEST(test_sound), UNIT_TEST(test_refuses),
	  UNIT_TEST(test_finds_no_references), UNIT_TEST(test_finds_too_many_pins),
	  UNIT_TEST(test_finds_moved_objects), UNIT_TEST(test_finds_wrong_counts),
	  UNIT_TEST(test_finds_damaged_regions), UNIT_TEST(test_space_has_the_sums))
