/* SPDX-License-Identifier: BSD-2-Clause */
/* peer_judy.c - JudyL, a map from words to words. It is for one thread at a time. */
#include "peer.h"

#include <Judy.h>

static Pvoid_t array;

BENCH_INLINE void *judy_find(struct gm_paddr paddr)
{
	PPvoid_t value = JudyLGet(array, (paddr.value - LOOKUP_BASE) / LOOKUP_GRANULE, PJE0);

	return value == NULL ? NULL : *value;
}

LOOKUP_LOOPS(judy)

static int fill(void)
{
	uint64_t i;

	for (i = 0; i < world.flat.size / LOOKUP_GRANULE; i++) {
		PPvoid_t value = JudyLIns(&array, i, PJE0);

		if (value == PPJERR)
			return 1;
		*value = (void *)world.flat.words[i];
	}
	return 0;
}

static void empty(void)
{
	(void)JudyLFreeArray(&array, PJE0);
}

PEER_ANNOUNCE void announce(void)
{
	static struct peer_map map = { "judy", fill, empty, LOOKUP_LOOPS_OF(judy), NULL };

	peer_add_map(&map);
}
