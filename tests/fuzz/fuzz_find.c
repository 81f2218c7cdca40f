/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_find.c - property: to look up any address, with any type, in any table gives the object
 * that covers it or the one error that applies, and changes no count.
 */
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	struct world w;
	unsigned type;

	fuzz_begin(&in, data, size);
	if (!world_begin(&w, &in, 0))
		return 0;
	world_fill(&w, &in);
	do {
		type = fuzz_u8(&in) < 0x80 ? 0 : fuzz_type(&in);
		world_find(&w, fuzz_u64(&in), type);
	} while (in.size != 0);
	world_end(&w);
	return 0;
}
