/* SPDX-License-Identifier: BSD-2-Clause */
/* folio_internal.h - what the files of the folio table share. */
#ifndef GM_FOLIO_INTERNAL_H
#define GM_FOLIO_INTERNAL_H

#include <granmem/folio.h>

/*
 * gm_folio_take_desc - a frozen descriptor, growing the pool if need be.
 *
 * mine: what the caller has locked or frozen; looking for memory for a slab it is
 * not in anybody's way but the caller's own. Returns 0, -GM_ENOMEM, or -GM_EBUSY
 * (memory for a slab was in the middle of another's change or growth). Lock-free.
 */
GM_MUST_CHECK int gm_folio_take_desc(struct gm_folio *folio, struct gm_blocks_range mine,
				     struct gm_desc **out);

/* gm_folio_return_descs - give `nr` descriptors back. */
void gm_folio_return_descs(struct gm_folio *folio, struct gm_desc *const *descs, size_t nr);

#endif
