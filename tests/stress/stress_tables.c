/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress_tables.c - many threads on the same and neighbouring addresses of each
 * table, then verify.
 *
 *   stress_tables [steps of each thread [threads [table]]]
 */
#include "stress_held.h"

#include <string.h>

static pthread_barrier_t barrier;

static uint64_t any_size(struct thread *thread)
{
	if (ops->any_multiple && draw(thread, 2))
		return 64 * (1 + draw(thread, draw(thread, 8) ? 64 : 1024));
	return GRANULE << (draw(thread, 3) ? 0 : draw(thread, 5));
}

static void create(struct thread *thread)
{
	struct gm_object object;
	struct gm_desc *desc;
	int err;

	object.size = any_size(thread);
	object.type = 1 + (unsigned)draw(thread, NR_TYPES);
	object.owner = &owners[object.type];
	/* Two hot places, and anywhere. */
	object.base = gm_paddr(BASE + draw(thread, draw(thread, 2) ? 8 : NR_GRANULES) * GRANULE);
	if (!ops->any_multiple)
		object.base.value = (object.base.value + object.size - 1) & ~(object.size - 1);
	err = ops->create(table, &object, &desc);
	if (err == 0) {
		thread->nr_created++;
		cover(object.base.value, object.size, 0, 1);
		keep(thread, desc);
		return;
	}
	thread->nr_conflicts++;
	EXPECT(err == -GM_EEXIST || err == -GM_EBUSY || err == -GM_ERANGE);
}

static void claim(struct thread *thread)
{
	struct gm_desc *descs[6];
	struct gm_claim request;
	size_t nr = draw(thread, 4) ? 0 : 1 + draw(thread, 6);
	size_t i;
	int err;

	memset(&request, 0, sizeof(request));
	request.size = any_size(thread);
	request.type = 1 + (unsigned)draw(thread, NR_TYPES);
	request.owner = &owners[request.type];
	if (draw(thread, 4) == 0)
		request.min = gm_paddr(BASE + draw(thread, SIZE / 2));
	err = nr == 0 ? ops->claim(table, &request, descs) :
			ops->claim_each(table, &request, nr, descs);
	if (err != 0) {
		EXPECT(err == -GM_ENOMEM || err == -GM_EBUSY);
		thread->nr_conflicts++;
		return;
	}
	for (i = 0; i < (nr == 0 ? 1 : nr); i++) {
		EXPECT(gm_desc_size(descs[i]) == (nr == 0 ? request.size : GRANULE));
		EXPECT(i == 0 || gm_desc_base(descs[i]) == gm_desc_base(descs[0]) + i * GRANULE);
		cover(gm_desc_base(descs[i]), gm_desc_size(descs[i]), 0, 1);
		thread->nr_created++;
	}
	for (i = 0; i < (nr == 0 ? 1 : nr); i++)
		keep(thread, descs[i]);
}

static void look(struct thread *thread)
{
	uint64_t at = BASE + draw(thread, draw(thread, 2) ? 8 * GRANULE : SIZE);
	unsigned type = draw(thread, 2) ? 0 : 1 + (unsigned)draw(thread, NR_TYPES);
	struct gm_desc *desc;
	int err = ops->find_get(table, gm_paddr(at), type, &desc);

	if (err != 0) {
		EXPECT(err == -GM_ENOENT || err == -GM_EBUSY || (err == -GM_ETYPE && type != 0));
		thread->nr_busy += err == -GM_EBUSY;
		return;
	}
	thread->nr_found++;
	EXPECT(gm_desc_covers(desc, at));
	EXPECT(type == 0 || gm_ref_type(desc) == type);
	if (draw(thread, 4) == 0) {
		keep(thread, desc);
	} else {
		check_fields(desc);
		drop_ref(desc);
	}
}

