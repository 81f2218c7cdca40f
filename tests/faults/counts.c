/* SPDX-License-Identifier: BSD-2-Clause */
/* counts.c - each row of counts_rows.h, on each table, beside each flag, and with an
 * assertion hook that returns and one that does not. */
#include "counts_rows.h"

#include <setjmp.h>
#include <stdio.h>

#define PLACE (MIDDLE + 64 * GRANULE)
#define PLACE_SIZE (2 * GRANULE)

/* Flags beside the counts: none, each of them, all, and NOPIN without and with them. */
#define VARIANTS_NR (GM_FLAGS_NR + 4)
#define VARIANT_ALL (GM_FLAGS_NR + 1)
#define VARIANT_NOPIN (GM_FLAGS_NR + 2)

static gm_word variant_flags(unsigned variant)
{
	if (variant == 0 || variant == VARIANT_NOPIN)
		return 0;
	return variant >= VARIANT_ALL ? GM_FLAGS_MASK : GM_FLAG(variant - 1);
}

typedef int performer(enum call call, struct gm_desc *desc, gm_word argument);

static int perform(enum call call, struct gm_desc *desc, gm_word argument)
{
	struct gm_object gone;

	switch (call) {
	case GET:
		gm_ref_get(desc);
		return 0;
	case GET_CHECKED:
		return gm_ref_get_checked(desc);
	case ADD:
		return gm_ref_add(desc, argument);
	case TRY_GET:
		return gm_ref_try_get(desc);
	case TRY_GET_TYPE:
		return gm_ref_try_get_type(desc, (unsigned)argument);
	case PUT:
		return gm_ref_put(desc, &gone);
	case PUT_SOLE:
		return gm_ref_put_sole(desc, &gone);
	case PUT_MANY:
		return gm_ref_put_many(desc, argument, &gone);
	case TRY_PIN:
		return gm_ref_try_pin(desc);
	case UNPIN:
		return gm_ref_unpin(desc, &gone);
	case FREEZE:
		return gm_ref_freeze(desc, argument);
	case THAW:
		gm_ref_thaw(desc, argument);
		return 0;
	case RETIRE:
		gm_ref_retire(desc);
		return 0;
	case PUBLISH:
		gm_ref_publish(desc, WORLD_TYPE, argument);
		return 0;
	default:
		return gm_ref_undo(desc);
	}
}

/* What the control does: a put without a reference takes it all the same. */
static int perform_wrongly(enum call call, struct gm_desc *desc, gm_word argument)
{
	if (call != PUT || gm_ref_count(desc) != 0)
		return perform(call, desc, argument);
	(void)gm_atomic_add_release(&desc->state, (gm_word)0 - 1);
	gm_port_panic("put", desc);
	return 0;
}

static gm_word generation(gm_word state)
{
	return state & GM_STATE_GENERATION_MASK;
}

/* The word as the row begins, with the generation that it has. */
static gm_word begin_word(const struct row *row, gm_word now)
{
	gm_word word = generation(now) | (gm_word)WORLD_TYPE << GM_STATE_TYPE_SHIFT |
		       row->pins << GM_STATE_PINS_SHIFT | row->refs;

	return row->life == LIVE ? word | GM_STATE_LIVE : word;
}

/* The word as the row is to end; of one that is not live without the counts. */
static gm_word end_word(const struct row *row, gm_word begun)
{
	gm_word fixed = begun & (GM_STATE_TYPE_MASK | GM_STATE_NOPIN);
	gm_word later = row->life == LIVE && row->then != LIVE ? gm_state_next_generation(begun) :
								 generation(begun);

	if (row->then == LIVE)
		return GM_STATE_LIVE | fixed | later | row->then_pins << GM_STATE_PINS_SHIFT |
		       row->then_refs;
	return row->then == FROZEN ? fixed | later : later;
}

static void check_object(const struct row *row, struct gm_desc *desc, gm_word begun,
			 const struct gm_object *object, gm_word flags)
{
	gm_word now = gm_atomic_load_relaxed(&desc->state);
	struct gm_object gone;

	if (row->life == GONE) {
		REQUIRE(!gm_state_is_live(now) && gm_state_type(now) == 0);
		REQUIRE(generation(now) == generation(begun));
		return;
	}
	if (!gm_state_is_live(now))
		now = gm_state_without_strays(now);
	REQUIRE(now == end_word(row, begun));
	if (row->answer == -GM_EORPHAN)
		gm_ref_orphan(desc, &gone);
	REQUIRE(gm_desc_base(desc) == object->base.value);
	REQUIRE(gm_desc_size(desc) == object->size && gm_desc_owner(desc) == object->owner);
	REQUIRE(gm_desc_flags(desc) == flags);
	REQUIRE(gm_desc_clear_flags(desc, flags) == flags);
}

