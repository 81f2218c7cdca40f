/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ref_world.h - one descriptor, and what is true of it whatever the library does.
 *
 * Whoever holds the object leaves a mark in a plain cell of its own; whoever ends
 * or freezes it reads all the cells, so that a missing order is a data race.
 * Whoever ends the first life begins a second one in the same descriptor, for late
 * compare-and-swaps to hit.
 */
#ifndef EXPLORE_REF_WORLD_H
#define EXPLORE_REF_WORLD_H

#include "cases.h"

#include <granmem/ref.h>

#define TYPE 3u
#define OTHER_TYPE 5u
#define LIVES 3
#define NR_VERSIONS 3

struct ref_world {
	struct gm_desc desc;
	gm_word marks[EXPLORE_THREADS];
	gm_word exclusive; /* written under a freeze only */
	gm_word place;     /* read by pinners, written where there are none */
	gm_word locked;    /* under the LOCKED flag */
	gm_word content;   /* written before the UPTODATE flag is set */
};

/* Outside of the arena, and changed in the same step as the library's words, so
 * it is never in conflict. */
struct ref_truth {
	unsigned life;
	unsigned version; /* of the fields */
	int held[LIVES];
	int ended[LIVES];
	int frozen;
	int mover; /* which thread may write `place`; -1: none */
	int filler; /* which thread writes `content`; -1: none */
	int pinned;
};

extern struct ref_world *world;
extern struct ref_truth truth;

/* The fields of a life in a version; only a freeze changes the version. */
struct gm_object ref_object(unsigned life, unsigned version);
void ref_write_fields(unsigned life, unsigned version);

/* ref_hold - a reference was taken just now: it must be of a life that has not
 * ended. Returns the life. */
unsigned ref_hold(unsigned id);

/* ref_end - the caller was told that it ended this life. */
void ref_end(const struct gm_object *gone, unsigned life);

/* ref_put - put, and begin the next life if that was the last. ref_begin: the
 * next life, of the one who ended `life`. */
void ref_put(unsigned life);
void ref_begin(unsigned life);

/* ref_refused - do what a lookup that was refused has to do. */
void ref_refused(int err);

/* The operations on flags, each with a reference that it puts. */
void ref_lock_flag(unsigned id);
void ref_fill(unsigned id);
void ref_see(unsigned id);
void ref_other_flag(unsigned id);

#endif
