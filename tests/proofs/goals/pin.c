/* SPDX-License-Identifier: BSD-2-Clause */
/* pin.c - pins and orphans, as ref.c: each operation alone, on any state word. */
#include "desc.h"

#include "lib/ref.c"

void prove_try_pin(void)
{
	struct gm_desc desc;
	gm_word s;
	int full, err;

	any_desc(&desc);
	s = desc.state;
	full = gm_state_refs(s) >= GM_REFS_LIMIT || gm_state_pins(s) >= GM_PINS_LIMIT;
	ASSUME(has_room(s) && gm_state_refs(s) >= gm_state_pins(s));
	err = gm_ref_try_pin(&desc);
	MUST(nr_panics == 0);
	if (!gm_state_is_live(s))
		MUST(err == -GM_EBUSY && desc.state == s);
	else if (gm_state_is_nopin(s))
		MUST(err == -GM_EPINNED && desc.state == s);
	else if (full)
		MUST(err == -GM_ELIMIT && (desc.state == s || desc.state == gm_state_saturated(s)));
	else
		MUST(err == 0 && moved(s, desc.state, 1, 1));
}

void prove_unpin(void)
{
	struct gm_desc desc;
	struct gm_object gone;
	gm_word s;
	int last;

	any_desc(&desc);
	s = desc.state;
	last = gm_ref_unpin(&desc, &gone);
	if (!gm_state_is_live(s) || gm_state_pins(s) == 0 || gm_state_refs(s) < gm_state_pins(s)) {
		MUST(last == 0 && desc.state == s && nr_panics == 1);
	} else if (gm_state_refs(s) >= GM_REFS_LEAKED) {
		MUST(last == 0 && nr_panics == 0);
		MUST(moved(gm_state_saturated(s), desc.state, 0, (gm_word)-1));
	} else if (gm_state_refs(s) == 1) {
		MUST(last == 1 && desc.state == gm_state_destroyed(s));
		MUST(gone.type == gm_state_type(s) && gone.size == gm_desc_size(&desc));
	} else {
		MUST(last == 0 && moved(s, desc.state, (gm_word)-1, (gm_word)-1));
	}
}

void prove_nopin(void)
{
	struct gm_desc desc;
	gm_word s;

	any_desc(&desc);
	s = desc.state;
	gm_ref_set_nopin(&desc);
	MUST(desc.state == (s | GM_STATE_NOPIN) && gm_state_is_nopin(desc.state));
	gm_ref_clear_nopin(&desc);
	MUST(desc.state == (s & ~GM_STATE_NOPIN) && !gm_state_is_nopin(desc.state));
}

/* The type of an orphan travels in the low bits of its size, and comes back. */
void prove_orphan(void)
{
	struct gm_desc desc;
	struct gm_object gone;
	uint64_t base, size;
	gm_word s;
	void *owner;
	int err;

	any_desc(&desc);
	s = desc.state;
	base = gm_desc_base(&desc);
	size = gm_desc_size(&desc);
	owner = gm_desc_owner(&desc);
	ASSUME(gm_state_is_live(s) && gm_state_refs(s) == 1 && gm_state_pins(s) == 0);
	err = gm_ref_undo(&desc);
	MUST(err == -GM_EORPHAN && desc.state == gm_state_destroyed(s));
	gm_ref_orphan(&desc, &gone);
	MUST(gone.base.value == base && gone.size == size && gone.owner == owner);
	MUST(gone.type == gm_state_type(s));
	MUST(gm_desc_size(&desc) == size);
}
