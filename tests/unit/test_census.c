/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of examples/census: objects from flags, and that a wrong answer is noticed. */
#include "../../examples/census/rebuild.h"
#include "../../examples/census/tables.h"

#include "unit.h"

static struct fail fail;
static struct image image;
static struct model model;

static void must(int err)
{
	if (err != 0)
		unit_fail(__FILE__, __LINE__, fail.text);
}

static uint64_t flags_of(char page)
{
	switch (page) {
	case 'H':
		return KPF_SLAB | KPF_COMPOUND_HEAD;
	case 'T':
		return KPF_SLAB | KPF_COMPOUND_TAIL;
	case 'A':
		return KPF_ANON | KPF_MMAP | KPF_SWAPBACKED | KPF_UPTODATE;
	case 'F':
		return KPF_LRU | KPF_UPTODATE;
	case 'S':
		return KPF_LRU | KPF_SWAPBACKED;
	case 'R':
		return KPF_RESERVED;
	case 'r':
		return KPF_RESERVED | KPF_UPTODATE;
	case 'P':
		return KPF_PGTABLE;
	case 'B':
		return KPF_BUDDY;
	case 'b':
		return KPF_BUDDY | KPF_UPTODATE;
	case 'N':
		return KPF_NOPAGE;
	default:
		return 0;
	}
}

/* A range of RAM, a letter a page; a digit is how often the page before is mapped. */
static void add(uint64_t pfn, const char *pages)
{
	const char *at;
	uint64_t nr = 0;

	for (at = pages; *at != '\0'; at++)
		nr += *at < '0' || *at > '9';
	must(image_add_range(&image, pfn, nr, &fail));
	for (at = pages; *at != '\0'; at++) {
		uint64_t count = at[1] >= '0' && at[1] <= '9' ? (uint64_t)(at[1] - '0') : 0;

		must(image_add_run(&image, flags_of(*at), count, 1, &fail));
		at += at[1] >= '0' && at[1] <= '9';
	}
}

static void begin(void)
{
	image_init(&image, 12);
}

static void end(void)
{
	model_free(&model);
	image_free(&image);
}

static void expect_object(size_t i, uint64_t pfn, uint64_t nr, unsigned type, uint64_t count)
{
	expect(i < model.nr_objects);
	expect_eq(model.objects[i].pfn, pfn);
	expect_eq(model.objects[i].nr, nr);
	expect_eq(model.objects[i].type, type);
	expect_eq(model.objects[i].count, count);
}

static void test_objects(void)
{
	begin();
	add(16, "HTTTA2A2FSPRrRBB.HT3");
	must(rebuild(&image, &model, &fail));
	expect_eq(model.nr_objects, 9);
	expect_object(0, 16, 4, KPF_TYPE_SLAB, 0);
	expect_object(1, 20, 1, KPF_TYPE_ANON, 2);
	expect_object(2, 21, 1, KPF_TYPE_ANON, 2);
	expect_object(3, 22, 1, KPF_TYPE_FILE, 0);
	expect_object(4, 23, 1, KPF_TYPE_SHMEM, 0);
	expect_object(5, 24, 1, KPF_TYPE_PGTABLE, 0);
	expect_object(6, 25, 3, KPF_TYPE_RESERVED, 0);
	expect_object(7, 30, 1, KPF_TYPE_KERNEL, 0);
	expect_object(8, 31, 2, KPF_TYPE_SLAB, 3);
	expect_eq(model.sums[KPF_TYPE_SLAB].by_order[2], 1);
	expect_eq(model.sums[KPF_TYPE_FREE].nr_pages, 2);
	expect_eq(model.sums[KPF_TYPE_FREE].by_order[1], 1);
	expect_eq(model.nr_mapped, 3);
	/* The last begins at an odd page: no aligned power of two. */
	expect_eq(model.odd_compounds, 1);
	end();
}

