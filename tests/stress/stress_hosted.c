/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress_hosted.c - an ad-hoc table whose metadata grows in its own region while
 * many threads fill the region, cut it up and look things up.
 *
 *   stress_hosted [steps of each thread [threads]]
 *
 * Whoever makes an object writes into each 64 bytes of its memory where they are,
 * and whoever frees some checks that it is still there: memory that two objects
 * have, or an object and the metadata, shows, and with the thread sanitizer an order
 * that is not made.
 */
#include <granmem/adhoc.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define BASE 0x7fe03000ull
#define SIZE ((2ull << 20) + 0x9000)
#define TWO_MIB (2ull << 20)
#define HELD 1024
#define MOST_THREADS 64

struct thread {
	pthread_t id;
	unsigned long long seed;
	struct gm_desc *held[HELD];
	unsigned nr;
	unsigned long nr_made, nr_full, nr_busy, nr_cut, nr_found, nr_reaped;
};

static struct gm_adhoc table;
static unsigned char *memory; /* of BASE */
static unsigned long nr_steps;
static char owners[GM_TYPE_MAX + 1];

#define EXPECT(cond) ((cond) ? (void)0 : die(__LINE__, #cond))

static void die(int line, const char *text)
{
	fprintf(stderr, "stress_hosted.c:%d: %s\n", line, text);
	abort();
}

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	(void)ctx;
	EXPECT(base.value >= BASE && base.value - BASE <= SIZE - size);
	return memory + (size_t)(base.value - BASE);
}

static unsigned long long draw(struct thread *thread, unsigned long long below)
{
	thread->seed ^= thread->seed << 13;
	thread->seed ^= thread->seed >> 7;
	thread->seed ^= thread->seed << 17;
	return (thread->seed >> 11) % below;
}

static uint64_t *word_at(uint64_t paddr)
{
	return (uint64_t *)(void *)(memory + (size_t)(paddr - BASE));
}

static void mark(uint64_t base, uint64_t size)
{
	uint64_t at;

	for (at = base; at < base + size; at += 64)
		*word_at(at) = at;
}

/* The memory is still as its owner left it, and is given up. */
static void unmark(uint64_t base, uint64_t size)
{
	uint64_t at;

	for (at = base; at < base + size; at += 64) {
		EXPECT(*word_at(at) == at);
		*word_at(at) = ~at;
	}
}

static void drop(struct thread *thread, unsigned i)
{
	struct gm_desc *desc = thread->held[i];
	struct gm_object gone;

	thread->held[i] = thread->held[--thread->nr];
	if (!gm_ref_put(desc, &gone))
		return;
	EXPECT(gone.owner == &owners[gone.type]);
	unmark(gone.base.value, gone.size);
	gm_adhoc_remove(&table, desc);
}

static void keep(struct thread *thread, struct gm_desc *desc)
{
	if (thread->nr == HELD)
		drop(thread, (unsigned)draw(thread, HELD));
	thread->held[thread->nr++] = desc;
}

static uint64_t any_size(struct thread *thread)
{
	switch (draw(thread, 32)) {
	case 0:
		return 4096;
	case 1:
		return 64 * (1 + draw(thread, 512));
	case 2:
		return 4096 * (draw(thread, 8) ? 1 + draw(thread, 16) : 64);
	default:
		return 64 * (1 + draw(thread, 3));
	}
}

static int make(struct thread *thread, uint64_t size)
{
	struct gm_claim claim = { .size = size };
	struct gm_desc *desc;
	int err;

	claim.type = 1 + (unsigned)draw(thread, GM_TYPE_MAX);
	claim.owner = &owners[claim.type];
	err = gm_adhoc_claim(&table, &claim, &desc);
	if (err == 0) {
		mark(gm_desc_base(desc), size);
		keep(thread, desc);
		thread->nr_made++;
		return 0;
	}
	EXPECT(err == -GM_ENOMEM || err == -GM_EBUSY);
	thread->nr_full += err == -GM_ENOMEM;
	thread->nr_busy += err == -GM_EBUSY;
	return err;
}

static void look(struct thread *thread)
{
	uint64_t at = BASE + draw(thread, SIZE);
	struct gm_desc *desc;
	int err = gm_adhoc_find_get(&table, gm_paddr(at), 0, &desc);

	if (err != 0) {
		EXPECT(err == -GM_ENOENT || err == -GM_EBUSY || err == -GM_ENOTRAM);
		return;
	}
	EXPECT(gm_desc_covers(desc, at) && gm_desc_owner(desc) == &owners[gm_ref_type(desc)]);
	EXPECT(gm_adhoc_find(&table, gm_paddr(at)) == desc);
	thread->nr_found++;
	keep(thread, desc);
}

