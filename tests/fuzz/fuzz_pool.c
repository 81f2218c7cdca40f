/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_pool.c - property: a pool of any sizes is refused, or its elements lie in
 * the memory that was given, apart from each other and from their records, as
 * many as it says; each can be taken once, and taken again when it was returned.
 */
#include <granmem/pool.h>

#include "fuzz.h"
#include "wide.h"

#define MEMORY_BYTES ((size_t)64 << 10)
#define LANES_MAX 8u
#define ELEMENTS_MAX 256u

struct bed {
	struct gm_pool pool;
	struct gm_pool_lane *lanes;
	unsigned char *memory;
	size_t start, bytes; /* what the pool was given of it */
	void *taken[ELEMENTS_MAX];
	unsigned nr;
};

/* Can fewer than one element be in a slab, or is a number not as required? */
static int refused(uint32_t element_size, uint32_t record_size, unsigned slab_shift, unsigned lanes)
{
	wide least;

	if (slab_shift < GM_SLAB_SHIFT_MIN || slab_shift > GM_SLAB_SHIFT_MAX || element_size == 0 ||
	    element_size % 8 != 0 || record_size % 8 != 0 || lanes == 0 ||
	    (lanes & (lanes - 1)) != 0)
		return 1;
	/* One element and its record, a word of free and one of orphan bits, the link. */
	least = wide_sum((uint64_t)element_size + record_size, 3 * sizeof(gm_word));
	return wide_less(wide_of((uint64_t)1 << slab_shift), least);
}

static int apart(const void *a, size_t a_size, const void *b, size_t b_size)
{
	return (uintptr_t)a + a_size <= (uintptr_t)b || (uintptr_t)b + b_size <= (uintptr_t)a;
}

static void check_place(const struct bed *bed, const void *element)
{
	const struct gm_pool *pool = &bed->pool;
	const void *record = gm_pool_record(pool, element);
	size_t size = pool->element_size;
	unsigned i;

	FUZZ_EXPECT((uintptr_t)element >= (uintptr_t)bed->memory + bed->start);
	FUZZ_EXPECT((uintptr_t)element + size <= (uintptr_t)bed->memory + bed->start + bed->bytes);
	FUZZ_EXPECT((uintptr_t)gm_pool_slab_of(pool, element) % ((size_t)1 << pool->slab_shift) ==
		    0);
	FUZZ_EXPECT(gm_pool_index_of(pool, element) < pool->nr_elements);
	for (i = 0; i < bed->nr; i++) {
		FUZZ_EXPECT(apart(element, size, bed->taken[i], size));
		if (pool->record_size != 0)
			FUZZ_EXPECT(apart(record, pool->record_size,
					  gm_pool_record(pool, bed->taken[i]), pool->record_size));
	}
	if (pool->record_size != 0)
		FUZZ_EXPECT(apart(element, size, record, pool->record_size));
}

static void take(struct bed *bed, unsigned lane)
{
	unsigned char *element = gm_pool_take(&bed->pool, lane, 1);
	size_t all = bed->pool.nr_slabs * bed->pool.nr_elements;

	FUZZ_EXPECT((element == NULL) == (bed->nr == all));
	if (element == NULL)
		return;
	check_place(bed, element);
	memset(element, 0xff, bed->pool.element_size);
	memset(gm_pool_record(&bed->pool, element), 0xff, bed->pool.record_size);
	bed->taken[bed->nr++] = element;
}

static void give(struct bed *bed, unsigned which, unsigned lane)
{
	gm_pool_return(&bed->pool, bed->taken[which], lane);
	bed->taken[which] = bed->taken[--bed->nr];
}

static void use(struct bed *bed, struct fuzz_input *in)
{
	while (in->size != 0) {
		unsigned what = fuzz_u8(in);
		unsigned lane = fuzz_u8(in);

		if (what < 0x90 && bed->nr < ELEMENTS_MAX)
			take(bed, lane);
		else if (bed->nr != 0)
			give(bed, what % bed->nr, lane);
		FUZZ_EXPECT(gm_pool_used(&bed->pool) == bed->nr);
	}
	while (bed->nr != 0)
		give(bed, 0, bed->nr);
	FUZZ_EXPECT(gm_pool_used(&bed->pool) == 0 && gm_pool_next(&bed->pool, NULL) == NULL);
}

static void fill_and_use(struct bed *bed, struct fuzz_input *in)
{
	unsigned zeroed = fuzz_u8(in) & 1;
	size_t slab = (size_t)1 << bed->pool.slab_shift;
	size_t nr, aligned;

	bed->start = (size_t)(fuzz_u64(in) % MEMORY_BYTES);
	bed->bytes = (size_t)(fuzz_u64(in) % (MEMORY_BYTES - bed->start + 1));
	bed->memory = malloc(MEMORY_BYTES);
	FUZZ_EXPECT(bed->memory != NULL);
	memset(bed->memory, zeroed ? 0 : 0xa5, MEMORY_BYTES);
	nr = gm_pool_add(&bed->pool, bed->memory + bed->start, bed->bytes, (int)zeroed);
	aligned = (size_t)(-((uintptr_t)bed->memory + bed->start) & (slab - 1));
	FUZZ_EXPECT(nr == (bed->bytes < aligned ? 0 : (bed->bytes - aligned) / slab));
	FUZZ_EXPECT(gm_pool_bytes(&bed->pool) == nr * slab);
	use(bed, in);
	free(bed->memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	struct gm_pool_lane lanes[LANES_MAX];
	struct bed bed = { .nr = 0 };
	uint32_t element_size, record_size;
	unsigned slab_shift, nr_lanes, with;
	int err;

	fuzz_begin(&in, data, size);
	with = fuzz_u8(&in);
	in.unit_shift = 3;
	fuzz_anchor(&in, 1, 32);
	slab_shift = (with & 1) == 0 ? with / 2 % 32 : (unsigned)fuzz_u64(&in);
	fuzz_anchor(&in, 2, (uint64_t)1 << slab_shift % 64);
	element_size = (uint32_t)fuzz_u64(&in);
	record_size = (with & 0x40) == 0 ? (with >> 7) * 16 : (uint32_t)fuzz_u64(&in);
	nr_lanes = (unsigned)fuzz_u64(&in);
	memset(lanes, 0, sizeof(lanes));
	err = gm_pool_init(&bed.pool, element_size, record_size, slab_shift, lanes, nr_lanes);
	FUZZ_EXPECT(err ==
		    (refused(element_size, record_size, slab_shift, nr_lanes) ? -GM_EINVAL : 0));
	if (err == 0 && nr_lanes <= LANES_MAX)
		fill_and_use(&bed, &in);
	return 0;
}
