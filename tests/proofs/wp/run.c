/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c - contracts of the translation. Unsigned numbers wrap where the code
 * means it: the test of the shift. What the frame is, goals/run.c proves.
 *
 * functions: gm_run_pfn,gm_desc_base,gm_desc_size
 */
#include <granmem/desc.h>

/*@ requires \valid_read(desc);
  assigns \nothing;
  ensures \result == (desc->base_flags & GM_DESC_BASE_MASK);
*/
GM_INLINE uint64_t gm_desc_base(const struct gm_desc *desc);

/*@ requires \valid_read(desc);
  assigns \nothing;
  ensures \result == desc->size;
*/
GM_INLINE uint64_t gm_desc_size(const struct gm_desc *desc);

/*@ requires \valid_read(desc) && \valid(out) && \separated(desc, out);
  requires (desc->base_flags & GM_DESC_BASE_MASK) + desc->size <= GM_PADDR_END;
  requires GM_GRANULE_SHIFT_MIN <= shift <= GM_GRANULE_SHIFT_MAX;
  assigns *out;
  behavior inside:
    assumes offset < desc->size;
    ensures \result == 0;
  behavior outside:
    assumes offset >= desc->size;
    assigns \nothing;
    ensures \result == -GM_ERANGE;
  complete behaviors;
  disjoint behaviors;
*/
GM_INLINE int gm_run_pfn(const struct gm_desc *desc, uint64_t offset, unsigned shift,
			 struct gm_pfn *out);

#include <granmem/run.h>
