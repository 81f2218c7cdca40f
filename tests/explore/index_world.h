/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * index_world.h - two indexes that share a store, and a few objects: descriptors without
 * a table. Each has a cell of plain memory that is written before it goes in, and read by
 * who finds it.
 */
#ifndef EXPLORE_INDEX_WORLD_H
#define EXPLORE_INDEX_WORLD_H

#include "cases.h"

#include <granmem/index.h>

#define UNIT ((uint64_t)4096)
#define LEAF ((uint64_t)GM_INDEX_SLOTS)
#define NR_OBJECTS 4u
#define NOWHERE ((uint64_t)-1)

extern struct gm_index *mine, *theirs;
extern struct gm_indexed *objects; /* 0 .. 2 are of mine, 3 of theirs */
extern gm_word *cells;

/* make - empty indexes. Nodes are in so many slabs, and then the grow hook gives one. */
void make(unsigned nr_slabs);

/* begin_life - a descriptor of no life becomes an object with one reference. */
void begin_life(unsigned n, unsigned units, void *owner);

/* put_in, take_out - insert into the index of its owner; erase from mine. */
void put_in(unsigned n, uint64_t unit);
void take_out(unsigned n, gm_word shadow);

/* let_go - put what a lookup in mine got. Returns which it was. */
unsigned let_go(const struct gm_desc *desc);

/* find - which object is at a unit of mine; NR_OBJECTS: none. */
unsigned find(uint64_t unit);

/* search - the objects of mine with any of the marks, as bits. Those of bit 0 and 1 have to
 * be where they are said to be, if that is not NOWHERE. */
unsigned search(gm_word marks, uint64_t unit0, uint64_t unit1);

/* check_rest - at rest: both are sound, and no node is lost. */
void check_rest(void);

#endif
