/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pte_internal.h - what the files of pte share. For each family of formats:
 *
 *   _leaf    all bits of a leaf but its address; 0, or -GM_ENOTSUP
 *   _read    the fields of a leaf but its address and what it is; garbage for an entry
 *            that _leaf does not make
 *
 * The formats are complete: their defaults are filled in.
 */
#ifndef GM_PTE_INTERNAL_H
#define GM_PTE_INTERNAL_H

#include <granmem/pte.h>

#define GM_PTE_BIT(n) ((uint64_t)1 << (n))

/* Bits low .. high of an entry. */
#define GM_PTE_BITS(high, low) ((GM_PTE_BIT(high) - GM_PTE_BIT(low)) | GM_PTE_BIT(high))

/* value if the flag is set in flags, else 0. */
#define GM_PTE_IF(flags, flag, value) (((flags) & (flag)) != 0 ? (value) : 0)

/* What an address has on aarch64 without extensions. */
#define GM_PTE_ARM_BITS 48

static inline int gm_pte_is_x86(const struct gm_pte_format *format)
{
	return format->kind <= GM_PTE_NPT;
}

static inline int gm_pte_is_aarch64(const struct gm_pte_format *format)
{
	return format->kind == GM_PTE_AARCH64_STAGE1 || format->kind == GM_PTE_AARCH64_STAGE2;
}

static inline int gm_pte_is_riscv64(const struct gm_pte_format *format)
{
	return format->kind >= GM_PTE_RISCV64;
}

/* Where the top of an address is, in bits 15..12 (LPA) or 9..8 (LPA2). */
static inline int gm_pte_is_lpa(const struct gm_pte_format *format)
{
	return gm_pte_is_aarch64(format) && format->granule_shift == 16;
}

static inline int gm_pte_is_lpa2(const struct gm_pte_format *format)
{
	return (format->features & GM_PTE_HAS_LPA2) != 0;
}

/* gm_pte_complete - the same format with its defaults filled in. */
void gm_pte_complete(const struct gm_pte_format *format, struct gm_pte_format *out);

/* gm_pte_has_leaves - may an entry of this level be one? Requires a complete format. */
int gm_pte_has_leaves(const struct gm_pte_format *format, unsigned level);

int gm_pte_x86_64_leaf(const struct gm_pte_format *format, unsigned level, const struct gm_pte *pte,
		       uint64_t *out);
void gm_pte_x86_64_read(const struct gm_pte_format *format, unsigned level, uint64_t entry,
			struct gm_pte *out);
int gm_pte_ept_leaf(const struct gm_pte_format *format, unsigned level, const struct gm_pte *pte,
		    uint64_t *out);
void gm_pte_ept_read(const struct gm_pte_format *format, unsigned level, uint64_t entry,
		     struct gm_pte *out);
int gm_pte_aarch64_leaf(const struct gm_pte_format *format, unsigned level,
			const struct gm_pte *pte, uint64_t *out);
void gm_pte_aarch64_read(const struct gm_pte_format *format, unsigned level, uint64_t entry,
			 struct gm_pte *out);
int gm_pte_riscv64_leaf(const struct gm_pte_format *format, unsigned level,
			const struct gm_pte *pte, uint64_t *out);
void gm_pte_riscv64_read(const struct gm_pte_format *format, unsigned level, uint64_t entry,
			 struct gm_pte *out);

/* gm_pte_attribute - the number, 0 .. 7, of the byte of a PAT or MAIR register that has
 * this value; 8 if none has. */
unsigned gm_pte_attribute(uint64_t memory, unsigned value);

#endif
