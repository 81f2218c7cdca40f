/* SPDX-License-Identifier: BSD-2-Clause */
/* folio_mark.c - memory that needs no record; contracts in granmem/folio.h. */
#include <granmem/folio.h>

int gm_folio_kind(const struct gm_folio *folio, struct gm_paddr paddr)
{
	const struct gm_blocks *blocks = &folio->blocks;
	uint64_t index;
	gm_word word;

	if (!gm_table_contains(&blocks->table, paddr.value))
		return -GM_ERANGE;
	index = gm_blocks_index(blocks, paddr.value);
	if (index >= blocks->nr_usable)
		return GM_FOLIO_METADATA;
	word = gm_blocks_load(blocks, index);
	return word == 0 ? GM_FOLIO_FREE : (int)(word & GM_BLOCKS_KIND_MASK);
}

static int is_mark(gm_word kind)
{
	return kind >= GM_FOLIO_RESERVED && kind <= GM_FOLIO_POISONED;
}

int gm_folio_mark(struct gm_folio *folio, struct gm_paddr base, uint64_t size, unsigned kind)
{
	struct gm_blocks *blocks = &folio->blocks;
	uint64_t first, end;
	int err;

	if (!is_mark(kind))
		return -GM_EINVAL;
	err = gm_blocks_check_range(blocks, base, size, &first, &end);
	if (err != 0)
		return err;
	if (end > blocks->nr_usable)
		return -GM_EEXIST;
	/* Locked first, so that who meets a mark that is then rolled back hears
	 * "busy", not "exists". */
	err = gm_blocks_lock(blocks, first, end - first, GM_BLOCKS_BUSY);
	if (err == 0)
		gm_blocks_store(blocks, first, end - first, kind);
	return err;
}

/* Give the kinds back that the locked words remember. */
static void restore(struct gm_blocks *blocks, uint64_t first, uint64_t end)
{
	while (end-- > first)
		gm_blocks_store(blocks, end, 1,
				gm_blocks_load(blocks, end) >> GM_BLOCKS_KIND_SHIFT);
}

int gm_folio_unmark(struct gm_folio *folio, struct gm_paddr base, uint64_t size)
{
	struct gm_blocks *blocks = &folio->blocks;
	uint64_t first, end, i;
	int err = gm_blocks_check_range(blocks, base, size, &first, &end);

	if (err != 0)
		return err;
	/* Races with other calls of itself: each word is won by one of them, in
	 * ascending order. */
	for (i = first; i < end; i++) {
		gm_word kind = gm_blocks_load(blocks, i);

		if (!is_mark(kind)) {
			err = (kind & GM_BLOCKS_KIND_MASK) == GM_BLOCKS_BUSY ? -GM_EBUSY :
									       -GM_ENOENT;
			break;
		}
		/* relaxed: a mark has no fields */
		if (!gm_atomic_cas_relaxed(gm_blocks_word(blocks, i), kind,
					   kind << GM_BLOCKS_KIND_SHIFT | GM_BLOCKS_BUSY)) {
			err = -GM_EBUSY;
			break;
		}
	}
	if (err != 0)
		restore(blocks, first, i);
	else
		gm_blocks_free(blocks, first, end - first, GM_BLOCKS_FREE);
	return err;
}
