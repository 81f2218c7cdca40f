/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wide.h - 128-bit numbers: what the oracles compute with, so that no sum of
 * addresses and no product of counts and sizes can wrap in them.
 */
#ifndef WIDE_H
#define WIDE_H

#include <stdint.h>

#ifdef __SIZEOF_INT128__

__extension__ typedef unsigned __int128 wide;

static inline wide wide_of(uint64_t value)
{
	return value;
}

static inline wide wide_add(wide a, wide b)
{
	return a + b;
}

static inline wide wide_mul(uint64_t a, uint64_t b)
{
	return (wide)a * b;
}

static inline int wide_less(wide a, wide b)
{
	return a < b;
}

#else

/* Two words, where the compiler has none of 128 bits. */
typedef struct {
	uint64_t high, low;
} wide;

static inline wide wide_of(uint64_t value)
{
	wide result = { 0, value };

	return result;
}

static inline wide wide_add(wide a, wide b)
{
	wide result = { a.high + b.high, a.low + b.low };

	result.high += result.low < a.low;
	return result;
}

static inline wide wide_mul(uint64_t a, uint64_t b)
{
	uint64_t half = 0xffffffff;
	uint64_t middle1 = (a >> 32) * (b & half);
	uint64_t middle2 = (a & half) * (b >> 32);
	wide result = { (a >> 32) * (b >> 32) + (middle1 >> 32) + (middle2 >> 32),
			(a & half) * (b & half) };

	result = wide_add(result, wide_of(middle1 << 32));
	return wide_add(result, wide_of(middle2 << 32));
}

static inline int wide_less(wide a, wide b)
{
	return a.high != b.high ? a.high < b.high : a.low < b.low;
}

#endif

/* a + b, and is [base, base + size) inside [outer, outer + outer_size)? */
static inline wide wide_sum(uint64_t a, uint64_t b)
{
	return wide_add(wide_of(a), wide_of(b));
}

static inline int wide_inside(uint64_t base, uint64_t size, uint64_t outer, uint64_t outer_size)
{
	return base >= outer && !wide_less(wide_sum(outer, outer_size), wide_sum(base, size));
}

#endif
