/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_claim_each.c - property: a claim of any number of granules as single objects, with any
 * alignment and bounds, gives one of the errors that apply, and changes nothing, or all
 * of them side by side; never writes a descriptor more than there are granules.
 */
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	struct gm_claim claim;
	struct world w;
	size_t nr;

	fuzz_begin(&in, data, size);
	if (!world_begin(&w, &in, 0))
		return 0;
	world_fill(&w, &in);
	do {
		claim = world_claim_of(&in);
		/* The size is ignored; so it serves as the number. */
		nr = (size_t)((claim.size & 1) != 0 ? claim.size : claim.size / w.granule);
		world_claim_each(&w, &claim, nr);
	} while (in.size != 0);
	world_end(&w);
	return 0;
}
