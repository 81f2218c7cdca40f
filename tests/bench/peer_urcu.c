/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peer_urcu.c - userspace-rcu: its reference count, and its lock-free hash table,
 * which is read inside one read-side critical section for each burst.
 */
#define _LGPL_SOURCE
#include "peer.h"

#include <urcu/urcu-memb.h>
#include <urcu/rculfhash.h>
#include <urcu/ref.h>

struct node {
	struct cds_lfht_node node;
	uint64_t key;
	gm_word value;
};

static struct cds_lfht *table;
static struct node *nodes;

static void gone(struct urcu_ref *ref)
{
	(void)ref;
	abort();
}

static void urcu_pair(void *ctx, uint64_t loops)
{
	while (loops-- > 0) {
		if (!urcu_ref_get_unless_zero(ctx))
			abort();
		urcu_ref_put(ctx, gone);
	}
}

/* The table takes the low bits of the hash as they are. */
BENCH_INLINE unsigned long hash_of(uint64_t key)
{
	key *= 0x9e3779b97f4a7c15u;
	return key ^ key >> 32;
}

static int match(struct cds_lfht_node *node, const void *key)
{
	return caa_container_of(node, struct node, node)->key == *(const uint64_t *)key;
}

BENCH_INLINE void *lfht_find(struct gm_paddr paddr)
{
	uint64_t key = (paddr.value - LOOKUP_BASE) / LOOKUP_GRANULE;
	struct cds_lfht_iter iter;
	struct cds_lfht_node *node;

	cds_lfht_lookup(table, hash_of(key), match, &key, &iter);
	node = cds_lfht_iter_get_node(&iter);
	return node == NULL ? NULL : (void *)caa_container_of(node, struct node, node)->value;
}

LOOKUP_LOOPS(lfht)

static void lfht_read_random(void *ctx, uint64_t loops)
{
	urcu_memb_read_lock();
	lfht_random(ctx, loops);
	urcu_memb_read_unlock();
}

static void lfht_read_seq(void *ctx, uint64_t loops)
{
	urcu_memb_read_lock();
	lfht_seq(ctx, loops);
	urcu_memb_read_unlock();
}

static void lfht_read_chain(void *ctx, uint64_t loops)
{
	urcu_memb_read_lock();
	lfht_chain(ctx, loops);
	urcu_memb_read_unlock();
}

static int fill(void)
{
	uint64_t nr = world.flat.size / LOOKUP_GRANULE;
	uint64_t i;

	urcu_memb_register_thread();
	table = cds_lfht_new_flavor(nr, 1, 0, 0, &urcu_memb_flavor, NULL);
	nodes = calloc(nr, sizeof(*nodes));
	if (table == NULL || nodes == NULL)
		return 1;
	urcu_memb_read_lock();
	for (i = 0; i < nr; i++) {
		nodes[i].key = i;
		nodes[i].value = world.flat.words[i];
		cds_lfht_add(table, hash_of(i), &nodes[i].node);
	}
	urcu_memb_read_unlock();
	return 0;
}

/* Nobody reads any more: nodes go without a grace period. */
static void empty(void)
{
	uint64_t i;

	urcu_memb_read_lock();
	for (i = 0; i < world.flat.size / LOOKUP_GRANULE; i++)
		(void)cds_lfht_del(table, &nodes[i].node);
	urcu_memb_read_unlock();
	(void)cds_lfht_destroy(table, NULL);
	free(nodes);
	urcu_memb_unregister_thread();
}

PEER_ANNOUNCE void announce(void)
{
	static struct peer_pair pair = { "urcu_ref", urcu_pair, NULL };
	static struct peer_map map = { "lfht",
				       fill,
				       empty,
				       { lfht_read_random, lfht_read_seq, lfht_read_chain },
				       NULL };

	peer_add_pair(&pair);
	peer_add_map(&map);
}
