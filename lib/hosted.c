/* SPDX-License-Identifier: BSD-2-Clause */
/* hosted.c - buffers for processes; contracts in granmem/hosted.h. The one file
 * of the library that uses a libc. */
#define _GNU_SOURCE
#include <granmem/granule.h>
#include <granmem/hosted.h>

#include <sys/mman.h>
#include <unistd.h>

/* What mincore is asked for at once: a buffer that any stack has room for. */
#define PAGES_AT_ONCE 16384

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Address space that is longer by what alignment may cost, cut to measure. */
static void *map_aligned(size_t bytes, size_t align)
{
	size_t slack = align - page_size();
	uintptr_t start, aligned, end;
	void *memory;

	if (bytes > SIZE_MAX - slack)
		return NULL;
	memory = mmap(NULL, bytes + slack, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	start = (uintptr_t)memory;
	aligned = (start + (align - 1)) & ~(uintptr_t)(align - 1);
	end = start + bytes + slack;
	if (aligned > start)
		munmap(memory, aligned - start);
	if (end > aligned + bytes)
		munmap((void *)(aligned + bytes), end - (aligned + bytes));
	return (void *)aligned;
}

int gm_hosted_reserve(struct gm_hosted *out, uint64_t bytes, uint64_t align, unsigned flags)
{
	size_t page = page_size();
	void *memory;

	if (bytes == 0)
		return -GM_ESIZE;
	if (align != 0 && !gm_granule_is_power_of_two(align))
		return -GM_EALIGN;
	if ((flags & ~GM_HOSTED_HUGE) != 0)
		return -GM_EINVAL;
	if (bytes > SIZE_MAX - page || align > SIZE_MAX / 2)
		return -GM_ENOMEM;
	if (align < page)
		align = page;
	bytes = (bytes + (page - 1)) & ~(uint64_t)(page - 1);
	memory = map_aligned((size_t)bytes, (size_t)align);
	if (memory == NULL)
		return -GM_ENOMEM;
#ifdef MADV_HUGEPAGE
	/* Advice: a system without huge pages refuses it, and that is no error. */
	(void)madvise(memory, (size_t)bytes,
		      (flags & GM_HOSTED_HUGE) != 0 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#endif
	out->memory = memory;
	out->bytes = (size_t)bytes;
	out->end = (uintptr_t)memory + (size_t)bytes;
	gm_atomic_store_relaxed(&out->next, (gm_word)(uintptr_t)memory);
	return 0;
}

void gm_hosted_release(struct gm_hosted *hosted)
{
	if (hosted->memory != NULL)
		munmap(hosted->memory, hosted->bytes);
	hosted->memory = NULL;
	hosted->bytes = 0;
	hosted->end = 0;
	gm_atomic_store_relaxed(&hosted->next, 0);
}

void *gm_hosted_grow(void *ctx, size_t bytes, size_t align)
{
	struct gm_hosted *hosted = ctx;
	gm_word next, start;

	if (bytes == 0 || !gm_granule_is_power_of_two(align))
		return NULL;
	do {
		/* relaxed: only the address is shared; whoever gets the memory
		 * publishes what it writes there by its own means */
		next = gm_atomic_load_relaxed(&hosted->next);
		start = (next + (align - 1)) & ~(gm_word)(align - 1);
		if (start < next || start > hosted->end || bytes > hosted->end - start)
			return NULL;
	} while (!gm_atomic_cas_relaxed(&hosted->next, next, start + bytes));
	return (void *)start;
}

uint64_t gm_hosted_resident(const struct gm_hosted *hosted)
{
	unsigned char present[PAGES_AT_ONCE];
	size_t page = page_size();
	uintptr_t at = (uintptr_t)hosted->memory;
	uintptr_t used = gm_atomic_load_relaxed(&hosted->next);
	uint64_t pages = 0;

	while (at < used) {
		size_t nr = (used - at + (page - 1)) / page;
		size_t i;

		if (nr > PAGES_AT_ONCE)
			nr = PAGES_AT_ONCE;
		if (mincore((void *)at, nr * page, present) != 0)
			return 0;
		for (i = 0; i < nr; i++)
			pages += present[i] & 1;
		at += nr * page;
	}
	return pages * page;
}
