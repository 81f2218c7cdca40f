/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pte.h - page-table entries of seven formats, as pure functions on numbers.
 *
 *   kind                    manual                                        levels
 *   GM_PTE_X86_64           Intel SDM vol. 3, 4.5 and 4.6 (4- and 5-level)     4, 5
 *   GM_PTE_EPT              Intel SDM vol. 3, 29.3 (extended page tables)      4, 5
 *   GM_PTE_NPT              AMD APM vol. 2, 15.25 (nested paging)              4, 5
 *   GM_PTE_AARCH64_STAGE1   Arm ARM (DDI 0487), D8.3 VMSAv8-64 descriptors     1 .. 5
 *   GM_PTE_AARCH64_STAGE2   the same, stage 2                                  1 .. 5
 *   GM_PTE_RISCV64          RISC-V Privileged, 12.4 to 12.6 (Sv39, 48, 57)     3, 4, 5
 *   GM_PTE_RISCV64_STAGE2   RISC-V Privileged, 18.5 (Sv39x4, 48x4, 57x4)       3, 4, 5
 *
 * An entry is a uint64_t in all of them, on hosts of any word size. Level 0 is the
 * lowest, whose leaves are granules; the root is gm_pte_levels() - 1:
 *
 *      level 2            level 1            level 0
 *     [ table | leaf ]-->[ table | leaf ]-->[ leaf ]
 *               1 GiB              2 MiB      4 KiB
 *
 * What is put in is neutral: protection, memory type, flags. What a format cannot
 * express is -GM_ENOTSUP, never something weaker than was asked for.
 *
 * All functions are pure, take any number for an entry, and may be called in any
 * context. Those but gm_pte_check require a format that it accepts, and a level
 * below gm_pte_levels().
 */
#ifndef GM_PTE_H
#define GM_PTE_H

#include <granmem/granule.h>

GM_BEGIN_DECLS

/* The most levels of tables that a format has. */
#define GM_PTE_LEVELS_MAX 5

enum gm_pte_kind {
	GM_PTE_X86_64 = 1,
	GM_PTE_EPT = 2,
	GM_PTE_NPT = 3,
	GM_PTE_AARCH64_STAGE1 = 4,
	GM_PTE_AARCH64_STAGE2 = 5,
	GM_PTE_RISCV64 = 6,
	GM_PTE_RISCV64_STAGE2 = 7,
};

/* What the processor has, and has switched on. */
#define GM_PTE_HAS_NX 0x01u        /* x86-64, NPT: EFER.NXE; else all is executable */
#define GM_PTE_HAS_1G 0x02u        /* x86-64, EPT, NPT: leaves of 1 GiB */
#define GM_PTE_HAS_KEYS 0x04u      /* x86-64: protection keys, CR4.PKE or PKS */
#define GM_PTE_HAS_EXEC_ONLY 0x08u /* EPT: executable and not readable */
#define GM_PTE_HAS_VE 0x10u        /* EPT: #VE, which an entry can suppress */
#define GM_PTE_HAS_DBM \
	0x20u /* aarch64: hardware manages the dirty state (FEAT_HAFDBS,
                                      TCR.HD or VTCR.HD) */
#define GM_PTE_HAS_LPA2 \
	0x40u                  /* aarch64, 4 and 16 KiB: 52 bits (TCR.DS); shareability is
                                      then TCR's */
#define GM_PTE_HAS_NAPOT 0x80u /* riscv64: Svnapot */
#define GM_PTE_HAS_PBMT 0x100u /* riscv64: Svpbmt */

/* Zero means default but for kind. */
struct gm_pte_format {
	enum gm_pte_kind kind;
	unsigned granule_shift; /* aarch64: 12, 14, 16; else 12; default 12 */
	unsigned input_bits;    /* of the addresses translated. x86: 48, 57; riscv64: 39, 48, 57,
	                           stage 2 41, 50, 59; aarch64: 26 .. 48, and to 52 with LPA2 or 64
	                           KiB. Default: 48, 39, 41, 48 */
	unsigned output_bits;   /* of physical addresses, 32 .. 52; aarch64: beyond 48 only with
	                           LPA2 or 64 KiB (LPA). Default: 48 on aarch64, else 52 */
	uint32_t features;      /* GM_PTE_HAS_ */
	uint64_t memory;        /* x86-64, NPT: the PAT register; aarch64 stage 1: MAIR; others
	                           have none, and ignore it. Default: PAT's reset value; MAIR
	                           0x0044bb04ff: attributes 0 .. 4 are WB, DEVICE, WT, WC, STRICT */
};

/*
 * Protection. USER: for the less privileged, who alone executes it then; without it,
 * for the more privileged alone. (x86 lets the kernel touch and execute user memory but
 * for SMAP and SMEP; aarch64 lets it touch it but for PAN.) Second stages know no
 * users: there USER is -GM_ENOTSUP, and the others are for all of the guest.
 */
#define GM_PROT_READ 1u
#define GM_PROT_WRITE 2u
#define GM_PROT_EXEC 4u
#define GM_PROT_USER 8u

/* Memory types, from the most to the least cached; those in the second row exist in
 * few formats. On riscv64 WB means what the physical memory attributes say. */
enum gm_memory_type {
	GM_MEMORY_WB = 0,       /* write-back */
	GM_MEMORY_WT = 1,       /* write-through */
	GM_MEMORY_WC = 2,       /* not cached, writes combine: x86 WC, Arm Normal-NC, riscv NC */
	GM_MEMORY_DEVICE = 3,   /* registers: x86 UC, Arm Device-nGnRE, riscv IO */
	GM_MEMORY_WP = 4,       /* x86: write-protected */
	GM_MEMORY_UC_MINUS = 5, /* x86-64, NPT: UC that an MTRR may make WC */
	GM_MEMORY_STRICT = 6,   /* Arm Device-nGnRnE */
};

