/* SPDX-License-Identifier: BSD-2-Clause */
/* ref.c - the slow ways of the reference protocol; contracts in granmem/ref.h. */
#include <granmem/ref.h>
#include <granmem/trace.h>

#define ONE_PUT GM_STATE_REFS_ONE
#define ONE_PIN (GM_STATE_REFS_ONE + GM_STATE_PINS_ONE)

static gm_word take(struct gm_desc *desc, gm_word taken)
{
	/* release: pairs with the acquire of whoever destroys or freezes */
	return gm_atomic_add_release(&desc->state, (gm_word)0 - taken);
}

void gm_ref_get_saturate(struct gm_desc *desc, gm_word old)
{
	gm_word now = old + ONE_PUT;

	if (!GM_CHECK(gm_state_is_live(old), "gm_ref_get: the object is not live", desc)) {
		take(desc, ONE_PUT);
		return;
	}
	/*
	 * One attempt: if it fails another context moved the word and, finding it
	 * past half too, makes the same attempt. An addition here instead could
	 * carry into the pins.
	 */
	GM_TRACE(saturate, desc, old, now);
	if (gm_atomic_cas_relaxed(&desc->state, now, gm_state_saturated(now)) &&
	    gm_state_refs(old) < GM_REFS_LEAKED)
		gm_port_notice("reference count saturated: the object is leaked", desc);
}

/*
 * A getter that sees strays pass half of a field resets them before it goes on.
 * Every context that can add another stray is in this loop too, so it runs at
 * most once for each of them.
 */
static GM_COLD void reset_strays(struct gm_desc *desc)
{
	gm_word state = gm_atomic_load_relaxed(&desc->state);

	while (GM_UNLIKELY(gm_state_strays_overflow(state))) {
		/* relaxed: the counts of a frozen word mean nothing to anybody */
		gm_atomic_cas_relaxed(&desc->state, state, gm_state_without_strays(state));
		state = gm_atomic_load_relaxed(&desc->state);
	}
}

/*
 * Take back a refused addition to a live word. If that is the last put, the
 * destruction becomes the caller's; the type, which only the state word had,
 * travels in the low bits of the size until reap reads it.
 */
int gm_ref_undo_as(struct gm_desc *desc, gm_word taken, int answer)
{
	struct gm_object gone;

	if (!gm_ref_put_rest(desc, take(desc, taken), taken, &gone))
		return answer;
	GM_TRACE(orphan, desc, gm_desc_base(desc), desc->size);
	desc->size |= gone.type;
	return -GM_EORPHAN;
}

int gm_ref_undo(struct gm_desc *desc)
{
	return gm_ref_undo_as(desc, ONE_PUT, 0);
}

void gm_ref_orphan(struct gm_desc *desc, struct gm_object *gone)
{
	unsigned type = (unsigned)(desc->size & GM_TYPE_MAX);

	desc->size -= type;
	gm_desc_get(desc, type, gone);
}

int gm_ref_get_refused(struct gm_desc *desc, gm_word old)
{
	if (!gm_state_is_live(old)) {
		/* The stray stays: publish and thaw overwrite it (I3). */
		reset_strays(desc);
		return -GM_EBUSY;
	}
	return gm_ref_undo_as(desc, ONE_PUT,
			      gm_state_refs(old) >= GM_REFS_LIMIT ? -GM_ELIMIT : -GM_ETYPE);
}

/* Could a caller who holds what it gives up have done this? A count that was too low
 * wraps to a higher one. */
static int put_is_legal(gm_word old, gm_word now)
{
	return gm_state_is_live(old) && gm_state_refs(now) < gm_state_refs(old) &&
	       gm_state_pins(now) <= gm_state_pins(old) &&
	       gm_state_pins(now) <= gm_state_refs(now); /* I2 */
}

int gm_ref_put_rest(struct gm_desc *desc, gm_word old, gm_word taken, struct gm_object *gone)
{
	gm_word now = old - taken;

	if (!put_is_legal(old, now)) {
		gm_atomic_add_relaxed(&desc->state, taken);
		(void)GM_CHECK(0, "put: no such reference or pin is held", desc);
		return 0;
	}
	if (gm_state_refs(old) >= GM_REFS_LEAKED) {
		gm_atomic_cas_relaxed(&desc->state, now, gm_state_saturated(now));
		return 0;
	}
	if (gm_state_refs(now) != 0)
		return 0;
	/*
	 * The word rests at zero while live (I1): a racing lookup may revive it,
	 * and then its own put comes here. Exactly one wins (I4). acquire: pairs
	 * with the release of every earlier put, so the winner reads the fields
	 * of the life that it ended. It may be a later life than the one that was
	 * put, hence nothing that was read before may be used.
	 */
	if (!gm_atomic_cas_acquire(&desc->state, now, gm_state_destroyed(now)))
		return 0;
	gm_desc_get(desc, gm_state_type(now), gone);
	return 1;
}

