/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kpf.h - the bits of /proc/kpageflags, and what they say a page is.
 *
 * The bits are Linux's stable ABI (Documentation/admin-guide/mm/pagemap.rst;
 * those from 32 on are the kernel's own and may move: only RESERVED, which
 * never has, is used).
 */
#ifndef CENSUS_KPF_H
#define CENSUS_KPF_H

#include <stdint.h>

#define KPF(n) ((uint64_t)1 << (n))
#define KPF_UPTODATE KPF(3)
#define KPF_DIRTY KPF(4)
#define KPF_LRU KPF(5)
#define KPF_SLAB KPF(7)
#define KPF_WRITEBACK KPF(8)
#define KPF_BUDDY KPF(10)
#define KPF_MMAP KPF(11)
#define KPF_ANON KPF(12)
#define KPF_SWAPBACKED KPF(14)
#define KPF_COMPOUND_HEAD KPF(15)
#define KPF_COMPOUND_TAIL KPF(16)
#define KPF_HUGE KPF(17)
#define KPF_HWPOISON KPF(19)
#define KPF_NOPAGE KPF(20)
#define KPF_THP KPF(22)
#define KPF_OFFLINE KPF(23)
#define KPF_PGTABLE KPF(26)
#define KPF_RESERVED KPF(32)

/* The bits that say what a page is. The others (locked, referenced, active,
 * idle, ...) change all the time and are dropped as they are read, which is
 * what makes runs of equal pages long. */
#define KPF_USED                                                                              \
	(KPF_UPTODATE | KPF_DIRTY | KPF_LRU | KPF_SLAB | KPF_WRITEBACK | KPF_BUDDY | KPF_MMAP | \
	 KPF_ANON | KPF_SWAPBACKED | KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL | KPF_HUGE |         \
	 KPF_HWPOISON | KPF_NOPAGE | KPF_THP | KPF_OFFLINE | KPF_PGTABLE | KPF_RESERVED)

/* Types of objects, as granmem gets them: 1 .. 15. Free memory has no object. */
enum kpf_type {
	KPF_TYPE_FREE = 0,
	KPF_TYPE_ANON = 1,
	KPF_TYPE_FILE,
	KPF_TYPE_SHMEM,
	KPF_TYPE_SLAB,
	KPF_TYPE_PGTABLE,
	KPF_TYPE_HUGETLB,
	KPF_TYPE_KERNEL, /* allocated, and the kernel gives it no type */
	KPF_TYPE_RESERVED,
	KPF_TYPE_OFFLINE,
	KPF_TYPE_POISONED,
	KPF_TYPE_NR,
	KPF_TYPE_HOLE = 255, /* no struct page: not memory */
};

/* kpf_type - what a page with these flags is. For a tail: the answer is the
 * head's only if the kernel marks both alike, so ask for the head. */
enum kpf_type kpf_type(uint64_t flags);

/* kpf_type_name - one or two words, never NULL. */
const char *kpf_type_name(unsigned type);

/* kpf_is_range - is neighbouring memory of this type one object? Reserved and
 * offline pages are single only because struct page is. */
int kpf_is_range(unsigned type);

#endif
