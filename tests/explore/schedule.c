/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * schedule.c - which thread takes the next step: all answers, depth first.
 *
 * A schedule is a list of choices: who goes on, and what a load reads. It is run
 * from the start state, with the choices of the list, and beyond its end with
 * the first answer each; then the last choice that has another answer takes it.
 *
 * Sleep sets leave out schedules that differ only in the order of steps that
 * commute (different words, or two loads): a thread that was tried at a point
 * sleeps on the other branches until somebody takes a step that conflicts with
 * its own. They are used where preemptions are not bounded; with a bound the
 * schedule that would stand for another may itself be out of bounds.
 *
 * A step on a word that no other thread uses commutes with everything: nobody
 * else is tried before it. Which words those are is learnt on the way; each time
 * one turns out to be shared, the case begins again.
 *
 * Threads are contexts of this one process: each has a stack and jumps.
 */
#include "internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define STACK ((size_t)1 << 16)
#define NR_CHOICES 4000
#define NR_STEPS 20000

struct fiber {
	jmp_buf bottom; /* where a new schedule begins */
	jmp_buf here;
	int started;
	int done;
	struct step next;
	ucontext_t context;
	unsigned char stack[STACK] __attribute__((aligned(64)));
};

struct choice {
	unsigned char nr;
	unsigned char at;
};

int schedule_thread = -1;
const struct explore_case *explore_now;
struct explore_totals explore_totals;

static struct fiber fibers[EXPLORE_THREADS];
static jmp_buf scheduler;
static jmp_buf violation;
static const char *volatile violation_text;
static const char *violation_file;
static int violation_line;
static struct choice choices[NR_CHOICES];
static unsigned nr_choices; /* of the list */
static unsigned depth;      /* of the schedule that runs */
static int stale_left;

/* What the schedule did, a digit for the thread of each step and a letter where
 * it took another than the first answer. */
static char seed[NR_STEPS + 1];
static unsigned seed_length;
static const char *replayed; /* not NULL: what is left of the seed to follow */

static void add_to_seed(char c)
{
	explore_check(seed_length < NR_STEPS, "too many steps: no progress?");
	seed[seed_length++] = c;
}

/* The next of the list's choices, of nr answers. */
static unsigned choose(unsigned nr)
{
	unsigned at;

	explore_check(depth < NR_CHOICES && nr < 256, "too many choices: no progress?");
	if (depth == nr_choices) {
		choices[depth].nr = (unsigned char)nr;
		choices[depth].at = 0;
		nr_choices++;
	}
	explore_check(choices[depth].nr == nr, "the case is not deterministic");
	at = choices[depth].at;
	depth++;
	return at;
}

unsigned schedule_choose(unsigned nr)
{
	unsigned at = 0;

	if (nr <= 1)
		return 0;
	if (replayed == NULL)
		at = choose(nr);
	else if (*replayed >= 'a' && (unsigned)(*replayed - 'a') < nr - 1)
		at = (unsigned)(*replayed++ - 'a') + 1;
	if (at != 0)
		add_to_seed((char)('a' + at - 1));
	return at;
}

int schedule_stale_left(void)
{
	return stale_left != 0;
}

void explore_fail(const char *text, const char *file, int line)
{
	violation_text = text;
	violation_file = file;
	violation_line = line;
	longjmp(violation, 1);
}

/* On a fiber: wait to be chosen, then do the step. */
struct outcome schedule_step(const struct step *step)
{
	struct fiber *fiber = &fibers[schedule_thread];
	struct outcome outcome;

	fiber->next = *step;
	if (_setjmp(fiber->here) == 0)
		_longjmp(scheduler, 1);
	outcome = memory_step(step);
	if (outcome.age != 0 && stale_left > 0)
		stale_left--;
	trace_step(schedule_thread, step, &outcome);
	explore_totals.steps++;
	return outcome;
}

static void fiber_main(unsigned id)
{
	struct fiber *fiber = &fibers[id];

	_setjmp(fiber->bottom);
	for (;;) {
		explore_now->thread(id);
		fiber->done = 1;
		if (_setjmp(fiber->here) == 0)
			_longjmp(scheduler, 1);
	}
}

/* Let a thread run until its next step, or its end. */
static void resume(unsigned id)
{
	struct fiber *fiber = &fibers[id];

	schedule_thread = (int)id;
	if (_setjmp(scheduler) != 0)
		return;
	if (fiber->started)
		_longjmp(fiber->here, 1);
	fiber->started = 1;
	if (fiber->context.uc_stack.ss_sp != NULL)
		_longjmp(fiber->bottom, 1);
	getcontext(&fiber->context);
	fiber->context.uc_stack.ss_sp = fiber->stack;
	fiber->context.uc_stack.ss_size = STACK;
	makecontext(&fiber->context, (void (*)(void))fiber_main, 1, id);
	setcontext(&fiber->context);
}

static int commute(const struct step *one, const struct step *other)
{
	return one->word != other->word || (one->kind == STEP_LOAD && other->kind == STEP_LOAD);
}

/*
 * The threads that may go next, the running one first. Returns their number;
 * 0: all are done, or asleep.
 */
