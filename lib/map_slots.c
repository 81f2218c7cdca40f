/* SPDX-License-Identifier: BSD-2-Clause */
/* map_slots.c - filling slots, one and many; contracts in granmem/map.h. */
#include "map_internal.h"

#if GM_CONFIG_64BIT

static int check_numbers(const struct gm_map_space *as, size_t nr, unsigned level,
			 const struct gm_map_request *request)
{
	if (nr == 0 || level >= as->nr_levels || (request->software & GM_MAP_COUNTED) != 0)
		return -GM_EINVAL;
	if ((request->flags & GM_PTE_RUN) != 0)
		return -GM_ENOTSUP;
	return nr > GM_PADDR_END >> as->shift[level] ? -GM_ERANGE : 0;
}

/* The physical address, if all of the bytes are memory that may be mapped here. */
static int check_memory(const struct gm_map_request *request, uint64_t bytes, uint64_t *paddr)
{
	uint64_t size;

	if (request->desc == NULL) {
		*paddr = request->paddr.value;
		return gm_granule_check_range(*paddr, bytes, 0, GM_PADDR_END) != 0 ? -GM_ERANGE : 0;
	}
	size = gm_desc_size(request->desc);
	if (request->offset > size || bytes > size - request->offset)
		return -GM_ERANGE;
	*paddr = gm_desc_base(request->desc) + request->offset;
	return 0;
}

/* Leaves in the making. */
struct batch {
	gm_word *slots;
	size_t nr;
	unsigned level;
	struct gm_pte leaf;
	uint64_t entry; /* the first one's */
};

/* The first entry, if all can be expressed, each by the stride behind the one before. */
static int encode(const struct gm_map_space *as, const struct gm_map_request *request,
		  struct batch *batch)
{
	const struct gm_pte_format *format = &as->config.format;
	struct gm_pte *leaf = &batch->leaf;
	uint64_t behind = (uint64_t)(batch->nr - 1) << as->shift[batch->level];
	uint64_t last;
	int err = check_memory(request, behind + gm_map_leaf_bytes(as, batch->level),
			       &leaf->paddr.value);

	if (err != 0)
		return err;
	leaf->is = GM_PTE_LEAF;
	leaf->prot = request->prot;
	leaf->memory = request->memory;
	leaf->flags = request->flags;
	leaf->key = request->key;
	leaf->software = request->software | (request->desc != NULL ? GM_MAP_COUNTED : 0);
	err = gm_pte_leaf(format, batch->level, leaf, &batch->entry);
	if (err != 0 || behind == 0)
		return err;
	leaf->paddr.value += behind;
	err = gm_pte_leaf(format, batch->level, leaf, &last);
	if (err != 0)
		return err;
	return last - batch->entry == (batch->nr - 1) * as->stride[batch->level] ? 0 : -GM_ENOTSUP;
}

static int fill_one(gm_word *slot, gm_word entry)
{
	/* release: pairs with the acquire of who clears or reads the slot, and with the
	 * walk of hardware, whose loads depend on what it reads */
	return gm_atomic_cas_release(slot, 0, entry) ? 0 : -GM_EBUSY;
}

/* All slots are the caller's, or none is. relaxed: a mark says nothing else. */
static int mark(gm_word *slots, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (gm_atomic_cas_relaxed(&slots[i], 0, GM_MAP_BUSY))
			continue;
		while (i-- > 0)
			gm_atomic_store_relaxed(&slots[i], 0);
		return -GM_EBUSY;
	}
	return 0;
}

static int fill(const struct gm_map_space *as, const struct batch *batch)
{
	uint64_t entry = batch->entry;
	size_t i;

	if (batch->nr == 1)
		return fill_one(batch->slots, entry);
	if (mark(batch->slots, batch->nr) != 0)
		return -GM_EBUSY;
	/* Nobody else changes a mark. release: as in fill_one. */
	for (i = 0; i < batch->nr; i++, entry += as->stride[batch->level])
		gm_atomic_store_release(&batch->slots[i], entry);
	return 0;
}

/* For an object of which one reference was taken; it is given back after an error. */
static int map_object(struct gm_map_space *as, const struct gm_map_request *request,
		      struct batch *batch)
{
	uint64_t bytes = (uint64_t)batch->nr << as->shift[batch->level];
	int err = encode(as, request, batch);

	if (err == 0)
		err = gm_map_take_rest(as, request->desc, batch->nr, bytes);
	if (err != 0) {
		gm_map_put(as, request->desc, 1);
		return err;
	}
	err = fill(as, batch);
	if (err != 0)
		gm_map_give_back(as, request->desc, batch->nr, bytes);
	return err;
}

static int map_frames(struct gm_map_space *as, const struct gm_map_request *request,
		      struct batch *batch)
{
	uint64_t bytes = (uint64_t)batch->nr << as->shift[batch->level];
	int err = encode(as, request, batch);

	if (err == 0)
		err = fill(as, batch);
	if (err == 0)
		gm_map_count_class(as, GM_MAP_DEVICE, bytes);
	return err;
}

int gm_map_slots(struct gm_map_space *as, gm_word *slots, size_t nr, unsigned level,
		 const struct gm_map_request *request)
{
	int err = check_numbers(as, nr, level, request);
	struct batch batch;

	if (err != 0)
		return err;
	batch.slots = slots;
	batch.nr = nr;
	batch.level = level;
	if (request->desc == NULL)
		return map_frames(as, request, &batch);
	if (gm_map_class_of(as, request->desc) == GM_MAP_NONE)
		return -GM_ETYPE;
	/* It keeps the bounds as they are, and finds out whether they are being changed. */
	err = gm_ref_get_checked(request->desc);
	if (err != 0)
		return err;
	return map_object(as, request, &batch);
}

#endif
