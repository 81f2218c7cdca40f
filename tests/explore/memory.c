/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - the weak memory of the explorer.
 *
 * Each word that is accessed atomically has a history: its values in
 * modification order, each with the event that wrote it, the clock that it
 * carries to who acquires it, and when each thread read it. A load may take any entry
 * from the newest down to the first that the thread knows of.
 *
 * A thread's own time advances before and after each step, so that what follows
 * a release is not ordered before who acquires it.
 */
#include "internal.h"

#include <string.h>

enum { CELL = 4, LINE = 64 }; /* bytes of a plain cell; of what is restored at once */
#define NR_CELLS (EXPLORE_ARENA / CELL)
#define NR_LINES (EXPLORE_ARENA / LINE)
#define NR_HISTORIES 256
#define NR_ENTRIES 96
#define NEVER 0u

struct clock {
	unsigned at[EXPLORE_THREADS];
};

struct entry {
	gm_word value;
	int thread; /* who wrote it; -1: the start state */
	unsigned time;
	struct clock carried;
	struct clock read; /* when each thread first read it */
};

struct history {
	volatile gm_word *word;
	unsigned nr;
	int stale; /* a plain write came after: begin again from memory */
	struct entry entries[NR_ENTRIES];
};

/* Plain and atomic accesses to a cell: the last of each thread. */
struct cell {
	unsigned run; /* of which schedule this is */
	struct clock plain_read, plain_write, atomic_read, atomic_write;
};

static unsigned char arena[EXPLORE_ARENA] __attribute__((aligned(1 << 21)));
static unsigned char start[EXPLORE_ARENA];
static size_t arena_used;
static struct cell cells[NR_CELLS];
static unsigned line_run[NR_LINES];
static unsigned dirty[NR_LINES];
static unsigned nr_dirty;
static struct history histories[NR_HISTORIES];
static unsigned nr_histories;
static unsigned history_run[EXPLORE_ARENA / sizeof(gm_word)];
static unsigned short history_index[EXPLORE_ARENA / sizeof(gm_word)];
static struct clock clocks[EXPLORE_THREADS];
static unsigned run;
/* Which threads read and wrote a word in any schedule of this case so far. */
static unsigned char users[EXPLORE_ARENA / sizeof(gm_word)];
static unsigned char writers[EXPLORE_ARENA / sizeof(gm_word)];
static int more_shared;

void memory_setup(void)
{
	memset(arena, 0, sizeof(arena));
	memset(users, 0, sizeof(users));
	memset(writers, 0, sizeof(writers));
	arena_used = 0;
	more_shared = 0;
}

void *explore_alloc(size_t bytes, size_t align)
{
	void *memory;

	arena_used = (arena_used + align - 1) & ~(align - 1);
	memory = arena + arena_used;
	arena_used += bytes;
	explore_check(arena_used <= EXPLORE_ARENA, "the arena is too small");
	return memory;
}

void memory_snapshot(void)
{
	memcpy(start, arena, arena_used);
	nr_dirty = 0;
}

void memory_begin(void)
{
	unsigned i;

	for (i = 0; i < nr_dirty; i++)
		memcpy(arena + (size_t)dirty[i] * LINE, start + (size_t)dirty[i] * LINE, LINE);
	nr_dirty = 0;
	nr_histories = 0;
	run++;
	memset(clocks, 0, sizeof(clocks));
	for (i = 0; i < EXPLORE_THREADS; i++)
		clocks[i].at[i] = 1;
}

static int in_arena(const volatile void *address)
{
	return (uintptr_t)address - (uintptr_t)arena < EXPLORE_ARENA;
}

static size_t offset_of(const volatile void *address)
{
	return (size_t)((uintptr_t)address - (uintptr_t)arena);
}

static void mark_dirty(const volatile void *address)
{
	size_t line = offset_of(address) / LINE;

	if (line_run[line] == run)
		return;
	line_run[line] = run;
	dirty[nr_dirty++] = (unsigned)line;
}

void memory_write_alone(volatile gm_word *word, gm_word value)
{
	explore_check(in_arena(word), "an atomic access outside the arena");
	mark_dirty(word);
	*word = value;
}

static struct cell *cell_of(const volatile void *address)
{
	struct cell *cell = &cells[offset_of(address) / CELL];

