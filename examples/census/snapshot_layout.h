/* SPDX-License-Identifier: BSD-2-Clause */
/* snapshot_layout.h - the header's places, for the reader and the writer. */
#ifndef CENSUS_SNAPSHOT_LAYOUT_H
#define CENSUS_SNAPSHOT_LAYOUT_H

#include "snapshot.h"

#define SNAPSHOT_MAGIC "GMCENSUS"
#define SNAPSHOT_AT_VERSION 8
#define SNAPSHOT_AT_SHIFT 12
#define SNAPSHOT_AT_LENGTH 16
#define SNAPSHOT_AT_CHECKSUM 24

/* snapshot_get - a little-endian number of `bytes` bytes. */
static inline uint64_t snapshot_get(const unsigned char *from, unsigned bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | from[bytes];
	return value;
}

/* snapshot_checksum - FNV-1a of size bytes but the checksum's own. Each step is
 * a bijection, so no change of one byte goes unnoticed. */
static inline uint64_t snapshot_checksum(const unsigned char *data, size_t size)
{
	uint64_t sum = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i < size; i++) {
		if (i >= SNAPSHOT_AT_CHECKSUM && i < SNAPSHOT_HEADER)
			continue;
		sum = (sum ^ data[i]) * 0x100000001b3u;
	}
	return sum;
}

#endif
