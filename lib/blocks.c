/* SPDX-License-Identifier: BSD-2-Clause */
/* blocks.c - locking, freeing and looking up blocks; contracts in granmem/blocks.h. */
#include <granmem/blocks.h>

#include "blocks_internal.h"

/*
 * Granules become used (sign 1) or free (-1): the summary and the free bytes say so
 * before the first word is locked and after the last one is free. So the summary is
 * never less than the live granules. Returns the caller's lane.
 */
static GM_NOINLINE struct gm_lane *count(struct gm_blocks *blocks, uint64_t first, uint64_t nr,
					 gm_word sign)
{
	gm_word units = sign * (gm_word)(nr << (blocks->table.granule_shift - GM_UNIT_SHIFT));
	struct gm_lane *lane = gm_table_lane(&blocks->table);

	do {
		uint64_t here = GM_BLOCKS_GROUP - (first & (GM_BLOCKS_GROUP - 1));

		if (here > nr)
			here = nr;
		/* relaxed: a hint for searches, exact at rest */
		gm_atomic_add_relaxed(&blocks->summary[first >> GM_BLOCKS_GROUP_SHIFT],
				      sign * (gm_word)here);
		first += here;
		nr -= here;
	} while (nr != 0);
	/* relaxed: a count, it publishes nothing */
	gm_atomic_add_relaxed(&lane->free, 0 - units);
	return lane;
}

int gm_blocks_find_host(const struct gm_table_config *config, struct gm_metadata *metadata,
			void **buffer)
{
	struct gm_table table;
	int err = gm_table_configure(&table, config);

	if (err != 0)
		return err;
	if (table.to_virtual == NULL)
		return -GM_EINVAL;
	metadata->bytes = gm_granule_up(metadata->bytes, table.granule_shift);
	if (metadata->bytes >= table.size)
		return -GM_ENOMEM;
	*buffer = table.to_virtual(table.to_virtual_ctx,
				   gm_paddr(table.base + table.size - metadata->bytes),
				   metadata->bytes);
	return ((uintptr_t)*buffer & (GM_BLOCKS_ALIGN - 1)) != 0 ? -GM_EINVAL : 0;
}

void gm_blocks_host(struct gm_blocks *blocks, uint64_t hosted)
{
	uint64_t nr = hosted >> blocks->table.granule_shift;

	blocks->nr_usable = blocks->nr_granules - nr;
	count(blocks, blocks->nr_usable, nr, 1);
	gm_atomic_store_relaxed(&blocks->table.hosted_bytes, (gm_word)(hosted >> GM_UNIT_SHIFT));
}

/*
 * Words go free in descending order, the head's last: until then nobody else can
 * have the head, so no word ever leads by its order to another's head.
 */
static GM_NOINLINE void clear(struct gm_blocks *blocks, uint64_t first, uint64_t nr, gm_word head)
{
	uint64_t i;

	/* release: pairs with the acquire of the next one who locks the granule;
	 * what the last owner read of the descriptor was read before. */
	for (i = first + nr; i-- > first;)
		gm_atomic_store_release(gm_blocks_word(blocks, i), i == first ? head : 0);
}

GM_NOINLINE struct gm_desc *gm_blocks_look(const struct gm_blocks *blocks, uint64_t index,
					   gm_word *word)
{
	*word = gm_blocks_load(blocks, index);
	return gm_blocks_desc(blocks, index, *word);
}

/* Somebody has granule `index`, or had it a moment ago: who? */
static int conflict(const struct gm_blocks *blocks, uint64_t index)
{
	gm_word word, again;
	struct gm_desc *desc = gm_blocks_look(blocks, index, &word);
	int live;

	if (desc == NULL)
		return gm_blocks_is_passing(blocks, word) ? -GM_EBUSY : -GM_EEXIST;
	/*
	 * The word may have changed since, then the descriptor is another's. acquire:
	 * pairs with the release of publish, so that who sees the other's life sees
	 * the word changed.
	 */
	live = gm_state_is_live(gm_atomic_load_acquire(&desc->state));
	gm_blocks_look(blocks, index, &again);
	return live && again == word ? -GM_EEXIST : -GM_EBUSY;
}

