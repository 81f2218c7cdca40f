/* SPDX-License-Identifier: BSD-2-Clause */
/* paging.c - aarch64: TTBR0_EL1 and TCR_EL1; TLBI reaches the other CPUs by itself. */
#include "../support.h"

/* TCR_EL1 (DDI 0487, D17): inner and outer write-back, inner shareable; nothing by
 * TTBR1; 40 bits of physical address; hardware keeps accessed and dirty where it can. */
#define TCR_WALKS (1u << 8 | 1u << 10 | 3u << 12)
#define TCR_NO_TTBR1 (1u << 23)
#define TCR_IPS_40 ((uint64_t)2 << 32)
#define TCR_HA ((uint64_t)1 << 39)
#define TCR_HD ((uint64_t)1 << 40)

void paging_switch(uint64_t root, uint64_t tcr);

/* TG0: 0 is 4 KiB, 1 is 64 KiB, 2 is 16 KiB. */
static uint64_t tg0(unsigned granule_shift)
{
	return (uint64_t)(granule_shift == 12 ? 0 : granule_shift == 16 ? 1 : 2) << 14;
}

/* ID_AA64MMFR1_EL1.HAFDBS: 1 accessed, 2 dirty too. */
static uint64_t accessed_and_dirty(void)
{
	uint64_t features;

	__asm__("mrs %0, id_aa64mmfr1_el1" : "=r"(features));
	features &= 15;
	return (features >= 1 ? TCR_HA : 0) | (features >= 2 ? TCR_HD : 0);
}

void paging_start(uint64_t root, unsigned granule_shift)
{
	paging_switch(root, (64 - PAGING_BITS) | TCR_WALKS | tg0(granule_shift) | TCR_NO_TTBR1 |
				    TCR_IPS_40 | accessed_and_dirty());
}

void paging_publish(void)
{
	__asm__ volatile("dsb ishst\n\tisb" : : : "memory");
}

void paging_flush(void)
{
	__asm__ volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" : : : "memory");
}
