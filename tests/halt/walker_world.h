/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walker_world.h - three levels of tables of two entries each, in which what is mapped at
 * 0 has to do with what both sides call for.
 *
 *   granule | 0      1    | 2, 3 | from the middle on
 *   EMPTY                          each side maps y in a page of its own
 *   ALONE     x                    its two pages go with it
 *   CROWD     x      y
 *   BLOCK     x  one leaf          split in place
 *   BREAK     x  one leaf          split by a break
 *   RUN       frames, in a run     in tables of four, of another format
 *
 * The walker's members are made so small after init: in tables of 512 entries nothing
 * else would be to be seen than more of the same.
 *
 * A table page that is freed is not used again before both sides have ended, which is
 * what `quiesce` would wait for: it may wait for a stopped thread, and all else may not.
 */
#ifndef HALT_WALKER_WORLD_H
#define HALT_WALKER_WORLD_H

#include "objects.h"

#include <granmem/reverse.h>

#define LEAF ((uint64_t)4096)
#define LARGE (2 * LEAF) /* of the block and the run */
#define NR_PAGES 10u

enum variant { EMPTY, ALONE, CROWD, BLOCK, BREAK, RUN, NR_VARIANTS };

#define IN(variant) (1u << (variant))
#define IN_LARGE (IN(BLOCK) | IN(BREAK) | IN(RUN))
#define IN_ALL ((1u << NR_VARIANTS) - 1)

struct walker_world {
	struct objects objects;
	struct gm_desc *x, *y;
	struct gm_map_space as;
	struct gm_map_lane lane;
	struct gm_walker walker;
	struct gm_walker_gather gathers[2]; /* each side's */
	int is_frames;                      /* what is mapped is not counted */
	uint64_t bytes;                     /* that are translated, from 0 on */
	gm_word written[2];                 /* hardware wrote at 0 */
	gm_word nr_taken;                   /* table pages, in all */
	gm_word nr_freed;
	unsigned char *pages;
};

static inline struct walker_world *world(void)
{
	return (struct walker_world *)(void *)memory_world;
}

/* walker_map - bytes of an object, or of its frames, at va. */
GM_MUST_CHECK int walker_map(uint64_t va, uint64_t size, struct gm_desc *desc, uint64_t offset,
			     struct gm_walker_gather *gather);

/* walker_elsewhere - where a side maps without the other. */
static inline uint64_t walker_elsewhere(unsigned side)
{
	return world()->bytes / 2 + ((uint64_t)side << world()->walker.shift[1]);
}

/* walker_table - the table page at this address. */
gm_word *walker_table(struct gm_paddr paddr);

/* walker_setup, walker_check - as in struct world. */
void walker_setup(unsigned variant, unsigned refs, unsigned pins);
const char *walker_check(const struct outcome *halted, const struct outcome *other);

#endif
