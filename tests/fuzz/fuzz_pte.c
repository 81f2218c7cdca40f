/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_pte.c - property: of any numbers for a format, an entry and a leaf, what is
 * accepted means to a processor what was asked for and comes back as it was; what is
 * not is refused by its own error, and changes nothing.
 */
#include <granmem/pte.h>
#include <granmem/run.h>

#include "fuzz.h"
#include "pte_processor.h"

#define UNTOUCHED 0x5a5a5a5a5a5a5a5aull

/* The formats there are: granules and widths as sets, by kind; aarch64 apart. */
struct kind {
	uint64_t granules, inputs;
	uint32_t features;
};

#define SET(n) ((uint64_t)1 << (n))
#define SETS(from, to) (SET(to) - SET(from) + SET(to))
#define ARM_GRANULES (SET(12) | SET(14) | SET(16))

static const struct kind kinds[] = {
	[GM_PTE_X86_64] = { SET(12), SET(48) | SET(57),
			    GM_PTE_HAS_NX | GM_PTE_HAS_1G | GM_PTE_HAS_KEYS },
	[GM_PTE_EPT] = { SET(12), SET(48) | SET(57),
			 GM_PTE_HAS_1G | GM_PTE_HAS_EXEC_ONLY | GM_PTE_HAS_VE },
	[GM_PTE_NPT] = { SET(12), SET(48) | SET(57), GM_PTE_HAS_NX | GM_PTE_HAS_1G },
	[GM_PTE_AARCH64_STAGE1] = { ARM_GRANULES, SETS(26, 48), GM_PTE_HAS_DBM | GM_PTE_HAS_LPA2 },
	[GM_PTE_AARCH64_STAGE2] = { ARM_GRANULES, SETS(26, 48), GM_PTE_HAS_DBM | GM_PTE_HAS_LPA2 },
	[GM_PTE_RISCV64] = { SET(12), SET(39) | SET(48) | SET(57),
			     GM_PTE_HAS_NAPOT | GM_PTE_HAS_PBMT },
	[GM_PTE_RISCV64_STAGE2] = { SET(12), SET(41) | SET(50) | SET(59),
				    GM_PTE_HAS_NAPOT | GM_PTE_HAS_PBMT },
};

static int in_set(uint64_t set, uint64_t n)
{
	return n < 64 && (set >> n & 1) != 0;
}

/* SDM vol. 3, 12.12.2: UC, WC, WT, WP, WB, UC-. */
static int is_pat(uint64_t memory)
{
	unsigned i;

	for (i = 0; i < 8; i++)
		if (!in_set(SET(0) | SET(1) | SETS(4, 7), memory >> 8 * i & 0xff))
			return 0;
	return 1;
}

static int is_format(const struct gm_pte_format *format)
{
	const struct kind *kind = &kinds[format->kind];
	uint64_t inputs = kind->inputs;
	unsigned most = 52;

	if (!in_set(kind->granules | SET(0), format->granule_shift) ||
	    (format->features & ~kind->features) != 0)
		return 0;
	if ((format->kind == GM_PTE_X86_64 || format->kind == GM_PTE_NPT) &&
	    !is_pat(format->memory))
		return 0;
	if (pte_is_arm(format)) {
		int lpa2 = (format->features & GM_PTE_HAS_LPA2) != 0;

		if (lpa2 && format->granule_shift == 16)
			return 0;
		if (lpa2 || format->granule_shift == 16)
			inputs |= SETS(49, 52);
		else
			most = 48;
	}
	return in_set(inputs | SET(0), format->input_bits) &&
	       in_set(SETS(32, most) | SET(0), format->output_bits);
}

/* Mostly one of the list, else any number. */
static unsigned choose(struct fuzz_input *in, const unsigned char *list, unsigned nr)
{
	unsigned which = fuzz_u8(in);

	return which < 0xf0 ? list[which % nr] : (unsigned)fuzz_u64(in);
}
#define CHOOSE(in, list) choose(in, list, sizeof(list))

static void any_format(struct fuzz_input *in, struct gm_pte_format *format)
{
	static const unsigned char list[] = { 1, 2, 3, 4, 5, 6, 7 };
	static const unsigned char granules[] = { 0, 12, 14, 16 };
	static const unsigned char inputs[] = { 0, 25, 26, 39, 40, 41, 48, 50, 52, 57, 59 };
	static const unsigned char outputs[] = { 0, 32, 36, 40, 48, 52 };
	static const uint64_t memories[] = { 0, 0x0407050600070106, 0xff440400, 0x0606 };
	unsigned which;

	memset(format, 0, sizeof(*format));
	format->kind = (enum gm_pte_kind)CHOOSE(in, list);
	format->granule_shift = CHOOSE(in, granules);
	format->input_bits = CHOOSE(in, inputs);
	format->output_bits = CHOOSE(in, outputs);
	format->features = (uint32_t)fuzz_raw(in, 2);
	which = fuzz_u8(in);
	if (which == 0xff)
		format->features = (uint32_t)fuzz_raw(in, 4);
	else if ((unsigned)format->kind - 1 < 7 && which < 0xf0)
		format->features &= kinds[format->kind].features;
	which = fuzz_u8(in);
	format->memory = which < 0xc0 ? memories[which % 4] : fuzz_raw(in, 8);
}

