/* SPDX-License-Identifier: BSD-2-Clause */
/* image.c - contracts in image.h. */
#include "image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PADDR_BITS 52

/* Arrays grow when their length is a power of two: no capacity to remember. */
static void *grown(void *array, size_t nr, size_t element_size)
{
	size_t wanted;

	if (nr != 0 && (nr & (nr - 1)) != 0)
		return array;
	wanted = nr == 0 ? 1 : 2 * nr;
	if (wanted > SIZE_MAX / element_size)
		return NULL;
	return realloc(array, wanted * element_size);
}

void image_init(struct image *image, unsigned page_shift)
{
	memset(image, 0, sizeof(*image));
	image->page_shift = page_shift;
}

int image_add_range(struct image *image, uint64_t pfn, uint64_t nr, struct fail *fail)
{
	uint64_t end = (uint64_t)1 << (PADDR_BITS - image->page_shift);
	const struct image_range *last;
	struct image_range *ranges;

	if (image->nr_missing != 0)
		return fail_set(fail, "%" PRIu64 " pages of the range before are missing",
				image->nr_missing);
	if (nr == 0)
		return fail_set(fail, "a range at page %" PRIu64 " is empty", pfn);
	if (pfn >= end || nr > end - pfn)
		return fail_set(fail, "a range at page %" PRIu64 " ends beyond 2^52 bytes", pfn);
	if (image->nr_ranges != 0) {
		last = &image->ranges[image->nr_ranges - 1];
		if (pfn < last->pfn + last->nr)
			return fail_set(fail, "a range at page %" PRIu64 " is not above the last",
					pfn);
	}
	if (nr > IMAGE_PAGES_MAX - image->nr_pages)
		return fail_set(fail, "more than %" PRIu64 " pages in all", IMAGE_PAGES_MAX);
	ranges = grown(image->ranges, image->nr_ranges, sizeof(*ranges));
	if (ranges == NULL)
		return fail_memory(fail);
	ranges[image->nr_ranges] = (struct image_range){ .pfn = pfn, .nr = nr };
	image->ranges = ranges;
	image->nr_ranges++;
	image->nr_pages += nr;
	image->nr_missing = nr;
	image->fresh = 1;
	return 0;
}

int image_add_run(struct image *image, uint64_t flags, uint64_t count, uint64_t nr,
		  struct fail *fail)
{
	struct image_run *runs = image->runs;
	struct image_run *last;

	if (nr == 0)
		return fail_set(fail, "an empty run");
	if (nr > image->nr_missing)
		return fail_set(fail, "a run of %" PRIu64 " pages where %" PRIu64 " are left", nr,
				image->nr_missing);
	last = image->nr_runs != 0 ? &runs[image->nr_runs - 1] : NULL;
	if (!image->fresh && last->flags == flags && last->count == count) {
		last->nr += nr;
	} else {
		runs = grown(runs, image->nr_runs, sizeof(*runs));
		if (runs == NULL)
			return fail_memory(fail);
		runs[image->nr_runs] =
			(struct image_run){ .flags = flags, .count = count, .nr = nr };
		image->runs = runs;
		image->nr_runs++;
	}
	image->nr_missing -= nr;
	image->fresh = 0;
	return 0;
}

void image_free(struct image *image)
{
	free(image->ranges);
	free(image->runs);
	image_init(image, image->page_shift);
}

void image_walk(struct image_cursor *cursor, const struct image *image)
{
	*cursor = (struct image_cursor){ .image = image };
}

const struct image_run *image_next(struct image_cursor *cursor, size_t *range, uint64_t *pfn)
{
	const struct image *image = cursor->image;
	const struct image_run *run;

	if (cursor->run == image->nr_runs)
		return NULL;
	if (cursor->done == image->ranges[cursor->range].nr) {
		cursor->range++;
		cursor->done = 0;
	}
	run = &image->runs[cursor->run++];
	*range = cursor->range;
	*pfn = image->ranges[cursor->range].pfn + cursor->done;
	cursor->done += run->nr;
	return run;
}
