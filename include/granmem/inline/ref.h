/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of granmem/ref.h: where the transitions meet the word. */
#ifndef GM_INLINE_REF_H
#define GM_INLINE_REF_H

GM_BEGIN_DECLS

GM_INLINE void gm_ref_get(struct gm_desc *desc)
{
	/* relaxed: the caller's own reference already orders its accesses */
	gm_word old = gm_atomic_add_relaxed(&desc->state, GM_STATE_REFS_ONE);

	if (!gm_state_get_ok(old))
		gm_ref_get_saturate(desc, old);
}

GM_INLINE int gm_ref_get_checked(struct gm_desc *desc)
{
	gm_word old = gm_atomic_add_relaxed(&desc->state, GM_STATE_REFS_ONE);

	return gm_state_get_ok(old) ? 0 : gm_ref_get_refused(desc, old);
}

GM_INLINE int gm_ref_try_get(struct gm_desc *desc)
{
	/* acquire: pairs with the release store of publish and thaw */
	gm_word old = gm_atomic_add_acquire(&desc->state, GM_STATE_REFS_ONE);

	return gm_state_get_ok(old) ? 0 : gm_ref_get_refused(desc, old);
}

GM_INLINE int gm_ref_try_get_type(struct gm_desc *desc, unsigned type)
{
	/* acquire: pairs with the release store of publish and thaw */
	gm_word old = gm_atomic_add_acquire(&desc->state, GM_STATE_REFS_ONE);

	if (gm_state_get_ok(old) && GM_LIKELY(type == 0 || gm_state_type(old) == type))
		return 0;
	/* Still live and not at the limit: then only the type can be wrong. */
	return gm_ref_get_refused(desc, old);
}

GM_INLINE int gm_ref_put(struct gm_desc *desc, struct gm_object *gone)
{
	/* release: pairs with the acquire of whoever destroys or freezes */
	gm_word old = gm_atomic_add_release(&desc->state, (gm_word)0 - GM_STATE_REFS_ONE);

	return gm_state_put_is_plain(old) ? 0 : gm_ref_put_rest(desc, old, GM_STATE_REFS_ONE, gone);
}

GM_INLINE int gm_ref_put_sole(struct gm_desc *desc, struct gm_object *gone)
{
	gm_word state = gm_atomic_load_relaxed(&desc->state);

	if ((state & (GM_STATE_LIVE | GM_STATE_PINS_MASK | GM_STATE_REFS_MASK)) !=
	    (GM_STATE_LIVE | GM_STATE_REFS_ONE))
		return 0;
	/* acquire: pairs with the release of earlier puts. No release: nobody acquires
	 * from a word that is not live, but from what the destroyer does next. */
	if (!gm_atomic_cas_acquire(&desc->state, state, gm_state_destroyed(state)))
		return 0;
	gm_desc_get(desc, gm_state_type(state), gone);
	return 1;
}

GM_INLINE void gm_ref_publish(struct gm_desc *desc, unsigned type, gm_word refs)
{
	gm_word state = gm_atomic_load_relaxed(&desc->state);

	if (!GM_CHECK(!gm_state_is_live(state), "gm_ref_publish: the object is live", desc))
		return;
	/* release: pairs with the acquire of gets. The generation continues. */
	gm_atomic_store_release(&desc->state, gm_state_created(state, type, refs));
}

GM_INLINE gm_word gm_ref_count(const struct gm_desc *desc)
{
	return gm_state_refs(gm_atomic_load_relaxed(&desc->state));
}

GM_INLINE gm_word gm_ref_pins(const struct gm_desc *desc)
{
	/* acquire: who sees 0 sees what the last pinner did (release of unpin) */
	return gm_state_pins(gm_atomic_load_acquire(&desc->state));
}

GM_INLINE unsigned gm_ref_type(const struct gm_desc *desc)
{
	return gm_state_type(gm_atomic_load_relaxed(&desc->state));
}

GM_INLINE int gm_ref_is_live(const struct gm_desc *desc)
{
	return gm_state_is_live(gm_atomic_load_relaxed(&desc->state));
}

GM_INLINE int gm_ref_is_sole(const struct gm_desc *desc)
{
	/* acquire: pairs with the release of the puts that left one reference */
	gm_word state = gm_atomic_load_acquire(&desc->state);

	return gm_state_is_live(state) && gm_state_refs(state) == 1;
}

GM_END_DECLS

#endif
