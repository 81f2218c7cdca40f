/* SPDX-License-Identifier: BSD-2-Clause */
/* index_mark.c - marks, and going through objects in order; contracts in
 * granmem/index.h. */
#include "index_internal.h"
#include "radix_internal.h"

int gm_index_mark(struct gm_index *index, struct gm_desc *desc, gm_word set, gm_word clear,
		  gm_word *before)
{
	volatile gm_word *place = gm_index_place(index, desc);
	gm_word was, next;

	if (((set | clear) & ~gm_index_all_marks(index)) != 0)
		return -GM_EINVAL;
	if (gm_desc_owner(desc) != index->owner)
		return -GM_ENOENT;
	do {
		/* acquire: pairs with the release below: who finds a mark set sees what
		 * the one who set it saw of the labels */
		was = gm_atomic_load_acquire(place);
		if ((was & GM_PLACE_STATE) != GM_PLACE_HERE)
			return gm_index_not_here(was);
		next = (was & ~(clear << GM_PLACE_MARKS_SHIFT)) | set << GM_PLACE_MARKS_SHIFT;
		/* release: pairs with the acquire of lookups, mark and leave; acquire: with
		 * the release of who takes a label back */
	} while (next != was && !gm_atomic_cas_acq_rel(place, was, next));
	if (set != 0)
		gm_radix_label(&index->tree, gm_index_start(index, was), set);
	if (before != NULL)
		*before = gm_index_place_marks(was);
	return 0;
}

gm_word gm_index_marks(const struct gm_index *index, const struct gm_desc *desc)
{
	/* acquire: pairs with the release of mark */
	gm_word place = gm_atomic_load_acquire(gm_index_place(index, desc));

	return gm_desc_owner(desc) == index->owner ? gm_index_place_marks(place) : 0;
}

/*
 * Is the slot without this mark, and will whoever changes that find its label being
 * cleared? desc: the held object that is there, or NULL. The read-modify-writes change
 * nothing; release: pair with the acquire of mark and leave, and with that of label,
 * which finds what was put into the slot since then.
 */
static int is_unmarked(struct gm_index *index, const struct gm_radix_at *at, uint64_t offset,
		       const struct gm_desc *desc, unsigned mark)
{
	volatile gm_word *word = at->slot;
	gm_word place = at->value;
	uint64_t start;

	if (desc != NULL) {
		word = gm_index_place(index, desc);
		place = gm_atomic_load_relaxed(word);
		if ((place & GM_PLACE_STATE) != GM_PLACE_HERE ||
		    !gm_index_covers(index, desc, place, offset))
			return 0;
		/* What a mark of it means is said by its first slot alone. */
		start = gm_granule_down(offset, index->tree.store->shift[at->level]);
		if (start == gm_index_start(index, place) &&
		    (gm_index_place_marks(place) >> mark & 1) != 0)
			return 0;
	}
	return gm_atomic_cas_release(word, place, place);
}

/* Take back what labels of these the slot has without having the marks. */
static void unlabel(struct gm_index *index, const struct gm_radix_at *at, uint64_t offset,
		    const struct gm_desc *desc, gm_word marks)
{
	struct gm_radix *tree = &index->tree;

	for (; marks != 0; marks &= marks - 1) {
		unsigned mark = gm_granule_trailing(marks);

		if (gm_radix_has_label(tree, at, mark) &&
		    gm_radix_unlabel_begin(tree, at, offset, mark, GM_CPU_HINT()))
			gm_radix_unlabel_end(tree, at, offset, mark,
					     is_unmarked(index, at, offset, desc, mark),
					     GM_CPU_HINT());
	}
}

/* Move behind a held object; is it wanted? Otherwise it is not held any more. */
static int pass(struct gm_index *index, struct gm_desc *desc, gm_word place, gm_word marks,
		uint64_t *offset, struct gm_desc **out)
{
	*offset = gm_index_start(index, place) + gm_desc_size(desc);
	if (marks == 0 || (gm_index_place_marks(place) & marks) != 0) {
		*out = desc;
		return 1;
	}
	gm_index_drop(index, desc);
	return 0;
}

/*
 * The labels of an object are those of its first slot: one that covers *offset may
 * have begun before. Returns 0 if such a one is wanted; 1 (go on at *offset); -GM_EBUSY,
 * -GM_ELIMIT.
 */
static int look_back(struct gm_index *index, gm_word marks, uint64_t *offset, struct gm_desc **out)
{
	gm_word place, value = gm_radix_find(&index->tree, *offset);
	struct gm_desc *desc;
	int err;

	if (!gm_index_is_object(value))
		return 1;
	/* relaxed: a hint; what began here and is replaced is followed by another that
	 * begins here */
	place = gm_atomic_load_relaxed(gm_index_place(index, (const struct gm_desc *)value));
	if (place != 0 && gm_index_start(index, place) == *offset)
		return 1;
	err = gm_index_find_at(index, *offset, &desc, &place);
	if (err != 0)
		return err == -GM_ENOENT ? 1 : err;
	return pass(index, desc, place, marks, offset, out) ? 0 : 1;
}

/* What a walk to a slot found there: returns as look_back. */
static int look(struct gm_index *index, const struct gm_radix_at *at, gm_word marks,
		uint64_t *offset, struct gm_desc **out)
{
	int is_object = gm_index_is_object(at->value);
	struct gm_desc *desc = NULL;
	gm_word place;
	int err;

	if (is_object) {
		err = gm_index_get(index, at, *offset, &desc, &place);
		if (err == 0) {
			if ((gm_index_place_marks(place) & marks) == 0)
				unlabel(index, at, *offset, desc, marks);
			return pass(index, desc, place, marks, offset, out) ? 0 : 1;
		}
		if (err != -GM_ENOENT)
			return err;
	} else {
		unlabel(index, at, *offset, NULL, marks);
	}
	*offset = gm_radix_end_of(&index->tree, at, *offset);
	return 1;
}

int gm_index_next(struct gm_index *index, uint64_t *offset, uint64_t end, gm_word marks,
		  struct gm_desc **out)
{
	struct gm_radix_at at;
	int err = 1;

	if ((marks & ~gm_index_all_marks(index)) != 0)
		return -GM_EINVAL;
	if (end > index->span)
		end = index->span;
	if (marks != 0 && *offset < end)
		err = look_back(index, marks, offset, out);
	while (err == 1) {
		err = gm_radix_next(&index->tree, offset, end, marks, GM_CPU_HINT(), &at);
		if (err == 0)
			err = look(index, &at, marks, offset, out);
	}
	return err;
}

uint64_t gm_index_forget(struct gm_index *index, uint64_t first, uint64_t end)
{
	return gm_radix_forget(&index->tree, first, end < index->span ? end : index->span,
			       GM_CPU_HINT());
}
