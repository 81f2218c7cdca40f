/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * places.c - every order of the library, by a name that stays when lines move;
 * and the mutants that weaken one of them.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>

#define NR_PLACES 4000
#define NAME 100
#define TEXT 28 /* so much of the source's text is in a name */

/* The linker makes these two. An inline function is there once for each file. */
extern struct explore_place __start_explore_places[], __stop_explore_places[];

static struct explore_place *places[NR_PLACES]; /* with an order, in the source's order */
static unsigned nr_places;

static int is_library(const struct explore_place *place)
{
	return strncmp(place->file, "tests/", 6) != 0;
}

static int compare(const struct explore_place *one, const struct explore_place *other)
{
	int order = strcmp(one->file, other->file);

	return order != 0 ? order : one->line - other->line;
}

/* Places of one name: the same place of an inline function, or, by line, others. */
static int same_text(const struct explore_place *one, const struct explore_place *other)
{
	return strcmp(one->file, other->file) == 0 && strcmp(one->function, other->function) == 0 &&
	       strncmp(one->text, other->text, TEXT) == 0;
}

static void collect(void)
{
	struct explore_place *place;
	unsigned i;

	nr_places = 0;
	for (place = __start_explore_places; place < __stop_explore_places; place++) {
		if (!is_library(place) || place->order == EXPLORE_RELAXED)
			continue;
		explore_check(nr_places < NR_PLACES, "too many places");
		for (i = nr_places++; i > 0 && compare(places[i - 1], place) > 0; i--)
			places[i] = places[i - 1];
		places[i] = place;
	}
}

/* How many lines above have the same text. */
static unsigned number_of(unsigned index)
{
	unsigned number = 1;
	unsigned i;
	int line = -1;

	for (i = 0; i < index; i++) {
		if (!same_text(places[i], places[index]) ||
		    places[i]->line == places[index]->line || places[i]->line == line)
			continue;
		line = places[i]->line;
		number++;
	}
	return number;
}

/* The name of the mutant in which this place has lost one of its orders. */
static void name_mutant(char *name, unsigned index, int lost)
{
	static const char *const orders[] = { "relaxed", "acquire", "release", "acq_rel" };
	const struct explore_place *place = places[index];
	const char *slash = strrchr(place->file, '/');

	snprintf(name, NAME, "%s %s: %.*s #%u: %s -> %s", slash == NULL ? place->file : slash + 1,
		 place->function, TEXT, place->text, number_of(index), orders[place->order],
		 orders[place->order & ~lost]);
}

void places_print(void)
{
	char last[2][NAME] = { "", "" };
	char name[NAME];
	unsigned i;
	int lost;

	collect();
	for (i = 0; i < nr_places; i++) {
		for (lost = EXPLORE_ACQUIRE; lost <= EXPLORE_RELEASE; lost++) {
			if ((places[i]->order & lost) == 0)
				continue;
			name_mutant(name, i, lost);
			if (strcmp(name, last[lost - 1]) != 0)
				puts(name);
			memcpy(last[lost - 1], name, NAME);
		}
	}
}

int places_weaken(const char *wanted)
{
	static int losses[NR_PLACES];
	char name[NAME];
	int found = 0;
	unsigned i;
	int lost;

	/* Names tell the order too: first all names, then the change. */
	collect();
	for (i = 0; i < nr_places; i++) {
		losses[i] = 0;
		for (lost = EXPLORE_ACQUIRE; lost <= EXPLORE_RELEASE; lost++) {
			name_mutant(name, i, lost);
			if ((places[i]->order & lost) != 0 && strcmp(name, wanted) == 0)
				losses[i] = found = lost;
		}
	}
	for (i = 0; i < nr_places; i++)
		places[i]->order &= ~losses[i];
	return found != 0;
}
