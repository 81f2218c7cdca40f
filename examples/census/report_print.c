/* SPDX-License-Identifier: BSD-2-Clause */
/* report_print.c - the report for a terminal of 80 columns; contract in report.h. */
#define _POSIX_C_SOURCE 200809L
#include "report.h"

#include <inttypes.h>
#include <langinfo.h>
#include <string.h>

#define BAR 20
#define GROUPS 8

/* The columns of sizes: orders [from, the next one's from). */
static const unsigned group_from[GROUPS + 1] = { 0, 1, 2, 3, 4, 5, 9, 10, MODEL_ORDERS };

static void heading(FILE *out, const char *text)
{
	if (report_is_colour(out))
		fprintf(out, "\n\033[1m%s\033[0m\n", text);
	else
		fprintf(out, "\n%s\n", text);
}

/* At most five characters. */
static const char *short_number(uint64_t value, char text[16])
{
	if (value == 0)
		return ".";
	if (value < 100000)
		snprintf(text, 16, "%" PRIu64, value);
	else if (value < 10000000)
		snprintf(text, 16, "%" PRIu64 "k", value / 1000);
	else
		snprintf(text, 16, "%" PRIu64 "M", value / 1000000);
	return text;
}

/* "4K", "2M"; the groups of several orders say that they are above another. */
static void group_label(unsigned group, unsigned page_shift, char text[16])
{
	unsigned above = group_from[group + 1] - group_from[group] > 1;
	unsigned shift = page_shift + group_from[group] - above;

	snprintf(text, 16, "%s%u%c", above ? ">" : "", 1u << shift % 10,
		 shift >= 30 ? 'G' : shift >= 20 ? 'M' : 'K');
}

static void print_sum(FILE *out, const char *name, const struct model_sum *sum,
		      unsigned page_shift)
{
	char size[REPORT_SIZE], number[16];
	unsigned group, order;
	uint64_t nr;

	fprintf(out, "  %-10s %8" PRIu64 " %9s", name, sum->nr_objects,
		report_size(sum->nr_pages << page_shift, size));
	for (group = 0; group < GROUPS; group++) {
		nr = 0;
		for (order = group_from[group]; order < group_from[group + 1]; order++)
			nr += sum->by_order[order];
		fprintf(out, "%6s", short_number(nr, number));
	}
	fputc('\n', out);
}

static void print_objects(const struct report *report, FILE *out)
{
	unsigned shift = report->image->page_shift;
	unsigned group, type;
	char label[16];

	heading(out, "OBJECTS by type and size (rounded down to a power of two)");
	fprintf(out, "  %-10s %8s %9s", "", "objects", "bytes");
	for (group = 0; group < GROUPS; group++) {
		group_label(group, shift, label);
		fprintf(out, "%6s", label);
	}
	fputc('\n', out);
	for (type = 1; type < KPF_TYPE_NR; type++) {
		if (report->model->sums[type].nr_objects != 0)
			print_sum(out, kpf_type_name(type), &report->model->sums[type], shift);
	}
	print_sum(out, "together", &report->model->all, shift);
	print_sum(out, "free", &report->model->sums[KPF_TYPE_FREE], shift);
}

static void print_strange(FILE *out, uint64_t nr, const char *text)
{
	if (nr != 0)
		fprintf(out, "  %" PRIu64 " %s\n", nr, text);
}

static void print_notes(const struct report *report, FILE *out)
{
	const struct model *model = report->model;
	unsigned shift = report->image->page_shift;
	char size[REPORT_SIZE];

	fputc('\n', out);
	if (model->untouched_pages != 0)
		fprintf(out,
			"  %s more has no flags at all, and the kernel counts it as free: memory\n"
			"  that it has not touched since it started. Here it is free, too.\n",
			report_size(model->untouched_pages << shift, size));
	if (model->heads_only)
		fputs("  This kernel marks only the first page of a free block; the pages behind\n"
		      "  are taken to be free as far as such a block can reach.\n", out);
	print_strange(out, model->nr_mapped, "objects are mapped more than once");
	print_strange(out, model->hole_pages, "pages are holes: the kernel has no struct page");
	print_strange(out, report->image->nr_changed, "pages changed while they were read");
	print_strange(out, model->tails_without_head, "tails had no head: no object");
	print_strange(out, model->heads_without_tail, "heads had no tail: objects of one page");
	print_strange(out, model->odd_compounds,
		      "compound pages were no aligned power of two: torn while read");
}

