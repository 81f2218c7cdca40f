/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/space.h. */
#ifndef GM_INLINE_SPACE_H
#define GM_INLINE_SPACE_H

GM_BEGIN_DECLS

GM_INLINE int gm_space_is_ram(enum gm_region_kind kind)
{
	return kind >= GM_REGION_COMPOUND && kind <= GM_REGION_ADHOC;
}

/* Halves the regions that may be the one; the compiler makes the step a
 * conditional move. An address below the first region wraps around and is as far
 * from its base as one behind its end. */
GM_INLINE const struct gm_region *gm_space_find(const struct gm_space *space,
						struct gm_paddr paddr)
{
	const struct gm_region *region = space->regions;
	unsigned left = space->nr_regions;

	if (GM_UNLIKELY(left == 0))
		return NULL;
	while (left > 1) {
		unsigned half = left / 2;

		region += region[half].base.value <= paddr.value ? half : 0;
		left -= half;
	}
	return paddr.value - region->base.value < region->size ? region : NULL;
}

GM_INLINE int gm_space_translate(const struct gm_space *space, struct gm_paddr paddr,
				 unsigned shift, struct gm_translation *out)
{
	const struct gm_region *region;

	if (GM_UNLIKELY(shift - GM_GRANULE_SHIFT_MIN >
			GM_GRANULE_SHIFT_MAX - GM_GRANULE_SHIFT_MIN))
		return -GM_EINVAL;
	region = gm_space_find(space, paddr);
	if (GM_UNLIKELY(region == NULL))
		return -GM_ENOENT;
	out->pfn = gm_granule_pfn(paddr, shift);
	out->granule_offset = paddr.value & (gm_granule_size(shift) - 1);
	out->bytes = region->size - (paddr.value - region->base.value);
	out->kind = region->kind;
	out->node = region->node;
	out->attributes = region->attributes;
	return 0;
}

GM_END_DECLS

#endif
