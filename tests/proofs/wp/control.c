/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control.c - a contract that is wrong, by a range that begins too low: it has to be
 * refused.
 *
 * functions: gm_granule_check_range
 * options: -warn-unsigned-overflow
 */
#include <granmem/env.h>
#include <granmem/error.h>
#include <granmem/types.h>

/*@ requires outer_base + outer_size <= GM_PADDR_END;
  assigns \nothing;
  ensures size != 0 && base + size <= outer_base + outer_size ==> \result == 0;
*/
GM_INLINE int gm_granule_check_range(uint64_t base, uint64_t size, uint64_t outer_base,
				     uint64_t outer_size);

#include <granmem/granule.h>
