/* SPDX-License-Identifier: BSD-2-Clause */
/* world_walker.c - the walker's tables: what they begin with, and what must be right in
 * the end; contracts in walker_world.h. */
#include "walker_world.h"

#define TYPE 3u

static int take_page(void *ctx, uint64_t bytes, struct gm_paddr *out)
{
	gm_word n = gm_atomic_add_relaxed(&world()->nr_taken, 1);

	(void)ctx;
	if (n >= NR_PAGES || bytes != LEAF)
		return -GM_ENOMEM;
	out->value = (n + 1) * LEAF;
	return 0;
}

static void free_page(void *ctx, struct gm_paddr page, uint64_t bytes)
{
	(void)ctx;
	(void)page;
	(void)bytes;
	gm_atomic_add_relaxed(&world()->nr_freed, 1);
}

gm_word *walker_table(struct gm_paddr paddr)
{
	return (gm_word *)(void *)(world()->pages + (paddr.value - LEAF));
}

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	(void)ctx;
	(void)size;
	return walker_table(base);
}

int walker_map(uint64_t va, uint64_t size, struct gm_desc *desc, uint64_t offset,
	       struct gm_walker_gather *gather)
{
	struct gm_map_request request = { .offset = offset, .prot = GM_PROT_READ | GM_PROT_WRITE };

	if (world()->is_frames)
		request.paddr = gm_paddr(gm_desc_base(desc) + offset);
	else
		request.desc = desc;
	return gm_walker_map(&world()->walker, va, size, &request, gather);
}

/* Two entries a table; where there are runs, four in the lowest one, and two a run. */
static void make_small(int runs)
{
	struct walker_world *w = world();
	unsigned i;

	w->walker.nr_levels = 3;
	w->walker.bias = 0;
	for (i = 0; i < 3; i++) {
		w->walker.index_bits[i] = runs && i == 0 ? 2 : 1;
		w->walker.run_shift[i] = runs && i == 0;
		w->walker.shift[i] = 12 + i + (runs && i > 0);
	}
	w->walker.leaves = LEAF | LARGE;
	w->as.shift[1] = w->walker.shift[1];
	w->bytes = (uint64_t)2 << w->walker.shift[2];
}

static void start(unsigned variant)
{
	struct walker_world *w = world();
	struct gm_map_config map = { .memory = &w->objects.space,
				     .lanes = &w->lane,
				     .nr_lanes = 1 };
	struct gm_walker_config config = { .map = &w->as,
					   .flags = variant == BREAK ? GM_WALKER_BREAK : 0,
					   .alloc = take_page,
					   .free = free_page,
					   .to_virtual = to_virtual };
	unsigned i;

	map.classes[TYPE] = GM_MAP_FILE;
	map.format.kind = variant == RUN ? GM_PTE_AARCH64_STAGE1 : GM_PTE_X86_64;
	map.format.features = variant == RUN ? GM_PTE_HAS_DBM : GM_PTE_HAS_NX;
	config.format = map.format;
	w->is_frames = variant == RUN;
	must(gm_map_init(&w->as, &map) == 0, "map");
	must(gm_walker_init(&w->walker, &config) == 0, "walker");
	make_small(variant == RUN);
	for (i = 0; i < 2; i++)
		gm_walker_gather_init(&w->gathers[i]);
}

void walker_setup(unsigned variant, unsigned refs, unsigned pins)
{
	struct walker_world *w;

	(void)refs;
	(void)pins;
	objects_begin(sizeof(*w));
	w = world();
	w->pages = memory_take(NR_PAGES * LEAF, LEAF);
	w->x = objects_make(0, 1, TYPE, NULL);
	w->y = objects_make(1, 1, TYPE, NULL);
	start(variant);
	if (variant == ALONE || variant == CROWD)
		must(walker_map(0, LEAF, w->x, 0, NULL) == 0, "map");
	if (variant == CROWD)
		must(walker_map(LEAF, LEAF, w->y, LEAF, NULL) == 0, "map beside");
	if (IN(variant) & IN_LARGE)
		must(walker_map(0, LARGE, w->x, 0, NULL) == 0, "map large");
}

/* What the tables say. */
struct found {
	gm_word x, y;   /* leaves */
	uint64_t bytes; /* in all */
	int dirty;      /* one of x is */
};

static const char *add(struct found *found, uint64_t va, const struct gm_walker_at *at)
{
	struct walker_world *w = world();
	uint64_t x = at->paddr.value - gm_desc_base(w->x);

	if (x < OBJECT_BYTES) {
		if (x != va)
			return "x is mapped elsewhere";
		found->x++;
		found->dirty |= (at->pte.flags & GM_PTE_DIRTY) != 0;
	} else {
		if (at->paddr.value - gm_desc_base(w->y) != LEAF)
			return "nobody mapped that";
		found->y++;
	}
	found->bytes += at->bytes;
	return NULL;
}

static const char *look(struct found *found)
{
	struct gm_walker_at at;
	const char *wrong = NULL;
	uint64_t va;

	for (va = 0; wrong == NULL && va < world()->bytes; va += at.bytes) {
		int err = gm_walker_lookup(&world()->walker, va, &at);

		if (err == 0)
			wrong = add(found, va, &at);
		else if (err == -GM_ENOENT)
			at.bytes = LEAF;
		else
			wrong = "an entry stays busy";
	}
	return wrong;
}

static const char *check_objects(const struct found *found, long refs)
{
	struct walker_world *w = world();

	if (gm_map_count(w->x) != found->x || gm_map_count(w->y) != found->y)
		return "the map count is wrong";
	if (gm_map_granules(&w->as, GM_MAP_FILE) != found->bytes / LEAF)
		return "the address space counts wrong";
	/* An object that is gone has taken its flags with it. */
	if ((w->written[0] | w->written[1]) != 0 && !found->dirty && objects_at(0) != NULL &&
	    (gm_desc_flags(w->x) & GM_FLAG_DIRTY) == 0)
		return "what was written is not noted";
	return objects_check(refs + (long)(found->x + found->y));
}

/* All pages but the root go with what is mapped: none is lost, or stays closed. */
static const char *check_pages(void)
{
	struct walker_world *w = world();

	if (gm_walker_unmap(&w->walker, 0, w->bytes, NULL) != 0)
		return "what is mapped cannot be unmapped";
	return w->nr_taken - w->nr_freed == 1 ? NULL : "a table page is lost";
}

const char *walker_check(const struct outcome *halted, const struct outcome *other)
{
	struct found found = { 0, 0, 0, 0 };
	const char *wrong = look(&found);

	if (wrong == NULL && !world()->is_frames)
		wrong = check_objects(&found, 2 + halted->refs + other->refs);
	if (wrong == NULL)
		wrong = check_pages();
	return wrong != NULL ? wrong : objects_end();
}
