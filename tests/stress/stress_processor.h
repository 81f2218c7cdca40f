/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress_processor.h - processors that use page tables, set accessed and dirty bits, and
 * go on using what they found until they are told to forget it: leaves, and the tables on
 * the way there. They forget no more than what a range says: the addresses at its stride,
 * the leaves of its level, tables only if it says so.
 *
 * Each looks and uses with its lock held, as an invalidation does that reaches it. So one
 * that has ended was seen, and what was found before is not used after it.
 */
#ifndef STRESS_PROCESSOR_H
#define STRESS_PROCESSOR_H

#include <granmem/walker.h>

#include <pthread.h>

#define NR_CACHED 24

/* A leaf, or a table that translates as much. */
struct cached {
	uint64_t va;
	uint64_t bytes; /* 0: nothing is cached here */
	uint64_t paddr; /* of a leaf */
	uint64_t life;  /* of the object there */
	uint32_t prot;
	uint32_t flags;
	gm_word *table;
	unsigned level; /* of the leaf, of the table's entries */
};

struct processor {
	pthread_mutex_t lock;
	struct cached leaves[NR_CACHED];
	struct cached tables[NR_CACHED];
	unsigned next_leaf, next_table;
	uint64_t breaks_below; /* where two sizes of one translation are a conflict; 0: nowhere */
};

/* The program's: where a table is, which life the memory is in, and that it ends. */
static void *table_at(struct gm_paddr paddr);
static uint64_t life_at(uint64_t paddr);
static void fail(const char *text);

static struct cached *find_cached(struct cached *all, uint64_t va)
{
	struct cached *found = NULL;
	unsigned i;

	for (i = 0; i < NR_CACHED; i++) {
		if (va - all[i].va < all[i].bytes && (found == NULL || all[i].level < found->level))
			found = &all[i];
	}
	return found;
}

/* Does the range have an address, at its stride, of what is cached? */
static int is_hit(const struct gm_walker_range *range, const struct cached *cached)
{
	uint64_t stride = (uint64_t)1 << range->shift;
	uint64_t ahead;

	if (range->va - cached->va < cached->bytes)
		return 1;
	ahead = (cached->va - range->va + stride - 1) / stride * stride;
	return cached->va > range->va && ahead < range->bytes &&
	       range->va + ahead - cached->va < cached->bytes;
}

static void processor_forget(struct processor *self, const struct gm_walker_range *ranges,
			     unsigned nr)
{
	unsigned i;

	pthread_mutex_lock(&self->lock);
	for (; nr > 0; nr--, ranges++) {
		for (i = 0; i < NR_CACHED; i++) {
			struct cached *leaf = &self->leaves[i];

			if (is_hit(ranges, leaf) && (ranges->level == GM_WALKER_NO_LEVEL ||
						     ranges->level == leaf->level))
				leaf->bytes = 0;
			if (ranges->tables && is_hit(ranges, &self->tables[i]))
				self->tables[i].bytes = 0;
		}
	}
	pthread_mutex_unlock(&self->lock);
}

/* What follows from the entry for va is kept. */
static gm_word *cache_table(struct processor *self, const struct gm_walker *walker, uint64_t va,
			    unsigned level, gm_word entry)
{
	struct cached *table = &self->tables[self->next_table++ % NR_CACHED];
	const struct gm_pte_format *format = &walker->config.format;

	table->bytes = (uint64_t)1 << gm_pte_shift(format, level);
	table->va = va & ~(table->bytes - 1);
	table->level = level - 1;
	table->table = table_at(gm_pte_paddr(format, level, entry));
	return table->table;
}

static struct cached *cache_leaf(struct processor *self, const struct gm_walker *walker,
				 uint64_t va, unsigned level, const struct gm_pte *pte)
{
	const struct gm_pte_format *format = &walker->config.format;
	unsigned shift = gm_pte_shift(format, level);
	const struct cached *other;
	struct cached *leaf;

	if ((pte->flags & GM_PTE_RUN) != 0)
		shift += gm_pte_run_shift(format, level);
	other = find_cached(self->leaves, va);
	if (va < self->breaks_below && other != NULL && other->bytes != (uint64_t)1 << shift)
		fail("two sizes of one translation");
	leaf = &self->leaves[self->next_leaf++ % NR_CACHED];
	leaf->bytes = (uint64_t)1 << shift;
	leaf->va = va & ~(leaf->bytes - 1);
	leaf->paddr = pte->paddr.value & ~(leaf->bytes - 1);
	leaf->level = level;
	leaf->prot = pte->prot;
	leaf->flags = pte->flags;
	leaf->life = life_at(leaf->paddr + (va - leaf->va));
	if (leaf->life == 0)
		fail("an entry leads to memory that is free");
	return leaf;
}

/* Sets what lacks of the flags in the entry. Returns 0 if it has changed meanwhile. */
static int note(const struct gm_walker *walker, unsigned level, gm_word *slot, gm_word entry,
		uint32_t flags, struct gm_pte *pte)
{
	uint64_t noted;

	if ((pte->flags & flags) == flags)
		return 1;
	pte->flags |= flags;
	if (gm_pte_leaf(&walker->config.format, level, pte, &noted) != 0)
		fail("an entry that cannot be marked");
	return __atomic_compare_exchange_n(slot, &entry, noted, 0, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

/* Down from what is cached. NULL: a fault. */
static struct cached *walk(struct processor *self, const struct gm_walker *walker, uint64_t va,
			   int is_write)
{
	const struct gm_pte_format *format = &walker->config.format;
	const struct cached *from = find_cached(self->tables, va);
	unsigned level = from != NULL ? from->level : gm_pte_levels(format) - 1;
	gm_word *table = from != NULL ? from->table : walker->root;

	for (;;) {
		gm_word *slot = &table[va >> gm_pte_shift(format, level) &
				       (((gm_word)1 << gm_pte_index_bits(format, level)) - 1)];
		gm_word entry = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
		struct gm_pte pte;

		if (!gm_pte_is_present(format, level, entry))
			return NULL;
		if (gm_pte_decode(format, level, entry, &pte) != 0)
			fail("a page that is no table any more");
		if (pte.is == GM_PTE_TABLE) {
			table = cache_table(self, walker, va, level--, entry);
			continue;
		}
		if (is_write && (pte.prot & GM_PROT_WRITE) == 0)
			return NULL;
		if (note(walker, level, slot, entry,
			 GM_PTE_ACCESSED | (is_write ? GM_PTE_DIRTY : 0), &pte))
			return cache_leaf(self, walker, va, level, &pte);
	}
}

/* Returns 1 if the access did not fault. written: told of the memory, before the lock goes. */
static int processor_access(struct processor *self, const struct gm_walker *walker, uint64_t va,
			    int is_write, void (*written)(uint64_t paddr))
{
	struct cached *leaf;
	uint64_t paddr;

	pthread_mutex_lock(&self->lock);
	leaf = find_cached(self->leaves, va);
	/* Who has no right, or would be the first to write, looks at memory. */
	if (leaf != NULL && is_write &&
	    ((leaf->prot & GM_PROT_WRITE) == 0 || (leaf->flags & GM_PTE_DIRTY) == 0)) {
		leaf->bytes = 0;
		leaf = NULL;
	}
	if (leaf == NULL)
		leaf = walk(self, walker, va, is_write);
	if (leaf != NULL) {
		paddr = leaf->paddr + (va - leaf->va);
		if (life_at(paddr) != leaf->life)
			fail("memory was freed that a processor still reaches");
		if (is_write)
			written(paddr);
	}
	pthread_mutex_unlock(&self->lock);
	return leaf != NULL;
}

#endif
