/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of granmem/pte.h on aarch64: descriptors written out by hand from the Arm ARM. */
#include "pte_unit.h"

#define NG 0x800ull    /* not global */
#define AF 0x400ull    /* accessed */
#define INNER 0x300ull /* shareability */
#define READ_ONLY 0x80ull
#define EL0 0x40ull
#define DBM ((uint64_t)1 << 51)
#define CONTIGUOUS ((uint64_t)1 << 52)
#define PXN ((uint64_t)1 << 53)
#define UXN ((uint64_t)1 << 54)

static void test_stage1_entries(void)
{
	static const struct gm_pte_format format = { .kind = GM_PTE_AARCH64_STAGE1 };
	struct gm_pte pte = leaf_of(0x1234567000, GM_PROT_READ);

	expect_leaf(&format, 0, &pte, 0x1234567003 | NG | INNER | READ_ONLY | PXN | UXN);
	pte.prot = GM_PROT_READ | GM_PROT_WRITE;
	pte.flags = GM_PTE_GLOBAL | GM_PTE_ACCESSED;
	expect_leaf(&format, 0, &pte, 0x1234567003 | AF | INNER | PXN | UXN);
	pte.prot = GM_PROT_READ | GM_PROT_EXEC;
	expect_leaf(&format, 0, &pte, 0x1234567003 | AF | INNER | READ_ONLY | UXN);
	pte.prot |= GM_PROT_USER;
	expect_leaf(&format, 0, &pte, 0x1234567003 | AF | INNER | READ_ONLY | EL0 | PXN);
	pte.flags = GM_PTE_GLOBAL | GM_PTE_SHARE_OUTER;
	expect_leaf(&format, 0, &pte, 0x1234567203 | READ_ONLY | EL0 | PXN);
	pte.flags = GM_PTE_GLOBAL | GM_PTE_SHARE_NONE;
	expect_leaf(&format, 0, &pte, 0x1234567003 | READ_ONLY | EL0 | PXN);
	pte.flags |= GM_PTE_SHARE_OUTER; /* both */
	expect_refused(&format, 0, &pte, GM_ENOTSUP);

	pte = leaf_of(0x40000000, GM_PROT_READ | GM_PROT_WRITE);
	pte.memory = GM_MEMORY_DEVICE; /* attribute 1 */
	expect_leaf(&format, 1, &pte, 0x40000005 | NG | INNER | PXN | UXN);
	pte.memory = GM_MEMORY_STRICT; /* attribute 4 */
	pte.flags = GM_PTE_RUN;
	expect_leaf(&format, 2, &pte, 0x40000011 | NG | INNER | PXN | UXN | CONTIGUOUS);
	pte.software = 7;
	pte.flags = GM_PTE_DIRTY; /* nobody sets it but software */
	expect_leaf(&format, 1, &pte, 0x40000011 | NG | INNER | PXN | UXN | (uint64_t)15 << 55);
	pte.memory = GM_MEMORY_WP;
	expect_refused(&format, 1, &pte, GM_ENOTSUP);
	pte = leaf_of(0, GM_PROT_READ);
	expect_refused(&format, 3, &pte, GM_ENOTSUP); /* no blocks of 512 GiB */
	pte.prot = GM_PROT_WRITE;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);
	pte.prot = GM_PROT_READ;
	pte.key = 1;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);
	pte.key = 0;
	pte.prot = 16 | GM_PROT_READ;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);
	expect_table(&format, 3, 0x80201000, 0x80201003);
}

static void test_stage1_attributes(void)
{
	static const struct gm_pte_format format = {
		.kind = GM_PTE_AARCH64_STAGE1,
		.memory = 0xff440400
	}; /* STRICT, DEVICE, WC, WB */
	struct gm_pte pte = leaf_of(0, GM_PROT_READ);

	expect_leaf(&format, 0, &pte, 0x3 | 3 << 2 | NG | INNER | READ_ONLY | PXN | UXN);
	pte.memory = GM_MEMORY_WT;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);
}

