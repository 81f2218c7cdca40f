/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_claim.c - property: a claim of any size, alignment and bounds from any table gives one of
 * the errors that apply to it, and changes nothing, or memory that was free and is as
 * it was asked for; -GM_ENOMEM only if there is no such memory.
 */
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	struct gm_claim claim;
	struct world w;

	fuzz_begin(&in, data, size);
	if (!world_begin(&w, &in, 0))
		return 0;
	world_fill(&w, &in);
	do {
		claim = world_claim_of(&in);
		world_claim(&w, &claim);
	} while (in.size != 0);
	world_end(&w);
	return 0;
}
