/* SPDX-License-Identifier: BSD-2-Clause */
/* xv6: processes that fork and write, on memory of its own. */
#include "hosts.h"

#include <string.h>
#include <xv6.h>

#define RAM (8u << 20)
#define PAGES 64

static char ram[RAM] __attribute__((aligned(4096)));
char *end = ram + 100;
uint64 PHYSTOP;

void panic(const char *text)
{
	fprintf(stderr, "panic: %s\n", text);
	exit(1);
}

static int free_pages(void)
{
	static void *pages[RAM / PGSIZE];
	int nr = 0, i;

	while ((pages[nr] = kalloc()) != 0)
		nr++;
	for (i = 0; i < nr; i++)
		kfree(pages[i]);
	return nr;
}

static char *byte(pte_t pte)
{
	return (char *)(uintptr_t)PTE2PA(pte);
}

int main(void)
{
	static pte_t parent[PAGES], child[PAGES], grandchild[PAGES];
	int all, metadata, i;

	PHYSTOP = (uint64)(uintptr_t)(ram + RAM);
	kinit();
	all = free_pages();
	/* What is neither a page nor the kernel, which ends in the first one: the 40 bytes
	 * for each page that kalloc.c speaks of, and what slabs waste: the place before the
	 * first, the rest of the last, and their heads. */
	metadata = ((int)(RAM / PGSIZE) - 1 - all) * PGSIZE;
	printf("xv6: %d bytes of metadata, 40 for each of %d pages and %d\n", metadata, all,
	       metadata - 40 * all);
	expect(metadata >= 40 * all && metadata < 40 * all + 3 * (64 << 10));
	for (i = 0; i < PAGES; i++) {
		char *page = kalloc();

		memset(page, 'a' + i % 26, PGSIZE);
		parent[i] = PA2PTE((uintptr_t)page) | PTE_V | PTE_R | PTE_U | (i < 48 ? PTE_W : 0);
	}
	expect(uvmfork(parent, child, PAGES) == 0 && uvmfork(child, grandchild, PAGES) == 0);
	expect(free_pages() == all - PAGES); /* nothing was copied */

	/* The child writes a page, and so do the others: the last one in place. */
	expect((child[5] & PTE_W) == 0 && uvmcow(&child[5]) == 0);
	*byte(child[5]) = 'C';
	expect(*byte(parent[5]) == 'a' + 5 && *byte(grandchild[5]) == 'a' + 5);
	expect(byte(child[5])[1] == 'a' + 5 && free_pages() == all - PAGES - 1);
	expect(uvmcow(&parent[5]) == 0 && free_pages() == all - PAGES - 2);
	i = PTE2PA(grandchild[5]) == PTE2PA(parent[5]);
	expect(!i && uvmcow(&grandchild[5]) == 0 && free_pages() == all - PAGES - 2);
	expect(uvmcow(&child[50]) == -1); /* text */

	uvmfree(child, PAGES);
	expect(*byte(grandchild[7]) == 'a' + 7);
	uvmfree(parent, PAGES);
	uvmfree(grandchild, PAGES);
	expect(free_pages() == all);
	printf("xv6: %d pages, forked twice, three copies of one\n", PAGES);
	return 0;
}
