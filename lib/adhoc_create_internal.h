/* SPDX-License-Identifier: BSD-2-Clause */
/* adhoc_create_internal.h - what making one object and making many have in common. */
#ifndef GM_ADHOC_CREATE_INTERNAL_H
#define GM_ADHOC_CREATE_INTERNAL_H

#include "adhoc_internal.h"
#include "memory_internal.h"

/*
 * gm_adhoc_link_one - link object number nr of those that lie side by side from base on,
 * growing where a node lacks.
 *
 * Returns 0, -GM_EEXIST (something is in the way), -GM_EBUSY or -GM_ENOMEM.
 */
GM_MUST_CHECK int gm_adhoc_link_one(struct gm_adhoc_search *search, size_t nr, uint64_t base);

/* gm_adhoc_begin - what a claim says, checked, and where to search. The errors of
 * gm_table_check_claim. The caller sets place, descs, and nr if place asks. */
GM_ALWAYS_INLINE int gm_adhoc_begin(struct gm_adhoc_search *s, struct gm_adhoc *adhoc,
				    const struct gm_claim *claim, struct gm_adhoc_range *bounds)
{
	int err;

	gm_memory_clear(s, sizeof(*s));
	s->adhoc = adhoc;
	err = gm_table_check_claim(&adhoc->table, claim, &s->claim, &bounds->base, &bounds->end);
	if (err != 0)
		return err;
	s->object.size = claim->size;
	s->object.type = claim->type;
	s->object.owner = claim->owner;
	bounds->base += adhoc->table.base;
	bounds->end += adhoc->table.base;
	bounds->is = GM_ADHOC_BOUNDS;
	return 0;
}

/* gm_adhoc_place - find the place and link, or link where it is wanted, and count the
 * bytes. Returns like gm_adhoc_search, or like place. */
GM_ALWAYS_INLINE int gm_adhoc_place(struct gm_adhoc_search *s, const struct gm_adhoc_range *where,
				    uint64_t *base)
{
	struct gm_adhoc *adhoc = s->adhoc;
	struct gm_lane *lane = gm_table_lane(&adhoc->table);
	volatile gm_word *hint = gm_adhoc_hint(adhoc, lane, s->object.size);
	int err;

	gm_table_lane_take(lane, s->claim.size);
	if (where->is == GM_ADHOC_WANTED) {
		*base = where->base;
		err = s->place(s, where->base);
	} else {
		err = gm_adhoc_search(s, where, gm_adhoc_aimed(adhoc, hint), base);
		if (err == 0)
			gm_adhoc_aim(adhoc, hint, *base + s->claim.size);
	}
	if (err != 0)
		gm_table_lane_give(lane, s->claim.size);
	return err;
}

#endif
