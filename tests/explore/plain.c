/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plain.c - what -fsanitize=thread calls at each plain access, instead of the
 * sanitizer's own library.
 */
#include "internal.h"

#define CODE __builtin_return_address(0)
#define ACCESSES(bytes)                                                                 \
	void __tsan_read##bytes(void *at);                                              \
	void __tsan_write##bytes(void *at);                                             \
	void __tsan_unaligned_read##bytes(void *at);                                    \
	void __tsan_unaligned_write##bytes(void *at);                                   \
	void __tsan_read##bytes(void *at) { memory_plain(at, bytes, 0, CODE); }                \
	void __tsan_write##bytes(void *at) { memory_plain(at, bytes, 1, CODE); }               \
	void __tsan_unaligned_read##bytes(void *at) { memory_plain(at, bytes, 0, CODE); }      \
	void __tsan_unaligned_write##bytes(void *at) { memory_plain(at, bytes, 1, CODE); }

ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

void __tsan_read_range(void *at, size_t bytes);
void __tsan_write_range(void *at, size_t bytes);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_init(void);

void __tsan_read_range(void *at, size_t bytes) { memory_plain(at, bytes, 0, CODE); }
void __tsan_write_range(void *at, size_t bytes) { memory_plain(at, bytes, 1, CODE); }
void __tsan_func_entry(void *caller) { (void)caller; }
void __tsan_func_exit(void) { }
void __tsan_init(void) { }
