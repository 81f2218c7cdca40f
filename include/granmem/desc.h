/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * desc.h - the descriptor: the record of one object of memory.
 *
 *              64-bit                          32-bit
 *     +0   state                          +0   state
 *     +8   base | flags | order           +4   flags | order
 *     +16  size                           +8   base
 *     +24  owner                          +16  size
 *                                         +24  owner, padding
 *
 * The state word, one gm_word:
 *
 *      63     62      61..58   57..50       49..30   29..0
 *     [ LIVE | NOPIN | type   | generation | pins   | refs   ]   64-bit
 *      31     30      29..26   25..21       20..13   12..0       32-bit
 *
 * LIVE clear means frozen: no reference can be taken. So zero memory is frozen
 * and nobody's. Counts are refused from half of their field on, which leaves
 * the other half to additions that race before they are taken back.
 *
 * The invariants that everything keeps; assertions, tests and the verifier
 * cite them by number:
 *
 *   I1  LIVE with refs 0 only between the two steps of a put
 *   I2  pins <= refs
 *   I3  not LIVE => no get succeeds
 *   I4  exactly one destroying transition in each life
 *   I5  base, size, type and owner (not the flags) are constant while LIVE
 *   I6  a slot leads to a descriptor that covers it, or to nothing
 *   I7  objects of one table never overlap
 *   I8  a descriptor's memory stays a descriptor until a grace period
 *   I9  zero and free descriptors are not LIVE
 *   I10 whatever is LIVE is linked in its table
 *
 * An embedder extends the descriptor by making it the first member of a larger
 * struct and telling the table (desc_size). The extended part is the embedder's: zero in
 * new metadata, in a new object as that of an earlier one left it, and zero in a rest of
 * release_range that gets a descriptor of its own. What it says by offsets from the base
 * is to be moved, or given up, before a range is released from the front: the base of
 * what is left is another then.
 */
#ifndef GM_DESC_H
#define GM_DESC_H

#include <granmem/atomic.h>
#include <granmem/config.h>
#include <granmem/granule.h>
#include <granmem/types.h>

GM_BEGIN_DECLS

#if GM_CONFIG_64BIT
#define GM_STATE_REFS_BITS 30
#define GM_STATE_PINS_BITS 20
#define GM_STATE_GENERATION_BITS 8
#else
#define GM_STATE_REFS_BITS 13
#define GM_STATE_PINS_BITS 8
#define GM_STATE_GENERATION_BITS 5
#endif
#define GM_STATE_TYPE_BITS 4

#define GM_STATE_PINS_SHIFT GM_STATE_REFS_BITS
#define GM_STATE_GENERATION_SHIFT (GM_STATE_PINS_SHIFT + GM_STATE_PINS_BITS)
#define GM_STATE_TYPE_SHIFT (GM_STATE_GENERATION_SHIFT + GM_STATE_GENERATION_BITS)
#define GM_STATE_NOPIN_SHIFT (GM_STATE_TYPE_SHIFT + GM_STATE_TYPE_BITS)
#define GM_STATE_LIVE_SHIFT (GM_STATE_NOPIN_SHIFT + 1)

#define GM_STATE_REFS_ONE ((gm_word)1)
#define GM_STATE_PINS_ONE ((gm_word)1 << GM_STATE_PINS_SHIFT)
#define GM_STATE_REFS_MASK (GM_STATE_PINS_ONE - 1)
#define GM_STATE_PINS_MASK ((((gm_word)1 << GM_STATE_PINS_BITS) - 1) << GM_STATE_PINS_SHIFT)
#define GM_STATE_GENERATION_MASK \
	((((gm_word)1 << GM_STATE_GENERATION_BITS) - 1) << GM_STATE_GENERATION_SHIFT)
