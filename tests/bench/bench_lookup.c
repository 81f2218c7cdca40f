/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_lookup.c [--quick] [--huge] [--1t] [TABLE...] - address -> descriptor,
 * beside the least that can be: an array of 8 bytes a 4 KiB, indexed by the
 * address, with a bounds check and an acquire load.
 *
 * Everything the region holds is objects of one size, and every descriptor
 * exists. The array and the tables lie in memory of one kind: pages of 4 KiB, as a
 * process has them, or with --huge pages of 2 MiB for all, as a kernel's direct
 * map has. Addresses come from a few instructions that are part of both sides:
 *
 *   random  anywhere, each independent of the one before
 *   seq     granule by granule
 *   chain   random, but each waits for the answer before
 *
 * --1t does 1 TiB alone, which needs about 13 GiB of memory. TABLE (adhoc, folio,
 * compound) leaves out the others.
 *
 * Random lookups are bound by how many fit into the processor's window, so each
 * instruction counts. The floor of any table that has leaves of 512 words is
 * measured beside: two levels without tags, states or granule sizes.
 */
#include "bench.h"
#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>
#include <granmem/hosted.h>

#define BASE ((uint64_t)1 << 40)
#define GRANULE ((uint64_t)4096)
#define LEAF_WORDS ((uint64_t)512)
#define LEAF (LEAF_WORDS * GRANULE)
#define GOLDEN 0x9e3779b97f4a7c15u

struct flat {
	uint64_t base;
	uint64_t size;
	gm_word *words;
	gm_word **leaves; /* where each 512 of them begin */
};

/* One region, in the table under test and in the array. */
static struct {
	struct flat flat;
	struct gm_adhoc adhoc;
	struct gm_folio folio;
	struct gm_compound compound;
	unsigned shift; /* 64 - log2 of the region: makes an offset of a hash */
	uint64_t at;    /* where the last burst ended */
} world;

static volatile uintptr_t sink;

static inline struct gm_desc *flat_find(const struct flat *flat, struct gm_paddr paddr)
{
	uint64_t offset = paddr.value - flat->base;

	if (GM_UNLIKELY(offset >= flat->size))
		return NULL;
	return (struct gm_desc *)gm_atomic_load_acquire(&flat->words[offset / GRANULE]);
}

static inline struct gm_desc *leaves_find(const struct flat *flat, struct gm_paddr paddr)
{
	uint64_t offset = paddr.value - flat->base;
	gm_word leaf;

	if (GM_UNLIKELY(offset >= flat->size))
		return NULL;
	leaf = gm_atomic_load_acquire((gm_word *)&flat->leaves[offset / LEAF]);
	return (struct gm_desc *)gm_atomic_load_acquire(
		&((gm_word *)leaf)[offset / GRANULE % LEAF_WORDS]);
}

/* A multiplication of a counter, its high bits: cheap and scattered enough. */
static inline struct gm_paddr scattered(uint64_t counter)
{
	uint64_t hash = counter * GOLDEN;

	hash ^= hash >> 32;
	return gm_paddr(BASE + ((hash * GOLDEN) >> world.shift));
}

static inline struct gm_paddr in_order(uint64_t counter)
{
	return gm_paddr(BASE + ((counter * GRANULE) & (world.flat.size - 1)));
}

#define FLAT(paddr) flat_find(&world.flat, paddr)
#define LEAVES(paddr) leaves_find(&world.flat, paddr)
#define ADHOC(paddr) gm_adhoc_find(&world.adhoc, paddr)
#define FOLIO(paddr) gm_folio_find(&world.folio, paddr)
#define COMPOUND(paddr) gm_compound_find(&world.compound, paddr)

/* The same three loops for each table. A pointer's highest bit is 0, which only
 * we know, so that a chain visits what the others do. */
#define LOOPS(name, FIND) \
	static void name##_random(void *ctx, uint64_t loops) \
	{ \
		uint64_t at = world.at; \
		uint64_t end = at + loops; \
		uintptr_t sum = 0; \
\
		(void)ctx; \
		for (; at < end; at++) \
			sum ^= (uintptr_t)FIND(scattered(at)); \
		sink = sum; \
		world.at = at; \
	} \
\
	static void name##_seq(void *ctx, uint64_t loops) \
	{ \
		uint64_t at = world.at; \
		uint64_t end = at + loops; \
		uintptr_t sum = 0; \
\
		(void)ctx; \
		for (; at < end; at++) \
			sum ^= (uintptr_t)FIND(in_order(at)); \
		sink = sum; \
		world.at = at; \
	} \
\
	static void name##_chain(void *ctx, uint64_t loops) \
	{ \
		uint64_t at = world.at; \
		uint64_t end = at + loops; \
\
		(void)ctx; \
		while (at < end) \
			at += 1 + ((uintptr_t)FIND(scattered(at)) >> 63); \
		world.at = at; \
	}

LOOPS(flat, FLAT)
LOOPS(leaves, LEAVES)
LOOPS(adhoc, ADHOC)
LOOPS(folio, FOLIO)
LOOPS(compound, COMPOUND)

