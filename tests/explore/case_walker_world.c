/* SPDX-License-Identifier: BSD-2-Clause */
/* case_walker_world.c - the tables of the walker's cases; contracts in walker_cases.h. */
#include "walker_cases.h"

#include <string.h>

#define FRAME_SHIFT 21
#define FIRST_FRAME ((uint64_t)64 << FRAME_SHIFT)

struct gm_walker *walker;
unsigned pages_used, pages_freed;

static unsigned char *pages;
static gm_word *frames; /* a word each */
static unsigned char is_used[NR_PAGES], is_freed[NR_PAGES];
static unsigned char kept_used[NR_PAGES];

/* No atomic operation: one step with what is around it. */
static int take(void *ctx, uint64_t bytes, struct gm_paddr *out)
{
	unsigned i;

	(void)ctx;
	explore_check(bytes == PAGE, "not a page");
	for (i = 0; i < NR_PAGES && is_used[i]; i++)
		;
	if (i == NR_PAGES)
		return -GM_ENOMEM;
	is_used[i] = 1;
	pages_used++;
	out->value = (i + 1) * PAGE;
	return 0;
}

static void give(void *ctx, struct gm_paddr page, uint64_t bytes)
{
	size_t i = (size_t)(page.value / PAGE) - 1;

	(void)ctx;
	explore_check(bytes == PAGE && i < NR_PAGES && is_used[i] && !is_freed[i],
		      "freed twice");
	is_freed[i] = 1;
	pages_freed++;
}

static void *where(void *ctx, struct gm_paddr page, uint64_t bytes)
{
	(void)ctx;
	(void)bytes;
	explore_check(page.value >= PAGE && page.value <= NR_PAGES * PAGE, "no table page");
	return pages + (page.value - PAGE);
}

void walker_start(unsigned flags, int runs)
{
	struct gm_walker_config config;
	unsigned i;

	pages = explore_alloc(NR_PAGES * PAGE, PAGE);
	frames = explore_alloc(NR_FRAMES * 64, 64);
	walker = explore_alloc(sizeof(*walker), 64);
	memset(is_used, 0, sizeof(is_used));
	memset(is_freed, 0, sizeof(is_freed));
	memset(&config, 0, sizeof(config));
	config.format.kind = runs ? GM_PTE_AARCH64_STAGE1 : GM_PTE_X86_64;
	config.format.features = runs ? GM_PTE_HAS_DBM : GM_PTE_HAS_NX;
	config.flags = flags;
	config.alloc = take;
	config.free = give;
	config.to_virtual = where;
	explore_check(gm_walker_init(walker, &config) == 0, "init");
	walker->nr_levels = 3;
	walker->bias = 0;
	for (i = 0; i < 3; i++) {
		walker->shift[i] = 12 + i + (i > 0 && runs ? 1 : 0);
		walker->index_bits[i] = i == 0 && runs ? 2 : 1;
		walker->run_shift[i] = i == 0 && runs ? 1 : 0;
	}
	walker->leaves = GM_RUN_LEAF(12) | GM_RUN_LEAF(13);
	for (i = 0; i < NR_PAGES; i++)
		explore_name(pages + i * PAGE, "page", 0);
	walker_keep();
	walker_begin();
}

void walker_keep(void)
{
	unsigned i;

	for (i = 0; i < NR_PAGES; i++)
		kept_used[i] = is_used[i] && !is_freed[i];
}

void walker_begin(void)
{
	unsigned i;

	pages_freed = 0;
	pages_used = 0;
	memset(is_freed, 0, sizeof(is_freed));
	memcpy(is_used, kept_used, sizeof(is_used));
	for (i = 0; i < NR_PAGES; i++)
		pages_used += is_used[i];
}

static uint64_t frame_paddr(unsigned frame)
{
	return FIRST_FRAME + ((uint64_t)frame << FRAME_SHIFT);
}

void do_write(unsigned frame)
{
	frames[frame * 8] = frame + 100;
}

