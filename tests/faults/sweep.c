/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep.c - each operation with each allocation refused in turn.
 *
 * n counts up until the operation no longer meets the fault. At each n: the
 * answer is the documented error, the table is sound and as it was, and the same
 * call succeeds once there is memory again. What a contract says needs none has
 * to succeed at once.
 */
#include "faults.h"

/* No operation needs more. */
#define MOST 64

static struct world world;
static struct snapshot before, after;

/* Where growth took the very memory that was asked for, it is metadata now. */
static int target_is_metadata(struct world *w, const struct operation *operation)
{
	struct gm_desc *desc;
	uint64_t at;

	for (at = operation->target; at < operation->target + operation->size; at += GRANULE)
		if (w->ops->find_get(&w->any, gm_paddr(at), 0, &desc) == -GM_ENOTRAM)
			return 1;
	return 0;
}

/* The refused call, and what it left behind. Returns 0 if a retry is to succeed. */
static int after_refusal(const struct operation *operation, unsigned n, int err)
{
	snapshot_take(&world, &after);
	snapshot_unchanged(&before, &after);
	REQUIRE(operation->appetite != NEVER);
	if (err == -GM_EEXIST && world.source == REGION &&
	    REQUIRE(target_is_metadata(&world, operation)))
		return 1;
	REQUIRE(err == -GM_ENOMEM);
	REQUIRE(n < MOST);
	return 0;
}

/* Returns 1 if the fault was met. */
static int one_point(const struct operation *operation, unsigned kind, enum source source,
		     unsigned n)
{
	int err, hit;

	point_begin(operation->name, kind_names[kind], source_names[source], n);
	world_begin(&world, kind, source, source == BUFFER ? n - 1 : 0);
	world_bystanders(&world);
	if (operation->prepare != NULL)
		operation->prepare(&world);
	world_starve(&world, operation->target, operation->size, n);
	snapshot_take(&world, &before);
	REQUIRE(before.verify.nr_errors == 0);
	world_arm(&world, n);
	err = operation->run(&world);
	/* Where elements are left, a hook that is asked in vain is not yet the fault. */
	hit = err != 0 || (world.nr_refused != 0 && source < DESCS);
	world_undrain(&world);
	/* Whose hook misplaces memory hears of it from the table that checks. */
	REQUIRE(port.panics == 0 || (source == HOOK_MISPLACE && world.nr_refused != 0));
	port.panics = 0;
	if (err != 0) {
		int moved = after_refusal(operation, n, err);

		world_repair(&world);
		snapshot_take(&world, &before);
		err = moved ? 0 : operation->run(&world);
		REQUIRE(err == 0);
		operation = moved ? NULL : operation;
	}
	if (err == 0 && operation != NULL) {
		snapshot_take(&world, &after);
		snapshot_moved(&before, &after, operation->takes);
	}
	world_repair(&world);
	world_end(&world);
	return hit;
}

void sweep_operation(const struct operation *operation, unsigned kind, enum source source)
{
	unsigned n = 1;

	while (one_point(operation, kind, source, n) && n <= MOST)
		n++;
	/* The last run is a point only where it had to succeed without memory. */
	if (operation->appetite != NEVER)
		tally->points--;
	if (operation->appetite == ALWAYS && source == HOOK_FROM)
		REQUIRE(n > 1);
	if (operation->appetite == NEVER)
		REQUIRE(n == 1);
}

/* Has a table of this kind such a source? */
static int has(unsigned kind, enum source source)
{
	switch (1u << kind) {
	case ON_COMPOUND:
		return source == HOOK_FROM || source == REGION;
	case ON_FOLIO:
		return source <= DESCS;
	default:
		return 1;
	}
}

void sweep_all(void)
{
	unsigned i, kind, source;

	for (i = 0; i < nr_operations; i++)
		for (kind = 0; kind < KINDS_NR; kind++)
			for (source = 0; source < SOURCES_NR; source++) {
				if ((operations[i].kinds & 1u << kind) == 0 ||
				    !has(kind, (enum source)source))
					continue;
				if (source == HOOK_MISPLACE && GM_CONFIG_CHECKS == 0) {
					tally->skipped++;
					continue;
				}
				sweep_operation(&operations[i], kind, (enum source)source);
			}
}
