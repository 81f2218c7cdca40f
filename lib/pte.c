/* SPDX-License-Identifier: BSD-2-Clause */
/* pte.c - what all formats of entries share: addresses, tables, the way back. */
#include "pte_internal.h"

unsigned gm_pte_attribute(uint64_t memory, unsigned value)
{
	unsigned attribute;

	for (attribute = 0; attribute < 8; attribute++)
		if ((memory >> 8 * attribute & 0xff) == value)
			break;
	return attribute;
}

/* The address in its place. Requires one of at most output_bits. */
static uint64_t place(const struct gm_pte_format *format, uint64_t paddr)
{
	if (gm_pte_is_riscv64(format))
		return paddr >> 12 << 10;
	if (gm_pte_is_lpa(format))
		return (paddr & GM_PTE_BITS(47, 16)) | paddr >> 48 << 12;
	if (gm_pte_is_lpa2(format))
		return (paddr & GM_PTE_BITS(49, 12)) | paddr >> 50 << 8;
	return paddr;
}

/* The address of an entry, from its multiples of 2^shift up. */
static uint64_t address_of(const struct gm_pte_format *format, unsigned shift, uint64_t entry)
{
	uint64_t paddr;

	if (gm_pte_is_riscv64(format))
		paddr = (entry & GM_PTE_BITS(53, 10)) << 2;
	else if (gm_pte_is_lpa(format))
		paddr = (entry & GM_PTE_BITS(47, 16)) | (entry & GM_PTE_BITS(15, 12)) << 36;
	else if (gm_pte_is_lpa2(format))
		paddr = (entry & GM_PTE_BITS(49, 12)) | (entry & GM_PTE_BITS(9, 8)) << 42;
	else
		paddr = entry &
			GM_PTE_BITS(gm_pte_is_aarch64(format) ? GM_PTE_ARM_BITS - 1 : 51, 12);
	return gm_granule_down(paddr, shift);
}

static int is_napot(const struct gm_pte_format *format, uint32_t flags)
{
	return gm_pte_is_riscv64(format) && (flags & GM_PTE_RUN) != 0;
}

/* Svnapot: a run of sixteen has 1000 at the bottom of its page number. */
#define NAPOT_SHIFT 16
#define NAPOT_MARK GM_PTE_BIT(13)

static int leaf_bits(const struct gm_pte_format *format, unsigned level, const struct gm_pte *pte,
		     uint64_t *out)
{
	if ((unsigned)pte->memory > GM_MEMORY_STRICT || !gm_pte_has_leaves(format, level) ||
	    pte->software >> gm_pte_software_bits(format) != 0)
		return -GM_ENOTSUP;
	if (format->kind == GM_PTE_EPT)
		return gm_pte_ept_leaf(format, level, pte, out);
	if (gm_pte_is_x86(format))
		return gm_pte_x86_64_leaf(format, level, pte, out);
	if (gm_pte_is_aarch64(format))
		return gm_pte_aarch64_leaf(format, level, pte, out);
	return gm_pte_riscv64_leaf(format, level, pte, out);
}

static int check_address(const struct gm_pte_format *format, unsigned shift, uint64_t paddr)
{
	if (!gm_granule_aligned(paddr, shift))
		return -GM_EALIGN;
	return paddr >> format->output_bits == 0 ? 0 : -GM_ERANGE;
}

int gm_pte_leaf(const struct gm_pte_format *format, unsigned level, const struct gm_pte *pte,
		uint64_t *out)
{
	struct gm_pte_format full;
	uint64_t bits;
	int err;

	gm_pte_complete(format, &full);
	err = leaf_bits(&full, level, pte, &bits);
	if (err == 0)
		err = check_address(&full, gm_pte_shift(&full, level), pte->paddr.value);
	if (err != 0)
		return err;
	if (is_napot(&full, pte->flags))
		bits |= place(&full, gm_granule_down(pte->paddr.value, NAPOT_SHIFT)) | NAPOT_MARK;
	else
		bits |= place(&full, pte->paddr.value);
	*out = bits;
	return 0;
}

