/* SPDX-License-Identifier: BSD-2-Clause */
/* index_internal.h - what the files of the index share. */
#ifndef GM_INDEX_INTERNAL_H
#define GM_INDEX_INTERNAL_H

#include <granmem/index.h>

/* Is a slot's value a shadow? */
static inline int gm_index_is_shadow(gm_word value)
{
	return (value & GM_RADIX_TAGS) == GM_RADIX_MARK;
}

/* An object, then? */
static inline int gm_index_is_object(gm_word value)
{
	return value != 0 && (value & GM_RADIX_TAGS) == 0;
}

static inline gm_word gm_index_place_marks(gm_word place)
{
	return (place & GM_PLACE_MARKS) >> GM_PLACE_MARKS_SHIFT;
}

/* All marks that the store has. */
static inline gm_word gm_index_all_marks(const struct gm_index *index)
{
	return ((gm_word)1 << index->tree.store->nr_labels) - 1;
}

/* What a place that is not "here" says to who wants to change it. */
static inline int gm_index_not_here(gm_word place)
{
	return (place & GM_PLACE_STATE) == GM_PLACE_CHANGING ? -GM_EBUSY : -GM_ENOENT;
}

/*
 * gm_index_get - what a lookup does once a walk led it to an object's slot.
 *
 * Returns 0 and the object, held, and its place as it was then; 1 (not there any
 * more: look again); -GM_ENOENT (being inserted or erased); -GM_EBUSY; -GM_ELIMIT.
 */
GM_MUST_CHECK int gm_index_get(struct gm_index *index, const struct gm_radix_at *at,
			       uint64_t offset, struct gm_desc **out, gm_word *place);

/* gm_index_find_at - find_get, with the place. */
GM_MUST_CHECK int gm_index_find_at(struct gm_index *index, uint64_t offset, struct gm_desc **out,
				   gm_word *place);

/* gm_index_drop - give up a reference that a lookup took. */
void gm_index_drop(struct gm_index *index, struct gm_desc *desc);

/* gm_index_grow - memory for nodes of this level. Returns 1, or 0 if there is none. */
int gm_index_grow(struct gm_index_store *store, unsigned level);

#endif
