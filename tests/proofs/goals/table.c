/* SPDX-License-Identifier: BSD-2-Clause */
/* table.c - what a table checks before it begins: its region, and requests. */
#include "scan.h"

#include "desc.h"

#include "lib/table.c"

static int is_power(uint64_t value)
{
	return both(value != 0, (value & (value - 1)) == 0);
}

/* A table of any region that there may be. */
static void any_table(struct gm_table *table)
{
	table->base = any();
	table->size = any();
	table->granule_shift = (unsigned)any();
	ASSUME(all(table->granule_shift >= GM_GRANULE_SHIFT_MIN,
		   table->granule_shift <= GM_GRANULE_SHIFT_MAX, table->size != 0));
	ASSUME(both(table->base <= GM_PADDR_END, table->size <= GM_PADDR_END - table->base));
}

static void any_claim(struct gm_claim *claim)
{
	claim->size = any();
	claim->align = any();
	claim->min.value = any();
	claim->max.value = any();
	claim->type = (unsigned)any();
}

/* What a search may rely on: the bounds are in the region and in the request, and
 * there is room between them. */
void prove_claim_accepted(void)
{
	struct gm_table table;
	struct gm_claim claim, out;
	uint64_t first, end, low, high;
	uint64_t smallest;

	any_table(&table);
	any_claim(&claim);
	ASSUME(gm_table_check_claim(&table, &claim, &out, &first, &end) == 0);
	low = table.base + first;
	high = table.base + end;
	MUST(all(first < end, end <= table.size, end - first >= claim.size));
	MUST(both(low >= claim.min.value, either(claim.max.value == 0, high <= claim.max.value)));
	/* They leave out nothing that was asked for. */
	MUST(either(low == table.base, low == claim.min.value));
	MUST(either(end == table.size, high == claim.max.value));
	MUST(all(claim.type >= 1, claim.type <= GM_TYPE_MAX, out.type == claim.type));
	MUST(all(out.size == claim.size, claim.size != 0, claim.size % GM_OBJECT_ALIGN == 0));
	smallest = claim.size < gm_granule_size(table.granule_shift) ?
			   GM_OBJECT_ALIGN :
			   gm_granule_size(table.granule_shift);
	MUST(out.align == (claim.align != 0 ? claim.align : smallest));
	MUST(both(is_power(out.align), out.align >= GM_OBJECT_ALIGN));
}

/* Each error says what is so. */
void prove_claim_refused(void)
{
	struct gm_table table;
	struct gm_claim claim, out;
	uint64_t first = 1, end = 2, low, high;
	int err;

	any_table(&table);
	any_claim(&claim);
	err = gm_table_check_claim(&table, &claim, &out, &first, &end);
	MUST((err == -GM_EINVAL) == either(claim.type == 0, claim.type > GM_TYPE_MAX));
	ASSUME(both(err != 0, err != -GM_EINVAL));
	MUST(both(first == 1, end == 2));
	MUST((err == -GM_ESIZE) == (claim.size == 0));
	MUST((err == -GM_EOVERFLOW) == (claim.size > GM_PADDR_END));
	ASSUME(either(err == -GM_EALIGN, err == -GM_ERANGE));
	MUST((err == -GM_EALIGN) ==
	     either(claim.size % GM_OBJECT_ALIGN != 0,
		    both(claim.align != 0, either(!is_power(claim.align),
						  claim.align < GM_OBJECT_ALIGN))));
	ASSUME(err == -GM_ERANGE);
	low = claim.min.value > table.base ? claim.min.value : table.base;
	high = table.base + table.size;
	high = both(claim.max.value != 0, claim.max.value < high) ? claim.max.value : high;
	MUST(either(low >= high, high - low < claim.size));
}

/* A region that is accepted: all that tables compute of it, they compute in 64 bits,
 * and its units in one word. */
void prove_region(void)
{
	struct gm_table_config config, out;
	uint64_t size;
	int err;

	config.base.value = any();
	config.size = any();
	config.granule_shift = (unsigned)any();
	config.desc_size = (unsigned)any();
	config.nr_contexts = (unsigned)any();
	config.nr_lanes = (unsigned)any();
	err = gm_table_defaults(&config, &out);
	ASSUME(err == 0);
	MUST(all(out.base.value == config.base.value, out.size == config.size, out.size != 0));
	MUST(both(out.base.value <= GM_PADDR_END, out.size <= GM_PADDR_END - out.base.value));
	MUST(both(out.granule_shift >= GM_GRANULE_SHIFT_MIN,
		  out.granule_shift <= GM_GRANULE_SHIFT_MAX));
	size = gm_granule_size(out.granule_shift);
	MUST(both((out.base.value & (size - 1)) == 0, (out.size & (size - 1)) == 0));
	MUST(out.size >> GM_UNIT_SHIFT <= (gm_word)-1 >> 1);
	MUST(all(out.desc_size >= sizeof(struct gm_desc), out.desc_size <= DESC_SIZE_MAX,
		 out.desc_size % 16 == 0));
	MUST(all(is_power(out.nr_lanes), out.nr_lanes <= LANES_MAX,
		 out.nr_contexts <= GM_CONTEXTS_MAX));
}

void prove_contains(void)
{
	struct gm_table table;
	uint64_t paddr = any();

	any_table(&table);
	MUST((gm_table_contains(&table, paddr) != 0) ==
	     both(paddr >= table.base, paddr < table.base + table.size));
}
