/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_index.c - property: an index takes any offset and length, or refuses them with the
 * error that the contract names and has not changed; and then it answers as a list of
 * ranges would. A store takes any configuration or refuses it, and what it says that it
 * needs is enough.
 */
#include "fuzz.h"

#include <granmem/index.h>

#define OBJECTS 12u
#define SLAB ((size_t)1 << 14)
#define MAX64 (~(uint64_t)0)
#define DESC_MAX 1024u /* bytes of the longest descriptor, table.h */

struct object {
	struct gm_indexed indexed;
	uint64_t first, size; /* size 0: not in the index */
	gm_word marks;
};

struct scene {
	struct gm_space space;
	struct gm_index_store store;
	struct gm_index index;
	struct object objects[OBJECTS];
	uint64_t unit;
	unsigned nr_in;
};

static unsigned char memory[2 * SLAB];

static struct gm_desc *desc_of(struct object *object)
{
	return &object->indexed.desc;
}

static int covers(const struct object *object, uint64_t offset)
{
	return object->size != 0 && offset - object->first < object->size;
}

static struct object *at(struct scene *s, uint64_t offset)
{
	unsigned i;

	for (i = 0; i < OBJECTS; i++)
		if (covers(&s->objects[i], offset))
			return &s->objects[i];
	return NULL;
}

/* What begins in [first, first + size), or covers its beginning. */
static int overlaps(struct scene *s, uint64_t first, uint64_t size)
{
	unsigned i;

	for (i = 0; i < OBJECTS; i++)
		if (covers(&s->objects[i], first) ||
		    (s->objects[i].size != 0 && s->objects[i].first - first < size))
			return 1;
	return 0;
}

static int insert_error(struct scene *s, uint64_t offset, uint64_t size, int in)
{
	if (size % s->unit != 0)
		return -GM_ESIZE;
	if (offset % s->unit != 0)
		return -GM_EALIGN;
	if (offset >= s->store.end || size > s->store.end - offset)
		return -GM_ERANGE;
	if (in)
		return -GM_EINVAL;
	return overlaps(s, offset, size) ? -GM_EEXIST : 0;
}

/* An object that is in no index, of this size. */
static void begin_object(struct object *object, uint64_t size, void *owner)
{
	struct gm_object made = { gm_paddr(0), size, 1, owner };

	memset(&object->indexed, 0, sizeof(object->indexed));
	gm_desc_set(desc_of(object), &made);
	gm_ref_publish(desc_of(object), 1, 1);
}

static void insert(struct scene *s, struct fuzz_input *in, struct object *object)
{
	uint64_t size = fuzz_u64(in) % GM_PADDR_END;
	uint64_t offset = fuzz_u64(in);
	gm_word shadow = 0;
	int err;

	size = object->size != 0 ? object->size : size != 0 ? size : s->unit;
	if (object->size == 0)
		begin_object(object, size, s);
	err = gm_index_insert(&s->index, offset, desc_of(object), &shadow);
	/* Short of nodes it may be if all else is right. */
	if (err == -GM_ENOMEM)
		FUZZ_EXPECT(insert_error(s, offset, size, object->size != 0) == 0);
	else
		FUZZ_EXPECT(err == insert_error(s, offset, size, object->size != 0));
	FUZZ_EXPECT(gm_ref_count(desc_of(object)) == 1);
	if (err != 0)
		return;
	object->first = offset;
	object->size = size;
	object->marks = 0;
	s->nr_in++;
	fuzz_anchor(in, 4, offset);
	fuzz_anchor(in, 5, offset + size);
}

static void erase(struct scene *s, struct object *object, gm_word shadow)
{
	int err = gm_index_erase(&s->index, desc_of(object), shadow);

	if (shadow > GM_INDEX_SHADOW_MAX) {
		FUZZ_EXPECT(err == -GM_EINVAL);
		return;
	}
	FUZZ_EXPECT(err == (object->size != 0 ? 0 : -GM_ENOENT));
	s->nr_in -= object->size != 0;
	object->size = 0;
}

/* Another object in the place of one, which may be neither there nor of its size. */
static void replace(struct scene *s, struct fuzz_input *in, struct object *old)
{
	struct object *with = &s->objects[fuzz_below(in, OBJECTS)];
	unsigned how = fuzz_u8(in);
	uint64_t size = how % 4 != 0 ? old->size : fuzz_u64(in) % GM_PADDR_END;
	int foreign = how >= 0xc0;
	int want = 0;

	size = with->size != 0 ? with->size : size != 0 ? size : s->unit;
	if (old->size == 0)
		want = -GM_ENOENT;
	else if (with->size != 0 || foreign)
		want = -GM_EINVAL;
	else if (size != old->size)
		want = -GM_ESIZE;
	if (with->size == 0)
		begin_object(with, size, foreign ? (void *)old : s);
	FUZZ_EXPECT(gm_index_replace(&s->index, desc_of(old), desc_of(with)) == want);
	if (want != 0)
		return;
	with->first = old->first;
	with->size = old->size;
	with->marks = old->marks;
	old->size = 0;
	FUZZ_EXPECT(gm_index_marks(&s->index, desc_of(with)) == with->marks);
}

