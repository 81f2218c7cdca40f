/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ref.c - each operation of ref.h alone, on a descriptor with any state word:
 * what it answers, and what the word is afterwards. What other threads do in
 * between is the subject of steps.c.
 */
#include "desc.h"

#include "lib/ref.c"

void prove_get(void)
{
	struct gm_desc desc;
	gm_word s;

	any_desc(&desc);
	s = desc.state;
	ASSUME(has_room(s) && gm_state_is_live(s));
	gm_ref_get(&desc);
	MUST(nr_panics == 0);
	if (gm_state_refs(s) < GM_REFS_LIMIT) {
		MUST(moved(s, desc.state, 1, 0) && nr_notices == 0);
		return;
	}
	MUST(desc.state == gm_state_saturated(s));
	MUST(nr_notices == (gm_state_refs(s) < GM_REFS_LEAKED));
}

/* A get of what is not live is a mistake, and changes nothing. */
void prove_get_of_frozen(void)
{
	struct gm_desc desc;
	gm_word s;

	any_desc(&desc);
	s = desc.state;
	ASSUME(!gm_state_is_live(s));
	gm_ref_get(&desc);
	MUST(desc.state == s && nr_panics == 1);
}

/* A speculative get of type 0 (any) or another. */
void prove_try_get(void)
{
	struct gm_desc desc;
	unsigned type = (unsigned)any();
	gm_word s, to;
	int full, err;

	any_desc(&desc);
	s = desc.state;
	full = gm_state_refs(s) >= GM_REFS_LIMIT;
	ASSUME(has_room(s) && gm_state_refs(s) >= gm_state_pins(s));
	err = type == 0 ? gm_ref_try_get(&desc) : gm_ref_try_get_type(&desc, type);
	to = desc.state;
	MUST(nr_panics == 0);
	if (!gm_state_is_live(s)) {
		MUST(err == -GM_EBUSY);
		MUST(gm_state_without_strays(to) == gm_state_without_strays(s));
		MUST(!gm_state_strays_overflow(to));
	} else if (!full && (type == 0 || type == gm_state_type(s))) {
		MUST(err == 0 && moved(s, to, 1, 0));
	} else if (gm_state_refs(s) == 0) {
		/* Between the two steps of somebody's last put (I1). */
		MUST(err == -GM_EORPHAN && to == gm_state_destroyed(s));
	} else {
		MUST(err == (full ? -GM_ELIMIT : -GM_ETYPE));
		MUST(to == (gm_state_refs(s) >= GM_REFS_LEAKED - 1 ? gm_state_saturated(s) : s));
	}
}

void prove_get_checked(void)
{
	struct gm_desc desc;
	gm_word s;
	int err;

	any_desc(&desc);
	s = desc.state;
	ASSUME(has_room(s) && gm_state_is_live(s) && gm_state_refs(s) >= 1 &&
	       gm_state_refs(s) >= gm_state_pins(s));
	err = gm_ref_get_checked(&desc);
	MUST(err == (gm_state_refs(s) < GM_REFS_LIMIT ? 0 : -GM_ELIMIT));
	MUST(err != 0 || moved(s, desc.state, 1, 0));
	MUST(err == 0 || desc.state == s || desc.state == gm_state_saturated(s));
}

/* The record of what is gone is that of what was there. */
static int is_record(const struct gm_object *gone, const struct gm_desc *desc, gm_word s)
{
	return gone->base.value == gm_desc_base(desc) && gone->size == gm_desc_size(desc) &&
	       gone->owner == gm_desc_owner(desc) && gone->type == gm_state_type(s);
}

void prove_put(void)
{
	struct gm_desc desc;
	struct gm_object gone;
	gm_word s;
	int last;

	any_desc(&desc);
	s = desc.state;
	ASSUME(gm_state_is_live(s) && gm_state_refs(s) >= 1 && gm_state_refs(s) > gm_state_pins(s));
	last = gm_ref_put(&desc, &gone);
	MUST(nr_panics == 0);
	MUST(last == (gm_state_refs(s) == 1));
	if (last) {
		MUST(desc.state == gm_state_destroyed(s) && is_record(&gone, &desc, s));
	} else if (gm_state_refs(s) >= GM_REFS_LEAKED) {
		MUST(desc.state == gm_state_saturated(s));
	} else {
		MUST(moved(s, desc.state, (gm_word)-1, 0));
	}
}

/* A put without a reference is a mistake, and changes nothing. */
void prove_put_of_none(void)
{
	struct gm_desc desc;
	struct gm_object gone;
	gm_word s;

	any_desc(&desc);
	s = desc.state;
	ASSUME(gm_state_refs(s) == 0 || (!gm_state_is_live(s) && !gm_state_put_is_plain(s)) ||
	       (gm_state_refs(s) == 1 && gm_state_pins(s) != 0));
	MUST(gm_ref_put(&desc, &gone) == 0);
	MUST(desc.state == s && nr_panics == 1);
}

