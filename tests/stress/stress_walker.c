/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress_walker.c - many threads map, look up, protect, split and unmap in the same
 * tables, with and without overlap.
 *
 *   stress_walker [rounds] [threads]
 *
 * Each thread has granules of its own, one in each of a few table pages that it shares
 * with the others' and that come and go, and two blocks of its own: it knows what must
 * be there. Another window is everybody's: what is found there must be what somebody
 * mapped at that place. Freed pages are overwritten at once, as plain memory, so who
 * comes too late is found by a sanitizer, or by what it finds.
 */
#include <granmem/walker.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_THREADS 16
#define PAGE ((uint64_t)4096)
#define BLOCK ((uint64_t)2 << 20)
#define NR_PAGES 512
#define SINGLES ((uint64_t)1 << 39) /* 16 blocks: a granule of each thread in each */
#define BLOCKS (SINGLES + 64 * BLOCK) /* two for each thread */
#define SHARED (BLOCKS + 64 * BLOCK)  /* two blocks, everybody's */
#define NR_SINGLES 16
#define NR_BLOCK 1024 /* granules in two blocks */

struct cell {
	uint64_t paddr; /* + 1; 0: nothing */
	uint32_t prot;
};

struct worker {
	gm_word calls; /* odd: in a call */
	unsigned id;
	unsigned long long seed;
	struct cell singles[NR_SINGLES];
	struct cell block[NR_BLOCK];
	unsigned long nr_busy;
	unsigned long nr_done;
	unsigned char padding[64];
};

static struct gm_walker walker;
static struct worker workers[MAX_THREADS];
static __thread struct worker *me;
static unsigned nr_threads;
static unsigned long nr_rounds;

static void fail(const char *text)
{
	fprintf(stderr, "stress_walker: %s\n", text);
	abort();
}

#include "stress_pages.h"

static void step(struct worker *self)
{
	(void)__atomic_fetch_add(&self->calls, 1, __ATOMIC_ACQ_REL);
}

/*
 * Wait until each call has ended that runs now. Additions of 0, so that the newest
 * value is read, and who begins a call later sees what was unlinked before. A call
 * that has no gather is still in its section, and leaves it meanwhile.
 */
static void quiesce(void *ctx)
{
	int inside = me != NULL && (gm_atomic_load_relaxed(&me->calls) & 1) != 0;
	unsigned i;

	(void)ctx;
	if (inside)
		step(me);
	for (i = 0; i < nr_threads; i++) {
		gm_word *calls = &workers[i].calls;
		gm_word seen = __atomic_fetch_add(calls, 0, __ATOMIC_ACQ_REL);

		while ((seen & 1) != 0 && gm_atomic_load_acquire(calls) == seen)
			sched_yield();
	}
	if (inside)
		step(me);
}

static unsigned draw(struct worker *self, unsigned limit)
{
	self->seed ^= self->seed << 13;
	self->seed ^= self->seed >> 7;
	self->seed ^= self->seed << 17;
	return (unsigned)(self->seed >> 20) % limit;
}

/* The calls, each in a section that quiesce waits for; what it leaves is freed outside. */
static int map(struct worker *self, uint64_t va, uint64_t size, uint64_t paddr, uint32_t prot)
{
	struct gm_walker_gather gather;
	struct gm_map_request request;
	int err;

	memset(&request, 0, sizeof(request));
	request.paddr = gm_paddr(paddr);
	request.prot = prot;
	gm_walker_gather_init(&gather);
	step(self);
	err = gm_walker_map(&walker, va, size, &request, &gather);
	step(self);
	gm_walker_gather_finish(&walker, &gather);
	self->nr_busy += err != 0;
	self->nr_done++;
	if (err != 0 && err != -GM_EBUSY)
		fail("map: an odd error");
	return err;
}

/* prot 0: unmap. Tried again while somebody empties the page. Now and then without a
 * gather: then all is freed in the section. */
static int change(struct worker *self, uint64_t va, uint64_t size, uint32_t prot)
{
	struct gm_walker_gather own;
	struct gm_walker_gather *gather = draw(self, 4) != 0 ? &own : NULL;
	int err;

	gm_walker_gather_init(&own);
	step(self);
	err = prot == 0 ? gm_walker_unmap(&walker, va, size, gather) :
			  gm_walker_protect(&walker, va, size, prot, gather);
	step(self);
	gm_walker_gather_finish(&walker, &own);
	self->nr_busy += err != 0;
	self->nr_done++;
	if (err != 0 && err != -GM_EBUSY)
		fail("change: an odd error");
	return err;
}

static int lookup(struct worker *self, uint64_t va, struct gm_walker_at *at)
{
	int err;

	step(self);
	err = gm_walker_lookup(&walker, va, at);
	step(self);
	return err;
}

/* What is only the thread's own is exactly what it left there. */
static void check(struct worker *self, uint64_t va, const struct cell *cell)
{
	struct gm_walker_at at;
	int err = lookup(self, va, &at);

	if (err != 0 && err != -GM_ENOENT)
		fail("lookup: an odd error");
	if ((err == 0) != (cell->paddr != 0))
		fail(err == 0 ? "there is what was unmapped" : "there is not what was mapped");
	if (err == 0 && (at.paddr.value != cell->paddr - 1 || at.pte.prot != cell->prot))
		fail("there is something else than what was mapped");
}

