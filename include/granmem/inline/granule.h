/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/granule.h. */
#ifndef GM_INLINE_GRANULE_H
#define GM_INLINE_GRANULE_H

GM_BEGIN_DECLS

GM_INLINE uint64_t gm_granule_size(unsigned shift)
{
	return (uint64_t)1 << shift;
}

GM_INLINE int gm_granule_is_power_of_two(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

GM_INLINE int gm_granule_aligned(uint64_t value, unsigned shift)
{
	return (value & (gm_granule_size(shift) - 1)) == 0;
}

GM_INLINE uint64_t gm_granule_down(uint64_t value, unsigned shift)
{
	return value & ~(gm_granule_size(shift) - 1);
}

GM_INLINE uint64_t gm_granule_up(uint64_t value, unsigned shift)
{
	return gm_granule_down(value + (gm_granule_size(shift) - 1), shift);
}

GM_INLINE unsigned gm_granule_log2(uint64_t value)
{
#if GM_CONFIG_BIT_SCAN
	return 63u - (unsigned)__builtin_clzll(value);
#else
	unsigned log2 = 0;
	unsigned step;

	for (step = 32; step != 0; step >>= 1) {
		if (value >> step) {
			value >>= step;
			log2 += step;
		}
	}
	return log2;
#endif
}

GM_INLINE unsigned gm_granule_trailing(uint64_t value)
{
	if (value == 0)
		return 64;
	return gm_granule_log2(value & (~value + 1));
}

GM_INLINE int gm_granule_check_range(uint64_t base, uint64_t size, uint64_t outer_base,
				     uint64_t outer_size)
{
	if (size == 0)
		return -GM_ESIZE;
	if (base > GM_PADDR_END || size > GM_PADDR_END - base)
		return -GM_EOVERFLOW;
	if (base < outer_base || base - outer_base > outer_size ||
	    size > outer_size - (base - outer_base))
		return -GM_ERANGE;
	return 0;
}

GM_END_DECLS

#endif
