/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of what gm_verify finds: one word of a sound table is damaged, the
 * verifier names the invariant, and without the damage it is sound again.
 */
#include "machine.h"

/* A table of each kind with an object of 16 granules, 1 MiB behind the base. */
static struct machine machine;
static struct gm_desc *low, *mid, *high;

#define OBJECT_GRANULES 16u
#define OBJECT_SIZE (OBJECT_GRANULES * 4 * KIB)

static struct gm_desc *make(uint64_t base)
{
	struct gm_object object = machine_object(base, OBJECT_SIZE, 1);
	struct gm_desc *desc = NULL;

	expect_eq(gm_space_create(&machine.space, &object, &desc), 0);
	return desc;
}

static void begin(void)
{
	machine_begin(&machine);
	low = make(LOW_BASE + MIB);
	mid = make(MID_BASE + MIB);
	high = make(HIGH_BASE + MIB);
}

static void end(void)
{
	expect_eq(gm_put(&machine.space, low), 1);
	expect_eq(gm_put(&machine.space, mid), 1);
	expect_eq(gm_put(&machine.space, high), 1);
	machine_end(&machine);
}

/* The space is damaged, and this is what is wrong first. */
static void expect_found(const char *text)
{
	struct gm_verify found;

	expect_eq(gm_verify_space(&machine.space, &found), -GM_ECORRUPT);
	if (strcmp(found.first, text) != 0)
		unit_fail(__FILE__, __LINE__, found.first);
}

static void expect_sound(void)
{
	struct gm_verify found;

	expect_eq(gm_verify_space(&machine.space, &found), 0);
	expect_eq(found.nr_errors, 0);
}

/* A word is damaged for one look. */
static void damage(volatile gm_word *word, gm_word value, const char *text)
{
	gm_word kept = *word;

	*word = value;
	expect_found(text);
	*word = kept;
	expect_sound();
}

static void damage_bounds(struct gm_desc *desc, uint64_t base, uint64_t size, const char *text)
{
	uint64_t kept_base = gm_desc_base(desc);
	uint64_t kept_size = gm_desc_size(desc);

	gm_desc_resize(desc, base, size);
	expect_found(text);
	gm_desc_resize(desc, kept_base, kept_size);
	expect_sound();
}

static volatile gm_word *folio_word(uint64_t index)
{
	return gm_blocks_word(&machine.mid.blocks, index);
}

static struct gm_desc *compound_desc(uint64_t index)
{
	return gm_blocks_own(&machine.low.blocks, index);
}

static void test_states(void)
{
	begin();
	damage(&low->state, low->state & ~GM_STATE_TYPE_MASK, "I3: a live object without a type");
	damage(&mid->state, mid->state & ~GM_STATE_TYPE_MASK, "I3: a live object without a type");
	damage(&high->state, high->state & ~GM_STATE_TYPE_MASK,
	       "I9, I10: a linked descriptor is nobody's");
	end();
}

static void test_blocks_are_aligned_powers_of_two(void)
{
	static const char text[] = "I6: not a naturally aligned power of two";
	uint64_t base = LOW_BASE + MIB;
	struct gm_desc *late;

	begin();
	late = make(16 * MIB);
	expect_eq(gm_put(&machine.space, low), 1);
	low = late;
	late = make(base);
	damage_bounds(late, base, 0, text);
	damage_bounds(late, base, 4 * KIB - 64, text);
	damage_bounds(late, base, 3 * 4 * KIB, text);
	damage_bounds(late, base, 4 * MIB, text);
	/* Aligned, and longer than the region. */
	damage_bounds(low, 16 * MIB, 16 * MIB, text);
	expect_eq(gm_put(&machine.space, late), 1);
	end();
}

static void test_tails_and_free_granules(void)
{
	static const char text[] = "I9: a free descriptor is live, or has a type";
	uint64_t head = MIB >> 12;
	struct gm_desc *tail, *unused;

	begin();
	tail = compound_desc(head + 3);
	unused = compound_desc(head + OBJECT_GRANULES);
	damage(&tail->state, tail->state | GM_STATE_LIVE, "I10: a tail is live");
	damage(&unused->state, unused->state | GM_STATE_LIVE, text);
	damage(&unused->state, unused->state | (gm_word)1 << GM_STATE_TYPE_SHIFT, text);
	damage(gm_desc_flags_word(unused), GM_FLAG_DIRTY, "I9: a free granule's word is not zero");
	damage(folio_word(0), GM_BLOCKS_BUSY, "I10: a granule is locked at rest");
	end();
}

/* A table whose words lie in the region: nothing else may. */
static void *to_virtual(void *ctx, struct gm_paddr base, uint64_t size)
{
	(void)size;
	return (unsigned char *)ctx + (base.value - GIB);
}

