/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pte_riscv64.c - leaves of riscv64, first and second stage.
 *
 *   63  62..61  60..54  53..10  9..8      7  6  5  4  3  2  1  0
 *   N   PBMT    0       page    software  D  A  G  U  X  W  R  V
 *
 * RISC-V Privileged: 12.4 (Sv39), Svnapot, Svpbmt, 18.5 (second stage: U is set in all,
 * and G is ignored).
 */
#include "pte_internal.h"

#define RISCV_VALID GM_PTE_BIT(0)
#define RISCV_READ GM_PTE_BIT(1)
#define RISCV_WRITE GM_PTE_BIT(2)
#define RISCV_EXEC GM_PTE_BIT(3)
#define RISCV_USER GM_PTE_BIT(4)
#define RISCV_GLOBAL GM_PTE_BIT(5)
#define RISCV_ACCESSED GM_PTE_BIT(6)
#define RISCV_DIRTY GM_PTE_BIT(7)
#define RISCV_SOFTWARE_SHIFT 8 /* 2 bits */
#define RISCV_PBMT_SHIFT 61
#define RISCV_NAPOT GM_PTE_BIT(63)

/* Svpbmt: what the memory attributes say, not cached, input and output; 3 is reserved. */
static const unsigned char memory_of_pbmt[] = {
	GM_MEMORY_WB,
	GM_MEMORY_WC,
	GM_MEMORY_DEVICE,
	GM_MEMORY_STRICT,
};
#define PBMT_RESERVED 3u

static unsigned pbmt_of(enum gm_memory_type memory)
{
	unsigned pbmt;

	for (pbmt = 0; pbmt < PBMT_RESERVED; pbmt++)
		if (memory_of_pbmt[pbmt] == memory)
			break;
	return pbmt;
}

static int is_second(const struct gm_pte_format *format)
{
	return format->kind == GM_PTE_RISCV64_STAGE2;
}

/* Writable and not readable is reserved; neither readable nor executable is a table. */
static int prot_is_known(const struct gm_pte_format *format, uint32_t prot)
{
	uint32_t known = GM_PROT_READ | GM_PROT_WRITE | GM_PROT_EXEC;

	if (!is_second(format))
		known |= GM_PROT_USER;
	if ((prot & ~known) != 0)
		return 0;
	if ((prot & GM_PROT_READ) != 0)
		return 1;
	return (prot & (GM_PROT_WRITE | GM_PROT_EXEC)) == GM_PROT_EXEC;
}

static int rest_is_known(const struct gm_pte_format *format, unsigned level,
			 const struct gm_pte *pte)
{
	uint32_t known = GM_PTE_ACCESSED | GM_PTE_DIRTY;
	unsigned pbmts = (format->features & GM_PTE_HAS_PBMT) != 0 ? PBMT_RESERVED : 1;

	if (!is_second(format))
		known |= GM_PTE_GLOBAL;
	if (gm_pte_run_shift(format, level) != 0)
		known |= GM_PTE_RUN;
	return (pte->flags & ~known) == 0 && pte->key == 0 && pbmt_of(pte->memory) < pbmts;
}

int gm_pte_riscv64_leaf(const struct gm_pte_format *format, unsigned level,
			const struct gm_pte *pte, uint64_t *out)
{
	uint64_t bits = RISCV_VALID;

	if (!prot_is_known(format, pte->prot) || !rest_is_known(format, level, pte))
		return -GM_ENOTSUP;
	bits |= GM_PTE_IF(pte->prot, GM_PROT_READ, RISCV_READ);
	bits |= GM_PTE_IF(pte->prot, GM_PROT_WRITE, RISCV_WRITE);
	bits |= GM_PTE_IF(pte->prot, GM_PROT_EXEC, RISCV_EXEC);
	if (is_second(format) || (pte->prot & GM_PROT_USER) != 0)
		bits |= RISCV_USER;
	bits |= GM_PTE_IF(pte->flags, GM_PTE_GLOBAL, RISCV_GLOBAL);
	bits |= GM_PTE_IF(pte->flags, GM_PTE_ACCESSED, RISCV_ACCESSED);
	bits |= GM_PTE_IF(pte->flags, GM_PTE_DIRTY, RISCV_DIRTY);
	bits |= GM_PTE_IF(pte->flags, GM_PTE_RUN, RISCV_NAPOT);
	bits |= (uint64_t)pbmt_of(pte->memory) << RISCV_PBMT_SHIFT;
	bits |= (uint64_t)pte->software << RISCV_SOFTWARE_SHIFT;
	*out = bits;
	return 0;
}

void gm_pte_riscv64_read(const struct gm_pte_format *format, unsigned level, uint64_t entry,
			 struct gm_pte *out)
{
	(void)level;
	out->memory = (enum gm_memory_type)memory_of_pbmt[entry >> RISCV_PBMT_SHIFT & 3];
	out->prot = GM_PTE_IF(entry, RISCV_READ, GM_PROT_READ);
	out->prot |= GM_PTE_IF(entry, RISCV_WRITE, GM_PROT_WRITE);
	out->prot |= GM_PTE_IF(entry, RISCV_EXEC, GM_PROT_EXEC);
	if (!is_second(format))
		out->prot |= GM_PTE_IF(entry, RISCV_USER, GM_PROT_USER);
	out->flags = GM_PTE_IF(entry, RISCV_GLOBAL, GM_PTE_GLOBAL);
	out->flags |= GM_PTE_IF(entry, RISCV_ACCESSED, GM_PTE_ACCESSED);
	out->flags |= GM_PTE_IF(entry, RISCV_DIRTY, GM_PTE_DIRTY);
	out->flags |= GM_PTE_IF(entry, RISCV_NAPOT, GM_PTE_RUN);
	out->key = 0;
	out->software = (unsigned)(entry >> RISCV_SOFTWARE_SHIFT & 3);
}
