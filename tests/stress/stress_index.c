/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress_index.c - two indexes that share a store and a table: each has a lock for who
 * changes it, and everybody looks things up without.
 *
 *   stress_index [steps of each thread [threads]]
 *
 * What a lookup finds belongs to the index, and is where it was looked for. An object
 * that is never erased is found each time.
 */
#include <granmem/adhoc.h>
#include <granmem/index.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIT ((uint64_t)4096)
#define BASE ((uint64_t)1 << 32)
#define REGION (65536 * UNIT) /* room for a large one however the small ones lie */
#define UNITS 500u /* of each index; the one behind them holds what stays */
#define MOST_THREADS 64
#define NODES 400

struct cache {
	struct gm_index index;
	pthread_mutex_t lock;
};

struct thread {
	pthread_t id;
	unsigned long long seed;
	unsigned long nr_found, nr_inserted, nr_erased, nr_searched, nr_busy;
};

static struct gm_adhoc table;
static struct gm_region region;
static struct gm_space space;
static struct gm_index_store store;
static struct cache caches[2];
static struct gm_desc *staying[2];
static unsigned long nr_steps;

#define EXPECT(cond) ((cond) ? (void)0 : die(__LINE__, #cond))

static void die(int line, const char *text)
{
	fprintf(stderr, "stress_index.c:%d: %s\n", line, text);
	abort();
}

static unsigned draw(struct thread *thread, unsigned below)
{
	thread->seed ^= thread->seed << 13;
	thread->seed ^= thread->seed >> 7;
	thread->seed ^= thread->seed << 17;
	return (unsigned)((thread->seed >> 11) % below);
}

static void *buffer_of(const struct gm_metadata *metadata)
{
	void *buffer = malloc((size_t)(metadata->bytes + metadata->align));

	EXPECT(buffer != NULL);
	return buffer;
}

static struct gm_desc *claim(struct cache *cache, unsigned units)
{
	struct gm_claim request = { .size = units * UNIT, .type = 1, .owner = cache };
	struct gm_desc *desc;
	int err;

	do
		err = gm_space_claim(&space, &request, GM_NODE_ANY, &desc);
	while (err == -GM_EBUSY);
	EXPECT(err == 0);
	return desc;
}

static void set_up(void)
{
	struct gm_table_config config = { .base = gm_paddr(BASE),
					  .size = REGION,
					  .desc_size = sizeof(struct gm_indexed) };
	struct gm_index_config nodes = { .space = &space };
	struct gm_metadata metadata;
	unsigned i;

	EXPECT(gm_adhoc_metadata_size(&config, 8192, &metadata) == 0);
	EXPECT(gm_adhoc_init(&table, &config, buffer_of(&metadata),
			     metadata.bytes + metadata.align) == 0);
	region.base = config.base;
	region.size = config.size;
	region.table = &table.table;
	region.kind = GM_REGION_ADHOC;
	gm_space_init(&space, &region, 1);
	space.nr_regions = 1;
	EXPECT(gm_index_store_size(&nodes, NODES, &metadata) == 0);
	EXPECT(gm_index_store_init(&store, &nodes, buffer_of(&metadata),
				   metadata.bytes + metadata.align) == 0);
	for (i = 0; i < 2; i++) {
		EXPECT(gm_index_init(&caches[i].index, &store, &caches[i]) == 0);
		EXPECT(pthread_mutex_init(&caches[i].lock, NULL) == 0);
		staying[i] = claim(&caches[i], 1);
		EXPECT(gm_index_insert(&caches[i].index, UNITS * UNIT, staying[i], NULL) == 0);
		EXPECT(gm_index_mark(&caches[i].index, staying[i], GM_INDEX_DIRTY, 0) == 0);
	}
}

/* Its content is the cache's; the last reference frees the memory. */
static void drop(const struct cache *cache, struct gm_desc *desc)
{
	EXPECT(gm_desc_owner(desc) == cache);
	EXPECT(gm_space_put(&space, desc) >= 0);
}

static void look(struct thread *thread, struct cache *cache)
{
	uint64_t offset = draw(thread, UNITS) * UNIT + draw(thread, 4096);
	struct gm_desc *desc;
	struct gm_run run;
	int err = gm_index_run(&cache->index, offset, 0, 12, 0, &desc, &run);

	thread->nr_busy += err == -GM_EBUSY;
	EXPECT(err == 0 || err == -GM_ENOENT || err == -GM_EBUSY);
	if (err == 0) {
		EXPECT(gm_desc_covers(desc, run.paddr.value));
		drop(cache, desc);
		thread->nr_found++;
	}
	EXPECT(gm_index_find_get(&cache->index, UNITS * UNIT, &desc) == 0);
	EXPECT(desc == staying[cache - caches]);
	drop(cache, desc);
}

