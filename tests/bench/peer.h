/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peer.h - what granmem is compared with. Each peer is a file of its own, peer_*.c,
 * which is linked if its library is there, and then announces itself before
 * main; who asks for one that is not there gets NULL.
 */
#ifndef GM_BENCH_PEER_H
#define GM_BENCH_PEER_H

#include "lookup.h"

/* A reference taken and given up. ctx: a line that begins with a word of value 1,
 * which lies there for the peer alone. */
struct peer_pair {
	const char *name;
	bench_fn *fn;
	const struct peer_pair *next;
};

/* A map from numbers to words, to hold world's granules (lookup.h). */
struct peer_map {
	const char *name;
	int (*fill)(void); /* what each granule of world leads to; 0 if it could */
	void (*empty)(void);
	struct lookup_loops loops;
	const struct peer_map *next;
};

/* Something that knows its own blocks of memory by their addresses. */
#define PEER_BLOCK 4096
struct peer_owner {
	const char *name;
	void *(*take)(size_t nr);             /* the block of that number, 4 KiB, or NULL */
	size_t (*look_up)(uintptr_t address); /* anything that depends on the block */
	void (*give_back)(void *block);
	const struct peer_owner *next;
};

void peer_add_pair(struct peer_pair *pair);
void peer_add_map(struct peer_map *map);
void peer_add_owner(struct peer_owner *owner);

const struct peer_pair *peer_pair(const char *name);
const struct peer_map *peer_map(const char *name);
const struct peer_owner *peer_owner(const char *name);

/* Why a peer that is not there is not. */
#define PEER_MISSING "its library is not here"

/* Runs before main. */
#define PEER_ANNOUNCE __attribute__((constructor)) static

#endif
