/* SPDX-License-Identifier: BSD-2-Clause */
/* map_change.c - leaves change and stay, or change their number; contracts in
 * granmem/map.h. */
#include "map_internal.h"

#if GM_CONFIG_64BIT

#define NOTED ((uint32_t)(GM_PTE_ACCESSED | GM_PTE_DIRTY))

struct change {
	uint32_t collect; /* flags to be taken; 0: protect */
	uint32_t prot;
};

/* What becomes of a leaf: the entry, and in *lost what that does not say any more. */
static int changed_leaf(const struct gm_map_space *as, unsigned level, const struct change *change,
			const struct gm_pte *leaf, uint64_t *entry, uint32_t *lost)
{
	const struct gm_pte_format *format = &as->config.format;
	struct gm_pte next = *leaf;
	struct gm_pte made;
	int err;

	if (change->collect == 0)
		next.prot = change->prot;
	else if ((leaf->software & GM_MAP_COUNTED) != 0)
		next.flags &= ~change->collect;
	err = gm_pte_leaf(format, level, &next, entry);
	if (err == 0)
		err = gm_pte_decode(format, level, *entry, &made);
	if (err == 0)
		*lost = leaf->flags & ~made.flags & NOTED;
	return err;
}

/* The object that something is lost of hears of it, and is held until then. */
struct held {
	struct gm_desc *desc;
	unsigned refs;
};

/* One slot. Returns 1: dealt with; 0: it has changed, look again; or an error. */
static int change_slot(struct gm_map_space *as, gm_word *slot, unsigned level,
		       const struct change *change, struct gm_map_gather *gather)
{
	/* relaxed: the compare-and-swap tells whether it is still there */
	gm_word value = gm_atomic_load_relaxed(slot);
	struct held held = { NULL, 0 };
	struct gm_pte leaf;
	uint64_t entry;
	uint32_t lost;
	int err;

	if (!gm_pte_is_leaf(&as->config.format, level, value))
		return 1;
	err = gm_pte_decode(&as->config.format, level, value, &leaf);
	if (err == 0)
		err = changed_leaf(as, level, change, &leaf, &entry, &lost);
	if (err != 0)
		return err;
	if (entry == value)
		return 1;
	if (lost != 0 && (leaf.software & GM_MAP_COUNTED) != 0) {
		err = gm_map_hold(as, leaf.paddr, &held.desc, &held.refs);
		if (err != 0)
			return gm_atomic_load_relaxed(slot) == value ? err : 0;
	}
	/* release: pairs with the acquire of who reads the slot: what is executable from
	 * now on was written before */
	if (!gm_atomic_cas_release(slot, value, entry)) {
		if (held.desc != NULL)
			gm_map_put(as, held.desc, held.refs);
		return 0;
	}
	if (held.desc == NULL)
		return 1;
	leaf.flags = lost;
	gm_map_gather_bits(as, gather, level, &leaf, held.desc, held.refs);
	return 1;
}

static int change_slots(struct gm_map_space *as, gm_word *slots, size_t nr, unsigned level,
			const struct change *change, struct gm_map_gather *gather, size_t *done)
{
	int answer;

	*done = 0;
	if (level >= as->nr_levels)
		return -GM_EINVAL;
	while (*done < nr && !gm_map_gather_is_full(gather)) {
		answer = change_slot(as, &slots[*done], level, change, gather);
		if (answer < 0)
			return answer;
		*done += (size_t)answer;
	}
	return 0;
}

int gm_map_protect(struct gm_map_space *as, gm_word *slots, size_t nr, unsigned level,
		   uint32_t prot, struct gm_map_gather *gather, size_t *done)
{
	struct change change = { 0, prot };

	return change_slots(as, slots, nr, level, &change, gather, done);
}

int gm_map_collect(struct gm_map_space *as, gm_word *slots, size_t nr, unsigned level,
		   uint32_t flags, struct gm_map_gather *gather, size_t *done)
{
	struct change change = { flags & NOTED, 0 };

	*done = 0;
	if (change.collect == 0)
		return -GM_EINVAL;
	return change_slots(as, slots, nr, level, &change, gather, done);
}

/* These bits of the word are taken. */
static gm_word take_bits(volatile gm_word *word, gm_word bits)
{
	gm_word old;

	do {
		old = gm_atomic_load_relaxed(word);
		if ((old & bits) == 0)
			break;
		/* acquire: pairs with the release of finish: what is read from now on has
		 * been written before */
	} while (!gm_atomic_cas_acquire(word, old, old & ~bits));
	return old & bits;
}

gm_word gm_map_take_flags(struct gm_desc *desc, gm_word mask)
{
	return take_bits(gm_desc_flags_word(desc), mask & GM_FLAGS_MASK);
}

gm_word gm_map_take_blocks(gm_word *word)
{
	return take_bits(word, ~(gm_word)0);
}

int gm_map_split(struct gm_map_space *as, struct gm_paddr paddr, size_t nr, struct gm_desc **out)
{
	unsigned refs;
	int err = gm_map_hold(as, paddr, out, &refs);

	if (err != 0)
		return err;
	/* One reference of the nr - 1 is in hand. A leaked object needs none. */
	if (refs != 0)
		err = gm_ref_add(*out, nr - 2);
	if (err != 0) {
		gm_map_put(as, *out, 1);
		return err;
	}
	/* relaxed: the caller's release that links the smaller leaves comes behind it */
	gm_atomic_add_relaxed(&gm_map_of(*out)->maps, nr - 1);
	return 0;
}

void gm_map_fold(struct gm_map_space *as, struct gm_desc *desc, size_t nr)
{
	gm_map_lower(gm_map_of(desc), nr - 1);
	gm_map_put(as, desc, nr - 1);
}

#endif
