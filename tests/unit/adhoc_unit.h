/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * adhoc_unit.h - what the tests of the ad-hoc table share: one table, requests
 * for it, and the check that follows everything they do.
 */
#ifndef ADHOC_UNIT_H
#define ADHOC_UNIT_H

#include <granmem/adhoc.h>

#include "unit.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

static struct gm_adhoc table;
static struct gm_table_config config;
static void *buffer;

/* A region to come; the test may change the rest of config before begin. */
static inline void region(uint64_t base, uint64_t size)
{
	memset(&config, 0, sizeof(config));
	config.base = gm_paddr(base);
	config.size = size;
}

/* An empty table in a buffer of any content, at any address. */
static inline void begin(uint64_t max_objects)
{
	struct gm_metadata metadata;
	uint64_t bytes;

	expect_eq(gm_adhoc_metadata_size(&config, max_objects, &metadata), 0);
	bytes = metadata.bytes + metadata.align - 1;
	free(buffer);
	buffer = malloc((size_t)bytes + 8);
	expect(buffer != NULL);
	memset(buffer, 0xa5, (size_t)bytes + 8);
	memset(&table, 0xee, sizeof(table));
	expect_eq(gm_adhoc_init(&table, &config, (unsigned char *)buffer + 8, bytes), 0);
}

static inline struct gm_stats figures(void)
{
	struct gm_stats stats;

	memset(&stats, 0, sizeof(stats));
	gm_adhoc_stats(&table, &stats);
	return stats;
}

/* All invariants, and the sums that stats and verify have in common. */
static inline struct gm_verify verified(void)
{
	struct gm_stats stats = figures();
	struct gm_verify found;

	if (gm_adhoc_verify(&table, &found) != 0) {
		fprintf(stderr, "near %#llx: ", (unsigned long long)found.where.value);
		unit_fail(__FILE__, __LINE__, found.first);
	}
	expect_eq(found.nr_errors, 0);
	expect_eq(found.nr_objects, stats.nr_objects);
	expect_eq(found.covered_bytes + stats.free_bytes + stats.hosted_bytes, stats.region_bytes);
	return found;
}

static inline int same(const struct gm_stats *left, const struct gm_stats *right)
{
	return memcmp(left, right, sizeof(*left)) == 0;
}

static inline struct gm_object record(uint64_t base, uint64_t size, unsigned type)
{
	struct gm_object object = { gm_paddr(base), size, type, &table };

	return object;
}

/* Make an object, and find it by its first and last byte. */
static inline struct gm_desc *make(uint64_t base, uint64_t size, unsigned type)
{
	struct gm_object object = record(base, size, type);
	struct gm_desc *desc = NULL;

	expect_eq(gm_adhoc_create(&table, &object, &desc), 0);
	expect(desc != NULL && gm_ref_is_sole(desc) && gm_ref_type(desc) == type);
	expect(gm_desc_base(desc) == base && gm_desc_size(desc) == size);
	expect(gm_desc_owner(desc) == &table && gm_desc_flags(desc) == 0);
	expect(gm_adhoc_find(&table, gm_paddr(base)) == desc);
	expect(gm_adhoc_find(&table, gm_paddr(base + size - 1)) == desc);
	return desc;
}

/* What create says to a request that it must refuse; nothing may change. */
static inline int refused(uint64_t base, uint64_t size, unsigned type)
{
	struct gm_object object = record(base, size, type);
	struct gm_stats before = figures();
	struct gm_stats after;
	struct gm_desc *desc = NULL;
	int err = gm_adhoc_create(&table, &object, &desc);

	after = figures();
	expect(err < 0 && desc == NULL && same(&before, &after));
	return err;
}

static inline void drop(struct gm_desc *desc)
{
	uint64_t base = gm_desc_base(desc);

	expect_eq(gm_adhoc_put(&table, desc), 1);
	expect(gm_adhoc_find(&table, gm_paddr(base)) == NULL);
}

static inline int lookup(uint64_t paddr, unsigned type)
{
	struct gm_desc *desc = NULL;
	int err = gm_adhoc_find_get(&table, gm_paddr(paddr), type, &desc);

	if (err == 0) {
		expect(gm_desc_covers(desc, paddr) && gm_ref_count(desc) >= 2);
		expect_eq(gm_adhoc_put(&table, desc), 0);
	}
	return err;
}

static inline struct gm_claim request(uint64_t size)
{
	struct gm_claim claim;

	memset(&claim, 0, sizeof(claim));
	claim.size = size;
	claim.type = 1;
	claim.owner = &table;
	return claim;
}

/* Claim, and check what was got. */
static inline int claim(const struct gm_claim *want, struct gm_desc **out)
{
	uint64_t free_before = gm_table_free_bytes(&table.table);
	int err = gm_adhoc_claim(&table, want, out);
	uint64_t base;

	if (err != 0) {
		expect_eq(gm_table_free_bytes(&table.table), free_before);
		return err;
	}
	base = gm_desc_base(*out);
	expect_eq(gm_desc_size(*out), want->size);
	expect(gm_ref_is_sole(*out) && gm_ref_type(*out) == want->type);
	expect(gm_desc_owner(*out) == want->owner && gm_desc_flags(*out) == 0);
	expect(want->align == 0 || base % want->align == 0);
	expect(base >= table.table.base && base >= want->min.value);
	expect(base + want->size <= table.table.base + table.table.size);
	expect(want->max.value == 0 || base + want->size <= want->max.value);
	expect_eq(gm_table_free_bytes(&table.table), free_before - want->size);
	expect(gm_adhoc_find(&table, gm_paddr(base)) == *out);
	return 0;
}

/* Tests that can run for long do so on request. */
static inline unsigned long steps(unsigned long shortly, unsigned long longer)
{
	const char *text = getenv("GM_TEST_LONG");

	return text != NULL && *text != '\0' && *text != '0' ? longer : shortly;
}

#endif
