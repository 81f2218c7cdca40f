/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of granmem/adhoc.h: orphans, walks, several tables, several threads. */
#include "adhoc_unit.h"

#include <pthread.h>

#define NR 3000

static struct gm_object reaped[NR];
static unsigned nr_reaped;
static int token;

static void on_reap(void *ctx, const struct gm_object *gone)
{
	expect(ctx == &token && nr_reaped < NR);
	/* It is still there: nobody else has its memory yet. */
	expect_eq(gm_desc_base(gm_adhoc_find(&table, gone->base)), gone->base.value);
	reaped[nr_reaped++] = *gone;
}

/* A lookup that did not mean this object holds it while its last holder leaves. */
static void orphan(struct gm_desc *desc)
{
	expect_eq(gm_ref_try_get(desc), 0);
	expect_eq(gm_adhoc_put(&table, desc), 0);
	expect_eq(gm_ref_undo(desc), -GM_EORPHAN);
	gm_pool_mark_orphan(&table.descs, desc);
}

static void test_orphan(void)
{
	struct gm_stats before;
	struct gm_desc *desc;

	region(0, 16 * MIB);
	begin(4);
	drop(make(4096, 64, 1));
	desc = make(8192, 4096 + 64, 9);
	before = figures();
	orphan(desc);
	/* Nobody's, but not free before it is reaped. */
	expect_eq(lookup(8192, 0), -GM_EBUSY);
	expect_eq(lookup(8192 + 4096, 9), -GM_EBUSY);
	expect_eq(refused(8192, 64, 1), -GM_EBUSY);
	expect_eq(gm_adhoc_release_range(&table, gm_paddr(8192), 4096), -GM_EBUSY);
	expect_eq(figures().free_bytes, before.free_bytes);
	nr_reaped = 0;
	expect_eq(gm_adhoc_reap(&table, on_reap, &token), 1);
	expect_eq(nr_reaped, 1);
	expect(reaped[0].base.value == 8192 && reaped[0].size == 4096 + 64 &&
	       reaped[0].type == 9 && reaped[0].owner == &table);
	expect_eq(gm_adhoc_reap(&table, on_reap, &token), 0);
	expect_eq(figures().free_bytes, 16 * MIB);
	expect_eq(figures().nr_nodes, 0);
	verified();
	make(8192, 8192, 2);
	verified();
}

static void test_many_orphans(void)
{
	struct gm_desc *descs[NR];
	unsigned i, round;

	region(0, 64 * MIB);
	begin(NR);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < NR; i++)
			descs[i] = make(i * 8192, 64 * (1 + i % 64), 1 + i % 15);
		for (i = 0; i < NR; i += 1 + round)
			orphan(descs[i * 7 % NR]);
		nr_reaped = 0;
		if (round == 2)
			expect_eq(gm_adhoc_reap(&table, NULL, NULL), NR / 3);
		else
			expect_eq(gm_adhoc_reap(&table, on_reap, &token), NR / (1 + round));
		for (i = 0; i < nr_reaped; i++) {
			uint64_t which = reaped[i].base.value / 8192;

			expect(reaped[i].size == 64 * (1 + which % 64));
			expect(reaped[i].type == 1 + which % 15 && reaped[i].owner == &table);
			expect(gm_adhoc_find(&table, reaped[i].base) == NULL);
		}
		for (i = 0; i < NR; i++)
			if (gm_adhoc_find(&table, gm_paddr(i * 8192)) != NULL)
				drop(descs[i]);
		expect_eq(verified().nr_objects, 0);
	}
}

struct walk {
	unsigned nr;
	int answer_at;
	int put;
	unsigned char seen[NR];
};

static int on_visit(void *ctx, struct gm_desc *desc)
{
	struct walk *walk = ctx;
	uint64_t which = gm_desc_base(desc) / 8192;

	expect(gm_ref_count(desc) >= 2 && gm_adhoc_find(&table, gm_paddr(which * 8192)) == desc);
	expect(which < NR && walk->seen[which]++ == 0);
	if (walk->put)
		expect_eq(gm_adhoc_put(&table, desc), 0);
	return ++walk->nr == (unsigned)walk->answer_at ? 77 : 0;
}

static unsigned visit(struct walk *walk, int answer)
{
	walk->nr = 0;
	memset(walk->seen, 0, sizeof(walk->seen));
	expect_eq(gm_adhoc_for_each(&table, on_visit, walk), answer);
	return walk->nr;
}

