/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snapshot.h - an image as a compact file.
 *
 *   +0   "GMCENSUS"
 *   +8   version, 4 bytes           all little-endian
 *   +12  page shift, 4 bytes
 *   +16  length of the file, 8 bytes
 *   +24  checksum, 8 bytes          FNV-1a of all bytes but these
 *   +32  numbers, 7 bits a byte, least first, the top bit set in all but the
 *        last byte of each:
 *
 *        length of the machine's name, and the name
 *        bytes that the kernel said are free; pages that changed while read
 *        number of ranges, then for each: pages since the end of the one
 *            before, pages
 *        number of kinds, then for each: flags, count
 *        runs, until the ranges are full: kind, pages
 *
 * The reader trusts no number: a file that is short, long, damaged or forged
 * gives an error that names the byte and what is wrong with it.
 */
#ifndef CENSUS_SNAPSHOT_H
#define CENSUS_SNAPSHOT_H

#include "image.h"

#define SNAPSHOT_VERSION 1
#define SNAPSHOT_HEADER 32
/* No file is longer: one run takes two bytes or more. */
#define SNAPSHOT_BYTES_MAX ((size_t)1 << 30)

struct snapshot_bytes {
	unsigned char *data;
	size_t size;
	size_t capacity;
};

/*
 * snapshot_write - the image as bytes.
 *
 * Requires a complete image. Returns 0 and the bytes, which are the caller's to
 * free (data), or -1 with the reason.
 */
int snapshot_write(const struct image *image, struct snapshot_bytes *out, struct fail *fail);

/*
 * snapshot_read - bytes back to an image.
 *
 * Any bytes may be given. Returns 0 and the image, which is the caller's to
 * free, or -1 with the reason and nothing to free.
 */
int snapshot_read(const unsigned char *data, size_t size, struct image *out, struct fail *fail);

/* snapshot_seal - write length and checksum into size >= SNAPSHOT_HEADER bytes. */
void snapshot_seal(unsigned char *data, size_t size);

/* snapshot_save, snapshot_load - the same with a file. save replaces the file
 * only when all is written. */
int snapshot_save(const struct image *image, const char *path, struct fail *fail);
int snapshot_load(const char *path, struct image *out, struct fail *fail);

#endif
