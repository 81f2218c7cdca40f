/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of granmem/pte.h: levels, sizes and widths; which formats there are. */
#include "pte_unit.h"

#define LEAF(n) ((uint64_t)1 << (n))

static void expect_shape(const struct gm_pte_format *format, unsigned levels, unsigned root_bits,
			 uint64_t leaves)
{
	expect_eq(gm_pte_check(format), 0);
	expect_eq(gm_pte_levels(format), levels);
	expect_eq(gm_pte_index_bits(format, levels - 1), root_bits);
	expect_eq(gm_pte_leaves(format), leaves);
}

static void test_shapes_of_x86(void)
{
	struct gm_pte_format format = { .kind = GM_PTE_X86_64 };

	expect_shape(&format, 4, 9, LEAF(12) | LEAF(21));
	format.features = GM_PTE_HAS_1G;
	format.input_bits = 57;
	expect_shape(&format, 5, 9, LEAF(12) | LEAF(21) | LEAF(30));
	expect_eq(gm_pte_shift(&format, 0), 12);
	expect_eq(gm_pte_shift(&format, 4), 48);
	expect_eq(gm_pte_index_bits(&format, 0), 9);
	expect_eq(gm_pte_run_shift(&format, 0), 0);
	expect_eq(gm_pte_software_bits(&format), 10);
	format.kind = GM_PTE_NPT;
	expect_shape(&format, 5, 9, LEAF(12) | LEAF(21) | LEAF(30));
	format.kind = GM_PTE_EPT;
	expect_shape(&format, 5, 9, LEAF(12) | LEAF(21) | LEAF(30));
	expect_eq(gm_pte_software_bits(&format), 4);
}

static void test_shapes_of_riscv64(void)
{
	struct gm_pte_format format = { .kind = GM_PTE_RISCV64 };

	expect_shape(&format, 3, 9, LEAF(12) | LEAF(21) | LEAF(30));
	format.input_bits = 48;
	expect_shape(&format, 4, 9, LEAF(12) | LEAF(21) | LEAF(30) | LEAF(39));
	format.features = GM_PTE_HAS_NAPOT;
	format.input_bits = 57;
	expect_shape(&format, 5, 9,
		     LEAF(12) | LEAF(16) | LEAF(21) | LEAF(30) | LEAF(39) | LEAF(48));
	expect_eq(gm_pte_run_shift(&format, 0), 4);
	expect_eq(gm_pte_run_shift(&format, 1), 0);
	format = (struct gm_pte_format){ .kind = GM_PTE_RISCV64_STAGE2 };
	expect_shape(&format, 3, 11, LEAF(12) | LEAF(21) | LEAF(30));
	format.input_bits = 59;
	expect_shape(&format, 5, 11, LEAF(12) | LEAF(21) | LEAF(30) | LEAF(39) | LEAF(48));
	expect_eq(gm_pte_software_bits(&format), 2);
}

static void test_shapes_of_aarch64(void)
{
	struct gm_pte_format format = { .kind = GM_PTE_AARCH64_STAGE1 };

	expect_shape(&format, 4, 9,
		     LEAF(12) | LEAF(16) | LEAF(21) | LEAF(25) | LEAF(30) | LEAF(34));
	format.input_bits = 39;
	expect_shape(&format, 3, 9,
		     LEAF(12) | LEAF(16) | LEAF(21) | LEAF(25) | LEAF(30) | LEAF(34));
	format.input_bits = 32; /* four entries of 1 GiB: too few for a run of them */
	expect_shape(&format, 3, 2, LEAF(12) | LEAF(16) | LEAF(21) | LEAF(25) | LEAF(30));
	format.input_bits = 34; /* sixteen: just one run */
	expect_shape(&format, 3, 4,
		     LEAF(12) | LEAF(16) | LEAF(21) | LEAF(25) | LEAF(30) | LEAF(34));
	format.input_bits = 52;
	format.features = GM_PTE_HAS_LPA2;
	expect_shape(&format, 5, 4,
		     LEAF(12) | LEAF(16) | LEAF(21) | LEAF(25) | LEAF(30) | LEAF(34) | LEAF(39));
	format = (struct gm_pte_format){ .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 14 };
	expect_shape(&format, 4, 1, LEAF(14) | LEAF(21) | LEAF(25) | LEAF(30));
	format = (struct gm_pte_format){ .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 16 };
	expect_shape(&format, 3, 6, LEAF(16) | LEAF(21) | LEAF(29) | LEAF(34));
	format.output_bits = 52;
	expect_shape(&format, 3, 6, LEAF(16) | LEAF(21) | LEAF(29) | LEAF(34) | LEAF(42));
	/* Stage 2: 40 bits are two tables side by side of the third level, not a fourth. */
	format = (struct gm_pte_format){ .kind = GM_PTE_AARCH64_STAGE2, .input_bits = 40 };
	expect_shape(&format, 3, 10,
		     LEAF(12) | LEAF(16) | LEAF(21) | LEAF(25) | LEAF(30) | LEAF(34));
	expect_eq(gm_pte_software_bits(&format), 3);
}

