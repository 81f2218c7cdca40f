/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_setup.c [--quick] - what it costs to begin.
 *
 * The ad-hoc table for 16 TiB beside one for 16 MiB, each in address space that is
 * only reserved, once with the root that it chooses and once with the largest
 * there is, a slot for each 2 MiB; and what of it is in memory then. An object of
 * 2 MiB made and destroyed beside one of 4 KiB, in memory where smaller neighbours
 * keep the tree's nodes, beside the compound table, and, to show how far such a ratio
 * can be trusted, the one of 4 KiB beside itself. And the tables that have
 * a word or more for every granule beside memset of as many bytes.
 */
#include "bench.h"
#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>
#include <granmem/hosted.h>

#define BASE ((uint64_t)1 << 44)

/* A table to be made, and the bytes of it that were in memory after init. */
struct region {
	struct gm_table_config config;
	struct gm_adhoc adhoc;
	uint64_t resident;
};

/* Reserve, init, and leave the reservation to the caller. */
static void begin(struct region *region, struct gm_hosted *hosted)
{
	struct gm_metadata need;
	void *buffer;

	bench_check(gm_adhoc_metadata_size(&region->config, 0, &need), "metadata_size");
	bench_check(gm_hosted_reserve(hosted, need.bytes, need.align, 0), "no address space");
	buffer = gm_hosted_grow(hosted, need.bytes, need.align);
	bench_check(gm_adhoc_init(&region->adhoc, &region->config, buffer, need.bytes), "init");
}

static void set_up(void *ctx, uint64_t loops)
{
	struct region *region = ctx;

	while (loops-- > 0) {
		struct gm_hosted hosted;

		begin(region, &hosted);
		gm_hosted_release(&hosted);
	}
}

static struct region region_of(uint64_t size, unsigned root_shift)
{
	struct region region = {
		.config = { .base = { BASE }, .size = size, .root_shift = root_shift, .zeroed = 1 },
	};
	struct gm_hosted hosted;

	begin(&region, &hosted);
	region.resident = gm_hosted_resident(&hosted);
	gm_hosted_release(&hosted);
	return region;
}

static void regions(uint64_t loops)
{
	struct region small = region_of(16 * BENCH_MIB, 0);
	struct region large = region_of(16 * BENCH_TIB, 0);
	struct region finest = region_of(16 * BENCH_TIB, 21);
	struct bench b[] = { BENCH("reserve + init + release, 16 MiB", set_up, &small),
			     BENCH("16 TiB", set_up, &large),
			     BENCH("16 TiB, a root slot for 2 MiB", set_up, &finest) };

	bench_run(b, BENCH_NR(b), loops);
	printf("setup: ad-hoc regions in reserved memory\n");
	bench_times(b, BENCH_NR(b));
	bench_ratio("init.adhoc.16t_over_16m", &b[1], &b[0], 2);
	bench_ratio("init.adhoc.16t_2m_root_over_16m", &b[2], &b[0], 2);
	bench_figure("init.adhoc.16t.resident_kib", (double)large.resident / 1024, 64);
	bench_figure("init.adhoc.16t_2m_root.resident_kib", (double)finest.resident / 1024, 64);
}

static struct gm_adhoc adhoc;
static struct gm_compound compound;

/* An object at an address that is always the same. */
struct place {
	struct gm_object object;
};

static void adhoc_once(void *ctx, uint64_t loops)
{
	const struct place *place = ctx;

	while (loops-- > 0) {
		struct gm_desc *desc;

		bench_check(gm_adhoc_create(&adhoc, &place->object, &desc), "create");
		gm_adhoc_put_sole(&adhoc, desc);
	}
}

static void compound_once(void *ctx, uint64_t loops)
{
	const struct place *place = ctx;

	while (loops-- > 0) {
		struct gm_desc *desc;

		bench_check(gm_compound_create(&compound, &place->object, &desc), "create");
		gm_compound_put(&compound, desc);
	}
}

