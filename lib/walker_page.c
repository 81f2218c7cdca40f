/* SPDX-License-Identifier: BSD-2-Clause */
/* walker_page.c - table pages come and go; rules W1 to W4 of granmem/walker.h. */
#include "memory_internal.h"
#include "pte_internal.h"
#include "walker_internal.h"

#if GM_CONFIG_64BIT

/* A root may be smaller than a granule (aarch64), or several of them. */
static uint64_t page_bytes(const struct gm_walker *walker, unsigned level)
{
	uint64_t bytes = gm_walker_slots(walker, level) * sizeof(gm_word);
	uint64_t granule = gm_granule_size(walker->shift[0]);

	return bytes > granule ? bytes : granule;
}

/* A table page as an object of the space, below max, or anywhere (0). */
static int claim(struct gm_walker *walker, uint64_t bytes, uint64_t max, struct gm_paddr *out)
{
	const struct gm_walker_config *config = &walker->config;
	struct gm_claim request;
	struct gm_desc *desc;
	int err;

	gm_memory_clear(&request, sizeof(request));
	request.size = bytes;
	request.align = bytes;
	request.max = gm_paddr(max);
	request.type = config->table_type;
	request.owner = walker;
	err = gm_space_claim(config->space, &request, config->node, &desc);
	if (err == 0)
		out->value = gm_desc_base(desc);
	return err;
}

/* With a reference of its own the descriptor is certain; then that one and claim's. */
static void unclaim(const struct gm_walker *walker, struct gm_paddr paddr)
{
	const struct gm_space *space = walker->config.space;
	struct gm_desc *desc;
	int err = gm_space_find_get(space, paddr, walker->config.table_type, &desc);

	(void)GM_CHECK(err == 0, "walker: a table page is no object", walker);
	if (err != 0)
		return;
	(void)gm_space_put(space, desc);
	(void)gm_space_put(space, desc);
}

/* May it be a table page? If so, the entry that leads there. What an entry of another
 * level than the lowest but one would say is the same, and the root needs none: where it
 * is the only table, what a leaf can lead to is in reach. */
static int check_page(const struct gm_walker *walker, uint64_t bytes, struct gm_paddr paddr,
		      uint64_t *entry)
{
	const struct gm_pte_format *format = &walker->config.format;
	struct gm_pte leaf;

	if (!gm_granule_aligned(paddr.value, gm_granule_log2(bytes)))
		return -GM_EALIGN;
	if (paddr.value >> GM_WALKER_TABLE_BITS != 0)
		return -GM_ERANGE;
	if (walker->nr_levels > 1)
		return gm_pte_table(format, 1, paddr, entry);
	gm_memory_clear(&leaf, sizeof(leaf));
	leaf.paddr = paddr;
	leaf.prot = GM_PROT_READ;
	return gm_pte_leaf(format, 0, &leaf, entry);
}

static int take_memory(struct gm_walker *walker, unsigned level, uint64_t max,
		       struct gm_walker_page *page)
{
	const struct gm_walker_config *config = &walker->config;
	uint64_t bytes = page_bytes(walker, level);
	uint64_t entry = 0;
	int err = config->alloc != NULL ? config->alloc(config->ctx, bytes, &page->paddr) :
					  claim(walker, bytes, max, &page->paddr);

	if (err != 0)
		return err;
	err = check_page(walker, bytes, page->paddr, &entry);
	if (err != 0)
		gm_walker_give_page(walker, level, page->paddr);
	page->entry = (gm_word)entry;
	return err;
}

/* Behind what an entry can lead to. */
static uint64_t reach(const struct gm_walker *walker)
{
	struct gm_pte_format format;

	gm_pte_complete(&walker->config.format, &format);
	return (uint64_t)1 << (format.output_bits < GM_WALKER_TABLE_BITS ? format.output_bits :
									   GM_WALKER_TABLE_BITS);
}

