/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libfdt_env.h - the one file of libfdt that an embedder replaces: integers of the
 * tree's byte order, and the few functions of a libc that it calls.
 */
#ifndef LIBFDT_ENV_H
#define LIBFDT_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "string.h"

#define FDT_FORCE
#define FDT_BITWISE
#define INT_MAX __INT_MAX__

typedef uint16_t fdt16_t;
typedef uint32_t fdt32_t;
typedef uint64_t fdt64_t;

/* The tree is big-endian, all of our machines are little-endian. */
static inline uint16_t fdt16_to_cpu(fdt16_t x)
{
	return (uint16_t)((x << 8) | (x >> 8));
}

static inline uint32_t fdt32_to_cpu(fdt32_t x)
{
	return (uint32_t)fdt16_to_cpu((uint16_t)x) << 16 | fdt16_to_cpu((uint16_t)(x >> 16));
}

static inline uint64_t fdt64_to_cpu(fdt64_t x)
{
	return (uint64_t)fdt32_to_cpu((uint32_t)x) << 32 | fdt32_to_cpu((uint32_t)(x >> 32));
}

#define cpu_to_fdt16(x) fdt16_to_cpu(x)
#define cpu_to_fdt32(x) fdt32_to_cpu(x)
#define cpu_to_fdt64(x) fdt64_to_cpu(x)

#endif
