/* SPDX-License-Identifier: BSD-2-Clause */
/* walker_change.c - protecting and unmapping what is there; contracts in
 * granmem/walker.h. */
#include "memory_internal.h"
#include "walker_internal.h"

#if GM_CONFIG_64BIT

/* What is done to the leaves of a range. */
enum verb {
	PROTECT,
	UNMAP,
	SWEEP, /* there must be none: only pages that hold nothing are taken out */
};

struct change {
	struct gm_walker *walker;
	struct gm_walker_gather *gather;
	enum verb verb;
	uint32_t prot;                 /* PROTECT */
	int only;                      /* only leaves of one object, which lead */
	uint64_t distance;             /* from an address to the byte so far away */
	struct gm_walker_span changed; /* not in the gather yet */
	unsigned level;                /* of that */
};

static void begin(struct change *change, struct gm_walker *walker, struct gm_walker_gather *gather,
		  enum verb verb)
{
	change->walker = walker;
	change->gather = gather;
	change->verb = verb;
	change->only = 0;
	change->changed.bytes = 0;
}

/* What is cached from the first leaf that was changed in a page to the last is to be
 * forgotten. */
static void note_changed(struct change *change)
{
	if (change->changed.bytes != 0)
		gm_walker_gather_range(change->walker, change->gather, change->changed.va,
				       change->changed.bytes, change->level, 0);
	change->changed.bytes = 0;
}

static void add_changed(struct change *change, unsigned level, uint64_t va, uint64_t bytes)
{
	if (change->changed.bytes == 0)
		change->changed.va = va;
	change->changed.bytes = va + bytes - change->changed.va;
	change->level = level;
}

/* The entry of a leaf is empty: what it counted for goes into the gather, which is
 * invalidated and emptied first if it is full. */
static void gather_leaf(struct change *change, unsigned level, const struct gm_pte *leaf)
{
	struct gm_map_space *as = change->walker->config.map;

	if (as == NULL)
		return;
	if (gm_map_gather_is_full(&change->gather->map)) {
		note_changed(change);
		gm_walker_gather_flush(change->walker, change->gather);
	}
	gm_map_gather_add(as, &change->gather->map, level, leaf);
}

static void set_prot(const struct change *change, struct gm_pte *leaf)
{
	const struct gm_map_space *as = change->walker->config.map;

	if (as != NULL)
		gm_map_set_prot(as, leaf, change->prot);
	else
		leaf->prot = change->prot;
}

/* A run, whole: nobody leaves parts of it that differ. value: its first entry. Returns 1;
 * 0: look again. */
static int change_run(struct change *change, unsigned level, gm_word value, gm_word *slots,
		      uint64_t va)
{
	struct gm_walker *walker = change->walker;
	unsigned shift = walker->shift[level];
	uint64_t nr = gm_granule_size(walker->run_shift[level]);
	struct gm_pte leaf;
	uint64_t i;

	if (!gm_walker_take_run(walker, level, value, slots, &leaf))
		return 0;
	add_changed(change, level, va, nr << shift);
	if (change->verb == PROTECT) {
		set_prot(change, &leaf);
		gm_walker_fill(walker, level, slots, nr, &leaf);
		return 1;
	}
	for (i = 0; i < nr; i++)
		gm_atomic_store_relaxed(&slots[i], 0);
	leaf.flags &= ~GM_PTE_RUN;
	for (i = 0; i < nr; i++) {
		gather_leaf(change, level, &leaf);
		leaf.paddr.value += gm_granule_size(shift);
	}
	return 1;
}

/*
 * One leaf, of 2^shift bytes. Returns 1; 0: look again, because somebody changed it or
 * hardware set a bit; -GM_ENOTSUP, and nothing has changed.
 */
