/* SPDX-License-Identifier: BSD-2-Clause */
/* map_unmap.c - clearing slots, the first half; contracts in granmem/map.h. */
#include "map_internal.h"

#if GM_CONFIG_64BIT

/* Where formats that have an address in two pieces begin with the second; a stride does
 * not lead across a multiple of it. */
#define SPLIT ((uint64_t)1 << 48)

/* Leaves of one object, or frames, side by side and all alike, that are being cleared. */
struct run {
	gm_word next;  /* the entry that continues it */
	uint64_t left; /* how many may follow */
	struct gm_map_gone *gone; /* NULL: frames */
	uint64_t accessed;        /* 0 or 1, of each */
	uint64_t dirty;
	uint64_t frames; /* in all runs of frames */
};

/* How many leaves may follow this one before somebody has to look again. */
static uint64_t room_behind(const struct gm_map_space *as, unsigned level, uint64_t paddr,
			    const struct gm_map_gone *gone)
{
	uint64_t bytes = SPLIT - (paddr & (SPLIT - 1));
	uint64_t room = GM_MAP_GONE_LEAVES;
	uint64_t rest;

	if (gone != NULL) {
		rest = gm_desc_base(&gone->object->desc) + gm_desc_size(&gone->object->desc) - paddr;
		if (rest < bytes)
			bytes = rest;
		room -= gone->nr;
	}
	bytes = (bytes >> as->shift[level]) - 1;
	return bytes < room ? bytes : room;
}

static void begin_run(struct gm_map_space *as, struct run *run, unsigned level, gm_word value,
		      struct gm_map_gather *gather)
{
	struct gm_pte leaf;

	run->left = 0;
	run->gone = NULL;
	if (!GM_CHECK(gm_pte_decode(&as->config.format, level, value, &leaf) == 0,
		      "map: no leaf of this format", as))
		return;
	if ((leaf.software & GM_MAP_COUNTED) == 0) {
		run->frames++;
	} else {
		run->gone = gm_map_gather_leaf(as, gather, level, &leaf);
		if (run->gone == NULL)
			return;
	}
	run->left = room_behind(as, level, leaf.paddr.value, run->gone);
	run->next = value + as->stride[level];
	run->accessed = (leaf.flags & GM_PTE_ACCESSED) != 0;
	run->dirty = (leaf.flags & GM_PTE_DIRTY) != 0;
}

static void continue_run(const struct gm_map_space *as, struct run *run, unsigned level)
{
	struct gm_map_gone *gone = run->gone;

	if (gone == NULL) {
		run->frames++;
	} else {
		gone->accessed |= run->accessed << gone->nr;
		gone->dirty |= run->dirty << gone->nr;
		gone->nr++;
	}
	run->next += as->stride[level];
	run->left--;
}

size_t gm_map_unmap(struct gm_map_space *as, gm_word *slots, size_t nr, unsigned level,
		    struct gm_map_gather *gather)
{
	struct run run = { 0, 0, NULL, 0, 0, 0 };
	size_t i = 0;

	while (i < nr) {
		/* relaxed: the compare-and-swap tells whether it is still there */
		gm_word value = gm_atomic_load_relaxed(&slots[i]);
		int continues = run.left != 0 && value == run.next;

		if (!continues && !gm_pte_is_leaf(&as->config.format, level, value)) {
			i++;
			continue;
		}
		if (!continues && gm_map_gather_is_full(gather))
			break;
		/* acquire: pairs with the release that filled the slot, so that what the
		 * mapper knew of the object is known here. Nobody waits for the zero. */
		if (!gm_atomic_cas_acquire(&slots[i], value, 0))
			continue;
		if (continues)
			continue_run(as, &run, level);
		else
			begin_run(as, &run, level, value, gather);
		i++;
	}
	if (run.frames != 0)
		gm_map_uncount_class(as, GM_MAP_DEVICE, run.frames << as->shift[level]);
	return i;
}

#endif