static unsigned candidates(int current, unsigned asleep, int preemptions, unsigned *list)
{
	unsigned nr = 0;
	unsigned id;

	if (current >= 0 && !fibers[current].done) {
		if (!(asleep >> current & 1))
			list[nr++] = (unsigned)current;
		if (replayed == NULL && (preemptions == 0 ||
					 (nr != 0 && !memory_is_shared(fibers[current].next.word))))
			return nr;
	}
	for (id = 0; id < explore_now->nr_threads; id++)
		if ((int)id != current && !fibers[id].done && !(asleep >> id & 1))
			list[nr++] = id;
	return nr;
}

/* The thread of the seed's next step. */
static unsigned from_seed(const unsigned *list, unsigned nr)
{
	unsigned i;

	for (i = 0; i < nr; i++) {
		if (*replayed == (char)('0' + list[i])) {
			replayed++;
			return i;
		}
	}
	return 0;
}

static void run_threads(void)
{
	unsigned list[EXPLORE_THREADS];
	int preemptions = explore_now->preemptions;
	unsigned asleep = 0;
	int current = -1;
	unsigned id, nr, at, i;

	for (id = 0; id < explore_now->nr_threads; id++)
		resume(id);
	while ((nr = candidates(current, asleep, preemptions, list)) != 0) {
		at = replayed != NULL ? from_seed(list, nr) : nr > 1 ? choose(nr) : 0;
		id = list[at];
		add_to_seed((char)('0' + id));
		if (current >= 0 && !fibers[current].done && (int)id != current && preemptions > 0)
			preemptions--;
		if (preemptions < 0 && replayed == NULL) {
			for (i = 0; i < at; i++)
				asleep |= 1u << list[i];
			for (i = 0; i < explore_now->nr_threads; i++)
				if (!commute(&fibers[i].next, &fibers[id].next))
					asleep &= ~(1u << i);
		}
		current = (int)id;
		resume(id);
	}
}

static int all_done(void)
{
	unsigned id;

	for (id = 0; id < explore_now->nr_threads; id++)
		if (!fibers[id].done)
			return 0;
	return 1;
}

/* One schedule. Returns 1 if it ended with a violation. */
static int run_schedule(void)
{
	unsigned id;

	depth = 0;
	seed_length = 0;
	stale_left = replayed != NULL ? -1 : explore_now->stale;
	for (id = 0; id < EXPLORE_THREADS; id++) {
		fibers[id].started = 0;
		fibers[id].done = 0;
	}
	memory_begin();
	if (explore_now->begin != NULL)
		explore_now->begin();
	if (setjmp(violation) != 0) {
		schedule_thread = -1;
		return 1;
	}
	run_threads();
	schedule_thread = -1;
	if (all_done()) {
		explore_totals.schedules++;
		if (explore_now->check != NULL)
			explore_now->check();
	}
	return 0;
}

/* The next list of choices; 0 if there is none. */
static int advance(void)
{
	while (nr_choices > 0) {
		struct choice *last = &choices[nr_choices - 1];

		if (++last->at < last->nr)
			return 1;
		nr_choices--;
	}
	return 0;
}

static int begin_case(const struct explore_case *one)
{
	explore_now = one;
	nr_choices = 0;
	trace_forget_names();
	memory_setup();
	if (setjmp(violation) != 0)
		return 0;
	one->setup();
	memory_snapshot();
	return 1;
}

/* A schedule again, with its trace. Returns 1 if it violates something. */
static int follow(const struct explore_case *one, const char *text)
{
	int failed;

	replayed = text;
	trace_begin(1);
	failed = run_schedule();
	trace_print();
	trace_begin(0);
	replayed = NULL;
	if (failed)
		printf("VIOLATION in %s: %s (%s:%d)\n", one->name, violation_text, violation_file,
		       violation_line);
	return failed;
}

static void report(const struct explore_case *one)
{
	static char found[NR_STEPS + 1];

	explore_totals.violations++;
	memcpy(found, seed, seed_length);
	found[seed_length] = '\0';
	printf("\n");
	if (!follow(one, found))
		printf("%s: a violation that does not come again: %s\n", one->name,
		       violation_text);
	printf("  again: explore --replay '%s:%s'\n\n", one->name, found);
}

void explore_run(const struct explore_case *one)
{
	unsigned long long before = explore_totals.schedules;
	unsigned long long runs = 0;

	if (!begin_case(one)) {
		explore_totals.violations++;
		printf("%s: the set-up failed: %s\n", one->name, violation_text);
		return;
	}
	for (;;) {
		if (run_schedule()) {
			report(one);
			return;
		}
		if (memory_more_shared()) {
			nr_choices = 0;
			explore_totals.schedules = before;
			runs = 0;
			continue;
		}
		if (explore_totals.limit != 0 && ++runs >= explore_totals.limit) {
			explore_totals.cut++;
			printf("%s: cut after %llu schedules\n", one->name, runs);
			return;
		}
		if (!advance())
			return;
	}
}

int explore_replay(const struct explore_case *one, const char *text)
{
	return begin_case(one) ? follow(one, text) : 1;
}
