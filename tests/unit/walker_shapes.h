/* SPDX-License-Identifier: BSD-2-Clause */
/* walker_shapes.h - the formats that the walker's tests run on; for walker_unit.h. */
#ifndef WALKER_SHAPES_H
#define WALKER_SHAPES_H

#define UPPER(bits) (0 - ((uint64_t)1 << (bits)))
#define BITS(n) ((uint64_t)1 << (n))
#define X86 (GM_PTE_HAS_NX | GM_PTE_HAS_1G)

static const struct shape shapes[] = {
	{ "x86-64, 4 levels",
	  { .kind = GM_PTE_X86_64, .features = X86 },
	  { ORACLE_X86, 12, 4, 9, { 0 }, machine_at },
	  0, 0, UPPER(47) },
	{ "x86-64, 5 levels",
	  { .kind = GM_PTE_X86_64, .input_bits = 57, .features = X86 },
	  { ORACLE_X86, 12, 5, 9, { 0 }, machine_at },
	  0, BITS(55), UPPER(56) },
	{ "NPT", { .kind = GM_PTE_NPT, .features = X86 },
	  { ORACLE_NPT, 12, 4, 9, { 0 }, machine_at },
	  0, 0, BITS(48) - BITS(39) },
	{ "EPT", { .kind = GM_PTE_EPT, .features = GM_PTE_HAS_1G },
	  { ORACLE_EPT, 12, 4, 9, { 0 }, machine_at },
	  0, 0, BITS(48) - BITS(39) },
	{ "EPT, 5 levels",
	  { .kind = GM_PTE_EPT, .input_bits = 57 },
	  { ORACLE_EPT, 12, 5, 9, { 0 }, machine_at },
	  0, 0, BITS(57) - BITS(39) },
	{ "aarch64, 4 KiB",
	  { .kind = GM_PTE_AARCH64_STAGE1, .features = GM_PTE_HAS_DBM },
	  { ORACLE_ARM1, 12, 4, 9, { 4, 4, 4 }, machine_at },
	  0, 0, BITS(48) - BITS(39) },
	{ "aarch64, 4 KiB, upper half, 39 bits",
	  { .kind = GM_PTE_AARCH64_STAGE1, .input_bits = 39, .features = GM_PTE_HAS_DBM },
	  { ORACLE_ARM1, 12, 3, 9, { 4, 4, 4 }, machine_at },
	  GM_WALKER_UPPER, UPPER(39), UPPER(38) },
	{ "aarch64, 16 KiB",
	  { .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 14, .features = GM_PTE_HAS_DBM },
	  { ORACLE_ARM1, 14, 4, 1, { 7, 5 }, machine_at },
	  0, 0, BITS(47) },
	{ "aarch64, 64 KiB",
	  { .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 16, .features = GM_PTE_HAS_DBM },
	  { ORACLE_ARM1, 16, 3, 6, { 5, 5 }, machine_at },
	  0, 0, BITS(48) - 2 * BITS(42) },
	{ "aarch64, stage 2, 4 KiB",
	  { .kind = GM_PTE_AARCH64_STAGE2, .input_bits = 40, .features = GM_PTE_HAS_DBM },
	  { ORACLE_ARM2, 12, 3, 10, { 4, 4, 4 }, machine_at },
	  0, 0, BITS(40) - 2 * BITS(30) },
	{ "aarch64, stage 2, 16 KiB",
	  { .kind = GM_PTE_AARCH64_STAGE2, .granule_shift = 14, .input_bits = 42,
	    .features = GM_PTE_HAS_DBM },
	  { ORACLE_ARM2, 14, 3, 6, { 7, 5 }, machine_at },
	  0, 0, BITS(42) - 2 * BITS(36) },
	{ "riscv64, Sv39, Svnapot",
	  { .kind = GM_PTE_RISCV64, .features = GM_PTE_HAS_NAPOT },
	  { ORACLE_RISCV, 12, 3, 9, { 4 }, machine_at },
	  0, 0, UPPER(38) },
	{ "riscv64, Sv48",
	  { .kind = GM_PTE_RISCV64, .input_bits = 48 },
	  { ORACLE_RISCV, 12, 4, 9, { 0 }, machine_at },
	  0, BITS(46), UPPER(47) },
	{ "riscv64, Sv57",
	  { .kind = GM_PTE_RISCV64, .input_bits = 57 },
	  { ORACLE_RISCV, 12, 5, 9, { 0 }, machine_at },
	  0, 0, UPPER(56) },
	{ "riscv64, Sv39x4, Svnapot",
	  { .kind = GM_PTE_RISCV64_STAGE2, .features = GM_PTE_HAS_NAPOT },
	  { ORACLE_RISCV, 12, 3, 11, { 4 }, machine_at },
	  0, 0, BITS(41) - 2 * BITS(30) },
	{ "riscv64, Sv48x4",
	  { .kind = GM_PTE_RISCV64_STAGE2, .input_bits = 50 },
	  { ORACLE_RISCV, 12, 4, 11, { 0 }, machine_at },
	  0, 0, BITS(50) - BITS(39) },
};

#undef UPPER
#undef BITS
#define NR_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

#endif
