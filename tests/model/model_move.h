/* SPDX-License-Identifier: BSD-2-Clause */
/* model_move.h - a table's memory moves to another address. */
#ifndef MODEL_MOVE_H
#define MODEL_MOVE_H

#include <granmem/rebase.h>

#include "model_memory.h"

static enum gm_region_kind model_kind(const struct model *m)
{
	if (strcmp(m->ops->name, "compound") == 0)
		return GM_REGION_COMPOUND;
	return strcmp(m->ops->name, "folio") == 0 ? GM_REGION_FOLIO : GM_REGION_ADHOC;
}

/* Either half or both. What is left behind cannot be touched any more. */
static void model_move(struct model *m)
{
	unsigned which = 1 + (unsigned)model_random(m, 3);
	unsigned char *old[2] = { NULL, NULL };
	struct gm_rebase_move moves[2];
	struct gm_rebase rebase = { moves, 0, 0 };
	unsigned half, i;

	for (half = 0; half < 2; half++) {
		struct gm_rebase_move *move = &moves[rebase.nr_moves];

		if (m->halves[half] == NULL || (which & (1u << half)) == 0)
			continue;
		old[half] = m->halves[half];
		m->halves[half] = model_new_place(m);
		memcpy(m->halves[half], old[half], m->half_used[half]);
		/* No memory behind it, but nobody else gets the address. */
		MODEL_EXPECT(m, mmap(old[half], MODEL_HALF_BYTES, PROT_NONE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
				     0) == old[half]);
		move->from = (uintptr_t)old[half];
		move->to = (uintptr_t)m->halves[half];
		move->bytes = MODEL_HALF_BYTES;
		rebase.nr_moves++;
	}
	m->table = gm_rebase_pointer(&rebase, m->table);
	m->buffer = gm_rebase_pointer(&rebase, m->buffer);
	m->memory = gm_rebase_pointer(&rebase, m->memory);
	for (i = 0; i < m->nr; i++) {
		struct model_object *object = &m->objects[m->used[i]];

		object->desc = gm_rebase_pointer(&rebase, object->desc);
	}
	MODEL_EXPECT(m, gm_rebase_table(model_kind(m), m->table, &rebase) == 0);
	for (half = 0; half < 2; half++)
		if (old[half] != NULL)
			MODEL_EXPECT(m, munmap(old[half], MODEL_HALF_BYTES) == 0);
}

#endif
