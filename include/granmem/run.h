/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.h - translation: object and byte offset -> page frame number, checked,
 * and the contiguous run that follows.
 *
 *              first        pfn
 *                |           |   paddr = base + offset
 *   granules     +-----------+--x--------+-----------+-----------+----
 *   object   ........[base ~~~~~x~~~~~~~~~~~~~~~~~~~~~~~~~~~ end) .....
 *                               |<---------- bytes --------->|
 *                            |<-- nr_granules: 2 --->|
 *
 * The mapping granule is an argument, a shift, so that one binary serves tables
 * of 4, 16 and 64 KiB at once; it need not be the granule of the table that the
 * object is in. Nothing is stored per granule: base and size of the object are
 * all that is read.
 *
 * All functions require a reference to the object (or a freeze), which keeps
 * base and size constant (I5). They may be called with any number, in any
 * context, beside everything, and are wait-free.
 */
#ifndef GM_RUN_H
#define GM_RUN_H

#include <granmem/desc.h>
#include <granmem/error.h>

GM_BEGIN_DECLS

/* Leaf sizes that the hardware has, as a set of shifts: 4 KiB and 2 MiB are
 * GM_RUN_LEAF(12) | GM_RUN_LEAF(21). n < 64. */
#define GM_RUN_LEAF(n) ((uint64_t)1 << (n))

/* What gm_run_at finds. */
struct gm_run {
	struct gm_paddr paddr;    /* of the byte */
	struct gm_pfn pfn;        /* of the mapping granule that holds it */
	uint64_t granule_offset;  /* bytes from that granule's start to the byte */
	uint64_t bytes;           /* from the byte to the object's end, at least 1 */
	uint64_t nr_granules;     /* pfn, pfn + 1, ... that lie wholly in the object; 0 if the
	                             first one reaches out of it, and mapping it would show
	                             memory of somebody else */
	unsigned leaf_shift;      /* largest usable leaf, 0 if none is */
};

/*
 * gm_run_pfn - the page frame number of a byte of an object.
 *
 * shift: of the mapping granule, GM_GRANULE_SHIFT_MIN .. GM_GRANULE_SHIFT_MAX.
 * Returns 0; -GM_EINVAL (shift); -GM_ERANGE (offset is not inside the object).
 * *out is written on success only. Ordering: none. Cost: two loads, two
 * comparisons, an addition and a shift.
 */
GM_INLINE GM_MUST_CHECK int gm_run_pfn(const struct gm_desc *desc, uint64_t offset,
				       unsigned shift, struct gm_pfn *out);

/*
 * gm_run_at - the same, with all that a mapper wants to know.
 *
 * va: the virtual address (or guest physical, or bus address) at which the byte
 * shall appear, any number. leaves: the hardware's leaf sizes, a set of
 * GM_RUN_LEAF; those smaller than the mapping granule are ignored, and with an
 * empty set va does not matter. A leaf is usable if it begins with the granule
 * `pfn` both in physical memory and at va, is aligned to its size in both, and
 * ends inside the object.
 *
 * Returns and ordering as gm_run_pfn.
 */
GM_MUST_CHECK int gm_run_at(const struct gm_desc *desc, uint64_t offset, uint64_t va,
			    unsigned shift, uint64_t leaves, struct gm_run *out);

GM_END_DECLS

#include <granmem/inline/run.h>

#endif
