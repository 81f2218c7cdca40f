/* SPDX-License-Identifier: BSD-2-Clause */
/* folio.c - a typed word for every granule; contracts in granmem/folio.h. */
#include <granmem/trace.h>

#include "folio_internal.h"

/*
 * Granules are locked as BUSY before a descriptor is taken: a pool that has to
 * grow in the region then never takes the memory that was asked for, and does not
 * grow for a request that cannot be met.
 */
static void fill(struct gm_folio *folio, uint64_t first, uint64_t nr, unsigned type, void *owner,
		 struct gm_desc *desc)
{
	struct gm_blocks *blocks = &folio->blocks;
	struct gm_object object;

	object.base = gm_blocks_paddr(blocks, first);
	object.size = nr << blocks->table.granule_shift;
	object.owner = owner;
	gm_desc_set(desc, &object);
	/* Until the publication a lookup finds the granule busy, or the descriptor
	 * frozen; after it, every word leads to it (I10). */
	gm_blocks_store(blocks, first, nr, (gm_word)desc);
	GM_TRACE(create, desc, object.base.value, object.size);
	gm_ref_publish(desc, type, 1);
}

static struct gm_blocks_range locked(uint64_t first, uint64_t nr)
{
	struct gm_blocks_range range;

	range.first = first;
	range.end = first + nr;
	return range;
}

int gm_folio_create(struct gm_folio *folio, const struct gm_object *object, struct gm_desc **out)
{
	struct gm_blocks *blocks = &folio->blocks;
	uint64_t first, nr;
	int err = gm_blocks_check(blocks, object, &first, &nr);

	if (err == 0)
		err = gm_blocks_lock(blocks, first, nr, GM_BLOCKS_BUSY);
	if (err != 0)
		return err;
	err = gm_folio_take_desc(folio, locked(first, nr), out);
	if (err != 0)
		gm_blocks_free(blocks, first, nr, GM_BLOCKS_FREE);
	else
		fill(folio, first, nr, object->type, object->owner, *out);
	return err;
}

int gm_folio_claim(struct gm_folio *folio, const struct gm_claim *claim, struct gm_desc **out)
{
	struct gm_blocks *blocks = &folio->blocks;
	struct gm_blocks_request request;
	uint64_t first;
	int err = gm_blocks_check_claim(blocks, claim, 0, &request);

	if (err == 0)
		err = gm_blocks_claim(blocks, &request, GM_BLOCKS_BUSY, &first);
	if (err != 0)
		return err;
	err = gm_folio_take_desc(folio, locked(first, request.nr), out);
	if (err != 0)
		gm_blocks_free(blocks, first, request.nr, GM_BLOCKS_FREE);
	else
		fill(folio, first, request.nr, claim->type, claim->owner, *out);
	return err;
}

int gm_folio_claim_each(struct gm_folio *folio, const struct gm_claim *claim, size_t nr,
			struct gm_desc **out)
{
	struct gm_blocks *blocks = &folio->blocks;
	struct gm_blocks_request request;
	uint64_t first;
	size_t i;
	int err = nr == 0 ? -GM_ESIZE : gm_blocks_check_claim(blocks, claim, nr, &request);

	if (err == 0)
		err = gm_blocks_claim(blocks, &request, GM_BLOCKS_BUSY, &first);
	if (err != 0)
		return err;
	for (i = 0; i < nr && err == 0; i++)
		err = gm_folio_take_desc(folio, locked(first, nr), &out[i]);
	if (err != 0) {
		gm_folio_return_descs(folio, out, i - 1);
		gm_blocks_free(blocks, first, nr, GM_BLOCKS_FREE);
		return err;
	}
	for (i = 0; i < nr; i++)
		fill(folio, first + i, 1, claim->type, claim->owner, out[i]);
	return 0;
}

void gm_folio_remove(struct gm_folio *folio, struct gm_desc *desc)
{
	struct gm_blocks *blocks = &folio->blocks;
	uint64_t first, nr;

	if (!gm_blocks_check_removal(blocks, desc, &first, &nr))
		return;
	GM_TRACE(remove, desc, gm_desc_base(desc), gm_desc_size(desc));
	gm_blocks_free(blocks, first, nr,
		       (gm_word)gm_granule_log2(nr) << GM_BLOCKS_KIND_SHIFT | GM_BLOCKS_FREE);
	/* Nothing links it any more: a lookup that still has its address finds it
	 * frozen, or as the descriptor of an object that is not where it looked. */
	gm_pool_return(&folio->descs, desc, GM_CPU_HINT());
}

size_t gm_folio_reap(struct gm_folio *folio, gm_reaped *reaped, void *ctx)
{
	struct gm_desc *desc;
	size_t nr = 0;

	while ((desc = (struct gm_desc *)gm_pool_take_orphan(&folio->descs)) != NULL) {
		struct gm_object gone;

		gm_ref_orphan(desc, &gone);
		if (reaped != NULL)
			reaped(ctx, &gone);
		gm_folio_remove(folio, desc);
		nr++;
	}
	return nr;
}

/* Descriptors for the pieces, linked by their owner fields, which nobody else
 * looks at while they are frozen. All or none. */
static int take_spare(struct gm_folio *folio, uint64_t nr, struct gm_blocks_range frozen,
		      struct gm_desc **out)
{
	struct gm_desc *desc;
	int err;

	*out = NULL;
	for (; nr != 0; nr--) {
		err = gm_folio_take_desc(folio, frozen, &desc);
		if (err != 0) {
			while ((desc = *out) != NULL) {
				*out = (struct gm_desc *)desc->owner;
				gm_pool_return(&folio->descs, desc, GM_CPU_HINT());
			}
			return err;
		}
		desc->owner = *out;
		*out = desc;
	}
	return 0;
}

int gm_folio_release_range(struct gm_folio *folio, struct gm_paddr base, uint64_t size)
{
	struct gm_blocks *blocks = &folio->blocks;
	struct gm_blocks_range frozen;
	struct gm_desc *spare;
	uint64_t first, end, nr_extra;
	int err = gm_blocks_check_range(blocks, base, size, &first, &end);

	if (err == 0)
		err = gm_blocks_freeze_range(blocks, first, end, &nr_extra, &frozen);
	if (err != 0)
		return err;
	err = take_spare(folio, nr_extra, frozen, &spare);
	if (err != 0) {
		gm_blocks_thaw_range(blocks, first, end);
		return err;
	}
	GM_TRACE(release, folio, base.value, size);
	gm_blocks_release(blocks, first, end, spare);
	return 0;
}
