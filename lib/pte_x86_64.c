/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pte_x86_64.c - leaves of x86-64, nested paging and EPT.
 *
 *   63  62..59  58..52    51..12   12   11..9  8  7   6  5  4   3   2  1  0
 *   NX  key     software  address  PAT  soft.  G  PS  D  A  PCD PWT U  W  P   x86-64, large
 *                                              G  PAT D  A  PCD PWT U  W  P   4 KiB
 *   VE          software  address              9 D, 8 A, 7 large, 5..3 type, XWR   EPT
 *
 * Intel SDM vol. 3, tables 4-19 and 4-20, 29-5 and 29-6; AMD APM vol. 2, 15.25.
 */
#include "pte_internal.h"

#define X86_PRESENT GM_PTE_BIT(0)
#define X86_WRITE GM_PTE_BIT(1)
#define X86_USER GM_PTE_BIT(2)
#define X86_PWT GM_PTE_BIT(3)
#define X86_PCD GM_PTE_BIT(4)
#define X86_ACCESSED GM_PTE_BIT(5)
#define X86_DIRTY GM_PTE_BIT(6)
#define X86_LARGE GM_PTE_BIT(7)
#define X86_GLOBAL GM_PTE_BIT(8)
#define X86_NX GM_PTE_BIT(63)
#define X86_PAT(level) ((level) == 0 ? GM_PTE_BIT(7) : GM_PTE_BIT(12))
#define X86_KEY_SHIFT 59
#define X86_SOFTWARE_LOW_SHIFT 9   /* 3 bits */
#define X86_SOFTWARE_HIGH_SHIFT 52 /* 7 bits */

#define EPT_READ GM_PTE_BIT(0)
#define EPT_WRITE GM_PTE_BIT(1)
#define EPT_EXEC GM_PTE_BIT(2)
#define EPT_TYPE_SHIFT 3
#define EPT_LARGE GM_PTE_BIT(7)
#define EPT_ACCESSED GM_PTE_BIT(8)
#define EPT_DIRTY GM_PTE_BIT(9)
#define EPT_SUPPRESS_VE GM_PTE_BIT(63)
#define EPT_SOFTWARE_SHIFT 52 /* 4 bits */

/* SDM vol. 3, tables 12-10 (PAT) and 29-6 (EPT): one encoding, but that EPT has no UC-. */
#define TYPE_NONE 8u
static const unsigned char type_of_memory[] = {
	[GM_MEMORY_WB] = 6,
	[GM_MEMORY_WT] = 4,
	[GM_MEMORY_WC] = 1,
	[GM_MEMORY_DEVICE] = 0,
	[GM_MEMORY_WP] = 5,
	[GM_MEMORY_UC_MINUS] = 7,
	[GM_MEMORY_STRICT] = TYPE_NONE,
};
static const unsigned char memory_of_type[] = {
	GM_MEMORY_DEVICE, GM_MEMORY_WC, GM_MEMORY_STRICT, GM_MEMORY_STRICT,
	GM_MEMORY_WT,     GM_MEMORY_WP, GM_MEMORY_WB,     GM_MEMORY_UC_MINUS,
};

static int is_nested(const struct gm_pte_format *format)
{
	return format->kind == GM_PTE_NPT;
}

/* All of it can be read. What a nested table maps is user memory to the processor. */
static int prot_is_known(const struct gm_pte_format *format, uint32_t prot)
{
	uint32_t known = GM_PROT_READ | GM_PROT_WRITE | GM_PROT_EXEC;

	if (!is_nested(format))
		known |= GM_PROT_USER;
	if ((prot & ~known) != 0 || (prot & GM_PROT_READ) == 0)
		return 0;
	return (prot & GM_PROT_EXEC) != 0 || (format->features & GM_PTE_HAS_NX) != 0;
}

static int rest_is_known(const struct gm_pte_format *format, const struct gm_pte *pte)
{
	uint32_t known = GM_PTE_ACCESSED | GM_PTE_DIRTY;
	unsigned keys = (format->features & GM_PTE_HAS_KEYS) != 0 ? 16 : 1;

	if (!is_nested(format))
		known |= GM_PTE_GLOBAL;
	return (pte->flags & ~known) == 0 && pte->key < keys;
}

int gm_pte_x86_64_leaf(const struct gm_pte_format *format, unsigned level, const struct gm_pte *pte,
		       uint64_t *out)
{
	unsigned attribute = gm_pte_attribute(format->memory, type_of_memory[pte->memory]);
	uint64_t bits = X86_PRESENT;

	if (!prot_is_known(format, pte->prot) || !rest_is_known(format, pte) || attribute > 7)
		return -GM_ENOTSUP;
	bits |= GM_PTE_IF(pte->prot, GM_PROT_WRITE, X86_WRITE);
	if (is_nested(format) || (pte->prot & GM_PROT_USER) != 0)
		bits |= X86_USER;
	if ((pte->prot & GM_PROT_EXEC) == 0)
		bits |= X86_NX;
	bits |= GM_PTE_IF(attribute, 1u, X86_PWT);
	bits |= GM_PTE_IF(attribute, 2u, X86_PCD);
	bits |= GM_PTE_IF(attribute, 4u, X86_PAT(level));
	bits |= GM_PTE_IF(pte->flags, GM_PTE_ACCESSED, X86_ACCESSED);
	bits |= GM_PTE_IF(pte->flags, GM_PTE_DIRTY, X86_DIRTY);
	bits |= GM_PTE_IF(pte->flags, GM_PTE_GLOBAL, X86_GLOBAL);
	if (level != 0)
		bits |= X86_LARGE;
	bits |= (uint64_t)pte->key << X86_KEY_SHIFT;
	bits |= (uint64_t)(pte->software & 7) << X86_SOFTWARE_LOW_SHIFT;
	bits |= (uint64_t)(pte->software >> 3) << X86_SOFTWARE_HIGH_SHIFT;
	*out = bits;
	return 0;
}

