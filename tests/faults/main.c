/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - everything that can fail, failed in turn.
 *
 *   sweep     each operation with each allocation refused
 *   counts    each call of the state word at each boundary
 *   misuse    each mistake with a table
 *   starts    init, a pool, a space
 *   hosted    the system's refusals
 *   index     nodes of an index that run out
 *   controls  operations that do lose something, and must be found
 */
#include "faults.h"

#include <stdio.h>

int main(void)
{
	struct tally all = { .points = 0 };
	unsigned missed;

	tally = &all;
	sweep_all();
	counts_all();
	misuse_all();
	starts_all();
	hosted_all();
	index_all();
	missed = controls_all();
	if (all.skipped != 0)
		printf("SKIP: faults: %lu cases: their assertions are not in GM_CONFIG_CHECKS %d\n",
		       all.skipped, GM_CONFIG_CHECKS);
	if (missed != 0)
		printf("%u of the planted faults were not found\n", missed);
	printf("faults: %lu points, %lu lost\n", all.points, all.lost);
	return missed != 0 || all.lost != 0;
}
