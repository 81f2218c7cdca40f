/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pte_processor.h - what a processor makes of the leaf of a page table: the drawings of
 * the manuals as rows of bit numbers, written apart from lib/pte*.c, which has to agree.
 *
 * Without branches where the entry is unknown, since goals (tests/proofs) use it too.
 */
#ifndef PTE_PROCESSOR_H
#define PTE_PROCESSOR_H

#include <granmem/pte.h>

/* No such type: a reserved one, or one that pte.h does not name. */
#define PTE_NO_MEMORY 9u

/* Bit numbers plus one; negative: set means no; 0: always no; ALWAYS. Without the first of
 * them nothing is allowed. */
#define PTE_ALWAYS 100

struct pte_row {
	signed char any, read, write, exec, user, accessed, dirty, global, run, suppress_ve;
};

static const struct pte_row pte_rows[] = {
	[GM_PTE_X86_64] = { 1, PTE_ALWAYS, 2, -64, 3, 6, 7, 9, 0, 0 },
	[GM_PTE_EPT] = { PTE_ALWAYS, 1, 2, 3, 0, 9, 10, 0, 0, 64 },
	[GM_PTE_NPT] = { 3, PTE_ALWAYS, 2, -64, 0, 6, 7, 0, 0, 0 },
	[GM_PTE_AARCH64_STAGE1] = { 1, PTE_ALWAYS, -8, -54, 7, 11, 59, -12, 53, 0 },
	[GM_PTE_AARCH64_STAGE2] = { 1, 7, 8, -55, 0, 11, 59, 0, 53, 0 },
	[GM_PTE_RISCV64] = { 1, 2, 3, 4, 5, 7, 8, 6, 64, 0 },
	[GM_PTE_RISCV64_STAGE2] = { 5, 2, 3, 4, 0, 7, 8, 0, 64, 0 },
};

static inline uint32_t pte_bit(uint64_t entry, int bit)
{
	if (bit == PTE_ALWAYS || bit == 0)
		return bit != 0;
	return (uint32_t)((bit < 0 ? ~entry : entry) >> ((bit < 0 ? -bit : bit) - 1)) & 1;
}

static inline int pte_is_arm(const struct gm_pte_format *format)
{
	return format->kind == GM_PTE_AARCH64_STAGE1 || format->kind == GM_PTE_AARCH64_STAGE2;
}

static inline int pte_is_riscv(const struct gm_pte_format *format)
{
	return format->kind == GM_PTE_RISCV64 || format->kind == GM_PTE_RISCV64_STAGE2;
}

/* The types of PAT and EPT: SDM vol. 3, table 12-10. */
static inline unsigned pte_memory_of_x86(unsigned type)
{
	static const unsigned char types[] = { GM_MEMORY_DEVICE, GM_MEMORY_WC,      PTE_NO_MEMORY,
					       PTE_NO_MEMORY,    GM_MEMORY_WT,      GM_MEMORY_WP,
					       GM_MEMORY_WB,     GM_MEMORY_UC_MINUS };

	return types[type & 7];
}

/* A byte of MAIR: Arm ARM, MAIR_EL1; the same for what is inside and outside. */
static inline unsigned pte_memory_of_mair(unsigned byte)
{
	switch (byte) {
	case 0x00:
		return GM_MEMORY_STRICT;
	case 0x04:
		return GM_MEMORY_DEVICE;
	case 0x44:
		return GM_MEMORY_WC;
	case 0xbb:
		return GM_MEMORY_WT;
	case 0xff:
		return GM_MEMORY_WB;
	default:
		return PTE_NO_MEMORY;
	}
}

/* Stage 2's MemAttr without FWB: Arm ARM D8.6.5; inside and outside the same. */
static inline unsigned pte_memory_of_stage2(unsigned bits)
{
	static const unsigned char types[16] = {
		GM_MEMORY_STRICT, GM_MEMORY_DEVICE, PTE_NO_MEMORY, PTE_NO_MEMORY,
		PTE_NO_MEMORY,    GM_MEMORY_WC,     PTE_NO_MEMORY, PTE_NO_MEMORY,
		PTE_NO_MEMORY,    PTE_NO_MEMORY,    GM_MEMORY_WT,  PTE_NO_MEMORY,
		PTE_NO_MEMORY,    PTE_NO_MEMORY,    PTE_NO_MEMORY, GM_MEMORY_WB,
	};

	return types[bits & 15];
}