void gm_pte_x86_64_read(const struct gm_pte_format *format, unsigned level, uint64_t entry,
			struct gm_pte *out)
{
	unsigned attribute = 0;

	attribute |= GM_PTE_IF(entry, X86_PWT, 1u);
	attribute |= GM_PTE_IF(entry, X86_PCD, 2u);
	attribute |= GM_PTE_IF(entry, X86_PAT(level), 4u);
	out->memory = (enum gm_memory_type)memory_of_type[format->memory >> 8 * attribute & 7];
	out->prot = GM_PROT_READ;
	out->prot |= GM_PTE_IF(entry, X86_WRITE, GM_PROT_WRITE);
	out->prot |= GM_PTE_IF(~entry, X86_NX, GM_PROT_EXEC);
	if (!is_nested(format))
		out->prot |= GM_PTE_IF(entry, X86_USER, GM_PROT_USER);
	out->flags = GM_PTE_IF(entry, X86_ACCESSED, GM_PTE_ACCESSED);
	out->flags |= GM_PTE_IF(entry, X86_DIRTY, GM_PTE_DIRTY);
	out->flags |= GM_PTE_IF(entry, X86_GLOBAL, GM_PTE_GLOBAL);
	out->key = (unsigned)(entry >> X86_KEY_SHIFT & 15);
	out->software = (unsigned)(entry >> X86_SOFTWARE_LOW_SHIFT & 7);
	out->software |= (unsigned)(entry >> X86_SOFTWARE_HIGH_SHIFT & 0x7f) << 3;
}

/* What is neither readable nor executable is not present; writable and not readable is
 * a misconfiguration (SDM vol. 3, 29.3.3.1). */
static int ept_prot_is_known(const struct gm_pte_format *format, uint32_t prot)
{
	if ((prot & ~(GM_PROT_READ | GM_PROT_WRITE | GM_PROT_EXEC)) != 0)
		return 0;
	if ((prot & GM_PROT_READ) != 0)
		return 1;
	return prot == GM_PROT_EXEC && (format->features & GM_PTE_HAS_EXEC_ONLY) != 0;
}

int gm_pte_ept_leaf(const struct gm_pte_format *format, unsigned level, const struct gm_pte *pte,
		    uint64_t *out)
{
	uint32_t known = GM_PTE_ACCESSED | GM_PTE_DIRTY;
	unsigned type = type_of_memory[pte->memory];
	uint64_t bits = 0;

	known |= GM_PTE_IF(format->features, GM_PTE_HAS_VE, GM_PTE_SUPPRESS_VE);
	if (!ept_prot_is_known(format, pte->prot) || (pte->flags & ~known) != 0 || type > 6 ||
	    pte->key != 0)
		return -GM_ENOTSUP;
	bits |= GM_PTE_IF(pte->prot, GM_PROT_READ, EPT_READ);
	bits |= GM_PTE_IF(pte->prot, GM_PROT_WRITE, EPT_WRITE);
	bits |= GM_PTE_IF(pte->prot, GM_PROT_EXEC, EPT_EXEC);
	bits |= (uint64_t)type << EPT_TYPE_SHIFT;
	bits |= GM_PTE_IF(pte->flags, GM_PTE_ACCESSED, EPT_ACCESSED);
	bits |= GM_PTE_IF(pte->flags, GM_PTE_DIRTY, EPT_DIRTY);
	bits |= GM_PTE_IF(pte->flags, GM_PTE_SUPPRESS_VE, EPT_SUPPRESS_VE);
	if (level != 0)
		bits |= EPT_LARGE;
	bits |= (uint64_t)pte->software << EPT_SOFTWARE_SHIFT;
	*out = bits;
	return 0;
}

void gm_pte_ept_read(const struct gm_pte_format *format, unsigned level, uint64_t entry,
		     struct gm_pte *out)
{
	(void)format;
	(void)level;
	out->memory = (enum gm_memory_type)memory_of_type[entry >> EPT_TYPE_SHIFT & 7];
	out->prot = GM_PTE_IF(entry, EPT_READ, GM_PROT_READ);
	out->prot |= GM_PTE_IF(entry, EPT_WRITE, GM_PROT_WRITE);
	out->prot |= GM_PTE_IF(entry, EPT_EXEC, GM_PROT_EXEC);
	out->flags = GM_PTE_IF(entry, EPT_ACCESSED, GM_PTE_ACCESSED);
	out->flags |= GM_PTE_IF(entry, EPT_DIRTY, GM_PTE_DIRTY);
	out->flags |= GM_PTE_IF(entry, EPT_SUPPRESS_VE, GM_PTE_SUPPRESS_VE);
	out->key = 0;
	out->software = (unsigned)(entry >> EPT_SOFTWARE_SHIFT & 15);
}
