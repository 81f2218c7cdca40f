/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peer_xarray.c - Linux's XArray, from Debian's copy of the kernel's source, as its
 * own test-suite builds it for processes, but with the kernel's node size and
 * with read-side critical sections that cost nothing, as in a kernel that cannot
 * be preempted. The source is unpacked where benchmarks are built and nowhere else.
 */
#include <linux/rcupdate.h>
#undef rcu_read_lock
#undef rcu_read_unlock
#define rcu_read_lock() ((void)0)
#define rcu_read_unlock() ((void)0)
#define dump_stack() abort()
#include <stdlib.h>
#include <lib/xarray.c>
#include <tools/lib/find_bit.c>

#include "peer.h"

struct kmem_cache *radix_tree_node_cachep;
int test_verbose;

static DEFINE_XARRAY(array);

void *kmem_cache_alloc_lru(struct kmem_cache *cache, struct list_lru *lru, int flags)
{
	struct xa_node *node = calloc(1, sizeof(*node));

	(void)cache;
	(void)lru;
	(void)flags;
	if (node != NULL)
		INIT_LIST_HEAD(&node->private_list);
	return node;
}

void kmem_cache_free(struct kmem_cache *cache, void *node)
{
	(void)cache;
	free(node);
}

/* Of the kernel's bitmaps, all that an array without marks needs. */
void bitmap_clear(unsigned long *map, unsigned int first, int nr)
{
	for (; nr > 0; nr--, first++)
		map[first / BITS_PER_LONG] &= ~(1UL << (first % BITS_PER_LONG));
}

/* Nobody reads any more. */
void radix_tree_node_rcu_free(struct rcu_head *head)
{
	free(container_of(head, struct xa_node, rcu_head));
}

BENCH_INLINE void *xarray_find(struct gm_paddr paddr)
{
	return xa_load(&array, (paddr.value - LOOKUP_BASE) / LOOKUP_GRANULE);
}

LOOKUP_LOOPS(xarray)

static int fill(void)
{
	uint64_t i;

	for (i = 0; i < world.flat.size / LOOKUP_GRANULE; i++)
		if (xa_err(xa_store(&array, i, (void *)world.flat.words[i], GFP_KERNEL)) != 0)
			return 1;
	return 0;
}

static void empty(void)
{
	xa_destroy(&array);
}

PEER_ANNOUNCE void announce(void)
{
	static struct peer_map map = { "xarray", fill, empty, LOOKUP_LOOPS_OF(xarray), NULL };

	peer_add_map(&map);
}
