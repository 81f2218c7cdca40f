/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of granmem/pool.h: slabs, bitmaps, records, orphans, several threads. */
#include <granmem/pool.h>

#include <pthread.h>

#include "unit.h"

#define SLAB_SHIFT 12
#define SLAB ((size_t)1 << SLAB_SHIFT)
#define MAX 4096

static struct gm_pool pool;
static struct gm_pool_lane lanes[4];
static unsigned char *taken[MAX];

/* One slab, aligned; the rest of the buffer is unused. */
static void *slabs(unsigned nr, size_t slab)
{
	void *memory = aligned_alloc(slab, nr * slab);

	expect(memory != NULL);
	memset(memory, 0xa5, nr * slab);
	return memory;
}

static int init(uint32_t element_size, uint32_t record_size, unsigned slab_shift)
{
	memset(lanes, 0, sizeof(lanes));
	return gm_pool_init(&pool, element_size, record_size, slab_shift, lanes, 4);
}

static unsigned take_all(int thorough)
{
	unsigned nr = 0;

	while ((taken[nr] = gm_pool_take(&pool, nr, thorough)) != NULL)
		expect(++nr < MAX);
	return nr;
}

static void test_init_errors(void)
{
	unsigned nr;

	expect_eq(init(32, 0, SLAB_SHIFT), 0);
	expect_eq(init(0, 0, SLAB_SHIFT), -GM_EINVAL);
	expect_eq(init(4, 0, SLAB_SHIFT), -GM_EINVAL);
	expect_eq(init(36, 0, SLAB_SHIFT), -GM_EINVAL);
	expect_eq(init(32, 4, SLAB_SHIFT), -GM_EINVAL);
	expect_eq(init(32, 0, GM_SLAB_SHIFT_MIN - 1), -GM_EINVAL);
	expect_eq(init(32, 0, GM_SLAB_SHIFT_MAX + 1), -GM_EINVAL);
	expect_eq(init(32, 0, GM_SLAB_SHIFT_MIN), 0);
	expect_eq(init(32, 0, GM_SLAB_SHIFT_MAX), 0);
	expect_eq(init(SLAB, 0, SLAB_SHIFT), -GM_EINVAL);
	expect_eq(init(SLAB - 3 * sizeof(gm_word), 0, SLAB_SHIFT),
		  sizeof(gm_word) == 8 ? 0 : -GM_EINVAL);
	expect_eq(init(SLAB - 32, 0, SLAB_SHIFT), 0);
	expect_eq(init(SLAB - 32, 32, SLAB_SHIFT), -GM_EINVAL);
	for (nr = 0; nr < 300; nr++)
		expect_eq(gm_pool_init(&pool, 32, 0, SLAB_SHIFT, lanes, nr),
			  nr != 0 && (nr & (nr - 1)) == 0 ? 0 : -GM_EINVAL);
}

/* The sum of the two sizes must not wrap round to something small. */
static void test_init_huge_sizes(void)
{
	expect_eq(init(0xfffffff8, 0, GM_SLAB_SHIFT_MAX), -GM_EINVAL);
	expect_eq(init(0xfffffff8, 8, SLAB_SHIFT), -GM_EINVAL);
	expect_eq(init(8, 0xfffffff8, SLAB_SHIFT), -GM_EINVAL);
	expect_eq(init(0x80000000, 0x80000000, SLAB_SHIFT), -GM_EINVAL);
	expect_eq(init(0x80000000, 0x80000010, SLAB_SHIFT), -GM_EINVAL);
}

