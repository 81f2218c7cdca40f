/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.h - one table, everything it consists of, and what must be in it by the
 * calls that have returned. All of it is copied back before each run.
 */
#ifndef WORLD_H
#define WORLD_H

#include "model/table_ops.h"
#include "race.h"

#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>

#define GRANULE ((uint64_t)512)
#define GRANULE_SHIFT 9
#define REGION_MAX (1024 * GRANULE)
#define BASE ((uint64_t)1 << 24)
#define TYPE 3u
#define OTHER_TYPE 5u
#define NR_OWNED 64

/* A part of memory with objects that are ours: one, or the rests of one. */
struct owned {
	uint64_t base;
	uint64_t size;  /* 0: none */
	unsigned taken; /* which call is just giving it up, or freezing it; 0: none */
	int frozen;     /* a call left it so */
	int marked;     /* 1: no object, but a mark of the folio table; 2: just being unmarked */
};

struct world {
	union {
		struct gm_adhoc adhoc;
		struct gm_compound compound;
		struct gm_folio folio;
	} table;
	struct owned owned[NR_OWNED];
	struct gm_desc *held[NR_OWNED]; /* references beside the owners' */
	unsigned nr_held;
	unsigned nr_taken;
	size_t slabs_used; /* of those that the grow hook gives */
	int grows;
};

#define SETUP_GROWS 1u  /* the hook gives more metadata */
#define SETUP_HOSTED 2u /* the region does, and there is no buffer */
#define SETUP_LARGE 4u  /* more granules than a few */
#define SETUP_FEW 8u    /* descriptors are as large as can be: few in a slab */

/* How a table is set up, and what is in it when the call begins. */
struct setup {
	const char *name;
	uint64_t unit;       /* what the objects are multiples of: a granule, or less */
	unsigned nr_objects; /* that the buffer is for; 0: the least */
	unsigned options;    /* SETUP_... */
	void (*fill)(void);  /* makes the first objects */
};

extern struct world world;
extern const struct table_ops *world_ops;
extern uint64_t world_unit, world_region;

/* world_make - an empty table, filled as the setup says, becomes the start. */
void world_make(const struct table_ops *ops, const struct setup *setup);

/* world_reset - everything as at the start. */
void world_reset(void);

/* world_check - at rest: the table is sound, has what is ours and nothing else, and
 * is empty again when that is gone. */
void world_check(void);

/* Something to do, and what to do behind it. Places and lengths are in units. */
struct action {
	const char *name;
	void (*run)(uint64_t at, uint64_t nr);
	uint64_t at, nr;
	const struct action *then;
};

extern const struct action actions[];
extern const unsigned nr_actions;

/* action_find - by its name. */
const struct action *action_find(const char *name);

/* action_fill - objects far away until the next one needs growth in the region. */
void action_fill(void);

/* action_run - all of it; what: a struct action. */
void action_run(const void *what);

#endif
