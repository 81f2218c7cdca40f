/* SPDX-License-Identifier: BSD-2-Clause */
/* Atomic operations as a kernel may have them: one of each, all of them full. */
#ifndef ATOMIC_OWN_H
#define ATOMIC_OWN_H

typedef size_t gm_word;

static inline gm_word kernel_load(const volatile gm_word *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static inline void kernel_store(volatile gm_word *word, gm_word value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static inline gm_word kernel_add(volatile gm_word *word, gm_word value)
{
	return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}

static inline int kernel_cas(volatile gm_word *word, gm_word expected, gm_word value)
{
	return __atomic_compare_exchange_n(word, &expected, value, 0, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

#define gm_atomic_load_relaxed kernel_load
#define gm_atomic_load_acquire kernel_load
#define gm_atomic_store_relaxed kernel_store
#define gm_atomic_store_release kernel_store
#define gm_atomic_add_relaxed kernel_add
#define gm_atomic_add_acquire kernel_add
#define gm_atomic_add_release kernel_add
#define gm_atomic_cas_relaxed kernel_cas
#define gm_atomic_cas_acquire kernel_cas
#define gm_atomic_cas_release kernel_cas
#define gm_atomic_cas_acq_rel kernel_cas

#endif
