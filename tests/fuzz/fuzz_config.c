/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_config.c - property: any configuration of any table is refused with one of
 * the errors that apply to it, by metadata_size and init alike; else the buffer is
 * as long as what it must hold, init accepts exactly that at any address and
 * refuses one byte less, and the objects it is for can be made.
 */
#include "oracle.h"
#include "wide.h"

#define BUFFER_MAX ((uint64_t)1 << 20)
#define OBJECTS_MAX 32u

/* Default for 0. */
static unsigned or_else(unsigned value, unsigned otherwise)
{
	return value != 0 ? value : otherwise;
}

static int is_root_shift(unsigned shift, unsigned granule_shift)
{
	unsigned above = shift - granule_shift;

	return shift > granule_shift && above % GM_RADIX_NODE_BITS == 0 &&
	       above / GM_RADIX_NODE_BITS < GM_RADIX_LEVELS - 1;
}

static int bad_numbers(const struct gm_table_config *config, enum gm_region_kind kind)
{
	unsigned shift = or_else(config->granule_shift, 12);
	unsigned desc_size = or_else(config->desc_size, 32);
	unsigned lanes = or_else(config->nr_lanes, 4);

	return shift < GM_GRANULE_SHIFT_MIN || shift > GM_GRANULE_SHIFT_MAX || desc_size < 32 ||
	       desc_size > 1024 || desc_size % 16 != 0 || config->nr_contexts > GM_CONTEXTS_MAX ||
	       lanes > 256 || (lanes & (lanes - 1)) != 0 ||
	       (kind == GM_REGION_ADHOC && config->root_shift != 0 &&
		!is_root_shift(config->root_shift, shift));
}

/* No table describes more than all memory, nor, where words are narrow, more
 * units of 64 bytes than half of a word counts. */
static int bad_size(uint64_t size)
{
	return size == 0 || size > GM_PADDR_END || size / GM_OBJECT_ALIGN > (gm_word)-1 / 2;
}

static uint64_t config_errors(const struct gm_table_config *config, enum gm_region_kind kind)
{
	unsigned shift = or_else(config->granule_shift, 12);
	uint64_t errors = 0;

	if (bad_numbers(config, kind))
		errors |= ORACLE(GM_EINVAL);
	if (bad_size(config->size))
		errors |= ORACLE(GM_ESIZE);
	if (!wide_inside(config->base.value, config->size, 0, GM_PADDR_END))
		errors |= ORACLE(GM_EOVERFLOW);
	if (shift <= GM_GRANULE_SHIFT_MAX &&
	    (config->base.value | config->size) % ((uint64_t)1 << shift) != 0)
		errors |= ORACLE(GM_EALIGN);
	return errors;
}

/* A root has at most 2^31 slots. */
static int too_many_slots(const struct gm_table_config *config)
{
	unsigned shift = config->root_shift;
	uint64_t last = config->base.value + config->size - 1;

	return shift != 0 && (last >> shift) - (config->base.value >> shift) >= (uint64_t)1 << 31;
}

/* What the buffer must hold at least. */
static wide least_bytes(const struct gm_table_config *config, enum gm_region_kind kind,
			uint64_t objects)
{
	uint64_t desc_size = or_else(config->desc_size, 32);
	uint64_t granules = config->size >> or_else(config->granule_shift, 12);
	uint64_t most = kind == GM_REGION_ADHOC ? config->size / GM_OBJECT_ALIGN : granules;

	if (objects > most)
		objects = most;
	if (kind == GM_REGION_COMPOUND)
		return wide_mul(granules, desc_size);
	return wide_add(wide_mul(objects, desc_size),
			kind == GM_REGION_FOLIO ? wide_mul(granules, sizeof(gm_word)) : wide_of(0));
}

/* As many objects as the buffer is for, each a granule or, if the table can have
 * it, the smallest object there is; scattered. */
