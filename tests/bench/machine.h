/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine.h - what single steps cost on this machine, in ns, for bench_model.c.
 */
#ifndef GM_BENCH_MACHINE_H
#define GM_BENCH_MACHINE_H

#include "bench.h"

#define MACHINE_SIZES 8

/* Bytes: 16 KiB to 512 MiB. */
extern const uint64_t machine_sizes[MACHINE_SIZES];

struct machine {
	/* A dependent load, at random, from as much memory as machine_sizes says, in
	 * pages of 4 KiB; and from the largest of them in pages of 2 MiB. */
	double load[MACHINE_SIZES];
	double load_huge;
	/* A load whose address is known early: many are on their way at once. */
	double independent;
	double add;       /* an atomic addition to a line that is here */
	double transfer;  /* a line that another processor wrote, and back to it: half of it */
	double contended; /* an atomic addition by one of two who do nothing else */
};

/* machine_measure - transfer and contended are 0 if only one processor may be used. */
void machine_measure(struct machine *out, uint64_t loops);

/* machine_load - a dependent load from so many bytes: between the sizes that were
 * measured, in proportion to the logarithm; beyond them, that of the last. */
double machine_load(const struct machine *machine, uint64_t bytes);

#endif
