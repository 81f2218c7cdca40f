/* SPDX-License-Identifier: BSD-2-Clause */
/* world_calls.c - the calls, each beside its oracle; contracts in world.h. */
#include "oracle.h"
#include "wide.h"

static int owner; /* its address is one */

struct gm_object world_object_of(struct fuzz_input *in)
{
	struct gm_object object;

	object.type = fuzz_type(in);
	object.base = gm_paddr(fuzz_u64(in));
	fuzz_anchor(in, 6, object.base.value);
	fuzz_anchor(in, 7, 0 - object.base.value);
	object.size = fuzz_u64(in);
	object.owner = &owner;
	return object;
}

/* Refuses every second, fourth, ... granule. */
static int accept_colour(void *ctx, struct gm_paddr base)
{
	return ((base.value >> 12) & *(const unsigned char *)ctx) == 0;
}

struct gm_claim world_claim_of(struct fuzz_input *in)
{
	static unsigned char colour;
	unsigned with = fuzz_u8(in);
	struct gm_claim claim;

	memset(&claim, 0, sizeof(claim));
	claim.type = fuzz_type(in);
	claim.owner = &owner;
	claim.size = fuzz_u64(in);
	if ((with & 1) != 0)
		claim.align = fuzz_u64(in);
	if ((with & 2) != 0)
		claim.min = gm_paddr(fuzz_u64(in));
	if ((with & 4) != 0)
		claim.max = gm_paddr(fuzz_u64(in));
	if ((with & 0x38) == 0x38) {
		colour = fuzz_u8(in);
		claim.accept = accept_colour;
		claim.accept_ctx = &colour;
	}
	return claim;
}

void world_create(struct world *w, const struct gm_object *object)
{
	struct gm_desc *desc = NULL;
	uint64_t errors = oracle_create(w, object);

	if (w->nr == WORLD_OBJECTS)
		return;
	world_before(w);
	if (world_answer(w, w->ops->create(&w->as, object, &desc), errors)) {
		world_enter(w, desc, object->base.value, object->size, object->type);
		FUZZ_EXPECT(gm_desc_owner(desc) == object->owner);
	}
	world_check(w);
}

/* What was claimed is where and as it was asked for. */
static void enter_claimed(struct world *w, const struct gm_claim *claim, struct gm_desc *desc,
			  uint64_t size)
{
	uint64_t base = gm_desc_base(desc);

	world_enter(w, desc, base, size, claim->type);
	FUZZ_EXPECT(base >= claim->min.value);
	FUZZ_EXPECT(claim->max.value == 0 ||
		    !wide_less(wide_of(claim->max.value), wide_sum(base, size)));
	FUZZ_EXPECT(gm_desc_owner(desc) == claim->owner);
}

static void check_place(const struct world *w, const struct gm_claim *claim, int each,
			const struct gm_desc *desc)
{
	uint64_t base = gm_desc_base(desc);

	FUZZ_EXPECT(base % oracle_align(w, claim, each) == 0);
	FUZZ_EXPECT(claim->accept == NULL || claim->accept(claim->accept_ctx, gm_paddr(base)));
}

void world_claim(struct world *w, const struct gm_claim *claim)
{
	struct gm_desc *desc = NULL;
	uint64_t errors = oracle_claim(w, claim);

	if (w->nr == WORLD_OBJECTS)
		return;
	world_before(w);
	if (world_answer(w, w->ops->claim(&w->as, claim, &desc), errors)) {
		check_place(w, claim, 0, desc);
		enter_claimed(w, claim, desc, claim->size);
	}
	world_check(w);
}

void world_claim_each(struct world *w, const struct gm_claim *claim, size_t nr)
{
	/* No more than the region can hold is ever written. */
	size_t room = nr < w->nr_granules ? nr : w->nr_granules;
	struct gm_desc **descs = calloc(room + 1, sizeof(struct gm_desc *));
	uint64_t errors = oracle_claim_each(w, claim, nr);
	size_t i;

	FUZZ_EXPECT(descs != NULL);
	if (w->nr + room <= WORLD_OBJECTS) {
		world_before(w);
		if (world_answer(w, w->ops->claim_each(&w->as, claim, nr, descs + 1), errors)) {
			check_place(w, claim, 1, descs[1]);
			for (i = 0; i < nr; i++) {
				FUZZ_EXPECT(gm_desc_base(descs[1 + i]) ==
					    gm_desc_base(descs[1]) + i * w->granule);
				enter_claimed(w, claim, descs[1 + i], w->granule);
			}
		}
		world_check(w);
	}
	free(descs);
}

void world_find(struct world *w, uint64_t paddr, unsigned type)
{
	uint64_t errors = oracle_find(w, paddr, type);
	const struct world_object *object = NULL;
	struct gm_desc *desc = NULL;

	if (wide_inside(paddr, 1, w->base, w->size))
		object = world_at(w, paddr);
	world_before(w);
	if (world_answer(w, w->ops->find_get(&w->as, gm_paddr(paddr), type, &desc), errors)) {
		FUZZ_EXPECT(object != NULL && desc == object->desc);
		FUZZ_EXPECT(gm_ref_count(desc) == object->refs + 1);
		FUZZ_EXPECT(w->ops->put(&w->as, desc) == 0);
	}
	FUZZ_EXPECT(w->ops->find(&w->as, gm_paddr(paddr)) ==
		    (object != NULL ? object->desc : NULL));
	if (w->kind == GM_REGION_FOLIO)
		FUZZ_EXPECT(gm_folio_kind(&w->as.folio, gm_paddr(paddr)) == oracle_kind(w, paddr));
	world_check(w);
}

