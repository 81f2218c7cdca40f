/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_map.c - property: any object, offset, address, count and level, in any format, is
 * mapped into slots exactly where 128-bit arithmetic says that it can be, in leaves that
 * say what was asked for; else the answer is an error and nothing has changed. Any other
 * protection comes as far as the format can say it, what hardware notes is taken once and
 * reaches the object, and what was mapped is given back whole, however small the gather is.
 */
#include "fuzz.h"
#include "mapped.h"
#include "wide.h"

#define NR_SLOTS 64u
#define TYPE 3u
#define JUNK ((gm_word)1 << 62) /* somebody's mark: present in no format */

static const struct gm_pte_format formats[] = {
	{ .kind = GM_PTE_X86_64, .features = GM_PTE_HAS_NX | GM_PTE_HAS_1G },
	{ .kind = GM_PTE_EPT, .output_bits = 40 },
	{ .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 16, .output_bits = 52 },
	{ .kind = GM_PTE_AARCH64_STAGE1, .granule_shift = 14, .input_bits = 36 },
	{ .kind = GM_PTE_AARCH64_STAGE2, .input_bits = 40 },
	{ .kind = GM_PTE_RISCV64, .features = GM_PTE_HAS_NAPOT },
	{ .kind = GM_PTE_RISCV64_STAGE2, .input_bits = 59 },
};

static struct gm_map_lane lanes[1];
static gm_word slots[NR_SLOTS];

static struct gm_desc *new_object(struct fuzz_input *in)
{
	struct gm_object object = { .type = TYPE };
	struct gm_desc *desc;

	object.base.value = BASE + ((uint64_t)fuzz_u8(in) << 16);
	object.size = ((uint64_t)1 + fuzz_u8(in)) << 14;
	FUZZ_EXPECT(gm_space_create(&space, &object, &desc) == 0);
	fuzz_anchor(in, 2, object.size);
	fuzz_anchor(in, 3, object.base.value);
	return desc;
}

/* What pte says of the leaf that is `behind` the first one. */
static int encode(const struct gm_map_space *as, const struct gm_map_request *request,
		  unsigned level, uint64_t paddr)
{
	struct gm_pte leaf;
	uint64_t entry;

	memset(&leaf, 0, sizeof(leaf));
	leaf.is = GM_PTE_LEAF;
	leaf.paddr.value = paddr;
	leaf.prot = request->prot;
	leaf.flags = request->flags;
	return gm_pte_leaf(&as->config.format, level, &leaf, &entry);
}

/* What the call must answer if all slots are empty; paddr: where the memory begins. */
static int predicted(const struct gm_map_space *as, const struct gm_map_request *request,
		     uint64_t nr, unsigned level, uint64_t *paddr)
{
	uint64_t limit = request->desc != NULL ? gm_desc_size(request->desc) : GM_PADDR_END;
	uint64_t first = request->desc != NULL ? request->offset : request->paddr.value;
	uint64_t leaf;
	int err;

	if (nr == 0 || level >= gm_pte_levels(&as->config.format))
		return -GM_EINVAL;
	if ((request->flags & GM_PTE_RUN) != 0)
		return -GM_ENOTSUP;
	leaf = (uint64_t)1 << gm_pte_shift(&as->config.format, level);
	if (wide_less(wide_of(limit), wide_add(wide_of(first), wide_mul(nr, leaf))))
		return -GM_ERANGE;
	*paddr = request->desc != NULL ? gm_desc_base(request->desc) + first : first;
	err = encode(as, request, level, *paddr);
	if (err == 0)
		err = encode(as, request, level, *paddr + (nr - 1) * leaf);
	return err;
}

/* Two pieces of an address, which one batch may not lead across (map.h). */
static int crosses(uint64_t paddr, uint64_t bytes)
{
	return paddr >> 48 != (paddr + bytes - 1) >> 48;
}

