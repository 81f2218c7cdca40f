/* SPDX-License-Identifier: BSD-2-Clause */
/* falloc_granmem.h - a struct uk_falloc on granmem. */
#ifndef UK_FALLOC_GRANMEM_H
#define UK_FALLOC_GRANMEM_H

#include <uk/falloc.h>

#ifdef FALLOC_GRANMEM_TWO_FILES
#include "granmem.h"
#else
#include <granmem/adhoc.h>
#endif

#define UK_FALLOC_GRANMEM_REGIONS 16

/* One of uk_falloc's addmem. */
struct uk_falloc_granmem_region {
	struct gm_adhoc table;
	__vaddr_t direct_map; /* where the region's first byte is mapped */
};

struct uk_falloc_granmem {
	struct uk_falloc fa; /* first: what others see */
	struct uk_falloc_granmem_region regions[UK_FALLOC_GRANMEM_REGIONS];
	unsigned nr_regions;
};

/* The bytes of metadata that addmem wants for so many frames; 0: it takes no such. */
__sz uk_falloc_granmem_metadata_size(unsigned long frames);

int uk_falloc_granmem_init(struct uk_falloc_granmem *falloc);

/* The table an address is in, for who wants references and owners, or NULL. */
struct gm_adhoc *uk_falloc_granmem_table(struct uk_falloc_granmem *falloc, __paddr_t paddr);

#endif
