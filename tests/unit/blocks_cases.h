/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks_cases.h - the cases that hold for the compound and the folio table
 * alike. The including test defines TABLE (struct) and CALL(name) (its calls).
 */
#ifndef BLOCKS_CASES_H
#define BLOCKS_CASES_H

#include "blocks_unit.h"

#include <pthread.h>
#include <unistd.h>

static struct TABLE table;
static void *table_buffer;

static void check(uint64_t nr_objects, uint64_t free_granules)
{
	struct gm_verify verify;
	struct gm_stats stats;

	if (CALL(verify)(&table, &verify) != 0)
		unit_fail(__FILE__, __LINE__, verify.first);
	expect_eq(verify.nr_objects, nr_objects);
	CALL(stats)(&table, &stats);
	expect_eq(stats.nr_objects, nr_objects);
	expect_eq(stats.free_bytes, free_granules * UNIT_GRANULE);
	expect_eq(stats.region_bytes, UNIT_SIZE);
}

static void begin(uint64_t max_objects)
{
	struct gm_table_config config = unit_config();
	struct gm_metadata metadata;

	expect_eq(CALL(metadata_size)(&config, max_objects, &metadata), 0);
	table_buffer = malloc((size_t)(metadata.bytes + metadata.align));
	memset(table_buffer, 0xff, (size_t)(metadata.bytes + metadata.align));
	expect_eq(CALL(init)(&table, &config, (char *)table_buffer + 1,
			     metadata.bytes + metadata.align - 1), 0);
	check(0, UNIT_GRANULES);
}

static void end(void)
{
	check(0, UNIT_GRANULES);
	free(table_buffer);
}

static struct gm_desc *make(uint64_t granule, uint64_t nr, unsigned type)
{
	struct gm_object object = unit_object(granule, nr, type);
	struct gm_desc *desc = NULL;

	expect_eq(CALL(create)(&table, &object, &desc), 0);
	return desc;
}

static int refused(uint64_t base, uint64_t size, unsigned type)
{
	struct gm_object object = { gm_paddr(base), size, type, NULL };
	struct gm_desc *desc;

	return CALL(create)(&table, &object, &desc);
}

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
			     metadata.bytes - 1), -GM_ENOMEM);
	config.size--;
	expect_eq(CALL(init)(&table, &config, buffer, metadata.bytes), -GM_EALIGN);
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

static void test_claim_errors(void)
{
	struct gm_claim claim = unit_claim(UNIT_GRANULE);
	struct gm_desc *desc;

	begin(100);
	claim.type = 0;
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_EINVAL);
	claim = unit_claim(0);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ESIZE);
	claim = unit_claim(64);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ESIZE);
	claim = unit_claim(1ull << 62);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_EOVERFLOW);
	claim = unit_claim(UNIT_GRANULE);
	claim.align = 3 * UNIT_GRANULE;
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_EALIGN);
	claim.align = 1ull << 63;
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ENOMEM);
	claim = unit_claim(UNIT_GRANULE);
	claim.min = unit_at(UNIT_GRANULES);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ERANGE);
	claim.min = gm_paddr(0);
	claim.max = unit_at(0);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ERANGE);
	claim = unit_claim(2048 * UNIT_GRANULE);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ERANGE);
	claim = unit_claim(0);
	expect_eq(CALL(claim_each)(&table, &claim, 0, &desc), -GM_ESIZE);
	expect_eq(CALL(claim_each)(&table, &claim, (size_t)UNIT_GRANULES + 1, &desc), -GM_ERANGE);
	expect_eq(CALL(claim_each)(&table, &claim, ~(size_t)0, &desc),
		  sizeof(size_t) == 8 ? -GM_EOVERFLOW : -GM_ERANGE);
	end();
}

static int second_colour(void *ctx, struct gm_paddr base)
{
	(*(unsigned *)ctx)++;
	return (base.value / UNIT_GRANULE) % 4 == 2;
}

