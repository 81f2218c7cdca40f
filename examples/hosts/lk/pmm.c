/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pmm.c - what takes the place of an array of vm_page in little kernel: a compound
 * table for each arena, whose descriptors are the vm_pages. `node` stays where it was,
 * and lists of pages stay what they were; what was free by its flags is free by its
 * descriptor, and no list of free pages is kept.
 *
 * Metadata at boot: an arena's table takes one piece of boot_alloc_mem, as the array of
 * vm_page did: sizeof(vm_page_t) for each page and a few words.
 *
 * New is that a page can be shared: gm_ref_get(&page->gm), and pmm_free_page gives one
 * reference up.
 */
#include <granmem/compound.h>
#include <granmem/space.h>
#include <kernel/vm.h>

#define MAX_ARENAS 8
#define CONTIGUOUS_MAX 4096
#define TYPE_PAGE 1u

static struct gm_compound tables[MAX_ARENAS];
static struct gm_region regions[MAX_ARENAS];
static struct gm_space space = { regions, 0, MAX_ARENAS };

static vm_page_t *page_of(struct gm_desc *desc)
{
	return (vm_page_t *)desc;
}

status_t pmm_add_arena(pmm_arena_t *arena)
{
	struct gm_table_config config = { .base = { arena->base }, .size = arena->size,
		.granule_shift = PAGE_SIZE_SHIFT, .desc_size = sizeof(vm_page_t) };
	struct gm_region region = { .base = config.base, .size = config.size,
		.kind = GM_REGION_COMPOUND, .priority = arena->priority };
	struct gm_compound *table;
	struct gm_metadata need;
	size_t bytes;
	void *memory;

	if (space.nr_regions == MAX_ARENAS || gm_compound_metadata_size(&config, 0, &need) != 0)
		return ERR_INVALID_ARGS;
	table = &tables[space.nr_regions];
	bytes = (size_t)(need.bytes + need.align);
	memory = boot_alloc_mem(bytes);
	if (memory == NULL)
		return ERR_NO_MEMORY;
	if (gm_compound_init(table, &config, memory, bytes) != 0)
		return ERR_INVALID_ARGS;
	region.table = &table->blocks.table;
	return gm_space_add(&space, &region) == 0 ? NO_ERROR : ERR_INVALID_ARGS;
}

vm_page_t *pmm_alloc_page(void)
{
	struct gm_claim claim = { .size = PAGE_SIZE, .type = TYPE_PAGE };
	struct gm_desc *desc;

	return gm_space_claim(&space, &claim, GM_NODE_ANY, &desc) == 0 ? page_of(desc) : NULL;
}

/* As many as there are; the caller looks at how many. */
size_t pmm_alloc_pages(uint count, struct list_node *list)
{
	size_t nr;

	for (nr = 0; nr < count; nr++) {
		vm_page_t *page = pmm_alloc_page();

		if (page == NULL)
			break;
		list_add_tail(list, &page->node);
	}
	return nr;
}

/* Those from address on, up to the first that is not free. */
size_t pmm_alloc_range(paddr_t address, uint count, struct list_node *list)
{
	struct gm_object object = { { address & ~(PAGE_SIZE - 1) }, PAGE_SIZE, TYPE_PAGE, NULL };
	struct gm_desc *desc;
	size_t nr;

	for (nr = 0; nr < count; nr++, object.base.value += PAGE_SIZE) {
		if (gm_space_create(&space, &object, &desc) != 0)
			break;
		list_add_tail(list, &page_of(desc)->node);
	}
	return nr;
}

/* All or none: pages side by side, each an object that can be freed by itself. */
size_t pmm_alloc_contiguous(uint count, uint8_t align_log2, paddr_t *pa, struct list_node *list)
{
	static struct gm_desc *descs[CONTIGUOUS_MAX]; /* under the caller's lock, as in lk */
	struct gm_claim claim = { .size = PAGE_SIZE, .type = TYPE_PAGE };
	int err = -GM_ENOMEM;
	unsigned i;

	if (count == 0 || count > CONTIGUOUS_MAX || align_log2 > 31)
		return 0;
	claim.align = gm_granule_size(align_log2 > PAGE_SIZE_SHIFT ? align_log2 : PAGE_SIZE_SHIFT);
	for (i = 0; i < space.nr_regions && err != 0; i++)
		err = gm_compound_claim_each((struct gm_compound *)space.regions[i].table, &claim,
					     count, descs);
	if (err != 0)
		return 0;
	if (pa != NULL)
		*pa = (paddr_t)gm_desc_base(descs[0]);
	for (i = 0; list != NULL && i < count; i++)
		list_add_tail(list, &page_of(descs[i])->node);
	return count;
}

/* 1 if it was the last reference, and the page is free. */
size_t pmm_free_page(vm_page_t *page)
{
	return (size_t)gm_space_put(&space, &page->gm);
}

size_t pmm_free(struct list_node *list)
{
	struct list_node *node;
	size_t nr = 0;

	while ((node = list_remove_head(list)) != NULL)
		nr += pmm_free_page((vm_page_t *)((char *)node - offsetof(vm_page_t, node)));
	return nr;
}

paddr_t vm_page_to_paddr(const vm_page_t *page)
{
	return (paddr_t)gm_desc_base(&page->gm);
}

/* NULL where nothing is allocated: a free page has no vm_page that means anything. */
vm_page_t *paddr_to_vm_page(paddr_t addr)
{
	const struct gm_region *region = gm_space_find(&space, gm_paddr(addr));

	if (region == NULL)
		return NULL;
	return page_of(gm_compound_find((struct gm_compound *)region->table, gm_paddr(addr)));
}
