/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress_mapped.c - many threads map, protect and unmap objects while processors use the
 * tables and remember what they found there.
 *
 *   stress_mapped [rounds] [threads]
 *
 * Each thread has a window of its own, whose table pages it shares with its neighbours,
 * and knows what must be there; another window is everybody's. Table pages are refused at
 * times. Objects come, are mapped in pieces of any size, and go with their last mapping.
 * Nobody reaches the memory of an object that is gone; what a processor has written is
 * reported as dirty when the object goes; nothing is left at the end.
 */
#include "stress_lives.h"

#include <sched.h>

#define NR_PAGES 2048
#include "stress_pages.h"
#include "stress_processor.h"

#define MAX_THREADS 8
#define NR_PROCESSORS 2
#define WINDOW ((uint64_t)1 << 32) /* of the first thread */
#define OWN_BYTES (3 * MIB)
#define SHARED (WINDOW + MAX_THREADS * OWN_BYTES)
#define SHARED_BYTES (6 * MIB)
#define NR_CELLS (OWN_BYTES / PAGE)

struct cell {
	uint64_t paddr; /* + 1; 0: nothing */
	uint32_t prot;
};

struct worker {
	gm_word calls; /* odd: in a call */
	unsigned id;
	unsigned long long seed;
	struct cell cells[NR_CELLS];
	unsigned long nr_accesses; /* that did not fault */
};

static unsigned long nr_accesses;
static struct gm_map_space counts;
static struct gm_map_lane lanes[4];
static struct gm_walker walker;
static struct worker workers[MAX_THREADS];
static struct processor processors[NR_PROCESSORS];
static unsigned nr_threads;
static unsigned long nr_rounds;
static unsigned nr_refused, refusing;

/* take, refused now and then. */
static int take_or_not(void *ctx, uint64_t bytes, struct gm_paddr *out)
{
	static unsigned long long seed = 88172645463325252ull;
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int refused;

	pthread_mutex_lock(&lock);
	refused = refusing && draw(&seed, 50) == 0;
	nr_refused += (unsigned)refused;
	pthread_mutex_unlock(&lock);
	return refused ? -GM_ENOMEM : take(ctx, bytes, out);
}

static void invalidate(void *ctx, const struct gm_walker_range *ranges, unsigned nr)
{
	unsigned i;

	(void)ctx;
	for (i = 0; i < NR_PROCESSORS; i++)
		processor_forget(&processors[i], ranges, nr);
}

/* Additions of 0, so that the newest value is read, and who begins a call later sees what
 * was unlinked before. */
static void quiesce(void *ctx)
{
	unsigned i;

	(void)ctx;
	for (i = 0; i < nr_threads; i++) {
		gm_word *calls = &workers[i].calls;
		gm_word seen = __atomic_fetch_add(calls, 0, __ATOMIC_ACQ_REL);

		while ((seen & 1) != 0 && __atomic_load_n(calls, __ATOMIC_ACQUIRE) == seen)
			sched_yield();
	}
}

static void step(struct worker *self)
{
	(void)__atomic_fetch_add(&self->calls, 1, __ATOMIC_ACQ_REL);
}

/* A piece of a window, and what is to be done to it. */
struct piece {
	uint64_t va;
	uint64_t nr; /* pages */
	struct cell *cells; /* NULL: in everybody's window */
	struct gm_desc *desc;
	uint64_t offset;
	uint32_t prot;
};

enum verb { MAP, UNMAP, PROTECT };

static int change(struct worker *self, enum verb verb, const struct piece *piece)
{
	struct gm_map_request request = { .desc = piece->desc, .offset = piece->offset,
					  .prot = piece->prot };
	struct gm_walker_gather gather;
	uint64_t bytes = piece->nr * PAGE;
	int err;

	gm_walker_gather_init(&gather);
	step(self);
	if (verb == MAP)
		err = gm_walker_map(&walker, piece->va, bytes, &request, &gather);
	else if (verb == UNMAP)
		err = gm_walker_unmap(&walker, piece->va, bytes, &gather);
	else
		err = gm_walker_protect(&walker, piece->va, bytes, piece->prot, &gather);
	step(self);
	gm_walker_gather_finish(&walker, &gather);
	if (err != 0 && err != -GM_EBUSY && err != -GM_ENOMEM)
		fail("an odd error");
	return err;
}

