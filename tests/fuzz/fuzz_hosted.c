/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_hosted.c - property: a reservation of any length and alignment is refused
 * with the error that the contract names, or is there; what it then hands out for
 * any length and alignment is zero, aligned, inside it, and never twice.
 */
#include <granmem/hosted.h>

#include "fuzz.h"
#include "wide.h"

/* More would be granted, where memory is overcommitted, but says nothing new. */
#define RESERVE_MAX ((uint64_t)1 << 24)

static int is_power_of_two(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

/* Hand out pieces until the input ends; what is handed out begins behind the last. */
static void hand_out(struct gm_hosted *hosted, struct fuzz_input *in)
{
	uintptr_t end = (uintptr_t)hosted->memory + hosted->bytes;
	uintptr_t behind = (uintptr_t)hosted->memory;

	while (in->size != 0) {
		size_t bytes = (size_t)fuzz_u64(in);
		size_t align = (size_t)fuzz_u64(in);
		unsigned char *piece = gm_hosted_grow(hosted, bytes, align);
		uintptr_t past;

		past = align != 0 && behind % align != 0 ? align - behind % align : 0;
		if (bytes == 0 || !is_power_of_two(align) || past > end - behind ||
		    bytes > end - behind - past) {
			FUZZ_EXPECT(piece == NULL);
			continue;
		}
		FUZZ_EXPECT((uintptr_t)piece == behind + past);
		FUZZ_EXPECT(piece[0] == 0 && piece[bytes - 1] == 0);
		piece[0] = piece[bytes - 1] = 0xff;
		behind += past + bytes;
	}
	FUZZ_EXPECT(gm_hosted_resident(hosted) <= hosted->bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gm_hosted hosted, before;
	struct fuzz_input in;
	uint64_t bytes, align;
	unsigned flags;
	int err;

	fuzz_begin(&in, data, size);
	fuzz_anchor(&in, 1, 4096);
	fuzz_anchor(&in, 2, RESERVE_MAX);
	memset(&hosted, 0, sizeof(hosted));
	before = hosted;
	flags = fuzz_u8(&in);
	flags = flags < 0xe0 ? flags & GM_HOSTED_HUGE : flags;
	align = fuzz_u64(&in);
	bytes = fuzz_u64(&in);
	if (bytes > RESERVE_MAX && bytes < UINT64_MAX >> 16)
		bytes %= RESERVE_MAX;
	err = gm_hosted_reserve(&hosted, bytes, align, flags);
	if (bytes == 0)
		FUZZ_EXPECT(err == -GM_ESIZE);
	else if (align != 0 && !is_power_of_two(align))
		FUZZ_EXPECT(err == -GM_EALIGN);
	else if ((flags & ~GM_HOSTED_HUGE) != 0)
		FUZZ_EXPECT(err == -GM_EINVAL);
	else if (bytes > RESERVE_MAX)
		FUZZ_EXPECT(err == -GM_ENOMEM);
	else
		FUZZ_EXPECT(err == 0 || (err == -GM_ENOMEM && align > RESERVE_MAX));
	if (err != 0) {
		FUZZ_EXPECT(memcmp(&hosted, &before, sizeof(hosted)) == 0);
		return 0;
	}
	FUZZ_EXPECT(hosted.bytes >= bytes);
	FUZZ_EXPECT(align == 0 || (uintptr_t)hosted.memory % align == 0);
	fuzz_anchor(&in, 3, hosted.bytes);
	hand_out(&hosted, &in);
	gm_hosted_release(&hosted);
	FUZZ_EXPECT(memcmp(&hosted, &before, sizeof(hosted)) == 0);
	return 0;
}
