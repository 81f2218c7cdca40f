/* SPDX-License-Identifier: BSD-2-Clause */
/* lookup_tables.c - the three tables under one set of names; see lookup.h. */
#include "lookup.h"

#define KIND(table, least) \
	BENCH_INLINE void *table##_find(struct gm_paddr paddr) \
	{ \
		return gm_##table##_find(&world.table, paddr); \
	} \
\
	LOOKUP_LOOPS(table) \
\
	static void table##_get_put(void *ctx, uint64_t loops) \
	{ \
		uint64_t end = world.at + loops; \
		struct gm_desc *desc; \
\
		(void)ctx; \
		for (; world.at < end; world.at++) \
			if (gm_##table##_find_get(&world.table, lookup_scattered(world.at), 0, \
						  &desc) != 0 || \
			    gm_##table##_put(&world.table, desc) != 0) \
				abort(); \
	} \
\
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
	static void table##_stats(struct gm_stats *out) \
	{ \
		gm_##table##_stats(&world.table, out); \
	} \
\
	const struct lookup_kind lookup_##table = { #table,        gm_##table##_metadata_size, \
						    table##_init,  table##_create, \
						    table##_stats, LOOKUP_LOOPS_OF(table), \
						    &least,        table##_get_put };

KIND(adhoc, lookup_leaves)
KIND(folio, lookup_typed)
KIND(compound, lookup_wide)
