/* SPDX-License-Identifier: BSD-2-Clause */
/* words.c - the other packed words: base with flags and order, nodes, slots, folios. */
#include "goals.h"

#include <granmem/folio.h>

#include "lib/radix.c"
#include "lib/radix_init.c"

void gm_port_panic(const char *text, const void *object)
{
	(void)text, (void)object;
}

static gm_word any_word(void)
{
	return (gm_word)any();
}

static gm_word order_of(struct gm_desc *desc)
{
	return *gm_desc_flags_word(desc) & GM_DESC_ORDER_MASK;
}

/* Flags, order and base do not overlap, and every flag is a bit of its own. */
void prove_flags_word(void)
{
	unsigned a = (unsigned)any();
	unsigned b = (unsigned)any();

	MUST((GM_FLAGS_MASK & GM_DESC_ORDER_MASK) == 0);
#if GM_CONFIG_64BIT
	MUST((GM_DESC_BASE_MASK & (GM_FLAGS_MASK | GM_DESC_ORDER_MASK)) == 0);
	MUST((GM_DESC_BASE_MASK | GM_FLAGS_MASK | GM_DESC_ORDER_MASK) == (gm_word)-1);
#endif
	ASSUME(a < GM_FLAGS_NR && b < GM_FLAGS_NR && a != b);
	MUST((GM_FLAG(a) & ~GM_FLAGS_MASK) == 0);
	MUST(GM_FLAG(a) != 0 && (GM_FLAG(a) & GM_FLAG(b)) == 0);
}

/* A descriptor of any content, but for an address in its base. */
static void any_record(struct gm_desc *desc, struct gm_object *object)
{
	*(gm_word *)(uintptr_t)gm_desc_flags_word(desc) = any_word();
	object->base = gm_paddr(any());
	object->size = any();
	ASSUME(object->base.value < GM_PADDR_END);
	ASSUME(object->base.value % GM_OBJECT_ALIGN == 0);
#if !GM_CONFIG_64BIT
	desc->base = any();
#endif
}

/* A new life: base and size are the object's, flags are clear, the order stays. */
void prove_desc_set(void)
{
	struct gm_desc desc;
	struct gm_object object;
	gm_word order;

	any_record(&desc, &object);
	order = order_of(&desc);
	object.owner = (void *)(uintptr_t)any();
	gm_desc_set(&desc, &object);
	MUST(gm_desc_base(&desc) == object.base.value && gm_desc_size(&desc) == object.size);
	MUST(gm_desc_owner(&desc) == object.owner);
	MUST(gm_desc_flags(&desc) == 0 && order_of(&desc) == order);
}

void prove_desc_resize(void)
{
	struct gm_desc desc;
	struct gm_object object;
	gm_word order, flags;

	any_record(&desc, &object);
	order = order_of(&desc);
	flags = gm_desc_flags(&desc);
	gm_desc_resize(&desc, object.base.value, object.size);
	MUST(gm_desc_base(&desc) == object.base.value && gm_desc_size(&desc) == object.size);
	MUST(gm_desc_flags(&desc) == flags && order_of(&desc) == order);
}

/* Any mask: only flags change, and those of it; the answer is what was set. */
void prove_set_and_clear_flags(void)
{
	struct gm_desc desc;
	struct gm_object object;
	gm_word mask = any_word();
	gm_word was, word, now;

	any_record(&desc, &object);
	was = gm_desc_flags(&desc);
	word = *gm_desc_flags_word(&desc) & ~GM_FLAGS_MASK;
	now = mask & GM_FLAGS_MASK;
	MUST(gm_desc_set_flags(&desc, mask) == (was & now));
	MUST(gm_desc_flags(&desc) == (was | now));
	MUST((*gm_desc_flags_word(&desc) & ~GM_FLAGS_MASK) == word);
	MUST(gm_desc_clear_flags(&desc, mask) == now);
	MUST(gm_desc_flags(&desc) == (was & ~now));
	MUST((*gm_desc_flags_word(&desc) & ~GM_FLAGS_MASK) == word);
}

void prove_covers(void)
{
	struct gm_desc desc;
	struct gm_object object;
	uint64_t paddr = any();

	any_record(&desc, &object);
	object.owner = 0;
	ASSUME(object.size <= GM_PADDR_END - object.base.value);
	gm_desc_set(&desc, &object);
	MUST(gm_desc_covers(&desc, paddr) ==
	     (paddr >= object.base.value && (wide)paddr < (wide)object.base.value + object.size));
}