static void test_dirty_by_hardware(void)
{
	static const struct gm_pte_format first = { .kind = GM_PTE_AARCH64_STAGE1,
						    .features = GM_PTE_HAS_DBM };
	static const struct gm_pte_format second = { .kind = GM_PTE_AARCH64_STAGE2,
						     .features = GM_PTE_HAS_DBM };
	struct gm_pte pte = leaf_of(0x1000, GM_PROT_READ | GM_PROT_WRITE);

	expect_leaf(&first, 0, &pte, 0x1003 | NG | INNER | READ_ONLY | DBM | PXN | UXN);
	expect_leaf(&second, 0, &pte, 0x107f | INNER | DBM | UXN);
	pte.flags = GM_PTE_DIRTY;
	expect_leaf(&first, 0, &pte, 0x1003 | NG | INNER | DBM | PXN | UXN);
	expect_leaf(&second, 0, &pte, 0x10ff | INNER | DBM | UXN);
	pte.prot = GM_PROT_READ; /* was written, and is read-only now */
	expect_leaf(&first, 0, &pte,
		    0x1003 | NG | INNER | READ_ONLY | PXN | UXN | (uint64_t)1 << 58);
}

static void test_stage2_entries(void)
{
	static const struct gm_pte_format format = { .kind = GM_PTE_AARCH64_STAGE2,
						     .input_bits = 40,
						     .output_bits = 40 };
	struct gm_pte pte = leaf_of(0x40200000, GM_PROT_READ | GM_PROT_EXEC);

	expect_leaf(&format, 1, &pte, 0x4020007d | INNER); /* MemAttr 1111, R */
	pte.prot |= GM_PROT_WRITE;
	pte.flags = GM_PTE_ACCESSED;
	expect_leaf(&format, 0, &pte, 0x402000ff | AF | INNER);
	pte.prot = GM_PROT_READ | GM_PROT_WRITE;
	pte.memory = GM_MEMORY_DEVICE;
	expect_leaf(&format, 0, &pte, 0x402000c7 | AF | INNER | UXN);
	pte.memory = GM_MEMORY_WP;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);
	pte.memory = GM_MEMORY_WB;
	pte.prot |= GM_PROT_USER;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);
	pte.prot = GM_PROT_READ;
	pte.flags = GM_PTE_GLOBAL;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);
}

static void test_52_bits(void)
{
	static const struct gm_pte_format lpa = { .kind = GM_PTE_AARCH64_STAGE1,
						  .granule_shift = 16,
						  .input_bits = 52,
						  .output_bits = 52 };
	static const struct gm_pte_format lpa2 = { .kind = GM_PTE_AARCH64_STAGE1,
						   .input_bits = 52,
						   .output_bits = 52,
						   .features = GM_PTE_HAS_LPA2 };
	struct gm_pte pte = leaf_of(0xa234567890000, GM_PROT_READ);

	/* Bits 51..48 at 15..12. */
	expect_leaf(&lpa, 0, &pte, 0x23456789a003 | NG | INNER | READ_ONLY | PXN | UXN);
	/* Bits 51..50 at 9..8, where shareability was. */
	pte.paddr = gm_paddr(0xe234567891000);
	expect_leaf(&lpa2, 0, &pte, 0x2234567891303 | NG | READ_ONLY | PXN | UXN);
	pte.flags = GM_PTE_SHARE_NONE;
	expect_refused(&lpa2, 0, &pte, GM_ENOTSUP);
	pte.flags = GM_PTE_SHARE_OUTER;
	expect_refused(&lpa2, 0, &pte, GM_ENOTSUP);
	expect_table(&lpa, 1, 0xf000000010000, 0x1f003);
	expect_table(&lpa2, 1, 0xc000000001000, 0x1303);
}

static void test_contiguous_where_there_is(void)
{
	static const struct gm_pte_format format = { .kind = GM_PTE_AARCH64_STAGE1,
						     .granule_shift = 14,
						     .features = GM_PTE_HAS_LPA2 };
	struct gm_pte pte = leaf_of(0, GM_PROT_READ);

	pte.flags = GM_PTE_RUN;
	(void)encode(&format, 0, &pte);
	(void)encode(&format, 1, &pte);
	expect_refused(&format, 2, &pte, GM_ENOTSUP); /* blocks of 64 GiB, but no runs of them */
	pte.flags = 0;
	(void)encode(&format, 2, &pte);
	expect_refused(&format, 3, &pte, GM_ENOTSUP);
}

UNIT_MAIN("pte_aarch64", UNIT_TEST(test_stage1_entries), UNIT_TEST(test_stage1_attributes),
	  UNIT_TEST(test_dirty_by_hardware), UNIT_TEST(test_stage2_entries),
	  UNIT_TEST(test_52_bits), UNIT_TEST(test_contiguous_where_there_is))
