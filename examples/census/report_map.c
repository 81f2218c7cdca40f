/* SPDX-License-Identifier: BSD-2-Clause */
/* report_map.c - memory as characters, in order of addresses; see report.h. */
#include "report.h"

#include <ctype.h>
#include <string.h>

#define COLUMNS 72u
#define CELLS (2 * COLUMNS)

static const char letters[KPF_TYPE_NR + 1] = ".AFMSPHKROX";

/* Of a terminal's 256; near to those of the picture. */
static const unsigned char colours[KPF_TYPE_NR] = { 240, 33,  37,  99,  172, 169,
						    178, 103, 245, 250, 196 };

/* Adds pages [first, first + nr), counted over all RAM, to the cells they are in. */
static void fill(uint64_t cells[CELLS][KPF_TYPE_NR], uint64_t per_cell, uint64_t first,
		 uint64_t nr, unsigned type)
{
	uint64_t cell, part;

	while (nr != 0) {
		cell = first / per_cell;
		part = (cell + 1) * per_cell - first;
		if (part > nr)
			part = nr;
		cells[cell][type] += part;
		first += part;
		nr -= part;
	}
}

/* The letter of what there is most of; small where most of it is free. */
static char letter(const uint64_t cell[KPF_TYPE_NR], uint64_t per_cell, unsigned *type_out)
{
	uint64_t used = 0;
	unsigned type, most = 1;

	for (type = 1; type < KPF_TYPE_NR; type++) {
		used += cell[type];
		if (cell[type] > cell[most])
			most = type;
	}
	*type_out = used < per_cell / 64 + 1 ? KPF_TYPE_FREE : most;
	if (*type_out == KPF_TYPE_FREE)
		return letters[0];
	return used >= per_cell / 2 ? letters[most] : (char)tolower(letters[most]);
}

static void print_letter(FILE *out, char text, unsigned type)
{
	if (report_is_colour(out))
		fprintf(out, "\033[38;5;%um%c\033[0m", colours[type], text);
	else
		fputc(text, out);
}

static void print_legend(const struct model *model, FILE *out)
{
	size_t width = 0, next;
	unsigned type;

	for (type = 0; type < KPF_TYPE_NR; type++) {
		if (type != KPF_TYPE_FREE && model->sums[type].nr_pages == 0)
			continue;
		next = strlen(kpf_type_name(type)) + 4;
		if (width + next > COLUMNS) {
			fputc('\n', out);
			width = 0;
		}
		fputs("  ", out);
		print_letter(out, letters[type], type);
		fprintf(out, " %s", kpf_type_name(type));
		width += next;
	}
	fputc('\n', out);
}

void report_print_map(const struct report *report, FILE *out)
{
	uint64_t cells[CELLS][KPF_TYPE_NR] = { { 0 } };
	const struct image *image = report->image;
	const struct model *model = report->model;
	uint64_t per_cell = (image->nr_pages + CELLS - 1) / CELLS;
	uint64_t before = 0, nr_cells = (image->nr_pages + per_cell - 1) / per_cell;
	const struct model_object *object;
	char size[REPORT_SIZE], text;
	size_t range, i;
	unsigned type;

	for (range = 0; range < image->nr_ranges; range++) {
		for (i = model->first[range]; i < model->first[range + 1]; i++) {
			object = &model->objects[i];
			fill(cells, per_cell, before + object->pfn - image->ranges[range].pfn,
			     object->nr, object->type);
		}
		before += image->ranges[range].nr;
	}
	fprintf(out, "  %s a letter, by address; a capital where half or more is used\n\n",
		report_size(per_cell << image->page_shift, size));
	for (i = 0; i < nr_cells; i++) {
		if (i % COLUMNS == 0)
			fputs("  ", out);
		text = letter(cells[i], per_cell, &type);
		print_letter(out, text, type);
		if (i % COLUMNS == COLUMNS - 1 || i == nr_cells - 1)
			fputc('\n', out);
	}
	fputc('\n', out);
	print_legend(model, out);
}