/* The one that stays is dirty, too. */
static void search(struct thread *thread, struct cache *cache)
{
	gm_word marks = draw(thread, 2) ? GM_INDEX_DIRTY : 0;
	uint64_t offset = draw(thread, UNITS) * UNIT;
	struct gm_desc *desc = NULL;
	uint64_t before = offset;
	int seen = 0;

	for (;;) {
		int err = gm_index_next(&cache->index, &offset, ~(uint64_t)0, marks, &desc);

		EXPECT(offset >= before);
		before = offset;
		if (err == -GM_EBUSY) {
			offset += UNIT;
			continue;
		}
		if (err != 0)
			break;
		seen |= desc == staying[cache - caches];
		drop(cache, desc);
	}
	EXPECT(seen);
	thread->nr_searched++;
}

static void insert(struct thread *thread, struct cache *cache)
{
	unsigned units = draw(thread, 8) != 0 ? 1 : 1 + draw(thread, 100);
	uint64_t offset = draw(thread, UNITS) * UNIT;
	struct gm_desc *desc = claim(cache, units);
	int err = gm_index_insert(&cache->index, offset, desc, NULL);

	EXPECT(err == 0 || err == -GM_EEXIST);
	thread->nr_inserted += err == 0;
	if (err != 0)
		drop(cache, desc);
}

static void change(struct thread *thread, struct cache *cache)
{
	struct gm_desc *desc = gm_index_find(&cache->index, draw(thread, UNITS) * UNIT);
	struct gm_desc *other;

	if (desc == NULL || desc == staying[cache - caches])
		return;
	switch (draw(thread, 4)) {
	case 0:
		EXPECT(gm_index_mark(&cache->index, desc, GM_INDEX_DIRTY, 0) == 0);
		break;
	case 1:
		other = claim(cache, (unsigned)(gm_desc_size(desc) / UNIT));
		EXPECT(gm_index_replace(&cache->index, desc, other) == 0);
		drop(cache, desc);
		break;
	default:
		EXPECT(gm_index_erase(&cache->index, desc, draw(thread, 2)) == 0);
		drop(cache, desc);
		thread->nr_erased++;
		break;
	}
}

static void *run(void *arg)
{
	struct thread *thread = arg;
	unsigned long step;

	for (step = 0; step < nr_steps; step++) {
		struct cache *cache = &caches[draw(thread, 2)];
		unsigned what = draw(thread, 16);

		if (what < 8) {
			look(thread, cache);
		} else if (what == 8) {
			search(thread, cache);
		} else {
			pthread_mutex_lock(&cache->lock);
			if (what < 11)
				insert(thread, cache);
			else
				change(thread, cache);
			if (what == 15 && draw(thread, 50) == 0)
				(void)gm_index_forget(&cache->index, 0, ~(uint64_t)0);
			pthread_mutex_unlock(&cache->lock);
		}
		if (step % 64 == 0)
			(void)gm_space_reap(&space, NULL, NULL);
	}
	return NULL;
}

static void check_rest(void)
{
	struct gm_index_verify verify[2];
	struct gm_index_stats stats;
	struct gm_verify check;
	unsigned i;

	(void)gm_space_reap(&space, NULL, NULL);
	for (i = 0; i < 2; i++)
		EXPECT(gm_index_verify(&caches[i].index, &verify[i]) == 0);
	gm_index_store_stats(&store, &stats);
	EXPECT(stats.nr_nodes == verify[0].nr_nodes + verify[1].nr_nodes);
	EXPECT(gm_adhoc_verify(&table, &check) == 0);
	EXPECT(check.nr_objects == verify[0].nr_objects + verify[1].nr_objects);
	EXPECT(check.nr_references == check.nr_objects);
}

int main(int argc, char **argv)
{
	static struct thread threads[MOST_THREADS];
	unsigned nr_threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 4;
	struct thread sum;
	unsigned i;

	nr_steps = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000;
	EXPECT(nr_threads > 0 && nr_threads <= MOST_THREADS);
	set_up();
	for (i = 0; i < nr_threads; i++) {
		threads[i].seed = 88172645463325252ull + i;
		EXPECT(pthread_create(&threads[i].id, NULL, run, &threads[i]) == 0);
	}
	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < nr_threads; i++) {
		EXPECT(pthread_join(threads[i].id, NULL) == 0);
		sum.nr_found += threads[i].nr_found;
		sum.nr_inserted += threads[i].nr_inserted;
		sum.nr_erased += threads[i].nr_erased;
		sum.nr_searched += threads[i].nr_searched;
		sum.nr_busy += threads[i].nr_busy;
	}
	check_rest();
	printf("stress_index: %lu found, %lu inserted, %lu erased, %lu searches, %lu busy\n",
	       sum.nr_found, sum.nr_inserted, sum.nr_erased, sum.nr_searched, sum.nr_busy);
	return sum.nr_found == 0 || sum.nr_inserted == 0 || sum.nr_erased == 0;
}