#define GM_STATE_TYPE_MASK ((((gm_word)1 << GM_STATE_TYPE_BITS) - 1) << GM_STATE_TYPE_SHIFT)
#define GM_STATE_NOPIN ((gm_word)1 << GM_STATE_NOPIN_SHIFT)
#define GM_STATE_LIVE ((gm_word)1 << GM_STATE_LIVE_SHIFT)

/* The largest counts there can be, and the most contexts that may race on one
 * word: CPUs times the depth of interrupts; tables refuse a configuration with
 * more. The limits are half of a field; saturated counts rest at 7/8. */
#define GM_REFS_LIMIT ((gm_word)1 << (GM_STATE_REFS_BITS - 1))
#define GM_PINS_LIMIT ((gm_word)1 << (GM_STATE_PINS_BITS - 1))
#define GM_REFS_LEAKED (GM_REFS_LIMIT + GM_REFS_LIMIT / 2)
#define GM_REFS_SATURATED (GM_REFS_LIMIT + GM_REFS_LIMIT / 2 + GM_REFS_LIMIT / 4)
#define GM_CONTEXTS_MAX ((unsigned)(GM_PINS_LIMIT - 1))

/*
 * Flags: atomic bits that live beside the base. They change only under a
 * reference or a freeze. The order bits are the compound table's own.
 */
#define GM_FLAGS_NR 12
#if GM_CONFIG_64BIT
#define GM_FLAG(n) ((gm_word)1 << ((n) < 6 ? (n) : (n) + 46))
#define GM_DESC_BASE_MASK ((gm_word)(GM_PADDR_END - GM_OBJECT_ALIGN))
#define GM_DESC_ORDER_SHIFT 58
#else
#define GM_FLAG(n) ((gm_word)1 << (n))
#define GM_DESC_ORDER_SHIFT 26
#endif
#define GM_DESC_ORDER_MASK ((gm_word)0x3f << GM_DESC_ORDER_SHIFT)
#define GM_FLAG_DIRTY GM_FLAG(0)
#define GM_FLAG_REFERENCED GM_FLAG(1)
#define GM_FLAG_UPTODATE GM_FLAG(2)
#define GM_FLAG_LOCKED GM_FLAG(3)
#define GM_FLAG_POISONED GM_FLAG(4)
#define GM_FLAG_USER(n) GM_FLAG(5 + (n)) /* the embedder's own: n in 0 .. 6 */
#if GM_CONFIG_64BIT
#define GM_FLAGS_MASK (((gm_word)0x3f << 52) | (gm_word)0x3f)
#else
#define GM_FLAGS_MASK ((gm_word)0xfff)
#endif

struct gm_desc {
	gm_word state;
#if GM_CONFIG_64BIT
	gm_word base_flags; /* only accessed atomically */
#else
	gm_word flags; /* only accessed atomically */
	uint64_t base;
#endif
	uint64_t size;
	void *owner;
#if !GM_CONFIG_64BIT
	uint32_t padding;
#endif
};

GM_STATIC_ASSERT(sizeof(struct gm_desc) == 32, "a descriptor is 32 bytes");
GM_STATIC_ASSERT(GM_STATE_LIVE_SHIFT == sizeof(gm_word) * 8 - 1, "the state word is full");

/* The record of an object, as its creator gives it and its destroyer gets it. */
struct gm_object {
	struct gm_paddr base;
	uint64_t size; /* bytes */
	unsigned type; /* 1 .. GM_TYPE_MAX */
	void *owner;
};

/*
 * The transitions, as pure functions on state words. None touches memory, so
 * each is tested without threads; inline/ref.h is where they meet the word.
 */

/* The fields. Pure. */
GM_INLINE gm_word gm_state_refs(gm_word state);
GM_INLINE gm_word gm_state_pins(gm_word state);
GM_INLINE unsigned gm_state_type(gm_word state);
GM_INLINE unsigned gm_state_generation(gm_word state);
GM_INLINE int gm_state_is_live(gm_word state);
GM_INLINE int gm_state_is_nopin(gm_word state);

