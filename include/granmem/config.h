/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.h - compile-time configuration: every option is always defined and
 * tested with #if. Give another value with -DGM_CONFIG_...=n for library and
 * users alike.
 */
#ifndef GM_CONFIG_H
#define GM_CONFIG_H

/* Inline functions freeze the layout of structures into their callers: a
 * program and a shared library agree if this number is the same. */
#define GM_LAYOUT_VERSION 1

/*
 * 0: no assertions. 1: assertions on slow paths, where they cost nothing that
 * a benchmark can see. 2: also on the successful way of get and put.
 */
#ifndef GM_CONFIG_CHECKS
#define GM_CONFIG_CHECKS 1
#endif

/* 1 where a machine word (and with it a state word) has 64 bits. */
#if defined(__SIZEOF_SIZE_T__) && __SIZEOF_SIZE_T__ == 8
#define GM_CONFIG_64BIT 1
#else
#define GM_CONFIG_64BIT 0
#endif

/* 1 where __builtin_clzll is an instruction; elsewhere (riscv64 without Zbb,
 * for one) gcc calls libgcc, which a kernel does not have. */
#if defined(__x86_64__) || defined(__aarch64__) || (defined(__riscv_zbb) && __riscv_xlen == 64)
#define GM_CONFIG_BIT_SCAN 1
#else
#define GM_CONFIG_BIT_SCAN 0
#endif

#endif
