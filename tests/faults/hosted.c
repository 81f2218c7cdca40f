/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hosted.c - the system refuses address space, or advice about it. The program is
 * linked so that the library's calls of mmap and madvise come here first.
 */
#include "faults.h"

#if FAULTS_HOSTED

#include <granmem/hosted.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static unsigned refuse_mmap, refuse_madvise; /* the next so many calls */

/* What mmap is called depends on how wide offsets are. */
typedef void *mapper(void *address, size_t bytes, int protection, int flags, int file,
		     off_t offset);
mapper __real_mmap, __wrap_mmap, __real_mmap64, __wrap_mmap64;
int __real_madvise(void *address, size_t bytes, int advice);
int __wrap_madvise(void *address, size_t bytes, int advice);

static int mmap_refused(void)
{
	if (refuse_mmap == 0)
		return 0;
	refuse_mmap--;
	errno = ENOMEM;
	return 1;
}

void *__wrap_mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset)
{
	return mmap_refused() ? MAP_FAILED :
				__real_mmap(address, bytes, protection, flags, file, offset);
}

void *__wrap_mmap64(void *address, size_t bytes, int protection, int flags, int file, off_t offset)
{
	return mmap_refused() ? MAP_FAILED :
				__real_mmap64(address, bytes, protection, flags, file, offset);
}

int __wrap_madvise(void *address, size_t bytes, int advice)
{
	if (refuse_madvise == 0)
		return __real_madvise(address, bytes, advice);
	refuse_madvise--;
	errno = EINVAL;
	return -1;
}

static void no_address_space(unsigned n, uint64_t align, unsigned flags)
{
	struct gm_hosted hosted, untouched;

	point_begin("reserve without address space", "hosted", "case", n);
	memset(&hosted, 0xa5, sizeof(hosted));
	memset(&untouched, 0xa5, sizeof(untouched));
	refuse_mmap = 1;
	REQUIRE(gm_hosted_reserve(&hosted, 1 << 20, align, flags) == -GM_ENOMEM);
	REQUIRE(refuse_mmap == 0);
	REQUIRE(memcmp(&hosted, &untouched, sizeof(hosted)) == 0);
	REQUIRE(gm_hosted_reserve(&hosted, 1 << 20, align, flags) == 0);
	gm_hosted_release(&hosted);
}

static void no_advice(unsigned n, unsigned flags)
{
	struct gm_hosted hosted;

	point_begin("reserve without advice", "hosted", "case", n);
	refuse_madvise = 1;
	REQUIRE(gm_hosted_reserve(&hosted, 1 << 20, 0, flags) == 0);
	REQUIRE(refuse_madvise == 0);
	REQUIRE(gm_hosted_grow(&hosted, 4096, 4096) != NULL);
	gm_hosted_release(&hosted);
}

/* The n-th page is the last; what is too much changes nothing. */
static void runs_out(unsigned n)
{
	struct gm_hosted hosted;
	gm_word next;
	unsigned i;

	point_begin("grow", "hosted", "pages", n);
	REQUIRE(gm_hosted_reserve(&hosted, (uint64_t)n << 16, 0, 0) == 0);
	for (i = 1; i < n; i++)
		REQUIRE(gm_hosted_grow(&hosted, 1 << 16, 1) != NULL);
	next = hosted.next;
	REQUIRE(gm_hosted_grow(&hosted, (1 << 16) + 1, 1) == NULL);
	REQUIRE(gm_hosted_grow(&hosted, (size_t)-1, 1) == NULL);
	REQUIRE(hosted.next == next);
	REQUIRE(gm_hosted_grow(&hosted, 1 << 16, 1) != NULL);
	REQUIRE(gm_hosted_grow(&hosted, 1, 1) == NULL);
	gm_hosted_release(&hosted);
	REQUIRE(gm_hosted_grow(&hosted, 1, 1) == NULL);
}

void hosted_all(void)
{
	unsigned n;

	no_address_space(0, 0, 0);
	no_address_space(1, (uint64_t)2 << 20, 0);
	no_address_space(2, 0, GM_HOSTED_HUGE);
	no_advice(0, 0);
	no_advice(1, GM_HOSTED_HUGE);
	for (n = 1; n <= 4; n++)
		runs_out(n);
}

#else

void hosted_all(void)
{
}

#endif
