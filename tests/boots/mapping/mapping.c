/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mapping.c - tables that the walker built, used by a processor that does not know it.
 *
 * For each format of the machine: memory that was allocated in 2 MiB is mapped in
 * granules, reversed and scattered with holes between them, and what is written on the
 * one side is read on the other; what is not mapped, and what may not be written, faults
 * where it should; accessed and dirty are what was done, and reach the object.
 *
 * machines: x86_64 aarch64 aarch64-el2 riscv64 riscv64-hs
 */
#include <granmem/granmem.h>

#include "reach.h"
#include "support.h"

#define MIB2 ((uint64_t)2 << 20)
#define SCATTERED ((uint64_t)16 << 30) /* where granules go, with holes between them */
#define REVERSED ((uint64_t)18 << 30)  /* where the last of them comes first */
#define WHOLE ((uint64_t)20 << 30)     /* where an object goes in one piece */
#define ONE ((uint64_t)22 << 30)       /* where one granule goes */
#define NOTED (GM_PTE_ACCESSED | GM_PTE_DIRTY)
#define TYPE_OBJECT 1
#define TYPE_TABLE 2

static struct gm_region regions[1];
static struct gm_space space;
static struct gm_adhoc table;
static struct gm_walker walkers[2], *walker; /* the one in use, and the one before */
static struct gm_map_space counts[2];
static struct gm_map_lane lanes[2];
static unsigned nr_granules, shift;

static void must(int err, const char *what)
{
	if (err == 0)
		return;
	print(gm_error_text(err));
	print(": ");
	fatal(what);
}

static void expect(int condition, const char *what)
{
	if (!condition)
		fatal(what);
}

static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	(void)ctx, (void)size;
	return (void *)(uintptr_t)base.value;
}

static void invalidate(void *ctx, const struct gm_walker_range *ranges, unsigned nr)
{
	(void)ctx, (void)ranges, (void)nr;
	reach_flush();
}

/* The address of granule n: no neighbour stays one, and every second is a hole. */
static uint64_t place(unsigned n)
{
	return SCATTERED + ((uint64_t)(n * 37 % nr_granules) * 2 << shift);
}

static uint64_t place_reversed(unsigned n)
{
	return REVERSED + ((uint64_t)(nr_granules - 1 - n) << shift);
}

/* The same granule, where we see it without the tables. */
static volatile uint64_t *direct(const struct gm_desc *object, unsigned n)
{
	return (volatile uint64_t *)(uintptr_t)(gm_desc_base(object) + ((uint64_t)n << shift));
}

static void map(uint64_t address, uint64_t bytes, struct gm_desc *object, uint64_t offset,
		uint32_t prot, uint32_t flags)
{
	struct gm_map_request request = {
		.desc = object,
		.offset = offset,
		.prot = prot,
		.flags = flags,
	};

	must(gm_walker_map(walker, address, bytes, &request, NULL), "map");
	reach_flush();
}

static void map_frames(uint64_t from, uint64_t to, uint32_t prot, enum gm_memory_type memory)
{
	uint64_t mask = ((uint64_t)1 << shift) - 1;
	struct gm_map_request request = {
		.paddr = gm_paddr(from & ~mask),
		.prot = prot,
		.memory = memory,
		.flags = NOTED,
	};

	from &= ~mask;
	to = (to + mask) & ~mask;
	must(gm_walker_map(walker, from, to - from, &request, NULL), "map what there is");
}

/* What a program that runs on the tables needs of them: itself, all memory, registers. */
static void map_machine(void)
{
	uint64_t from = (uintptr_t)image, to = (uintptr_t)image_end;
	unsigned i;

	if (regions[0].base.value < from)
		from = regions[0].base.value;
	if (regions[0].base.value + regions[0].size > to)
		to = regions[0].base.value + regions[0].size;
	map_frames(from, to, GM_PROT_READ | GM_PROT_WRITE | GM_PROT_EXEC, GM_MEMORY_WB);
	for (i = 0; i < MACHINE_DEVICES && machine.devices[i] != 0; i++)
		map_frames(machine.devices[i], machine.devices[i] + SUPPORT_PAGE,
			   GM_PROT_READ | GM_PROT_WRITE, REACH_REGISTERS);
}

static struct gm_desc *claim(void)
{
	struct gm_claim request = { .size = MIB2, .align = MIB2, .type = TYPE_OBJECT };
	struct gm_desc *object;

	must(gm_space_claim(&space, &request, GM_NODE_ANY, &object), "claim");
	return object;
}