static uint32_t draw_prot(struct worker *self)
{
	return draw(self, 2) ? GM_PROT_READ : GM_PROT_READ | GM_PROT_WRITE;
}

/* Map, unmap or protect a part of what is only the thread's own. */
static void use_own(struct worker *self, uint64_t va, struct cell *cells, unsigned nr,
		    unsigned first_frame)
{
	uint32_t prot = draw_prot(self);
	uint64_t paddr = (uint64_t)(first_frame + 1024 * draw(self, 4)) * PAGE;
	unsigned i, is_free = 1;

	for (i = 0; i < nr; i++)
		is_free &= cells[i].paddr == 0;
	if (draw(self, 3) != 0 && is_free) {
		if (map(self, va, nr * PAGE, paddr, prot) != 0)
			return;
		for (i = 0; i < nr; i++) {
			cells[i].paddr = paddr + i * PAGE + 1;
			cells[i].prot = prot;
		}
		return;
	}
	if (draw(self, 3) == 0)
		prot = 0;
	while (change(self, va, nr * PAGE, prot) != 0)
		sched_yield();
	for (i = 0; i < nr; i++) {
		cells[i].paddr = prot == 0 ? 0 : cells[i].paddr;
		cells[i].prot = prot;
	}
}

static void use_single(struct worker *self)
{
	unsigned piece = draw(self, NR_SINGLES);
	uint64_t va = SINGLES + piece * BLOCK + self->id * PAGE;

	use_own(self, va, &self->singles[piece], 1, 1 + piece);
	check(self, va, &self->singles[piece]);
}

static void use_block(struct worker *self)
{
	uint64_t va = BLOCKS + 2 * self->id * BLOCK;
	unsigned first = draw(self, 3) ? draw(self, 2) * 512 : draw(self, NR_BLOCK);
	unsigned nr = draw(self, 2) ? 512 : 1 + draw(self, 40);

	if (nr > NR_BLOCK - first)
		nr = NR_BLOCK - first;
	use_own(self, va + first * PAGE, &self->block[first], nr, first % 512);
	first = draw(self, NR_BLOCK);
	check(self, va + first * PAGE, &self->block[first]);
}

/* Frames there say where they belong, whoever mapped them. */
static void use_shared(struct worker *self)
{
	unsigned first = draw(self, 2) ? draw(self, 2) * 512 : draw(self, NR_BLOCK);
	unsigned nr = draw(self, 2) ? 512 : 1 + draw(self, 600);
	uint64_t va = SHARED + first * PAGE;
	struct gm_walker_at at;

	if (nr > NR_BLOCK - first)
		nr = NR_BLOCK - first;
	switch (draw(self, 4)) {
	case 0:
		(void)map(self, va, nr * PAGE, (uint64_t)first * PAGE, draw_prot(self));
		break;
	case 1:
		(void)change(self, va, nr * PAGE, draw_prot(self));
		break;
	case 2:
		(void)change(self, va, nr * PAGE, 0);
		break;
	default:
		if (lookup(self, va, &at) == 0 && at.paddr.value != first * PAGE)
			fail("shared: a frame of another place");
		break;
	}
}

static void *work(void *arg)
{
	struct worker *self = arg;
	unsigned long round;

	me = self;
	for (round = 0; round < nr_rounds; round++) {
		use_single(self);
		if (round % 4 == 0)
			use_block(self);
		if (round % 4 == 2)
			use_shared(self);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct gm_walker_config config;
	pthread_t threads[MAX_THREADS];
	unsigned long nr_busy = 0, nr_done = 0;
	unsigned i;

	nr_rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000;
	nr_threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 4;
	if (nr_threads == 0 || nr_threads > MAX_THREADS)
		return 2;
	table_pages = aligned_alloc(PAGE, NR_PAGES * PAGE);
	memset(&config, 0, sizeof(config));
	config.format.kind = GM_PTE_X86_64;
	config.format.features = GM_PTE_HAS_NX;
	config.alloc = take;
	config.free = give;
	config.to_virtual = where;
	config.quiesce = quiesce;
	if (table_pages == NULL || gm_walker_init(&walker, &config) != 0)
		return 1;
	for (i = 0; i < nr_threads; i++) {
		workers[i].id = i;
		workers[i].seed = 88172645463325252ull + i * 1234567;
	}
	for (i = 0; i < nr_threads; i++) {
		if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
			return 1;
	}
	for (i = 0; i < nr_threads; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < nr_threads; i++) {
		nr_busy += workers[i].nr_busy;
		nr_done += workers[i].nr_done;
	}
	gm_walker_destroy(&walker);
	if (nr_used != 0)
		fail("a table page is lost");
	printf("stress_walker: %lu calls of %u threads, %lu of them busy\n", nr_done, nr_threads,
	       nr_busy);
	free(table_pages);
	return nr_done == 0;
}
