/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * oracle.h - the contract of the tables (table.h and theirs) said once more, over
 * 128-bit numbers and a list of what exists: which answers are right?
 *
 * An answer is a set of errors, bit 0 for success. Where the contract orders the
 * errors there is one; where it does not, all that apply.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include "world.h"

#define ORACLE(err) ((uint64_t)1 << (err))

/* What lies in a range of the region. */
#define ORACLE_LIVE 1u /* an object that is not frozen */
#define ORACLE_FROZEN 2u
#define ORACLE_HELD 4u  /* an object that is frozen, pinned, or has more than one reference */
#define ORACLE_MARK 8u  /* a mark or metadata */
#define ORACLE_HOLE 16u /* free memory */
#define ORACLE_CUT 32u  /* an object that reaches out of the range */

unsigned oracle_look(const struct world *w, uint64_t base, uint64_t size);

/* oracle_range - the numbers of a range of granules (ad-hoc: of 64 bytes): one
 * error, or 0. */
int oracle_range(const struct world *w, uint64_t base, uint64_t size);

uint64_t oracle_create(const struct world *w, const struct gm_object *object);
uint64_t oracle_claim(const struct world *w, const struct gm_claim *claim);
uint64_t oracle_claim_each(const struct world *w, const struct gm_claim *claim, size_t nr);
uint64_t oracle_find(const struct world *w, uint64_t paddr, unsigned type);
uint64_t oracle_release(const struct world *w, uint64_t base, uint64_t size);
uint64_t oracle_mark(const struct world *w, uint64_t base, uint64_t size, unsigned kind);
uint64_t oracle_unmark(const struct world *w, uint64_t base, uint64_t size);

/* oracle_kind - what gm_folio_kind says of an address. */
int oracle_kind(const struct world *w, uint64_t paddr);

/* oracle_align - what a claim's base must be a multiple of; each: it is of
 * claim_each. Requires a sound claim. */
uint64_t oracle_align(const struct world *w, const struct gm_claim *claim, int each);

#endif
