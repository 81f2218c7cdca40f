/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race_walker.c - before each atomic operation of a call of the walker, another call,
 * or hardware's mark, comes between; for all pairs of calls, from all starts.
 *
 * The tables are those of real formats, but small: four entries in the lowest table
 * page, two in the others, so 16 granules in all. What each granule translates to in
 * the end must be as if the two calls had reached it one after the other.
 */
#include "race.h"

#include <granmem/walker.h>

#include <stdio.h>
#include <string.h>

#define PAGE ((uint64_t)1 << 12)
#define NR_PAGES 32
#define NR_GRANULES 16
#define FRAME_SHIFT 21

/* REMAP: unmap, and if that went well map. */
enum verb { NOTHING, MAP, UNMAP, PROTECT, LOOKUP, MARK, REMAP };

struct call {
	enum verb verb;
	unsigned first;
	unsigned nr;
	unsigned frame;
	int result;
	struct gm_walker_gather gather;
};

/* What a granule translates to; 0: nothing. */
struct cell {
	uint64_t paddr;
	uint32_t prot;
};

static const struct call calls[] = {
	{ .verb = MAP, .first = 0, .nr = 1, .frame = 3 },
	{ .verb = MAP, .first = 1, .nr = 1, .frame = 4 },
	{ .verb = MAP, .first = 0, .nr = 4, .frame = 5 },
	{ .verb = MAP, .first = 2, .nr = 2, .frame = 6 },
	{ .verb = MAP, .first = 3, .nr = 6, .frame = 7 },
	{ .verb = MAP, .first = 8, .nr = 8, .frame = 8 },
	{ .verb = UNMAP, .first = 0, .nr = 1 },
	{ .verb = UNMAP, .first = 2, .nr = 2 },
	{ .verb = UNMAP, .first = 0, .nr = 4 },
	{ .verb = UNMAP, .first = 3, .nr = 4 },
	{ .verb = UNMAP, .first = 0, .nr = 16 },
	{ .verb = PROTECT, .first = 1, .nr = 1 },
	{ .verb = PROTECT, .first = 0, .nr = 4 },
	{ .verb = PROTECT, .first = 3, .nr = 4 },
	{ .verb = REMAP, .first = 0, .nr = 1, .frame = 9 },
	{ .verb = REMAP, .first = 0, .nr = 4, .frame = 10 },
	{ .verb = LOOKUP, .first = 0 },
	{ .verb = LOOKUP, .first = 3 },
	{ .verb = MARK, .first = 0 },
	{ .verb = MARK, .first = 3 },
};

/* How a run begins: what is mapped. */
static const struct {
	struct call map[2];
} starts[] = {
	{ { { .verb = NOTHING }, { .verb = NOTHING } } },
	{ { { .verb = MAP, .first = 0, .nr = 1, .frame = 1 }, { .verb = NOTHING } } },
	{ { { .verb = MAP, .first = 0, .nr = 1, .frame = 1 },
	    { .verb = MAP, .first = 5, .nr = 1, .frame = 2 } } },
	{ { { .verb = MAP, .first = 0, .nr = 4, .frame = 1 }, { .verb = NOTHING } } },
	{ { { .verb = MAP, .first = 0, .nr = 4, .frame = 1 },
	    { .verb = MAP, .first = 4, .nr = 4, .frame = 2 } } },
	{ { { .verb = MAP, .first = 2, .nr = 2, .frame = 1 }, { .verb = NOTHING } } },
	{ { { .verb = MAP, .first = 0, .nr = 3, .frame = 1 },
	    { .verb = MAP, .first = 4, .nr = 12, .frame = 2 } } },
};

static const struct {
	const char *name;
	enum gm_pte_kind kind;
	uint32_t features;
	unsigned flags;
	int runs;
} formats[] = {
	{ "x86-64", GM_PTE_X86_64, GM_PTE_HAS_NX, 0, 0 },
	{ "x86-64, broken", GM_PTE_X86_64, GM_PTE_HAS_NX, GM_WALKER_BREAK, 0 },
	{ "aarch64", GM_PTE_AARCH64_STAGE1, GM_PTE_HAS_DBM, 0, 1 },
};

#define NR(array) (sizeof(array) / sizeof(array[0]))

static struct gm_walker walker;
static unsigned char pages[NR_PAGES * PAGE] __attribute__((aligned(4096)));
static unsigned char used[NR_PAGES];
static unsigned nr_used;
static unsigned long nr_runs;

static int take(void *ctx, uint64_t bytes, struct gm_paddr *out)
{
	unsigned i;

	(void)ctx;
	(void)bytes;
	for (i = 0; i < NR_PAGES && used[i]; i++)
		;
	if (i == NR_PAGES)
		return -GM_ENOMEM;
	used[i] = 1;
	nr_used++;
	out->value = (i + 1) * PAGE;
	return 0;
}