static void test_torn(void)
{
	begin();
	add(0, "TTHHTANTTHTTRTT");
	must(rebuild(&image, &model, &fail));
	expect_eq(model.nr_objects, 5);
	expect_object(0, 2, 1, KPF_TYPE_SLAB, 0);
	expect_object(1, 3, 2, KPF_TYPE_SLAB, 0);
	expect_object(2, 5, 1, KPF_TYPE_ANON, 0);
	expect_object(3, 9, 3, KPF_TYPE_SLAB, 0);
	expect_object(4, 12, 1, KPF_TYPE_RESERVED, 0);
	expect_eq(model.tails_without_head, 6);
	expect_eq(model.heads_without_tail, 1);
	expect_eq(model.odd_compounds, 2);
	expect_eq(model.hole_pages, 1);
	end();
}

/* Nothing goes on behind the end of a range, even if the next one touches it. */
static void test_ranges(void)
{
	begin();
	add(4, "HTRR");
	add(8, "TRRBB");
	add(13, "BBB");
	must(rebuild(&image, &model, &fail));
	expect_eq(model.nr_objects, 3);
	expect_object(0, 4, 2, KPF_TYPE_SLAB, 0);
	expect_object(1, 6, 2, KPF_TYPE_RESERVED, 0);
	expect_object(2, 9, 2, KPF_TYPE_RESERVED, 0);
	expect_eq(model.tails_without_head, 1);
	expect_eq(model.first[0], 0);
	expect_eq(model.first[1], 2);
	expect_eq(model.first[2], 3);
	expect_eq(model.first[3], 3);
	/* 11, 12-15 */
	expect_eq(model.sums[KPF_TYPE_FREE].by_order[0], 1);
	expect_eq(model.sums[KPF_TYPE_FREE].by_order[2], 1);
	end();
}

/* Kernels that mark all pages of a free block: what follows one is not free. */
static void test_all_of_free_blocks(void)
{
	begin();
	add(8, "BbBB..BB.ABA");
	must(rebuild(&image, &model, &fail));
	expect(!model.heads_only);
	expect_eq(model.sums[KPF_TYPE_FREE].nr_pages, 7);
	expect_eq(model.sums[KPF_TYPE_FREE].by_order[2], 1);
	expect_eq(model.sums[KPF_TYPE_KERNEL].nr_objects, 3);
	end();
}

/* Kernels that mark only heads: as far as the alignment lets a block reach. */
static void test_heads_of_free_blocks(void)
{
	unsigned i;

	begin();
	add(8, "B...A.B.B.......B..A");
	for (i = 0; i < 20; i++)
		add(64 + 8 * i, "B.AA");
	must(rebuild(&image, &model, &fail));
	expect(model.heads_only);
	/* 8-11, 14-15, 16-23, and of 24-26 two: three are no power of two */
	expect_eq(model.sums[KPF_TYPE_FREE].nr_pages, 4 + 2 + 8 + 2 + 20 * 2);
	/* 13 and 26 */
	expect_eq(model.sums[KPF_TYPE_KERNEL].nr_objects, 2);
	end();
}

static void blank(uint64_t free_bytes)
{
	begin();
	must(image_add_range(&image, 1000, 5000, &fail));
	must(image_add_run(&image, KPF_BUDDY, 0, 500, &fail));
	must(image_add_run(&image, 0, 0, 4500, &fail));
	image.free_bytes = free_bytes;
	must(rebuild(&image, &model, &fail));
}

static void test_untouched(void)
{
	/* Whole blocks of 1024 from 2048 to 5120. */
	blank((500 + 3072) * 4096);
	expect_eq(model.untouched_pages, 3072);
	expect_eq(model.sums[KPF_TYPE_KERNEL].nr_objects, 4500 - 3072);
	expect_object(548, 5120, 1, KPF_TYPE_KERNEL, 0);
	end();
	/* The kernel does not count them as free, or does not say. */
	blank(500 * 4096);
	expect_eq(model.untouched_pages, 0);
	expect_eq(model.sums[KPF_TYPE_KERNEL].nr_objects, 4500);
	end();
	blank(0);
	expect_eq(model.untouched_pages, 0);
	end();
}

