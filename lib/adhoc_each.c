/* SPDX-License-Identifier: BSD-2-Clause */
/* adhoc_each.c - many objects of a granule at once; contract in granmem/adhoc.h. */
#include <granmem/trace.h>

#include "adhoc_create_internal.h"

/* Link all of them at base, side by side, or none. */
static int place_each(struct gm_adhoc_search *s, uint64_t base)
{
	size_t linked;
	int err = 0;

	for (linked = 0; linked < s->nr; linked++) {
		err = gm_adhoc_link_one(s, linked, base);
		if (err != 0)
			break;
	}
	if (err == 0)
		return 0;
	while (linked-- > 0) {
		uint64_t first = base + linked * s->object.size;

		gm_radix_unlink(&s->adhoc->radix, first, first + s->object.size,
				(gm_word)s->descs[linked]);
	}
	return err;
}

int gm_adhoc_claim_each(struct gm_adhoc *adhoc, const struct gm_claim *claim, size_t nr,
			struct gm_desc **out)
{
	uint64_t granule = gm_granule_size(adhoc->table.granule_shift);
	struct gm_adhoc_search s;
	struct gm_adhoc_range bounds;
	struct gm_claim whole;
	size_t taken = 0;
	uint64_t base;
	int err;

	if (nr > adhoc->table.size >> adhoc->table.granule_shift)
		return nr > GM_PADDR_END >> adhoc->table.granule_shift ? -GM_EOVERFLOW : -GM_ERANGE;
	gm_memory_copy(&whole, claim, sizeof(whole));
	whole.size = nr * granule;
	err = gm_adhoc_begin(&s, adhoc, &whole, &bounds);
	if (err != 0)
		return err;
	if (s.claim.align < granule)
		s.claim.align = granule;
	s.place = place_each;
	s.object.size = granule;
	s.descs = out;
	s.nr = nr;
	while (err == 0 && taken < nr) {
		err = gm_adhoc_take_desc(adhoc, &bounds, &out[taken]);
		taken += err == 0;
	}
	if (err == 0)
		err = gm_adhoc_place(&s, &bounds, &base);
	while (taken-- > 0) {
		if (err != 0) {
			gm_adhoc_return_desc(adhoc, out[taken]);
			continue;
		}
		GM_TRACE(create, out[taken], base + taken * granule, granule);
		gm_ref_publish(out[taken], s.object.type, 1);
	}
	return err;
}
