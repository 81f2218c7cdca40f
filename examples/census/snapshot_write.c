/* SPDX-License-Identifier: BSD-2-Clause */
/* snapshot_write.c - writing a snapshot; contracts and format in snapshot.h. */
#include "snapshot_layout.h"

#include <stdlib.h>
#include <string.h>

/* The distinct (flags, count) of the runs, in ascending order. */
struct kinds {
	struct image_run *sorted;
	size_t nr;
};

static int append(struct snapshot_bytes *out, const void *data, size_t size)
{
	unsigned char *grown;
	size_t wanted = out->capacity;

	while (wanted - out->size < size)
		wanted = wanted == 0 ? 4096 : 2 * wanted;
	if (wanted != out->capacity) {
		grown = realloc(out->data, wanted);
		if (grown == NULL)
			return -1;
		out->data = grown;
		out->capacity = wanted;
	}
	memcpy(out->data + out->size, data, size);
	out->size += size;
	return 0;
}

static int append_number(struct snapshot_bytes *out, uint64_t value)
{
	unsigned char bytes[10];
	size_t nr = 0;

	while (value > 0x7f) {
		bytes[nr++] = (unsigned char)(value | 0x80);
		value >>= 7;
	}
	bytes[nr++] = (unsigned char)value;
	return append(out, bytes, nr);
}

static int compare_kinds(const void *left, const void *right)
{
	const struct image_run *a = left, *b = right;

	if (a->flags != b->flags)
		return a->flags < b->flags ? -1 : 1;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return 0;
}

static int collect_kinds(const struct image *image, struct kinds *kinds)
{
	size_t i;

	kinds->nr = 0;
	kinds->sorted = malloc((image->nr_runs + 1) * sizeof(*kinds->sorted));
	if (kinds->sorted == NULL)
		return -1;
	if (image->nr_runs == 0)
		return 0;
	memcpy(kinds->sorted, image->runs, image->nr_runs * sizeof(*kinds->sorted));
	qsort(kinds->sorted, image->nr_runs, sizeof(*kinds->sorted), compare_kinds);
	for (i = 0; i < image->nr_runs; i++) {
		if (i == 0 || compare_kinds(&kinds->sorted[i], &kinds->sorted[kinds->nr - 1]) != 0)
			kinds->sorted[kinds->nr++] = kinds->sorted[i];
	}
	return 0;
}

static int append_kinds_and_runs(struct snapshot_bytes *out, const struct image *image,
				 const struct kinds *kinds)
{
	const struct image_run *run, *kind;
	size_t i;

	if (append_number(out, kinds->nr) != 0)
		return -1;
	for (i = 0; i < kinds->nr; i++) {
		if (append_number(out, kinds->sorted[i].flags) != 0 ||
		    append_number(out, kinds->sorted[i].count) != 0)
			return -1;
	}
	for (i = 0; i < image->nr_runs; i++) {
		run = &image->runs[i];
		kind = bsearch(run, kinds->sorted, kinds->nr, sizeof(*kind), compare_kinds);
		if (append_number(out, (uint64_t)(kind - kinds->sorted)) != 0 ||
		    append_number(out, run->nr) != 0)
			return -1;
	}
	return 0;
}

static int append_all(struct snapshot_bytes *out, const struct image *image,
		      const struct kinds *kinds)
{
	const unsigned char header[SNAPSHOT_HEADER] = {
		'G', 'M', 'C', 'E', 'N', 'S', 'U', 'S', SNAPSHOT_VERSION, 0, 0, 0,
		(unsigned char)image->page_shift,
	};
	size_t length = strlen(image->machine);
	uint64_t at = 0;
	size_t i;

	if (append(out, header, sizeof(header)) != 0 || append_number(out, length) != 0 ||
	    append(out, image->machine, length) != 0 ||
	    append_number(out, image->free_bytes) != 0 ||
	    append_number(out, image->nr_changed) != 0 ||
	    append_number(out, image->nr_ranges) != 0)
		return -1;
	for (i = 0; i < image->nr_ranges; i++) {
		const struct image_range *range = &image->ranges[i];

		if (append_number(out, range->pfn - at) != 0 || append_number(out, range->nr) != 0)
			return -1;
		at = range->pfn + range->nr;
	}
	return append_kinds_and_runs(out, image, kinds);
}

void snapshot_seal(unsigned char *data, size_t size)
{
	uint64_t sum;
	unsigned i;

	for (i = 0; i < 8; i++)
		data[SNAPSHOT_AT_LENGTH + i] = (unsigned char)((uint64_t)size >> 8 * i);
	sum = snapshot_checksum(data, size);
	for (i = 0; i < 8; i++)
		data[SNAPSHOT_AT_CHECKSUM + i] = (unsigned char)(sum >> 8 * i);
}

int snapshot_write(const struct image *image, struct snapshot_bytes *out, struct fail *fail)
{
	struct kinds kinds;
	int err;

	*out = (struct snapshot_bytes){ .data = NULL };
	if (collect_kinds(image, &kinds) != 0)
		return fail_memory(fail);
	err = append_all(out, image, &kinds);
	free(kinds.sorted);
	if (err != 0) {
		free(out->data);
		return fail_memory(fail);
	}
	snapshot_seal(out->data, out->size);
	return 0;
}
