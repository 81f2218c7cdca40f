/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_walker.c - property: a row of calls with any addresses, sizes and physical
 * addresses, in any format, answers each as the contract says in 128-bit arithmetic;
 * what was mapped is found at both ends, an object is taken back from where it is and
 * from nowhere else, and in the end no table page and no reference is lost.
 */
#include <granmem/walker.h>

#include "fuzz.h"
#include "mapped.h"
#include "wide.h"

#define NR_PAGES 96
#define PAGE_SHIFT 16 /* enough for each granule; a root is at most as large */
#define PAGE ((uint64_t)1 << PAGE_SHIFT)
#define MEMORY (BASE + SIZE)
#define TYPE 3u
#define OBJECT ((uint64_t)4 << 20)

/* What is translated: [first, first + size), and where signed also the upper half. */
struct bounds {
	uint64_t first;
	uint64_t size;
	int halves;
};

static const struct {
	struct gm_pte_format format;
	unsigned flags;
	struct bounds bounds;
} formats[] = {
	{ { .kind = GM_PTE_X86_64, .features = GM_PTE_HAS_NX | GM_PTE_HAS_1G },
	  0, { 0, (uint64_t)1 << 47, 1 } },
	{ { .kind = GM_PTE_X86_64, .input_bits = 57 }, 0, { 0, (uint64_t)1 << 56, 1 } },
	{ { .kind = GM_PTE_EPT, .output_bits = 40 }, 0, { 0, (uint64_t)1 << 48, 0 } },
	{ { .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 16, .output_bits = 52 },
	  0, { 0, (uint64_t)1 << 48, 0 } },
	{ { .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 14, .input_bits = 36 },
	  GM_WALKER_UPPER, { 0 - ((uint64_t)1 << 36), (uint64_t)1 << 36, 0 } },
	{ { .kind = GM_PTE_AARCH64_STAGE2, .input_bits = 40 }, 0, { 0, (uint64_t)1 << 40, 0 } },
	{ { .kind = GM_PTE_RISCV64, .features = GM_PTE_HAS_NAPOT },
	  0, { 0, (uint64_t)1 << 38, 1 } },
	{ { .kind = GM_PTE_RISCV64_STAGE2, .input_bits = 59 }, 0, { 0, (uint64_t)1 << 59, 0 } },
};

static unsigned char memory[NR_PAGES << PAGE_SHIFT] __attribute__((aligned(65536)));
static unsigned char used[NR_PAGES];
static unsigned nr_used;
static struct gm_map_lane lanes[1];
static struct gm_map_space as;
static struct gm_desc *object;

static int take(void *ctx, uint64_t bytes, struct gm_paddr *out)
{
	unsigned i;

	(void)ctx;
	FUZZ_EXPECT(bytes <= PAGE);
	for (i = 0; i < NR_PAGES && used[i]; i++)
		;
	if (i == NR_PAGES)
		return -GM_ENOMEM;
	used[i] = 1;
	nr_used++;
	out->value = MEMORY + i * PAGE;
	return 0;
}

static void give(void *ctx, struct gm_paddr table, uint64_t bytes)
{
	uint64_t i = (table.value - MEMORY) / PAGE;

	(void)ctx;
	FUZZ_EXPECT(i < NR_PAGES && used[i] && bytes <= PAGE);
	used[i] = 0;
	nr_used--;
}

static int is_translated(const struct bounds *bounds, uint64_t va, uint64_t size)
{
	return wide_inside(va, size, bounds->first, bounds->size) ||
	       (bounds->halves && wide_inside(va, size, 0 - bounds->size, bounds->size));
}

/* What a range must be answered, before anything else is looked at. */
static int predicted(const struct bounds *bounds, uint64_t granule, uint64_t va, uint64_t size)
{
	if (size == 0)
		return -GM_ESIZE;
	if (va % granule != 0 || size % granule != 0)
		return -GM_EALIGN;
	if (wide_less(wide_add(wide_of(~(uint64_t)0), wide_of(1)), wide_sum(va, size)))
		return -GM_EOVERFLOW;
	return is_translated(bounds, va, size) ? 0 : -GM_ERANGE;
}

