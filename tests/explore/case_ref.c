/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * case_ref.c - the reference protocol: every pair of operations, and triples.
 *
 * One descriptor. A thread either begins with a reference (or a pin) of its own
 * or looks the descriptor up without one. Whoever holds the object leaves a mark
 * in a plain cell of its own; whoever ends or freezes it reads all the cells, so
 * that a missing order is a data race. Whoever ends the first life begins a
 * second one in the same descriptor, for late compare-and-swaps to hit.
 */
#include "cases.h"

#include <granmem/ref.h>

#define TYPE 3u
#define OTHER_TYPE 5u
#define LIVES 3
#define NR_VERSIONS 3

struct world {
	struct gm_desc desc;
	gm_word marks[EXPLORE_THREADS];
	gm_word exclusive; /* written under a freeze only */
	gm_word place;     /* read by pinners, written where there are none */
	gm_word locked;    /* under the LOCKED flag */
};

struct operation {
	const char *name;
	unsigned refs; /* references that its thread begins with */
	unsigned pins;
	int nopin;     /* the object begins with NOPIN set */
	void (*run)(unsigned id);
};

static struct world *world;

/* What is true whatever the library does: kept outside of the arena, between
 * steps, so that it is never in conflict. */
static struct {
	unsigned life;
	unsigned version;
	int held[LIVES];
	int ended[LIVES];
	int frozen;
	int mover; /* which thread may write `place`; -1: none */
	int pinned;
} truth;

static const struct operation *ops[EXPLORE_THREADS]; /* of each thread */

static uint64_t size_of(unsigned version)
{
	return 0x1000 * (uint64_t)(version + 1);
}

static void *owner_of(unsigned version)
{
	return (void *)(uintptr_t)(0x100 + version * 16);
}

static void write_fields(unsigned life, unsigned version)
{
	struct gm_object object = { gm_paddr(0x100000 * (uint64_t)life), size_of(version), TYPE,
				    owner_of(version) };

	gm_desc_set(&world->desc, &object);
}

static void check_record(const struct gm_object *object, unsigned life)
{
	explore_check(object->base.value == 0x100000 * (uint64_t)life, "the base is another life's");
	explore_check(object->size == size_of(truth.version), "the size is torn");
	explore_check(object->owner == owner_of(truth.version), "the owner is torn");
	explore_check(object->type == TYPE, "the type is wrong");
}

/* A reference was taken just now: it must be of a life that has not ended. */
static unsigned hold(unsigned id)
{
	unsigned life = truth.life;
	struct gm_object seen;

	explore_check(!truth.ended[life], "I3: a get succeeded on a dead object");
	explore_check(!truth.frozen, "I3: a get succeeded on a frozen object");
	truth.held[life]++;
	seen.base = gm_paddr(gm_desc_base(&world->desc));
	seen.size = gm_desc_size(&world->desc);
	seen.owner = gm_desc_owner(&world->desc);
	seen.type = gm_ref_type(&world->desc);
	check_record(&seen, life);
	world->marks[id] = life;
	return life;
}

static void end_life(const struct gm_object *gone, unsigned life)
{
	unsigned id;

	explore_note("ends life", life);
	check_record(gone, life);
	explore_check(life == truth.life && !truth.ended[life], "I4: a second destroyer");
	explore_check(truth.held[life] == 0, "destroyed while somebody holds it");
	truth.ended[life] = 1;
	truth.pinned = 0;
	for (id = 0; id < EXPLORE_THREADS; id++)
		explore_check(world->marks[id] <= life, "a mark from a later life");
	world->place = life;
}

static void put(unsigned life)
{
	struct gm_object gone;

	truth.held[life]--;
	if (!gm_ref_put(&world->desc, &gone))
		return;
	end_life(&gone, life);
	if (life + 1 == LIVES)
		return;
	truth.life = life + 1;
	write_fields(life + 1, truth.version);
	truth.held[life + 1]++;
	gm_ref_publish(&world->desc, TYPE, 1);
	put(life + 1);
}

