/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * image.h - what was read from a machine: ranges of RAM, and runs of equal pages.
 *
 *   ranges   [ pfn 1, 159 pages ]  [ pfn 256, 786176 pages ] ...
 *   runs     [ 3 x (flags, count) | 156 x ... ]  [ 2816 x ... | 1 x ... | ... ]
 *
 * The runs of a range add up to its pages; none crosses into the next range.
 */
#ifndef CENSUS_IMAGE_H
#define CENSUS_IMAGE_H

#include "fail.h"

#include <stddef.h>
#include <stdint.h>

/* 64 TiB of 4 KiB pages: more than this is not looked up page by page. */
#define IMAGE_PAGES_MAX ((uint64_t)1 << 34)
#define IMAGE_SHIFT_MIN 12u
#define IMAGE_SHIFT_MAX 16u
#define IMAGE_MACHINE_MAX 96

struct image_range {
	uint64_t pfn;
	uint64_t nr; /* pages */
};

struct image_run {
	uint64_t flags; /* KPF_ bits */
	uint64_t count; /* how often each page is mapped */
	uint64_t nr;    /* pages */
};

struct image {
	char machine[IMAGE_MACHINE_MAX + 1]; /* printable ASCII */
	unsigned page_shift;
	uint64_t free_bytes; /* what the kernel said is free; 0: unknown */
	uint64_t nr_changed; /* pages whose flags changed while they were read */
	uint64_t nr_pages;   /* of all ranges */
	struct image_range *ranges;
	size_t nr_ranges;
	struct image_run *runs;
	size_t nr_runs;
	uint64_t nr_missing; /* pages of the newest range that have no run yet */
	int fresh;           /* the newest range has no run at all */
};

/* Where a walk over all pages, run by run, is. */
struct image_cursor {
	const struct image *image;
	size_t range;
	size_t run;
	uint64_t done; /* pages of this range before the current run */
};

/* image_init - empty, of pages of 2^page_shift bytes. */
void image_init(struct image *image, unsigned page_shift);

/*
 * image_add_range - RAM, above all earlier ranges.
 *
 * Requires that the range before has all its runs. Returns 0, or -1 with the
 * reason: empty, not ascending, beyond 2^52 bytes, too much in all, no memory.
 */
int image_add_range(struct image *image, uint64_t pfn, uint64_t nr, struct fail *fail);

/*
 * image_add_run - the next nr pages of the newest range.
 *
 * A run that equals the one before grows it. Returns 0, or -1 with the reason:
 * empty, beyond the range, no memory.
 */
int image_add_run(struct image *image, uint64_t flags, uint64_t count, uint64_t nr,
		  struct fail *fail);

/* image_free - give its memory back; it is empty then. */
void image_free(struct image *image);

/* image_walk - begin a walk. image_next - the next run and the pfn it begins at,
 * NULL at the end. *range is its range's index. */
void image_walk(struct image_cursor *cursor, const struct image *image);
const struct image_run *image_next(struct image_cursor *cursor, size_t *range, uint64_t *pfn);

#endif
