/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * counts_rows.h - references and pins at their boundaries, beside every flag: 0, 1,
 * limit - 1, limit, saturated, on objects that live, are frozen or are gone.
 *
 * Each row is one call on one word: what it answers, and what the word is then.
 */
#ifndef COUNTS_ROWS_H
#define COUNTS_ROWS_H

#include "faults.h"

enum call {
	GET,
	GET_CHECKED,
	ADD,
	TRY_GET,
	TRY_GET_TYPE, /* argument: the type */
	PUT,
	PUT_SOLE,
	PUT_MANY,
	TRY_PIN,
	UNPIN,
	FREEZE,
	THAW,
	RETIRE,
	PUBLISH,
	UNDO,
};

static const char *const call_names[] = {
	"get",    "get_checked", "add",      "try_get", "try_get_type",
	"put",    "put_sole",    "put_many", "try_pin", "unpin",
	"freeze", "thaw",        "retire",   "publish", "undo",
};

enum life { LIVE, FROZEN, GONE };

static const char *const life_names[] = { "live", "frozen", "gone" };

struct row {
	enum call call;
	gm_word argument;
	enum life life;
	gm_word refs, pins;
	int answer;
	/* After it. Counts matter where it is live. */
	enum life then;
	gm_word then_refs, then_pins;
	unsigned panics, notices;
	int checks; /* the least GM_CONFIG_CHECKS that finds it; 0: always so */
};

#define LIMIT GM_REFS_LIMIT
#define LEAKED GM_REFS_LEAKED
#define FULL GM_REFS_SATURATED
#define PINS GM_PINS_LIMIT
#define OTHER (WORLD_TYPE + 1)