unsigned do_read(const struct gm_walker_at *at)
{
	uint64_t frame = (at->paddr.value - FIRST_FRAME) >> FRAME_SHIFT;

	explore_check(frame < NR_FRAMES, "lookup: no frame");
	explore_check(frames[frame * 8] == frame + 100, "mapped before it was written");
	return (unsigned)frame;
}

static int map(unsigned va, unsigned nr, unsigned frame, uint32_t flags)
{
	struct gm_map_request request;
	int err;

	do_write(frame);
	memset(&request, 0, sizeof(request));
	request.paddr = gm_paddr(frame_paddr(frame));
	request.prot = GM_PROT_READ | GM_PROT_WRITE;
	request.flags = flags;
	err = gm_walker_map(walker, va * PAGE, nr * PAGE, &request, NULL);
	explore_check(err == 0 || err == -GM_EBUSY || err == -GM_ENOMEM, "map: an odd error");
	return err;
}

int do_map(unsigned va, unsigned nr, unsigned frame)
{
	return map(va, nr, frame, 0);
}

int do_map_accessed(unsigned va, unsigned nr, unsigned frame)
{
	return map(va, nr, frame, GM_PTE_ACCESSED);
}

int do_unmap(unsigned va, unsigned nr)
{
	int err = gm_walker_unmap(walker, va * PAGE, nr * PAGE, NULL);

	explore_check(err == 0 || err == -GM_EBUSY || err == -GM_ENOMEM, "unmap: an odd error");
	return err;
}

int do_protect(unsigned va, unsigned nr)
{
	int err = gm_walker_protect(walker, va * PAGE, nr * PAGE, GM_PROT_READ, NULL);

	explore_check(err == 0 || err == -GM_EBUSY || err == -GM_ENOMEM, "protect: an odd error");
	return err;
}

int do_lookup(unsigned va, struct gm_walker_at *at)
{
	int err = gm_walker_lookup(walker, va * PAGE, at);

	if (err != 0) {
		explore_check(err == -GM_ENOENT || err == -GM_EBUSY, "lookup: an odd error");
		return err;
	}
	return (int)do_read(at);
}

int do_mark(unsigned va)
{
	const struct gm_pte_format *format = &walker->config.format;
	unsigned level = walker->nr_levels - 1;
	gm_word *table = walker->root;

	for (;;) {
		gm_word *slot = &table[va * PAGE >> walker->shift[level] &
				       (((uint64_t)1 << walker->index_bits[level]) - 1)];
		gm_word value = gm_atomic_load_acquire(slot);
		struct gm_pte pte;
		uint64_t entry;

		explore_check(gm_pte_decode(format, level, value, &pte) == 0, "reserved");
		if (pte.is == GM_PTE_TABLE) {
			table = where(NULL, pte.paddr, 0);
			level--;
			continue;
		}
		if ((pte.prot & GM_PROT_WRITE) == 0)
			return 0;
		pte.flags |= GM_PTE_ACCESSED | GM_PTE_DIRTY;
		explore_check(gm_pte_leaf(format, level, &pte, &entry) == 0, "mark");
		/* As the manuals have it: only if the entry is still the same. */
		if (gm_atomic_cas_relaxed(slot, value, (gm_word)entry))
			return 1;
		table = walker->root;
		level = walker->nr_levels - 1;
	}
}

int frame_at(unsigned va)
{
	struct gm_walker_at at;
	int frame = do_lookup(va, &at);

	explore_check(frame != -GM_EBUSY, "busy at rest");
	return frame < 0 ? -1 : frame;
}

void walker_check(void)
{
	unsigned va, nr = 1u << (walker->shift[2] + walker->index_bits[2] - 12);

	for (va = 0; va < nr; va++)
		(void)frame_at(va);
	explore_check(do_unmap(0, nr) == 0, "unmap at rest");
	for (va = 0; va < nr; va++)
		explore_check(frame_at(va) < 0, "mapped after unmap");
	explore_check(pages_used - pages_freed == 1, "a table page is lost");
}
