/* SPDX-License-Identifier: BSD-2-Clause */
/* rebuild_survey.c - contracts in rebuild_survey.h. */
#include "rebuild_survey.h"

#include "rebuild.h"

uint64_t survey_blocks(uint64_t pfn, uint64_t nr, uint64_t *first)
{
	uint64_t mask = ((uint64_t)1 << MODEL_FREE_ORDER) - 1;
	uint64_t end = (pfn + nr) & ~mask;

	*first = (pfn + mask) & ~mask;
	return end > *first ? end - *first : 0;
}

/*
 * Two free buddies of one page would have been merged. So where only heads are
 * marked, a marked page at an even number never has a marked one behind it.
 */
void survey(const struct image *image, struct survey *out)
{
	uint64_t free_pages = 0, blocks = 0, pairs = 0, alone = 0;
	uint64_t pfn, first, unmarked, previous_end = 0;
	const struct image_run *run;
	struct image_cursor cursor;
	int after_even_free = 0;
	size_t range;

	image_walk(&cursor, image);
	while ((run = image_next(&cursor, &range, &pfn)) != NULL) {
		int is_free = kpf_type(run->flags) == KPF_TYPE_FREE;
		int is_blank = run->flags == 0 && run->count == 0;

		if (after_even_free && pfn == previous_end) {
			pairs += (uint64_t)is_free;
			alone += (uint64_t)is_blank;
		}
		if (is_free) {
			free_pages += run->nr;
			pairs += run->nr / 2;
		}
		if (is_blank)
			blocks += survey_blocks(pfn, run->nr, &first);
		previous_end = pfn + run->nr;
		after_even_free = is_free && (previous_end & 1) == 1;
	}
	out->heads_only = pairs < alone / 8;
	unmarked = image->free_bytes >> image->page_shift;
	unmarked = unmarked > free_pages ? unmarked - free_pages : 0;
	out->untouched_free = blocks != 0 && unmarked >= blocks - blocks / 4;
}
