/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/desc.h. */
#ifndef GM_INLINE_DESC_H
#define GM_INLINE_DESC_H

GM_BEGIN_DECLS

GM_INLINE gm_word gm_state_refs(gm_word state)
{
	return state & GM_STATE_REFS_MASK;
}

GM_INLINE gm_word gm_state_pins(gm_word state)
{
	return (state & GM_STATE_PINS_MASK) >> GM_STATE_PINS_SHIFT;
}

GM_INLINE unsigned gm_state_type(gm_word state)
{
	return (unsigned)((state & GM_STATE_TYPE_MASK) >> GM_STATE_TYPE_SHIFT);
}

GM_INLINE unsigned gm_state_generation(gm_word state)
{
	return (unsigned)((state & GM_STATE_GENERATION_MASK) >> GM_STATE_GENERATION_SHIFT);
}

GM_INLINE int gm_state_is_live(gm_word state)
{
	return (state & GM_STATE_LIVE) != 0;
}

GM_INLINE int gm_state_is_nopin(gm_word state)
{
	return (state & GM_STATE_NOPIN) != 0;
}

GM_INLINE gm_word gm_state_next_generation(gm_word state)
{
	gm_word one = (gm_word)1 << GM_STATE_GENERATION_SHIFT;

	return (state + one) & GM_STATE_GENERATION_MASK;
}

GM_INLINE gm_word gm_state_destroyed(gm_word state)
{
	return gm_state_next_generation(state);
}

GM_INLINE gm_word gm_state_frozen(gm_word state)
{
	return (state & ~(GM_STATE_LIVE | GM_STATE_GENERATION_MASK)) |
	       gm_state_next_generation(state);
}

GM_INLINE gm_word gm_state_created(gm_word state, unsigned type, gm_word refs)
{
	return GM_STATE_LIVE | ((gm_word)type << GM_STATE_TYPE_SHIFT) |
	       (state & GM_STATE_GENERATION_MASK) | refs;
}

GM_INLINE gm_word gm_state_thawed(gm_word state, gm_word refs)
{
	return GM_STATE_LIVE |
	       (state & (GM_STATE_NOPIN | GM_STATE_TYPE_MASK | GM_STATE_GENERATION_MASK)) | refs;
}

GM_INLINE gm_word gm_state_saturated(gm_word state)
{
	return (state & ~GM_STATE_REFS_MASK) | GM_REFS_SATURATED;
}

GM_INLINE gm_word gm_state_without_strays(gm_word state)
{
	return state & ~(GM_STATE_REFS_MASK | GM_STATE_PINS_MASK);
}

GM_INLINE int gm_state_strays_overflow(gm_word state)
{
	return !gm_state_is_live(state) &&
	       (gm_state_refs(state) >= GM_REFS_LIMIT || gm_state_pins(state) >= GM_PINS_LIMIT);
}

/* Two tests rather than one compare against a mask: no 64-bit constant to load. */
GM_INLINE int gm_state_get_ok(gm_word old)
{
	return GM_LIKELY(gm_state_is_live(old)) && GM_LIKELY((old & GM_REFS_LIMIT) == 0);
}

GM_INLINE int gm_state_pin_ok(gm_word old)
{
	return (old & (GM_STATE_LIVE | GM_STATE_NOPIN | GM_REFS_LIMIT |
		       (GM_PINS_LIMIT << GM_STATE_PINS_SHIFT))) == GM_STATE_LIVE;
}

/* What shifts all but the references out of 32 bits. */
#define GM_PUT_SHIFT (32 - GM_STATE_REFS_BITS)

/* refs in 2 .. GM_REFS_LEAKED - 1, as one unsigned compare. */
GM_INLINE int gm_state_put_is_plain(gm_word old)
{
#if GM_CONFIG_CHECKS >= 2
	if (!gm_state_is_live(old) || gm_state_pins(old) >= gm_state_refs(old)) /* I2 */
		return 0;
#endif
	/* A shift, not a mask: an instruction less on x86-64, and each that waits for the word
	 * costs. */
	return GM_LIKELY((uint32_t)((old - 2) << GM_PUT_SHIFT) <
			 (uint32_t)((GM_REFS_LEAKED - 2) << GM_PUT_SHIFT));
}

