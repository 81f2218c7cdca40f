/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_outofline.c [--quick] - address -> descriptor by a function that is called,
 * beside what memory allocators do when they are asked for the size of a block, and
 * DPDK for its memory segment. 2^18 blocks of 4 KiB, in random order, through a
 * pointer to a function for each alike.
 *
 * ".size" is the same with the size as the answer, for which granmem reads the
 * descriptor as well, and the allocators nothing more.
 */
#include "peer.h"

#define BLOCKS ((size_t)1 << 18)
#define REGION (BLOCKS * PEER_BLOCK)

static struct gm_adhoc adhoc;
static uint32_t order[BLOCKS];

/* Who is asked, and for which blocks. */
struct asked {
	size_t (*look_up)(uintptr_t address);
	uintptr_t blocks[BLOCKS];
	size_t at;
};

static struct asked own, own_size, other;

static size_t find(uintptr_t address)
{
	return (size_t)gm_adhoc_find(&adhoc, gm_paddr(address));
}

static size_t find_size(uintptr_t address)
{
	const struct gm_desc *desc = gm_adhoc_find(&adhoc, gm_paddr(address));

	return desc == NULL ? 0 : (size_t)gm_desc_size(desc);
}

static void ask(void *ctx, uint64_t loops)
{
	struct asked *asked = ctx;
	size_t at = asked->at;
	size_t sum = 0;

	while (loops-- > 0)
		sum ^= asked->look_up(asked->blocks[at++ % BLOCKS]);
	lookup_sink = sum;
	asked->at = at;
}

static void set_up(void)
{
	struct gm_table_config config = { .base = { LOOKUP_BASE }, .size = REGION, .zeroed = 1 };
	struct gm_metadata need;
	size_t i;

	bench_check(gm_adhoc_metadata_size(&config, BLOCKS, &need), "the table's size");
	bench_check(gm_adhoc_init(&adhoc, &config, bench_zeroed(need.bytes), need.bytes), "init");
	bench_shuffle(order, BLOCKS);
	for (i = 0; i < BLOCKS; i++) {
		struct gm_object object = { gm_paddr(LOOKUP_BASE + i * PEER_BLOCK), PEER_BLOCK, 1,
					    NULL };
		struct gm_desc *desc;

		bench_check(gm_adhoc_create(&adhoc, &object, &desc), "create");
		own.blocks[order[i]] = object.base.value;
		own_size.blocks[order[i]] = object.base.value;
	}
	own.look_up = find;
	own_size.look_up = find_size;
}

static int take(const struct peer_owner *owner)
{
	size_t i;

	for (i = 0; i < BLOCKS; i++) {
		void *block = owner->take(i);

		if (block == NULL)
			return -1;
		other.blocks[order[i]] = (uintptr_t)block;
	}
	other.look_up = owner->look_up;
	return 0;
}

static void measure(const char *name, double goal, uint64_t loops)
{
	const struct peer_owner *owner = peer_owner(name);
	struct bench b[] = { BENCH("granmem, the descriptor", ask, &own),
			     BENCH("granmem, the size", ask, &own_size), BENCH(name, ask, &other) };
	char metric[64];
	size_t i;

	if (owner == NULL || take(owner) != 0) {
		bench_skip(name, owner == NULL ? PEER_MISSING : "it has no memory");
		return;
	}
	bench_run(b, BENCH_NR(b), loops);
	bench_times(b, BENCH_NR(b));
	snprintf(metric, sizeof(metric), "lookup.outofline.random.vs_%s", name);
	bench_ratio(metric, &b[0], &b[2], goal);
	snprintf(metric, sizeof(metric), "lookup.outofline.size.random.vs_%s", name);
	bench_ratio(metric, &b[1], &b[2], 0);
	for (i = 0; i < BLOCKS; i++)
		owner->give_back((void *)other.blocks[i]);
}

int main(int argc, char **argv)
{
	uint64_t loops;

	bench_begin(argc, argv);
	loops = bench_quick() ? 200000 : 1000000;
	set_up();
	printf("lookup by a called function: %zu blocks of 4 KiB\n", BLOCKS);
	measure("tcmalloc", 0.75, loops);
	measure("jemalloc", 0.70, loops);
	measure("mimalloc", 0, loops);
	measure("dpdk", 0, loops);
	return 0;
}
