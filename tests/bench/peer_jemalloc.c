/* SPDX-License-Identifier: BSD-2-Clause */
/* peer_jemalloc.c - jemalloc finds the size of a block in its radix tree. */
#include "peer.h"

#include <jemalloc/jemalloc.h>

static void *take(size_t nr)
{
	(void)nr;
	return mallocx(PEER_BLOCK, MALLOCX_ALIGN(PEER_BLOCK));
}

static size_t look_up(uintptr_t address)
{
	return sallocx((void *)address, 0);
}

static void give_back(void *block)
{
	dallocx(block, 0);
}

PEER_ANNOUNCE void announce(void)
{
	static struct peer_owner owner = { "jemalloc", take, look_up, give_back, NULL };

	peer_add_owner(&owner);
}