static void check(struct worker *self, uint64_t va, const struct cell *cell)
{
	struct gm_walker_at at;
	int err;

	do {
		step(self);
		err = gm_walker_lookup(&walker, va, &at);
		step(self);
	} while (err == -GM_EBUSY); /* a neighbour's page is taken out */
	if ((err == 0) != (cell->paddr != 0))
		fail(err == 0 ? "there is what was unmapped" : "there is not what was mapped");
	if (err == 0 && (at.paddr.value != cell->paddr - 1 || at.pte.prot != cell->prot))
		fail("there is something else than what was mapped");
}

/* Busy in a thread's own window is for a moment, unless it maps where something is. */
static int insist(struct worker *self, enum verb verb, const struct piece *piece)
{
	unsigned tries = verb == MAP ? 4 : ~0u;
	int err;

	do {
		err = change(self, verb, piece);
	} while (piece->cells != NULL && err == -GM_EBUSY && --tries != 0);
	return err;
}

static void map_new(struct worker *self, struct piece *piece)
{
	uint64_t i, pages;

	piece->desc = begin_life(&self->seed);
	if (piece->desc == NULL)
		return;
	pages = gm_desc_size(piece->desc) / PAGE;
	i = draw(&self->seed, 3) ? piece->va / PAGE % pages : draw(&self->seed, pages);
	if (piece->nr > pages - i)
		piece->nr = pages - i;
	piece->offset = i * PAGE;
	if (insist(self, MAP, piece) == 0 && piece->cells != NULL) {
		for (i = 0; i < piece->nr; i++) {
			if (piece->cells[i].paddr != 0)
				fail("mapped where something was");
			piece->cells[i].paddr =
				gm_desc_base(piece->desc) + piece->offset + i * PAGE + 1;
			piece->cells[i].prot = piece->prot;
		}
	}
	put(piece->desc);
}

static void change_old(struct worker *self, enum verb verb, const struct piece *piece)
{
	uint64_t i;

	if (insist(self, verb, piece) != 0 || piece->cells == NULL)
		return;
	for (i = 0; i < piece->nr; i++) {
		piece->cells[i].prot = piece->prot;
		if (verb == UNMAP)
			piece->cells[i].paddr = 0;
	}
}

static void use(struct worker *self)
{
	int is_own = draw(&self->seed, 2) != 0;
	uint64_t base = is_own ? WINDOW + self->id * OWN_BYTES : SHARED;
	uint64_t limit = (is_own ? OWN_BYTES : SHARED_BYTES) / PAGE;
	static const unsigned units[] = { 1, 16, 512 };
	uint64_t first = draw(&self->seed, limit);
	struct piece piece = { .prot = GM_PROT_READ };
	unsigned i;

	first -= first % units[draw(&self->seed, 3)];
	piece.nr = 1 + draw(&self->seed, draw(&self->seed, 2) ? 40 : 1200);
	if (piece.nr > limit - first)
		piece.nr = limit - first;
	piece.va = base + first * PAGE;
	piece.cells = is_own ? &self->cells[first] : NULL;
	piece.prot |= draw(&self->seed, 3) ? GM_PROT_WRITE : 0;
	switch (draw(&self->seed, 6)) {
	case 0:
	case 1:
		change_old(self, UNMAP, &piece);
		break;
	case 2:
		change_old(self, PROTECT, &piece);
		break;
	default:
		map_new(self, &piece);
		break;
	}
	for (i = 0; i < 8; i++) {
		first = draw(&self->seed, NR_CELLS);
		check(self, WINDOW + self->id * OWN_BYTES + first * PAGE, &self->cells[first]);
	}
}

/* A processor's accesses, to any window, beside what the others change. */
static void access_some(struct worker *self)
{
	unsigned i;

	for (i = 0; i < 8; i++) {
		struct processor *processor = &processors[draw(&self->seed, NR_PROCESSORS)];
		uint64_t va = draw(&self->seed, 2) ?
				      SHARED + draw(&self->seed, SHARED_BYTES) :
				      WINDOW + draw(&self->seed, nr_threads * OWN_BYTES);

		if (processor_access(processor, &walker, va, draw(&self->seed, 2) != 0,
				     note_written))
			self->nr_accesses++;
	}
}

