/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * points.c - all points of all pairs; contracts in halt.h.
 *
 * One operation is executed instruction by instruction. Before each, the memory
 * and the registers are noted; then the others run there, one after the other, each
 * from what was noted. All run where an instruction has just changed the world
 * (between two changes each would do exactly the same) and where the next is an
 * atomic one (which the halted one prepared for a world that is no more). At
 * the points between these, or every n-th of them, they run in turns.
 */
#include "halt.h"

#include <stdio.h>
#include <string.h>

/* Failures that are printed; the others are only counted. */
#define MAX_PRINTED 20

#define LOCK_PREFIX 0xf0

/* So many times slow is slow by itself. */
#define SLOW_MAX 3

/* What is being visited. */
struct visit {
	const struct driver *driver;
	const struct world *world;
	const struct plan *plan;
	struct tally *tally;
	unsigned variant;
	const struct operation *halted;
	/* What the other holds: only operations that need just this run. */
	unsigned refs, pins;
	unsigned long point; /* instructions executed so far */
	unsigned turn;       /* the next operation in turns */
	unsigned until_counted;
};

/* What a run ended with, where it was right: the same again need not be checked. */
static struct {
	struct outcome halted, other;
} right[64];

__asm__(".pushsection .text\n"
	".globl halt_end\n"
	"halt_end:\n"
	"	int3\n"
	"	ud2\n"
	".popsection");

static void print_failure(const struct visit *v, const struct operation *other, const char *what)
{
	if (v->plan->quiet || v->tally->failed > MAX_PRINTED)
		return;
	printf("%s: %s, variant %u: %s halted at instruction %lu (%#lx), then %s: %s\n",
	       v->driver->name, v->world->name, v->variant, v->halted->name, v->point,
	       (unsigned long)v->driver->at(), other->name, what);
}

/* Did an operation answer what its contract allows? */
static const char *check_answer(const struct operation *op, const struct outcome *out)
{
	static char text[100];

	if (out->wrong != NULL)
		return out->wrong;
	if (op->answers & ANSWER(-out->answer))
		return NULL;
	snprintf(text, sizeof(text), "%s answered %d", op->name, out->answer);
	return text;
}

static const char *check(const struct visit *v, unsigned nr, const struct outcome *out)
{
	const char *wrong;

	if (mail->panic != NULL)
		return mail->panic;
	wrong = check_answer(v->halted, memory_halted);
	if (wrong == NULL)
		wrong = check_answer(&v->world->ops[nr], out);
	if (wrong != NULL)
		return wrong;
	if (memory_is_kept(nr) && memcmp(&right[nr].halted, memory_halted, sizeof(*out)) == 0 &&
	    memcmp(&right[nr].other, out, sizeof(*out)) == 0)
		return NULL;
	memory_keep(nr);
	right[nr].halted = *memory_halted;
	right[nr].other = *out;
	wrong = v->world->check(memory_halted, out);
	if (wrong == NULL)
		wrong = mail->panic;
	if (wrong != NULL)
		memory_forget(nr);
	return wrong;
}

/* Run it, counting its instructions if so it is planned, or if it is slow again and
 * again: once may be the machine, which ran something else. */
static enum verdict run_bounded(struct visit *v, unsigned nr, int counted, struct outcome *out)
{
	enum verdict verdict = OTHER_SLOW;
	unsigned slow;

	for (slow = 0; verdict == OTHER_SLOW; slow++) {
		counted |= slow == SLOW_MAX;
		memset(out, 0, sizeof(*out));
		mail->panic = NULL;
		v->tally->counted += (unsigned long)counted;
		verdict = v->driver->run(&v->world->ops[nr], out, counted, &v->tally->longest);
		if (verdict == OTHER_SLOW)
			memory_restore();
	}
	return verdict;
}

static void run_other(struct visit *v, unsigned nr, int counted)
{
	struct outcome out;
	const char *wrong = NULL;

	switch (run_bounded(v, nr, counted, &out)) {
	case OTHER_BLOCKED:
		wrong = "it does not come to an end";
		v->tally->blocked++;
		break;
	case HALTED_BLOCKED:
		wrong = "the halted one does not come to an end";
		v->tally->blocked++;
		break;
	default:
		wrong = check(v, nr, &out);
		break;
	}
	v->tally->runs++;
	if (wrong != NULL) {
		v->tally->failed++;
		print_failure(v, &v->world->ops[nr], wrong);
	}
	memory_restore();
}