static int change_leaf(struct change *change, unsigned level, unsigned shift, gm_word *slot,
		       gm_word value, uint64_t va)
{
	const struct gm_walker *walker = change->walker;
	struct gm_pte leaf;
	uint64_t entry = 0;
	int err = 0;

	gm_walker_decode(walker, level, value, &leaf);
	if (change->verb == PROTECT) {
		set_prot(change, &leaf);
		err = gm_pte_leaf(&walker->config.format, level, &leaf, &entry);
	}
	if (err != 0)
		return err;
	if (shift > walker->shift[level])
		return change_run(change, level, value, slot, va);
	/* release: pairs with the acquire of walk: what is executable from now on was
	 * written before */
	if (!gm_atomic_cas_release(slot, value, (gm_word)entry))
		return 0;
	add_changed(change, level, va, gm_granule_size(shift));
	if (change->verb == UNMAP)
		gather_leaf(change, level, &leaf);
	return 1;
}

/*
 * Does this leaf, which leads from va to paddr, map the object that the call is about?
 * That has a reference, so what is counted and leads into its memory is its own.
 */
static int is_meant(const struct change *change, const struct gm_pte *leaf, uint64_t paddr,
		    uint64_t va)
{
	return (leaf->software & GM_MAP_COUNTED) != 0 && paddr - va == change->distance;
}

/* The same of an entry, of which the address may be in the middle. */
static int is_entry_meant(const struct change *change, unsigned level, unsigned shift,
			  gm_word value, uint64_t va)
{
	struct gm_pte leaf;

	gm_walker_decode(change->walker, level, value, &leaf);
	return is_meant(change, &leaf, gm_granule_down(leaf.paddr.value, shift),
			gm_granule_down(va, shift));
}

/*
 * The entry at the beginning of the span, which moves on behind it. Returns 1; 0: it
 * takes another walk, or a cut, first; or an error.
 */
static int change_entry(struct change *change, unsigned level, gm_word *slot,
			struct gm_walker_span *span)
{
	const struct gm_walker *walker = change->walker;
	/* acquire: pairs with the release of fill: the mapper's object can be found */
	gm_word value = gm_atomic_load_acquire(slot);
	unsigned shift = walker->shift[level];
	int err;

	switch (gm_walker_kind(walker, level, value)) {
	case GM_WALKER_IS_TABLE:
		return 0;
	case GM_WALKER_IS_BUSY:
		return -GM_EBUSY;
	case GM_WALKER_IS_LEAF:
		if (change->verb == SWEEP)
			return -GM_EBUSY;
		shift = gm_walker_leaf_shift(walker, level, value);
		if (change->only && !is_entry_meant(change, level, shift, value, span->va))
			break;
		if (!gm_granule_aligned(span->va, shift) || span->bytes < gm_granule_size(shift))
			return 0;
		err = change_leaf(change, level, shift, slot, value, span->va);
		if (err != 1)
			return err;
		break;
	default:
		break;
	}
	gm_walker_pass(span, gm_walker_to_end(span->va, shift, span->bytes));
	return 1;
}

/* The entries of one table page, from the one that was walked to: as change_entry. */
static int change_page(struct change *change, const struct gm_walker_path *path,
		       struct gm_walker_span *span)
{
	const struct gm_walker *walker = change->walker;
	unsigned level = path->level;
	unsigned shift = gm_walker_table_shift(walker, level);
	gm_word *table = path->table[level];
	uint64_t behind = span->bytes - gm_walker_to_end(span->va, shift, span->bytes);
	int err;

	do {
		err = change_entry(change, level, &table[gm_walker_index(walker, level, span->va)],
				   span);
	} while (err == 1 && span->bytes > behind);
	note_changed(change);
	return err;
}

/* What stays whole needs no memory. */
static int cut(const struct change *change, uint64_t va)
{
	struct gm_walker_at at;

	if (change->only && (gm_walker_lookup(change->walker, va, &at) != 0 ||
			     !is_meant(change, &at.pte, at.paddr.value, va)))
		return 0;
	return gm_walker_cut(change->walker, va, change->gather);
}

/* What reaches into the span from outside, or out of it, is split: before anything is
 * changed, and again if somebody mapped it meanwhile. */
