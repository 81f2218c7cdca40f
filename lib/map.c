/* SPDX-License-Identifier: BSD-2-Clause */
/* map.c - objects behind page-table entries; contracts in granmem/map.h. */
#include "map_internal.h"
#include "memory_internal.h"

#if GM_CONFIG_64BIT

/* A leaf as this format has it, to see what differs in the next one. */
static int sample(const struct gm_map_space *as, unsigned level, uint64_t paddr, uint64_t *out)
{
	struct gm_pte pte;

	gm_memory_clear(&pte, sizeof(pte));
	pte.is = GM_PTE_LEAF;
	pte.paddr.value = paddr;
	pte.prot = GM_PROT_READ | GM_PROT_WRITE | GM_PROT_EXEC;
	pte.memory = GM_MEMORY_WB;
	return gm_pte_leaf(&as->config.format, level, &pte, out);
}

static void learn_level(struct gm_map_space *as, unsigned level)
{
	uint64_t first, second;

	as->shift[level] = gm_pte_shift(&as->config.format, level);
	as->stride[level] = 0;
	if (sample(as, level, 0, &first) == 0 &&
	    sample(as, level, gm_map_leaf_bytes(as, level), &second) == 0)
		as->stride[level] = second - first;
}

/* Without DBM, processors write without a trace wherever they may write. */
static uint32_t unnoted(const struct gm_map_config *config)
{
	enum gm_pte_kind kind = config->format.kind;
	int is_arm = kind == GM_PTE_AARCH64_STAGE1 || kind == GM_PTE_AARCH64_STAGE2;

	if (is_arm && (config->format.features & GM_PTE_HAS_DBM) == 0)
		return config->unnoted | GM_PTE_DIRTY;
	return config->unnoted;
}

static int check_config(const struct gm_map_config *config)
{
	const struct gm_space *memory = config->memory;
	unsigned i;

	if (memory == NULL || config->lanes == NULL ||
	    !gm_granule_is_power_of_two(config->nr_lanes) || (config->unnoted & ~GM_MAP_NOTED) != 0)
		return -GM_EINVAL;
	for (i = 0; i <= GM_TYPE_MAX; i++) {
		if (config->classes[i] >= GM_MAP_CLASSES)
			return -GM_EINVAL;
	}
	for (i = 0; i < memory->nr_regions; i++) {
		const struct gm_table *table = memory->regions[i].table;

		if (table != NULL && table->desc_size < sizeof(struct gm_mapped))
			return -GM_ESIZE;
	}
	return gm_pte_check(&config->format);
}

int gm_map_init(struct gm_map_space *as, const struct gm_map_config *config)
{
	int err = check_config(config);
	unsigned level;

	if (err != 0)
		return err;
	gm_memory_copy(&as->config, config, sizeof(*config));
	as->unnoted = unnoted(config);
	as->nr_levels = gm_pte_levels(&config->format);
	for (level = 0; level < as->nr_levels; level++)
		learn_level(as, level);
	return as->stride[0] == 0 ? -GM_ENOTSUP : 0;
}

static void add_granules(struct gm_map_space *as, unsigned of, gm_word granules)
{
	struct gm_map_lane *lane = &as->config.lanes[GM_CPU_HINT() & (as->config.nr_lanes - 1)];

	/* relaxed: a figure, it publishes nothing */
	gm_atomic_add_relaxed(&lane->granules[of], granules);
}

void gm_map_count_class(struct gm_map_space *as, unsigned of, uint64_t bytes)
{
	add_granules(as, of, bytes >> as->shift[0]);
}

void gm_map_uncount_class(struct gm_map_space *as, unsigned of, uint64_t bytes)
{
	add_granules(as, of, (gm_word)0 - (bytes >> as->shift[0]));
}

uint64_t gm_map_granules(const struct gm_map_space *as, enum gm_map_class of)
{
	gm_word sum = 0;
	unsigned lane;

	for (lane = 0; lane < as->config.nr_lanes; lane++)
		sum += gm_atomic_load_relaxed(&as->config.lanes[lane].granules[of]);
	/* Between two loads something may have been mapped on one lane and unmapped on
	 * another, which shows as less than nothing. */
	return sum >> 63 ? 0 : sum;
}

void gm_map_put(struct gm_map_space *as, struct gm_desc *desc, gm_word refs)
{
	struct gm_object gone;

	/* release: pairs with the acquire of who destroys or freezes the object, and
	 * then finds the map count as all have left it */
	if (!gm_ref_put_many(desc, refs, &gone))
		return;
	if (as->config.gone != NULL)
		as->config.gone(as->config.gone_ctx, &gone);
	gm_space_remove(as->config.memory, desc);
}

void gm_map_lower(struct gm_mapped *object, gm_word nr)
{
	/* release: pairs with the acquire of gm_map_count: who misses these mappings
	 * sees what was reported of them */
	gm_word old = gm_atomic_add_release(&object->maps, (gm_word)0 - nr);

	if (!GM_CHECK(old >= nr, "map: more slots unmapped than were mapped", object))
		gm_atomic_add_relaxed(&object->maps, nr);
}

int gm_map_take_rest(struct gm_map_space *as, struct gm_desc *desc, size_t nr, uint64_t bytes)
{
	int err = gm_ref_add(desc, nr - 1);

	if (err != 0)
		return err;
	/* relaxed: the release that fills the slots comes behind it */
	gm_atomic_add_relaxed(&gm_map_of(desc)->maps, nr);
	gm_map_count_class(as, gm_map_class_of(as, desc), bytes);
	return 0;
}

int gm_map_take(struct gm_map_space *as, struct gm_desc *desc, size_t nr, uint64_t bytes)
{
	int err;

	if (desc == NULL) {
		gm_map_count_class(as, GM_MAP_DEVICE, bytes);
		return 0;
	}
	if (gm_map_class_of(as, desc) == GM_MAP_NONE)
		return -GM_ETYPE;
	/* The first one finds out whether the object is frozen. With it in hand nobody
	 * can freeze the object, and gm_ref_add may be asked for the rest. */
	err = gm_ref_get_checked(desc);
	if (err != 0)
		return err;
	err = gm_map_take_rest(as, desc, nr, bytes);
	if (err != 0)
		gm_map_put(as, desc, 1);
	return err;
}

void gm_map_give_back(struct gm_map_space *as, struct gm_desc *desc, size_t nr, uint64_t bytes)
{
	gm_map_uncount_class(as, gm_map_class_of(as, desc), bytes);
	if (desc == NULL)
		return;
	gm_map_lower(gm_map_of(desc), nr);
	gm_map_put(as, desc, nr);
}

int gm_map_hold(const struct gm_map_space *as, struct gm_paddr paddr, struct gm_desc **out,
		unsigned *refs)
{
	int err = gm_space_find_get(as->config.memory, paddr, 0, out);
	struct gm_desc *desc;

	*refs = 1;
	if (err != -GM_ELIMIT)
		return err == 0 ? 0 : -GM_EBUSY;
	/* A count that rests where leaked objects do rests for good: there is no last
	 * put to be afraid of. */
	desc = gm_space_find_object(as->config.memory, paddr);
	if (desc == NULL || gm_ref_count(desc) < GM_REFS_LEAKED)
		return -GM_ELIMIT;
	*refs = 0;
	*out = desc;
	return 0;
}

#endif