/* Flags. ACCESSED and DIRTY are what hardware sets; where it does not, an access to an
 * entry without ACCESSED faults (aarch64, riscv64), and so does a write to one without
 * DIRTY (riscv64). Where x86-64 has shadow stacks switched on (CR4.CET), what is DIRTY and
 * not writable is one: stores to shadow stacks may change it. */
#define GM_PTE_ACCESSED 1u
#define GM_PTE_DIRTY 2u
#define GM_PTE_GLOBAL 4u       /* in all address spaces; not in second stages */
#define GM_PTE_RUN 8u          /* one of a contiguous (aarch64) or NAPOT (riscv64) run */
#define GM_PTE_SUPPRESS_VE 16u /* EPT */
#define GM_PTE_SHARE_OUTER 32u /* aarch64 without LPA2: outer shareable, or */
#define GM_PTE_SHARE_NONE 64u  /* not at all; by default inner shareable */

/* The n-th of the bits that hardware ignores, in gm_pte.software. */
#define GM_PTE_SOFTWARE(n) (1u << (n))

enum gm_pte_is {
	GM_PTE_EMPTY = 0, /* not present; all other fields are 0 */
	GM_PTE_TABLE = 1, /* paddr leads to a table of the level below */
	GM_PTE_LEAF = 2,
};

struct gm_pte {
	enum gm_pte_is is;
	struct gm_paddr paddr; /* of a leaf: a multiple of its size. NAPOT says only where the
	                          run is: leaf takes any part's address, decode gives the run's */
	uint32_t prot;         /* GM_PROT_ */
	enum gm_memory_type memory;
	uint32_t flags;    /* GM_PTE_ACCESSED ... */
	unsigned key;      /* protection key, 0 .. 15 */
	unsigned software; /* bits that hardware ignores: gm_pte_software_bits of them */
};

/*
 * gm_pte_check - can this format be encoded?
 *
 * Takes any numbers. Returns 0; -GM_EINVAL (not a kind; a granule, a width or a feature
 * that the kind does not have; a PAT register with a reserved type).
 */
GM_MUST_CHECK int gm_pte_check(const struct gm_pte_format *format);

/* gm_pte_levels - how many levels of tables; 1 .. GM_PTE_LEVELS_MAX. Second stages of
 * aarch64 put up to sixteen tables side by side rather than begin with a level of so few
 * entries. */
unsigned gm_pte_levels(const struct gm_pte_format *format);

/* gm_pte_shift - bytes that an entry of this level stands for, as a shift. */
unsigned gm_pte_shift(const struct gm_pte_format *format, unsigned level);

/* gm_pte_index_bits - a table of this level has two to the power of this many entries
 * of 8 bytes, and is aligned to its size. Roots may be smaller or larger than others. */
unsigned gm_pte_index_bits(const struct gm_pte_format *format, unsigned level);

/* gm_pte_run_shift - a run of this level is two to the power of this many entries, side
 * by side and aligned, as their memory; 0: there are none. */
unsigned gm_pte_run_shift(const struct gm_pte_format *format, unsigned level);

/* gm_pte_leaves - all sizes of leaves and runs, a set of GM_RUN_LEAF (run.h). */
uint64_t gm_pte_leaves(const struct gm_pte_format *format);

/* gm_pte_software_bits - how many bits an entry leaves to software. */
unsigned gm_pte_software_bits(const struct gm_pte_format *format);

/*
 * gm_pte_leaf - a leaf of this level. pte->is does not matter.
 *
 * Returns 0; -GM_ENOTSUP (the format has no leaves at this level, or cannot express the
 * protection, memory type, a flag, key or software bit); -GM_EALIGN (paddr is no
 * multiple of the leaf's size); -GM_ERANGE (paddr has more than output_bits). *out is
 * written on success only, and is present.
 */
GM_MUST_CHECK int gm_pte_leaf(const struct gm_pte_format *format, unsigned level,
			      const struct gm_pte *pte, uint64_t *out);

/*
 * gm_pte_table - an entry that leads to a table of the level below, and restricts
 * nothing.
 *
 * Returns 0; -GM_ENOTSUP (level 0); -GM_EALIGN (no multiple of the granule); -GM_ERANGE.
 */
GM_MUST_CHECK int gm_pte_table(const struct gm_pte_format *format, unsigned level,
			       struct gm_paddr table, uint64_t *out);

/*
 * gm_pte_decode - what an entry says.
 *
 * Returns 0; -GM_ECORRUPT: an encoding that is reserved, or that gm_pte_leaf and
 * gm_pte_table do not make. So what decodes as a leaf is encoded to the same number
 * again, and what decodes as a table too, but for the accessed bit. *out is written
 * in any case.
 */
GM_MUST_CHECK int gm_pte_decode(const struct gm_pte_format *format, unsigned level, uint64_t entry,
				struct gm_pte *out);

/* gm_pte_is_present - would hardware go on with it? gm_pte_is_leaf - and end there?
 * gm_pte_address, gm_pte_paddr - where it leads. The quick questions of a walk; all but
 * the first require an entry that is present. */
int gm_pte_is_present(const struct gm_pte_format *format, unsigned level, uint64_t entry);
int gm_pte_is_leaf(const struct gm_pte_format *format, unsigned level, uint64_t entry);
uint64_t gm_pte_address(const struct gm_pte_format *format, unsigned level, uint64_t entry);
GM_LOCAL_INLINE struct gm_paddr gm_pte_paddr(const struct gm_pte_format *format, unsigned level,
					     uint64_t entry)
{
	return gm_paddr(gm_pte_address(format, level, entry));
}

GM_END_DECLS

#endif
