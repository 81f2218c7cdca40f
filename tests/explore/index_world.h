/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * index_world.h - an index of a few objects. Each object has a cell of plain memory,
 * which whoever puts it in writes before, and who finds it reads.
 */
#ifndef EXPLORE_INDEX_WORLD_H
#define EXPLORE_INDEX_WORLD_H

#include "cases.h"

#include <granmem/adhoc.h>
#include <granmem/index.h>

#include <string.h>

#define UNIT ((uint64_t)512)
#define NODE 16u /* units of a leaf */
#define NR_OBJECTS 5u
#define MINE 1u   /* the owner of the index, and that of the other one */
#define THEIRS 2u

extern struct gm_index *an_index, *other_index;
extern struct gm_desc *objects[NR_OBJECTS];
extern struct gm_space index_space;

/* index_make - an empty index; its nodes come from slabs that whoever takes one clears as
 * plain memory. */
void index_make(void);

/* index_exhaust - take all nodes of the slabs that there are of this level: the next
 * that none was returned for comes in new memory. */
void index_exhaust(unsigned level);

/* make_object - the n-th, of so many units; held once by setup, which gives that to
 * the threads, or to the index. Returns 0 if its memory is not free yet. */
int make_object(unsigned n, unsigned units, unsigned owner);

/* The calls: units instead of bytes. insert writes the cell first; found reads it. */
int insert(unsigned n, unsigned unit);
int erase(unsigned n);
int find(unsigned unit, struct gm_desc **out);
void drop(struct gm_desc *desc);
void write_cell(unsigned n);
void read_cell(const struct gm_desc *desc);

/* look_for - find or fail: the answers that are right are 0 and -GM_ENOENT. walk: by the
 * way that is not inline. Returns the object, which is not held any more, or NULL. */
struct gm_desc *look_for(unsigned unit, int walk);

/* mark - set the mark 0; search - the units at which objects with it begin, as bits. */
int mark(unsigned n, gm_word set, gm_word clear);
gm_word search(gm_word marks);

/* index_check - at rest: the index is sound. */
void index_check(void);

#endif
