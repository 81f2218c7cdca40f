/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/atomic.h over libatomic_ops. */
#ifndef GM_INLINE_ATOMIC_H
#define GM_INLINE_ATOMIC_H

/*
 * gcc before 13 drops the release order of a compare-and-swap on riscv: the
 * store-conditional comes out without .rl. A full fence in front restores it.
 */
#if defined(__riscv) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
#define GM_ATOMIC_CAS_NEEDS_FENCE 1
#else
#define GM_ATOMIC_CAS_NEEDS_FENCE 0
#endif

/* gcc before 14 makes a swap of an atomic store on riscv. A volatile store of a word is
 * one store, too; a fence in front gives it release order. */
#if defined(__riscv) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 14
#define GM_ATOMIC_STORE_IS_SWAP 1
#else
#define GM_ATOMIC_STORE_IS_SWAP 0
#endif

GM_BEGIN_DECLS

GM_INLINE gm_word gm_atomic_load_relaxed(const volatile gm_word *word)
{
	return AO_load(word);
}

GM_INLINE gm_word gm_atomic_load_acquire(const volatile gm_word *word)
{
	return AO_load_acquire(word);
}

GM_INLINE void gm_atomic_store_relaxed(volatile gm_word *word, gm_word value)
{
#if GM_ATOMIC_STORE_IS_SWAP
	*word = value;
#else
	AO_store(word, value);
#endif
}

GM_INLINE void gm_atomic_store_release(volatile gm_word *word, gm_word value)
{
#if GM_ATOMIC_STORE_IS_SWAP
	AO_nop_full();
	*word = value;
#else
	AO_store_release(word, value);
#endif
}

GM_INLINE gm_word gm_atomic_add_relaxed(volatile gm_word *word, gm_word value)
{
	return AO_fetch_and_add(word, value);
}

GM_INLINE gm_word gm_atomic_add_acquire(volatile gm_word *word, gm_word value)
{
	return AO_fetch_and_add_acquire(word, value);
}

GM_INLINE gm_word gm_atomic_add_release(volatile gm_word *word, gm_word value)
{
	return AO_fetch_and_add_release(word, value);
}

GM_INLINE int gm_atomic_cas_relaxed(volatile gm_word *word, gm_word expected, gm_word value)
{
	return AO_compare_and_swap(word, expected, value);
}

GM_INLINE int gm_atomic_cas_acquire(volatile gm_word *word, gm_word expected, gm_word value)
{
	return AO_compare_and_swap_acquire(word, expected, value);
}

GM_INLINE int gm_atomic_cas_release(volatile gm_word *word, gm_word expected, gm_word value)
{
#if GM_ATOMIC_CAS_NEEDS_FENCE
	AO_nop_full();
#endif
	return AO_compare_and_swap_release(word, expected, value);
}

GM_INLINE int gm_atomic_cas_acq_rel(volatile gm_word *word, gm_word expected, gm_word value)
{
#if GM_ATOMIC_CAS_NEEDS_FENCE
	AO_nop_full();
	return AO_compare_and_swap_acquire(word, expected, value);
#else
	return AO_compare_and_swap_full(word, expected, value);
#endif
}

GM_END_DECLS

#endif