/* The addresses alone: what all the others spend besides. */
static void addresses_only(void *ctx, uint64_t loops)
{
	uint64_t at = world.at;
	uint64_t end = at + loops;
	uintptr_t sum = 0;

	(void)ctx;
	for (; at < end; at++) {
		sum ^= (uintptr_t)scattered(at).value;
		__asm__ volatile("" : "+r"(sum));
	}
	sink = sum;
	world.at = at;
}

/* A reference to what the array says, and back: nothing is checked. */
static void flat_get_put(void *ctx, uint64_t loops)
{
	uint64_t end = world.at + loops;

	(void)ctx;
	for (; world.at < end; world.at++) {
		struct gm_desc *desc = flat_find(&world.flat, scattered(world.at));

		gm_atomic_add_acquire(&desc->state, 1);
		gm_atomic_add_release(&desc->state, (gm_word)0 - 1);
	}
}

#define GET_PUT(table) \
	static void table##_get_put(void *ctx, uint64_t loops) \
	{ \
		uint64_t end = world.at + loops; \
\
		(void)ctx; \
		for (; world.at < end; world.at++) { \
			struct gm_desc *desc; \
\
			if (gm_##table##_find_get(&world.table, scattered(world.at), 0, &desc) != \
				    0 || \
			    gm_##table##_put(&world.table, desc) != 0) \
				abort(); \
		} \
	}

GET_PUT(adhoc)
GET_PUT(folio)
GET_PUT(compound)

/* The three tables under one set of names, for set-up and for the loops. */
struct kind {
	const char *name;
	int (*metadata_size)(const struct gm_table_config *config, uint64_t max_objects,
			     struct gm_metadata *out);
	int (*init)(const struct gm_table_config *config, void *buffer, uint64_t bytes);
	int (*create)(const struct gm_object *object, struct gm_desc **out);
	bench_fn *random;
	bench_fn *seq;
	bench_fn *chain;
	bench_fn *get_put;
};

#define KIND(table) \
	static int table##_init(const struct gm_table_config *config, void *buffer, \
				uint64_t bytes) \
	{ \
		return gm_##table##_init(&world.table, config, buffer, bytes); \
	} \
\
	static int table##_create(const struct gm_object *object, struct gm_desc **out) \
	{ \
		return gm_##table##_create(&world.table, object, out); \
	} \
\
	static const struct kind table##_kind = { #table,         gm_##table##_metadata_size, \
						  table##_init,   table##_create, \
						  table##_random, table##_seq, \
						  table##_chain,  table##_get_put };

KIND(adhoc)
KIND(folio)
KIND(compound)

/* What is asked for, and how to print it. */
struct figures {
	const struct kind *kind;
	const char *span; /* "64g" */
	const char *unit; /* "4k" */
	double random;    /* the goals; 0 for none */
	double seq;
	double chain;
	double get_put;
};

static void figure(const struct figures *f, const char *what, const char *versus, double value,
		   double goal)
{
	char metric[64];

	snprintf(metric, sizeof(metric), "lookup.%s.%s.%s.%s.vs_%s", f->kind->name, f->unit,
		 f->span, what, versus);
	if (goal != 0)
		bench_ratio(metric, value, goal);
	else
		bench_figure(metric, value);
}

static void measure(const struct figures *f, uint64_t loops)
{
	struct bench random[] = { { "flat, random", flat_random, NULL, { 0 }, 0 },
				  { "table, random", f->kind->random, NULL, { 0 }, 0 },
				  { "two bare levels", leaves_random, NULL, { 0 }, 0 },
				  { "the addresses alone", addresses_only, NULL, { 0 }, 0 } };
	struct bench seq[] = { { "flat, seq", flat_seq, NULL, { 0 }, 0 },
			       { "table, seq", f->kind->seq, NULL, { 0 }, 0 },
			       { "two bare levels", leaves_seq, NULL, { 0 }, 0 } };
	struct bench chain[] = { { "flat, chain", flat_chain, NULL, { 0 }, 0 },
				 { "table, chain", f->kind->chain, NULL, { 0 }, 0 },
				 { "two bare levels", leaves_chain, NULL, { 0 }, 0 } };
	struct bench get[] = { { "flat, fetch-and-add + subtract", flat_get_put, NULL, { 0 }, 0 },
			       { "table, find_get + put", f->kind->get_put, NULL, { 0 }, 0 } };
	char metric[64];

	bench_run(random, BENCH_NR(random), loops);
	bench_run(seq, BENCH_NR(seq), loops);
	bench_run(chain, BENCH_NR(chain), loops / 8);
	bench_run(get, BENCH_NR(get), loops / 4);
	printf("lookup: %s, everything in objects of %s, %s\n", f->kind->name, f->unit, f->span);
	bench_times(random, BENCH_NR(random));
	bench_times(seq, BENCH_NR(seq));
	bench_times(chain, BENCH_NR(chain));
	bench_times(get, BENCH_NR(get));
	figure(f, "random", "flat", bench_versus(&random[1], &random[0]), f->random);
	figure(f, "seq", "flat", bench_versus(&seq[1], &seq[0]), f->seq);
	figure(f, "chain", "flat", bench_versus(&chain[1], &chain[0]), f->chain);
	figure(f, "random", "two_levels", bench_versus(&random[1], &random[2]), 0);
	figure(f, "random", "flat.floor", bench_versus(&random[2], &random[0]), 0);
	snprintf(metric, sizeof(metric), "findget_put.%s.%s.%s.random.vs_flat_faa", f->kind->name,
		 f->unit, f->span);
	if (f->get_put != 0)
		bench_ratio(metric, bench_versus(&get[1], &get[0]), f->get_put);
	else
		bench_figure(metric, bench_versus(&get[1], &get[0]));
}

