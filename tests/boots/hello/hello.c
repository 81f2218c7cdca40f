/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hello.c - the first thing a kernel does with granmem: gives it the memory that it found.
 *
 * Each usable range becomes a region with an ad-hoc table that keeps its metadata in the
 * region itself, so nothing is set aside beforehand. Then two CPUs allocate at once, give
 * each other what they allocated, and at last take all there is and write it full: if
 * something was called free that is not, that breaks it.
 *
 * machines: x86_64 aarch64 aarch64-el2 riscv64 riscv64-hs
 */
#include <granmem/granmem.h>

#include "support.h"

#define TYPE_HELLO 1
#define MAX_REGIONS 8
#define SMALLEST (1u << 20) /* less than that is not worth a region */
#define ROUNDS 2000
#define BOXES 16

static struct gm_space space;
static struct gm_region regions[MAX_REGIONS];
static struct gm_adhoc tables[MAX_REGIONS];

static struct barrier barrier;
static _Atomic(struct gm_desc *) boxes[BOXES]; /* objects on their way to the other CPU */

static void must(int err, const char *what)
{
	if (err == 0)
		return;
	print(gm_error_text(err));
	print(": ");
	fatal(what);
}

static void panic(const char *text, const void *object)
{
	print_hex((uintptr_t)object);
	print(": ");
	fatal(text);
}

/* Physical memory is mapped one to one. */
static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	(void)ctx, (void)size;
	return (void *)(uintptr_t)base.value;
}

static uint64_t *memory_of(const struct gm_desc *object)
{
	return to_virtual(NULL, gm_paddr(gm_desc_base(object)), 0);
}

/* That the start-up code left out of a range what is in use. */
static void check_range(const struct memory_range *range)
{
	const uint64_t used[] = { (uintptr_t)&space, (uintptr_t)check_range,
		(uintptr_t)machine.device_tree, machine.initrd,
		machine.initrd + machine.initrd_bytes - 1 };
	unsigned i;

	for (i = 0; i < sizeof(used) / sizeof(used[0]); i++) {
		if (used[i] >= range->base && used[i] - range->base < range->size)
			fatal("a range has in it what is in use");
	}
}

static void add_region(const struct memory_range *range)
{
	struct gm_adhoc *table = &tables[space.nr_regions];
	struct gm_table_config config = {
		.base = gm_paddr(range->base),
		.size = range->size,
		.nr_lanes = SUPPORT_CPUS,
		.nr_contexts = SUPPORT_CPUS,
		.to_virtual = to_virtual,
	};
	struct gm_region region = {
		.base = config.base,
		.size = config.size,
		.table = &table->table,
		.kind = GM_REGION_ADHOC,
	};

	check_range(range);
	must(gm_adhoc_init(table, &config, NULL, 0), "init");
	must(gm_space_add(&space, &region), "add");
}

/* Claim, and again while what is in the way is in the middle of a change. */
static int claim(uint64_t size, struct gm_desc **object)
{
	struct gm_claim request = { .size = size, .type = TYPE_HELLO };
	int err;

	do {
		err = gm_space_claim(&space, &request, GM_NODE_ANY, object);
	} while (err == -GM_EBUSY);
	return err;
}

/* What a holder writes into an object has to be there for whoever puts it. */
static void mark(const struct gm_desc *object)
{
	uint64_t *words = memory_of(object);

	words[0] = gm_desc_base(object);
	words[gm_desc_size(object) / sizeof(*words) - 1] = ~words[0];
}

static void check_and_put(struct gm_desc *object)
{
	const uint64_t *words = memory_of(object);

	if (words[0] != gm_desc_base(object) ||
	    words[gm_desc_size(object) / sizeof(*words) - 1] != ~words[0])
		fatal("somebody else wrote into an object");
	gm_put(&space, object);
}

