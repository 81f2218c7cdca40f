/* SPDX-License-Identifier: BSD-2-Clause */
/* snapshot_file.c - snapshots as files; contracts in snapshot.h. */
#include "snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail_file(struct fail *fail, const char *what, const char *path)
{
	return fail_set(fail, "cannot %s %.200s: %s", what, path, strerror(errno));
}

/* The whole of a file or pipe, which need not know its length. */
static int read_all(FILE *file, struct snapshot_bytes *out, const char *path, struct fail *fail)
{
	unsigned char *grown;
	size_t got;

	for (;;) {
		if (out->size == out->capacity) {
			if (out->size >= SNAPSHOT_BYTES_MAX)
				return fail_set(fail, "%.200s: longer than any snapshot", path);
			out->capacity = out->capacity == 0 ? 65536 : 2 * out->capacity;
			grown = realloc(out->data, out->capacity);
			if (grown == NULL)
				return fail_memory(fail);
			out->data = grown;
		}
		got = fread(out->data + out->size, 1, out->capacity - out->size, file);
		out->size += got;
		if (got == 0)
			return ferror(file) ? fail_file(fail, "read", path) : 0;
	}
}

int snapshot_load(const char *path, struct image *out, struct fail *fail)
{
	struct snapshot_bytes bytes = { .data = NULL };
	struct fail reason;
	FILE *file = fopen(path, "rb");
	int err;

	if (file == NULL)
		return fail_file(fail, "open", path);
	err = read_all(file, &bytes, path, fail);
	fclose(file);
	if (err == 0) {
		err = snapshot_read(bytes.data, bytes.size, out, &reason);
		if (err != 0)
			fail_set(fail, "%.120s: %.190s", path, reason.text);
	}
	free(bytes.data);
	return err;
}

static int write_all(const struct snapshot_bytes *bytes, const char *path, struct fail *fail)
{
	FILE *file = fopen(path, "wb");
	int err = 0;

	if (file == NULL)
		return fail_file(fail, "create", path);
	if (fwrite(bytes->data, 1, bytes->size, file) != bytes->size)
		err = fail_file(fail, "write", path);
	if (fclose(file) != 0 && err == 0)
		err = fail_file(fail, "write", path);
	return err;
}

int snapshot_save(const struct image *image, const char *path, struct fail *fail)
{
	struct snapshot_bytes bytes;
	size_t length = strlen(path) + sizeof(".new");
	char *beside;
	int err;

	if (snapshot_write(image, &bytes, fail) != 0)
		return -1;
	beside = malloc(length);
	if (beside == NULL) {
		free(bytes.data);
		return fail_memory(fail);
	}
	snprintf(beside, length, "%s.new", path);
	err = write_all(&bytes, beside, fail);
	if (err == 0 && rename(beside, path) != 0)
		err = fail_file(fail, "replace", path);
	if (err != 0)
		remove(beside);
	free(beside);
	free(bytes.data);
	return err;
}