static void test_claim_bounds(void)
{
	struct gm_claim claim = unit_claim(4 * UNIT_GRANULE);
	struct gm_desc *desc;
	unsigned asked = 0;

	begin(100);
	claim.align = 64 * UNIT_GRANULE;
	claim.min = gm_paddr(unit_at(65).value + 1);
	claim.max = unit_at(132);
	expect_eq(CALL(claim)(&table, &claim, &desc), 0);
	expect_eq(gm_desc_base(desc), unit_at(128).value);
	claim.max.value--;
	expect_eq(CALL(put)(&table, desc), 1);
	expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ENOMEM);
	claim = unit_claim(UNIT_GRANULE);
	claim.accept = second_colour;
	claim.accept_ctx = &asked;
	expect_eq(CALL(claim)(&table, &claim, &desc), 0);
	expect_eq(gm_desc_base(desc) / UNIT_GRANULE % 4, 2);
	expect(asked > 0);
	expect_eq(CALL(put)(&table, desc), 1);
	end();
}

/* All of it in singles, then nothing, then a hole of a block, and back. */
static void test_fill(void)
{
	static struct gm_desc *all[UNIT_GRANULES];
	struct gm_claim claim = unit_claim(UNIT_GRANULE);
	struct gm_claim large = unit_claim(16 * UNIT_GRANULE);
	struct gm_stats first, second;
	struct gm_desc *desc;
	unsigned round;
	uint64_t i;

	begin(UNIT_GRANULES);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < UNIT_GRANULES; i++)
			expect_eq(CALL(claim)(&table, &claim, &all[i]), 0);
		check(UNIT_GRANULES, 0);
		CALL(stats)(&table, round == 0 ? &first : &second);
		expect_eq(CALL(claim)(&table, &claim, &desc), -GM_ENOMEM);
		expect_eq(CALL(claim)(&table, &large, &desc), -GM_ENOMEM);
		for (i = 0; i < UNIT_GRANULES; i++) {
			uint64_t granule = (gm_desc_base(all[i]) - UNIT_BASE) / UNIT_GRANULE;

			if (granule / 16 == 40)
				expect_eq(CALL(put)(&table, all[i]), 1);
		}
		expect_eq(CALL(claim)(&table, &large, &desc), 0);
		expect_eq(gm_desc_base(desc), unit_at(640).value);
		expect_eq(CALL(release_range)(&table, unit_at(0), UNIT_SIZE), 0);
		check(0, UNIT_GRANULES);
	}
	expect_eq(first.total_bytes, second.total_bytes);
	end();
}

static void test_claim_each(void)
{
	struct gm_claim claim = unit_claim(0);
	struct gm_desc *run[700], *hole;
	size_t i;

	begin(UNIT_GRANULES);
	hole = make(300, 1, 1);
	expect_eq(CALL(claim_each)(&table, &claim, 700, run), 0);
	check(701, UNIT_GRANULES - 701);
	expect(gm_desc_base(run[0]) > gm_desc_base(hole));
	for (i = 0; i < 700; i++) {
		expect_eq(gm_desc_base(run[i]), gm_desc_base(run[0]) + i * UNIT_GRANULE);
		expect_eq(gm_desc_size(run[i]), UNIT_GRANULE);
	}
	expect_eq(CALL(claim_each)(&table, &claim, 301, run + 1), -GM_ENOMEM);
	expect_eq(CALL(release_range)(&table, gm_paddr(gm_desc_base(run[0])), 700 * UNIT_GRANULE),
		  0);
	expect_eq(CALL(put)(&table, hole), 1);
	end();
}

static void test_release_errors(void)
{
	struct gm_desc *desc, *other;
	const uint64_t g = UNIT_GRANULE;

	begin(100);
	desc = make(16, 16, 1);
	other = make(33, 1, 1);
	expect_eq(CALL(release_range)(&table, unit_at(16), 0), -GM_ESIZE);
	expect_eq(CALL(release_range)(&table, gm_paddr(~0ull), g), -GM_EOVERFLOW);
	expect_eq(CALL(release_range)(&table, unit_at(UNIT_GRANULES), g), -GM_ERANGE);
	expect_eq(CALL(release_range)(&table, gm_paddr(unit_at(16).value + 64), g), -GM_EALIGN);
	expect_eq(CALL(release_range)(&table, unit_at(16), g / 2), -GM_EALIGN);
	/* A hole behind an object that had been frozen already. */
	expect_eq(CALL(release_range)(&table, unit_at(20), 14 * g), -GM_ENOENT);
	expect(gm_ref_is_sole(desc));
	gm_ref_get(other);
	expect_eq(CALL(release_range)(&table, unit_at(33), g), -GM_EBUSY);
	expect_eq(CALL(put)(&table, other), 0);
	check(2, UNIT_GRANULES - 17);
	expect_eq(CALL(put)(&table, desc), 1);
	expect_eq(CALL(put)(&table, other), 1);
	end();
}

