/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * radix_over.c - filling slots that may hold marks; contracts in granmem/radix.h.
 *
 * First every node that is needed is made, or found, and given the references of the
 * slots that will be filled in it: only that can fail for lack of memory, and nothing
 * else has changed. Then the slots are filled.
 */
#include "radix_internal.h"

/* The slots of one node, or of the root, that are filled together. */
struct run {
	struct gm_radix_at at;
	uint64_t end; /* where it ends */
	gm_word nr;
};

static int is_mark(gm_word value)
{
	return (value & GM_RADIX_TAGS) == GM_RADIX_MARK;
}

/* All slots of a private node become `value`; slot 0 of a node below a graded root is
 * other slots' of the root. Returns how many. */
static gm_word fill_node(const struct gm_radix *radix, const struct gm_radix_at *at, gm_word *node,
			 gm_word value)
{
	uint32_t first = at->node == NULL && radix->nr_root == 0;
	uint32_t slots = radix->store->slots[at->level - 1];
	uint32_t i;

	for (i = first; i < slots; i++)
		gm_atomic_store_relaxed(&node[i], value);
	return slots - first;
}

/* Put a new node into a slot that holds 0 or a mark, which goes on in all slots of the
 * node. After 0 walk again. */
static int add_node(struct gm_radix_link *link, const struct gm_radix_at *at, uint64_t offset)
{
	struct gm_radix *radix = link->radix;
	gm_word *node = gm_radix_take_node(radix, at->level - 1, link->flags, link->lane);
	gm_word refs = 1;

	if (node == NULL) {
		*link->short_of = at->level - 1;
		return -GM_ENOMEM;
	}
	gm_radix_clear_labels(radix, at->level - 1, node);
	if (at->value != 0)
		refs += fill_node(radix, at, node, at->value);
	if (gm_radix_insert_node(link, at, offset, node, refs)) {
		if (at->value != 0) /* the slot had a reference on its own node already */
			gm_radix_drop(radix, at->level, at->node, offset, 1, link->lane);
		return 0;
	}
	if (at->value != 0)
		(void)fill_node(radix, at, node, 0);
	gm_radix_return_node(radix, at->level - 1, node, link->lane);
	return 0;
}

/* Where the root's slot for the offset begins, if it is wholly in [offset, end). */
static int fills_root_slot(const struct gm_radix *radix, unsigned level, uint64_t offset,
			   uint64_t end)
{
	uint64_t stop = gm_granule_down(offset, radix->store->shift[level]) +
			radix->store->bytes[level];

	if (stop > end)
		return 0;
	if (radix->nr_root != 0)
		return gm_granule_aligned(offset, radix->store->shift[level]);
	return offset == (level != 0 ? radix->store->bytes[level - 1] : 0);
}

/* The level of the largest slot that begins at offset and ends by end. */
static unsigned fitting_level(const struct gm_radix *radix, uint64_t offset, uint64_t end)
{
	uint32_t index;
	unsigned level = gm_radix_top(radix, offset, &index);

	if (fills_root_slot(radix, level, offset, end))
		return level;
	do {
		level--;
	} while (!gm_granule_aligned(offset, radix->store->shift[level]) ||
		 end - offset < radix->store->bytes[level]);
	return level;
}

/* The run that begins with the slot that was walked to. */
static void measure(const struct gm_radix *radix, struct run *run, uint64_t offset, uint64_t end)
{
	uint64_t slots = gm_radix_end_index(radix, &run->at) - run->at.index;

	run->end = gm_radix_end_of(radix, &run->at, offset);
	run->nr = 1;
	while (run->nr < slots && end - run->end >= radix->store->bytes[run->at.level]) {
		run->end += radix->store->bytes[run->at.level];
		run->nr++;
	}
}

/* Is there anything but marks below a slot, which stands for [first, end)? */
static int look_below(struct gm_radix *radix, uint64_t first, uint64_t end, unsigned lane)
{
	struct gm_radix_at at;

	while (gm_radix_next(radix, &first, end, 0, lane, &at) == 0) {
		if (!is_mark(at.value))
			return -GM_EEXIST;
		first = gm_radix_end_of(radix, &at, first);
	}
	return 0;
}

/* Could the run be filled, as it looks now? */
static int look(const struct gm_radix_link *link, const struct run *run, uint64_t offset)
{
	gm_word i;
	int err = 0;

	for (i = 0; i < run->nr && err == 0; i++) {
		gm_word value = gm_atomic_load_relaxed(run->at.slot + i);
		uint64_t end = gm_radix_end_of(link->radix, &run->at, offset);

		if (value & GM_RADIX_NODE)
			err = look_below(link->radix, offset, end, link->lane);
		else if (value != 0 && !is_mark(value))
			err = -GM_EEXIST;
		offset = end;
	}
	return err;
}

