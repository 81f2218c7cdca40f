/* SPDX-License-Identifier: BSD-2-Clause */
/* index_init.c - the store of nodes, and an empty index; contracts in granmem/index.h. */
#include "index_internal.h"
#include "memory_internal.h"
#include "pool_internal.h"

#define DEFAULT_UNIT_SHIFT 12
#define UNIT_SHIFT_MAX 30
#define DEFAULT_NODE_SHIFT 6
#define NODE_SHIFT_MIN 4
#define NODE_SHIFT_MAX GM_RADIX_NODE_BITS
#define DEFAULT_MARKS 2
#define DEFAULT_LANES 4
#define LANES_MAX 256
#define DESC_SIZE_MAX 1024
#define ROOT_MAX ((uint64_t)1 << 31)
#define NODES_MAX ((uint64_t)1 << 46) /* more than any memory holds */

/* Slabs of 64 KiB waste little where nodes have hundreds of slots. */
#define SLAB_SHIFT 14
#define SLAB_SHIFT_LARGE 16
#define LARGE_NODE 1024

#define UNITS_BITS (8 * sizeof(gm_word) - GM_PLACE_UNITS_SHIFT)

/* So that the end of whatever begins below the span is a number. */
#define SPAN_SHIFT_MAX 62

static unsigned or_else(unsigned value, unsigned otherwise)
{
	return value != 0 ? value : otherwise;
}

/* A root is of a level below this: a graded one of the last. */
static unsigned nr_pools(const struct gm_radix_store *nodes)
{
	return nodes->nr_levels - 1;
}

static uint64_t span_of(const struct gm_radix_store *nodes)
{
	unsigned shift = nodes->shift[nr_pools(nodes)];

	if (shift > SPAN_SHIFT_MAX)
		shift = SPAN_SHIFT_MAX;
	if (shift > UNITS_BITS + nodes->shift[0])
		shift = (unsigned)UNITS_BITS + nodes->shift[0];
	return gm_granule_size(shift);
}

/* The configuration, checked, as far as the store keeps it. */
static int configure(struct gm_index_store *store, const struct gm_index_store_config *config,
		     unsigned *nr_lanes)
{
	unsigned unit_shift = or_else(config->unit_shift, DEFAULT_UNIT_SHIFT);
	unsigned node_shift = or_else(config->node_shift, DEFAULT_NODE_SHIFT);
	unsigned place = or_else(config->place_offset, sizeof(struct gm_desc));

	*nr_lanes = or_else(config->nr_lanes, DEFAULT_LANES);
	if (config->space == NULL || unit_shift < GM_UNIT_SHIFT || unit_shift > UNIT_SHIFT_MAX ||
	    node_shift < NODE_SHIFT_MIN || node_shift > NODE_SHIFT_MAX ||
	    config->nr_marks > GM_INDEX_MARKS || place < sizeof(struct gm_desc) ||
	    place > DESC_SIZE_MAX - sizeof(gm_word) || place % sizeof(gm_word) != 0 ||
	    *nr_lanes > LANES_MAX || !gm_granule_is_power_of_two(*nr_lanes))
		return -GM_EINVAL;
	gm_memory_clear(store, sizeof(*store));
	gm_radix_shape(&store->nodes, unit_shift, node_shift, node_shift);
	store->nodes.nr_labels = or_else(config->nr_marks, DEFAULT_MARKS);
	store->space = config->space;
	store->span = span_of(&store->nodes);
	store->unit_shift = unit_shift;
	store->place_offset = place;
	store->slab_shift = gm_radix_node_bytes(&store->nodes, 0) > LARGE_NODE ? SLAB_SHIFT_LARGE :
										SLAB_SHIFT;
	store->zeroed = config->zeroed;
	store->grow = config->grow;
	store->grow_ctx = config->grow_ctx;
	store->static_bytes =
		(uint64_t)nr_pools(&store->nodes) * *nr_lanes * sizeof(struct gm_pool_lane);
	return 0;
}

int gm_index_store_size(const struct gm_index_store_config *config, uint64_t nr_nodes,
			struct gm_metadata *out)
{
	struct gm_index_store store;
	unsigned nr_lanes;
	uint64_t slabs;
	int err = configure(&store, config, &nr_lanes);

	if (err == 0)
		err = gm_radix_init_store(&store.nodes, 1, store.nodes.nr_labels, store.slab_shift,
					  NULL, 1);
	if (err != 0)
		return err;
	if (nr_nodes > NODES_MAX)
		nr_nodes = NODES_MAX;
	slabs = gm_pool_slabs_for(&store.nodes.nodes[0], nr_nodes);
	out->align = sizeof(struct gm_pool_lane);
	out->bytes = store.static_bytes;
	/* Each level has slabs of its own, and the first begins at a multiple of its size. */
	if (slabs != 0)
		out->bytes += (slabs + nr_pools(&store.nodes)) << store.slab_shift;
	return 0;
}

int gm_index_store_init(struct gm_index_store *store, const struct gm_index_store_config *config,
			void *buffer, uint64_t bytes)
{
	uint64_t skip = (0 - (uint64_t)(uintptr_t)buffer) & (sizeof(struct gm_pool_lane) - 1);
	unsigned char *lanes = (unsigned char *)buffer + skip;
	uint64_t slab, rest;
	unsigned nr_lanes;
	int err = configure(store, config, &nr_lanes);

	if (err != 0)
		return err;
	if (bytes < skip || bytes - skip < store->static_bytes)
		return -GM_ENOMEM;
	if (!store->zeroed)
		gm_memory_clear(lanes, (size_t)store->static_bytes);
	slab = gm_granule_size(store->slab_shift);
	rest = bytes - skip - store->static_bytes;
	store->slabs = lanes + store->static_bytes;
	skip = (0 - (uint64_t)(uintptr_t)store->slabs) & (slab - 1);
	if (rest > skip) {
		store->slabs += skip;
		store->nr_slabs = (gm_word)((rest - skip) >> store->slab_shift);
	}
	return gm_radix_init_store(&store->nodes, nr_pools(&store->nodes), store->nodes.nr_labels,
				   store->slab_shift, (struct gm_pool_lane *)(void *)lanes,
				   nr_lanes);
}

