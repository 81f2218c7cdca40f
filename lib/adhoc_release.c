/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * adhoc_release.c - freeing a range of the ad-hoc table; contract in
 * granmem/adhoc.h.
 *
 * First every object that the range touches is frozen, in ascending order, so
 * that lookups answer busy and nothing below moves; then whatever the cuts need
 * is taken. Up to here everything can be undone. The commit cannot fail.
 */
#include <granmem/trace.h>

#include "adhoc_internal.h"
#include "memory_internal.h"

struct release {
	struct gm_adhoc *adhoc;
	uint64_t base;
	uint64_t end;
	struct gm_adhoc_range frozen; /* all objects that are partly in it */
	struct gm_desc *rest;         /* for what is behind a cut in the middle of one object */
	struct gm_radix_cut cut;
};

static uint64_t end_of(const struct gm_desc *desc)
{
	return gm_desc_base(desc) + gm_desc_size(desc);
}

/* The object at paddr, frozen. Requires that all in the range below it are. */
static int freeze_at(struct gm_adhoc *adhoc, uint64_t paddr, struct gm_desc **out)
{
	struct gm_radix_at at;
	int err = gm_adhoc_walk(adhoc, paddr, &at);

	if (err != 0)
		return err;
	*out = (struct gm_desc *)at.value;
	err = gm_ref_freeze(*out, 1);
	if (err != 0)
		return err;
	if (gm_desc_covers(*out, paddr))
		return 0;
	/* Not the caller's object: it moved here while we looked. */
	gm_ref_thaw(*out, 1);
	return -GM_EBUSY;
}

/* The frozen object at paddr, in a range that this call froze. */
static struct gm_desc *frozen_at(const struct gm_adhoc *adhoc, uint64_t paddr)
{
	return (struct gm_desc *)gm_radix_lookup(&adhoc->radix, paddr);
}

static void thaw_until(const struct release *r, uint64_t end)
{
	uint64_t at = r->base;

	while (at < end) {
		struct gm_desc *desc = frozen_at(r->adhoc, at);

		at = end_of(desc);
		gm_ref_thaw(desc, 1);
	}
}

static int freeze_all(const struct release *r)
{
	uint64_t at = r->base;

	while (at < r->end) {
		struct gm_desc *desc;
		int err = freeze_at(r->adhoc, at, &desc);

		if (err != 0) {
			thaw_until(r, at);
			return err;
		}
		at = end_of(desc);
	}
	return 0;
}

/* The slot that decides about an address in the frozen range, and where it begins. */
static uint64_t slot_at(const struct release *r, uint64_t paddr, struct gm_radix_at *at)
{
	int err;

	gm_memory_clear(at, sizeof(*at));
	/* It is linked and the caller's, so its node is in the tree. */
	err = gm_radix_walk(&r->adhoc->radix, paddr, 0, at);
	(void)GM_CHECK(err == 0, "release: the tree moved under a frozen object", r->adhoc);
	return gm_granule_down(paddr, r->adhoc->radix.levels[at->level].shift);
}

static int is_cut(const struct release *r, uint64_t start, uint64_t stop)
{
	return start < r->base || stop > r->end;
}

/* Count the nodes below the slots at the two ends that are partly outside. */
static void count_nodes(struct release *r)
{
	const struct gm_radix *radix = &r->adhoc->radix;
	uint64_t places[2] = { r->base, r->end - GM_OBJECT_ALIGN };
	uint64_t counted = ~(uint64_t)0;
	unsigned i;

	for (i = 0; i < 2; i++) {
		struct gm_radix_at at;
		uint64_t start = slot_at(r, places[i], &at);

		if (start == counted ||
		    !is_cut(r, start, start + gm_granule_size(radix->levels[at.level].shift)))
			continue;
		counted = start;
		gm_radix_cut_count(radix, &r->cut, at.level, start, r->base, r->end);
	}
}

static int take_nodes(struct release *r)
{
	struct gm_radix *radix = &r->adhoc->radix;
	unsigned flags = 0;
	size_t short_of;
	int err = -GM_ENOMEM;

	while (gm_radix_cut_take(radix, &r->cut, flags, &short_of) != 0) {
		if (flags != 0) {
			gm_radix_cut_return(radix, &r->cut);
			return err;
		}
		err = gm_adhoc_grow(r->adhoc, &radix->nodes[short_of], &r->frozen);
		if (err != 0)
			flags = GM_RADIX_THOROUGH;
	}
	return 0;
}

