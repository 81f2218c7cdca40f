/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_walker_random.c - random operations beside a naive model: an array that says of
 * each granule of a window what it translates to. After each operation samples, at
 * the end all granules, are looked up by the walker and by the oracle.
 */
#include <granmem/config.h>

#if GM_CONFIG_64BIT

#include "walker_unit.h"

#define WINDOW_BLOCKS 6
#define MAX_WINDOW (WINDOW_BLOCKS * 8192)

struct cell {
	uint64_t paddr; /* + 1; 0: nothing */
	uint32_t prot;
	unsigned char accessed, dirty;
};

static struct gm_walker walker;
static const struct shape *shape;
static struct cell cells[MAX_WINDOW];
static unsigned long long seed;
static uint64_t granule, nr_cells, window;

static uint64_t random_below(uint64_t limit)
{
	return unit_random(&seed) % limit;
}

static void check_cell(uint64_t index)
{
	const struct cell *cell = &cells[index];
	uint64_t inside = random_below(granule);
	struct oracle_leaf leaf;

	if (look(shape, &walker, window + index * granule + inside, &leaf) == 0) {
		expect_eq(cell->paddr, 0);
		return;
	}
	expect_eq(cell->paddr, leaf.paddr - inside + 1);
	expect_eq(leaf.write, (cell->prot & GM_PROT_WRITE) != 0);
	expect_eq(leaf.exec, (cell->prot & GM_PROT_EXEC) != 0);
	/* Never lost; a part of what was split may have more. */
	expect(leaf.accessed >= cell->accessed);
	expect(leaf.dirty >= cell->dirty || !leaf.write);
}

/* A piece of the window: short or long, and often aligned to something. */
static void random_piece(uint64_t *first, uint64_t *nr)
{
	uint64_t block = (uint64_t)1 << walker.index_bits[0];
	uint64_t unit = random_below(2) ? 1 : random_below(2) ? block : block / 32;

	*first = random_below(nr_cells) / unit * unit;
	*nr = (random_below(random_below(2) ? 4 : 2 * block) / unit + 1) * unit;
	if (*nr > nr_cells - *first)
		*nr = nr_cells - *first;
}

static uint32_t random_prot(void)
{
	static const uint32_t prots[] = { RO, RW, RO | GM_PROT_EXEC, RW | GM_PROT_EXEC };

	return prots[random_below(4)];
}

static void random_map(void)
{
	uint64_t block = granule << walker.index_bits[0];
	uint64_t first, nr, i, paddr;
	uint32_t prot = random_prot();
	int expected = 0;

	random_piece(&first, &nr);
	/* Mostly where both addresses have the same place in a block. */
	paddr = block * (1 + random_below(64)) + (first * granule) % block;
	if (random_below(4) == 0)
		paddr += granule * random_below(40);
	for (i = first; i < first + nr; i++)
		expected |= cells[i].paddr != 0 ? -GM_EBUSY : 0;
	expect_eq(map_frames(&walker, window + first * granule, nr * granule, paddr, prot),
		  expected);
	for (i = 0; expected == 0 && i < nr; i++) {
		memset(&cells[first + i], 0, sizeof(cells[0]));
		cells[first + i].paddr = paddr + i * granule + 1;
		cells[first + i].prot = prot;
	}
}

static void random_unmap(void)
{
	uint64_t first, nr;

	random_piece(&first, &nr);
	machine.may_free = 0;
	expect_eq(gm_walker_unmap(&walker, window + first * granule, nr * granule, NULL), 0);
	memset(&cells[first], 0, nr * sizeof(cells[0]));
}

static void random_protect(void)
{
	uint32_t prot = random_prot();
	uint64_t first, nr, i;

	random_piece(&first, &nr);
	expect_eq(gm_walker_protect(&walker, window + first * granule, nr * granule, prot, NULL),
		  0);
	for (i = first; i < first + nr; i++)
		cells[i].prot = prot;
}

/* Enough table pages are there for what is mapped, and no more. */
static uint64_t pages_needed(void)
{
	uint64_t per = (uint64_t)1 << walker.index_bits[0];
	uint64_t i, j, nr = 0;

	for (i = 0; i < nr_cells; i += per) {
		for (j = i; j < i + per && cells[j].paddr == 0; j++)
			;
		nr += j < i + per;
	}
	/* At most: a page for each block, two ways down, and a root. */
	return nr == 0 ? 0 : nr + 2 * walker.nr_levels;
}

static void random_run(void)
{
	uint64_t root = machine.nr_used;
	unsigned step;
	uint64_t i;

	granule = (uint64_t)1 << walker.shift[0];
	nr_cells = (uint64_t)WINDOW_BLOCKS << walker.index_bits[0];
	memset(cells, 0, sizeof(cells));
	for (step = 0; step < 1500; step++) {
		switch (random_below(5)) {
		case 0:
		case 1:
			random_map();
			break;
		case 2:
			random_protect();
			break;
		default:
			random_unmap();
			break;
		}
		for (i = 0; i < 20; i++)
			check_cell(random_below(nr_cells));
		expect(machine.nr_used <= root + pages_needed());
	}
	for (i = 0; i < nr_cells; i++)
		check_cell(i);
}

static void test_random(void)
{
	unsigned i;

	seed = 20261127;
	for (i = 0; i < 2 * NR_SHAPES; i++) {
		shape = &shapes[i / 2];
		walker_start(shape, &walker);
		/* In the middle of a table of level 1, or over the border of two. */
		window = (i % 2 ? shape->high : shape->low) +
			 (((uint64_t)1 << walker.shift[2]) - 3 * ((uint64_t)1 << walker.shift[1]));
		random_run();
		machine.may_free = 0;
		walker_end(&walker);
		expect_eq(machine.stale, 0);
	}
}

UNIT_MAIN("walker_random", UNIT_TEST(test_random))

#else

#include <granmem/atomic.h>

#include "unit.h"

static void test_absent(void)
{
	expect_eq(sizeof(gm_word), 4);
}

UNIT_MAIN("walker_random", UNIT_TEST(test_absent))

#endif
