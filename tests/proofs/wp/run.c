/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c - contracts of the translation. Unsigned numbers wrap where the code
 * means it: the test of the shift, and a virtual address below the granule's offset.
 * What the largest leaf is, goals/run.c proves.
 *
 * functions: gm_run_pfn,gm_run_at,largest_leaf,gm_desc_base,gm_desc_size
 */
#include "granule.h"

#include <granmem/desc.h>

/*@ axiomatic base {
  logic integer base_of(integer word);

  axiom base: \forall integer word; 0 <= word <= 0xffffffffffffffff ==>
    (word & GM_DESC_BASE_MASK) == base_of(word) && 0 <= base_of(word) < GM_PADDR_END;
} */

/*@ requires \valid_read(desc);
  assigns \nothing;
  ensures \result == base_of(desc->base_flags);
*/
GM_INLINE uint64_t gm_desc_base(const struct gm_desc *desc);

/*@ requires \valid_read(desc);
  assigns \nothing;
  ensures \result == desc->size;
*/
GM_INLINE uint64_t gm_desc_size(const struct gm_desc *desc);

/*@ requires \valid_read(desc) && \valid(out) && \separated(desc, out);
  requires base_of(desc->base_flags) + desc->size <= GM_PADDR_END;
  assigns *out;
  behavior inside:
    assumes GM_GRANULE_SHIFT_MIN <= shift <= GM_GRANULE_SHIFT_MAX && offset < desc->size;
    ensures \result == 0;
    ensures out->value == whole(base_of(desc->base_flags) + offset, shift);
  behavior shift:
    assumes !(GM_GRANULE_SHIFT_MIN <= shift <= GM_GRANULE_SHIFT_MAX);
    assigns \nothing;
    ensures \result == -GM_EINVAL;
  behavior outside:
    assumes GM_GRANULE_SHIFT_MIN <= shift <= GM_GRANULE_SHIFT_MAX && offset >= desc->size;
    assigns \nothing;
    ensures \result == -GM_ERANGE;
  complete behaviors;
  disjoint behaviors;
*/
GM_INLINE int gm_run_pfn(const struct gm_desc *desc, uint64_t offset, unsigned shift,
			 struct gm_pfn *out);

#include <granmem/run.h>

/*@ requires 1 <= bytes <= GM_PADDR_END;
  requires GM_GRANULE_SHIFT_MIN <= shift <= GM_GRANULE_SHIFT_MAX;
  assigns \nothing;
  ensures \result < 64;
*/
static unsigned largest_leaf(uint64_t first, uint64_t va, uint64_t bytes, unsigned shift,
			     uint64_t leaves);

/*@ requires \valid_read(desc) && \valid(out) && \separated(desc, out);
  requires base_of(desc->base_flags) + desc->size <= GM_PADDR_END;
  assigns *out;
  behavior inside:
    assumes GM_GRANULE_SHIFT_MIN <= shift <= GM_GRANULE_SHIFT_MAX && offset < desc->size;
    ensures \result == 0;
    ensures out->paddr.value == base_of(desc->base_flags) + offset;
    ensures out->pfn.value == whole(out->paddr.value, shift);
    ensures out->granule_offset == rest(out->paddr.value, shift);
    ensures out->bytes == desc->size - offset;
    ensures \let before = offset - out->granule_offset;
      out->nr_granules == (before < 0 ? 0 : whole(desc->size - before, shift));
    ensures out->leaf_shift < 64;
  behavior shift:
    assumes !(GM_GRANULE_SHIFT_MIN <= shift <= GM_GRANULE_SHIFT_MAX);
    assigns \nothing;
    ensures \result == -GM_EINVAL;
  behavior outside:
    assumes GM_GRANULE_SHIFT_MIN <= shift <= GM_GRANULE_SHIFT_MAX && offset >= desc->size;
    assigns \nothing;
    ensures \result == -GM_ERANGE;
  complete behaviors;
  disjoint behaviors;
*/
int gm_run_at(const struct gm_desc *desc, uint64_t offset, uint64_t va, unsigned shift,
	      uint64_t leaves, struct gm_run *out);

#include "lib/run.c"