static int is_too_high(const struct gm_pte_format *format, uint64_t paddr)
{
	unsigned most = pte_is_arm(format) ? 48 : 52;

	if (format->output_bits != 0)
		most = format->output_bits;
	return paddr / SET(most) != 0;
}

/* Levels cut the input up without a rest; leaves are as large as entries and runs. */
static void check_shape(const struct gm_pte_format *format)
{
	unsigned levels = gm_pte_levels(format);
	unsigned granule = format->granule_shift != 0 ? format->granule_shift : 12;
	uint64_t leaves = gm_pte_leaves(format);
	unsigned bits = granule;
	unsigned level;

	FUZZ_EXPECT(levels >= 1 && levels <= GM_PTE_LEVELS_MAX);
	for (level = 0; level < levels; level++) {
		unsigned shift = gm_pte_shift(format, level);
		unsigned run = gm_pte_run_shift(format, level);
		unsigned index = gm_pte_index_bits(format, level);

		FUZZ_EXPECT(shift == bits && run <= index);
		if (level + 1 != levels)
			FUZZ_EXPECT(index == granule - 3);
		FUZZ_EXPECT(index >= 1 && index <= granule - 3 + 4);
		bits += index;
		FUZZ_EXPECT(bits < 64);
		if ((leaves & GM_RUN_LEAF(shift)) == 0)
			continue;
		FUZZ_EXPECT((leaves & GM_RUN_LEAF(shift + run)) != 0);
		leaves &= ~(GM_RUN_LEAF(shift) | GM_RUN_LEAF(shift + run));
	}
	/* Up to sixteen tables side by side spare a level (D8.2.4). */
	if (format->kind == GM_PTE_AARCH64_STAGE2 && levels > 1)
		FUZZ_EXPECT(gm_pte_index_bits(format, levels - 1) > 4);
	FUZZ_EXPECT(leaves == 0 && (gm_pte_leaves(format) & GM_RUN_LEAF(granule)) != 0);
	FUZZ_EXPECT(format->input_bits == 0 || bits == format->input_bits);
	bits = gm_pte_software_bits(format);
	FUZZ_EXPECT(bits >= 1 && bits <= 10);
}

static void check_table(const struct gm_pte_format *format, unsigned level, uint64_t paddr)
{
	unsigned granule = gm_pte_shift(format, 0);
	uint64_t entry = UNTOUCHED;
	struct gm_pte back;
	int err = gm_pte_table(format, level, gm_paddr(paddr), &entry);

	if (level == 0)
		FUZZ_EXPECT(err == -GM_ENOTSUP);
	else if (paddr % SET(granule) != 0)
		FUZZ_EXPECT(err == -GM_EALIGN);
	else
		FUZZ_EXPECT(err == (is_too_high(format, paddr) ? -GM_ERANGE : 0));
	FUZZ_EXPECT(err == 0 || entry == UNTOUCHED);
	if (err != 0)
		return;
	FUZZ_EXPECT(gm_pte_is_present(format, level, entry));
	FUZZ_EXPECT(!gm_pte_is_leaf(format, level, entry));
	FUZZ_EXPECT(pte_is_open(format, entry));
	FUZZ_EXPECT(pte_address(format, granule, entry) == paddr);
	FUZZ_EXPECT(gm_pte_decode(format, level, entry, &back) == 0);
	FUZZ_EXPECT(back.is == GM_PTE_TABLE && back.paddr.value == paddr);
}

/* What went in is what a processor sees, and what comes back. */
static void check_accepted(const struct gm_pte_format *format, unsigned level,
			   const struct gm_pte *pte, uint64_t entry)
{
	struct gm_pte back, seen;
	struct gm_pte want = *pte;
	uint32_t exec_other;

	want.is = GM_PTE_LEAF;
	if (pte_is_riscv(format) && (pte->flags & GM_PTE_RUN) != 0)
		want.paddr.value -= want.paddr.value % 65536;
	pte_processor(format, level, entry, &seen, &exec_other);
	FUZZ_EXPECT(pte_same(&seen, &want) && !exec_other);
	FUZZ_EXPECT(gm_pte_is_present(format, level, entry));
	FUZZ_EXPECT(gm_pte_is_leaf(format, level, entry));
	FUZZ_EXPECT(gm_pte_decode(format, level, entry, &back) == 0);
	FUZZ_EXPECT(pte_same(&back, &want));
	FUZZ_EXPECT(gm_pte_paddr(format, level, entry).value == want.paddr.value);
}