static void check_found(const struct gm_walker *walker, uint64_t va, uint64_t paddr)
{
	struct gm_walker_at at;

	FUZZ_EXPECT(gm_walker_lookup(walker, va, &at) == 0);
	FUZZ_EXPECT(at.paddr.value == paddr);
	FUZZ_EXPECT(at.bytes != 0 && at.bytes <= (uint64_t)1 << at.leaf_shift);
}

/* desc: the object, or NULL for frames. */
static void do_map(struct gm_walker *walker, struct fuzz_input *in, uint64_t va, uint64_t size,
		   int want, struct gm_desc *desc)
{
	uint64_t granule = (uint64_t)1 << walker->shift[0];
	uint64_t paddr = fuzz_u64(in);
	struct gm_map_request request;
	int err;

	memset(&request, 0, sizeof(request));
	request.desc = desc;
	request.offset = paddr;
	request.paddr.value = paddr;
	request.prot = fuzz_u8(in) % 16;
	err = gm_walker_map(walker, va, size, &request, NULL);
	if (want == 0 && !wide_inside(paddr, size, 0, desc != NULL ? OBJECT : GM_PADDR_END))
		want = -GM_ERANGE;
	paddr += desc != NULL ? BASE : 0;
	if (want == 0 && paddr % granule != 0)
		want = -GM_EALIGN;
	if (want != 0) {
		FUZZ_EXPECT(err == want);
		return;
	}
	FUZZ_EXPECT(err == 0 || err == -GM_EBUSY || err == -GM_ENOMEM || err == -GM_ENOTSUP ||
		    err == -GM_ERANGE);
	if (err != 0)
		return;
	check_found(walker, va, paddr);
	check_found(walker, va + size - 1, paddr + size - 1);
	err = gm_walker_map(walker, va + size - granule, granule, &request, NULL);
	FUZZ_EXPECT(err == -GM_EBUSY);
}

static void do_change(struct gm_walker *walker, struct fuzz_input *in, uint64_t va, uint64_t size,
		      int want)
{
	unsigned verb = fuzz_u8(in);
	struct gm_walker_at at;
	int err = verb % 2 ? gm_walker_unmap(walker, va, size, NULL) :
			     gm_walker_protect(walker, va, size, verb / 2 % 16, NULL);

	if (want != 0) {
		FUZZ_EXPECT(err == want);
		return;
	}
	FUZZ_EXPECT(err == 0 || err == -GM_ENOMEM || (err == -GM_ENOTSUP && verb % 2 == 0));
	if (err == 0 && verb % 2) {
		FUZZ_EXPECT(gm_walker_lookup(walker, va, &at) == -GM_ENOENT);
		FUZZ_EXPECT(gm_walker_lookup(walker, va + size - 1, &at) == -GM_ENOENT);
	}
}

/* What is mapped somewhere, at one moment. */
struct probe {
	uint64_t va;
	struct gm_walker_at at;
	int err;
	int meant; /* it is the byte of the object that was asked for */
};

#define PROBES 5

static void look(const struct gm_walker *walker, struct probe *probe)
{
	memset(&probe->at, 0, sizeof(probe->at));
	probe->err = gm_walker_lookup(walker, probe->va, &probe->at);
}

/* Of each byte: is it gone if it was meant, and else as it was? */
static void check_taken_back(const struct gm_walker *walker, const struct probe *probes,
			     uint64_t va, uint64_t size, int err)
{
	struct probe now;
	unsigned i;

	for (i = 0; i < PROBES; i++) {
		const struct probe *before = &probes[i];
		int inside = before->va - va < size;

		now.va = before->va;
		look(walker, &now);
		if (before->meant && inside && err == 0) {
			FUZZ_EXPECT(now.err == -GM_ENOENT);
			continue;
		}
		if (before->meant && inside && err == -GM_ENOMEM)
			continue; /* how far it got */
		FUZZ_EXPECT(now.err == before->err);
		FUZZ_EXPECT(now.at.paddr.value == before->at.paddr.value);
		if (!before->meant)
			FUZZ_EXPECT(now.at.leaf_shift == before->at.leaf_shift);
	}
}

