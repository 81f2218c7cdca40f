/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peer_ck.c - Concurrency Kit: a count by its compare-and-swap, and its hash table
 * for one writer and many readers.
 */
#include "peer.h"

#include <ck_ht.h>
#include <ck_pr.h>

static ck_ht_t table;

static void ck_pair(void *ctx, uint64_t loops)
{
	uint64_t *count = ctx;

	while (loops-- > 0) {
		uint64_t seen = ck_pr_load_64(count);

		do {
			if (seen == 0)
				abort();
		} while (!ck_pr_cas_64_value(count, seen, seen + 1, &seen));
		if (ck_pr_faa_64(count, (uint64_t)0 - 1) == 1)
			abort();
	}
}

static void *take(size_t bytes)
{
	return malloc(bytes);
}

static void *take_again(void *memory, size_t old, size_t bytes, bool defer)
{
	(void)old;
	(void)defer;
	return realloc(memory, bytes);
}

static void give(void *memory, size_t bytes, bool defer)
{
	(void)bytes;
	(void)defer;
	free(memory);
}

static struct ck_malloc memory = { take, take_again, give };

/* Numbers of granules begin at 1: 0 is the table's own "empty". */
BENCH_INLINE void *ck_ht_find(struct gm_paddr paddr)
{
	uintptr_t key = (paddr.value - LOOKUP_BASE) / LOOKUP_GRANULE + 1;
	ck_ht_entry_t entry;
	ck_ht_hash_t hash;

	ck_ht_hash_direct(&hash, &table, key);
	ck_ht_entry_key_set_direct(&entry, key);
	if (!ck_ht_get_spmc(&table, hash, &entry))
		return NULL;
	return (void *)ck_ht_entry_value_direct(&entry);
}

LOOKUP_LOOPS(ck_ht)

static int fill(void)
{
	uint64_t nr = world.flat.size / LOOKUP_GRANULE;
	uint64_t i;

	/* Twice the room, so that it need not grow. */
	if (!ck_ht_init(&table, CK_HT_MODE_DIRECT, NULL, &memory, 2 * nr, 7))
		return 1;
	for (i = 0; i < nr; i++) {
		ck_ht_entry_t entry;
		ck_ht_hash_t hash;

		ck_ht_hash_direct(&hash, &table, i + 1);
		ck_ht_entry_set_direct(&entry, hash, i + 1, world.flat.words[i]);
		if (!ck_ht_put_spmc(&table, hash, &entry))
			return 1;
	}
	return 0;
}

static void empty(void)
{
	ck_ht_destroy(&table);
}

PEER_ANNOUNCE void announce(void)
{
	static struct peer_pair pair = { "ck_cas", ck_pair, NULL };
	static struct peer_map map = { "ck_ht", fill, empty, LOOKUP_LOOPS_OF(ck_ht), NULL };

	peer_add_pair(&pair);
	peer_add_map(&map);
}
