/* SPDX-License-Identifier: BSD-2-Clause */
/* paging.c - riscv64: satp, and SBI's remote fences for the other harts. */
#include "../support.h"
#include "machine.h"

#define SATP_SV39 ((uint64_t)8 << 60)
#define SBI_RFENCE 0x52464e43 /* "RFNC"; function 1 is remote_sfence_vma */

void paging_start(uint64_t root, unsigned granule_shift)
{
	__asm__ volatile("csrw satp, %0\n\tsfence.vma"
			 :
			 : "r"(SATP_SV39 | root >> granule_shift)
			 : "memory");
}

/* A hart may have cached that nothing was there. */
void paging_publish(void)
{
	__asm__ volatile("sfence.vma" : : : "memory");
}

/* Of all harts (mask base -1) the whole address space (size -1). */
void paging_flush(void)
{
	__asm__ volatile("sfence.vma" : : : "memory");
	if (machine_sbi(SBI_RFENCE, 1, 0, ~(uint64_t)0, 0, ~(uint64_t)0) != 0)
		fatal("the firmware has no remote fences");
}