/* Granules of one object, each mapped twice: all sides see what another wrote. */
static void test_granules(struct gm_desc *object)
{
	uint64_t value;
	unsigned n;

	for (n = 0; n < nr_granules; n++) {
		map(place(n), (uint64_t)1 << shift, object, (uint64_t)n << shift,
		    GM_PROT_READ | GM_PROT_WRITE, NOTED);
		map(place_reversed(n), (uint64_t)1 << shift, object, (uint64_t)n << shift,
		    GM_PROT_READ | GM_PROT_WRITE, NOTED);
	}
	expect(gm_ref_count(object) == 1 + 2 * nr_granules, "a reference for each mapping");
	expect(gm_map_count(object) == 2 * nr_granules, "a count for each mapping");
	for (n = 0; n < nr_granules; n++) {
		expect(reach_write(place(n) + 8, 1000 + n) == 0, "a store, scattered");
		expect(reach_write(place_reversed(n) + 16, 2000 + n) == 0, "a store, reversed");
		*direct(object, n) = n;
	}
	for (n = 0; n < nr_granules; n++) {
		expect(direct(object, n)[1] == 1000 + n && direct(object, n)[2] == 2000 + n,
		       "seen beside the mapping");
		expect(reach_read(place(n), &value) == 0 && value == n, "seen, scattered");
		expect(reach_read(place_reversed(n) + 8, &value) == 0 && value == 1000 + n,
		       "seen, reversed");
	}
	must(gm_walker_unmap(walker, REVERSED, MIB2, NULL), "unmap");
	expect(gm_map_count(object) == nr_granules, "half of them are left");
}

/* The hole above a granule, and what may only be read. */
static void test_faults(struct gm_desc *object)
{
	uint64_t hole = place(3) + ((uint64_t)1 << shift) + 16, value;

	expect(reach_read(hole, &value) != 0 && reach_fault.address == hole &&
	       (reach_fault.flags & FAULT_WRITE) == 0, "a load from a hole");
	expect(reach_write(hole, 1) != 0 && reach_fault.address == hole &&
	       (reach_fault.flags & FAULT_WRITE) != 0, "a store to a hole");

	must(gm_walker_protect(walker, place(5), (uint64_t)1 << shift, GM_PROT_READ, NULL),
	     "protect");
	expect(reach_read(place(5), &value) == 0 && value == 5, "a load from what may be read");
	expect(reach_write(place(5), 1) != 0 && reach_fault.address == place(5) &&
	       (reach_fault.flags & FAULT_WRITE) != 0, "a store to what may only be read");
	expect(*direct(object, 5) == 5, "nothing was written");
	expect(reach_write(place(4), 4) == 0 && reach_write(place(6), 6) == 0,
	       "what is beside it may be written");
}

static uint32_t flags_at(uint64_t address)
{
	struct gm_walker_at at;

	must(gm_walker_lookup(walker, address, &at), "lookup");
	return at.pte.flags & NOTED;
}

/* What hardware is found to do about accessed and dirty: 2 sets both, 1 accessed, 0 faults
 * on the first access. */
static int who_sets(uint64_t address)
{
	uint64_t value;

	expect(flags_at(address) == 0, "neither accessed nor dirty");
	if (reach_read(address, &value) != 0) {
		expect(reach_fault.address == address, "the fault of a first access");
		return 0;
	}
	expect(flags_at(address) == GM_PTE_ACCESSED, "accessed by a load, and not dirty");
	if (reach_write(address, 1) != 0 || flags_at(address) == GM_PTE_ACCESSED)
		return 1;
	expect(flags_at(address) == NOTED, "dirty by a store");
	return 2;
}

/* Where the processor says what it does, that is not left to chance. With the invalidation
 * what was noted has reached the object. */
static void test_noted(struct gm_desc *object)
{
	static const char *const texts[] = { "  accessed and dirty by faults\n",
					     "  accessed by hardware\n",
					     "  accessed and dirty by hardware\n" };
	gm_word flags;
	int sets;

	(void)gm_map_take_flags(object, GM_FLAG_REFERENCED | GM_FLAG_DIRTY);
	map(ONE, (uint64_t)1 << shift, object, 0, GM_PROT_READ | GM_PROT_WRITE, 0);
	sets = who_sets(ONE);
	expect(reach_sets() < 0 || reach_sets() == sets, "who sets accessed and dirty");
	print(texts[sets]);

	must(gm_walker_unmap(walker, ONE, (uint64_t)1 << shift, NULL), "unmap");
	flags = gm_map_take_flags(object, GM_FLAG_REFERENCED | GM_FLAG_DIRTY);
	expect(sets < 1 || (flags & GM_FLAG_REFERENCED) != 0, "the object was referenced");
	expect(sets < 2 || (flags & GM_FLAG_DIRTY) != 0, "the object is dirty");
}

