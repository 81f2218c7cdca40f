/* SPDX-License-Identifier: BSD-2-Clause */
/* guest.h - what the guests' program is made of. */
#ifndef GUESTS_GUEST_H
#define GUESTS_GUEST_H

#include <granmem/error.h>

#include <stdint.h>

#include "../calls.h"

/* In start.S: a hypercall; an access of 8 bytes, 0, or -1 if memory answered with an error. */
int64_t call(uint64_t number, uint64_t a, uint64_t b, uint64_t c);
int probe_read(const volatile uint64_t *from, uint64_t *value);
int probe_write(volatile uint64_t *to, uint64_t value);

/* What start.S calls, in guest 0 or 1. Does not return. */
void program(uint64_t id);

/* A line for the console; '#' in the text are the numbers, in turn. */
void say(const char *text, uint64_t first, uint64_t second);

/* Says what is wrong and stops, unless the condition is true. */
void expect(int condition, const char *what);

/* The first word of page n of [base, ...). */
static inline volatile uint64_t *page(uint64_t base, uint64_t n)
{
	return (volatile uint64_t *)(uintptr_t)(base + n * PAGE_BYTES);
}

/* Memory that both guests have used: PAGES pages, in two blocks of 2 MiB. The page behind
 * it was never used. */
#define AREA (RAM_BASE + 0x200000)
#define PAGES 600
#define UNUSED (AREA + PAGES * PAGE_BYTES)

static inline uint64_t references(uint64_t address)
{
	return (uint64_t)call(CALL_REFERENCES, address, 0, 0);
}

/* What guest id has written to page n of AREA. */
static inline uint64_t mark(uint64_t id, uint64_t n)
{
	return (id + 1) * 1000000 + n;
}

/* hostile.c: asks for what it must not get; says how often. */
void hostile(uint64_t id);

/* storm.c: three steps, each of both guests before the next one. point: where they meet
 * after the first. */
void storm(uint64_t id, uint64_t point);
void settle(uint64_t id);
void calm(void);

#endif