static void mark(struct scene *s, struct object *object, gm_word set, gm_word clear)
{
	int err = gm_index_mark(&s->index, desc_of(object), set, clear);

	if (((set | clear) & ~GM_INDEX_MARKS) != 0) {
		FUZZ_EXPECT(err == -GM_EINVAL);
		return;
	}
	FUZZ_EXPECT(err == (object->size != 0 ? 0 : -GM_ENOENT));
	object->marks = (object->marks & ~clear) | set;
	FUZZ_EXPECT(gm_index_marks(&s->index, desc_of(object)) ==
		    (object->size != 0 ? object->marks : 0));
}

static void let_go(struct gm_desc *desc)
{
	struct gm_object gone;

	FUZZ_EXPECT(gm_ref_put(desc, &gone) == 0);
}

static void look(struct scene *s, uint64_t offset, unsigned shift)
{
	struct object *object = at(s, offset);
	int expected = offset >= s->store.end ? -GM_ERANGE : object != NULL ? 0 : -GM_ENOENT;
	int shift_ok = shift >= GM_GRANULE_SHIFT_MIN && shift <= GM_GRANULE_SHIFT_MAX;
	struct gm_desc *desc = NULL;
	struct gm_pfn pfn;
	struct gm_run run;
	gm_word shadow;
	int err;

	FUZZ_EXPECT(gm_index_find_get(&s->index, offset, &desc) == expected);
	FUZZ_EXPECT(desc == (object != NULL ? desc_of(object) : NULL));
	FUZZ_EXPECT(gm_index_find(&s->index, offset) == desc);
	if (desc != NULL)
		let_go(desc);
	err = gm_index_run(&s->index, offset, 0, shift, 0, &desc, &run);
	FUZZ_EXPECT(err == (expected != 0 || shift_ok ? expected : -GM_EINVAL));
	if (err == 0) {
		FUZZ_EXPECT(run.paddr.value == offset - object->first);
		FUZZ_EXPECT(run.bytes == object->first + object->size - offset);
		let_go(desc);
	}
	err = gm_index_pfn(&s->index, offset, shift, &pfn);
	FUZZ_EXPECT(err == (object == NULL ? -GM_ENOENT : shift_ok ? 0 : -GM_EINVAL));
	err = gm_index_shadow(&s->index, offset, &shadow);
	FUZZ_EXPECT(expected != 0 || err == -GM_ENOENT);
	FUZZ_EXPECT(expected != -GM_ERANGE || err == -GM_ERANGE);
}

static int has(const struct scene *s, gm_word marks)
{
	unsigned i;

	for (i = 0; i < OBJECTS; i++)
		if (s->objects[i].size != 0 && (s->objects[i].marks & marks) != 0)
			return 1;
	return 0;
}

static void search(struct scene *s, uint64_t from, uint64_t end, gm_word marks)
{
	struct object *next = NULL;
	struct gm_desc *desc = NULL;
	uint64_t offset = from;
	unsigned i;
	int err = gm_index_next(&s->index, &offset, end, marks, &desc);

	if ((marks & ~GM_INDEX_MARKS) != 0) {
		FUZZ_EXPECT(err == -GM_EINVAL);
		return;
	}
	FUZZ_EXPECT(gm_index_has(&s->index, marks) == has(s, marks));
	for (i = 0; i < OBJECTS && from < end; i++) {
		struct object *object = &s->objects[i];

		if (object->size == 0 || (marks != 0 && (object->marks & marks) == 0) ||
		    object->first + object->size <= from || object->first >= end)
			continue;
		if (next == NULL || object->first < next->first)
			next = object;
	}
	FUZZ_EXPECT(err == (next != NULL ? 0 : -GM_ENOENT));
	FUZZ_EXPECT(desc == (next != NULL ? desc_of(next) : NULL));
	if (next == NULL)
		return;
	FUZZ_EXPECT(offset == next->first + next->size);
	let_go(desc);
}

static int is_store(const struct gm_index_config *config)
{
	unsigned lanes = config->nr_lanes != 0 ? config->nr_lanes : 4;
	unsigned place = config->place_offset;

	return config->space != NULL &&
	       (config->unit_shift == 0 || config->unit_shift - 6 <= 24) &&
	       (place == 0 || (place >= sizeof(struct gm_desc) && place % sizeof(gm_word) == 0 &&
			       place <= DESC_MAX - sizeof(gm_word))) &&
	       lanes <= 256 && (lanes & (lanes - 1)) == 0;
}

