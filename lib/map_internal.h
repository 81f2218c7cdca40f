/* SPDX-License-Identifier: BSD-2-Clause */
/* map_internal.h - what the files of map share. */
#ifndef GM_MAP_INTERNAL_H
#define GM_MAP_INTERNAL_H

#include <granmem/map.h>

#if GM_CONFIG_64BIT

/* What hardware notes in entries. */
#define GM_MAP_NOTED ((uint32_t)(GM_PTE_ACCESSED | GM_PTE_DIRTY))

/* A descriptor of a type that can be mapped is one of these. */
static inline struct gm_mapped *gm_map_of(struct gm_desc *desc)
{
	return (struct gm_mapped *)desc;
}

static inline uint64_t gm_map_leaf_bytes(const struct gm_map_space *as, unsigned level)
{
	return (uint64_t)1 << as->shift[level];
}

static inline int gm_map_is_leaf(const struct gm_map_space *as, unsigned level, gm_word value)
{
	const struct gm_pte_format *format = &as->config.format;

	return gm_pte_is_present(format, level, value) && gm_pte_is_leaf(format, level, value);
}

/* What may have happened through a leaf. */
static inline uint32_t gm_map_noted(const struct gm_map_space *as, const struct gm_pte *leaf)
{
	uint32_t noted = leaf->flags | as->unnoted;

	if ((leaf->prot & GM_PROT_WRITE) == 0)
		noted &= leaf->flags | ~(uint32_t)GM_PTE_DIRTY;
	return noted & GM_MAP_NOTED;
}

/* The class that an object counts as; desc NULL: frames. The type is constant while
 * anybody holds the object. */
static inline unsigned gm_map_class_of(const struct gm_map_space *as, const struct gm_desc *desc)
{
	return desc == NULL ? GM_MAP_DEVICE : as->config.classes[gm_ref_type(desc)];
}

/* gm_map_count_class - more bytes are mapped of a class; gm_map_uncount_class - fewer. */
void gm_map_count_class(struct gm_map_space *as, unsigned of, uint64_t bytes);
void gm_map_uncount_class(struct gm_map_space *as, unsigned of, uint64_t bytes);

/* gm_map_take_rest - the rest of gm_map_take, for who took the first reference. */
GM_MUST_CHECK int gm_map_take_rest(struct gm_map_space *as, struct gm_desc *desc, size_t nr,
				   uint64_t bytes);

/* gm_map_lower - nr mappings less. */
void gm_map_lower(struct gm_mapped *object, gm_word nr);

/* gm_map_put - give references up; with the last one the object goes. */
void gm_map_put(struct gm_map_space *as, struct gm_desc *desc, gm_word refs);

/* gm_map_hold - the object of a counted leaf that may be unmapped meanwhile, with a
 * reference (*refs is 1), or without where it is leaked and so stays (0). Returns 0;
 * -GM_EBUSY (there is none, or it is frozen); -GM_ELIMIT. */
GM_MUST_CHECK int gm_map_hold(const struct gm_map_space *as, struct gm_paddr paddr,
			      struct gm_desc **out, unsigned *refs);

/* gm_map_gather_leaf - as gm_map_gather_add, for a counted leaf. Returns where it was
 * noted, or NULL if it is of no object. */
struct gm_map_gone *gm_map_gather_leaf(const struct gm_map_space *as, struct gm_map_gather *gather,
				       unsigned level, const struct gm_pte *leaf);

/* gm_map_gather_bits - these bits of a leaf of an object were taken; `refs` keep it. */
void gm_map_gather_bits(struct gm_map_space *as, struct gm_map_gather *gather, unsigned level,
			const struct gm_pte *leaf, struct gm_desc *desc, unsigned refs);

#endif

#endif
