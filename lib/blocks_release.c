/* SPDX-License-Identifier: BSD-2-Clause */
/* blocks_release.c - giving back parts of objects; contracts in granmem/blocks.h. */
#include <granmem/blocks.h>

#include "memory_internal.h"

int gm_blocks_check_range(const struct gm_blocks *blocks, struct gm_paddr base, uint64_t size,
			  uint64_t *first, uint64_t *end)
{
	unsigned shift = blocks->table.granule_shift;
	int err = gm_granule_check_range(base.value, size, blocks->table.base, blocks->table.size);

	if (err != 0)
		return err;
	if (!gm_granule_aligned(base.value | size, shift))
		return -GM_EALIGN;
	*first = gm_blocks_index(blocks, base.value);
	*end = *first + (size >> shift);
	return 0;
}

/* The granules of the object: [*first, *end). Requires a freeze. */
static void bounds(const struct gm_blocks *blocks, const struct gm_desc *desc, uint64_t *first,
		   uint64_t *end)
{
	*first = gm_blocks_index(blocks, gm_desc_base(desc));
	*end = *first + (gm_desc_size(desc) >> blocks->table.granule_shift);
}

/* The largest block that begins at `index` and ends at or before `end`. */
static uint64_t piece(const struct gm_blocks *blocks, uint64_t index, uint64_t end)
{
	uint64_t granule = blocks->first_granule + index;
	uint64_t aligned = granule & (~granule + 1);
	uint64_t most = gm_granule_size(gm_granule_log2(end - index));

	return aligned != 0 && aligned < most ? aligned : most;
}

static uint64_t nr_pieces(const struct gm_blocks *blocks, uint64_t index, uint64_t end)
{
	uint64_t nr = 0;

	for (; index < end; index += piece(blocks, index, end))
		nr++;
	return nr;
}

/* The descriptor of an object that is the caller's. */
static struct gm_desc *desc_at(const struct gm_blocks *blocks, uint64_t index)
{
	return gm_blocks_led(blocks, index, gm_blocks_load(blocks, index));
}

void gm_blocks_thaw_range(struct gm_blocks *blocks, uint64_t first, uint64_t end)
{
	uint64_t object_first, object_end;
	uint64_t i;

	for (i = first; i < end; i = object_end) {
		struct gm_desc *desc = desc_at(blocks, i);

		bounds(blocks, desc, &object_first, &object_end);
		gm_ref_thaw(desc, 1);
	}
}

static int freeze_at(struct gm_blocks *blocks, uint64_t index, struct gm_desc *desc)
{
	int err = gm_ref_freeze(desc, 1);

	if (err != 0 || gm_desc_covers(desc, gm_blocks_paddr(blocks, index).value))
		return err;
	gm_ref_thaw(desc, 1);
	return -GM_EBUSY;
}

int gm_blocks_freeze_range(struct gm_blocks *blocks, uint64_t first, uint64_t end,
			   uint64_t *nr_extra, struct gm_blocks_range *frozen)
{
	uint64_t object_first, object_end;
	uint64_t i;

	*nr_extra = 0;
	frozen->first = first;
	frozen->end = first;
	for (i = first; i < end; i = object_end) {
		gm_word word;
		struct gm_desc *desc = gm_blocks_look(blocks, i, &word);
		uint64_t rests = 0;
		int err =
			desc == NULL ? gm_blocks_miss(blocks, i, word) : freeze_at(blocks, i, desc);

		if (desc == NULL || err != 0) {
			gm_blocks_thaw_range(blocks, first, i);
			return err;
		}
		bounds(blocks, desc, &object_first, &object_end);
		if (i == first)
			frozen->first = object_first;
		frozen->end = object_end;
		if (object_first < first)
			rests += nr_pieces(blocks, object_first, first);
		if (object_end > end)
			rests += nr_pieces(blocks, end, object_end);
		if (rests != 0)
			*nr_extra += rests - 1;
	}
	return 0;
}

/* An object of which a part stays. */
struct cut {
	struct gm_blocks *blocks;
	struct gm_desc *old;
	gm_word state;
	gm_word flags;
	void *owner;
	int old_used;          /* a piece has taken the old descriptor over */
	struct gm_desc *spare; /* linked by owner */
};

/* Which descriptor is the piece's? A new one gets all but the bounds from the old, and
 * nothing of what the embedder had behind it: that is zero. */
