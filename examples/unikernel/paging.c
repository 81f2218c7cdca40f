/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paging.c - the kernel's own page tables, built by the walker.
 *
 * All memory is mapped where it is, in the largest leaves that there are, code without
 * the right to write and all else without the right to execute. Table pages are objects
 * of the space like everything else.
 */
#include "paging.h"

#include "memory.h"
#include "support.h"

#define BLOCK ((uint64_t)2 << 20)

/* Memory types of registers; on riscv64 the physical memory attributes have it. */
#if defined(__x86_64__)
#define REGISTERS GM_MEMORY_DEVICE
#elif defined(__aarch64__)
#define REGISTERS GM_MEMORY_STRICT
#else
#define REGISTERS GM_MEMORY_WB
#endif

static struct gm_walker walker;
static struct gm_map_space counted;
static struct gm_map_lane lanes[SUPPORT_CPUS];

/* Each call of the walker is in a section: a table page that was taken out is freed once each
 * CPU has left the call that it was in, if it was in one. */
static void quiesce(void *ctx)
{
	(void)ctx;
	sections_wait();
}

static void invalidate(void *ctx, const struct gm_walker_range *ranges, unsigned nr)
{
	(void)ctx, (void)ranges, (void)nr;
	paging_flush();
}

/* Busy: the other CPU is in the middle of a change there. What one call left undone the
 * next one does. (Busy is what is mapped already, too, and will not pass: who calls this
 * knows that nothing is.) */
int paging_map(uint64_t va, uint64_t size, const struct gm_map_request *request)
{
	struct gm_walker_gather gather;
	int err;

	gm_walker_gather_init(&gather);
	do {
		section_begin();
		err = gm_walker_map(&walker, va, size, request, &gather);
		section_end();
	} while (err == -GM_EBUSY);
	gm_walker_gather_finish(&walker, &gather);
	paging_publish();
	return err;
}

int paging_lookup(uint64_t va, struct gm_walker_at *at)
{
	int err;

	section_begin();
	err = gm_walker_lookup(&walker, va, at);
	section_end();
	return err;
}

int paging_protect(uint64_t va, uint64_t size, uint32_t prot)
{
	struct gm_walker_gather gather;
	int err;

	gm_walker_gather_init(&gather);
	do {
		section_begin();
		err = gm_walker_protect(&walker, va, size, prot, &gather);
		section_end();
	} while (err == -GM_EBUSY);
	gm_walker_gather_finish(&walker, &gather);
	return err;
}

/* What was mapped is given up after no CPU can reach it any more. */
int paging_unmap(uint64_t va, uint64_t size)
{
	struct gm_walker_gather gather;
	int err;

	gm_walker_gather_init(&gather);
	do {
		section_begin();
		err = gm_walker_unmap(&walker, va, size, &gather);
		section_end();
	} while (err == -GM_EBUSY);
	gm_walker_gather_finish(&walker, &gather);
	return err;
}

static void map_frames(uint64_t from, uint64_t to, uint32_t prot, enum gm_memory_type type)
{
	struct gm_map_request request = {
		.paddr = gm_paddr(from),
		.prot = prot,
		.memory = type,
		.flags = PAGING_NOTED,
	};

	must(paging_map(from, to - from, &request), "map what there is");
}

/* Where memory begins and ends, in whole blocks. */
static void find_bounds(uint64_t *from, uint64_t *to)
{
	unsigned i;

	*from = ~(uint64_t)0;
	*to = 0;
	for (i = 0; i < machine.nr_ranges; i++) {
		const struct memory_range *range = &machine.memory[i];

		if (range->kind != MEMORY_USABLE || range->size == 0)
			continue;
		if (range->base < *from)
			*from = range->base & ~(BLOCK - 1);
		if (range->base + range->size > *to)
			*to = (range->base + range->size + BLOCK - 1) & ~(BLOCK - 1);
	}
}

static void init_walker(void)
{
	struct gm_walker_config config = {
		.format = {
#if defined(__x86_64__)
			.kind = GM_PTE_X86_64,
			.features = GM_PTE_HAS_NX,
#elif defined(__aarch64__)
			.kind = GM_PTE_AARCH64_STAGE1,
			.memory = PAGING_MAIR,
			.output_bits = 40,
#else
			.kind = GM_PTE_RISCV64,
#endif
			.input_bits = PAGING_BITS,
		},
		.map = &counted,
		.space = &memory,
		.table_type = TYPE_TABLE,
		.node = GM_NODE_ANY,
		.invalidate = invalidate,
		.quiesce = quiesce,
	};

	struct gm_map_config count = {
		.memory = &memory,
		.format = config.format,
		.lanes = lanes,
		.nr_lanes = SUPPORT_CPUS,
		.classes = { [TYPE_PAGES] = GM_MAP_ANONYMOUS, [TYPE_ZERO] = GM_MAP_SHARED },
	};

	must(gm_map_init(&counted, &count), "counts");
	must(gm_walker_init(&walker, &config), "page tables");
}

void paging_init(void)
{
	uint64_t code = (uintptr_t)image, data = (uintptr_t)image_data, from, to;
	unsigned i;

	init_walker();
	find_bounds(&from, &to);
	map_frames(from, code, GM_PROT_READ | GM_PROT_WRITE, GM_MEMORY_WB);
	map_frames(code, data, GM_PROT_READ | GM_PROT_EXEC, GM_MEMORY_WB);
	map_frames(data, to, GM_PROT_READ | GM_PROT_WRITE, GM_MEMORY_WB);
	for (i = 0; i < MACHINE_DEVICES && machine.devices[i] != 0; i++)
		map_frames(machine.devices[i], machine.devices[i] + SUPPORT_PAGE,
			   GM_PROT_READ | GM_PROT_WRITE, REGISTERS);
}

void paging_enter(void)
{
	paging_start(gm_walker_root(&walker).value, 12);
}
