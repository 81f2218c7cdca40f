/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of lib/adhoc_release.c: freeing parts of objects, all or nothing. */
#include "adhoc_unit.h"

#define BASE (2 * GIB)
#define SIZE (16 * GIB)

static int owners[4];

/* An object with everything that its rests must inherit. */
static struct gm_desc *rich(uint64_t base, uint64_t size, unsigned type)
{
	struct gm_object object = { gm_paddr(base), size, type, &owners[type % 4] };
	struct gm_desc *desc;

	expect_eq(gm_adhoc_create(&table, &object, &desc), 0);
	(void)gm_desc_set_flags(desc, GM_FLAG_DIRTY | GM_FLAG_USER(6) |
					      (type % 2 ? GM_FLAG_POISONED : GM_FLAG_UPTODATE));
	if (type % 3 == 0)
		gm_ref_set_nopin(desc);
	return desc;
}

/* [base, base + size) is one such object, which the caller alone holds. */
static struct gm_desc *expect_rich(uint64_t base, uint64_t size, unsigned type)
{
	struct gm_desc *desc = gm_adhoc_find(&table, gm_paddr(base));
	uint64_t at = base;

	expect(desc != NULL && gm_ref_is_sole(desc) && gm_ref_type(desc) == type);
	expect_eq(gm_desc_base(desc), base);
	expect_eq(gm_desc_size(desc), size);
	expect(gm_desc_owner(desc) == &owners[type % 4]);
	expect_eq(gm_desc_flags(desc), GM_FLAG_DIRTY | GM_FLAG_USER(6) |
					       (type % 2 ? GM_FLAG_POISONED : GM_FLAG_UPTODATE));
	expect_eq(gm_state_is_nopin(desc->state), type % 3 == 0);
	expect_eq(gm_ref_pins(desc), 0);
	for (; at < base + size; at += size > 64 * KIB ? (size / 64 & ~(uint64_t)63) : 64)
		expect(gm_adhoc_find(&table, gm_paddr(at)) == desc);
	expect(gm_adhoc_find(&table, gm_paddr(base + size - 1)) == desc);
	return desc;
}

static int release(uint64_t base, uint64_t size)
{
	return gm_adhoc_release_range(&table, gm_paddr(base), size);
}

/* A call that must fail, without a trace. */
static int refusal(uint64_t base, uint64_t size)
{
	struct gm_stats before = figures();
	struct gm_stats after;
	int err = release(base, size);

	after = figures();
	expect(err < 0 && same(&before, &after));
	return err;
}

static void start(unsigned root_shift)
{
	region(BASE, SIZE);
	config.root_shift = root_shift;
	begin(2000);
}

static void test_errors(void)
{
	static const uint64_t hostile[] = { GM_PADDR_END, UINT64_MAX };
	unsigned i;

	start(0);
	rich(BASE, 8192, 1);
	for (i = 0; i < 2; i++) {
		expect_eq(refusal(BASE, hostile[i]), -GM_EOVERFLOW);
		expect_eq(refusal(hostile[i], 64), -GM_EOVERFLOW);
		expect_eq(refusal(hostile[i], hostile[i]), -GM_EOVERFLOW);
		expect_eq(refusal(hostile[i], 0), -GM_ESIZE);
	}
	expect_eq(refusal(BASE, 0), -GM_ESIZE);
	expect_eq(refusal(BASE, UINT64_MAX - BASE + 1), -GM_EOVERFLOW);
	expect_eq(refusal(0, 64), -GM_ERANGE);
	expect_eq(refusal(BASE - 64, 128), -GM_ERANGE);
	expect_eq(refusal(BASE, SIZE + 64), -GM_ERANGE);
	expect_eq(refusal(BASE + SIZE, 64), -GM_ERANGE);
	for (i = 1; i < 64; i++) {
		expect_eq(refusal(BASE + i, 64), -GM_EALIGN);
		expect_eq(refusal(BASE, 64 + i), -GM_EALIGN);
	}
	expect_eq(refusal(BASE + 8192, 64), -GM_ENOENT);
	expect_eq(refusal(BASE, 8192 + 64), -GM_ENOENT);
	expect_eq(refusal(BASE, SIZE), -GM_ENOENT);
	expect_rich(BASE, 8192, 1);
	verified();
}

