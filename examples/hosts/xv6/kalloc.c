/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kalloc.c - what takes the place of a free list through the free pages in xv6: a folio
 * table. A page then has a count, and that is all that copy on write needs: fork shares
 * the pages, a write fault copies what is shared, the last put frees.
 *
 * Metadata at boot: kinit takes them from the first pages behind the kernel, before
 * they are given to the table: 40 bytes for each, 8 for its word and 32 for a record,
 * which is set aside even while the page is free; records are in slabs of 64 KiB, the
 * first of which begins at a multiple of that.
 *
 * No lock: the free list's spinlock is gone, and the counts need none.
 */
#include <granmem/folio.h>
#include <xv6.h>

#define TYPE_PAGE 1u

static struct gm_folio memory;

void kinit(void)
{
	uint64 start = PGROUNDUP((uint64)(uintptr_t)end);
	struct gm_table_config config = { .base = { start }, .size = PHYSTOP - start };
	struct gm_metadata need;

	/* For all pages, were they all in use: so no page is ever refused for want of a
	 * record. What the records themselves take is not described. */
	if (gm_folio_metadata_size(&config, config.size / PGSIZE, &need) != 0)
		panic("kinit: no memory");
	config.base = gm_paddr(PGROUNDUP(start + need.bytes + need.align));
	config.size = PHYSTOP - config.base.value;
	if (gm_folio_init(&memory, &config, (void *)(uintptr_t)start,
			  config.base.value - start) != 0)
		panic("kinit");
}

void *kalloc(void)
{
	struct gm_claim claim = { .size = PGSIZE, .type = TYPE_PAGE };
	struct gm_desc *desc;

	if (gm_folio_claim(&memory, &claim, &desc) != 0)
		return 0;
	return (void *)(uintptr_t)gm_desc_base(desc);
}

/* The page of an address whose reference the caller holds. */
static struct gm_desc *page(uint64 pa)
{
	struct gm_desc *desc = gm_folio_find(&memory, gm_paddr(pa));

	if (desc == 0 || gm_desc_base(desc) != pa)
		panic("kalloc: not a page");
	return desc;
}

/* One reference less. */
void kfree(void *pa)
{
	gm_folio_put(&memory, page((uint64)(uintptr_t)pa));
}

/*
 * The child gets the parent's pages. Both lose the right to write until the first
 * write; a page that nobody writes is never copied. Cannot run out of memory.
 */
int uvmfork(pte_t *parent, pte_t *child, int pages)
{
	int i;

	for (i = 0; i < pages; i++) {
		if ((parent[i] & PTE_V) == 0)
			continue;
		if (gm_ref_get_checked(page(PTE2PA(parent[i]))) != 0) {
			uvmfree(child, i);
			return -1;
		}
		if (parent[i] & PTE_W)
			parent[i] = (parent[i] & ~(uint64)PTE_W) | PTE_COW;
		child[i] = parent[i];
	}
	return 0;
}

/*
 * A write fault. Whoever holds the last reference writes where it is: nobody else can
 * take another, since only holders fork. Returns -1 if the page is not to be written, or
 * there is no memory for a copy.
 */
int uvmcow(pte_t *pte)
{
	uint64 flags = (PTE_FLAGS(*pte) & ~(uint64)PTE_COW) | PTE_W;
	uint64 pa = PTE2PA(*pte);
	uint64 *from, *to;
	int i;

	if ((*pte & PTE_V) == 0 || (*pte & PTE_COW) == 0)
		return -1;
	if (gm_ref_is_sole(page(pa))) {
		*pte = PA2PTE(pa) | flags;
		return 0;
	}
	to = kalloc();
	if (to == 0)
		return -1;
	from = (uint64 *)(uintptr_t)pa;
	for (i = 0; i < (int)(PGSIZE / sizeof(*to)); i++)
		to[i] = from[i];
	*pte = PA2PTE((uintptr_t)to) | flags;
	kfree(from);
	return 0;
}

void uvmfree(pte_t *table, int pages)
{
	int i;

	for (i = 0; i < pages; i++) {
		if (table[i] & PTE_V)
			kfree((void *)(uintptr_t)PTE2PA(table[i]));
		table[i] = 0;
	}
}