/* What a lookup that was refused has to do. */
static void refused(int err, unsigned life)
{
	struct gm_object gone;

	if (err != -GM_EORPHAN)
		return;
	gm_ref_orphan(&world->desc, &gone);
	end_life(&gone, life);
}

static void run_put(unsigned id)
{
	world->marks[id] = 1;
	put(1);
}

static void run_get(unsigned id)
{
	gm_ref_get(&world->desc);
	put(hold(id));
	put(1);
}

static void run_get_checked(unsigned id)
{
	explore_check(gm_ref_get_checked(&world->desc) == 0, "get_checked failed");
	put(hold(id));
	put(1);
}

static void run_add(unsigned id)
{
	struct gm_object gone;

	explore_check(gm_ref_add(&world->desc, 2) == 0, "add failed");
	hold(id);
	truth.held[1] -= 2; /* the one it began with, and hold's */
	if (gm_ref_put_many(&world->desc, 3, &gone))
		end_life(&gone, 1);
}

static void run_try_get(unsigned id)
{
	int err = gm_ref_try_get(&world->desc);

	if (err == 0)
		put(hold(id));
	else
		explore_check(err == -GM_EBUSY, "try_get: an odd error");
}

static void run_try_type(unsigned id)
{
	int err = gm_ref_try_get_type(&world->desc, TYPE);

	if (err == 0)
		put(hold(id));
	else
		explore_check(err == -GM_EBUSY, "try_get_type: an odd error");
}

static void run_try_wrong(unsigned id)
{
	int err = gm_ref_try_get_type(&world->desc, OTHER_TYPE);

	(void)id;
	explore_check(err == -GM_EBUSY || err == -GM_ETYPE || err == -GM_EORPHAN,
		      "a get of another type: an odd answer");
	refused(err, truth.life);
}

static void run_undo(unsigned id)
{
	int err = gm_ref_try_get(&world->desc);
	unsigned life;

	if (err != 0)
		return;
	life = hold(id);
	truth.held[life]--;
	refused(gm_ref_undo(&world->desc), life);
}

static void unpin(unsigned life)
{
	struct gm_object gone;

	truth.held[life]--;
	truth.pinned--;
	if (gm_ref_unpin(&world->desc, &gone))
		end_life(&gone, life);
}

static void pinned(void)
{
	truth.pinned++;
	explore_check(world->place != ~(gm_word)0, "the place is gone");
}

static void run_try_pin(unsigned id)
{
	int err = gm_ref_try_pin(&world->desc);
	unsigned life;

	if (err == 0) {
		pinned();
		life = hold(id);
		unpin(life);
		return;
	}
	explore_check(err == -GM_EBUSY || err == -GM_EPINNED || err == -GM_EORPHAN,
		      "try_pin: an odd error");
	refused(err, truth.life);
}

static void run_pin_held(unsigned id)
{
	run_try_pin(id);
	put(1);
}

static void run_unpin(unsigned id)
{
	(void)id;
	explore_check(world->place != ~(gm_word)0, "the place is gone");
	unpin(1);
}

/* A sole holder sees what those did that began with a reference. */
static void run_is_sole(unsigned id)
{
	unsigned other;

	if (gm_ref_is_sole(&world->desc))
		for (other = 0; other < explore_now->nr_threads; other++)
			if (other != id && ops[other]->refs != 0)
				explore_check(world->marks[other] <= 1, "a mark of another life");
	put(1);
}

static void exclusive(unsigned id)
{
	unsigned other;

	explore_check(truth.held[1] == 1, "frozen while others hold it");
	truth.frozen = 1;
	for (other = 0; other < EXPLORE_THREADS; other++)
		explore_check(world->marks[other] <= 1, "a mark of another life");
	world->exclusive = id;
}

