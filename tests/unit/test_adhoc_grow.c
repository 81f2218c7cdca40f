/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of lib/adhoc_grow.c: metadata from a buffer, a hook and the region. */
#include "adhoc_unit.h"

#include <sys/mman.h>

#define MOST (1u << 20)

static struct gm_desc *descs[MOST];
static unsigned nr_descs;
static unsigned long long seed;

static uint64_t below(uint64_t limit)
{
	return (unit_random(&seed) >> 11) % limit;
}

/* The grow hook: it may fail one call, and checks what it is asked for. */
static struct {
	unsigned nr, fail_at;
	void *memory[4096];
} hook;

static void *grow(void *ctx, size_t bytes, size_t align)
{
	void *memory;

	expect(ctx == &hook && hook.nr < 4096);
	expect(align != 0 && (align & (align - 1)) == 0 && align <= 2 * MIB && bytes % align == 0);
	if (++hook.nr == hook.fail_at)
		return NULL;
	memory = aligned_alloc(align, bytes);
	expect(memory != NULL);
	memset(memory, 0x5a, bytes);
	hook.memory[hook.nr - 1] = memory;
	return memory;
}

static void hook_begin(unsigned fail_at)
{
	unsigned i;

	for (i = 0; i < hook.nr; i++)
		free(hook.memory[i]);
	memset(&hook, 0, sizeof(hook));
	hook.fail_at = fail_at;
	config.grow = grow;
	config.grow_ctx = &hook;
	begin(0);
}

/* Equal but for metadata that is not in use. */
static int unchanged(const struct gm_stats *before)
{
	struct gm_stats after = figures();

	after.desc_bytes = before->desc_bytes;
	after.node_bytes = before->node_bytes;
	after.total_bytes = before->total_bytes;
	return same(before, &after);
}

/* One of several operations, chosen by the seed alone. */
static int operate(unsigned kind)
{
	unsigned long long kept = seed;
	struct gm_claim want = request((1 + below(40)) * 64);
	struct gm_desc *some[20];
	struct gm_stats before = figures();
	int err = -GM_ENOENT;
	unsigned i;

	if (kind == 0) {
		struct gm_object object =
			record(4 * MIB + below(4 * MIB / 64 - 200) * 64, (1 + below(200)) * 64, 1);

		err = gm_adhoc_create(&table, &object, &descs[nr_descs]);
		nr_descs += err == 0;
	} else if (kind == 1) {
		err = gm_adhoc_claim(&table, &want, &descs[nr_descs]);
		nr_descs += err == 0;
	} else if (kind == 2) {
		err = gm_adhoc_claim_each(&table, &want, 20, some);
		for (i = 0; i < 20 && err == 0; i++)
			descs[nr_descs++] = some[i];
	} else if (nr_descs > 0) {
		struct gm_desc *desc = descs[below(nr_descs)];

		/* A middle, if there is one. */
		if (gm_desc_size(desc) >= 192)
			err = gm_adhoc_release_range(&table, gm_paddr(gm_desc_base(desc) + 64), 64);
		if (err == 0)
			descs[nr_descs++] =
				gm_adhoc_find(&table, gm_paddr(gm_desc_base(desc) + 128));
	}
	if (err != 0)
		expect(unchanged(&before));
	verified();
	if (err == -GM_ENOMEM)
		seed = kept;
	return err;
}

static unsigned nr_failures;

/* A run of operations in which one call of the hook fails. Returns how many it made. */
static unsigned run_of_operations(unsigned fail_at)
{
	unsigned i, nr_errors = 0;

	region(4 * MIB, 4 * MIB);
	config.desc_size = 1024;
	config.granule_shift = 9;
	config.nr_lanes = 1; /* runs are compared: none may depend on the hint */
	seed = 88172645463325252ull;
	nr_descs = 0;
	hook_begin(fail_at);
	for (i = 0; i < 200; i++) {
		if (operate(i % 4) == -GM_ENOMEM) {
			nr_errors++;
			expect(operate(i % 4) != -GM_ENOMEM);
		}
	}
	expect(nr_errors <= (fail_at != 0));
	nr_failures += nr_errors;
	while (nr_descs > 0)
		drop(descs[--nr_descs]);
	verified();
	expect_eq(figures().nr_nodes, 0);
	return hook.nr;
}

