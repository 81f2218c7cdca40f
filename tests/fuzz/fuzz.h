/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz.h - what the fuzz targets share.
 *
 * A target is one file that states one property and has LLVMFuzzerTestOneInput.
 * It may be run by
 *
 *   plain replay  driver.c: the entries of a corpus, then changed ones, from a
 *                 seed, so that it needs nothing but a C compiler (fuzz.sh)
 *   libFuzzer     sh tests/fuzz/engine.sh libfuzzer claim DIRECTORY
 *   AFL++         sh tests/fuzz/engine.sh afl claim DIRECTORY
 *
 * The bytes are read from the front as the target asks for them; missing ones
 * are zero, so every input means something and a short one says most.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <granmem/port.h>
#include <granmem/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_ANCHORS 8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is left of an input, and the numbers that are of interest to the target:
 * fuzz_u64 gives many that lie at or beside one of them. */
struct fuzz_input {
	const uint8_t *data;
	size_t size;
	uint64_t anchors[FUZZ_ANCHORS];
	unsigned nr_anchors;
	unsigned unit_shift; /* a step beside an anchor, in bytes, as a shift */
};

static inline void fuzz_die(const char *file, int line, const char *text)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, text);
	abort();
}

#define FUZZ_EXPECT(cond) ((cond) ? (void)0 : fuzz_die(__FILE__, __LINE__, #cond))

/* No number from outside is a programmer's error. */
static inline void fuzz_panic(const char *text, const void *object)
{
	(void)object;
	fuzz_die("assertion hook", 0, text);
}

static inline void fuzz_anchor(struct fuzz_input *in, unsigned which, uint64_t value)
{
	in->anchors[which] = value;
	if (in->nr_anchors <= which)
		in->nr_anchors = which + 1;
}

static inline void fuzz_begin(struct fuzz_input *in, const uint8_t *data, size_t size)
{
	memset(in, 0, sizeof(*in));
	in->data = data;
	in->size = size;
	in->unit_shift = 12;
	fuzz_anchor(in, 0, 0);
	fuzz_anchor(in, 1, GM_PADDR_END);
	gm_port_set_panic(fuzz_panic);
}

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
	if (in->size == 0)
		return 0;
	in->size--;
	return *in->data++;
}

/* 0 .. n - 1; n at most 256. */
static inline unsigned fuzz_below(struct fuzz_input *in, unsigned n)
{
	return fuzz_u8(in) % n;
}

static inline uint64_t fuzz_raw(struct fuzz_input *in, unsigned bytes)
{
	uint64_t value = 0;
	unsigned i;

	for (i = 0; i < bytes; i++)
		value |= (uint64_t)fuzz_u8(in) << 8 * i;
	return value;
}

/* Any 64-bit number: beside an anchor by units or by bytes, beside a power of
 * two, or eight bytes as they are. */
static inline uint64_t fuzz_u64(struct fuzz_input *in)
{
	unsigned how = fuzz_u8(in);
	unsigned which = how >> 2;
	uint64_t near, units;

	if ((how & 3) == 3 && which == 63)
		return fuzz_raw(in, 8);
	near = (how & 3) == 3 ? (uint64_t)1 << which : in->anchors[which % in->nr_anchors];
	if ((how & 3) == 2)
		return near;
	units = (uint64_t)(int64_t)(int8_t)fuzz_u8(in);
	return near + ((how & 3) == 0 ? units << in->unit_shift : units);
}

/* Mostly 1 .. GM_TYPE_MAX, else any number. */
static inline unsigned fuzz_type(struct fuzz_input *in)
{
	unsigned type = fuzz_u8(in);

	return type < 0xf0 ? 1 + type % GM_TYPE_MAX : type == 0xf0 ? 0 : (unsigned)fuzz_u64(in);
}

#endif