/* Free a part of what this thread alone holds; the rests stay its own. */
static void cut(struct thread *thread)
{
	unsigned i = (unsigned)draw(thread, thread->nr);
	struct gm_desc *desc = thread->held[i];
	uint64_t base, size, first, part;
	int err;

	if (!gm_ref_is_sole(desc))
		return;
	base = gm_desc_base(desc);
	size = gm_desc_size(desc);
	first = base + draw(thread, size / 64) * 64;
	part = (1 + draw(thread, (base + size - first) / 64)) * 64;
	unmark(first, part);
	err = gm_adhoc_release_range(&table, gm_paddr(first), part);
	if (err != 0) {
		EXPECT(err == -GM_EBUSY || err == -GM_ENOMEM);
		mark(first, part);
		return;
	}
	thread->nr_cut++;
	thread->held[i] = thread->held[--thread->nr];
	if (first > base)
		keep(thread, gm_adhoc_find(&table, gm_paddr(base)));
	if (first + part < base + size)
		keep(thread, gm_adhoc_find(&table, gm_paddr(first + part)));
}

static void reaped(void *ctx, const struct gm_object *gone)
{
	struct thread *thread = ctx;

	EXPECT(gone->owner == &owners[gone->type]);
	unmark(gone->base.value, gone->size);
	thread->nr_reaped++;
}

static void *run(void *arg)
{
	struct thread *thread = arg;
	unsigned long step;

	for (step = 0; step < nr_steps; step++) {
		unsigned long long what = draw(thread, 1024);

		/* Grow, then shrink, out of step with the others. */
		if (what < (step / 2048 % 2 ? 200u : 520u))
			make(thread, any_size(thread));
		else if (what < 600)
			look(thread);
		else if (what == 1000)
			gm_adhoc_reap(&table, reaped, thread);
		else if (thread->nr != 0 && what < 680)
			cut(thread);
		else if (thread->nr != 0)
			drop(thread, (unsigned)draw(thread, thread->nr));
	}
	while (thread->nr != 0)
		drop(thread, 0);
	return NULL;
}

static void check_empty(struct thread *thread)
{
	struct gm_verify verify;
	struct gm_stats stats;

	gm_adhoc_reap(&table, reaped, thread);
	if (gm_adhoc_verify(&table, &verify) != 0)
		die(__LINE__, verify.first);
	gm_adhoc_stats(&table, &stats);
	EXPECT(verify.nr_objects == 0 && stats.nr_objects == 0);
	EXPECT(stats.free_bytes + stats.hosted_bytes == SIZE);
}

/* The buffer is an address of the region's alignment: mmap more, and skip. */
static void set_up(void)
{
	struct gm_table_config config = { .base = gm_paddr(BASE), .size = SIZE };
	size_t bytes = (size_t)(SIZE + 2 * TWO_MIB);
	void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(mapped != MAP_FAILED);
	memory = mapped;
	memory += (size_t)((BASE - (uint64_t)(uintptr_t)mapped) & (TWO_MIB - 1));
	config.to_virtual = to_virtual;
	EXPECT(gm_adhoc_init(&table, &config, NULL, 0) == 0);
}

int main(int argc, char **argv)
{
	static struct thread threads[MOST_THREADS];
	struct gm_stats before, stats;
	unsigned nr_threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 4;
	unsigned long made = 0, full = 0, busy = 0, cuts = 0, found = 0, orphans = 0;
	unsigned i;

	nr_steps = argc > 1 ? strtoul(argv[1], NULL, 0) : 30000;
	EXPECT(nr_threads != 0 && nr_threads <= MOST_THREADS);
	set_up();
	gm_adhoc_stats(&table, &before);
	for (i = 0; i < nr_threads; i++) {
		threads[i].seed = 0x9e3779b97f4a7c15ull * (i + 1);
		EXPECT(pthread_create(&threads[i].id, NULL, run, &threads[i]) == 0);
	}
	for (i = 0; i < nr_threads; i++)
		pthread_join(threads[i].id, NULL);
	check_empty(&threads[0]);
	/* More objects than the first slab of descriptors has. */
	while (threads[0].nr < HELD)
		EXPECT(make(&threads[0], 64) == 0);
	while (threads[0].nr != 0)
		drop(&threads[0], 0);
	check_empty(&threads[0]);
	gm_adhoc_stats(&table, &stats);
	for (i = 0; i < nr_threads; i++) {
		made += threads[i].nr_made;
		full += threads[i].nr_full;
		busy += threads[i].nr_busy;
		cuts += threads[i].nr_cut;
		found += threads[i].nr_found;
		orphans += threads[i].nr_reaped;
	}
	printf("hosted: %lu made, %lu full, %lu busy, %lu cut, %lu found, %lu reaped; "
	       "metadata %lu KiB, then %lu\n",
	       made, full, busy, cuts, found, orphans, (unsigned long)(before.hosted_bytes >> 10),
	       (unsigned long)(stats.hosted_bytes >> 10));
	fflush(stdout);
	EXPECT(stats.hosted_bytes > before.hosted_bytes && cuts != 0 && found != 0);
	return 0;
}
