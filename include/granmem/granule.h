/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * granule.h - arithmetic on granules and ranges, checked against overflow.
 *
 * A granule is a power-of-two unit of memory; its size is a value (a shift),
 * never a compile-time constant, so one binary serves 4, 16 and 64 KiB.
 *
 *     range:   base                      base + size
 *               |<---------- size --------->|          base + size <= 2^52
 *
 * Everything here is pure and may be called with any number, in any context.
 */
#ifndef GM_GRANULE_H
#define GM_GRANULE_H

#include <granmem/config.h>
#include <granmem/error.h>
#include <granmem/types.h>

GM_BEGIN_DECLS

/* A table's granule may be 2^9 .. 2^16 bytes. */
#define GM_GRANULE_SHIFT_MIN 9
#define GM_GRANULE_SHIFT_MAX 16

/* gm_granule_size - bytes of a granule of 2^shift; requires shift < 64. */
GM_INLINE uint64_t gm_granule_size(unsigned shift);

/* gm_granule_is_power_of_two - 1 if value is a power of two; 0 is none. */
GM_INLINE int gm_granule_is_power_of_two(uint64_t value);

/* gm_granule_aligned - 1 if value is a multiple of 2^shift; requires shift < 64. */
GM_INLINE int gm_granule_aligned(uint64_t value, unsigned shift);

/* gm_granule_down, gm_granule_up - the multiple of 2^shift at or below, at or
 * above value; up requires that the answer is below 2^64. */
GM_INLINE uint64_t gm_granule_down(uint64_t value, unsigned shift);
GM_INLINE uint64_t gm_granule_up(uint64_t value, unsigned shift);

/* gm_granule_log2 - floor of the binary logarithm; requires value > 0. */
GM_INLINE unsigned gm_granule_log2(uint64_t value);

/* gm_granule_trailing - the largest shift that divides value; 64 for 0. */
GM_INLINE unsigned gm_granule_trailing(uint64_t value);

/* gm_granule_pfn, gm_granule_paddr - between address and pfn; require a shift
 * below 64, and for the way back an address below 2^64. */
GM_LOCAL_INLINE struct gm_pfn gm_granule_pfn(struct gm_paddr paddr, unsigned shift)
{
	return gm_pfn(paddr.value >> shift);
}

GM_LOCAL_INLINE struct gm_paddr gm_granule_paddr(struct gm_pfn pfn, unsigned shift)
{
	return gm_paddr(pfn.value << shift);
}

/*
 * gm_granule_check_range - is [base, base + size) a range of physical memory
 * inside [outer_base, outer_base + outer_size)?
 *
 * Returns 0, or -GM_ESIZE (size is zero), -GM_EOVERFLOW (the range ends beyond
 * 2^52), -GM_ERANGE (not wholly inside). Requires a valid outer range.
 */
GM_INLINE int gm_granule_check_range(uint64_t base, uint64_t size, uint64_t outer_base,
				     uint64_t outer_size);

GM_END_DECLS

#include <granmem/inline/granule.h>

#endif
