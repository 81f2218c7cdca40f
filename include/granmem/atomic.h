/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * atomic.h - the atomic operations granmem uses: this list, and no other.
 *
 * gm_word is the machine word. Each operation states its order in its name;
 * whoever calls it names its partner in a comment at the call. There are no
 * stand-alone fences and no double-width operations.
 *
 *   gm_atomic_load_relaxed     gm_atomic_load_acquire
 *   gm_atomic_store_relaxed    gm_atomic_store_release
 *   gm_atomic_add_relaxed      gm_atomic_add_acquire      gm_atomic_add_release
 *       fetch-and-add: returns the old value; subtract by adding the negative
 *   gm_atomic_cas_relaxed      gm_atomic_cas_acquire
 *   gm_atomic_cas_release      gm_atomic_cas_acq_rel
 *       compare-and-swap: returns 1 if it stored, else 0; never fails spuriously
 *
 * All are wait-free where the processor has fetch-and-add and compare-and-swap
 * (x86, aarch64 with LSE, riscv64 A: AMO add, LR/SC compare-and-swap).
 * Context: any.
 *
 * GM_ATOMIC_HEADER replaces the bodies: the header it names defines gm_word, an
 * unsigned type of the size of a pointer, and the functions above, declared like
 * those below with GM_INLINE. granmem/inline/atomic_builtin.h is one that needs
 * nothing but the compiler. By default they are libatomic_ops' word-size
 * operations, which gcc and clang compile to their __atomic builtins.
 */
#ifndef GM_ATOMIC_H
#define GM_ATOMIC_H

#include <granmem/env.h>

#ifdef GM_ATOMIC_HEADER
#include GM_ATOMIC_HEADER
#else

/* Each of these turns loads into compare-and-swap, or wants a library. */
#if defined(AO_DISABLE_GCC_ATOMICS) || defined(AO_PREFER_GENERALIZED) || \
	defined(AO_USE_PTHREAD_DEFS)
#error "undefine AO_DISABLE_GCC_ATOMICS, AO_PREFER_GENERALIZED and AO_USE_PTHREAD_DEFS"
#endif
/* It includes <assert.h>: an assert of the embedder's own survives that. */
#pragma push_macro("assert")
#include <atomic_ops.h>
#pragma pop_macro("assert")

GM_BEGIN_DECLS

typedef AO_t gm_word;

GM_INLINE gm_word gm_atomic_load_relaxed(const volatile gm_word *word);
GM_INLINE gm_word gm_atomic_load_acquire(const volatile gm_word *word);
GM_INLINE void gm_atomic_store_relaxed(volatile gm_word *word, gm_word value);
GM_INLINE void gm_atomic_store_release(volatile gm_word *word, gm_word value);
GM_INLINE gm_word gm_atomic_add_relaxed(volatile gm_word *word, gm_word value);
GM_INLINE gm_word gm_atomic_add_acquire(volatile gm_word *word, gm_word value);
GM_INLINE gm_word gm_atomic_add_release(volatile gm_word *word, gm_word value);
GM_INLINE int gm_atomic_cas_relaxed(volatile gm_word *word, gm_word expected, gm_word value);
GM_INLINE int gm_atomic_cas_acquire(volatile gm_word *word, gm_word expected, gm_word value);
GM_INLINE int gm_atomic_cas_release(volatile gm_word *word, gm_word expected, gm_word value);
GM_INLINE int gm_atomic_cas_acq_rel(volatile gm_word *word, gm_word expected, gm_word value);

GM_END_DECLS

#include <granmem/inline/atomic.h>
#endif

#endif
