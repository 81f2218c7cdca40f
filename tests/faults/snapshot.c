/* SPDX-License-Identifier: BSD-2-Clause */
/* snapshot.c - all that can be seen of a table, before and after a fault. */
#include "faults.h"

#include <string.h>

/* A frozen word's counts mean nothing, and its generation moves on. */
static gm_word visible_state(const struct gm_desc *desc)
{
	gm_word state = gm_atomic_load_relaxed(&desc->state) & ~GM_STATE_GENERATION_MASK;

	return gm_state_is_live(state) ? state : gm_state_without_strays(state);
}

void snapshot_take(struct world *w, struct snapshot *out)
{
	uint64_t at = WORLD_BASE;

	memset(out, 0, sizeof(*out));
	while (at < WORLD_BASE + WORLD_SIZE) {
		struct gm_desc *desc = world_find(w, at);
		struct record *record = &out->records[out->nr];

		if (desc == NULL) {
			at += w->ops->any_multiple ? GM_OBJECT_ALIGN : GRANULE;
			continue;
		}
		if (!REQUIRE(out->nr < sizeof(out->records) / sizeof(out->records[0])) ||
		    !REQUIRE(gm_desc_base(desc) == at && gm_desc_size(desc) != 0)) /* I6 */
			break;
		record->desc = desc;
		record->base = at;
		record->size = gm_desc_size(desc);
		record->owner = gm_desc_owner(desc);
		record->flags = gm_desc_flags(desc);
		record->state = visible_state(desc);
		out->nr++;
		at += record->size;
	}
	(void)!w->ops->verify(&w->any, &out->verify);
	w->ops->stats(&w->any, &out->stats);
	out->given = w->given;
}

/* Metadata may have grown, by what the hook gave or the region lost, and is all there. */
static void compare_metadata(const struct snapshot *before, const struct snapshot *after)
{
	uint64_t grown = after->stats.desc_bytes + after->stats.node_bytes -
			 before->stats.desc_bytes - before->stats.node_bytes;
	uint64_t hosted = after->stats.hosted_bytes - before->stats.hosted_bytes;

	REQUIRE(after->stats.desc_bytes >= before->stats.desc_bytes);
	REQUIRE(after->stats.node_bytes >= before->stats.node_bytes);
	REQUIRE(after->stats.static_bytes == before->stats.static_bytes);
	REQUIRE(after->stats.total_bytes ==
		after->stats.static_bytes + after->stats.desc_bytes + after->stats.node_bytes);
	REQUIRE(grown >= after->given - before->given);
	REQUIRE(grown >= hosted);
}

void snapshot_unchanged(const struct snapshot *before, const struct snapshot *after)
{
	uint64_t hosted = after->stats.hosted_bytes - before->stats.hosted_bytes;
	unsigned i;

	REQUIRE(after->verify.nr_errors == 0);
	REQUIRE(after->verify.nr_references == before->verify.nr_references);
	REQUIRE(after->verify.nr_saturated == before->verify.nr_saturated);
	REQUIRE(after->verify.covered_bytes == before->verify.covered_bytes);
	REQUIRE(after->stats.nr_objects == before->stats.nr_objects);
	/* What the region gave to the pools may need nodes itself. */
	REQUIRE(after->stats.nr_nodes == before->stats.nr_nodes ||
		(hosted != 0 && after->stats.nr_nodes > before->stats.nr_nodes));
	REQUIRE(after->stats.free_bytes + hosted == before->stats.free_bytes);
	compare_metadata(before, after);
	if (!REQUIRE(after->nr == before->nr))
		return;
	for (i = 0; i < after->nr; i++) {
		const struct record *old = &before->records[i];
		const struct record *new = &after->records[i];

		REQUIRE(new->desc == old->desc);
		REQUIRE(new->base == old->base &&new->size == old->size);
		REQUIRE(new->owner == old->owner &&new->flags == old->flags);
		REQUIRE(new->state == old->state);
	}
}

void snapshot_moved(const struct snapshot *before, const struct snapshot *after, int64_t takes)
{
	uint64_t hosted = after->stats.hosted_bytes - before->stats.hosted_bytes;

	REQUIRE(after->verify.nr_errors == 0);
	REQUIRE((int64_t)(before->stats.free_bytes - after->stats.free_bytes - hosted) == takes);
	REQUIRE(after->stats.nr_objects == after->nr);
	compare_metadata(before, after);
}
