/* SPDX-License-Identifier: BSD-2-Clause */
/* internal.h - what the explorer's own files share. */
#ifndef EXPLORE_INTERNAL_H
#define EXPLORE_INTERNAL_H

#include "explore.h"

enum step_kind { STEP_LOAD, STEP_STORE, STEP_ADD, STEP_CAS };

/* The operation that a thread is about to do. */
struct step {
	enum step_kind kind;
	int order;
	volatile gm_word *word;
	gm_word value;
	gm_word expected;
	const struct explore_place *place;
};

/* The answer. */
struct outcome {
	gm_word old;
	int stored;
	unsigned age; /* 0: the newest value was read, 1: the one before, ... */
};

/* schedule.c: the thread that runs now, 0 .. EXPLORE_THREADS - 1, or -1. */
extern int schedule_thread;

/* schedule_choose - which of nr answers this schedule takes. */
unsigned schedule_choose(unsigned nr);

/* schedule_stale_left - may this schedule still read an old value? */
int schedule_stale_left(void);

/* schedule_step - on a fiber: wait to be chosen, then do the step. */
struct outcome schedule_step(const struct step *step);

/* memory.c */
void memory_setup(void);    /* an empty arena */
void memory_snapshot(void); /* what is in it now is the start state */
void memory_begin(void);    /* back to the start state */
struct outcome memory_step(const struct step *step);

/* memory_plain - a plain access of the code at `code`. */
void memory_plain(const void *address, size_t bytes, int writes, const void *code);

/* memory_write_alone - a write while no thread runs. */
void memory_write_alone(volatile gm_word *word, gm_word value);

/* memory_is_shared - did several threads use the word in this case, one of them
 * to write? memory_more_shared - has that become true of a word lately? */
int memory_is_shared(const volatile gm_word *word);
int memory_more_shared(void);

/* places.c: places_print - the mutants of orders, a name each; places_weaken - be
 * the mutant of this name. Returns 0 if there is none. */
void places_print(void);
int places_weaken(const char *name);

/* trace.c */
void trace_begin(int print);
void trace_step(int thread, const struct step *step, const struct outcome *outcome);
void trace_text(int thread, const char *text, gm_word value);
void trace_access(int thread, const char *what, const volatile void *address, const void *code);
void trace_print(void);
void trace_forget_names(void);

#endif
