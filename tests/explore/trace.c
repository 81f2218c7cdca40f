/* SPDX-License-Identifier: BSD-2-Clause */
/* trace.c - what happened in a schedule, one line a step. */
#include "internal.h"

#include <granmem/desc.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NR_NAMES 200
#define BYTES (1 << 16)
#define LINE 400

struct name {
	const volatile void *word;
	char text[32];
	int state;
};

static struct name names[NR_NAMES];
static unsigned nr_names;
static char text[BYTES];
static size_t used;
static int enabled;

void trace_forget_names(void)
{
	nr_names = 0;
}

void explore_name(const volatile void *word, const char *name, int state)
{
	if (nr_names == NR_NAMES)
		return;
	names[nr_names].word = word;
	snprintf(names[nr_names].text, sizeof(names[nr_names].text), "%s", name);
	names[nr_names++].state = state;
}

void trace_begin(int print)
{
	enabled = print;
	used = 0;
}

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
	va_list arguments;
	int written;

	va_start(arguments, format);
	written = vsnprintf(text + used, BYTES - used, format, arguments);
	va_end(arguments);
	if (written > 0 && (size_t)written < BYTES - used)
		used += (size_t)written;
}

/* A schedule that never ends is cut: its beginning tells enough. */
static int has_room(void)
{
	if (!enabled)
		return 0;
	if (used < BYTES - LINE)
		return 1;
	enabled = 0;
	add("  ...\n");
	return 0;
}

static const struct name *name_of(const volatile void *word)
{
	unsigned i;

	for (i = 0; i < nr_names; i++)
		if (names[i].word == word)
			return &names[i];
	return NULL;
}

static void add_value(gm_word value, int state)
{
	if (!state) {
		add("%#llx", (unsigned long long)value);
		return;
	}
	add("%s%s t%u g%u p%llu r%llu", gm_state_is_live(value) ? "LIVE" : "frozen",
	    gm_state_is_nopin(value) ? " NOPIN" : "", gm_state_type(value),
	    gm_state_generation(value), (unsigned long long)gm_state_pins(value),
	    (unsigned long long)gm_state_refs(value));
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

void trace_step(int thread, const struct step *step, const struct outcome *outcome)
{
	static const char *const kinds[] = { "load", "store", "add", "cas" };
	static const char *const orders[] = { "relaxed", "acquire", "release", "acq_rel" };
	const struct name *name;
	int state;

	if (!has_room())
		return;
	name = name_of(step->word);
	state = name != NULL && name->state;
	add("  T%d  %-5s %-7s ", thread, kinds[step->kind], orders[step->order]);
	if (name != NULL)
		add("%-12s ", name->text);
	else
		add("%p ", (void *)(uintptr_t)step->word);
	if (step->kind != STEP_STORE) {
		add("read [");
		add_value(outcome->old, state);
		add("]");
	}
	if (outcome->age != 0)
		add(" old by %u", outcome->age);
	if (step->kind == STEP_CAS && !outcome->stored) {
		add(" FAILED, wanted [");
		add_value(step->expected, state);
		add("]");
	}
	if (outcome->stored) {
		add(" wrote [");
		add_value(step->kind == STEP_ADD ? outcome->old + step->value : step->value, state);
		add("]");
	}
	add("  %s %s:%d\n", step->place->function, base_name(step->place->file), step->place->line);
}

void trace_access(int thread, const char *what, const volatile void *address, const void *code)
{
	const struct name *name = name_of(address);

	if (has_room())
		add("  T%d  %s of %s %p  at code %p (addr2line -e explore)\n", thread, what,
		    name != NULL ? name->text : "", (void *)(uintptr_t)address,
		    (void *)(uintptr_t)code);
}

void explore_note(const char *note, gm_word value)
{
	if (has_room())
		add("  T%d    %s %#llx\n", schedule_thread, note, (unsigned long long)value);
}

void trace_print(void)
{
	fwrite(text, 1, used, stdout);
	used = 0;
}
