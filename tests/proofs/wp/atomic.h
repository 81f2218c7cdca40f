/* SPDX-License-Identifier: BSD-2-Clause */
/* atomic.h - GM_ATOMIC_HEADER of the contracts: plain memory. */
#ifndef WP_ATOMIC_H
#define WP_ATOMIC_H

typedef uintptr_t gm_word;

/*@ requires \valid_read(word);
  assigns \nothing;
  ensures \result == *word;
*/
gm_word gm_atomic_load_relaxed(const gm_word *word);
/*@ requires \valid_read(word);
  assigns \nothing;
  ensures \result == *word;
*/
gm_word gm_atomic_load_acquire(const gm_word *word);

/*@ requires \valid(word);
  assigns *word;
  ensures *word == value;
*/
void gm_atomic_store_relaxed(gm_word *word, gm_word value);
/*@ requires \valid(word);
  assigns *word;
  ensures *word == value;
*/
void gm_atomic_store_release(gm_word *word, gm_word value);

/*@ requires \valid(word);
  assigns *word;
  ensures \result == \old(*word);
*/
gm_word gm_atomic_add_relaxed(gm_word *word, gm_word value);
/*@ requires \valid(word);
  assigns *word;
  ensures \result == \old(*word);
*/
gm_word gm_atomic_add_acquire(gm_word *word, gm_word value);
/*@ requires \valid(word);
  assigns *word;
  ensures \result == \old(*word);
*/
gm_word gm_atomic_add_release(gm_word *word, gm_word value);

/*@ requires \valid(word);
  assigns *word;
*/
int gm_atomic_cas_relaxed(gm_word *word, gm_word expected, gm_word value);
/*@ requires \valid(word);
  assigns *word;
*/
int gm_atomic_cas_acquire(gm_word *word, gm_word expected, gm_word value);
/*@ requires \valid(word);
  assigns *word;
*/
int gm_atomic_cas_release(gm_word *word, gm_word expected, gm_word value);
/*@ requires \valid(word);
  assigns *word;
*/
int gm_atomic_cas_acq_rel(gm_word *word, gm_word expected, gm_word value);

#endif