	if (cell->run != run) {
		memset(cell, 0, sizeof(*cell));
		cell->run = run;
	}
	return cell;
}

/* Does everything in `past` happen before what the running thread does now? */
static int ordered(const struct clock *past)
{
	const struct clock *now = &clocks[schedule_thread];
	int thread;

	for (thread = 0; thread < EXPLORE_THREADS; thread++)
		if (past->at[thread] > now->at[thread])
			return 0;
	return 1;
}

static void join(struct clock *clock, const struct clock *other)
{
	int thread;

	for (thread = 0; thread < EXPLORE_THREADS; thread++)
		if (other->at[thread] > clock->at[thread])
			clock->at[thread] = other->at[thread];
}

static void note_atomic(volatile gm_word *word, int writes)
{
	unsigned char *at = (unsigned char *)(uintptr_t)word;
	size_t i;

	for (i = 0; i < sizeof(gm_word); i += CELL) {
		struct cell *cell = cell_of(at + i);
		unsigned now = clocks[schedule_thread].at[schedule_thread];

		if (!ordered(&cell->plain_write) || (writes && !ordered(&cell->plain_read)))
			explore_fail("an atomic access races with a plain one", __FILE__, __LINE__);
		cell->atomic_read.at[schedule_thread] = now;
		if (writes)
			cell->atomic_write.at[schedule_thread] = now;
	}
	if (writes)
		mark_dirty(word);
}

int memory_is_shared(const volatile gm_word *word)
{
	size_t index = offset_of(word) / sizeof(gm_word);

	return in_arena(word) && writers[index] != 0 && (users[index] & (users[index] - 1)) != 0;
}

int memory_more_shared(void)
{
	int answer = more_shared;

	more_shared = 0;
	return answer;
}

static void note_user(const volatile gm_word *word, int writes)
{
	size_t index = offset_of(word) / sizeof(gm_word);
	int before = memory_is_shared(word);

	users[index] |= (unsigned char)(1u << schedule_thread);
	if (writes)
		writers[index] = 1;
	if (memory_is_shared(word) != before)
		more_shared = 1;
}

/* The word's history, begun from memory if there is none. */
static struct history *history_of(volatile gm_word *word)
{
	size_t index = offset_of(word) / sizeof(gm_word);
	struct history *history;

	if (history_run[index] != run) {
		explore_check(nr_histories < NR_HISTORIES, "too many words");
		history_run[index] = run;
		history_index[index] = (unsigned short)nr_histories;
		histories[nr_histories].word = word;
		histories[nr_histories++].stale = 1;
	}
	history = &histories[history_index[index]];
	if (history->stale) {
		/* The start value, or what a plain write left. note_atomic has
		 * made sure that the write is ordered before us; it is older than
		 * everything, so nothing but this entry can be read. */
		memset(&history->entries[0], 0, sizeof(history->entries[0]));
		history->entries[0].value = *word;
		history->entries[0].thread = -1;
		history->nr = 1;
		history->stale = 0;
	}
	return history;
}

static int known(const struct entry *entry)
{
	const struct clock *now = &clocks[schedule_thread];
	int thread;

	if (entry->thread < 0 || entry->time <= now->at[entry->thread])
		return 1;
	for (thread = 0; thread < EXPLORE_THREADS; thread++)
		if (entry->read.at[thread] != NEVER && entry->read.at[thread] <= now->at[thread])
			return 1;
	return 0;
}

/* The oldest entry that may be read. */
static unsigned oldest(const struct history *history)
{
	unsigned index = history->nr - 1;

	if (!schedule_stale_left())
		return index;
	while (!known(&history->entries[index]))
		index--;
	return index;
}

static void read_entry(struct entry *entry, int order)
{
	struct clock *now = &clocks[schedule_thread];

	if (entry->read.at[schedule_thread] == NEVER)
		entry->read.at[schedule_thread] = now->at[schedule_thread];
	if (order & EXPLORE_ACQUIRE)
		join(now, &entry->carried);
}