static void *work(void *arg)
{
	struct worker *self = arg;
	unsigned long round;

	for (round = 0; round < nr_rounds; round++) {
		use(self);
		access_some(self);
	}
	return NULL;
}

static void begin_tables(const struct gm_pte_format *format, unsigned flags)
{
	struct gm_map_config count = {
		.memory = &space,
		.format = *format,
		.lanes = lanes,
		.nr_lanes = 4,
		.classes = { 0, GM_MAP_FILE, GM_MAP_ANONYMOUS, GM_MAP_SHARED },
		.gone = end_life,
	};
	struct gm_walker_config config = {
		.format = *format,
		.flags = flags,
		.map = &counts,
		.alloc = take_or_not,
		.free = give,
		.to_virtual = where,
		.invalidate = invalidate,
		.quiesce = quiesce,
	};

	refusing = 0;
	if (gm_map_init(&counts, &count) != 0 || gm_walker_init(&walker, &config) != 0)
		fail("no tables");
	refusing = 1;
}

/* Nothing is mapped, and nothing was lost. */
static void end_tables(uint64_t free_bytes)
{
	int i;

	refusing = 0;
	if (gm_walker_unmap(&walker, WINDOW, SHARED + SHARED_BYTES - WINDOW, NULL) != 0)
		fail("what is mapped cannot be unmapped");
	for (i = 1; i < GM_MAP_CLASSES; i++) {
		if (gm_map_granules(&counts, (enum gm_map_class)i) != 0)
			fail("something counts as mapped");
	}
	if (gm_table_free_bytes(&memory.table) != free_bytes)
		fail("an object is left");
	gm_walker_destroy(&walker);
	if (nr_used != 0)
		fail("a table page is lost");
}

static void run(const struct gm_pte_format *format, unsigned flags)
{
	int breaks = format->kind == GM_PTE_AARCH64_STAGE1 && (flags & GM_WALKER_NO_BREAK) == 0;
	uint64_t free_bytes = gm_table_free_bytes(&memory.table);
	pthread_t threads[MAX_THREADS];
	unsigned i;

	begin_tables(format, flags);
	for (i = 0; i < NR_PROCESSORS; i++) {
		memset(&processors[i], 0, sizeof(processors[i]));
		pthread_mutex_init(&processors[i].lock, NULL);
		processors[i].breaks_below = breaks ? SHARED : 0;
	}
	for (i = 0; i < nr_threads; i++) {
		memset(&workers[i], 0, sizeof(workers[i]));
		workers[i].id = i;
		workers[i].seed = 88172645463325252ull + i * 1234567 + format->kind;
	}
	for (i = 0; i < nr_threads; i++) {
		if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
			exit(1);
	}
	for (i = 0; i < nr_threads; i++) {
		pthread_join(threads[i], NULL);
		nr_accesses += workers[i].nr_accesses;
	}
	end_tables(free_bytes);
}

int main(int argc, char **argv)
{
	static const struct {
		struct gm_pte_format format;
		unsigned flags;
	} all[] = {
		{ { .kind = GM_PTE_X86_64, .features = GM_PTE_HAS_NX }, 0 },
		{ { .kind = GM_PTE_AARCH64_STAGE1, .features = GM_PTE_HAS_DBM }, 0 },
		{ { .kind = GM_PTE_AARCH64_STAGE1, .features = GM_PTE_HAS_DBM },
		  GM_WALKER_NO_BREAK },
		{ { .kind = GM_PTE_RISCV64, .features = GM_PTE_HAS_NAPOT }, 0 },
	};
	unsigned i;

	nr_rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 1500;
	nr_threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 3;
	table_pages = aligned_alloc(PAGE, NR_PAGES * PAGE);
	if (nr_threads == 0 || nr_threads > MAX_THREADS || table_pages == NULL)
		return 2;
	begin_memory();
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		run(&all[i].format, all[i].flags);
	printf("stress_mapped: %u threads; %lu objects, %lu accesses, %u pages refused\n",
	       nr_threads, (unsigned long)last_life, nr_accesses, nr_refused);
	free(table_pages);
	free(metadata);
	return nr_accesses == 0 || nr_refused == 0;
}
