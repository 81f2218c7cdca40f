/* SPDX-License-Identifier: BSD-2-Clause */
/* pair.c - see pair.h. */
#include "pair.h"

void pair_set_up(struct pair_line *line, int object)
{
	const struct gm_object what = { .size = 4096, .type = 1 };

	if (!object) {
		gm_atomic_store_relaxed(&line->word, 1);
		return;
	}
	gm_desc_set(&line->desc, &what);
	gm_ref_publish(&line->desc, what.type, 1);
}

void pair_bare(void *ctx, uint64_t loops)
{
	volatile gm_word *word = ctx;

	while (loops-- > 0) {
#if defined(__x86_64__)
		__asm__ volatile("lock incq %0" : "+m"(*word) : : "memory", "cc");
		__asm__ volatile("lock decq %0" : "+m"(*word) : : "memory", "cc");
#else
		gm_atomic_add_relaxed(word, 1);
		gm_atomic_add_relaxed(word, (gm_word)0 - 1);
#endif
	}
}

void pair_fetch(void *ctx, uint64_t loops)
{
	volatile gm_word *word = ctx;

	while (loops-- > 0) {
		gm_word old = gm_atomic_add_acquire(word, 1);

		__asm__ volatile("" : : "r"(old));
		old = gm_atomic_add_release(word, (gm_word)0 - 1);
		__asm__ volatile("" : : "r"(old));
	}
}

BENCH_INLINE void put(struct gm_desc *desc)
{
	struct gm_object gone;

	if (gm_ref_put(desc, &gone))
		abort();
}

void pair_get(void *ctx, uint64_t loops)
{
	struct gm_desc *desc = ctx;

	while (loops-- > 0) {
		gm_ref_get(desc);
		put(desc);
	}
}

void pair_try_get(void *ctx, uint64_t loops)
{
	struct gm_desc *desc = ctx;

	while (loops-- > 0) {
		if (gm_ref_try_get(desc) != 0)
			abort();
		put(desc);
	}
}
