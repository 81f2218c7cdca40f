/* SPDX-License-Identifier: BSD-2-Clause */
/* desc.h - descriptors of any content, and what they become. */
#ifndef GOALS_DESC_H
#define GOALS_DESC_H

#include "goals.h"

#include <granmem/desc.h>
#include <granmem/port.h>

static unsigned nr_panics, nr_notices;

void gm_port_panic(const char *text, const void *object)
{
	(void)text, (void)object;
	nr_panics++;
}

void gm_port_notice(const char *text, const void *object)
{
	(void)text, (void)object;
	nr_notices++;
}

static gm_word any_word(void)
{
	return (gm_word)any();
}

/* A descriptor with any state word and any record that a table gives one. */
static void any_desc(struct gm_desc *desc)
{
	struct gm_object object;

	nr_panics = nr_notices = 0;
	object.base = gm_paddr(any());
	object.size = any();
	object.type = 1;
	object.owner = (void *)(uintptr_t)any();
	ASSUME(((object.base.value | object.size) & (GM_OBJECT_ALIGN - 1)) == 0);
	ASSUME(both(object.size != 0, object.base.value < GM_PADDR_END));
	ASSUME(object.size <= GM_PADDR_END - object.base.value);
	desc->state = any_word();
	*(gm_word *)(uintptr_t)gm_desc_flags_word(desc) = 0;
	gm_desc_set(desc, &object);
}

/* Is `to` the word `from` with that many more references and pins? */
static int moved(gm_word from, gm_word to, gm_word refs, gm_word pins)
{
	return to == (from & ~(GM_STATE_REFS_MASK | GM_STATE_PINS_MASK)) + gm_state_refs(from) +
			     refs + ((gm_state_pins(from) + pins) << GM_STATE_PINS_SHIFT);
}

/* Room for all who may race: that it is enough, state.c proves. */
static int has_room(gm_word s)
{
	return both(gm_state_refs(s) <= GM_STATE_REFS_MASK - GM_CONTEXTS_MAX,
		    gm_state_pins(s) <=
			    (GM_STATE_PINS_MASK >> GM_STATE_PINS_SHIFT) - GM_CONTEXTS_MAX);
}

#endif
