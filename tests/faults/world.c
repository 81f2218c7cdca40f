/* SPDX-License-Identifier: BSD-2-Clause */
/* world.c - a table whose metadata runs out when it is told to. */
#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TABLE_OPS(compound, 0);
TABLE_OPS(folio, 0);
TABLE_OPS(adhoc, 1);

static const struct table_ops *const all_ops[KINDS_NR] = { &compound_ops, &folio_ops, &adhoc_ops };

const char *const kind_names[KINDS_NR] = { "compound", "folio", "adhoc" };
const char *const source_names[SOURCES_NR] = {
	"hook refuses call",       "hook refuses from call",  "hook misplaces call",
	"buffer ends at slab",     "region ends at slab",     "descriptors end at",
	"nodes of level 0 end at", "nodes of level 1 end at", "nodes of level 2 end at",
};

/* A test without memory says nothing. */
static void *must(void *memory)
{
	if (memory == NULL) {
		fprintf(stderr, "no memory for the test\n");
		exit(1);
	}
	return memory;
}

/* Memory that is not zero, aligned to `align` plus `off`, for the life of the world. */
static void *world_memory(struct world *w, size_t bytes, size_t align, size_t off)
{
	void *memory = NULL;

	if (w->nr_memories == sizeof(w->memories) / sizeof(w->memories[0]) ||
	    posix_memalign(&memory, align, bytes + off) != 0)
		must(NULL);
	memset(memory, 0x5a, bytes + off);
	w->memories[w->nr_memories++] = memory;
	return (unsigned char *)memory + off;
}

static void *grow(void *ctx, size_t bytes, size_t align)
{
	struct world *w = ctx;

	w->nr_calls++;
	if (w->nr_calls >= w->refuse_first && w->nr_calls <= w->refuse_last) {
		w->nr_refused++;
		return NULL;
	}
	if (w->nr_calls == w->misplace) {
		w->nr_refused++;
		return world_memory(w, bytes, align, 64);
	}
	w->given += bytes;
	return world_memory(w, bytes, align, 0);
}

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	const struct world *w = ctx;

	REQUIRE(base.value >= WORLD_BASE && base.value + size <= WORLD_BASE + WORLD_SIZE);
	return w->memory + (size_t)(base.value - WORLD_BASE);
}

/* What the tables choose for a region of this size. */
static size_t slab_bytes(unsigned kinds)
{
	return (size_t)1 << ((kinds & ON_ADHOC) != 0 ? 14 : 12);
}

void world_begin(struct world *w, unsigned kind, enum source source, unsigned slabs)
{
	struct gm_table_config config;
	struct gm_metadata need;

	memset(w, 0, sizeof(*w));
	memset(&config, 0, sizeof(config));
	port_begin();
	w->ops = all_ops[kind];
	w->kind = 1u << kind;
	w->source = source;
	config.base = gm_paddr(WORLD_BASE);
	config.size = WORLD_SIZE;
	/* Few to a slab; a compound table in its region needs one a granule. */
	config.desc_size = w->kind == ON_COMPOUND ? 256 : 1024;
	config.root_shift = w->kind == ON_ADHOC ? 30 : 0;
	if (source == REGION) {
		/* At the alignment that its addresses have. */
		w->memory = world_memory(w, (size_t)WORLD_SIZE, (size_t)1 << 20, 0);
		config.to_virtual = to_virtual;
		config.to_virtual_ctx = w;
		REQUIRE(w->ops->init(&w->any, &config, NULL, 0) == 0);
		return;
	}
	config.grow = grow;
	config.grow_ctx = w;
	REQUIRE(w->ops->metadata_size(&config, 0, &need) == 0);
	need.bytes += slabs * slab_bytes(w->kind);
	w->buffer = world_memory(w, (size_t)need.bytes, (size_t)1 << 16, 0);
	REQUIRE(w->ops->init(&w->any, &config, w->buffer, need.bytes) == 0);
}

unsigned world_pools(struct world *w, struct gm_pool *pools[5])
{
	unsigned nr = 0;
	unsigned level;

	if (w->kind == ON_FOLIO)
		pools[nr++] = &w->any.folio.descs;
	if (w->kind != ON_ADHOC)
		return nr;
	pools[nr++] = &w->any.adhoc.descs;
	for (level = 0; level < w->any.adhoc.radix.root_level; level++)
		pools[nr++] = &w->any.adhoc.nodes.nodes[level];
	return nr;
}

