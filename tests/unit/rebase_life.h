/* SPDX-License-Identifier: BSD-2-Clause */
/* rebase_life.h - objects of the machine that moves, before and after. */
#ifndef REBASE_LIFE_H
#define REBASE_LIFE_H

#include "rebase_unit.h"

#define NR_HELD 600u
#define BIG MIB

/* Objects that this test holds one reference of, and big ones, one in each table. */
static struct gm_desc *held[NR_HELD];
static uint64_t held_base[NR_HELD];
static uint64_t big_base[NR_KINDS];
static unsigned nr_held;
static unsigned nr_orphans;

static inline struct gm_desc *claim(unsigned kind, uint64_t size, unsigned type)
{
	struct gm_claim request;
	struct gm_desc *desc = NULL;

	memset(&request, 0, sizeof(request));
	request.size = size;
	request.type = type;
	request.owner = machine->owner;
	request.min = gm_paddr(bases[kind]);
	request.max = gm_paddr(bases[kind] + REGION_BYTES);
	expect_eq(gm_space_claim(&machine->space, &request, GM_NODE_ANY, &desc), 0);
	return desc;
}

static inline void hold(unsigned kind, uint64_t size, unsigned type)
{
	held[nr_held] = claim(kind, size, type);
	held_base[nr_held] = gm_desc_base(held[nr_held]);
	nr_held++;
}

static inline void forget(unsigned i)
{
	nr_held--;
	held[i] = held[nr_held];
	held_base[i] = held_base[nr_held];
}

/* Its last reference was an undone lookup's. */
static inline void leave_to_reap(unsigned i)
{
	expect_eq(gm_ref_undo(held[i]), -GM_EORPHAN);
	gm_space_orphan(&machine->space, held[i]);
	forget(i);
	nr_orphans++;
}

/* Objects of many sizes, and gaps; descriptors and nodes that are free again, and some
 * that lanes keep. */
static inline void live_on(unsigned long long *seed, unsigned nr)
{
	while (nr-- > 0) {
		unsigned kind = (unsigned)(unit_random(seed) % NR_KINDS);
		uint64_t size = (4 * KIB) << (unit_random(seed) % 3);

		if (kind == 2 && unit_random(seed) % 2 != 0)
			size = 64 * (1 + unit_random(seed) % 40);
		if (nr_held < NR_HELD && unit_random(seed) % 3 != 0) {
			hold(kind, size, 1 + nr % GM_TYPE_MAX);
		} else if (nr_held > 1) {
			unsigned i = (unsigned)(unit_random(seed) % nr_held);

			expect_eq(gm_space_put(&machine->space, held[i]), 1);
			forget(i);
		}
	}
}

static inline void begin_life(enum source source, unsigned long long *seed)
{
	unsigned kind;

	nr_held = 0;
	nr_orphans = 0;
	begin_machine(source);
	for (kind = 0; kind < NR_KINDS; kind++) {
		hold(kind, 4 * KIB, 1);
		leave_to_reap(0);
		big_base[kind] = gm_desc_base(claim(kind, BIG, 2));
	}
	live_on(seed, 1000);
	check_machine();
}

static inline int count_visit(void *ctx, struct gm_desc *desc)
{
	(void)desc;
	++*(unsigned *)ctx;
	return 0;
}

/* Everything that there was is there. */
static inline void check_life(const struct gm_rebase *rebase)
{
	unsigned nr = 0;
	unsigned i;

	check_machine();
	for (i = 0; i < nr_held; i++) {
		struct gm_desc *desc;

		held[i] = gm_rebase_pointer(rebase, held[i]);
		expect(gm_space_find_object(&machine->space, gm_paddr(held_base[i])) == held[i]);
		expect_eq(gm_space_find_get(&machine->space, gm_paddr(held_base[i]), 0, &desc), 0);
		expect(desc == held[i]);
		expect_eq(gm_ref_count(desc), 2);
		expect_eq(gm_space_put(&machine->space, desc), 0);
	}
	expect_eq(gm_space_for_each(&machine->space, count_visit, &nr), 0);
	expect_eq(nr, nr_held + NR_KINDS);
}

/* Out of the middle of the big one, whose rest becomes objects of their own. */
static inline int cut(unsigned kind)
{
	struct gm_paddr base = gm_paddr(big_base[kind] + 20 * KIB);

	if (kind == 0)
		return gm_compound_release_range(&machine->compound, base, 8 * KIB);
	if (kind == 1)
		return gm_folio_release_range(&machine->folio, base, 8 * KIB);
	return gm_adhoc_release_range(&machine->adhoc, base, 8 * KIB);
}

static inline void end_life(void)
{
	struct gm_stats stats;
	unsigned kind, i;

	while (nr_held != 0) {
		expect_eq(gm_space_put(&machine->space, held[0]), 1);
		forget(0);
	}
	for (kind = 0; kind < NR_KINDS; kind++) {
		expect_eq(cut(kind), 0);
		for (i = 0; i < BIG / (4 * KIB); i++) {
			struct gm_desc *desc = gm_space_find_object(
				&machine->space, gm_paddr(big_base[kind] + 4 * KIB * i));

			if (desc != NULL)
				expect_eq(gm_space_put(&machine->space, desc), 1);
		}
	}
	check_machine();
	gm_space_stats(&machine->space, &stats);
	expect_eq(stats.nr_objects, 0);
	expect_eq(stats.free_bytes + stats.hosted_bytes, NR_KINDS * REGION_BYTES);
}

#endif
