/* SPDX-License-Identifier: BSD-2-Clause */
/* map_change.c - leaves change and stay, or change their number; contracts in
 * granmem/map.h. */
#include "map_internal.h"

#if GM_CONFIG_64BIT

/* One slot. Returns 1: dealt with; 0: it has changed, look again; or an error. */
static int protect_slot(const struct gm_map_space *as, gm_word *slot, unsigned level,
			uint32_t prot)
{
	/* relaxed: the compare-and-swap tells whether it is still there */
	gm_word value = gm_atomic_load_relaxed(slot);
	struct gm_pte leaf;
	uint64_t entry;
	int err;

	if (!gm_map_is_leaf(as, level, value))
		return 1;
	err = gm_pte_decode(&as->config.format, level, value, &leaf);
	gm_map_set_prot(as, &leaf, prot);
	if (err == 0)
		err = gm_pte_leaf(&as->config.format, level, &leaf, &entry);
	if (err != 0)
		return err;
	/* release: pairs with the acquire of who reads the slot: what is executable from
	 * now on was written before */
	return entry == value || gm_atomic_cas_release(slot, value, entry);
}

int gm_map_protect(struct gm_map_space *as, gm_word *slots, size_t nr, unsigned level,
		   uint32_t prot, size_t *done)
{
	int answer;

	*done = 0;
	if (level >= as->nr_levels)
		return -GM_EINVAL;
	while (*done < nr) {
		answer = protect_slot(as, &slots[*done], level, prot);
		if (answer < 0)
			return answer;
		*done += (size_t)answer;
	}
	return 0;
}

/* What a leaf becomes without its noted bits. */
struct collected {
	struct gm_pte leaf; /* as it was; flags: those that are taken */
	uint64_t entry;     /* without them */
};

static int without(const struct gm_map_space *as, unsigned level, gm_word value, uint32_t flags,
		   struct collected *out)
{
	const struct gm_pte_format *format = &as->config.format;
	uint32_t taken;
	int err = gm_pte_decode(format, level, value, &out->leaf);

	out->entry = value;
	taken = out->leaf.flags & flags;
	if (err != 0 || taken == 0 || (out->leaf.software & GM_MAP_COUNTED) == 0)
		return err;
	out->leaf.flags -= taken;
	err = gm_pte_leaf(format, level, &out->leaf, &out->entry);
	out->leaf.flags = (out->leaf.flags & GM_PTE_RUN) | taken;
	return err;
}

static int collect_slot(struct gm_map_space *as, gm_word *slot, unsigned level, uint32_t flags,
			struct gm_map_gather *gather)
{
	/* relaxed: the compare-and-swap tells whether it is still there */
	gm_word value = gm_atomic_load_relaxed(slot);
	struct collected next;
	struct gm_desc *desc;
	unsigned refs;
	int err;

	if (!gm_map_is_leaf(as, level, value))
		return 1;
	err = without(as, level, value, flags, &next);
	if (err != 0 || next.entry == value)
		return err == 0 ? 1 : err;
	/* It may be unmapped meanwhile, and the object must be there when the gather is
	 * finished. */
	err = gm_map_hold(as, next.leaf.paddr, &desc, &refs);
	if (err != 0)
		return gm_atomic_load_relaxed(slot) == value ? err : 0;
	/* relaxed: the slot leads to the same memory as before, and the reference that
	 * was just taken orders the rest */
	if (!gm_atomic_cas_relaxed(slot, value, next.entry)) {
		gm_map_put(as, desc, refs);
		return 0;
	}
	gm_map_gather_bits(as, gather, level, &next.leaf, desc, refs);
	return 1;
}

int gm_map_collect(struct gm_map_space *as, gm_word *slots, size_t nr, unsigned level,
		   uint32_t flags, struct gm_map_gather *gather, size_t *done)
{
	int answer;

	*done = 0;
	if (level >= as->nr_levels || flags == 0 || (flags & ~GM_MAP_NOTED) != 0)
		return -GM_EINVAL;
	while (*done < nr && !gm_map_gather_is_full(gather)) {
		answer = collect_slot(as, &slots[*done], level, flags, gather);
		if (answer < 0)
			return answer;
		*done += (size_t)answer;
	}
	return 0;
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
