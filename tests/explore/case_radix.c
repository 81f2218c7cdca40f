/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * case_radix.c - the tree by itself: what its words promise, without descriptors
 * that would notice, too.
 *
 * A value is the address of a payload that says where it was linked. Its linker
 * writes it as plain memory before, and who finds it reads it: a missing order is
 * a data race. The same goes for the memory that an offset stands for, which who
 * has linked it writes to until it is unlinked.
 */
#include "cases.h"

#include "radix_internal.h"

#include <string.h>

#define GRANULE_SHIFT 9
#define GRANULE ((uint64_t)1 << GRANULE_SHIFT)
#define SMALL ((uint64_t)64)
#define SLAB_SHIFT 13 /* one node of a level above 0 */
#define SLAB ((size_t)1 << SLAB_SHIFT)
#define ROOT_LEVEL 2
#define NR_ROOT 2
#define ENTRY (512 * GRANULE) /* of the root */
#define NR_PAYLOADS 8
#define NR_CELLS 32

/* Which unit a case works with: its objects are side by side in one node, and
 * `far` away is another node of the same level. */
struct unit {
	uint64_t bytes;
	uint64_t far;
};

static const struct unit units[] = {
	{ SMALL, GRANULE },
	{ GRANULE, ENTRY },
};

struct payload {
	uint64_t offset;
	uint64_t size;
};

static struct gm_radix *radix;
static struct payload *payloads; /* NR_PAYLOADS for each thread */
static gm_word *memory;          /* a cell for each of the first places, here and far */
static void *spare[ROOT_LEVEL];  /* a slab for each level */
static struct payload *given;    /* that setup linked */
static unsigned nr_used[EXPLORE_THREADS + 1];
static unsigned nr_given;
static unsigned char ever[NR_CELLS]; /* something was there at some time */
static unsigned char at_start[NR_CELLS];
static struct payload *there[NR_CELLS]; /* linked for good */

static const struct unit *unit(void)
{
	return &units[explore_now->parameter];
}

/* Places 0 .. 15 are here, 16 .. 31 far away. */
static uint64_t place(unsigned index)
{
	return (index < NR_CELLS / 2 ? index : index - NR_CELLS / 2) * unit()->bytes +
	       (index < NR_CELLS / 2 ? 0 : unit()->far);
}

#define FAR (NR_CELLS / 2)

static struct payload *new_payload(unsigned id, unsigned index, unsigned nr)
{
	struct payload *payload = &payloads[id * NR_PAYLOADS + nr_used[id]++];

	payload->offset = place(index);
	payload->size = nr * unit()->bytes;
	return payload;
}

static void use_memory(unsigned index, unsigned nr)
{
	for (; nr-- > 0; index++) {
		memory[index]++;
		ever[index] = 1;
	}
}

/* Link nr places. NULL: something was in the way, or a node was about to go. */
static struct payload *link_at(unsigned id, unsigned index, unsigned nr)
{
	struct payload *payload = new_payload(id, index, nr);
	uint64_t end = payload->offset + payload->size;
	unsigned short_of;
	gm_word met;
	int err =
		gm_radix_link(radix, payload->offset, end, (gm_word)payload, 0, 0, &met, &short_of);

	explore_check(err == 0 || err == -GM_EBUSY || err == -GM_EEXIST || err == -GM_ENOMEM,
		      "link: an odd error");
	if (err == -GM_EEXIST)
		explore_check(ever[index] || ever[index + nr - 1],
			      "link: exists, where never anything was");
	if (err != 0)
		return NULL;
	use_memory(index, nr);
	return payload;
}

static void unlink_it(struct payload *payload, unsigned index)
{
	uint64_t end = payload->offset + payload->size;

	use_memory(index, (unsigned)(payload->size / unit()->bytes));
	gm_radix_unlink(radix, payload->offset, end, (gm_word)payload, 0);
}

/* The everyday ways of one slot. */
static struct payload *link_free(unsigned id, unsigned index)
{
	struct payload *payload = new_payload(id, index, 1);
	uint64_t offset = payload->offset;
	unsigned level = gm_radix_level_of(radix, unit()->bytes);

	if (!gm_radix_link_free(radix, level, &offset, offset + payload->size, (gm_word)payload, 0))
		return NULL;
	use_memory(index, 1);
	return payload;
}

