/* SPDX-License-Identifier: BSD-2-Clause */
/* As much of little kernel's physical memory manager as lk/pmm.c is made for. */
#ifndef STUB_KERNEL_VM_H
#define STUB_KERNEL_VM_H

#include <granmem/desc.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned int uint;
typedef unsigned long paddr_t;
typedef int status_t;

#define NO_ERROR 0
#define ERR_NO_MEMORY (-5)
#define ERR_INVALID_ARGS (-8)
#define PAGE_SIZE_SHIFT 12
#define PAGE_SIZE (1ul << PAGE_SIZE_SHIFT)

struct list_node {
	struct list_node *prev, *next;
};

static inline void list_initialize(struct list_node *list)
{
	list->prev = list->next = list;
}

static inline void list_add_tail(struct list_node *list, struct list_node *item)
{
	item->prev = list->prev;
	item->next = list;
	list->prev->next = item;
	list->prev = item;
}

static inline struct list_node *list_remove_head(struct list_node *list)
{
	struct list_node *item = list->next;

	if (item == list)
		return NULL;
	list->next = item->next;
	item->next->prev = list;
	return item;
}

/* The one change: the descriptor comes first. Flags and counts are in it. */
typedef struct vm_page {
	struct gm_desc gm;
	struct list_node node;
} vm_page_t;

typedef struct pmm_arena {
	const char *name;
	paddr_t base;
	size_t size;
	uint flags;
	uint priority;
} pmm_arena_t;

void *boot_alloc_mem(size_t len);

status_t pmm_add_arena(pmm_arena_t *arena);
size_t pmm_alloc_pages(uint count, struct list_node *list);
vm_page_t *pmm_alloc_page(void);
size_t pmm_alloc_range(paddr_t address, uint count, struct list_node *list);
size_t pmm_alloc_contiguous(uint count, uint8_t align_log2, paddr_t *pa, struct list_node *list);
size_t pmm_free(struct list_node *list);
size_t pmm_free_page(vm_page_t *page);
paddr_t vm_page_to_paddr(const vm_page_t *page);
vm_page_t *paddr_to_vm_page(paddr_t addr);

#endif