/* The object goes, however the row left its word. */
static void finish(struct world *w, const struct row *row, struct gm_desc *desc)
{
	if (row->life == GONE)
		return;
	if (row->then == GONE) {
		w->ops->remove(&w->any, desc);
		return;
	}
	gm_atomic_store_relaxed(&desc->state,
				GM_STATE_LIVE | 1 |
					(gm_atomic_load_relaxed(&desc->state) &
					 (GM_STATE_GENERATION_MASK | GM_STATE_TYPE_MASK)));
	REQUIRE(w->ops->put(&w->any, desc) == 1);
}

static int answer_of(const struct row *row, unsigned variant)
{
	int refused = row->call == TRY_PIN && row->life == LIVE && variant >= VARIANT_NOPIN;

	return refused ? -GM_EPINNED : row->answer;
}

static void one_row(struct world *w, const struct row *given, unsigned variant, int jumps,
		    performer *call)
{
	struct gm_object object = { gm_paddr(PLACE), PLACE_SIZE, WORLD_TYPE, w };
	static struct row row; /* what is left of it after a longjmp */
	static struct gm_desc *desc;
	static gm_word begun;
	jmp_buf escape;
	int answer;

	row = *given;
	row.answer = answer_of(given, variant);
	if (row.answer == -GM_EPINNED) {
		row.then_refs = row.refs;
		row.then_pins = row.pins;
	}
	port_begin();
	REQUIRE(w->ops->create(&w->any, &object, &desc) == 0);
	begun = gm_atomic_load_relaxed(&desc->state);
	if (row.life == GONE) {
		REQUIRE(w->ops->put(&w->any, desc) == 1);
	} else {
		gm_atomic_store_relaxed(&desc->state, begin_word(&row, begun));
		REQUIRE(gm_desc_set_flags(desc, variant_flags(variant)) == 0);
		if (variant >= VARIANT_NOPIN)
			gm_ref_set_nopin(desc);
	}
	begun = gm_atomic_load_relaxed(&desc->state);
	if (setjmp(escape) == 0) {
		port.jump = jumps ? &escape : NULL;
		answer = call(row.call, desc, row.argument);
		REQUIRE(answer == row.answer);
	}
	port.jump = NULL;
	REQUIRE(port.panics == row.panics && port.notices == row.notices);
	check_object(&row, desc, begun, &object, variant_flags(variant));
	finish(w, &row, desc);
}

static void name_row(const struct row *row, unsigned kind, unsigned variant, int jumps)
{
	char name[80];

	snprintf(name, sizeof(name), "%s(%#llx) of %s, refs %#llx, pins %#llx%s",
		 call_names[row->call], (unsigned long long)row->argument, life_names[row->life],
		 (unsigned long long)row->refs, (unsigned long long)row->pins,
		 jumps ? ", the hook jumps" : "");
	point_begin(name, kind_names[kind], "flags", variant);
}

static void all_rows(unsigned kind, unsigned variant, performer *call)
{
	static struct world world;
	static struct snapshot before, after;
	unsigned i;
	int jumps;

	world_begin(&world, kind, HOOK_FROM, 4);
	world_bystanders(&world);
	snapshot_take(&world, &before);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].checks > GM_CONFIG_CHECKS) {
			tally->skipped++;
			continue;
		}
		for (jumps = 0; jumps <= (rows[i].panics != 0); jumps++) {
			name_row(&rows[i], kind, variant, jumps);
			one_row(&world, &rows[i], variant, jumps, call);
			REQUIRE(gm_table_free_bytes(&world.any.table) == before.stats.free_bytes);
			if (tally->failed)
				return; /* the word may be anything now */
		}
	}
	snapshot_take(&world, &after);
	snapshot_unchanged(&before, &after);
	world_end(&world);
}

void counts_all(void)
{
	unsigned kind, variant;

	for (kind = 0; kind < KINDS_NR; kind++)
		for (variant = 0; variant < VARIANTS_NR; variant++)
			all_rows(kind, variant, perform);
}

unsigned counts_controls(void)
{
	struct tally *kept = tally;
	struct tally own = { .quiet = 1 };

	if (GM_CONFIG_CHECKS == 0)
		return 0;
	tally = &own;
	all_rows(0, 0, perform_wrongly);
	tally = kept;
	return own.lost == 0;
}
