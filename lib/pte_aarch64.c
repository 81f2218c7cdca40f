/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pte_aarch64.c - leaves of aarch64, first and second stage.
 *
 *   58    57..55    54   53   52    51   50        11  10  9..8  7     6    5   4..2      1..0
 *   dirty software  UXN  PXN  cont. DBM  address   nG  AF  SH    RO    EL0  NS  AttrIndx  11, 01
 *   dirty software  XN   0    cont. DBM  address   0   AF  SH    W     R    MemAttr       stage 2
 *
 * Arm ARM D8.3.1 (descriptors), D8.4 (access), D8.5 (dirty state), D8.6 (memory types).
 * Bit 58 is one of those left to software: it is DIRTY where DBM does not say it, on a
 * processor without it, or of memory that was written and is read-only now.
 */
#include "pte_internal.h"

#define ARM_VALID GM_PTE_BIT(0)
#define ARM_PAGE GM_PTE_BIT(1) /* level 0; elsewhere a table has it, and a block has not */
#define ARM_ACCESSED GM_PTE_BIT(10)
#define ARM_DBM GM_PTE_BIT(51)
#define ARM_CONTIGUOUS GM_PTE_BIT(52)
#define ARM_SOFTWARE_SHIFT 55 /* 3 bits */
#define ARM_SOFTWARE_DIRTY GM_PTE_BIT(58)

#define ARM_SHARE_SHIFT 8
#define ARM_SHARE_MASK GM_PTE_BITS(9, 8)
#define SHARE_NONE 0u
#define SHARE_OUTER 2u
#define SHARE_INNER 3u

#define ARM1_ATTRIBUTE_SHIFT 2
#define ARM1_EL0 GM_PTE_BIT(6)
#define ARM1_READ_ONLY GM_PTE_BIT(7)
#define ARM1_NOT_GLOBAL GM_PTE_BIT(11)
#define ARM1_PXN GM_PTE_BIT(53)
#define ARM1_UXN GM_PTE_BIT(54)

#define ARM2_MEMORY_SHIFT 2
#define ARM2_READ GM_PTE_BIT(6)
#define ARM2_WRITE GM_PTE_BIT(7)
#define ARM2_XN GM_PTE_BIT(54)

#define NONE 0x100u

/* MAIR's bytes (D24.2, MAIR_EL1), inner and outer the same; MemAttr (D8.6.5). */
static const unsigned short mair_of_memory[] = {
	[GM_MEMORY_WB] = 0xff,     [GM_MEMORY_WT] = 0xbb, [GM_MEMORY_WC] = 0x44,
	[GM_MEMORY_DEVICE] = 0x04, [GM_MEMORY_WP] = NONE, [GM_MEMORY_UC_MINUS] = NONE,
	[GM_MEMORY_STRICT] = 0x00,
};
static const unsigned short stage2_of_memory[] = {
	[GM_MEMORY_WB] = 0xf,     [GM_MEMORY_WT] = 0xa,  [GM_MEMORY_WC] = 0x5,
	[GM_MEMORY_DEVICE] = 0x1, [GM_MEMORY_WP] = NONE, [GM_MEMORY_UC_MINUS] = NONE,
	[GM_MEMORY_STRICT] = 0x0,
};

static enum gm_memory_type memory_of(const unsigned short *values, unsigned value)
{
	unsigned memory = GM_MEMORY_WB;

	while (memory < GM_MEMORY_STRICT && values[memory] != value)
		memory++;
	return (enum gm_memory_type)memory;
}

static int is_second(const struct gm_pte_format *format)
{
	return format->kind == GM_PTE_AARCH64_STAGE2;
}

static int has_dbm(const struct gm_pte_format *format)
{
	return (format->features & GM_PTE_HAS_DBM) != 0;
}

/* The descriptor has shareability, and not more of the address in its place. */
static int has_share(const struct gm_pte_format *format)
{
	return (format->features & GM_PTE_HAS_LPA2) == 0;
}

static int is_known(const struct gm_pte_format *format, unsigned level, const struct gm_pte *pte)
{
	uint32_t prot = GM_PROT_READ | GM_PROT_WRITE | GM_PROT_EXEC;
	uint32_t flags = GM_PTE_ACCESSED | GM_PTE_DIRTY;

	if (!is_second(format)) {
		prot |= GM_PROT_USER;
		flags |= GM_PTE_GLOBAL;
	}
	if (gm_pte_run_shift(format, level) != 0)
		flags |= GM_PTE_RUN;
	if (has_share(format)) /* one of them */
		flags |= (pte->flags & GM_PTE_SHARE_OUTER) != 0 ? GM_PTE_SHARE_OUTER :
								  GM_PTE_SHARE_NONE;
	return (pte->prot & ~prot) == 0 && (pte->prot & GM_PROT_READ) != 0 &&
	       (pte->flags & ~flags) == 0 && pte->key == 0;
}

static uint64_t share_bits(uint32_t flags)
{
	uint64_t share = SHARE_INNER;

	if ((flags & GM_PTE_SHARE_OUTER) != 0)
		share = SHARE_OUTER;
	if ((flags & GM_PTE_SHARE_NONE) != 0)
		share = SHARE_NONE;
	return share << ARM_SHARE_SHIFT;
}