static void test_metadata_in_the_region(void)
{
	struct gm_table_config config = { .base = gm_paddr(GIB), .size = MIB };
	struct gm_object object = machine_object(GIB, 4 * KIB, 1);
	struct gm_folio folio;
	struct gm_verify found;
	struct gm_desc *desc;
	volatile gm_word *word;
	gm_word kept;

	config.to_virtual = to_virtual;
	config.to_virtual_ctx = aligned_alloc(4 * KIB, MIB);
	expect(config.to_virtual_ctx != NULL);
	expect_eq(gm_folio_init(&folio, &config, NULL, 0), 0);
	expect_eq(gm_folio_create(&folio, &object, &desc), 0);
	expect_eq(gm_folio_verify(&folio, &found), 0);
	word = gm_blocks_word(&folio.blocks, folio.blocks.nr_granules - 1);
	kept = *word;
	*word = *gm_blocks_word(&folio.blocks, 0);
	expect_eq(gm_folio_verify(&folio, &found), -GM_ECORRUPT);
	expect(strcmp(found.first, "I7: an object lies over metadata") == 0);
	*word = kept;
	expect_eq(gm_folio_verify(&folio, &found), 0);
	free(config.to_virtual_ctx);
}

/* The last reference was one that a lookup took back. */
static void orphan(struct gm_desc *desc)
{
	expect_eq(gm_ref_undo(desc), -GM_EORPHAN);
}

static void test_orphans_of_the_compound_table(void)
{
	static const char text[] = "I4: an orphan is free or live";
	gm_word *orphans;
	unsigned index = (unsigned)(MIB >> 12);
	volatile gm_word *word;
	gm_word bit;

	begin();
	orphans = machine.low.orphans;
	word = &orphans[index / (8 * sizeof(gm_word))];
	bit = (gm_word)1 << index % (8 * sizeof(gm_word));
	damage(&machine.low.nr_orphans, 1, "the count of orphans is wrong");
	machine.low.nr_orphans = 1;
	*word = bit;
	expect_found(text); /* it is live */
	*word = bit << OBJECT_GRANULES;
	expect_found(text); /* it is free */
	*word = 0;
	machine.low.nr_orphans = 0;
	expect_sound();
	orphan(low);
	machine.low.blocks.ops->orphan(&machine.low.blocks, low);
	expect_sound();
	expect_eq(gm_compound_reap(&machine.low, NULL, NULL), 1);
	low = make(LOW_BASE + MIB);
	end();
}

static void test_pool_of_the_folio_table(void)
{
	struct gm_pool *pool = &machine.mid.descs;
	struct gm_desc *taken;

	begin();
	taken = gm_pool_take(pool, 0, 1);
	expect_found("I8: descriptors in use and linked ones differ");
	taken->state |= GM_STATE_LIVE;
	expect_found("I10: a live object is not linked");
	taken->state &= ~GM_STATE_LIVE;
	/* The lane keeps it now, and gives it again. */
	gm_pool_return(pool, mid, 0);
	expect_found("I6: a granule leads to a free descriptor");
	expect(gm_pool_take(pool, 0, 1) == mid);
	gm_pool_return(pool, taken, 0);
	expect_sound();
	end();
}

static void test_orphans_of_the_adhoc_table(void)
{
	begin();
	orphan(high);
	expect_found("I9, I10: a linked descriptor is nobody's");
	gm_pool_mark_orphan(&machine.high.descs, high);
	expect_sound();
	expect_eq(gm_adhoc_reap(&machine.high, NULL, NULL), 1);
	high = make(HIGH_BASE + MIB);
	end();
}

/* The slot that leads to an object of 64 bytes, and the one behind it. */
static void test_slots_of_the_adhoc_table(void)
{
	struct gm_object object = machine_object(HIGH_BASE, 64, 1);
	gm_word *node;
	struct gm_desc *small;

	begin();
	expect_eq(gm_adhoc_create(&machine.high, &object, &small), 0);
	node = gm_radix_node(*gm_radix_root_slot(&machine.high.radix, machine.high.radix.first));
	node = gm_radix_node(node[0]);
	expect_eq(node[0], (uintptr_t)small);
	damage(&node[1], GM_RADIX_NODE, "I6: a slot with unknown tags");
	damage(&node[1], GM_RADIX_TAGS, "I6: a slot with unknown tags");
	expect_eq(gm_adhoc_put(&machine.high, small), 1);
	end();
}

static void test_regions(void)
{
	struct gm_region *folio = &machine.regions[1];
	struct gm_verify found;

	begin();
	folio->base.value += 4 * KIB;
	expect_found("a region is not the one of its table");
	folio->size -= 4 * KIB;
	expect_found("a region is not the one of its table");
	machine.regions[2].size = 0;
	expect_eq(gm_verify_space(&machine.space, &found), -GM_ECORRUPT);
	expect_eq(found.nr_errors, 2);
	expect_eq(found.where.value, MID_BASE + 4 * KIB);
	folio->base.value -= 4 * KIB;
	folio->size += 4 * KIB;
	machine.regions[2].size = DEVICE_SIZE;
	end();
}

UNIT_MAIN("verify_damage", UNIT_TEST(test_states), UNIT_TEST(test_blocks_are_aligned_powers_of_two),
	  UNIT_TEST(test_tails_and_free_granules), UNIT_TEST(test_metadata_in_the_region),
	  UNIT_TEST(test_orphans_of_the_compound_table), UNIT_TEST(test_pool_of_the_folio_table),
	  UNIT_TEST(test_orphans_of_the_adhoc_table), UNIT_TEST(test_slots_of_the_adhoc_table),
	  UNIT_TEST(test_regions))
