/* SPDX-License-Identifier: BSD-2-Clause */
/* report.c - the numbers of the report; contracts in report.h. */
#define _POSIX_C_SOURCE 200809L
#include "report.h"

#include <stdlib.h>
#include <unistd.h>

/* Linux, 64-bit: a struct page for each page; what memdesc aims at, a word for
 * each page and a folio for each object. */
#define STRUCT_PAGE 64
#define MEMDESC_WORD 8
#define MEMDESC_FOLIO 80

void report_bars(const struct report *report, struct report_bar bars[REPORT_BARS])
{
	uint64_t pages = report->image->nr_pages;
	unsigned i;

	bars[0] = (struct report_bar){ .name = "struct page", .bytes = pages * STRUCT_PAGE };
	bars[1] = (struct report_bar){ .name = "memdesc",
				       .bytes = pages * MEMDESC_WORD +
						report->model->nr_objects * MEMDESC_FOLIO };
	for (i = 0; i < REPORT_KINDS; i++)
		bars[2 + i] = (struct report_bar){ .name = report->results[i].name,
						   .bytes = report->results[i].stats.total_bytes,
						   .resident = report->results[i].resident,
						   .is_granmem = 1 };
}

uint64_t report_pages_free(const struct report *report)
{
	return report->model->sums[KPF_TYPE_FREE].nr_pages;
}

int report_is_colour(FILE *out)
{
	return isatty(fileno(out)) && getenv("NO_COLOR") == NULL;
}

const char *report_size(uint64_t bytes, char text[REPORT_SIZE])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double value = (double)bytes;
	unsigned unit = 0;

	while (value >= 1000.0 && unit < 5) {
		value /= 1024.0;
		unit++;
	}
	snprintf(text, REPORT_SIZE, unit == 0 ? "%.0f %s" : value < 10.0 ? "%.2f %s" : "%.1f %s",
		 value, units[unit]);
	return text;
}
