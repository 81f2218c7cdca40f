/* SPDX-License-Identifier: BSD-2-Clause */
/* granule.h - contracts of granules, for all that is proved of their callers. */
#ifndef WP_GRANULE_H
#define WP_GRANULE_H

#include "shift.h"

#include <granmem/env.h>
#include <granmem/error.h>
#include <granmem/types.h>

/*@ requires shift < 64;
  assigns \nothing;
  ensures \result == 1 << shift;
*/
GM_INLINE uint64_t gm_granule_size(unsigned shift);

/*@ requires shift < 64;
  assigns \nothing;
  ensures \result == (rest(value, shift) == 0 ? 1 : 0);
*/
GM_INLINE int gm_granule_aligned(uint64_t value, unsigned shift);

/*@ requires shift < 64;
  assigns \nothing;
  ensures \result == value - rest(value, shift) && rest(\result, shift) == 0;
*/
GM_INLINE uint64_t gm_granule_down(uint64_t value, unsigned shift);

/*@ requires shift < 64 && value + (1 << shift) - 1 <= 0xffffffffffffffff;
  assigns \nothing;
  ensures value <= \result < value + (1 << shift) && rest(\result, shift) == 0;
*/
GM_INLINE uint64_t gm_granule_up(uint64_t value, unsigned shift);

/* These two are bits all through: goals/granule.c. */
/*@ requires value > 0;
  assigns \nothing;
  ensures \result < 64 && (1 << \result) <= value;
*/
GM_INLINE unsigned gm_granule_log2(uint64_t value);

/*@ assigns \nothing;
  ensures \result <= 64;
*/
GM_INLINE unsigned gm_granule_trailing(uint64_t value);

#endif