/* Bitmaps, records and elements of one slab, byte by byte: nothing overlaps. */
static void check_layout(uint32_t element_size, uint32_t record_size, unsigned slab_shift)
{
	static unsigned char used[1 << 14];
	size_t slab = (size_t)1 << slab_shift;
	uint32_t bits = 8 * sizeof(gm_word);
	unsigned char *memory = slabs(1, slab);
	unsigned nr, i;
	size_t at, b;

	expect_eq(init(element_size, record_size, slab_shift), 0);
	expect_eq(gm_pool_add(&pool, memory, slab, 0), 1);
	nr = take_all(1);
	expect_eq(nr, pool.nr_elements);
	expect_eq(pool.nr_words, (nr + bits - 1) / bits);
	at = sizeof(gm_word) + 2 * pool.nr_words * sizeof(gm_word);
	/* One more would not have fitted. */
	expect(at + (nr + 1) * (size_t)(element_size + record_size) +
	       (nr % bits == 0 ? 2 * sizeof(gm_word) : 0) > slab);
	memset(used, 0, sizeof(used));
	memset(used, 1, at);
	for (i = 0; i < nr; i++) {
		size_t element = (size_t)(taken[i] - memory);
		size_t record = (size_t)((unsigned char *)gm_pool_record(&pool, taken[i]) - memory);

		expect(element + element_size <= slab && record + record_size <= slab);
		expect((slab - element) % element_size == 0);
		expect((void *)gm_pool_slab_of(&pool, taken[i]) == memory);
		expect_eq(gm_pool_index_of(&pool, taken[i]),
			  nr - (slab - element) / element_size);
		for (b = 0; b < element_size; b++)
			expect(taken[i][b] == 0 && used[element + b]++ == 0);
		for (b = 0; b < record_size; b++)
			expect(memory[record + b] == 0 && used[record + b]++ == 0);
	}
	free(memory);
}

static void test_layout(void)
{
	uint32_t element, record;
	unsigned shift;

	for (shift = 9; shift <= 14; shift++)
		for (record = 0; record <= 32; record += 16)
			for (element = 8; element <= 352; element += 8)
				check_layout(element, record, shift);
	check_layout(512, 16, 13);
	check_layout(4096, 16, 14);
	check_layout(4096 - 64, 8, 12);
}

/* An element's address inside also leads to its slab and index: the largest slab. */
static void test_index_of_large_slab(void)
{
	uint32_t size;

	for (size = 8; size <= 1024; size += 8) {
		size_t slab = (size_t)1 << GM_SLAB_SHIFT_MAX;
		uint32_t i;

		expect_eq(init(size, 0, GM_SLAB_SHIFT_MAX), 0);
		for (i = 0; i < pool.nr_elements; i++)
			expect_eq(gm_pool_index_of(&pool, (void *)(2 * slab + pool.first +
								   (size_t)i * size)), i);
	}
}

static void test_take_and_return(void)
{
	unsigned char *memory = slabs(3, SLAB);
	unsigned nr, i, j;

	expect_eq(init(48, 0, SLAB_SHIFT), 0);
	expect(gm_pool_take(&pool, 0, 0) == NULL && gm_pool_take(&pool, 0, 1) == NULL);
	expect_eq(gm_pool_add(&pool, memory, 3 * SLAB, 0), 3);
	expect_eq(gm_pool_bytes(&pool), 3 * SLAB);
	expect_eq(gm_pool_used(&pool), 0);
	for (j = 0; j < 3; j++) {
		nr = take_all(1);
		expect_eq(nr, 3 * pool.nr_elements);
		expect_eq(gm_pool_used(&pool), nr);
		expect(gm_pool_take(&pool, 1, 0) == NULL);
		for (i = 0; i < nr; i++) {
			unsigned other = j % 2 == 0 ? i : nr - 1 - i;

			/* What an element holds stays while it is free. */
			if (j > 0)
				expect_eq(taken[other][47], 0x5a);
			taken[other][47] = 0x5a;
			gm_pool_return(&pool, taken[other], i);
		}
		expect_eq(gm_pool_used(&pool), 0);
	}
	free(memory);
}

/* One returned element is found by every lane, in every slab. */
static void test_returned_is_found(void)
{
	unsigned char *memory = slabs(3, SLAB);
	unsigned nr, i, lane, thorough;

	expect_eq(init(256, 16, SLAB_SHIFT), 0);
	expect_eq(gm_pool_add(&pool, memory, 3 * SLAB, 0), 3);
	nr = take_all(1);
	for (thorough = 0; thorough <= 1; thorough++)
		for (lane = 0; lane < 8; lane++)
			for (i = 0; i < nr; i++) {
				gm_pool_return(&pool, taken[i], 3);
				expect(gm_pool_take(&pool, lane, (int)thorough) == taken[i]);
				expect(gm_pool_take(&pool, lane, (int)thorough) == NULL);
			}
	free(memory);
}

