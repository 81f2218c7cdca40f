/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/pte.h: entries written out by hand from the manuals, what formats
 * refuse, and the way back from any number.
 */
#include "pte_unit.h"

static void test_x86_64_entries(void)
{
	static const struct gm_pte_format format = { .kind = GM_PTE_X86_64,
						     .features = GM_PTE_HAS_NX | GM_PTE_HAS_1G |
								 GM_PTE_HAS_KEYS };
	struct gm_pte pte = leaf_of(0x1234567000, GM_PROT_READ);

	/* P and NX; then W; then executable by the user, accessed and dirty. */
	expect_leaf(&format, 0, &pte, 0x8000001234567001);
	pte.prot = GM_PROT_READ | GM_PROT_WRITE;
	expect_leaf(&format, 0, &pte, 0x8000001234567003);
	pte.prot |= GM_PROT_EXEC | GM_PROT_USER;
	pte.flags = GM_PTE_ACCESSED | GM_PTE_DIRTY;
	expect_leaf(&format, 0, &pte, 0x0000001234567067);
	pte.flags = GM_PTE_GLOBAL;
	pte.key = 5; /* bits 62..59 */
	expect_leaf(&format, 0, &pte, 0x2800001234567107);
	pte.key = 0;
	pte.software = 0x3ff; /* bits 11..9 and 58..52 */
	expect_leaf(&format, 0, &pte, 0x07f0001234567f07);

	/* PS, and the attribute's third bit at 12 instead of 7. */
	pte = leaf_of(0x40000000, GM_PROT_READ | GM_PROT_WRITE | GM_PROT_EXEC);
	expect_leaf(&format, 1, &pte, 0x40000083);
	expect_leaf(&format, 2, &pte, 0x40000083);
	pte.memory = GM_MEMORY_DEVICE; /* entry 3 of PAT: PCD and PWT */
	expect_leaf(&format, 2, &pte, 0x4000009b);
	pte.memory = GM_MEMORY_UC_MINUS;
	expect_leaf(&format, 1, &pte, 0x40000093);
	pte.memory = GM_MEMORY_WT;
	expect_leaf(&format, 0, &pte, 0x4000000b);
	expect_table(&format, 3, 0xabc000, 0xabc007);
}

static void test_x86_64_attributes(void)
{
	/* As Linux has it: WB, WC, UC-, UC, WB, WP, UC-, WT. */
	static const struct gm_pte_format format = { .kind = GM_PTE_X86_64,
						     .memory = 0x0407050600070106 };
	struct gm_pte pte = leaf_of(0x200000, GM_PROT_READ | GM_PROT_EXEC);

	pte.memory = GM_MEMORY_WC;
	expect_leaf(&format, 0, &pte, 0x200009);
	pte.memory = GM_MEMORY_WP;
	expect_leaf(&format, 0, &pte, 0x200089);
	expect_leaf(&format, 1, &pte, 0x201089);
	pte.memory = GM_MEMORY_WT;
	expect_leaf(&format, 1, &pte, 0x201099);
	pte.memory = GM_MEMORY_STRICT;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);
}

static void test_npt_entries(void)
{
	static const struct gm_pte_format format = { .kind = GM_PTE_NPT,
						     .features = GM_PTE_HAS_NX };
	struct gm_pte pte = leaf_of(0x1000, GM_PROT_READ | GM_PROT_WRITE);

	expect_leaf(&format, 0, &pte, 0x8000000000001007); /* U is set in all of them */
	pte.prot |= GM_PROT_USER;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);
	pte.prot = GM_PROT_READ;
	pte.flags = GM_PTE_GLOBAL;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);
	pte.flags = 0;
	pte.key = 1;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);
	pte = leaf_of(0x40000000, GM_PROT_READ);
	expect_refused(&format, 2, &pte, GM_ENOTSUP); /* no 1 GiB */
}

static void test_ept_entries(void)
{
	static const struct gm_pte_format plain = { .kind = GM_PTE_EPT };
	static const struct gm_pte_format format = { .kind = GM_PTE_EPT,
						     .features = GM_PTE_HAS_1G |
								 GM_PTE_HAS_EXEC_ONLY |
								 GM_PTE_HAS_VE };
	struct gm_pte pte = leaf_of(0x1234567000, GM_PROT_READ | GM_PROT_WRITE | GM_PROT_EXEC);

	expect_leaf(&format, 0, &pte, 0x1234567037); /* RWX, type 6 */
	pte.flags = GM_PTE_ACCESSED | GM_PTE_DIRTY | GM_PTE_SUPPRESS_VE;
	expect_leaf(&format, 0, &pte, 0x8000001234567337);
	expect_refused(&plain, 0, &pte, GM_ENOTSUP);
	pte.flags = 0;
	pte.memory = GM_MEMORY_DEVICE;
	pte.prot = GM_PROT_READ;
	expect_leaf(&format, 0, &pte, 0x1234567001);
	pte.software = 15;
	expect_leaf(&format, 0, &pte, 0x00f0001234567001);
	pte.software = 16;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);
	pte.software = 0;
	pte.memory = GM_MEMORY_UC_MINUS;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);
	pte = leaf_of(0x40000000, GM_PROT_EXEC);
	expect_leaf(&format, 2, &pte, 0x400000b4);
	expect_refused(&plain, 1, &pte, GM_ENOTSUP);
	pte.prot = GM_PROT_WRITE;
	expect_refused(&format, 1, &pte, GM_ENOTSUP);
	pte.prot = GM_PROT_WRITE | GM_PROT_EXEC;
	expect_refused(&format, 1, &pte, GM_ENOTSUP);
	pte.prot = GM_PROT_READ | GM_PROT_USER;
	expect_refused(&format, 1, &pte, GM_ENOTSUP);
	pte.prot = GM_PROT_READ;
	pte.key = 1;
	expect_refused(&format, 1, &pte, GM_ENOTSUP);
	expect_table(&format, 1, 0xabc000, 0xabc007);
}

