/* SPDX-License-Identifier: BSD-2-Clause */
/* report_svg.c - the report as a picture; contract in report.h. */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define WIDTH 860
#define LEFT 130
#define BAR_WIDTH 560
#define BAR_HEIGHT 26
#define BAR_STEP 40
#define BARS_TOP 110
#define MEMORY_TOP (BARS_TOP + REPORT_BARS * BAR_STEP + 60)
#define MEMORY_WIDTH (WIDTH - 60)
#define LEGEND_TOP (MEMORY_TOP + 62)
#define LEGEND_COLUMNS 4
#define LEGEND_STEP 22
#define HEIGHT (LEGEND_TOP + 4 * LEGEND_STEP)

static const char *const colours[KPF_TYPE_NR] = {
	"#e5e7eb", "#2563eb", "#0d9488", "#7c3aed", "#d97706", "#db2777",
	"#eab308", "#64748b", "#1f2937", "#9ca3af", "#dc2626",
};

static void text_escaped(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

static void write_head(const struct report *report, FILE *out)
{
	char size[REPORT_SIZE];

	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"14\" "
		"fill=\"#111827\">\n"
		"<title>granmem census</title>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n"
		"<text x=\"30\" y=\"42\" font-size=\"22\" font-weight=\"bold\">"
		"Metadata that describes %s of RAM</text>\n"
		"<text x=\"30\" y=\"68\" fill=\"#4b5563\">",
		WIDTH, HEIGHT, WIDTH, HEIGHT,
		report_size(report->image->nr_pages << report->image->page_shift, size));
	text_escaped(out, report->image->machine);
	fprintf(out, ", %zu objects</text>\n", report->model->nr_objects);
}

static void write_bars(const struct report *report, FILE *out)
{
	struct report_bar bars[REPORT_BARS];
	uint64_t longest = 1;
	char size[REPORT_SIZE];
	double width;
	unsigned i;
	int top;

	report_bars(report, bars);
	for (i = 0; i < REPORT_BARS; i++)
		longest = bars[i].bytes > longest ? bars[i].bytes : longest;
	for (i = 0; i < REPORT_BARS; i++) {
		top = BARS_TOP + (int)i * BAR_STEP;
		width = (double)bars[i].bytes / (double)longest * BAR_WIDTH;
		width = width < 2.0 ? 2.0 : width;
		fprintf(out,
			"<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n"
			"<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\" "
			"fill=\"%s\"/>\n"
			"<text x=\"%.1f\" y=\"%d\">%s</text>\n",
			LEFT - 12, top + 18, bars[i].name, LEFT, top, width, BAR_HEIGHT,
			bars[i].is_granmem ? "#16a34a" : "#9ca3af", LEFT + width + 10.0, top + 18,
			report_size(bars[i].bytes, size));
	}
	fprintf(out,
		"<text x=\"%d\" y=\"%d\" font-size=\"12\" fill=\"#6b7280\">green: granmem's "
		"tables; struct page: 64 B a page; memdesc: 8 B a page and 80 B an object"
		"</text>\n",
		LEFT, BARS_TOP + REPORT_BARS * BAR_STEP + 6);
}

static uint64_t pages_of(const struct report *report, unsigned type)
{
	uint64_t pages = report->model->sums[type].nr_pages;

	return type == KPF_TYPE_FREE ? pages + report->model->untouched_pages : pages;
}

static void write_legend(const struct report *report, unsigned nr, unsigned type, FILE *out)
{
	int x = 30 + (int)(nr % LEGEND_COLUMNS) * (MEMORY_WIDTH / LEGEND_COLUMNS);
	int y = LEGEND_TOP + (int)(nr / LEGEND_COLUMNS) * LEGEND_STEP;
	char size[REPORT_SIZE];

	fprintf(out,
		"<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/>\n"
		"<text x=\"%d\" y=\"%d\" font-size=\"13\">%s, %s</text>\n",
		x, y, colours[type], x + 18, y + 11, kpf_type_name(type),
		report_size(pages_of(report, type) << report->image->page_shift, size));
}

/* What memory is used as: one bar of parts, the free part last. */
static void write_memory(const struct report *report, FILE *out)
{
	double x = 30.0, width;
	unsigned i, type, nr = 0;

	fprintf(out,
		"<text x=\"30\" y=\"%d\" font-size=\"16\" font-weight=\"bold\">"
		"What the memory is used as</text>\n",
		MEMORY_TOP);
	for (i = 1; i <= KPF_TYPE_NR; i++) {
		type = i % KPF_TYPE_NR;
		if (pages_of(report, type) == 0)
			continue;
		width = (double)pages_of(report, type) / (double)report->image->nr_pages *
			MEMORY_WIDTH;
		fprintf(out,
			"<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"30\" fill=\"%s\"/>\n",
			x, MEMORY_TOP + 14, width, colours[type]);
		write_legend(report, nr++, type, out);
		x += width;
	}
	fputs("</svg>\n", out);
}

int report_svg(const struct report *report, const char *path, struct fail *fail)
{
	FILE *out = fopen(path, "w");
	int failed;

	if (out == NULL)
		return fail_set(fail, "cannot create %.200s: %s", path, strerror(errno));
	write_head(report, out);
	write_bars(report, out);
	write_memory(report, out);
	failed = ferror(out);
	if (fclose(out) != 0 || failed)
		return fail_set(fail, "cannot write %.200s: %s", path, strerror(errno));
	return 0;
}