static void make_objects(struct world *w, const struct gm_table_config *config, uint64_t objects)
{
	uint64_t granule = (uint64_t)1 << or_else(config->granule_shift, 12);
	uint64_t granules = config->size / granule;
	struct gm_desc *descs[OBJECTS_MAX];
	unsigned nr = (unsigned)(objects < OBJECTS_MAX ? objects : OBJECTS_MAX);
	unsigned i;

	if (nr > granules)
		nr = (unsigned)granules;
	for (i = 0; i < nr; i++) {
		struct gm_object object = { .size = granule, .type = 1 };

		if (w->ops->any_multiple && i % 2 == 0)
			object.size = GM_OBJECT_ALIGN;
		object.base.value = config->base.value + granules / nr * i * granule;
		FUZZ_EXPECT(w->ops->create(&w->as, &object, &descs[i]) == 0);
	}
	for (i = 0; i < nr; i++)
		FUZZ_EXPECT(w->ops->put(&w->as, descs[i]) == 1);
}

static void check_table(struct world *w, uint64_t size, uint64_t bytes)
{
	struct gm_verify verify;
	struct gm_stats stats;

	FUZZ_EXPECT(gm_verify_table(w->kind, &w->as.table, &verify) == 0);
	w->ops->stats(&w->as, &stats);
	FUZZ_EXPECT(stats.region_bytes == size && stats.free_bytes == size);
	FUZZ_EXPECT(stats.static_bytes <= bytes && stats.nr_objects == 0);
}

/* A table in a buffer: by init, or by the call that links no other way. */
static int init_in_buffer(struct world *w, const struct gm_table_config *config, void *buffer,
			  uint64_t bytes, int alone)
{
	if (!alone)
		return w->ops->init(&w->as, config, buffer, bytes);
	switch (w->kind) {
	case GM_REGION_COMPOUND:
		return gm_compound_init_buffer(&w->as.compound, config, buffer, bytes);
	case GM_REGION_FOLIO:
		return gm_folio_init_buffer(&w->as.folio, config, buffer, bytes);
	default:
		return gm_adhoc_init_fixed(&w->as.adhoc, config, buffer, bytes);
	}
}

static void check_init(struct world *w, const struct gm_table_config *config, uint64_t objects,
		       const struct gm_metadata *need, unsigned skew)
{
	uint64_t bytes = need->bytes + need->align - 1;
	unsigned char *memory = malloc((size_t)(bytes + skew));

	FUZZ_EXPECT(memory != NULL);
	memset(memory, 0x5a, (size_t)(bytes + skew));
	FUZZ_EXPECT(init_in_buffer(w, config, memory + skew, bytes, skew & 1) == 0);
	check_table(w, config->size, bytes);
	make_objects(w, config, objects);
	check_table(w, config->size, bytes);
	free(memory);
}

/* A buffer of the least length, where it must do; and where or if it is short of it. */
static void check_least(struct world *w, const struct gm_table_config *config, uint64_t number,
			int alone)
{
	struct gm_metadata need;
	void *memory = NULL;
	unsigned char *skewed;
	uint64_t shorter;

	FUZZ_EXPECT(w->ops->metadata_size(config, 0, &need) == 0);
	FUZZ_EXPECT(posix_memalign(&memory, (size_t)need.align,
				   (size_t)(need.bytes + need.align)) == 0);
	shorter = 1 + number % need.bytes;
	skewed = (unsigned char *)memory + 1 + number % (need.align - 1);
	FUZZ_EXPECT(init_in_buffer(w, config, memory, need.bytes - 1, alone) == -GM_ENOMEM);
	FUZZ_EXPECT(init_in_buffer(w, config, memory, need.bytes - shorter, alone) == -GM_ENOMEM);
	FUZZ_EXPECT(init_in_buffer(w, config, skewed, need.bytes, alone) == -GM_ENOMEM);
	FUZZ_EXPECT(init_in_buffer(w, config, skewed, number % need.align, alone) == -GM_ENOMEM);
	FUZZ_EXPECT(init_in_buffer(w, config, memory, need.bytes, alone) == 0);
	check_table(w, config->size, need.bytes);
	free(memory);
}

