/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.c - see bench.h. */
#include "bench.h"

void *bench_zeroed(uint64_t bytes)
{
	void *memory;

	bench_check(posix_memalign(&memory, 4096, bytes), "no memory");
	return memset(memory, 0, bytes);
}
