/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_space.c - property: a space takes any region or refuses it with the error
 * that the contract names; then any address, object and claim is answered by the
 * region that 128-bit arithmetic says it belongs to, and by no other.
 */
#include "oracle.h"
#include "wide.h"

#define WORLDS 3u
#define REGIONS 4u

struct scene {
	struct world worlds[WORLDS];
	int made[WORLDS];
	struct gm_space space;
	struct gm_region regions[REGIONS];
	struct gm_region added[REGIONS]; /* what was accepted, in the order of adding */
	unsigned nr;
};

static int is_ram(const struct gm_region *region)
{
	return region->kind == GM_REGION_COMPOUND || region->kind == GM_REGION_FOLIO ||
	       region->kind == GM_REGION_ADHOC;
}

static int has_kind(const struct gm_region *region)
{
	return is_ram(region) || region->kind == GM_REGION_DEVICE ||
	       region->kind == GM_REGION_RESERVED;
}

static int add_error(const struct scene *s, const struct gm_region *region)
{
	uint64_t base = region->base.value;
	unsigned i;

	if (!has_kind(region) || is_ram(region) != (region->table != NULL) || region->node < 0)
		return -GM_EINVAL;
	if (region->size == 0)
		return -GM_ESIZE;
	if (!wide_inside(base, region->size, 0, GM_PADDR_END))
		return -GM_EOVERFLOW;
	if (region->table != NULL &&
	    (base != region->table->base || region->size != region->table->size))
		return -GM_ERANGE;
	for (i = 0; i < s->nr; i++) {
		wide end = wide_sum(base, region->size);
		wide other = wide_sum(s->added[i].base.value, s->added[i].size);

		if (wide_less(wide_of(base), other) &&
		    wide_less(wide_of(s->added[i].base.value), end))
			return -GM_EEXIST;
	}
	return s->nr == REGIONS ? -GM_ENOMEM : 0;
}

static void add(struct scene *s, struct fuzz_input *in)
{
	unsigned how = fuzz_u8(in);
	unsigned which = how % WORLDS;
	struct world *w = &s->worlds[which];
	struct gm_region region;
	int got;

	memset(&region, 0, sizeof(region));
	region.node = (int)(how >> 2 & 3);
	region.priority = how >> 4 & 3;
	if ((how & 0xc0) != 0xc0 && s->made[which]) {
		region.kind = w->kind;
		region.table = &w->as.table;
		region.base = gm_paddr(w->base);
		region.size = w->size;
	}
	how = fuzz_u8(in);
	if ((how & 0x80) != 0)
		region.kind = (enum gm_region_kind)(how % 8);
	/* Of which kind its table is, the embedder knows. */
	if (is_ram(&region))
		region.kind = w->kind;
	if ((how & 0x10) != 0)
		region.table = NULL;
	if ((how & 0x20) != 0)
		region.base = gm_paddr(fuzz_u64(in));
	if ((how & 0x40) != 0)
		region.size = fuzz_u64(in);
	if ((how & 0x0f) == 0x0f)
		region.node = (int)fuzz_u64(in);
	got = gm_space_add(&s->space, &region);
	FUZZ_EXPECT(got == add_error(s, &region));
	if (got == 0)
		s->added[s->nr++] = region;
	FUZZ_EXPECT(s->space.nr_regions == s->nr);
}

static const struct gm_region *region_at(const struct scene *s, uint64_t paddr)
{
	unsigned i;

	for (i = 0; i < s->nr; i++)
		if (wide_inside(paddr, 1, s->added[i].base.value, s->added[i].size))
			return &s->added[i];
	return NULL;
}

static struct world *world_of(struct scene *s, const struct gm_region *region)
{
	unsigned i;

	for (i = 0; i < WORLDS; i++)
		if (&s->worlds[i].as.table == region->table)
			return &s->worlds[i];
	return NULL;
}

static void translate(const struct scene *s, uint64_t paddr, unsigned shift)
{
	const struct gm_region *region = region_at(s, paddr);
	const struct gm_region *found = gm_space_find(&s->space, gm_paddr(paddr));
	struct gm_translation out = { .bytes = 0 };
	int got = gm_space_translate(&s->space, gm_paddr(paddr), shift, &out);

	FUZZ_EXPECT((found == NULL) == (region == NULL));
	if (shift < GM_GRANULE_SHIFT_MIN || shift > GM_GRANULE_SHIFT_MAX) {
		FUZZ_EXPECT(got == -GM_EINVAL && out.bytes == 0);
		return;
	}
	FUZZ_EXPECT(got == (region != NULL ? 0 : -GM_ENOENT));
	if (region == NULL)
		return;
	FUZZ_EXPECT(found->base.value == region->base.value && found->kind == region->kind);
	FUZZ_EXPECT(out.pfn.value == paddr >> shift);
	FUZZ_EXPECT(out.granule_offset == paddr % ((uint64_t)1 << shift));
	FUZZ_EXPECT(out.bytes == region->base.value + region->size - paddr);
	FUZZ_EXPECT(out.kind == region->kind && out.node == region->node);
}

static void find(struct scene *s, uint64_t paddr, unsigned type)
{
	const struct gm_region *region = region_at(s, paddr);
	struct gm_desc *held = gm_space_find_object(&s->space, gm_paddr(paddr));
	struct world_object *object = NULL;
	struct gm_desc *desc = NULL;
	int got = gm_space_find_get(&s->space, gm_paddr(paddr), type, &desc);
	uint64_t errors = region == NULL        ? ORACLE(GM_ENOENT) :
			  region->table == NULL ? ORACLE(GM_ENOTRAM) :
						  oracle_find(world_of(s, region), paddr, type);

	FUZZ_EXPECT(got <= 0 && got > -64 && (errors >> -got & 1) != 0);
	if (region != NULL && region->table != NULL)
		object = world_at(world_of(s, region), paddr);
	FUZZ_EXPECT(held == (object != NULL ? object->desc : NULL));
	if (got == 0)
		FUZZ_EXPECT(gm_space_put(&s->space, desc) == 0);
}

