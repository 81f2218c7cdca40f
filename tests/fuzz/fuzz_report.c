/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_report.c - property: any error, figures, descriptor and findings, also such as
 * no table has, print as whole lines of at most GM_REPORT_LINE bytes, and the bytes
 * a GiB are the quotient that 128-bit arithmetic gives, or 2^64 - 1 if that is less.
 */
#include <granmem/error.h>
#include <granmem/report.h>

#include "fuzz.h"
#include "wide.h"

struct page {
	char text[32 * GM_REPORT_LINE];
	size_t size;
};

static void put(void *ctx, const char *text, size_t len)
{
	struct page *page = ctx;

	FUZZ_EXPECT(len > 0 && len <= GM_REPORT_LINE && page->size + len < sizeof(page->text));
	FUZZ_EXPECT(text[len - 1] == '\n' && memchr(text, '\n', len) == text + len - 1);
	memcpy(page->text + page->size, text, len);
	page->size += len;
	page->text[page->size] = '\0';
}

/* The row that begins with `name`: its two numbers. */
static void check_row(const struct page *page, const char *name, uint64_t bytes, uint64_t region)
{
	const char *row = strstr(page->text, name);
	unsigned long long shown, per_gib;

	FUZZ_EXPECT(row != NULL);
	FUZZ_EXPECT(sscanf(row + strlen(name), "%llu", &shown) == 1 && shown == bytes);
	if (sscanf(row + strlen(name), "%llu %llu", &shown, &per_gib) != 2)
		return;
	/* per_gib is bytes * 2^30 / region, rounded down. */
	FUZZ_EXPECT(region != 0);
	FUZZ_EXPECT(!wide_less(wide_mul(bytes, (uint64_t)1 << 30), wide_mul(per_gib, region)));
	FUZZ_EXPECT(per_gib == UINT64_MAX ||
		    wide_less(wide_mul(bytes, (uint64_t)1 << 30),
			      wide_add(wide_mul(per_gib, region), wide_of(region))));
}

static void check_stats(const struct gm_report *report, struct page *page, struct fuzz_input *in,
			const char *name)
{
	struct gm_stats stats;

	memset(&stats, 0, sizeof(stats));
	stats.region_bytes = fuzz_u64(in);
	stats.free_bytes = fuzz_u64(in);
	stats.hosted_bytes = fuzz_u64(in);
	stats.nr_objects = fuzz_u64(in);
	stats.nr_nodes = fuzz_u64(in);
	stats.static_bytes = fuzz_u64(in);
	stats.desc_bytes = fuzz_u64(in);
	stats.node_bytes = fuzz_u64(in);
	stats.used_bytes = fuzz_u64(in);
	stats.total_bytes = fuzz_u64(in);
	stats.desc_size = (unsigned)fuzz_u64(in);
	stats.node_size = (unsigned)fuzz_u64(in);
	gm_report_stats(report, name, &stats);
	check_row(page, "\n  static", stats.static_bytes, stats.region_bytes);
	check_row(page, "\n  total", stats.total_bytes, stats.region_bytes);
	check_row(page, "\n  in use", stats.used_bytes, stats.region_bytes);
}

static void check_desc(const struct gm_report *report, struct page *page, struct fuzz_input *in)
{
	struct gm_desc desc;

	memset(&desc, 0, sizeof(desc));
	desc.state = (gm_word)fuzz_u64(in);
	*gm_desc_flags_word(&desc) = (gm_word)fuzz_u64(in);
	desc.size = fuzz_u64(in);
	page->size = 0;
	gm_report_desc(report, &desc);
	FUZZ_EXPECT(strstr(page->text, gm_state_is_live(desc.state) ? "live" : "frozen") != NULL);
}

static void check_findings(const struct gm_report *report, struct page *page, struct fuzz_input *in,
			   const char *name)
{
	struct gm_verify verify;

	memset(&verify, 0, sizeof(verify));
	verify.nr_errors = (unsigned)fuzz_u64(in);
	verify.first = verify.nr_errors != 0 ? "I7 objects overlap" : NULL;
	verify.where = gm_paddr(fuzz_u64(in));
	verify.nr_objects = fuzz_u64(in);
	verify.nr_references = fuzz_u64(in);
	verify.nr_saturated = fuzz_u64(in);
	verify.covered_bytes = fuzz_u64(in);
	page->size = 0;
	gm_report_verify(report, name, &verify);
	FUZZ_EXPECT(page->size != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	struct page page = { .size = 0 };
	struct gm_report report = { put, &page };
	char name[256];
	unsigned length;

	fuzz_begin(&in, data, size);
	length = fuzz_u8(&in);
	memset(name, 'x', length);
	name[length] = '\0';
	check_stats(&report, &page, &in, length != 0 ? name : NULL);
	check_desc(&report, &page, &in);
	check_findings(&report, &page, &in, length != 0 ? name : NULL);
	FUZZ_EXPECT(gm_error_text((int)fuzz_u64(&in))[0] != '\0');
	return 0;
}