static void test_riscv64_entries(void)
{
	static const struct gm_pte_format plain = { .kind = GM_PTE_RISCV64 };
	static const struct gm_pte_format format = { .kind = GM_PTE_RISCV64,
						     .input_bits = 57,
						     .features =
							     GM_PTE_HAS_NAPOT | GM_PTE_HAS_PBMT };
	static const struct gm_pte_format second = { .kind = GM_PTE_RISCV64_STAGE2 };
	struct gm_pte pte = leaf_of(0x80201000, GM_PROT_READ | GM_PROT_WRITE);

	expect_leaf(&plain, 0, &pte, 0x20080407);  /* page 0x80201 << 10, W R V */
	expect_leaf(&second, 0, &pte, 0x20080417); /* and U */
	pte.prot |= GM_PROT_EXEC | GM_PROT_USER;
	pte.flags = GM_PTE_ACCESSED | GM_PTE_DIRTY | GM_PTE_GLOBAL;
	pte.software = 3;
	expect_leaf(&plain, 0, &pte, 0x200807ff);
	expect_refused(&second, 0, &pte, GM_ENOTSUP);
	pte.prot = GM_PROT_READ;
	expect_refused(&second, 0, &pte, GM_ENOTSUP); /* global */

	pte = leaf_of(0x80205000, GM_PROT_EXEC);
	pte.memory = GM_MEMORY_DEVICE;
	expect_refused(&plain, 0, &pte, GM_ENOTSUP);
	expect_leaf(&format, 0, &pte, 0x4000000020081409);
	pte.memory = GM_MEMORY_WC;
	expect_leaf(&format, 0, &pte, 0x2000000020081409);
	pte.memory = GM_MEMORY_STRICT;
	expect_refused(&format, 0, &pte, GM_ENOTSUP);

	/* A run of 64 KiB: page 0x80200 with 1000 below it, from any of its parts. */
	pte.memory = GM_MEMORY_WB;
	pte.flags = GM_PTE_RUN;
	expect_refused(&plain, 0, &pte, GM_ENOTSUP);
	expect_eq(encode(&format, 0, &pte), 0x8000000020082009);
	pte.paddr = gm_paddr(0x80200000);
	expect_leaf(&format, 0, &pte, 0x8000000020082009);
	expect_refused(&format, 1, &pte, GM_ENOTSUP);

	pte = leaf_of(0, GM_PROT_WRITE);
	expect_refused(&plain, 0, &pte, GM_ENOTSUP);
	pte.prot = GM_PROT_WRITE | GM_PROT_EXEC;
	expect_refused(&plain, 0, &pte, GM_ENOTSUP);
	pte.prot = GM_PROT_READ;
	pte.key = 1;
	expect_refused(&plain, 0, &pte, GM_ENOTSUP);
	expect_table(&plain, 2, 0x80201000, 0x20080401);
}

static void test_decode_what_is_not_ours(void)
{
	static const struct gm_pte_format x86 = { .kind = GM_PTE_X86_64,
						  .features = GM_PTE_HAS_NX };
	static const struct gm_pte_format ept = { .kind = GM_PTE_EPT };
	static const struct gm_pte_format arm = { .kind = GM_PTE_AARCH64_STAGE1 };
	static const struct gm_pte_format riscv = { .kind = GM_PTE_RISCV64 };
	struct gm_pte pte;

	/* Not present, whatever else it says. */
	expect_eq(gm_pte_decode(&x86, 1, ~(uint64_t)1, &pte), 0);
	expect(pte.is == GM_PTE_EMPTY && pte.prot == 0 && pte.paddr.value == 0);
	expect_eq(gm_pte_decode(&arm, 0, 0x1001, &pte), 0); /* reserved at level 0, and faults */
	expect(pte.is == GM_PTE_EMPTY);
	/* Accessed tables are tables. */
	expect_eq(gm_pte_decode(&x86, 1, 0x1027, &pte), 0);
	expect(pte.is == GM_PTE_TABLE && pte.paddr.value == 0x1000);
	expect_eq(gm_pte_decode(&ept, 1, 0x1107, &pte), 0);
	expect(pte.is == GM_PTE_TABLE);
	/* A table that restricts, keys without keys, writable and not readable, the
	 * reserved memory type, a large leaf where there is none. */
	expect_eq(gm_pte_decode(&x86, 1, 0x1005, &pte), -GM_ECORRUPT);
	expect_eq(gm_pte_decode(&x86, 0, (uint64_t)1 << 59 | 1, &pte), -GM_ECORRUPT);
	expect_eq(gm_pte_decode(&x86, 2, 0x40000083, &pte), -GM_ECORRUPT);
	expect_eq(gm_pte_decode(&ept, 0, 0x1032, &pte), -GM_ECORRUPT);
	expect_eq(gm_pte_decode(&ept, 0, 0x1011, &pte), -GM_ECORRUPT);
	expect_eq(gm_pte_decode(&riscv, 0, 5, &pte), -GM_ECORRUPT);
	expect_eq(gm_pte_decode(&riscv, 0, 1, &pte), -GM_ECORRUPT); /* a table at the end */
	expect_eq(gm_pte_decode(&riscv, 0, (uint64_t)3 << 61 | 3, &pte), -GM_ECORRUPT);
}

