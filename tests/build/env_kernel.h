/* SPDX-License-Identifier: BSD-2-Clause */
/* An environment as a kernel has it: types of its own, and names that clash
 * with any library that takes them for granted. */
#ifndef ENV_KERNEL_H
#define ENV_KERNEL_H

typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINTPTR_TYPE__ uintptr_t;
typedef __SIZE_TYPE__ size_t;

#define NULL ((void *)0)

typedef _Bool bool;
#define true 1
#define false 0
#define inline inline __attribute__((always_inline))
#define likely(cond) __builtin_expect(!!(cond), 1)
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define page_size 4096
#define current kernel_current_task()
#define BIT(n) (1ul << (n))

#define GM_CPU_HINT() 0u

#endif