static void test_for_each(void)
{
	struct gm_desc *descs[NR];
	struct walk walk = { .nr = 0 };
	unsigned i;

	region(0, 64 * MIB);
	begin(NR);
	expect_eq(visit(&walk, 0), 0);
	for (i = 0; i < NR; i++)
		descs[i] = make(i * 8192, 8192, 1);
	expect_eq(visit(&walk, 0), NR);
	for (i = 0; i < NR; i++)
		expect(walk.seen[i] == 1 && gm_ref_is_sole(descs[i]));
	walk.answer_at = 100;
	expect_eq(visit(&walk, 77), 100);
	walk.answer_at = 0;
	for (i = 0; i < NR; i += 3)
		drop(descs[i]);
	expect_eq(visit(&walk, 0), NR - NR / 3);
	for (i = 0; i < NR; i++)
		expect(walk.seen[i] == (i % 3 != 0));
	/* One that is frozen is passed over. */
	expect_eq(gm_ref_freeze(descs[1], 1), 0);
	expect_eq(visit(&walk, 0), NR - NR / 3 - 1);
	gm_ref_thaw(descs[1], 1);
	verified();
	/* A visitor may give its own reference up: then the walk's is the last. */
	walk.put = 1;
	expect_eq(visit(&walk, 0), NR - NR / 3);
	nr_reaped = 0;
	expect_eq(gm_adhoc_reap(&table, on_reap, &token), NR - NR / 3);
	expect_eq(verified().nr_objects, 0);
	expect_eq(figures().free_bytes, 64 * MIB);
}

static void test_stats(void)
{
	struct gm_stats stats;

	region(4 * MIB, 64 * MIB);
	config.desc_size = 48;
	begin(100);
	stats = figures();
	expect_eq(stats.region_bytes, 64 * MIB);
	expect_eq(stats.free_bytes, 64 * MIB);
	expect(stats.hosted_bytes == 0 && stats.nr_objects == 0 && stats.nr_nodes == 0);
	expect(stats.static_bytes >= 32 * sizeof(gm_word) && stats.static_bytes < 4096);
	expect_eq(stats.used_bytes, stats.static_bytes);
	expect_eq(stats.total_bytes, stats.static_bytes);
	make(4 * MIB, 2 * MIB, 1);
	make(6 * MIB, 4096, 1);
	make(6 * MIB + 4096, 1536, 1);
	stats = figures();
	expect_eq(stats.free_bytes, 62 * MIB - 4096 - 1536);
	expect(stats.nr_objects == 3 && stats.nr_nodes == 2 && stats.desc_size == 48);
	expect_eq(stats.node_size, 512 * sizeof(gm_word) + sizeof(struct gm_radix_record));
	expect_eq(stats.used_bytes, stats.static_bytes + 3 * 48 + stats.node_size +
					    64 * sizeof(gm_word) + sizeof(struct gm_radix_record));
	expect_eq(stats.desc_bytes, 64 * KIB);
	expect_eq(stats.node_bytes, 2 * 64 * KIB);
	expect_eq(stats.total_bytes, stats.static_bytes + 3 * 64 * KIB);
	verified();
}

/* Tables of the same addresses know nothing of each other. */
static void test_instances(void)
{
	static struct gm_adhoc tables[3];
	static struct gm_desc *descs[3][64];
	void *buffers[3];
	struct gm_metadata metadata;
	struct gm_verify found;
	unsigned long long seed = 1234567;
	unsigned i, step;

	region(2 * MIB, 64 * 4096);
	for (i = 0; i < 3; i++) {
		config.granule_shift = 10 + i;
		expect_eq(gm_adhoc_metadata_size(&config, 64, &metadata), 0);
		buffers[i] = malloc((size_t)metadata.bytes + 63);
		expect_eq(gm_adhoc_init(&tables[i], &config, buffers[i], metadata.bytes + 63), 0);
	}
	for (step = 0; step < 6000; step++) {
		unsigned which = (unsigned)(unit_random(&seed) % 64);
		struct gm_object object = record(2 * MIB + which * 4096, 4096, 1 + which % 15);

		i = (unsigned)(unit_random(&seed) >> 20) % 3;
		expect(gm_adhoc_find(&tables[i], object.base) == descs[i][which]);
		if (descs[i][which] == NULL) {
			expect_eq(gm_adhoc_create(&tables[i], &object, &descs[i][which]), 0);
			continue;
		}
		expect_eq(gm_adhoc_put(&tables[i], descs[i][which]), 1);
		descs[i][which] = NULL;
	}
	for (i = 0; i < 3; i++) {
		for (step = 0; step < 64; step++)
			if (descs[i][step] != NULL)
				expect_eq(gm_adhoc_put(&tables[i], descs[i][step]), 1);
		expect_eq(gm_adhoc_verify(&tables[i], &found), 0);
		expect_eq(gm_table_free_bytes(&tables[i].table), 64 * 4096);
		free(buffers[i]);
	}
}