/* What it needs is enough for as many nodes, wherever the buffer begins; 0 is the least. */
static void check_needed(const struct gm_index_config *config, const struct gm_metadata *need,
			 uint64_t nr_nodes, unsigned skew)
{
	size_t bytes = (size_t)(need->bytes + need->align - 1);
	unsigned char *buffer = malloc(bytes + skew);
	struct gm_index_store store;
	uint64_t got = 0;

	FUZZ_EXPECT(buffer != NULL);
	memset(buffer, 0x5a, bytes + skew);
	FUZZ_EXPECT(gm_index_store_init(&store, config, buffer + skew, bytes) == 0);
	while (got < nr_nodes && gm_pool_take(&store.nodes, 0, 1) != NULL)
		got++;
	FUZZ_EXPECT(got == nr_nodes);
	bytes = (size_t)need->bytes - 1;
	if (nr_nodes == 0)
		FUZZ_EXPECT(gm_index_store_init(&store, config, buffer + skew, bytes) ==
			    -GM_ENOMEM);
	free(buffer);
}

static void configure(struct scene *s, struct fuzz_input *in)
{
	unsigned how = fuzz_u8(in), skew = fuzz_u8(in);
	struct gm_metadata need = { 0, 0 }, less;
	struct gm_index_config config;
	struct gm_index_store store;
	struct gm_index index;
	uint64_t nr_nodes;
	int want;

	memset(&config, 0, sizeof(config));
	config.space = how & 1 ? NULL : &s->space;
	config.unit_shift = how & 2 ? (unsigned)fuzz_u64(in) : skew % 32;
	config.place_offset = how & 4 ? (unsigned)fuzz_u64(in) : skew / 2 % 128 * 8;
	config.nr_lanes = how & 8 ? (unsigned)fuzz_u64(in) : 1u << skew % 10;
	nr_nodes = fuzz_u64(in);
	want = is_store(&config) ? 0 : -GM_EINVAL;
	FUZZ_EXPECT(gm_index_store_size(&config, nr_nodes, &need) == want);
	FUZZ_EXPECT(gm_index_init(&index, &s->store, NULL) == -GM_EINVAL);
	if (want != 0) {
		FUZZ_EXPECT(gm_index_store_init(&store, &config, memory, sizeof(memory)) == want);
		FUZZ_EXPECT(need.bytes == 0 && need.align == 0);
		return;
	}
	FUZZ_EXPECT(need.align != 0 && (need.align & (need.align - 1)) == 0);
	/* More nodes need no less, beyond what any memory holds, too. */
	FUZZ_EXPECT(gm_index_store_size(&config, nr_nodes / 2, &less) == 0);
	FUZZ_EXPECT(less.bytes <= need.bytes && need.bytes >= nr_nodes % ((uint64_t)1 << 46));
	if (need.bytes <= 8 * SLAB)
		check_needed(&config, &need, nr_nodes, skew % 64);
}

static void step(struct scene *s, struct fuzz_input *in)
{
	unsigned what = fuzz_u8(in);
	struct object *object = &s->objects[fuzz_below(in, OBJECTS)];
	uint64_t from;

	switch (what % 6) {
	case 0:
		insert(s, in, object);
		break;
	case 1:
		erase(s, object, what < 128 ? 0 : (gm_word)fuzz_u64(in));
		break;
	case 2:
		if (what < 128)
			mark(s, object, fuzz_u8(in), fuzz_u8(in));
		else
			replace(s, in, object);
		break;
	case 3:
		look(s, fuzz_u64(in), what / 8);
		break;
	case 4:
		from = fuzz_u64(in);
		search(s, from, fuzz_u64(in), what < 128 ? 0 : fuzz_u8(in));
		break;
	default:
		if (what >= 128) {
			configure(s, in);
			break;
		}
		from = fuzz_u64(in);
		(void)gm_index_forget(&s->index, from, fuzz_u64(in));
		break;
	}
}

static void check(struct scene *s)
{
	struct gm_index_verify verify;
	struct gm_index_stats stats;

	FUZZ_EXPECT(gm_index_verify(&s->index, &verify) == 0);
	gm_index_store_stats(&s->store, &stats);
	FUZZ_EXPECT(verify.nr_nodes == stats.nr_nodes && verify.nr_objects == s->nr_in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scene s;
	struct gm_index_config config;
	struct fuzz_input in;
	unsigned i;

	fuzz_begin(&in, data, size);
	memset(&s, 0, sizeof(s));
	memset(&config, 0, sizeof(config));
	gm_space_init(&s.space, NULL, 0);
	config.space = &s.space;
	config.nr_lanes = 1;
	config.unit_shift = 6 + fuzz_below(&in, 25);
	FUZZ_EXPECT(gm_index_store_init(&s.store, &config, memory, sizeof(memory)) == 0);
	FUZZ_EXPECT(gm_index_init(&s.index, &s.store, &s) == 0);
	s.unit = (uint64_t)1 << config.unit_shift;
	in.unit_shift = config.unit_shift;
	fuzz_anchor(&in, 1, s.store.end);
	fuzz_anchor(&in, 2, s.unit << GM_INDEX_BITS);
	fuzz_anchor(&in, 3, s.unit << 3 * GM_INDEX_BITS);
	do
		step(&s, &in);
	while (in.size != 0);
	check(&s);
	for (i = 0; i < OBJECTS; i++)
		erase(&s, &s.objects[i], 0);
	(void)gm_index_forget(&s.index, 0, MAX64);
	FUZZ_EXPECT(gm_index_is_empty(&s.index));
	check(&s);
	return 0;
}
