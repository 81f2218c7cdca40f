/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_release.c - property: to release any range of any table gives an error that applies, and
 * changes nothing, or frees exactly that range and leaves what the contract says of
 * the objects that reach out.
 */
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	struct world w;
	uint64_t base;

	fuzz_begin(&in, data, size);
	if (!world_begin(&w, &in, 0))
		return 0;
	world_fill(&w, &in);
	do {
		base = fuzz_u64(&in);
		world_release(&w, base, fuzz_u64(&in));
	} while (in.size != 0);
	world_end(&w);
	return 0;
}
