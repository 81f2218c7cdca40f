/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walker_oracle.h - what hardware finds, said once more from the manuals.
 *
 * A page walk written without the library: its own constants, its own shapes, no
 * header of granmem. Sources, by section: Intel SDM 3A 4.5 (4- and 5-level paging),
 * 3C 29.3 (EPT); AMD APM 2 15.25 (nested paging); Arm ARM DDI 0487 D8.3 (VMSAv8-64
 * descriptors); RISC-V Privileged 12.4 and 12.5 (Sv39, Sv48), Svnapot, 8.5 (Sv39x4).
 */
#ifndef WALKER_ORACLE_H
#define WALKER_ORACLE_H

#include <stdint.h>

enum oracle_kind { ORACLE_X86, ORACLE_NPT, ORACLE_EPT, ORACLE_ARM1, ORACLE_ARM2, ORACLE_RISCV };

/* A shape: the bits of an address that index each level, from the root down. */
struct oracle {
	enum oracle_kind kind;
	unsigned granule_shift;
	unsigned nr_levels;
	unsigned root_bits; /* of the root's index; all others have granule_shift - 3 */
	unsigned run_bits[4]; /* log2 of a contiguous or NAPOT run, lowest level first */
	const void *(*at)(uint64_t paddr); /* where physical memory is */
};

struct oracle_leaf {
	uint64_t paddr; /* of the byte */
	unsigned shift; /* of the leaf, or of its run */
	int read, write, exec, user;
	int accessed, dirty;
	uint64_t entry;
	const uint64_t *slot;
};

/* Present, and is this the last level? -1: not present, 0: a table, 1: a leaf. */
static inline int oracle_kind_of(const struct oracle *oracle, unsigned level, uint64_t entry)
{
	switch (oracle->kind) {
	case ORACLE_X86:
	case ORACLE_NPT:
		if ((entry & 1) == 0)
			return -1;
		return level == 0 || (entry & 0x80) != 0;
	case ORACLE_EPT:
		if ((entry & 7) == 0)
			return -1;
		return level == 0 || (entry & 0x80) != 0;
	case ORACLE_ARM1:
	case ORACLE_ARM2:
		if ((entry & 1) == 0)
			return -1;
		return level == 0 ? ((entry & 2) != 0 ? 1 : -1) : (entry & 2) == 0;
	default:
		if ((entry & 1) == 0)
			return -1;
		return (entry & 0xe) != 0;
	}
}

static inline uint64_t oracle_address(const struct oracle *oracle, uint64_t entry)
{
	switch (oracle->kind) {
	case ORACLE_RISCV:
		return (entry >> 10 & 0xfffffffffff) << 12;
	case ORACLE_ARM1:
	case ORACLE_ARM2:
		return entry & 0xffffffffffff & ~(((uint64_t)1 << oracle->granule_shift) - 1);
	default:
		return entry & 0xffffffffff000;
	}
}

static inline int oracle_is_run(const struct oracle *oracle, uint64_t entry)
{
	if (oracle->kind == ORACLE_RISCV)
		return (int)(entry >> 63);
	return (oracle->kind == ORACLE_ARM1 || oracle->kind == ORACLE_ARM2) && (entry >> 52 & 1);
}