int gm_walker_take_page(struct gm_walker *walker, unsigned level, struct gm_walker_page *page)
{
	uint64_t bytes = page_bytes(walker, level);
	int err = take_memory(walker, level, 0, page);

	/* A space that has memory out of reach may have some in reach, but a claim that says
	 * where costs it more than one that does not. */
	if (err == -GM_ERANGE && walker->config.alloc == NULL)
		err = take_memory(walker, level, reach(walker), page);
	if (err != 0)
		return err;
	page->slots = gm_walker_virtual(walker, page->paddr, bytes);
	gm_memory_clear(page->slots, (size_t)bytes);
	return 0;
}

void gm_walker_give_page(struct gm_walker *walker, unsigned level, struct gm_paddr paddr)
{
	const struct gm_walker_config *config = &walker->config;

	if (config->free != NULL)
		config->free(config->ctx, paddr, page_bytes(walker, level));
	else
		unclaim(walker, paddr);
}

/*
 * Close a table page (W2). Beginning to look at `hint`, where something was just
 * unmapped, the neighbour that is still mapped is mostly found at once. relaxed: the
 * entries tell nothing about other memory; what was mapped in them was invalidated
 * or will be, with the page's whole range.
 */
static int close_page(const struct gm_walker *walker, unsigned level, gm_word *slots,
		      uint64_t hint)
{
	uint64_t nr = gm_walker_slots(walker, level);
	uint64_t i;

	for (i = 0; i < nr; i++) {
		if (gm_atomic_load_relaxed(&slots[(hint + i) & (nr - 1)]) != 0)
			return 0;
	}
	for (i = 0; i < nr; i++) {
		if (!gm_atomic_cas_relaxed(&slots[i], 0, GM_WALKER_CLOSED))
			break;
	}
	if (i == nr)
		return 1;
	while (i-- > 0)
		gm_atomic_store_relaxed(&slots[i], 0);
	return 0;
}

/* No processor may know two tables for the same addresses (Arm ARM, "Using
 * break-before-make when updating translation table entries"): where that is so, nobody
 * can link another one before the first is forgotten. */
static void break_table(const struct gm_walker *walker, gm_word *parent, unsigned level,
			uint64_t va)
{
	unsigned shift = gm_walker_table_shift(walker, level);
	struct gm_walker_range range = { gm_granule_down(va, shift), gm_granule_size(shift),
					 shift, GM_WALKER_NO_LEVEL, 1 };

	gm_atomic_store_relaxed(parent, GM_WALKER_BUSY);
	gm_walker_invalidate(walker, &range, 1);
}

/* The page that was closed leaves its parent (W1: which nobody else can change), and
 * joins the chain of those that wait for the invalidation. */
static void retire(struct gm_walker *walker, const struct gm_walker_path *path, unsigned level,
		   uint64_t va, struct gm_walker_gather *gather)
{
	gm_word *parent = &path->table[level + 1][gm_walker_index(walker, level + 1, va)];
	gm_word value = gm_atomic_load_relaxed(parent);
	unsigned shift = gm_walker_table_shift(walker, level);

	if (walker->breaks_tables)
		break_table(walker, parent, level, va);
	gm_atomic_store_relaxed(parent, 0);
	gm_atomic_store_relaxed(path->table[level], GM_WALKER_CLOSED | gather->tables.value);
	gather->tables = gm_walker_table_at(walker, value);
	gather->nr_tables++;
	gm_walker_gather_range(walker, gather, gm_granule_down(va, shift), gm_granule_size(shift),
			       level, 1);
}

void gm_walker_trim(struct gm_walker *walker, uint64_t va, struct gm_walker_gather *gather)
{
	struct gm_walker_path path;
	unsigned level;

	gm_walker_walk(walker, va, 0, &path);
	for (level = path.level; level + 1 < walker->nr_levels; level++) {
		if (!close_page(walker, level, path.table[level],
				gm_walker_index(walker, level, va)))
			return;
		retire(walker, &path, level, va, gather);
	}
}

#endif
