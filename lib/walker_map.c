/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walker_map.c - mapping: make the range BUSY, take the references, publish; rule
 * W5 of granmem/walker.h.
 */
#include "memory_internal.h"
#include "walker_internal.h"

#if GM_CONFIG_64BIT

/* A mapping in the making. */
struct mapping {
	struct gm_walker *walker;
	struct gm_walker_gather *gather;
	uint64_t va;
	uint64_t bytes;
	struct gm_pte pte; /* of the first granule */
	struct gm_desc *desc;
};

/* Leaves of one size, in one table page, side by side. */
struct chunk {
	uint64_t va;
	uint64_t bytes;
	uint64_t nr; /* of entries */
	unsigned level;
	struct gm_pte pte; /* of the first entry */
};

/* The largest leaf that begins at both addresses and is not longer than bytes. */
static unsigned fitting_leaf(const struct gm_walker *walker, uint64_t both, uint64_t bytes)
{
	unsigned aligned = gm_granule_trailing(both);
	unsigned fits = gm_granule_log2(bytes);
	unsigned limit = aligned < fits ? aligned : fits;

	/* Not empty: both and bytes are multiples of the granule. */
	return gm_granule_log2(walker->leaves & (((uint64_t)2 << limit) - 1));
}

/* From va to where a larger leaf than 2^shift may begin, but no more than bytes. */
static uint64_t to_larger(const struct gm_walker *walker, uint64_t va, uint64_t paddr,
			  unsigned shift, uint64_t bytes)
{
	uint64_t larger = walker->leaves & ~(((uint64_t)2 << shift) - 1);

	/* Where the two addresses differ in a bit, no leaf that contains it fits. */
	if (va != paddr)
		larger &= ((uint64_t)2 << gm_granule_trailing(va ^ paddr)) - 1;
	return larger == 0 ? bytes : gm_walker_to_end(va, gm_granule_trailing(larger), bytes);
}

/* What comes `done` bytes behind the start: the same whenever it is asked. */
static void next_chunk(const struct mapping *mapping, uint64_t done, struct chunk *chunk)
{
	const struct gm_walker *walker = mapping->walker;
	uint64_t paddr = mapping->pte.paddr.value + done;
	uint64_t va = mapping->va + done;
	uint64_t bytes = mapping->bytes - done;
	unsigned shift = fitting_leaf(walker, va | paddr, bytes);
	unsigned level = walker->nr_levels - 1;

	while (walker->shift[level] > shift)
		level--;
	bytes = to_larger(walker, va, paddr, shift, bytes);
	bytes = gm_walker_to_end(va, gm_walker_table_shift(walker, level), bytes);
	chunk->va = va;
	chunk->bytes = gm_granule_down(bytes, shift);
	chunk->nr = chunk->bytes >> walker->shift[level];
	chunk->level = level;
	gm_memory_copy(&chunk->pte, &mapping->pte, sizeof(chunk->pte));
	chunk->pte.paddr.value = paddr;
	if (shift > walker->shift[level])
		chunk->pte.flags |= GM_PTE_RUN;
}

/* Was the page that the path ends in taken out of its parent meanwhile? */
static int has_moved(const struct gm_walker *walker, const struct gm_walker_path *path, uint64_t va)
{
	unsigned above = path->level + 1;
	const gm_word *parent = &path->table[above][gm_walker_index(walker, above, va)];
	/* relaxed: a walk follows, or nothing */
	gm_word value = gm_atomic_load_relaxed(parent);

	return gm_walker_kind(walker, above, value) != GM_WALKER_IS_TABLE ||
	       gm_walker_page_at(walker, value) != path->table[path->level];
}

/* A table stands where a leaf is to be. It may hold nothing: left by calls that met in
 * it. Returns 0: look again, or -GM_EBUSY also if somebody just empties it. */
static int take_out(const struct mapping *mapping, unsigned level, uint64_t va,
		    const gm_word *slot, gm_word value)
{
	uint64_t bytes = gm_granule_size(mapping->walker->shift[level]);
	int err = gm_walker_sweep(mapping->walker, va, bytes, mapping->gather);

	if (err != 0)
		return err;
	/* relaxed: a walk follows */
	return gm_atomic_load_relaxed(slot) == value ? -GM_EBUSY : 0;
}