static void run_freeze(unsigned id)
{
	if (gm_ref_freeze(&world->desc, 1) == 0) {
		exclusive(id);
		truth.version = (truth.version + 1) % NR_VERSIONS;
		write_fields(1, truth.version);
		truth.frozen = 0;
		gm_ref_thaw(&world->desc, 1);
	}
	put(1);
}

static void run_retire(unsigned id)
{
	struct gm_object gone = { gm_paddr(0x100000), size_of(truth.version), TYPE,
				  owner_of(truth.version) };

	if (gm_ref_freeze(&world->desc, 1) != 0) {
		put(1);
		return;
	}
	exclusive(id);
	gone.size = size_of(truth.version);
	gone.owner = owner_of(truth.version);
	truth.held[1]--;
	end_life(&gone, 1);
	gm_ref_retire(&world->desc);
	truth.life = 2;
	write_fields(2, truth.version);
	truth.held[2]++;
	truth.frozen = 0;
	gm_ref_publish(&world->desc, TYPE, 1);
	put(2);
}

/* A lookup that ends up alone freezes and ends the object. */
static void run_try_retire(unsigned id)
{
	unsigned life;

	if (gm_ref_try_get(&world->desc) != 0)
		return;
	life = hold(id);
	if (life == 1)
		run_retire(id);
	else
		put(life);
}

static void run_set_nopin(unsigned id)
{
	gm_ref_set_nopin(&world->desc);
	if (gm_ref_pins(&world->desc) == 0 && (int)id == truth.mover) {
		explore_check(truth.pinned == 0, "the pins were falsely 0");
		world->place = id;
	}
	put(1);
}

static void run_clear_nopin(unsigned id)
{
	(void)id;
	gm_ref_clear_nopin(&world->desc);
	put(1);
}

static void run_lock_flag(unsigned id)
{
	if (gm_desc_set_flags(&world->desc, GM_FLAG_LOCKED) == 0) {
		world->locked = id;
		explore_check(gm_desc_clear_flags(&world->desc, GM_FLAG_LOCKED) == GM_FLAG_LOCKED,
			      "somebody else cleared the lock");
	}
	put(1);
}

static void run_other_flag(unsigned id)
{
	gm_word flag = GM_FLAG_USER(id);

	explore_check(gm_desc_set_flags(&world->desc, flag) == 0, "the flag was set");
	explore_check((gm_desc_flags(&world->desc) & flag) != 0, "the flag is lost");
	explore_check(gm_desc_clear_flags(&world->desc, flag) == flag, "the flag was lost");
	put(1);
}

static const struct operation operations[] = {
	{ "get", 1, 0, 0, run_get },
	{ "get_checked", 1, 0, 0, run_get_checked },
	{ "add_put_many", 1, 0, 0, run_add },
	{ "try_get", 0, 0, 0, run_try_get },
	{ "try_type", 0, 0, 0, run_try_type },
	{ "try_wrong", 0, 0, 0, run_try_wrong },
	{ "undo", 0, 0, 0, run_undo },
	{ "put", 1, 0, 0, run_put },
	{ "try_pin", 0, 0, 0, run_try_pin },
	{ "pin_held", 1, 0, 0, run_pin_held },
	{ "unpin", 1, 1, 0, run_unpin },
	{ "is_sole", 1, 0, 0, run_is_sole },
	{ "freeze", 1, 0, 0, run_freeze },
	{ "retire", 1, 0, 0, run_retire },
	{ "try_retire", 0, 0, 0, run_try_retire },
	{ "set_nopin", 1, 0, 0, run_set_nopin },
	{ "clear_nopin", 1, 0, 1, run_clear_nopin },
	{ "lock_flag", 1, 0, 0, run_lock_flag },
	{ "other_flag", 1, 0, 0, run_other_flag },
};

#define NR_OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static gm_word sum_refs(void)
{
	gm_word refs = 0;
	unsigned id;

	for (id = 0; id < explore_now->nr_threads; id++)
		refs += ops[id]->refs;
	return refs;
}

