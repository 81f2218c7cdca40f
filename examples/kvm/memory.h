/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.h - the memory that guests are given: an ad-hoc table, and where each byte of
 * it can be seen in this process. */
#ifndef KVM_MEMORY_H
#define KVM_MEMORY_H

#include <granmem/granmem.h>

#define PAGE_SHIFT 12
#define PAGE_BYTES ((uint64_t)1 << PAGE_SHIFT)
#define BLOCK_BYTES ((uint64_t)2 << 20)
#define TYPE_GUEST 1u

struct memory {
	struct gm_adhoc table;
	struct gm_hosted metadata;
	struct gm_hosted bytes;
	unsigned char *view; /* of the first byte of the region */
};

/* must - ends the program with the error's text if err is one. */
void must(int err, const char *what);

void memory_init(struct memory *memory, uint64_t bytes);
void memory_end(struct memory *memory);

/* memory_claim - free memory becomes an object, aligned to its size. */
struct gm_desc *memory_claim(struct memory *memory, uint64_t bytes);

/* memory_at - a byte of an object, in this process. */
void *memory_at(const struct memory *memory, const struct gm_desc *object, uint64_t offset);

/* memory_free - bytes that no object covers. */
uint64_t memory_free(const struct memory *memory);

#endif
