/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operations of granmem/atomic.h over the compiler's __atomic builtins, for
 * who has no libatomic_ops: a GM_ATOMIC_HEADER, and an example of one. The
 * amalgamation uses it unless it is given another.
 *
 * With gcc and clang libatomic_ops comes down to the same builtins. None of these
 * calls a library on machines that have the instructions; on aarch64 gcc needs
 * -mno-outline-atomics for that.
 */
#ifndef GM_INLINE_ATOMIC_BUILTIN_H
#define GM_INLINE_ATOMIC_BUILTIN_H

/* As in inline/atomic.h: gcc before 13 drops the release order of a riscv
 * compare-and-swap. */
#if defined(__riscv) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
#define GM_ATOMIC_CAS_FENCE() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#else
#define GM_ATOMIC_CAS_FENCE() ((void)0)
#endif

/* As in inline/atomic.h: gcc before 14 makes a swap of an atomic store on riscv. */
#if defined(__riscv) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 14
#define GM_ATOMIC_STORE_IS_SWAP 1
#else
#define GM_ATOMIC_STORE_IS_SWAP 0
#endif

GM_BEGIN_DECLS

typedef size_t gm_word;

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

GM_INLINE gm_word gm_atomic_load_relaxed(const volatile gm_word *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

GM_INLINE gm_word gm_atomic_load_acquire(const volatile gm_word *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

GM_INLINE void gm_atomic_store_relaxed(volatile gm_word *word, gm_word value)
{
#if GM_ATOMIC_STORE_IS_SWAP
	*word = value;
#else
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
#endif
}

GM_INLINE void gm_atomic_store_release(volatile gm_word *word, gm_word value)
{
#if GM_ATOMIC_STORE_IS_SWAP
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*word = value;
#else
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
#endif
}

GM_INLINE gm_word gm_atomic_add_relaxed(volatile gm_word *word, gm_word value)
{
	return __atomic_fetch_add(word, value, __ATOMIC_RELAXED);
}

GM_INLINE gm_word gm_atomic_add_acquire(volatile gm_word *word, gm_word value)
{
	return __atomic_fetch_add(word, value, __ATOMIC_ACQUIRE);
}

GM_INLINE gm_word gm_atomic_add_release(volatile gm_word *word, gm_word value)
{
	return __atomic_fetch_add(word, value, __ATOMIC_RELEASE);
}

GM_INLINE int gm_atomic_cas_relaxed(volatile gm_word *word, gm_word expected, gm_word value)
{
	return __atomic_compare_exchange_n(word, &expected, value, 0, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED);
}

GM_INLINE int gm_atomic_cas_acquire(volatile gm_word *word, gm_word expected, gm_word value)
{
	return __atomic_compare_exchange_n(word, &expected, value, 0, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

GM_INLINE int gm_atomic_cas_release(volatile gm_word *word, gm_word expected, gm_word value)
{
	GM_ATOMIC_CAS_FENCE();
	return __atomic_compare_exchange_n(word, &expected, value, 0, __ATOMIC_RELEASE,
					   __ATOMIC_RELAXED);
}

GM_INLINE int gm_atomic_cas_acq_rel(volatile gm_word *word, gm_word expected, gm_word value)
{
	GM_ATOMIC_CAS_FENCE();
	return __atomic_compare_exchange_n(word, &expected, value, 0, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

GM_END_DECLS

#endif
