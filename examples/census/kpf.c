/* SPDX-License-Identifier: BSD-2-Clause */
/* kpf.c - contracts in kpf.h. */
#include "kpf.h"

#define CACHED (KPF_LRU | KPF_MMAP | KPF_UPTODATE | KPF_DIRTY | KPF_WRITEBACK | KPF_SWAPBACKED)

/* The order matters: the kernel derives ANON from a field that slabs use for
 * something else, and leaves UPTODATE on pages that it has freed. */
enum kpf_type kpf_type(uint64_t flags)
{
	if (flags & KPF_NOPAGE)
		return KPF_TYPE_HOLE;
	if (flags & KPF_BUDDY)
		return KPF_TYPE_FREE;
	if (flags & KPF_HWPOISON)
		return KPF_TYPE_POISONED;
	if (flags & KPF_OFFLINE)
		return KPF_TYPE_OFFLINE;
	if (flags & KPF_RESERVED)
		return KPF_TYPE_RESERVED;
	if (flags & KPF_SLAB)
		return KPF_TYPE_SLAB;
	if (flags & KPF_PGTABLE)
		return KPF_TYPE_PGTABLE;
	if (flags & KPF_HUGE)
		return KPF_TYPE_HUGETLB;
	if (flags & KPF_ANON)
		return KPF_TYPE_ANON;
	if (flags & CACHED)
		return flags & KPF_SWAPBACKED ? KPF_TYPE_SHMEM : KPF_TYPE_FILE;
	return KPF_TYPE_KERNEL;
}

const char *kpf_type_name(unsigned type)
{
	static const char *const names[KPF_TYPE_NR] = {
		"free",    "anonymous", "file",     "shmem",   "slab",     "page table",
		"hugetlb", "kernel",    "reserved", "offline", "poisoned",
	};

	return type < KPF_TYPE_NR ? names[type] : "hole";
}

int kpf_is_range(unsigned type)
{
	return type == KPF_TYPE_RESERVED || type == KPF_TYPE_OFFLINE;
}