static int cut_ends(const struct change *change, const struct gm_walker_span *span)
{
	int err;

	if (change->verb == SWEEP)
		return 0;
	err = cut(change, span->va);
	if (err == 0)
		err = cut(change, span->va + span->bytes);
	return err;
}

static int change_span(struct change *change, struct gm_walker_span span)
{
	int err = cut_ends(change, &span);

	while (err >= 0 && span.bytes != 0) {
		uint64_t start = span.va;
		struct gm_walker_path path;

		gm_walker_walk(change->walker, start, 0, &path);
		err = change_page(change, &path, &span);
		if (change->verb != PROTECT)
			gm_walker_trim(change->walker, start, change->gather);
		if (err == 0)
			err = cut_ends(change, &span);
	}
	return err < 0 ? err : 0;
}

/* With a gather of its own, finished before the call returns, if there is no other. */
static int change_range(struct change *change, uint64_t va, uint64_t size)
{
	struct gm_walker_span span = { va, size };
	struct gm_walker_gather own;
	int err;

	if (change->gather != NULL)
		return change_span(change, span);
	change->gather = &own;
	gm_walker_gather_init(&own);
	err = change_span(change, span);
	gm_walker_gather_finish(change->walker, &own);
	return err;
}

int gm_walker_protect(struct gm_walker *walker, uint64_t va, uint64_t size, uint32_t prot,
		      struct gm_walker_gather *gather)
{
	struct change change;
	uint64_t entry;
	struct gm_pte pte;
	int err = gm_walker_check(walker, va, size);

	if (err != 0)
		return err;
	/* What the format has not, it has for no leaf. */
	gm_memory_clear(&pte, sizeof(pte));
	pte.is = GM_PTE_LEAF;
	pte.prot = prot;
	err = gm_pte_leaf(&walker->config.format, 0, &pte, &entry);
	begin(&change, walker, gather, PROTECT);
	change.prot = prot;
	return err != 0 ? err : change_range(&change, va, size);
}

int gm_walker_unmap(struct gm_walker *walker, uint64_t va, uint64_t size,
		    struct gm_walker_gather *gather)
{
	struct change change;
	int err = gm_walker_check(walker, va, size);

	begin(&change, walker, gather, UNMAP);
	return err != 0 ? err : change_range(&change, va, size);
}

int gm_walker_unmap_object(struct gm_walker *walker, uint64_t va, uint64_t size,
			   struct gm_desc *desc, uint64_t offset, struct gm_walker_gather *gather)
{
	uint64_t limit = gm_desc_size(desc);
	uint64_t paddr = gm_desc_base(desc) + offset;
	struct change change;
	int err = gm_walker_check(walker, va, size);

	if (err != 0)
		return err;
	if (offset > limit || size > limit - offset)
		return -GM_ERANGE;
	if (!gm_granule_aligned(paddr, walker->shift[0]))
		return -GM_EALIGN;
	begin(&change, walker, gather, UNMAP);
	change.only = 1;
	change.distance = paddr - va;
	return change_range(&change, va, size);
}

int gm_walker_sweep(struct gm_walker *walker, uint64_t va, uint64_t size,
		    struct gm_walker_gather *gather)
{
	struct change change;

	begin(&change, walker, gather, SWEEP);
	return change_range(&change, va, size);
}

void gm_walker_destroy(struct gm_walker *walker)
{
	unsigned root = walker->nr_levels - 1;
	uint64_t size = gm_granule_size(gm_walker_table_shift(walker, root));
	struct change change;
	int err;

	begin(&change, walker, NULL, UNMAP);
	walker->breaks_tables = 0; /* no processor knows them */
	/* From the lowest address on, through 0 if they are signed. */
	err = change_range(&change, 0 - walker->bias, size);
	(void)GM_CHECK(err == 0, "walker: destroyed while it is in use", walker);
	(void)err;
	gm_walker_give_page(walker, root, walker->root_paddr);
	walker->root = NULL;
}

#endif
