/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An environment as a kernel has it, at its worst: types of its own, and macros for
 * all that a library might take for granted. What expands to @ does not compile: it
 * is here to show that nobody uses it.
 */
#ifndef ENV_KERNEL_H
#define ENV_KERNEL_H

typedef __UINT8_TYPE__ kernel_u8;
typedef __UINT16_TYPE__ kernel_u16;
typedef __UINT32_TYPE__ kernel_u32;
typedef __UINT64_TYPE__ kernel_u64;
typedef __INT64_TYPE__ kernel_s64;
typedef __UINTPTR_TYPE__ kernel_uptr;
typedef __SIZE_TYPE__ kernel_size;

#define uint8_t kernel_u8
#define uint16_t kernel_u16
#define uint32_t kernel_u32
#define uint64_t kernel_u64
#define int64_t kernel_s64
#define uintptr_t kernel_uptr
#define size_t kernel_size

#define NULL ((void *)0)

#define bool unsigned char
#define true 0xff
#define false 0
#define assert(cond, task, flags) @
#define static_assert(cond) @
#define SIZE_MAX @
#define UINT64_MAX @
#define UINTPTR_MAX @
#define UINT64_C(n) @
#define offsetof(type, member) @
#define container_of(pointer, type, member) @
#define panic(text) @
#define memcpy @
#define memset @
#define inline inline __attribute__((always_inline))
#define noinline __attribute__((noinline))
#define unused __attribute__((unused))
#define likely(cond) __builtin_expect(!!(cond), 1)
#define unlikely(cond) __builtin_expect(!!(cond), 0)
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define PAGE_SIZE 4096
#define PAGE_SHIFT 12
#define page_size 4096
#define current kernel_current_task()
#define BIT(n) (1ul << (n))
#define linux 1
#define unix 1

#define GM_CPU_HINT() 0u

#endif
