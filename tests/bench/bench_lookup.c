/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_lookup.c [--quick] [--huge] [--1t] [TABLE...] - address -> descriptor,
 * beside the least that can be: an array of 8 bytes a 4 KiB, indexed by the
 * address, with a bounds check and an acquire load.
 *
 * Everything the region holds is objects of one size, and every descriptor
 * exists. The array and the tables lie in memory of one kind: pages of 4 KiB, as a
 * process has them, or with --huge pages of 2 MiB for all, as a kernel's direct
 * map has; then names of figures end in ".huge".
 *
 * --1t does 1 TiB alone, which needs about 13 GiB of memory. TABLE (adhoc, folio,
 * compound) leaves out the others.
 *
 * Random lookups are bound by how many fit into the processor's window, so each
 * instruction counts. "floor" is the least that a table of the same shape needs, in the
 * same run: for ad-hoc two levels of constant sizes, either of which may hold the
 * object; for compound a word of each granule's descriptor; for folio the array itself.
 */
#include "lookup.h"

/* What is asked for, and how to print it. */
struct figures {
	const struct lookup_kind *kind;
	const char *span; /* "64g" */
	const char *unit; /* "4k" */
	double random;    /* the goals; 0 for none */
	double seq;
	double chain;
	double get_put;
};

static void figure(const struct figures *f, const char *what, const char *versus,
		   const struct bench *candidate, const struct bench *limit, double goal)
{
	char metric[80];

	snprintf(metric, sizeof(metric), "%s.%s.%s.%s.%s.vs_%s%s",
		 strncmp(versus, "flat_faa", 8) == 0 ? "findget_put" : "lookup", f->kind->name,
		 f->unit, f->span, what, versus, bench_option("--huge") ? ".huge" : "");
	bench_ratio(metric, candidate, limit, goal);
}

/*
 * How many lookups a round has. Where the array fits the caches each of its words is looked
 * at four times and more: a round that ends before would measure whose words were there
 * from the round before, and the array's are its floor's, too.
 */
static uint64_t warm(uint64_t loops)
{
	uint64_t granules = world.flat.size / LOOKUP_GRANULE;

	return granules <= BENCH_GIB / LOOKUP_GRANULE && loops < 4 * granules ? 4 * granules :
										loops;
}

static void measure(const struct figures *f, uint64_t loops)
{
	const struct lookup_loops *table = &f->kind->loops;
	struct bench random[] = { BENCH("flat, random", lookup_flat.random, NULL),
				  BENCH("table, random", table->random, NULL),
				  BENCH("the floor", f->kind->floor->random, NULL),
				  BENCH("the addresses alone", lookup_addresses, NULL) };
	struct bench seq[] = { BENCH("flat, seq", lookup_flat.seq, NULL),
			       BENCH("table, seq", table->seq, NULL),
			       BENCH("the floor", f->kind->floor->seq, NULL) };
	struct bench chain[] = { BENCH("flat, chain", lookup_flat.chain, NULL),
				 BENCH("table, chain", table->chain, NULL),
				 BENCH("the floor", f->kind->floor->chain, NULL) };
	struct bench get[] = { BENCH("flat, fetch-and-add + subtract", lookup_flat_get_put, NULL),
			       BENCH("table, find_get + put", f->kind->get_put, NULL),
			       BENCH("two bare levels, two answers", lookup_leaves_get_put, NULL) };

	bench_run(random, BENCH_NR(random), warm(loops));
	bench_run(seq, BENCH_NR(seq), loops);
	bench_run(chain, BENCH_NR(chain), warm(loops / 8));
	bench_run(get, BENCH_NR(get), warm(loops / 4));
	printf("lookup: %s, everything in objects of %s, %s\n", f->kind->name, f->unit, f->span);
	bench_times(random, BENCH_NR(random));
	bench_times(seq, BENCH_NR(seq));
	bench_times(chain, BENCH_NR(chain));
	bench_times(get, BENCH_NR(get));
	figure(f, "random", "flat", &random[1], &random[0], f->random);
	figure(f, "seq", "flat", &seq[1], &seq[0], f->seq);
	figure(f, "chain", "flat", &chain[1], &chain[0], f->chain);
	figure(f, "random", "flat.floor", &random[2], &random[0], 0);
	figure(f, "seq", "flat.floor", &seq[2], &seq[0], 0);
	figure(f, "chain", "flat.floor", &chain[2], &chain[0], 0);
	figure(f, "random", "flat_faa", &get[1], &get[0], f->get_put);
	if (f->kind->floor == &lookup_leaves)
		figure(f, "random", "flat_faa.floor", &get[2], &get[0], 0);
}

/* Was this table asked for, or none by name? */
static int wanted(const struct lookup_kind *kind)
{
	return bench_option(kind->name) ||
	       !(bench_option("adhoc") || bench_option("folio") || bench_option("compound"));
}

int main(int argc, char **argv)
{
	static const struct {
		struct figures figures;
		uint64_t size;
		uint64_t object_size;
	} cases[] = {
		{ { &lookup_adhoc, "64g", "2m", 0.20, 0, 0, 0 }, 64 * BENCH_GIB, 2 * BENCH_MIB },
		{ { &lookup_adhoc, "1g", "4k", 1.35, 1.80, 1.20, 0 }, BENCH_GIB, LOOKUP_GRANULE },
		{ { &lookup_folio, "1g", "4k", 1.10, 1.80, 1.20, 0 }, BENCH_GIB, LOOKUP_GRANULE },
		{ { &lookup_compound, "1g", "4k", 0, 1.80, 1.20, 0 }, BENCH_GIB, LOOKUP_GRANULE },
		{ { &lookup_adhoc, "64g", "4k", 1.35, 1.80, 1.20, 1.30 },
		  64 * BENCH_GIB,
		  LOOKUP_GRANULE },
		{ { &lookup_folio, "64g", "4k", 1.10, 1.80, 1.20, 0 },
		  64 * BENCH_GIB,
		  LOOKUP_GRANULE },
		{ { &lookup_compound, "64g", "4k", 0, 1.80, 1.20, 0 },
		  64 * BENCH_GIB,
		  LOOKUP_GRANULE },
		{ { &lookup_adhoc, "1t", "4k", 1.85, 1.80, 1.45, 0 }, BENCH_TIB, LOOKUP_GRANULE },
		{ { &lookup_folio, "1t", "4k", 1.10, 1.80, 1.45, 0 }, BENCH_TIB, LOOKUP_GRANULE },
		{ { &lookup_compound, "1t", "4k", 0, 1.80, 1.45, 0 }, BENCH_TIB, LOOKUP_GRANULE },
	};
	unsigned flags;
	uint64_t loops;
	size_t i;

	bench_begin(argc, argv);
	if (!bench_quick())
		bench_repeat(5); /* the nearest to their goals, and the most sensitive */
	flags = bench_option("--huge") ? GM_HOSTED_HUGE : 0;
	loops = bench_quick() ? 200000 : 1000000;
	printf("lookup: array and tables in pages of %s\n", flags != 0 ? "2 MiB" : "4 KiB");
	for (i = 0; i < BENCH_NR(cases); i++) {
		const struct figures *f = &cases[i].figures;

		if ((cases[i].size == BENCH_TIB) != bench_option("--1t") || !wanted(f->kind))
			continue;
		lookup_begin(f->kind, cases[i].size, cases[i].size / cases[i].object_size, flags);
		lookup_fill(f->kind, cases[i].object_size);
		measure(f, loops);
		lookup_end();
	}
	return 0;
}
