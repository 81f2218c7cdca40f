/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control.c - what this instrument must find, or it is worth nothing.
 *
 * lock: a count behind a spinlock. Who is halted with the lock in hand blocks the
 * other; who interrupts itself there never comes back.
 * wait: a count whose readers take no lock, but wait until the writer has written: who
 * looks while that is stopped in the middle never has an answer.
 * torn: a count without any. Nobody blocks, but a step of one is lost.
 */
#include "halt.h"

struct counter {
	gm_word lock;
	gm_word count;
};

static struct counter *counter(void)
{
	return (struct counter *)(void *)memory_world;
}

static void setup(unsigned variant, unsigned refs, unsigned pins)
{
	(void)variant;
	(void)refs;
	(void)pins;
	memory_begin();
	memory_take(sizeof(struct counter), 64);
}

static void count(void)
{
	gm_word old = gm_atomic_load_relaxed(&counter()->count);

	__asm__ volatile("" : "+r"(old)); /* the compiler shall not add in memory */
	gm_atomic_store_relaxed(&counter()->count, old + 1);
}

static void count_locked(struct outcome *out)
{
	(void)out;
	while (!gm_atomic_cas_acquire(&counter()->lock, 0, 1))
		;
	count();
	gm_atomic_store_release(&counter()->lock, 0);
}

/* A number that is odd while the count changes; which one writer does. */
static void count_numbered(struct outcome *out)
{
	(void)out;
	gm_atomic_add_acquire(&counter()->lock, 1);
	count();
	gm_atomic_add_release(&counter()->lock, 1);
}

static void read_numbered(struct outcome *out)
{
	gm_word before, value;

	do {
		before = gm_atomic_load_acquire(&counter()->lock);
		value = gm_atomic_load_acquire(&counter()->count);
	} while ((before & 1) != 0 || gm_atomic_load_acquire(&counter()->lock) != before);
	if (value > 1)
		out->wrong = "nobody counted so far";
}

static void count_torn(struct outcome *out)
{
	(void)out;
	count();
}

static const char *check(const struct outcome *halted, const struct outcome *other)
{
	(void)halted;
	(void)other;
	return counter()->count == 2 ? NULL : "the count is wrong";
}

static const char *check_none(const struct outcome *halted, const struct outcome *other)
{
	(void)halted;
	(void)other;
	return NULL;
}

static const struct operation lock_ops[] = { { "count", count_locked, ANSWER(0), 1, 0, 0 } };
static const struct operation wait_ops[] = {
	{ "count", count_numbered, ANSWER(0), 1 | WITH_LOCK(0), 0, 0 },
	{ "read", read_numbered, ANSWER(0), 1, 0, 0 },
};
static const struct operation torn_ops[] = { { "count", count_torn, ANSWER(0), 1, 0, 0 } };

const struct world world_lock = { "lock", 1, 1, lock_ops, setup, check };
const struct world world_wait = { "wait", 1, 2, wait_ops, setup, check_none };
const struct world world_torn = { "torn", 1, 1, torn_ops, setup, check };
