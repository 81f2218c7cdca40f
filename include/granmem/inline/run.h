/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/run.h. */
#ifndef GM_INLINE_RUN_H
#define GM_INLINE_RUN_H

GM_BEGIN_DECLS

/* base + offset cannot overflow: an object ends at 2^52 at most. */
GM_INLINE int gm_run_pfn(const struct gm_desc *desc, uint64_t offset, unsigned shift,
			 struct gm_pfn *out)
{
	if (GM_UNLIKELY(shift - GM_GRANULE_SHIFT_MIN >
			GM_GRANULE_SHIFT_MAX - GM_GRANULE_SHIFT_MIN))
		return -GM_EINVAL;
	if (GM_UNLIKELY(offset >= gm_desc_size(desc)))
		return -GM_ERANGE;
	out->value = (gm_desc_base(desc) + offset) >> shift;
	return 0;
}

GM_END_DECLS

#endif