static void unlink_slot(struct payload *payload, unsigned index)
{
	use_memory(index, 1);
	explore_check(
		gm_radix_unlink_slot(radix, payload->offset, payload->size, (gm_word)payload, 0),
		"not the one slot that it is");
}

/* Levels from `lowest` on have a slab each from the start, others get it later. */
static void make_radix(unsigned lowest)
{
	unsigned level;
	gm_word *root = explore_alloc(NR_ROOT * sizeof(gm_word), 64);
	gm_word *summary = explore_alloc(sizeof(gm_word), 64);

	radix = explore_alloc(sizeof(*radix), 64);
	gm_radix_shape(radix, GRANULE_SHIFT);
	explore_check(gm_radix_init(radix, ROOT_LEVEL, root, NR_ROOT, summary, SLAB_SHIFT,
				    explore_alloc(ROOT_LEVEL * sizeof(struct gm_pool_lane), 64),
				    1) == 0,
		      "init");
	for (level = 0; level < ROOT_LEVEL; level++) {
		spare[level] = explore_alloc(SLAB, SLAB);
		if (level >= lowest)
			explore_check(gm_pool_add(&radix->nodes[level], spare[level], SLAB, 1) == 1,
				      "add");
	}
	payloads = explore_alloc((EXPLORE_THREADS + 1) * NR_PAYLOADS * sizeof(*payloads), 16);
	memory = explore_alloc(NR_CELLS * sizeof(*memory), 64);
	memset(ever, 0, sizeof(ever));
	memset(there, 0, sizeof(there));
	memset(nr_used, 0, sizeof(nr_used));
}

static void keep(void)
{
	nr_given = nr_used[EXPLORE_THREADS];
	memcpy(at_start, ever, sizeof(ever));
}

static void begin(void)
{
	memset(nr_used, 0, sizeof(nr_used));
	nr_used[EXPLORE_THREADS] = nr_given;
	memcpy(ever, at_start, sizeof(ever));
	memset(there, 0, sizeof(there));
}

static void setup_fresh(void)
{
	make_radix(ROOT_LEVEL);
	keep();
}

/* Place 1 is linked, nothing else is in its node. */
static void setup_one(void)
{
	make_radix(0);
	given = link_at(EXPLORE_THREADS, 1, 1);
	keep();
}

/* The whole of the node above is there, but no node of the unit's own level. */
static void setup_above(void)
{
	unsigned short_of;
	gm_word met;
	struct payload *payload;

	make_radix(1);
	payload = new_payload(EXPLORE_THREADS, 0, 1);
	payload->offset = ENTRY - GRANULE;
	payload->size = GRANULE;
	explore_check(gm_radix_link(radix, payload->offset, ENTRY, (gm_word)payload, 0, 0, &met,
				    &short_of) == 0,
		      "link");
	keep();
}

/* What a walk or a lookup found. */
static void read_payload(gm_word value)
{
	const struct payload *payload = (const struct payload *)value;

	explore_check(payload->size != 0, "a payload without content");
}

static void look_up(unsigned index)
{
	gm_word value = gm_radix_lookup(radix, place(index));

	/* It may be a recycled node's; whoever is linked there decides. */
	if (value != 0)
		read_payload(value);
}

static int walk(unsigned index, struct gm_radix_at *at)
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

/* New nodes come into the tree; the others meet them. */
static void thread_fresh(unsigned id)
{
	struct gm_radix_at at;

	if (id != 0) {
		if (id == 1)
			look_up(2);
		else
			(void)walk(2, &at);
		return;
	}
	if (explore_now->setup == setup_fresh) {
		gm_pool_add(&radix->nodes[1], spare[1], SLAB, 0);
		gm_pool_add(&radix->nodes[0], spare[0], SLAB, 0);
	}
	there[2] = link_at(id, 2, 1);
}

/* A new leaf is in the way of who wants the slot above; others fill it. */
static void thread_fresh_leaf(unsigned id)
{
	struct payload *payload;
	unsigned short_of;
	gm_word met;

	if (id == 0) {
		gm_pool_add(&radix->nodes[0], spare[0], SLAB, 0);
		there[0] = link_at(id, 0, 1);
		return;
	}
	if (id == 2) {
		there[1] = link_free(id, 1);
		return;
	}
	payload = new_payload(id, 0, GRANULE / SMALL);
	memset(ever, 1, GRANULE / SMALL);
	if (gm_radix_link(radix, 0, GRANULE, (gm_word)payload, 0, 0, &met, &short_of) == 0)
		gm_radix_unlink(radix, 0, GRANULE, (gm_word)payload, 0);
}