static void hold(struct thread *thread)
{
	struct held *held;

	if (thread->nr == 0)
		return;
	held = &thread->held[draw(thread, thread->nr)];
	switch (draw(thread, 5)) {
	case 0:
		gm_ref_get(held->desc);
		held->refs++;
		break;
	case 1:
		EXPECT(gm_ref_try_pin(held->desc) == 0);
		held->refs++;
		held->pins++;
		break;
	case 2:
		gm_desc_set_flags(held->desc, GM_FLAG_DIRTY);
		break;
	case 3:
		gm_desc_clear_flags(held->desc, GM_FLAG_DIRTY);
		break;
	default:
		if (held->pins == 0 && gm_ref_freeze(held->desc, held->refs) == 0)
			gm_ref_thaw(held->desc, held->refs);
		break;
	}
}

/* The pieces of [base, end) are the caller's, one reference each. */
static void keep_pieces(struct thread *thread, uint64_t base, uint64_t end)
{
	while (base < end) {
		struct gm_desc *desc = ops->find(table, gm_paddr(base));

		EXPECT(desc != NULL && gm_desc_base(desc) == base);
		base += gm_desc_size(desc);
		EXPECT(base <= end);
		keep(thread, desc);
	}
}

static void release(struct thread *thread)
{
	unsigned i = thread->nr == 0 ? 0 : (unsigned)draw(thread, thread->nr);
	struct held held = thread->held[i];
	uint64_t base, size, first, part;
	uint64_t unit = ops->any_multiple ? 64 : GRANULE;
	int err;

	/* Another holder might try the same: only a sole one touches the array. */
	if (thread->nr == 0 || !gm_ref_is_sole(held.desc))
		return;
	base = gm_desc_base(held.desc);
	size = gm_desc_size(held.desc);
	first = base + draw(thread, size / unit) * unit;
	part = (1 + draw(thread, (base + size - first) / unit)) * unit;
	cover(first, part, 1, 0);
	err = ops->release_range(table, gm_paddr(first), part);
	if (err != 0) {
		EXPECT(err == -GM_EBUSY || err == -GM_ENOMEM);
		cover(first, part, 0, 1);
		return;
	}
	thread->nr_released++;
	thread->held[i] = thread->held[--thread->nr];
	keep_pieces(thread, base, first);
	keep_pieces(thread, first + part, base + size);
}

/* The reference of the walk is never the last: the visitor keeps its own. */
static int visit(void *ctx, struct gm_desc *desc)
{
	struct thread *thread = ctx;

	if (thread->nr == HELD)
		return 1;
	gm_ref_get(desc);
	keep(thread, desc);
	return 0;
}

static void reaped(void *ctx, const struct gm_object *gone)
{
	struct thread *thread = ctx;

	EXPECT(gone->owner == &owners[gone->type]);
	cover(gone->base.value, gone->size, 1, 0);
	thread->nr_reaped++;
}

static void *run(void *arg)
{
	struct thread *thread = arg;
	unsigned long step;

	for (step = 0; step < nr_steps; step++) {
		unsigned what = (unsigned)draw(thread, 100);

		if (what < 18)
			create(thread);
		else if (what < 26)
			claim(thread);
		else if (what < 60)
			look(thread);
		else if (what < 68)
			hold(thread);
		else if (what < 78)
			release(thread);
		else if (what < 79)
			ops->reap(table, reaped, thread);
		else if (what < 80 && draw(thread, 20) == 0)
			ops->for_each(table, visit, thread);
		else if (thread->nr > (thread->index & 1 ? 4 : 16))
			drop(thread, (unsigned)draw(thread, thread->nr));
		else if (thread->nr != 0 && draw(thread, 3) == 0)
			drop(thread, (unsigned)draw(thread, thread->nr));
	}
	while (thread->nr != 0)
		drop(thread, 0);
	return NULL;
}

/* Rounds in which all threads create ranges with one address in common. */
static gm_word nr_won;