void prove_put_sole(void)
{
	struct gm_desc desc;
	struct gm_object gone;
	gm_word s;
	int last;

	any_desc(&desc);
	s = desc.state;
	last = gm_ref_put_sole(&desc, &gone);
	MUST(last == (gm_state_is_live(s) && gm_state_refs(s) == 1 && gm_state_pins(s) == 0));
	MUST(desc.state == (last ? gm_state_destroyed(s) : s));
	MUST(!last || is_record(&gone, &desc, s));
}

/* n at once: checked first, or nothing. */
void prove_add(void)
{
	struct gm_desc desc;
	gm_word n = any_word();
	gm_word s;
	int err;

	any_desc(&desc);
	s = desc.state;
	err = gm_ref_add(&desc, n);
	if (!gm_state_is_live(s)) {
		MUST(err == -GM_EBUSY && nr_panics == 1);
	} else {
		wide sum = (wide)gm_state_refs(s) + n;

		MUST((err == 0) == (gm_state_refs(s) < GM_REFS_LIMIT && sum <= GM_REFS_LIMIT));
		MUST(err == 0 || err == -GM_ELIMIT);
		MUST(err != 0 || moved(s, desc.state, n, 0));
	}
	MUST(err == 0 || desc.state == s);
}

void prove_put_many(void)
{
	struct gm_desc desc;
	struct gm_object gone;
	gm_word n = any_word();
	gm_word s, refs;
	int last;

	any_desc(&desc);
	s = desc.state;
	refs = gm_state_refs(s);
	last = gm_ref_put_many(&desc, n, &gone);
	if (n == 0) {
		MUST(last == 0 && desc.state == s && nr_panics == 0);
	} else if (!gm_state_is_live(s) || n > GM_REFS_LIMIT || n > refs ||
		   refs - n < gm_state_pins(s)) {
		MUST(last == 0 && desc.state == s && nr_panics == 1);
	} else if (refs >= GM_REFS_LEAKED) {
		MUST(last == 0 && desc.state == gm_state_saturated(s));
	} else if (refs == n) {
		MUST(last == 1 && desc.state == gm_state_destroyed(s));
		MUST(is_record(&gone, &desc, s));
	} else {
		MUST(last == 0 && moved(s, desc.state, (gm_word)0 - n, 0));
	}
}

void prove_freeze(void)
{
	struct gm_desc desc;
	gm_word expected = any_word();
	gm_word s;
	int err;

	any_desc(&desc);
	s = desc.state;
	err = gm_ref_freeze(&desc, expected);
	if (expected == 0 || expected >= GM_REFS_LIMIT)
		MUST(err == -GM_EINVAL);
	else
		MUST(err ==
		     (gm_state_is_live(s) && gm_state_refs(s) == expected && gm_state_pins(s) == 0 ?
			      0 :
			      -GM_EBUSY));
	MUST(desc.state == (err == 0 ? gm_state_frozen(s) : s));
}

void prove_thaw(void)
{
	struct gm_desc desc;
	gm_word refs = any_word();
	gm_word s;
	int sound;

	any_desc(&desc);
	s = desc.state;
	sound = !gm_state_is_live(s) && gm_state_type(s) != 0 && refs >= 1 && refs < GM_REFS_LIMIT;
	gm_ref_thaw(&desc, refs);
	MUST(nr_panics == (sound ? 0 : 1));
	MUST(desc.state == (sound ? gm_state_thawed(s, refs) : s));
}

/* The piece of a frozen object: its own generation, the rest as the object's. */
void prove_publish_like(void)
{
	struct gm_desc desc, frozen;
	gm_word s, like;

	any_desc(&desc);
	any_desc(&frozen);
	s = desc.state;
	like = frozen.state;
	gm_ref_publish_like(&desc, &frozen);
	MUST(gm_state_is_live(desc.state) && gm_state_type(desc.state) == gm_state_type(like));
	MUST(gm_state_is_nopin(desc.state) == gm_state_is_nopin(like));
	MUST(gm_state_generation(desc.state) == gm_state_generation(s));
	MUST(gm_state_refs(desc.state) == 1 && gm_state_pins(desc.state) == 0);
	MUST(frozen.state == like);
}

void prove_retire(void)
{
	struct gm_desc desc;
	gm_word s;

	any_desc(&desc);
	s = desc.state;
	gm_ref_retire(&desc);
	MUST(nr_panics == (unsigned)gm_state_is_live(s));
	MUST(desc.state == (gm_state_is_live(s) ? s : s & GM_STATE_GENERATION_MASK));
}
