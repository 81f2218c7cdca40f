/* SPDX-License-Identifier: BSD-2-Clause */
/* op_ref.c - the operations of ref.h and the flags, on the object of a table. */
#include "tables.h"

static struct gm_desc *x(void)
{
	return scene()->x;
}

/* The caller ended the object's life. */
static void end(struct outcome *out, int is_last, long refs)
{
	if (is_last)
		calls()->remove(scene()->table, x());
	out->refs = -refs;
}

/* What a lookup hands to its table. */
static void answer(struct outcome *out, int err)
{
	if (err == -GM_EORPHAN)
		table_orphan(x());
	out->answer = err;
	out->refs = err == 0;
}

void op_get(struct outcome *out)
{
	gm_ref_get(x());
	out->refs = 1;
}

void op_get_checked(struct outcome *out)
{
	answer(out, gm_ref_get_checked(x()));
}

void op_add(struct outcome *out)
{
	out->answer = gm_ref_add(x(), 2);
	out->refs = 2;
}

void op_put(struct outcome *out)
{
	(void)calls()->put(scene()->table, x());
	out->refs = -1;
}

void op_put_many(struct outcome *out)
{
	struct gm_object gone;

	end(out, gm_ref_put_many(x(), 1, &gone), 1);
}

void op_put_sole(struct outcome *out)
{
	struct gm_object gone;
	int is_last = gm_ref_put_sole(x(), &gone);

	end(out, is_last, is_last);
}

void op_try_get(struct outcome *out)
{
	answer(out, gm_ref_try_get(x()));
}

void op_try_get_type(struct outcome *out)
{
	answer(out, gm_ref_try_get_type(x(), TYPE));
}

void op_try_get_other(struct outcome *out)
{
	answer(out, gm_ref_try_get_type(x(), OTHER_TYPE));
}

/* A lookup that got what it did not mean. */
void op_try_undo(struct outcome *out)
{
	int err = gm_ref_try_get(x());

	if (err == 0 && gm_ref_undo(x()) == -GM_EORPHAN)
		table_orphan(x());
	out->answer = err;
}

void op_pin(struct outcome *out)
{
	answer(out, gm_ref_try_pin(x()));
}

void op_unpin(struct outcome *out)
{
	struct gm_object gone;

	end(out, gm_ref_unpin(x(), &gone), 1);
}

void op_set_nopin(struct outcome *out)
{
	(void)out;
	gm_ref_set_nopin(x());
}

void op_clear_nopin(struct outcome *out)
{
	(void)out;
	gm_ref_clear_nopin(x());
}

void op_set_flags(struct outcome *out)
{
	(void)gm_desc_set_flags(x(), GM_FLAG_DIRTY);
	if ((gm_desc_flags(x()) & GM_FLAG_USER(0)) != 0)
		out->wrong = "a flag that nobody set";
}

void op_clear_flags(struct outcome *out)
{
	(void)out;
	(void)gm_desc_clear_flags(x(), GM_FLAG_DIRTY);
}

void op_freeze(struct outcome *out)
{
	out->answer = gm_ref_freeze(x(), 1);
	if (out->answer == 0)
		gm_ref_thaw(x(), 1);
}

/* The other way on from a freeze. */
void op_retire(struct outcome *out)
{
	out->answer = gm_ref_freeze(x(), 1);
	if (out->answer != 0)
		return;
	gm_ref_retire(x());
	end(out, 1, 1);
}

void op_look(struct outcome *out)
{
	if (gm_ref_pins(x()) > 2 || gm_ref_type(x()) > TYPE)
		out->wrong = "nobody pinned it so often, or of another type";
	(void)gm_ref_count(x());
	(void)gm_ref_is_live(x());
	(void)gm_ref_is_sole(x());
}
