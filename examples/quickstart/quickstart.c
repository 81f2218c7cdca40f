/* SPDX-License-Identifier: BSD-2-Clause */
/* quickstart.c - describe a guest's memory without paying for what it does not use. */
#include <granmem/granmem.h>
#include <stdio.h>
#include <stdlib.h>

#define GIB ((uint64_t)1 << 30)
#define PAGE_SHIFT 12 /* of the guest's page tables: this program's choice */
#define TYPE_GUEST 1u /* types are 1 .. 15 and mean what you want */

static void must(int err, const char *what)
{
	if (err == 0)
		return;
	fprintf(stderr, "%s: %s\n", what, gm_error_text(err));
	exit(1);
}

int main(void)
{
	/* 64 GiB at 4 GiB, of which not a byte is touched. Metadata come from `hosted`. */
	struct gm_hosted hosted;
	struct gm_table_config config = { .base = gm_paddr(4 * GIB), .size = 64 * GIB,
		.nr_lanes = 1, .zeroed = 1, .grow = gm_hosted_grow, .grow_ctx = &hosted };
	struct gm_claim claim = { .size = 2u << 20, .align = 2u << 20, .type = TYPE_GUEST };
	struct gm_desc *object, *again;
	struct gm_metadata need;
	struct gm_adhoc memory;
	struct gm_stats stats;
	struct gm_run run;
	void *buffer;

	must(gm_hosted_reserve(&hosted, GIB / 4, 0, 0), "reserve");
	must(gm_adhoc_metadata_size(&config, 0, &need), "metadata_size");
	buffer = gm_hosted_grow(&hosted, (size_t)need.bytes, (size_t)need.align);
	must(gm_adhoc_init(&memory, &config, buffer, need.bytes), "init");

	/* Free memory becomes one object, with one descriptor and one reference. */
	must(gm_adhoc_claim(&memory, &claim, &object), "claim");
	/* Its 300th 4 KiB: what a page table needs is the pfn, and how far it goes on. */
	must(gm_run_at(object, 299 << PAGE_SHIFT, 0, PAGE_SHIFT, 0, &run), "run_at");
	printf("pfn %#llx and %llu more in a row\n", (unsigned long long)run.pfn.value,
	       (unsigned long long)run.nr_granules - 1);

	/* A second holder, who knows no more than an address somewhere inside. */
	must(gm_adhoc_find_get(&memory, run.paddr, TYPE_GUEST, &again), "find_get");
	printf("%u references to the same object\n", (unsigned)gm_ref_count(again));
	gm_adhoc_stats(&memory, &stats);
	printf("%llu bytes of metadata in use; struct page: %llu, a bitmap: %llu\n",
	       (unsigned long long)stats.used_bytes,
	       (unsigned long long)(stats.region_bytes >> PAGE_SHIFT) * 64,
	       (unsigned long long)(stats.region_bytes >> PAGE_SHIFT) / 8);

	/* The last put, whoever makes it, gives the memory back. */
	printf("put: was it the last? %d\n", gm_adhoc_put(&memory, object));
	printf("put: was it the last? %d\n", gm_adhoc_put(&memory, again));
	printf("%llu GiB free\n", (unsigned long long)(gm_table_free_bytes(&memory.table) / GIB));
	gm_hosted_release(&hosted);
	return 0;
}
