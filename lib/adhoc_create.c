/* SPDX-License-Identifier: BSD-2-Clause */
/* adhoc_create.c - free memory becomes objects, at a place or where there is room;
 * contracts in granmem/adhoc.h. */
#include <granmem/trace.h>

#include "adhoc_internal.h"
#include "memory_internal.h"

/*
 * The everyday claim: one slot of some level, anywhere, and the lane's hint is at
 * or just before a free one. Returns 1 if that was so.
 */
static int claim_slot(struct gm_adhoc *adhoc, const struct gm_claim *claim, struct gm_desc *desc)
{
	struct gm_table *table = &adhoc->table;
	uint64_t size = claim->size;
	size_t level = gm_radix_level_of(&adhoc->radix, size);
	uint64_t base = gm_adhoc_offset(adhoc, table->base);
	struct gm_lane *lane = gm_table_lane(table);
	volatile gm_word *hint = gm_adhoc_hint(adhoc, lane, size);
	struct gm_object object;
	uint64_t at;

	if (level == GM_RADIX_LEVELS || claim->type - 1 >= GM_TYPE_MAX || claim->accept != NULL ||
	    claim->min.value != 0 || claim->max.value != 0 || claim->align > size ||
	    claim->align % GM_OBJECT_ALIGN != 0 || (claim->align & (claim->align - 1)) != 0)
		return 0;
	at = base + ((uint64_t)gm_atomic_load_relaxed(hint) << GM_UNIT_SHIFT);
	at = (at + size - 1) & ~(size - 1); /* as large as a slot, so a power of two */
	if (at - base >= table->size)
		return 0;
	gm_table_lane_take(lane, size);
	/* The object's base is known only when a slot is taken; until it is
	 * published nobody looks at it. */
	if (!gm_radix_link_free(&adhoc->radix, level, &at, base + table->size, (gm_word)desc)) {
		gm_table_lane_give(lane, size);
		return 0;
	}
	object.base = gm_paddr(adhoc->origin + at);
	object.size = size;
	object.type = claim->type;
	object.owner = claim->owner;
	gm_desc_set(desc, &object);
	GM_TRACE(create, desc, object.base.value, size);
	gm_ref_publish(desc, object.type, 1);
	gm_adhoc_aim(adhoc, hint, object.base.value + size);
	return 1;
}

/* Link all pieces at base, or none. */
static int place_objects(struct gm_adhoc_search *s, uint64_t base)
{
	struct gm_adhoc_range mine = { base, base + s->claim.size, GM_ADHOC_WANTED };
	struct gm_object object;
	size_t i;
	int err = 0;

	object.size = s->piece;
	object.type = s->claim.type;
	object.owner = s->claim.owner;
	for (i = 0; i < s->nr; i++) {
		object.base = gm_paddr(base + i * s->piece);
		gm_desc_set(s->descs[i], &object);
		err = gm_adhoc_link(s->adhoc, object.base.value, s->piece, &mine, s->descs[i],
				    &s->may_grow);
		if (err != 0)
			break;
	}
	if (err == 0)
		return 0;
	while (i-- > 0) {
		uint64_t first = gm_adhoc_offset(s->adhoc, base + i * s->piece);

		gm_radix_unlink(&s->adhoc->radix, first, first + s->piece, (gm_word)s->descs[i]);
	}
	return err;
}

static void begin(struct gm_adhoc_search *s, struct gm_adhoc *adhoc, struct gm_desc **descs,
		  size_t nr, uint64_t piece)
{
	gm_memory_clear(s, sizeof(*s));
	s->adhoc = adhoc;
	s->place = place_objects;
	s->descs = descs;
	s->nr = nr;
	s->piece = piece;
	s->may_grow = 1;
}