/* Every table says of every page what the flags say; then one flag, or one
 * field of what was rebuilt, is made wrong, and the check must say so. */
static const enum gm_region_kind kinds[] = { GM_REGION_COMPOUND, GM_REGION_FOLIO,
					     GM_REGION_ADHOC };

static uint64_t nr_wrong(const struct tables *tables)
{
	struct tables_result result = { .nr_wrong = 0 };
	struct progress progress = { .on = 0 };

	tables_check(tables, &image, &model, &result, &progress);
	expect_eq(result.nr_checked, image.nr_pages);
	expect((result.nr_wrong != 0) == (result.first_wrong[0] != '\0'));
	return result.nr_wrong;
}

static void check_wrong_answers(struct tables *tables)
{
	struct model_object kept;
	uint64_t flags;
	size_t i;

	expect_eq(nr_wrong(tables), 0);
	for (i = 0; i < image.nr_runs; i++) {
		if (image.runs[i].flags == 0)
			continue;
		flags = image.runs[i].flags;
		image.runs[i].flags = KPF_HUGE;
		expect(nr_wrong(tables) != 0 || (flags & KPF_COMPOUND_TAIL) != 0);
		image.runs[i].flags = KPF_BUDDY;
		expect(nr_wrong(tables) != 0 || (flags & (KPF_BUDDY | KPF_NOPAGE)) != 0);
		image.runs[i].flags = flags;
	}
	for (i = 0; i < model.nr_objects; i++) {
		kept = model.objects[i];
		model.objects[i].type = KPF_TYPE_POISONED;
		expect_eq(nr_wrong(tables), kept.nr);
		model.objects[i] = kept;
		model.objects[i].count++;
		expect_eq(nr_wrong(tables), kept.nr);
		model.objects[i] = kept;
		model.objects[i].nr *= 2;
		expect(nr_wrong(tables) != 0);
		model.objects[i] = kept;
	}
	expect_eq(nr_wrong(tables), 0);
}

static void test_tables(void)
{
	struct progress progress = { .on = 0 };
	struct tables tables;
	unsigned i;

	begin();
	add(16, "HTTTA2A2FSPRrRBB.A9");
	add(64, "HTTTTTTTNNNRRRRRR");
	must(rebuild(&image, &model, &fail));
	for (i = 0; i < 3; i++) {
		must(tables_init(&tables, kinds[i], &image, 100, &fail));
		must(tables_fill(&tables, &model, &progress, &fail));
		check_wrong_answers(&tables);
		must(tables_drop(&tables, &model, &progress, &fail));
		must(tables_verify(&tables, 0, &fail));
		tables_release(&tables);
	}
	end();
}

/* From first to last, with counts beyond every limit. */
static void test_run(void)
{
	struct progress progress = { .on = 0 };
	struct tables_result result;
	unsigned i;

	begin();
	add(512, "HTTTA2A2FSPRrRBB.A9");
	must(image_add_range(&image, 4096, 3, &fail));
	must(image_add_run(&image, KPF_ANON, UINT64_MAX, 2, &fail));
	must(image_add_run(&image, KPF_ANON, GM_REFS_LIMIT, 1, &fail));
	must(rebuild(&image, &model, &fail));
	for (i = 0; i < 3; i++) {
		must(tables_run(kinds[i], &image, &model, &result, &progress, &fail));
		expect_eq(result.nr_wrong, 0);
		expect_eq(result.nr_checked, 19);
		expect_eq(result.nr_split, kinds[i] == GM_REGION_ADHOC ? 0 : 1);
		expect(result.lookups_per_second > 0.0);
		expect_eq(result.stats.nr_objects, result.nr_descriptors);
	}
	end();
}

UNIT_MAIN("census", UNIT_TEST(test_objects), UNIT_TEST(test_torn), UNIT_TEST(test_ranges),
	  UNIT_TEST(test_all_of_free_blocks), UNIT_TEST(test_heads_of_free_blocks),
	  UNIT_TEST(test_untouched), UNIT_TEST(test_tables), UNIT_TEST(test_run))
