/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table_ops.h - a table's calls as one struct, so that a test is written once
 * and runs on each table. TABLE_OPS(compound, ...) defines compound_ops.
 */
#ifndef TABLE_OPS_H
#define TABLE_OPS_H

#include <granmem/table.h>

struct table_ops {
	const char *name;
	size_t size;      /* of the table's struct */
	int any_multiple; /* objects are any multiple of 64 bytes, not powers of two of granules */
	int (*metadata_size)(const struct gm_table_config *config, uint64_t max_objects,
			     struct gm_metadata *out);
	int (*init)(void *table, const struct gm_table_config *config, void *buffer,
		    uint64_t bytes);
	int (*create)(void *table, const struct gm_object *object, struct gm_desc **out);
	int (*claim)(void *table, const struct gm_claim *claim, struct gm_desc **out);
	int (*claim_each)(void *table, const struct gm_claim *claim, size_t nr,
			  struct gm_desc **out);
	int (*find_get)(void *table, struct gm_paddr paddr, unsigned type, struct gm_desc **out);
	struct gm_desc *(*find)(const void *table, struct gm_paddr paddr);
	int (*put)(void *table, struct gm_desc *desc);
	void (*remove)(void *table, struct gm_desc *desc);
	int (*release_range)(void *table, struct gm_paddr base, uint64_t size);
	size_t (*reap)(void *table, gm_reaped *reaped, void *ctx);
	int (*for_each)(void *table, gm_visit *visit, void *ctx);
	void (*stats)(const void *table, struct gm_stats *out);
	int (*verify)(void *table, struct gm_verify *out);
};

#define TABLE_OPS(kind, any)                                                                  \
	static int kind##_metadata_size(const struct gm_table_config *config,                 \
					uint64_t max_objects, struct gm_metadata *out)        \
	{                                                                                     \
		return gm_##kind##_metadata_size(config, max_objects, out);                   \
	}                                                                                     \
	static int kind##_init(void *table, const struct gm_table_config *config,             \
			       void *buffer, uint64_t bytes)                                  \
	{                                                                                     \
		return gm_##kind##_init((struct gm_##kind *)table, config, buffer, bytes);    \
	}                                                                                     \
	static int kind##_create(void *table, const struct gm_object *object,                 \
				 struct gm_desc **out)                                        \
	{                                                                                     \
		return gm_##kind##_create((struct gm_##kind *)table, object, out);            \
	}                                                                                     \
	static int kind##_claim(void *table, const struct gm_claim *claim,                    \
				struct gm_desc **out)                                         \
	{                                                                                     \
		return gm_##kind##_claim((struct gm_##kind *)table, claim, out);              \
	}                                                                                     \
	static int kind##_claim_each(void *table, const struct gm_claim *claim, size_t nr,    \
				     struct gm_desc **out)                                    \
	{                                                                                     \
		return gm_##kind##_claim_each((struct gm_##kind *)table, claim, nr, out);     \
	}                                                                                     \
	static int kind##_find_get(void *table, struct gm_paddr paddr, unsigned type,         \
				   struct gm_desc **out)                                      \
	{                                                                                     \
		return gm_##kind##_find_get((struct gm_##kind *)table, paddr, type, out);     \
	}                                                                                     \
	static struct gm_desc *kind##_find(const void *table, struct gm_paddr paddr)          \
	{                                                                                     \
		return gm_##kind##_find((const struct gm_##kind *)table, paddr);              \
	}                                                                                     \
	static int kind##_put(void *table, struct gm_desc *desc)                              \
	{                                                                                     \
		return gm_##kind##_put((struct gm_##kind *)table, desc);                      \
	}                                                                                     \
	static void kind##_remove(void *table, struct gm_desc *desc)                          \
	{                                                                                     \
		gm_##kind##_remove((struct gm_##kind *)table, desc);                          \
	}                                                                                     \
	static int kind##_release_range(void *table, struct gm_paddr base, uint64_t size)     \
	{                                                                                     \
		return gm_##kind##_release_range((struct gm_##kind *)table, base, size);      \
	}                                                                                     \
	static size_t kind##_reap(void *table, gm_reaped *reaped, void *ctx)                  \
	{                                                                                     \
		return gm_##kind##_reap((struct gm_##kind *)table, reaped, ctx);              \
	}                                                                                     \
	static int kind##_for_each(void *table, gm_visit *visit, void *ctx)                   \
	{                                                                                     \
		return gm_##kind##_for_each((struct gm_##kind *)table, visit, ctx);           \
	}                                                                                     \
	static void kind##_stats(const void *table, struct gm_stats *out)                     \
	{                                                                                     \
		gm_##kind##_stats((const struct gm_##kind *)table, out);                      \
	}                                                                                     \
	static int kind##_verify(void *table, struct gm_verify *out)                          \
	{                                                                                     \
		return gm_##kind##_verify((struct gm_##kind *)table, out);                    \
	}                                                                                     \
	static const struct table_ops kind##_ops = {                                          \
		#kind, sizeof(struct gm_##kind), any, kind##_metadata_size, kind##_init,      \
		kind##_create, kind##_claim, kind##_claim_each, kind##_find_get, kind##_find, \
		kind##_put, kind##_remove, kind##_release_range, kind##_reap,                 \
		kind##_for_each, kind##_stats, kind##_verify,                                 \
	}

#endif
