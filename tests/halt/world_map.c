/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world_map.c - slots of a table page, into which two objects are mapped; contracts in
 * halt.h.
 *
 *   slot   | 0        1        2      |  3    |  4, 5    ...
 *   EMPTY                                        each side maps y in one of its own
 *   ONE               x
 *   ALL      x        x, dirty x         y
 *
 * map.h promises: everything beside everything but init, lock-free, and what is stopped
 * in a batch makes others -GM_EBUSY on those slots alone. So what is mapped elsewhere must
 * succeed, and so must all that leaves alone what is no leaf. What is not promised, and
 * not done here: putting, or mapping without a reference, an object that somebody else
 * has frozen.
 */
#include "objects.h"

#include <granmem/map.h>

#define TYPE 3u
#define LEAF ((uint64_t)4096)
#define NR_SLOTS 8u
#define NR_X 3u /* slots that are for x */
#define NEAR 3u
#define FREE 4u /* the first of those that are nobody's */
#define NR_BLOCKS (OBJECT_BYTES / LEAF)
#define DIRTY_BLOCK ((gm_word)1 << 1) /* what slot 1 leads to */

enum variant { EMPTY, ONE, ALL, NR_VARIANTS };

#define IN_ALL ((1u << NR_VARIANTS) - 1)
#define IN_MAPPED (1u << ONE | 1u << ALL)

struct map_world {
	struct objects objects;
	struct gm_desc *x, *y;
	struct gm_map_space as;
	struct gm_map_blocks blocks; /* of x */
	gm_word dirty[(NR_BLOCKS + 63) / 64];
	struct gm_map_lane lane;
	struct gm_map_gather gathers[2];
	struct gm_map_gone gone[2][1]; /* full with what is of one object */
	gm_word written[2];            /* hardware wrote through slot 1 */
	gm_word flags[2], taken[2];    /* what each side took of x */
	gm_word slots[NR_SLOTS];
};

static struct map_world *world(void)
{
	return (struct map_world *)(void *)memory_world;
}

static int map(unsigned first, size_t nr, struct gm_desc *desc, uint64_t offset)
{
	struct gm_map_request request = { .desc = desc,
					  .offset = offset,
					  .prot = GM_PROT_READ | GM_PROT_WRITE };

	return gm_map_slots(&world()->as, &world()->slots[first], nr, 0, &request);
}

static void write_through(unsigned slot, gm_word *written)
{
	if (objects_write(&world()->as.config.format, 0, &world()->slots[slot]))
		*written = 1;
}

static void start(void)
{
	struct map_world *w = world();
	struct gm_map_config config = { .memory = &w->objects.space,
					.format = { .kind = GM_PTE_X86_64,
						    .features = GM_PTE_HAS_NX },
					.lanes = &w->lane,
					.nr_lanes = 1 };
	unsigned i;

	config.classes[TYPE] = GM_MAP_FILE;
	must(gm_map_init(&w->as, &config) == 0, "init");
	for (i = 0; i < 2; i++)
		gm_map_gather_init(&w->gathers[i], w->gone[i], 1);
}

static void setup(unsigned variant, unsigned refs, unsigned pins)
{
	struct map_world *w;

	(void)refs;
	(void)pins;
	objects_begin(sizeof(*w));
	w = world();
	start();
	w->x = objects_make(0, 1, TYPE, NULL);
	w->y = objects_make(1, 1, TYPE, NULL);
	w->blocks.dirty = w->dirty;
	w->blocks.shift = 12;
	((struct gm_mapped *)w->x)->blocks = &w->blocks;
	if (variant == ONE)
		must(map(1, 1, w->x, LEAF) == 0, "map");
	if (variant != ALL)
		return;
	must(map(0, NR_X, w->x, 0) == 0 && map(NEAR, 1, w->y, 0) == 0, "map");
	write_through(1, &w->written[0]);
}

static void op_map(struct outcome *out)
{
	out->answer = map(1, 1, world()->x, LEAF);
}

static void op_map_batch(struct outcome *out)
{
	out->answer = map(0, NR_X, world()->x, 0);
}

static void op_map_elsewhere(struct outcome *out)
{
	out->answer = map(FREE + side(out), 1, world()->y, LEAF);
}

static void op_unmap(struct outcome *out)
{
	struct gm_map_gather *gather = &world()->gathers[side(out)];
	size_t done = 0;

	while (done < NR_X + 1) {
		size_t more = gm_map_unmap(&world()->as, &world()->slots[done], NR_X + 1 - done, 0,
					   gather);

		gm_map_finish(&world()->as, gather);
		if (more == 0) {
			out->wrong = "an empty gather was full";
			break;
		}
		done += more;
	}
}