/* A compound word holds the order of any block there is; it is never 0, that of
 * a free granule, and leaves flags and base alone. */
void prove_order_word(void)
{
	unsigned order = (unsigned)any();
	gm_word word;

	ASSUME(order <= GM_PADDR_BITS - GM_GRANULE_SHIFT_MIN);
	word = gm_blocks_order_word((uint64_t)1 << order);
	MUST((word & ~GM_DESC_ORDER_MASK) == 0 && word != 0);
	MUST((word >> GM_DESC_ORDER_SHIFT) - 1 == order);
}

/* A folio word: kinds differ, and only FREE looks free, with whichever order. */
void prove_folio_words(void)
{
	gm_word word = any_word();
	gm_word kind = word & GM_BLOCKS_KIND_MASK;
	gm_word order = any_word();
	int is_free = (word & ~GM_BLOCKS_FREE_BITS) == 0;

	MUST(GM_FOLIO_OBJECT == GM_BLOCKS_OBJECT && GM_FOLIO_FREE == GM_BLOCKS_FREE);
	MUST(GM_FOLIO_BUSY == GM_BLOCKS_BUSY && GM_FOLIO_BUSY <= GM_BLOCKS_KIND_MASK);
	/* What blocks.h says: a descriptor is not in the first KiB. */
	ASSUME(kind != GM_BLOCKS_OBJECT || word == 0 || word >= 1024);
	MUST(!is_free || kind == GM_BLOCKS_FREE || word == 0);
	ASSUME(order < 64);
	MUST(((GM_BLOCKS_FREE | order << GM_BLOCKS_KIND_SHIFT) & ~GM_BLOCKS_FREE_BITS) == 0);
	/* Marks, and what unmark remembers of them, never look free. */
	ASSUME(kind >= GM_FOLIO_RESERVED && kind <= GM_FOLIO_BUSY);
	MUST((kind & ~GM_BLOCKS_FREE_BITS) != 0);
	MUST(((kind << GM_BLOCKS_KIND_SHIFT | GM_BLOCKS_BUSY) & ~GM_BLOCKS_FREE_BITS) != 0);
}

/* The node word's transitions. */
void prove_node_word(void)
{
	gm_word word = any_word();
	gm_word one = (gm_word)1 << GM_NODE_REFS_BITS;
	gm_word refs = any_word();
	gm_word generations = ~(GM_NODE_LIVE | GM_NODE_REFS_MASK);
	gm_word frozen = node_frozen(word);

	MUST((frozen & GM_NODE_LIVE) == 0 && (frozen & GM_NODE_REFS_MASK) == 0);
	MUST((frozen & generations) == (((word & generations) + one) & generations));
	ASSUME(refs >= 1 && refs <= GM_NODE_REFS_MASK);
	MUST((node_live(word, refs) & GM_NODE_LIVE) != 0);
	MUST((node_live(word, refs) & GM_NODE_REFS_MASK) == refs);
	MUST((node_live(word, refs) & generations) == (word & generations));
	/* Two reads agree if they are of one life, whatever the references are. */
	MUST(node_life(node_live(word, refs)) == node_life(node_live(word, 1)));
	MUST(node_life(node_live(frozen, refs)) != node_life(node_live(word, refs)));
}

/* The slots' own references and those of all who may be about to fill as many do
 * not reach the generation; taking back what was taken leaves it alone, too. */
void prove_node_references(void)
{
	gm_word word = any_word();
	gm_word slots = (gm_word)1 << (GM_GRANULE_SHIFT_MAX - 6);
	gm_word nr = any_word();

	ASSUME(nr >= 1 && nr <= slots);
	ASSUME((word & GM_NODE_REFS_MASK) <= slots * GM_CONTEXTS_MAX);
	MUST(node_life(word + nr) == node_life(word));
	MUST(((word + nr) & GM_NODE_REFS_MASK) == (word & GM_NODE_REFS_MASK) + nr);
	ASSUME((word & GM_NODE_REFS_MASK) >= nr);
	MUST(node_life(word - nr) == node_life(word));
}

/* A slot's tags tell its kinds apart, and come off again. */
void prove_slots(void)
{
	gm_word value = any_word();

	ASSUME(value % 16 == 0 && value != 0);
	MUST((gm_word)gm_radix_node(value | GM_RADIX_NODE) == value);
	MUST((value & GM_RADIX_TAGS) == 0);
	MUST((GM_RADIX_MARK & GM_RADIX_NODE) == 0 && (GM_RADIX_MARK & GM_RADIX_TAGS) != 0);
}
