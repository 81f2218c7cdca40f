/* SPDX-License-Identifier: BSD-2-Clause */
/* For compilers without a libc: <atomic_ops.h> includes <assert.h>, but uses
 * assert only in operations that granmem does not call. */
#undef assert
#define assert(expr) ((void)0)
