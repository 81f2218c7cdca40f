/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks_cases.h - the cases that hold for the compound and the folio table
 * alike. The including test defines TABLE (struct) and CALL(name) (its calls).
 */
#ifndef BLOCKS_CASES_H
#define BLOCKS_CASES_H

#include "blocks_claim_cases.h"

#include <pthread.h>
#include <unistd.h>

static void test_init_errors(void)
{
	struct gm_table_config config = unit_config();
	struct gm_metadata metadata;
	char *buffer;

	expect_eq(CALL(metadata_size)(&config, 0, &metadata), 0);
	buffer = malloc((size_t)(metadata.bytes + metadata.align));
	expect_eq(CALL(init)(&table, &config, NULL, 0), -GM_EINVAL);
	expect_eq(CALL(init)(&table, &config, buffer, 0), -GM_ENOMEM);
	expect_eq(CALL(init)(&table, &config, (char *)(((uintptr_t)buffer + 63) & ~(uintptr_t)63),
			     metadata.bytes - 1),
		  -GM_ENOMEM);
	config.size--;
	expect_eq(CALL(init)(&table, &config, buffer, metadata.bytes), -GM_EALIGN);
	expect_eq(CALL(init)(&table, &config, NULL, 0), -GM_EALIGN);
	expect_eq(CALL(metadata_size)(&config, 0, &metadata), -GM_EALIGN);
	config.size = 0;
	expect_eq(CALL(init)(&table, &config, buffer, 1 << 20), -GM_ESIZE);
	config = unit_config();
	config.granule_shift = 17;
	expect_eq(CALL(init)(&table, &config, buffer, 1 << 20), -GM_EINVAL);
	free(buffer);
}

static void test_create_errors(void)
{
	const uint64_t g = UNIT_GRANULE;

	begin(100);
	expect_eq(refused(UNIT_BASE, g, 0), -GM_EINVAL);
	expect_eq(refused(UNIT_BASE, g, GM_TYPE_MAX + 1), -GM_EINVAL);
	expect_eq(refused(UNIT_BASE, 0, 1), -GM_ESIZE);
	expect_eq(refused(UNIT_BASE, g / 2, 1), -GM_ESIZE);
	expect_eq(refused(UNIT_BASE, 3 * g, 1), -GM_ESIZE);
	expect_eq(refused(UNIT_BASE, ~0ull, 1), -GM_ESIZE);
	expect_eq(refused(UNIT_BASE, 1ull << 63, 1), -GM_EOVERFLOW);
	expect_eq(refused(~0ull - g + 1, g, 1), -GM_EOVERFLOW);
	expect_eq(refused(GM_PADDR_END, g, 1), -GM_EOVERFLOW);
	expect_eq(refused(UNIT_BASE - g, g, 1), -GM_ERANGE);
	expect_eq(refused(UNIT_BASE + UNIT_SIZE, g, 1), -GM_ERANGE);
	expect_eq(refused(UNIT_BASE + 1024 * g, 128 * g, 1), -GM_ERANGE);
	expect_eq(refused(UNIT_BASE + 64, g, 1), -GM_EALIGN);
	expect_eq(refused(UNIT_BASE + g, 2 * g, 1), -GM_EALIGN);
	end();
}

static void test_life(void)
{
	struct gm_desc *desc, *found = NULL;
	uint64_t i;

	begin(100);
	desc = make(8, 8, 3);
	check(1, UNIT_GRANULES - 8);
	for (i = 8; i < 16; i++) {
		expect(CALL(find)(&table, unit_at(i)) == desc);
		expect_eq(CALL(find_get)(&table, gm_paddr(unit_at(i).value + 4095), 3, &found), 0);
		expect(found == desc);
	}
	expect_eq(gm_ref_count(desc), 9);
	expect_eq(CALL(find_get)(&table, unit_at(8), 4, &found), -GM_ETYPE);
	expect_eq(CALL(find_get)(&table, unit_at(7), 0, &found), -GM_ENOENT);
	expect_eq(CALL(find_get)(&table, unit_at(16), 0, &found), -GM_ENOENT);
	expect_eq(CALL(find_get)(&table, unit_at(UNIT_GRANULES), 0, &found), -GM_ERANGE);
	expect_eq(CALL(find_get)(&table, gm_paddr(~0ull), 0, &found), -GM_ERANGE);
	expect_eq(CALL(find_get)(&table, gm_paddr(0), 0, &found), -GM_ERANGE);
	expect(CALL(find)(&table, unit_at(7)) == NULL);
	expect(CALL(find)(&table, gm_paddr(~0ull)) == NULL);
	expect_eq(refused(unit_at(9).value, UNIT_GRANULE, 1), -GM_EEXIST);
	expect_eq(refused(unit_at(0).value, 16 * UNIT_GRANULE, 1), -GM_EEXIST);
	check(1, UNIT_GRANULES - 8);
	for (i = 0; i < 8; i++)
		expect_eq(CALL(put)(&table, desc), 0);
	expect_eq(CALL(put)(&table, desc), 1);
	expect(CALL(find)(&table, unit_at(8)) == NULL);
	end();
}