/* Free [first, end) out of one object: whole, head, tail or middle. */
static void cut(uint64_t base, uint64_t size, uint64_t first, uint64_t end, unsigned type)
{
	struct gm_desc *desc = rich(base, size, type);
	struct gm_stats before = figures();
	uint64_t stop = base + size;
	unsigned generation = gm_state_generation(desc->state);

	expect_eq(release(first, end - first), 0);
	expect_eq(figures().free_bytes, before.free_bytes + (end - first));
	expect_eq(verified().nr_objects, (unsigned)(first > base) + (end < stop));
	expect(generation != gm_state_generation(desc->state));
	/* The descriptor stays with the part in front, else with the one behind. */
	if (first > base)
		expect(expect_rich(base, first - base, type) == desc);
	if (end < stop)
		expect((expect_rich(end, stop - end, type) == desc) == (first == base));
	expect_eq(lookup(first, 0), -GM_ENOENT);
	expect_eq(lookup(end - 1, 0), -GM_ENOENT);
	drop(make(first, end - first, 1));
	if (first > base)
		drop(gm_adhoc_find(&table, gm_paddr(base)));
	verified();
	if (end < stop)
		drop(gm_adhoc_find(&table, gm_paddr(end)));
	verified();
	expect_eq(figures().nr_nodes, 0);
	expect_eq(figures().free_bytes, SIZE);
}

/* Every kind of boundary in objects of every kind, at each level of the tree. */
static void test_cuts(void)
{
	static const uint64_t sizes[] = { 128, 4096, 8192, 4096 + 1536, 2 * MIB, 2 * MIB + 64,
					  6 * MIB, 5 * MIB + 4160, GIB, GIB + 2 * MIB };
	static const uint64_t places[] = { 0, 64, 2 * MIB - 4096, 3 * MIB + 8192 };
	static const uint64_t parts[] = { 64, 4096, 4032, 2 * MIB, 2 * MIB - 64, 8192, GIB / 2,
					  MIB + 64 };
	unsigned i, j, k, m, root_shift, type = 0;

	for (root_shift = 21; root_shift <= 39; root_shift += 9) {
		start(root_shift);
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			for (j = 0; j < sizeof(places) / sizeof(places[0]); j++) {
				uint64_t base = BASE + GIB + places[j];
				uint64_t size = sizes[i];

				type = type % 15 + 1;
				cut(base, size, base, base + size, type);
				for (k = 0; k < 8; k++) {
					if (parts[k] >= size)
						continue;
					cut(base, size, base, base + parts[k], type);
					cut(base, size, base + parts[k], base + size, type);
					for (m = 0; m < 8 && parts[m] < size - parts[k]; m++)
						cut(base, size, base + parts[k],
						    base + parts[k] + parts[m], type);
				}
			}
		}
	}
}

/* A middle cut in the middle of the largest slot: two nodes at each level below. */
static void test_nodes_of_a_cut(void)
{
	start(39);
	rich(BASE, GIB, 3);
	expect_eq(figures().nr_nodes, 1);
	expect_eq(release(BASE + 3 * MIB + 4160, 512 * MIB), 0);
	expect_eq(figures().nr_nodes, 1 + 1 + 2 + 2);
	expect_eq(figures().nr_objects, 2);
	expect_rich(BASE, 3 * MIB + 4160, 3);
	expect_rich(BASE + 515 * MIB + 4160, 509 * MIB - 4160, 3);
	verified();
	expect_eq(release(BASE, 3 * MIB + 4160), 0);
	expect_eq(release(BASE + 515 * MIB + 4160, 509 * MIB - 4160), 0);
	verified();
	expect_eq(figures().nr_nodes, 0);
}

/* Objects of mixed sizes side by side, up to the end. */
static uint64_t row(uint64_t base, unsigned nr)
{
	static const uint64_t sizes[] = { 1536, 4096, 64, 2 * MIB, 8192 + 64, 2496, 6 * MIB, 192 };
	unsigned i;

	for (i = 0; i < nr; i++) {
		rich(base, sizes[i % 8], 1 + i % 15);
		base += sizes[i % 8];
	}
	return base;
}

