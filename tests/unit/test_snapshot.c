/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of examples/census/snapshot.h: back and forth, and whatever bytes a file may have. */
#include "../../examples/census/snapshot.h"

#include "unit.h"

#define BAD(bytes, start) expect_bad(__LINE__, (bytes).data, (bytes).size, start)

static struct fail fail;

static void must(int err)
{
	if (err != 0)
		unit_fail(__FILE__, __LINE__, fail.text);
}

/* Ranges and runs of all kinds, large numbers among them. */
static void make_image(struct image *image, unsigned nr_runs)
{
	unsigned long long seed = 4711;
	unsigned i, range;
	uint64_t nr;

	image_init(image, 12);
	strcpy(image->machine, "a machine");
	image->free_bytes = (uint64_t)1 << 40;
	image->nr_changed = 3;
	for (range = 0; range < 3; range++) {
		nr = 0;
		for (i = 0; i < nr_runs; i++)
			nr += 1 + i % 200;
		must(image_add_range(image, 1 + range * ((uint64_t)1 << 30), nr, &fail));
		for (i = 0; i < nr_runs; i++)
			must(image_add_run(image, (uint64_t)1 << unit_random(&seed) % 33,
					   i % 50 == 0 ? UINT64_MAX : unit_random(&seed) % 3,
					   1 + i % 200, &fail));
	}
}

static void make(struct snapshot_bytes *bytes, unsigned nr_runs)
{
	struct image image;

	make_image(&image, nr_runs);
	must(snapshot_write(&image, bytes, &fail));
	image_free(&image);
}

/* The bytes are refused with a reason that begins like this. The copy lies at
 * the end of its allocation, so that a tool sees a read behind it. */
static void expect_bad(int line, const unsigned char *data, size_t size, const char *start)
{
	unsigned char *copy = malloc(size + 1);
	struct image image;

	expect(copy != NULL);
	memcpy(copy + 1, data, size);
	strcpy(fail.text, "accepted");
	if (snapshot_read(copy + 1, size, &image, &fail) == 0 ||
	    strncmp(fail.text, start, strlen(start)) != 0)
		unit_fail(__FILE__, line, fail.text);
	expect(image.ranges == NULL && image.runs == NULL);
	free(copy);
}

/* What was accepted keeps what image.h promises. */
static void check_image(const struct image *image)
{
	const struct image_run *run;
	struct image_cursor cursor;
	uint64_t pfn, sum = 0, total = 0;
	size_t range, i;

	for (i = 0; i < image->nr_ranges; i++) {
		expect(image->ranges[i].nr != 0);
		total += image->ranges[i].nr;
		if (i != 0)
			expect(image->ranges[i].pfn >=
			       image->ranges[i - 1].pfn + image->ranges[i - 1].nr);
	}
	image_walk(&cursor, image);
	while ((run = image_next(&cursor, &range, &pfn)) != NULL) {
		expect(range < image->nr_ranges);
		expect(pfn >= image->ranges[range].pfn);
		expect(pfn + run->nr <= image->ranges[range].pfn + image->ranges[range].nr);
		sum += run->nr;
	}
	expect_eq(sum, total);
	expect_eq(total, image->nr_pages);
	expect(total != 0 && total <= IMAGE_PAGES_MAX);
	expect_eq(image->nr_missing, 0);
	expect(strlen(image->machine) <= IMAGE_MACHINE_MAX);
}

static void test_back_and_forth(void)
{
	struct image image, again;
	struct snapshot_bytes bytes;

	make_image(&image, 700);
	must(snapshot_write(&image, &bytes, &fail));
	must(snapshot_read(bytes.data, bytes.size, &again, &fail));
	check_image(&again);
	expect(strcmp(again.machine, image.machine) == 0);
	expect_eq(again.page_shift, 12);
	expect_eq(again.free_bytes, image.free_bytes);
	expect_eq(again.nr_changed, image.nr_changed);
	expect_eq(again.nr_ranges, image.nr_ranges);
	expect_eq(again.nr_runs, image.nr_runs);
	expect(memcmp(again.ranges, image.ranges, image.nr_ranges * sizeof(*image.ranges)) == 0);
	expect(memcmp(again.runs, image.runs, image.nr_runs * sizeof(*image.runs)) == 0);
	image_free(&image);
	image_free(&again);
	free(bytes.data);
}

