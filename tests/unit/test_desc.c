/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of granmem/desc.h: the layout, every pure transition over all types,
 * generations and flag bits and the edges of both counts, and the fields.
 */
#include <granmem/desc.h>

#include "unit.h"

#define REFS_MAX (2 * GM_REFS_LIMIT - 1)
#define PINS_MAX (2 * GM_PINS_LIMIT - 1)
#define GENERATIONS (1u << GM_STATE_GENERATION_BITS)

/* A state word, spelled out. */
struct fields {
	int live;
	int nopin;
	unsigned type;
	unsigned generation;
	gm_word pins;
	gm_word refs;
};

/* Multiplication by powers of two instead of the shifts that are under test. */
static gm_word word_of(const struct fields *f)
{
	gm_word word = (gm_word)f->live;

	word = word * 2 + (gm_word)f->nopin;
	word = word * 16 + f->type;
	word = word * GENERATIONS + f->generation;
	word = word * (PINS_MAX + 1) + f->pins;
	return word * (REFS_MAX + 1) + f->refs;
}

static void check_reading(const struct fields *f, gm_word word)
{
	expect_eq(gm_state_refs(word), f->refs);
	expect_eq(gm_state_pins(word), f->pins);
	expect_eq(gm_state_type(word), f->type);
	expect_eq(gm_state_generation(word), f->generation);
	expect_eq(gm_state_is_live(word), f->live);
	expect_eq(gm_state_is_nopin(word), f->nopin);
}

static void check_decisions(const struct fields *f, gm_word word)
{
	int refs_ok = f->refs < GM_REFS_LIMIT;
	int pins_ok = f->pins < GM_PINS_LIMIT;

	expect_eq(gm_state_strays_overflow(word), !f->live && !(refs_ok && pins_ok));
	expect_eq(gm_state_get_ok(word), f->live && refs_ok);
	expect_eq(gm_state_pin_ok(word), f->live && !f->nopin && refs_ok && pins_ok);
#if GM_CONFIG_CHECKS >= 2
	expect_eq(gm_state_put_is_plain(word),
		  f->live && f->refs >= 2 && f->refs < GM_REFS_LEAKED && f->pins < f->refs);
#else
	expect_eq(gm_state_put_is_plain(word), f->refs >= 2 && f->refs < GM_REFS_LEAKED);
#endif
}

static void check_transitions(const struct fields *f, gm_word word)
{
	struct fields to = { .generation = (f->generation + 1) % GENERATIONS };

	expect_eq(gm_state_next_generation(word), word_of(&to));
	expect_eq(gm_state_destroyed(word), word_of(&to));
	to = *f;
	to.live = 0;
	to.generation = (f->generation + 1) % GENERATIONS;
	expect_eq(gm_state_frozen(word), word_of(&to));
	to = (struct fields){ .live = 1, .type = 9, .generation = f->generation, .refs = 5 };
	expect_eq(gm_state_created(word, 9, 5), word_of(&to));
	to = *f;
	to.live = 1;
	to.pins = 0;
	to.refs = 7;
	expect_eq(gm_state_thawed(word, 7), word_of(&to));
	to = *f;
	to.refs = GM_REFS_SATURATED;
	expect_eq(gm_state_saturated(word), word_of(&to));
	to = *f;
	to.refs = 0;
	to.pins = 0;
	expect_eq(gm_state_without_strays(word), word_of(&to));
}

static const gm_word refs_edges[] = {
	0, 1, 2, 3, GM_REFS_LIMIT - 1, GM_REFS_LIMIT, GM_REFS_LIMIT + 1, GM_REFS_LEAKED - 1,
	GM_REFS_LEAKED, GM_REFS_LEAKED + 1, GM_REFS_SATURATED, REFS_MAX - 1, REFS_MAX,
};
static const gm_word pins_edges[] = {
	0, 1, GM_PINS_LIMIT - 1, GM_PINS_LIMIT, GM_PINS_LIMIT + 1, PINS_MAX - 1, PINS_MAX,
};

