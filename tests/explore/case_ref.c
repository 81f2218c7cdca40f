/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * case_ref.c - the reference protocol: every pair of operations, and triples.
 *
 * A thread either begins with a reference (or a pin) of its own, or looks the
 * descriptor up without one.
 */
#include "ref_world.h"

struct operation {
	const char *name;
	unsigned refs; /* references that its thread begins with */
	unsigned pins;
	int nopin;     /* the object begins with NOPIN set */
	void (*run)(unsigned id);
};

static const struct operation *ops[EXPLORE_THREADS]; /* of each thread */

static void run_put(unsigned id)
{
	world->marks[id] = 1;
	ref_put(1);
}

static void run_put_sole(unsigned id)
{
	struct gm_object gone;

	world->marks[id] = 1;
	if (!gm_ref_put_sole(&world->desc, &gone)) {
		ref_put(1);
		return;
	}
	truth.held[1]--;
	ref_end(&gone, 1);
	ref_begin(2);
}

static void run_get(unsigned id)
{
	gm_ref_get(&world->desc);
	ref_put(ref_hold(id));
	ref_put(1);
}

static void run_get_checked(unsigned id)
{
	explore_check(gm_ref_get_checked(&world->desc) == 0, "get_checked failed");
	ref_put(ref_hold(id));
	ref_put(1);
}

static void run_add(unsigned id)
{
	struct gm_object gone;

	explore_check(gm_ref_add(&world->desc, 2) == 0, "add failed");
	ref_hold(id);
	truth.held[1] -= 2; /* the one it began with, and hold's */
	if (gm_ref_put_many(&world->desc, 3, &gone))
		ref_end(&gone, 1);
}

static void run_try_get(unsigned id)
{
	int err = gm_ref_try_get(&world->desc);

	if (err == 0)
		ref_put(ref_hold(id));
	else
		explore_check(err == -GM_EBUSY, "try_get: an odd error");
}

static void run_try_type(unsigned id)
{
	int err = gm_ref_try_get_type(&world->desc, TYPE);

	if (err == 0)
		ref_put(ref_hold(id));
	else
		explore_check(err == -GM_EBUSY, "try_get_type: an odd error");
}

static void run_try_wrong(unsigned id)
{
	int err = gm_ref_try_get_type(&world->desc, OTHER_TYPE);

	(void)id;
	explore_check(err == -GM_EBUSY || err == -GM_ETYPE || err == -GM_EORPHAN,
		      "a get of another type: an odd answer");
	ref_refused(err);
}

static void run_undo(unsigned id)
{
	int err = gm_ref_try_get(&world->desc);
	unsigned life;

	if (err != 0)
		return;
	life = ref_hold(id);
	truth.held[life]--;
	ref_refused(gm_ref_undo(&world->desc));
}

static void unpin(unsigned life)
{
	struct gm_object gone;

	truth.held[life]--;
	truth.pinned--;
	if (gm_ref_unpin(&world->desc, &gone))
		ref_end(&gone, life);
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
		life = ref_hold(id);
		unpin(life);
		return;
	}
	explore_check(err == -GM_EBUSY || err == -GM_EPINNED || err == -GM_EORPHAN,
		      "try_pin: an odd error");
	ref_refused(err);
}

static void run_pin_held(unsigned id)
{
	run_try_pin(id);
	ref_put(1);
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
	ref_put(1);
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
		ref_write_fields(1, truth.version);
		truth.frozen = 0;
		gm_ref_thaw(&world->desc, 1);
	}
	ref_put(1);
}

static void run_retire(unsigned id)
{
	struct gm_object gone;

	if (gm_ref_freeze(&world->desc, 1) != 0) {
		ref_put(1);
		return;
	}
	exclusive(id);
	gone = ref_object(1, truth.version);
	truth.held[1]--;
	ref_end(&gone, 1);
	gm_ref_retire(&world->desc);
	ref_begin(2);
}

/* A lookup that ends up alone freezes and ends the object. */
static void run_try_retire(unsigned id)
{
	unsigned life;

	if (gm_ref_try_get(&world->desc) != 0)
		return;
	life = ref_hold(id);
	if (life == 1)
		run_retire(id);
	else
		ref_put(life);
}

static void run_set_nopin(unsigned id)
{
	gm_ref_set_nopin(&world->desc);
	if (gm_ref_pins(&world->desc) == 0 && (int)id == truth.mover) {
		explore_check(truth.pinned == 0, "the pins were falsely 0");
		world->place = id;
	}
	ref_put(1);
}

/* Move the object where nobody has it pinned, and allow pins again. */
static void run_move(unsigned id)
{
	gm_ref_set_nopin(&world->desc);
	if (gm_ref_pins(&world->desc) == 0 && (int)id == truth.mover)
		world->place = id;
	gm_ref_clear_nopin(&world->desc);
	ref_put(1);
}

static void run_clear_nopin(unsigned id)
{
	(void)id;
	gm_ref_clear_nopin(&world->desc);
	ref_put(1);
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
	{ "put_sole", 1, 0, 0, run_put_sole },
	{ "try_pin", 0, 0, 0, run_try_pin },
	{ "pin_held", 1, 0, 0, run_pin_held },
	{ "unpin", 1, 1, 0, run_unpin },
	{ "is_sole", 1, 0, 0, run_is_sole },
	{ "freeze", 1, 0, 0, run_freeze },
	{ "retire", 1, 0, 0, run_retire },
	{ "try_retire", 0, 0, 0, run_try_retire },
	{ "set_nopin", 1, 0, 0, run_set_nopin },
	{ "clear_nopin", 1, 0, 1, run_clear_nopin },
	{ "move", 1, 0, 0, run_move },
	{ "fill", 1, 0, 0, ref_fill },
	{ "see", 1, 0, 0, ref_see },
	{ "lock_flag", 1, 0, 0, ref_lock_flag },
	{ "other_flag", 1, 0, 0, ref_other_flag },
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
	ref_write_fields(1, 0);
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
	unsigned movers = 0;
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
	truth.filler = -1;
	for (id = 0; id < explore_now->nr_threads; id++) {
		truth.pinned += (int)ops[id]->pins;
		movers += ops[id]->run == run_set_nopin || ops[id]->run == run_move ||
			  ops[id]->nopin;
		if (ops[id]->run == run_set_nopin || ops[id]->run == run_move)
			truth.mover = (int)id;
		if (ops[id]->run == ref_fill)
			truth.filler = (int)id;
	}
	/* Movers, and those who allow pins again, would have to agree; these do not. */
	if (movers != 1)
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
	explore_check(gm_state_pins(value) <= gm_state_refs(value),
		      "I2: more pins than references");
	explore_check(gm_state_type(value) == TYPE, "I5: the type changed");
	explore_check(truth.life == 1 || !gm_state_is_nopin(value), "NOPIN of another life");
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