/* Everything that can fail. Requires that the range is frozen. */
static int prepare(struct release *r)
{
	const struct gm_desc *first = frozen_at(r->adhoc, r->base);
	int err = 0;

	r->frozen.is = GM_ADHOC_FROZEN;
	r->frozen.base = gm_desc_base(first);
	r->frozen.end = end_of(frozen_at(r->adhoc, r->end - GM_OBJECT_ALIGN));
	if (gm_desc_base(first) < r->base && end_of(first) > r->end)
		err = gm_adhoc_take_desc(r->adhoc, &r->frozen, &r->rest);
	if (err != 0)
		return err;
	count_nodes(r);
	err = take_nodes(r);
	if (err != 0 && r->rest != NULL)
		gm_adhoc_return_desc(r->adhoc, r->rest);
	return err;
}

/* Empty the slots of one object in [from, to), cutting those that reach out. */
static void empty(struct release *r, struct gm_desc *desc, uint64_t from, uint64_t to)
{
	struct gm_adhoc *adhoc = r->adhoc;
	gm_word value = (gm_word)desc;
	gm_word right = r->rest != NULL ? (gm_word)r->rest : value;

	while (from < to) {
		struct gm_radix_at at;
		uint64_t start = slot_at(r, from, &at);
		uint64_t stop = start + gm_granule_size(adhoc->radix.levels[at.level].shift);

		if (is_cut(r, start, stop)) {
			gm_radix_cut_slot(&adhoc->radix, &r->cut, &at, start, r->base, r->end,
					  value, right);
			from = stop;
			continue;
		}
		/* All that lie wholly inside, up to the last one that does. */
		stop = to;
		if (end_of(desc) > r->end) {
			uint64_t last = slot_at(r, to - GM_OBJECT_ALIGN, &at);

			if (is_cut(r, last,
				   last + gm_granule_size(adhoc->radix.levels[at.level].shift)))
				stop = last;
		}
		gm_radix_unlink(&adhoc->radix, from, stop, value);
		from = stop;
	}
}

/* What lies behind the range becomes an object of its own. */
static void split_rest(struct release *r, struct gm_desc *desc)
{
	struct gm_adhoc *adhoc = r->adhoc;
	gm_word flags = gm_desc_flags(desc);
	struct gm_object object = { .base = gm_paddr(r->end),
				    .size = end_of(desc) - r->end,
				    .owner = gm_desc_owner(desc) };
	uint64_t at = r->end;

	gm_desc_set(r->rest, &object);
	(void)gm_desc_set_flags(r->rest, flags);
	/* What an earlier object had behind its descriptor is not this one's. */
	gm_memory_clear(r->rest + 1, adhoc->table.desc_size - sizeof(*r->rest));
	while (at < end_of(desc)) {
		struct gm_radix_at slot;
		uint64_t start = slot_at(r, at, &slot);
		uint64_t stop = start + gm_granule_size(adhoc->radix.levels[slot.level].shift);

		/* The node that cut_slot made already says so. */
		if (slot.value == (gm_word)desc)
			gm_radix_relabel(&adhoc->radix, at, stop, (gm_word)desc, (gm_word)r->rest);
		at = stop;
	}
}

/* One object: free what is inside, keep what is not. */
static void release_object(struct release *r, struct gm_desc *desc)
{
	struct gm_adhoc *adhoc = r->adhoc;
	uint64_t base = gm_desc_base(desc);
	uint64_t end = end_of(desc);

	empty(r, desc, base > r->base ? base : r->base, end < r->end ? end : r->end);
	if (base >= r->base && end <= r->end) {
		gm_ref_retire(desc);
		gm_adhoc_return_desc(adhoc, desc);
		return;
	}
	if (r->rest != NULL) {
		split_rest(r, desc);
		gm_ref_publish_like(r->rest, desc);
	}
	if (base < r->base)
		gm_desc_resize(desc, base, r->base - base);
	else
		gm_desc_resize(desc, r->end, end - r->end);
	gm_ref_thaw(desc, 1);
}

int gm_adhoc_release_range(struct gm_adhoc *adhoc, struct gm_paddr base, uint64_t size)
{
	struct release r;
	uint64_t at, next;
	int err;

	err = gm_granule_check_range(base.value, size, adhoc->table.base, adhoc->table.size);
	if (err != 0)
		return err;
	if (((base.value | size) & (GM_OBJECT_ALIGN - 1)) != 0)
		return -GM_EALIGN;
	gm_memory_clear(&r, sizeof(r));
	r.adhoc = adhoc;
	r.base = base.value;
	r.end = base.value + size;
	err = freeze_all(&r);
	if (err != 0)
		return err;
	err = prepare(&r);
	if (err != 0) {
		thaw_until(&r, r.end);
		return err;
	}
	GM_TRACE(release, adhoc, base.value, size);
	for (at = r.base; at < r.end; at = next) {
		struct gm_desc *desc = frozen_at(adhoc, at);

		next = end_of(desc);
		release_object(&r, desc);
	}
	gm_table_give_free(&adhoc->table, size);
	gm_adhoc_aim(adhoc, gm_adhoc_hint(adhoc, gm_table_lane(&adhoc->table), size), r.base);
	return 0;
}
