/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stress_held.h - the tables under stress, and what each thread holds of it.
 *
 * A plain array says for each unit of memory whether an object covers it. Only
 * creators and destroyers touch it, without atomics: a second owner of a unit is
 * found by its value, and an order that the table fails to make by the thread
 * sanitizer.
 */
#ifndef STRESS_HELD_H
#define STRESS_HELD_H

#include <granmem/adhoc.h>
#include <granmem/compound.h>
#include <granmem/folio.h>

#include "../model/table_ops.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

TABLE_OPS(compound, 0);
TABLE_OPS(folio, 0);
TABLE_OPS(adhoc, 1);

#define BASE 0x7fff0000ull
#define GRANULE_SHIFT 12
#define GRANULE 4096ull
#define NR_GRANULES 80
#define SIZE (NR_GRANULES * GRANULE)
#define NR_UNITS (SIZE / 64)
#define NR_TYPES 3
#define HELD 48
#define MOST_THREADS 64

static const struct table_ops *ops;
static void *table;
static unsigned char covered[NR_UNITS];
static char owners[NR_TYPES + 1];
static unsigned long nr_steps;
static unsigned nr_threads;

struct held {
	struct gm_desc *desc;
	unsigned refs;
	unsigned pins;
};

struct thread {
	pthread_t id;
	unsigned index;
	unsigned long long seed;
	struct held held[HELD];
	unsigned nr;
	unsigned long nr_created, nr_conflicts, nr_found, nr_busy, nr_released, nr_reaped;
};

static void die(const char *file, int line, const char *text)
{
	fprintf(stderr, "%s:%d: %s: %s\n", file, line, ops->name, text);
	abort();
}

#define EXPECT(cond) ((cond) ? (void)0 : die(__FILE__, __LINE__, #cond))

static unsigned long long draw(struct thread *thread, unsigned long long below)
{
	thread->seed ^= thread->seed << 13;
	thread->seed ^= thread->seed >> 7;
	thread->seed ^= thread->seed << 17;
	return (thread->seed >> 11) % below;
}

static void cover(uint64_t base, uint64_t size, unsigned char from, unsigned char to)
{
	uint64_t unit = (base - BASE) / 64;
	uint64_t end = unit + size / 64;

	for (; unit < end; unit++) {
		EXPECT(covered[unit] == from); /* I7 */
		covered[unit] = to;
	}
}

/* What a holder may read. */
static void check_fields(const struct gm_desc *desc)
{
	uint64_t base = gm_desc_base(desc);
	uint64_t size = gm_desc_size(desc);

	EXPECT(base >= BASE && size != 0 && base + size <= BASE + SIZE);
	EXPECT(gm_desc_owner(desc) == &owners[gm_ref_type(desc)]);
	EXPECT(ops->any_multiple || (size & (size - 1)) == 0);
	EXPECT(ops->find(table, gm_paddr(base)) == desc);
	EXPECT(ops->find(table, gm_paddr(base + size - 1)) == desc);
}

static void drop_ref(struct gm_desc *desc)
{
	struct gm_object gone;

	if (!gm_ref_put(desc, &gone))
		return;
	EXPECT(gone.owner == &owners[gone.type]);
	cover(gone.base.value, gone.size, 1, 0);
	ops->remove(table, desc);
}

static void drop(struct thread *thread, unsigned i)
{
	struct held held = thread->held[i];
	struct gm_object gone;

	check_fields(held.desc);
	thread->held[i] = thread->held[--thread->nr];
	for (; held.pins != 0; held.pins--, held.refs--) {
		if (!gm_ref_unpin(held.desc, &gone))
			continue;
		cover(gone.base.value, gone.size, 1, 0);
		ops->remove(table, held.desc);
	}
	for (; held.refs != 0; held.refs--)
		drop_ref(held.desc);
}

static void keep(struct thread *thread, struct gm_desc *desc)
{
	unsigned i;

	check_fields(desc);
	for (i = 0; i < thread->nr; i++) {
		if (thread->held[i].desc == desc) {
			thread->held[i].refs++;
			return;
		}
	}
	if (thread->nr == HELD)
		drop(thread, (unsigned)draw(thread, HELD));
	thread->held[thread->nr++] = (struct held){ desc, 1, 0 };
}

#endif
