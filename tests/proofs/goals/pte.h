/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pte.h - goals of page-table entries, for the formats of the file that includes this.
 *
 * What is made of any numbers means to a processor (tests/fuzz/pte_processor.h) what was
 * asked for, no more and no less, and comes back as it was. That all shifts are by less
 * than a word is wide is no goal of its own: a shift that is not is undefined.
 */
#ifndef GOALS_PTE_H
#define GOALS_PTE_H

#include "goals.h"

#include "../../fuzz/pte_processor.h"

#include "lib/pte.c"
#include "lib/pte_shape.c"

#define UNTOUCHED ((uint64_t)0x5a5a5a5a5a5a5a5a)

/* One of the formats that the file is about, complete but for what has a default. */
static void any_format(struct gm_pte_format *format);

/* A number below n, one path for each. */
static unsigned any_below(unsigned n)
{
	unsigned number = (unsigned)any();

	ASSUME(number < n);
	return each(number);
}

/* Any that gm_pte_check accepts: a kind, a granule, and numbers. PAT and MAIR are the
 * defaults. */
static void accepted(struct gm_pte_format *format, enum gm_pte_kind kind, unsigned granule)
{
	format->kind = kind;
	format->granule_shift = granule;
	format->input_bits = 0;
	format->output_bits = (unsigned)any();
	format->features = (uint32_t)any();
	format->memory = 0;
	ASSUME(gm_pte_check(format) == 0);
}

static void any_leaf(struct gm_pte *pte)
{
	pte->is = GM_PTE_LEAF;
	pte->paddr.value = any();
	pte->prot = (uint32_t)any();
	pte->memory = (enum gm_memory_type)any();
	pte->flags = (uint32_t)any();
	pte->key = (unsigned)any();
	pte->software = (unsigned)any();
}

#if GM_CONFIG_64BIT
/* Of input addresses of any width that there is, levels leave nothing out. Numbers of
 * bits: once is enough. */
void prove_pte_shape(void)
{
	struct gm_pte_format format;
	unsigned levels, level, top, bits;

	any_format(&format);
	format.input_bits = (unsigned)any();
	ASSUME(both(gm_pte_check(&format) == 0, format.input_bits != 0));
	levels = each(gm_pte_levels(&format));
	MUST(both(levels >= 1, levels <= GM_PTE_LEVELS_MAX));
	level = any_below(levels);
	top = gm_pte_shift(&format, level);
	bits = gm_pte_index_bits(&format, level);
	MUST(all(bits >= 1, top + bits <= 64, gm_pte_run_shift(&format, level) <= bits));
	MUST(top + bits ==
	     (level + 1 == levels ? format.input_bits : gm_pte_shift(&format, level + 1)));
}
#endif

void prove_pte_leaf(void)
{
	struct gm_pte_format format;
	struct gm_pte pte, seen, back;
	uint64_t entry = UNTOUCHED;
	uint32_t exec_other;
	unsigned level;
	int err;

	any_format(&format);
	level = any_below(gm_pte_levels(&format));
	any_leaf(&pte);
	err = gm_pte_leaf(&format, level, &pte, &entry);
	MUST(either(err == 0, both(entry == UNTOUCHED,
				   either(err == -GM_ENOTSUP,
					  either(err == -GM_EALIGN, err == -GM_ERANGE)))));
	ASSUME(err == 0);
	MUST(gm_pte_is_present(&format, level, entry) && gm_pte_is_leaf(&format, level, entry));
	if (both(pte_is_riscv(&format), (pte.flags & GM_PTE_RUN) != 0))
		pte.paddr.value &= ~(uint64_t)0xffff;
	pte_processor(&format, level, entry, &seen, &exec_other);
	MUST(both(pte_same(&seen, &pte), exec_other == 0));
	MUST(gm_pte_decode(&format, level, entry, &back) == 0);
	MUST(pte_same(&back, &pte));
}

/* What decodes is encoded to the same number again, but that a table was accessed. */
void prove_pte_entry(void)
{
	struct gm_pte_format format;
	uint64_t entry = any(), again = 0;
	struct gm_pte pte;
	unsigned level;
	int err;

	any_format(&format);
	level = any_below(gm_pte_levels(&format));
	err = gm_pte_decode(&format, level, entry, &pte);
	MUST(either(err == 0, err == -GM_ECORRUPT));
	MUST((pte.is == GM_PTE_EMPTY) == (gm_pte_is_present(&format, level, entry) == 0));
	ASSUME(both(err == 0, pte.is != GM_PTE_EMPTY));
	MUST((pte.is == GM_PTE_LEAF) == (gm_pte_is_leaf(&format, level, entry) != 0));
	if (pte.is == GM_PTE_LEAF)
		err = gm_pte_leaf(&format, level, &pte, &again);
	else
		err = gm_pte_table(&format, level, pte.paddr, &again);
	MUST(err == 0);
	MUST(again == entry ||
	     (pte.is == GM_PTE_TABLE && again == (entry & ~pte_table_accessed(&format))));
}

void prove_pte_table(void)
{
	struct gm_pte_format format;
	uint64_t entry = UNTOUCHED;
	struct gm_paddr paddr;
	struct gm_pte back;
	unsigned level;
	int err;

	any_format(&format);
	level = any_below(gm_pte_levels(&format));
	paddr.value = any();
	err = gm_pte_table(&format, level, paddr, &entry);
	MUST(either(err == 0, both(entry == UNTOUCHED,
				   either(err == -GM_ENOTSUP,
					  either(err == -GM_EALIGN, err == -GM_ERANGE)))));
	ASSUME(err == 0);
	MUST(gm_pte_is_present(&format, level, entry) && !gm_pte_is_leaf(&format, level, entry));
	MUST(pte_is_open(&format, entry));
	MUST(pte_address(&format, gm_pte_shift(&format, 0), entry) == paddr.value);
	MUST(gm_pte_decode(&format, level, entry, &back) == 0);
	MUST(both(back.is == GM_PTE_TABLE, back.paddr.value == paddr.value));
}

#endif