#if GM_CONFIG_64BIT

GM_INLINE volatile gm_word *gm_desc_flags_word(struct gm_desc *desc)
{
	return &desc->base_flags;
}

GM_INLINE uint64_t gm_desc_base(const struct gm_desc *desc)
{
	return gm_atomic_load_relaxed(&desc->base_flags) & GM_DESC_BASE_MASK;
}

GM_INLINE void gm_desc_set(struct gm_desc *desc, const struct gm_object *object)
{
	gm_word order = gm_atomic_load_relaxed(&desc->base_flags) & GM_DESC_ORDER_MASK;

	gm_atomic_store_relaxed(&desc->base_flags, object->base.value | order);
	desc->size = object->size;
	desc->owner = object->owner;
}

GM_INLINE void gm_desc_resize(struct gm_desc *desc, uint64_t base, uint64_t size)
{
	gm_word kept = gm_atomic_load_relaxed(&desc->base_flags) & ~GM_DESC_BASE_MASK;

	gm_atomic_store_relaxed(&desc->base_flags, base | kept);
	desc->size = size;
}

#else

GM_INLINE volatile gm_word *gm_desc_flags_word(struct gm_desc *desc)
{
	return &desc->flags;
}

GM_INLINE uint64_t gm_desc_base(const struct gm_desc *desc)
{
	return desc->base;
}

GM_INLINE void gm_desc_set(struct gm_desc *desc, const struct gm_object *object)
{
	gm_word order = gm_atomic_load_relaxed(&desc->flags) & GM_DESC_ORDER_MASK;

	gm_atomic_store_relaxed(&desc->flags, order);
	desc->base = object->base.value;
	desc->size = object->size;
	desc->owner = object->owner;
}

GM_INLINE void gm_desc_resize(struct gm_desc *desc, uint64_t base, uint64_t size)
{
	desc->base = base;
	desc->size = size;
}

#endif

GM_INLINE uint64_t gm_desc_size(const struct gm_desc *desc)
{
	return desc->size;
}

GM_INLINE void *gm_desc_owner(const struct gm_desc *desc)
{
	return desc->owner;
}

GM_INLINE void gm_desc_get(const struct gm_desc *desc, unsigned type, struct gm_object *object)
{
	object->base.value = gm_desc_base(desc);
	object->size = desc->size;
	object->type = type;
	object->owner = desc->owner;
}

GM_INLINE int gm_desc_covers(const struct gm_desc *desc, uint64_t paddr)
{
	return paddr - gm_desc_base(desc) < gm_desc_size(desc);
}

GM_INLINE gm_word gm_desc_flags(const struct gm_desc *desc)
{
#if GM_CONFIG_64BIT
	return gm_atomic_load_acquire(&desc->base_flags) & GM_FLAGS_MASK;
#else
	return gm_atomic_load_acquire(&desc->flags) & GM_FLAGS_MASK;
#endif
}

GM_INLINE gm_word gm_desc_set_flags(struct gm_desc *desc, gm_word mask)
{
	volatile gm_word *word = gm_desc_flags_word(desc);
	gm_word old;

	mask &= GM_FLAGS_MASK;
	do {
		old = gm_atomic_load_relaxed(word);
		if ((old & mask) == mask)
			break;
		/* acquire: pairs with the release of the one who cleared the flag;
		 * release: with the acquire of gm_desc_flags */
	} while (!gm_atomic_cas_acq_rel(word, old, old | mask));
	return old & mask;
}

GM_INLINE gm_word gm_desc_clear_flags(struct gm_desc *desc, gm_word mask)
{
	volatile gm_word *word = gm_desc_flags_word(desc);
	gm_word old;

	mask &= GM_FLAGS_MASK;
	do {
		old = gm_atomic_load_relaxed(word);
		if ((old & mask) == 0)
			break;
		/* release: pairs with the acquire of the next one who sets it */
	} while (!gm_atomic_cas_release(word, old, old & ~mask));
	return old & mask;
}

GM_END_DECLS

#endif
