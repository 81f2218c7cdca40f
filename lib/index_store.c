/* SPDX-License-Identifier: BSD-2-Clause */
/* index_store.c - the store of nodes, and an empty index; contracts in granmem/index.h. */
#include "index_internal.h"
#include "memory_internal.h"
#include "pool_internal.h"

#define DEFAULT_UNIT_SHIFT 12
#define UNIT_SHIFT_MAX 30
#define DEFAULT_LANES 4
#define LANES_MAX 256
#define DESC_SIZE_MAX 1024
#define NODES_MAX ((uint64_t)1 << 46) /* more than any memory holds */
#define NODE_BYTES ((uint32_t)(GM_INDEX_NODE_WORDS * sizeof(gm_word)))
#define SLAB_SHIFT 14

static unsigned or_else(unsigned value, unsigned otherwise)
{
	return value != 0 ? value : otherwise;
}

static uint64_t end_of_offsets(unsigned unit_shift)
{
#if GM_CONFIG_64BIT
	(void)unit_shift;
	return (uint64_t)1 << 63;
#else
	return (uint64_t)GM_INDEX_UNITS << unit_shift;
#endif
}

/* Is there a place in the descriptors of every region that there is so far? */
static int check_descs(const struct gm_space *space, unsigned place)
{
	unsigned i;

	for (i = 0; i < space->nr_regions; i++) {
		const struct gm_table *table = space->regions[i].table;

		if (table != NULL && table->desc_size < place + sizeof(gm_word))
			return -GM_ESIZE;
	}
	return 0;
}

/* The configuration, checked, as far as the store keeps it. */
static int configure(struct gm_index_store *store, const struct gm_index_config *config,
		     struct gm_pool_lane *lanes)
{
	unsigned unit_shift = or_else(config->unit_shift, DEFAULT_UNIT_SHIFT);
	unsigned place = or_else(config->place_offset, sizeof(struct gm_desc));
	unsigned nr_lanes = or_else(config->nr_lanes, DEFAULT_LANES);
	int err;

	if (config->space == NULL || unit_shift < GM_UNIT_SHIFT || unit_shift > UNIT_SHIFT_MAX ||
	    place < sizeof(struct gm_desc) || place > DESC_SIZE_MAX - sizeof(gm_word) ||
	    place % sizeof(gm_word) != 0 || nr_lanes > LANES_MAX)
		return -GM_EINVAL;
	store->space = config->space;
	store->end = end_of_offsets(unit_shift);
	store->unit_shift = unit_shift;
	store->place_offset = place;
	store->static_bytes = nr_lanes * sizeof(struct gm_pool_lane);
	store->grow = config->grow;
	store->grow_ctx = config->grow_ctx;
	/* It checks the number of lanes. */
	err = gm_pool_init(&store->nodes, NODE_BYTES, 0, SLAB_SHIFT, lanes, nr_lanes);
	return err != 0 ? err : check_descs(config->space, place);
}

int gm_index_store_size(const struct gm_index_config *config, uint64_t nr_nodes,
			struct gm_metadata *out)
{
	struct gm_index_store store;
	int err = configure(&store, config, NULL);

	if (err != 0)
		return err;
	if (nr_nodes > NODES_MAX)
		nr_nodes = NODES_MAX;
	out->bytes = store.static_bytes;
	out->align = sizeof(struct gm_pool_lane);
	/* The first slab begins at a multiple of its size. */
	if (nr_nodes != 0)
		out->bytes += (gm_pool_slabs_for(&store.nodes, nr_nodes) + 1) << SLAB_SHIFT;
	return 0;
}

int gm_index_store_init(struct gm_index_store *store, const struct gm_index_config *config,
			void *buffer, uint64_t bytes)
{
	uint64_t skip = (0 - (uint64_t)(uintptr_t)buffer) & (sizeof(struct gm_pool_lane) - 1);
	unsigned char *lanes = (unsigned char *)((uintptr_t)buffer + (uintptr_t)skip);
	int err = configure(store, config, (struct gm_pool_lane *)(void *)lanes);

	if (err != 0)
		return err;
	if (bytes < skip || bytes - skip < store->static_bytes)
		return -GM_ENOMEM;
	if (!config->zeroed)
		gm_memory_clear(lanes, (size_t)store->static_bytes);
	(void)gm_pool_add(&store->nodes, lanes + store->static_bytes,
			  (size_t)(bytes - skip - store->static_bytes), config->zeroed);
	return 0;
}

static int grow(struct gm_index_store *store)
{
	size_t slab = (size_t)1 << SLAB_SHIFT;
	void *memory = store->grow(store->grow_ctx, slab, slab);

	return memory != NULL ? gm_pool_add_brought(&store->nodes, memory, slab, 0) : -GM_ENOMEM;
}

/* A node, or NULL and what was in the way. */
static gm_word *take_node(struct gm_index_store *store, int *err)
{
	struct gm_pool *pool = &store->nodes;
	gm_word *node;

	*err = 0;
	for (;;) {
		int thorough = store->grow == NULL || *err != 0;

		node = (gm_word *)gm_pool_take(pool, GM_CPU_HINT(), thorough);
		if (node != NULL)
			return node;
		if (thorough) {
			*err = *err != 0 ? *err : -GM_ENOMEM;
			return NULL;
		}
		gm_pool_begin_growth(pool);
		*err = gm_pool_end_growth(pool, grow(store));
	}
}

int gm_index_take_nodes(struct gm_index_store *store, gm_word **nodes, unsigned nr)
{
	unsigned i;
	int err;

	for (i = 0; i < nr; i++) {
		nodes[i] = take_node(store, &err);
		if (nodes[i] != NULL)
			continue;
		while (i-- > 0)
			gm_pool_return(&store->nodes, nodes[i], GM_CPU_HINT());
		return err;
	}
	return 0;
}

void gm_index_store_stats(const struct gm_index_store *store, struct gm_index_stats *out)
{
	out->nr_nodes = gm_pool_used(&store->nodes);
	out->node_bytes = gm_pool_bytes(&store->nodes);
	out->static_bytes = store->static_bytes;
	out->node_size = NODE_BYTES;
}

int gm_index_init(struct gm_index *index, struct gm_index_store *store, void *owner)
{
	if (owner == NULL)
		return -GM_EINVAL;
	gm_memory_clear(index, sizeof(*index));
	index->store = store;
	index->owner = owner;
	return 0;
}
