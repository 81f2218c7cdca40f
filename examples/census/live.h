/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.h - the memory of the machine this runs on, as Linux tells it to root.
 *
 *   ranges   /proc/iomem; where that is masked, the memory blocks in /sys
 *   pages    /proc/kpageflags and /proc/kpagecount, eight bytes a page
 *
 * Memory does not hold still meanwhile. The flags are read once before and once
 * after the counts, chunk by chunk, and the pages whose flags differ counted.
 */
#ifndef CENSUS_LIVE_H
#define CENSUS_LIVE_H

#include "image.h"
#include "progress.h"

/*
 * live_read - the image of this machine.
 *
 * root is a prefix for /proc and /sys, "" for this machine's own. Returns 0 and
 * the image, which is the caller's to free; or -1 with the reason.
 */
int live_read(const char *root, struct image *out, struct progress *progress, struct fail *fail);

/*
 * live_ranges - the ranges of RAM alone, in whole pages, ascending.
 *
 * Returns 0 and *nr_out ranges, the caller's to free, or -1 with the reason.
 */
int live_ranges(const char *root, unsigned page_shift, struct image_range **out, size_t *nr_out,
		struct fail *fail);

#endif