static void check_slots(const struct gm_map_space *as, uint64_t nr, unsigned level,
			const struct gm_map_request *request, uint64_t paddr)
{
	struct gm_pte leaf;
	unsigned i;

	for (i = 0; i < nr; i++) {
		FUZZ_EXPECT(gm_pte_decode(&as->config.format, level, slots[i], &leaf) == 0);
		FUZZ_EXPECT(leaf.paddr.value ==
			    paddr + ((uint64_t)i << gm_pte_shift(&as->config.format, level)));
		FUZZ_EXPECT(leaf.prot == request->prot);
		FUZZ_EXPECT(leaf.software == (request->desc != NULL ? GM_MAP_COUNTED : 0));
	}
	for (; i < NR_SLOTS; i++)
		FUZZ_EXPECT(slots[i] == 0);
}

static void check_counts(const struct gm_map_space *as, const struct gm_desc *desc, uint64_t nr,
			 uint64_t bytes, int counted)
{
	unsigned shift = gm_pte_shift(&as->config.format, 0);

	FUZZ_EXPECT(gm_ref_count(desc) == 1 + (counted ? nr : 0));
	FUZZ_EXPECT(gm_map_count(desc) == (counted ? nr : 0));
	FUZZ_EXPECT(gm_map_granules(as, GM_MAP_FILE) == (counted ? bytes >> shift : 0));
	FUZZ_EXPECT(gm_map_granules(as, GM_MAP_DEVICE) == (counted ? 0 : bytes >> shift));
}

static void unmap(struct gm_map_space *as, unsigned level, unsigned max)
{
	struct gm_map_gone gone[4];
	struct gm_map_gather gather;
	size_t done = 0;

	gm_map_gather_init(&gather, gone, max);
	while (done < NR_SLOTS) {
		done += gm_map_unmap(as, &slots[done], NR_SLOTS - done, level, &gather);
		gm_map_finish(as, &gather);
	}
}

/* Does the slot map something, and what? Returns 0, or what gm_pte_decode refuses. */
static int leaf_in(const struct gm_map_space *as, unsigned level, unsigned slot,
		   struct gm_pte *leaf)
{
	const struct gm_pte_format *format = &as->config.format;

	memset(leaf, 0, sizeof(*leaf));
	if (!gm_pte_is_present(format, level, slots[slot]) ||
	    !gm_pte_is_leaf(format, level, slots[slot]))
		return 0;
	return gm_pte_decode(format, level, slots[slot], leaf);
}

/* aarch64 does not note what is written, but where it manages dirty state. */
static int never_noted(const struct gm_pte_format *format)
{
	return format->kind == GM_PTE_AARCH64_STAGE1 || format->kind == GM_PTE_AARCH64_STAGE2;
}

/* Each slot in turn gets the protection, up to the first that cannot have it. */
static void protect(struct gm_map_space *as, unsigned level, uint32_t prot)
{
	const struct gm_pte_format *format = &as->config.format;
	gm_word want[NR_SLOTS];
	int want_err = level < gm_pte_levels(format) ? 0 : -GM_EINVAL;
	size_t done = NR_SLOTS, want_done = 0;
	struct gm_pte leaf;
	uint64_t entry;
	int err;

	memcpy(want, slots, sizeof(want));
	while (want_err == 0 && want_done < NR_SLOTS) {
		want_err = leaf_in(as, level, (unsigned)want_done, &leaf);
		if (want_err == 0 && leaf.is == GM_PTE_LEAF) {
			if (never_noted(format) && (leaf.prot & ~prot & GM_PROT_WRITE) != 0)
				leaf.flags |= GM_PTE_DIRTY;
			leaf.prot = prot;
			want_err = gm_pte_leaf(format, level, &leaf, &entry);
			if (want_err == 0)
				want[want_done] = entry;
		}
		want_done += want_err == 0;
	}
	err = gm_map_protect(as, slots, NR_SLOTS, level, prot, &done);
	FUZZ_EXPECT(err == want_err && done == want_done);
	FUZZ_EXPECT(memcmp(slots, want, sizeof(want)) == 0);
}

