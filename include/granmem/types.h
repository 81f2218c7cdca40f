/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * types.h - address-like integers, each a type of its own so that a pfn is
 * never passed where a physical address is meant. `.value` is the number.
 */
#ifndef GM_TYPES_H
#define GM_TYPES_H

#include <granmem/env.h>

GM_BEGIN_DECLS

/* Physical addresses have at most this many bits (x86-64, aarch64 LPA). */
#define GM_PADDR_BITS 52
#define GM_PADDR_END ((uint64_t)1 << GM_PADDR_BITS)

/* Objects begin and end at multiples of this, in every table. */
#define GM_OBJECT_ALIGN 64

/* A physical address, in bytes. */
struct gm_paddr {
	uint64_t value;
};

/* A page frame number: a physical address >> the mapping granule's shift. */
struct gm_pfn {
	uint64_t value;
};

GM_LOCAL_INLINE struct gm_paddr gm_paddr(uint64_t value)
{
	struct gm_paddr paddr = { value };

	return paddr;
}

GM_LOCAL_INLINE struct gm_pfn gm_pfn(uint64_t value)
{
	struct gm_pfn pfn = { value };

	return pfn;
}

/* What an object's type may be: 1 .. GM_TYPE_MAX; the meaning is the
 * embedder's. 0 stands for "any type" in requests. */
#define GM_TYPE_MAX 15u

GM_END_DECLS

#endif