static void test_many_objects(void)
{
	uint64_t end;

	start(0);
	end = row(BASE + 4096, 40);
	/* From the middle of the first to the middle of the last but one. */
	expect_eq(release(BASE + 4096 + 512, end - 192 - 64 - (BASE + 4096 + 512)), 0);
	expect_eq(verified().nr_objects, 3);
	expect_rich(BASE + 4096, 512, 1);
	expect_rich(end - 192 - 64, 64, 1 + 38 % 15);
	expect_rich(end - 192, 192, 1 + 39 % 15);
	expect_eq(figures().free_bytes, SIZE - 512 - 64 - 192);
	expect_eq(release(BASE + 4096, 512), 0);
	expect_eq(release(end - 256, 256), 0);
	verified();
	expect_eq(figures().nr_nodes, 0);
}

/* Whatever is wrong with one object of many, the others stay as they were. */
static void test_all_or_nothing(void)
{
	struct gm_desc *held, *all[40];
	gm_word states[40];
	uint64_t base = BASE + 4096;
	uint64_t end, at;
	unsigned i, j, kind;
	struct gm_object gone;

	start(0);
	end = row(base, 40);
	for (i = 0, at = base; i < 40; i++, at += gm_desc_size(all[i - 1]))
		all[i] = gm_adhoc_find(&table, gm_paddr(at));
	for (i = 0; i < 40; i += 3) {
		for (kind = 0; kind < 3; kind++) {
			held = all[i];
			gm_ref_clear_nopin(held);
			if (kind == 0)
				gm_ref_get(held);
			else if (kind == 1)
				expect_eq(gm_ref_try_pin(held), 0);
			else
				expect_eq(gm_ref_freeze(held, 1), 0);
			for (j = 0; j < 40; j++)
				states[j] = all[j]->state & ~GM_STATE_GENERATION_MASK;
			expect_eq(refusal(base, end - base), -GM_EBUSY);
			expect_eq(refusal(base + 64, end - 64 - base), -GM_EBUSY);
			for (j = 0; j < 40; j++)
				expect_eq(all[j]->state & ~GM_STATE_GENERATION_MASK, states[j]);
			if (kind == 0)
				expect_eq(gm_adhoc_put(&table, held), 0);
			else if (kind == 1)
				expect_eq(gm_ref_unpin(held, &gone), 0);
			else
				gm_ref_thaw(held, 1);
			if ((1 + i % 15) % 3 == 0)
				gm_ref_set_nopin(held);
		}
	}
	for (i = 0, at = base; i < 40; at += gm_desc_size(all[i++]))
		expect(expect_rich(at, gm_desc_size(all[i]), 1 + i % 15) == all[i]);
	/* A hole. */
	drop(all[20]);
	expect_eq(refusal(base, end - base), -GM_ENOENT);
	expect_eq(verified().nr_objects, 39);
	expect_eq(release(base, gm_desc_base(all[19]) + gm_desc_size(all[19]) - base), 0);
	expect_eq(verified().nr_objects, 19);
}

/* Take every descriptor and every node there is, in what nobody looks at. */
static void exhaust_descs(void)
{
	uint64_t at = BASE + 2 * GIB;
	struct gm_object object = record(at, 2 * MIB, 1);
	struct gm_desc *desc;
	int err;

	/* What an earlier call left there comes before what is lacking. */
	do {
		err = gm_adhoc_create(&table, &object, &desc);
		at += 2 * MIB;
		object.base = gm_paddr(at);
	} while (err == 0 || err == -GM_EEXIST);
	expect_eq(err, -GM_ENOMEM);
}

static void exhaust_nodes(unsigned level)
{
	while (gm_radix_take_node(&table.radix, level, GM_RADIX_THOROUGH) != NULL)
		;
}

