/* SPDX-License-Identifier: BSD-2-Clause */
/* world.c - contracts in world.h. */
#include "world.h"

#include "oracle.h"
#include "wide.h"

TABLE_OPS(compound, 0);
TABLE_OPS(folio, 0);
TABLE_OPS(adhoc, 1);

/* Where regions with their own metadata are mapped: aligned as their address is. */
#define MAP_ALIGN ((uint64_t)2 << 20)
#define HOSTED_MAX ((uint64_t)512 << 10)
static unsigned char memory[2 * MAP_ALIGN + HOSTED_MAX];

const struct table_ops *world_ops(enum gm_region_kind kind)
{
	return kind == GM_REGION_COMPOUND ? &compound_ops :
	       kind == GM_REGION_FOLIO    ? &folio_ops :
					    &adhoc_ops;
}

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	const struct world *w = ctx;
	uintptr_t start = ((uintptr_t)memory + MAP_ALIGN - 1) & ~(uintptr_t)(MAP_ALIGN - 1);

	FUZZ_EXPECT(wide_inside(base.value, size, w->base, w->size));
	start += (uintptr_t)(w->base % MAP_ALIGN);
	return (unsigned char *)start + (base.value - w->base);
}

static void configure(struct world *w, struct fuzz_input *in, unsigned kind,
		      struct gm_table_config *config)
{
	unsigned how = fuzz_u8(in);
	unsigned what = fuzz_u8(in);

	w->kind = (enum gm_region_kind)(kind != 0 ? kind : 1 + how % 3);
	w->ops = world_ops(w->kind);
	w->hosted = (how >> 2 & 3) == 3;
	config->granule_shift = GM_GRANULE_SHIFT_MIN + (how >> 4) % 8;
	w->nr_granules = 1 + fuzz_below(in, WORLD_GRANULES);
	if (w->hosted && (uint64_t)w->nr_granules << config->granule_shift > HOSTED_MAX)
		config->granule_shift = 12;
	w->granule = (uint64_t)1 << config->granule_shift;
	w->size = w->nr_granules * w->granule;
	in->unit_shift = config->granule_shift;
	w->base = fuzz_u64(in) & ~(w->granule - 1);
	if (!wide_inside(w->base, w->size, 0, GM_PADDR_END))
		w->base = GM_PADDR_END - w->size;
	config->base = gm_paddr(w->base);
	config->size = w->size;
	config->nr_lanes = 1u << (what & 3);
	config->desc_size = 32 + 16 * (what >> 2 & 3);
	config->root_shift =
		w->kind == GM_REGION_ADHOC && (what >> 4 & 1) != 0 ? config->granule_shift + 18 : 0;
	config->zeroed = what >> 5 & 1;
}

static void set_anchors(const struct world *w, struct fuzz_input *in)
{
	fuzz_anchor(in, 2, w->base);
	fuzz_anchor(in, 3, w->base + w->size);
	fuzz_anchor(in, 4, w->size);
	fuzz_anchor(in, 5, w->granule);
}

int world_begin(struct world *w, struct fuzz_input *in, unsigned kind)
{
	struct gm_table_config config;
	struct gm_metadata need;
	int err;

	memset(w, 0, sizeof(*w));
	memset(w->marks, GM_FOLIO_FREE, sizeof(w->marks));
	memset(&config, 0, sizeof(config));
	configure(w, in, kind, &config);
	set_anchors(w, in);
	if (w->hosted) {
		config.zeroed = 0;
		config.to_virtual = to_virtual;
		config.to_virtual_ctx = w;
		memset(to_virtual(w, gm_paddr(w->base), w->size), 0xa5, (size_t)w->size);
		err = w->ops->init(&w->as, &config, NULL, 0);
		FUZZ_EXPECT(err == 0 || err == -GM_ENOMEM);
		if (err != 0)
			return 0;
	} else {
		FUZZ_EXPECT(w->ops->metadata_size(&config, WORLD_OBJECTS, &need) == 0);
		w->buffer = calloc(1, (size_t)(need.bytes + need.align - 1));
		FUZZ_EXPECT(w->buffer != NULL);
		FUZZ_EXPECT(w->ops->init(&w->as, &config, w->buffer, need.bytes + need.align - 1) ==
			    0);
	}
	world_check(w);
	return 1;
}

struct world_object *world_at(const struct world *w, uint64_t paddr)
{
	unsigned i;

	for (i = 0; i < w->nr; i++)
		if (paddr - w->objects[i].base < w->objects[i].size)
			return (struct world_object *)&w->objects[i];
	return NULL;
}