static void give(void *ctx, struct gm_paddr table, uint64_t bytes)
{
	size_t i = (size_t)(table.value / PAGE) - 1;

	(void)ctx;
	race_check(i < NR_PAGES && used[i], "a page was freed twice");
	used[i] = 0;
	nr_used--;
	memset(pages + i * PAGE, 0xa7, (size_t)bytes);
}

static void *where(void *ctx, struct gm_paddr table, uint64_t bytes)
{
	(void)ctx;
	(void)bytes;
	race_check(table.value - PAGE < NR_PAGES * PAGE, "no table page");
	return pages + (table.value - PAGE);
}

static void start(unsigned format)
{
	struct gm_walker_config config;
	unsigned i;

	memset(used, 0, sizeof(used));
	nr_used = 0;
	memset(&config, 0, sizeof(config));
	config.format.kind = formats[format].kind;
	config.format.features = formats[format].features;
	config.flags = formats[format].flags;
	config.alloc = take;
	config.free = give;
	config.to_virtual = where;
	race_check(gm_walker_init(&walker, &config) == 0, "init");
	walker.nr_levels = 3;
	walker.bias = 0;
	for (i = 0; i < 3; i++) {
		walker.shift[i] = i == 0 ? 12 : 13 + i;
		walker.index_bits[i] = i == 0 ? 2 : 1;
		walker.run_shift[i] = i == 0 && formats[format].runs ? 1 : 0;
	}
	walker.leaves = GM_RUN_LEAF(12) | GM_RUN_LEAF(14) |
			(formats[format].runs ? GM_RUN_LEAF(13) : 0);
}

/* As hardware does: the entry that translates the granule, if it may be written. */
static int mark(unsigned granule)
{
	const struct gm_pte_format *format = &walker.config.format;
	unsigned level = 2;
	gm_word *table = walker.root;

	for (;;) {
		gm_word *slot = &table[granule * PAGE >> walker.shift[level] &
				       ((1u << walker.index_bits[level]) - 1)];
		struct gm_pte pte;
		uint64_t entry;

		if (!gm_pte_is_present(format, level, *slot) ||
		    gm_pte_decode(format, level, *slot, &pte) != 0)
			return 0;
		if (pte.is == GM_PTE_TABLE) {
			table = (gm_word *)where(NULL, pte.paddr, 0);
			level--;
			continue;
		}
		if ((pte.prot & GM_PROT_WRITE) == 0)
			return 0;
		pte.flags |= GM_PTE_ACCESSED | GM_PTE_DIRTY;
		race_check(gm_pte_leaf(format, level, &pte, &entry) == 0, "mark");
		*slot = (gm_word)entry;
		return 1;
	}
}

/* A block is where the format has 2 MiB: physical memory for one begins there. What
 * reaches over more than one has other frames than fit a block. */
static uint64_t paddr_of(const struct call *call, unsigned granule)
{
	unsigned skew = call->nr > 4 ? 1 : 0;

	return ((uint64_t)call->frame << FRAME_SHIFT) +
	       (granule - call->first / 4 * 4 + skew) * PAGE;
}

static int look(unsigned granule, struct gm_walker_at *at)
{
	return gm_walker_lookup(&walker, granule * PAGE, at);
}

static int map(struct call *call)
{
	struct gm_map_request request;

	memset(&request, 0, sizeof(request));
	request.paddr.value = paddr_of(call, call->first);
	request.prot = GM_PROT_READ | GM_PROT_WRITE;
	return gm_walker_map(&walker, call->first * PAGE, call->nr * PAGE, &request,
			     &call->gather);
}

static void run(struct call *call)
{
	uint64_t va = call->first * PAGE;
	uint64_t size = call->nr * PAGE;
	struct gm_walker_at at;

	switch (call->verb) {
	case MAP:
		call->result = map(call);
		break;
	case REMAP:
		call->result = gm_walker_unmap(&walker, va, size, &call->gather);
		if (call->result == 0)
			call->result = map(call) == 0 ? 0 : 1;
		return;
	case UNMAP:
		call->result = gm_walker_unmap(&walker, va, size, &call->gather);
		break;
	case PROTECT:
		call->result =
			gm_walker_protect(&walker, va, size, GM_PROT_READ, &call->gather);
		break;
	case LOOKUP:
		call->result = look(call->first, &at);
		race_check(call->result == 0 || call->result == -GM_ENOENT ||
				   call->result == -GM_EBUSY,
			   "lookup: an odd error");
		race_check(call->result != 0 || (at.paddr.value / PAGE - call->first) % 4 < 2,
			   "lookup: what belongs elsewhere");
		return;
	case MARK:
		call->result = mark(call->first);
		return;
	default:
		return;
	}
	race_check(call->result == 0 || call->result == -GM_EBUSY, "an odd error");
}

