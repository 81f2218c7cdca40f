/* SPDX-License-Identifier: BSD-2-Clause */
/* case_world.c - calls of a table that compare the answers with the world. */
#include "tables.h"

#include <string.h>

#define NR_OBJECTS 64
#define SPARE 0x20000 /* those who race to bring new memory each bring some */

struct object {
	uint64_t base;
	uint64_t size; /* 0: no object */
	void *owner;
	uint64_t free_base; /* a part that its holder is releasing just now */
	uint64_t free_size;
};

const struct table_calls *table_calls;
void *table;

static struct object world[NR_OBJECTS];
static struct object kept[NR_OBJECTS];
static struct gm_stats at_start;

void table_start(int zeroed)
{
	struct gm_table_config config = { .base = gm_paddr(BASE),
					  .size = table_calls->region,
					  .granule_shift = GRANULE_SHIFT,
					  .nr_lanes = 1,
					  .zeroed = zeroed };
	struct gm_metadata metadata;
	uint64_t spare = zeroed ? 0 : SPARE;

	table = explore_alloc(table_calls->bytes, 64);
	explore_check(table_calls->metadata(&config, 3, &metadata) == 0, "metadata_size");
	explore_check(table_calls->init(table, &config,
					explore_alloc((size_t)(metadata.bytes + spare), 64),
					metadata.bytes + spare) == 0,
		      "init");
	world_clear();
}

static void *region;

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	(void)ctx;
	(void)size;
	return (unsigned char *)region + (size_t)(base.value - BASE);
}

void table_start_hosted(void)
{
	struct gm_table_config config = { .base = gm_paddr(BASE),
					  .size = table_calls->region,
					  .granule_shift = GRANULE_SHIFT,
					  .nr_lanes = 1,
					  .desc_size = 1024,
					  .to_virtual = to_virtual };

	table = explore_alloc(table_calls->bytes, 64);
	region = explore_alloc((size_t)table_calls->region, (size_t)1 << 14);
	explore_check(table_calls->init(table, &config, NULL, 0) == 0, "init");
	world_clear();
}

void world_clear(void)
{
	memset(world, 0, sizeof(world));
}

void world_keep(void)
{
	memcpy(kept, world, sizeof(world));
	table_calls->stats(table, &at_start);
}

void world_reset(void)
{
	memcpy(world, kept, sizeof(world));
}

static int overlap(uint64_t base, uint64_t size, uint64_t other, uint64_t other_size)
{
	return base < other + other_size && other < base + size;
}

/* The object at an address; a part that is being released counts. */
static struct object *object_at(uint64_t paddr)
{
	unsigned i;

	for (i = 0; i < NR_OBJECTS; i++)
		if (world[i].size != 0 && paddr - world[i].base < world[i].size)
			return &world[i];
	return NULL;
}

static void add(uint64_t base, uint64_t size, void *owner)
{
	unsigned free_slot = NR_OBJECTS;
	unsigned i;

	for (i = 0; i < NR_OBJECTS; i++) {
		const struct object *other = &world[i];

		if (other->size == 0) {
			free_slot = i;
			continue;
		}
		if (!overlap(base, size, other->base, other->size))
			continue;
		explore_check(base >= other->free_base &&
				      base + size <= other->free_base + other->free_size,
			      "I7: two objects overlap");
	}
	explore_check(free_slot < NR_OBJECTS, "too many objects for the world");
	world[free_slot] = (struct object){ base, size, owner, 0, 0 };
}

static void *owner_of(uint64_t base)
{
	return (void *)(uintptr_t)((base >> 6) * 16);
}

static void ended(const struct gm_object *gone)
{
	struct object *object = object_at(gone->base.value);

	explore_check(object != NULL && object->base == gone->base.value &&
			      object->size == gone->size,
		      "what ended is not an object of the table");
	explore_check(object->owner == gone->owner && gone->type == TYPE,
		      "the record is of two objects");
	object->size = 0;
}

int do_create(uint64_t base, uint64_t size, struct gm_desc **out)
{
	struct gm_object object = { gm_paddr(base), size, TYPE, owner_of(base) };
	int err = table_calls->create(table, &object, out);

	if (err == 0)
		add(base, size, object.owner);
	else
		explore_check(err == -GM_EEXIST || err == -GM_EBUSY, "create: an odd error");
	return err;
}

int do_claim(uint64_t size, uint64_t min, uint64_t max, struct gm_desc **out, uint64_t *base)
{
	struct gm_claim claim = { .size = size,
				  .min = gm_paddr(min),
				  .max = gm_paddr(max),
				  .type = TYPE };
	int err = table_calls->claim(table, &claim, out);

	if (err != 0) {
		/* Blocks are aligned, so two units each always fit. */
		explore_check(err == -GM_EBUSY ||
				      (err == -GM_ENOMEM &&
				       (table_calls->sub_granule || explore_now->nr_threads > 2)),
			      "claim: an odd error");
		return err;
	}
	*base = gm_desc_base(*out);
	explore_check(*base >= min && *base + size <= max && gm_desc_size(*out) == size,
		      "claimed outside of the bounds");
	add(*base, size, NULL);
	return 0;
}