int gm_ref_add(struct gm_desc *desc, gm_word n)
{
	gm_word state;

	do {
		state = gm_atomic_load_relaxed(&desc->state);
		if (!GM_CHECK(gm_state_is_live(state), "gm_ref_add: the object is not live", desc))
			return -GM_EBUSY;
		if (gm_state_refs(state) >= GM_REFS_LIMIT ||
		    n > GM_REFS_LIMIT - gm_state_refs(state))
			return -GM_ELIMIT;
		/* relaxed: the caller's own reference already orders its accesses */
	} while (!gm_atomic_cas_relaxed(&desc->state, state, state + n));
	return 0;
}

int gm_ref_put_many(struct gm_desc *desc, gm_word n, struct gm_object *gone)
{
	gm_word state, next;

	if (!GM_CHECK(n <= GM_REFS_LIMIT, "gm_ref_put_many: more than any count", desc))
		return 0;
	if (n == 0)
		return 0;
	do {
		state = gm_atomic_load_relaxed(&desc->state);
		if (!GM_CHECK(put_is_legal(state, state - n),
			      "gm_ref_put_many: not that many references", desc))
			return 0;
		/* A leaked count never leaves its place, not for a moment. */
		next = gm_state_refs(state) >= GM_REFS_LEAKED ? gm_state_saturated(state) :
								state - n;
		/* release: as in gm_ref_put */
	} while (!gm_atomic_cas_release(&desc->state, state, next));
	if (next != state - n)
		return 0;
	return gm_ref_put_rest(desc, state, n, gone);
}

int gm_ref_try_pin(struct gm_desc *desc)
{
	gm_word old = gm_atomic_load_relaxed(&desc->state);

	if (!gm_state_is_live(old))
		return -GM_EBUSY;
	if (gm_state_is_nopin(old))
		return -GM_EPINNED;
	/* acquire: pairs with the release store of publish and thaw */
	old = gm_atomic_add_acquire(&desc->state, ONE_PIN);
	if (gm_state_pin_ok(old))
		return 0;
	/* The word changed since it was looked at. */
	if (!gm_state_is_live(old)) {
		reset_strays(desc);
		return -GM_EBUSY;
	}
	return gm_ref_undo_as(desc, ONE_PIN, gm_state_is_nopin(old) ? -GM_EPINNED : -GM_ELIMIT);
}

int gm_ref_unpin(struct gm_desc *desc, struct gm_object *gone)
{
	return gm_ref_put_rest(desc, take(desc, ONE_PIN), ONE_PIN, gone);
}

void gm_ref_set_nopin(struct gm_desc *desc)
{
	gm_word state;

	do {
		state = gm_atomic_load_relaxed(&desc->state);
		/* relaxed: pins and NOPIN are in one word, coherence is enough */
	} while (!gm_atomic_cas_relaxed(&desc->state, state, state | GM_STATE_NOPIN));
}

void gm_ref_clear_nopin(struct gm_desc *desc)
{
	gm_word state;

	do {
		state = gm_atomic_load_relaxed(&desc->state);
		/* release: pairs with the acquire of the next pin, which sees what
		 * was done while there were none */
	} while (!gm_atomic_cas_release(&desc->state, state, state & ~GM_STATE_NOPIN));
}

int gm_ref_freeze(struct gm_desc *desc, gm_word expected)
{
	gm_word state = gm_atomic_load_relaxed(&desc->state);

	if (expected == 0 || expected >= GM_REFS_LIMIT)
		return -GM_EINVAL;
	if (!gm_state_is_live(state) || gm_state_refs(state) != expected ||
	    gm_state_pins(state) != 0)
		return -GM_EBUSY;
	/* acquire: pairs with the release of the puts that left `expected` */
	return gm_atomic_cas_acquire(&desc->state, state, gm_state_frozen(state)) ? 0 : -GM_EBUSY;
}

void gm_ref_thaw(struct gm_desc *desc, gm_word refs)
{
	gm_word state = gm_atomic_load_relaxed(&desc->state);

	if (!GM_CHECK(!gm_state_is_live(state) && gm_state_type(state) != 0,
		      "gm_ref_thaw: the object is not frozen", desc))
		return;
	if (!GM_CHECK(refs >= 1 && refs < GM_REFS_LIMIT, "gm_ref_thaw: references out of range",
		      desc))
		return;
	/* release: pairs with the acquire of gets. Strays are overwritten. */
	gm_atomic_store_release(&desc->state, gm_state_thawed(state, refs));
}

void gm_ref_publish_like(struct gm_desc *desc, const struct gm_desc *frozen)
{
	gm_word state = gm_atomic_load_relaxed(&desc->state);
	gm_word like = gm_atomic_load_relaxed(&frozen->state);

	/* release: pairs with the acquire of gets. Strays cannot reach what is
	 * taken from the frozen word. */
	gm_atomic_store_release(&desc->state, gm_state_created(state, gm_state_type(like), 1) |
						      (like & GM_STATE_NOPIN));
}

void gm_ref_retire(struct gm_desc *desc)
{
	gm_word state = gm_atomic_load_relaxed(&desc->state);

	if (!GM_CHECK(!gm_state_is_live(state), "gm_ref_retire: the object is not frozen", desc))
		return;
	/* The freeze advanced the generation; relaxed: giving the descriptor back
	 * to its pool, or its slot to the next creator, has release order. */
	gm_atomic_store_relaxed(&desc->state, state & GM_STATE_GENERATION_MASK);
}
