/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map_unit.h - a machine whose objects can be mapped, an address space in it, and one
 * table page of slots.
 */
#ifndef MAP_UNIT_H
#define MAP_UNIT_H

#define MACHINE_DESC_SIZE 48 /* struct gm_mapped */

#include "machine.h"

#include <granmem/map.h>

#if GM_CONFIG_64BIT

#define TYPE_FILE 1u
#define TYPE_ANONYMOUS 2u
#define TYPE_SHARED 3u
#define TYPE_TABLE 4u /* cannot be mapped */
#define TYPE_BUFFER 5u /* counts as a device's */

#define LEAF_BYTES ((uint64_t)4096)
#define NR_SLOTS 512u
#define NR_GONE 4u

static struct machine machine;
static struct gm_map_space as;
static struct gm_map_lane lanes[4];
static gm_word slots[NR_SLOTS];
static struct gm_map_gather gather;
static struct gm_map_gone gone[NR_GONE];

/* What the `gone` hook has heard. */
static unsigned nr_gone;
static struct gm_object last_gone;

static inline void note_gone(void *ctx, const struct gm_object *object)
{
	expect(ctx == &machine);
	nr_gone++;
	last_gone = *object;
}

static inline struct gm_map_config map_config(void)
{
	struct gm_map_config config;

	memset(&config, 0, sizeof(config));
	config.memory = &machine.space;
	config.format.kind = GM_PTE_X86_64;
	config.format.input_bits = 48;
	config.format.features = GM_PTE_HAS_NX;
	config.lanes = lanes;
	config.nr_lanes = 4;
	config.classes[TYPE_FILE] = GM_MAP_FILE;
	config.classes[TYPE_ANONYMOUS] = GM_MAP_ANONYMOUS;
	config.classes[TYPE_SHARED] = GM_MAP_SHARED;
	config.classes[TYPE_BUFFER] = GM_MAP_DEVICE;
	config.gone = note_gone;
	config.gone_ctx = &machine;
	return config;
}

static inline void map_begin(void)
{
	struct gm_map_config config;

	machine_begin(&machine);
	/* What was mapped on one CPU and unmapped on another has left its traces. */
	memset(lanes, 0, sizeof(lanes));
	config = map_config();
	expect_eq(gm_map_init(&as, &config), 0);
	gm_map_gather_init(&gather, gone, NR_GONE);
	nr_gone = 0;
}

/* Nothing is mapped, and nothing was lost. */
static inline void map_end(void)
{
	unsigned i;

	for (i = 0; i < NR_SLOTS; i++)
		expect_eq(slots[i], 0);
	for (i = 1; i < GM_MAP_CLASSES; i++)
		expect_eq(gm_map_granules(&as, (enum gm_map_class)i), 0);
	machine_end(&machine);
}

static inline struct gm_desc *new_object(uint64_t base, uint64_t size, unsigned type)
{
	struct gm_object object = machine_object(base, size, type);
	struct gm_desc *desc;

	expect_eq(gm_space_create(&machine.space, &object, &desc), 0);
	expect_eq(gm_map_count(desc), 0);
	return desc;
}

static inline struct gm_map_request request_of(struct gm_desc *desc, uint64_t offset)
{
	struct gm_map_request request;

	memset(&request, 0, sizeof(request));
	request.desc = desc;
	request.offset = offset;
	request.prot = GM_PROT_READ | GM_PROT_WRITE | GM_PROT_USER;
	return request;
}

static inline int map(unsigned slot, size_t nr, struct gm_desc *desc, uint64_t offset)
{
	struct gm_map_request request = request_of(desc, offset);

	return gm_map_slots(&as, &slots[slot], nr, 0, &request);
}

static inline int map_frames(unsigned slot, size_t nr, uint64_t paddr)
{
	struct gm_map_request request = request_of(NULL, 0);

	request.paddr = gm_paddr(paddr);
	return gm_map_slots(&as, &slots[slot], nr, 0, &request);
}

/* Both halves, as often as it takes. */
static inline void unmap(unsigned slot, size_t nr)
{
	size_t done = 0;

	while (done < nr) {
		done += gm_map_unmap(&as, &slots[slot + done], nr - done, 0, &gather);
		gm_map_finish(&as, &gather);
		expect_eq(gather.nr, 0);
	}
}

static inline struct gm_pte leaf_in(unsigned slot)
{
	struct gm_pte leaf;

	expect_eq(gm_pte_decode(&as.config.format, 0, slots[slot], &leaf), 0);
	expect(leaf.is == GM_PTE_LEAF);
	return leaf;
}

/* What hardware does when it reads or writes through the slot. */
static inline void touch(unsigned slot, int write)
{
	struct gm_pte leaf = leaf_in(slot);
	uint64_t entry;

	leaf.flags |= GM_PTE_ACCESSED | (write ? GM_PTE_DIRTY : 0);
	expect_eq(gm_pte_leaf(&as.config.format, 0, &leaf, &entry), 0);
	slots[slot] = entry;
}

static inline void put_object(struct gm_desc *desc, int last)
{
	expect_eq(gm_space_put(&machine.space, desc), last);
}

#endif

#endif