/* What is left of an object, [base, end): the fewest objects that the table can have. */
static void enter_rest(struct world *w, uint64_t base, uint64_t end, unsigned type)
{
	while (base < end) {
		uint64_t size = w->ops->any_multiple ? end - base : w->granule;

		while (!w->ops->any_multiple && base % (2 * size) == 0 && 2 * size <= end - base)
			size *= 2;
		world_enter(w, w->ops->find(&w->as, gm_paddr(base)), base, size, type);
		base += size;
	}
}

void world_release(struct world *w, uint64_t base, uint64_t size)
{
	uint64_t errors = oracle_release(w, base, size);
	uint64_t at = base;

	/* A cut leaves at most seven blocks on each side. */
	if (w->nr + 14 > WORLD_OBJECTS)
		return;
	world_before(w);
	if (world_answer(w, w->ops->release_range(&w->as, gm_paddr(base), size), errors)) {
		while (at < base + size) {
			struct world_object old = *world_at(w, at);

			at = old.base + old.size;
			world_leave(w, world_at(w, old.base));
			if (old.base < base)
				enter_rest(w, old.base, base, old.type);
			if (at > base + size)
				enter_rest(w, base + size, at, old.type);
		}
	}
	world_check(w);
}

static void set_marks(struct world *w, uint64_t base, uint64_t size, unsigned kind)
{
	memset(w->marks + (base - w->base) / w->granule, (int)kind, (size_t)(size / w->granule));
}

void world_mark(struct world *w, uint64_t base, uint64_t size, unsigned kind)
{
	uint64_t errors = oracle_mark(w, base, size, kind);

	world_before(w);
	if (world_answer(w, gm_folio_mark(&w->as.folio, gm_paddr(base), size, kind), errors))
		set_marks(w, base, size, kind);
	world_check(w);
}

void world_unmark(struct world *w, uint64_t base, uint64_t size)
{
	uint64_t errors = oracle_unmark(w, base, size);

	world_before(w);
	if (world_answer(w, gm_folio_unmark(&w->as.folio, gm_paddr(base), size), errors))
		set_marks(w, base, size, GM_FOLIO_FREE);
	world_check(w);
}

void world_hold(struct world *w, struct world_object *object, unsigned how)
{
	if (object->frozen) {
		gm_ref_thaw(object->desc, object->refs);
		object->frozen = 0;
	} else if (how % 3 == 0) {
		gm_ref_get(object->desc);
		object->refs++;
	} else if (how % 3 == 1) {
		FUZZ_EXPECT(gm_ref_try_pin(object->desc) == 0);
		object->refs++;
		object->pins++;
	} else {
		int want = object->pins != 0 ? -GM_EBUSY : 0;

		FUZZ_EXPECT(gm_ref_freeze(object->desc, object->refs) == want);
		object->frozen = want == 0;
	}
	world_check(w);
}

void world_drop(struct world *w, struct world_object *object)
{
	struct gm_desc *desc = object->desc;
	struct gm_object gone;

	if (object->frozen)
		gm_ref_thaw(desc, object->refs);
	for (; object->pins > 0; object->pins--) {
		if (gm_ref_unpin(desc, &gone)) {
			FUZZ_EXPECT(object->refs == 1);
			w->ops->remove(&w->as, desc);
		}
		object->refs--;
	}
	for (; object->refs > 0; object->refs--)
		FUZZ_EXPECT(w->ops->put(&w->as, desc) == (object->refs == 1));
	world_leave(w, object);
}

/* One object with numbers that may be right, and what its holder does. */
static void fill_one(struct world *w, struct fuzz_input *in)
{
	unsigned place = fuzz_u8(in);
	unsigned size = fuzz_u8(in);
	unsigned how = fuzz_u8(in);
	unsigned nr = w->nr;
	uint64_t unit = w->ops->any_multiple && (how & 0x80) != 0 ? GM_OBJECT_ALIGN : w->granule;
	struct gm_object object = { .type = 1 + how % GM_TYPE_MAX, .owner = &owner };

	object.base = gm_paddr(w->base + place % w->nr_granules * w->granule);
	if (w->kind == GM_REGION_FOLIO && (how & 0x80) != 0) {
		world_mark(w, object.base.value, (1 + size % 4) * w->granule,
			   GM_FOLIO_RESERVED + how % 4);
		return;
	}
	if (w->ops->any_multiple) {
		object.base.value += (place * unit) % w->granule;
		object.size = (1 + size % 16) * unit;
	} else {
		object.size = w->granule << size % 4;
		object.base.value -= object.base.value % object.size;
	}
	world_create(w, &object);
	if (w->nr > nr && (how & 0x40) != 0)
		world_hold(w, &w->objects[w->nr - 1], how);
}

void world_fill(struct world *w, struct fuzz_input *in)
{
	unsigned nr = fuzz_below(in, 8);

	while (nr-- > 0)
		fill_one(w, in);
	if (w->nr != 0) {
		fuzz_anchor(in, 6, w->objects[w->nr - 1].base);
		fuzz_anchor(in, 7, w->objects[w->nr - 1].size);
	}
}
