/* SPDX-License-Identifier: BSD-2-Clause */
/* map_slots.c - filling slots, one and many; contracts in granmem/map.h. */
#include "map_internal.h"
#include "memory_internal.h"

#if GM_CONFIG_64BIT

static int check_numbers(const struct gm_map_space *as, size_t nr, unsigned level,
			 const struct gm_map_request *request)
{
	if (nr == 0 || level >= as->nr_levels || (request->software & GM_MAP_COUNTED) != 0)
		return -GM_EINVAL;
	if (as->stride[level] == 0 || (request->flags & GM_PTE_RUN) != 0)
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

/* The first entry, if all can be expressed, each by the stride behind the one before. */
static int encode(const struct gm_map_space *as, size_t nr, unsigned level,
		  const struct gm_map_request *request, uint64_t *first)
{
	struct gm_pte pte;
	uint64_t last;
	int err;

	gm_memory_clear(&pte, sizeof(pte));
	err = check_memory(request, (uint64_t)nr << as->shift[level], &pte.paddr.value);
	if (err != 0)
		return err;
	pte.is = GM_PTE_LEAF;
	pte.prot = request->prot;
	pte.memory = request->memory;
	pte.flags = request->flags;
	pte.key = request->key;
	pte.software = request->software | (request->desc != NULL ? GM_MAP_COUNTED : 0);
	err = gm_pte_leaf(&as->config.format, level, &pte, first);
	if (err != 0 || nr == 1)
		return err;
	pte.paddr.value += (uint64_t)(nr - 1) << as->shift[level];
	err = gm_pte_leaf(&as->config.format, level, &pte, &last);
	if (err != 0)
		return err;
	return last == *first + (nr - 1) * as->stride[level] ? 0 : -GM_ENOTSUP;
}

static int fill_one(gm_word *slot, gm_word entry)
{
	/* release: pairs with the acquire of who clears or reads the slot, and, as a
	 * store to memory that is being shared, with the walk of hardware */
	return gm_atomic_cas_release(slot, 0, entry) ? 0 : -GM_EBUSY;
}

static int fill_many(gm_word *slots, size_t nr, gm_word entry, gm_word stride)
{
	size_t i;

	/* relaxed: a mark says nothing but that the slot is taken */
	for (i = 0; i < nr; i++) {
		if (!gm_atomic_cas_relaxed(&slots[i], 0, GM_MAP_BUSY))
			break;
	}
	if (i < nr) {
		while (i-- > 0)
			gm_atomic_store_relaxed(&slots[i], 0);
		return -GM_EBUSY;
	}
	/* The marks are the caller's own: nobody else changes them. release: as above. */
	for (i = 0; i < nr; i++, entry += stride)
		gm_atomic_store_release(&slots[i], entry);
	return 0;
}

static int fill(const struct gm_map_space *as, gm_word *slots, size_t nr, unsigned level,
		gm_word entry)
{
	return nr == 1 ? fill_one(slots, entry) : fill_many(slots, nr, entry, as->stride[level]);
}

/* For an object of which one reference was taken; it is given back after an error. */
static int map_object(struct gm_map_space *as, gm_word *slots, size_t nr, unsigned level,
		      const struct gm_map_request *request)
{
	uint64_t bytes = (uint64_t)nr << as->shift[level];
	uint64_t entry;
	int err = encode(as, nr, level, request, &entry);

	if (err == 0)
		err = gm_map_take_rest(as, request->desc, nr, bytes);
	if (err != 0) {
		gm_map_put(as, request->desc, 1);
		return err;
	}
	err = fill(as, slots, nr, level, entry);
	if (err != 0)
		gm_map_give_back(as, request->desc, nr, bytes);
	return err;
}

static int map_frames(struct gm_map_space *as, gm_word *slots, size_t nr, unsigned level,
		      const struct gm_map_request *request)
{
	uint64_t entry;
	int err = encode(as, nr, level, request, &entry);

	if (err == 0)
		err = fill(as, slots, nr, level, entry);
	if (err == 0)
		gm_map_count_class(as, GM_MAP_DEVICE, (uint64_t)nr << as->shift[level]);
	return err;
}

int gm_map_slots(struct gm_map_space *as, gm_word *slots, size_t nr, unsigned level,
		 const struct gm_map_request *request)
{
	int err = check_numbers(as, nr, level, request);

	if (err != 0)
		return err;
	if (request->desc == NULL)
		return map_frames(as, slots, nr, level, request);
	if (gm_map_class_of(as, request->desc) == GM_MAP_NONE)
		return -GM_ETYPE;
	/* It keeps the bounds as they are, and finds out whether they are being changed. */
	err = gm_ref_get_checked(request->desc);
	if (err != 0)
		return err;
	return map_object(as, slots, nr, level, request);
}

#endif
