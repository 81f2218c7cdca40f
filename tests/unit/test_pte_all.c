/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/pte.h over all inputs: the way there and back, and the way back and
 * there.
 *
 * Bits that decide anything are tried in all combinations, at each level of each format,
 * beside an address of zeros and of ones. Bits of address and software are moved
 * as blocks, by masks and shifts alone, so each of them is tried alone beside some
 * combinations of the others: what moves each bit by itself to its place moves all.
 */
#include "pte_unit.h"

/* Bits of an entry that decide, those of the address and of software taken out. */
static uint64_t deciding_bits(const struct gm_pte_format *format, unsigned level)
{
	uint64_t low = (((uint64_t)1 << gm_pte_shift(format, 0)) - 1) & 0xfff;
	uint64_t bits = low | (uint64_t)0xfff << 52;

	if (is_arm(format)) {
		bits |= (uint64_t)3 << 50;
		bits &= ~((uint64_t)7 << 55 | (uint64_t)31 << 59);
	} else if (format->kind >= GM_PTE_RISCV64) {
		bits = 0xff | (uint64_t)0xf << 10 | (uint64_t)7 << 61 | (uint64_t)1 << 54;
	} else if (format->kind == GM_PTE_EPT) {
		bits = 0xfff | (uint64_t)1 << 12 | (uint64_t)1 << 56 | (uint64_t)1 << 63;
	} else {
		bits = 0x1ff | (uint64_t)1 << 12 | (uint64_t)0x1f << 59;
	}
	return level == 0 ? bits & ~((uint64_t)1 << 12) : bits;
}

/* The next subset of mask after this one, in the order of numbers; 0 after the last. */
static uint64_t next_subset(uint64_t subset, uint64_t mask)
{
	return (subset - mask) & mask;
}

/* What decodes as a leaf is encoded to the same number. Returns 1 if it does. */
static unsigned there_and_back(const struct gm_pte_format *format, unsigned level, uint64_t entry)
{
	uint64_t again = ~entry;
	struct gm_pte pte;

	if (gm_pte_decode(format, level, entry, &pte) != 0 || pte.is != GM_PTE_LEAF)
		return 0;
	expect_eq(gm_pte_leaf(format, level, &pte, &again), 0);
	expect_eq(again, entry);
	return 1;
}

static uint64_t address_bits(const struct gm_pte_format *format, unsigned level)
{
	struct gm_pte pte = leaf_of(((uint64_t)1 << 32) - ((uint64_t)1 << gm_pte_shift(format, 0)),
				    GM_PROT_READ | GM_PROT_EXEC);
	uint64_t none, all;

	/* Of a level whose leaves are larger than 4 GiB nothing is left of it. */
	if (level != 0)
		pte.paddr.value =
			gm_pte_shift(format, level) < 32 ?
				((uint64_t)1 << 32) - ((uint64_t)1 << gm_pte_shift(format, level)) :
				0;
	if (gm_pte_leaf(format, level, &pte, &all) != 0)
		return 0;
	pte.paddr.value = 0;
	none = encode(format, level, &pte);
	return all & ~none;
}

static void test_entries(void)
{
	unsigned i, level;

	for (i = 0; i < NR_FORMATS; i++)
		for (level = 0; level < gm_pte_levels(&formats[i]); level++) {
			uint64_t mask = deciding_bits(&formats[i], level);
			uint64_t address = address_bits(&formats[i], level) & ~mask;
			uint64_t subset = 0;
			unsigned nr = 0;

			do {
				nr += there_and_back(&formats[i], level, subset);
				nr += there_and_back(&formats[i], level, subset | address);
				subset = next_subset(subset, mask);
			} while (subset != 0);
			expect(nr != 0 ||
			       !(gm_pte_leaves(&formats[i]) >> gm_pte_shift(&formats[i], level) &
				 1));
		}
}

/* Every bit of an address and of software, alone and all but it. */
static void test_bits_that_are_moved(void)
{
	unsigned i, level, bit;

	for (i = 0; i < NR_FORMATS; i++)
		for (level = 0; level < gm_pte_levels(&formats[i]); level++) {
			const struct gm_pte_format *format = &formats[i];
			unsigned top = format->output_bits != 0 ? format->output_bits :
								  (is_arm(format) ? 48 : 52);
			struct gm_pte pte = leaf_of(0, GM_PROT_READ | GM_PROT_EXEC), back;
			uint64_t entry;

			if (gm_pte_leaf(format, level, &pte, &entry) != 0)
				continue;
			for (bit = gm_pte_shift(format, level); bit < top; bit++) {
				pte.paddr.value = (uint64_t)1 << bit;
				expect_eq(gm_pte_decode(format, level, encode(format, level, &pte),
							&back),
					  0);
				expect(is_same(&back, &pte));
			}
			pte.paddr.value = 0;
			for (bit = 0; bit < gm_pte_software_bits(format); bit++) {
				pte.software = GM_PTE_SOFTWARE(bit);
				expect_eq(gm_pte_decode(format, level, encode(format, level, &pte),
							&back),
					  0);
				expect(is_same(&back, &pte));
			}
			pte.software = GM_PTE_SOFTWARE(bit);
			expect_refused(format, level, &pte, GM_ENOTSUP);
		}
}

/* What is accepted comes back as it was, for every protection, flag, memory type. */
static void back_and_there(const struct gm_pte_format *format, unsigned level, unsigned key)
{
	struct gm_pte pte, back;
	uint64_t entry;

	pte = leaf_of(0, 0);
	pte.key = key;
	for (pte.prot = 0; pte.prot < 32; pte.prot++)
		for (pte.flags = 0; pte.flags < 256; pte.flags++) {
			unsigned memory;

			for (memory = 0; memory < 8; memory++) {
				pte.memory = (enum gm_memory_type)memory;
				if (gm_pte_leaf(format, level, &pte, &entry) != 0)
					continue;
				expect_eq(gm_pte_decode(format, level, entry, &back), 0);
				expect(is_same(&back, &pte));
			}
		}
}

static void test_leaves(void)
{
	static const unsigned keys[] = { 0, 1, 15, 16 };
	unsigned i, level;

	for (i = 0; i < NR_FORMATS; i++)
		for (level = 0; level < gm_pte_levels(&formats[i]); level++)
			back_and_there(&formats[i], level, keys[(i + level) % 4]);
}

UNIT_MAIN("pte_all", UNIT_TEST(test_entries), UNIT_TEST(test_bits_that_are_moved),
	  UNIT_TEST(test_leaves))