/* Svpbmt. */
static inline unsigned pte_memory_of_pbmt(unsigned bits)
{
	static const unsigned char types[] = { GM_MEMORY_WB, GM_MEMORY_WC, GM_MEMORY_DEVICE,
					       PTE_NO_MEMORY };

	return types[bits & 3];
}

static inline unsigned pte_memory(const struct gm_pte_format *format, unsigned level,
				  uint64_t entry)
{
	uint64_t memory = format->memory;
	unsigned low = (unsigned)entry >> 2 & 7;
	unsigned index = ((unsigned)entry >> 3 & 3) | pte_bit(entry, level == 0 ? 8 : 13) << 2;

	switch (format->kind) {
	case GM_PTE_EPT: /* 7 is reserved (SDM vol. 3, 29.3.3.1) */
		index = pte_memory_of_x86((unsigned)entry >> 3 & 7);
		return index != GM_MEMORY_UC_MINUS ? index : PTE_NO_MEMORY;
	case GM_PTE_AARCH64_STAGE1:
		memory = memory != 0 ? memory : 0x0044bb04ff;
		return pte_memory_of_mair((unsigned)(memory >> 8 * low) & 0xff);
	case GM_PTE_AARCH64_STAGE2:
		return pte_memory_of_stage2((unsigned)entry >> 2 & 15);
	case GM_PTE_RISCV64:
	case GM_PTE_RISCV64_STAGE2:
		return pte_memory_of_pbmt((unsigned)(entry >> 61));
	default:
		memory = memory != 0 ? memory : 0x0007040600070406;
		return pte_memory_of_x86((unsigned)(memory >> 8 * index) & 0xff);
	}
}

/* Bits from .. to of an entry. */
static inline uint64_t pte_bits(uint64_t entry, unsigned to, unsigned from)
{
	return entry >> from & (((uint64_t)2 << (to - from)) - 1);
}

/* The address of a leaf or table whose low bits are not in the entry. */
static inline uint64_t pte_address(const struct gm_pte_format *format, unsigned shift,
				   uint64_t entry)
{
	if (pte_is_riscv(format))
		return pte_bits(entry, 53, shift - 2) << shift;
	if (pte_is_arm(format) && format->granule_shift == 16)
		return pte_bits(entry, 47, shift) << shift | pte_bits(entry, 15, 12) << 48;
	if (pte_is_arm(format) && (format->features & GM_PTE_HAS_LPA2) != 0)
		return pte_bits(entry, 49, shift) << shift | pte_bits(entry, 9, 8) << 50;
	return pte_bits(entry, pte_is_arm(format) ? 47 : 51, shift) << shift;
}

static inline unsigned pte_software(const struct gm_pte_format *format, uint64_t entry)
{
	switch (format->kind) {
	case GM_PTE_X86_64:
	case GM_PTE_NPT:
		return (unsigned)(pte_bits(entry, 11, 9) | pte_bits(entry, 58, 52) << 3);
	case GM_PTE_EPT:
		return (unsigned)pte_bits(entry, 55, 52);
	case GM_PTE_AARCH64_STAGE1:
	case GM_PTE_AARCH64_STAGE2:
		return (unsigned)pte_bits(entry, 57, 55);
	default:
		return (unsigned)pte_bits(entry, 9, 8);
	}
}

static inline uint32_t pte_flags(const struct gm_pte_format *format, uint64_t entry)
{
	const struct pte_row *row = &pte_rows[format->kind];
	uint32_t flags = pte_bit(entry, row->accessed) * GM_PTE_ACCESSED;
	uint32_t share = (uint32_t)pte_bits(entry, 9, 8);

	flags |= pte_bit(entry, row->dirty) * GM_PTE_DIRTY;
	flags |= pte_bit(entry, row->global) * GM_PTE_GLOBAL;
	flags |= pte_bit(entry, row->run) * GM_PTE_RUN;
	flags |= pte_bit(entry, row->suppress_ve) * GM_PTE_SUPPRESS_VE;
	if (pte_is_arm(format)) {
		/* Written since DBM said that it may be. */
		flags |= (pte_bit(entry, 52) & pte_bit(entry, row->write)) * GM_PTE_DIRTY;
		if ((format->features & GM_PTE_HAS_LPA2) == 0) {
			flags |= (uint32_t)(share == 2) * GM_PTE_SHARE_OUTER;
			flags |= (uint32_t)(share == 0) * GM_PTE_SHARE_NONE;
		}
	}
	return flags;
}

