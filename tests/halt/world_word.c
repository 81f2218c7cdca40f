/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_word.c - a state word at the ends of its fields, where the slow ways of
 * ref.c loop; contracts in halt.h. No table: nobody removes anything.
 */
#include "halt.h"

#include <granmem/ref.h>

#define TYPE 3u

/* One reference below the limit; leaked; frozen with strays that reach the limit with
 * the next get, or the next pin. */
enum variant { LIMIT, LEAKED, STRAYS, STRAY_PINS, NR_VARIANTS };

#define IN_ALL ((1u << NR_VARIANTS) - 1)
#define IN_LIVE (1u << LIMIT | 1u << LEAKED)

static struct gm_desc *desc(void)
{
	return (struct gm_desc *)(void *)memory_world;
}

static void setup(unsigned variant, unsigned refs, unsigned pins)
{
	gm_word live = GM_STATE_LIVE | (gm_word)TYPE << GM_STATE_TYPE_SHIFT;

	(void)refs;
	(void)pins;
	memory_begin();
	memory_take(sizeof(struct gm_desc), 64);
	if (variant == LIMIT)
		desc()->state = live | (GM_REFS_LIMIT - 1);
	else if (variant == LEAKED)
		desc()->state = live | GM_REFS_SATURATED;
	else if (variant == STRAYS)
		desc()->state = GM_REFS_LIMIT - 1;
	else
		desc()->state = (GM_PINS_LIMIT - 1) * GM_STATE_PINS_ONE + GM_PINS_LIMIT;
}

static void op_get(struct outcome *out)
{
	(void)out;
	gm_ref_get(desc());
}

static void op_get_checked(struct outcome *out)
{
	out->answer = gm_ref_get_checked(desc());
}

static void op_add(struct outcome *out)
{
	out->answer = gm_ref_add(desc(), 2);
}

static void op_put(struct outcome *out)
{
	struct gm_object gone;

	if (gm_ref_put(desc(), &gone))
		out->wrong = "the last of so many";
}

static void op_put_many(struct outcome *out)
{
	struct gm_object gone;

	if (gm_ref_put_many(desc(), 2, &gone))
		out->wrong = "the last of so many";
}

static void op_try_get(struct outcome *out)
{
	out->answer = gm_ref_try_get_type(desc(), TYPE);
}

static void op_pin(struct outcome *out)
{
	out->answer = gm_ref_try_pin(desc());
}

static void op_nopin(struct outcome *out)
{
	(void)out;
	gm_ref_set_nopin(desc());
	gm_ref_clear_nopin(desc());
}

/* Nothing ran over from one field into the next. */
static const char *check(const struct outcome *halted, const struct outcome *other)
{
	gm_word state = desc()->state;
	gm_word refs = gm_state_refs(state);

	(void)halted;
	(void)other;
	if (!gm_state_is_live(state))
		return refs < GM_REFS_LIMIT && gm_state_type(state) == 0 &&
				       gm_state_pins(state) < GM_PINS_LIMIT ?
			       NULL :
			       "strays reach half of a field at rest";
	if (gm_state_type(state) != TYPE || gm_state_generation(state) != 0)
		return "a count ran over";
	if (gm_state_pins(state) > 2)
		return "references ran over into the pins";
	return refs >= GM_REFS_LIMIT - 8 ? NULL : "references are lost";
}

#define LIMITED (ANSWER(0) | ANSWER(GM_ELIMIT))

static const struct operation operations[] = {
	{ "get", op_get, ANSWER(0), IN_LIVE, 0, 0 },
	{ "get_checked", op_get_checked, LIMITED, IN_LIVE, 0, 0 },
	{ "add", op_add, LIMITED, IN_LIVE, 0, 0 },
	{ "put", op_put, ANSWER(0), IN_LIVE, 0, 0 },
	{ "put_many", op_put_many, ANSWER(0), IN_LIVE, 0, 0 },
	{ "try_get_type", op_try_get, LIMITED | ANSWER(GM_EBUSY), IN_ALL, 0, 0 },
	{ "pin", op_pin, LIMITED | ANSWER(GM_EBUSY) | ANSWER(GM_EPINNED), IN_ALL, 0, 0 },
	{ "set and clear nopin", op_nopin, ANSWER(0), IN_LIVE, 0, 0 },
};

const struct world world_word = { "word",     IN_ALL, sizeof(operations) / sizeof(operations[0]),
				  operations, setup,  check };
