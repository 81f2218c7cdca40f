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
	uint32_t prot;
};

/* A run, whole: nobody leaves parts of it that differ. Returns 1; 0: look again. */
static int change_run(const struct change *change, unsigned level, gm_word *slots)
{
	struct gm_walker *walker = change->walker;
	uint64_t nr = gm_granule_size(walker->run_shift[level]);
	struct gm_pte pte;
	uint64_t i;

	if (!gm_walker_take_run(walker, level, slots, &pte))
		return 0;
	if (change->verb == PROTECT) {
		pte.prot = change->prot;
		gm_walker_fill(walker, level, slots, nr, &pte);
		return 1;
	}
	for (i = 0; i < nr; i++)
		gm_atomic_store_relaxed(&slots[i], 0);
	return 1;
}

/*
 * One leaf, of 2^shift bytes. Returns 1; 0: look again, because somebody changed it or
 * hardware set a bit; -GM_ENOTSUP, and nothing has changed.
 */
static int change_leaf(const struct change *change, unsigned level, unsigned shift, gm_word *slot,
		       gm_word value)
{
	const struct gm_walker *walker = change->walker;
	uint64_t entry = 0;
	struct gm_pte pte;
	int err = 0;

	gm_walker_decode(walker, level, value, &pte);
	if (change->verb == PROTECT) {
		pte.prot = change->prot;
		err = gm_pte_leaf(&walker->config.format, level, &pte, &entry);
	}
	if (err != 0)
		return err;
	if (shift > walker->shift[level])
		return change_run(change, level, slot);
	/* relaxed: what the mapper published goes with the entry, which is only
	 * changed by read-modify-writes */
	return gm_atomic_cas_relaxed(slot, value, (gm_word)entry);
}

/*
 * The entry at the beginning of the span, which moves on behind it. Returns 2: a leaf
 * was changed; 1: there was none; 0: it takes another walk, or a cut, first; or an
 * error.
 */
static int change_entry(const struct change *change, unsigned level, gm_word *slot,
			struct gm_walker_span *span)
{
	struct gm_walker *walker = change->walker;
	/* relaxed: what is taken is compared, or loaded again */
	gm_word value = gm_atomic_load_relaxed(slot);
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
		if (!gm_granule_aligned(span->va, shift) || span->bytes < gm_granule_size(shift))
			return 0;
		err = change_leaf(change, level, shift, slot, value);
		if (err != 1)
			return err;
		gm_walker_pass(span, gm_granule_size(shift));
		return 2;
	default:
		gm_walker_pass(span, gm_walker_to_end(span->va, shift, span->bytes));
		return 1;
	}
}

/* The entries of one table page, from the one that was walked to: as change_entry. What
 * is cached from the first that was changed to the last is forgotten. */
static int change_page(const struct change *change, const struct gm_walker_path *path,
		       struct gm_walker_span *span)
{
	struct gm_walker *walker = change->walker;
	unsigned level = path->level;
	unsigned shift = gm_walker_table_shift(walker, level);
	gm_word *table = path->table[level];
	uint64_t behind = span->bytes - gm_walker_to_end(span->va, shift, span->bytes);
	struct gm_walker_span changed = { 0, 0 };
	int err;

	do {
		uint64_t va = span->va;

		err = change_entry(change, level, &table[gm_walker_index(walker, level, va)], span);
		if (err == 2) {
			changed.va = changed.bytes == 0 ? va : changed.va;
			changed.bytes = span->va - changed.va;
		}
	} while (err > 0 && span->bytes > behind);
	if (changed.bytes != 0)
		gm_walker_gather_range(walker, change->gather, changed.va, changed.bytes, level, 0);
	return err;
}

/* What reaches into the span from outside, or out of it, is split: before anything is
 * changed, and again if somebody mapped it meanwhile. */
static int cut_ends(const struct change *change, const struct gm_walker_span *span)
{
	int err;

	if (change->verb == SWEEP)
		return 0;
	err = gm_walker_cut(change->walker, span->va, change->gather);
	if (err == 0)
		err = gm_walker_cut(change->walker, span->va + span->bytes, change->gather);
	return err;
}

static int change_span(const struct change *change, struct gm_walker_span span)
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
	struct change change = { walker, gather, PROTECT, prot };
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
	return err != 0 ? err : change_range(&change, va, size);
}

int gm_walker_unmap(struct gm_walker *walker, uint64_t va, uint64_t size,
		    struct gm_walker_gather *gather)
{
	struct change change = { walker, gather, UNMAP, 0 };
	int err = gm_walker_check(walker, va, size);

	return err != 0 ? err : change_range(&change, va, size);
}

int gm_walker_sweep(struct gm_walker *walker, uint64_t va, uint64_t size,
		    struct gm_walker_gather *gather)
{
	struct change change = { walker, gather, SWEEP, 0 };

	return change_range(&change, va, size);
}

void gm_walker_destroy(struct gm_walker *walker)
{
	unsigned root = walker->nr_levels - 1;
	uint64_t size = gm_granule_size(gm_walker_table_shift(walker, root));
	struct change change = { walker, NULL, UNMAP, 0 };

	/* From the lowest address on, through 0 if they are signed. */
	(void)GM_CHECK(change_range(&change, 0 - walker->bias, size) == 0,
		       "walker: destroyed while it is in use", walker);
	gm_walker_give_page(walker, root, walker->root_paddr);
	walker->root = NULL;
}

#endif