/*
 * Make entries BUSY, each from 0, ascending (W5). Returns 1; 0: one was emptied, or is
 * of a page that goes: look again; or -GM_EBUSY. relaxed: what the range translated
 * before was invalidated before it is mapped anew, by the caller's contract.
 */
static int take_entries(const struct mapping *mapping, gm_word *slots, const struct chunk *chunk)
{
	const struct gm_walker *walker = mapping->walker;
	enum gm_walker_entry kind;
	gm_word value;
	uint64_t i, met;

	for (i = 0; i < chunk->nr; i++) {
		if (!gm_atomic_cas_relaxed(&slots[i], 0, GM_WALKER_BUSY))
			break;
	}
	if (i == chunk->nr)
		return 1;
	met = i;
	value = gm_atomic_load_relaxed(&slots[met]);
	kind = gm_walker_kind(walker, chunk->level, value);
	while (i-- > 0)
		gm_atomic_store_relaxed(&slots[i], 0);
	if (kind == GM_WALKER_IS_TABLE)
		return take_out(mapping, chunk->level,
				chunk->va + (met << walker->shift[chunk->level]), &slots[met],
				value);
	return kind <= GM_WALKER_IS_CLOSED ? 0 : -GM_EBUSY;
}

/*
 * A page for the empty entry that was walked to; if it is of the chunk's own level,
 * the chunk's entries are BUSY in it from the start. Returns 1 if that made them so;
 * 0: walk on, or again; or an error.
 */
static int add_page(struct gm_walker *walker, const struct gm_walker_path *path,
		    const struct chunk *chunk)
{
	unsigned level = path->level - 1;
	struct gm_walker_page page;
	uint64_t first, i;
	int err = gm_walker_take_page(walker, level, &page);

	if (err != 0)
		return err;
	first = gm_walker_index(walker, level, chunk->va);
	for (i = 0; level == chunk->level && i < chunk->nr; i++)
		page.slots[first + i] = GM_WALKER_BUSY;
	/* release: pairs with the acquire of walk (W4) */
	if (!gm_atomic_cas_release(path->slot, 0, page.entry)) {
		gm_walker_give_page(walker, level, page.paddr);
		return 0;
	}
	return level == chunk->level;
}

/* Make the chunk's entries BUSY, and the pages that lack on the way. */
static int reserve(const struct mapping *mapping, const struct chunk *chunk)
{
	struct gm_walker *walker = mapping->walker;
	struct gm_walker_path path;
	int err;

	do {
		gm_walker_walk(walker, chunk->va, chunk->level, &path);
		switch (path.kind) {
		case GM_WALKER_IS_EMPTY:
			err = path.level > chunk->level ?
				      add_page(walker, &path, chunk) :
				      take_entries(mapping, path.slot, chunk);
			break;
		case GM_WALKER_IS_CLOSED:
			err = has_moved(walker, &path, chunk->va) ? 0 : -GM_EBUSY;
			break;
		case GM_WALKER_IS_TABLE: /* at the chunk's level */
			err = take_entries(mapping, path.slot, chunk);
			break;
		default:
			err = -GM_EBUSY;
			break;
		}
	} while (err == 0);
	return err;
}

/* Put back what was made BUSY in the first `done` bytes, and take out what pages
 * that leaves empty, on the way to what could not be had too. (Behind the range there
 * may be none of the addresses that are translated.) */
static void unreserve(const struct mapping *mapping, uint64_t done)
{
	struct gm_walker *walker = mapping->walker;
	struct gm_walker_path path;
	struct chunk chunk;
	uint64_t at, i;

	for (at = 0; at < done; at += chunk.bytes) {
		next_chunk(mapping, at, &chunk);
		gm_walker_walk(walker, chunk.va, chunk.level, &path);
		for (i = 0; i < chunk.nr; i++)
			gm_atomic_store_relaxed(&path.slot[i], 0);
		gm_walker_trim(walker, chunk.va, mapping->gather);
	}
	if (done < mapping->bytes)
		gm_walker_trim(walker, mapping->va + done, mapping->gather);
}

/* The entries are BUSY and so are the caller's, and the pages that they are in stay
 * (W1): nothing can fail any more. */
