/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * granule.c - granules, in integers.
 *
 * functions: gm_granule_size,gm_granule_aligned,gm_granule_down,gm_granule_up
 */
#include "granule.h"

/*@ axiomatic mask {
  axiom mask: \forall integer x, n; BOTH(x, n) ==> (x & ((1 << n) - 1)) == rest(x, n);
  axiom no_mask: \forall integer x, n; BOTH(x, n) ==>
    (x & (uint64_t)~((1 << n) - 1)) == x - rest(x, n) && rest(x - rest(x, n), n) == 0;
} */

#include <granmem/granule.h>
