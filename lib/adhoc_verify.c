/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * adhoc_verify.c - the invariants of an ad-hoc table at rest; contract in
 * granmem/adhoc.h.
 */
#include "adhoc_internal.h"
#include "memory_internal.h"

struct walk {
	struct gm_adhoc *adhoc;
	struct gm_verify *out;
	const struct gm_desc *object; /* whose slots are being walked */
	uint64_t expected;            /* where its next slot begins */
	uint64_t nr_live;
	uint64_t marked_bytes;
	uint64_t nr_nodes[GM_RADIX_LEVELS];
};

static void complain(struct walk *walk, const char *text, uint64_t offset)
{
	if (walk->out->nr_errors++ == 0) {
		walk->out->first = text;
		walk->out->where = gm_paddr(offset);
	}
}

static void require(struct walk *walk, int cond, const char *text, uint64_t offset)
{
	if (!cond)
		complain(walk, text, offset);
}

/* An orphan's size has its type in the low bits. */
static uint64_t size_of(const struct gm_desc *desc)
{
	return gm_granule_down(gm_desc_size(desc), GM_UNIT_SHIFT);
}

/* The object whose slots were walked must have ended where it says. */
static void end_object(struct walk *walk, uint64_t offset)
{
	if (walk->object != NULL)
		require(walk, walk->expected == gm_desc_base(walk->object) + size_of(walk->object),
			"I6: an object has fewer slots than its size", offset);
	walk->object = NULL;
}

static void begin_object(struct walk *walk, const struct gm_desc *desc, uint64_t paddr)
{
	gm_word state = gm_atomic_load_relaxed(&desc->state);

	/* An object that its holder froze keeps its type, an orphan has none; the
	 * counts of their words may be strays. */
	require(walk, gm_state_type(state) != 0 || gm_pool_is_orphan(&walk->adhoc->descs, desc),
		"I9, I10: a linked descriptor is nobody's", paddr);
	if (gm_state_is_live(state)) {
		require(walk, gm_state_refs(state) != 0, "I1: a live object without references",
			paddr);
		require(walk, gm_state_pins(state) <= gm_state_refs(state),
			"I2: more pins than references", paddr);
		walk->nr_live++;
		if (gm_state_refs(state) >= GM_REFS_LEAKED)
			walk->out->nr_saturated++;
		else
			walk->out->nr_references += gm_state_refs(state);
	}
	require(walk, gm_desc_base(desc) == paddr, "I6, I7: a slot before or after its object",
		paddr);
	walk->object = desc;
	walk->expected = paddr;
	walk->out->nr_objects++;
	walk->out->covered_bytes += size_of(desc);
}

/* One slot that is not a node. */
static void visit_slot(struct walk *walk, gm_word value, uint64_t offset, uint64_t size)
{
	if (value == 0 || (value & GM_RADIX_TAGS) != 0) {
		end_object(walk, offset);
		require(walk, value == 0 || value == GM_RADIX_MARK, "I6: a slot with unknown tags",
			offset);
		if (value != 0)
			walk->marked_bytes += size;
		return;
	}
	if ((const struct gm_desc *)value != walk->object) {
		end_object(walk, offset);
		begin_object(walk, (const struct gm_desc *)value, offset);
	}
	require(walk, walk->expected == offset, "I7: an object's slots are not side by side",
		offset);
	walk->expected += size;
}

static void visit_node(struct walk *walk, gm_word *node, size_t level, uint64_t offset)
{
	const struct gm_radix *radix = &walk->adhoc->radix;
	const struct gm_radix_record *record = gm_radix_record(radix, level, node);
	gm_word word = gm_atomic_load_relaxed(&record->word);
	gm_word used = 0;
	uint32_t i;

	walk->nr_nodes[level]++;
	for (i = 0; i < gm_radix_slots(radix, level); i++) {
		gm_word value = gm_atomic_load_relaxed(&node[i]);
		uint64_t at = offset + ((uint64_t)i << radix->levels[level].shift);

		used += value != 0;
		if (value & GM_RADIX_NODE && level > 0)
			visit_node(walk, gm_radix_node(value), level - 1, at);
		else
			visit_slot(walk, value, at, gm_granule_size(radix->levels[level].shift));
	}
	require(walk, (word & GM_NODE_LIVE) != 0, "I10: a linked node is not live", offset);
	require(walk, (word & GM_NODE_REFS_MASK) == used, "a node's references are not its slots",
		offset);
	require(walk, used != 0, "an empty node is linked", offset);
	require(walk,
		gm_atomic_load_relaxed(&record->place) == gm_radix_place(radix, level, offset),
		"a node's place is wrong", offset);
}

/* Elements that are taken from a pool must be those that the tree leads to. */
static void check_pools(struct walk *walk)
{
	struct gm_adhoc *adhoc = walk->adhoc;
	struct gm_desc *desc = NULL;
	uint64_t nr_live = 0;
	size_t level;

	while ((desc = gm_pool_next(&adhoc->descs, desc)) != NULL)
		nr_live += (uint64_t)gm_ref_is_live(desc);
	require(walk, nr_live == walk->nr_live, "I10: a live descriptor is not linked", 0);
	require(walk, gm_pool_used(&adhoc->descs) == walk->out->nr_objects,
		"I9: a descriptor is neither free nor in the tree", 0);
	for (level = 0; level < adhoc->radix.root_level; level++) {
		uint64_t reserved = gm_atomic_load_relaxed(&adhoc->radix.reserve[level]) != 0;

		require(walk,
			gm_pool_used(&adhoc->radix.nodes[level]) ==
				walk->nr_nodes[level] + reserved,
			"a node is neither free nor in the tree", 0);
	}
}

int gm_adhoc_verify(struct gm_adhoc *adhoc, struct gm_verify *out)
{
	const struct gm_radix *radix = &adhoc->radix;
	struct walk walk;
	uint64_t hosted = (uint64_t)gm_atomic_load_relaxed(&adhoc->table.hosted_bytes)
			  << GM_UNIT_SHIFT;
	uint64_t i;

	gm_memory_clear(&walk, sizeof(walk));
	walk.adhoc = adhoc;
	walk.out = out;
	gm_memory_clear(out, sizeof(*out));
	for (i = radix->first; i < radix->end; i++) {
		gm_word value = gm_atomic_load_relaxed(gm_radix_root_slot(radix, i));
		uint64_t offset = i << radix->levels[radix->root_level].shift;

		if (value & GM_RADIX_NODE)
			visit_node(&walk, gm_radix_node(value), radix->root_level - 1, offset);
		else
			visit_slot(&walk, value, offset,
				   gm_granule_size(radix->levels[radix->root_level].shift));
	}
	end_object(&walk, radix->end << radix->levels[radix->root_level].shift);
	check_pools(&walk);
	require(&walk, walk.marked_bytes == hosted, "metadata in the region is miscounted", 0);
	require(&walk,
		gm_table_free_bytes(&adhoc->table) + out->covered_bytes + hosted ==
			adhoc->table.size,
		"free bytes are miscounted", 0);
	return out->nr_errors == 0 ? 0 : -GM_ECORRUPT;
}
