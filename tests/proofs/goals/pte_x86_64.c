/* SPDX-License-Identifier: BSD-2-Clause */
/* pte_x86_64.c - entries of x86-64, nested paging and EPT. */
#include "pte.h"

#include "lib/pte_x86_64.c"

static void any_format(struct gm_pte_format *format)
{
	static const enum gm_pte_kind kinds[] = { GM_PTE_X86_64, GM_PTE_EPT, GM_PTE_NPT };

	accepted(format, kinds[any_below(3)], 12);
}