/* A bar of BAR characters, to an eighth of one where the terminal can. */
static void print_bar(FILE *out, double part)
{
	static const char *const eighths[] = { "", "\u258f", "\u258e", "\u258d",
					       "\u258c", "\u258b", "\u258a", "\u2589" };
	int utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	unsigned i, units = (unsigned)(part * BAR * 8.0 + 0.5);

	if (units == 0 && part > 0.0)
		units = 1;
	for (i = 0; i < units / 8; i++)
		fputs(utf8 ? "\u2588" : "#", out);
	if (utf8)
		fputs(eighths[units % 8], out);
	else if (units < 8)
		fputc('|', out);
}

static void print_metadata(const struct report *report, FILE *out)
{
	uint64_t ram = report->image->nr_pages << report->image->page_shift;
	struct report_bar bars[REPORT_BARS];
	char bytes[REPORT_SIZE], per_gib[REPORT_SIZE], resident[REPORT_SIZE];
	double part;
	unsigned i;

	report_bars(report, bars);
	heading(out, "METADATA that describes it");
	fprintf(out, "  %-12s %10s %11s %10s\n", "", "bytes", "per GiB", "touched");
	for (i = 0; i < REPORT_BARS; i++) {
		part = (double)bars[i].bytes / (double)bars[0].bytes;
		fprintf(out, "  %-12s %10s %11s %10s %5.1f %% ", bars[i].name,
			report_size(bars[i].bytes, bytes),
			report_size((uint64_t)((double)bars[i].bytes * 1073741824.0 / (double)ram),
				    per_gib),
			bars[i].resident == 0 ? "" : report_size(bars[i].resident, resident),
			part * 100.0);
		if (report_is_colour(out))
			fputs(bars[i].is_granmem ? "\033[32m" : "\033[33m", out);
		print_bar(out, part < 1.0 ? part : 1.0);
		fputs(report_is_colour(out) ? "\033[0m\n" : "\n", out);
	}
	fputs("  struct page: 64 B a page; memdesc: 8 B a page and 80 B an object\n", out);
}

static void print_tables(const struct report *report, FILE *out)
{
	const struct tables_result *result;
	unsigned i;

	heading(out, "TABLES");
	fprintf(out, "  %-9s %11s %9s %13s %8s  %s\n", "", "descriptors", "set-up", "lookups/s",
		"drop", "pages that agree");
	for (i = 0; i < REPORT_KINDS; i++) {
		result = &report->results[i];
		fprintf(out, "  %-9s %11" PRIu64 " %7.3f s %11.1f M %6.3f s  ", result->name,
			result->nr_descriptors, result->fill_seconds,
			result->lookups_per_second * 1e-6, result->drop_seconds);
		if (result->nr_wrong == 0)
			fprintf(out, "all %" PRIu64 "\n", result->nr_checked);
		else
			fprintf(out, "all but %" PRIu64 "\n", result->nr_wrong);
	}
	fputs("  lookup: from an address in a random object to a reference on it, and put\n",
	      out);
	if (report->results[0].nr_split != 0)
		fprintf(out,
			"  %" PRIu64
			" objects are no aligned power of two: compound and folio split them.\n",
			report->results[0].nr_split);
	for (i = 0; i < REPORT_KINDS; i++) {
		if (report->results[i].nr_wrong != 0)
			fprintf(out, "  DISAGREES: %s, first %s\n", report->results[i].name,
				report->results[i].first_wrong);
	}
}

void report_print(const struct report *report, FILE *out)
{
	const struct image *image = report->image;
	char ram[REPORT_SIZE];

	heading(out, "THE MEMORY");
	fprintf(out, "  %s\n", image->machine[0] != '\0' ? image->machine : "an unnamed machine");
	fprintf(out, "  %s of RAM in %zu range%s, pages of %u KiB\n",
		report_size(image->nr_pages << image->page_shift, ram), image->nr_ranges,
		image->nr_ranges == 1 ? "" : "s", 1u << (image->page_shift - 10));
	report_print_map(report, out);
	print_objects(report, out);
	print_notes(report, out);
	print_metadata(report, out);
	print_tables(report, out);
	fputc('\n', out);
}
