/* SPDX-License-Identifier: BSD-2-Clause */
/* oracle.c - contracts in oracle.h. */
#include "oracle.h"

#include "wide.h"

static int is_power_of_two(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

static int bad_type(unsigned type)
{
	return type == 0 || type > GM_TYPE_MAX;
}

/* Both ranges are the region's, so no sum here wraps. */
static uint64_t overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	uint64_t low = a > b ? a : b;
	uint64_t high = a + a_size < b + b_size ? a + a_size : b + b_size;

	return low < high ? high - low : 0;
}

unsigned oracle_look(const struct world *w, uint64_t base, uint64_t size)
{
	uint64_t covered = 0, here;
	unsigned seen = 0;
	unsigned i;

	for (i = 0; i < w->nr; i++) {
		const struct world_object *object = &w->objects[i];

		here = overlap(base, size, object->base, object->size);
		if (here == 0)
			continue;
		covered += here;
		seen |= object->frozen ? ORACLE_FROZEN : ORACLE_LIVE;
		if (object->frozen || object->refs != 1 || object->pins != 0)
			seen |= ORACLE_HELD;
		if (here != object->size)
			seen |= ORACLE_CUT;
	}
	for (i = 0; i < w->nr_granules; i++) {
		here = w->marks[i] == GM_FOLIO_FREE ?
			       0 :
			       overlap(base, size, w->base + i * w->granule, w->granule);
		covered += here;
		seen |= here != 0 ? ORACLE_MARK : 0;
	}
	return seen | (covered < size ? ORACLE_HOLE : 0);
}

int oracle_range(const struct world *w, uint64_t base, uint64_t size)
{
	uint64_t unit = w->ops->any_multiple ? GM_OBJECT_ALIGN : w->granule;

	if (size == 0)
		return GM_ESIZE;
	if (!wide_inside(base, size, 0, GM_PADDR_END))
		return GM_EOVERFLOW;
	if (!wide_inside(base, size, w->base, w->size))
		return GM_ERANGE;
	return base % unit != 0 || size % unit != 0 ? GM_EALIGN : 0;
}

static int any_frozen(const struct world *w)
{
	return (oracle_look(w, w->base, w->size) & ORACLE_FROZEN) != 0;
}

/* A table that takes metadata from its region may find none for what it could
 * else do, or, for the moment, only what is in the middle of a change. */
static uint64_t lacking(const struct world *w)
{
	if (!w->hosted)
		return 0;
	return ORACLE(GM_ENOMEM) | (any_frozen(w) ? ORACLE(GM_EBUSY) : 0);
}

uint64_t oracle_create(const struct world *w, const struct gm_object *object)
{
	uint64_t base = object->base.value;
	int blocks = !w->ops->any_multiple;
	unsigned seen;
	int err;

	if (bad_type(object->type))
		return ORACLE(GM_EINVAL);
	if (blocks && (!is_power_of_two(object->size) || object->size < w->granule))
		return ORACLE(GM_ESIZE);
	err = oracle_range(w, base, object->size);
	if (err != 0)
		return ORACLE(err);
	if (blocks && base % object->size != 0)
		return ORACLE(GM_EALIGN);
	seen = oracle_look(w, base, object->size);
	if ((seen & (ORACLE_LIVE | ORACLE_MARK)) != 0)
		return ORACLE(GM_EEXIST) | ((seen & ORACLE_FROZEN) != 0 ? ORACLE(GM_EBUSY) : 0);
	if ((seen & ORACLE_FROZEN) != 0)
		return ORACLE(GM_EBUSY);
	return ORACLE(0) | lacking(w);
}

/* Where the claim may lie: the end of its bounds, the start in *low. */
static uint64_t bounds(const struct world *w, const struct gm_claim *claim, uint64_t *low)
{
	uint64_t high = w->base + w->size;

	*low = claim->min.value > w->base ? claim->min.value : w->base;
	return claim->max.value != 0 && claim->max.value < high ? claim->max.value : high;
}

uint64_t oracle_align(const struct world *w, const struct gm_claim *claim, int each)
{
	uint64_t align = claim->align;

	if (align == 0)
		align = !each && claim->size < w->granule ? GM_OBJECT_ALIGN : w->granule;
	if (w->ops->any_multiple)
		return align;
	if (align < w->granule)
		align = w->granule;
	return !each && align < claim->size ? claim->size : align;
}

/* Is there a place that begins at the first multiple of align from `at` on? */
static int fits_from(const struct world *w, uint64_t at, uint64_t size, uint64_t align,
		     uint64_t high)
{
	/* align may be 2^63: the multiple is looked for below `high` only. */
	uint64_t past = at % align;
	uint64_t base = at - past;

	if (past != 0 && wide_less(wide_of(high), wide_sum(base, align)))
		return 0;
	base += past != 0 ? align : 0;
	return !wide_less(wide_of(high), wide_sum(base, size)) &&
	       oracle_look(w, base, size) == ORACLE_HOLE;
}

/* A place exists only if one does that begins as low as it can: at the lower
 * bound or behind something. */
static int fits(const struct world *w, const struct gm_claim *claim, uint64_t size, uint64_t align)
{
	uint64_t low;
	uint64_t high = bounds(w, claim, &low);
	unsigned i;

	if (fits_from(w, low, size, align, high))
		return 1;
	for (i = 0; i < w->nr; i++) {
		uint64_t end = w->objects[i].base + w->objects[i].size;

		if (end > low && fits_from(w, end, size, align, high))
			return 1;
	}
	for (i = 0; i < w->nr_granules; i++) {
		uint64_t end = w->base + (i + 1) * w->granule;

		if (w->marks[i] != GM_FOLIO_FREE && end > low &&
		    fits_from(w, end, size, align, high))
			return 1;
	}
	return 0;
}

