/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lookup.h - a region full of objects, in a table and in an array beside it, and
 * the ways to walk over its addresses:
 *
 *   random  anywhere, each independent of the one before
 *   seq     granule by granule
 *   chain   random, but each waits for the answer before
 *
 * Addresses come from a few instructions that are part of what is measured.
 */
#ifndef GM_BENCH_LOOKUP_H
#define GM_BENCH_LOOKUP_H

#include "bench.h"
#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>
#include <granmem/hosted.h>

#define LOOKUP_BASE ((uint64_t)1 << 40)
#define LOOKUP_GRANULE ((uint64_t)4096)
#define LOOKUP_LEAF_WORDS ((uint64_t)512)
#define LOOKUP_LEAF (LOOKUP_LEAF_WORDS * LOOKUP_GRANULE)

/* The least that can be: 8 bytes a granule, what its object's descriptor is. */
struct flat {
	uint64_t base;
	uint64_t size;
	gm_word *words;
	gm_word *leaves; /* where each 512 of them begin, tagged */
	unsigned granule_shift; /* of LOOKUP_GRANULE, for who may not know it */
};

/* One region, in the table under test and in the array. */
struct world {
	struct flat flat;
	struct gm_adhoc adhoc;
	struct gm_folio folio;
	struct gm_compound compound;
	unsigned shift; /* 64 - log2 of the region: makes an offset of a hash */
	uint64_t at;    /* where the last burst ended */
	struct gm_hosted metadata, words, leaves;
};

extern struct world world;
extern volatile uintptr_t lookup_sink;

/* The three walks of one thing that can be looked up in. */
struct lookup_loops {
	bench_fn *random;
	bench_fn *seq;
	bench_fn *chain;
};

/* One table under the names that all have. */
struct lookup_kind {
	const char *name;
	int (*metadata_size)(const struct gm_table_config *config, uint64_t max_objects,
			     struct gm_metadata *out);
	int (*init)(const struct gm_table_config *config, void *buffer, uint64_t bytes);
	int (*create)(const struct gm_object *object, struct gm_desc **out);
	void (*stats)(struct gm_stats *out);
	struct lookup_loops loops;
	const struct lookup_loops *floor; /* the least that a table of its shape needs */
	bench_fn *get_put;                /* random: find_get and put */
};

extern const struct lookup_kind lookup_adhoc, lookup_folio, lookup_compound;
extern const struct lookup_loops lookup_flat;   /* the array */
extern const struct lookup_loops lookup_typed;  /* its words have kinds, its granule any size */
extern const struct lookup_loops lookup_leaves; /* two levels, an object in either */
extern const struct lookup_loops lookup_wide;   /* a word of each granule's descriptor */

/* The addresses alone: what all the others spend besides. */
void lookup_addresses(void *ctx, uint64_t loops);

/* A reference to what the array says, and back, unchecked; and to what the two levels
 * say, where both answers are looked at, as who counts references must. */
void lookup_flat_get_put(void *ctx, uint64_t loops);
void lookup_leaves_get_put(void *ctx, uint64_t loops);

/* lookup_begin - the table, empty, and the array; flags as gm_hosted_reserve. */
void lookup_begin(const struct lookup_kind *kind, uint64_t size, uint64_t max_objects,
		  unsigned flags);

/* lookup_create - an object at an offset, in both. */
void lookup_create(const struct lookup_kind *kind, uint64_t offset, uint64_t size);

/* lookup_fill - objects of one size in all of the region. */
void lookup_fill(const struct lookup_kind *kind, uint64_t object_size);

void lookup_end(void);

/* Something that leads from an address to a pointer, and a number to an address. */
typedef void *lookup_find(struct gm_paddr paddr);
typedef struct gm_paddr lookup_address(uint64_t counter);

/* A multiplication of a counter, its high bits: cheap and scattered enough. */
BENCH_INLINE struct gm_paddr lookup_scattered(uint64_t counter)
{
	const uint64_t golden = 0x9e3779b97f4a7c15u;
	uint64_t hash = counter * golden;

	hash ^= hash >> 32;
	return gm_paddr(LOOKUP_BASE + ((hash * golden) >> world.shift));
}

BENCH_INLINE struct gm_paddr lookup_in_order(uint64_t counter)
{
	return gm_paddr(LOOKUP_BASE + ((counter * LOOKUP_GRANULE) & (world.flat.size - 1)));
}

BENCH_INLINE void lookup_each(lookup_find *find, lookup_address *address, uint64_t loops)
{
	uint64_t at = world.at;
	uint64_t end = at + loops;
	uintptr_t sum = 0;

	for (; at < end; at++)
		sum ^= (uintptr_t)find(address(at));
	lookup_sink = sum;
	world.at = at;
}

#define LOOKUP_TOP_BIT (8 * sizeof(uintptr_t) - 1)

/* A pointer's highest bit is 0, which only we know, so that a chain visits what the
 * others do. */
BENCH_INLINE void lookup_chained(lookup_find *find, uint64_t loops)
{
	uint64_t at = world.at;
	uint64_t end = at + loops;

	while (at < end)
		at += 1 + ((uintptr_t)find(lookup_scattered(at)) >> LOOKUP_TOP_BIT);
	world.at = at;
}

/* The three walks with name_find, each compiled for it. */
#define LOOKUP_LOOPS(name) \
	static void name##_random(void *ctx, uint64_t loops) \
	{ \
		(void)ctx; \
		lookup_each(name##_find, lookup_scattered, loops); \
	} \
\
	static void name##_seq(void *ctx, uint64_t loops) \
	{ \
		(void)ctx; \
		lookup_each(name##_find, lookup_in_order, loops); \
	} \
\
	static void name##_chain(void *ctx, uint64_t loops) \
	{ \
		(void)ctx; \
		lookup_chained(name##_find, loops); \
	}

#define LOOKUP_LOOPS_OF(name) \
	{ \
		name##_random, name##_seq, name##_chain \
	}

#endif
