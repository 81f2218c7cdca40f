/* SPDX-License-Identifier: BSD-2-Clause */
/* peer_mimalloc.c - mimalloc finds the size of a block in its segment's header. */
#include "peer.h"

#include <mimalloc.h>

static void *take(size_t nr)
{
	(void)nr;
	return mi_malloc_aligned(PEER_BLOCK, PEER_BLOCK);
}

static size_t look_up(uintptr_t address)
{
	return mi_usable_size((void *)address);
}

static void give_back(void *block)
{
	mi_free(block);
}

PEER_ANNOUNCE void announce(void)
{
	static struct peer_owner owner = { "mimalloc", take, look_up, give_back, NULL };

	peer_add_owner(&owner);
}