/* A pool that grows, without the thorough search, uses every new slab. */
static void test_growth(void)
{
	unsigned char *memory = slabs(8, SLAB);
	unsigned nr, i;

	expect_eq(init(512, 0, SLAB_SHIFT), 0);
	for (i = 0; i < 8; i++) {
		expect_eq(gm_pool_add(&pool, memory + i * SLAB, SLAB, 0), 1);
		nr = take_all(0);
		expect_eq(nr, pool.nr_elements);
		expect_eq(gm_pool_used(&pool), (i + 1) * nr);
	}
	free(memory);
}

static void test_unaligned_buffers(void)
{
	static const size_t offsets[] = { 0, 1, 64, 512, 4095 };
	unsigned char *memory = slabs(4, SLAB);
	size_t i;

	for (i = 0; i < 5; i++) {
		unsigned expected = offsets[i] == 0 ? 3 : 2;
		unsigned nr, j;

		expect_eq(init(64, 0, SLAB_SHIFT), 0);
		memset(memory, 0xa5, 4 * SLAB);
		expect_eq(gm_pool_add(&pool, memory + offsets[i], 3 * SLAB, 0), expected);
		nr = take_all(1);
		expect_eq(nr, expected * pool.nr_elements);
		for (j = 0; j < nr; j++)
			expect(taken[j] >= memory + offsets[i] &&
			       taken[j] + 64 <= memory + offsets[i] + 3 * SLAB);
		/* What is left over is not touched. */
		for (j = 0; j < offsets[i]; j++)
			expect_eq(memory[j], 0xa5);
		for (j = 0; j < SLAB; j++)
			expect_eq(memory[3 * SLAB + j], 0xa5);
	}
	expect_eq(gm_pool_add(&pool, memory, SLAB - 1, 0), 0);
	expect_eq(gm_pool_add(&pool, memory + 1, 0, 0), 0);
	expect_eq(gm_pool_add(&pool, memory + 1, SLAB - 1, 0), 0);
	expect_eq(gm_pool_add(&pool, memory + 1, 2 * SLAB - 2, 0), 0);
	expect_eq(gm_pool_add(&pool, memory + 1, 2 * SLAB - 1, 0), 1);
	free(memory);
}

static void test_zeroed(void)
{
	unsigned char *memory = slabs(1, SLAB);

	/* Only a promise that is kept is of use; the bytes show that it was believed. */
	memset(memory, 0, SLAB);
	memory[SLAB - 1] = 0x77;
	expect_eq(init(64, 0, SLAB_SHIFT), 0);
	expect_eq(gm_pool_add(&pool, memory, SLAB, 1), 1);
	expect_eq(take_all(1), pool.nr_elements);
	expect_eq(memory[SLAB - 1], 0x77);
	free(memory);
}

static void test_double_return(void)
{
	unsigned char *memory = slabs(1, SLAB);
	unsigned nr, i;

	expect_eq(init(64, 0, SLAB_SHIFT), 0);
	expect_eq(gm_pool_add(&pool, memory, SLAB, 0), 1);
	nr = take_all(1);
	for (i = 0; i < nr; i++) {
		gm_pool_return(&pool, taken[i], 0);
		expect_eq(unit_panics.nr, 0);
		expect_eq(gm_pool_used(&pool), nr - i - 1);
#if GM_CONFIG_CHECKS >= 1
		gm_pool_return(&pool, taken[i], 0);
		expect(unit_panicked());
		expect(unit_panics.object == taken[i]);
		expect_eq(gm_pool_used(&pool), nr - i - 1);
#endif
	}
	free(memory);
}

