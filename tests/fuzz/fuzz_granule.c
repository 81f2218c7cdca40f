/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_granule.c - property: what granule.h says of any numbers is what the same
 * sentences give in 128 bits.
 */
#include <granmem/granule.h>

#include "fuzz.h"
#include "wide.h"

static void check_rounding(uint64_t value, unsigned shift)
{
	uint64_t size = gm_granule_size(shift);
	uint64_t down = gm_granule_down(value, shift);

	FUZZ_EXPECT(size % 2 == 0 || size == 1);
	FUZZ_EXPECT(gm_granule_log2(size) == shift && gm_granule_trailing(size) == shift);
	FUZZ_EXPECT(down % size == 0 && down <= value && value - down < size);
	FUZZ_EXPECT(gm_granule_aligned(value, shift) == (value % size == 0));
	if (down == value)
		FUZZ_EXPECT(gm_granule_up(value, shift) == value);
	else if (wide_less(wide_sum(down, size), wide_add(wide_of(UINT64_MAX), wide_of(1))))
		FUZZ_EXPECT(gm_granule_up(value, shift) == down + size);
}

static void check_logarithms(uint64_t value)
{
	unsigned bits = 0;
	unsigned i;

	for (i = 0; i < 64; i++)
		bits += (unsigned)(value >> i & 1);
	FUZZ_EXPECT(gm_granule_is_power_of_two(value) == (bits == 1));
	if (value == 0) {
		FUZZ_EXPECT(gm_granule_trailing(value) == 64);
		return;
	}
	FUZZ_EXPECT(value >> gm_granule_log2(value) == 1);
	FUZZ_EXPECT((value >> gm_granule_trailing(value) & 1) == 1);
	FUZZ_EXPECT(value % gm_granule_size(gm_granule_trailing(value)) == 0);
}

static void check_pfn(uint64_t value, unsigned shift)
{
	struct gm_pfn pfn = gm_granule_pfn(gm_paddr(value), shift);

	FUZZ_EXPECT(pfn.value == value / gm_granule_size(shift));
	FUZZ_EXPECT(gm_granule_paddr(pfn, shift).value == gm_granule_down(value, shift));
}

static int range_error(uint64_t base, uint64_t size, uint64_t outer, uint64_t outer_size)
{
	if (size == 0)
		return -GM_ESIZE;
	if (!wide_inside(base, size, 0, GM_PADDR_END))
		return -GM_EOVERFLOW;
	return wide_inside(base, size, outer, outer_size) ? 0 : -GM_ERANGE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	uint64_t outer, outer_size, base, length;
	unsigned shift;

	fuzz_begin(&in, data, size);
	outer = fuzz_u64(&in);
	outer_size = fuzz_u64(&in);
	fuzz_anchor(&in, 2, outer);
	fuzz_anchor(&in, 3, outer_size);
	fuzz_anchor(&in, 4, outer + outer_size);
	base = fuzz_u64(&in);
	fuzz_anchor(&in, 5, outer + outer_size - base);
	length = fuzz_u64(&in);
	shift = fuzz_below(&in, 64);
	check_rounding(base, shift);
	check_rounding(length, shift);
	check_logarithms(base);
	check_logarithms(length);
	check_pfn(base, shift);
	/* The outer range is the library's own and valid. */
	if (outer_size != 0 && wide_inside(outer, outer_size, 0, GM_PADDR_END))
		FUZZ_EXPECT(gm_granule_check_range(base, length, outer, outer_size) ==
			    range_error(base, length, outer, outer_size));
	return 0;
}
