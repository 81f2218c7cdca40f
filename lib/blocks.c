/* SPDX-License-Identifier: BSD-2-Clause */
/* blocks.c - locking, freeing and looking up blocks; contracts in granmem/blocks.h. */
#include <granmem/blocks.h>

#include "memory_internal.h"

#define BLOCKS_ALIGN_SHIFT 6

int gm_blocks_check(const struct gm_blocks *blocks, const struct gm_object *object, uint64_t *first,
		    uint64_t *nr)
{
	unsigned shift = blocks->table.granule_shift;
	uint64_t size = object->size;
	int err;

	if (object->type != 0 && object->type <= GM_TYPE_MAX &&
	    (!gm_granule_is_power_of_two(size) || size < gm_granule_size(shift)))
		return -GM_ESIZE;
	err = gm_table_check(&blocks->table, object);
	if (err != 0)
		return err;
	if ((object->base.value & (size - 1)) != 0)
		return -GM_EALIGN;
	*first = gm_blocks_index(blocks, object->base.value);
	*nr = size >> shift;
	return *first + *nr > blocks->nr_usable ? -GM_EEXIST : 0;
}

/* The summary is raised when a lock is complete, before the object goes live, and
 * lowered after its last word is free: it is never less than the live granules. */
static void count(struct gm_blocks *blocks, uint64_t first, uint64_t nr, gm_word sign)
{
	while (nr != 0) {
		uint64_t here = GM_BLOCKS_GROUP - (first & (GM_BLOCKS_GROUP - 1));

		if (here > nr)
			here = nr;
		/* relaxed: a hint for searches, exact at rest */
		gm_atomic_add_relaxed(&blocks->summary[first >> GM_BLOCKS_GROUP_SHIFT],
				      sign * (gm_word)here);
		first += here;
		nr -= here;
	}
}

/* What lies in front of the table's own part. */
static uint64_t shared_bytes(const struct gm_table_config *config)
{
	uint64_t groups = gm_blocks_nr_summary(config->size >> config->granule_shift);

	return config->nr_lanes * sizeof(struct gm_lane) +
	       gm_granule_up(groups * sizeof(gm_word), BLOCKS_ALIGN_SHIFT);
}

uint64_t gm_blocks_metadata_size(const struct gm_table_config *config, uint64_t own)
{
	return shared_bytes(config) + gm_granule_up(own, BLOCKS_ALIGN_SHIFT);
}

int gm_blocks_place(const struct gm_table_config *config, void *buffer, uint64_t bytes,
		    uint64_t needed, struct gm_blocks_place *out)
{
	uint64_t skip = (uint64_t)(-(uintptr_t)buffer & (GM_BLOCKS_ALIGN - 1));

	out->hosted = 0;
	if (buffer != NULL) {
		if (bytes < skip || bytes - skip < needed)
			return -GM_ENOMEM;
		out->memory = (unsigned char *)buffer + (size_t)skip;
		out->end = (uintptr_t)buffer + (uintptr_t)bytes;
	} else {
		if (config->to_virtual == NULL)
			return -GM_EINVAL;
		out->hosted = gm_granule_up(needed, config->granule_shift);
		if (out->hosted >= config->size)
			return -GM_ENOMEM;
		out->memory = config->to_virtual(
			config->to_virtual_ctx,
			gm_paddr(config->base.value + config->size - out->hosted), out->hosted);
		if (((uintptr_t)out->memory & (GM_BLOCKS_ALIGN - 1)) != 0)
			return -GM_EINVAL;
		out->end = (uintptr_t)out->memory + (uintptr_t)needed;
	}
	if (!config->zeroed)
		gm_memory_clear(out->memory, (size_t)needed);
	return 0;
}

void gm_blocks_host(struct gm_blocks *blocks, uint64_t hosted)
{
	uint64_t nr = hosted >> blocks->table.granule_shift;

	blocks->nr_usable = blocks->nr_granules - nr;
	count(blocks, blocks->nr_usable, nr, 1);
	gm_table_take_free(&blocks->table, hosted);
	gm_atomic_store_relaxed(&blocks->table.hosted_bytes, (gm_word)(hosted >> GM_UNIT_SHIFT));
}