/* Whether an address is refused does not depend on the rest, nor the rest on it. */
static void check_leaf(const struct gm_pte_format *format, unsigned level, const struct gm_pte *pte)
{
	uint64_t size = SET(gm_pte_shift(format, level));
	struct gm_pte at_zero = *pte;
	uint64_t entry = UNTOUCHED;
	int want, err;

	at_zero.paddr.value = 0;
	want = gm_pte_leaf(format, level, &at_zero, &entry);
	FUZZ_EXPECT(want == 0 || (want == -GM_ENOTSUP && entry == UNTOUCHED));
	if (want == 0 && pte->paddr.value % size != 0)
		want = -GM_EALIGN;
	else if (want == 0 && is_too_high(format, pte->paddr.value))
		want = -GM_ERANGE;
	entry = UNTOUCHED;
	err = gm_pte_leaf(format, level, pte, &entry);
	FUZZ_EXPECT(err == want && (err == 0 || entry == UNTOUCHED));
	if (err == 0)
		check_accepted(format, level, pte, entry);
}

/* Any entry: what it says is what a processor sees, and makes it again. */
static void check_entry(const struct gm_pte_format *format, unsigned level, uint64_t entry)
{
	uint64_t again = UNTOUCHED;
	struct gm_pte pte;
	int err;

	memset(&pte, 0x5a, sizeof(pte));
	err = gm_pte_decode(format, level, entry, &pte);
	FUZZ_EXPECT(err == 0 || err == -GM_ECORRUPT);
	if (!gm_pte_is_present(format, level, entry)) {
		FUZZ_EXPECT(err == 0 && pte.is == GM_PTE_EMPTY && pte.paddr.value == 0 &&
			    pte.prot == 0 && pte.memory == GM_MEMORY_WB && pte.flags == 0 &&
			    pte.key == 0 && pte.software == 0);
		return;
	}
	FUZZ_EXPECT(gm_pte_address(format, level, entry) == pte.paddr.value);
	FUZZ_EXPECT(pte.is == (gm_pte_is_leaf(format, level, entry) ? GM_PTE_LEAF : GM_PTE_TABLE));
	if (err != 0)
		return;
	if (pte.is == GM_PTE_TABLE) {
		FUZZ_EXPECT(gm_pte_table(format, level, pte.paddr, &again) == 0);
		FUZZ_EXPECT((again | (entry & pte_table_accessed(format))) == entry);
		return;
	}
	FUZZ_EXPECT(gm_pte_leaf(format, level, &pte, &again) == 0 && again == entry);
	check_accepted(format, level, &pte, entry);
}

/* The leaf that an entry says, but for what the input changes in it. */
static void any_leaf(struct fuzz_input *in, const struct gm_pte_format *format, unsigned level,
		     uint64_t entry, struct gm_pte *pte)
{
	unsigned how = fuzz_u8(in);
	int err = gm_pte_decode(format, level, entry, pte);

	/* What else to begin with, if the entry says nothing. */
	if (err != 0 || pte->is != GM_PTE_LEAF)
		pte->prot = GM_PROT_READ;
	if ((how & 1) != 0)
		pte->paddr.value = fuzz_u64(in);
	if ((how & 2) != 0)
		pte->prot = (uint32_t)(fuzz_u8(in) | (how & 0x80) << 8);
	if ((how & 4) != 0)
		pte->flags = (uint32_t)(fuzz_u8(in) | (how & 0x80) << 24);
	if ((how & 8) != 0)
		pte->memory = (enum gm_memory_type)fuzz_below(in, 9);
	if ((how & 16) != 0)
		pte->key = fuzz_u8(in);
	if ((how & 32) != 0)
		pte->software = (unsigned)fuzz_raw(in, 2);
	if ((how & 64) != 0)
		pte->paddr.value &= ~(SET(gm_pte_shift(format, level)) - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gm_pte_format format;
	struct fuzz_input in;
	struct gm_pte pte;
	uint64_t entry;
	unsigned level;
	int want;

	fuzz_begin(&in, data, size);
	any_format(&in, &format);
	want = (unsigned)format.kind - 1 < 7 && is_format(&format) ? 0 : -GM_EINVAL;
	FUZZ_EXPECT(gm_pte_check(&format) == want);
	if (want != 0)
		return 0;
	check_shape(&format);
	level = fuzz_below(&in, gm_pte_levels(&format));
	entry = fuzz_raw(&in, 8);
	check_entry(&format, level, entry);
	any_leaf(&in, &format, level, entry, &pte);
	check_leaf(&format, level, &pte);
	check_table(&format, level, pte.paddr.value);
	return 0;
}