static void test_every_truncation(void)
{
	struct snapshot_bytes bytes;
	size_t size, whole;

	make(&bytes, 300);
	whole = bytes.size;
	for (size = 0; size < whole; size++)
		expect_bad(__LINE__, bytes.data, size, "byte ");
	/* The same with a header that tells the new length and checksum. */
	for (size = SNAPSHOT_HEADER; size < whole; size++) {
		bytes.size = size;
		snapshot_seal(bytes.data, size);
		BAD(bytes, "byte ");
	}
	free(bytes.data);
}

static void test_every_flip(void)
{
	struct snapshot_bytes bytes;
	size_t i;
	unsigned bit;

	make(&bytes, 100);
	for (i = 0; i < bytes.size; i++) {
		for (bit = 0; bit < 8; bit++) {
			bytes.data[i] ^= (unsigned char)(1u << bit);
			BAD(bytes, "byte ");
			bytes.data[i] ^= (unsigned char)(1u << bit);
		}
	}
	free(bytes.data);
}

static void test_header(void)
{
	struct snapshot_bytes bytes;
	unsigned char first;

	make(&bytes, 10);
	first = bytes.data[0];
	bytes.data[0] = 'X';
	BAD(bytes, "byte 0: not a census snapshot");
	expect_bad(__LINE__, bytes.data, 5, "byte 0: not a census snapshot");
	bytes.data[0] = first;
	expect_bad(__LINE__, bytes.data, 0, "byte 0: the file ends inside its 32-byte header");
	expect_bad(__LINE__, bytes.data, 31, "byte 31: the file ends inside its 32-byte header");
	bytes.data[8] = 2;
	BAD(bytes, "byte 8: version 2");
	bytes.data[8] = 1;
	bytes.data[12] = 11;
	snapshot_seal(bytes.data, bytes.size);
	BAD(bytes, "byte 12: page shift 11");
	bytes.data[12] = 17;
	snapshot_seal(bytes.data, bytes.size);
	BAD(bytes, "byte 12: page shift 17");
	bytes.data[12] = 12;
	snapshot_seal(bytes.data, bytes.size);
	bytes.data[20]++;
	BAD(bytes, "byte 16: the header says");
	expect(strstr(fail.text, "truncated") != NULL);
	bytes.data[20]--;
	bytes.data[24] ^= 1;
	BAD(bytes, "byte 24: the checksum");
	free(bytes.data);
}

/* A whole file around these numbers, which are given with 7 bits a byte. */
static void expect_body(int line, const char *body, size_t size, const char *start)
{
	unsigned char data[256] = { 'G', 'M', 'C', 'E', 'N', 'S', 'U', 'S', 1, 0, 0, 0, 12 };

	memcpy(data + SNAPSHOT_HEADER, body, size);
	snapshot_seal(data, SNAPSHOT_HEADER + size);
	expect_bad(line, data, SNAPSHOT_HEADER + size, start);
}

#define BODY(body, start) expect_body(__LINE__, body, sizeof(body) - 1, start)
#define MAX64 "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"

