/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore.h - the explorer: what a case is, and what its threads may use.
 *
 *   schedule.c   which thread takes the next step: depth-first over all answers
 *   memory.c     what a step may read: histories, vector clocks, races
 *   trace.c      what happened, for people; seeds for replay
 *   case_*.c     the cases; main.c the list of them
 *
 * A step is one atomic operation and everything up to the next one. The model is
 * C11 without sequential consistency and without fences: a load may return any
 * value that coherence and happens-before leave visible; a read-modify-write
 * returns the newest; a failing compare-and-swap is a relaxed load. Not modelled:
 * a load that sees a later store of another thread (load buffering), and a
 * modification order that differs from the order of the steps.
 *
 * The library and the cases are compiled with -fsanitize=thread and linked
 * without it: the compiler then calls memory.c at each plain access. An access
 * to the arena that is not ordered against a conflicting one is a violation.
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <granmem/atomic.h>

#define EXPLORE_THREADS 4
#define EXPLORE_ARENA ((size_t)1 << 21)

struct explore_case {
	const char *name;
	unsigned nr_threads;
	int preemptions; /* the most in one schedule; -1: any number */
	int stale;       /* the most loads of an old value in one schedule; -1: any */
	void (*setup)(void);  /* once: builds the start state in the arena */
	void (*begin)(void);  /* before each schedule: resets what lies outside it */
	void (*thread)(unsigned id);
	void (*check)(void);  /* after each schedule */
	void (*watch)(const volatile gm_word *word, gm_word value); /* each value written */
	unsigned parameter;   /* for setup, begin, thread and check */
};

/* The case that runs. */
extern const struct explore_case *explore_now;

/* explore_alloc - memory in the arena, zero, for setup. align: a power of two. */
void *explore_alloc(size_t bytes, size_t align);

/* explore_name - how traces call a word; state: decode it as a state word. */
void explore_name(const volatile void *word, const char *name, int state);

/* explore_fail - the schedule violates something: report it, and end it. */
void explore_fail(const char *text, const char *file, int line) __attribute__((noreturn));

#define explore_check(cond, text) \
	((cond) ? (void)0 : explore_fail(text, __FILE__, __LINE__))

/* explore_panic - the assertion hook: a violation. */
void explore_panic(const char *text, const void *object);

/* explore_note - a line in the trace, of no other effect. */
void explore_note(const char *text, gm_word value);

/* explore_run - explore a case; adds to explore_totals. */
void explore_run(const struct explore_case *one);

/* explore_replay - one schedule of a case, with its trace. Returns 1 if it
 * violates something. */
int explore_replay(const struct explore_case *one, const char *text);

struct explore_totals {
	unsigned long long schedules;
	unsigned long long steps;
	unsigned violations;
	unsigned long long limit; /* schedules of one case; 0: any number */
	unsigned cut;             /* cases that met the limit */
	int long_run;
};

extern struct explore_totals explore_totals;

#endif