static void setup(void)
{
	gm_word state = 0;
	unsigned id;

	for (id = 0; id < EXPLORE_THREADS; id++)
		ops[id] = &operations[explore_now->parameter >> 8 * id & 0xff];
	truth.version = 0;
	world = explore_alloc(sizeof(*world), 64);
	explore_name(&world->desc.state, "state", 1);
	explore_name(&world->desc.base_flags, "base_flags", 0);
	write_fields(1, 0);
	/* Without a holder among the threads there is one outside. */
	gm_ref_publish(&world->desc, TYPE, sum_refs() != 0 ? sum_refs() : 1);
	for (id = 0; id < explore_now->nr_threads; id++) {
		state += (gm_word)ops[id]->pins << GM_STATE_PINS_SHIFT;
		if (ops[id]->nopin)
			gm_ref_set_nopin(&world->desc);
	}
	world->desc.state += state;
}

static void begin(void)
{
	unsigned id;

	truth.life = 1;
	truth.version = 0;
	truth.frozen = 0;
	truth.pinned = 0;
	for (id = 0; id < LIVES; id++) {
		truth.held[id] = 0;
		truth.ended[id] = 0;
	}
	truth.held[1] = sum_refs() != 0 ? (int)sum_refs() : 1;
	truth.mover = -1;
	for (id = 0; id < explore_now->nr_threads; id++) {
		truth.pinned += (int)ops[id]->pins;
		if (ops[id]->run == run_set_nopin && truth.mover < 0)
			truth.mover = (int)id;
	}
	/* Who allows pins again has to agree with the mover, which these do not. */
	for (id = 0; id < explore_now->nr_threads; id++)
		if (ops[id]->nopin)
			truth.mover = -1;
}

static void thread(unsigned id)
{
	ops[id]->run(id);
}

static void watch(const volatile gm_word *word, gm_word value)
{
	if (word != &world->desc.state || !gm_state_is_live(value))
		return;
	explore_check(gm_state_pins(value) <= gm_state_refs(value), "I2: more pins than references");
	explore_check(gm_state_type(value) == TYPE, "I5: the type changed");
}

static void check(void)
{
	gm_word state = gm_atomic_load_relaxed(&world->desc.state);

	if (sum_refs() == 0) {
		explore_check(gm_state_is_live(state) && gm_state_refs(state) == 1 &&
			      gm_state_pins(state) == 0, "the outside reference is lost");
		return;
	}
	explore_check(!gm_state_is_live(state), "I1: nobody holds it, and it is live");
	explore_check(truth.ended[1], "nobody destroyed the object");
	explore_check(truth.ended[truth.life], "nobody destroyed the second object");
}

static void explore_operations(unsigned nr, unsigned parameter, int preemptions, int stale)
{
	char name[100];
	struct explore_case one = { name, nr, preemptions, stale, setup, begin, thread, check,
				    watch, parameter };

	snprintf(name, sizeof(name), "ref/%s+%s%s%s", operations[parameter & 0xff].name,
		 operations[parameter >> 8 & 0xff].name, nr > 2 ? "+" : "",
		 nr > 2 ? operations[parameter >> 16 & 0xff].name : "");
	case_run(&one);
}

void case_ref_pairs(void)
{
	unsigned one, two;

	for (one = 0; one < NR_OPERATIONS; one++)
		for (two = one; two < NR_OPERATIONS; two++)
			explore_operations(2, one | two << 8, -1, -1);
}

/* Triples: at most three preemptions and two old values. */
void case_ref_triples(void)
{
	unsigned one, two, three;

	for (one = 0; one < NR_OPERATIONS; one++)
		for (two = one; two < NR_OPERATIONS; two++)
			for (three = two; three < NR_OPERATIONS; three++)
				explore_operations(3, one | two << 8 | three << 16, 3,
						   explore_totals.long_run ? 2 : 1);
}