static void *race(void *arg)
{
	struct thread *thread = arg;
	struct gm_object object;
	struct gm_desc *desc;
	unsigned long round;
	int err, won;

	for (round = 0; round < nr_steps / 20; round++) {
		object.size = GRANULE << draw(thread, 4);
		object.base = gm_paddr((BASE + 20 * GRANULE) & ~(object.size - 1));
		object.type = 1;
		object.owner = &owners[1];
		pthread_barrier_wait(&barrier);
		err = ops->create(table, &object, &desc);
		won = err == 0;
		EXPECT(won || err == -GM_EEXIST || err == -GM_EBUSY);
		gm_atomic_add_relaxed(&nr_won, (gm_word)won);
		pthread_barrier_wait(&barrier);
		EXPECT(gm_atomic_load_relaxed(&nr_won) <= 1);
		/* A retry settles it. */
		if (thread->index == 0 && gm_atomic_load_relaxed(&nr_won) == 0) {
			EXPECT(ops->create(table, &object, &desc) == 0);
			won = 1;
		}
		if (won)
			EXPECT(ops->put(table, desc) == 1);
		pthread_barrier_wait(&barrier);
		if (thread->index == 0)
			gm_atomic_store_relaxed(&nr_won, 0);
	}
	return NULL;
}

static void run_threads(struct thread *threads, void *(*body)(void *))
{
	unsigned i;

	for (i = 0; i < nr_threads; i++)
		EXPECT(pthread_create(&threads[i].id, NULL, body, &threads[i]) == 0);
	for (i = 0; i < nr_threads; i++)
		pthread_join(threads[i].id, NULL);
}

static void check_empty(struct thread *thread)
{
	struct gm_verify verify;
	struct gm_stats stats;

	ops->reap(table, reaped, thread);
	if (ops->verify(table, &verify) != 0)
		die(__FILE__, __LINE__, verify.first);
	EXPECT(verify.nr_objects == 0);
	ops->stats(table, &stats);
	EXPECT(stats.free_bytes == SIZE && stats.nr_objects == 0);
}

static void run_table(const struct table_ops *which)
{
	static struct thread threads[MOST_THREADS];
	struct thread sum;
	struct gm_table_config config;
	struct gm_metadata metadata;
	void *buffer;
	unsigned i;

	ops = which;
	memset(&config, 0, sizeof(config));
	memset(threads, 0, sizeof(threads));
	memset(&sum, 0, sizeof(sum));
	config.base = gm_paddr(BASE);
	config.size = SIZE;
	config.granule_shift = GRANULE_SHIFT;
	EXPECT(ops->metadata_size(&config, SIZE / 64, &metadata) == 0);
	buffer = malloc(metadata.bytes + metadata.align);
	table = calloc(1, ops->size);
	EXPECT(ops->init(table, &config, buffer, metadata.bytes + metadata.align) == 0);
	for (i = 0; i < nr_threads; i++) {
		threads[i].index = i;
		threads[i].seed = 0x9e3779b97f4a7c15ull * (i + 1);
	}
	run_threads(threads, run);
	check_empty(&threads[0]);
	run_threads(threads, race);
	check_empty(&threads[0]);
	for (i = 0; i < nr_threads; i++) {
		sum.nr_created += threads[i].nr_created;
		sum.nr_conflicts += threads[i].nr_conflicts;
		sum.nr_found += threads[i].nr_found;
		sum.nr_busy += threads[i].nr_busy;
		sum.nr_released += threads[i].nr_released;
		sum.nr_reaped += threads[i].nr_reaped;
	}
	printf("%s: %lu created, %lu conflicts, %lu found, %lu busy, %lu released, %lu reaped\n",
	       ops->name, sum.nr_created, sum.nr_conflicts, sum.nr_found, sum.nr_busy,
	       sum.nr_released, sum.nr_reaped);
	EXPECT(sum.nr_created > nr_steps / 50 && sum.nr_found > nr_steps / 50 &&
	       sum.nr_released > nr_steps / 1000);
	free(table);
	free(buffer);
}

int main(int argc, char **argv)
{
	const struct table_ops *const all[] = { &compound_ops, &folio_ops, &adhoc_ops };
	size_t i;

	nr_steps = argc > 1 ? strtoul(argv[1], NULL, 0) : 30000;
	nr_threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 4;
	if (nr_threads == 0 || nr_threads > MOST_THREADS) {
		fprintf(stderr, "stress_tables: 1 to %d threads\n", MOST_THREADS);
		return 2;
	}
	pthread_barrier_init(&barrier, NULL, nr_threads);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (argc <= 3 || strcmp(argv[3], all[i]->name) == 0)
			run_table(all[i]);
	return 0;
}
