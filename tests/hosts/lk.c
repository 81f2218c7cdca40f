/* SPDX-License-Identifier: BSD-2-Clause */
/* Little kernel's calls: lists of pages, runs, and a page that two hold. */
#include "hosts.h"

#include <granmem/ref.h>
#include <kernel/vm.h>

#define PAGES 4096u

void *boot_alloc_mem(size_t len)
{
	return malloc(len);
}

static size_t length(const struct list_node *list)
{
	const struct list_node *node;
	size_t nr = 0;

	for (node = list->next; node != list; node = node->next)
		nr++;
	return nr;
}

int main(void)
{
	pmm_arena_t low = { "low", 0x40000000, PAGES * PAGE_SIZE, 0, 1 };
	pmm_arena_t high = { "high", 0x100000000, PAGES * PAGE_SIZE, 0, 2 };
	struct list_node list, run;
	vm_page_t *page;
	paddr_t pa;

	expect(pmm_add_arena(&low) == NO_ERROR && pmm_add_arena(&high) == NO_ERROR);
	expect(pmm_add_arena(&low) != NO_ERROR); /* it is there already */
	list_initialize(&list);
	list_initialize(&run);

	page = pmm_alloc_page();
	expect(page != NULL && vm_page_to_paddr(page) >= high.base); /* the higher priority */
	expect(paddr_to_vm_page(vm_page_to_paddr(page)) == page);
	expect(paddr_to_vm_page(0x1000) == NULL);
	gm_ref_get(&page->gm);
	expect(pmm_free_page(page) == 0 && pmm_free_page(page) == 1);

	expect(pmm_alloc_contiguous(100, 20, &pa, &run) == 100);
	expect(pa % (1u << 20) == 0 && length(&run) == 100);
	expect(paddr_to_vm_page(pa + 99 * PAGE_SIZE) != NULL);
	expect(pmm_alloc_range(pa + 108 * PAGE_SIZE, 4, &list) == 4);
	expect(pmm_alloc_range(pa + 106 * PAGE_SIZE, 4, &list) == 2);
	expect(pmm_alloc_pages(3 * PAGES, &list) == 2 * PAGES - 100 - 6);
	expect(pmm_alloc_page() == NULL);
	expect(length(&list) == 2 * PAGES - 100);
	expect(pmm_free(&list) == 2 * PAGES - 100 && pmm_free(&run) == 100);
	expect(pmm_alloc_pages(2 * PAGES, &list) == 2 * PAGES);
	printf("lk: %u pages on lists, shared and in runs\n", 2 * PAGES);
	return 0;
}
