/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tables.h - the three tables behind one face, and what they must answer.
 *
 * The world is a list of the objects that exist by the calls that have returned.
 * It lies outside of the arena and changes in the same step as the table, so it
 * is right at each moment.
 */
#ifndef EXPLORE_TABLES_H
#define EXPLORE_TABLES_H

#include "cases.h"

#include <granmem/table.h>

#define GRANULE ((uint64_t)512)
#define GRANULE_SHIFT 9
#define BASE ((uint64_t)1 << 24)
#define TYPE 3u
#define OTHER_TYPE 5u

/* How a table is called. table: what init made in the arena. */
struct table_calls {
	const char *name;
	size_t bytes; /* of the table's struct */
	uint64_t region;
	uint64_t far;    /* from BASE to an address in another node, or at least block */
	int sub_granule; /* objects smaller than a granule */
	int (*init)(void *table, const struct gm_table_config *config, void *buffer,
		    uint64_t bytes);
	int (*metadata)(const struct gm_table_config *config, uint64_t max_objects,
			struct gm_metadata *out);
	int (*create)(void *table, const struct gm_object *object, struct gm_desc **out);
	int (*claim)(void *table, const struct gm_claim *claim, struct gm_desc **out);
	int (*find_get)(void *table, struct gm_paddr paddr, unsigned type, struct gm_desc **out);
	struct gm_desc *(*find)(void *table, struct gm_paddr paddr);
	void (*remove)(void *table, struct gm_desc *desc);
	int (*put)(void *table, struct gm_desc *desc);
	int (*claim_each)(void *table, const struct gm_claim *claim, size_t nr,
			  struct gm_desc **out);
	int (*release_range)(void *table, struct gm_paddr base, uint64_t size);
	size_t (*reap)(void *table, gm_reaped *reaped, void *ctx);
	int (*for_each)(void *table, gm_visit *visit, void *ctx);
	void (*stats)(void *table, struct gm_stats *out);
	int (*verify)(void *table, struct gm_verify *out);
};

extern const struct table_calls table_adhoc, table_compound, table_folio;

/* The table that the case runs on. */
extern const struct table_calls *table_calls;
extern void *table;

/* table_start - an empty table in the arena, with a buffer for a few objects. Not
 * zeroed: the table clears what it takes of it as plain memory. */
void table_start(int zeroed);

/* table_start_hosted - a table that has all its metadata in its own region, with few
 * descriptors to a slab. */
void table_start_hosted(void);

/* world_begin - no objects; world_reset: those that setup made. */
void world_clear(void);
void world_keep(void);
void world_reset(void);

/* The calls of the cases: each does what its name says and checks the answer. */
int do_create(uint64_t base, uint64_t size, struct gm_desc **out);
int do_claim(uint64_t size, uint64_t min, uint64_t max, struct gm_desc **out, uint64_t *base);
int do_find(uint64_t paddr, unsigned type);
void do_put(struct gm_desc *desc);
void do_table_put(struct gm_desc *desc, uint64_t base);
int do_claim_each(size_t nr, uint64_t min, uint64_t max, struct gm_desc **out);
int do_release(uint64_t base, uint64_t size);
void do_reap(void);
void do_walk(uint64_t must_find);

/* do_check_mine - the holder of an object finds it at both ends. */
void do_check_mine(struct gm_desc *desc, uint64_t base, uint64_t size);

/* table_check - at rest: the table is sound and shows exactly the world. */
void table_check(void);

#endif