/* The errors that claim and claim_each share; size in 128 bits. */
static uint64_t claim_numbers(const struct world *w, const struct gm_claim *claim, wide size)
{
	uint64_t errors = 0;
	uint64_t low;
	uint64_t high = bounds(w, claim, &low);

	if (bad_type(claim->type))
		errors |= ORACLE(GM_EINVAL);
	if (!wide_less(wide_of(0), size))
		errors |= ORACLE(GM_ESIZE);
	if (wide_less(wide_of(GM_PADDR_END), size))
		errors |= ORACLE(GM_EOVERFLOW);
	if (claim->align != 0 && (claim->align < GM_OBJECT_ALIGN || !is_power_of_two(claim->align)))
		errors |= ORACLE(GM_EALIGN);
	if (low >= high || wide_less(wide_of(high - low), size))
		errors |= ORACLE(GM_ERANGE);
	return errors;
}

static uint64_t claim_state(const struct world *w, const struct gm_claim *claim, uint64_t size,
			    uint64_t align)
{
	/* Who refuses places may refuse them all. */
	if (claim->accept != NULL)
		return ORACLE(0) | ORACLE(GM_ENOMEM) | (any_frozen(w) ? ORACLE(GM_EBUSY) : 0);
	if (fits(w, claim, size, align))
		return ORACLE(0) | lacking(w);
	return any_frozen(w) ? ORACLE(GM_EBUSY) | ORACLE(GM_ENOMEM) : ORACLE(GM_ENOMEM);
}

uint64_t oracle_claim(const struct world *w, const struct gm_claim *claim)
{
	uint64_t errors = claim_numbers(w, claim, wide_of(claim->size));

	if (w->ops->any_multiple)
		errors |= claim->size % GM_OBJECT_ALIGN != 0 ? ORACLE(GM_EALIGN) : 0;
	else if (!is_power_of_two(claim->size) || claim->size < w->granule)
		errors |= ORACLE(GM_ESIZE);
	if (errors != 0)
		return errors;
	return claim_state(w, claim, claim->size, oracle_align(w, claim, 0));
}

uint64_t oracle_claim_each(const struct world *w, const struct gm_claim *claim, size_t nr)
{
	uint64_t errors = claim_numbers(w, claim, wide_mul(nr, w->granule));

	if (errors != 0)
		return errors;
	return claim_state(w, claim, nr * w->granule, oracle_align(w, claim, 1));
}

uint64_t oracle_find(const struct world *w, uint64_t paddr, unsigned type)
{
	const struct world_object *object;

	if (!wide_inside(paddr, 1, w->base, w->size))
		return ORACLE(GM_ERANGE);
	object = world_at(w, paddr);
	if (object == NULL)
		return w->marks[(paddr - w->base) / w->granule] != GM_FOLIO_FREE ?
			       ORACLE(GM_ENOTRAM) :
			       ORACLE(GM_ENOENT);
	if (object->frozen)
		return ORACLE(GM_EBUSY);
	return type != 0 && type != object->type ? ORACLE(GM_ETYPE) : ORACLE(0);
}

int oracle_kind(const struct world *w, uint64_t paddr)
{
	if (!wide_inside(paddr, 1, w->base, w->size))
		return -GM_ERANGE;
	return world_at(w, paddr) != NULL ? GM_FOLIO_OBJECT :
					    w->marks[(paddr - w->base) / w->granule];
}

uint64_t oracle_release(const struct world *w, uint64_t base, uint64_t size)
{
	int err = oracle_range(w, base, size);
	uint64_t errors = 0;
	unsigned seen;

	if (err != 0)
		return ORACLE(err);
	seen = oracle_look(w, base, size);
	if ((seen & ORACLE_HOLE) != 0)
		errors |= ORACLE(GM_ENOENT);
	if ((seen & ORACLE_MARK) != 0)
		errors |= ORACLE(GM_ENOTRAM);
	if ((seen & ORACLE_HELD) != 0)
		errors |= ORACLE(GM_EBUSY);
	if (errors != 0)
		return errors;
	return ORACLE(0) | ((seen & ORACLE_CUT) != 0 ? lacking(w) : 0);
}

uint64_t oracle_mark(const struct world *w, uint64_t base, uint64_t size, unsigned kind)
{
	int err = oracle_range(w, base, size);
	unsigned seen;

	if (kind < GM_FOLIO_RESERVED || kind > GM_FOLIO_POISONED)
		return ORACLE(GM_EINVAL);
	if (err != 0)
		return ORACLE(err);
	seen = oracle_look(w, base, size);
	if ((seen & (ORACLE_LIVE | ORACLE_MARK)) != 0)
		return ORACLE(GM_EEXIST) | ((seen & ORACLE_FROZEN) != 0 ? ORACLE(GM_EBUSY) : 0);
	return (seen & ORACLE_FROZEN) != 0 ? ORACLE(GM_EBUSY) : ORACLE(0);
}

uint64_t oracle_unmark(const struct world *w, uint64_t base, uint64_t size)
{
	int err = oracle_range(w, base, size);
	uint64_t i;

	if (err != 0)
		return ORACLE(err);
	for (i = (base - w->base) / w->granule; i < (base + size - w->base) / w->granule; i++)
		if (w->marks[i] == GM_FOLIO_FREE || w->marks[i] == GM_FOLIO_METADATA)
			return ORACLE(GM_ENOENT);
	return ORACLE(0);
}
