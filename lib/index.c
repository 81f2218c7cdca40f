/* SPDX-License-Identifier: BSD-2-Clause */
/* index.c - looking up, beside everything; contracts in granmem/index.h. */
#include "index_internal.h"

/* A get of `err` got what was not meant, or nothing. Returns 1: look again; or the error,
 * if what led there is still the same. */
static int give_up(const struct gm_index *index, struct gm_desc *desc, int err)
{
	if (err == 0)
		err = gm_ref_undo(desc);
	if (err == -GM_EORPHAN)
		gm_space_orphan(index->store->space, desc);
	return err == 0 || err == -GM_EORPHAN ? 1 : err;
}

/* What a lookup held in vain, and how often in a row. */
struct miss {
	const struct gm_desc *desc;
	unsigned times;
};

/*
 * Who is led again to what he held in vain has been overtaken twice, by a move away and one
 * back. So many times in a row is nobody: the object was cut or removed while the index had
 * it, and the slot will lead there for good.
 */
#define MISSES_MAX 64

static int is_lost(struct miss *miss, const struct gm_desc *desc)
{
	miss->times = desc == miss->desc ? miss->times + 1 : 1;
	miss->desc = desc;
	if (miss->times < MISSES_MAX)
		return 0;
	(void)GM_CHECK(0, "index: an object was cut or removed while in it", desc);
	return 1;
}

/* Hold what a lookup found, if it is at the unit. Returns 0, and its place; as give_up; or
 * -GM_ECORRUPT. */
static int get(const struct gm_index *index, struct gm_desc *desc, gm_word unit, gm_word *place,
	       struct miss *miss)
{
	int err = gm_ref_try_get(desc);

	if (err == 0) {
		/* relaxed: the place was written before the slot that led here */
		*place = gm_atomic_load_relaxed(gm_index_place(index, desc));
		if (gm_index_covers(index, desc, *place, unit))
			return 0;
	}
	err = give_up(index, desc, err);
	return err > 0 && is_lost(miss, desc) ? -GM_ECORRUPT : err;
}

static int find_get(const struct gm_index *index, gm_word unit, struct gm_desc **out,
		    gm_word *place)
{
	struct miss miss = { NULL, 0 };

	for (;;) {
		gm_word value = gm_index_lookup(index, unit);
		int err;

		if (value & GM_INDEX_NODE)
			continue;
		if (!gm_index_is_object(value))
			return -GM_ENOENT;
		*out = (struct gm_desc *)value;
		err = get(index, *out, unit, place, &miss);
		if (err == 0 || (err < 0 && gm_index_lookup(index, unit) == value))
			return err;
	}
}

int gm_index_find_get_rest(const struct gm_index *index, uint64_t offset, struct gm_desc *desc,
			   int err, struct gm_desc **out)
{
	struct gm_desc *found;
	gm_word place;

	if (offset >= index->store->end)
		return -GM_ERANGE;
	if (desc != NULL)
		(void)give_up(index, desc, err);
	err = find_get(index, gm_index_unit(index, offset), &found, &place);
	if (err == 0)
		*out = found;
	return err;
}

int gm_index_run(const struct gm_index *index, uint64_t offset, uint64_t va, unsigned shift,
		 uint64_t leaves, struct gm_desc **desc, struct gm_run *out)
{
	struct gm_desc *found;
	gm_word place;
	int err;

	if (offset >= index->store->end)
		return -GM_ERANGE;
	err = find_get(index, gm_index_unit(index, offset), &found, &place);
	if (err != 0)
		return err;
	err = gm_run_at(found, offset - gm_index_start(index, place), va, shift, leaves, out);
	if (err == 0)
		*desc = found;
	else
		(void)give_up(index, found, 0);
	return err;
}

int gm_index_offset(const struct gm_index *index, const struct gm_desc *desc, uint64_t *out)
{
	/* relaxed: the answer of a moment, or the caller's lock orders it */
	gm_word place = gm_atomic_load_relaxed(gm_index_place(index, desc));

	if (gm_desc_owner(desc) != index->owner || place == 0)
		return -GM_ENOENT;
	*out = gm_index_start(index, place);
	return 0;
}