int do_find(uint64_t paddr, unsigned type)
{
	struct gm_desc *desc;
	struct object *object;
	uint64_t base, size;
	int err = table_calls->find_get(table, gm_paddr(paddr), type, &desc);

	if (err != 0) {
		explore_check(err == -GM_ENOENT || err == -GM_EBUSY ||
				      (err == -GM_ETYPE && type == OTHER_TYPE),
			      "find_get: an odd error");
		return err;
	}
	explore_check(type != OTHER_TYPE, "found an object of another type");
	base = gm_desc_base(desc);
	size = gm_desc_size(desc);
	object = object_at(paddr); /* as it is now: reading the base was a step */
	explore_check(object != NULL, "found an object that is not there");
	if (object->free_size == 0)
		explore_check(object->base == base && object->size == size,
			      "found another object than is there");
	explore_check(paddr - base < size, "found an object that does not cover the address");
	explore_check(gm_desc_owner(desc) == object->owner, "the owner is another object's");
	do_put(desc);
	return 0;
}

void do_put(struct gm_desc *desc)
{
	struct gm_object gone;

	if (!gm_ref_put(desc, &gone))
		return;
	ended(&gone);
	table_calls->remove(table, desc);
}

/* Beside it nobody makes an object there, which the world could not tell apart. */
void do_table_put(struct gm_desc *desc, uint64_t base)
{
	if (table_calls->put(table, desc))
		object_at(base)->size = 0;
}

int do_claim_each(size_t nr, uint64_t min, uint64_t max, struct gm_desc **out)
{
	struct gm_claim claim = { .min = gm_paddr(min), .max = gm_paddr(max), .type = TYPE };
	int err = table_calls->claim_each(table, &claim, nr, out);
	size_t i;

	explore_check(err == 0 || err == -GM_EBUSY || err == -GM_ENOMEM,
		      "claim_each: an odd error");
	for (i = 0; err == 0 && i < nr; i++) {
		explore_check(gm_desc_base(out[i]) == gm_desc_base(out[0]) + i * GRANULE,
			      "the pieces are not side by side");
		add(gm_desc_base(out[i]), GRANULE, NULL);
	}
	return err;
}

/* The caller holds the object; what it keeps of it keeps its owner. */
int do_release(uint64_t base, uint64_t size)
{
	struct object *object = object_at(base);
	uint64_t end = base + size;
	int err;

	object->free_base = base;
	object->free_size = size;
	err = table_calls->release_range(table, gm_paddr(base), size);
	object->free_base = 0;
	object->free_size = 0;
	if (err != 0) {
		explore_check(err == -GM_EBUSY, "release_range: an odd error");
		return err;
	}
	if (object->base + object->size > end) {
		uint64_t rest = object->base + object->size - end;

		object->size -= rest;
		if (object->base == base) {
			object->base = end;
			object->size = rest;
			return 0;
		}
		object->size = base - object->base;
		add(end, rest, object->owner);
		return 0;
	}
	object->size = base - object->base;
	return 0;
}

static void reaped(void *ctx, const struct gm_object *gone)
{
	(void)ctx;
	ended(gone);
}

void do_reap(void)
{
	(void)table_calls->reap(table, reaped, NULL);
}

struct walk {
	uint64_t wanted;
	unsigned seen;
};

static int visit(void *ctx, struct gm_desc *desc)
{
	struct walk *walk = ctx;
	struct object *object = object_at(gm_desc_base(desc));

	explore_check(object != NULL && object->base == gm_desc_base(desc) &&
			      object->size == gm_desc_size(desc),
		      "visited an object that is not there");
	walk->seen += gm_desc_base(desc) == walk->wanted;
	return 0;
}

void do_walk(uint64_t must_find)
{
	struct walk walk = { must_find, 0 };

	explore_check(table_calls->for_each(table, visit, &walk) == 0, "the walk ended early");
	explore_check(walk.seen == 1, "an object that was there was not visited once");
}

void do_check_mine(struct gm_desc *desc, uint64_t base, uint64_t size)
{
	explore_check(table_calls->find(table, gm_paddr(base)) == desc,
		      "I10: a held object is not found");
	explore_check(table_calls->find(table, gm_paddr(base + size - 1)) == desc,
		      "I10: a held object is not found at its end");
}

void table_check(void)
{
	struct gm_verify verify;
	struct gm_stats stats;
	uint64_t used = 0;
	uint64_t used_at_start = 0;
	unsigned nr = 0;
	unsigned i;

	do_reap();
	for (i = 0; i < NR_OBJECTS; i++) {
		struct gm_desc *desc;

		used_at_start += kept[i].size;
		if (world[i].size == 0)
			continue;
		desc = table_calls->find(table, gm_paddr(world[i].base));
		nr++;
		used += world[i].size;
		explore_check(desc != NULL && gm_desc_base(desc) == world[i].base &&
				      gm_desc_size(desc) == world[i].size,
			      "an object is lost");
	}
	explore_check(table_calls->verify(table, &verify) == 0, verify.first);
	explore_check(verify.nr_objects == nr, "the table has other objects than the world");
	table_calls->stats(table, &stats);
	explore_check(stats.free_bytes + stats.hosted_bytes + used ==
			      at_start.free_bytes + at_start.hosted_bytes + used_at_start,
		      "free bytes are lost");
	if (nr == 0)
		explore_check(stats.nr_nodes == 0 && stats.nr_objects == 0,
			      "a node or a descriptor is lost");
}