/* The lock got no further than to granule `at`: take it back, and say why. */
static int give_up(struct gm_blocks *blocks, uint64_t first, uint64_t nr, uint64_t at)
{
	int err = conflict(blocks, at);

	clear(blocks, first, at - first, 0);
	count(blocks, first, nr, (gm_word)0 - 1);
	return err;
}

/*
 * Races with every other lock, whose compare-and-swap of the same word either
 * fails or makes this one fail, and with lookups, which find the word leads to
 * something that is not live until the caller publishes.
 */
int gm_blocks_lock(struct gm_blocks *blocks, uint64_t first, uint64_t nr, gm_word value)
{
	uint64_t i = first;

	count(blocks, first, nr, 1);
	do {
		volatile gm_word *at = gm_blocks_word(blocks, i);
		/* relaxed: the compare-and-swap has the order */
		gm_word word = gm_atomic_load_relaxed(at) & blocks->word_mask;

		/* acquire: pairs with the release of clear */
		if ((word & blocks->used_mask) != 0 || !gm_atomic_cas_acquire(at, word, value))
			return give_up(blocks, first, nr, i);
	} while (++i < first + nr);
	return 0;
}

void gm_blocks_free(struct gm_blocks *blocks, uint64_t first, uint64_t nr, gm_word head)
{
	struct gm_lane *lane;

	clear(blocks, first, nr, head);
	lane = count(blocks, first, nr, (gm_word)0 - 1);
	gm_atomic_store_relaxed(&lane->hints[nr >> GM_BLOCKS_GROUP_SHIFT != 0],
				(gm_word)(first << (blocks->table.granule_shift - GM_UNIT_SHIFT)));
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
	if ((word & blocks->used_mask) == 0 && index < blocks->nr_usable)
		return -GM_ENOENT;
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
	gm_word last = 0;

	if (!gm_table_contains(&blocks->table, paddr.value))
		return -GM_ERANGE;
	index = gm_blocks_index(blocks, paddr.value);
	if (err == 0)
		err = gm_ref_undo_as(desc, GM_STATE_REFS_ONE, 0);
	for (;;) {
		if (err == -GM_EORPHAN) {
			blocks->ops->orphan(blocks, desc);
			err = -GM_EBUSY;
		}
		desc = gm_blocks_look(blocks, index, &word);
		if (desc == NULL)
			return gm_blocks_miss(blocks, index, word);
		/*
		 * Whoever froze or ended the object may be stopped: an answer about
		 * the same word is the answer. Where the object was another one or
		 * the word has changed, somebody else made progress.
		 */
		if (word == last)
			return err;
		err = gm_table_get(desc, paddr.value, type);
		if (err == 0) {
			*out = desc;
			return 0;
		}
		last = err < 0 ? word : 0;
	}
}

int gm_blocks_for_each(struct gm_blocks *blocks, gm_visit *visit, void *ctx)
{
	uint64_t index = 0;
	int answer = 0;

	while (index < blocks->nr_usable && answer == 0) {
		struct gm_desc *desc;
		uint64_t end = index + 1;
		gm_word word;
		int err;

		/* Nothing that is live throughout the walk is in an empty group. */
		if ((index & (GM_BLOCKS_GROUP - 1)) == 0 &&
		    gm_atomic_load_relaxed(&blocks->summary[index >> GM_BLOCKS_GROUP_SHIFT]) == 0) {
			index += GM_BLOCKS_GROUP;
			continue;
		}
		desc = gm_blocks_look(blocks, index, &word);
		err = desc == NULL ? -GM_ENOENT :
				     gm_blocks_look_again(blocks, gm_blocks_paddr(blocks, index), 0,
							  NULL, -GM_ENOENT, &desc);
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
