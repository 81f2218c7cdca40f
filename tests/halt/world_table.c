/* SPDX-License-Identifier: BSD-2-Clause */
/* world_table.c - the worlds with a table: what they begin with, and what must be
 * right in the end; contracts in tables.h. */
#include "tables.h"

#include <granmem/adhoc.h>

/* More objects than there can be at once. */
#define NR_LEFT 32

/* Room for the slabs that two can take at the same moment. */
#define SPARE_BYTES ((uint64_t)32 << 10)

void table_orphan(struct gm_desc *desc)
{
	if (calls()->any_multiple) {
		gm_pool_mark_orphan(&((struct gm_adhoc *)scene()->table)->descs, desc);
	} else {
		struct gm_blocks *blocks = scene()->table;

		blocks->ops->orphan(blocks, desc);
	}
}

static struct gm_desc *create(const struct range *range)
{
	struct gm_object object = { .base = gm_paddr(range->base),
				    .size = range->size,
				    .type = TYPE };
	struct gm_desc *desc = NULL;

	must(calls()->create(scene()->table, &object, &desc) == 0, "create");
	return desc;
}

/* An empty table. One lane: both sides use the same hints and the same kept
 * elements. */
static void start(const struct place *place)
{
	struct gm_table_config config = { .base = gm_paddr(BASE),
					  .size = place->size,
					  .granule_shift = GRANULE_SHIFT,
					  .nr_lanes = 1,
					  .zeroed = 1 };
	struct gm_metadata metadata;
	void *buffer;

	memory_begin();
	memory_take(sizeof(struct scene), 64);
	scene()->place = place;
	scene()->table = memory_take(place->calls->size, 64);
	must(calls()->metadata_size(&config, 8, &metadata) == 0, "metadata_size");
	metadata.bytes += SPARE_BYTES;
	buffer = memory_take(metadata.bytes, metadata.align);
	must(calls()->init(scene()->table, &config, buffer, metadata.bytes) == 0, "init");
	calls()->stats(scene()->table, &scene()->empty);
}

/* x, held so often; at least by somebody who takes no part. */
static void setup_x(unsigned refs, unsigned pins)
{
	struct gm_desc *x = create(&scene()->place->x);
	unsigned i;

	if (refs == 0)
		refs = 1;
	for (i = 0; i < pins; i++)
		must(gm_ref_try_pin(x) == 0, "pin");
	if (refs == pins)
		must(calls()->put(scene()->table, x) == 0, "put");
	else
		must(gm_ref_add(x, refs - pins - 1) == 0, "add");
	scene()->x = x;
	scene()->refs += refs;
}

static void setup_crowd(void)
{
	const struct place *place = scene()->place;
	struct gm_desc *orphan = create(&place->orphan);

	must(gm_ref_undo(orphan) == -GM_EORPHAN, "orphan");
	table_orphan(orphan);
	scene()->near = create(&place->near);
	must(gm_ref_add(scene()->near, 2) == 0, "add");
	scene()->refs += 3;
	if (place->marked.size != 0)
		must(gm_folio_mark(scene()->table, gm_paddr(place->marked.base), place->marked.size,
				   GM_FOLIO_RESERVED) == 0,
		     "mark");
}

void table_setup(const struct place *place, unsigned variant, unsigned refs, unsigned pins)
{
	start(place);
	if (variant == RECYCLED)
		must(calls()->put(scene()->table, create(&place->x)) == 1, "put");
	if (variant == ALONE || variant == CROWD)
		setup_x(refs, pins);
	if (variant == CROWD)
		setup_crowd();
}

/* Objects that are left when both have finished. */
struct left {
	struct gm_desc *descs[NR_LEFT];
	unsigned nr;
};

static int note(void *ctx, struct gm_desc *desc)
{
	struct left *left = ctx;

	if (left->nr == NR_LEFT)
		return 1;
	left->descs[left->nr++] = desc;
	return 0;
}

/* Give up all references and pins of an object. */
static void let_go(struct gm_desc *desc)
{
	gm_word pins = gm_ref_pins(desc);
	gm_word refs = gm_ref_count(desc) - pins;
	struct gm_object gone;

	for (; pins > 0; pins--)
		if (gm_ref_unpin(desc, &gone))
			calls()->remove(scene()->table, desc);
	for (; refs > 0; refs--)
		(void)calls()->put(scene()->table, desc);
}

static void unmark(void)
{
	struct gm_folio *folio = scene()->table;
	uint64_t at;

	for (at = BASE; at < BASE + scene()->place->size; at += GRANULE) {
		int kind = gm_folio_kind(folio, gm_paddr(at));

		if (kind >= GM_FOLIO_RESERVED && kind <= GM_FOLIO_POISONED)
			must(gm_folio_unmark(folio, gm_paddr(at), GRANULE) == 0, "unmark");
	}
}

static const char *check_empty(void)
{
	const struct gm_stats *empty = &scene()->empty;
	struct gm_stats stats;
	struct gm_verify verify;

	if (calls()->verify(scene()->table, &verify) != 0)
		return verify.first;
	calls()->stats(scene()->table, &stats);
	if (verify.nr_objects != 0)
		return "an object remains that nobody can visit";
	if (stats.nr_objects != empty->nr_objects || stats.nr_nodes != empty->nr_nodes)
		return "a descriptor or a node is lost";
	return stats.free_bytes == empty->free_bytes ? NULL : "free memory is lost";
}

const char *table_check(const struct outcome *halted, const struct outcome *other)
{
	long refs = scene()->refs + halted->refs + other->refs;
	struct left left = { .nr = 0 };
	struct gm_verify verify;

	if (calls()->verify(scene()->table, &verify) != 0)
		return verify.first;
	if (verify.nr_references != (uint64_t)refs)
		return "the count of references is wrong";
	(void)calls()->reap(scene()->table, NULL, NULL);
	if (calls()->for_each(scene()->table, note, &left) != 0)
		return "more objects than were made";
	while (left.nr > 0)
		let_go(left.descs[--left.nr]);
	if (scene()->place->marked.size != 0)
		unmark();
	return check_empty();
}
