/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/hosted.h: sizes and alignments that are refused, zeroed and
 * lazily committed memory, threads that grow at once, release.
 */
#include <granmem/adhoc.h>
#include <granmem/hosted.h>

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit.h"

#define MIB ((size_t)1 << 20)
#define MAX64 (~(uint64_t)0)

static size_t page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void test_reserve_refuses(void)
{
	struct gm_hosted hosted, before;

	memset(&hosted, 0x5a, sizeof(hosted));
	before = hosted;
	expect_eq(gm_hosted_reserve(&hosted, 0, 0, 0), -GM_ESIZE);
	expect_eq(gm_hosted_reserve(&hosted, 4096, 3, 0), -GM_EALIGN);
	expect_eq(gm_hosted_reserve(&hosted, 4096, MAX64, 0), -GM_EALIGN);
	expect_eq(gm_hosted_reserve(&hosted, 4096, 0, 2), -GM_EINVAL);
	expect_eq(gm_hosted_reserve(&hosted, 4096, 0, ~0u), -GM_EINVAL);
	expect_eq(gm_hosted_reserve(&hosted, MAX64, 0, 0), -GM_ENOMEM);
	expect_eq(gm_hosted_reserve(&hosted, MAX64 - 4096, 0, 0), -GM_ENOMEM);
	expect_eq(gm_hosted_reserve(&hosted, (uint64_t)1 << 62, 0, 0), -GM_ENOMEM);
	expect_eq(gm_hosted_reserve(&hosted, 4096, (uint64_t)1 << 63, 0), -GM_ENOMEM);
	expect_eq(gm_hosted_reserve(&hosted, MAX64 - 4096, (uint64_t)1 << 62, 0), -GM_ENOMEM);
	expect_eq(gm_hosted_reserve(&hosted, MAX64, 2 * MIB, 0), -GM_ENOMEM);
	expect_eq(gm_hosted_reserve(&hosted, MAX64 - 4 * page() + 1, 2 * MIB, 0), -GM_ENOMEM);
	expect(memcmp(&hosted, &before, sizeof(hosted)) == 0);
}

static void test_reserve_aligns(void)
{
	size_t align;

	for (align = 1; align <= 64 * MIB; align *= 2) {
		struct gm_hosted hosted;
		unsigned char *memory;

		expect_eq(gm_hosted_reserve(&hosted, 3 * page() + 1, align, 0), 0);
		expect_eq(hosted.bytes, 4 * page());
		memory = hosted.memory;
		expect_eq((uintptr_t)memory % align, 0);
		expect_eq((uintptr_t)memory % page(), 0);
		/* All of it is there. */
		memory[0] = 1;
		memory[hosted.bytes - 1] = 1;
		gm_hosted_release(&hosted);
	}
}

/* Pages of address space that the process has, 0 if the system does not tell. */
static unsigned long address_space(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages;
}

/* What alignment cost goes back at once: a hundred times nothing is nothing. */
static void test_reserve_cuts_to_measure(void)
{
	unsigned long before = address_space();
	struct gm_hosted hosted;
	unsigned i;

	if (before == 0) {
		puts("SKIP: no /proc/self/statm");
		return;
	}
	for (i = 0; i < 100; i++) {
		expect_eq(gm_hosted_reserve(&hosted, 3 * page(), 64 * MIB, 0), 0);
		gm_hosted_release(&hosted);
	}
	expect(address_space() < before + 64 * MIB / page());
}

static void test_grow(void)
{
	struct gm_hosted hosted;
	unsigned char *first, *second;
	size_t i;

	expect_eq(gm_hosted_reserve(&hosted, 4 * page(), 0, 0), 0);
	first = gm_hosted_grow(&hosted, 100, 64);
	second = gm_hosted_grow(&hosted, page(), page());
	expect(first == hosted.memory);
	expect(second == (unsigned char *)hosted.memory + page());
	for (i = 0; i < page(); i++)
		expect_eq(second[i], 0);
	/* Numbers that are refused take nothing. */
	expect(gm_hosted_grow(&hosted, 0, 64) == NULL);
	expect(gm_hosted_grow(&hosted, 64, 0) == NULL);
	expect(gm_hosted_grow(&hosted, 64, 24) == NULL);
	expect(gm_hosted_grow(&hosted, 2 * page() + 1, 1) == NULL);
	expect(gm_hosted_grow(&hosted, SIZE_MAX, 1) == NULL);
	expect(gm_hosted_grow(&hosted, 1, SIZE_MAX / 2 + 1) == NULL);
	expect(gm_hosted_grow(&hosted, SIZE_MAX, SIZE_MAX / 2 + 1) == NULL);
	/* The rest to the last byte, then nothing. */
	expect(gm_hosted_grow(&hosted, 2 * page(), 1) == second + page());
	expect(gm_hosted_grow(&hosted, 1, 1) == NULL);
	gm_hosted_release(&hosted);
}

