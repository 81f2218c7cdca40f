/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pair.h - a reference taken and given up: granmem's two ways, and the least that
 * two atomic additions cost. ctx is a line that all of its users share.
 */
#ifndef GM_BENCH_PAIR_H
#define GM_BENCH_PAIR_H

#include "peer.h"
#include <granmem/ref.h>

/* Two bare ones, two of granmem's, and three of others. */
#define PAIR_KINDS 7

struct pair_line {
	union {
		struct gm_desc desc;
		gm_word word;
	};
} __attribute__((aligned(64)));

/* pair_set_up - a live object with one reference, or just a word of value 1. */
void pair_set_up(struct pair_line *line, int object);

bench_fn pair_bare;    /* lock inc, lock dec, nothing is looked at */
bench_fn pair_fetch;   /* the same, but the old values come back: nothing less can tell */
bench_fn pair_get;     /* gm_ref_get, gm_ref_put */
bench_fn pair_try_get; /* gm_ref_try_get, gm_ref_put */

#endif