#define THREADS 3

static pthread_barrier_t barrier;
static struct gm_object wanted[THREADS];
static struct gm_desc *got[THREADS];
static int answers[THREADS];

static void *racer(void *arg)
{
	unsigned self = (unsigned)(uintptr_t)arg;

	for (;;) {
		pthread_barrier_wait(&barrier);
		if (wanted[self].size == 0)
			return NULL;
		answers[self] = gm_adhoc_create(&table, &wanted[self], &got[self]);
		pthread_barrier_wait(&barrier);
	}
}

/* All ranges have one unit in common, so at most one creator can win. */
static void race(unsigned long long *seed)
{
	uint64_t common = 8 * MIB + (unit_random(seed) % 4096) * 64;
	unsigned i, winners = 0;

	for (i = 0; i < THREADS; i++) {
		uint64_t before = (unit_random(seed) >> 9) % (64u << (unit_random(seed) % 10)) * 64;
		uint64_t behind = (unit_random(seed) >> 9) % (64u << (unit_random(seed) % 10)) * 64;

		wanted[i] = record(common - before, before + 64 + behind, 1 + i);
		if (unit_random(seed) % 4 == 0)
			wanted[i] = record(common & ~(2 * MIB - 1), 2 * MIB, 1 + i);
	}
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	for (i = 0; i < THREADS; i++) {
		winners += answers[i] == 0;
		expect(answers[i] == 0 || answers[i] == -GM_EBUSY || answers[i] == -GM_EEXIST);
	}
	expect(winners <= 1);
	expect_eq(verified().nr_objects, winners);
	/* A retry settles it. */
	for (i = 0; i < THREADS; i++) {
		int err = gm_adhoc_create(&table, &wanted[i], &got[i]);

		expect_eq(err, winners++ != 0 ? -GM_EEXIST : 0);
	}
	drop(gm_adhoc_find(&table, gm_paddr(common)));
	verified();
	expect_eq(figures().nr_nodes, 0);
	expect_eq(figures().free_bytes, 64 * MIB);
}

static void test_racing_creators(void)
{
	unsigned long rounds = steps(1500, 100000);
	unsigned long long seed = 88172645463325252ull;
	pthread_t threads[THREADS];
	unsigned i;

	region(0, 64 * MIB);
	begin(2000);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (i = 0; i < THREADS; i++)
		expect(pthread_create(&threads[i], NULL, racer, (void *)(uintptr_t)i) == 0);
	while (rounds-- > 0)
		race(&seed);
	memset(wanted, 0, sizeof(wanted));
	pthread_barrier_wait(&barrier);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static int finished;

static void *asker(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE))
		(void)lookup(4096, 2);
	return NULL;
}

/* Lookups of another type beside the last put: removed now, or reaped. */
static void test_real_orphans(void)
{
	unsigned long rounds = steps(20000, 2000000);
	unsigned long i, removed = 0, nr = 0;
	pthread_t thread;
	struct gm_object object = record(4096, 4096, 1);
	struct gm_desc *desc;

	region(0, MIB);
	begin(4);
	finished = 0;
	expect(pthread_create(&thread, NULL, asker, NULL) == 0);
	for (i = 0; i < rounds; i++) {
		int err = gm_adhoc_create(&table, &object, &desc);

		/* The lookup may still hold it, or have left it to reap. */
		while (err == -GM_EBUSY || err == -GM_EEXIST) {
			nr += gm_adhoc_reap(&table, NULL, NULL);
			err = gm_adhoc_create(&table, &object, &desc);
		}
		expect_eq(err, 0);
		removed += (unsigned long)gm_adhoc_put(&table, desc);
	}
	__atomic_store_n(&finished, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	nr += gm_adhoc_reap(&table, NULL, NULL);
	expect_eq(nr + removed, rounds);
	expect_eq(verified().nr_objects, 0);
	expect_eq(figures().free_bytes, MIB);
}

UNIT_MAIN("adhoc_life", UNIT_TEST(test_orphan), UNIT_TEST(test_many_orphans),
	  UNIT_TEST(test_for_each), UNIT_TEST(test_stats), UNIT_TEST(test_instances),
	  UNIT_TEST(test_racing_creators), UNIT_TEST(test_real_orphans))
