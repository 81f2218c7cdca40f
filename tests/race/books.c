/* SPDX-License-Identifier: BSD-2-Clause */
/* books.c - which memory is whose, by the calls that have returned. */
#include "books.h"

#include <string.h>

uint64_t book_place(uint64_t at)
{
	return at >= FAR ? BASE + world_region / 2 + (at - FAR) * world_unit :
			   BASE + at * world_unit;
}

void book_own(uint64_t base, uint64_t size, int marked)
{
	struct owned *empty = NULL;
	unsigned i;

	for (i = 0; i < NR_OWNED; i++) {
		struct owned *other = &world.owned[i];

		if (other->size == 0)
			empty = other;
		else if (!other->taken && other->marked != 2)
			race_check(base + size <= other->base || other->base + other->size <= base,
				   "I7: two objects overlap");
	}
	race_check(empty != NULL, "too many objects for the world");
	memset(empty, 0, sizeof(*empty));
	empty->base = base;
	empty->size = size;
	empty->marked = marked;
}

struct owned *book_take(uint64_t at, int marked)
{
	unsigned i;

	for (i = 0; i < NR_OWNED; i++) {
		struct owned *owned = &world.owned[i];

		if (owned->size != 0 && owned->base == book_place(at) && !owned->taken &&
		    !owned->marked == !marked) {
			owned->taken = ++world.nr_taken;
			return owned;
		}
	}
	return NULL;
}

unsigned book_take_range(uint64_t base, uint64_t end)
{
	uint64_t covered = 0;
	unsigned i;

	for (i = 0; i < NR_OWNED; i++) {
		const struct owned *owned = &world.owned[i];
		uint64_t from = owned->base > base ? owned->base : base;
		uint64_t to = owned->base + owned->size < end ? owned->base + owned->size : end;

		if (from < to && !owned->taken && !owned->marked)
			covered += to - from;
	}
	if (covered != end - base)
		return 0;
	world.nr_taken++;
	for (i = 0; i < NR_OWNED; i++)
		if (world.owned[i].base < end && base < world.owned[i].base + world.owned[i].size)
			world.owned[i].taken = world.nr_taken;
	return world.nr_taken;
}

void book_give_back(unsigned taken)
{
	unsigned i;

	for (i = 0; i < NR_OWNED; i++)
		if (world.owned[i].taken == taken)
			world.owned[i].taken = 0;
}

void book_cut_range(uint64_t base, uint64_t end, unsigned taken)
{
	struct owned rests[2 * NR_OWNED];
	unsigned nr = 0;
	unsigned i;

	memset(rests, 0, sizeof(rests));
	for (i = 0; i < NR_OWNED; i++) {
		struct owned *owned = &world.owned[i];
		uint64_t owned_end = owned->base + owned->size;

		if (owned->taken != taken)
			continue;
		if (owned->base < base) {
			rests[nr].base = owned->base;
			rests[nr++].size = base - owned->base;
		}
		if (owned_end > end) {
			rests[nr].base = end;
			rests[nr++].size = owned_end - end;
		}
		memset(owned, 0, sizeof(*owned));
	}
	for (i = 0; i < nr; i++)
		book_own(rests[i].base, rests[i].size, 0);
}
