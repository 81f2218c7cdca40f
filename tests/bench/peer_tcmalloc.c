/* SPDX-License-Identifier: BSD-2-Clause */
/* peer_tcmalloc.c - gperftools' tcmalloc finds the size of a block in its page map. */
#include "peer.h"

#include <gperftools/tcmalloc.h>

static void *take(size_t nr)
{
	(void)nr;
	return tc_memalign(PEER_BLOCK, PEER_BLOCK);
}

static size_t look_up(uintptr_t address)
{
	return tc_malloc_size((void *)address);
}

static void give_back(void *block)
{
	tc_free(block);
}

PEER_ANNOUNCE void announce(void)
{
	static struct peer_owner owner = { "tcmalloc", take, look_up, give_back, NULL };

	peer_add_owner(&owner);
}