/* Fill the region with objects, and the array with where they are. */
static void fill(const struct kind *kind, uint64_t object_size)
{
	uint64_t offset, within;

	for (offset = 0; offset < world.flat.size; offset += LEAF)
		world.flat.leaves[offset / LEAF] = &world.flat.words[offset / GRANULE];
	for (offset = 0; offset < world.flat.size; offset += object_size) {
		struct gm_object object = { gm_paddr(BASE + offset), object_size, 1, NULL };
		struct gm_desc *desc = NULL;
		int err = kind->create(&object, &desc);

		if (err != 0)
			bench_cannot("an object cannot be created", err);
		for (within = 0; within < object_size; within += GRANULE)
			world.flat.words[(offset + within) / GRANULE] = (gm_word)desc;
	}
}

static void *reserve(struct gm_hosted *hosted, uint64_t bytes, unsigned flags)
{
	int err = gm_hosted_reserve(hosted, bytes, 2 * BENCH_MIB, flags);

	if (err != 0)
		bench_cannot("no address space", err);
	return hosted->memory;
}

static void run(const struct figures *f, uint64_t size, uint64_t object_size, unsigned flags,
		uint64_t loops)
{
	struct gm_table_config config = { .base = { BASE }, .size = size, .zeroed = 1 };
	struct gm_metadata need;
	struct gm_hosted metadata, array, leaves;
	void *buffer;
	int err = f->kind->metadata_size(&config, size / object_size, &need);

	if (err != 0)
		bench_cannot("the table's size", err);
	buffer = reserve(&metadata, need.bytes, flags);
	world.flat =
		(struct flat){ BASE, size, reserve(&array, size / GRANULE * sizeof(gm_word), flags),
			       reserve(&leaves, size / LEAF * sizeof(gm_word), flags) };
	err = f->kind->init(&config, buffer, need.bytes);
	if (err != 0)
		bench_cannot("the table's init", err);
	for (world.shift = 64; size > 1; size /= 2)
		world.shift--;
	fill(f->kind, object_size);
	measure(f, loops);
	gm_hosted_release(&metadata);
	gm_hosted_release(&array);
	gm_hosted_release(&leaves);
}

/* Was this table asked for, or none by name? */
static int wanted(int argc, char **argv, const struct kind *kind)
{
	return bench_option(argc, argv, kind->name) ||
	       !(bench_option(argc, argv, "adhoc") || bench_option(argc, argv, "folio") ||
		 bench_option(argc, argv, "compound"));
}

int main(int argc, char **argv)
{
	static const struct {
		struct figures figures;
		uint64_t size;
		uint64_t object_size;
	} cases[] = {
		{ { &adhoc_kind, "64g", "2m", 0.20, 0, 0, 0 }, 64 * BENCH_GIB, 2 * BENCH_MIB },
		{ { &adhoc_kind, "1g", "4k", 1.35, 1.80, 1.20, 0 }, BENCH_GIB, GRANULE },
		{ { &folio_kind, "1g", "4k", 1.10, 1.80, 1.20, 0 }, BENCH_GIB, GRANULE },
		{ { &compound_kind, "1g", "4k", 0, 1.80, 1.20, 0 }, BENCH_GIB, GRANULE },
		{ { &adhoc_kind, "64g", "4k", 1.35, 1.80, 1.20, 1.30 }, 64 * BENCH_GIB, GRANULE },
		{ { &folio_kind, "64g", "4k", 1.10, 1.80, 1.20, 0 }, 64 * BENCH_GIB, GRANULE },
		{ { &compound_kind, "64g", "4k", 0, 1.80, 1.20, 0 }, 64 * BENCH_GIB, GRANULE },
		{ { &adhoc_kind, "1t", "4k", 1.85, 1.80, 1.45, 0 }, BENCH_TIB, GRANULE },
	};
	int one_tib = bench_option(argc, argv, "--1t");
	unsigned flags = bench_option(argc, argv, "--huge") ? GM_HOSTED_HUGE : 0;
	uint64_t loops = bench_option(argc, argv, "--quick") ? 200000 : 1000000;
	size_t i;

	printf("lookup: array and tables in pages of %s\n", flags != 0 ? "2 MiB" : "4 KiB");
	for (i = 0; i < BENCH_NR(cases); i++)
		if ((cases[i].size == BENCH_TIB) == one_tib &&
		    wanted(argc, argv, cases[i].figures.kind))
			run(&cases[i].figures, cases[i].size, cases[i].object_size, flags, loops);
	return 0;
}
