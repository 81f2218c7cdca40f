/* SPDX-License-Identifier: BSD-2-Clause */
/* As much of Unikraft's frame allocator interface as falloc_granmem.c is made for. */
#ifndef STUB_UK_FALLOC_H
#define STUB_UK_FALLOC_H

typedef unsigned long __paddr_t;
typedef unsigned long __vaddr_t;
typedef unsigned long __sz;

#define __PADDR_ANY (~0ul)
#define __PADDR_INV (~0ul)
#define __VADDR_INV (~0ul)
#define __PADDR_MAX (~0ul - 1)
#define PAGE_SHIFT 12
#define PAGE_SIZE (1ul << PAGE_SHIFT)
#define FALLOC_FLAG_ALIGNED 0x01

struct uk_falloc {
	int (*falloc)(struct uk_falloc *fa, __paddr_t *paddr, unsigned long frames,
		      unsigned long flags);
	int (*falloc_from_range)(struct uk_falloc *fa, __paddr_t *paddr, unsigned long frames,
				 unsigned long flags, __paddr_t min, __paddr_t max);
	int (*ffree)(struct uk_falloc *fa, __paddr_t paddr, unsigned long frames);
	int (*addmem)(struct uk_falloc *fa, void *metadata, __paddr_t paddr, unsigned long frames,
		      __vaddr_t dm_off);
	__sz free_memory;
	__sz total_memory;
};

#endif
