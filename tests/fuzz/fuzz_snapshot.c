/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_snapshot.c - property: any bytes given to the census as a snapshot are
 * refused with a reason that names a byte of them, or are an image whose numbers
 * hold in 128 bits, and which is the same after it was written and read again.
 *
 * The first byte says what is done to the rest: nothing, or a header and a
 * checksum that fit are put on it, which no engine would guess.
 */
#include "../../examples/census/snapshot.h"

#include "fuzz.h"
#include "wide.h"

static void check_image(const struct image *image)
{
	wide missing = wide_of(0), at = wide_of(0);
	uint64_t runs = 0, pages = 0;
	size_t i;

	FUZZ_EXPECT(image->page_shift >= IMAGE_SHIFT_MIN && image->page_shift <= IMAGE_SHIFT_MAX);
	FUZZ_EXPECT(memchr(image->machine, '\0', sizeof(image->machine)) != NULL);
	for (i = 0; i < image->nr_ranges; i++) {
		const struct image_range *range = &image->ranges[i];

		FUZZ_EXPECT(range->nr != 0 && !wide_less(wide_of(range->pfn), at));
		at = wide_sum(range->pfn, range->nr);
		FUZZ_EXPECT(!wide_less(wide_of(GM_PADDR_END >> image->page_shift), at));
		missing = wide_add(missing, wide_of(range->nr));
	}
	FUZZ_EXPECT(!wide_less(wide_of(IMAGE_PAGES_MAX), missing));
	for (i = 0; i < image->nr_ranges; i++)
		pages += image->ranges[i].nr;
	for (i = 0; i < image->nr_runs; i++)
		runs += image->runs[i].nr;
	FUZZ_EXPECT(pages == image->nr_pages && runs == pages && image->nr_missing == 0);
	FUZZ_EXPECT(pages != 0 && image->nr_changed <= pages);
}

/* Each run lies in one range, and the walk goes through all of them. */
static void check_walk(const struct image *image)
{
	const struct image_run *run;
	struct image_cursor cursor;
	uint64_t pages = 0, pfn;
	size_t range;

	image_walk(&cursor, image);
	while ((run = image_next(&cursor, &range, &pfn)) != NULL) {
		FUZZ_EXPECT(range < image->nr_ranges);
		FUZZ_EXPECT(wide_inside(pfn, run->nr, image->ranges[range].pfn,
					image->ranges[range].nr));
		pages += run->nr;
	}
	FUZZ_EXPECT(pages == image->nr_pages);
}

static void check_again(const struct image *image)
{
	struct snapshot_bytes bytes;
	struct image again;
	struct fail fail;

	FUZZ_EXPECT(snapshot_write(image, &bytes, &fail) == 0);
	FUZZ_EXPECT(snapshot_read(bytes.data, bytes.size, &again, &fail) == 0);
	FUZZ_EXPECT(strcmp(again.machine, image->machine) == 0);
	FUZZ_EXPECT(again.page_shift == image->page_shift && again.nr_pages == image->nr_pages);
	FUZZ_EXPECT(again.free_bytes == image->free_bytes && again.nr_changed == image->nr_changed);
	FUZZ_EXPECT(again.nr_ranges == image->nr_ranges && again.nr_runs == image->nr_runs);
	FUZZ_EXPECT(memcmp(again.ranges, image->ranges, again.nr_ranges * sizeof(*again.ranges)) ==
		    0);
	FUZZ_EXPECT(memcmp(again.runs, image->runs, again.nr_runs * sizeof(*again.runs)) == 0);
	image_free(&again);
	free(bytes.data);
}

/* "byte N: ..." with N no more than the length. */
static void check_reason(const struct fail *fail, size_t size)
{
	unsigned long byte = 0;

	FUZZ_EXPECT(memchr(fail->text, '\0', sizeof(fail->text)) != NULL);
	FUZZ_EXPECT(sscanf(fail->text, "byte %lu:", &byte) == 1);
	FUZZ_EXPECT(byte <= size || size < SNAPSHOT_HEADER);
}

static void put_header(unsigned char *data, unsigned shift)
{
	static const unsigned char start[12] = { 'G', 'M', 'C', 'E', 'N', 'S', 'U', 'S', 1 };

	memset(data, 0, SNAPSHOT_HEADER);
	memcpy(data, start, sizeof(start));
	data[12] = (unsigned char)shift;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	struct image image;
	struct fail fail;
	unsigned char *bytes;
	size_t header, length;
	unsigned how;

	fuzz_begin(&in, data, size);
	how = fuzz_u8(&in);
	header = (how & 1) != 0 ? SNAPSHOT_HEADER : 0;
	length = header + in.size;
	bytes = malloc(length + 1);
	FUZZ_EXPECT(bytes != NULL);
	if (header != 0)
		put_header(bytes + 1, how >> 2 == 0 ? 12 : how >> 2);
	memcpy(bytes + 1 + header, in.data, in.size);
	if ((how & 2) == 0 && length >= SNAPSHOT_HEADER)
		snapshot_seal(bytes + 1, length);
	if (snapshot_read(bytes + 1, length, &image, &fail) == 0) {
		check_image(&image);
		check_walk(&image);
		check_again(&image);
		image_free(&image);
	} else {
		check_reason(&fail, length);
	}
	free(bytes);
	return 0;
}
