/* SPDX-License-Identifier: BSD-2-Clause */
/* index.c - finding, inserting, erasing and replacing; contracts in granmem/index.h. */
#include "index_internal.h"
#include "radix_internal.h"

/* Undo what a get of `err` did. */
static void give_up(struct gm_index *index, struct gm_desc *desc, int err)
{
	if (err == 0)
		err = gm_ref_undo(desc);
	if (err == -GM_EORPHAN)
		gm_space_orphan(gm_index_store_of(index)->space, desc);
}

void gm_index_drop(struct gm_index *index, struct gm_desc *desc)
{
	give_up(index, desc, 0);
}

/* Does the slot still hold the value, and stand for the offset? Not so if the way led
 * into a node that has gone elsewhere. */
static int is_there(const struct gm_index *index, const struct gm_radix_at *at, uint64_t offset)
{
	struct gm_radix_at now;

	return gm_radix_walk(&index->tree, offset, 0, &now) == 0 && now.slot == at->slot &&
	       now.value == at->value;
}

/* Is a held object, with this place, what at's slot means? As gm_index_get. */
static int check(const struct gm_index *index, const struct gm_radix_at *at,
		 const struct gm_desc *desc, gm_word place, uint64_t offset)
{
	int covers = gm_index_covers(index, desc, place, offset);

	if (covers && (place & GM_PLACE_STATE) == GM_PLACE_HERE)
		return 0;
	/* Who sees in the place, which was read with acquire order, that it has left
	 * sees that it has left the slot, or that it has come back: then the place is
	 * another. relaxed: it is only compared. */
	if (!is_there(index, at, offset) ||
	    gm_atomic_load_relaxed(gm_index_place(index, desc)) != place)
		return 1;
	/* Only if somebody split, cut or changed what is in the index. */
	if (!covers)
		return -GM_EBUSY;
	/* While one replaces another, the slot says which of them is meant. */
	return (place & GM_PLACE_STATE) == GM_PLACE_CHANGING ? 0 : -GM_ENOENT;
}

int gm_index_get(struct gm_index *index, const struct gm_radix_at *at, uint64_t offset,
		 struct gm_desc **out, gm_word *place)
{
	struct gm_desc *desc = (struct gm_desc *)at->value;
	int got = gm_ref_try_get(desc);
	int err;

	if (got == 0) {
		/* acquire: pairs with the release of insert, replace and mark */
		*place = gm_atomic_load_acquire(gm_index_place(index, desc));
		err = check(index, at, desc, *place, offset);
		if (err == 0) {
			*out = desc;
			return 0;
		}
	} else {
		err = is_there(index, at, offset) ? got : 1;
	}
	give_up(index, desc, got);
	return err;
}

/*
 * Nothing in a slot is nothing there, whatever node the slot is of: an object that is
 * there throughout keeps its nodes where they are.
 */
int gm_index_find_at(struct gm_index *index, uint64_t offset, struct gm_desc **out, gm_word *place)
{
	struct gm_radix_at at;
	int err;

	if (offset >= index->span)
		return -GM_ERANGE;
	do {
		gm_radix_seek(&index->tree, offset, &at);
		if (!gm_index_is_object(at.value))
			return -GM_ENOENT;
		err = gm_index_get(index, &at, offset, out, place);
	} while (err == 1);
	return err;
}

int gm_index_find_get_rest(struct gm_index *index, uint64_t offset, struct gm_desc *desc, int err,
			   struct gm_desc **out)
{
	gm_word place;

	give_up(index, desc, err);
	return gm_index_find_at(index, offset, out, &place);
}

int gm_index_run(struct gm_index *index, uint64_t offset, uint64_t va, unsigned shift,
		 uint64_t leaves, struct gm_desc **desc, struct gm_run *out)
{
	gm_word place;
	int err = gm_index_find_at(index, offset, desc, &place);

	if (err != 0)
		return err;
	err = gm_run_at(*desc, offset - gm_index_start(index, place), va, shift, leaves, out);
	if (err != 0)
		gm_index_drop(index, *desc);
	return err;
}

