/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_create.c - property: to create with any type, base and size in any table gives the
 * error that the contract names, and changes nothing, or the object that was asked for.
 */
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	struct gm_object object;
	struct world w;

	fuzz_begin(&in, data, size);
	if (!world_begin(&w, &in, 0))
		return 0;
	world_fill(&w, &in);
	do {
		object = world_object_of(&in);
		world_create(&w, &object);
	} while (in.size != 0);
	world_end(&w);
	return 0;
}
