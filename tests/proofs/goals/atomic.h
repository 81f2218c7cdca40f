/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * atomic.h - GM_ATOMIC_HEADER of the goals. One thread, so plain memory will do;
 * with GOALS_STEPS the four functions are the goal's, which says what other
 * threads may do between two steps.
 */
#ifndef GOALS_ATOMIC_H
#define GOALS_ATOMIC_H

typedef uintptr_t gm_word;

static gm_word goal_load(const volatile gm_word *word);
static void goal_store(volatile gm_word *word, gm_word to);
static gm_word goal_add(volatile gm_word *word, gm_word more);
static int goal_cas(volatile gm_word *word, gm_word from, gm_word to);

#ifndef GOALS_STEPS
static gm_word goal_load(const volatile gm_word *word)
{
	return *word;
}

static void goal_store(volatile gm_word *word, gm_word to)
{
	*word = to;
}

static gm_word goal_add(volatile gm_word *word, gm_word more)
{
	gm_word old = *word;

	*word = old + more;
	return old;
}

static int goal_cas(volatile gm_word *word, gm_word from, gm_word to)
{
	if (*word != from)
		return 0;
	*word = to;
	return 1;
}
#endif

#define gm_atomic_load_relaxed goal_load
#define gm_atomic_load_acquire goal_load
#define gm_atomic_store_relaxed goal_store
#define gm_atomic_store_release goal_store
#define gm_atomic_add_relaxed goal_add
#define gm_atomic_add_acquire goal_add
#define gm_atomic_add_release goal_add
#define gm_atomic_cas_relaxed goal_cas
#define gm_atomic_cas_acquire goal_cas
#define gm_atomic_cas_release goal_cas
#define gm_atomic_cas_acq_rel goal_cas

#endif