static void create(struct scene *s, const struct gm_object *object)
{
	const struct gm_region *region = region_at(s, object->base.value);
	struct gm_desc *desc = NULL;
	struct world *w;
	uint64_t errors;
	int got;

	if (region == NULL || region->table == NULL) {
		got = gm_space_create(&s->space, object, &desc);
		FUZZ_EXPECT(got == (region == NULL ? -GM_ENOENT : -GM_ENOTRAM));
		return;
	}
	w = world_of(s, region);
	errors = oracle_create(w, object);
	world_before(w);
	if (world_answer(w, gm_space_create(&s->space, object, &desc), errors))
		world_enter(w, desc, object->base.value, object->size, object->type);
	world_check(w);
}

/* Is a before b in line for claims? */
static int before(const struct gm_region *a, const struct gm_region *b)
{
	return a->priority != b->priority ? a->priority > b->priority :
					    a->base.value < b->base.value;
}

/* The next in line behind `last` (NULL: the first). */
static const struct gm_region *next_in_line(const struct scene *s, const struct gm_region *last)
{
	const struct gm_region *next = NULL;
	unsigned i;

	for (i = 0; i < s->nr; i++) {
		const struct gm_region *region = &s->added[i];

		if ((last == NULL || before(last, region)) &&
		    (next == NULL || before(region, next)))
			next = region;
	}
	return next;
}

static void claim(struct scene *s, const struct gm_claim *request, int node)
{
	const struct gm_region *region;
	struct world *w, *from = NULL;
	struct gm_desc *desc = NULL;
	uint64_t errors = 0, all = ORACLE(GM_ERANGE);
	int enough = 0;
	int got;

	for (region = next_in_line(s, NULL); region != NULL && from == NULL;
	     region = next_in_line(s, region)) {
		if (region->table == NULL || (node != GM_NODE_ANY && node != region->node))
			continue;
		w = world_of(s, region);
		errors = oracle_claim(w, request);
		if ((errors & ORACLE(0)) != 0)
			from = w;
		all |= errors;
		enough |= errors == ORACLE(GM_ENOMEM);
	}
	got = gm_space_claim(&s->space, request, node, &desc);
	FUZZ_EXPECT((got == 0) == (from != NULL));
	FUZZ_EXPECT(got <= 0 && got > -64 && (all >> -got & 1) != 0);
	FUZZ_EXPECT(!enough || got == 0 || got == -GM_ENOMEM || got == -GM_EBUSY);
	if (got == 0) {
		world_enter(from, desc, gm_desc_base(desc), request->size, request->type);
		world_check(from);
	}
}

static void step(struct scene *s, struct fuzz_input *in)
{
	unsigned what = fuzz_u8(in);
	struct gm_object object;
	struct gm_claim request;
	uint64_t paddr;

	switch (what % 4) {
	case 0:
		paddr = fuzz_u64(in);
		translate(s, paddr, what / 4);
		break;
	case 1:
		paddr = fuzz_u64(in);
		find(s, paddr, what < 0x80 ? 0 : fuzz_type(in));
		break;
	case 2:
		object = world_object_of(in);
		create(s, &object);
		break;
	default:
		request = world_claim_of(in);
		request.accept = NULL;
		claim(s, &request, (int)(what >> 3) % 6 - 1);
		break;
	}
}

static void check_sum(const struct scene *s)
{
	struct gm_verify verify;
	struct gm_stats stats, one;
	uint64_t bytes = 0, free = 0;
	unsigned i;

	FUZZ_EXPECT(gm_verify_space(&s->space, &verify) == 0);
	gm_space_stats(&s->space, &stats);
	for (i = 0; i < s->nr; i++) {
		const struct gm_region *region = &s->added[i];
		int err = gm_space_table_stats(region->kind, region->table, &one);

		FUZZ_EXPECT(err == (region->table != NULL ? 0 : -GM_EINVAL));
		bytes += region->table != NULL ? region->size : 0;
		free += err == 0 ? one.free_bytes : 0;
	}
	FUZZ_EXPECT(free == stats.free_bytes);
	FUZZ_EXPECT(stats.region_bytes == bytes && stats.nr_objects == verify.nr_objects);
	FUZZ_EXPECT(stats.free_bytes == bytes - verify.covered_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scene s;
	struct fuzz_input in;
	unsigned nr, i;

	fuzz_begin(&in, data, size);
	memset(&s, 0, sizeof(s));
	gm_space_init(&s.space, s.regions, REGIONS);
	for (i = 0; i < WORLDS; i++) {
		s.made[i] = world_begin(&s.worlds[i], &in, i + 1);
		/* There is memory for one that hosts its metadata, at one time. */
		if (s.made[i] && s.worlds[i].hosted) {
			world_end(&s.worlds[i]);
			s.made[i] = 0;
		}
	}
	for (nr = fuzz_below(&in, 2 * REGIONS); nr > 0; nr--)
		add(&s, &in);
	for (i = 0; i < s.nr; i++)
		fuzz_anchor(&in, 2 + i, s.added[i].base.value);
	/* Marks are none of this, so all that is used is covered. */
	do
		step(&s, &in);
	while (in.size != 0);
	check_sum(&s);
	for (i = 0; i < WORLDS; i++)
		if (s.made[i])
			world_end(&s.worlds[i]);
	return 0;
}
