/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ref_unit.h - what the tests of references share: a descriptor, its state word
 * by its parts, and a call's step from one state word to another.
 */
#ifndef REF_UNIT_H
#define REF_UNIT_H

#include <granmem/ref.h>

#include "unit.h"

#define GENERATIONS (1u << GM_STATE_GENERATION_BITS)
#define LAST_GENERATION (GENERATIONS - 1)
#define TYPE 3u

static struct gm_desc desc;
static struct gm_object gone;
static int owner;

static gm_word live(gm_word refs, gm_word pins)
{
	return GM_STATE_LIVE | ((gm_word)TYPE << GM_STATE_TYPE_SHIFT) |
	       (pins << GM_STATE_PINS_SHIFT) | refs;
}

static gm_word generation(unsigned nr)
{
	return (gm_word)nr << GM_STATE_GENERATION_SHIFT;
}

static gm_word frozen(gm_word refs, gm_word pins)
{
	return live(refs, pins) & ~GM_STATE_LIVE;
}

static void begin(gm_word state)
{
	struct gm_object object = { gm_paddr(0x40000), 0x1000, TYPE, &owner };

	gm_desc_set(&desc, &object);
	desc.state = state;
	memset(&gone, 0xee, sizeof(gone));
}

static int gone_untouched(void)
{
	struct gm_object pattern;

	memset(&pattern, 0xee, sizeof(pattern));
	return memcmp(&gone, &pattern, sizeof(gone)) == 0;
}

static void expect_gone(void)
{
	expect_eq(gone.base.value, 0x40000);
	expect_eq(gone.size, 0x1000);
	expect_eq(gone.type, TYPE);
	expect(gone.owner == &owner);
}

/* A call that is a caller's error: the hook once, the word as before. */
#if GM_CONFIG_CHECKS >= 1
#define expect_refused(before, call)                 \
	do {                                         \
		begin(before);                       \
		call;                                \
		expect(unit_panicked());             \
		expect(unit_panics.object == &desc); \
		expect_eq(desc.state, before);       \
	} while (0)
#else
#define expect_refused(before, call) (void)0
#endif

/* A call and its answer, from one word to another. */
#define expect_step(from, call, answer, to)       \
	do {                                      \
		begin(from);                      \
		expect_eq((call), (answer));      \
		expect_eq(desc.state, (to));      \
	} while (0)

#endif
