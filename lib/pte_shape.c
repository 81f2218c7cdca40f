/* SPDX-License-Identifier: BSD-2-Clause */
/* pte_shape.c - which formats there are, and the shapes of their tables. */
#include "pte_internal.h"

#define PAT_AT_RESET 0x0007040600070406u /* SDM vol. 3, 12.12.4 */
#define MAIR_DEFAULT 0x0044bb04ffu
#define GRANULE_SHIFT 12

static unsigned or_default(unsigned value, unsigned otherwise)
{
	return value != 0 ? value : otherwise;
}

static unsigned default_input(enum gm_pte_kind kind)
{
	if (kind == GM_PTE_RISCV64)
		return 39;
	return kind == GM_PTE_RISCV64_STAGE2 ? 41 : 48;
}

void gm_pte_complete(const struct gm_pte_format *format, struct gm_pte_format *out)
{
	out->kind = format->kind;
	out->granule_shift = or_default(format->granule_shift, GRANULE_SHIFT);
	out->input_bits = or_default(format->input_bits, default_input(format->kind));
	out->output_bits = or_default(format->output_bits,
				      gm_pte_is_aarch64(format) ? GM_PTE_ARM_BITS : GM_PADDR_BITS);
	out->features = format->features;
	out->memory = format->memory;
	if (out->memory == 0)
		out->memory = gm_pte_is_aarch64(format) ? MAIR_DEFAULT : PAT_AT_RESET;
}

static uint32_t known_features(const struct gm_pte_format *format)
{
	switch (format->kind) {
	case GM_PTE_X86_64:
		return GM_PTE_HAS_NX | GM_PTE_HAS_1G | GM_PTE_HAS_KEYS;
	case GM_PTE_EPT:
		return GM_PTE_HAS_1G | GM_PTE_HAS_EXEC_ONLY | GM_PTE_HAS_VE;
	case GM_PTE_NPT:
		return GM_PTE_HAS_NX | GM_PTE_HAS_1G;
	case GM_PTE_AARCH64_STAGE1:
	case GM_PTE_AARCH64_STAGE2:
		return GM_PTE_HAS_DBM | (format->granule_shift < 16 ? GM_PTE_HAS_LPA2 : 0);
	default:
		return GM_PTE_HAS_NAPOT | GM_PTE_HAS_PBMT;
	}
}

static int check_aarch64(const struct gm_pte_format *format)
{
	unsigned most =
		gm_pte_is_lpa(format) || gm_pte_is_lpa2(format) ? GM_PADDR_BITS : GM_PTE_ARM_BITS;

	if (format->granule_shift != 12 && format->granule_shift != 14 &&
	    format->granule_shift != 16)
		return -GM_EINVAL;
	if (format->input_bits < 26 || format->input_bits > most || format->output_bits > most)
		return -GM_EINVAL;
	return 0;
}

/* A word of nine bits a level, above the granule; two more in a second stage of riscv64. */
static int check_others(const struct gm_pte_format *format)
{
	unsigned wide = format->kind == GM_PTE_RISCV64_STAGE2 ? 2 : 0;
	unsigned least = gm_pte_is_x86(format) ? 48 : 39 + wide;

	if (format->granule_shift != GRANULE_SHIFT || format->input_bits < least ||
	    format->input_bits > 57 + wide)
		return -GM_EINVAL;
	return (format->input_bits - least) % 9 == 0 ? 0 : -GM_EINVAL;
}

/* SDM vol. 3, 12.12.2: of a byte of PAT bits 7..3 are reserved, and so are types 2, 3. */
static int is_pat(uint64_t memory)
{
	uint64_t bytes = ~(uint64_t)0 / 0xff;

	return ((memory & 0xf8 * bytes) | (memory & ~(memory >> 1) & 2 * bytes)) == 0;
}

int gm_pte_check(const struct gm_pte_format *format)
{
	struct gm_pte_format full;

	if ((unsigned)format->kind - 1 >= GM_PTE_RISCV64_STAGE2)
		return -GM_EINVAL;
	gm_pte_complete(format, &full);
	if (full.output_bits < 32 || full.output_bits > GM_PADDR_BITS ||
	    (full.features & ~known_features(&full)) != 0)
		return -GM_EINVAL;
	if (gm_pte_is_aarch64(&full))
		return check_aarch64(&full);
	if (gm_pte_is_x86(&full) && full.kind != GM_PTE_EPT && !is_pat(full.memory))
		return -GM_EINVAL;
	return check_others(&full);
}

