/* SPDX-License-Identifier: BSD-2-Clause */
/* As much of xv6 as xv6/kalloc.c is made for. Its memory is mapped where it is. */
#ifndef STUB_XV6_H
#define STUB_XV6_H

#include <stdint.h>

typedef unsigned int uint;
typedef uint64_t uint64;
typedef uint64 pte_t;

#define PGSIZE 4096
#define PGROUNDUP(address) (((address) + PGSIZE - 1) & ~(uint64)(PGSIZE - 1))
#define PTE_V (1u << 0)
#define PTE_R (1u << 1)
#define PTE_W (1u << 2)
#define PTE_U (1u << 4)
#define PTE_COW (1u << 8) /* a bit that is the software's */
#define PA2PTE(pa) ((((uint64)(pa)) >> 12) << 10)
#define PTE2PA(pte) (((pte) >> 10) << 12)
#define PTE_FLAGS(pte) ((pte) & 0x3ff)

extern char *end;      /* first address after the kernel */
extern uint64 PHYSTOP; /* and after the memory */

void panic(const char *text);

void kinit(void);
void *kalloc(void);
void kfree(void *pa);
int uvmfork(pte_t *parent, pte_t *child, int pages);
int uvmcow(pte_t *pte);
void uvmfree(pte_t *table, int pages);

#endif