static void publish(const struct mapping *mapping)
{
	struct gm_walker *walker = mapping->walker;
	struct gm_walker_path path;
	struct chunk chunk;
	uint64_t at;

	for (at = 0; at < mapping->bytes; at += chunk.bytes) {
		next_chunk(mapping, at, &chunk);
		gm_walker_walk(walker, chunk.va, chunk.level, &path);
		gm_walker_fill(walker, chunk.level, path.slot, chunk.nr, &chunk.pte);
	}
}

/* What the request maps, as the first granule's leaf. */
static int first_leaf(const struct gm_map_request *request, uint64_t size, struct gm_pte *out)
{
	uint64_t paddr = request->paddr.value;

	if (request->desc != NULL) {
		uint64_t limit = gm_desc_size(request->desc);

		if (request->offset > limit || size > limit - request->offset)
			return -GM_ERANGE;
		paddr = gm_desc_base(request->desc) + request->offset;
	} else if (gm_granule_check_range(paddr, size, 0, GM_PADDR_END) != 0) {
		return -GM_ERANGE;
	}
	gm_memory_clear(out, sizeof(*out));
	out->is = GM_PTE_LEAF;
	out->paddr.value = paddr;
	out->prot = request->prot;
	out->memory = request->memory;
	out->flags = request->flags & ~GM_PTE_RUN;
	out->key = request->key;
	out->software = request->software | (request->desc != NULL ? GM_MAP_COUNTED : 0);
	return 0;
}

/* The references and counts of nr leaves. */
static int count(const struct mapping *mapping, uint64_t nr)
{
	struct gm_map_space *as = mapping->walker->config.map;

	return as == NULL ? 0 : gm_map_take(as, mapping->desc, (size_t)nr, mapping->bytes);
}

/* Can it be expressed? The last granule has the largest address; larger leaves say all
 * that a granule can. */
static int check_last(const struct mapping *mapping)
{
	const struct gm_walker *walker = mapping->walker;
	struct gm_pte last;
	uint64_t entry;

	gm_memory_copy(&last, &mapping->pte, sizeof(last));
	last.paddr.value += mapping->bytes - gm_granule_size(walker->shift[0]);
	return gm_pte_leaf(&walker->config.format, 0, &last, &entry);
}

/* All that can fail. After an error nothing is BUSY any more. */
static int prepare(const struct mapping *mapping)
{
	int err = check_last(mapping);
	uint64_t at, nr = 0;
	struct chunk chunk;

	if (err != 0)
		return err;
	for (at = 0; err >= 0 && at < mapping->bytes; at += chunk.bytes) {
		next_chunk(mapping, at, &chunk);
		nr += chunk.nr;
		err = reserve(mapping, &chunk);
		if (err < 0) /* at stays in front of it */
			chunk.bytes = 0;
	}
	if (err >= 0)
		err = count(mapping, nr);
	if (err < 0)
		unreserve(mapping, at);
	return err;
}

static int map(const struct mapping *mapping)
{
	int err = prepare(mapping);

	if (err != 0)
		return err;
	/* Where a table was taken out a leaf may come: only after the invalidation. */
	gm_walker_gather_flush(mapping->walker, mapping->gather);
	publish(mapping);
	return 0;
}

int gm_walker_map(struct gm_walker *walker, uint64_t va, uint64_t size,
		  const struct gm_map_request *request, struct gm_walker_gather *gather)
{
	struct gm_walker_gather own;
	struct mapping mapping;
	int err = gm_walker_check(walker, va, size);

	if (err == 0)
		err = first_leaf(request, size, &mapping.pte);
	if (err != 0)
		return err;
	if (!gm_granule_aligned(mapping.pte.paddr.value, walker->shift[0]))
		return -GM_EALIGN;
	if ((request->software & GM_MAP_COUNTED) != 0 ||
	    (request->desc != NULL && walker->config.map == NULL))
		return -GM_EINVAL;
	mapping.walker = walker;
	mapping.gather = gather;
	mapping.va = va;
	mapping.bytes = size;
	mapping.desc = request->desc;
	if (gather != NULL)
		return map(&mapping);
	gm_walker_gather_init(&own);
	mapping.gather = &own;
	err = map(&mapping);
	gm_walker_gather_finish(walker, &own);
	return err;
}

#endif