/* gm_state_next_generation - the generation bits alone, one life on, wrapping. */
GM_INLINE gm_word gm_state_next_generation(gm_word state);

/* gm_state_destroyed - after the last put: nothing but the next generation. */
GM_INLINE gm_word gm_state_destroyed(gm_word state);

/* gm_state_frozen - a live word made exclusive: not LIVE, next generation, all
 * else kept. */
GM_INLINE gm_word gm_state_frozen(gm_word state);

/* gm_state_created - live for the first time: the frozen word's generation, and
 * what the creator says. Strays do not survive. */
GM_INLINE gm_word gm_state_created(gm_word state, unsigned type, gm_word refs);

/* gm_state_thawed - live again: generation, type and NOPIN of the frozen word,
 * refs as the caller knows them, no pins. */
GM_INLINE gm_word gm_state_thawed(gm_word state, gm_word refs);

/* gm_state_saturated - the word with refs at 7/8 of the field. */
GM_INLINE gm_word gm_state_saturated(gm_word state);

/* gm_state_without_strays - a frozen word with both counts at zero. */
GM_INLINE gm_word gm_state_without_strays(gm_word state);

/* gm_state_strays_overflow - 1 if a frozen word's strays reach half of refs or
 * of pins and must be reset. */
GM_INLINE int gm_state_strays_overflow(gm_word state);

/* gm_state_get_ok - may a get whose addition found this word keep it? */
GM_INLINE int gm_state_get_ok(gm_word old);

/* gm_state_pin_ok - may a pin whose addition found this word keep it? */
GM_INLINE int gm_state_pin_ok(gm_word old);

/* gm_state_put_is_plain - a put found this word: is there nothing more to do?
 * Otherwise it was the last one, or saturated, or a caller's error. */
GM_INLINE int gm_state_put_is_plain(gm_word old);

/*
 * Fields of a descriptor. The readers of base, size and owner require a
 * reference or a freeze (then they are constant, I5); the writer requires the
 * frozen word to be the caller's own. gm_desc_set begins a life: all flags are
 * clear after it. gm_desc_resize moves the bounds and keeps the flags.
 * Context: any; wait-free.
 */
GM_INLINE uint64_t gm_desc_base(const struct gm_desc *desc); /* physical address, bytes */
GM_INLINE uint64_t gm_desc_size(const struct gm_desc *desc); /* bytes */
GM_INLINE void *gm_desc_owner(const struct gm_desc *desc);
GM_INLINE void gm_desc_set(struct gm_desc *desc, const struct gm_object *object);
GM_INLINE void gm_desc_resize(struct gm_desc *desc, uint64_t base, uint64_t size);

/* gm_desc_get - the record of the object; the type is in the state word only. */
GM_INLINE void gm_desc_get(const struct gm_desc *desc, unsigned type, struct gm_object *object);

/* gm_desc_covers - is paddr inside the object? Requires a reference or a freeze. */
GM_INLINE int gm_desc_covers(const struct gm_desc *desc, uint64_t paddr);

/*
 * Flags, a set of GM_FLAG_ bits. All require a reference or a freeze.
 * gm_desc_flags loads with acquire and pairs with set: who sees UPTODATE sees
 * the data. set and clear return those bits of mask that were set before; set
 * that changes a flag has acquire and release order, clear has release, so that
 * "set returned 0" takes and clear frees a try-lock. They are lock-free: one
 * compare-and-swap that repeats only if another flag changed. Context: any.
 */
GM_INLINE gm_word gm_desc_flags(const struct gm_desc *desc);
GM_INLINE volatile gm_word *gm_desc_flags_word(struct gm_desc *desc);
GM_INLINE gm_word gm_desc_set_flags(struct gm_desc *desc, gm_word mask);
GM_INLINE gm_word gm_desc_clear_flags(struct gm_desc *desc, gm_word mask);

GM_END_DECLS

#include <granmem/inline/desc.h>

#endif
