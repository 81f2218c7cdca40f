/* SPDX-License-Identifier: BSD-2-Clause */
/* map_unmap.c - clearing slots, the first half; contracts in granmem/map.h. */
#include "map_internal.h"

#if GM_CONFIG_64BIT

/* Where formats that have an address in two pieces begin with the second; a stride does
 * not lead across a multiple of it. */
#define SPLIT ((uint64_t)1 << 48)

/* What distinguishes an entry from the one that was expected, but for the address:
 * mostly what hardware noted. Decoded once. */
struct shape {
	gm_word differs;
	uint64_t accessed; /* 0 or 1 */
	uint64_t dirty;
};

#define SHAPES 4

/* Leaves of one object, or frames, side by side, that are being cleared. */
struct run {
	uint64_t left;  /* how many may follow */
	uint64_t paddr; /* of the next one */
	gm_word next;   /* its entry, if it is like the first */
	struct gm_map_gone *gone; /* NULL: frames */
	uint64_t frames;          /* in all runs of frames */
	unsigned nr_shapes;
	struct shape shapes[SHAPES];
};

/* How many leaves may follow the one at paddr before somebody has to look again. */
static uint64_t room_behind(const struct gm_map_space *as, unsigned level, uint64_t paddr,
			    const struct gm_map_gone *gone)
{
	uint64_t bytes = SPLIT - (paddr & (SPLIT - 1));
	uint64_t room = GM_MAP_GONE_LEAVES;
	uint64_t rest;

	if (gone != NULL) {
		const struct gm_desc *desc = &gone->object->desc;

		rest = gm_desc_base(desc) + gm_desc_size(desc) - paddr;
		if (rest < bytes)
			bytes = rest;
		room -= gone->nr;
	}
	bytes = (bytes - 1) >> as->shift[level];
	return bytes < room ? bytes : room;
}

static void step(const struct gm_map_space *as, struct run *run, unsigned level)
{
	run->next += as->stride[level];
	run->paddr += gm_map_leaf_bytes(as, level);
}

/* The first of a run, or one in a run whose shape was not known yet. */
static void note_shape(const struct gm_map_space *as, struct run *run, unsigned level,
		       gm_word value, const struct gm_pte *leaf, struct gm_map_gone *gone)
{
	uint32_t noted = gm_map_noted(as, leaf);
	struct shape *shape;

	if (run->left != 0 && leaf->paddr.value == run->paddr && gone == run->gone) {
		run->left--;
	} else {
		run->left = room_behind(as, level, leaf->paddr.value, gone);
		run->paddr = leaf->paddr.value;
		run->next = value;
		run->gone = gone;
		run->nr_shapes = 0;
	}
	if (run->nr_shapes < SHAPES) {
		shape = &run->shapes[run->nr_shapes++];
		shape->differs = value ^ run->next;
		shape->accessed = (noted & GM_PTE_ACCESSED) != 0;
		shape->dirty = (noted & GM_PTE_DIRTY) != 0;
	}
	step(as, run, level);
}

/* A leaf that has to be decoded was taken out. */
static void note_leaf(struct gm_map_space *as, struct run *run, unsigned level, gm_word value,
		      struct gm_map_gather *gather)
{
	struct gm_map_gone *gone = NULL;
	struct gm_pte leaf;
	int err = gm_pte_decode(&as->config.format, level, value, &leaf);

	if (!GM_CHECK(err == 0, "map: no leaf of this format", as))
		return;
	if ((leaf.software & GM_MAP_COUNTED) == 0) {
		run->frames++;
	} else {
		gone = gm_map_gather_leaf(as, gather, level, &leaf);
		if (gone == NULL)
			return;
	}
	if ((leaf.flags & GM_PTE_RUN) != 0 || as->stride[level] == 0)
		run->left = 0;
	else
		note_shape(as, run, level, value, &leaf, gone);
}

static const struct shape *known_shape(const struct run *run, gm_word value)
{
	unsigned i;

	if (run->left == 0)
		return NULL;
	for (i = 0; i < run->nr_shapes; i++) {
		if ((value ^ run->next) == run->shapes[i].differs)
			return &run->shapes[i];
	}
	return NULL;
}

/* A leaf that continues the run was taken out. */
static void continue_run(const struct gm_map_space *as, struct run *run, unsigned level,
			 const struct shape *shape)
{
	struct gm_map_gone *gone = run->gone;

	if (gone == NULL) {
		run->frames++;
	} else {
		gone->accessed |= shape->accessed << gone->nr;
		gone->dirty |= shape->dirty << gone->nr;
		gone->nr++;
		gone->maps++;
	}
	run->left--;
	step(as, run, level);
}

size_t gm_map_unmap(struct gm_map_space *as, gm_word *slots, size_t nr, unsigned level,
		    struct gm_map_gather *gather)
{
	struct run run;
	size_t i = 0;

	run.left = 0;
	run.frames = 0;
	while (i < nr) {
		/* relaxed: the compare-and-swap tells whether it is still there */
		gm_word value = gm_atomic_load_relaxed(&slots[i]);
		const struct shape *shape = known_shape(&run, value);

		if (shape == NULL && !gm_map_is_leaf(as, level, value)) {
			i++;
			continue;
		}
		if (shape == NULL && gm_map_gather_is_full(gather))
			break;
		/* acquire: pairs with the release that filled the slot, so that what the
		 * mapper knew of the object is known here. Nobody waits for the zero. */
		if (!gm_atomic_cas_acquire(&slots[i], value, 0))
			continue;
		if (shape != NULL)
			continue_run(as, &run, level, shape);
		else
			note_leaf(as, &run, level, value, gather);
		i++;
	}
	if (run.frames != 0)
		gm_map_uncount_class(as, GM_MAP_DEVICE, run.frames << as->shift[level]);
	return i;
}

#endif