/* Make what s says, at exactly the place that is wanted, or anywhere in the bounds. */
static int make(struct gm_adhoc_search *s, const struct gm_adhoc_range *where)
{
	struct gm_adhoc *adhoc = s->adhoc;
	struct gm_lane *lane = gm_table_lane(&adhoc->table);
	volatile gm_word *hint = gm_adhoc_hint(adhoc, lane, s->piece);
	uint64_t base = where->base;
	size_t taken = 0;
	size_t i;
	int err = 0;

	while (err == 0 && taken < s->nr) {
		err = gm_adhoc_take_desc(adhoc, where, &s->descs[taken]);
		taken += err == 0;
	}
	if (err == 0) {
		gm_table_lane_take(lane, s->claim.size);
		err = where->is == GM_ADHOC_WANTED ?
			      place_objects(s, base) :
			      gm_adhoc_search(s, where, gm_adhoc_aimed(adhoc, hint), &base);
		if (err != 0)
			gm_table_lane_give(lane, s->claim.size);
	}
	if (err != 0) {
		while (taken-- > 0)
			gm_adhoc_return_desc(adhoc, s->descs[taken]);
		return err;
	}
	for (i = 0; i < s->nr; i++) {
		GM_TRACE(create, s->descs[i], base + i * s->piece, s->piece);
		gm_ref_publish(s->descs[i], s->claim.type, 1);
	}
	if (where->is != GM_ADHOC_WANTED)
		gm_adhoc_aim(adhoc, hint, base + s->claim.size);
	return 0;
}

/* Claim nr pieces of claim->size / nr bytes, side by side, at least so aligned. */
static int claim_pieces(struct gm_adhoc *adhoc, const struct gm_claim *claim, uint64_t piece,
			uint64_t align, size_t nr, struct gm_desc **out)
{
	struct gm_adhoc_search s;
	struct gm_adhoc_range bounds;
	int err;

	begin(&s, adhoc, out, nr, piece);
	err = gm_table_check_claim(&adhoc->table, claim, &s.claim, &bounds.base, &bounds.end);
	if (err != 0)
		return err;
	if (s.claim.align < align)
		s.claim.align = align;
	bounds.base += adhoc->table.base;
	bounds.end += adhoc->table.base;
	bounds.is = GM_ADHOC_BOUNDS;
	return make(&s, &bounds);
}

int gm_adhoc_claim(struct gm_adhoc *adhoc, const struct gm_claim *claim, struct gm_desc **out)
{
	struct gm_desc *desc = gm_pool_take(&adhoc->descs, GM_CPU_HINT(), 0);
	int err = 0;

	if (desc == NULL || !claim_slot(adhoc, claim, desc)) {
		if (desc != NULL)
			gm_adhoc_return_desc(adhoc, desc);
		err = claim_pieces(adhoc, claim, claim->size, GM_OBJECT_ALIGN, 1, &desc);
	}
	if (err == 0)
		*out = desc;
	return err;
}

int gm_adhoc_claim_each(struct gm_adhoc *adhoc, const struct gm_claim *claim, size_t nr,
			struct gm_desc **out)
{
	uint64_t granule = gm_granule_size(adhoc->table.granule_shift);
	struct gm_claim whole;

	if (nr > adhoc->table.size >> adhoc->table.granule_shift)
		return nr > GM_PADDR_END >> adhoc->table.granule_shift ? -GM_EOVERFLOW : -GM_ERANGE;
	gm_memory_copy(&whole, claim, sizeof(whole));
	whole.size = nr * granule;
	return claim_pieces(adhoc, &whole, granule, granule, nr, out);
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
		uint64_t offset = gm_adhoc_offset(adhoc, base);
		struct gm_radix_at at;
		unsigned shift;
		int err = gm_radix_walk(&adhoc->radix, offset, 0, &at);

		if (err == 0 && in_the_way(&at))
			return 1;
		shift = adhoc->radix.shift[at.level];
		base = adhoc->origin + gm_granule_down(offset, shift) + gm_granule_size(shift);
	}
	return 0;
}

int gm_adhoc_create(struct gm_adhoc *adhoc, const struct gm_object *object, struct gm_desc **out)
{
	uint64_t base = object->base.value;
	/* Metadata of a self-hosted table must not take the place of the object. */
	struct gm_adhoc_range place = { base, base + object->size, GM_ADHOC_WANTED };
	struct gm_adhoc_search s;
	struct gm_desc *desc;
	int err;

	err = gm_table_check(&adhoc->table, object);
	if (err != 0)
		return err;
	if (((base | object->size) & (GM_OBJECT_ALIGN - 1)) != 0)
		return -GM_EALIGN;
	begin(&s, adhoc, &desc, 1, object->size);
	s.claim.size = object->size;
	s.claim.type = object->type;
	s.claim.owner = object->owner;
	err = make(&s, &place);
	if (err == 0) {
		*out = desc;
		return 0;
	}
	/* What is in the way comes before what is lacking. */
	if (exists(adhoc, base, place.end))
		return -GM_EEXIST;
	return err == -GM_EEXIST ? -GM_EBUSY : err;
}