/* What hardware might do, in a level that there is: it notes something in some of the
 * leaves. */
static gm_word note(const struct gm_map_space *as, struct fuzz_input *in, unsigned level)
{
	uint64_t which = fuzz_u64(in);
	gm_word noted = 0;
	struct gm_pte leaf;
	uint64_t entry;
	unsigned i;

	for (i = 0; i < NR_SLOTS && level < gm_pte_levels(&as->config.format); i++) {
		if (leaf_in(as, level, i, &leaf) != 0 || leaf.is != GM_PTE_LEAF)
			continue;
		if ((which >> i & 1) != 0)
			leaf.flags |= i % 3 != 0 ? GM_PTE_ACCESSED : GM_PTE_ACCESSED | GM_PTE_DIRTY;
		if (gm_pte_leaf(&as->config.format, level, &leaf, &entry) == 0)
			slots[i] = entry;
		(void)leaf_in(as, level, i, &leaf);
		if ((leaf.software & GM_MAP_COUNTED) != 0)
			noted |= leaf.flags & (GM_PTE_ACCESSED | GM_PTE_DIRTY);
	}
	return noted;
}

/* All of the slots, by gathers of max each; the flags are what may be asked for. */
static void collect_all(struct gm_map_space *as, unsigned level, uint32_t flags, unsigned max)
{
	struct gm_map_gone gone[4];
	struct gm_map_gather gather;
	size_t done = 0, some;

	gm_map_gather_init(&gather, gone, max);
	while (done < NR_SLOTS) {
		FUZZ_EXPECT(gm_map_collect(as, &slots[done], NR_SLOTS - done, level, flags, &gather,
					   &some) == 0);
		done += some;
		gm_map_finish(as, &gather);
	}
}

/* What was noted in counted leaves is gone from them and at the object; all else is as
 * it was. */
static void collect(struct gm_map_space *as, struct fuzz_input *in, struct gm_desc *desc,
		    unsigned level, uint32_t flags)
{
	gm_word noted = note(as, in, level) & flags, said = 0;
	struct gm_pte before[NR_SLOTS], leaf;
	struct gm_map_gone gone;
	struct gm_map_gather gather;
	size_t done = 1;
	unsigned i;

	gm_map_gather_init(&gather, &gone, 1);
	if (level >= gm_pte_levels(&as->config.format) || flags == 0 ||
	    (flags & ~(uint32_t)(GM_PTE_ACCESSED | GM_PTE_DIRTY)) != 0) {
		FUZZ_EXPECT(gm_map_collect(as, slots, NR_SLOTS, level, flags, &gather, &done) ==
			    -GM_EINVAL && done == 0);
		return;
	}
	for (i = 0; i < NR_SLOTS; i++)
		(void)leaf_in(as, level, i, &before[i]);
	(void)gm_map_take_flags(desc, GM_FLAG_REFERENCED | GM_FLAG_DIRTY);
	collect_all(as, level, flags, 1 + (unsigned)(noted % 4));
	for (i = 0; i < NR_SLOTS; i++) {
		FUZZ_EXPECT(leaf_in(as, level, i, &leaf) == 0);
		if ((before[i].software & GM_MAP_COUNTED) != 0)
			before[i].flags &= ~flags;
		FUZZ_EXPECT(memcmp(&leaf, &before[i], sizeof(leaf)) == 0);
	}
	said |= (noted & GM_PTE_ACCESSED) != 0 ? GM_FLAG_REFERENCED : 0;
	said |= (noted & GM_PTE_DIRTY) != 0 ? GM_FLAG_DIRTY : 0;
	FUZZ_EXPECT(gm_map_take_flags(desc, GM_FLAG_REFERENCED | GM_FLAG_DIRTY) == said);
}