static void do_take_back(struct gm_walker *walker, struct fuzz_input *in, uint64_t va,
			 uint64_t size, int want)
{
	uint64_t offset = fuzz_u64(in);
	struct probe probes[PROBES] = { { .va = va }, { .va = va + size - 1 },
					{ .va = va + size / 2 }, { .va = va - 1 },
					{ .va = va + size } };
	unsigned i;
	int err;

	for (i = 0; i < PROBES; i++) {
		look(walker, &probes[i]);
		probes[i].meant = probes[i].err == 0 &&
				  (probes[i].at.pte.software & GM_MAP_COUNTED) != 0 &&
				  probes[i].at.paddr.value == BASE + offset + (probes[i].va - va);
	}
	err = gm_walker_unmap_object(walker, va, size, object, offset, NULL);
	if (want == 0 && !wide_inside(offset, size, 0, OBJECT))
		want = -GM_ERANGE;
	if (want == 0 && offset % ((uint64_t)1 << walker->shift[0]) != 0)
		want = -GM_EALIGN;
	FUZZ_EXPECT(err == want || (want == 0 && err == -GM_ENOMEM));
	check_taken_back(walker, probes, va, size, err);
}

static void begin_walker(struct gm_walker *walker, unsigned which)
{
	struct gm_walker_config config;
	struct gm_map_config count;
	struct gm_object whole = { .base = { BASE }, .size = OBJECT, .type = TYPE };

	if (mapped_begin())
		FUZZ_EXPECT(gm_space_create(&space, &whole, &object) == 0);
	memset(&count, 0, sizeof(count));
	count.memory = &space;
	count.format = formats[which].format;
	count.lanes = lanes;
	count.nr_lanes = 1;
	count.classes[TYPE] = GM_MAP_FILE;
	FUZZ_EXPECT(gm_map_init(&as, &count) == 0);
	memset(&config, 0, sizeof(config));
	config.format = formats[which].format;
	config.flags = formats[which].flags;
	config.map = &as;
	config.alloc = take;
	config.free = give;
	config.virtual_offset = (uint64_t)(uintptr_t)memory - MEMORY;
	FUZZ_EXPECT(gm_walker_init(walker, &config) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bounds *bounds;
	struct gm_walker walker;
	struct fuzz_input in;
	unsigned which, step, what;

	fuzz_begin(&in, data, size);
	which = fuzz_below(&in, sizeof(formats) / sizeof(formats[0]));
	bounds = &formats[which].bounds;
	begin_walker(&walker, which);
	fuzz_anchor(&in, 2, bounds->first);
	fuzz_anchor(&in, 3, bounds->first + bounds->size);
	fuzz_anchor(&in, 4, 0 - bounds->size);
	fuzz_anchor(&in, 5, bounds->size);
	for (step = 0; step < 6 && in.size != 0; step++) {
		uint64_t va = fuzz_u64(&in);
		uint64_t bytes = fuzz_u64(&in);
		int want = predicted(bounds, (uint64_t)1 << walker.shift[0], va, bytes);
		struct gm_walker_at at;
		int err = gm_walker_lookup(&walker, va, &at);

		FUZZ_EXPECT((err == -GM_ERANGE) == !is_translated(bounds, va, 1));
		fuzz_anchor(&in, 6, va);
		fuzz_anchor(&in, 7, va + bytes);
		what = fuzz_u8(&in);
		if (what % 2)
			do_map(&walker, &in, va, bytes, want, what & 4 ? object : NULL);
		else if (what & 4)
			do_take_back(&walker, &in, va, bytes, want);
		else
			do_change(&walker, &in, va, bytes, want);
		FUZZ_EXPECT(gm_ref_count(object) == 1 + gm_map_count(object));
	}
	gm_walker_destroy(&walker);
	FUZZ_EXPECT(nr_used == 0);
	FUZZ_EXPECT(gm_ref_count(object) == 1 && gm_map_count(object) == 0);
	return 0;
}
