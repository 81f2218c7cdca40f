/* SPDX-License-Identifier: BSD-2-Clause */
/* report.c - figures as text; contracts in granmem/report.h. */
#include <granmem/report.h>

#define NAME_COLUMN 28 /* width of a row's name, behind its indent */
#define COLUMN 16      /* width of a number's column */
#define DIGITS_MAX 20
#define GIB_SHIFT 30

/* What Linux pays for each 4 KiB: 64 bytes of struct page; a bitmap: 1 bit. */
#define STRUCT_PAGE_SHIFT (12 - 6)
#define BITMAP_SHIFT (12 + 3)

struct line {
	size_t length;
	char text[GM_REPORT_LINE];
};

/* One byte stays free for the newline. */
static void add_char(struct line *line, char c)
{
	if (line->length < GM_REPORT_LINE - 1)
		line->text[line->length++] = c;
}

static void add_text(struct line *line, const char *text)
{
	while (*text != '\0')
		add_char(line, *text++);
}

static void pad_to(struct line *line, size_t column)
{
	while (line->length < column)
		add_char(line, ' ');
}

static void end_line(struct line *line, const struct gm_report *report)
{
	line->text[line->length++] = '\n';
	report->put(report->ctx, line->text, line->length);
	line->length = 0;
}

/* Subtraction instead of division: 32-bit targets have no 64-bit division but
 * in libgcc. At most nine steps a digit. */
static unsigned decimal_digits(uint64_t value, char *digits)
{
	static const uint64_t powers[DIGITS_MAX] = {
		10000000000000000000u, 1000000000000000000u, 100000000000000000u,
		10000000000000000u, 1000000000000000u, 100000000000000u,
		10000000000000u, 1000000000000u, 100000000000u,
		10000000000u, 1000000000u, 100000000u,
		10000000u, 1000000u, 100000u,
		10000u, 1000u, 100u,
		10u, 1u,
	};
	unsigned nr = 0;
	unsigned i;

	for (i = 0; i < DIGITS_MAX; i++) {
		char digit = '0';

		for (; value >= powers[i]; digit++)
			value -= powers[i];
		if (nr != 0 || digit != '0' || i == DIGITS_MAX - 1)
			digits[nr++] = digit;
	}
	return nr;
}

/* Right-aligned in `width`, or as long as it is. 0: just the number. */
static void add_decimal(struct line *line, uint64_t value, unsigned width)
{
	char digits[DIGITS_MAX];
	unsigned nr = decimal_digits(value, digits);
	unsigned i;

	for (i = nr; i < width; i++)
		add_char(line, ' ');
	for (i = 0; i < nr; i++)
		add_char(line, digits[i]);
}

static void add_hex(struct line *line, uint64_t value)
{
	unsigned shift = 60;

	add_text(line, "0x");
	while (shift != 0 && value >> shift == 0)
		shift -= 4;
	for (;; shift -= 4) {
		add_char(line, "0123456789abcdef"[(value >> shift) & 15]);
		if (shift == 0)
			break;
	}
}

/* 63.9 GiB: the largest unit that leaves a number of at least 1, rounded down. */
static void add_size(struct line *line, uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	unsigned unit = 0;

	while (unit < 6 && bytes >> (10 * unit + 10) != 0)
		unit++;
	add_decimal(line, bytes >> (10 * unit), 0);
	if (unit != 0) {
		unsigned rest = (unsigned)(bytes >> (10 * unit - 10)) & 1023;

		add_char(line, '.');
		add_char(line, (char)('0' + (rest * 10 >> 10)));
	}
	add_char(line, ' ');
	add_char(line, units[unit]);
	if (unit != 0)
		add_text(line, "iB");
}

static void add_count(struct line *line, uint64_t count, const char *what)
{
	add_decimal(line, count, 0);
	add_char(line, ' ');
	add_text(line, what);
	if (count != 1)
		add_char(line, 's');
}

/* floor(value * 2^shift / divisor), all ones if it does not fit. The schoolbook's
 * long division in base two; a remainder's bit that falls off the top means that
 * the divisor certainly fits into it. */
static uint64_t scaled(uint64_t value, unsigned shift, uint64_t divisor)
{
	uint64_t quotient = 0;
	uint64_t rest = 0;
	unsigned i;

	for (i = 64 + shift; i-- > 0;) {
		uint64_t carry = rest >> 63;

		rest <<= 1;
		if (i >= shift)
			rest |= (value >> (i - shift)) & 1;
		if (quotient >> 63)
			return (uint64_t)-1;
		quotient <<= 1;
		if (carry || rest >= divisor) {
			rest -= divisor;
			quotient |= 1;
		}
	}
	return quotient;
}