int gm_index_offset(const struct gm_index *index, const struct gm_desc *desc, uint64_t *out)
{
	/* acquire: pairs with the release of insert and replace */
	gm_word place = gm_atomic_load_acquire(gm_index_place(index, desc));

	if (gm_desc_owner(desc) != index->owner || place == 0 ||
	    (place & GM_PLACE_STATE) == GM_PLACE_HIDDEN)
		return -GM_ENOENT;
	*out = gm_index_start(index, place);
	return 0;
}

/* A shadow in a node that stands there, not in one that has gone elsewhere. */
static int read_shadow(const struct gm_index *index, uint64_t offset, gm_word *out)
{
	struct gm_radix_at at;
	int err = gm_radix_walk(&index->tree, offset, 0, &at);

	if (err != 0)
		return err;
	if (!gm_index_is_shadow(at.value))
		return -GM_ENOENT;
	*out = at.value >> 2;
	return 0;
}

int gm_index_shadow(const struct gm_index *index, uint64_t offset, gm_word *out)
{
	return offset < index->span ? read_shadow(index, offset, out) : -GM_ERANGE;
}

/* Link, with more nodes where they lack. */
static int link(struct gm_index *index, uint64_t first, uint64_t end, struct gm_desc *desc)
{
	unsigned flags = 0;
	unsigned short_of;
	int err;

	for (;;) {
		err = gm_radix_link_over(&index->tree, first, end, (gm_word)desc, flags,
					 GM_CPU_HINT(), &short_of);
		if (err != -GM_ENOMEM || flags != 0)
			return err;
		if (!gm_index_grow(gm_index_store_of(index), short_of))
			flags = GM_RADIX_THOROUGH;
	}
}

/* Is there an object in [first, end)? What is only coming or going does not count. */
static int exists(struct gm_index *index, uint64_t first, uint64_t end)
{
	struct gm_radix_at at;
	struct gm_desc *desc;
	gm_word place;

	while (gm_radix_next(&index->tree, &first, end, 0, GM_CPU_HINT(), &at) == 0) {
		int err = -GM_ENOENT;

		if (gm_index_is_object(at.value))
			err = gm_index_get(index, &at, first, &desc, &place);
		if (err == 0) {
			gm_index_drop(index, desc);
			return 1;
		}
		if (err != 1) /* else it has changed: look again */
			first = gm_radix_end_of(&index->tree, &at, first);
	}
	return 0;
}

static int check_range(const struct gm_index *index, uint64_t offset, uint64_t size)
{
	unsigned shift = gm_index_store_of(index)->unit_shift;

	if (!gm_granule_aligned(size, shift))
		return -GM_ESIZE;
	if (!gm_granule_aligned(offset, shift))
		return -GM_EALIGN;
	return offset >= index->span || size > index->span - offset ? -GM_ERANGE : 0;
}

/* The place of an object at an offset. */
static gm_word place_at(const struct gm_index *index, uint64_t offset, gm_word marks, gm_word state)
{
	gm_word units = (gm_word)(offset >> gm_index_store_of(index)->unit_shift);

	return units << GM_PLACE_UNITS_SHIFT | marks << GM_PLACE_MARKS_SHIFT | state;
}

/* Take the place of an object that is in no index. acquire: pairs with the release of
 * the one who took it out of its last: its slots there are empty. */
static int take_place(const struct gm_index *index, const struct gm_desc *desc, gm_word place)
{
	if (gm_desc_owner(desc) != index->owner ||
	    !gm_atomic_cas_acquire(gm_index_place(index, desc), 0, place))
		return -GM_EINVAL;
	return 0;
}

