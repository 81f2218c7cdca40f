/* SPDX-License-Identifier: BSD-2-Clause */
/* pte_unit.h - what the tests of entries share: formats, and the way there and back. */
#ifndef PTE_UNIT_H
#define PTE_UNIT_H

#include <granmem/pte.h>

#include "unit.h"

/* At least one of each kind, granule and extension. */
static const struct gm_pte_format formats[] = {
	{ .kind = GM_PTE_X86_64, .features = GM_PTE_HAS_NX | GM_PTE_HAS_1G | GM_PTE_HAS_KEYS },
	{ .kind = GM_PTE_X86_64,
	  .input_bits = 57,
	  .output_bits = 40,
	  .memory = 0x0407050600070106 },
	{ .kind = GM_PTE_EPT, .features = GM_PTE_HAS_1G | GM_PTE_HAS_EXEC_ONLY | GM_PTE_HAS_VE },
	{ .kind = GM_PTE_EPT, .input_bits = 57 },
	{ .kind = GM_PTE_NPT, .features = GM_PTE_HAS_NX },
	{ .kind = GM_PTE_AARCH64_STAGE1 },
	{ .kind = GM_PTE_AARCH64_STAGE1,
	  .input_bits = 52,
	  .output_bits = 52,
	  .features = GM_PTE_HAS_LPA2 | GM_PTE_HAS_DBM },
	{ .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 14, .features = GM_PTE_HAS_DBM },
	{ .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 16, .input_bits = 52, .output_bits = 52 },
	{ .kind = GM_PTE_AARCH64_STAGE2,
	  .input_bits = 40,
	  .output_bits = 40,
	  .features = GM_PTE_HAS_DBM },
	{ .kind = GM_PTE_AARCH64_STAGE2,
	  .granule_shift = 14,
	  .features = GM_PTE_HAS_LPA2,
	  .output_bits = 52 },
	{ .kind = GM_PTE_AARCH64_STAGE2, .granule_shift = 16 },
	{ .kind = GM_PTE_AARCH64_STAGE1, .input_bits = 26, .output_bits = 32 },
	{ .kind = GM_PTE_RISCV64 },
	{ .kind = GM_PTE_RISCV64,
	  .input_bits = 48,
	  .features = GM_PTE_HAS_NAPOT | GM_PTE_HAS_PBMT },
	{ .kind = GM_PTE_RISCV64_STAGE2, .input_bits = 50 },
};
#define NR_FORMATS (sizeof(formats) / sizeof(formats[0]))

static inline int is_arm(const struct gm_pte_format *format)
{
	return format->kind == GM_PTE_AARCH64_STAGE1 || format->kind == GM_PTE_AARCH64_STAGE2;
}

static inline struct gm_pte leaf_of(uint64_t paddr, uint32_t prot)
{
	struct gm_pte pte;

	memset(&pte, 0, sizeof(pte));
	pte.is = GM_PTE_LEAF;
	pte.paddr = gm_paddr(paddr);
	pte.prot = prot;
	return pte;
}

/* Structs have padding, so not by bytes. */
static inline int is_same(const struct gm_pte *a, const struct gm_pte *b)
{
	return a->is == b->is && a->paddr.value == b->paddr.value && a->prot == b->prot &&
	       a->memory == b->memory && a->flags == b->flags && a->key == b->key &&
	       a->software == b->software;
}

static inline uint64_t encode(const struct gm_pte_format *format, unsigned level,
			      const struct gm_pte *pte)
{
	uint64_t entry = 0;

	expect_eq(gm_pte_leaf(format, level, pte, &entry), 0);
	return entry;
}

/* It is this number, and the number says what it was made of. */
static inline void expect_leaf_at(int line, const struct gm_pte_format *format, unsigned level,
				  const struct gm_pte *pte, uint64_t entry)
{
	uint64_t found = 0;
	struct gm_pte back;

	unit_equal(__FILE__, line, "gm_pte_leaf", (unsigned)gm_pte_leaf(format, level, pte, &found),
		   0);
	unit_equal(__FILE__, line, "the leaf", found, entry);
	expect_eq(gm_pte_decode(format, level, entry, &back), 0);
	expect(is_same(&back, pte));
	expect(gm_pte_is_present(format, level, entry) && gm_pte_is_leaf(format, level, entry));
	expect_eq(gm_pte_paddr(format, level, entry).value, pte->paddr.value);
}
#define expect_leaf(format, level, pte, entry) expect_leaf_at(__LINE__, format, level, pte, entry)

static inline void expect_refused(const struct gm_pte_format *format, unsigned level,
				  const struct gm_pte *pte, int err)
{
	uint64_t entry = 0x55;

	expect_eq(gm_pte_leaf(format, level, pte, &entry), -err);
	expect_eq(entry, 0x55);
}

static inline void expect_table(const struct gm_pte_format *format, unsigned level, uint64_t paddr,
				uint64_t entry)
{
	uint64_t found = 0;
	struct gm_pte back;

	expect_eq(gm_pte_table(format, level, gm_paddr(paddr), &found), 0);
	expect_eq(found, entry);
	expect_eq(gm_pte_decode(format, level, entry, &back), 0);
	expect(back.is == GM_PTE_TABLE && back.prot == 0);
	expect_eq(back.paddr.value, paddr);
	expect(gm_pte_is_present(format, level, entry) && !gm_pte_is_leaf(format, level, entry));
	expect_eq(gm_pte_address(format, level, entry), paddr);
}

/* xorshift64: Marsaglia 2003 */
static inline uint64_t random_of(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

#endif
