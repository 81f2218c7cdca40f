/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rebuild.h - from pages' flags and counts to objects: what memory is used as.
 *
 *   pages    H T T T | A | A | - - | R R R R R | H T | B B B B
 *   objects  [ slab ]  [a] [a] kernel [reserved ] [thp] free
 *
 * A head and the tails that follow it are one object, and so is a stretch of
 * reserved or offline memory. Other pages are objects of their own. Its count
 * is that of its most mapped page.
 *
 * Free memory is what the kernel marks as its buddy allocator's. Two things are
 * inferred, and said so in the report:
 *
 *   - Kernels before 4.6 mark only the first page of a free block. If that is
 *     what the flags look like, the unmarked pages behind it, as far as a block
 *     of that alignment can reach, are free.
 *   - Memory without any flag is the kernel's own, or was not touched since the
 *     machine started (deferred initialisation). If the kernel's count of free
 *     bytes includes the blocks of 2^10 pages that are wholly without flags,
 *     they are free: "untouched".
 */
#ifndef CENSUS_REBUILD_H
#define CENSUS_REBUILD_H

#include "image.h"
#include "kpf.h"

/* The buddy allocator's largest block, 2^10 pages. */
#define MODEL_FREE_ORDER 10
#define MODEL_ORDERS 36

struct model_object {
	uint64_t pfn;
	uint64_t nr;    /* pages */
	uint64_t count; /* mappings */
	unsigned type;  /* enum kpf_type, not FREE or HOLE */
};

/* What there is of one type; order: floor of log2 of the pages. */
struct model_sum {
	uint64_t nr_objects;
	uint64_t nr_pages;
	uint64_t by_order[MODEL_ORDERS];
};

struct model {
	struct model_object *objects; /* ascending */
	size_t nr_objects;
	size_t *first; /* of each range; one more than ranges */
	struct model_sum sums[KPF_TYPE_NR]; /* of FREE: blocks as the buddy allocator has them */
	struct model_sum all;               /* of the objects */
	uint64_t nr_mapped; /* objects with a count of more than one */
	uint64_t untouched_pages;
	uint64_t hole_pages;
	/* Torn while it was read, or strange. */
	uint64_t tails_without_head;
	uint64_t heads_without_tail;
	uint64_t odd_compounds; /* not a power of two, or not aligned to it */
	int heads_only;         /* the kernel marks only heads of free blocks */
};

/* rebuild - the objects of an image. Returns 0 and the model, the caller's to
 * free with model_free, or -1 with the reason. */
int rebuild(const struct image *image, struct model *out, struct fail *fail);

void model_free(struct model *model);

#endif
