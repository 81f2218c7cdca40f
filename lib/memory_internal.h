/* SPDX-License-Identifier: BSD-2-Clause */
/* memory_internal.h - clearing and copying memory without a libc. */
#ifndef GM_MEMORY_INTERNAL_H
#define GM_MEMORY_INTERNAL_H

#include <granmem/atomic.h>

/* Checkers that have to see each store. */
#if defined(__SANITIZE_THREAD__)
#define GM_MEMORY_CHECKED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define GM_MEMORY_CHECKED 1
#endif
#endif

/* Memory of any type, word by word: it may alias whatever is really there. */
typedef gm_word __attribute__((may_alias)) gm_memory_word;

/*
 * Zero bytes, a multiple of the word's, before anybody else sees them.
 *
 * Compilers turn a plain loop into a call of memset, which a kernel may not have.
 * Volatile stores prevent that, at a fifth of its speed; where one instruction
 * does it at full speed, and touches no vector register, that is used; but not
 * where a checker has to see the stores.
 */
static inline void gm_memory_clear(void *memory, size_t bytes)
{
#if defined(__x86_64__) && !defined(GM_MEMORY_CHECKED)
	size_t words = bytes / sizeof(gm_word);

	__asm__ volatile("rep stosq" : "+D"(memory), "+c"(words) : "a"((gm_word)0) : "memory");
#else
	volatile gm_memory_word *word = (volatile gm_memory_word *)memory;
	volatile gm_memory_word *end = word + bytes / sizeof(gm_word);

	while (word < end)
		*word++ = 0;
#endif
}

/*
 * Copy bytes, a multiple of the word's. For structs that are too large for the
 * compiler to assign without a call of memcpy.
 */
static inline void gm_memory_copy(void *to, const void *from, size_t bytes)
{
	volatile gm_memory_word *out = (volatile gm_memory_word *)to;
	const gm_memory_word *in = (const gm_memory_word *)from;
	size_t words;

	for (words = bytes / sizeof(gm_word); words != 0; words--)
		*out++ = *in++;
}

#endif