int gm_blocks_init(struct gm_blocks *blocks, const struct gm_table_config *config, void *buffer,
		   uint64_t bytes, uint64_t own, struct gm_blocks_place *out)
{
	uint64_t nr = config->size >> config->granule_shift;
	uint64_t groups = gm_blocks_nr_summary(nr);
	uint64_t needed = gm_blocks_metadata_size(config, own);
	int err = gm_blocks_place(config, buffer, bytes, needed, out);

	if (err != 0)
		return err;
	gm_table_init(&blocks->table, config, (struct gm_lane *)(void *)out->memory);
	blocks->table.static_bytes = needed;
	blocks->summary =
		(gm_word *)(void *)(out->memory + config->nr_lanes * sizeof(struct gm_lane));
	blocks->nr_granules = nr;
	blocks->nr_usable = nr;
	blocks->first_granule = config->base.value >> config->granule_shift;
	/* What the last group lacks is never free. */
	gm_atomic_store_relaxed(&blocks->summary[groups - 1],
				(gm_word)((groups << GM_BLOCKS_GROUP_SHIFT) - nr));
	if (out->hosted != 0)
		gm_blocks_host(blocks, out->hosted);
	out->memory += (size_t)shared_bytes(config);
	return 0;
}

/*
 * Words go free in descending order, the head's last: until then nobody else can
 * have the head, so no word ever leads by its order to another's head.
 */
static void clear(struct gm_blocks *blocks, uint64_t first, uint64_t nr, gm_word head)
{
	uint64_t i;

	/* release: pairs with the acquire of the next one who locks the granule;
	 * what the last owner read of the descriptor was read before. */
	for (i = first + nr; i-- > first;)
		gm_atomic_store_release(gm_blocks_word(blocks, i), i == first ? head : 0);
}

/* Somebody has granule `index`, or had it a moment ago: who? */
static int conflict(const struct gm_blocks *blocks, uint64_t index)
{
	gm_word word = gm_blocks_load(blocks, index);
	struct gm_desc *desc = gm_blocks_desc(blocks, index, word);
	int live;

	if (desc == NULL)
		return (word & blocks->used_mask) == 0 ||
				       (word & GM_BLOCKS_KIND_MASK) == GM_BLOCKS_BUSY ?
			       -GM_EBUSY :
			       -GM_EEXIST;
	/*
	 * The word may have changed since, then the descriptor is another's. acquire:
	 * pairs with the release of publish, so that who sees the other's life sees
	 * the word changed.
	 */
	live = gm_state_is_live(gm_atomic_load_acquire(&desc->state));
	return live && gm_blocks_load(blocks, index) == word ? -GM_EEXIST : -GM_EBUSY;
}

/*
 * Races with every other lock, whose compare-and-swap of the same word either
 * fails or makes this one fail, and with lookups, which find the word leads to
 * something that is not live until the caller publishes.
 */
int gm_blocks_lock(struct gm_blocks *blocks, uint64_t first, uint64_t nr, gm_word value)
{
	uint64_t i;
	int err;

	gm_table_take_free(&blocks->table, nr << blocks->table.granule_shift);
	for (i = first; i < first + nr; i++) {
		/* relaxed: the compare-and-swap has the order */
		gm_word word =
			gm_atomic_load_relaxed(gm_blocks_word(blocks, i)) & blocks->word_mask;

		/* acquire: pairs with the release of clear */
		if ((word & blocks->used_mask) != 0 ||
		    !gm_atomic_cas_acquire(gm_blocks_word(blocks, i), word, value))
			break;
	}
	if (i == first + nr) {
		count(blocks, first, nr, 1);
		return 0;
	}
	err = conflict(blocks, i);
	clear(blocks, first, i - first, 0);
	gm_table_give_free(&blocks->table, nr << blocks->table.granule_shift);
	return err;
}

int gm_blocks_check_removal(const struct gm_blocks *blocks, const struct gm_desc *desc)
{
	uint64_t base = gm_desc_base(desc);
	uint64_t index = gm_blocks_index(blocks, base);

	/* Destroyed, and still linked; a life that is over has no type. */
	return GM_CHECK(gm_ref_type(desc) == 0 && gm_table_contains(&blocks->table, base) &&
				gm_blocks_desc(blocks, index, gm_blocks_load(blocks, index)) ==
					desc,
			"remove: not an object that the caller ended", desc);
}

