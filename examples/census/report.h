/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - what census found, in a terminal of 80 columns and as a picture.
 */
#ifndef CENSUS_REPORT_H
#define CENSUS_REPORT_H

#include "tables.h"

#include <stdio.h>

#define REPORT_KINDS 3

struct report {
	const struct image *image;
	const struct model *model;
	const struct tables_result *results; /* REPORT_KINDS of them */
};

/* How large the descriptions of this memory are, beside each other. */
struct report_bar {
	const char *name;
	uint64_t bytes;
	uint64_t resident; /* in memory just then; 0: not known */
	int is_granmem;
};

#define REPORT_BARS (REPORT_KINDS + 2)

/* report_bars - struct page, memdesc and the three tables. */
void report_bars(const struct report *report, struct report_bar bars[REPORT_BARS]);

/* report_pages_free - pages that no object covers and that are memory. */
uint64_t report_pages_free(const struct report *report);

/* report_print - all of it as text. */
void report_print(const struct report *report, FILE *out);

/* report_print_map - a character for each stretch of memory; part of report_print. */
void report_print_map(const struct report *report, FILE *out);

/* report_svg - the picture. Returns 0, or -1 with the reason. */
int report_svg(const struct report *report, const char *path, struct fail *fail);

/* report_is_colour - may this be written with colours? A terminal, and NO_COLOR
 * is not set. */
int report_is_colour(FILE *out);

/* report_size - "23.9 GiB", at most 12 characters and a zero. */
#define REPORT_SIZE 13
const char *report_size(uint64_t bytes, char text[REPORT_SIZE]);

#endif
