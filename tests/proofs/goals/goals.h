/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * goals.h - what a goal is made of.
 *
 * A goal is a function prove_... of no arguments. It is proved if each of its
 * MUSTs holds for all numbers that any() may be, wherever the ASSUMEs before it
 * hold, and nothing it runs into is undefined. refute_... is a control, one MUST
 * of which has to be found false.
 */
#ifndef GOALS_H
#define GOALS_H

#include <stdint.h>

uint64_t any(void);
/* That number, one path for each of the few values that it may have. */
unsigned each(unsigned number);
void assume(int condition, int line);
void must(int condition, int line);

#define ASSUME(condition) assume((condition) != 0, __LINE__)
#define MUST(condition) must((condition) != 0, __LINE__)

/*
 * Conditions are one path each, where && and || would be two and conditions of
 * several parts many.
 */
static inline int all(int a, int b, int c)
{
	return a & b & c;
}

static inline int both(int a, int b)
{
	return a & b;
}

static inline int either(int a, int b)
{
	return a | b;
}

static inline int implies(int a, int b)
{
	return either(!a, b);
}

/* Wide enough that no sum or product of two numbers overflows. */
#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;
#else
typedef unsigned _BitInt(128) wide;
#endif

#endif
