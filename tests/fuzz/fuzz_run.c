/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_run.c - property: for any object and any offset, address, shift and set of
 * leaves, the translation is the one that 128-bit arithmetic gives, its run lies
 * in the object, and the leaf is the largest that the contract allows.
 */
#include <granmem/run.h>

#include "fuzz.h"
#include "wide.h"

/* May a leaf of 2^n bytes map the run at va? */
static int leaf_fits(const struct gm_run *run, uint64_t first, uint64_t end, uint64_t va,
		     unsigned n)
{
	uint64_t size = (uint64_t)1 << n;

	return run->nr_granules != 0 && first % size == 0 &&
	       (va - run->granule_offset) % size == 0 &&
	       !wide_less(wide_of(end), wide_sum(first, size));
}

static void check_leaf(const struct gm_run *run, uint64_t end, uint64_t va, unsigned shift,
		       uint64_t leaves)
{
	uint64_t first = run->pfn.value << shift;
	unsigned want = 0;
	unsigned n;

	for (n = shift; n < 64; n++)
		if ((leaves & GM_RUN_LEAF(n)) != 0 && leaf_fits(run, first, end, va, n))
			want = n;
	FUZZ_EXPECT(run->leaf_shift == want);
}

static void check_at(const struct gm_desc *desc, uint64_t offset, uint64_t va, unsigned shift,
		     uint64_t leaves)
{
	uint64_t base = gm_desc_base(desc);
	uint64_t end = base + gm_desc_size(desc);
	uint64_t granule = (uint64_t)1 << shift;
	struct gm_run run;

	FUZZ_EXPECT(gm_run_at(desc, offset, va, shift, leaves, &run) == 0);
	FUZZ_EXPECT(run.paddr.value == base + offset);
	FUZZ_EXPECT(run.pfn.value == run.paddr.value / granule);
	FUZZ_EXPECT(run.granule_offset == run.paddr.value % granule);
	FUZZ_EXPECT(run.bytes >= 1 && run.bytes == end - run.paddr.value);
	if (run.pfn.value * granule < base) {
		FUZZ_EXPECT(run.nr_granules == 0);
	} else {
		wide past = wide_mul(run.pfn.value + run.nr_granules, granule);

		FUZZ_EXPECT(!wide_less(wide_of(end), past));
		FUZZ_EXPECT(wide_less(wide_of(end), wide_add(past, wide_of(granule))));
	}
	check_leaf(&run, end, va, shift, leaves);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	struct gm_object object = { .owner = NULL };
	struct gm_desc desc;
	struct gm_pfn pfn = { 4711 };
	struct gm_run run;
	uint64_t offset, va, leaves;
	unsigned shift;
	int want;

	fuzz_begin(&in, data, size);
	object.base.value = fuzz_u64(&in) & (GM_PADDR_END - GM_OBJECT_ALIGN);
	fuzz_anchor(&in, 2, GM_PADDR_END - object.base.value);
	object.size = fuzz_u64(&in) & ~(uint64_t)(GM_OBJECT_ALIGN - 1);
	if (object.size == 0 || !wide_inside(object.base.value, object.size, 0, GM_PADDR_END))
		return 0;
	memset(&desc, 0, sizeof(desc));
	gm_desc_set(&desc, &object);
	(void)gm_desc_set_flags(&desc, GM_FLAG_DIRTY | GM_FLAG_USER(6));
	fuzz_anchor(&in, 2, object.size);
	fuzz_anchor(&in, 3, object.base.value);
	offset = fuzz_u64(&in);
	fuzz_anchor(&in, 4, object.base.value + offset);
	va = fuzz_u64(&in);
	leaves = fuzz_raw(&in, 8);
	shift = fuzz_u8(&in);
	if (shift >= 0x80)
		shift = (unsigned)fuzz_u64(&in);
	want = shift < GM_GRANULE_SHIFT_MIN || shift > GM_GRANULE_SHIFT_MAX ? -GM_EINVAL :
	       offset >= object.size                                        ? -GM_ERANGE :
									      0;
	FUZZ_EXPECT(gm_run_pfn(&desc, offset, shift, &pfn) == want);
	FUZZ_EXPECT(pfn.value == (want == 0 ? (object.base.value + offset) >> shift : 4711));
	FUZZ_EXPECT(gm_desc_covers(&desc, va) ==
		    wide_inside(va, 1, object.base.value, object.size));
	if (want == 0)
		check_at(&desc, offset, va, shift, leaves);
	else
		FUZZ_EXPECT(gm_run_at(&desc, offset, va, shift, leaves, &run) == want);
	return 0;
}
