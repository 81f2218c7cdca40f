/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peer_linux.c - what a kernel's "try to get this folio" does, in our own words: add
 * one unless the count is zero, by a compare-and-swap that begins again with the
 * value it met; and "subtract one, was it the last?".
 */
#include "peer.h"

static void linux_pair(void *ctx, uint64_t loops)
{
	uint64_t *count = ctx;

	while (loops-- > 0) {
		uint64_t seen = __atomic_load_n(count, __ATOMIC_RELAXED);

		do {
			if (seen == 0)
				abort();
		} while (!__atomic_compare_exchange_n(count, &seen, seen + 1, 0, __ATOMIC_SEQ_CST,
						      __ATOMIC_RELAXED));
		if (__atomic_sub_fetch(count, 1, __ATOMIC_SEQ_CST) == 0)
			abort();
	}
}

PEER_ANNOUNCE void announce(void)
{
	static struct peer_pair pair = { "linux_cas", linux_pair, NULL };

	peer_add_pair(&pair);
}
