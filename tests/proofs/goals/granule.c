/* SPDX-License-Identifier: BSD-2-Clause */
/* granule.c - the bits of granule.h: each answer is that of numbers of any width. */
#include "goals.h"

#include <granmem/granule.h>

static unsigned any_shift(void)
{
	unsigned shift = (unsigned)any();

	ASSUME(shift < 64);
	return shift;
}

void prove_granules(void)
{
	uint64_t value = any();
	unsigned shift = any_shift();
	wide size = (wide)1 << shift;
	uint64_t down = gm_granule_down(value, shift);

	MUST(gm_granule_size(shift) == size);
	MUST(down <= value && (wide)value < down + size);
	MUST((down & (gm_granule_size(shift) - 1)) == 0);
	MUST(gm_granule_aligned(value, shift) == (down == value));
	MUST(gm_granule_pfn(gm_paddr(value), shift).value == value >> shift);
}

void prove_up(void)
{
	uint64_t value = any();
	unsigned shift = any_shift();
	wide size = (wide)1 << shift;
	uint64_t up;

	/* The multiple at or above is below 2^64. */
	ASSUME((((wide)value + size - 1) >> shift << shift) >> 64 == 0);
	up = gm_granule_up(value, shift);
	MUST(up >= value && up < value + size);
	MUST(gm_granule_aligned(up, shift));
}

/* There and back: all of an address but what lies below its granule. */
void prove_pfn(void)
{
	uint64_t value = any();
	unsigned shift = any_shift();
	struct gm_pfn pfn = gm_granule_pfn(gm_paddr(value), shift);

	MUST(gm_granule_paddr(pfn, shift).value == gm_granule_down(value, shift));
}

void prove_power_of_two(void)
{
	uint64_t value = any();
	unsigned shift = any_shift();

	MUST(gm_granule_is_power_of_two((uint64_t)1 << shift));
	MUST(!gm_granule_is_power_of_two(value) || value == (uint64_t)1 << gm_granule_log2(value));
	MUST(!gm_granule_is_power_of_two(0));
}

void prove_log2(void)
{
	uint64_t value = any();
	unsigned log2;

	ASSUME(value != 0);
	log2 = gm_granule_log2(value);
	MUST(log2 < 64 && value >> log2 == 1);
}

void prove_trailing(void)
{
	uint64_t value = any();
	unsigned shift = gm_granule_trailing(value);

	MUST((shift == 64) == (value == 0) && shift <= 64);
	ASSUME(value != 0);
	MUST(gm_granule_aligned(value, shift));
	MUST((value >> shift & 1) == 1);
}

/* The axioms of ../wp/granule.h, in its words. */
void prove_axioms(void)
{
	uint64_t x = any();
	uint64_t y = any();
	unsigned n = any_shift();
	wide down = (wide)(x >> n) << n;

	MUST(down <= x && x - down < (wide)1 << n && x >> n <= x);
	MUST(((wide)x << n) >> n == x && x <= (wide)x << n);
	MUST((((x | y) >> n) << n == (x | y)) == ((x >> n << n == x) & (y >> n << n == y)));
	MUST(gm_granule_aligned(x, n) == (x >> n << n == x));
	MUST(gm_granule_down(x, n) == down);
}
