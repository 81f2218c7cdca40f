/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/report.h: the exact text of each report, numbers at the ends
 * of their range beside printf's and beside 128-bit division, long names.
 */
#include <granmem/ref.h>
#include <granmem/report.h>

#include <inttypes.h>

#include "unit.h"

#define MAX64 (~(uint64_t)0)
#define SINK_BYTES 8192

/* Collects the text, and checks what every call of the hook must be. */
struct sink {
	size_t length;
	unsigned nr_lines;
	char text[SINK_BYTES];
};

static void sink_put(void *ctx, const char *text, size_t len)
{
	struct sink *sink = ctx;

	expect(len > 0 && len <= GM_REPORT_LINE);
	expect_eq(text[len - 1], '\n');
	expect(memchr(text, '\n', len - 1) == NULL);
	expect(memchr(text, '\0', len) == NULL);
	expect(sink->length + len < SINK_BYTES);
	memcpy(sink->text + sink->length, text, len);
	sink->length += len;
	sink->text[sink->length] = '\0';
	sink->nr_lines++;
}

static struct sink sink;
static const struct gm_report report = { sink_put, &sink };

static void expect_text(const char *expected)
{
	if (strcmp(sink.text, expected) != 0) {
		fprintf(stderr, "got:\n%sexpected:\n%s", sink.text, expected);
		unit_fail(__FILE__, __LINE__, "the text differs");
	}
	memset(&sink, 0, sizeof(sink));
}

static void test_stats_of_a_guest(void)
{
	struct gm_stats stats = {
		.region_bytes = (uint64_t)64 << 30,
		.free_bytes = ((uint64_t)64 << 30) - (2 << 20),
		.nr_objects = 1,
		.static_bytes = 262720,
		.desc_bytes = 65536,
		.used_bytes = 262752,
		.total_bytes = 262720 + 65536,
		.desc_size = 32,
		.node_size = 4112,
	};

	gm_report_stats(&report, "guest", &stats);
	expect_text("guest: 64.0 GiB, 63.9 GiB free, 1 object, 0 nodes\n"
		    "                                         bytes         per GiB\n"
		    "  static                                262720            4105\n"
		    "  descriptors, 32 B each                 65536            1024\n"
		    "  nodes, 4112 B each                         0               0\n"
		    "  total                                 328256            5129\n"
		    "  in use                                262752            4105\n"
		    "  struct page, 64 B/4 KiB           1073741824        16777216\n"
		    "  bitmap, 1 bit/4 KiB                  2097152           32768\n");
}

static void test_stats_of_nothing(void)
{
	struct gm_stats stats;

	memset(&stats, 0, sizeof(stats));
	gm_report_stats(&report, NULL, &stats);
	expect_text("0 B, 0 B free, 0 objects, 0 nodes\n"
		    "                                         bytes         per GiB\n"
		    "  static                                     0               -\n"
		    "  descriptors                                0               -\n"
		    "  nodes                                      0               -\n"
		    "  total                                      0               -\n"
		    "  in use                                     0               -\n"
		    "  struct page, 64 B/4 KiB                    0               -\n"
		    "  bitmap, 1 bit/4 KiB                        0               -\n");
}

/* All fields as large as they can be, and metadata in the region. */
static void test_stats_of_everything(void)
{
	struct gm_stats stats;

	memset(&stats, 0xff, sizeof(stats));
	gm_report_stats(&report, "all", &stats);
	expect_text("all: 15.9 EiB, 15.9 EiB free, 18446744073709551615 objects, "
		    "18446744073709551615 nodes\n"
		    "                                         bytes         per GiB\n"
		    "  static                       18446744073709551615      1073741824\n"
		    "  descriptors, 4294967295 B each 18446744073709551615      1073741824\n"
		    "  nodes, 4294967295 B each     18446744073709551615      1073741824\n"
		    "  total                        18446744073709551615      1073741824\n"
		    "  in use                       18446744073709551615      1073741824\n"
		    "  in the region itself         18446744073709551615      1073741824\n"
		    "  struct page, 64 B/4 KiB      288230376151711743        16777215\n"
		    "  bitmap, 1 bit/4 KiB          562949953421311           32767\n");
}

