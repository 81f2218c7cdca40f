/* SPDX-License-Identifier: BSD-2-Clause */
/* case_calls.c - each table's calls as a struct table_calls. */
#include "tables.h"

#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>

#define CALLS(kind) \
	static int kind##_init(void *self, const struct gm_table_config *config, void *buffer, \
			       uint64_t bytes) \
	{ \
		return gm_##kind##_init(self, config, buffer, bytes); \
	} \
	static int kind##_create(void *self, const struct gm_object *object, struct gm_desc **out) \
	{ \
		return gm_##kind##_create(self, object, out); \
	} \
	static int kind##_claim(void *self, const struct gm_claim *claim, struct gm_desc **out) \
	{ \
		return gm_##kind##_claim(self, claim, out); \
	} \
	static int kind##_find_get(void *self, struct gm_paddr paddr, unsigned type, \
				   struct gm_desc **out) \
	{ \
		return gm_##kind##_find_get(self, paddr, type, out); \
	} \
	static struct gm_desc *kind##_find(void *self, struct gm_paddr paddr) \
	{ \
		return gm_##kind##_find(self, paddr); \
	} \
	static void kind##_remove(void *self, struct gm_desc *desc) \
	{ \
		gm_##kind##_remove(self, desc); \
	} \
	static int kind##_put(void *self, struct gm_desc *desc) \
	{ \
		return gm_##kind##_put(self, desc); \
	} \
	static int kind##_claim_each(void *self, const struct gm_claim *claim, size_t nr, \
				     struct gm_desc **out) \
	{ \
		return gm_##kind##_claim_each(self, claim, nr, out); \
	} \
	static int kind##_release_range(void *self, struct gm_paddr base, uint64_t size) \
	{ \
		return gm_##kind##_release_range(self, base, size); \
	} \
	static size_t kind##_reap(void *self, gm_reaped *reaped, void *ctx) \
	{ \
		return gm_##kind##_reap(self, reaped, ctx); \
	} \
	static int kind##_for_each(void *self, gm_visit *visit, void *ctx) \
	{ \
		return gm_##kind##_for_each(self, visit, ctx); \
	} \
	static void kind##_stats(void *self, struct gm_stats *out) \
	{ \
		gm_##kind##_stats(self, out); \
	} \
	static int kind##_verify(void *self, struct gm_verify *out) \
	{ \
		return gm_##kind##_verify(self, out); \
	} \
	const struct table_calls table_##kind = { \
		#kind, \
		sizeof(struct gm_##kind), \
		kind##_REGION, \
		kind##_REGION / 2, \
		kind##_SUB_GRANULE, \
		kind##_init, \
		gm_##kind##_metadata_size, \
		kind##_create, \
		kind##_claim, \
		kind##_find_get, \
		kind##_find, \
		kind##_remove, \
		kind##_put, \
		kind##_claim_each, \
		kind##_release_range, \
		kind##_reap, \
		kind##_for_each, \
		kind##_stats, \
		kind##_verify, \
	};

/* Ad-hoc: two root slots of 512 granules. The others: a few granules. */
#define adhoc_REGION (1024 * GRANULE)
#define compound_REGION (8 * GRANULE)
#define folio_REGION (8 * GRANULE)
#define adhoc_SUB_GRANULE 1
#define compound_SUB_GRANULE 0
#define folio_SUB_GRANULE 0

CALLS(adhoc)
CALLS(compound)
CALLS(folio)