/* Columns are apart even where a number or a name is too long for them. */
static void add_column(struct line *line, uint64_t value)
{
	add_char(line, ' ');
	add_decimal(line, value, COLUMN - 1);
}

static void add_row(const struct gm_report *report, const char *what, unsigned each,
		    uint64_t bytes, uint64_t region_bytes)
{
	struct line line;

	line.length = 0;
	add_text(&line, "  ");
	add_text(&line, what);
	if (each != 0) {
		add_text(&line, ", ");
		add_decimal(&line, each, 0);
		add_text(&line, " B each");
	}
	pad_to(&line, 2 + NAME_COLUMN);
	add_column(&line, bytes);
	if (region_bytes != 0) {
		add_column(&line, scaled(bytes, GIB_SHIFT, region_bytes));
	} else {
		pad_to(&line, line.length + COLUMN - 1);
		add_char(&line, '-');
	}
	end_line(&line, report);
}

static void add_name(struct line *line, const char *name)
{
	line->length = 0;
	if (name != NULL) {
		add_text(line, name);
		add_text(line, ": ");
	}
}

static void add_heading(const struct gm_report *report, const char *name,
			const struct gm_stats *stats)
{
	struct line line;

	add_name(&line, name);
	add_size(&line, stats->region_bytes);
	add_text(&line, ", ");
	add_size(&line, stats->free_bytes);
	add_text(&line, " free, ");
	add_count(&line, stats->nr_objects, "object");
	add_text(&line, ", ");
	add_count(&line, stats->nr_nodes, "node");
	end_line(&line, report);
	pad_to(&line, 2 + NAME_COLUMN + COLUMN - 5);
	add_text(&line, "bytes");
	pad_to(&line, 2 + NAME_COLUMN + 2 * COLUMN - 7);
	add_text(&line, "per GiB");
	end_line(&line, report);
}

void gm_report_stats(const struct gm_report *report, const char *name,
		     const struct gm_stats *stats)
{
	uint64_t region = stats->region_bytes;

	add_heading(report, name, stats);
	add_row(report, "static", 0, stats->static_bytes, region);
	add_row(report, "descriptors", stats->desc_size, stats->desc_bytes, region);
	add_row(report, "nodes", stats->node_size, stats->node_bytes, region);
	add_row(report, "total", 0, stats->total_bytes, region);
	add_row(report, "in use", 0, stats->used_bytes, region);
	if (stats->hosted_bytes != 0)
		add_row(report, "in the region itself", 0, stats->hosted_bytes, region);
	add_row(report, "struct page, 64 B/4 KiB", 0, region >> STRUCT_PAGE_SHIFT, region);
	add_row(report, "bitmap, 1 bit/4 KiB", 0, region >> BITMAP_SHIFT, region);
}

void gm_report_desc(const struct gm_report *report, const struct gm_desc *desc)
{
	gm_word state = gm_atomic_load_relaxed(&desc->state);
	struct line line;

	line.length = 0;
	add_text(&line, gm_state_is_live(state) ? "live type " : "frozen type ");
	add_decimal(&line, gm_state_type(state), 0);
	add_text(&line, " generation ");
	add_decimal(&line, gm_state_generation(state), 0);
	add_text(&line, " refs ");
	add_decimal(&line, gm_state_refs(state), 0);
	add_text(&line, " pins ");
	add_decimal(&line, gm_state_pins(state), 0);
	if (gm_state_is_nopin(state))
		add_text(&line, " nopin");
	add_text(&line, " flags ");
	add_hex(&line, gm_desc_flags(desc));
	add_text(&line, " base ");
	add_hex(&line, gm_desc_base(desc));
	add_text(&line, " size ");
	add_hex(&line, gm_desc_size(desc));
	end_line(&line, report);
}

static void add_errors(struct line *line, const struct gm_verify *verify)
{
	add_count(line, verify->nr_errors, "error");
	add_text(line, ", the first near ");
	add_hex(line, verify->where.value);
	add_text(line, ": ");
	add_text(line, verify->first != NULL ? verify->first : "not named");
}

void gm_report_verify(const struct gm_report *report, const char *name,
		      const struct gm_verify *verify)
{
	struct line line;

	add_name(&line, name);
	if (verify->nr_errors != 0) {
		add_errors(&line, verify);
	} else {
		add_text(&line, "sound, ");
		add_count(&line, verify->nr_objects, "object");
		add_text(&line, ", ");
		add_count(&line, verify->nr_references, "reference");
		add_text(&line, ", ");
		add_decimal(&line, verify->nr_saturated, 0);
		add_text(&line, " saturated, ");
		add_decimal(&line, verify->covered_bytes, 0);
		add_text(&line, " bytes covered");
	}
	end_line(&line, report);
}