/* One piece, in leaves as large as they get; a part of it protected, another taken out. */
static void test_whole(struct gm_desc *object)
{
	uint64_t granule = (uint64_t)1 << shift, value;
	struct gm_walker_at at;
	unsigned n;

	map(WHOLE, MIB2, object, 0, GM_PROT_READ | GM_PROT_WRITE, NOTED);
	must(gm_walker_lookup(walker, WHOLE, &at), "lookup");
	print("2 MiB in leaves of ");
	print_number(((uint64_t)1 << at.leaf_shift) >> 10);
	print(" KiB\n");
	for (n = 0; n < nr_granules; n++)
		expect(reach_write(WHOLE + n * granule, 2000 + n) == 0, "a store to the whole");

	must(gm_walker_protect(walker, WHOLE + 7 * granule, granule, GM_PROT_READ, NULL),
	     "protect a part");
	must(gm_walker_unmap(walker, WHOLE + 9 * granule, granule, NULL), "unmap a part");
	for (n = 0; n < nr_granules; n++) {
		expect(*direct(object, n) == 2000 + n, "the whole, beside the mapping");
		expect((reach_read(WHOLE + n * granule, &value) == 0) == (n != 9), "the hole");
		expect(n == 9 || value == 2000 + n, "the whole, through the mapping");
		expect((reach_write(WHOLE + n * granule, 3000 + n) == 0) == (n != 7 && n != 9),
		       "the part that may only be read");
	}
}

/* Nobody looks at the tables before any more: nothing counts as mapped by them. */
static void end_before(unsigned n)
{
	gm_walker_destroy(&walkers[n % 2]);
	expect(gm_map_granules(&counts[n % 2], GM_MAP_DEVICE) == 0 &&
	       gm_map_granules(&counts[n % 2], GM_MAP_ANONYMOUS) == 0, "all is given up");
}

static void test_format(const struct gm_pte_format *format, unsigned n)
{
	struct gm_walker_config config = {
		.format = *format,
		.map = &counts[n % 2],
		.space = &space,
		.table_type = TYPE_TABLE,
		.node = GM_NODE_ANY,
		.invalidate = invalidate,
	};
	struct gm_map_config count = {
		.memory = &space,
		.format = *format,
		.lanes = &lanes[n % 2],
		.nr_lanes = 1,
		.classes = { [TYPE_OBJECT] = GM_MAP_ANONYMOUS },
	};
	struct gm_desc *object = claim();

	must(gm_map_init(&counts[n % 2], &count), "counts");
	walker = &walkers[n % 2];
	shift = format->granule_shift;
	nr_granules = (unsigned)(MIB2 >> shift);
	must(gm_walker_init(walker, &config), "init");
	map_machine();
	reach_start(format, gm_walker_root(walker).value);
	if (n > 0)
		end_before(n - 1);

	test_granules(object);
	test_faults(object);
	test_noted(object);
	test_whole(object);

	must(gm_walker_unmap(walker, SCATTERED, MIB2 * 2, NULL), "unmap");
	must(gm_walker_unmap(walker, WHOLE, MIB2, NULL), "unmap");
	expect(gm_ref_count(object) == 1 && !gm_map_is_mapped(object), "nothing is left");
	gm_put(&space, object);
}

/* The largest range that there is becomes the space. */
static void init_space(void)
{
	const struct memory_range *best = NULL;
	struct gm_table_config config = {
		.desc_size = sizeof(struct gm_mapped),
		.to_virtual = to_virtual,
	};
	unsigned i;

	for (i = 0; i < machine.nr_ranges; i++) {
		if (machine.memory[i].kind == MEMORY_USABLE &&
		    (best == NULL || machine.memory[i].size > best->size))
			best = &machine.memory[i];
	}
	config.base = gm_paddr(best->base);
	config.size = best->size;
	must(gm_adhoc_init(&table, &config, NULL, 0), "a table");
	gm_space_init(&space, regions, 1);
	must(gm_space_add(&space, &(struct gm_region){
		.base = config.base, .size = config.size, .table = &table.table,
		.kind = GM_REGION_ADHOC }), "a region");
}

int kernel(void)
{
	struct gm_verify verify;
	unsigned n;

	init_space();
	for (n = 0;; n++) {
		struct gm_pte_format format = { .granule_shift = 12 };
		const char *name;

		if (reach_format(n, &format, &name) != 0)
			break;
		print(name);
		print("\n");
		test_format(&format, n);
	}
	must(gm_verify_space(&space, &verify), "verify");
	print("sound\n");
	return 0;
}