static void test_formats_that_there_are(void)
{
	unsigned i;

	for (i = 0; i < NR_FORMATS; i++)
		expect_eq(gm_pte_check(&formats[i]), 0);
}

static void expect_wrong(const struct gm_pte_format *format)
{
	expect_eq(gm_pte_check(format), -GM_EINVAL);
}

static void test_formats_that_there_are_not(void)
{
	static const struct gm_pte_format wrong[] = {
		{ .kind = (enum gm_pte_kind)0 },
		{ .kind = (enum gm_pte_kind)8 },
		{ .kind = (enum gm_pte_kind)0xffffff },
		{ .kind = GM_PTE_X86_64, .input_bits = 39 },
		{ .kind = GM_PTE_X86_64, .input_bits = 49 },
		{ .kind = GM_PTE_X86_64, .input_bits = 66 },
		{ .kind = GM_PTE_X86_64, .granule_shift = 14 },
		{ .kind = GM_PTE_X86_64, .output_bits = 53 },
		{ .kind = GM_PTE_X86_64, .output_bits = 31 },
		{ .kind = GM_PTE_X86_64, .features = GM_PTE_HAS_NAPOT },
		{ .kind = GM_PTE_X86_64, .memory = 0x0007040600070206 },
		{ .kind = GM_PTE_X86_64, .memory = 0x0307040600070406 },
		{ .kind = GM_PTE_NPT, .memory = 0x00070406000f0406 },
		{ .kind = GM_PTE_NPT, .memory = 0x8007040600070406 },
		{ .kind = GM_PTE_NPT, .features = GM_PTE_HAS_KEYS },
		{ .kind = GM_PTE_EPT, .features = GM_PTE_HAS_NX },
		{ .kind = GM_PTE_EPT, .features = 0x80000000 },
		{ .kind = GM_PTE_RISCV64, .input_bits = 41 },
		{ .kind = GM_PTE_RISCV64, .input_bits = 59 },
		{ .kind = GM_PTE_RISCV64, .features = GM_PTE_HAS_LPA2 },
		{ .kind = GM_PTE_RISCV64_STAGE2, .input_bits = 39 },
		{ .kind = GM_PTE_RISCV64_STAGE2, .input_bits = 57 },
		{ .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 13 },
		{ .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 60 },
		{ .kind = GM_PTE_AARCH64_STAGE1, .input_bits = 25 },
		{ .kind = GM_PTE_AARCH64_STAGE1, .input_bits = 49 },
		{ .kind = GM_PTE_AARCH64_STAGE1, .output_bits = 52 },
		{ .kind = GM_PTE_AARCH64_STAGE2, .granule_shift = 16, .input_bits = 53 },
		{ .kind = GM_PTE_AARCH64_STAGE2, .granule_shift = 16, .features = GM_PTE_HAS_LPA2 },
		{ .kind = GM_PTE_AARCH64_STAGE2, .features = GM_PTE_HAS_PBMT },
	};
	unsigned i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect_wrong(&wrong[i]);
}

UNIT_MAIN("pte_shape", UNIT_TEST(test_shapes_of_x86), UNIT_TEST(test_shapes_of_riscv64),
	  UNIT_TEST(test_shapes_of_aarch64), UNIT_TEST(test_formats_that_there_are),
	  UNIT_TEST(test_formats_that_there_are_not))
