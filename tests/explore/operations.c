/* SPDX-License-Identifier: BSD-2-Clause */
/* operations.c - the atomic operations of the library, as steps of a schedule. */
#include "internal.h"

/* Before and after a schedule there is one thread, and memory is memory. */
gm_word explore_load(const volatile gm_word *word, const struct explore_place *place)
{
	struct step step = { STEP_LOAD, place->order, (volatile gm_word *)(uintptr_t)word, 0,
			     0,         place };

	return schedule_thread < 0 ? *word : schedule_step(&step).old;
}

void explore_store(volatile gm_word *word, gm_word value, const struct explore_place *place)
{
	struct step step = { STEP_STORE, place->order, word, value, 0, place };

	if (schedule_thread < 0)
		memory_write_alone(word, value);
	else
		schedule_step(&step);
}

gm_word explore_add(volatile gm_word *word, gm_word value, const struct explore_place *place)
{
	struct step step = { STEP_ADD, place->order, word, value, 0, place };
	gm_word old = *word;

	if (schedule_thread >= 0)
		return schedule_step(&step).old;
	memory_write_alone(word, old + value);
	return old;
}

int explore_cas(volatile gm_word *word, gm_word expected, gm_word value,
		const struct explore_place *place)
{
	struct step step = { STEP_CAS, place->order, word, value, expected, place };

	if (schedule_thread >= 0)
		return schedule_step(&step).stored;
	if (*word != expected)
		return 0;
	memory_write_alone(word, value);
	return 1;
}