static void drain(struct world *w, struct gm_pool *pool, unsigned leave)
{
	unsigned first = w->nr_drained;
	void *element;

	while ((element = gm_pool_take(pool, 0, 1)) != NULL) {
		if (w->nr_drained == sizeof(w->drained) / sizeof(w->drained[0]))
			must(NULL);
		w->drained[w->nr_drained].pool = pool;
		w->drained[w->nr_drained++].element = element;
	}
	/* What is left lies with several lanes: whoever asks must find it. */
	for (; leave > 0 && w->nr_drained > first; leave--)
		gm_pool_return(pool, w->drained[--w->nr_drained].element, leave);
}

static void drain_all(struct world *w)
{
	struct gm_pool *pools[5];
	unsigned nr = world_pools(w, pools);
	unsigned i;

	for (i = 0; i < nr; i++)
		drain(w, pools[i], 0);
}

void world_undrain(struct world *w)
{
	while (w->nr_drained > 0) {
		w->nr_drained--;
		gm_pool_return(w->drained[w->nr_drained].pool, w->drained[w->nr_drained].element,
			       0);
	}
}

/* Slabs for all pools, of memory that is nobody's. */
static void feed(struct world *w)
{
	struct gm_pool *pools[5];
	unsigned nr = world_pools(w, pools);
	size_t bytes = slab_bytes(w->kind);
	unsigned i;

	for (i = 0; i < nr * 16; i++)
		(void)gm_pool_add(pools[i / 16], world_memory(w, bytes, bytes, 0), bytes, 0);
}

static int cover_one(struct world *w, uint64_t base, uint64_t size, uint64_t align, uint64_t min)
{
	struct gm_claim claim;
	struct gm_object object = { gm_paddr(base), size, WORLD_TYPE, NULL };
	int err;

	if (w->nr_cover == sizeof(w->cover) / sizeof(w->cover[0]))
		must(NULL);
	memset(&claim, 0, sizeof(claim));
	claim.size = size;
	claim.align = align;
	claim.type = WORLD_TYPE;
	claim.min = gm_paddr(min);
	err = base != 0 ? w->ops->create(&w->any, &object, &w->cover[w->nr_cover]) :
			  w->ops->claim(&w->any, &claim, &w->cover[w->nr_cover]);
	w->nr_cover += err == 0;
	return err;
}

/* The static part may have slabs to spare; they are gone when the region gives some. */
static void use_up_static(struct world *w)
{
	gm_word hosted = w->any.table.hosted_bytes;
	uint64_t place = MIDDLE + 200 * GRANULE;

	if (w->kind == ON_COMPOUND)
		return;
	while (w->any.table.hosted_bytes == hosted && !tally->failed) {
		drain_all(w);
		REQUIRE(world_create(w, place, w->ops->any_multiple ? 64 : GRANULE) == 0);
		world_undrain(w);
		REQUIRE(w->ops->put(&w->any, world_find(w, place)) == 1);
	}
}

/* All free memory of a slab or more is covered, but for the target and n - 1 slabs. */
static void cover(struct world *w, uint64_t target, uint64_t target_size, unsigned n)
{
	uint64_t slab = slab_bytes(w->kind);
	/* Growth begins at the end, so it takes these before the target. */
	uint64_t above = WORLD_BASE + WORLD_SIZE / 4 * 3;
	uint64_t size;
	unsigned i, keep;

	use_up_static(w);
	/* What covers the last free memory must not need some itself. */
	feed(w);
	/* Held while the rest is covered, then let go. */
	if (target_size != 0)
		REQUIRE(cover_one(w, target, target_size, 0, 0) == 0);
	for (i = 1; i < n; i++)
		REQUIRE(cover_one(w, 0, slab, slab, above) == 0);
	keep = w->nr_cover;
	for (size = WORLD_SIZE / 2; size >= GRANULE; size /= 2)
		while (cover_one(w, 0, size, 0, 0) == 0)
			;
	for (i = 0; i < keep; i++)
		REQUIRE(w->ops->put(&w->any, w->cover[i]) == 1);
	w->nr_cover -= keep;
	memmove(w->cover, w->cover + keep, w->nr_cover * sizeof(w->cover[0]));
}