/* What is frozen is busy, not there and not free. */
static void test_frozen(void)
{
	struct gm_claim claim = unit_claim(UNIT_GRANULE);
	struct gm_desc *desc, *other;

	begin(100);
	desc = make(4, 4, 1);
	expect_eq(gm_ref_freeze(desc, 1), 0);
	expect_eq(CALL(find_get)(&table, unit_at(5), 0, &other), -GM_EBUSY);
	expect_eq(refused(unit_at(0).value, 8 * UNIT_GRANULE, 1), -GM_EBUSY);
	claim.min = unit_at(4);
	claim.max = unit_at(8);
	expect_eq(CALL(claim)(&table, &claim, &other), -GM_EBUSY);
	expect_eq(CALL(release_range)(&table, unit_at(4), UNIT_GRANULE), -GM_EBUSY);
	check(1, UNIT_GRANULES - 4);
	gm_ref_thaw(desc, 1);
	expect_eq(CALL(claim)(&table, &claim, &other), -GM_ENOMEM);
	expect_eq(CALL(put)(&table, desc), 1);
	end();
}

static void note_reaped(void *ctx, const struct gm_object *gone)
{
	*(struct gm_object *)ctx = *gone;
}

/* Two lookups hold what they did not mean; the last one leaves an orphan. */
static void test_orphan(void)
{
	struct gm_object gone = { gm_paddr(0), 0, 0, NULL };
	struct gm_desc *desc, *other, *found = NULL;

	begin(100);
	desc = make(8, 4, 7);
	other = make(12, 1, 1);
	gm_ref_get(desc);
	expect_eq(CALL(put)(&table, desc), 0);
	expect_eq(gm_blocks_look_again(&table.blocks, unit_at(12), 0, desc, 0, &found), 0);
	expect(found == other);
	expect(!gm_ref_is_live(desc));
	check(2, UNIT_GRANULES - 5);
	expect_eq(CALL(find_get)(&table, unit_at(9), 0, &found), -GM_EBUSY);
	expect_eq(CALL(reap)(&table, note_reaped, &gone), 1);
	expect_eq(gone.base.value, unit_at(8).value);
	expect_eq(gone.size, 4 * UNIT_GRANULE);
	expect_eq(gone.type, 7);
	expect(gone.owner == &unit_panics);
	expect_eq(CALL(reap)(&table, NULL, NULL), 0);
	expect_eq(CALL(put)(&table, other), 0);
	expect_eq(CALL(put)(&table, other), 1);
	end();
}

static void *mend(void *ctx)
{
	usleep(20000);
	gm_atomic_store_release((volatile gm_word *)ctx, 0);
	return NULL;
}

/* A lookup that read a word just before it changed: what the word led to is
 * alive, but lies elsewhere. */
static void test_stale_word(void)
{
	struct gm_desc *desc, *found = NULL;
	volatile gm_word *word;
	pthread_t thread;

	begin(100);
	desc = make(4, 1, 1);
	word = gm_blocks_word(&table.blocks, 6);
	gm_atomic_store_relaxed(word, table.blocks.descs != NULL ? gm_blocks_order_word(4) :
								   (gm_word)desc);
	expect_eq(pthread_create(&thread, NULL, mend, (void *)(uintptr_t)word), 0);
	expect_eq(CALL(find_get)(&table, unit_at(6), 0, &found), -GM_ENOENT);
	pthread_join(thread, NULL);
	expect_eq(gm_ref_count(desc), 1);
	expect_eq(CALL(put)(&table, desc), 1);
	end();
}

static int visit_some(void *ctx, struct gm_desc *desc)
{
	unsigned *nr = (unsigned *)ctx;

	expect_eq(gm_ref_count(desc), 2);
	return ++*nr == 3 ? 42 : 0;
}

static int visit_put(void *ctx, struct gm_desc *desc)
{
	(void)ctx;
	/* The walk's own reference is now the last. */
	return CALL(put)(&table, desc);
}