static void test_out_of_metadata(void)
{
	struct gm_verify found;
	unsigned level;

	/* No descriptor: only the cut in the middle of one object needs one. */
	region(BASE, SIZE);
	begin(40);
	rich(BASE, 2 * MIB, 3);
	rich(BASE + 2 * MIB, 4096, 4);
	drop(make(BASE + 4 * MIB, 64, 1));
	exhaust_descs();
	expect_eq(refusal(BASE + 4096, 4096), -GM_ENOMEM);
	expect_rich(BASE, 2 * MIB, 3);
	verified();
	expect_eq(release(BASE + MIB, MIB), 0);
	expect_eq(release(BASE, 4096), 0);
	expect_rich(BASE + 4096, MIB - 4096, 3);
	verified();
	/* No node of one level or another. Taken ones are no table's: no verify. */
	for (level = 0; level < 2; level++) {
		region(BASE, SIZE);
		begin(40);
		rich(BASE, 2 * MIB, 3);
		rich(BASE + 2 * MIB, 2 * MIB, 4);
		rich(BASE + 4 * MIB, 4096, 5);
		rich(BASE + 4 * MIB + 4096, 64, 6);
		exhaust_descs();
		drop(gm_adhoc_find(&table, gm_paddr(BASE + 2 * GIB)));
		drop(gm_adhoc_find(&table, gm_paddr(BASE + 2 * GIB + 2 * MIB)));
		exhaust_nodes(level);
		expect_eq(refusal(BASE + 64, MIB), -GM_ENOMEM);
		expect_eq(refusal(BASE, 2 * MIB + 64), -GM_ENOMEM);
		expect_eq(refusal(BASE + MIB - 64, 3 * MIB), -GM_ENOMEM);
		expect_rich(BASE, 2 * MIB, 3);
		expect_rich(BASE + 2 * MIB, 2 * MIB, 4);
		exhaust_nodes(0);
		exhaust_nodes(1);
		exhaust_descs();
		/* Whole objects never allocate. */
		expect_eq(release(BASE, 4 * MIB + 4160), 0);
		expect(gm_adhoc_verify(&table, &found) == -GM_ECORRUPT &&
		       found.nr_errors <= 2 && strstr(found.first, "node is neither free") != NULL);
		expect(gm_adhoc_find(&table, gm_paddr(BASE + 4 * MIB)) == NULL);
	}
}

/* A mark, as self-hosted metadata has: it is nobody's to free. */
static void test_metadata(void)
{
	start(0);
	rich(BASE, 2 * MIB, 1);
	*gm_radix_root_slot(&table.radix, table.radix.first + 1) = GM_RADIX_MARK;
	expect_eq(refusal(BASE + 2 * MIB, 64), -GM_ENOTRAM);
	expect_eq(refusal(BASE, 4 * MIB), -GM_ENOTRAM);
	*gm_radix_root_slot(&table.radix, table.radix.first + 1) = 0;
	expect_rich(BASE, 2 * MIB, 1);
	verified();
}

/* What is behind a descriptor stays with it; a rest has nothing of an earlier object. */
static void test_extended(void)
{
	static const gm_word mark = 0x5eed;
	struct gm_desc *desc, *rest;
	gm_word *extended;

	region(BASE, SIZE);
	config.desc_size = 48;
	config.nr_lanes = 1;
	begin(2000);
	/* The next descriptor is that of an object that was. */
	rest = make(BASE, 4 * KIB, 1);
	desc = make(BASE + MIB, 16 * KIB, 2);
	extended = (gm_word *)(void *)(rest + 1);
	extended[0] = extended[1] = mark;
	expect_eq(gm_adhoc_put(&table, rest), 1);
	*(gm_word *)(void *)(desc + 1) = mark;
	expect_eq(release(BASE + MIB + 4 * KIB, 4 * KIB), 0);
	expect(gm_adhoc_find(&table, gm_paddr(BASE + MIB)) == desc);
	expect(gm_adhoc_find(&table, gm_paddr(BASE + MIB + 8 * KIB)) == rest);
	expect(extended[0] == 0 && extended[1] == 0);
	expect_eq(*(gm_word *)(void *)(desc + 1), mark);
	/* From the front: the descriptor stays, and what is behind it. */
	expect_eq(release(BASE + MIB, KIB), 0);
	expect(gm_adhoc_find(&table, gm_paddr(BASE + MIB + KIB)) == desc);
	expect_eq(*(gm_word *)(void *)(desc + 1), mark);
	(void)verified();
}

UNIT_MAIN("adhoc_release", UNIT_TEST(test_errors), UNIT_TEST(test_cuts),
	  UNIT_TEST(test_nodes_of_a_cut), UNIT_TEST(test_many_objects),
	  UNIT_TEST(test_all_or_nothing), UNIT_TEST(test_out_of_metadata),
	  UNIT_TEST(test_metadata), UNIT_TEST(test_extended))
