/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_mark.c - property: to mark or unmark any range of a folio table, as any kind, gives the
 * error that the contract names, and changes nothing, or exactly that range.
 */
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	struct world w;
	uint64_t base, length;
	unsigned what;

	fuzz_begin(&in, data, size);
	if (!world_begin(&w, &in, GM_REGION_FOLIO))
		return 0;
	world_fill(&w, &in);
	do {
		what = fuzz_u8(&in);
		base = fuzz_u64(&in);
		length = fuzz_u64(&in);
		if ((what & 1) != 0)
			world_unmark(&w, base, length);
		else
			world_mark(&w, base, length,
				   what < 0xf0 ? GM_FOLIO_RESERVED + (what >> 1) % 4 :
						 (unsigned)fuzz_u64(&in));
	} while (in.size != 0);
	world_end(&w);
	return 0;
}