static void test_for_each(void)
{
	unsigned nr = 0;

	begin(100);
	expect_eq(CALL(for_each)(&table, visit_some, &nr), 0);
	make(0, 1, 1);
	make(512, 512, 1);
	expect_eq(CALL(for_each)(&table, visit_some, &nr), 0);
	expect_eq(nr, 2);
	make(1099, 1, 1);
	expect_eq(CALL(for_each)(&table, visit_some, &nr), 42);
	/* Destruction is never silent: the walk leaves orphans, and reap tells. */
	expect_eq(CALL(for_each)(&table, visit_put, NULL), 0);
	check(3, UNIT_GRANULES - 514);
	expect_eq(CALL(reap)(&table, NULL, NULL), 3);
	end();
}

/* verify must see what is broken. */
static void test_verify(void)
{
	struct gm_verify verify;
	struct gm_desc *desc;
	gm_word state;

	begin(100);
	desc = make(8, 4, 1);
	state = desc->state;
	desc->state = state - 1;
	expect_eq(CALL(verify)(&table, &verify), -GM_ECORRUPT);
	expect(strncmp(verify.first, "I1", 2) == 0);
	expect_eq(verify.where.value, unit_at(8).value);
	desc->state = state + GM_STATE_PINS_ONE * 2;
	expect_eq(CALL(verify)(&table, &verify), -GM_ECORRUPT);
	expect(strncmp(verify.first, "I2", 2) == 0);
	desc->state = state;
	desc->size *= 2;
	expect_eq(CALL(verify)(&table, &verify), -GM_ECORRUPT);
	desc->size /= 2;
	gm_atomic_add_relaxed(&table.blocks.summary[1], 1);
	expect_eq(CALL(verify)(&table, &verify), -GM_ECORRUPT);
	gm_atomic_add_relaxed(&table.blocks.summary[1], (gm_word)0 - 1);
	gm_table_take_free(&table.blocks.table, 64);
	expect_eq(CALL(verify)(&table, &verify), -GM_ECORRUPT);
	gm_table_give_free(&table.blocks.table, 64);
	check(1, UNIT_GRANULES - 4);
	expect_eq(CALL(put)(&table, desc), 1);
	end();
}

/* What is behind a descriptor stays with it; other pieces have nothing of earlier objects. */
static void test_release_extended(void)
{
	struct gm_table_config config = unit_config();
	struct gm_metadata metadata;
	struct gm_desc *desc, *piece;
	uint64_t i;

	config.desc_size = 64;
	config.nr_lanes = 1;
	expect_eq(CALL(metadata_size)(&config, 100, &metadata), 0);
	table_buffer = malloc((size_t)(metadata.bytes + metadata.align));
	expect_eq(CALL(init)(&table, &config, table_buffer, metadata.bytes + metadata.align), 0);
	for (i = 8; i < 16; i++)
		memset(make(i, 1, 1) + 1, 0xa5, 32);
	for (i = 8; i < 16; i++)
		expect_eq(CALL(put)(&table, CALL(find)(&table, unit_at(i))), 1);
	desc = make(8, 8, 1);
	memset(desc + 1, 0x5a, 32);
	expect_eq(CALL(release_range)(&table, unit_at(10), UNIT_GRANULE), 0);
	expect(CALL(find)(&table, unit_at(9)) == desc);
	expect_eq(((unsigned char *)(desc + 1))[0], 0x5a);
	expect_eq(((unsigned char *)(desc + 1))[31], 0x5a);
	for (i = 11; i < 13; i++) {
		piece = CALL(find)(&table, unit_at(i));
		expect(piece != desc && gm_ref_is_sole(piece));
		expect(((unsigned char *)(piece + 1))[0] == 0);
		expect(((unsigned char *)(piece + 1))[31] == 0);
	}
	expect_eq(CALL(release_range)(&table, unit_at(8), 2 * UNIT_GRANULE), 0);
	expect_eq(CALL(release_range)(&table, unit_at(11), 5 * UNIT_GRANULE), 0);
	end();
}

#define BLOCKS_CASES \
	UNIT_TEST(test_init_errors), UNIT_TEST(test_create_errors), UNIT_TEST(test_life), \
		UNIT_TEST(test_frozen), UNIT_TEST(test_claim_errors), \
		UNIT_TEST(test_claim_bounds), UNIT_TEST(test_fill), UNIT_TEST(test_claim_each), \
		UNIT_TEST(test_release_errors), UNIT_TEST(test_release_cut), \
		UNIT_TEST(test_release_extended), \
		UNIT_TEST(test_orphan), UNIT_TEST(test_stale_word), UNIT_TEST(test_for_each), \
		UNIT_TEST(test_verify)

#endif