static int fits(const struct visit *v, const struct operation *op)
{
	if ((op->variants & v->halted->variants & ALL_LOCKS) != 0)
		return 0;
	return op->refs == v->refs && op->pins == v->pins && (op->variants & 1u << v->variant);
}

static int is_counted(struct visit *v)
{
	if (v->until_counted-- != 0)
		return 0;
	v->until_counted = v->plan->uncounted;
	return 1;
}

/* Is the next instruction an atomic change, which believes what was read before? */
static int is_before_change(const struct visit *v)
{
	return *(const unsigned char *)v->driver->at() == LOCK_PREFIX;
}

static int is_enough(const struct visit *v)
{
	return v->plan->enough != 0 && v->tally->failed >= v->plan->enough;
}

/* The others that run at this point. */
static void visit_point(struct visit *v, int changed)
{
	int all = v->plan->per_point == 0 || changed || is_before_change(v);
	unsigned nr_ops = v->world->nr_ops;
	unsigned left = all ? nr_ops : v->plan->per_point;
	unsigned i;

	for (i = 0; i < nr_ops && left != 0 && !is_enough(v); i++) {
		v->turn = (v->turn + 1) % nr_ops;
		if (!fits(v, &v->world->ops[v->turn]))
			continue;
		run_other(v, v->turn, changed && is_counted(v));
		left--;
	}
	v->tally->points++;
}

/* Do others run at this point at all? An instruction that repeats itself (rep stos) and
 * has changed nothing is at the same point. */
static int is_visited(const struct visit *v, int changed, int repeats)
{
	return v->plan->per_point == 0 || changed ||
	       (!repeats && (is_before_change(v) || v->point % v->plan->every == 0));
}

static void visit_operation(struct visit *v)
{
	uintptr_t at = 0;
	int changed = 1;
	int more;

	v->world->setup(v->variant, v->halted->refs + v->refs, v->halted->pins + v->pins);
	v->driver->start(v->halted);
	v->point = 0;
	v->turn = 0;
	do {
		/* What was saved is right until the world changes, and then it is visited. */
		if (is_visited(v, changed, at == v->driver->at())) {
			memory_save(v->driver->stack());
			visit_point(v, changed);
		}
		at = v->driver->at();
		v->point++;
		more = v->driver->step();
		changed = memory_world_changed();
	} while (more && !is_enough(v));
}

/* Is this one halted, in this variant and in this part of the work? */
static int is_halted(const struct visit *v, unsigned nr)
{
	unsigned part = v->plan->part;

	return (v->world->ops[nr].variants & v->world->variants & 1u << v->variant) != 0 &&
	       (part == 0 || (nr + v->variant + part) % 2 == 0);
}

/* Is there any operation that needs this, and has none before it needed the same? */
static int is_first_with(const struct visit *v, unsigned nr)
{
	unsigned i = 0;

	while (!fits(v, &v->world->ops[i]))
		if (++i == v->world->nr_ops)
			return 0;
	return i == nr;
}

void points_visit(const struct driver *driver, const struct world *world, const struct plan *plan,
		  struct tally *tally)
{
	struct visit v = { .driver = driver, .world = world, .plan = plan, .tally = tally };
	unsigned halted, other;

	for (v.variant = 0; world->variants >> v.variant != 0; v.variant++) {
		for (halted = 0; halted < world->nr_ops; halted++) {
			if (!is_halted(&v, halted))
				continue;
			v.halted = &world->ops[halted];
			if (plan->progress)
				fprintf(stderr, "\r\033[K%s: %s %u %s", driver->name, world->name,
					v.variant, v.halted->name);
			for (other = 0; other < world->nr_ops; other++) {
				v.refs = world->ops[other].refs;
				v.pins = world->ops[other].pins;
				if (is_first_with(&v, other) && !is_enough(&v))
					visit_operation(&v);
			}
		}
	}
	if (plan->progress)
		fprintf(stderr, "\r\033[K");
}