static void test_orphans(void)
{
	unsigned char *memory = slabs(2, SLAB);
	unsigned char *orphan;
	unsigned nr, i;

	expect_eq(init(32, 0, SLAB_SHIFT), 0);
	expect_eq(gm_pool_add(&pool, memory, 2 * SLAB, 0), 2);
	nr = take_all(1);
	expect(gm_pool_take_orphan(&pool) == NULL);
	for (i = 0; i < nr; i++) {
		gm_pool_mark_orphan(&pool, taken[i]);
		expect(gm_pool_take_orphan(&pool) == taken[i]);
		expect(gm_pool_take_orphan(&pool) == NULL);
	}
	for (i = 0; i < nr; i += 3)
		gm_pool_mark_orphan(&pool, taken[i]);
	/* Each exactly once, marked ones only. */
	for (i = 0; i < nr; i += 3) {
		unsigned which = 0;

		orphan = gm_pool_take_orphan(&pool);
		expect(orphan != NULL);
		while (taken[which] != orphan)
			expect(++which < nr);
		expect_eq(which % 3, 0);
		expect_eq(orphan[0], 0);
		orphan[0] = 1;
	}
	expect(gm_pool_take_orphan(&pool) == NULL);
	expect_eq(gm_pool_used(&pool), nr);
	free(memory);
}

static unsigned walk(void)
{
	unsigned char *element = NULL;
	unsigned nr = 0;

	while ((element = gm_pool_next(&pool, element)) != NULL) {
		element[1]++;
		expect(++nr <= MAX);
	}
	return nr;
}

static void test_next(void)
{
	unsigned char *memory = slabs(3, SLAB);
	unsigned nr, i;

	expect_eq(init(40, 0, SLAB_SHIFT), 0);
	expect(gm_pool_next(&pool, NULL) == NULL);
	expect_eq(gm_pool_add(&pool, memory, 3 * SLAB, 0), 3);
	expect(gm_pool_next(&pool, NULL) == NULL);
	nr = take_all(1);
	expect_eq(walk(), nr);
	for (i = 0; i < nr; i++) {
		expect_eq(taken[i][1], 1);
		if (i % 5 != 0)
			gm_pool_return(&pool, taken[i], 0);
	}
	expect_eq(walk(), (nr + 4) / 5);
	for (i = 0; i < nr; i++)
		expect_eq(taken[i][1], i % 5 != 0 ? 1 : 2);
	free(memory);
}

#define THREADS 4
#define ROUNDS 20000

/* Elements a thread holds carry its mark: seen changed, two had the same one. */
static void *worker(void *argument)
{
	unsigned id = (unsigned)(uintptr_t)argument;
	unsigned long long seed = id + 1;
	gm_word *held[16] = { NULL };
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		unsigned slot = (unsigned)(unit_random(&seed) % 16);

		if (held[slot] != NULL) {
			expect_eq(*held[slot], id * ROUNDS + slot);
			gm_pool_return(&pool, held[slot], id);
			held[slot] = NULL;
			continue;
		}
		held[slot] = gm_pool_take(&pool, id, 1);
		if (held[slot] != NULL)
			*held[slot] = id * ROUNDS + slot;
	}
	for (i = 0; i < 16; i++)
		if (held[i] != NULL)
			gm_pool_return(&pool, held[i], id);
	return NULL;
}

static void test_threads(void)
{
	unsigned char *memory = slabs(2, 512);
	pthread_t threads[THREADS];
	uintptr_t i;

	/* Fewer elements than the threads would hold: they fight for each. */
	expect_eq(init(24, 0, 9), 0);
	expect_eq(gm_pool_add(&pool, memory, 1024, 0), 2);
	for (i = 0; i < THREADS; i++)
		expect_eq(pthread_create(&threads[i], NULL, worker, (void *)(i + 1)), 0);
	for (i = 0; i < THREADS; i++)
		expect_eq(pthread_join(threads[i], NULL), 0);
	expect_eq(gm_pool_used(&pool), 0);
	expect_eq(take_all(1), 2 * pool.nr_elements);
	free(memory);
}

UNIT_MAIN("pool", UNIT_TEST(test_init_errors), UNIT_TEST(test_init_huge_sizes),
	  UNIT_TEST(test_layout), UNIT_TEST(test_index_of_large_slab),
	  UNIT_TEST(test_take_and_return), UNIT_TEST(test_returned_is_found),
	  UNIT_TEST(test_growth), UNIT_TEST(test_unaligned_buffers), UNIT_TEST(test_zeroed),
	  UNIT_TEST(test_double_return), UNIT_TEST(test_orphans), UNIT_TEST(test_next),
	  UNIT_TEST(test_threads))
