/* SPDX-License-Identifier: BSD-2-Clause */
/* compound_claim.c - finding memory and giving ranges back; contracts in granmem/compound.h. */
#include <granmem/compound.h>
#include <granmem/trace.h>

static struct gm_desc *publish(struct gm_compound *compound, uint64_t first, uint64_t nr,
			       const struct gm_claim *claim)
{
	struct gm_blocks *blocks = &compound->blocks;
	struct gm_desc *desc = gm_blocks_own(blocks, first);
	struct gm_object object;

	object.base = gm_blocks_paddr(blocks, first);
	object.size = nr << blocks->table.granule_shift;
	object.owner = claim->owner;
	gm_desc_set(desc, &object);
	GM_TRACE(create, desc, object.base.value, object.size);
	gm_ref_publish(desc, claim->type, 1);
	return desc;
}

int gm_compound_claim(struct gm_compound *compound, const struct gm_claim *claim,
		      struct gm_desc **out)
{
	struct gm_blocks_request request;
	uint64_t first;
	int err = gm_blocks_check_claim(&compound->blocks, claim, 0, &request);

	if (err == 0)
		err = gm_blocks_claim(&compound->blocks, &request, gm_blocks_order_word(request.nr),
				      &first);
	if (err != 0)
		return err;
	*out = publish(compound, first, request.nr, claim);
	return 0;
}

int gm_compound_claim_each(struct gm_compound *compound, const struct gm_claim *claim, size_t nr,
			   struct gm_desc **out)
{
	struct gm_blocks_request request;
	uint64_t first;
	size_t i;
	int err =
		nr == 0 ? -GM_ESIZE : gm_blocks_check_claim(&compound->blocks, claim, nr, &request);

	if (err == 0)
		err = gm_blocks_claim(&compound->blocks, &request, gm_blocks_order_word(1), &first);
	if (err != 0)
		return err;
	for (i = 0; i < nr; i++)
		out[i] = publish(compound, first + i, 1, claim);
	return 0;
}

int gm_compound_release_range(struct gm_compound *compound, struct gm_paddr base, uint64_t size)
{
	struct gm_blocks_range frozen;
	uint64_t first, end, nr_extra;
	int err = gm_blocks_check_range(&compound->blocks, base, size, &first, &end);

	if (err == 0)
		err = gm_blocks_freeze_range(&compound->blocks, first, end, &nr_extra, &frozen);
	if (err != 0)
		return err;
	GM_TRACE(release, compound, base.value, size);
	gm_blocks_release(&compound->blocks, first, end, NULL);
	return 0;
}
