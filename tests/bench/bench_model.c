/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_model.c [--quick] - what 64 processors and 64 TiB would cost, from what
 * single steps cost here; first what the same model says of things that can be
 * measured here, beside the measurement.
 *
 *   line   All writers of one line take turns, so n processors that each do a pair of
 *          additions to it wait for 2n of them. An addition that has to fetch the
 *          line costs a transfer; on two processors some find it still there.
 *   loads  A lookup is one load for each level; each costs what a random load
 *          from as much memory as that level has costs.
 *          Making the address up is part of it, as in the measurements.
 *   sizes  A level's bytes are 8 for each slot of it.
 */
#include "lookup.h"
#include "machine.h"
#include "pair.h"

#define PROCESSORS 64
#define SPAN (64 * BENCH_TIB)
#define NODE_BITS 9
#define ROOT_SLOTS_MAX ((uint64_t)1 << 19)

static struct machine machine;
static uint64_t loops;
static double address; /* what a chain spends besides its loads */

static void row(const char *metric, double value)
{
	char name[64];

	snprintf(name, sizeof(name), "model.%s", metric);
	bench_figure(name, value, 0);
}

static double measured_chain(uint64_t span, uint64_t object_size)
{
	struct bench b = BENCH("chain", lookup_adhoc.loops.chain, NULL);

	lookup_begin(&lookup_adhoc, span, span / object_size, 0);
	lookup_fill(&lookup_adhoc, object_size);
	bench_run(&b, 1, loops / 8);
	lookup_end();
	return b.median;
}

static void constants(void)
{
	char name[32];
	size_t i;

	machine_measure(&machine, loops);
	/* All of 2 MiB is one object: one load, always the same. */
	address = measured_chain(2 * BENCH_MIB, 2 * BENCH_MIB) - machine.load[0];
	printf("model: what single steps cost here, ns\n");
	for (i = 0; i < MACHINE_SIZES; i++) {
		snprintf(name, sizeof(name), "load.%lluk",
			 (unsigned long long)(machine_sizes[i] / BENCH_KIB));
		row(name, machine.load[i]);
	}
	row("load.524288k.huge", machine.load_huge);
	row("load.524288k.independent", machine.independent);
	row("address", address);
	row("add", machine.add);
	row("line.transfer", machine.transfer);
	row("line.contended_add", machine.contended);
}

/* Levels of the tree for a span, and the sum of their loads when all of it is in
 * objects of 2^unit bytes; with the tree in pages of 4 KiB, and of 2 MiB. */
struct walk {
	unsigned levels;
	double ns;
	double ns_huge;
	uint64_t root_bytes;
};

static void walk_level(struct walk *walk, uint64_t bytes)
{
	double ns = machine_load(&machine, bytes);

	walk->levels++;
	walk->ns += ns;
	walk->ns_huge += ns < machine.load_huge ? ns : machine.load_huge;
}

static struct walk walk_of(uint64_t span, unsigned unit)
{
	unsigned shift = 12 + NODE_BITS;
	struct walk walk = { 0, address, address, 0 };

	while (span >> shift > ROOT_SLOTS_MAX)
		shift += NODE_BITS;
	walk.root_bytes = (span >> shift) * sizeof(gm_word);
	walk_level(&walk, walk.root_bytes);
	while (shift > unit) {
		shift -= NODE_BITS;
		walk_level(&walk, (span >> shift) * sizeof(gm_word));
	}
	return walk;
}

static void checks(void)
{
	static struct pair_line line;
	struct bench two = BENCH_THREADS("two", pair_try_get, &line, 2);

	printf("model: measured over modelled, 1 is right\n");
	row("check.chain.4k.1g", measured_chain(BENCH_GIB, 4096) / walk_of(BENCH_GIB, 12).ns);
	row("check.chain.4k.16g",
	    measured_chain(16 * BENCH_GIB, 4096) / walk_of(16 * BENCH_GIB, 12).ns);
	row("check.chain.2m.1t",
	    measured_chain(BENCH_TIB, 2 * BENCH_MIB) / walk_of(BENCH_TIB, 21).ns);
	if (bench_nr_cpus() < 2) {
		bench_skip("model.check.line", "only one processor may be used");
		return;
	}
	pair_set_up(&line, 1);
	bench_run(&two, 1, loops / 4);
	row("check.line.2", two.median / (2 * 2 * machine.contended));
}

/* Descriptors and tree of 1 GiB in objects of that size, without the static part. */
static double kib_per_gib(uint64_t object_size)
{
	struct gm_stats stats;

	lookup_begin(&lookup_adhoc, 4 * BENCH_GIB, 4 * BENCH_GIB / object_size, 0);
	lookup_fill(&lookup_adhoc, object_size);
	lookup_adhoc.stats(&stats);
	lookup_end();
	return (double)(stats.used_bytes - stats.static_bytes) / (4 * BENCH_KIB);
}

static void predictions(void)
{
	struct walk small = walk_of(SPAN, 12);
	struct walk large = walk_of(SPAN, 21);
	double gib = (double)SPAN / (double)BENCH_GIB;
	double pair = 2 * machine.add;

	printf("model: %u processors, %llu TiB\n", PROCESSORS,
	       (unsigned long long)(SPAN / BENCH_TIB));
	row("64c.ref.own_line.ns", pair);
	row("64c.ref.one_line.ns", 2 * PROCESSORS * machine.contended);
	row("64c.ref.one_line.worst.ns", 2 * PROCESSORS * (machine.transfer + machine.add));
	row("64c.ref.own_line.per_us", PROCESSORS * 1000 / pair);
	row("64c.free_bytes.ns", PROCESSORS * machine.transfer);
	row("64t.root.kib", (double)small.root_bytes / (double)BENCH_KIB);
	row("64t.4k.levels", small.levels);
	row("64t.4k.lookup.ns", small.ns);
	row("64t.4k.lookup.huge.ns", small.ns_huge);
	row("64t.2m.levels", large.levels);
	row("64t.2m.lookup.ns", large.ns);
	row("64t.2m.lookup.huge.ns", large.ns_huge);
	row("64t.4k.metadata.gib", kib_per_gib(4096) * gib / BENCH_MIB);
	row("64t.2m.metadata.gib", kib_per_gib(2 * BENCH_MIB) * gib / BENCH_MIB);
	row("64t.structpage.gib", gib * BENCH_GIB / 4096 * 64 / BENCH_GIB);
}

int main(int argc, char **argv)
{
	bench_begin(argc, argv);
	loops = bench_quick() ? 400000 : 2000000;
	constants();
	checks();
	predictions();
	return 0;
}
