/* SPDX-License-Identifier: BSD-2-Clause */
/* snapshot.c - reading a snapshot; contracts and format in snapshot.h. */
#include "snapshot.h"

#include "snapshot_layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const unsigned char *data;
	size_t size;
	size_t at;
	struct fail *fail;
};

struct kind {
	uint64_t flags;
	uint64_t count;
};

static int read_number(struct reader *reader, const char *what, uint64_t max, uint64_t *out)
{
	size_t start = reader->at;
	uint64_t value = 0;
	unsigned shift;
	unsigned char byte;

	for (shift = 0; shift < 64; shift += 7) {
		if (reader->at == reader->size)
			return fail_set(reader->fail, "byte %zu: the file ends inside %s",
					reader->at, what);
		byte = reader->data[reader->at++];
		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (value > max)
			return fail_set(reader->fail,
					"byte %zu: %s is %" PRIu64 ", at most %" PRIu64
					" is possible",
					start, what, value, max);
		*out = value;
		return 0;
	}
	return fail_set(reader->fail, "byte %zu: %s is longer than 64 bits", start, what);
}

/* Puts the byte before a reason that the image gave. */
static int at_byte(struct reader *reader, size_t at)
{
	struct fail reason = *reader->fail;

	return fail_set(reader->fail, "byte %zu: %.280s", at, reason.text);
}

static int read_header(struct reader *reader, struct image *image)
{
	const unsigned char *data = reader->data;
	struct fail *fail = reader->fail;
	uint64_t version, shift, length;

	if (reader->size < SNAPSHOT_HEADER) {
		if (memcmp(data, SNAPSHOT_MAGIC, reader->size < 8 ? reader->size : 8) != 0)
			return fail_set(fail, "byte 0: not a census snapshot");
		return fail_set(fail, "byte %zu: the file ends inside its %d-byte header",
				reader->size, SNAPSHOT_HEADER);
	}
	if (memcmp(data, SNAPSHOT_MAGIC, 8) != 0)
		return fail_set(fail, "byte 0: not a census snapshot");
	version = snapshot_get(data + SNAPSHOT_AT_VERSION, 4);
	if (version != SNAPSHOT_VERSION)
		return fail_set(fail, "byte 8: version %" PRIu64 ", this program reads version %d",
				version, SNAPSHOT_VERSION);
	length = snapshot_get(data + SNAPSHOT_AT_LENGTH, 8);
	if (length != reader->size)
		return fail_set(fail,
				"byte 16: the header says %" PRIu64
				" bytes, the file has %zu: it is %s",
				length, reader->size,
				length > reader->size ? "truncated" : "damaged or too long");
	if (snapshot_get(data + SNAPSHOT_AT_CHECKSUM, 8) != snapshot_checksum(data, reader->size))
		return fail_set(fail,
				"byte 24: the checksum is %016" PRIx64
				", the bytes give %016" PRIx64 ": the file is damaged",
				snapshot_get(data + SNAPSHOT_AT_CHECKSUM, 8),
				snapshot_checksum(data, reader->size));
	shift = snapshot_get(data + SNAPSHOT_AT_SHIFT, 4);
	if (shift < IMAGE_SHIFT_MIN || shift > IMAGE_SHIFT_MAX)
		return fail_set(fail, "byte 12: page shift %" PRIu64 ", not %u to %u", shift,
				IMAGE_SHIFT_MIN, IMAGE_SHIFT_MAX);
	image_init(image, (unsigned)shift);
	reader->at = SNAPSHOT_HEADER;
	return 0;
}

static int read_machine(struct reader *reader, struct image *image)
{
	uint64_t length;
	size_t i;

	if (read_number(reader, "the length of the name", IMAGE_MACHINE_MAX, &length) != 0)
		return -1;
	if (length > reader->size - reader->at)
		return fail_set(reader->fail, "byte %zu: the file ends inside the machine's name",
				reader->size);
	for (i = 0; i < length; i++) {
		unsigned char byte = reader->data[reader->at + i];

		/* It goes to a terminal and into XML. */
		if (byte < 0x20 || byte > 0x7e)
			return fail_set(reader->fail,
					"byte %zu: 0x%02x in the machine's name is not printable",
					reader->at + i, byte);
		image->machine[i] = (char)byte;
	}
	reader->at += (size_t)length;
	if (read_number(reader, "the free bytes", UINT64_MAX, &image->free_bytes) != 0)
		return -1;
	return read_number(reader, "the changed pages", IMAGE_PAGES_MAX, &image->nr_changed);
}