/* Calls about what is mapped, with any level, protection and flags. */
static void change(struct gm_map_space *as, struct fuzz_input *in, struct gm_desc *desc,
		   unsigned level)
{
	unsigned how = fuzz_u8(in);
	unsigned other = how < 0x80 ? level : how < 0xf0 ? how % 8 : (unsigned)fuzz_u64(in);
	unsigned flags;

	protect(as, other, how & 1 ? (uint32_t)fuzz_u64(in) : how >> 1 & 15);
	/* A leaf of this level, read as one of another, would be of other memory. */
	if (other >= gm_pte_levels(&as->config.format))
		level = other;
	flags = fuzz_u8(in);
	flags = flags < 0xf0 ? flags & (GM_PTE_ACCESSED | GM_PTE_DIRTY) : (unsigned)fuzz_u64(in);
	collect(as, in, desc, level, flags);
}

static void try(struct gm_map_space *as, struct fuzz_input *in, struct gm_desc *desc)
{
	struct gm_map_request request;
	unsigned how = fuzz_u8(in), level = fuzz_u8(in), junk = fuzz_below(in, NR_SLOTS);
	uint64_t paddr = 0, bytes = 0, nr;
	int want, err;

	memset(&request, 0, sizeof(request));
	request.desc = how & 1 ? desc : NULL;
	request.offset = fuzz_u64(in);
	request.paddr.value = fuzz_u64(in);
	request.prot = how >> 1 & 15;
	request.flags = how & 0x20 ? GM_PTE_ACCESSED : 0;
	request.flags |= (how & 0xc0) == 0xc0 ? GM_PTE_RUN : 0;
	level = level < 0xf0 ? level % 6 : (unsigned)fuzz_u64(in);
	nr = fuzz_u64(in);
	want = predicted(as, &request, nr, level, &paddr);
	if (want == 0 && nr > NR_SLOTS)
		return; /* it would need more slots than there are */
	if (want == 0)
		bytes = nr << gm_pte_shift(&as->config.format, level);
	if (want == 0 && (how & 0xc0) == 0x80 && junk < nr)
		slots[junk] = JUNK;
	err = gm_map_slots(as, slots, (size_t)nr, level, &request);
	if (want == 0 && err == -GM_ENOTSUP && crosses(paddr, bytes))
		want = err;
	if (want == 0 && slots[junk] == JUNK)
		want = -GM_EBUSY;
	slots[junk] = slots[junk] == JUNK ? 0 : slots[junk];
	FUZZ_EXPECT(err == want);
	if (err != 0)
		nr = bytes = 0;
	check_slots(as, nr, level, &request, paddr);
	check_counts(as, desc, nr, bytes, request.desc != NULL);
	if (err == 0 && (how & 0xc0) == 0x40) {
		change(as, in, desc, level);
		check_counts(as, desc, nr, bytes, request.desc != NULL);
	}
	if (err == 0)
		unmap(as, level, 1 + how % 4);
	check_slots(as, 0, 0, &request, 0);
	check_counts(as, desc, 0, 0, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gm_map_config config;
	struct gm_map_space as;
	struct fuzz_input in;
	struct gm_desc *desc;
	unsigned step;

	fuzz_begin(&in, data, size);
	(void)mapped_begin();
	memset(&config, 0, sizeof(config));
	config.memory = &space;
	config.format = formats[fuzz_below(&in, sizeof(formats) / sizeof(formats[0]))];
	config.lanes = lanes;
	config.nr_lanes = 1;
	config.classes[TYPE] = GM_MAP_FILE;
	FUZZ_EXPECT(gm_map_init(&as, &config) == 0);
	desc = new_object(&in);
	fuzz_anchor(&in, 4, ~(uint64_t)0);
	fuzz_anchor(&in, 5, GM_PADDR_END >> gm_pte_shift(&config.format, 0));
	fuzz_anchor(&in, 6, (uint64_t)1 << 48);
	for (step = 0; step < 4 && in.size != 0; step++)
		try(&as, &in, desc);
	FUZZ_EXPECT(gm_space_put(&space, desc) == 1);
	return 0;
}
