/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race.h - interference: another context does something, whole, in the middle of
 * a call.
 *
 * A call of the library is a row of atomic operations. The tests run a call once
 * for each of them, and just before that one do what another CPU or an interrupt
 * handler might. What follows must be as if one of the two had come first, or
 * an error that says so. Each run is the same every time, so each way out of a
 * lost race is reached, not hoped for.
 */
#ifndef RACE_H
#define RACE_H

#include <granmem/atomic.h>

/* What comes between: run(what) just before the at-th operation (from 1) of the call. */
struct race_plan {
	unsigned long at;
	void (*run)(const void *what);
	const void *what;
};

/* race_arm - the next call is interfered with so, nr times. */
void race_arm(const struct race_plan *plan, unsigned nr);

/* race_disarm - returns how many operations the call consisted of, without those
 * that came between. */
unsigned long race_disarm(void);

/* race_between - how many operations came between, in the call that was disarmed last. */
unsigned long race_between(void);

/* race_lanes - where the call and what comes between believe to run. */
void race_lanes(unsigned call, unsigned between);

/* race_fail - report what the running test violates, and end the program. */
void race_fail(const char *text, const char *file, int line) __attribute__((noreturn));

#define race_check(cond, text) ((cond) ? (void)0 : race_fail(text, __FILE__, __LINE__))

/* What runs, for race_fail and whoever is to repeat it. */
extern char race_now[200];

/* race_begin - hooks and signals that end in race_fail. */
void race_begin(void);

#endif