/* The runs come after all ranges: only then is it known which belong to which. */
static int read_ranges(struct reader *reader, struct image_range **out, size_t *nr_out)
{
	struct image_range *ranges;
	uint64_t nr, gap, at = 0;
	size_t i;

	/* Each takes two bytes at least, which bounds the memory for them. */
	if (read_number(reader, "the number of ranges", (reader->size - reader->at) / 2, &nr) != 0)
		return -1;
	ranges = calloc((size_t)nr + 1, sizeof(*ranges));
	if (ranges == NULL)
		return fail_memory(reader->fail);
	*out = ranges;
	*nr_out = (size_t)nr;
	for (i = 0; i < nr; i++) {
		if (read_number(reader, "the gap before a range", UINT64_MAX - at, &gap) != 0)
			return -1;
		ranges[i].pfn = at + gap;
		if (read_number(reader, "the length of a range", UINT64_MAX - ranges[i].pfn,
				&ranges[i].nr) != 0)
			return -1;
		at = ranges[i].pfn + ranges[i].nr;
	}
	return 0;
}

static int read_kinds(struct reader *reader, struct kind **out, uint64_t *nr_out)
{
	struct kind *kinds;
	uint64_t nr, i;

	if (read_number(reader, "the number of kinds", (reader->size - reader->at) / 2, &nr) != 0)
		return -1;
	kinds = calloc((size_t)nr + 1, sizeof(*kinds));
	if (kinds == NULL)
		return fail_memory(reader->fail);
	*out = kinds;
	*nr_out = nr;
	for (i = 0; i < nr; i++) {
		if (read_number(reader, "a kind's flags", UINT64_MAX, &kinds[i].flags) != 0 ||
		    read_number(reader, "a kind's count", UINT64_MAX, &kinds[i].count) != 0)
			return -1;
	}
	return 0;
}

static int read_runs(struct reader *reader, struct image *image, const struct kind *kinds,
		     uint64_t nr_kinds)
{
	uint64_t kind = 0;
	uint64_t nr = 0;
	size_t at;

	while (image->nr_missing != 0) {
		at = reader->at;
		if (read_number(reader, "a run's kind", UINT64_MAX, &kind) != 0)
			return -1;
		if (kind >= nr_kinds)
			return fail_set(reader->fail,
					"byte %zu: a run of kind %" PRIu64 ", there are %" PRIu64,
					at, kind, nr_kinds);
		at = reader->at;
		if (read_number(reader, "a run's length", UINT64_MAX, &nr) != 0)
			return -1;
		if (image_add_run(image, kinds[kind].flags, kinds[kind].count, nr, reader->fail))
			return at_byte(reader, at);
	}
	return 0;
}

static int read_body(struct reader *reader, struct image *image, struct image_range **ranges,
		     struct kind **kinds)
{
	size_t nr_ranges = 0, ranges_at, i;
	uint64_t nr_kinds = 0;

	if (read_machine(reader, image) != 0)
		return -1;
	ranges_at = reader->at;
	if (read_ranges(reader, ranges, &nr_ranges) != 0 ||
	    read_kinds(reader, kinds, &nr_kinds) != 0)
		return -1;
	for (i = 0; i < nr_ranges; i++) {
		if (image_add_range(image, (*ranges)[i].pfn, (*ranges)[i].nr, reader->fail) != 0)
			return at_byte(reader, ranges_at);
		if (read_runs(reader, image, *kinds, nr_kinds) != 0)
			return -1;
	}
	if (image->nr_pages == 0)
		return fail_set(reader->fail, "byte %zu: no memory is described", ranges_at);
	if (image->nr_changed > image->nr_pages)
		return fail_set(reader->fail,
				"byte %d: %" PRIu64 " pages changed, of only %" PRIu64,
				SNAPSHOT_HEADER, image->nr_changed, image->nr_pages);
	if (reader->at != reader->size)
		return fail_set(reader->fail, "byte %zu: %zu bytes follow the last run", reader->at,
				reader->size - reader->at);
	return 0;
}

int snapshot_read(const unsigned char *data, size_t size, struct image *out, struct fail *fail)
{
	struct reader reader = { .data = data, .size = size, .fail = fail };
	struct image_range *ranges = NULL;
	struct kind *kinds = NULL;
	int err;

	image_init(out, IMAGE_SHIFT_MIN);
	err = read_header(&reader, out);
	if (err == 0)
		err = read_body(&reader, out, &ranges, &kinds);
	free(ranges);
	free(kinds);
	if (err != 0)
		image_free(out);
	return err;
}