static const struct row rows[] = {
	{ GET, 0, LIVE, 0, 0, 0, LIVE, 1, 0, 0, 0, 0 },
	{ GET, 0, LIVE, 1, 0, 0, LIVE, 2, 0, 0, 0, 0 },
	{ GET, 0, LIVE, LIMIT - 1, 0, 0, LIVE, LIMIT, 0, 0, 0, 0 },
	{ GET, 0, LIVE, LIMIT, 0, 0, LIVE, FULL, 0, 0, 1, 0 },
	{ GET, 0, LIVE, LIMIT, PINS, 0, LIVE, FULL, PINS, 0, 1, 0 },
	{ GET, 0, LIVE, LEAKED - 1, 0, 0, LIVE, FULL, 0, 0, 1, 0 },
	{ GET, 0, LIVE, LEAKED, 0, 0, LIVE, FULL, 0, 0, 0, 0 },
	{ GET, 0, LIVE, FULL, 1, 0, LIVE, FULL, 1, 0, 0, 0 },
	{ GET, 0, FROZEN, 1, 0, 0, FROZEN, 0, 0, 1, 0, 1 },
	{ GET, 0, GONE, 0, 0, 0, GONE, 0, 0, 1, 0, 1 },

	{ GET_CHECKED, 0, LIVE, 0, 0, 0, LIVE, 1, 0, 0, 0, 0 },
	{ GET_CHECKED, 0, LIVE, 1, 1, 0, LIVE, 2, 1, 0, 0, 0 },
	{ GET_CHECKED, 0, LIVE, LIMIT - 1, 0, 0, LIVE, LIMIT, 0, 0, 0, 0 },
	{ GET_CHECKED, 0, LIVE, LIMIT, 0, -GM_ELIMIT, LIVE, LIMIT, 0, 0, 0, 0 },
	{ GET_CHECKED, 0, LIVE, FULL, 0, -GM_ELIMIT, LIVE, FULL, 0, 0, 0, 0 },

	{ ADD, 0, LIVE, 1, 0, 0, LIVE, 1, 0, 0, 0, 0 },
	{ ADD, 1, LIVE, 0, 0, 0, LIVE, 1, 0, 0, 0, 0 },
	{ ADD, 1, LIVE, 1, 1, 0, LIVE, 2, 1, 0, 0, 0 },
	{ ADD, LIMIT - 1, LIVE, 1, 0, 0, LIVE, LIMIT, 0, 0, 0, 0 },
	{ ADD, LIMIT, LIVE, 1, 0, -GM_ELIMIT, LIVE, 1, 0, 0, 0, 0 },
	{ ADD, ~(gm_word)0, LIVE, 1, 0, -GM_ELIMIT, LIVE, 1, 0, 0, 0, 0 },
	{ ADD, 1, LIVE, LIMIT - 1, 0, 0, LIVE, LIMIT, 0, 0, 0, 0 },
	{ ADD, 2, LIVE, LIMIT - 1, 0, -GM_ELIMIT, LIVE, LIMIT - 1, 0, 0, 0, 0 },
	{ ADD, 1, LIVE, LIMIT, 0, -GM_ELIMIT, LIVE, LIMIT, 0, 0, 0, 0 },
	{ ADD, 1, LIVE, FULL, 0, -GM_ELIMIT, LIVE, FULL, 0, 0, 0, 0 },
	{ ADD, 1, FROZEN, 1, 0, -GM_EBUSY, FROZEN, 0, 0, 1, 0, 1 },
	{ ADD, 1, GONE, 0, 0, -GM_EBUSY, GONE, 0, 0, 1, 0, 1 },

	{ TRY_GET, 0, LIVE, 0, 0, 0, LIVE, 1, 0, 0, 0, 0 },
	{ TRY_GET, 0, LIVE, 1, 0, 0, LIVE, 2, 0, 0, 0, 0 },
	{ TRY_GET, 0, LIVE, LIMIT - 1, 0, 0, LIVE, LIMIT, 0, 0, 0, 0 },
	{ TRY_GET, 0, LIVE, LIMIT, 0, -GM_ELIMIT, LIVE, LIMIT, 0, 0, 0, 0 },
	{ TRY_GET, 0, LIVE, LEAKED, 0, -GM_ELIMIT, LIVE, FULL, 0, 0, 0, 0 },
	{ TRY_GET, 0, LIVE, FULL, 0, -GM_ELIMIT, LIVE, FULL, 0, 0, 0, 0 },
	{ TRY_GET, 0, FROZEN, 1, 0, -GM_EBUSY, FROZEN, 0, 0, 0, 0, 0 },
	{ TRY_GET, 0, FROZEN, LIMIT - 1, 0, -GM_EBUSY, FROZEN, 0, 0, 0, 0, 0 },
	{ TRY_GET, 0, GONE, 0, 0, -GM_EBUSY, GONE, 0, 0, 0, 0, 0 },
	{ TRY_GET_TYPE, WORLD_TYPE, LIVE, 1, 0, 0, LIVE, 2, 0, 0, 0, 0 },
	{ TRY_GET_TYPE, WORLD_TYPE, LIVE, LIMIT, 0, -GM_ELIMIT, LIVE, LIMIT, 0, 0, 0, 0 },
	{ TRY_GET_TYPE, OTHER, LIVE, 0, 0, -GM_EORPHAN, GONE, 0, 0, 0, 0, 0 },
	{ TRY_GET_TYPE, OTHER, LIVE, 1, 0, -GM_ETYPE, LIVE, 1, 0, 0, 0, 0 },
	{ TRY_GET_TYPE, OTHER, LIVE, LIMIT - 1, PINS, -GM_ETYPE, LIVE, LIMIT - 1, PINS, 0, 0, 0 },
	{ TRY_GET_TYPE, OTHER, LIVE, LIMIT, 0, -GM_ELIMIT, LIVE, LIMIT, 0, 0, 0, 0 },
	{ TRY_GET_TYPE, OTHER, FROZEN, 1, 0, -GM_EBUSY, FROZEN, 0, 0, 0, 0, 0 },

	{ PUT, 0, LIVE, 0, 0, 0, LIVE, 0, 0, 1, 0, 1 },
	{ PUT, 0, LIVE, 1, 0, 1, GONE, 0, 0, 0, 0, 0 },
	{ PUT, 0, LIVE, 1, 1, 0, LIVE, 1, 1, 1, 0, 1 },
	{ PUT, 0, LIVE, 2, 1, 0, LIVE, 1, 1, 0, 0, 0 },
	{ PUT, 0, LIVE, LIMIT, 0, 0, LIVE, LIMIT - 1, 0, 0, 0, 0 },
	{ PUT, 0, LIVE, LEAKED - 1, 0, 0, LIVE, LEAKED - 2, 0, 0, 0, 0 },
	{ PUT, 0, LIVE, LEAKED, 0, 0, LIVE, FULL, 0, 0, 0, 0 },
	{ PUT, 0, LIVE, FULL, 0, 0, LIVE, FULL, 0, 0, 0, 0 },
	{ PUT, 0, FROZEN, 1, 0, 0, FROZEN, 0, 0, 1, 0, 1 },
	{ PUT, 0, FROZEN, 2, 0, 0, FROZEN, 0, 0, 1, 0, 2 },
	{ PUT, 0, GONE, 0, 0, 0, GONE, 0, 0, 1, 0, 1 },
	{ PUT_SOLE, 0, LIVE, 0, 0, 0, LIVE, 0, 0, 0, 0, 0 },
	{ PUT_SOLE, 0, LIVE, 1, 0, 1, GONE, 0, 0, 0, 0, 0 },
	{ PUT_SOLE, 0, LIVE, 1, 1, 0, LIVE, 1, 1, 0, 0, 0 },
	{ PUT_SOLE, 0, LIVE, 2, 0, 0, LIVE, 2, 0, 0, 0, 0 },
	{ PUT_SOLE, 0, LIVE, FULL, 0, 0, LIVE, FULL, 0, 0, 0, 0 },
	{ PUT_SOLE, 0, FROZEN, 1, 0, 0, FROZEN, 0, 0, 0, 0, 0 },
	{ PUT_SOLE, 0, GONE, 0, 0, 0, GONE, 0, 0, 0, 0, 0 },
	{ PUT_MANY, 0, LIVE, 1, 0, 0, LIVE, 1, 0, 0, 0, 0 },
	{ PUT_MANY, 1, LIVE, 0, 0, 0, LIVE, 0, 0, 1, 0, 1 },
	{ PUT_MANY, 1, LIVE, 1, 0, 1, GONE, 0, 0, 0, 0, 0 },
	{ PUT_MANY, 2, LIVE, 1, 0, 0, LIVE, 1, 0, 1, 0, 1 },
	{ PUT_MANY, 1, LIVE, 2, 2, 0, LIVE, 2, 2, 1, 0, 1 },
	{ PUT_MANY, LIMIT, LIVE, LIMIT, 0, 1, GONE, 0, 0, 0, 0, 0 },
	{ PUT_MANY, LIMIT - 1, LIVE, LIMIT, 1, 0, LIVE, 1, 1, 0, 0, 0 },
	{ PUT_MANY, LIMIT + 1, LIVE, LIMIT + 1, 0, 0, LIVE, LIMIT + 1, 0, 1, 0, 1 },
	{ PUT_MANY, LIMIT, LIVE, FULL, 0, 0, LIVE, FULL, 0, 0, 0, 0 },
	{ PUT_MANY, 1, FROZEN, 1, 0, 0, FROZEN, 0, 0, 1, 0, 1 },
	{ PUT_MANY, 1, GONE, 0, 0, 0, GONE, 0, 0, 1, 0, 1 },
	{ UNDO, 0, LIVE, 1, 0, -GM_EORPHAN, GONE, 0, 0, 0, 0, 0 },
	{ UNDO, 0, LIVE, 2, 1, 0, LIVE, 1, 1, 0, 0, 0 },
	{ UNDO, 0, LIVE, FULL, 0, 0, LIVE, FULL, 0, 0, 0, 0 },
	{ UNDO, 0, GONE, 0, 0, 0, GONE, 0, 0, 1, 0, 1 },

	{ TRY_PIN, 0, LIVE, 0, 0, 0, LIVE, 1, 1, 0, 0, 0 },
	{ TRY_PIN, 0, LIVE, 1, 0, 0, LIVE, 2, 1, 0, 0, 0 },
	{ TRY_PIN, 0, LIVE, 1, 1, 0, LIVE, 2, 2, 0, 0, 0 },
	{ TRY_PIN, 0, LIVE, LIMIT - 1, PINS - 1, 0, LIVE, LIMIT, PINS, 0, 0, 0 },
	{ TRY_PIN, 0, LIVE, LIMIT - 1, PINS, -GM_ELIMIT, LIVE, LIMIT - 1, PINS, 0, 0, 0 },
	{ TRY_PIN, 0, LIVE, PINS, PINS, -GM_ELIMIT, LIVE, PINS, PINS, 0, 0, 0 },
	{ TRY_PIN, 0, LIVE, LIMIT, 0, -GM_ELIMIT, LIVE, LIMIT, 0, 0, 0, 0 },
	{ TRY_PIN, 0, LIVE, FULL, 1, -GM_ELIMIT, LIVE, FULL, 1, 0, 0, 0 },
	{ TRY_PIN, 0, FROZEN, 1, 0, -GM_EBUSY, FROZEN, 0, 0, 0, 0, 0 },
	{ TRY_PIN, 0, GONE, 0, 0, -GM_EBUSY, GONE, 0, 0, 0, 0, 0 },
	{ UNPIN, 0, LIVE, 0, 0, 0, LIVE, 0, 0, 1, 0, 1 },
	{ UNPIN, 0, LIVE, 1, 0, 0, LIVE, 1, 0, 1, 0, 1 },
	{ UNPIN, 0, LIVE, LIMIT, 0, 0, LIVE, LIMIT, 0, 1, 0, 1 },
	{ UNPIN, 0, LIVE, 1, 1, 1, GONE, 0, 0, 0, 0, 0 },
	{ UNPIN, 0, LIVE, 2, 2, 0, LIVE, 1, 1, 0, 0, 0 },
	{ UNPIN, 0, LIVE, LIMIT, PINS, 0, LIVE, LIMIT - 1, PINS - 1, 0, 0, 0 },
	{ UNPIN, 0, LIVE, FULL, 1, 0, LIVE, FULL, 0, 0, 0, 0 },
	{ UNPIN, 0, FROZEN, 1, 0, 0, FROZEN, 0, 0, 1, 0, 1 },
	{ UNPIN, 0, GONE, 0, 0, 0, GONE, 0, 0, 1, 0, 1 },

	{ FREEZE, 0, LIVE, 0, 0, -GM_EINVAL, LIVE, 0, 0, 0, 0, 0 },
	{ FREEZE, 1, LIVE, 0, 0, -GM_EBUSY, LIVE, 0, 0, 0, 0, 0 },
	{ FREEZE, 1, LIVE, 1, 0, 0, FROZEN, 0, 0, 0, 0, 0 },
	{ FREEZE, 1, LIVE, 1, 1, -GM_EBUSY, LIVE, 1, 1, 0, 0, 0 },
	{ FREEZE, 1, LIVE, 2, 0, -GM_EBUSY, LIVE, 2, 0, 0, 0, 0 },
	{ FREEZE, 2, LIVE, 1, 0, -GM_EBUSY, LIVE, 1, 0, 0, 0, 0 },
	{ FREEZE, LIMIT - 1, LIVE, LIMIT - 1, 0, 0, FROZEN, 0, 0, 0, 0, 0 },
	{ FREEZE, LIMIT, LIVE, LIMIT, 0, -GM_EINVAL, LIVE, LIMIT, 0, 0, 0, 0 },
	{ FREEZE, FULL, LIVE, FULL, 0, -GM_EINVAL, LIVE, FULL, 0, 0, 0, 0 },
	{ FREEZE, 1, FROZEN, 1, 0, -GM_EBUSY, FROZEN, 0, 0, 0, 0, 0 },
	{ FREEZE, 1, GONE, 0, 0, -GM_EBUSY, GONE, 0, 0, 0, 0, 0 },
	{ THAW, 1, FROZEN, 1, 0, 0, LIVE, 1, 0, 0, 0, 0 },
	{ THAW, 3, FROZEN, LIMIT, PINS, 0, LIVE, 3, 0, 0, 0, 0 },
	{ THAW, LIMIT - 1, FROZEN, 1, 0, 0, LIVE, LIMIT - 1, 0, 0, 0, 0 },
	{ THAW, 0, FROZEN, 1, 0, 0, FROZEN, 0, 0, 1, 0, 1 },
	{ THAW, LIMIT, FROZEN, 1, 0, 0, FROZEN, 0, 0, 1, 0, 1 },
	{ THAW, 1, LIVE, 1, 0, 0, LIVE, 1, 0, 1, 0, 1 },
	{ THAW, 1, LIVE, 2, 1, 0, LIVE, 2, 1, 1, 0, 1 },
	{ THAW, 1, GONE, 0, 0, 0, GONE, 0, 0, 1, 0, 1 },
	{ RETIRE, 0, LIVE, 1, 0, 0, LIVE, 1, 0, 1, 0, 1 },
	{ RETIRE, 0, FROZEN, 1, 0, 0, GONE, 0, 0, 0, 0, 0 },
	{ PUBLISH, 1, LIVE, 1, 0, 0, LIVE, 1, 0, 1, 0, 1 },
	{ PUBLISH, 1, LIVE, FULL, 1, 0, LIVE, FULL, 1, 1, 0, 1 },
};

#endif