/* Only its presence matters: a table that may grow in its region has other slabs. */
static void *nowhere(void *ctx, struct gm_paddr base, uint64_t size)
{
	(void)ctx, (void)base, (void)size;
	fuzz_die(__FILE__, __LINE__, "to_virtual in metadata_size");
	return NULL;
}

static void *no_memory(void *ctx, size_t bytes, size_t align)
{
	(void)ctx, (void)bytes, (void)align;
	return NULL;
}

static unsigned any_or_default(struct fuzz_input *in, unsigned with, unsigned bit)
{
	return (with >> bit & 1) == 0 ? 0 : (unsigned)fuzz_u64(in);
}

static struct gm_table_config config_of(struct fuzz_input *in, unsigned how)
{
	unsigned with = fuzz_u8(in);
	struct gm_table_config config;

	memset(&config, 0, sizeof(config));
	config.granule_shift = (with & 1) == 0 ? how % 20 : any_or_default(in, with, 0);
	in->unit_shift = config.granule_shift % 64;
	config.base = gm_paddr(fuzz_u64(in));
	fuzz_anchor(in, 2, GM_PADDR_END - config.base.value);
	fuzz_anchor(in, 3, 32);
	config.size = fuzz_u64(in);
	config.desc_size = any_or_default(in, with, 1);
	config.nr_contexts = any_or_default(in, with, 2);
	config.nr_lanes = any_or_default(in, with, 3);
	if ((with & 0x20) != 0)
		config.root_shift =
			(with & 0x10) != 0 ? (unsigned)fuzz_u64(in) : fuzz_below(in, 66);
	if ((with & 0x40) != 0)
		config.to_virtual = nowhere;
	return config;
}

static uint64_t metadata_errors(const struct gm_table_config *config, enum gm_region_kind kind)
{
	uint64_t errors = config_errors(config, kind);

	if (errors == 0 && kind == GM_REGION_ADHOC && too_many_slots(config))
		errors = ORACLE(GM_EINVAL);
	return errors != 0 ? errors : ORACLE(0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gm_table_config config;
	struct gm_metadata need;
	struct fuzz_input in;
	struct world w;
	uint64_t objects;
	unsigned how;
	int err, want;

	fuzz_begin(&in, data, size);
	memset(&w, 0, sizeof(w));
	how = fuzz_u8(&in);
	w.kind = (enum gm_region_kind)(1 + how % 3);
	w.ops = world_ops(w.kind);
	config = config_of(&in, how / 3);
	objects = fuzz_u64(&in);
	err = w.ops->metadata_size(&config, objects, &need);
	FUZZ_EXPECT(err <= 0 && err > -64);
	FUZZ_EXPECT((metadata_errors(&config, w.kind) >> -err & 1) != 0);
	if (err == 0) {
		FUZZ_EXPECT(!wide_less(wide_of(need.bytes), least_bytes(&config, w.kind, objects)));
		FUZZ_EXPECT(need.align != 0 && (need.align & (need.align - 1)) == 0);
	}
	config.to_virtual = NULL;
	want = err != 0 ? err : -GM_EINVAL;
	FUZZ_EXPECT(w.ops->init(&w.as, &config, NULL, 0) == want);
	if (w.kind == GM_REGION_ADHOC) {
		FUZZ_EXPECT(init_in_buffer(&w, &config, NULL, 0, 1) == want);
		/* Nothing that would let it grow. */
		config.to_virtual = nowhere;
		FUZZ_EXPECT(init_in_buffer(&w, &config, &w, sizeof(w), 1) == want);
		config.to_virtual = NULL;
		config.grow = no_memory;
		FUZZ_EXPECT(init_in_buffer(&w, &config, &w, sizeof(w), 1) == want);
		config.grow = NULL;
	}
	if (err == 0 && need.bytes <= BUFFER_MAX) {
		FUZZ_EXPECT(w.ops->metadata_size(&config, objects, &need) == 0);
		check_init(&w, &config, objects, &need, how / 64);
		check_least(&w, &config, objects, how / 64 & 1);
	}
	return 0;
}
