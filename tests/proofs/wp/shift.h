/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shift.h - shifts and masks of 64 bits, said in integers. WP knows little of bits:
 * goals/granule.c proves each axiom for all of them (prove_axioms).
 */
#ifndef WP_SHIFT_H
#define WP_SHIFT_H

#include <stdint.h>

/* Not predicates, which z3 would wait for. */
#define BOTH(x, n) (0 <= (x) <= 0xffffffffffffffff && 0 <= (n) < 64)

/*@ axiomatic shift {
  // x / 2^n and x % 2^n: the granules below an address, and what is left.
  logic integer whole(integer x, integer n);
  logic integer rest(integer x, integer n);

  axiom size: \forall integer n; BOTH(0, n) ==> 1 <= (1 << n) <= 0x8000000000000000;
  axiom range: \forall integer x, n; BOTH(x, n) ==>
    0 <= whole(x, n) <= x - rest(x, n) && 0 <= rest(x, n) < (1 << n);
  axiom down: \forall integer x, n; BOTH(x, n) ==> (x >> n) == whole(x, n);
  axiom up: \forall integer x, n; BOTH(x, n) ==> (whole(x, n) << n) == x - rest(x, n);
}

lemma below: \forall integer x; -0x80000000 <= x < 0 ==> (uint32_t)x == x + 0x100000000;
*/

#endif
