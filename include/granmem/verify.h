/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verify.h - one entry to check the invariants I1 to I10 of any table, and of a
 * whole space. report.h prints what it found.
 *
 * Requires that nothing else runs on the tables. Context: a thread.
 */
#ifndef GM_VERIFY_H
#define GM_VERIFY_H

#include <granmem/space.h>
#include <granmem/table.h>

GM_BEGIN_DECLS

/*
 * gm_verify_table - walk one table.
 *
 * Returns 0; -GM_ECORRUPT (*out says what was found); -GM_EINVAL (no table, or
 * not a kind that has one).
 */
GM_MUST_CHECK int gm_verify_table(enum gm_region_kind kind, struct gm_table *table,
				  struct gm_verify *out);

/*
 * gm_verify_space - walk the regions and all their tables.
 *
 * Checks besides that the regions are sorted and apart and that each is the
 * one of its table. *out has the sums, and the first error of all. Returns 0 or
 * -GM_ECORRUPT.
 */
GM_MUST_CHECK int gm_verify_space(const struct gm_space *space, struct gm_verify *out);

GM_END_DECLS

#endif