static void run_other(const void *what)
{
	run(*(struct call *const *)what);
}

/* The call, on one granule, in words. Returns 0 if its answer was another. */
static int apply(const struct call *call, unsigned granule, struct cell *cell)
{
	if (granule - call->first >= call->nr)
		return 1;
	if (call->verb == MAP && call->result == 0) {
		if (cell->paddr != 0)
			return 0;
		cell->paddr = paddr_of(call, granule);
		cell->prot = GM_PROT_READ | GM_PROT_WRITE;
	}
	if (call->verb == UNMAP || (call->verb == REMAP && call->result >= 0))
		memset(cell, 0, sizeof(*cell));
	if (call->verb == REMAP && call->result == 0) {
		cell->paddr = paddr_of(call, granule);
		cell->prot = GM_PROT_READ | GM_PROT_WRITE;
	}
	if (call->verb == PROTECT && cell->paddr != 0)
		cell->prot = GM_PROT_READ;
	return 1;
}

static int is_as(const struct cell *before, const struct call *one, const struct call *two,
		 unsigned granule, const struct cell *found)
{
	struct cell cell = *before;

	return apply(one, granule, &cell) && apply(two, granule, &cell) &&
	       cell.paddr == found->paddr && cell.prot == found->prot;
}

static struct cell see(unsigned granule, int *dirty)
{
	struct cell cell = { 0, 0 };
	struct gm_walker_at at;
	int err = look(granule, &at);

	race_check(err == 0 || err == -GM_ENOENT, "busy at rest");
	if (err == 0) {
		cell.paddr = at.paddr.value;
		cell.prot = at.pte.prot;
		*dirty = (at.pte.flags & GM_PTE_DIRTY) != 0;
	}
	return cell;
}

/* What was busy in the middle is done now. */
static void again(struct call *call)
{
	if (call->result == -GM_EBUSY && (call->verb == UNMAP || call->verb == PROTECT ||
					  call->verb == REMAP)) {
		run(call);
		race_check(call->result == 0, "busy at rest");
	}
}

static void check(const struct cell *before, const struct call *one, const struct call *two)
{
	unsigned i;

	for (i = 0; i < NR_GRANULES; i++) {
		int dirty = 0;
		struct cell found = see(i, &dirty);

		race_check(is_as(&before[i], one, two, i, &found) ||
				   is_as(&before[i], two, one, i, &found),
			   "neither as if one had come first, nor the other");
		if (two->verb == MARK && two->result && i == two->first &&
		    one->verb == PROTECT && found.paddr != 0)
			race_check(dirty, "a dirty bit is lost");
	}
}

static unsigned long run_once(unsigned format, unsigned from, unsigned one, unsigned two,
			      unsigned long at)
{
	struct call call = calls[one], between = calls[two], first;
	struct call *other = &between;
	struct race_plan plan = { at, run_other, &other };
	struct cell before[NR_GRANULES];
	unsigned long steps;
	unsigned i;
	int dirty;

	start(format);
	for (i = 0; i < 2; i++) {
		first = starts[from].map[i];
		gm_walker_gather_init(&first.gather);
		run(&first);
	}
	for (i = 0; i < NR_GRANULES; i++)
		before[i] = see(i, &dirty);
	gm_walker_gather_init(&call.gather);
	gm_walker_gather_init(&between.gather);
	race_arm(&plan, 1);
	run(&call);
	steps = race_disarm();
	if (steps < at)
		between.verb = NOTHING;
	/* quiesce would have waited for the call. */
	again(&call);
	again(&between);
	gm_walker_gather_finish(&walker, &between.gather);
	gm_walker_gather_finish(&walker, &call.gather);
	check(before, &call, &between);
	/* All is given back. */
	race_check(gm_walker_unmap(&walker, 0, NR_GRANULES * PAGE, NULL) == 0, "unmap all");
	race_check(nr_used == 1, "a table page is lost");
	nr_runs++;
	return steps;
}

int main(int argc, char **argv)
{
	unsigned format, from, one, two;

	race_blind = argc == 2 && strcmp(argv[1], "--blind") == 0;
	race_begin();
	for (format = 0; format < NR(formats); format++) {
		for (from = 0; from < NR(starts); from++) {
			for (one = 0; one < NR(calls) - 2; one++) {
				for (two = 0; two < NR(calls); two++) {
					unsigned long at = 1;

					do {
						snprintf(race_now, sizeof(race_now),
							 "%s, start %u, call %u, other %u, %lu",
							 formats[format].name, from, one, two, at);
					} while (at <= run_once(format, from, one, two, at) &&
						 at++);
				}
			}
		}
	}
	printf("race_walker: %lu runs\n", nr_runs);
	return nr_runs == 0;
}
