/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_ref.c - property: whatever counts a descriptor's holder asks for at once,
 * or whichever flags it names, the answer, the counts and the flags are those of a
 * model; no count wraps, and what is refused changes nothing.
 *
 * The holder is no liar: it gives up what it has. Saturation, which leaks on
 * purpose, is the one thing it cannot undo.
 */
#include <granmem/ref.h>

#include "fuzz.h"
#include "wide.h"

struct holder {
	struct gm_desc desc;
	struct gm_object object;
	uint64_t refs, pins;
	unsigned type;
	gm_word flags;
	int frozen, nopin, gone, saturated;
};

static int passes_limit(uint64_t have, uint64_t more)
{
	return wide_less(wide_of(GM_REFS_LIMIT), wide_sum(have, more));
}

static void destroyed(struct holder *h, const struct gm_object *gone)
{
	FUZZ_EXPECT(h->refs == 0 && h->pins == 0);
	FUZZ_EXPECT(gone->base.value == h->object.base.value && gone->size == h->object.size);
	FUZZ_EXPECT(gone->type == h->type && gone->owner == h->object.owner);
	h->gone = 1;
}

static void add(struct holder *h, gm_word n)
{
	int want = h->refs >= GM_REFS_LIMIT || passes_limit(h->refs, n) ? -GM_ELIMIT : 0;

	FUZZ_EXPECT(gm_ref_add(&h->desc, n) == want);
	h->refs += want == 0 ? n : 0;
}

static void put_many(struct holder *h, uint64_t n)
{
	struct gm_object gone;
	int last;

	/* As many as there are without the pins', which are unpinned. */
	n = n % (h->refs - h->pins + 1);
	last = n != 0 && n == h->refs;
	h->refs -= n;
	FUZZ_EXPECT(gm_ref_put_many(&h->desc, (gm_word)n, &gone) == last);
	if (last)
		destroyed(h, &gone);
}

static void put(struct holder *h)
{
	struct gm_object gone;

	if (h->refs == h->pins)
		return;
	h->refs--;
	FUZZ_EXPECT(gm_ref_put(&h->desc, &gone) == (h->refs == 0));
	if (h->refs == 0)
		destroyed(h, &gone);
}

static void get(struct holder *h, unsigned how)
{
	int want = h->refs >= GM_REFS_LIMIT ? -GM_ELIMIT : 0;
	int got;

	if (how == 0 && want != 0) {
		gm_ref_get(&h->desc);
		h->saturated = 1;
		return;
	}
	if (how == 0) {
		gm_ref_get(&h->desc);
		got = 0;
	} else {
		got = how == 1 ? gm_ref_get_checked(&h->desc) : gm_ref_try_get(&h->desc);
	}
	FUZZ_EXPECT(got == want);
	h->refs += want == 0;
}

static void get_type(struct holder *h, unsigned type)
{
	int got = gm_ref_try_get_type(&h->desc, type);

	if (h->refs >= GM_REFS_LIMIT)
		FUZZ_EXPECT(got == -GM_ELIMIT);
	else
		FUZZ_EXPECT(got == (type != 0 && type != h->type ? -GM_ETYPE : 0));
	h->refs += got == 0;
}

static void pin(struct holder *h)
{
	int full = h->refs >= GM_REFS_LIMIT || h->pins >= GM_PINS_LIMIT;
	int want = h->nopin ? -GM_EPINNED : full ? -GM_ELIMIT : 0;

	FUZZ_EXPECT(gm_ref_try_pin(&h->desc) == want);
	h->refs += want == 0;
	h->pins += want == 0;
}

static void unpin(struct holder *h)
{
	struct gm_object gone;

	if (h->pins == 0)
		return;
	h->refs--;
	h->pins--;
	FUZZ_EXPECT(gm_ref_unpin(&h->desc, &gone) == (h->refs == 0));
	if (h->refs == 0)
		destroyed(h, &gone);
}