static void allocate_and_exchange(void)
{
	static const uint64_t sizes[] = { 4096, 64, 2u << 20, 192, 12288, 65536, 1088 };
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		uint64_t size = sizes[i % (sizeof(sizes) / sizeof(sizes[0]))];
		struct gm_desc *object, *found;
		struct gm_paddr inside;

		must(claim(size, &object), "claim");
		mark(object);
		inside = gm_paddr(gm_desc_base(object) + size / 2);
		must(gm_find_get(&space, inside, TYPE_HELLO, &found), "find_get");
		if (found != object)
			fatal("another object was found");
		gm_put(&space, found);

		object = atomic_exchange(&boxes[i % BOXES], object);
		if (object != NULL)
			check_and_put(object);
	}
	barrier_wait(&barrier, SUPPORT_CPUS);
	for (i = cpu_index(); i < BOXES; i += SUPPORT_CPUS)
		check_and_put(boxes[i]);
}

/* All there is, large and small; a list that goes through the memory itself. */
static void take_everything(void)
{
	static const uint64_t sizes[] = { 2u << 20, 4096 };
	struct gm_desc *object, *list = NULL;
	unsigned i;

	for (i = 0; i < 2; i++) {
		while (claim(sizes[i], &object) == 0) {
			uint64_t *words = memory_of(object);
			uint64_t n;

			words[0] = (uintptr_t)list;
			for (n = 1; n < sizes[i] / sizeof(*words); n++)
				words[n] = ~(uint64_t)0;
			list = object;
		}
	}
	barrier_wait(&barrier, SUPPORT_CPUS);
	while (list != NULL) {
		object = list;
		list = (struct gm_desc *)(uintptr_t)memory_of(object)[0];
		gm_put(&space, object);
	}
}

static void work(void *arg)
{
	(void)arg;
	barrier_wait(&barrier, SUPPORT_CPUS);
	allocate_and_exchange();
	barrier_wait(&barrier, SUPPORT_CPUS);
	take_everything();
	barrier_wait(&barrier, SUPPORT_CPUS);
}

/* What nobody may have touched: the initrd, and the first page of the device tree. */
static uint64_t sum_of_the_rest(void)
{
	const unsigned char *initrd = (const void *)(uintptr_t)machine.initrd;
	const unsigned char *tree = machine.device_tree;
	uint64_t sum = 0, i;

	for (i = 0; i < machine.initrd_bytes; i++)
		sum = sum * 31 + initrd[i];
	for (i = 0; tree != NULL && i < SUPPORT_PAGE; i++)
		sum = sum * 31 + tree[i];
	return sum;
}

int kernel(void)
{
	struct gm_verify verify;
	struct gm_stats stats;
	uint64_t sum = sum_of_the_rest();
	unsigned i;

	gm_port_set_panic(panic);
	gm_space_init(&space, regions, MAX_REGIONS);
	for (i = 0; i < machine.nr_ranges; i++) {
		if (machine.memory[i].kind == MEMORY_USABLE && machine.memory[i].size >= SMALLEST)
			add_region(&machine.memory[i]);
	}
	gm_space_stats(&space, &stats);
	print("memory ");
	print_hex(stats.region_bytes);
	print(stats.region_bytes >> 20 >= 120 ? ", 120 MiB at least\n" : ", too little\n");
	print(machine.initrd_bytes != 0 ? "an initrd\n" : "no initrd\n");

	must(cpu_start(1, work, NULL), "the second CPU");
	work(NULL);
	if (sum_of_the_rest() != sum)
		fatal("memory that was not free was given out");

	must(gm_verify_space(&space, &verify), "verify");
	gm_space_stats(&space, &stats);
	print_number(verify.nr_objects);
	print(" objects left, ");
	print_number(stats.region_bytes - stats.free_bytes - stats.hosted_bytes);
	print(" bytes lost\n");
	return stats.free_bytes + stats.hosted_bytes == stats.region_bytes ? 0 : 1;
}
