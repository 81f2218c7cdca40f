/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ref.h - the protocol of the state word: references, pins, freezing.
 *
 *             create                    put of the last reference
 *   frozen  ----------->  live  ----------------------------------->  frozen
 *   (free)                |  ^          (the caller destroys)          (free)
 *                  freeze |  | thaw
 *                         v  |
 *                        frozen (exclusive: the freezer's)
 *
 * Who may run beside whom on one descriptor: everything here beside everything
 * else here, from any context, interrupts and NMIs included. "Held" marks what
 * requires a reference of the caller's own; "exclusive" what requires that the
 * caller froze the word or is creating the object.
 *
 *   get, get_checked, add          held
 *   try_get, try_get_type          speculative: a descriptor that was looked up
 *   try_pin                        speculative or held
 *   put, put_many, unpin           held: gives the reference up
 *   freeze                         the caller owns all the references it names
 *   thaw, publish                  exclusive
 *   set_nopin, clear_nopin         held
 *   count, pins, type, is_sole     any; the answers are of a moment
 *
 * Ordering. A speculative get has acquire, a put release order: what the
 * creator wrote before it published the object is seen by every getter, and
 * what holders did before they put is seen by the one who destroys or freezes.
 *
 * Progress. get, try_get, put, pin and unpin are wait-free where the processor
 * has fetch-and-add (x86, LSE, AMO), and lock-free elsewhere. Where strays or
 * saturation have to be cleared the loop runs at most once for each context
 * that races. A thread stopped between any two instructions blocks nobody.
 *
 * Source: the frozen-bit design that Linux discussed for folio_try_get in
 * 2026, with a generation against late compare-and-swaps.
 */
#ifndef GM_REF_H
#define GM_REF_H

#include <granmem/desc.h>
#include <granmem/error.h>
#include <granmem/port.h>

GM_BEGIN_DECLS

/*
 * gm_ref_get - one more reference, for who holds one.
 *
 * At half the field the object is leaked on purpose: its count is moved to 7/8,
 * where it rests, and the notice hook is told. Ordering: none (the reference
 * that the caller holds has it). Context: any; wait-free.
 */
GM_INLINE void gm_ref_get(struct gm_desc *desc);

/*
 * gm_ref_get_checked - one more reference, or an error at the limit.
 *
 * Requires a reference. Returns 0 or -GM_ELIMIT. Context: any; wait-free.
 */
GM_INLINE GM_MUST_CHECK int gm_ref_get_checked(struct gm_desc *desc);

/*
 * gm_ref_add - n more references at once.
 *
 * Requires a reference. Checked before it is made. Returns 0 or -GM_ELIMIT.
 * Context: any; lock-free.
 */
GM_MUST_CHECK int gm_ref_add(struct gm_desc *desc, gm_word n);

/*
 * gm_ref_try_get, gm_ref_try_get_type - a reference to an object that was
 * looked up and may be dying, dead or reused.
 *
 * Requires memory that is a descriptor (I8), not that it is live. On success the
 * fields may be read: the caller must then check that the object is the one
 * meant (base, owner), and put it if not. type 0 accepts any.
 *
 * Returns 0; -GM_EBUSY (not live: free, or frozen for a change); -GM_ETYPE
 * (live, of another type); -GM_ELIMIT; -GM_EORPHAN (refused, and the undo was
 * the last put: the caller owns the destruction; tables mark it for reap).
 * Ordering: acquire on success, pairs with publish and thaw. Context: any;
 * wait-free.
 */
GM_INLINE GM_MUST_CHECK int gm_ref_try_get(struct gm_desc *desc);
GM_INLINE GM_MUST_CHECK int gm_ref_try_get_type(struct gm_desc *desc, unsigned type);

/*
 * gm_ref_put - give a reference up.
 *
 * Returns 0, or 1 if it was the last: then no get succeeds any more, *gone says
 * what the object was, and the caller owns its destruction (remove it from the
 * table). *gone is not written otherwise. A put without a reference goes to the
 * assertion hook and changes nothing. Ordering: release; acquire for the last
 * one. Context: any; wait-free.
 */
GM_INLINE GM_MUST_CHECK int gm_ref_put(struct gm_desc *desc, struct gm_object *gone);

/*
 * gm_ref_put_sole - put, if it is the last reference and nobody else is about.
 *
 * Both steps of a last put as one: a compare-and-swap instead of an addition and
 * a compare-and-swap. Returns 1 and *gone like gm_ref_put, or 0 and nothing has
 * changed, the reference included. For objects that mostly have one holder;
 * for others the load in front costs a cache miss. Context: any; wait-free.
 */
GM_INLINE GM_MUST_CHECK int gm_ref_put_sole(struct gm_desc *desc, struct gm_object *gone);

/*
 * gm_ref_undo - put for a lookup that got what it did not mean.
 *
 * Returns 0, or -GM_EORPHAN if it was the last put (see gm_ref_try_get).
 * Context: any; wait-free.
 */
GM_COLD GM_MUST_CHECK int gm_ref_undo(struct gm_desc *desc);

/* gm_ref_undo_as - the same for what was added to the state word; `answer` instead of 0. */
GM_COLD GM_MUST_CHECK int gm_ref_undo_as(struct gm_desc *desc, gm_word taken, int answer);

/*
 * gm_ref_orphan - the record of an orphan: for reap.
 *
 * Requires the destruction of a descriptor that came with -GM_EORPHAN.
 */
void gm_ref_orphan(struct gm_desc *desc, struct gm_object *gone);

/* gm_ref_put_many - give n references up at once; like gm_ref_put, lock-free. */
GM_MUST_CHECK int gm_ref_put_many(struct gm_desc *desc, gm_word n, struct gm_object *gone);

/*
 * gm_ref_try_pin - a reference that also keeps the object in place, for DMA.
 *
 * Requires memory that is a descriptor. Returns 0; -GM_EBUSY (not live);
 * -GM_EPINNED (the object refuses pins); -GM_ELIMIT; -GM_EORPHAN. Ordering and
 * context as gm_ref_try_get.
 */
GM_MUST_CHECK int gm_ref_try_pin(struct gm_desc *desc);

/* gm_ref_unpin - give a pin and its reference up; returns like gm_ref_put. */
GM_MUST_CHECK int gm_ref_unpin(struct gm_desc *desc, struct gm_object *gone);

/*
 * gm_ref_set_nopin, gm_ref_clear_nopin - refuse or allow new pins.
 *
 * Require a reference (or a freeze). Pins that exist stay: ask gm_ref_pins
 * afterwards. Ordering: clear has release, pairs with the acquire of try_pin.
 * Context: any; lock-free.
 */
void gm_ref_set_nopin(struct gm_desc *desc);
void gm_ref_clear_nopin(struct gm_desc *desc);

/*
 * gm_ref_freeze - make an object exclusive: nobody can get it until thaw.
 *
 * Requires that the caller owns all `expected` (>= 1) references: no holder may
 * get, put or pin until the thaw. Returns 0, or -GM_EBUSY (others hold it, a
 * pin, a racing lookup, or it is not live; nothing changed), -GM_EINVAL
 * (expected is 0, or GM_REFS_LIMIT or more). Ordering: acquire, pairs with the release
 * of earlier puts. Context: any; wait-free.
 */
GM_MUST_CHECK int gm_ref_freeze(struct gm_desc *desc, gm_word expected);

/*
 * gm_ref_thaw - make a frozen object live again, with `refs` (>= 1) references.
 *
 * Requires that the caller froze it. Type and NOPIN stay. Ordering: release,
 * pairs with the acquire of gets. Context: any; wait-free.
 */
void gm_ref_thaw(struct gm_desc *desc, gm_word refs);

/*
 * gm_ref_publish - make a new object live: for who creates one (the tables).
 *
 * Requires a frozen word that is the caller's, the fields written and every
 * slot linked (I10); refs >= 1, type 1 .. GM_TYPE_MAX. Ordering: release.
 */
GM_INLINE void gm_ref_publish(struct gm_desc *desc, unsigned type, gm_word refs);

/*
 * gm_ref_publish_like - make a new object live that was part of a frozen one.
 *
 * Requires both words to be the caller's. Type and NOPIN are those of `frozen`;
 * one reference. Ordering: release.
 */
void gm_ref_publish_like(struct gm_desc *desc, const struct gm_desc *frozen);

/*
 * gm_ref_retire - end a life that the caller froze, instead of thawing it.
 *
 * Requires a frozen word that is the caller's. After it the word is as after a
 * last put, and the descriptor may go back to its pool. Context: any; wait-free.
 */
void gm_ref_retire(struct gm_desc *desc);

/* What the word says at this moment. is_sole: live with exactly one reference,
 * with acquire order: a holder who sees 1 sees what earlier holders did.
 * pins may be transiently too high, never falsely 0. */
GM_INLINE gm_word gm_ref_count(const struct gm_desc *desc);
GM_INLINE gm_word gm_ref_pins(const struct gm_desc *desc);
GM_INLINE unsigned gm_ref_type(const struct gm_desc *desc);
GM_INLINE int gm_ref_is_live(const struct gm_desc *desc);
GM_INLINE int gm_ref_is_sole(const struct gm_desc *desc);

/* The rest of an inline function, where it is not the everyday case. */
void gm_ref_get_saturate(struct gm_desc *desc, gm_word old);
GM_COLD GM_MUST_CHECK int gm_ref_get_refused(struct gm_desc *desc, gm_word old);
GM_MUST_CHECK int gm_ref_put_rest(struct gm_desc *desc, gm_word old, gm_word taken,
				  struct gm_object *gone);

GM_END_DECLS

#include <granmem/inline/ref.h>

#endif