static void for_each_word(void (*check)(const struct fields *f, gm_word word))
{
	struct fields f;
	size_t pins, refs;

	for (f.live = 0; f.live <= 1; f.live++)
		for (f.nopin = 0; f.nopin <= 1; f.nopin++)
			for (f.type = 0; f.type <= GM_TYPE_MAX; f.type++)
				for (f.generation = 0; f.generation < GENERATIONS; f.generation++)
					for (pins = 0; pins < 7; pins++)
						for (refs = 0; refs < 13; refs++) {
							f.pins = pins_edges[pins];
							f.refs = refs_edges[refs];
							check(&f, word_of(&f));
						}
}

static void test_reading(void)
{
	for_each_word(check_reading);
}

static void test_decisions(void)
{
	for_each_word(check_decisions);
}

static void test_transitions(void)
{
	for_each_word(check_transitions);
}

/* All 2^13 counts where the field is narrow enough, on both sides of LIVE. */
static void test_all_small_counts(void)
{
	struct fields f = { .type = 3, .generation = 2 };
	gm_word last = REFS_MAX < 0x1fff ? REFS_MAX : 0x1fff;

	for (f.live = 0; f.live <= 1; f.live++)
		for (f.refs = 0; f.refs <= last; f.refs++) {
			check_reading(&f, word_of(&f));
			check_decisions(&f, word_of(&f));
			check_transitions(&f, word_of(&f));
		}
}

static void test_layout(void)
{
	gm_word all = GM_STATE_REFS_MASK ^ GM_STATE_PINS_MASK ^ GM_STATE_GENERATION_MASK ^
		      GM_STATE_TYPE_MASK ^ GM_STATE_NOPIN ^ GM_STATE_LIVE;

	expect_eq(all, ~(gm_word)0);
	expect_eq(sizeof(struct gm_desc), 32);
	expect_eq(offsetof(struct gm_desc, state), 0);
	expect_eq(offsetof(struct gm_desc, size), 16);
	expect_eq(offsetof(struct gm_desc, owner), 24);
#if GM_CONFIG_64BIT
	expect_eq(offsetof(struct gm_desc, base_flags), 8);
	expect_eq(GM_FLAGS_MASK | GM_DESC_BASE_MASK | GM_DESC_ORDER_MASK, ~(gm_word)0);
	expect_eq(GM_DESC_BASE_MASK & (GM_FLAGS_MASK | GM_DESC_ORDER_MASK), 0);
#else
	expect_eq(offsetof(struct gm_desc, flags), 4);
	expect_eq(offsetof(struct gm_desc, base), 8);
#endif
	expect_eq(GM_FLAGS_MASK & GM_DESC_ORDER_MASK, 0);
	/* The marks of a count, in order, with room for every racing context
	 * between them. */
	expect(GM_REFS_LIMIT < GM_REFS_LEAKED && GM_REFS_LEAKED < GM_REFS_SATURATED);
	expect_eq(GM_REFS_SATURATED, REFS_MAX / 8 * 7 + 7);
	expect(REFS_MAX - GM_REFS_SATURATED > GM_CONTEXTS_MAX);
	expect(GM_REFS_SATURATED - GM_REFS_LEAKED > GM_CONTEXTS_MAX);
	expect(PINS_MAX - GM_PINS_LIMIT >= GM_CONTEXTS_MAX);
}

static void test_zero_is_nobodys(void)
{
	struct gm_desc desc;

	memset(&desc, 0, sizeof(desc));
	expect(!gm_state_is_live(desc.state));
	expect(!gm_state_get_ok(desc.state) && !gm_state_pin_ok(desc.state));
	expect_eq(gm_state_type(desc.state), 0);
	expect(gm_desc_owner(&desc) == NULL);
	expect_eq(gm_desc_size(&desc), 0);
	expect(!gm_desc_covers(&desc, 0));
}

static void test_flag_bits(void)
{
	gm_word seen = 0;
	unsigned n;

	for (n = 0; n < GM_FLAGS_NR; n++) {
		expect(gm_granule_is_power_of_two(GM_FLAG(n)));
		expect_eq(seen & GM_FLAG(n), 0);
		seen |= GM_FLAG(n);
	}
	expect_eq(seen, GM_FLAGS_MASK);
	expect_eq(GM_FLAG_USER(6), GM_FLAG(GM_FLAGS_NR - 1));
	expect_eq(GM_FLAG_USER(0) & (GM_FLAG_DIRTY | GM_FLAG_REFERENCED | GM_FLAG_UPTODATE |
				     GM_FLAG_LOCKED | GM_FLAG_POISONED), 0);
}