static void test_addresses(void)
{
	unsigned i;

	for (i = 0; i < NR_FORMATS; i++) {
		const struct gm_pte_format *format = &formats[i];
		unsigned bits =
			format->output_bits != 0 ? format->output_bits : (is_arm(format) ? 48 : 52);
		unsigned granule = gm_pte_shift(format, 0);
		struct gm_pte pte = leaf_of(((uint64_t)1 << bits) - ((uint64_t)1 << granule),
					    GM_PROT_READ | GM_PROT_EXEC);
		uint64_t entry;

		expect_eq(gm_pte_decode(format, 0, encode(format, 0, &pte), &pte), 0);
		expect_eq(pte.paddr.value, ((uint64_t)1 << bits) - ((uint64_t)1 << granule));
		pte.paddr.value = (uint64_t)1 << bits;
		expect_refused(format, 0, &pte, GM_ERANGE);
		pte.paddr.value = (uint64_t)1 << granule | 64;
		expect_refused(format, 0, &pte, GM_EALIGN);
		pte.paddr.value = (uint64_t)1 << 63;
		expect_refused(format, 0, &pte, GM_ERANGE);
		pte.paddr.value = 0;
		pte.memory = (enum gm_memory_type)77;
		expect_refused(format, 0, &pte, GM_ENOTSUP);
		entry = 0x55;
		expect_eq(gm_pte_table(format, 0, gm_paddr(0), &entry), -GM_ENOTSUP);
		expect_eq(gm_pte_table(format, 1, gm_paddr(64), &entry), -GM_EALIGN);
		expect_eq(gm_pte_table(format, 1, gm_paddr((uint64_t)1 << bits), &entry),
			  -GM_ERANGE);
		expect_eq(entry, 0x55);
	}
}

/* What is accepted as a leaf is encoded to the same number; and the other way round. */
static void test_round_trips(void)
{
	uint64_t seed = 0x9e3779b97f4a7c15;
	unsigned i, nr_leaves = 0;

	for (i = 0; i < 1000000; i++) {
		const struct gm_pte_format *format = &formats[i % NR_FORMATS];
		unsigned level = (unsigned)(random_of(&seed) % gm_pte_levels(format));
		struct gm_pte pte, back;
		uint64_t entry = random_of(&seed) & random_of(&seed), again;

		/* Mostly with few bits beside an address, which more often means something. */
		entry = i & 64 ? entry : (entry & 0xfffff000) | (random_of(&seed) & 0xff3);
		if (gm_pte_decode(format, level, entry, &pte) != 0 || pte.is != GM_PTE_LEAF)
			continue;
		nr_leaves++;
		expect_eq(gm_pte_leaf(format, level, &pte, &again), 0);
		expect_eq(again, entry);

		pte.prot ^= (uint32_t)random_of(&seed) & 15;
		pte.flags ^= (uint32_t)random_of(&seed) & 127;
		pte.memory = (enum gm_memory_type)(random_of(&seed) % 7);
		pte.key = (unsigned)random_of(&seed) & 1;
		pte.software = (unsigned)random_of(&seed) & 15;
		if (gm_pte_leaf(format, level, &pte, &again) != 0)
			continue;
		expect(gm_pte_is_present(format, level, again));
		expect_eq(gm_pte_decode(format, level, again, &back), 0);
		if (back.paddr.value != pte.paddr.value) /* NAPOT, and the bit was set here */
			expect(pte.flags & GM_PTE_RUN &&
			       back.paddr.value == (pte.paddr.value & ~65535ull));
		back.paddr = pte.paddr;
		expect(is_same(&back, &pte));
	}
	expect(nr_leaves > 2500);
}

UNIT_MAIN("pte", UNIT_TEST(test_x86_64_entries), UNIT_TEST(test_x86_64_attributes),
	  UNIT_TEST(test_npt_entries), UNIT_TEST(test_ept_entries), UNIT_TEST(test_riscv64_entries),
	  UNIT_TEST(test_decode_what_is_not_ours), UNIT_TEST(test_addresses),
	  UNIT_TEST(test_round_trips))