static void objects(uint64_t loops)
{
	struct gm_table_config config = { .base = { BASE }, .size = BENCH_GIB };
	struct place small = { { gm_paddr(BASE), 4096, 1, NULL } };
	struct place large = { { gm_paddr(BASE + 64 * BENCH_MIB), 2 * BENCH_MIB, 1, NULL } };
	const struct gm_object neighbour = { gm_paddr(BASE + 8192), 4096, 1, NULL };
	struct bench b[] = { BENCH("ad-hoc, 4 KiB", adhoc_once, &small),
			     BENCH("ad-hoc, 2 MiB", adhoc_once, &large),
			     BENCH("compound, 4 KiB", compound_once, &small),
			     BENCH("compound, 2 MiB", compound_once, &large),
			     BENCH("ad-hoc, 4 KiB, once more", adhoc_once, &small) };
	struct gm_metadata need;
	struct gm_desc *desc;
	void *buffers[2];

	bench_check(gm_adhoc_metadata_size(&config, 64, &need), "metadata_size");
	buffers[0] = bench_zeroed(need.bytes);
	bench_check(gm_adhoc_init(&adhoc, &config, buffers[0], need.bytes), "init");
	bench_check(gm_compound_metadata_size(&config, 0, &need), "metadata_size");
	buffers[1] = bench_zeroed(need.bytes);
	bench_check(gm_compound_init(&compound, &config, buffers[1], need.bytes), "init");
	bench_check(gm_adhoc_create(&adhoc, &neighbour, &desc), "create");
	bench_run(b, BENCH_NR(b), loops);
	printf("setup: create + last put\n");
	bench_times(b, BENCH_NR(b));
	bench_ratio("object.create_destroy.4k.ns_ratio", &b[4], &b[0], 1.5);
	bench_ratio("object.create_destroy.2m.ns_ratio", &b[1], &b[0], 1.5);
	bench_ratio("object.create_destroy.2m.adhoc_vs_compound", &b[1], &b[3], 0.05);
	free(buffers[0]);
	free(buffers[1]);
}

/* A buffer that is mapped, and the bytes that init writes in it. */
struct buffer {
	struct gm_table_config config;
	void *memory;
	uint64_t bytes;
};

static void compound_init(void *ctx, uint64_t loops)
{
	struct buffer *buffer = ctx;

	while (loops-- > 0)
		bench_check(
			gm_compound_init(&compound, &buffer->config, buffer->memory, buffer->bytes),
			"init");
}

static void folio_init(void *ctx, uint64_t loops)
{
	static struct gm_folio folio;
	struct buffer *buffer = ctx;

	while (loops-- > 0)
		bench_check(gm_folio_init(&folio, &buffer->config, buffer->memory, buffer->bytes),
			    "init");
}

static void clear(void *ctx, uint64_t loops)
{
	struct buffer *buffer = ctx;

	while (loops-- > 0) {
		memset(buffer->memory, 0, buffer->bytes);
		/* The compiler may not think that nobody looks. */
		__asm__ volatile("" : : "r"(buffer->memory) : "memory");
	}
}

static void versus_memset(const char *metric, bench_fn *init, struct buffer *buffer, uint64_t loops)
{
	struct bench b[] = { BENCH("memset", clear, buffer), BENCH("init", init, buffer) };

	buffer->memory = bench_zeroed(buffer->bytes);
	bench_run(b, BENCH_NR(b), loops);
	printf("setup: %.1f MiB, mapped\n", (double)buffer->bytes / (double)BENCH_MIB);
	bench_times(b, BENCH_NR(b));
	bench_ratio(metric, &b[1], &b[0], 1.10);
	free(buffer->memory);
}

int main(int argc, char **argv)
{
	struct buffer buffer = { { .base = { BASE }, .size = 8 * BENCH_GIB }, NULL, 0 };
	uint64_t loops;
	struct gm_metadata need;

	bench_begin(argc, argv);
	loops = bench_quick() ? 1 : 4;
	regions(2000 * loops);
	objects(100000 * loops);
	bench_check(gm_compound_metadata_size(&buffer.config, 0, &need), "metadata_size");
	buffer.bytes = need.bytes;
	versus_memset("init.compound.vs_memset", compound_init, &buffer, 3 * loops);
	bench_check(gm_folio_metadata_size(&buffer.config, 0, &need), "metadata_size");
	buffer.bytes = need.bytes;
	versus_memset("init.folio.vs_memset", folio_init, &buffer, 10 * loops);
	return 0;
}
