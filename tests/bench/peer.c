/* SPDX-License-Identifier: BSD-2-Clause */
/* peer.c - the lists of peer.h. */
#include "peer.h"

static const struct peer_pair *pairs;
static const struct peer_map *maps;
static const struct peer_owner *owners;

/* The three lists differ in their type alone. */
#define LIST(kind) \
	void peer_add_##kind(struct peer_##kind *peer) \
	{ \
		peer->next = kind##s; \
		kind##s = peer; \
	} \
\
	const struct peer_##kind *peer_##kind(const char *name) \
	{ \
		const struct peer_##kind *peer = kind##s; \
\
		while (peer != NULL && strcmp(peer->name, name) != 0) \
			peer = peer->next; \
		return peer; \
	}

LIST(pair)
LIST(map)
LIST(owner)