static void write_entry(struct history *history, gm_word value, int order, int continues)
{
	struct clock *now = &clocks[schedule_thread];
	struct entry *entry = &history->entries[history->nr];

	explore_check(history->nr < NR_ENTRIES, "too many steps on one word: no progress?");
	memset(entry, 0, sizeof(*entry));
	entry->value = value;
	entry->thread = schedule_thread;
	entry->time = now->at[schedule_thread];
	/* Only read-modify-writes continue a release sequence. */
	if (continues)
		entry->carried = entry[-1].carried;
	if (order & EXPLORE_RELEASE)
		join(&entry->carried, now);
	history->nr++;
	*history->word = value;
	if (explore_now->watch != NULL)
		explore_now->watch(history->word, value);
}

static struct outcome step_load(struct history *history, const struct step *step)
{
	unsigned age = schedule_choose(history->nr - oldest(history));
	struct entry *entry = &history->entries[history->nr - 1 - age];

	read_entry(entry, step->order);
	return (struct outcome){ .old = entry->value, .age = age };
}

static struct outcome step_add(struct history *history, const struct step *step)
{
	struct entry *entry = &history->entries[history->nr - 1];

	read_entry(entry, step->order);
	write_entry(history, entry->value + step->value, step->order, 1);
	return (struct outcome){ .old = entry->value, .stored = 1 };
}

/* Success if the newest value is the expected one; failure by reading any
 * visible value that is another. */
static struct outcome step_cas(struct history *history, const struct step *step)
{
	unsigned newest = history->nr - 1;
	unsigned first = oldest(history);
	unsigned ages[NR_ENTRIES + 1];
	unsigned nr = 0;
	unsigned index, age;
	struct entry *entry;

	if (history->entries[newest].value == step->expected)
		ages[nr++] = 0;
	for (index = newest + 1; index-- > first;)
		if (history->entries[index].value != step->expected)
			ages[nr++] = newest - index;
	age = ages[schedule_choose(nr)];
	entry = &history->entries[newest - age];
	if (age != 0 || entry->value != step->expected) {
		read_entry(entry, EXPLORE_RELAXED);
		return (struct outcome){ .old = entry->value, .age = age };
	}
	read_entry(entry, step->order);
	write_entry(history, step->value, step->order, 1);
	return (struct outcome){ .old = entry->value, .stored = 1 };
}

struct outcome memory_step(const struct step *step)
{
	struct clock *now = &clocks[schedule_thread];
	struct history *history;
	struct outcome outcome;

	explore_check(in_arena(step->word), "an atomic access outside the arena");
	now->at[schedule_thread]++;
	note_user(step->word, step->kind != STEP_LOAD);
	note_atomic(step->word, step->kind != STEP_LOAD);
	history = history_of(step->word);
	switch (step->kind) {
	case STEP_LOAD:
		outcome = step_load(history, step);
		break;
	case STEP_STORE:
		outcome = (struct outcome){ .old = history->entries[history->nr - 1].value,
					    .stored = 1 };
		write_entry(history, step->value, step->order, 0);
		break;
	case STEP_ADD:
		outcome = step_add(history, step);
		break;
	default:
		outcome = step_cas(history, step);
	}
	now->at[schedule_thread]++;
	return outcome;
}

void memory_plain(const void *address, size_t bytes, int writes, const void *code)
{
	const unsigned char *at = address;
	size_t i;

	if (!in_arena(address))
		return;
	if (schedule_thread < 0) {
		for (i = 0; writes && i < bytes; i++)
			mark_dirty(at + i);
		return;
	}
	for (i = 0; i < bytes; i += CELL - ((uintptr_t)(at + i) % CELL)) {
		struct cell *cell = cell_of(at + i);
		size_t index = offset_of(at + i) / sizeof(gm_word);
		struct clock *last = writes ? &cell->plain_write : &cell->plain_read;

		if (!ordered(&cell->plain_write) || !ordered(&cell->atomic_write) ||
		    (writes && (!ordered(&cell->plain_read) || !ordered(&cell->atomic_read)))) {
			trace_access(schedule_thread, writes ? "plain write" : "plain read",
				     address, code);
			explore_fail("a data race", __FILE__, __LINE__);
		}
		last->at[schedule_thread] = clocks[schedule_thread].at[schedule_thread];
		if (!writes)
			continue;
		mark_dirty(at + i);
		if (history_run[index] == run)
			histories[history_index[index]].stale = 1;
	}
}
