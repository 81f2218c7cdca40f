/* SPDX-License-Identifier: BSD-2-Clause */
/* pte_aarch64.c - entries of aarch64, first and second stage. */
#include "pte.h"

#include "lib/pte_aarch64.c"

static void any_format(struct gm_pte_format *format)
{
	static const enum gm_pte_kind kinds[] = { GM_PTE_AARCH64_STAGE1, GM_PTE_AARCH64_STAGE2 };

	accepted(format, kinds[any_below(2)], 12 + 2 * any_below(3));
}