static void check_object(const struct gm_desc *desc, uint64_t base, uint64_t size,
			 const void *owner)
{
	expect_eq(gm_desc_base(desc), base);
	expect_eq(gm_desc_size(desc), size);
	expect(gm_desc_owner(desc) == owner);
}

static void test_set_and_resize(void)
{
	static const uint64_t bases[] = { 0, 64, 0x100000000, GM_PADDR_END - 64 };
	struct gm_desc desc;
	size_t i;

	for (i = 0; i < 4; i++) {
		struct gm_object object = { gm_paddr(bases[i]), 64, 1, &desc };

		memset(&desc, 0xff, sizeof(desc));
		gm_desc_set(&desc, &object);
		check_object(&desc, bases[i], 64, &desc);
		expect_eq(gm_desc_flags(&desc), 0);
		/* The order bits are another layer's; state is the protocol's. */
		expect_eq(*gm_desc_flags_word(&desc) & GM_DESC_ORDER_MASK, GM_DESC_ORDER_MASK);
		expect_eq(desc.state, ~(gm_word)0);
		gm_desc_set_flags(&desc, GM_FLAGS_MASK);
		check_object(&desc, bases[i], 64, &desc);
		gm_desc_resize(&desc, 128, GM_PADDR_END - 128);
		check_object(&desc, 128, GM_PADDR_END - 128, &desc);
		expect_eq(gm_desc_flags(&desc), GM_FLAGS_MASK);
	}
}

static void test_covers(void)
{
	struct gm_object object = { gm_paddr(0x1000), 0x2000, 1, NULL };
	struct gm_desc desc;

	memset(&desc, 0, sizeof(desc));
	gm_desc_set(&desc, &object);
	expect(!gm_desc_covers(&desc, 0xfff) && gm_desc_covers(&desc, 0x1000));
	expect(gm_desc_covers(&desc, 0x2fff) && !gm_desc_covers(&desc, 0x3000));
	expect(!gm_desc_covers(&desc, 0) && !gm_desc_covers(&desc, UINT64_MAX));
}

static void test_flag_operations(void)
{
	struct gm_object object = { gm_paddr(GM_PADDR_END - 64), 64, 1, NULL };
	struct gm_desc desc;
	unsigned n;

	memset(&desc, 0, sizeof(desc));
	gm_desc_set(&desc, &object);
	for (n = 0; n < GM_FLAGS_NR; n++) {
		gm_word others = GM_FLAGS_MASK & ~GM_FLAG(n);

		expect_eq(gm_desc_set_flags(&desc, GM_FLAG(n)), 0);
		expect_eq(gm_desc_set_flags(&desc, GM_FLAG(n)), GM_FLAG(n));
		expect_eq(gm_desc_flags(&desc), GM_FLAG(n));
		expect_eq(gm_desc_set_flags(&desc, GM_FLAGS_MASK), GM_FLAG(n));
		expect_eq(gm_desc_clear_flags(&desc, GM_FLAG(n)), GM_FLAG(n));
		expect_eq(gm_desc_clear_flags(&desc, GM_FLAG(n)), 0);
		expect_eq(gm_desc_flags(&desc), others);
		expect_eq(gm_desc_clear_flags(&desc, GM_FLAGS_MASK), others);
		check_object(&desc, GM_PADDR_END - 64, 64, NULL);
	}
	/* Bits that are not flags cannot be reached. */
	expect_eq(gm_desc_set_flags(&desc, ~(gm_word)0), 0);
	expect_eq(gm_desc_clear_flags(&desc, ~(gm_word)0), GM_FLAGS_MASK);
	check_object(&desc, GM_PADDR_END - 64, 64, NULL);
	expect_eq(*gm_desc_flags_word(&desc) & GM_DESC_ORDER_MASK, 0);
}

UNIT_MAIN("desc", UNIT_TEST(test_reading), UNIT_TEST(test_decisions), UNIT_TEST(test_transitions),
	  UNIT_TEST(test_all_small_counts), UNIT_TEST(test_layout),
	  UNIT_TEST(test_zero_is_nobodys), UNIT_TEST(test_flag_bits),
	  UNIT_TEST(test_set_and_resize), UNIT_TEST(test_covers), UNIT_TEST(test_flag_operations))