void world_enter(struct world *w, struct gm_desc *desc, uint64_t base, uint64_t size, unsigned type)
{
	struct world_object *object = &w->objects[w->nr];

	FUZZ_EXPECT(w->nr < WORLD_OBJECTS && desc != NULL);
	FUZZ_EXPECT(wide_inside(base, size, w->base, w->size));
	FUZZ_EXPECT(oracle_look(w, base, size) == ORACLE_HOLE); /* I7 */
	FUZZ_EXPECT(gm_desc_base(desc) == base && gm_desc_size(desc) == size);
	FUZZ_EXPECT(gm_ref_type(desc) == type && gm_ref_is_sole(desc));
	memset(object, 0, sizeof(*object));
	object->desc = desc;
	object->base = base;
	object->size = size;
	object->type = type;
	object->refs = 1;
	w->nr++;
}

void world_leave(struct world *w, struct world_object *object)
{
	*object = w->objects[--w->nr];
}

void world_before(struct world *w)
{
	w->ops->stats(&w->as, &w->before);
}

/* Growth in the region is no change of what is in the table, but it takes memory
 * that was free. */
static void learn_metadata(struct world *w)
{
	struct gm_desc *desc;
	unsigned i;

	for (i = 0; i < w->nr_granules; i++) {
		struct gm_paddr at = gm_paddr(w->base + i * w->granule);

		if (w->marks[i] == GM_FOLIO_FREE && w->ops->find(&w->as, at) == NULL &&
		    w->ops->find_get(&w->as, at, 0, &desc) == -GM_ENOTRAM)
			w->marks[i] = GM_FOLIO_METADATA;
	}
}

int world_answer(struct world *w, int got, uint64_t errors)
{
	struct gm_stats now;

	if (got > 0 || got < -63 || (errors >> -got & 1) == 0) {
		fprintf(stderr, "%s: the answer is %d, expected of the set %#llx\n", w->ops->name,
			got, (unsigned long long)errors);
		abort();
	}
	if (got == 0)
		return 1;
	w->ops->stats(&w->as, &now);
	if ((errors & ORACLE(0)) == 0 && -got <= GM_ENOTSUP)
		FUZZ_EXPECT(memcmp(&now, &w->before, sizeof(now)) == 0);
	FUZZ_EXPECT(now.nr_objects == w->before.nr_objects);
	FUZZ_EXPECT(now.free_bytes + now.hosted_bytes ==
		    w->before.free_bytes + w->before.hosted_bytes);
	FUZZ_EXPECT(w->hosted ||
		    (now.nr_nodes == w->before.nr_nodes && now.used_bytes == w->before.used_bytes));
	return 0;
}

void world_check(struct world *w)
{
	uint64_t covered = 0, marked = 0, references = 0;
	struct gm_verify verify;
	struct gm_stats stats;
	unsigned i;

	w->ops->stats(&w->as, &stats);
	if (w->hosted && stats.hosted_bytes != w->before.hosted_bytes)
		learn_metadata(w);
	for (i = 0; i < w->nr; i++) {
		covered += w->objects[i].size;
		references += w->objects[i].frozen ? 0 : w->objects[i].refs;
	}
	for (i = 0; i < w->nr_granules; i++)
		marked += w->marks[i] != GM_FOLIO_FREE ? w->granule : 0;
	if (gm_verify_table(w->kind, &w->as.table, &verify) != 0)
		fuzz_die(w->ops->name, 0, verify.first);
	FUZZ_EXPECT(verify.nr_objects == w->nr && stats.nr_objects == w->nr);
	FUZZ_EXPECT(verify.nr_references == references && verify.nr_saturated == 0);
	FUZZ_EXPECT(verify.covered_bytes == covered);
	FUZZ_EXPECT(stats.region_bytes == w->size);
	FUZZ_EXPECT(stats.free_bytes == w->size - covered - marked);
}

void world_end(struct world *w)
{
	struct gm_stats stats;
	unsigned i;

	while (w->nr != 0)
		world_drop(w, &w->objects[0]);
	for (i = 0; i < w->nr_granules; i++)
		if (w->marks[i] != GM_FOLIO_FREE && w->marks[i] != GM_FOLIO_METADATA)
			world_unmark(w, w->base + i * w->granule, w->granule);
	world_check(w);
	w->ops->stats(&w->as, &stats);
	FUZZ_EXPECT(stats.free_bytes == w->size - stats.hosted_bytes);
	FUZZ_EXPECT(w->ops->reap(&w->as, NULL, NULL) == 0);
	free(w->buffer);
}