int gm_index_shadow(const struct gm_index *index, uint64_t offset, gm_word *out)
{
	gm_word value;

	if (offset >= index->store->end)
		return -GM_ERANGE;
	value = gm_index_lookup(index, gm_index_unit(index, offset));
	if (!gm_index_is_shadow(value))
		return -GM_ENOENT;
	*out = value >> 2;
	return 0;
}

/* The slots of a node that have any of the kinds. relaxed: what is in them says itself
 * what it is, and what was marked before the search is ordered before it. */
static gm_word slots_with(const gm_word *node, gm_word kinds)
{
	gm_word slots = 0;

	for (; kinds != 0; kinds &= kinds - 1)
		slots |= gm_atomic_load_relaxed(&node[gm_granule_trailing(kinds)]);
	return slots;
}

/* The value, if it is what is looked for. Else what was is gone, and *unit moves behind. */
static gm_word is_meant(gm_word value, gm_word kinds, unsigned shift, gm_word *unit)
{
	if (kinds == GM_INDEX_SHADOWS ? gm_index_is_shadow(value) : gm_index_is_object(value))
		return value;
	*unit = ((*unit >> shift) + 1) << shift;
	return 0;
}

gm_word gm_index_seek(const struct gm_index *index, gm_word *unit, gm_word end, gm_word kinds,
		      unsigned *level)
{
	/* acquire: pairs with the release of gm_index_publish, here and below */
	gm_word value = gm_atomic_load_acquire(&index->top[GM_INDEX_KINDS]);

	if ((value & GM_INDEX_NODE) == 0) {
		*level = 0;
		if (*unit == 0 && gm_index_has(index, kinds))
			return is_meant(value, kinds, 0, unit);
		*unit = end;
		return 0;
	}
	*level = gm_index_level_of(value);
	if (*unit >> gm_index_shift(*level + 1) != 0) {
		*unit = end;
		return 0;
	}
	for (;; --*level) {
		unsigned shift = gm_index_shift(*level);
		gm_word *node = gm_index_node_of(value);
		gm_word slots = slots_with(node, kinds) >> (*unit >> shift) % GM_INDEX_SLOTS;

		if (slots == 0) {
			*unit = ((*unit >> shift >> GM_INDEX_BITS) + 1) << GM_INDEX_BITS << shift;
			return 0;
		}
		if ((slots & 1) == 0)
			*unit = ((*unit >> shift) + gm_granule_trailing(slots)) << shift;
		if (*unit >= end)
			return 0;
		value = gm_atomic_load_acquire(
			gm_index_slot(node, (unsigned)(*unit >> shift) % GM_INDEX_SLOTS));
		if ((value & GM_INDEX_NODE) == 0)
			return is_meant(value, kinds, shift, unit);
		/* A node of another place, where this one has gone. */
		if (*level == 0)
			return 0;
	}
}

int gm_index_next(const struct gm_index *index, uint64_t *offset, uint64_t end, gm_word marks,
		  struct gm_desc **out)
{
	gm_word kinds = marks != 0 ? marks : GM_INDEX_OBJECTS;
	struct miss miss = { NULL, 0 };
	gm_word unit, stop, place;
	unsigned level;

	if ((marks & ~GM_INDEX_MARKS) != 0)
		return -GM_EINVAL;
	if (end > index->store->end)
		end = index->store->end;
	if (*offset >= end)
		return -GM_ENOENT;
	unit = gm_index_unit(index, *offset);
	stop = gm_index_unit(index, end - 1) + 1;
	while (unit < stop) {
		gm_word value = gm_index_seek(index, &unit, stop, kinds, &level);
		struct gm_desc *desc = (struct gm_desc *)value;
		int err = value != 0 ? get(index, desc, unit, &place, &miss) : 1;

		if (err == 0) {
			*offset = gm_index_start(index, place) + gm_desc_size(desc);
			*out = desc;
			return 0;
		}
		if (err < 0 && gm_index_lookup(index, unit) == value) {
			uint64_t start = (uint64_t)unit << index->store->unit_shift;

			*offset = start > *offset ? start : *offset;
			return err;
		}
	}
	return -GM_ENOENT;
}
