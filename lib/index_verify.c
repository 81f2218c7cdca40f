/* SPDX-License-Identifier: BSD-2-Clause */
/* index_verify.c - an index at rest, checked; contract in granmem/index.h. */
#include "index_internal.h"
#include "memory_internal.h"
#include "radix_internal.h"

struct walk {
	struct gm_index *index;
	struct gm_index_verify *out;
	const struct gm_desc *object; /* whose slots are being walked */
	uint64_t expected;            /* where its next slot begins */
	uint64_t end;                 /* where it ends */
};

static void require(struct walk *walk, int cond, const char *text, uint64_t offset)
{
	if (!cond && walk->out->nr_errors++ == 0) {
		walk->out->first = text;
		walk->out->where = offset;
	}
}

static void end_object(struct walk *walk, uint64_t offset)
{
	require(walk, walk->object == NULL || walk->expected == walk->end,
		"an object has fewer slots than its size", offset);
	walk->object = NULL;
}

/* Marks that the first slot of an object must have labels for. */
static gm_word begin_object(struct walk *walk, const struct gm_desc *desc, uint64_t offset)
{
	gm_word place = gm_atomic_load_relaxed(gm_index_place(walk->index, desc));
	gm_word marks = gm_index_place_marks(place);
	unsigned mark;

	require(walk, gm_state_type(gm_atomic_load_relaxed(&desc->state)) != 0,
		"I9: an object that is nobody's", offset);
	require(walk, gm_desc_owner(desc) == walk->index->owner, "another owner's object", offset);
	require(walk, (place & GM_PLACE_STATE) == GM_PLACE_HERE,
		"an object is in a slot, but not here", offset);
	require(walk, gm_index_start(walk->index, place) == offset,
		"an object is not where its place says", offset);
	require(walk, (marks & ~gm_index_all_marks(walk->index)) == 0,
		"a mark that the store does not have", offset);
	for (mark = 0; mark < GM_INDEX_MARKS; mark++)
		walk->out->nr_marked[mark] += marks >> mark & 1;
	walk->object = desc;
	walk->expected = offset;
	walk->end = offset + gm_desc_size(desc);
	walk->out->nr_objects++;
	walk->out->covered_bytes += gm_desc_size(desc);
	return marks;
}

/* A slot that is not a node: which labels it must have. */
static gm_word visit_slot(struct walk *walk, gm_word value, uint64_t offset, uint64_t stop)
{
	gm_word marks = 0;

	if (!gm_index_is_object(value)) {
		end_object(walk, offset);
		walk->out->nr_shadows += (uint64_t)gm_index_is_shadow(value);
		return 0;
	}
	if ((const struct gm_desc *)value != walk->object) {
		end_object(walk, offset);
		marks = begin_object(walk, (const struct gm_desc *)value, offset);
	}
	require(walk, walk->expected == offset && stop <= walk->end,
		"an object's slots are not side by side", offset);
	walk->expected = stop;
	return marks;
}

/* The labels of a slot, which must not lack any of these. It may have others. */
static void visit_labels(struct walk *walk, const struct gm_radix_at *at, uint64_t offset,
			    gm_word must)
{
	const struct gm_radix *tree = &walk->index->tree;
	gm_word labels = 0;
	unsigned label;

	if (at->node == NULL && tree->labels == NULL)
		return;
	for (label = 0; label < tree->store->nr_labels; label++)
		if (gm_radix_has_label(tree, at, label)) {
			labels |= (gm_word)1 << label;
			walk->out->nr_labels[label]++;
		}
	require(walk, (must & ~labels) == 0, "a slot lacks the label of a mark below", offset);
	require(walk, gm_radix_is_settled(tree, at), "a label is neither set nor clear", offset);
}

/* All slots of a node from offset on (slot 0 of one below a graded root is other slots'
 * of the root); returns the labels that the node must have for them. */
static gm_word visit_node(struct walk *walk, gm_word *node, unsigned level, uint64_t offset)
{
	const struct gm_radix *tree = &walk->index->tree;
	const struct gm_radix_record *record = gm_radix_record(tree, level, node);
	gm_word word = gm_atomic_load_relaxed(&record->word);
	uint64_t start = gm_granule_down(offset, tree->store->shift[level + 1]);
	struct gm_radix_at at;
	gm_word used = 0, must = 0;

	walk->out->nr_nodes++;
	at.node = node;
	at.level = level;
	for (at.index = gm_radix_index(tree, level, offset); at.index < tree->store->slots[level]; at.index++) {
		uint64_t first = start + ((uint64_t)at.index << tree->store->shift[level]);
		gm_word below;

		at.value = gm_atomic_load_relaxed(&node[at.index]);
		used += at.value != 0;
		if (at.value & GM_RADIX_NODE)
			below = visit_node(walk, gm_radix_node(at.value), level - 1, first);
		else
			below = visit_slot(walk, at.value, first,
					   first + tree->store->bytes[level]);
		visit_labels(walk, &at, first, below);
		must |= below;
	}
	require(walk, (word & GM_NODE_LIVE) != 0, "a linked node is not live", start);
	require(walk, (word & GM_NODE_REFS_MASK) == used, "a node's references are not its slots",
		start);
	require(walk, used != 0, "an empty node is linked", start);
	require(walk, gm_atomic_load_relaxed(&record->tree) == (gm_word)tree &&
			      gm_atomic_load_relaxed(&record->place) ==
				      gm_radix_place(tree, level, start),
		"a node's place is wrong", start);
	return must;
}

int gm_index_verify(struct gm_index *index, struct gm_index_verify *out)
{
	const struct gm_radix *tree = &index->tree;
	struct gm_radix_at at;
	struct walk walk;
	uint64_t offset = 0;

	gm_memory_clear(&walk, sizeof(walk));
	gm_memory_clear(out, sizeof(*out));
	walk.index = index;
	walk.out = out;
	while (offset < index->span) {
		uint64_t stop;
		gm_word must;

		at.node = NULL;
		at.level = gm_radix_top(tree, offset, &at.index);
		at.value = gm_atomic_load_relaxed(&tree->root[at.index]);
		stop = gm_radix_end_of(tree, &at, offset);
		if (at.value & GM_RADIX_NODE)
			must = visit_node(&walk, gm_radix_node(at.value), at.level - 1, offset);
		else
			must = visit_slot(&walk, at.value, offset, stop);
		visit_labels(&walk, &at, offset, must);
		offset = stop;
	}
	end_object(&walk, offset);
	return out->nr_errors == 0 ? 0 : -GM_ECORRUPT;
}
