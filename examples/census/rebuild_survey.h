/* SPDX-License-Identifier: BSD-2-Clause */
/* rebuild_survey.h - what has to be known before objects can be rebuilt. */
#ifndef CENSUS_REBUILD_SURVEY_H
#define CENSUS_REBUILD_SURVEY_H

#include "image.h"

struct survey {
	int heads_only;     /* only heads of free blocks are marked */
	int untouched_free; /* blocks without flags are free */
};

/* survey - look over the image; see rebuild.h for the two inferences. */
void survey(const struct image *image, struct survey *out);

/* survey_blocks - the whole, aligned blocks of 2^MODEL_FREE_ORDER pages in
 * [pfn, pfn + nr): *first is where they begin; returns their pages, maybe 0. */
uint64_t survey_blocks(uint64_t pfn, uint64_t nr, uint64_t *first);

#endif
