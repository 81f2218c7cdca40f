/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race_atomic.h - GM_ATOMIC_HEADER of the interference tests: something may be
 * done just before any atomic operation of the library. They run on one thread,
 * one order of events each, so the compiler's operations need no order here.
 */
#ifndef RACE_ATOMIC_H
#define RACE_ATOMIC_H

#include <stddef.h>
#include <stdint.h>

typedef size_t gm_word;

/* race_step - an atomic operation is about to happen. */
void race_step(void);

/* Not 0: compare-and-swap does not compare, the fault that the tests must find. */
extern int race_blind;

/* race_lane - GM_CPU_HINT: which CPU the running call believes to be on. */
unsigned race_lane(void);

static inline gm_word gm_atomic_load_relaxed(const volatile gm_word *word)
{
	race_step();
	return *word;
}

static inline gm_word gm_atomic_load_acquire(const volatile gm_word *word)
{
	return gm_atomic_load_relaxed(word);
}

static inline void gm_atomic_store_relaxed(volatile gm_word *word, gm_word value)
{
	race_step();
	*word = value;
}

static inline void gm_atomic_store_release(volatile gm_word *word, gm_word value)
{
	gm_atomic_store_relaxed(word, value);
}

static inline gm_word gm_atomic_add_relaxed(volatile gm_word *word, gm_word value)
{
	gm_word old;

	race_step();
	old = *word;
	*word = old + value;
	return old;
}

static inline gm_word gm_atomic_add_acquire(volatile gm_word *word, gm_word value)
{
	return gm_atomic_add_relaxed(word, value);
}

static inline gm_word gm_atomic_add_release(volatile gm_word *word, gm_word value)
{
	return gm_atomic_add_relaxed(word, value);
}

static inline int gm_atomic_cas_relaxed(volatile gm_word *word, gm_word expected, gm_word value)
{
	race_step();
	if (*word != expected && !race_blind)
		return 0;
	*word = value;
	return 1;
}

static inline int gm_atomic_cas_acquire(volatile gm_word *word, gm_word expected, gm_word value)
{
	return gm_atomic_cas_relaxed(word, expected, value);
}

static inline int gm_atomic_cas_release(volatile gm_word *word, gm_word expected, gm_word value)
{
	return gm_atomic_cas_relaxed(word, expected, value);
}

static inline int gm_atomic_cas_acq_rel(volatile gm_word *word, gm_word expected, gm_word value)
{
	return gm_atomic_cas_relaxed(word, expected, value);
}

#endif