/* Bits that have to be 0, as the processor has not what they are for. */
static inline uint64_t pte_reserved(const struct gm_pte_format *format)
{
	switch (format->kind) {
	case GM_PTE_X86_64:
	case GM_PTE_NPT:
		return (uint64_t)((format->features & GM_PTE_HAS_NX) == 0) << 63;
	case GM_PTE_RISCV64:
	case GM_PTE_RISCV64_STAGE2:
		return (uint64_t)0x7f << 54 |
		       (uint64_t)((format->features & GM_PTE_HAS_PBMT) == 0) * 3 << 61 |
		       (uint64_t)((format->features & GM_PTE_HAS_NAPOT) == 0) << 63;
	default:
		return 0;
	}
}

/* Does the entry of a table restrict nothing of what its leaves allow? */
static inline int pte_is_open(const struct gm_pte_format *format, uint64_t entry)
{
	if (pte_is_riscv(format))
		return ((entry & 0xff) == 1) & (entry >> 54 == 0);
	if (pte_is_arm(format)) /* APTable, XNTable, PXNTable, NSTable */
		return entry >> 59 == 0;
	return ((entry & 7) == 7) & (entry >> 63 == 0);
}

/* What it may have set in the entry of a table. */
static inline uint64_t pte_table_accessed(const struct gm_pte_format *format)
{
	if (format->kind == GM_PTE_EPT)
		return 1 << 8;
	return pte_is_arm(format) || pte_is_riscv(format) ? 0 : 1 << 5;
}

/* What the entry of a leaf is to a processor. *exec_other is 1 if those execute it that
 * it is not for: kernels the users', users the kernel's. */
static inline void pte_processor(const struct gm_pte_format *format, unsigned level, uint64_t entry,
				 struct gm_pte *out, uint32_t *exec_other)
{
	const struct pte_row *row = &pte_rows[format->kind];
	uint32_t user = pte_bit(entry, row->user);
	uint32_t write = pte_bit(entry, row->write);
	uint32_t exec = pte_bit(entry, row->exec);
	unsigned shift = gm_pte_shift(format, level);

	*exec_other = 0;
	if (format->kind == GM_PTE_AARCH64_STAGE1) {
		uint32_t by_users = pte_bit(entry, -55);

		*exec_other = (user & exec) | ((user ^ 1) & by_users);
		exec = (user & by_users) | ((user ^ 1) & exec);
	}
	if (pte_is_arm(format))
		write |= pte_bit(entry, 52);
	if (pte_is_riscv(format) && level == 0 && entry >> 63 != 0)
		shift = 16;
	out->is = GM_PTE_LEAF;
	out->paddr.value = pte_address(format, shift, entry);
	out->prot = pte_bit(entry, row->read) * GM_PROT_READ | write * GM_PROT_WRITE |
		    exec * GM_PROT_EXEC | user * GM_PROT_USER;
	out->prot *= pte_bit(entry, row->any) & ((entry & pte_reserved(format)) == 0);
	out->memory = (enum gm_memory_type)pte_memory(format, level, entry);
	out->flags = pte_flags(format, entry);
	out->key = format->kind == GM_PTE_X86_64 ? (unsigned)pte_bits(entry, 62, 59) : 0;
	out->software = pte_software(format, entry);
}

static inline int pte_same(const struct gm_pte *a, const struct gm_pte *b)
{
	return (a->is == b->is) & (a->paddr.value == b->paddr.value) & (a->prot == b->prot) &
	       (a->memory == b->memory) & (a->flags == b->flags) & (a->key == b->key) &
	       (a->software == b->software);
}

#endif
