/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.h - a small table of any of the three kinds at any place, and a list of
 * what is in it.
 *
 * world_begin makes it from the first bytes of an input. Each world_... call asks
 * the table with the numbers it is given, compares the answer with what oracle.h
 * says of them, and enters what was made or freed into the list. After every
 * call the table's own figures and gm_verify must agree with the list, and after
 * an error they must be as before.
 */
#ifndef WORLD_H
#define WORLD_H

#include <granmem/granmem.h>

#include "fuzz.h"
#include "model/table_ops.h"

#define WORLD_OBJECTS 192u
#define WORLD_GRANULES 128u

struct world_object {
	struct gm_desc *desc;
	uint64_t base, size;
	unsigned type;
	unsigned refs, pins;
	int frozen;
};

struct world {
	const struct table_ops *ops;
	enum gm_region_kind kind;
	union {
		struct gm_table table;
		struct gm_compound compound;
		struct gm_folio folio;
		struct gm_adhoc adhoc;
	} as;
	void *buffer;
	uint64_t base, size, granule;
	unsigned nr_granules;
	int hosted; /* the metadata is in the region: it may run out, and takes free memory */
	unsigned char marks[WORLD_GRANULES]; /* GM_FOLIO_...: a mark, METADATA, or FREE */
	struct world_object objects[WORLD_OBJECTS];
	unsigned nr;
	struct gm_stats before;
};

/* world_ops - the calls of a kind of table. */
const struct table_ops *world_ops(enum gm_region_kind kind);

/*
 * world_begin - an empty table, of kind or (0) of any.
 *
 * Returns 0 if the bytes ask for one that cannot be: a region too small to hold
 * its own metadata. The table's edges become anchors of the input.
 */
int world_begin(struct world *w, struct fuzz_input *in, unsigned kind);

/* world_fill - some objects, some of them held twice, pinned or frozen, and marks. */
void world_fill(struct world *w, struct fuzz_input *in);

/* world_end - everything is given back; the free bytes are those of an empty
 * table. */
void world_end(struct world *w);

/*
 * world_before - remember the table's figures, before a call of it.
 *
 * world_answer - the call's answer: it must be one of the set of errors, and an
 * error must have changed nothing. Returns 1 for success; then the caller enters
 * what changed. world_check ends every call: all figures agree with the list.
 */
void world_before(struct world *w);
int world_answer(struct world *w, int got, uint64_t errors);
void world_check(struct world *w);

/* world_enter - an object that the table made. world_leave - one that is gone. */
void world_enter(struct world *w, struct gm_desc *desc, uint64_t base, uint64_t size,
		 unsigned type);
void world_leave(struct world *w, struct world_object *object);

/* world_at - the object that covers an address of the region, or NULL. */
struct world_object *world_at(const struct world *w, uint64_t paddr);

/* The calls, with any numbers. */
void world_create(struct world *w, const struct gm_object *object);
void world_claim(struct world *w, const struct gm_claim *claim);
void world_claim_each(struct world *w, const struct gm_claim *claim, size_t nr);
void world_find(struct world *w, uint64_t paddr, unsigned type);
void world_release(struct world *w, uint64_t base, uint64_t size);
void world_mark(struct world *w, uint64_t base, uint64_t size, unsigned kind);
void world_unmark(struct world *w, uint64_t base, uint64_t size);

/* A holder's calls: one more reference, a pin, freeze or thaw; and all given up. */
void world_hold(struct world *w, struct world_object *object, unsigned how);
void world_drop(struct world *w, struct world_object *object);

/* world_object_of, world_claim_of - a request from the input, any numbers. */
struct gm_object world_object_of(struct fuzz_input *in);
struct gm_claim world_claim_of(struct fuzz_input *in);

#endif
