/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_control.c - the control: a check of a range as it is often written, whose
 * sum wraps. It is wrong, and a run as short as the others must say so.
 */
#include "fuzz.h"
#include "wide.h"

static int inside(uint64_t base, uint64_t size, uint64_t outer, uint64_t outer_size)
{
	return base >= outer && base + size <= outer + outer_size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	uint64_t base, length;

	fuzz_begin(&in, data, size);
	base = fuzz_u64(&in);
	length = fuzz_u64(&in);
	FUZZ_EXPECT(inside(base, length, 0x100000, 0x100000) ==
		    wide_inside(base, length, 0x100000, 0x100000));
	return 0;
}
