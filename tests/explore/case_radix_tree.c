/* SPDX-License-Identifier: BSD-2-Clause */
/* case_radix_tree.c - a tree whose values tell where they belong; contracts in
 * radix_tree.h. */
#include "radix_tree.h"

#define NR_PAYLOADS 8 /* for each thread */

static const struct unit units[] = {
	{ SMALL, GRANULE },
	{ GRANULE, ENTRY },
};

struct gm_radix *radix;
void *radix_spare[ROOT_LEVEL];
struct payload *radix_given, *radix_given2;
unsigned char ever[NR_PLACES];
const struct payload *there[NR_PLACES];

static struct payload *payloads;
static gm_word *memory; /* a cell for each place */
static unsigned nr_used[EXPLORE_THREADS + 1];
static unsigned nr_given;
static unsigned char at_start[NR_PLACES];

const struct unit *radix_unit(void)
{
	return &units[explore_now->parameter];
}

uint64_t place(unsigned index)
{
	return index < FAR ? index * radix_unit()->bytes :
			     (index - FAR) * radix_unit()->bytes + radix_unit()->far;
}

struct payload *new_payload(unsigned id, uint64_t offset, uint64_t size)
{
	struct payload *payload = &payloads[id * NR_PAYLOADS + nr_used[id]++];

	payload->offset = offset;
	payload->size = size;
	return payload;
}

void use_memory(unsigned index)
{
	memory[index]++;
	ever[index] = 1;
}

struct payload *link_range(unsigned id, unsigned index, uint64_t size)
{
	struct payload *payload = new_payload(id, place(index), size);
	size_t short_of;
	int err = gm_radix_link(radix, payload->offset, payload->offset + size, (gm_word)payload, 0,
				&short_of);

	explore_check(err == 0 || err == -GM_EBUSY || err == -GM_EEXIST || err == -GM_ENOMEM,
		      "link: an odd error");
	if (err == -GM_EEXIST)
		explore_check(ever[index] || size > radix_unit()->bytes,
			      "link: exists, where never anything was");
	if (err != 0)
		return NULL;
	use_memory(index);
	return payload;
}

struct payload *link_at(unsigned id, unsigned index)
{
	return link_range(id, index, radix_unit()->bytes);
}

struct payload *link_whole(unsigned id, unsigned index)
{
	memset(&ever[index], 1, FAR);
	return link_range(id, index, radix_unit()->far);
}

struct payload *link_free(unsigned id, unsigned index)
{
	struct payload *payload = new_payload(id, place(index), radix_unit()->bytes);
	uint64_t offset = payload->offset;
	size_t level = gm_radix_level_of(radix, radix_unit()->bytes);

	if (!gm_radix_link_free(radix, level, &offset, offset + payload->size, (gm_word)payload))
		return NULL;
	use_memory(index);
	return payload;
}

void unlink_it(struct payload *payload, unsigned index)
{
	uint64_t end = payload->offset + payload->size;

	use_memory(index);
	gm_radix_unlink(radix, payload->offset, end, (gm_word)payload);
}

void unlink_slot(struct payload *payload, unsigned index)
{
	use_memory(index);
	explore_check(
		gm_radix_unlink_slot(radix, payload->offset, payload->size, (gm_word)payload),
		"not the one slot that it is");
}

void radix_make(unsigned lowest)
{
	unsigned level;
	gm_word *words = explore_alloc(3 * sizeof(gm_word), 64);

	radix = explore_alloc(sizeof(*radix), 64);
	gm_radix_shape(radix, GRANULE_SHIFT);
	radix->root_level = ROOT_LEVEL;
	radix->first = 0;
	radix->end = 2;
	gm_radix_init(radix, words, SLAB_SHIFT,
		      explore_alloc(ROOT_LEVEL * sizeof(struct gm_pool_lane), 64), 1);
	for (level = 0; level < ROOT_LEVEL; level++) {
		radix_spare[level] = explore_alloc(SLAB, SLAB);
		if (level >= lowest)
			explore_check(
				gm_pool_add(&radix->nodes[level], radix_spare[level], SLAB, 1) == 1,
				"add");
	}
	payloads = explore_alloc((EXPLORE_THREADS + 1) * NR_PAYLOADS * sizeof(*payloads), 16);
	memory = explore_alloc(NR_PLACES * sizeof(*memory), 64);
	nr_given = 0;
	memset(at_start, 0, sizeof(at_start));
	radix_begin();
}

void radix_keep(void)
{
	nr_given = nr_used[EXPLORE_THREADS];
	memcpy(at_start, ever, sizeof(ever));
}

void radix_begin(void)
{
	memset(nr_used, 0, sizeof(nr_used));
	nr_used[EXPLORE_THREADS] = nr_given;
	memcpy(ever, at_start, sizeof(ever));
	memset(there, 0, sizeof(there));
}

void look_up(unsigned index)
{
	gm_word value = gm_radix_lookup(radix, place(index));

	/* It may be a recycled node's: a descriptor would tell. */
	if (value != 0)
		explore_check(((const struct payload *)value)->size != 0, "no content");
}

int walk_to(unsigned index, struct gm_radix_at *at)
{
	const struct payload *payload;
	int err = gm_radix_walk(radix, place(index), 0, at);

	if (err != 0 || at->value == 0)
		return err;
	payload = (const struct payload *)at->value;
	explore_check(place(index) - payload->offset < payload->size,
		      "walk: another place's value");
	return 0;
}

void radix_check(void)
{
	unsigned index, level;
	int any = 0;

	for (index = 0; index < NR_PLACES; index++) {
		if (there[index] == NULL)
			continue;
		any = 1;
		explore_check(gm_radix_lookup(radix, place(index)) == (gm_word)there[index],
			      "what was linked is not there");
	}
	any |= *gm_radix_root_slot(radix, 0) != 0 && nr_given > 1;
	any |= radix_given != NULL &&
	       gm_radix_lookup(radix, radix_given->offset) == (gm_word)radix_given;
	for (level = 0; !any && level < ROOT_LEVEL; level++)
		explore_check(gm_pool_used(&radix->nodes[level]) == 0, "a node is lost");
}
