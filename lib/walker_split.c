/* SPDX-License-Identifier: BSD-2-Clause */
/* walker_split.c - blocks and runs in parts; rule W6 of granmem/walker.h. */
#include "memory_internal.h"
#include "walker_internal.h"

#if GM_CONFIG_64BIT

/* What hardware notes by itself. */
#define NOTED (GM_PTE_ACCESSED | GM_PTE_DIRTY)

/*
 * Take an entry: BUSY instead of a leaf of 2^shift bytes. Returns 1 and what it was at
 * that moment; 0: it is no such leaf any more. Once more if hardware set a bit, or
 * somebody changed its protection, meanwhile.
 */
static int take_entry(const struct gm_walker *walker, unsigned level, unsigned shift, gm_word *slot,
		      struct gm_pte *out)
{
	gm_word value;

	do {
		/* acquire: pairs with the release of fill: the rest of a run is there, and
		 * what the mapper published is passed on */
		value = gm_atomic_load_acquire(slot);
		if (gm_walker_kind(walker, level, value) != GM_WALKER_IS_LEAF ||
		    gm_walker_leaf_shift(walker, level, value) != shift)
			return 0;
		/* relaxed: the next one to take it finds it not 0 */
	} while (!gm_atomic_cas_relaxed(slot, value, GM_WALKER_BUSY));
	gm_walker_decode(walker, level, value, out);
	return 1;
}

/* Who takes the first entry has the others: they leave a run, and join it, only while
 * the first is BUSY. Hardware may have noted in any of them what concerns all. */
static void take_rest(const struct gm_walker *walker, unsigned level, gm_word *slots,
		      struct gm_pte *out)
{
	unsigned shift = walker->shift[level] + walker->run_shift[level];
	uint64_t nr = (uint64_t)1 << walker->run_shift[level];
	struct gm_pte other;
	uint64_t i;

	for (i = 1; i < nr; i++) {
		if (take_entry(walker, level, shift, &slots[i], &other))
			out->flags |= other.flags & NOTED;
		else
			(void)GM_CHECK(0, "walker: a run is not whole", walker);
	}
}

int gm_walker_take_run(const struct gm_walker *walker, unsigned level, gm_word value,
		       gm_word *slots, struct gm_pte *out)
{
	/* relaxed: the caller read the value with acquire; the next one to take it finds
	 * it not 0 */
	if (!gm_atomic_cas_relaxed(slots, value, GM_WALKER_BUSY))
		return 0;
	gm_walker_decode(walker, level, value, out);
	take_rest(walker, level, slots, out);
	return 1;
}

/* How many entries from an aligned one on differ by the stride: a run's; all; or none,
 * where the address has a second piece that begins at 2^48. */
static uint64_t strided(const struct gm_walker *walker, unsigned level, uint64_t nr,
			const struct gm_pte *pte)
{
	uint64_t first = pte->paddr.value;
	uint64_t last = first + ((nr - 1) << walker->shift[level]);

	if ((pte->flags & GM_PTE_RUN) != 0)
		return (uint64_t)1 << walker->run_shift[level];
	return first >> 48 == last >> 48 ? nr : 1;
}

void gm_walker_fill(const struct gm_walker *walker, unsigned level, gm_word *slots, uint64_t nr,
		    const struct gm_pte *pte)
{
	uint64_t piece = strided(walker, level, nr, pte);
	gm_word stride = (pte->flags & GM_PTE_RUN) != 0 ? walker->run_stride[level] :
							  walker->stride[level];
	struct gm_pte one;
	uint64_t first = 0;
	uint64_t i;
	int err;

	gm_memory_copy(&one, pte, sizeof(one));
	while (nr != 0) {
		nr -= piece;
		one.paddr.value = pte->paddr.value + (nr << walker->shift[level]);
		err = gm_pte_leaf(&walker->config.format, level, &one, &first);
		(void)GM_CHECK(err == 0, "walker: a leaf that cannot be", walker);
		if (err != 0)
			return;
		for (i = piece; i-- > 0;)
			/* release: pairs with the acquire of walk */
			gm_atomic_store_release(&slots[nr + i], (gm_word)first + i * stride);
	}
}

static int is_busy(const struct gm_walker *walker, unsigned level, const gm_word *slot)
{
	return gm_walker_kind(walker, level, gm_atomic_load_relaxed(slot)) == GM_WALKER_IS_BUSY;
}

static void forget_now(struct gm_walker *walker, uint64_t va, unsigned shift, unsigned level)
{
	struct gm_walker_range range = { gm_granule_down(va, shift), gm_granule_size(shift),
					 walker->shift[level], level, 0 };

	gm_walker_invalidate(walker, &range, 1);
}

/* The same leaves, each by itself. Returns 0: look again, or -GM_EBUSY: somebody else
 * has the run. */
static int unfold(struct gm_walker *walker, const struct gm_walker_path *path, uint64_t va)
{
	unsigned level = path->level;
	unsigned run_shift = walker->run_shift[level];
	unsigned shift = walker->shift[level] + run_shift;
	uint64_t inside = gm_walker_index(walker, level, va) & (gm_granule_size(run_shift) - 1);
	gm_word *first = path->slot - inside;
	struct gm_pte pte;

	if (!take_entry(walker, level, shift, first, &pte))
		return is_busy(walker, level, first) ? -GM_EBUSY : 0;
	take_rest(walker, level, first, &pte);
	forget_now(walker, va, shift, level);
	pte.flags &= ~GM_PTE_RUN;
	gm_walker_fill(walker, level, first, gm_granule_size(run_shift), &pte);
	return 0;
}

