/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_sequence.c - property: after any sequence of calls with any numbers, right ones and wrong
 * ones, a table is sound, has told the truth each time, and gives all memory back.
 */
#include "world.h"

static void step(struct world *w, struct fuzz_input *in)
{
	unsigned what = fuzz_u8(in);
	struct world_object *object = w->nr != 0 ? &w->objects[(what >> 4) % w->nr] : NULL;
	struct gm_object wanted;
	struct gm_claim claim;
	uint64_t base;

	if (object != NULL) {
		fuzz_anchor(in, 6, object->base);
		fuzz_anchor(in, 7, object->size);
	}
	switch (what & 15) {
	case 0:
	case 1:
	case 2:
		wanted = world_object_of(in);
		world_create(w, &wanted);
		break;
	case 3:
	case 4:
		claim = world_claim_of(in);
		world_claim(w, &claim);
		break;
	case 5:
		claim = world_claim_of(in);
		world_claim_each(w, &claim, fuzz_u8(in));
		break;
	case 6:
		world_find(w, fuzz_u64(in), fuzz_type(in));
		break;
	case 7:
	case 8:
	case 9:
		base = fuzz_u64(in);
		world_release(w, base, fuzz_u64(in));
		break;
	case 10:
	case 11:
		if (w->kind == GM_REGION_FOLIO) {
			base = fuzz_u64(in);
			if ((what & 1) != 0)
				world_mark(w, base, fuzz_u64(in), GM_FOLIO_RESERVED + what / 64);
			else
				world_unmark(w, base, fuzz_u64(in));
		}
		break;
	case 12:
		if (object != NULL)
			world_hold(w, object, fuzz_u8(in));
		break;
	default:
		if (object != NULL)
			world_drop(w, object);
		world_check(w);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	struct world w;

	fuzz_begin(&in, data, size);
	if (!world_begin(&w, &in, 0))
		return 0;
	while (in.size != 0)
		step(&w, &in);
	world_end(&w);
	return 0;
}
