/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * controls.c - operations that forget to roll something back. The instrument must
 * find each of them lossy, or it shows nothing.
 */
#include "faults.h"

#include <stdio.h>

#define PLACE (MIDDLE + 64 * GRANULE)

/* Two objects or none: this forgets the first one. */
static int leak_object(struct world *w)
{
	int err = world_create(w, PLACE, GRANULE);

	return err != 0 ? err : world_create(w, PLACE + GRANULE, GRANULE);
}

static int leak_descriptor(struct world *w)
{
	struct gm_pool *pools[5];
	void *element;
	int err;

	(void)world_pools(w, pools);
	element = gm_pool_take(pools[0], 0, 1);
	err = element != NULL ? world_create(w, PLACE, GRANULE) : -GM_ENOMEM;
	if (element != NULL && err == 0)
		gm_pool_return(pools[0], element, 0);
	return err;
}

static int leak_bytes(struct world *w)
{
	int err = world_create(w, PLACE, GRANULE);

	if (err != 0)
		gm_table_take_free(&w->any.table, GRANULE);
	return err;
}

static int leave_frozen(struct world *w)
{
	struct gm_desc *desc = world_find(w, WORLD_BASE + 8 * GRANULE);
	int frozen = gm_ref_freeze(desc, 1);
	int err = world_create(w, PLACE, GRANULE);

	if (err == 0 && frozen == 0)
		gm_ref_thaw(desc, 1);
	return err;
}

static int leave_flag(struct world *w)
{
	int err = world_create(w, PLACE, GRANULE);

	if (err != 0)
		(void)gm_desc_clear_flags(world_find(w, WORLD_BASE), GM_FLAG_DIRTY);
	return err;
}

static int wrong_error(struct world *w)
{
	return world_create(w, PLACE, GRANULE) != 0 ? -GM_EBUSY : 0;
}

static int never_again(struct world *w)
{
	static const struct world *failed;
	int err = failed == w ? -GM_ENOMEM : world_create(w, PLACE, GRANULE);

	failed = err != 0 && failed != w ? w : NULL;
	return err;
}

#define ONE (int64_t) GRANULE

static const struct {
	struct operation operation;
	enum source source;
} controls[] = {
	{ { "leak an object", ON_ALL, ALWAYS, 2 * ONE, PLACE, 2 * GRANULE, NULL, leak_object },
	  DESCS },
	{ { "leak a descriptor", ON_ALL, ALWAYS, ONE, PLACE, GRANULE, NULL, leak_descriptor },
	  DESCS },
	{ { "leak bytes", ON_ALL, ALWAYS, ONE, PLACE, GRANULE, NULL, leak_bytes }, HOOK_FROM },
	{ { "leave frozen", ON_ALL, ALWAYS, ONE, PLACE, GRANULE, NULL, leave_frozen }, HOOK_ONCE },
	{ { "leave a flag", ON_ALL, ALWAYS, ONE, PLACE, GRANULE, NULL, leave_flag }, BUFFER },
	{ { "answer wrongly", ON_ALL, ALWAYS, ONE, PLACE, GRANULE, NULL, wrong_error }, HOOK_FROM },
	{ { "fail for ever", ON_ALL, ALWAYS, ONE, PLACE, GRANULE, NULL, never_again }, HOOK_FROM },
	{ { "need memory", ON_ALL, NEVER, ONE, PLACE, GRANULE, NULL, leak_object }, HOOK_FROM },
};

unsigned controls_all(void)
{
	struct tally *kept = tally;
	unsigned missed = 0;
	unsigned i, kind;

	for (i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		for (kind = 1; kind < KINDS_NR; kind++) {
			struct tally own = { .quiet = 1 };

			tally = &own;
			sweep_operation(&controls[i].operation, kind, controls[i].source);
			tally = kept;
			if (own.lost != 0)
				continue;
			fprintf(stderr, "not found: %s, %s\n", controls[i].operation.name,
				kind_names[kind]);
			missed++;
		}
	return missed + counts_controls();
}
