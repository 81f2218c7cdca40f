/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore_atomic.h - GM_ATOMIC_HEADER of the explorer: every atomic operation
 * of the library becomes a step that the explorer schedules.
 */
#ifndef EXPLORE_ATOMIC_H
#define EXPLORE_ATOMIC_H

#include <stddef.h>
#include <stdint.h>

typedef size_t gm_word;

enum explore_order { EXPLORE_RELAXED = 0, EXPLORE_ACQUIRE = 1, EXPLORE_RELEASE = 2 };

/*
 * Where an operation stands in the source, and its order: in memory that can be
 * written, so that a mutant is the same program with one order changed.
 */
struct explore_place {
	const char *file;
	const char *function;
	const char *text; /* operation and word, as in the source */
	int line;
	int order;
};

gm_word explore_load(const volatile gm_word *word, const struct explore_place *place);
void explore_store(volatile gm_word *word, gm_word value, const struct explore_place *place);
gm_word explore_add(volatile gm_word *word, gm_word value, const struct explore_place *place);
int explore_cas(volatile gm_word *word, gm_word expected, gm_word value,
		const struct explore_place *place);

/* All of them lie side by side in a section of the program, for places.c. */
#define EXPLORE_PLACE(text, order) \
	({ \
		static struct explore_place explore_place __attribute__(( \
			section("explore_places"), used, aligned(8))) = { __FILE__, __func__, \
									  text, __LINE__, order }; \
		&explore_place; \
	})

#define gm_atomic_load_relaxed(word) \
	explore_load(word, EXPLORE_PLACE("load " #word, EXPLORE_RELAXED))
#define gm_atomic_load_acquire(word) \
	explore_load(word, EXPLORE_PLACE("load " #word, EXPLORE_ACQUIRE))
#define gm_atomic_store_relaxed(word, value) \
	explore_store(word, value, EXPLORE_PLACE("store " #word, EXPLORE_RELAXED))
#define gm_atomic_store_release(word, value) \
	explore_store(word, value, EXPLORE_PLACE("store " #word, EXPLORE_RELEASE))
#define gm_atomic_add_relaxed(word, value) \
	explore_add(word, value, EXPLORE_PLACE("add " #word, EXPLORE_RELAXED))
#define gm_atomic_add_acquire(word, value) \
	explore_add(word, value, EXPLORE_PLACE("add " #word, EXPLORE_ACQUIRE))
#define gm_atomic_add_release(word, value) \
	explore_add(word, value, EXPLORE_PLACE("add " #word, EXPLORE_RELEASE))
#define gm_atomic_cas_relaxed(word, expected, value) \
	explore_cas(word, expected, value, EXPLORE_PLACE("cas " #word, EXPLORE_RELAXED))
#define gm_atomic_cas_acquire(word, expected, value) \
	explore_cas(word, expected, value, EXPLORE_PLACE("cas " #word, EXPLORE_ACQUIRE))
#define gm_atomic_cas_release(word, expected, value) \
	explore_cas(word, expected, value, EXPLORE_PLACE("cas " #word, EXPLORE_RELEASE))
#define gm_atomic_cas_acq_rel(word, expected, value) \
	explore_cas(word, expected, value, \
		    EXPLORE_PLACE("cas " #word, EXPLORE_ACQUIRE | EXPLORE_RELEASE))

#endif