static void test_every_failure_of_the_hook(void)
{
	unsigned nr = run_of_operations(0);
	unsigned n;

	expect(nr > 15 && nr_failures == 0);
	for (n = 1; n <= nr; n++)
		expect(run_of_operations(n) >= n);
	/* A claim may find another place, where what lacked is not needed. */
	expect(nr_failures > nr / 2);
}

/* The region's own memory, at the alignment that its addresses have. */
static unsigned char *mapped;
static size_t mapped_bytes;
static uint64_t lowest; /* address that `mapped` stands for */

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	expect(ctx == &config && size != 0);
	expect(base.value >= config.base.value);
	expect(base.value + size <= config.base.value + config.size);
	return mapped + (base.value - lowest);
}

static void map_region(uint64_t base, uint64_t size)
{
	unsigned char *memory;

	region(base, size);
	config.to_virtual = to_virtual;
	config.to_virtual_ctx = &config;
	lowest = base & ~(2 * MIB - 1);
	if (mapped_bytes != 0)
		munmap(mapped, mapped_bytes);
	memory = mmap(NULL, (size_t)(size + 6 * MIB), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	expect(memory != MAP_FAILED);
	mapped = (void *)(uintptr_t)(((uintptr_t)memory + 2 * MIB - 1) & ~(2 * MIB - 1));
	mapped_bytes = (size_t)(size + 4 * MIB);
	seed = 88172645463325252ull;
	nr_descs = 0;
}

static void hosted(uint64_t base, uint64_t size)
{
	map_region(base, size);
	expect_eq(gm_adhoc_init(&table, &config, NULL, 0), 0);
	verified();
	expect(figures().hosted_bytes != 0);
	expect_eq(figures().hosted_bytes + figures().free_bytes, size);
}

/* Claim until there is nothing; whoever writes to what he got destroys nothing. */
static void fill(uint64_t size, uint64_t align)
{
	struct gm_claim want = request(size);
	int err;

	want.align = align;
	for (;;) {
		err = gm_adhoc_claim(&table, &want, &descs[nr_descs]);
		if (err != 0)
			break;
		memset(mapped + (gm_desc_base(descs[nr_descs]) - lowest), 0xff, (size_t)size);
		expect(++nr_descs < MOST);
	}
	expect_eq(err, -GM_ENOMEM);
	expect_eq(verified().nr_objects, nr_descs);
}

/* Drop a part of all objects, at random. */
static void empty(unsigned rest)
{
	while (nr_descs > rest) {
		unsigned i = (unsigned)below(nr_descs);

		drop(descs[i]);
		descs[i] = descs[--nr_descs];
	}
	verified();
}

static void test_marks(void)
{
	struct gm_stats stats;
	uint64_t at, marked = 0;

	hosted(5 * MIB + 4096, 32 * MIB);
	drop(make(config.base.value, 64, 1));
	stats = figures();
	for (at = config.base.value; at < config.base.value + config.size; at += 4096)
		marked += lookup(at, 0) == -GM_ENOTRAM ? 4096 : 0;
	expect_eq(marked, stats.hosted_bytes);
	at = config.base.value + config.size;
	expect_eq(lookup(at - 1, 3), -GM_ENOTRAM);
	expect_eq(lookup(at - stats.hosted_bytes, 0), -GM_ENOTRAM);
	expect_eq(lookup(at - stats.hosted_bytes - 1, 0), -GM_ENOENT);
	expect(gm_adhoc_find(&table, gm_paddr(at - 1)) == NULL);
	expect_eq(refused(at - 4096, 4096, 1), -GM_EEXIST);
	expect_eq(refused(config.base.value, config.size, 1), -GM_EEXIST);
	expect_eq(gm_adhoc_release_range(&table, gm_paddr(at - 4096), 4096), -GM_ENOTRAM);
	verified();
}

/* Any size of region: too small for its own metadata, or of use to the end. */
static void test_any_size(void)
{
	unsigned shift, i;

	for (shift = 9; shift <= 16; shift++) {
		uint64_t granule = (uint64_t)1 << shift;

		for (i = 1; i < 4000; i += i / 3 + 1) {
			struct gm_stats stats;

			map_region(2 * MIB - granule, i * granule);
			config.granule_shift = shift;
			if (gm_adhoc_init(&table, &config, NULL, 0) != 0) {
				expect_eq(gm_adhoc_init(&table, &config, NULL, 0), -GM_ENOMEM);
				expect(i * granule < MIB);
				continue;
			}
			verified();
			fill(granule, 0);
			stats = figures();
			expect(stats.free_bytes < stats.region_bytes / 16 + 64 * KIB);
			empty(0);
			expect_eq(figures().free_bytes + stats.hosted_bytes, stats.region_bytes);
		}
	}
}

/* Growth takes little at once, and goes on until memory itself is full. */
static void test_until_full(void)
{
	static const uint64_t sizes[] = { 64, 512, 1536, 4096, 8192 + 64, 64 * KIB };
	uint64_t before;
	unsigned i;

	for (i = 0; i < 6; i++) {
		struct gm_claim want = request(sizes[i]);

		hosted(6 * MIB, 48 * MIB);
		want.align = 64;
		before = figures().hosted_bytes;
		while (nr_descs < 10000 && gm_adhoc_claim(&table, &want, &descs[nr_descs]) == 0) {
			uint64_t now = figures().hosted_bytes;

			/* A descriptor and a node of each level at most. */
			expect(now - before <= 3 * (48 * MIB / 64));
			before = now;
			nr_descs++;
		}
		fill(sizes[i], 64);
		/* Gaps at the lanes' beginnings and before the metadata, no more. */
		expect(figures().free_bytes < 64 * KIB + 8 * sizes[i]);
		fill(64, 0);
		expect(figures().free_bytes < 64 * KIB);
		empty(0);
		expect_eq(figures().free_bytes + figures().hosted_bytes, 48 * MIB);
	}
}

/*
 * Filled, emptied, fragmented and refilled at random: the same free bytes, and
 * after the first fill not one byte of metadata more.
 */
static void cycles(uint64_t size, uint64_t first_size, unsigned long nr_steps)
{
	uint64_t hosted_bytes, free_bytes;
	unsigned long done = 0;

	hosted(6 * MIB + 12 * KIB, 6 * MIB);
	fill(first_size, 0);
	empty(0);
	hosted_bytes = figures().hosted_bytes;
	free_bytes = figures().free_bytes;
	while (done < nr_steps) {
		unsigned rest;

		fill(size != 0 ? size : 64 * (1 + below(100)), 0);
		done += nr_descs;
		rest = below(3) == 0 ? 0 : (unsigned)below(nr_descs + 1);
		done += nr_descs - rest;
		empty(rest);
		expect_eq(figures().hosted_bytes, hosted_bytes);
		if (rest == 0)
			expect_eq(figures().free_bytes, free_bytes);
	}
	empty(0);
	expect_eq(figures().hosted_bytes, hosted_bytes);
	expect_eq(figures().free_bytes, free_bytes);
}

static void test_cycles(void)
{
	cycles(4096, 4096, steps(100000, 5000000));
	cycles(512, 512, steps(100000, 5000000));
	cycles(0, 64, steps(200000, 5000000));
}

/* A short buffer for what is there at the start; the rest comes from the region. */
static void test_buffer_and_region(void)
{
	struct gm_desc *desc;

	map_region(0, 64 * MIB);
	begin(0);
	desc = make(0, 4096, 1);
	make(4096, 64, 1);
	drop(desc);
	verified();
	expect(figures().hosted_bytes != 0);
}

/* No memory for metadata but what the call itself has frozen: there is no sense in
 * trying again. */
static void test_full_but_for_a_cut(void)
{
	hosted(8 * MIB, 8 * MIB);
	descs[nr_descs++] = make(8 * MIB, 2 * MIB, 1);
	fill(4096, 0);
	fill(64, 0);
	table.arena.taken = table.arena.nr_slabs;
	while (gm_pool_take(&table.descs, 0, 1) != NULL)
		;
	expect_eq(figures().free_bytes, 0);
	expect_eq(gm_adhoc_release_range(&table, gm_paddr(8 * MIB + 4096), 64), -GM_ENOMEM);
	/* Still there, and the caller's. */
	expect_eq(gm_adhoc_release_range(&table, gm_paddr(8 * MIB), 2 * MIB), 0);
}

UNIT_MAIN("adhoc_grow", UNIT_TEST(test_every_failure_of_the_hook), UNIT_TEST(test_marks),
	  UNIT_TEST(test_any_size), UNIT_TEST(test_until_full), UNIT_TEST(test_cycles),
	  UNIT_TEST(test_buffer_and_region), UNIT_TEST(test_full_but_for_a_cut))