static inline void oracle_rights(const struct oracle *oracle, uint64_t entry,
				 struct oracle_leaf *leaf)
{
	leaf->read = 1;
	leaf->user = 0;
	switch (oracle->kind) {
	case ORACLE_X86:
	case ORACLE_NPT:
		leaf->write = entry >> 1 & 1;
		leaf->user = entry >> 2 & 1;
		leaf->exec = !(entry >> 63);
		leaf->accessed = entry >> 5 & 1;
		leaf->dirty = entry >> 6 & 1;
		break;
	case ORACLE_EPT:
		leaf->read = entry & 1;
		leaf->write = entry >> 1 & 1;
		leaf->exec = entry >> 2 & 1;
		leaf->accessed = entry >> 8 & 1;
		leaf->dirty = entry >> 9 & 1;
		break;
	case ORACLE_ARM1: /* with hardware dirty state: DBM (51) makes bit 7 "clean" */
		leaf->write = (entry >> 7 & 1) == 0 || (entry >> 51 & 1);
		leaf->user = entry >> 6 & 1;
		leaf->exec = leaf->user ? !(entry >> 54 & 1) : !(entry >> 53 & 1);
		leaf->accessed = entry >> 10 & 1;
		leaf->dirty = (entry >> 7 & 1) == 0;
		break;
	case ORACLE_ARM2:
		leaf->read = entry >> 6 & 1;
		leaf->write = (entry >> 7 & 1) || (entry >> 51 & 1);
		leaf->exec = (entry >> 53 & 3) == 0;
		leaf->accessed = entry >> 10 & 1;
		leaf->dirty = entry >> 7 & 1;
		break;
	default:
		leaf->read = entry >> 1 & 1;
		leaf->write = entry >> 2 & 1;
		leaf->exec = entry >> 3 & 1;
		leaf->user = entry >> 4 & 1;
		leaf->accessed = entry >> 6 & 1;
		leaf->dirty = entry >> 7 & 1;
		break;
	}
}

/* The entry as hardware leaves it that updates accessed and dirty bits itself. */
static inline uint64_t oracle_mark(const struct oracle *oracle, uint64_t entry, int dirty)
{
	switch (oracle->kind) {
	case ORACLE_X86:
	case ORACLE_NPT:
		return entry | 0x20 | (dirty ? 0x40 : 0);
	case ORACLE_EPT:
		return entry | 0x100 | (dirty ? 0x200 : 0);
	case ORACLE_ARM1:
		return (entry | 0x400) & ~(dirty ? (uint64_t)0x80 : 0);
	case ORACLE_ARM2:
		return entry | 0x400 | (dirty ? 0x80 : 0);
	default:
		return entry | 0x40 | (dirty ? 0x80 : 0);
	}
}

/* Tables restrict nothing: on x86 they allow all, elsewhere the fields are 0. */
static inline int oracle_table_is_open(const struct oracle *oracle, uint64_t entry)
{
	switch (oracle->kind) {
	case ORACLE_X86:
	case ORACLE_NPT:
		return (entry & 7) == 7 && !(entry >> 63);
	case ORACLE_EPT:
		return (entry & 7) == 7;
	case ORACLE_RISCV: /* D, A, U, PBMT and N are reserved */
		return (entry & 0xd0) == 0 && entry >> 54 == 0;
	default: /* NSTable, APTable, UXNTable, PXNTable */
		return entry >> 59 == 0;
	}
}

/* Returns 1 and the leaf for va, 0: a fault, -1: a table that it must not be. */
static inline int oracle_walk(const struct oracle *oracle, uint64_t root, uint64_t va,
			      struct oracle_leaf *leaf)
{
	unsigned bits = oracle->granule_shift - 3;
	unsigned level = oracle->nr_levels - 1;
	unsigned shift = oracle->granule_shift + bits * level;
	uint64_t index = va >> shift & (((uint64_t)1 << oracle->root_bits) - 1);
	uint64_t table = root;

	for (;;) {
		const uint64_t *slot = (const uint64_t *)oracle->at(table) + index;
		uint64_t entry = *slot;
		int kind = oracle_kind_of(oracle, level, entry);

		if (kind < 0)
			return 0;
		if (kind > 0) {
			uint64_t run = oracle_is_run(oracle, entry) ? oracle->run_bits[level] : 0;
			uint64_t base = oracle_address(oracle, entry);
			uint64_t bytes = (uint64_t)1 << shift;

			/* NAPOT says the size in the address, and has one for the run. */
			if (oracle->kind == ORACLE_RISCV && run != 0)
				base = base & ~((bytes << run) - 1), bytes <<= run;
			leaf->paddr = (base & ~(bytes - 1)) + (va & (bytes - 1));
			leaf->shift = shift + (unsigned)run;
			leaf->entry = entry;
			leaf->slot = slot;
			oracle_rights(oracle, entry, leaf);
			return 1;
		}
		if (!oracle_table_is_open(oracle, entry))
			return -1;
		table = oracle_address(oracle, entry);
		level--;
		shift -= bits;
		index = va >> shift & (((uint64_t)1 << bits) - 1);
	}
}

#endif