void world_starve(struct world *w, uint64_t target, uint64_t size, unsigned n)
{
	if (w->source == REGION)
		cover(w, target, size, n);
	else if (w->source >= DESCS)
		feed(w);
}

void world_arm(struct world *w, unsigned n)
{
	struct gm_pool *pools[5];
	unsigned nr = world_pools(w, pools);
	unsigned i;

	if (w->source < DESCS)
		drain_all(w);
	for (i = 0; i < nr; i++)
		if (w->source >= DESCS && i == w->source - DESCS)
			drain(w, pools[i], n - 1);
	w->nr_calls = 0;
	w->nr_refused = 0;
	if (w->source == HOOK_MISPLACE) {
		w->misplace = n;
		return;
	}
	w->refuse_first = w->source == HOOK_ONCE || w->source == HOOK_FROM ? n : 1;
	w->refuse_last = w->source == HOOK_ONCE ? n : ~0u;
}

void world_repair(struct world *w)
{
	w->misplace = 0;
	w->refuse_first = 0;
	w->refuse_last = 0;
	while (w->nr_cover > 0)
		REQUIRE(w->ops->put(&w->any, w->cover[--w->nr_cover]) == 1);
}

int world_create(struct world *w, uint64_t base, uint64_t size)
{
	struct gm_object object = { gm_paddr(base), size, WORLD_TYPE, w };
	struct gm_desc *desc;

	return w->ops->create(&w->any, &object, &desc);
}

struct gm_desc *world_find(struct world *w, uint64_t base)
{
	return w->ops->find(&w->any, gm_paddr(base));
}

int world_release(struct world *w, uint64_t base, uint64_t size)
{
	return w->ops->release_range(&w->any, gm_paddr(base), size);
}

void world_bystanders(struct world *w)
{
	struct gm_desc *desc;

	REQUIRE(world_create(w, WORLD_BASE, GRANULE) == 0);
	REQUIRE(world_create(w, WORLD_BASE + 8 * GRANULE, 4 * GRANULE) == 0);
	desc = world_find(w, WORLD_BASE);
	gm_ref_get(desc);
	REQUIRE(gm_ref_try_pin(desc) == 0);
	(void)gm_desc_set_flags(desc, GM_FLAG_DIRTY | GM_FLAG_USER(6));
}

/* All references of whatever is there. */
static void drop(struct world *w, struct gm_desc *desc)
{
	gm_word refs = gm_ref_count(desc);
	struct gm_object gone;

	for (; gm_ref_pins(desc) > 0 && refs > 1; refs--)
		REQUIRE(gm_ref_unpin(desc, &gone) == 0);
	for (; refs > 0; refs--)
		REQUIRE(w->ops->put(&w->any, desc) == (refs == 1));
}

/* Marked memory becomes free. */
static void unmark(struct world *w)
{
	uint64_t at;

	for (at = WORLD_BASE; w->kind == ON_FOLIO && at < WORLD_BASE + WORLD_SIZE; at += GRANULE) {
		int kind = gm_folio_kind(&w->any.folio, gm_paddr(at));

		if (kind >= GM_FOLIO_RESERVED && kind <= GM_FOLIO_POISONED)
			REQUIRE(gm_folio_unmark(&w->any.folio, gm_paddr(at), GRANULE) == 0);
	}
}

void world_end(struct world *w)
{
	static struct snapshot left;
	uint64_t hosted;
	unsigned i;

	port_begin();
	snapshot_take(w, &left);
	for (i = 0; i < left.nr && !tally->failed; i++)
		drop(w, left.records[i].desc);
	unmark(w);
	if (!tally->failed) {
		snapshot_take(w, &left);
		hosted = left.stats.hosted_bytes;
		REQUIRE(left.nr == 0 && left.stats.nr_objects == 0);
		REQUIRE(left.stats.nr_nodes == 0 || hosted != 0);
		REQUIRE(left.stats.free_bytes + hosted == WORLD_SIZE);
		REQUIRE(left.verify.nr_errors == 0 && port.panics == 0);
	}
	for (i = 0; i < w->nr_memories; i++)
		free(w->memories[i]);
}
