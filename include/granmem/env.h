/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * env.h - what granmem takes from the environment, in one replaceable place.
 *
 * A kernel that has its own <stdint.h> types defines GM_ENV_HEADER as the name
 * of a header that provides:
 *
 *   uint8_t, uint16_t, uint32_t, uint64_t, int64_t, uintptr_t, size_t, NULL
 *
 * and, if it wishes, any of the macros below. Nothing else is taken: no libc,
 * no <stdbool.h>, no <assert.h> (but for the one that <atomic_ops.h> includes;
 * granmem/freestanding/ has an empty one for compilers without a libc).
 */
#ifndef GM_ENV_H
#define GM_ENV_H

#ifdef GM_ENV_HEADER
#include GM_ENV_HEADER
#else
#include <stddef.h>
#include <stdint.h>
#endif

/*
 * Hot paths are static inline; every declaration of one carries GM_INLINE.
 * lib/exports.c defines GM_INLINE away, which turns the same text into the
 * external definitions that other languages and -fno-inline builds link to.
 */
#ifndef GM_INLINE
#define GM_INLINE static inline
#endif

/* Constructors of the address types are never exported: a struct returned by
 * value has no stable ABI on 32-bit machines. */
#ifndef GM_LOCAL_INLINE
#define GM_LOCAL_INLINE static inline
#endif

/* What runs at start-up, or when something is out of the ordinary: compilers make it
 * small, and take a way that leads to it for the unlikely one. */
#ifndef GM_COLD
#define GM_COLD __attribute__((__cold__, __noinline__))
#endif

/* What is called from several places, none of which gains by having its own copy. */
#ifndef GM_NOINLINE
#define GM_NOINLINE __attribute__((__noinline__))
#endif

/* A part that several have in common, but an embedder's program only once. */
#ifndef GM_ALWAYS_INLINE
#define GM_ALWAYS_INLINE static inline __attribute__((__always_inline__))
#endif

#ifndef GM_MUST_CHECK
#define GM_MUST_CHECK __attribute__((warn_unused_result))
#endif

/*
 * Said with certainty where the compiler lets us: at a mere 90 % it may turn the
 * test of what a lookup loaded into a conditional move, and all that follows then
 * waits for the load.
 */
#ifndef GM_LIKELY
#if defined(__clang__) ? __clang_major__ >= 11 : defined(__GNUC__) && __GNUC__ >= 9
#define GM_EXPECT(cond, value) (__builtin_expect_with_probability(!!(cond), value, 1.0) != 0)
#else
#define GM_EXPECT(cond, value) (__builtin_expect(!!(cond), value) != 0)
#endif
#define GM_LIKELY(cond) GM_EXPECT(cond, 1)
#define GM_UNLIKELY(cond) GM_EXPECT(cond, 0)
#endif

#ifndef GM_STATIC_ASSERT
#ifdef __cplusplus
#define GM_STATIC_ASSERT(cond, text) static_assert(cond, text)
#else
#define GM_STATIC_ASSERT(cond, text) _Static_assert(cond, text)
#endif
#endif

/*
 * A number that only spreads threads over per-CPU lanes: any value is correct,
 * a good one avoids contention. Kernels define it as their CPU index. The
 * default needs neither TLS nor a system call: threads have different stacks,
 * which lie 64 KiB apart or, in processes, mostly 8 MiB.
 */
#ifndef GM_CPU_HINT
#define GM_CPU_HINT() \
	(__extension__({ \
		char gm_here; \
		((uintptr_t)&gm_here >> 16) ^ ((uintptr_t)&gm_here >> 23); \
	}))
#endif

#ifdef __cplusplus
#define GM_BEGIN_DECLS extern "C" {
#define GM_END_DECLS }
#else
#define GM_BEGIN_DECLS
#define GM_END_DECLS
#endif

#endif