static void freeze(struct holder *h, gm_word expected)
{
	int want = expected == 0 || expected >= GM_REFS_LIMIT ? -GM_EINVAL :
		   expected != h->refs || h->pins != 0        ? -GM_EBUSY :
								0;

	FUZZ_EXPECT(gm_ref_freeze(&h->desc, expected) == want);
	h->frozen = want == 0;
}

static void while_frozen(struct holder *h, unsigned what, uint64_t n)
{
	switch (what % 4) {
	case 0:
		FUZZ_EXPECT(gm_ref_try_get_type(&h->desc, (unsigned)n) == -GM_EBUSY);
		break;
	case 1:
		FUZZ_EXPECT(gm_ref_try_pin(&h->desc) == -GM_EBUSY);
		break;
	case 2:
		FUZZ_EXPECT(
			gm_ref_freeze(&h->desc, (gm_word)n) ==
			((gm_word)n == 0 || (gm_word)n >= GM_REFS_LIMIT ? -GM_EINVAL : -GM_EBUSY));
		break;
	default:
		h->refs = 1 + n % (GM_REFS_LIMIT - 1);
		gm_ref_thaw(&h->desc, (gm_word)h->refs);
		h->frozen = 0;
		break;
	}
}

static void change_flags(struct holder *h, gm_word mask, int set)
{
	gm_word old = set ? gm_desc_set_flags(&h->desc, mask) : gm_desc_clear_flags(&h->desc, mask);

	mask &= GM_FLAGS_MASK;
	FUZZ_EXPECT(old == (h->flags & mask));
	h->flags = set ? h->flags | mask : h->flags & ~mask;
}

static void step(struct holder *h, unsigned what, uint64_t n)
{
	if (h->frozen) {
		while_frozen(h, what, n);
		return;
	}
	switch (what % 12) {
	case 0:
		add(h, (gm_word)n);
		break;
	case 1:
		put_many(h, n);
		break;
	case 2:
		put(h);
		break;
	case 3:
		get(h, (unsigned)(n % 3));
		break;
	case 4:
		get_type(h, (unsigned)n);
		break;
	case 5:
		pin(h);
		break;
	case 6:
		unpin(h);
		break;
	case 7:
		freeze(h, (gm_word)n);
		break;
	case 8:
		change_flags(h, (gm_word)n, 1);
		break;
	case 9:
		change_flags(h, (gm_word)n, 0);
		break;
	case 10:
		gm_ref_set_nopin(&h->desc);
		h->nopin = 1;
		break;
	default:
		gm_ref_clear_nopin(&h->desc);
		h->nopin = 0;
		break;
	}
}

static void check(const struct holder *h)
{
	FUZZ_EXPECT(gm_ref_is_live(&h->desc) == (!h->frozen && !h->gone));
	if (h->frozen || h->gone)
		return;
	FUZZ_EXPECT(gm_ref_count(&h->desc) == (h->saturated ? GM_REFS_SATURATED : h->refs));
	FUZZ_EXPECT(gm_ref_pins(&h->desc) == h->pins && gm_ref_type(&h->desc) == h->type);
	FUZZ_EXPECT(gm_state_is_nopin(h->desc.state) == h->nopin);
	FUZZ_EXPECT(gm_desc_flags(&h->desc) == h->flags);
	FUZZ_EXPECT(gm_desc_base(&h->desc) == h->object.base.value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in;
	struct holder h;

	fuzz_begin(&in, data, size);
	memset(&h, 0, sizeof(h));
	h.type = 1 + fuzz_below(&in, GM_TYPE_MAX);
	h.object = (struct gm_object){ gm_paddr(0x40000), 4096, h.type, &h };
	h.refs = 1;
	gm_desc_set(&h.desc, &h.object);
	gm_ref_publish(&h.desc, h.type, 1);
	in.unit_shift = 4;
	fuzz_anchor(&in, 1, GM_REFS_LIMIT);
	while (in.size != 0 && !h.gone && !h.saturated) {
		unsigned what = fuzz_u8(&in);

		fuzz_anchor(&in, 2, h.refs);
		fuzz_anchor(&in, 3, GM_REFS_LIMIT - h.refs);
		step(&h, what, fuzz_u64(&in));
		check(&h);
	}
	return 0;
}