/* Walk to the next run, make what lacks, and take the references of its slots. */
static int prepare_run(struct gm_radix_link *link, uint64_t *from, uint64_t end)
{
	struct gm_radix *radix = link->radix;
	unsigned level = fitting_level(radix, *from, end);
	uint64_t start = *from;
	struct run run;
	int err = gm_radix_walk(radix, start, level, &run.at);

	if (err == 0 && run.at.level > level) {
		if (run.at.value == 0 || is_mark(run.at.value))
			err = add_node(link, &run.at, start);
		else
			err = -GM_EEXIST;
		if (err == 0)
			return 0;
	}
	if (err == 0) {
		measure(radix, &run, start, end);
		err = look(link, &run, start);
	}
	/* If it cannot be held it has moved: walk again. */
	if (err == 0 && gm_radix_keep(radix, &run.at, start, run.nr) == 0)
		*from = run.end;
	gm_radix_drop_made(link, start);
	return err;
}

/* Walk to a run that is prepared: what leads there cannot change. */
static void find_run(struct gm_radix *radix, struct run *run, uint64_t offset, uint64_t end)
{
	int err = gm_radix_walk(radix, offset, fitting_level(radix, offset, end), &run->at);

	(void)GM_CHECK(err == 0, "radix: a node that is held has moved", radix);
	measure(radix, run, offset, end);
}

/* Give back the references of [from, to), prepared as a part of what ends at end. */
static void abandon(struct gm_radix_link *link, uint64_t from, uint64_t to, uint64_t end)
{
	struct run run;

	while (from < to) {
		find_run(link->radix, &run, from, end);
		gm_radix_drop(link->radix, run.at.level, run.at.node, from, run.nr, link->lane);
		from = run.end;
	}
}

/* Fill one slot that stands for [first, end). Returns 0, and *had is what mark was in
 * it, or 0; an error; 1 to look again. */
static int fill_slot(struct gm_radix_link *link, volatile gm_word *slot, uint64_t first,
		     uint64_t end, gm_word *had)
{
	/* relaxed: a node is walked to again */
	gm_word value = gm_atomic_load_relaxed(slot);

	*had = value;
	if (value == 0 || is_mark(value))
		/* release: pairs with the acquire of lookups */
		return gm_atomic_cas_release(slot, value, link->value) ? 0 : 1;
	if ((value & GM_RADIX_NODE) == 0)
		return -GM_EEXIST;
	if (look_below(link->radix, first, end, link->lane) != 0)
		return -GM_EEXIST;
	(void)gm_radix_forget(link->radix, first, end, link->lane);
	/* Still there: somebody is about to fill it, or to retire it. */
	return gm_atomic_load_relaxed(slot) == value ? -GM_EBUSY : 1;
}

/* Fill a run that is prepared. *from moves behind what was filled, *to behind the run,
 * of which no more is prepared then. */
static int fill_run(struct gm_radix_link *link, uint64_t *from, uint64_t *to, uint64_t end)
{
	uint64_t start = *from;
	gm_word surplus = 0;
	struct run run;
	gm_word i = 0;
	int err = 0;

	find_run(link->radix, &run, start, end);
	*to = run.end;
	while (i < run.nr && err >= 0) {
		uint64_t stop = gm_radix_end_of(link->radix, &run.at, *from);
		gm_word had;

		err = fill_slot(link, run.at.slot + i, *from, stop, &had);
		if (err != 0)
			continue;
		surplus += had != 0; /* the slot had a reference already */
		*from = stop;
		i++;
	}
	gm_radix_drop(link->radix, run.at.level, run.at.node, start, surplus + run.nr - i,
		      link->lane);
	return err;
}

int gm_radix_link_over(struct gm_radix *radix, uint64_t first, uint64_t end, gm_word value,
		       unsigned flags, unsigned lane, unsigned *short_of)
{
	struct gm_radix_link link;
	uint64_t prepared = first;
	uint64_t filled = first;
	uint64_t rest = first;
	int err = 0;

	gm_radix_begin_link(&link, radix, value, flags, lane, short_of);
	while (err == 0 && prepared < end)
		err = prepare_run(&link, &prepared, end);
	while (err == 0 && filled < end)
		err = fill_run(&link, &filled, &rest, end);
	if (err == 0)
		return 0;
	abandon(&link, rest, prepared, end);
	gm_radix_unlink(radix, first, filled, value, lane);
	return err;
}

/* Empty a slot that holds a mark. Held, it is not another place's with the same. */
static int forget_slot(struct gm_radix *radix, const struct gm_radix_at *at, uint64_t offset,
		       unsigned lane)
{
	int done;

	if (gm_radix_keep(radix, at, offset, 1) != 0)
		return 0;
	/* relaxed: a mark is nothing but a number */
	done = gm_atomic_cas_relaxed(at->slot, at->value, 0);
	gm_radix_drop(radix, at->level, at->node, offset, 1 + (gm_word)done, lane);
	return done;
}

uint64_t gm_radix_forget(struct gm_radix *radix, uint64_t first, uint64_t end, unsigned lane)
{
	struct gm_radix_at at;
	uint64_t nr = 0;

	while (gm_radix_next(radix, &first, end, 0, lane, &at) == 0) {
		if (is_mark(at.value))
			nr += (uint64_t)forget_slot(radix, &at, first, lane);
		first = gm_radix_end_of(radix, &at, first);
	}
	return nr;
}
