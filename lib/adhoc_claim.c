/* SPDX-License-Identifier: BSD-2-Clause */
/* adhoc_claim.c - free memory becomes objects; contracts in granmem/adhoc.h. */
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
	unsigned level = gm_radix_level_of(&adhoc->radix, claim->size);
	uint64_t base = gm_adhoc_offset(adhoc, table->base);
	struct gm_object object;
	struct gm_lane *lane = gm_table_lane(table);
	gm_word hint;
	uint64_t at;

	if (level == GM_RADIX_LEVELS || claim->type - 1 >= GM_TYPE_MAX || claim->accept != NULL ||
	    claim->min.value != 0 || claim->max.value != 0 || claim->align > claim->size ||
	    claim->align % GM_OBJECT_ALIGN != 0 || (claim->align & (claim->align - 1)) != 0)
		return 0;
	hint = gm_atomic_load_relaxed(&lane->hints[gm_adhoc_hint(adhoc, claim->size)]);
	at = gm_granule_up(base + ((uint64_t)hint << GM_UNIT_SHIFT), adhoc->nodes.shift[level]);
	if (at - base >= table->size)
		return 0;
	gm_table_lane_take(lane, claim->size);
	/* The object's base is known only when a slot is taken; until it is
	 * published nobody looks at it. */
	if (!gm_radix_link_free(&adhoc->radix, level, &at, base + table->size, (gm_word)desc,
				GM_CPU_HINT())) {
		gm_table_lane_give(lane, claim->size);
		return 0;
	}
	object.base = gm_paddr(adhoc->origin + at);
	object.size = claim->size;
	object.type = claim->type;
	object.owner = claim->owner;
	gm_desc_set(desc, &object);
	GM_TRACE(create, desc, object.base.value, claim->size);
	gm_ref_publish(desc, claim->type, 1);
	gm_adhoc_aim(adhoc, lane, claim->size, object.base.value + claim->size);
	return 1;
}

/* Take nr descriptors; *taken is how many there were. */
static int take_descs(struct gm_adhoc *adhoc, struct gm_desc **descs, size_t nr, size_t *taken)
{
	int err = 0;

	for (*taken = 0; *taken < nr && err == 0;) {
		err = gm_adhoc_take_desc(adhoc, NULL, &descs[*taken]);
		*taken += err == 0;
	}
	return err;
}

static void return_descs(struct gm_adhoc *adhoc, struct gm_desc **descs, size_t nr)
{
	while (nr-- > 0)
		gm_pool_return(&adhoc->descs, descs[nr], GM_CPU_HINT());
}

/* Claim nr pieces of claim->size / nr bytes, side by side, at least so aligned. */
static int claim_pieces(struct gm_adhoc *adhoc, const struct gm_claim *claim, uint64_t piece,
			uint64_t align, size_t nr, struct gm_desc **out)
{
	struct gm_adhoc_search s;
	struct gm_lane *lane = gm_table_lane(&adhoc->table);
	uint64_t first, end, found;
	gm_word hint;
	size_t taken, i;
	int err;

	gm_memory_clear(&s, sizeof(s));
	s.adhoc = adhoc;
	s.descs = out;
	s.nr = nr;
	s.piece = piece;
	s.may_grow = 1;
	err = gm_table_check_claim(&adhoc->table, claim, &s.claim, &first, &end);
	if (err != 0)
		return err;
	if (s.claim.align < align)
		s.claim.align = align;
	hint = gm_atomic_load_relaxed(&lane->hints[gm_adhoc_hint(adhoc, piece)]);
	err = take_descs(adhoc, out, nr, &taken);
	gm_table_take_free(&adhoc->table, s.claim.size);
	if (err == 0)
		err = gm_adhoc_search(&s, first, end, (uint64_t)hint << GM_UNIT_SHIFT, &found);
	if (err != 0) {
		gm_table_give_free(&adhoc->table, s.claim.size);
		return_descs(adhoc, out, taken);
		return err;
	}
	for (i = 0; i < nr; i++) {
		GM_TRACE(create, out[i], found + i * piece, piece);
		gm_ref_publish(out[i], s.claim.type, 1);
	}
	gm_adhoc_aim(adhoc, lane, piece, found + s.claim.size);
	return 0;
}

int gm_adhoc_claim(struct gm_adhoc *adhoc, const struct gm_claim *claim, struct gm_desc **out)
{
	struct gm_desc *desc = gm_pool_take(&adhoc->descs, GM_CPU_HINT(), 0);
	int err;

	if (desc != NULL) {
		if (claim_slot(adhoc, claim, desc)) {
			*out = desc;
			return 0;
		}
		gm_pool_return(&adhoc->descs, desc, GM_CPU_HINT());
	}
	err = claim_pieces(adhoc, claim, claim->size, GM_OBJECT_ALIGN, 1, &desc);
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