/* A cut in the middle: the rests are the fewest naturally aligned blocks. */
static void test_release_cut(void)
{
	static const struct {
		uint64_t at, nr;
	} rests[] = { { 64, 16 }, { 80, 4 }, { 84, 1 }, { 87, 1 }, { 88, 8 }, { 96, 32 } };
	struct gm_desc *desc, *before, *behind;
	size_t i;

	begin(100);
	before = make(60, 4, 2);
	behind = make(128, 1, 2);
	desc = make(64, 64, 5);
	gm_desc_set_flags(desc, GM_FLAG_DIRTY | GM_FLAG_USER(6));
	gm_ref_set_nopin(desc);
	expect_eq(CALL(release_range)(&table, unit_at(85), 2 * UNIT_GRANULE), 0);
	check(8, UNIT_GRANULES - 62 - 5);
	for (i = 0; i < 6; i++) {
		desc = CALL(find)(&table, unit_at(rests[i].at + rests[i].nr - 1));
		expect(desc != NULL);
		expect_eq(gm_desc_base(desc), unit_at(rests[i].at).value);
		expect_eq(gm_desc_size(desc), rests[i].nr * UNIT_GRANULE);
		expect_eq(gm_ref_type(desc), 5);
		expect_eq(gm_desc_flags(desc), GM_FLAG_DIRTY | GM_FLAG_USER(6));
		expect(gm_desc_owner(desc) == &unit_panics);
		expect(gm_ref_is_sole(desc));
		expect_eq(gm_ref_try_pin(desc), -GM_EPINNED);
	}
	expect(CALL(find)(&table, unit_at(85)) == NULL);
	/* Over the ends of two objects, and one whole between. */
	expect_eq(CALL(release_range)(&table, unit_at(88), 9 * UNIT_GRANULE), 0);
	check(11, UNIT_GRANULES - 53 - 5);
	expect_eq(CALL(release_range)(&table, unit_at(62), 23 * UNIT_GRANULE), 0);
	check(8, UNIT_GRANULES - 32 - 3);
	expect(CALL(find)(&table, unit_at(60)) == before);
	expect_eq(gm_desc_size(before), 2 * UNIT_GRANULE);
	expect_eq(CALL(release_range)(&table, unit_at(97), 32 * UNIT_GRANULE), 0);
	(void)behind;
	expect_eq(CALL(put)(&table, CALL(find)(&table, unit_at(87))), 1);
	expect_eq(CALL(put)(&table, before), 1);
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
	gm_atomic_store_relaxed(word, table.blocks.descs != NULL ?
					      gm_blocks_order_word(4) :
					      (gm_word)desc + GM_BLOCKS_OBJECT);
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
	expect_eq(CALL(for_each)(&table, visit_put, NULL), 0);
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

#define BLOCKS_CASES                                                                      \
	UNIT_TEST(test_init_errors), UNIT_TEST(test_create_errors), UNIT_TEST(test_life), \
		UNIT_TEST(test_frozen), UNIT_TEST(test_claim_errors),                     \
		UNIT_TEST(test_claim_bounds), UNIT_TEST(test_fill),                       \
		UNIT_TEST(test_claim_each), UNIT_TEST(test_release_errors),               \
		UNIT_TEST(test_release_cut), UNIT_TEST(test_orphan),                      \
		UNIT_TEST(test_stale_word),                                               \
		UNIT_TEST(test_for_each), UNIT_TEST(test_verify)

#endif