static void op_protect(struct outcome *out)
{
	size_t done;

	out->answer = gm_map_protect(&world()->as, world()->slots, NR_X, 0, GM_PROT_READ, &done);
	if (done != NR_X)
		out->wrong = "slots were left out";
}

static void op_collect(struct outcome *out)
{
	struct gm_map_gather *gather = &world()->gathers[side(out)];
	size_t done;

	out->answer = gm_map_collect(&world()->as, &world()->slots[1], 1, 0,
				     GM_PTE_ACCESSED | GM_PTE_DIRTY, gather, &done);
	gm_map_finish(&world()->as, gather);
}

static void op_write(struct outcome *out)
{
	write_through(1, &world()->written[side(out)]);
}

static void op_take_noted(struct outcome *out)
{
	struct map_world *w = world();

	w->flags[side(out)] |= gm_map_take_flags(w->x, GM_FLAG_DIRTY);
	w->taken[side(out)] |= gm_map_take_blocks(w->dirty);
}

static void op_count(struct outcome *out)
{
	if (gm_map_count(world()->x) > 2 * NR_X ||
	    gm_map_granules(&world()->as, GM_MAP_FILE) > 2 * NR_SLOTS)
		out->wrong = "more is mapped than two could map";
}

/* The one reference that both sides have is all that there is, but for the slots'. */
static void op_freeze(struct outcome *out)
{
	struct map_world *w = world();

	out->answer = gm_ref_freeze(w->x, 1);
	if (out->answer == 0)
		gm_ref_thaw(w->x, 1);
}

/* What the slots say. */
struct found {
	gm_word x, y;
	int dirty; /* slot 1 is */
};

static const char *look(struct found *found)
{
	struct map_world *w = world();
	struct gm_pte pte;
	unsigned i;

	for (i = 0; i < NR_SLOTS; i++) {
		int is_x = i < NR_X;

		if (w->slots[i] == 0)
			continue;
		if (gm_pte_decode(&w->as.config.format, 0, w->slots[i], &pte) != 0 ||
		    pte.is != GM_PTE_LEAF)
			return "a slot stays busy";
		if (pte.paddr.value !=
		    gm_desc_base(is_x ? w->x : w->y) + (is_x ? i : i >= FREE) * LEAF)
			return "a slot leads elsewhere";
		*(is_x ? &found->x : &found->y) += 1;
		found->dirty |= i == 1 && (pte.flags & GM_PTE_DIRTY) != 0;
	}
	return NULL;
}

/* Whatever was written is still noted, or was taken. */
static int is_noted(const struct found *found)
{
	struct map_world *w = world();

	if ((w->written[0] | w->written[1]) == 0 || found->dirty)
		return 1;
	return ((w->dirty[0] | w->taken[0] | w->taken[1]) & DIRTY_BLOCK) != 0 &&
	       ((gm_desc_flags(w->x) | w->flags[0] | w->flags[1]) & GM_FLAG_DIRTY) != 0;
}

static const char *check(const struct outcome *halted, const struct outcome *other)
{
	struct map_world *w = world();
	struct found found = { 0, 0, 0 };
	const char *wrong = look(&found);

	(void)halted;
	(void)other;
	if (wrong != NULL)
		return wrong;
	if (gm_map_count(w->x) != found.x || gm_map_count(w->y) != found.y ||
	    gm_map_granules(&w->as, GM_MAP_FILE) != found.x + found.y)
		return "the map count is wrong";
	if (!is_noted(&found))
		return "what was written is not noted";
	wrong = objects_check(2 + (long)(found.x + found.y));
	return wrong != NULL ? wrong : objects_end();
}

#define MAYBE (ANSWER(0) | ANSWER(GM_EBUSY))

static const struct operation operations[] = {
	{ "map", op_map, MAYBE, IN_ALL, 0, 0 },
	{ "map a batch", op_map_batch, MAYBE, IN_ALL, 0, 0 },
	{ "map elsewhere", op_map_elsewhere, ANSWER(0), IN_ALL, 0, 0 },
	{ "unmap", op_unmap, ANSWER(0), IN_MAPPED, 0, 0 },
	{ "protect", op_protect, ANSWER(0), 1u << ALL, 0, 0 },
	{ "collect", op_collect, ANSWER(0), 1u << ALL, 0, 0 },
	{ "write", op_write, ANSWER(0), 1u << ALL, 0, 0 },
	{ "take what is noted", op_take_noted, ANSWER(0), 1u << ALL, 0, 0 },
	{ "count", op_count, ANSWER(0), IN_MAPPED, 0, 0 },
	{ "freeze and thaw", op_freeze, MAYBE, IN_ALL, 0, 0 },
};

const struct world world_map = { "map",      IN_ALL, sizeof(operations) / sizeof(operations[0]),
				 operations, setup,  check };
