/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress_lives.h - objects of a space that come and go: which life the memory is in, and
 * what was written to it.
 *
 * Each object has a number of its own, which all of its frames have while it exists. What
 * was written to a frame in a life must have been reported as dirty when that ends.
 */
#ifndef STRESS_LIVES_H
#define STRESS_LIVES_H

#include <granmem/adhoc.h>
#include <granmem/map.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE ((uint64_t)4096)
#define MIB ((uint64_t)1 << 20)
#define RAM_BASE ((uint64_t)1 << 32)
#define RAM_BYTES (128 * MIB)
#define NR_FRAMES (RAM_BYTES / PAGE)
#define LARGEST (4 * MIB)

/* An object that exists, found by the frame that it begins with. */
struct life {
	uint64_t number;
	uint64_t bytes;
	struct gm_map_blocks blocks;
	gm_word dirty[LARGEST / PAGE / 64];
};

static struct gm_adhoc memory;
static struct gm_region regions[1];
static struct gm_space space;
static void *metadata;
static struct life *lives[NR_FRAMES];
static uint64_t life_of[NR_FRAMES]; /* 0: free */
static uint64_t written_in[NR_FRAMES];
static uint64_t last_life;

static void fail(const char *text)
{
	fprintf(stderr, "stress_mapped: %s\n", text);
	abort();
}

static unsigned draw(unsigned long long *seed, uint64_t limit)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (unsigned)((*seed >> 20) % limit);
}

static uint64_t life_at(uint64_t paddr)
{
	if (paddr - RAM_BASE >= RAM_BYTES)
		fail("an entry leads out of memory");
	return __atomic_load_n(&life_of[(paddr - RAM_BASE) / PAGE], __ATOMIC_ACQUIRE);
}

/* A processor writes there. */
static void note_written(uint64_t paddr)
{
	uint64_t frame = (paddr - RAM_BASE) / PAGE;

	__atomic_store_n(&written_in[frame], life_at(paddr), __ATOMIC_RELEASE);
}

/* The object goes: whatever was written to it has been reported. */
static void end_life(void *ctx, const struct gm_object *object)
{
	uint64_t first = (object->base.value - RAM_BASE) / PAGE;
	struct life *life = lives[first];
	uint64_t i;

	(void)ctx;
	for (i = 0; i < life->bytes / PAGE; i++) {
		if (__atomic_load_n(&written_in[first + i], __ATOMIC_ACQUIRE) == life->number &&
		    (life->dirty[i / 64] >> i % 64 & 1) == 0)
			fail("what was written is not dirty");
		__atomic_store_n(&life_of[first + i], 0, __ATOMIC_RELEASE);
	}
	lives[first] = NULL;
	free(life);
}

static void put(struct gm_desc *desc)
{
	struct gm_object gone;

	if (!gm_ref_put(desc, &gone))
		return;
	end_life(NULL, &gone);
	gm_space_remove(&space, desc);
}

/* NULL: no memory. */
static struct gm_desc *begin_life(unsigned long long *seed)
{
	static const uint64_t sizes[] = { PAGE, 16 * PAGE, 2 * MIB, LARGEST };
	struct gm_claim claim = { .type = 1 + draw(seed, 3) };
	struct life *life = calloc(1, sizeof(*life));
	struct gm_desc *desc;
	uint64_t first, i;

	claim.size = sizes[draw(seed, 4)];
	claim.align = claim.size;
	if (life == NULL || gm_space_claim(&space, &claim, GM_NODE_ANY, &desc) != 0) {
		free(life);
		return NULL;
	}
	if (gm_map_is_mapped(desc))
		fail("a new object is mapped");
	first = (gm_desc_base(desc) - RAM_BASE) / PAGE;
	life->number = __atomic_add_fetch(&last_life, 1, __ATOMIC_RELAXED);
	life->bytes = claim.size;
	life->blocks.dirty = life->dirty;
	life->blocks.shift = 12;
	((struct gm_mapped *)desc)->blocks = &life->blocks;
	lives[first] = life;
	for (i = 0; i < claim.size / PAGE; i++)
		__atomic_store_n(&life_of[first + i], life->number, __ATOMIC_RELEASE);
	return desc;
}

static void begin_memory(void)
{
	struct gm_table_config config = {
		.base = gm_paddr(RAM_BASE),
		.size = RAM_BYTES,
		.desc_size = sizeof(struct gm_mapped),
	};
	struct gm_region region = {
		.base = config.base,
		.size = config.size,
		.table = &memory.table,
		.kind = GM_REGION_ADHOC,
	};
	struct gm_metadata need;

	if (gm_adhoc_metadata_size(&config, 20000, &need) != 0)
		fail("no metadata");
	metadata = aligned_alloc(PAGE, (size_t)((need.bytes + PAGE - 1) / PAGE * PAGE));
	if (metadata == NULL || gm_adhoc_init(&memory, &config, metadata, need.bytes) != 0)
		fail("no table");
	gm_space_init(&space, regions, 1);
	if (gm_space_add(&space, &region) != 0)
		fail("no region");
}

#endif
