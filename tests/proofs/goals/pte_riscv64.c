/* SPDX-License-Identifier: BSD-2-Clause */
/* pte_riscv64.c - entries of riscv64, first and second stage. */
#include "pte.h"

#include "lib/pte_riscv64.c"

static void any_format(struct gm_pte_format *format)
{
	static const enum gm_pte_kind kinds[] = { GM_PTE_RISCV64, GM_PTE_RISCV64_STAGE2 };

	accepted(format, kinds[any_below(2)], 12);
}