/* The row "static" of a report. */
static void static_row(uint64_t bytes, uint64_t region_bytes, char *number, char *per_gib)
{
	struct gm_stats stats;
	const char *row;

	memset(&stats, 0, sizeof(stats));
	stats.static_bytes = bytes;
	stats.region_bytes = region_bytes;
	gm_report_stats(&report, NULL, &stats);
	row = strstr(sink.text, "\n  static ");
	expect(row != NULL);
	expect_eq(sscanf(row, " static %31s %31s", number, per_gib), 2);
	memset(&sink, 0, sizeof(sink));
}

static void test_decimal_beside_printf(void)
{
	unsigned long long seed = 5;
	char expected[32], number[32], per_gib[32];
	uint64_t power = 1;
	unsigned i;

	for (i = 0; i < 20; i++, power *= 10) {
		uint64_t around;

		for (around = power - 1; around != power + 2; around++) {
			static_row(around, 0, number, per_gib);
			snprintf(expected, sizeof(expected), "%" PRIu64, around);
			expect(strcmp(number, expected) == 0);
		}
	}
	for (i = 0; i < 10000; i++) {
		uint64_t value = unit_random(&seed) >> unit_random(&seed) % 64;

		static_row(value, 0, number, per_gib);
		snprintf(expected, sizeof(expected), "%" PRIu64, value);
		expect(strcmp(number, expected) == 0);
	}
}

static void check_per_gib(uint64_t bytes, uint64_t region_bytes, uint64_t expected)
{
	char text[32], number[32], per_gib[32];

	static_row(bytes, region_bytes, number, per_gib);
	snprintf(text, sizeof(text), "%" PRIu64, expected);
	if (strcmp(per_gib, text) != 0)
		fprintf(stderr, "%" PRIu64 " in %" PRIu64 ": %s\n", bytes, region_bytes, per_gib);
	expect(strcmp(per_gib, text) == 0);
}

static void test_per_gib_by_hand(void)
{
	check_per_gib(1, 1, 1 << 30);
	check_per_gib(1, (uint64_t)1 << 30, 1);
	check_per_gib(1, ((uint64_t)1 << 30) + 1, 0);
	check_per_gib(3, (uint64_t)2 << 30, 1);
	check_per_gib(0, MAX64, 0);
	check_per_gib(MAX64, MAX64, 1 << 30);
	check_per_gib(MAX64, 1, MAX64);                       /* does not fit: all ones */
	check_per_gib((uint64_t)1 << 34, 1, MAX64);           /* the first that does not */
	check_per_gib(((uint64_t)1 << 34) - 1, 1, MAX64 - ((1u << 30) - 1));
	check_per_gib(MAX64, ((uint64_t)1 << 63) + 1, 2147483647);
}

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;

static void test_per_gib_beside_wide_division(void)
{
	unsigned long long seed = 77;
	unsigned i;

	for (i = 0; i < 10000; i++) {
		uint64_t bytes = unit_random(&seed) >> unit_random(&seed) % 64;
		uint64_t region = (unit_random(&seed) >> unit_random(&seed) % 64) | 1;
		wide quotient = ((wide)bytes << 30) / region;

		check_per_gib(bytes, region, quotient > MAX64 ? MAX64 : (uint64_t)quotient);
	}
}
#else
static void test_per_gib_beside_wide_division(void)
{
	puts("SKIP: no 128-bit integers to compare with");
}
#endif

static void heading(uint64_t bytes, const char *expected)
{
	struct gm_stats stats;

	memset(&stats, 0, sizeof(stats));
	stats.region_bytes = bytes;
	gm_report_stats(&report, NULL, &stats);
	expect(strchr(sink.text, ',') != NULL);
	*strchr(sink.text, ',') = '\0';
	expect_text(expected);
}

static void test_sizes(void)
{
	heading(1, "1 B");
	heading(1023, "1023 B");
	heading(1024, "1.0 KiB");
	heading(1536, "1.5 KiB");
	heading(1024 * 1024 - 1, "1023.9 KiB");
	heading(2 << 20, "2.0 MiB");
	heading(((uint64_t)1 << 30) - 1, "1023.9 MiB");
	heading((uint64_t)5 << 40, "5.0 TiB");
	heading((uint64_t)1 << 52, "4.0 PiB");
	heading((uint64_t)1 << 60, "1.0 EiB");
}

