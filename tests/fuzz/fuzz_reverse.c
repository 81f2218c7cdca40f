/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_reverse.c - property: whatever places an owner's list names, and whatever bytes are
 * asked for, what goes is what 128-bit arithmetic finds mapped there, leaf by leaf, and
 * nothing of another object; an error leaves at least everything else as it was.
 */
#include <granmem/reverse.h>

#include "fuzz.h"
#include "mapped.h"
#include "wide.h"

#define PAGE ((uint64_t)4096)
#define NR 64u /* granules of an object */
#define BYTES (NR * PAGE)
#define VA (((uint64_t)1 << 47) - 2 * BYTES) /* the last ones before the hole */
#define TYPE 3u
#define TYPE_TABLE 4u
#define PLACES 3u

static struct gm_map_lane lanes[1];
static struct gm_map_space as;
static struct gm_walker walker;
static unsigned char memory[SIZE] __attribute__((aligned(4096)));

struct list {
	struct gm_reverse_place places[PLACES];
	unsigned next;
};

static int next_place(void *ctx, const struct gm_desc *desc, struct gm_reverse_place *place)
{
	struct list *list = ctx;

	(void)desc;
	if (list->next == PLACES)
		return 0;
	*place = list->places[list->next++];
	return 1;
}

static void init_walker(void)
{
	struct gm_map_config count;
	struct gm_walker_config config;

	memset(&count, 0, sizeof(count));
	count.memory = &space;
	count.format.kind = GM_PTE_X86_64;
	count.lanes = lanes;
	count.nr_lanes = 1;
	count.classes[TYPE] = GM_MAP_FILE;
	FUZZ_EXPECT(gm_map_init(&as, &count) == 0);
	memset(&config, 0, sizeof(config));
	config.format = count.format;
	config.leaves = GM_RUN_LEAF(12);
	config.map = &as;
	config.space = &space;
	config.table_type = TYPE_TABLE;
	config.virtual_offset = (uint64_t)(uintptr_t)memory - BASE;
	FUZZ_EXPECT(gm_walker_init(&walker, &config) == 0);
}

static struct gm_desc *claim(void)
{
	struct gm_claim request = { .size = BYTES, .type = TYPE };
	struct gm_desc *desc;

	FUZZ_EXPECT(gm_space_claim(&space, &request, GM_NODE_ANY, &desc) == 0);
	return desc;
}

static void map(unsigned which, struct gm_desc *desc)
{
	struct gm_map_request request;

	memset(&request, 0, sizeof(request));
	request.desc = desc;
	request.prot = GM_PROT_READ | GM_PROT_EXEC;
	FUZZ_EXPECT(gm_walker_map(&walker, VA + which * BYTES, BYTES, &request, NULL) == 0);
}

static int is_mapped(unsigned granule)
{
	struct gm_walker_at at;

	return gm_walker_lookup(&walker, VA + granule * PAGE, &at) == 0;
}

/* Is the granule in the bytes, and where the place says that it is? */
static int is_named(const struct gm_reverse_place *place, unsigned granule, uint64_t offset,
		    uint64_t size)
{
	uint64_t at = granule * PAGE;

	return wide_inside(at, PAGE, offset, size) &&
	       wide_inside(at, PAGE, place->offset, place->bytes) &&
	       place->va + (at - place->offset) == VA + at;
}

static void check(const struct list *list, uint64_t offset, uint64_t size, int err)
{
	unsigned granule, i;
	int named;

	for (granule = 0; granule < NR; granule++) {
		named = 0;
		for (i = 0; i < PLACES; i++)
			named |= is_named(&list->places[i], granule, offset, size);
		if (err == 0)
			FUZZ_EXPECT(is_mapped(granule) == !named);
		else
			FUZZ_EXPECT(is_mapped(granule) || named);
	}
}

static void read_list(struct fuzz_input *in, struct list *list)
{
	unsigned i;

	for (i = 0; i < PLACES; i++) {
		struct gm_reverse_place *place = &list->places[i];

		place->walker = &walker;
		place->offset = fuzz_u64(in);
		fuzz_anchor(in, 5, VA + place->offset);
		place->va = fuzz_u64(in);
		fuzz_anchor(in, 6, 0 - place->va);
		place->bytes = fuzz_u64(in);
	}
	list->next = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gm_desc *desc, *other;
	uint64_t offset, bytes;
	struct fuzz_input in;
	struct list list;
	int err;

	fuzz_begin(&in, data, size);
	if (mapped_begin())
		init_walker();
	fuzz_anchor(&in, 2, BYTES);
	fuzz_anchor(&in, 3, VA);
	fuzz_anchor(&in, 4, VA + 2 * BYTES);
	desc = claim();
	other = claim();
	map(0, desc);
	map(1, other);
	offset = fuzz_u64(&in);
	bytes = fuzz_u64(&in);
	read_list(&in, &list);
	err = gm_reverse_unmap(desc, offset, bytes, next_place, &list);
	if (bytes == 0)
		FUZZ_EXPECT(err == -GM_ESIZE);
	else if (!wide_inside(offset, bytes, 0, BYTES))
		FUZZ_EXPECT(err == -GM_ERANGE);
	FUZZ_EXPECT(err == 0 || err == -GM_ESIZE || err == -GM_EALIGN || err == -GM_ERANGE ||
		    err == -GM_EOVERFLOW);
	check(&list, offset, bytes, err);
	FUZZ_EXPECT(gm_map_count(other) == NR && gm_ref_count(other) == NR + 1);
	FUZZ_EXPECT(gm_ref_count(desc) == gm_map_count(desc) + 1);
	FUZZ_EXPECT(gm_walker_unmap(&walker, VA, 2 * BYTES, NULL) == 0);
	FUZZ_EXPECT(gm_space_put(&space, desc) == 1 && gm_space_put(&space, other) == 1);
	return 0;
}