/* The next slab of the buffer, or NULL. */
static void *from_buffer(struct gm_index_store *store)
{
	gm_word taken;

	do {
		taken = gm_atomic_load_relaxed(&store->nr_taken);
		if (taken == store->nr_slabs)
			return NULL;
		/* relaxed: the buffer was the store's before it was shared */
	} while (!gm_atomic_cas_relaxed(&store->nr_taken, taken, taken + 1));
	return store->slabs + ((size_t)taken << store->slab_shift);
}

int gm_index_grow(struct gm_index_store *store, unsigned level)
{
	size_t slab = (size_t)1 << store->slab_shift;
	void *memory = from_buffer(store);
	int zeroed = memory != NULL && store->zeroed;

	if (memory == NULL && store->grow != NULL)
		memory = store->grow(store->grow_ctx, slab, slab);
	if (memory == NULL)
		return 0;
	return GM_CHECK(gm_pool_add(&store->nodes.nodes[level], memory, slab, zeroed) == 1,
			"index: the memory for a slab is not aligned as it was asked for", memory);
}

void gm_index_store_stats(const struct gm_index_store *store, struct gm_index_stats *out)
{
	const struct gm_pool *pool = store->nodes.nodes;
	unsigned level;

	out->nr_nodes = 0;
	out->node_bytes = 0;
	out->static_bytes = store->static_bytes;
	out->node_size = pool->element_size + pool->record_size;
	for (level = 0; level < nr_pools(&store->nodes); level++, pool++) {
		out->nr_nodes += gm_pool_used(pool);
		out->node_bytes += gm_pool_bytes(pool);
	}
}

static uint64_t summary_words(uint64_t nr_root)
{
	return (nr_root + GM_RADIX_NODE_SLOTS - 1) / GM_RADIX_NODE_SLOTS;
}

/* What of the root is in the buffer, and its level. */
static int lay_out(const struct gm_index_store *store, const struct gm_index_config *config,
		   unsigned *level, uint64_t *nr_root, uint64_t *nr_words)
{
	const struct gm_radix_store *nodes = &store->nodes;
	uint64_t span = config->span != 0 ? config->span : store->span;

	if (config->owner == NULL)
		return -GM_EINVAL;
	if (!gm_granule_aligned(span, store->unit_shift))
		return -GM_EALIGN;
	if (span > store->span)
		return -GM_ERANGE;
	*level = nr_pools(nodes);
	*nr_root = *nr_words = 0;
	if (config->root_shift == 0)
		return 0;
	while (nodes->shift[*level] != config->root_shift)
		if ((*level)-- == 0)
			return -GM_EINVAL;
	*nr_root = gm_radix_nr_root(nodes, *level, span);
	*nr_words = *nr_root + gm_radix_root_labels(nodes, *nr_root) + summary_words(*nr_root);
	return *nr_root <= ROOT_MAX ? 0 : -GM_EINVAL;
}

int gm_index_root_size(const struct gm_index_store *store, const struct gm_index_config *config,
		       struct gm_metadata *out)
{
	uint64_t nr_root, nr_words;
	unsigned level;
	int err = lay_out(store, config, &level, &nr_root, &nr_words);

	if (err != 0)
		return err;
	out->bytes = nr_words * sizeof(gm_word);
	out->align = sizeof(struct gm_pool_lane);
	return 0;
}

int gm_index_init(struct gm_index *index, struct gm_index_store *store,
		  const struct gm_index_config *config, void *buffer, uint64_t bytes)
{
	uint64_t skip = (0 - (uint64_t)(uintptr_t)buffer) & (sizeof(struct gm_pool_lane) - 1);
	gm_word *words = (gm_word *)((uintptr_t)buffer + (uintptr_t)skip);
	uint64_t nr_root, nr_words;
	unsigned level;
	int err = lay_out(store, config, &level, &nr_root, &nr_words);

	if (err != 0)
		return err;
	if (nr_words != 0 &&
	    (buffer == NULL || bytes < skip || (bytes - skip) / sizeof(gm_word) < nr_words))
		return -GM_ENOMEM;
	gm_memory_clear(index, sizeof(*index));
	if (!config->zeroed)
		gm_memory_clear(words, (size_t)nr_words * sizeof(gm_word));
	index->owner = config->owner;
	index->span = config->span != 0 ? config->span : store->span;
	if (nr_root == 0)
		gm_radix_init(&index->tree, &store->nodes, level, index->root, 0, &index->summary,
			      NULL);
	else
		gm_radix_init(&index->tree, &store->nodes, level, words, nr_root,
			      words + nr_words - summary_words(nr_root), words + nr_root);
	return 0;
}

int gm_index_is_empty(const struct gm_index *index)
{
	const struct gm_radix *tree = &index->tree;
	uint64_t nr = tree->nr_root != 0 ? tree->nr_root : tree->root_level + 1;

	while (nr-- > 0)
		if (gm_atomic_load_relaxed(&tree->root[nr]) != 0)
			return 0;
	return 1;
}