void gm_blocks_free(struct gm_blocks *blocks, uint64_t first, uint64_t nr, gm_word head)
{
	unsigned shift = blocks->table.granule_shift;
	struct gm_lane *lane = gm_table_lane(&blocks->table);

	clear(blocks, first, nr, head);
	count(blocks, first, nr, (gm_word)0 - 1);
	gm_table_give_free(&blocks->table, nr << shift);
	gm_atomic_store_relaxed(&lane->hints[nr >= GM_BLOCKS_GROUP],
				(gm_word)(first << (shift - GM_UNIT_SHIFT)));
}

void gm_blocks_store(struct gm_blocks *blocks, uint64_t first, uint64_t nr, gm_word value)
{
	uint64_t i;

	for (i = first; i < first + nr; i++)
		/* release: pairs with the acquire of gm_blocks_load */
		gm_atomic_store_release(gm_blocks_word(blocks, i), value);
}

int gm_blocks_miss(const struct gm_blocks *blocks, uint64_t index, gm_word word)
{
	if ((word & blocks->used_mask) == 0)
		return index < blocks->nr_usable ? -GM_ENOENT : -GM_ENOTRAM;
	return (word & GM_BLOCKS_KIND_MASK) == GM_BLOCKS_BUSY ? -GM_EBUSY : -GM_ENOTRAM;
}

void gm_blocks_orphan(struct gm_blocks *blocks, struct gm_desc *desc)
{
	blocks->ops->orphan(blocks, desc);
}

int gm_blocks_look_again(struct gm_blocks *blocks, struct gm_paddr paddr, unsigned type,
			 struct gm_desc *desc, int err, struct gm_desc **out)
{
	uint64_t index;
	gm_word word;

	if (!gm_table_contains(&blocks->table, paddr.value))
		return -GM_ERANGE;
	index = gm_blocks_index(blocks, paddr.value);
	if (desc != NULL && err == 0)
		err = gm_ref_undo(desc);
	for (;;) {
		if (desc != NULL && err == -GM_EORPHAN)
			blocks->ops->orphan(blocks, desc);
		word = gm_blocks_load(blocks, index);
		desc = gm_blocks_desc(blocks, index, word);
		if (desc == NULL)
			return gm_blocks_miss(blocks, index, word);
		err = gm_table_get(desc, paddr.value, type);
		if (err == 0) {
			*out = desc;
			return 0;
		}
		/*
		 * Whoever froze or ended the object may be stopped: an answer about
		 * the same word is the answer. Where the object was another one or
		 * the word has changed, somebody else made progress.
		 */
		if (err < 0 && err != -GM_EORPHAN && gm_blocks_load(blocks, index) == word)
			return err;
	}
}

int gm_blocks_for_each(struct gm_blocks *blocks, gm_visit *visit, void *ctx)
{
	uint64_t index = 0;
	int answer = 0;

	while (index < blocks->nr_usable && answer == 0) {
		struct gm_desc *desc;
		uint64_t end = index + 1;
		int err;

		/* Nothing that is live throughout the walk is in an empty group. */
		if ((index & (GM_BLOCKS_GROUP - 1)) == 0 &&
		    gm_atomic_load_relaxed(&blocks->summary[index >> GM_BLOCKS_GROUP_SHIFT]) == 0) {
			index += GM_BLOCKS_GROUP;
			continue;
		}
		desc = gm_blocks_desc(blocks, index, gm_blocks_load(blocks, index));
		err = desc == NULL ? -GM_ENOENT :
				     gm_blocks_look_again(blocks, gm_blocks_paddr(blocks, index), 0,
							  NULL, 0, &desc);
		if (err == 0) {
			end = gm_blocks_index(blocks, gm_desc_base(desc) + gm_desc_size(desc));
			answer = visit(ctx, desc);
			if (gm_ref_undo(desc) == -GM_EORPHAN)
				blocks->ops->orphan(blocks, desc);
		}
		index = end;
	}
	return answer;
}