/* What is needed to replace a block: the page of its parts, and what it was. */
struct split {
	struct gm_walker_page page;
	struct gm_pte leaf; /* without what hardware noted */
	unsigned level;
	struct gm_desc *desc; /* of which references for the parts were taken, or NULL */
};

/* The entry as it would be if hardware had noted nothing. */
static uint64_t unnoted(const struct gm_walker *walker, unsigned level, const struct gm_pte *leaf)
{
	struct gm_pte one;
	uint64_t entry = 0;
	int err;

	gm_memory_copy(&one, leaf, sizeof(one));
	one.flags &= ~NOTED;
	err = gm_pte_leaf(&walker->config.format, level, &one, &entry);
	(void)GM_CHECK(err == 0, "walker: a leaf that cannot be", walker);
	(void)err;
	return entry;
}

/* Is the entry still the block that the references were taken for? */
static int is_same(const struct gm_walker *walker, const struct split *split, gm_word value,
		   struct gm_pte *out)
{
	unsigned level = split->level;

	if (gm_walker_kind(walker, level, value) != GM_WALKER_IS_LEAF)
		return 0;
	gm_walker_decode(walker, level, value, out);
	return unnoted(walker, level, out) == unnoted(walker, level, &split->leaf);
}

/*
 * Replace a block, whatever hardware does to it meanwhile, by a table of its parts;
 * hardware that still uses the block translates the same, and marks what it writes in
 * the parts, unless the block was marked, and then they are. Returns 1; 0: it is not that
 * block any more.
 */
static int replace(const struct gm_walker *walker, const struct split *split, gm_word *slot)
{
	unsigned below = split->level - 1;
	struct gm_pte leaf;
	gm_word value;

	do {
		/* relaxed: what the mapper published is passed on by the swap */
		value = gm_atomic_load_relaxed(slot);
		if (!is_same(walker, split, value, &leaf))
			return 0;
		gm_walker_fill(walker, below, split->page.slots, gm_walker_slots(walker, below),
			       &leaf);
		/* release: pairs with the acquire of walk (W4) */
	} while (!gm_atomic_cas_release(slot, value, split->page.entry));
	return 1;
}

/* The same with a break: nobody sees two sizes at a time. */
static int break_and_make(struct gm_walker *walker, const struct split *split, gm_word *slot,
			  uint64_t va)
{
	unsigned below = split->level - 1;
	struct gm_pte leaf;
	gm_word value;

	do {
		/* acquire: pairs with the release of fill, for what the mapper published */
		value = gm_atomic_load_acquire(slot);
		if (!is_same(walker, split, value, &leaf))
			return 0;
	} while (!gm_atomic_cas_relaxed(slot, value, GM_WALKER_BUSY));
	forget_now(walker, va, walker->shift[split->level], split->level);
	gm_walker_fill(walker, below, split->page.slots, gm_walker_slots(walker, below), &leaf);
	/* release: pairs with the acquire of walk (W4) */
	gm_atomic_store_release(slot, split->page.entry);
	return 1;
}

/* A page, and the references of the parts (W7). */
static int prepare(struct gm_walker *walker, struct split *split)
{
	unsigned below = split->level - 1;
	int err = gm_walker_take_page(walker, below, &split->page);

	split->desc = NULL;
	if (err != 0 || (split->leaf.software & GM_MAP_COUNTED) == 0)
		return err;
	err = gm_map_split(walker->config.map, split->leaf.paddr,
			   (size_t)gm_walker_slots(walker, below), &split->desc);
	if (err != 0)
		gm_walker_give_page(walker, below, split->page.paddr);
	return err;
}

/* Somebody else has changed it. */
static void give_back(struct gm_walker *walker, const struct split *split)
{
	unsigned below = split->level - 1;

	if (split->desc != NULL)
		gm_map_fold(walker->config.map, split->desc,
			    (size_t)gm_walker_slots(walker, below));
	gm_walker_give_page(walker, below, split->page.paddr);
}

/* Returns 0: look again, or an error. */
static int split_block(struct gm_walker *walker, const struct gm_walker_path *path, uint64_t va,
		       struct gm_walker_gather *gather)
{
	unsigned shift = walker->shift[path->level];
	struct split split;
	int err;

	split.level = path->level;
	gm_walker_decode(walker, path->level, path->value, &split.leaf);
	err = prepare(walker, &split);
	if (err != 0)
		/* Busy is the object, or it is not mapped here any more. */
		return gm_atomic_load_relaxed(path->slot) == path->value ? err : 0;
	if (walker->breaks) {
		if (!break_and_make(walker, &split, path->slot, va))
			give_back(walker, &split);
	} else if (replace(walker, &split, path->slot)) {
		gm_walker_gather_range(walker, gather, gm_granule_down(va, shift),
				       gm_granule_size(shift), split.level, 0);
	} else {
		give_back(walker, &split);
	}
	return 0;
}

int gm_walker_cut(struct gm_walker *walker, uint64_t va, struct gm_walker_gather *gather)
{
	struct gm_walker_path path;
	int err = 0;

	while (err == 0) {
		unsigned shift;

		gm_walker_walk(walker, va, 0, &path);
		if (path.kind != GM_WALKER_IS_LEAF)
			return 0;
		shift = gm_walker_leaf_shift(walker, path.level, path.value);
		if (gm_granule_aligned(va, shift))
			return 0;
		if (shift > walker->shift[path.level])
			err = unfold(walker, &path, va);
		else
			err = split_block(walker, &path, va, gather);
	}
	return err;
}

#endif