/* The memory's last user comes before its next. */
static void thread_hand_over(unsigned id)
{
	if (id == 0)
		unlink_it(given, 1);
	else
		there[1] = link_at(id, 1, 1);
}

static void thread_hand_over_slot(unsigned id)
{
	if (id == 0)
		unlink_slot(given, 1);
	else
		there[1] = link_free(id, 1);
}

/* The node goes on to another place, and comes back. */
static void go_and_come_back(unsigned id)
{
	struct payload *payload;

	unlink_it(given, 1);
	payload = link_at(id, FAR, 1);
	if (payload != NULL)
		unlink_it(payload, FAR);
	there[2] = link_at(id, 2, 1);
}

/* Nothing is ever at place 0. */
static void thread_walk_nothing(unsigned id)
{
	struct gm_radix_at at;

	if (id == 0) {
		go_and_come_back(id);
		return;
	}
	at.value = 0;
	explore_check(walk(0, &at) == -GM_EBUSY || at.value == 0,
		      "walk: something, where never anything was");
}

static void thread_go_and_link(unsigned id)
{
	if (id == 0)
		go_and_come_back(id);
	else
		there[0] = link_at(id, 0, 1);
}

static void thread_go_and_link_free(unsigned id)
{
	if (id == 0)
		go_and_come_back(id);
	else
		there[0] = link_free(id, 0);
}

/* The node goes to another place and stays. */
static void thread_go(unsigned id)
{
	if (id == 0) {
		unlink_it(given, 1);
		there[FAR] = link_at(id, FAR, 1);
	} else {
		there[0] = link_at(id, 0, 1);
	}
}

static void thread_go_free(unsigned id)
{
	if (id == 0) {
		unlink_slot(given, 1);
		there[FAR] = link_at(id, FAR, 1);
	} else {
		there[0] = link_free(id, 0);
	}
}

static void check(void)
{
	unsigned index, level;
	int any = 0;

	for (index = 0; index < NR_CELLS; index++) {
		if (there[index] == NULL)
			continue;
		any = 1;
		explore_check(gm_radix_lookup(radix, place(index)) == (gm_word)there[index],
			      "what was linked is not there");
	}
	for (level = 0; !any && level < ROOT_LEVEL; level++)
		explore_check(explore_now->setup == setup_above ||
				      gm_pool_used(&radix->nodes[level]) == 0 ||
				      gm_radix_lookup(radix, place(1)) == (gm_word)given,
			      "a node is lost");
}

static void run(const char *name, unsigned nr, int preemptions, int stale, void (*setup)(void),
		void (*thread)(unsigned))
{
	char text[100];
	unsigned which;

	for (which = 0; which < sizeof(units) / sizeof(units[0]); which++) {
		struct explore_case one = { text,  nr,     preemptions, stale, setup,
					    begin, thread, check,       NULL,  which };

		if (setup == setup_above && which != 0)
			continue;
		snprintf(text, sizeof(text), "radix/%s%s", name, which == 0 ? ", leaf" : "");
		case_run(&one);
	}
}

void case_radix(void)
{
	int more = explore_totals.long_run;

	run("new nodes", 3, 0 + more, 1, setup_fresh, thread_fresh);
	run("new value", 3, 1 + more, 1, setup_one, thread_fresh);
	run("hand over", 2, 3 + more, 2, setup_one, thread_hand_over);
	run("hand over a slot", 2, 3 + more, 2, setup_one, thread_hand_over_slot);
	run("go and link", 2, 2 + more, 2, setup_one, thread_go);
	run("go and link free", 2, 2 + more, 2, setup_one, thread_go_free);
	run("go, come back and walk", 2, 2 + more, 3, setup_one, thread_walk_nothing);
	run("go, come back and link", 2, 2 + more, 2, setup_one, thread_go_and_link);
	run("go, come back and link free", 2, 2 + more, 2, setup_one, thread_go_and_link_free);
	run("new leaf in the way", 3, 1 + more, 1, setup_above, thread_fresh_leaf);
}