/* Present, and open to everything: leaves decide. */
static uint64_t table_bits(const struct gm_pte_format *format)
{
	if (gm_pte_is_x86(format))
		return 7;
	return gm_pte_is_aarch64(format) ? 3 : 1;
}

int gm_pte_table(const struct gm_pte_format *format, unsigned level, struct gm_paddr table,
		 uint64_t *out)
{
	struct gm_pte_format full;
	int err;

	if (level == 0)
		return -GM_ENOTSUP;
	gm_pte_complete(format, &full);
	err = check_address(&full, full.granule_shift, table.value);
	if (err == 0)
		*out = place(&full, table.value) | table_bits(&full);
	return err;
}

int gm_pte_is_present(const struct gm_pte_format *format, unsigned level, uint64_t entry)
{
	if (format->kind == GM_PTE_EPT)
		return (entry & 7) != 0;
	if (gm_pte_is_aarch64(format) && level == 0)
		return (entry & 3) == 3; /* 01 is reserved there, and faults */
	return (entry & 1) != 0;
}

int gm_pte_is_leaf(const struct gm_pte_format *format, unsigned level, uint64_t entry)
{
	if (gm_pte_is_riscv64(format))
		return (entry & 0xe) != 0;
	if (level == 0)
		return 1;
	return gm_pte_is_aarch64(format) ? (entry & 2) == 0 : (entry & 0x80) != 0;
}

static void read_leaf(const struct gm_pte_format *format, unsigned level, uint64_t entry,
		      struct gm_pte *out)
{
	if (format->kind == GM_PTE_EPT)
		gm_pte_ept_read(format, level, entry, out);
	else if (gm_pte_is_x86(format))
		gm_pte_x86_64_read(format, level, entry, out);
	else if (gm_pte_is_aarch64(format))
		gm_pte_aarch64_read(format, level, entry, out);
	else
		gm_pte_riscv64_read(format, level, entry, out);
}

static unsigned address_shift(const struct gm_pte_format *format, unsigned level, uint64_t entry)
{
	if (!gm_pte_is_leaf(format, level, entry))
		return format->granule_shift;
	if (gm_pte_is_riscv64(format) && entry >> 63 != 0)
		return NAPOT_SHIFT;
	return gm_pte_shift(format, level);
}

uint64_t gm_pte_address(const struct gm_pte_format *format, unsigned level, uint64_t entry)
{
	struct gm_pte_format full;

	gm_pte_complete(format, &full);
	return address_of(&full, address_shift(&full, level, entry), entry);
}

static void read_nothing(struct gm_pte *out)
{
	out->is = GM_PTE_EMPTY;
	out->paddr.value = 0;
	out->prot = 0;
	out->memory = GM_MEMORY_WB;
	out->flags = 0;
	out->key = 0;
	out->software = 0;
}

/* What processors set in a table's entry that they went through. */
static uint64_t table_accessed(const struct gm_pte_format *format)
{
	if (format->kind == GM_PTE_EPT)
		return GM_PTE_BIT(8);
	return gm_pte_is_x86(format) ? GM_PTE_BIT(5) : 0;
}

int gm_pte_decode(const struct gm_pte_format *format, unsigned level, uint64_t entry,
		  struct gm_pte *out)
{
	struct gm_pte_format full;
	uint64_t again = ~entry;
	int err;

	read_nothing(out);
	if (!gm_pte_is_present(format, level, entry))
		return 0;
	gm_pte_complete(format, &full);
	out->paddr = gm_pte_paddr(&full, level, entry);
	if (gm_pte_is_leaf(&full, level, entry)) {
		out->is = GM_PTE_LEAF;
		read_leaf(&full, level, entry, out);
		err = gm_pte_leaf(&full, level, out, &again);
	} else {
		out->is = GM_PTE_TABLE;
		entry &= ~table_accessed(&full);
		err = gm_pte_table(&full, level, out->paddr, &again);
	}
	return err == 0 && again == entry ? 0 : -GM_ECORRUPT;
}
