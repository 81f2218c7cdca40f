/* SPDX-License-Identifier: BSD-2-Clause */
/* books.h - which memory is whose, by the calls that have returned. */
#ifndef BOOKS_H
#define BOOKS_H

#include "world.h"

/* Places are counted in units from BASE, and from FAR in another node, or at least in
 * another block. */
#define FAR 1000u

uint64_t book_place(uint64_t at);

/* book_own - the objects, or the mark, in [base, base + size) are ours. */
void book_own(uint64_t base, uint64_t size, int marked);

/* book_take - what is ours and begins here, if nobody is at it: it is the caller's now.
 * NULL if there is no such thing. */
struct owned *book_take(uint64_t at, int marked);

/* book_take_range - what is in [base, end), if all of that is ours and nobody is at it.
 * Returns what the taken ones are marked with, or 0. */
unsigned book_take_range(uint64_t base, uint64_t end);

/* book_give_back - nothing happened to what was taken. */
void book_give_back(unsigned taken);

/* book_cut_range - [base, end) of what was taken is free now; the rests are ours. */
void book_cut_range(uint64_t base, uint64_t end, unsigned taken);

#endif