static uint64_t stage1_bits(const struct gm_pte *pte, unsigned attribute, int writable)
{
	int user = (pte->prot & GM_PROT_USER) != 0;
	int exec = (pte->prot & GM_PROT_EXEC) != 0;
	uint64_t bits = (uint64_t)attribute << ARM1_ATTRIBUTE_SHIFT;

	bits |= user ? ARM1_EL0 : 0;
	bits |= writable ? 0 : ARM1_READ_ONLY;
	bits |= exec && !user ? 0 : ARM1_PXN;
	bits |= exec && user ? 0 : ARM1_UXN;
	bits |= (pte->flags & GM_PTE_GLOBAL) != 0 ? 0 : ARM1_NOT_GLOBAL;
	return bits;
}

static uint64_t stage2_bits(const struct gm_pte *pte, unsigned memory, int writable)
{
	uint64_t bits = (uint64_t)memory << ARM2_MEMORY_SHIFT | ARM2_READ;

	bits |= writable ? ARM2_WRITE : 0;
	bits |= (pte->prot & GM_PROT_EXEC) != 0 ? 0 : ARM2_XN;
	return bits;
}

/* MemAttr, or the attribute's number; NONE. */
static unsigned memory_field(const struct gm_pte_format *format, enum gm_memory_type memory)
{
	unsigned attribute;

	if (is_second(format))
		return stage2_of_memory[memory];
	attribute = gm_pte_attribute(format->memory, mair_of_memory[memory]);
	return attribute < 8 ? attribute : NONE;
}

int gm_pte_aarch64_leaf(const struct gm_pte_format *format, unsigned level,
			const struct gm_pte *pte, uint64_t *out)
{
	int write = (pte->prot & GM_PROT_WRITE) != 0;
	int dirty = (pte->flags & GM_PTE_DIRTY) != 0;
	int by_dbm = write && has_dbm(format);
	int writable = by_dbm ? dirty : write;
	unsigned memory = memory_field(format, pte->memory);
	uint64_t bits = ARM_VALID | (level == 0 ? ARM_PAGE : 0);

	if (!is_known(format, level, pte) || memory == NONE)
		return -GM_ENOTSUP;
	bits |= is_second(format) ? stage2_bits(pte, memory, writable) :
				    stage1_bits(pte, memory, writable);
	bits |= has_share(format) ? share_bits(pte->flags) : 0;
	bits |= GM_PTE_IF(pte->flags, GM_PTE_ACCESSED, ARM_ACCESSED);
	bits |= GM_PTE_IF(pte->flags, GM_PTE_RUN, ARM_CONTIGUOUS);
	bits |= by_dbm ? ARM_DBM : 0;
	bits |= dirty && !by_dbm ? ARM_SOFTWARE_DIRTY : 0;
	bits |= (uint64_t)pte->software << ARM_SOFTWARE_SHIFT;
	*out = bits;
	return 0;
}

static void read_stage1(const struct gm_pte_format *format, uint64_t entry, struct gm_pte *out)
{
	unsigned attribute = (unsigned)(entry >> ARM1_ATTRIBUTE_SHIFT & 7);
	int user = (entry & ARM1_EL0) != 0;

	out->memory = memory_of(mair_of_memory, (unsigned)(format->memory >> 8 * attribute & 0xff));
	out->prot |= user ? GM_PROT_USER : 0;
	out->prot |= GM_PTE_IF(~entry, user ? ARM1_UXN : ARM1_PXN, GM_PROT_EXEC);
	out->flags |= GM_PTE_IF(~entry, ARM1_NOT_GLOBAL, GM_PTE_GLOBAL);
}

static void read_stage2(uint64_t entry, struct gm_pte *out)
{
	out->memory = memory_of(stage2_of_memory, (unsigned)(entry >> ARM2_MEMORY_SHIFT & 15));
	out->prot |= GM_PTE_IF(~entry, ARM2_XN, GM_PROT_EXEC);
}

static uint32_t read_share(uint64_t entry)
{
	switch ((unsigned)((entry & ARM_SHARE_MASK) >> ARM_SHARE_SHIFT)) {
	case SHARE_NONE:
		return GM_PTE_SHARE_NONE;
	case SHARE_OUTER:
		return GM_PTE_SHARE_OUTER;
	default:
		return 0;
	}
}

void gm_pte_aarch64_read(const struct gm_pte_format *format, unsigned level, uint64_t entry,
			 struct gm_pte *out)
{
	int writable =
		is_second(format) ? (entry & ARM2_WRITE) != 0 : (entry & ARM1_READ_ONLY) == 0;
	int by_dbm = (entry & ARM_DBM) != 0;

	(void)level;
	out->prot = GM_PROT_READ | (writable || by_dbm ? GM_PROT_WRITE : 0);
	out->flags = GM_PTE_IF(entry, ARM_ACCESSED, GM_PTE_ACCESSED);
	out->flags |= GM_PTE_IF(entry, ARM_CONTIGUOUS, GM_PTE_RUN);
	out->flags |= GM_PTE_IF(entry, ARM_SOFTWARE_DIRTY, GM_PTE_DIRTY);
	out->flags |= writable && by_dbm ? GM_PTE_DIRTY : 0;
	out->flags |= has_share(format) ? read_share(entry) : 0;
	if (is_second(format))
		read_stage2(entry, out);
	else
		read_stage1(format, entry, out);
	out->key = 0;
	out->software = (unsigned)(entry >> ARM_SOFTWARE_SHIFT & 7);
}
