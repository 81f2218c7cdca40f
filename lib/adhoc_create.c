/* SPDX-License-Identifier: BSD-2-Clause */
/* adhoc_create.c - free memory becomes objects, at a place or where there is room;
 * contracts in granmem/adhoc.h. */
#include <granmem/trace.h>

#include "adhoc_create_internal.h"

/*
 * The everyday claim: one slot of some level, anywhere, and the lane's hint is at
 * or just before a free one. Returns 1 if that was so.
 */
static int claim_slot(struct gm_adhoc *adhoc, const struct gm_claim *claim, struct gm_lane *lane,
		      struct gm_desc *desc)
{
	struct gm_table *table = &adhoc->table;
	uint64_t size = claim->size;
	size_t level = gm_radix_level_of(&adhoc->radix, size);
	volatile gm_word *hint = gm_adhoc_hint(adhoc, lane, size);
	struct gm_object object;
	uint64_t at;

	if (level == GM_RADIX_LEVELS || claim->type - 1 >= GM_TYPE_MAX || claim->accept != NULL ||
	    claim->min.value != 0 || claim->max.value != 0 || claim->align > size ||
	    claim->align % GM_OBJECT_ALIGN != 0 || (claim->align & (claim->align - 1)) != 0)
		return 0;
	at = gm_adhoc_aimed(adhoc, hint);
	at = (at + size - 1) & ~(size - 1); /* as large as a slot, so a power of two */
	if (at - table->base >= table->size)
		return 0;
	gm_table_lane_take(lane, size);
	/* The object's base is known only when a slot is taken; until it is
	 * published nobody looks at it. */
	if (!gm_radix_link_free(&adhoc->radix, level, &at, table->base + table->size,
				(gm_word)desc)) {
		gm_table_lane_give(lane, size);
		return 0;
	}
	object.base = gm_paddr(at);
	object.size = size;
	object.type = claim->type;
	object.owner = claim->owner;
	gm_desc_set(desc, &object);
	GM_TRACE(create, desc, object.base.value, size);
	gm_ref_publish(desc, object.type, 1);
	gm_adhoc_aim(adhoc, hint, object.base.value + size);
	return 1;
}

int gm_adhoc_link_one(struct gm_adhoc_search *s, size_t nr, uint64_t base)
{
	struct gm_adhoc_range mine = { base, base + s->claim.size, GM_ADHOC_WANTED };
	struct gm_adhoc *adhoc = s->adhoc;
	struct gm_desc *desc = s->descs[nr];
	uint64_t first = base + nr * s->object.size;
	int grown = -GM_ENOMEM;
	size_t short_of;
	int err;

	s->object.base = gm_paddr(first);
	gm_desc_set(desc, &s->object);
	for (;;) {
		err = gm_radix_link(&adhoc->radix, first, first + s->object.size, (gm_word)desc,
				    s->exhausted, &short_of);
		if (err != -GM_ENOMEM)
			return err;
		if (s->exhausted != 0)
			return grown;
		grown = gm_adhoc_grow(adhoc, &adhoc->radix.nodes[short_of], &mine);
		if (grown != 0)
			s->exhausted = GM_RADIX_THOROUGH;
	}
}

static int place_object(struct gm_adhoc_search *s, uint64_t base)
{
	return gm_adhoc_link_one(s, 0, base);
}

/* Make one object as s says, at exactly the place that is wanted, or anywhere in the
 * bounds. */
static int make(struct gm_adhoc_search *s, const struct gm_adhoc_range *where, struct gm_desc **out)
{
	struct gm_desc *desc;
	uint64_t base;
	int err = gm_adhoc_take_desc(s->adhoc, where, &desc);

	if (err != 0)
		return err;
	s->place = place_object;
	s->descs = &desc;
	err = gm_adhoc_place(s, where, &base);
	if (err != 0) {
		gm_adhoc_return_desc(s->adhoc, desc);
		return err;
	}
	GM_TRACE(create, desc, base, s->object.size);
	gm_ref_publish(desc, s->object.type, 1);
	*out = desc;
	return 0;
}

/* The claim that takes a search. */
static GM_NOINLINE int claim_searching(struct gm_adhoc *adhoc, const struct gm_claim *claim,
				       struct gm_desc **out)
{
	struct gm_adhoc_search s;
	struct gm_adhoc_range bounds;
	int err = gm_adhoc_begin(&s, adhoc, claim, &bounds);

	return err != 0 ? err : make(&s, &bounds, out);
}

int gm_adhoc_claim(struct gm_adhoc *adhoc, const struct gm_claim *claim, struct gm_desc **out)
{
	size_t hint = GM_CPU_HINT();
	struct gm_desc *desc = gm_pool_take(&adhoc->descs, hint, 0);

	if (desc != NULL) {
		if (claim_slot(adhoc, claim, gm_table_lane_of(&adhoc->table, hint), desc)) {
			*out = desc;
			return 0;
		}
		gm_adhoc_return_desc(adhoc, desc);
	}
	return claim_searching(adhoc, claim, out);
}

/* Is what was walked to metadata, or live and still there? */
static int in_the_way(const struct gm_radix_at *at)
{
	const struct gm_desc *desc = (const struct gm_desc *)at->value;

	if (at->value == 0)
		return 0;
	if ((at->value & GM_RADIX_TAGS) != 0)
		return 1;
	/* acquire: pairs with the release of publish, so that who sees a life of the
	 * descriptor elsewhere sees that the slot has changed. */
	return gm_state_is_live(gm_atomic_load_acquire(&desc->state)) &&
	       gm_atomic_load_relaxed(at->slot) == at->value;
}

/* Is anything in [base, end) live, or only in the middle of a change? */
static GM_COLD int exists(const struct gm_adhoc *adhoc, uint64_t base, uint64_t end)
{
	while (base < end) {
		struct gm_radix_at at;
		unsigned shift;
		int err = gm_radix_walk(&adhoc->radix, base, 0, &at);

		if (err == 0 && in_the_way(&at))
			return 1;
		shift = adhoc->radix.levels[at.level].shift;
		base = gm_granule_down(base, shift) + gm_granule_size(shift);
	}
	return 0;
}

int gm_adhoc_create(struct gm_adhoc *adhoc, const struct gm_object *object, struct gm_desc **out)
{
	uint64_t base = object->base.value;
	/* Metadata of a self-hosted table must not take the place of the object. */
	struct gm_adhoc_range place = { base, base + object->size, GM_ADHOC_WANTED };
	struct gm_adhoc_search s;
	int err = gm_table_check(&adhoc->table, object);

	if (err != 0)
		return err;
	if (((base | object->size) & (GM_OBJECT_ALIGN - 1)) != 0)
		return -GM_EALIGN;
	gm_memory_clear(&s, sizeof(s));
	s.adhoc = adhoc;
	s.claim.size = object->size;
	s.object.size = object->size;
	s.object.type = object->type;
	s.object.owner = object->owner;
	err = make(&s, &place, out);
	/* What is in the way comes before what is lacking. */
	if (err != 0 && exists(adhoc, base, place.end))
		return -GM_EEXIST;
	return err == -GM_EEXIST ? -GM_EBUSY : err;
}