unsigned gm_pte_shift(const struct gm_pte_format *format, unsigned level)
{
	unsigned granule = or_default(format->granule_shift, GRANULE_SHIFT);

	return granule + (granule - 3) * level;
}

unsigned gm_pte_levels(const struct gm_pte_format *format)
{
	unsigned input = or_default(format->input_bits, default_input(format->kind));
	unsigned levels = 1;
	unsigned spare = 0;

	if (format->kind == GM_PTE_RISCV64_STAGE2)
		spare = 2; /* the root is four pages (18.5.1) */
	else if (format->kind == GM_PTE_AARCH64_STAGE2)
		spare = 4; /* up to sixteen tables (D8.2.4) */
	while (gm_pte_shift(format, levels) + spare < input)
		levels++;
	return levels;
}

unsigned gm_pte_index_bits(const struct gm_pte_format *format, unsigned level)
{
	unsigned input = or_default(format->input_bits, default_input(format->kind));

	if (level + 1 == gm_pte_levels(format))
		return input - gm_pte_shift(format, level);
	return or_default(format->granule_shift, GRANULE_SHIFT) - 3;
}

/* Arm ARM, tables D8-16 and D8-17; the larger ones come with LPA and LPA2. */
static int has_blocks_aarch64(const struct gm_pte_format *format, unsigned level)
{
	switch (format->granule_shift) {
	case 12:
		return level <= 2 || (level == 3 && gm_pte_is_lpa2(format));
	case 14:
		return level <= 1 || (level == 2 && gm_pte_is_lpa2(format));
	default:
		return level <= 1 || format->output_bits > GM_PTE_ARM_BITS; /* of three levels */
	}
}

int gm_pte_has_leaves(const struct gm_pte_format *format, unsigned level)
{
	if (gm_pte_is_aarch64(format))
		return has_blocks_aarch64(format, level);
	if (gm_pte_is_x86(format))
		return level <= 1 || (level == 2 && (format->features & GM_PTE_HAS_1G) != 0);
	return 1;
}

/* Arm ARM D8.7.1: how many entries the contiguous bit is about. */
static unsigned run_shift_aarch64(const struct gm_pte_format *format, unsigned level)
{
	switch (format->granule_shift) {
	case 12:
		return level <= 2 ? 4 : 0;
	case 14:
		return level == 0 ? 7 : (level == 1 ? 5 : 0);
	default:
		return level <= 1 ? 5 : 0;
	}
}

unsigned gm_pte_run_shift(const struct gm_pte_format *format, unsigned level)
{
	struct gm_pte_format full;
	unsigned shift = 0;

	gm_pte_complete(format, &full);
	if (gm_pte_is_aarch64(&full))
		shift = run_shift_aarch64(&full, level);
	else if (level == 0 && (full.features & GM_PTE_HAS_NAPOT) != 0)
		shift = 4; /* Svnapot: 64 KiB */
	return shift <= gm_pte_index_bits(&full, level) ? shift : 0;
}

uint64_t gm_pte_leaves(const struct gm_pte_format *format)
{
	unsigned levels = gm_pte_levels(format);
	struct gm_pte_format full;
	uint64_t leaves = 0;
	unsigned level;

	gm_pte_complete(format, &full);
	for (level = 0; level < levels; level++) {
		if (!gm_pte_has_leaves(&full, level))
			continue;
		leaves |= GM_PTE_BIT(gm_pte_shift(&full, level));
		leaves |= GM_PTE_BIT(gm_pte_shift(&full, level) + gm_pte_run_shift(&full, level));
	}
	return leaves;
}

unsigned gm_pte_software_bits(const struct gm_pte_format *format)
{
	switch (format->kind) {
	case GM_PTE_X86_64:
	case GM_PTE_NPT:
		return 10;
	case GM_PTE_EPT:
		return 4;
	case GM_PTE_AARCH64_STAGE1:
	case GM_PTE_AARCH64_STAGE2:
		return 3;
	default:
		return 2;
	}
}