static void test_release(void)
{
	struct gm_hosted hosted;

	memset(&hosted, 0, sizeof(hosted));
	expect(gm_hosted_grow(&hosted, 1, 1) == NULL);
	expect_eq(gm_hosted_resident(&hosted), 0);
	gm_hosted_release(&hosted);
	expect_eq(gm_hosted_reserve(&hosted, MIB, 0, 0), 0);
	gm_hosted_release(&hosted);
	expect(hosted.memory == NULL);
	expect(gm_hosted_grow(&hosted, 1, 1) == NULL);
	expect_eq(gm_hosted_resident(&hosted), 0);
	gm_hosted_release(&hosted);
}

static struct gm_hosted *interrupted;
static unsigned char *interrupter_got;

static void grow_in_between(int number)
{
	(void)number;
	/* Before anything else: the page of `end` opens. */
	if (mprotect((char *)interrupted + sizeof(gm_word), page(), PROT_READ | PROT_WRITE) != 0)
		_exit(1);
	interrupter_got = gm_hosted_grow(interrupted, 100, 1);
}

/* Whoever is interrupted between reading `next` and taking it reads it again. To have
 * it happen for certain, the next member is in a page that cannot be read the first time. */
static void test_grow_interrupted(void)
{
	struct sigaction action, before;
	struct gm_hosted hosted;
	unsigned char *pages, *got;

	pages = mmap(NULL, 2 * page(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(pages != MAP_FAILED);
	expect_eq(gm_hosted_reserve(&hosted, page(), 0, 0), 0);
	interrupted = (struct gm_hosted *)(void *)(pages + page() - sizeof(gm_word));
	*interrupted = hosted;
	memset(&action, 0, sizeof(action));
	action.sa_handler = grow_in_between;
	expect_eq(sigaction(SIGSEGV, &action, &before), 0);
	expect_eq(mprotect(pages + page(), page(), PROT_NONE), 0);
	got = gm_hosted_grow(interrupted, 100, 1);
	expect_eq(sigaction(SIGSEGV, &before, NULL), 0);
	expect(interrupter_got == hosted.memory);
	expect(got == interrupter_got + 100);
	gm_hosted_release(interrupted);
	expect_eq(munmap(pages, 2 * page()), 0);
}

/* Far more address space than memory: what is not touched costs nothing. */
static void test_resident(void)
{
	uint64_t bytes = sizeof(void *) == 8 ? (uint64_t)16 << 30 : (uint64_t)256 << 20;
	struct gm_hosted hosted;
	unsigned char *memory;
	size_t i;

	expect_eq(gm_hosted_reserve(&hosted, bytes, 2 * MIB, 0), 0);
	expect_eq(gm_hosted_resident(&hosted), 0);
	memory = gm_hosted_grow(&hosted, 200 * MIB, 64);
	expect(memory != NULL);
	expect_eq(gm_hosted_resident(&hosted), 0);
	for (i = 0; i < 10; i++)
		memory[i * 20 * MIB] = 1;
	memory[200 * MIB - 1] = 1;
	expect_eq(gm_hosted_resident(&hosted), 11 * page());
	gm_hosted_release(&hosted);
}

/* A root slot for each 2 MiB of 16 TiB is 64 MiB, of which init touches next to
 * nothing, and an object at the far end its own page. */
static void test_lazy_root(void)
{
	struct gm_table_config config;
	struct gm_metadata need;
	struct gm_hosted hosted;
	struct gm_object object;
	struct gm_adhoc adhoc;
	struct gm_desc *desc;
	uint64_t resident;

	if (sizeof(void *) < 8) {
		puts("SKIP: a 32-bit process has no room for the root");
		return;
	}
	memset(&config, 0, sizeof(config));
	config.size = (uint64_t)16 << 40;
	config.root_shift = 21;
	config.zeroed = 1;
	config.grow = gm_hosted_grow;
	config.grow_ctx = &hosted;
	expect_eq(gm_adhoc_metadata_size(&config, 0, &need), 0);
	expect(need.bytes >= 64 * MIB && need.bytes < 66 * MIB);
	expect_eq(gm_hosted_reserve(&hosted, 256 * MIB, 0, 0), 0);
	expect_eq(gm_adhoc_init(&adhoc, &config,
				gm_hosted_grow(&hosted, (size_t)need.bytes, (size_t)need.align),
				need.bytes), 0);
	resident = gm_hosted_resident(&hosted);
	expect(resident > 0 && resident <= 16 * page());
	memset(&object, 0, sizeof(object));
	object.base = gm_paddr(config.size - 2 * MIB);
	object.size = 2 * MIB;
	object.type = 1;
	expect_eq(gm_adhoc_create(&adhoc, &object, &desc), 0);
	resident = gm_hosted_resident(&hosted);
	expect(resident <= 20 * page());
	expect_eq(gm_adhoc_put(&adhoc, desc), 1);
	gm_hosted_release(&hosted);
}

static void test_huge(void)
{
	struct gm_hosted hosted;
	unsigned char *memory;

	expect_eq(gm_hosted_reserve(&hosted, 8 * MIB, 2 * MIB, GM_HOSTED_HUGE), 0);
	memory = gm_hosted_grow(&hosted, 8 * MIB, 2 * MIB);
	expect_eq((uintptr_t)memory % (2 * MIB), 0);
	memory[0] = 1;
	expect(gm_hosted_resident(&hosted) >= page());
	gm_hosted_release(&hosted);
}

#define THREADS 4
#define PIECES 2000

struct grower {
	struct gm_hosted *hosted;
	unsigned char *pieces[PIECES];
	size_t sizes[PIECES];
	unsigned char mark;
};

/* Fills what it gets with its own mark, having found it zero. */
static void *grow_pieces(void *arg)
{
	struct grower *grower = arg;
	unsigned long long seed = grower->mark;
	size_t i, j;

	for (i = 0; i < PIECES; i++) {
		size_t bytes = (size_t)(unit_random(&seed) % 500) + 1;
		size_t align = (size_t)1 << unit_random(&seed) % 8;
		unsigned char *piece = gm_hosted_grow(grower->hosted, bytes, align);

		if (piece == NULL || (uintptr_t)piece % align != 0)
			return NULL;
		for (j = 0; j < bytes; j++) {
			if (piece[j] != 0)
				return NULL;
			piece[j] = grower->mark;
		}
		grower->pieces[i] = piece;
		grower->sizes[i] = bytes;
	}
	return grower;
}

static void test_threads_never_share(void)
{
	static struct grower growers[THREADS];
	pthread_t threads[THREADS];
	struct gm_hosted hosted;
	size_t i, j, k;

	expect_eq(gm_hosted_reserve(&hosted, 16 * MIB, 0, 0), 0);
	for (i = 0; i < THREADS; i++) {
		growers[i].hosted = &hosted;
		growers[i].mark = (unsigned char)(i + 1);
		expect_eq(pthread_create(&threads[i], NULL, grow_pieces, &growers[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		void *result;

		expect_eq(pthread_join(threads[i], &result), 0);
		expect(result == &growers[i]);
	}
	for (i = 0; i < THREADS; i++)
		for (j = 0; j < PIECES; j++)
			for (k = 0; k < growers[i].sizes[j]; k++)
				expect(growers[i].pieces[j][k] == growers[i].mark);
	gm_hosted_release(&hosted);
}

UNIT_MAIN("hosted", UNIT_TEST(test_reserve_refuses), UNIT_TEST(test_reserve_aligns),
	  UNIT_TEST(test_reserve_cuts_to_measure), UNIT_TEST(test_grow),
	  UNIT_TEST(test_grow_interrupted), UNIT_TEST(test_release), UNIT_TEST(test_resident),
	  UNIT_TEST(test_lazy_root), UNIT_TEST(test_huge), UNIT_TEST(test_threads_never_share))