int gm_index_insert(struct gm_index *index, uint64_t offset, struct gm_desc *desc, gm_word *shadow)
{
	volatile gm_word *place = gm_index_place(index, desc);
	uint64_t size = gm_desc_size(desc);
	gm_word before = 0;
	int err = check_range(index, offset, size);

	if (err == 0)
		err = take_place(index, desc, place_at(index, offset, 0, GM_PLACE_HIDDEN));
	if (err != 0)
		return err;
	if (shadow != NULL)
		(void)read_shadow(index, offset, &before);
	err = link(index, offset, offset + size, desc);
	/* What is in the way comes before what is lacking. */
	if (err != 0 && exists(index, offset, offset + size))
		err = -GM_EEXIST;
	else if (err == -GM_EEXIST)
		err = -GM_EBUSY;
	if (err != 0) {
		/* relaxed: nothing was done that anybody has to see */
		gm_atomic_store_relaxed(place, 0);
		return err;
	}
	if (shadow != NULL)
		*shadow = before;
	/* release: pairs with the acquire of lookups. Now it is the index's. */
	gm_atomic_store_release(place, place_at(index, offset, 0, GM_PLACE_HERE));
	return 0;
}

/* From "here" to another state: returns 0 and what the place was, or an error. */
static int leave(const struct gm_index *index, const struct gm_desc *desc, gm_word state,
		 gm_word *was)
{
	volatile gm_word *place = gm_index_place(index, desc);

	if (gm_desc_owner(desc) != index->owner)
		return -GM_ENOENT;
	do {
		*was = gm_atomic_load_relaxed(place);
		if ((*was & GM_PLACE_STATE) != GM_PLACE_HERE)
			return gm_index_not_here(*was);
		/* acquire: pairs with the release of insert, replace and mark, and of who
		 * takes a label back */
	} while (!gm_atomic_cas_acquire(place, *was, (*was & ~GM_PLACE_STATE) | state));
	return 0;
}

int gm_index_erase(struct gm_index *index, struct gm_desc *desc, gm_word shadow, gm_word *marks)
{
	uint64_t first, end;
	gm_word was;
	int err;

	if (shadow > GM_INDEX_SHADOW_MAX)
		return -GM_EINVAL;
	err = leave(index, desc, GM_PLACE_HIDDEN, &was);
	if (err != 0)
		return err;
	if (marks != NULL)
		*marks = gm_index_place_marks(was);
	first = gm_index_start(index, was);
	end = first + gm_desc_size(desc);
	if (shadow != 0)
		gm_radix_relabel(&index->tree, first, end, (gm_word)desc,
				 shadow << 2 | GM_RADIX_MARK);
	else
		gm_radix_unlink(&index->tree, first, end, (gm_word)desc, GM_CPU_HINT());
	/* release: pairs with the acquire of take_place, and of lookups */
	gm_atomic_store_release(gm_index_place(index, desc), 0);
	return 0;
}

int gm_index_take(struct gm_index *index, uint64_t offset, gm_word shadow, gm_word *marks,
		  struct gm_desc **out)
{
	struct gm_desc *desc;
	gm_word place;
	int err;

	err = gm_index_find_at(index, offset, &desc, &place);
	if (err != 0)
		return err;
	err = gm_index_erase(index, desc, shadow, marks);
	gm_index_drop(index, desc);
	if (err == 0)
		*out = desc;
	return err;
}

int gm_index_replace(struct gm_index *index, struct gm_desc *old, struct gm_desc *desc)
{
	volatile gm_word *place = gm_index_place(index, desc);
	uint64_t first, size = gm_desc_size(desc);
	gm_word marks, was;
	int err = take_place(index, desc, GM_PLACE_HIDDEN);

	if (err != 0)
		return err;
	err = gm_desc_size(old) != size ? -GM_ESIZE :
					  leave(index, old, GM_PLACE_CHANGING, &was);
	if (err != 0) {
		/* relaxed: nothing was done that anybody has to see */
		gm_atomic_store_relaxed(place, 0);
		return err;
	}
	first = gm_index_start(index, was);
	marks = gm_index_place_marks(was);
	/* release: pairs with the acquire of lookups: where it was before, it has left */
	gm_atomic_store_release(place, place_at(index, first, marks, GM_PLACE_CHANGING));
	gm_radix_relabel(&index->tree, first, first + size, (gm_word)old, (gm_word)desc);
	/* release, both: pair with the acquire of lookups, leave and take_place */
	gm_atomic_store_release(place, place_at(index, first, marks, GM_PLACE_HERE));
	gm_atomic_store_release(gm_index_place(index, old), 0);
	return 0;
}