static struct gm_desc *piece_desc(struct cut *cut, uint64_t index, const struct gm_object *object)
{
	struct gm_blocks *blocks = cut->blocks;
	struct gm_desc *desc;

	if (blocks->descs != NULL) {
		desc = gm_blocks_own(blocks, index);
	} else if (!cut->old_used) {
		desc = cut->old;
	} else {
		desc = cut->spare;
		cut->spare = desc->owner;
	}
	if (desc == cut->old) {
		cut->old_used = 1;
		gm_desc_resize(desc, object->base.value, object->size);
		return desc;
	}
	gm_desc_set(desc, object);
	gm_desc_set_flags(desc, cut->flags);
	gm_memory_clear(desc + 1, blocks->table.desc_size - sizeof(*desc));
	/* relaxed: frozen and the caller's; the thaw releases it. Generation goes on,
	 * type and NOPIN are inherited, strays are lost as in any frozen word. */
	gm_atomic_store_relaxed(&desc->state,
				(gm_atomic_load_relaxed(&desc->state) & GM_STATE_GENERATION_MASK) |
					(cut->state & (GM_STATE_TYPE_MASK | GM_STATE_NOPIN)));
	return desc;
}

/*
 * Lay pieces over [index, end): write their descriptors and words, still frozen.
 * A lookup meanwhile finds the old descriptor or the new one: both are frozen.
 */
static void lay(struct cut *cut, uint64_t index, uint64_t end)
{
	struct gm_blocks *blocks = cut->blocks;
	uint64_t nr;

	for (; index < end; index += nr) {
		struct gm_object object;
		struct gm_desc *desc;
		gm_word word;

		nr = piece(blocks, index, end);
		object.base = gm_blocks_paddr(blocks, index);
		object.size = nr << blocks->table.granule_shift;
		object.owner = cut->owner;
		desc = piece_desc(cut, index, &object);
		if (blocks->descs == NULL) {
			gm_blocks_store(blocks, index, nr, (gm_word)desc);
			continue;
		}
		word = gm_atomic_load_relaxed(gm_desc_flags_word(desc)) & ~GM_DESC_ORDER_MASK;
		gm_blocks_store(blocks, index, 1, word | gm_blocks_order_word(nr));
		gm_blocks_store(blocks, index + 1, nr - 1, gm_blocks_order_word(nr));
	}
}

static void thaw_pieces(struct gm_blocks *blocks, uint64_t index, uint64_t end)
{
	for (; index < end; index += piece(blocks, index, end))
		gm_ref_thaw(desc_at(blocks, index), 1);
}

/*
 * Free the part of [object_first, object_end) that lies in [first, end).
 *
 * No word may lead to a live descriptor that does not cover its granule, or a
 * lookup there would look again for as long as this thread is stopped. So: the
 * rests are laid while all is frozen, then the part between is freed, with the
 * words that still lead to the old head before the head's own, and only then
 * the pieces go live.
 */
static struct gm_desc *cut_object(struct gm_blocks *blocks, struct gm_desc *desc, uint64_t first,
				  uint64_t end, struct gm_desc *spare)
{
	struct cut cut;
	uint64_t object_first, object_end;

	gm_memory_clear(&cut, sizeof(cut));
	cut.blocks = blocks;
	cut.old = desc;
	cut.state = gm_atomic_load_relaxed(&desc->state);
	cut.flags = gm_desc_flags(desc);
	cut.owner = gm_desc_owner(desc);
	cut.spare = spare;
	bounds(blocks, desc, &object_first, &object_end);
	if (first < object_first)
		first = object_first;
	if (end > object_end)
		end = object_end;
	lay(&cut, object_first, first);
	lay(&cut, end, object_end);
	if (!cut.old_used)
		gm_ref_retire(desc);
	gm_blocks_free(blocks, first, end - first, 0);
	thaw_pieces(blocks, object_first, first);
	thaw_pieces(blocks, end, object_end);
	return cut.spare;
}

void gm_blocks_release(struct gm_blocks *blocks, uint64_t first, uint64_t end,
		       struct gm_desc *spare)
{
	uint64_t object_first, object_end;
	uint64_t i;

	for (i = first; i < end; i = object_end) {
		struct gm_desc *desc = desc_at(blocks, i);

		bounds(blocks, desc, &object_first, &object_end);
		if (object_first < first || object_end > end) {
			spare = cut_object(blocks, desc, first, end, spare);
		} else {
			gm_ref_retire(desc);
			blocks->ops->remove(blocks, desc);
		}
	}
}