static void test_long_names_are_cut(void)
{
	static char name[1000];
	struct gm_verify verify;
	struct gm_stats stats;

	memset(&stats, 0, sizeof(stats));
	memset(&verify, 0, sizeof(verify));
	memset(name, 'n', sizeof(name) - 1);
	gm_report_stats(&report, name, &stats);
	expect_eq(sink.nr_lines, 9);
	expect(memcmp(sink.text, name, GM_REPORT_LINE - 1) == 0);
	expect_eq(sink.text[GM_REPORT_LINE - 1], '\n');
	memset(&sink, 0, sizeof(sink));
	gm_report_verify(&report, name, &verify);
	expect_eq(sink.nr_lines, 1);
	expect_eq(sink.length, GM_REPORT_LINE);
	memset(&sink, 0, sizeof(sink));
}

static void test_desc(void)
{
	struct gm_object object = { gm_paddr(0x140000000), 0x200000, 3, NULL };
	struct gm_object gone;
	struct gm_desc desc;
	char expected[200];

	memset(&desc, 0, sizeof(desc));
	gm_report_desc(&report, &desc);
	expect_text("frozen type 0 generation 0 refs 0 pins 0 flags 0x0 base 0x0 size 0x0\n");
	gm_desc_set(&desc, &object);
	gm_ref_publish(&desc, 3, 1);
	expect_eq(gm_desc_set_flags(&desc, GM_FLAG_DIRTY), 0);
	expect_eq(gm_ref_try_pin(&desc), 0);
	gm_report_desc(&report, &desc);
	expect_text("live type 3 generation 0 refs 2 pins 1 flags 0x1 base 0x140000000 "
		    "size 0x200000\n");
	gm_ref_set_nopin(&desc);
	expect_eq(gm_ref_unpin(&desc, &gone), 0);
	gm_report_desc(&report, &desc);
	expect_text("live type 3 generation 0 refs 1 pins 0 nopin flags 0x1 base 0x140000000 "
		    "size 0x200000\n");
	expect_eq(gm_ref_put(&desc, &gone), 1);
	gm_report_desc(&report, &desc);
	expect_text("frozen type 0 generation 1 refs 0 pins 0 flags 0x1 base 0x140000000 "
		    "size 0x200000\n");
	/* Not a bit is clear: the longest line there is. */
	memset(&desc, 0xff, sizeof(desc));
	gm_report_desc(&report, &desc);
	snprintf(expected, sizeof(expected),
		 "live type 15 generation %u refs %" PRIu64 " pins %" PRIu64
		 " nopin flags %#" PRIx64 " base %#" PRIx64 " size 0xffffffffffffffff\n",
		 (1u << GM_STATE_GENERATION_BITS) - 1, (uint64_t)(2 * GM_REFS_LIMIT - 1),
		 (uint64_t)(2 * GM_PINS_LIMIT - 1), (uint64_t)GM_FLAGS_MASK,
		 gm_desc_base(&desc));
	expect_text(expected);
}

static void test_verify(void)
{
	struct gm_verify verify = {
		.nr_objects = 12,
		.nr_references = 15,
		.covered_bytes = 25165824,
	};

	gm_report_verify(&report, "guest", &verify);
	expect_text("guest: sound, 12 objects, 15 references, 0 saturated, "
		    "25165824 bytes covered\n");
	verify.nr_errors = 2;
	verify.first = "I7 objects overlap";
	verify.where.value = 0x140000000;
	gm_report_verify(&report, "guest", &verify);
	expect_text("guest: 2 errors, the first near 0x140000000: I7 objects overlap\n");
	verify.nr_errors = 1;
	verify.first = NULL;
	verify.where.value = MAX64;
	gm_report_verify(&report, NULL, &verify);
	expect_text("1 error, the first near 0xffffffffffffffff: not named\n");
}

UNIT_MAIN("report", UNIT_TEST(test_stats_of_a_guest), UNIT_TEST(test_stats_of_nothing),
	  UNIT_TEST(test_stats_of_everything), UNIT_TEST(test_decimal_beside_printf),
	  UNIT_TEST(test_per_gib_by_hand), UNIT_TEST(test_per_gib_beside_wide_division),
	  UNIT_TEST(test_sizes), UNIT_TEST(test_long_names_are_cut), UNIT_TEST(test_desc),
	  UNIT_TEST(test_verify))