static void test_forged_numbers(void)
{
	/* name, free, changed, ranges: (gap, pages), kinds: (flags, count), runs */
	BODY("\x01\x1bxx", "byte 33: 0x1b in the machine's name");
	BODY("\x7f", "byte 32: the length of the name is 127, at most 96");
	BODY("\x02x", "byte 34: the file ends inside the machine's name");
	BODY("\x00" MAX64 "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
	     "byte 43: the changed pages is longer than 64 bits");
	BODY("\x00\x00" MAX64, "byte 34: the changed pages is 18446744073709551615, at most");
	BODY("\x00\x00\x00" MAX64, "byte 35: the number of ranges is 18446744073709551615");
	BODY("\x00\x00\x00\x00\x00", "byte 35: no memory is described");
	BODY("\x00\x00\x00\x01\x01\x00\x01\x00\x00", "byte 35: a range at page 1 is empty");
	BODY("\x00\x00\x00\x01" MAX64 "\x01\x00\x00",
	     "byte 46: the length of a range is 1, at most 0");
	BODY("\x00\x00\x00\x01\xff\xff\xff\xff\xff\x1f\x02\x01\x00\x00\x00\x00",
	     "byte 35: a range at page 1099511627775 ends beyond");
	BODY("\x00\x00\x00\x01\x01\x81\x80\x80\x80\x40\x01\x00\x00",
	     "byte 35: more than 17179869184 pages");
	BODY("\x00\x00\x00\x01\x01\x05\x7f\x00\x00",
	     "byte 38: the number of kinds is 127, at most");
	BODY("\x00\x00\x00\x01\x01\x05\x01\x00\x00\x01\x05",
	     "byte 41: a run of kind 1, there are 1");
	BODY("\x00\x00\x00\x01\x01\x05\x01\x00\x00\x00\x06",
	     "byte 42: a run of 6 pages where 5 are left");
	BODY("\x00\x00\x00\x01\x01\x05\x01\x00\x00\x00" MAX64, "byte 42: a run of 18446744073709");
	BODY("\x00\x00\x00\x01\x01\x05\x01\x00\x00\x00\x00", "byte 42: an empty run");
	BODY("\x00\x00\x00\x01\x01\x05\x01\x00\x00\x00\x04", "byte 43: the file ends inside a run");
	BODY("\x00\x00\x00\x01\x01\x05\x01\x00\x00\x00\x05\x00", "byte 43: 1 bytes follow");
	BODY("\x00\x00\x06\x01\x01\x05\x01\x00\x00\x00\x05", "byte 32: 6 pages changed, of only 5");
}

/* Any bytes at all behind a header that fits them. */
static void test_random_changes(void)
{
	unsigned long long seed = 42;
	unsigned accepted = 0, refused = 0, round, nr;
	struct snapshot_bytes bytes, fresh;
	struct image image;
	size_t at;

	make(&fresh, 60);
	make(&bytes, 60);
	for (round = 0; round < 60000; round++) {
		memcpy(bytes.data, fresh.data, fresh.size);
		bytes.size = fresh.size;
		if (round % 4 == 0)
			bytes.size -= unit_random(&seed) % (fresh.size - SNAPSHOT_HEADER);
		for (nr = 1 + round % 5; nr != 0; nr--) {
			at = SNAPSHOT_HEADER +
			     unit_random(&seed) % (bytes.size - SNAPSHOT_HEADER);
			bytes.data[at] = (unsigned char)unit_random(&seed);
		}
		snapshot_seal(bytes.data, bytes.size);
		if (snapshot_read(bytes.data, bytes.size, &image, &fail) == 0) {
			accepted++;
			check_image(&image);
			image_free(&image);
		} else {
			refused++;
			expect(strncmp(fail.text, "byte ", 5) == 0);
		}
	}
	/* Both happen, or the loop tests nothing. */
	expect(accepted > 100 && refused > 100);
	free(bytes.data);
	free(fresh.data);
}

UNIT_MAIN("snapshot", UNIT_TEST(test_back_and_forth), UNIT_TEST(test_every_truncation),
	  UNIT_TEST(test_every_flip), UNIT_TEST(test_header), UNIT_TEST(test_forged_numbers),
	  UNIT_TEST(test_random_changes))
