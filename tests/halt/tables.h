/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tables.h - the worlds with a table: one object that both sides call for, x, and
 * what lies around it in the same leaf.
 *
 *   place    | x        | near | beside | orphan |  ...  | marked |
 *   COLD       free       free   free     free             (folio)    an empty table
 *   RECYCLED   free       free   free     free             x was there before
 *   ALONE      object     free   free     free             the leaf goes with x
 *   CROWD      object     object free     waits for reap
 */
#ifndef HALT_TABLES_H
#define HALT_TABLES_H

#include "halt.h"
#include "model/table_ops.h"

#include <granmem/folio.h>

#define TYPE 3u
#define OTHER_TYPE 5u

enum variant { COLD, RECYCLED, ALONE, CROWD, NR_VARIANTS };

#define IN_ALL ((1u << NR_VARIANTS) - 1)
#define IN_COLD (1u << COLD)
#define IN_RECYCLED (1u << RECYCLED)
#define IN_ALONE (1u << ALONE)
#define IN_CROWD (1u << CROWD)
#define IN_PRESENT (IN_ALONE | IN_CROWD)

struct range {
	uint64_t base;
	uint64_t size;
};

/* Which table, and where all is in it. */
struct place {
	const struct table_ops *calls;
	uint64_t size; /* of the region, from BASE */
	struct range x;
	struct range cut;  /* the part of x that release_range takes out of it */
	struct range over; /* an object that would overlap x */
	struct range near;
	struct range beside;
	struct range orphan;
	struct range marked; /* folio */
	uint64_t other_size; /* of what is claimed anywhere */
};

/* The world's own struct. */
struct scene {
	const struct place *place;
	void *table;
	struct gm_desc *x; /* also after its end: a stale pointer */
	struct gm_desc *near;
	struct gm_stats empty; /* what stats say of the table without objects */
	long refs;             /* that were held at the start */
};

#define BASE ((uint64_t)1 << 24)
#define GRANULE_SHIFT 9
#define GRANULE ((uint64_t)1 << GRANULE_SHIFT)

static inline struct scene *scene(void)
{
	return (struct scene *)(void *)memory_world;
}

/* For the table's setup and its operations. */
static inline const struct table_ops *calls(void)
{
	return scene()->place->calls;
}

/* table_setup - the place's table in a variant; table_check - as in struct world. */
void table_setup(const struct place *place, unsigned variant, unsigned refs, unsigned pins);
const char *table_check(const struct outcome *halted, const struct outcome *other);

/* table_orphan - the destruction of desc was nobody's: leave it to reap. */
void table_orphan(struct gm_desc *desc);

/* op_ref.c and op_table.c; op_list.c says what each needs and may answer. */
typedef void operation_run(struct outcome *out);

operation_run op_get, op_get_checked, op_add, op_put, op_put_many, op_put_sole, op_try_get,
	op_try_get_type, op_try_get_other, op_try_undo, op_pin, op_unpin, op_set_nopin,
	op_clear_nopin, op_set_flags, op_clear_flags, op_freeze, op_retire, op_look;
operation_run op_create_put, op_put_create, op_put_claim, op_find_get_put, op_create,
	op_create_over, op_create_beside, op_find_get, op_find_get_held, op_find_get_other,
	op_find_get_near, op_find, op_find_hint, op_put_near, op_claim, op_claim_here,
	op_claim_each, op_release, op_release_cut, op_reap, op_for_each, op_stats, op_mark,
	op_mark_marked, op_unmark_marked;

#endif
